// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICapacity, ICapacityBooks} from "../../src/interfaces/ICapacity.sol";
import {IPriceGuard} from "../../src/interfaces/IPriceGuard.sol";
import {IStaking} from "../../src/interfaces/IStaking.sol";
import {CommitmentId, LockId, ModuleId} from "../../src/types/Ids.sol";
import {CapacityBase} from "../CapacityBase.t.sol";
import {ToyVerifier} from "../mocks/ToyVerifier.sol";

contract CapacityPledgesTest is CapacityBase {
    uint256 private constant DISPUTE = 5 days;

    function _refusedTo(address caller) private view returns (bytes memory) {
        return abi.encodeWithSelector(ICapacityBooks.NotAllowed.selector, caller, provider);
    }

    function _isStranger(address caller) private view returns (bool) {
        return caller != provider && caller != prover;
    }

    /// @dev Into the last epoch of a term.
    function _renewable(uint8 termDays) private returns (CommitmentId commitment) {
        commitment = _pledgeFor(10, termDays);
        _to((uint256(capacity.commitmentOf(commitment).endEpoch) - 1) * EPOCH);
    }

    /* PLEDGE */

    function test_Pledge_RevertWhen_CallerNotAllowed(address caller) external {
        vm.assume(caller != provider && caller != staker);
        vm.expectRevert(_refusedTo(caller));
        vm.prank(caller);
        capacity.pledge(provider, 0, 1, 1);
        vm.expectRevert(_refusedTo(prover));
        vm.prank(prover);
        capacity.pledge(provider, 0, 1, 1);
    }

    function test_Pledge_RevertGiven_Paused() external {
        vm.prank(guardian);
        capacity.pause();
        uint40 until = capacity.pausedUntil();
        vm.warp(until - 1);
        vm.expectRevert(abi.encodeWithSelector(ICapacityBooks.PledgesPaused.selector, until));
        _pledgeFor(1, 1);
        _to(until);
        _pledgeFor(1, 1);
    }

    function test_Pledge_RevertWhen_ClassUnknown() external {
        vm.expectRevert(abi.encodeWithSelector(ICapacityBooks.ClassUnknown.selector, 1));
        vm.prank(provider);
        capacity.pledge(provider, 1, 1, 1);
    }

    function test_Pledge_RevertWhen_UnitsOutOfRange(uint16 units) external {
        units = uint16(bound(units, 16_385, type(uint16).max));
        vm.expectRevert(abi.encodeWithSelector(ICapacityBooks.UnitsOutOfRange.selector, units, 16_384));
        _pledgeFor(units, 1);
        vm.expectRevert(abi.encodeWithSelector(ICapacityBooks.UnitsOutOfRange.selector, 0, 16_384));
        _pledgeFor(0, 1);
    }

    function test_Pledge_RevertWhen_TermOutOfRange(uint8 termDays) external {
        termDays = uint8(bound(termDays, 15, type(uint8).max));
        vm.expectRevert(abi.encodeWithSelector(ICapacityBooks.TermOutOfRange.selector, termDays));
        _pledgeFor(1, termDays);
        vm.expectRevert(abi.encodeWithSelector(ICapacityBooks.TermOutOfRange.selector, 0));
        _pledgeFor(1, 0);
    }

    function test_Pledge_RevertGiven_PriceStale() external {
        skip(3 days);
        vm.expectPartialRevert(IPriceGuard.PriceStale.selector);
        _pledgeFor(1, 1);
    }

    function test_Pledge_RevertGiven_StakeTooLow() external {
        vm.expectRevert(abi.encodeWithSelector(IStaking.StakeTooLow.selector, 1_000_000 * FLT, 2501 * LOCK));
        _pledgeFor(2501, 1);
    }

    function test_Pledge_RevertGiven_FirstLossBelowTheSlash(uint16 firstLossBps) external {
        firstLossBps = uint16(bound(firstLossBps, 0, 1999));
        address cheat = _backedByOthers(firstLossBps);
        vm.expectRevert(abi.encodeWithSelector(ICapacityBooks.FirstLossBelowSlash.selector, firstLossBps, 2000));
        vm.startPrank(cheat);
        capacity.pledge(cheat, 0, 2, 14);
        staking.setTerms(_terms(2000));
        vm.expectRevert(abi.encodeWithSelector(IStaking.FirstLossTooLow.selector, 0, 2 * LOCK / 5));
        capacity.pledge(cheat, 0, 2, 14);
        vm.stopPrank();
        _stake(cheat, cheat, 2 * LOCK / 5);
        vm.prank(cheat);
        capacity.pledge(cheat, 0, 2, 14);
    }

    /// @dev All his stake is delegated.
    function _backedByOthers(uint16 firstLossBps) private returns (address account) {
        account = makeAddr("backed by others");
        vm.prank(account);
        staking.setTerms(_terms(firstLossBps));
        _stake(delegator, account, 10_000 * FLT);
    }

    function test_Pledge_WhenProviderOrItsKeyCalls(uint16 units, uint8 termDays, uint256 wait, bool isByKey) external {
        units = uint16(bound(units, 1, 2500));
        termDays = uint8(bound(termDays, 1, 14));
        // Also at the very start of an epoch, when the lock is the longest that there is.
        _to(uint256(_epoch() + 1) * EPOCH + (wait % 3 == 0 ? 0 : bound(wait, 0, EPOCH - 1)));
        uint32 first = _epoch() + 1;
        uint32 last = first + termDays;
        vm.expectEmit(address(capacity));
        emit ICapacityBooks.CapacityPledged(
            CommitmentId.wrap(1), provider, 0, units, first, last, 1, LockId.wrap(1), uint128(units * LOCK)
        );
        vm.prank(isByKey ? staker : provider);
        CommitmentId commitment = capacity.pledge(provider, 0, units, termDays);

        ICapacity.Commitment memory pledged = capacity.commitmentOf(commitment);
        assertEq(pledged.provider, provider, "provider");
        assertEq(pledged.units, units, "units");
        assertEq(pledged.firstEpoch, first, "begins with the next epoch");
        assertEq(pledged.endEpoch, last, "for its term");
        assertEq(pledged.nextEpoch, first, "nothing credited");
        assertEq(capacity.count(), 1, "counted");
        IStaking.Lock memory lock = _lockOf(commitment);
        assertEq(lock.amount, units * LOCK, "locks $200 a unit");
        assertEq(lock.end, last * EPOCH + DISPUTE, "until five days after the term");
        assertEq(ModuleId.unwrap(lock.slasher), ModuleId.unwrap(SELF), "and slashes itself");
    }

    /* RENEW */

    function test_Renew_RevertGiven_Unknown() external {
        vm.expectRevert(_error(ICapacityBooks.CommitmentUnknown.selector, CommitmentId.wrap(9)));
        capacity.renew(CommitmentId.wrap(9), 1);
    }

    function test_Renew_RevertWhen_CallerNotAllowed(address caller) external {
        vm.assume(_isStranger(caller));
        CommitmentId commitment = _renewable(2);
        vm.expectRevert(_refusedTo(caller));
        vm.prank(caller);
        capacity.renew(commitment, 1);
    }

    function test_Renew_RevertWhen_TermOutOfRange() external {
        CommitmentId commitment = _renewable(2);
        vm.expectRevert(abi.encodeWithSelector(ICapacityBooks.TermOutOfRange.selector, 15));
        vm.prank(provider);
        capacity.renew(commitment, 15);
    }

    function test_Renew_RevertWhen_NotInTheLastEpoch(uint256 time) external {
        CommitmentId commitment = _pledgeFor(10, 3);
        uint256 opensAt = (uint256(capacity.commitmentOf(commitment).endEpoch) - 1) * EPOCH;
        _to(bound(time, block.timestamp, opensAt - 1));
        vm.expectRevert(_error(ICapacityBooks.RenewalNotOpen.selector, commitment, opensAt));
        vm.startPrank(prover);
        capacity.renew(commitment, 1);
        vm.stopPrank();
        _to(opensAt + EPOCH);
        vm.expectRevert(_error(ICapacityBooks.RenewalOver.selector, commitment, opensAt + EPOCH));
        vm.prank(prover);
        capacity.renew(commitment, 1);
    }

    function test_Renew_RevertGiven_Ended() external {
        CommitmentId commitment = _renewable(2);
        vm.startPrank(prover);
        capacity.end(commitment);
        uint256 endsAt = uint256(_epoch() + 1) * EPOCH;
        vm.expectRevert(_error(ICapacityBooks.RenewalOver.selector, commitment, endsAt));
        capacity.renew(commitment, 1);
    }

    function test_Renew_RevertGiven_Convicted() external {
        CommitmentId commitment = _proving(1);
        (Sheet memory sheet,) = _proved(commitment, 8, true);
        skip(12 hours + 1);
        capacity.convictUnanswered(commitment, sheet.window);
        vm.expectRevert(_error(ICapacityBooks.CommitmentConvictedAlready.selector, commitment));
        vm.prank(prover);
        capacity.renew(commitment, 1);
    }

    function test_Renew_RevertGiven_FirstLossBelowTheSlash() external {
        CommitmentId commitment = _pledgeFor(10, 14);
        vm.prank(provider);
        staking.setTerms(_terms(1999));
        _to((uint256(capacity.commitmentOf(commitment).endEpoch) - 1) * EPOCH);
        vm.prank(provider);
        capacity.renew(commitment, 14);
        _to((uint256(capacity.commitmentOf(commitment).endEpoch) - 1) * EPOCH);
        vm.expectRevert(abi.encodeWithSelector(ICapacityBooks.FirstLossBelowSlash.selector, 1999, 2000));
        vm.prank(provider);
        capacity.renew(commitment, 14);
    }

    function test_Renew_WhenInTheLastEpoch(uint8 termDays, uint256 wait, uint256 price) external {
        termDays = uint8(bound(termDays, 1, 14));
        CommitmentId commitment = _renewable(2);
        skip(bound(wait, 0, EPOCH - 1));
        _post(bound(price, 0.4e8, 10e8));
        priceGuard.observe();
        uint256 need = (2000e8 * FLT - 1) / priceGuard.low() + 1;
        uint32 last = _epoch() + 1 + termDays;
        vm.expectEmit(address(capacity));
        emit ICapacityBooks.CapacityRenewed(commitment, provider, last, 1, uint128(need), true);
        vm.prank(prover);
        capacity.renew(commitment, termDays);
        assertEq(capacity.commitmentOf(commitment).endEpoch, last, "another term");
        assertEq(_lockOf(commitment).amount, need, "sized anew");
        assertEq(_lockOf(commitment).end, last * EPOCH + DISPUTE, "and longer");
    }

    function test_Renew_GivenPriceStale() external {
        CommitmentId commitment = _pledgeFor(10, 5);
        vm.warp((uint256(capacity.commitmentOf(commitment).endEpoch) - 1) * EPOCH);
        uint32 last = _epoch() + 4;
        vm.expectEmit(address(capacity));
        emit ICapacityBooks.CapacityRenewed(commitment, provider, last, 1, uint128(10 * LOCK), false);
        vm.prank(provider);
        capacity.renew(commitment, 3);
        assertEq(_lockOf(commitment).amount, 10 * LOCK, "keeps its FLT");
        assertEq(_lockOf(commitment).end, last * EPOCH + DISPUTE, "for a term");
    }

    function test_Renew_GivenPaused() external {
        CommitmentId commitment = _renewable(2);
        vm.prank(guardian);
        capacity.pause();
        vm.prank(guardian);
        staking.pause();
        vm.prank(provider);
        capacity.renew(commitment, 3);
        assertEq(capacity.commitmentOf(commitment).endEpoch, _epoch() + 4, "is never paused");
    }

    function test_Renew_GivenANewerVerifier() external {
        CommitmentId commitment = _pledgeFor(1, 14);
        ToyVerifier next = new ToyVerifier("next");
        capacity.scheduleVerifier(0, next);
        _to((uint256(capacity.commitmentOf(commitment).endEpoch) - 1) * EPOCH);
        vm.prank(prover);
        capacity.renew(commitment, 14);
        assertEq(capacity.commitmentOf(commitment).verifierVersion, 1, "not before it acts");
        _to((uint256(capacity.commitmentOf(commitment).endEpoch) - 1) * EPOCH + 12 hours);
        _provesByTheOldOne(commitment);
        assertEq(capacity.commitmentOf(commitment).verifierVersion, 2, "from the next term on");
        _toWindow((_epoch() + 1) * 24);
        _open();
        (Sheet memory sheet, ICapacity.Claim memory claim) = _proved(commitment, 8, true);
        ICapacity.Leaf memory leaf = _asked(commitment, sheet);
        vm.expectRevert(abi.encodeWithSelector(ICapacityBooks.LeafInvalid.selector, leaf.position, 1));
        capacity.answer(commitment, claim, sheet.bitmap, leaf);
        toy = next;
        _toWindow(_window() + 1);
        _open();
        (sheet, claim) = _proved(commitment, 8, true);
        _answer(commitment, sheet, claim);
        (uint8 status,) = capacity.claimOf(commitment, sheet.window);
        assertEq(status, 4, "which the new one judges");
    }

    /// @dev Work of the running term, asked for after the renewal, is judged by what it was done for.
    function _provesByTheOldOne(CommitmentId commitment) private {
        _open();
        (Sheet memory sheet, ICapacity.Claim memory claim) = _proved(commitment, 8, true);
        vm.prank(prover);
        capacity.renew(commitment, 14);
        _answer(commitment, sheet, claim);
        (uint8 status,) = capacity.claimOf(commitment, sheet.window);
        assertEq(status, 4, "answered by the prior version");
    }

    function test_Renew_GivenNewerVerifiersEveryDay() external {
        capacity.scheduleVerifier(0, new ToyVerifier("second"));
        skip(1 days);
        capacity.scheduleVerifier(0, new ToyVerifier("third"));
        _to(uint256(_epoch() + 26) * EPOCH);
        CommitmentId commitment = _pledgeFor(1, 1);
        _to(uint256(_epoch() + 1) * EPOCH + 12 hours);
        assertEq(_renewed(commitment), 2, "the second at once");
        assertEq(_renewed(commitment), 2, "the third waits: leaves of the first can still be asked for");
        assertEq(_renewed(commitment), 2, "until two days after the change");
        assertEq(_renewed(commitment), 3, "then the third");
    }

    /// @dev For a day; and on to the next.
    function _renewed(CommitmentId commitment) private returns (uint8) {
        vm.prank(prover);
        capacity.renew(commitment, 1);
        _to(block.timestamp + 1 days);
        return capacity.commitmentOf(commitment).verifierVersion;
    }

    /* END */

    function test_End_RevertGiven_Unknown() external {
        vm.expectRevert(_error(ICapacityBooks.CommitmentUnknown.selector, CommitmentId.wrap(9)));
        capacity.end(CommitmentId.wrap(9));
    }

    function test_End_RevertWhen_CallerNotAllowed(address caller) external {
        vm.assume(_isStranger(caller));
        CommitmentId commitment = _pledgeFor(1, 1);
        vm.expectRevert(_refusedTo(caller));
        vm.prank(caller);
        capacity.end(commitment);
    }

    function test_End_RevertGiven_Over() external {
        CommitmentId commitment = _pledgeFor(1, 1);
        _to(uint256(_epoch() + 2) * EPOCH);
        vm.expectRevert(_error(ICapacityBooks.CommitmentNotLive.selector, commitment, _epoch()));
        vm.prank(prover);
        capacity.end(commitment);
    }

    function test_End_WhenProviderOrItsKeyCalls(uint256 wait, bool isByKey) external {
        CommitmentId commitment = _pledgeFor(3, 10);
        _to(block.timestamp + bound(wait, 0, 10 days));
        uint40 lockEnd = _lockOf(commitment).end;
        uint32 last = _epoch() + 1;
        vm.expectEmit(address(capacity));
        emit ICapacityBooks.CapacityEnded(commitment, provider, last, 0);
        vm.prank(isByKey ? prover : provider);
        capacity.end(commitment);
        assertEq(capacity.commitmentOf(commitment).endEpoch, last, "the running epoch is the last");
        assertEq(_lockOf(commitment).end, lockEnd, "the lock stays");
        assertEq(_lockOf(commitment).amount, 3 * LOCK, "all of it");
    }
}
