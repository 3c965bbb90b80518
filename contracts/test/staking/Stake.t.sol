// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IStaking} from "../../src/interfaces/IStaking.sol";
import {LockId} from "../../src/types/Ids.sol";
import {Base} from "../Base.t.sol";

contract StakingStakeTest is Base {
    function setUp() public override {
        super.setUp();
        _register(provider, 0);
    }

    function _try(uint256 amount, bytes memory reason) private {
        vm.prank(issuer);
        flt.mint(delegator, amount);
        vm.startPrank(delegator);
        flt.approve(address(staking), amount);
        vm.expectRevert(reason);
        staking.stake(provider, uint128(amount));
        vm.stopPrank();
    }

    function test_Stake_RevertWhen_TheAmountIsZero() external {
        _try(0, abi.encodeWithSelector(IStaking.AmountZero.selector));
    }

    function test_Stake_RevertGiven_TheProviderIsNotRegistered(uint96 amount) external {
        vm.assume(amount != 0);
        vm.expectRevert(abi.encodeWithSelector(IStaking.NotRegistered.selector, otherProvider));
        staking.stake(otherProvider, amount);
    }

    function test_Stake_RevertGiven_DepositsArePaused(uint96 amount) external {
        vm.prank(guardian);
        staking.pause();

        _try(
            bound(amount, FLT, type(uint96).max),
            abi.encodeWithSelector(IStaking.DepositsPaused.selector, staking.pausedUntil())
        );
    }

    function test_Stake_RevertGiven_TheDelegationCapIsReached(uint96 cap, uint96 amount) external {
        IStaking.Terms memory newTerms = _terms(0);
        newTerms.delegationCap = uint128(bound(cap, FLT, 1e27));
        vm.prank(provider);
        staking.setTerms(newTerms);
        amount = uint96(bound(amount, newTerms.delegationCap + 1, 1e28));

        _try(amount, abi.encodeWithSelector(IStaking.DelegationCapExceeded.selector, amount, newTerms.delegationCap));
    }

    function test_Stake_RevertWhen_ThePositionWouldBeTooSmall(uint96 amount) external {
        amount = uint96(bound(amount, 1, FLT - 1));

        _try(amount, abi.encodeWithSelector(IStaking.PositionTooSmall.selector, amount, FLT));
    }

    function test_Stake_GivenTheTrancheIsEmpty(uint96 amount) external {
        amount = uint96(bound(amount, FLT, 1e28));

        uint128 shares = _stake(delegator, provider, amount);

        assertEq(shares, amount, "shares");
        assertEq(_worth(provider, delegator), amount, "worth");
        assertEq(_active(provider, false), amount, "delegated");
        assertEq(_active(provider, true), 0, "own");
        assertEq(flt.balanceOf(address(staking)), amount, "balance");
    }

    function test_Stake_GivenTheTrancheWasSlashed(uint96 amount, uint96 slashed) external {
        amount = uint96(bound(amount, FLT, 1e28));
        _stake(otherDelegator, provider, 1000 * FLT);
        LockId lock = _grant(provider, 1000 * FLT, 1 days);
        _slash(lock, bound(slashed, 1, 999 * FLT));

        uint128 shares = _stake(delegator, provider, amount);

        assertGe(shares, amount, "shares");
        assertApproxEqAbs(_worth(provider, delegator), amount, 2, "worth");
    }

    function test_Stake_GivenThePositionWasWiped() external {
        _stake(delegator, provider, 1000 * FLT);
        _slash(_grant(provider, 1000 * FLT, 1 days), 1000 * FLT);
        assertEq(_worth(provider, delegator), 0, "wiped");
        assertEq(staking.tranche(provider, false).generation, 1, "generation");

        uint128 shares = _stake(delegator, provider, 5 * FLT);

        assertEq(shares, 5 * FLT, "shares");
        assertEq(_worth(provider, delegator), 5 * FLT, "worth");
    }

    function test_Surplus_WhenTokensAreDonated(uint96 donation) external {
        _stake(delegator, provider, 10 * FLT);
        vm.prank(issuer);
        flt.mint(address(staking), donation);

        assertEq(staking.surplus(address(flt)), donation, "surplus");
        assertEq(_worth(provider, delegator), 10 * FLT, "worth");
        assertEq(staking.booked(address(flt)), 10 * FLT, "booked");
    }
}
