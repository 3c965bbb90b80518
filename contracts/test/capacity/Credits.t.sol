// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICapacity, ICapacityBooks} from "../../src/interfaces/ICapacity.sol";
import {CommitmentId, DealId} from "../../src/types/Ids.sol";
import {CapacityBase} from "../CapacityBase.t.sol";

contract CapacityCreditsTest is CapacityBase {
    uint256 private constant UNIT = 1e6;

    struct Told {
        uint256 weight;
        uint256 allotted;
        uint256 divisor;
        uint8 reason;
    }

    /// @dev Garbage will do: what is credited is counted, and here nobody looks.
    function _claimMany(CommitmentId commitment, uint256 filled) private {
        Sheet memory sheet = _blank(commitment, _window());
        for (uint32 i = 0; i < filled; ++i) {
            _claimBit(sheet, i);
        }
        _draw(commitment, _commit(commitment, sheet), false);
    }

    /// @dev So many puzzles a window, in so many windows of the running epoch; then the epoch is final.
    function _fill(CommitmentId commitment, uint256 filled, uint256 windows) private returns (uint32 epoch) {
        epoch = _epoch();
        for (uint256 i = 0; i < windows; ++i) {
            _toWindow(uint32(uint256(epoch) * 24 + i));
            _open();
            if (filled != 0) _claimMany(commitment, filled);
        }
        _to(_finalAt(epoch));
    }

    function _told(CommitmentId commitment, uint32 epoch) private view returns (Told memory told) {
        (,, told.weight, told.allotted, told.divisor, told.reason,) = rewards.credited(commitment, epoch);
    }

    /* EXCUSE */

    function _tryExcuse(bytes memory refusal, CommitmentId commitment, uint32 epoch) private {
        vm.expectRevert(refusal);
        vm.prank(provider);
        capacity.excuse(commitment, epoch, DealId.wrap(1), 0);
    }

    function test_Excuse_RevertWhen_CallerNotAllowed(address caller) external {
        vm.assume(caller != provider && caller != prover);
        CommitmentId commitment = _proving(1);
        uint32 epoch = _epoch();
        _to(uint256(epoch + 1) * EPOCH);
        vm.expectRevert(abi.encodeWithSelector(ICapacityBooks.NotAllowed.selector, caller, provider));
        vm.prank(caller);
        capacity.excuse(commitment, epoch, DealId.wrap(1), 0);
    }

    function test_Excuse_RevertGiven_Unknown() external {
        CommitmentId nobody = CommitmentId.wrap(9);
        _tryExcuse(_error(ICapacityBooks.CommitmentUnknown.selector, nobody), nobody, _epoch());
    }

    function test_Excuse_RevertGiven_Convicted() external {
        CommitmentId commitment = _proving(1);
        (Sheet memory sheet,) = _proved(commitment, 3, true);
        skip(12 hours + 1);
        capacity.convictUnanswered(commitment, sheet.window);
        uint32 epoch = _epoch();
        _tryExcuse(_error(ICapacityBooks.CommitmentConvictedAlready.selector, commitment), commitment, epoch);
    }

    function test_Excuse_RevertGiven_NotLiveInTheEpoch() external {
        CommitmentId commitment = _proving(1);
        uint32 epoch = _epoch() - 1;
        _tryExcuse(_error(ICapacityBooks.CommitmentNotLive.selector, commitment, epoch), commitment, epoch);
        epoch += 15;
        _to(uint256(epoch + 1) * EPOCH);
        _tryExcuse(_error(ICapacityBooks.CommitmentNotLive.selector, commitment, epoch), commitment, epoch);
    }

    function test_Excuse_RevertWhen_TooEarly(uint256 wait) external {
        CommitmentId commitment = _proving(1);
        uint32 epoch = _epoch();
        skip(bound(wait, 0, EPOCH - 1));
        _tryExcuse(abi.encodeWithSelector(ICapacityBooks.ExcusalTooEarly.selector, epoch), commitment, epoch);
    }

    function test_Excuse_RevertWhen_TooLate(uint256 wait) external {
        CommitmentId commitment = _proving(1);
        uint32 epoch = _epoch();
        uint40 deadline = _finalAt(epoch);
        vm.warp(bound(wait, deadline, uint256(deadline) + 10 days));
        _tryExcuse(abi.encodeWithSelector(ICapacityBooks.ExcusalTooLate.selector, epoch, deadline), commitment, epoch);
    }

    function test_Excuse_RevertGiven_AllUnitsExcused(uint64 second) external {
        CommitmentId commitment = _proving(3);
        uint32 epoch = _epoch();
        _to(uint256(epoch + 1) * EPOCH);
        rewards.setWork(3e6);
        vm.prank(provider);
        capacity.excuse(commitment, epoch, DealId.wrap(1), 0);
        rewards.setWork(second);
        bytes memory refusal = abi.encodeWithSelector(ICapacityBooks.ExcusalTooLarge.selector, 3 * UNIT, 3 * UNIT);
        _tryExcuse(refusal, commitment, epoch);
    }

    function test_Excuse_WhenMoreThanItsUnits(uint64 first, uint64 second) external {
        CommitmentId commitment = _proving(3);
        uint32 epoch = _epoch();
        _to(uint256(epoch + 1) * EPOCH);
        first = uint64(bound(first, 0, 3 * UNIT - 1));
        second = uint64(bound(second, 3 * UNIT - first, type(uint64).max));
        rewards.setWork(first);
        vm.prank(provider);
        capacity.excuse(commitment, epoch, DealId.wrap(1), 0);
        rewards.setWork(second);
        vm.expectEmit(address(capacity));
        emit ICapacityBooks.WorkExcused(commitment, epoch, DealId.wrap(2), 0, uint64(3 * UNIT - first));
        vm.prank(provider);
        capacity.excuse(commitment, epoch, DealId.wrap(2), 0);
        (, uint64 excused) = capacity.tallyOf(commitment, epoch);
        assertEq(excused, 3 * UNIT, "all units, and no more");
        assertEq(capacity.divisorOf(0, epoch), 3 * UNIT * 5 / 4, "as much in the divisor");
    }

    function test_Excuse_WhenEpochOver(bool isByKey, uint256 wait, uint64 work) external {
        CommitmentId commitment = _proving(3);
        uint32 epoch = _epoch();
        _to(uint256(epoch + 1) * EPOCH);
        skip(bound(wait, 0, 3 hours - 1));
        work = uint64(bound(work, 0, 3 * UNIT));
        rewards.setWork(work);
        vm.expectEmit(address(capacity));
        emit ICapacityBooks.WorkExcused(commitment, epoch, DealId.wrap(7), 2, work);
        vm.prank(isByKey ? prover : provider);
        capacity.excuse(commitment, epoch, DealId.wrap(7), 2);
        (, uint64 excused) = capacity.tallyOf(commitment, epoch);
        assertEq(excused, work, "excused");
        assertEq(capacity.divisorOf(0, epoch), uint256(work) + uint256(work) / 4, "with its bonus in the divisor");
    }

    /* CREDIT */

    function _tryCredit(bytes memory refusal, CommitmentId commitment, uint32 epoch) private {
        vm.expectRevert(refusal);
        capacity.credit(commitment, epoch);
    }

    function test_Credit_RevertGiven_Unknown() external {
        CommitmentId nobody = CommitmentId.wrap(9);
        _tryCredit(_error(ICapacityBooks.CommitmentUnknown.selector, nobody), nobody, _epoch());
    }

    function test_Credit_RevertGiven_Convicted() external {
        CommitmentId commitment = _proving(1);
        (Sheet memory sheet,) = _proved(commitment, 3, true);
        skip(12 hours + 1);
        capacity.convictUnanswered(commitment, sheet.window);
        uint32 epoch = _epoch();
        _to(_finalAt(epoch));
        _tryCredit(_error(ICapacityBooks.CommitmentConvictedAlready.selector, commitment), commitment, epoch);
    }

    function test_Credit_RevertGiven_NotLiveInTheEpoch() external {
        CommitmentId commitment = _pledgeFor(1, 1);
        uint32 epoch = _epoch() + 1;
        _to(_finalAt(epoch + 1));
        capacity.credit(commitment, epoch);
        ++epoch;
        _tryCredit(_error(ICapacityBooks.CommitmentNotLive.selector, commitment, epoch), commitment, epoch);
    }

    function test_Credit_RevertWhen_NotTheNext() external {
        CommitmentId commitment = _proving(1);
        uint32 epoch = _epoch();
        _to(_finalAt(epoch + 1));
        bytes4 error = ICapacityBooks.EpochNotNext.selector;
        _tryCredit(abi.encodeWithSelector(error, commitment, epoch + 1, epoch), commitment, epoch + 1);
        capacity.credit(commitment, epoch);
        _tryCredit(abi.encodeWithSelector(error, commitment, epoch, epoch + 1), commitment, epoch);
    }

    function test_Credit_RevertWhen_NotFinal(uint256 wait) external {
        CommitmentId commitment = _proving(1);
        uint32 epoch = _epoch();
        uint40 finalAt = _finalAt(epoch);
        vm.warp(bound(wait, block.timestamp, finalAt - 1));
        _tryCredit(abi.encodeWithSelector(ICapacityBooks.EpochNotFinal.selector, epoch, finalAt), commitment, epoch);
    }

    function test_Credit_RevertGiven_ChallengesOpen() external {
        CommitmentId commitment = _proving(1);
        uint32 epoch = _epoch();
        _toWindow(_window() + 23);
        _open();
        (Sheet memory sheet, ICapacity.Claim memory claim) = _proved(commitment, 3, true);
        _demand(commitment, sheet, claim, 1);
        _to(_finalAt(epoch));
        bytes4 error = ICapacityBooks.ChallengesOpen.selector;
        _tryCredit(abi.encodeWithSelector(error, commitment, 2), commitment, epoch);
        _answer(commitment, sheet, claim);
        _tryCredit(abi.encodeWithSelector(error, commitment, 1), commitment, epoch);
        capacity.deliver(commitment, claim, _leafOf(sheet, 1));
        capacity.credit(commitment, epoch);
    }

    function test_Credit_WhenPuzzlesWereDrawn(uint16 units, uint256 filled, uint256 windows) external {
        units = uint16(bound(units, 1, 20));
        windows = bound(windows, 1, 24);
        filled = bound(filled, 1, uint256(units) * 8);
        CommitmentId commitment = _proving(units);
        uint32 epoch = _fill(commitment, filled, windows);
        uint256 proved = filled * windows * 1e7 / 912;
        uint256 allowed = units * windows * UNIT / 24;
        uint256 credit = proved < allowed ? proved : allowed;
        uint8 reason = proved > allowed ? 1 : 0;
        if (credit * 2 < allowed) (credit, reason) = (0, 2);
        vm.expectEmit(address(capacity));
        emit ICapacityBooks.EpochCredited(
            commitment, epoch, uint64(filled * windows), uint8(windows), uint64(credit), 0, reason == 2 ? 1 : 0, reason
        );
        capacity.credit(commitment, epoch);
        Told memory told = _told(commitment, epoch);
        assertEq(told.weight, credit, "the lesser of what was filled and what the open windows allow, or nothing");
        assertEq(told.allotted, proved, "of what it filled");
        assertEq(told.divisor, proved, "and all filled");
        assertEq(told.reason, reason, "for a reason");
        assertEq(capacity.commitmentOf(commitment).nextEpoch, epoch + 1, "once");
    }

    function test_Credit_WhenWorkWasExcused(uint256 filled, uint64 work, uint256 windows, uint16 bonusBps) external {
        windows = bound(windows, 1, 24);
        filled = bound(filled, 0, 80);
        work = uint64(bound(work, 0, 10 * UNIT));
        bonusBps = uint16(bound(bonusBps, 0, 5000));
        rewards.setBonus(bonusBps);
        CommitmentId commitment = _pledgeFor(10, 14);
        _toWindow((_epoch() + 1) * 24);
        uint32 epoch = _fill(commitment, filled, windows);
        vm.warp(block.timestamp - 1);
        rewards.setWork(work);
        vm.prank(provider);
        capacity.excuse(commitment, epoch, DealId.wrap(1), 0);
        // What the bonus is later is for later epochs.
        rewards.setBonus(5000);
        vm.warp(block.timestamp + 1);
        capacity.credit(commitment, epoch);

        uint256 proved = filled * windows * 1e7 / 912 + work;
        uint256 allowed = windows * 10 * UNIT / 24;
        uint256 credit = proved < allowed ? proved : allowed;
        if (credit * 2 < allowed) credit = 0;
        uint256 bonus = (work < credit ? work : credit) * bonusBps / 10_000;
        Told memory told = _told(commitment, epoch);
        assertEq(told.weight, credit + bonus, "with the bonus of the excused part of what is credited");
        assertEq(told.allotted, proved + uint256(work) * bonusBps / 10_000, "of what it proved and was excused");
        assertLe(told.weight, told.divisor, "never more than all");
    }

    function test_Credit_GivenNoWindowOpened() external {
        CommitmentId commitment = _pledgeFor(1, 14);
        for (uint256 i = 0; i < 7; ++i) {
            uint32 epoch = capacity.commitmentOf(commitment).nextEpoch;
            _to(_finalAt(epoch));
            vm.expectEmit(address(capacity));
            emit ICapacityBooks.EpochCredited(commitment, epoch, 0, 0, 0, 0, 0, 0);
            capacity.credit(commitment, epoch);
        }
        assertEq(capacity.commitmentOf(commitment).poorEpochs, 0, "counts neither way");
    }

    function test_Credit_GivenFivePoorEpochsInARow() external {
        CommitmentId commitment = _proving(1);
        uint32 first = _epoch();
        for (uint32 i = 0; i < 4; ++i) {
            _fill(commitment, 1, 1);
            capacity.credit(commitment, first + i);
            assertEq(capacity.commitmentOf(commitment).poorEpochs, i + 1, "counted");
        }
        _fill(commitment, 1, 1);
        vm.expectEmit(address(capacity));
        emit ICapacityBooks.CapacityEnded(commitment, provider, _epoch() + 1, 1);
        capacity.credit(commitment, first + 4);
        assertEq(capacity.commitmentOf(commitment).endEpoch, _epoch() + 1, "over");
        assertEq(_lockOf(commitment).amount, LOCK, "nothing is slashed for bad luck");
        capacity.credit(commitment, _creditable(commitment));
        assertEq(capacity.commitmentOf(commitment).poorEpochs, 5, "and an epoch without windows counts neither way");
    }

    /// @dev The last epoch, final, in which no window was opened.
    function _creditable(CommitmentId commitment) private returns (uint32 epoch) {
        epoch = capacity.commitmentOf(commitment).nextEpoch;
        _to(_finalAt(epoch));
    }

    function test_Credit_GivenAGoodEpochAmongPoorOnes() external {
        CommitmentId commitment = _proving(1);
        uint32 first = _epoch();
        for (uint32 i = 0; i < 9; ++i) {
            _fill(commitment, i == 4 ? 4 : 1, 1);
            capacity.credit(commitment, first + i);
        }
        assertEq(capacity.commitmentOf(commitment).poorEpochs, 4, "begins anew");
        assertEq(capacity.commitmentOf(commitment).endEpoch, first + 14, "and goes on");
    }

    function test_Credit_WhenItVotesForTheTarget(uint16 units, uint256 filled) external {
        units = uint16(bound(units, 1, 20));
        filled = bound(filled, 1, uint256(units) * 8);
        CommitmentId commitment = _proving(units);
        uint32 epoch = _fill(commitment, filled, 2);
        capacity.credit(commitment, epoch);
        uint32[20] memory histogram = capacity.histogramOf(0, epoch);
        bool isCredited = _told(commitment, epoch).weight != 0;
        uint256 bin = filled * 10 / (4 * uint256(units));
        for (uint256 i = 0; i < 20; ++i) {
            bool isBin = i == (bin > 19 ? 19 : bin);
            assertEq(histogram[i], isBin && isCredited ? units : 0, "by its units, where its fill is");
        }
    }

    function test_Credit_GivenExcusedWorkItVotesForNothing() external {
        CommitmentId commitment = _proving(2);
        uint32 epoch = _fill(commitment, 8, 2);
        vm.warp(block.timestamp - 1);
        rewards.setWork(1);
        vm.prank(provider);
        capacity.excuse(commitment, epoch, DealId.wrap(1), 0);
        vm.warp(block.timestamp + 1);
        capacity.credit(commitment, epoch);
        uint32[20] memory histogram = capacity.histogramOf(0, epoch);
        assertEq(histogram[10], 0, "an excused unit says nothing of how fast a core is");
    }

    /* RELEASE */

    function test_Release_RevertGiven_Unknown() external {
        vm.expectRevert(_error(ICapacityBooks.CommitmentUnknown.selector, CommitmentId.wrap(9)));
        capacity.release(CommitmentId.wrap(9));
    }

    function test_Release_RevertGiven_ChallengesOpen() external {
        CommitmentId commitment = _proving(1);
        _proved(commitment, 3, true);
        vm.expectRevert(abi.encodeWithSelector(ICapacityBooks.ChallengesOpen.selector, commitment, 1));
        capacity.release(commitment);
    }

    function test_Release_WhenAnybodyCalls(address caller) external {
        CommitmentId commitment = _proving(1);
        vm.prank(caller);
        capacity.release(commitment);
        assertEq(rewards.releases(commitment), 1, "pays what is due");
    }
}
