// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDeals} from "../../src/interfaces/IDeals.sol";
import {IFaults, IFaultsBooks} from "../../src/interfaces/IFaults.sol";
import {DealId} from "../../src/types/Ids.sol";
import {FaultsBase} from "../FaultsBase.t.sol";

/// @dev What is said of a slot, and what becomes of it.
contract FaultsFlagsTest is FaultsBase {
    DealId private id;
    address private host;

    function setUp() public override {
        super.setUp();
        id = _deal(1);
        host = providers[0];
        _skip(1 hours);
    }

    function _refused(bytes memory error, bool isUp, uint40[] memory at) private {
        bytes[] memory signatures = _signed(id, 1, isUp, at);
        vm.expectRevert(error);
        judge.report(id, 0, 1, isUp, at, signatures);
    }

    /* REPORT */

    function test_Report_RevertWhen_Standby() external {
        vm.expectRevert(abi.encodeWithSelector(IFaultsBooks.SlotNotServed.selector, id, 16));
        judge.report(id, 16, 1, false, _at(block.timestamp, 4), new bytes[](4));
    }

    function test_Report_RevertWhen_TooFew() external {
        _refused(abi.encodeWithSelector(IFaultsBooks.StatementsTooFew.selector, 3, 4), false, _at(block.timestamp, 3));
    }

    function test_Report_RevertWhen_TooOld() external {
        uint40[] memory at = _at(block.timestamp, 4);
        at[2] -= 15 minutes + 1;
        _refused(
            abi.encodeWithSelector(IFaultsBooks.StatementTooOld.selector, at[2], block.timestamp - 15 minutes),
            false,
            at
        );
    }

    function test_Report_RevertWhen_FromTheFuture() external {
        uint40[] memory at = _at(block.timestamp, 4);
        at[3] += 1;
        _refused(abi.encodeWithSelector(IFaultsBooks.StatementFromFuture.selector, at[3]), false, at);
    }

    function test_Report_RevertWhen_ServingOver() external {
        _fail(id);
        bytes[] memory signatures = _signed(id, 1, false, _at(block.timestamp, 4));
        vm.expectRevert(_error(IFaultsBooks.ServingOver.selector, id, 1));
        judge.report(id, 0, 1, false, _at(block.timestamp, 4), signatures);
    }

    function test_Report_RevertWhen_NotServed() external {
        DealId other = _request(_asking(1, 100, 14, 84));
        bytes[] memory signatures = _signed(other, 0, false, _at(block.timestamp, 4));
        vm.expectRevert(_error(IFaultsBooks.SlotNotServed.selector, other));
        judge.report(other, 0, 0, false, _at(block.timestamp, 4), signatures);
    }

    /// @dev Who need not serve any more cannot answer.
    function test_Report_RevertWhen_SlotEndsWithinTheGrace() external {
        _skip(deals.slotOf(id, 0).endsAt - block.timestamp - GRACE);
        _refused(_error(IFaultsBooks.ServingOver.selector, id, 1), false, _at(block.timestamp, 4));
    }

    function test_Report_RevertWhen_Dry() external {
        DealId other = _dry();
        uint40[] memory at = _at(block.timestamp, 4);
        bytes[] memory signatures = _signed(other, 1, false, at);
        vm.expectRevert(_error(IFaultsBooks.SlotDry.selector, other));
        judge.report(other, 0, 1, false, at, signatures);
    }

    /// @dev Two terms are prepaid; of the third the customer pays a day, which is over.
    function _dry() private returns (DealId) {
        for (uint256 i = 0; i < 2; ++i) {
            _skip(i == 0 ? 13 days + 1 hours : 14 days);
            if (i == 1) _fund(customer, id, 50 * dollar);
            vm.prank(customer);
            deals.renew(id, 0);
        }
        _skip(3 days);
        return id;
    }

    function test_Report_RevertWhen_FlaggedAlready() external {
        _say(id, false, block.timestamp);
        _skip(1);
        _refused(_error(IFaultsBooks.AlreadyFlagged.selector, id), false, _at(block.timestamp, 4));
    }

    /// @dev Nobody is down who was shown up since.
    function test_Report_RevertWhen_ShownUpSince() external {
        uint40[] memory at = _at(block.timestamp, 4);
        _skip(1 minutes);
        _say(id, true, block.timestamp);
        _refused(abi.encodeWithSelector(IFaultsBooks.StatementTooOld.selector, at[0], block.timestamp + 1), false, at);
    }

    function test_Report_RevertWhen_OfBeforeItServed() external {
        DealId other = _fresh();
        uint40[] memory at = _at(block.timestamp - 1, 4);
        bytes[] memory signatures = _signed(other, 1, false, at);
        vm.expectRevert(abi.encodeWithSelector(IFaultsBooks.StatementTooOld.selector, at[0], block.timestamp));
        judge.report(other, 0, 1, false, at, signatures);
    }

    function _fresh() private returns (DealId other) {
        other = _request(_asking(1, 100, 14, 84));
        vm.startPrank(address(matching));
        deals.assign(other, 0, deals.slotOf(id, 0).offer);
        vm.stopPrank();
        _ready(other, 0);
    }

    function test_Report_WhenDown(uint256 spread) external {
        spread = bound(spread, 0, 4 minutes);
        _earn();
        uint40[] memory at = _at(block.timestamp, 4);
        (at[0], at[1], at[3]) = (uint40(at[0] - spread), uint40(at[1] - 2 * spread), uint40(at[3] - 3 * spread));
        uint40 median = at[0];
        bytes[] memory signatures = _signed(id, 1, false, at);

        vm.expectEmit(address(judge));
        emit IFaultsBooks.SlotFlagged(id, 0, host, 1, false, median, uint40(block.timestamp + GRACE));
        judge.report(id, 0, 1, false, at, signatures);

        IFaults.Flag memory flagged = judge.flagOf(id, 0);
        assertEq(flagged.state, 1, "flagged by probers");
        assertEq(flagged.serving, 1, "this serving");
        assertEq(flagged.since, median, "the later of both in the middle");
        assertEq(flagged.flaggedAt, block.timestamp, "now");
        assertEq(judge.recordOf(host).downSince, 0, "and not down yet");
        for (uint256 i = 0; i < 4; ++i) {
            address prober = probers.drawOf(id, _day())[i];
            assertEq(probers.proberOf(prober).credit, dollar / 20, "probers are paid");
        }
    }

    function test_Report_WhenUpAgain() external {
        uint256 since = block.timestamp;
        _say(id, false, since);
        _skip(5 minutes);
        uint256 before = deals.accrued(id, 0);
        uint40[] memory at = _at(block.timestamp, 4);
        bytes[] memory signatures = _signed(id, 1, true, at);
        vm.expectEmit(address(judge));
        emit IFaultsBooks.FlagAnswered(id, 0, host, 1, 5 minutes);
        judge.report(id, 0, 1, true, at, signatures);

        assertEq(judge.flagOf(id, 0).state, 0, "answered");
        assertEq(judge.recordOf(host).down, 5 minutes, "time down is recorded");
        assertEq(judge.recordOf(host).downSince, 0, "and over");
        assertApproxEqAbs(before - deals.accrued(id, 0), 100 * dollar * 5 minutes / 1 days, 1, "and not paid");
        _skip(1 hours);
        vm.expectRevert(_error(IFaultsBooks.NotFlagged.selector, id));
        judge.failover(id, 0);
    }

    function test_Report_RevertWhen_UpBeforeTheMissedProbe() external {
        _say(id, false, block.timestamp);
        uint40[] memory at = _at(block.timestamp, 4);
        _skip(1 minutes);
        _refused(abi.encodeWithSelector(IFaultsBooks.StatementTooOld.selector, at[0], at[0] + 1), true, at);
    }

    /// @dev A fee that pays for two reports.
    function _earn() private {
        _skip(6 hours);
        deals.settle(id, 0);
    }

    /// @dev A deal of a minute is no reason to pay for a day.
    function test_Report_GivenNothingIsEarned() external {
        uint256 before = probers.pot();
        _say(id, true, block.timestamp);
        assertEq(probers.pot(), before, "nobody is paid more than the serving's fee");
        for (uint256 i = 0; i < 4; ++i) {
            _skip(1 days);
            deals.settle(id, 0);
            _say(id, true, block.timestamp);
            uint256 fee = uint256(deals.slotOf(id, 0).owed) * FEE_BPS / 10_000;
            assertLe(before - probers.pot(), fee, "all in all");
        }
        assertEq(before - probers.pot(), 16 * dollar / 20, "four reports");
    }

    function test_Report_WhenAllIsWell() external {
        _earn();
        _say(id, true, block.timestamp);
        address[] memory drawn = probers.drawOf(id, _day());
        assertEq(probers.proberOf(drawn[0]).credit, dollar / 20, "paid once a day");
        _refused(_error(IFaultsBooks.AlreadyReported.selector, id, _day()), true, _at(block.timestamp, 4));
        _skip(1 days);
        _say(id, true, block.timestamp);
    }

    function test_Report_GivenSlotFeeIsSmall() external {
        _host(3);
        DealId other = _request(_asking(1, 1, 14, 84));
        vm.startPrank(address(matching));
        deals.assign(other, 0, deals.slotOf(id, 0).offer);
        vm.stopPrank();
        _ready(other, 0);
        uint256 before = probers.pot();
        _say(other, true, block.timestamp);
        assertEq(probers.pot(), before, "nobody is paid more than the slot's fee");
    }

    function test_Report_RevertWhen_UpAndNeverDown() external {
        _fail(id);
        _skip(1 minutes);
        uint256 day = _day();
        _sayOf(id, 1, true, block.timestamp);
        assertEq(judge.recordOf(host).downSince, 0, "shown up by a serving that is over");
        assertTrue(judge.failureOf(id, 0, 1).isShown, "which was not abandoned");
        _skip(1 minutes);
        _refused(abi.encodeWithSelector(IFaultsBooks.NotDown.selector, host), true, _at(block.timestamp, 4));
        assertEq(day, _day(), "the same day");
        _say(id, true, block.timestamp);
    }

    /* FLAG */

    function test_Flag_RevertWhen_CallerNotCustomer() external {
        vm.expectRevert(abi.encodeWithSelector(IFaultsBooks.NotAllowed.selector, stranger, customer));
        vm.prank(stranger);
        judge.flag(id, 0);
    }

    function test_Flag_RevertWhen_NotServed() external {
        DealId other = _request(_asking(1, 100, 14, 84));
        vm.expectRevert(_error(IFaultsBooks.SlotNotServed.selector, other));
        vm.prank(customer);
        judge.flag(other, 0);
    }

    function test_Flag_RevertWhen_FlaggedAlready() external {
        _flag();
        vm.expectRevert(_error(IFaultsBooks.AlreadyFlagged.selector, id));
        vm.prank(customer);
        judge.flag(id, 0);
    }

    function _flag() private {
        vm.prank(customer);
        judge.flag(id, 0);
    }

    function test_Flag_WhenCustomer() external {
        vm.expectEmit(address(judge));
        emit IFaultsBooks.SlotFlagged(id, 0, host, 1, true, 0, uint40(block.timestamp + GRACE));
        _flag();
        assertEq(judge.flagOf(id, 0).state, 2, "flagged by the customer");
    }

    function test_Flag_WhenConfirmed() external {
        _flag();
        _skip(9 minutes);
        _say(id, false, block.timestamp);
        IFaults.Flag memory flagged = judge.flagOf(id, 0);
        assertEq(flagged.state, 1, "it is the probers' now");
        assertEq(flagged.flaggedAt, block.timestamp, "with a grace of its own");
        _skip(GRACE + 1);
        judge.failover(id, 0);
        assertEq(deals.slotOf(id, 0).provider, providers[1], "and a failure");
    }

    function test_Flag_WhenNotConfirmed() external {
        _flag();
        _skip(GRACE + 1);
        vm.expectEmit(address(judge));
        emit IFaultsBooks.FlagLapsed(id, 0, host, 1);
        judge.failover(id, 0);
        IDeals.Slot memory place = deals.slotOf(id, 0);
        assertEq(place.endsAt, block.timestamp + 1 days, "paid through its notice");
        assertEq(place.provider, host, "and served until then");
        assertEq(judge.recordOf(host).down, 0, "nothing recorded");
        assertEq(judge.flagOf(id, 0).state, 0, "no flag");
    }

    /* FAILOVER */

    function test_Failover_RevertWhen_NotFlagged() external {
        vm.expectRevert(_error(IFaultsBooks.NotFlagged.selector, id));
        judge.failover(id, 0);
    }

    function test_Failover_RevertWhen_GraceRuns() external {
        _say(id, false, block.timestamp);
        uint256 until = block.timestamp + GRACE;
        _skip(GRACE);
        vm.expectRevert(_error(IFaultsBooks.GraceRunning.selector, id, until));
        judge.failover(id, 0);
    }

    function test_Failover_RevertWhen_FlagTooOld() external {
        _say(id, false, block.timestamp);
        _skip(6 hours + 1);
        vm.expectRevert(_error(IFaultsBooks.NotFlagged.selector, id));
        judge.failover(id, 0);
        _say(id, false, block.timestamp);
        assertEq(judge.flagOf(id, 0).flaggedAt, block.timestamp, "it can be flagged anew");
    }

    function test_Failover_RevertWhen_LongAfterTheEnd() external {
        _skip(deals.slotOf(id, 0).endsAt - block.timestamp - GRACE - 1);
        _say(id, false, block.timestamp);
        _skip(2 * GRACE + 2);
        vm.expectRevert(_error(IFaultsBooks.NotFlagged.selector, id));
        judge.failover(id, 0);
    }

    function test_Failover_WhenFlagged() external {
        uint256 since = block.timestamp;
        _say(id, false, since);
        _skip(GRACE + 1);
        vm.expectEmit(address(judge));
        emit IFaultsBooks.RecordChanged(host, 0, 0, 0, 0, uint16(block.timestamp / 30 days), uint40(since));
        vm.expectEmit(address(judge));
        emit IFaultsBooks.FailedOver(id, 0, host, 1, uint40(since), uint40(GRACE + 1), true);
        judge.failover(id, 0);

        IDeals.Slot memory place = deals.slotOf(id, 0);
        assertEq(place.provider, providers[1], "a standby serves");
        assertEq(place.startedAt, block.timestamp, "from now on");
        IFaults.Failure memory failure = judge.failureOf(id, 0, 1);
        assertEq(failure.since, since, "failed then");
        assertEq(failure.failedAt, block.timestamp, "told now");
        assertEq(failure.excess, 0, "within what it declares");
        assertEq(failure.eligible, 9, "of nine probers");
        assertEq(failure.signers, 15, "who signed is kept");
        assertEq(judge.recordOf(host).downSince, since, "down until it is shown up");
        assertEq(deals.servingOf(id, 0, 1).endedAt, since, "the gap is not paid");
        assertEq(judge.flagOf(id, 0).state, 0, "no flag");
    }

    function test_Failover_GivenNoStandby() external {
        _fail(id);
        _skip(1 minutes);
        _fail(id);
        assertEq(deals.slotOf(id, 0).status, 0, "empty");
        assertEq(deals.emptySlots(id) & 1, 1, "and seeks");
    }

    function test_Failover_GivenPriceStale() external {
        _say(id, false, block.timestamp);
        skip(3 days - 1);
        vm.warp(block.timestamp - 3 days + 1 + GRACE + 1);
        for (uint256 i = 0; i < 3; ++i) {
            feeds[i].post(0);
        }
        priceGuard.observe();
        assertTrue(priceGuard.isStale(), "no price");
        judge.failover(id, 0);
        assertEq(deals.slotOf(id, 0).provider, providers[1], "and it fails over");
    }
}
