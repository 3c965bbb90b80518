// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICapacity} from "../../src/interfaces/ICapacity.sol";
import {IFaults, IFaultsBooks} from "../../src/interfaces/IFaults.sol";
import {IMatching} from "../../src/interfaces/IMatching.sol";
import {Availability} from "../../src/libraries/Availability.sol";
import {CommitmentId, DealId, OfferId} from "../../src/types/Ids.sol";
import {FaultsBase} from "../FaultsBase.t.sol";

/// @dev What a provider's record is made of, and what it says.
contract FaultsRecordsTest is FaultsBase {
    CommitmentId private constant COMMITMENT = CommitmentId.wrap(5);

    DealId private id;
    address private host;

    function setUp() public override {
        super.setUp();
        id = _deal(1);
        host = providers[0];
        _skip(1 hours);
        windows.setCommitment(COMMITMENT, host, 10, false);
    }

    /* SHOW UP */

    function _claimOf(uint256 from, uint32 filled) private view returns (ICapacity.Claim memory) {
        return ICapacity.Claim(uint32(from / 1 hours), filled, uint64(block.number), "root", "bitmap");
    }

    function _drawn(uint256 from, uint32 filled, uint8 status) private returns (ICapacity.Claim memory claim) {
        claim = _claimOf(from, filled);
        windows.setClaim(COMMITMENT, claim, status);
    }

    function _refused(ICapacity.Claim memory claim) private {
        vm.expectRevert(abi.encodeWithSelector(IFaultsBooks.WindowNotFilled.selector, COMMITMENT, claim.window));
        judge.showUp(COMMITMENT, claim);
    }

    function test_ShowUp_RevertWhen_ClaimUnknown() external {
        _fail(id);
        _skip(2 hours);
        _drawn(block.timestamp, 80, 2);
        _refused(_claimOf(block.timestamp, 79));
    }

    function test_ShowUp_RevertWhen_NotDrawn(uint8 status) external {
        _fail(id);
        _skip(2 hours);
        status = uint8(bound(status, 0, 1)) * 2 + 1;
        _refused(_drawn(block.timestamp, 80, status));
    }

    function test_ShowUp_RevertWhen_LessThanHalfFilled() external {
        _fail(id);
        _skip(2 hours);
        _refused(_drawn(block.timestamp, 18, 2));
    }

    function test_ShowUp_RevertWhen_Convicted() external {
        _fail(id);
        _skip(2 hours);
        windows.setCommitment(COMMITMENT, host, 10, true);
        _refused(_drawn(block.timestamp, 80, 2));
    }

    function test_ShowUp_RevertWhen_NotDown() external {
        ICapacity.Claim memory claim = _drawn(block.timestamp, 80, 2);
        vm.expectRevert(abi.encodeWithSelector(IFaultsBooks.NotDown.selector, host));
        judge.showUp(COMMITMENT, claim);
    }

    function test_ShowUp_RevertWhen_WindowBeganBefore() external {
        ICapacity.Claim memory claim = _drawn(block.timestamp, 80, 2);
        _fail(id);
        vm.expectRevert(abi.encodeWithSelector(IFaultsBooks.WindowTooOld.selector, claim.window));
        judge.showUp(COMMITMENT, claim);
    }

    function test_ShowUp_WhenFilled(uint32 filled, uint256 wait) external {
        uint256 since = block.timestamp;
        _fail(id);
        wait = bound(wait, 1 hours, 29 days);
        vm.warp(block.timestamp + wait);
        ICapacity.Claim memory claim = _drawn(block.timestamp, uint32(bound(filled, 19, 80)), 4);
        vm.warp(block.timestamp + 2 hours);
        judge.showUp(COMMITMENT, claim);
        (, uint256 down) = judge.timesOf(host);
        assertEq(judge.recordOf(host).downSince, 0, "up");
        assertEq(down, (uint256(claim.window) + 1) * 1 hours - since, "at the window's end");
    }

    /* SERVED */

    function _settled(uint256 period) private {
        _skip(3 days + period);
        deals.settle(id, 0);
    }

    function _sell() private {
        feeBurn.collect();
        (uint128 lot,) = feeBurn.lot();
        uint128 cost = feeBurn.costOf(lot);
        _giveFlt(stranger, address(feeBurn), cost);
        vm.prank(stranger);
        feeBurn.buy(lot, cost, stranger);
    }

    function test_RecordServed_RevertWhen_NothingCredited() external {
        vm.expectRevert(_error(IFaultsBooks.NothingToRecord.selector, id));
        judge.recordServed(id, 0, 1);
    }

    function test_RecordServed_RevertWhen_Standby() external {
        vm.expectRevert(abi.encodeWithSelector(IFaultsBooks.SlotNotServed.selector, id, 16));
        judge.recordServed(id, 16, 1);
    }

    function test_RecordServed_RevertWhen_FeeNotBurned() external {
        _settled(1 days);
        judge.recordServed(id, 0, 1);
        uint256 upTo = judge.noteOf(id, 0, 1).upTo;
        _skip(1 days);
        vm.expectRevert(abi.encodeWithSelector(IFaultsBooks.FeeNotBurned.selector, 0, upTo));
        judge.recordServed(id, 0, 1);
    }

    function test_RecordServed_RevertWhen_NothingIsBurned() external {
        feeBurn.setBurnShare(0, reserve);
        _settled(1 days);
        vm.expectRevert(_error(IFaultsBooks.NothingToRecord.selector, id));
        judge.recordServed(id, 0, 1);
    }

    function test_RecordServed_WhenBurned(uint256 period) external {
        period = bound(period, 1 hours, 9 days);
        _settled(period);
        uint40 credited = uint40(block.timestamp - 3 days - deals.slotOf(id, 0).startedAt);
        vm.expectEmit(address(judge));
        emit IFaultsBooks.ServedNoted(id, 0, host, 1, credited, feeBurn.intake());
        judge.recordServed(id, 0, 1);
        (uint256 served,) = judge.timesOf(host);
        assertEq(served, 0, "not before its fee is burned");
        _sell();
        vm.expectEmit(address(judge));
        emit IFaultsBooks.ServedCounted(id, 0, host, credited);
        judge.recordServed(id, 0, 1);
        (served,) = judge.timesOf(host);
        assertEq(served, credited, "counted");
        vm.expectRevert(_error(IFaultsBooks.NothingToRecord.selector, id));
        judge.recordServed(id, 0, 1);
    }

    function test_RecordServed_GivenFailedOver() external {
        _skip(2 days);
        _fail(id);
        _skip(3 days);
        deals.releaseServing(id, 0, 1);
        judge.recordServed(id, 0, 1);
        _sell();
        judge.recordServed(id, 0, 1);
        (uint256 served,) = judge.timesOf(host);
        assertEq(served, 2 days + 1 hours, "what was served before it failed counts");
    }

    function test_RecordServed_GivenManyTerms() external {
        uint256 sum = 0;
        for (uint256 i = 0; i < 3; ++i) {
            _settled(1 days);
            judge.recordServed(id, 0, 1);
            _sell();
            judge.recordServed(id, 0, 1);
            (uint256 served,) = judge.timesOf(host);
            assertGt(served, sum, "more each time");
            sum = served;
        }
        assertEq(sum, 9 days + 1 hours, "and each second once");
    }

    /// @dev Sixteen slots of its own for next to nothing, and a record of years.
    function test_RecordServed_RevertWhen_DustPays() external {
        OfferId offer = _offer(host, 100, 200);
        IMatching.Request memory request = _asking(1, 1, 14, 14);
        id = _request(request);
        vm.prank(address(matching));
        deals.assign(id, 0, offer);
        _ready(id, 0);
        _settled(10 days);
        vm.expectRevert(_error(IFaultsBooks.NothingToRecord.selector, id));
        judge.recordServed(id, 0, 1);
    }

    /// @dev Nor is anybody there for longer than time goes by.
    function test_RecordServed_GivenManySlots() external {
        DealId[4] memory others;
        for (uint256 i = 0; i < 4; ++i) {
            others[i] = _resolvedBy(resolver);
        }
        _settled(9 days);
        for (uint256 i = 0; i < 4; ++i) {
            deals.settle(others[i], 0);
            judge.recordServed(others[i], 0, 1);
        }
        _sell();
        for (uint256 i = 0; i < 4; ++i) {
            judge.recordServed(others[i], 0, 1);
        }
        (uint256 served,) = judge.timesOf(host);
        assertEq(served, 30 days, "thirty days at most");
    }

    /* UNAVAILABILITY */

    function test_Unavailability_GivenNoRecord() external view {
        assertEq(judge.unavailability(stranger), 0.05e18, "down for a twentieth of the time");
    }

    /// @dev Counted on while nobody showed it up, thirty days at most.
    function test_Unavailability_GivenDown(uint256 time) external {
        uint256 since = block.timestamp;
        _fail(id);
        vm.warp(since + bound(time, GRACE + 1, 80 days));
        (uint256 served, uint256 down) = judge.timesOf(host);
        uint256 passed = block.timestamp - since;
        assertEq(down, passed < 30 days ? passed : 30 days, "time since then");
        assertEq(judge.unavailability(host), Availability.unavailabilityUp(served, down), "as the formula has it");
    }

    /// @dev What is closed fades out over the month after its own.
    function test_Unavailability_GivenLongAgo(uint256 time) external {
        _say(id, false, block.timestamp);
        _skip(8 minutes);
        _say(id, true, block.timestamp);
        uint256 period = block.timestamp / 30 days;
        vm.warp(block.timestamp + bound(time, 0, 70 days));
        uint256 now_ = block.timestamp / 30 days;
        uint256 left = 30 days - block.timestamp % 30 days;
        uint256 expected =
            now_ == period ? 8 minutes : now_ == period + 1 ? (8 minutes * left + 30 days - 1) / 30 days : 0;
        (, uint256 down) = judge.timesOf(host);
        assertEq(down, expected, "fades");
    }

    /// @dev Two slots down are down twice.
    function test_Unavailability_GivenTwoSlotsFail() external {
        _failBadly(id);
        IFaults.Record memory record = judge.recordOf(host);
        assertEq(record.down, GRACE + 1, "the second one's, closed");
        assertEq(record.downSince, block.timestamp - 8 hours - 2 * (GRACE + 1), "the first one's, open");
    }
}
