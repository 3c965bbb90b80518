// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {DevelopmentFlt} from "../../src/token/DevelopmentFlt.sol";
import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {IERC20Errors} from "@openzeppelin/contracts/interfaces/draft-IERC6093.sol";
import {Test} from "forge-std/Test.sol";

contract DevelopmentFltTest is Test {
    bytes32 private constant PERMIT =
        keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)");

    address private immutable owner = makeAddr("owner");
    DevelopmentFlt private flt;

    function setUp() external {
        flt = new DevelopmentFlt(owner);
    }

    function test_Mint_RevertWhen_CallerNotOwner(address caller) external {
        vm.assume(caller != owner);

        vm.expectRevert(abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, caller));
        vm.prank(caller);
        flt.mint(caller, 1);
    }

    function test_Mint_WhenCallerOwner(address to, uint256 amount) external {
        vm.assume(to != address(0));

        vm.prank(owner);
        flt.mint(to, amount);

        assertEq(flt.balanceOf(to), amount, "balance");
        assertEq(flt.totalSupply(), amount, "supply");
    }

    function test_Burn_RevertGiven_BalanceTooLow(address holder, uint256 amount) external {
        vm.assume(holder != address(0));
        amount = bound(amount, 1, type(uint256).max);

        vm.expectRevert(abi.encodeWithSelector(IERC20Errors.ERC20InsufficientBalance.selector, holder, 0, amount));
        vm.prank(holder);
        flt.burn(amount);
    }

    function test_Burn_GivenBalanceSufficient(address holder, uint256 balance, uint256 amount) external {
        vm.assume(holder != address(0));
        amount = bound(amount, 0, balance);
        vm.prank(owner);
        flt.mint(holder, balance);

        vm.prank(holder);
        flt.burn(amount);

        assertEq(flt.balanceOf(holder), balance - amount, "balance");
        assertEq(flt.totalSupply(), balance - amount, "supply");
    }

    function test_Permit_WhenSignedByHolder(address spender, uint256 amount) external {
        vm.assume(spender != address(0));
        (address holder, uint256 key) = makeAddrAndKey("holder");
        bytes32 message = keccak256(abi.encode(PERMIT, holder, spender, amount, flt.nonces(holder), block.timestamp));
        bytes32 digest = keccak256(abi.encodePacked("\x19\x01", flt.DOMAIN_SEPARATOR(), message));
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);

        flt.permit(holder, spender, amount, block.timestamp, v, r, s);

        assertEq(flt.allowance(holder, spender), amount, "allowance");
    }
}
