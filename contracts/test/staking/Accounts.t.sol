// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IStaking} from "../../src/interfaces/IStaking.sol";
import {KeyRoles} from "../../src/types/Roles.sol";
import {Base} from "../Base.t.sol";

contract StakingAccountsTest is Base {
    address private immutable key = makeAddr("key");
    address private immutable payee = makeAddr("payee");

    function _set(IStaking.Terms memory newTerms) private {
        vm.prank(provider);
        staking.setTerms(newTerms);
    }

    function test_SetTerms_RevertWhen_AShareIsAboveTheWhole(uint16 bps, uint8 which) external {
        bps = uint16(bound(bps, 10_001, type(uint16).max));
        IStaking.Terms memory newTerms = _terms(0);
        if (which % 3 == 0) newTerms.firstLossBps = bps;
        else if (which % 3 == 1) newTerms.rewardShareBps = bps;
        else newTerms.revenueShareBps = bps;

        vm.expectRevert(abi.encodeWithSelector(IStaking.BpsTooHigh.selector, bps));
        _set(newTerms);
    }

    function test_SetTerms_RevertWhen_TheDripIsOutOfRange(uint16 dripDays) external {
        dripDays = dripDays % 2 == 0 ? 0 : uint16(bound(dripDays, 183, type(uint16).max));
        IStaking.Terms memory newTerms = _terms(0);
        newTerms.dripDays = dripDays;

        vm.expectRevert(abi.encodeWithSelector(IStaking.DripOutOfRange.selector, dripDays));
        _set(newTerms);
    }

    function test_SetTerms_GivenTheProviderIsNew(uint16 firstLossBps, uint128 cap) external {
        IStaking.Terms memory newTerms = _terms(uint16(bound(firstLossBps, 0, 10_000)));
        newTerms.delegationCap = cap;
        assertFalse(staking.isRegistered(provider), "not yet");

        vm.expectEmit(address(staking));
        emit IStaking.TermsSet(provider, newTerms.firstLossBps, 3000, 0, 7, cap);
        _set(newTerms);

        assertTrue(staking.isRegistered(provider), "registered");
        assertEq(abi.encode(staking.terms(provider)), abi.encode(newTerms), "terms");
    }

    function test_SetTerms_WhenTheyFavourStakers(uint16 firstLossBps) external {
        _register(provider, 1000);
        IStaking.Terms memory better = IStaking.Terms(uint16(bound(firstLossBps, 1000, 10_000)), 3001, 1, 6, 5);

        _set(better);

        assertEq(abi.encode(staking.terms(provider)), abi.encode(better), "at once");
    }

    function test_SetTerms_WhenTheyAreAgainstStakers() external {
        _register(provider, 1000);
        IStaking.Terms memory worse = IStaking.Terms(999, 2999, 0, 8, 5);

        vm.expectEmit(address(staking));
        emit IStaking.TermsSet(provider, 1000, 3000, 0, 7, 5);
        vm.expectEmit(address(staking));
        emit IStaking.TermsScheduled(provider, 999, 2999, 0, 8, uint40(block.timestamp + 22 days));
        _set(worse);

        vm.warp(block.timestamp + 22 days - 1);
        assertEq(abi.encode(staking.terms(provider)), abi.encode(IStaking.Terms(1000, 3000, 0, 7, 5)), "still");
        vm.warp(block.timestamp + 1);
        assertEq(abi.encode(staking.terms(provider)), abi.encode(worse), "then");
    }

    function test_SetTerms_WhenAScheduleIsReplaced() external {
        _register(provider, 1000);
        _set(_terms(500));

        vm.expectEmit(address(staking));
        emit IStaking.TermsScheduled(provider, 1000, 3000, 0, 7, 0);
        _set(_terms(1000));

        vm.warp(block.timestamp + 30 days);
        assertEq(staking.terms(provider).firstLossBps, 1000, "stays");
    }

    function _position() private returns (uint128 shares) {
        _register(provider, 0);
        shares = _stake(delegator, provider, 100 * FLT);
    }

    function _setKey(uint32 roles, uint256 expiry) private {
        vm.prank(delegator);
        staking.setKey(key, roles, uint40(expiry));
    }

    function test_SetKey_GivenTheKeyIsLive(uint32 roles) external {
        uint128 shares = _position();
        _setKey(roles | KeyRoles.STAKE, block.timestamp + 1);

        vm.prank(key);
        staking.exit(delegator, provider, shares);

        assertTrue(staking.mayAct(delegator, key, KeyRoles.STAKE), "may act");
        assertEq(staking.position(provider, delegator).shares, 0, "left");
    }

    function test_SetKey_RevertGiven_TheKeyHasExpired(uint40 late) external {
        uint128 shares = _position();
        _setKey(type(uint32).max, block.timestamp + 1 days);
        vm.warp(block.timestamp + bound(late, 1 days, 365 days));

        vm.expectRevert(abi.encodeWithSelector(IStaking.NotAllowed.selector, key, delegator));
        vm.prank(key);
        staking.exit(delegator, provider, shares);
    }

    function test_SetKey_RevertGiven_TheKeyLacksTheRole(uint32 roles) external {
        uint128 shares = _position();
        _setKey(roles & ~KeyRoles.STAKE, block.timestamp + 1);

        vm.expectRevert(abi.encodeWithSelector(IStaking.NotAllowed.selector, key, delegator));
        vm.prank(key);
        staking.exit(delegator, provider, shares);
    }

    function _income() private {
        _position();
        _rewardFlt(provider, 100 * FLT);
        vm.prank(delegator);
        staking.setPayee(payee, true);
    }

    function test_SetPayee_GivenThreeDaysHavePassed(uint40 late) external {
        _income();
        vm.warp(block.timestamp + bound(late, 3 days, 30 days));

        vm.prank(delegator);
        uint128 amount = staking.claimReward(delegator, provider, address(flt), payee);

        assertEq(flt.balanceOf(payee), amount, "received");
    }

    function test_SetPayee_RevertGiven_ThreeDaysHaveNotPassed(uint40 early) external {
        _income();
        vm.warp(block.timestamp + bound(early, 0, 3 days - 1));

        vm.expectRevert(abi.encodeWithSelector(IStaking.NotPayee.selector, delegator, payee));
        vm.prank(delegator);
        staking.claimReward(delegator, provider, address(flt), payee);
    }

    function test_SetPayee_RevertWhen_Removed() external {
        _income();
        vm.warp(block.timestamp + 4 days);
        vm.prank(delegator);
        staking.setPayee(payee, false);

        vm.expectRevert(abi.encodeWithSelector(IStaking.NotPayee.selector, delegator, payee));
        vm.prank(delegator);
        staking.claimReward(delegator, provider, address(flt), payee);
    }
}
