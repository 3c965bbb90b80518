// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IStaking} from "../src/interfaces/IStaking.sol";
import {DevelopmentFlt} from "../src/token/DevelopmentFlt.sol";
import {DevelopmentUsd} from "../src/token/DevelopmentUsd.sol";
import {LockId, ModuleId} from "../src/types/Ids.sol";
import {ModuleRoles} from "../src/types/Roles.sol";
import {Test} from "forge-std/Test.sol";

/// @dev The world of the Staking tests: tokens, actors, and a Staking whose first module locks and pays, and whose second slashes.
abstract contract Base is Test {
    uint256 internal constant FLT = 1e18;
    uint256 internal constant USD = 1e6;
    uint256 internal constant THAW = 21 days;
    uint256 internal constant LOCK_MAX = 20 days;
    address internal constant DEAD = 0x000000000000000000000000000000000000dEaD;

    address internal immutable issuer = makeAddr("issuer");
    address internal immutable treasury = makeAddr("treasury");
    address internal immutable guardian = makeAddr("guardian");
    address internal immutable council = makeAddr("council");
    address internal immutable deals = makeAddr("deals");
    address internal immutable faults = makeAddr("faults");
    address internal immutable provider = makeAddr("provider");
    address internal immutable otherProvider = makeAddr("other provider");
    address internal immutable delegator = makeAddr("delegator");
    address internal immutable otherDelegator = makeAddr("other delegator");
    address internal immutable customer = makeAddr("customer");
    address internal immutable reporter = makeAddr("reporter");

    ModuleId internal constant DEALS = ModuleId.wrap(1);
    ModuleId internal constant FAULTS = ModuleId.wrap(2);

    DevelopmentFlt internal flt;
    DevelopmentUsd internal usd;
    IStaking internal staking;

    function setUp() public virtual {
        // A day that began a while ago, so that no test leans on midnight.
        vm.warp(20_700 days + 7 hours);
        flt = new DevelopmentFlt(issuer);
        usd = new DevelopmentUsd(issuer, 6);
        address[] memory modules = new address[](2);
        uint8[] memory roles = new uint8[](2);
        (modules[0], roles[0]) = (deals, ModuleRoles.LOCK | ModuleRoles.REWARD);
        (modules[1], roles[1]) = (faults, ModuleRoles.SLASH);
        // Mutants of the contract are put in its place by name.
        string memory artifact = vm.envOr("STAKING_ARTIFACT", string("Staking.sol:Staking"));
        staking = IStaking(deployCode(artifact, abi.encode(flt, usd, treasury, guardian, council, modules, roles)));
        vm.prank(deals);
        flt.approve(address(staking), type(uint256).max);
        vm.prank(deals);
        usd.approve(address(staking), type(uint256).max);
    }

    /* ACTS */

    function _terms(uint16 firstLossBps) internal pure returns (IStaking.Terms memory) {
        return IStaking.Terms(firstLossBps, 3000, 0, 7, type(uint128).max);
    }

    function _register(address account, uint16 firstLossBps) internal {
        vm.prank(account);
        staking.setTerms(_terms(firstLossBps));
    }

    function _stake(address account, address to, uint256 amount) internal returns (uint128 shares) {
        vm.prank(issuer);
        flt.mint(account, amount);
        vm.startPrank(account);
        flt.approve(address(staking), amount);
        shares = staking.stake(to, uint128(amount));
        vm.stopPrank();
    }

    function _exit(address account, address from, uint256 shares) internal returns (uint32 day, uint128 amount) {
        vm.prank(account);
        return staking.exit(account, from, uint128(shares));
    }

    function _exitAll(address account, address from) internal returns (uint32 day, uint128 amount) {
        return _exit(account, from, staking.position(from, account).shares);
    }

    function _withdraw(address account, address from, uint32 day) internal returns (uint128) {
        vm.prank(account);
        return staking.withdraw(account, from, day, account);
    }

    function _grant(address to, uint256 amount, uint256 period) internal returns (LockId) {
        vm.prank(deals);
        return staking.grant(to, uint128(amount), uint40(block.timestamp + period), FAULTS);
    }

    function _slash(LockId lock, uint256 amount) internal returns (uint128 slashed, uint128 fromOwn) {
        vm.prank(faults);
        return staking.slash(lock, uint128(amount), address(0), 0, address(0), 0);
    }

    function _slashFor(LockId lock, uint256 amount, uint256 customerMax, uint256 reporterMax)
        internal
        returns (uint128 slashed, uint128 fromOwn)
    {
        vm.prank(faults);
        return staking.slash(lock, uint128(amount), customer, uint128(customerMax), reporter, uint128(reporterMax));
    }

    function _rewardFlt(address to, uint256 amount) internal {
        vm.prank(issuer);
        flt.mint(deals, amount);
        vm.prank(deals);
        staking.addReward(to, address(flt), uint128(amount));
    }

    function _rewardUsd(address to, uint256 amount) internal {
        vm.prank(issuer);
        usd.mint(deals, amount);
        vm.prank(deals);
        staking.addReward(to, address(usd), uint128(amount));
    }

    function _claim(address account, address from, address token) internal returns (uint128) {
        vm.prank(account);
        return staking.claimReward(account, from, token, account);
    }

    /* READINGS */

    function _active(address of_, bool isOwn) internal view returns (uint256) {
        return staking.tranche(of_, isOwn).active;
    }

    function _worth(address of_, address account) internal view returns (uint256) {
        return staking.position(of_, account).amount;
    }

    function _thawDay() internal view returns (uint32) {
        return uint32((block.timestamp + THAW + 1 days - 1) / 1 days);
    }
}
