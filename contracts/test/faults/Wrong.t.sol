// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IFaults, IFaultsBooks} from "../../src/interfaces/IFaults.sol";
import {IStaking} from "../../src/interfaces/IStaking.sol";
import {DealId, FaultId, LockId, QuarantineId} from "../../src/types/Ids.sol";
import {FaultsBase} from "../FaultsBase.t.sol";

/// @dev A wrong result: who may say so, what it costs, who objects.
contract FaultsWrongTest is FaultsBase {
    DealId private id;
    address private host;
    address private immutable finder = makeAddr("finder");
    uint256 private lockAmount;

    function setUp() public override {
        super.setUp();
        id = _deal(1);
        host = providers[0];
        lockAmount = _lockOf(id, 0);
        _skip(1 days);
    }

    function _wrongOf(uint32 serving) private returns (FaultId) {
        vm.prank(disputes);
        return judge.proposeWrong(id, 0, serving, finder);
    }

    function _none(FaultId fault) private view {
        assertEq(FaultId.unwrap(fault), 0, "no fault");
        assertEq(judge.count(), 0, "nothing proposed");
    }

    /* PROPOSE */

    function test_ProposeWrong_RevertWhen_CallerNotDisputes(address caller) external {
        vm.assume(caller != disputes);
        vm.expectRevert(abi.encodeWithSelector(IFaultsBooks.NotDisputes.selector, caller));
        vm.prank(caller);
        judge.proposeWrong(id, 0, 1, finder);
    }

    function test_ProposeFault_RevertWhen_Wrong() external {
        _fail(id);
        vm.expectRevert(abi.encodeWithSelector(IFaultsBooks.KindUnknown.selector, WRONG));
        judge.proposeFault(id, 0, 1, WRONG);
    }

    function test_ProposeWrong_GivenServingRuns() external {
        LockId lock = deals.slotOf(id, 0).lock;
        uint40 until = uint40(block.timestamp + 36 hours);
        vm.expectEmit(address(judge));
        emit IFaultsBooks.FaultProposed(
            FaultId.wrap(1), id, host, 0, 1, WRONG, lock, uint128(lockAmount), finder, until
        );
        IFaults.Fault memory found = judge.faultOf(_wrongOf(1));
        assertEq(found.amount, lockAmount, "all of the lock");
        assertEq(found.kind, WRONG, "a kind of its own");
        assertEq(found.reporter, finder, "who found it");
        // The first lock ends half an hour late, so the term counts as begun half an hour later.
        uint256 paid = 100 * dollar * (1 days - 30 minutes) / 1 days;
        assertEq(found.customerMax, paid * FLT / dollar * 2, "what he owes for the term, settled or not");
    }

    /// @dev The customer paid until the serving failed, and nothing after it.
    function test_ProposeWrong_GivenServingOver() external {
        uint256 paid = 100 * dollar * (1 days - 30 minutes) / 1 days;
        _fail(id);
        _skip(2 days);
        IFaults.Fault memory found = judge.faultOf(_wrongOf(1));
        assertEq(found.provider, host, "whoever serves now");
        assertEq(found.amount, lockAmount, "the lock that failed");
        assertEq(found.customerMax, paid * FLT / dollar * 2, "up to its end");
    }

    function test_ProposeWrong_GivenSlotEnded() external {
        vm.prank(customer);
        deals.stop(id);
        _skip(1 days + 1);
        deals.close(id, 0);
        assertEq(judge.faultOf(_wrongOf(1)).amount, lockAmount, "its lock answers still");
    }

    function test_ProposeWrong_GivenProposedAlready() external {
        FaultId fault = _wrongOf(1);
        assertEq(FaultId.unwrap(_wrongOf(1)), 0, "once a serving");
        _skip(36 hours + 1);
        judge.execute(fault);
        assertEq(FaultId.unwrap(_wrongOf(1)), 0, "for ever");
        assertEq(judge.count(), 1, "one fault");
    }

    /// @dev What else was proposed of a serving, before or afterwards, neither hinders it nor lets it be proposed again.
    function test_ProposeWrong_GivenItFailed() external {
        assertEq(FaultId.unwrap(_wrongOf(1)), 1, "wrong");
        _fail(id);
        _skip(24 hours);
        assertEq(FaultId.unwrap(_openFault(id, ABANDONMENT)), 2, "and gone");
        assertEq(FaultId.unwrap(_wrongOf(1)), 0, "wrong once");
        assertEq(judge.failureOf(id, 0, 1).proposed, ABANDONMENT, "the failure knows of its own kinds");
        vm.expectRevert(abi.encodeWithSelector(IFaultsBooks.AlreadyProposed.selector, id, 0, 1, ABANDONMENT));
        judge.proposeFault(id, 0, 1, ABANDONMENT);
    }

    function test_ProposeWrong_GivenProbersTooFew() external {
        vm.prank(crew[8]);
        probers.leave();
        _skip(1 days);
        _none(_wrongOf(1));
        _enroll(_named("ninth"), 1, 1);
        _skip(1 days);
        assertEq(FaultId.unwrap(_wrongOf(1)), 1, "it can be said when there are enough");
    }

    function test_ProposeWrong_GivenLockEndsTooSoon() external {
        _skip(deals.slotOf(id, 0).endsAt + 2 days - block.timestamp + 1);
        _none(_wrongOf(1));
    }

    function test_ProposeWrong_GivenLockEndsJustInTime() external {
        uint256 end = deals.slotOf(id, 0).endsAt + 5 days;
        _skip(end - 72 hours - block.timestamp);
        FaultId fault = _wrongOf(1);
        _skip(36 hours);
        _appeal(fault, host);
        uint32 day = uint32(judge.faultOf(fault).appealedAt / 1 days) + 1;
        assertLe(uint256(day) * 1 days, end - 12 hours, "half a day for the panel");
        _decide(fault, true);
        assertEq(judge.faultOf(fault).state, 3, "executed");
        assertEq(1_000_000 * FLT - _ownOf(host), lockAmount, "slashed in time");
    }

    /// @dev Its lock can be freed five days after it, whatever it was granted for.
    function test_ProposeWrong_GivenSlotEndedLongAgo() external {
        LockId lock = deals.slotOf(id, 0).lock;
        vm.prank(customer);
        deals.stop(id);
        _skip(1 days + 1);
        deals.close(id, 0);
        uint256 endedAt = deals.slotOf(id, 0).endsAt;
        _skip(endedAt + 2 days - block.timestamp + 1);
        _none(_wrongOf(1));
        _skip(3 days);
        assertGt(staking.lockOf(lock).end, block.timestamp, "it was granted for longer");
        deals.releaseLock(id, 0);
        _none(_wrongOf(1));
    }

    function test_ProposeWrong_GivenSlotEndedTwoDaysAgo() external {
        vm.prank(customer);
        deals.stop(id);
        _skip(1 days + 1);
        deals.close(id, 0);
        uint256 endedAt = deals.slotOf(id, 0).endsAt;
        _skip(endedAt + 2 days - block.timestamp);
        FaultId fault = _wrongOf(1);
        _skip(36 hours);
        _appeal(fault, host);
        _skip(36 hours);
        vm.expectPartialRevert(IStaking.LockNotEnded.selector);
        deals.releaseLock(id, 0);
    }

    function test_ProposeWrong_GivenLockFreed() external {
        LockId lock = deals.slotOf(id, 0).lock;
        vm.warp(staking.lockOf(lock).end + 1);
        staking.release(lock);
        _none(_wrongOf(1));
    }

    /* APPEAL */

    function test_Decide_WhenNotGuiltyOfWrong() external {
        FaultId fault = _wrongOf(1);
        _appeal(fault, host);
        _decide(fault, false);
        assertEq(judge.faultOf(fault).state, 4, "dismissed");
        assertEq(judge.faultOf(fault).decidedBy, 1, "by the panel");
        assertEq(flt.balanceOf(host), BOND, "the bond is back");
        assertEq(_ownOf(host), 1_000_000 * FLT, "nothing slashed");
        for (uint256 i = 0; i < 9; ++i) {
            assertEq(probers.proberOf(crew[i]).stake, SEAT, "no seat lost: executors answer with their bonds");
        }
    }

    function test_Decide_WhenGuiltyOfWrong() external {
        FaultId fault = _wrongOf(1);
        _appeal(fault, host);
        _decide(fault, true);
        assertEq(judge.faultOf(fault).decidedBy, 1, "by the panel");
        assertEq(1_000_000 * FLT - _ownOf(host), lockAmount, "all of the lock");
        assertEq(flt.balanceOf(DEAD), BOND, "the bond is burned");
    }

    function test_Resolve_WhenNotGuiltyOfWrong() external {
        id = _resolvedBy(resolver);
        _skip(1 hours);
        FaultId fault = _wrongOf(1);
        _appeal(fault, host);
        vm.prank(resolver);
        judge.resolve(fault, false);
        assertEq(judge.faultOf(fault).decidedBy, 2, "by the resolver");
    }

    function test_Execute_WhenWrongNotDecided() external {
        FaultId fault = _wrongOf(1);
        _appeal(fault, host);
        _skip(36 hours + 1);
        judge.execute(fault);
        assertEq(judge.faultOf(fault).state, 4, "dismissed");
        assertEq(judge.faultOf(fault).decidedBy, 3, "by nobody");
        assertEq(_ownOf(host), 1_000_000 * FLT, "no decision, no slash");
    }

    function test_Execute_WhenWrongNotAppealed() external {
        FaultId fault = _wrongOf(1);
        _skip(36 hours);
        vm.expectPartialRevert(IFaultsBooks.AppealRunning.selector);
        judge.execute(fault);
        _skip(1);
        uint256 own = _ownOf(host);
        judge.execute(fault);
        uint256 fromOwn = own - _ownOf(host);
        assertEq(fromOwn, lockAmount, "all of the lock");
        assertEq(judge.faultOf(fault).decidedBy, 0, "nobody had to");
        _skip(8 days);
        IStaking.Quarantine memory opened = staking.quarantineOf(QuarantineId.wrap(1));
        staking.payQuarantine(QuarantineId.wrap(1));
        assertEq(opened.customerAmount, judge.faultOf(fault).customerMax, "the customer has what he paid");
        assertEq(opened.reporterAmount, lockAmount / 20, "and who found it a twentieth");
        uint256 toParties = uint256(opened.customerAmount) + opened.reporterAmount;
        assertLe(toParties * 10, fromOwn * 8, "less than it lost");
    }
}
