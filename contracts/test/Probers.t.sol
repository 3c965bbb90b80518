// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Probers} from "../src/Probers.sol";
import {ICapacity} from "../src/interfaces/ICapacity.sol";
import {IProbers} from "../src/interfaces/IProbers.sol";
import {ProbersBase} from "./ProbersBase.t.sol";

contract ProbersTest is ProbersBase {
    address private immutable ada = makeAddr("ada");

    function _error(bytes4 selector, address argument) private pure returns (bytes memory) {
        return abi.encodeWithSelector(selector, argument);
    }

    /* RULES */

    function _refused(IProbers.Rules memory rules) private {
        vm.expectRevert(IProbers.RulesInvalid.selector);
        new Probers(staking, ICapacity(address(windows)), faults, rules, PAY);
    }

    function test_Constructor_RevertWhen_HalfDecides() external {
        IProbers.Rules memory rules = _rules();
        (rules.drawn, rules.quorum) = (8, 4);
        _refused(rules);
    }

    function test_Constructor_RevertWhen_HalfAPanelDecides() external {
        IProbers.Rules memory rules = _rules();
        (rules.panelDrawn, rules.panelQuorum) = (8, 4);
        _refused(rules);
    }

    function test_Constructor_RevertWhen_MoreDecideThanAreDrawn() external {
        IProbers.Rules memory rules = _rules();
        rules.quorum = 6;
        _refused(rules);
    }

    function test_Constructor_RevertWhen_TooManyAreDrawn() external {
        IProbers.Rules memory rules = _rules();
        (rules.drawn, rules.quorum, rules.eligibleMin) = (33, 20, 40);
        _refused(rules);
    }

    function test_Constructor_RevertWhen_FewerThanAPanelMaySlash() external {
        IProbers.Rules memory rules = _rules();
        rules.eligibleMin = 8;
        _refused(rules);
    }

    function test_Constructor_RevertWhen_ASeatCostsNothing() external {
        IProbers.Rules memory rules = _rules();
        rules.seatStake = 0;
        _refused(rules);
    }

    /* REGISTER */

    function test_Register_RevertWhen_SeatsOutOfRange(uint16 seats) external {
        if (seats != 0) seats = uint16(bound(seats, 65, type(uint16).max));
        vm.expectRevert(abi.encodeWithSelector(IProbers.SeatsOutOfRange.selector, seats));
        probers.register(1, seats, "");
    }

    function test_Register_RevertWhen_EndpointTooLong() external {
        vm.expectRevert(abi.encodeWithSelector(IProbers.EndpointTooLong.selector, 257));
        probers.register(1, 1, string(new bytes(257)));
    }

    function test_Register_RevertWhen_RegisteredAlready() external {
        _enroll(ada, 1, 1);
        vm.expectRevert(_error(IProbers.AlreadyRegistered.selector, ada));
        vm.prank(ada);
        probers.register(1, 1, "");
    }

    function test_Register_WhenAnybody(uint16 seats, uint8 region) external {
        seats = uint16(bound(seats, 1, 64));
        uint128 stake = SEAT * seats;
        vm.prank(issuer);
        flt.mint(ada, stake);
        vm.startPrank(ada);
        flt.approve(address(probers), stake);
        vm.expectEmit(address(probers));
        emit IProbers.ProberRegistered(ada, region, seats, stake, _day() + 1, "here");
        probers.register(region, seats, "here");
        vm.stopPrank();

        IProbers.Prober memory prober = probers.proberOf(ada);
        assertEq(prober.region, region, "region");
        assertEq(prober.seats, seats, "seats");
        assertEq(prober.stake, stake, "stake");
        assertEq(prober.fromDay, _day() + 1, "from tomorrow on");
        assertEq(prober.untilDay, 0, "for good");
        assertEq(flt.balanceOf(address(probers)), stake, "paid");
        (uint256 over,) = probers.surplus();
        assertEq(over, 0, "nothing over");
        probers.openDay();
        assertEq(probers.drawOf(DEAL, _day()).length, 0, "not drawn today");
        _tomorrow();
        probers.openDay();
        assertEq(probers.drawOf(DEAL, _day())[0], ada, "drawn tomorrow");
    }

    /* LEAVE */

    function test_Leave_RevertWhen_Unknown() external {
        vm.expectRevert(_error(IProbers.ProberUnknown.selector, address(this)));
        probers.leave();
    }

    function test_Leave_RevertWhen_LeavingAlready() external {
        _enroll(ada, 1, 1);
        _leave(ada);
        vm.expectRevert(_error(IProbers.AlreadyLeaving.selector, ada));
        vm.prank(ada);
        probers.leave();
    }

    function test_Leave_WhenRegistered() external {
        _crew();
        address[] memory before = probers.drawOf(DEAL, _day());
        uint32 tomorrow = _day() + 1;
        vm.expectEmit(address(probers));
        emit IProbers.ProberLeaving(before[0], tomorrow, uint40(tomorrow + 7) * 1 days);
        _leave(before[0]);

        assertEq(probers.drawOf(DEAL, _day()), before, "today's draw is the same");
        assertEq(probers.proberOf(before[0]).untilDay, tomorrow, "until tomorrow");
        assertEq(probers.proberOf(before[0]).seats, 0, "no seats");
        for (uint256 i = 0; i < 3; ++i) {
            _tomorrow();
            probers.openDay();
            assertFalse(_has(probers.drawOf(DEAL, _day()), before[0]), "not drawn any more");
        }
        (,, uint32 eligible) = probers.dayOf(_day());
        assertEq(eligible, 8, "eight are left");
    }

    /// @dev Seats of today are those that the day began with.
    function test_Leave_GivenRegisteredToday() external {
        _crew();
        address[] memory before = probers.drawOf(DEAL, _day());
        _enroll(ada, 1, 64);
        assertEq(probers.drawOf(DEAL, _day()), before, "buying changes nothing today");
        _leave(ada);
        assertEq(probers.drawOf(DEAL, _day()), before, "neither does leaving");
        _tomorrow();
        probers.openDay();
        (, uint32 seats, uint32 eligible) = probers.dayOf(_day());
        assertEq(eligible, 9, "it never counted");
        assertEq(seats, 73, "its seats are empty");
        assertFalse(_has(probers.drawOf(DEAL, _day()), ada), "and is never drawn");
    }

    /* WITHDRAW */

    function test_Withdraw_RevertWhen_Unknown() external {
        vm.expectRevert(_error(IProbers.ProberUnknown.selector, address(this)));
        probers.withdraw(ada);
    }

    function test_Withdraw_RevertWhen_NotLeaving() external {
        _enroll(ada, 1, 1);
        vm.expectRevert(_error(IProbers.NotLeaving.selector, ada));
        vm.prank(ada);
        probers.withdraw(ada);
    }

    function test_Withdraw_RevertWhen_Bound() external {
        _enroll(ada, 1, 1);
        _leave(ada);
        uint40 until = uint40(_day() + 8) * 1 days;
        vm.warp(until - 1);
        vm.expectRevert(abi.encodeWithSelector(IProbers.StillBound.selector, ada, until));
        vm.prank(ada);
        probers.withdraw(ada);
    }

    function test_Withdraw_WhenFree() external {
        _enroll(ada, 1, 3);
        _leave(ada);
        vm.warp(uint256(_day() + 8) * 1 days);
        vm.expectEmit(address(probers));
        emit IProbers.ProberWithdrawn(ada, 3 * SEAT);
        vm.prank(ada);
        assertEq(probers.withdraw(delegator), 3 * SEAT, "all of it");

        assertEq(flt.balanceOf(delegator), 3 * SEAT, "paid to whom it named");
        assertEq(probers.proberOf(ada).fromDay, 0, "unknown again");
        _enroll(ada, 2, 1);
        assertEq(probers.proberOf(ada).region, 2, "and may come back");
    }

    /* DAY */

    function test_OpenDay_GivenNoWindow() external {
        probers.openDay();
        (bytes32 seed,,) = probers.dayOf(_day());
        assertEq(seed, windows.seedOf(uint32(block.timestamp / 1 hours)), "opened one");
    }

    function test_OpenDay_GivenWindows() external {
        bytes32 first = windows.openWindow();
        vm.warp(block.timestamp + 5 hours);
        windows.openWindow();
        vm.expectEmit(address(probers));
        emit IProbers.DayOpened(_day(), first, 0, 0);
        probers.openDay();
        (bytes32 seed,,) = probers.dayOf(_day());
        assertEq(seed, first, "the first one's");
    }

    function test_OpenDay_GivenOpen() external {
        probers.openDay();
        vm.recordLogs();
        vm.warp(block.timestamp + 1 hours);
        probers.openDay();
        assertEq(vm.getRecordedLogs().length, 0, "nothing happens");
    }

    /// @dev The seed is known before the day is open: what it is divided by must not be for sale then.
    function test_OpenDay_GivenSeatsWereBoughtBefore() external {
        _crew();
        _tomorrow();
        windows.openWindow();
        uint256 snapshot = vm.snapshotState();
        probers.openDay();
        address[] memory before = probers.drawOf(DEAL, _day());
        vm.revertToState(snapshot);
        _enroll(ada, 1, 17);
        probers.openDay();
        assertEq(probers.drawOf(DEAL, _day()), before, "the same draw");
    }

    /* MONEY */

    function test_Fund_RevertWhen_AmountZero() external {
        vm.expectRevert(IProbers.AmountZero.selector);
        probers.fund(0);
    }

    function test_Fund_WhenAnybody(uint128 amount) external {
        amount = uint128(bound(amount, 1, 1e15));
        vm.prank(issuer);
        usd.mint(ada, amount);
        vm.prank(ada);
        usd.approve(address(probers), amount);
        vm.expectEmit(address(probers));
        emit IProbers.PotFunded(ada, amount, amount);
        vm.prank(ada);
        probers.fund(amount);
        assertEq(probers.pot(), amount, "in the pot");
    }

    function test_Claim_RevertWhen_Nothing() external {
        vm.expectRevert(IProbers.AmountZero.selector);
        probers.claim(ada);
    }
}
