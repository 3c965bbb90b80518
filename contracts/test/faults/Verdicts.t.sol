// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICapacity} from "../../src/interfaces/ICapacity.sol";
import {IFaults, IFaultsBooks} from "../../src/interfaces/IFaults.sol";
import {IProbers} from "../../src/interfaces/IProbers.sol";
import {IStaking} from "../../src/interfaces/IStaking.sol";
import {CommitmentId, DealId, FaultId, LockId} from "../../src/types/Ids.sol";
import {FaultsBase} from "../FaultsBase.t.sol";

/// @dev What a failure costs, who objects, who decides.
contract FaultsVerdictsTest is FaultsBase {
    DealId private id;
    address private host;
    uint256 private lockAmount;

    function setUp() public override {
        super.setUp();
        id = _deal(1);
        host = providers[0];
        lockAmount = _lockOf(id, 0);
        _skip(1 days);
    }

    function _fault(bytes4 selector, FaultId fault, uint256 argument) private pure returns (bytes memory) {
        return abi.encodeWithSelector(selector, fault, argument);
    }

    function _refused(bytes memory error, uint8 kind) private {
        vm.expectRevert(error);
        judge.proposeFault(id, 0, 1, kind);
    }

    function _abandoned() private returns (FaultId) {
        _fail(id);
        _skip(24 hours);
        return _openFault(id, ABANDONMENT);
    }

    function _downtime() private returns (FaultId) {
        _failBadly(id);
        return _openFault(id, DOWNTIME);
    }

    /* NOTICE */

    function test_GiveNotice_RevertWhen_NoFailure() external {
        vm.expectRevert(_error(IFaultsBooks.NoFailure.selector, id, 1));
        vm.prank(host);
        judge.giveNotice(id, 0, 1);
    }

    function test_GiveNotice_RevertWhen_CallerNotProvider() external {
        _fail(id);
        vm.expectRevert(abi.encodeWithSelector(IFaultsBooks.NotAllowed.selector, stranger, host));
        vm.prank(stranger);
        judge.giveNotice(id, 0, 1);
    }

    function test_GiveNotice_RevertWhen_GivenAlready() external {
        _fail(id);
        vm.startPrank(host);
        judge.giveNotice(id, 0, 1);
        vm.expectRevert(_error(IFaultsBooks.NoticeGivenAlready.selector, id, 1));
        judge.giveNotice(id, 0, 1);
    }

    function test_GiveNotice_RevertWhen_TooLate() external {
        _fail(id);
        _skip(24 hours);
        vm.expectRevert(abi.encodeWithSelector(IFaultsBooks.NoticeOver.selector, block.timestamp));
        vm.prank(host);
        judge.giveNotice(id, 0, 1);
    }

    function test_GiveNotice_WhenProvider() external {
        _fail(id);
        vm.expectEmit(address(judge));
        emit IFaultsBooks.NoticeGiven(id, 0, host, 1);
        vm.prank(host);
        judge.giveNotice(id, 0, 1);
        assertTrue(judge.failureOf(id, 0, 1).hasNotice, "given");
        _skip(24 hours);
        _refused(abi.encodeWithSelector(IFaultsBooks.NotAbandoned.selector, host), ABANDONMENT);
    }

    /* PROPOSE */

    function test_ProposeFault_RevertWhen_KindUnknown() external {
        _refused(abi.encodeWithSelector(IFaultsBooks.KindUnknown.selector, 3), 3);
    }

    function test_ProposeFault_RevertWhen_NoFailure() external {
        _refused(_error(IFaultsBooks.NoFailure.selector, id, 1), DOWNTIME);
    }

    function test_ProposeFault_RevertWhen_ProposedAlready() external {
        _abandoned();
        _refused(abi.encodeWithSelector(IFaultsBooks.AlreadyProposed.selector, id, 0, 1, ABANDONMENT), ABANDONMENT);
    }

    function test_ProposeFault_RevertWhen_TooEarly() external {
        _fail(id);
        uint256 opensAt = block.timestamp + 24 hours;
        _skip(24 hours - 1);
        _refused(abi.encodeWithSelector(IFaultsBooks.ProposalTooEarly.selector, opensAt), ABANDONMENT);
    }

    function test_ProposeFault_RevertWhen_TooLate() external {
        _failBadly(id);
        uint256 failedAt = block.timestamp;
        _skip(12 hours + 1);
        _refused(abi.encodeWithSelector(IFaultsBooks.ProposalTooLate.selector, failedAt + 12 hours), DOWNTIME);
        _skip(24 hours);
        _refused(abi.encodeWithSelector(IFaultsBooks.ProposalTooLate.selector, failedAt + 36 hours), ABANDONMENT);
    }

    function test_ProposeFault_RevertWhen_WithinDeclared() external {
        _fail(id);
        _refused(abi.encodeWithSelector(IFaultsBooks.WithinDeclared.selector, GRACE + 1, 0), DOWNTIME);
    }

    function test_ProposeFault_RevertWhen_ShownUp() external {
        _fail(id);
        _skip(1 hours);
        _sayOf(id, 1, true, block.timestamp);
        _skip(23 hours);
        _refused(abi.encodeWithSelector(IFaultsBooks.NotAbandoned.selector, host), ABANDONMENT);
    }

    /// @dev Whether it was abandoned is decided by the day after the failover.
    function test_ProposeFault_WhenShownUpTooLate() external {
        _fail(id);
        _skip(24 hours + 1);
        _sayOf(id, 1, true, block.timestamp);
        assertEq(judge.recordOf(host).downSince, 0, "up again");
        FaultId fault = _openFault(id, ABANDONMENT);
        assertEq(judge.faultOf(fault).state, 1, "and was gone for a day");
    }

    function test_ProposeFault_RevertWhen_WindowFilled() external {
        CommitmentId commitment = CommitmentId.wrap(5);
        windows.setCommitment(commitment, host, 10, false);
        _fail(id);
        _skip(3 hours);
        ICapacity.Claim memory claim = ICapacity.Claim(uint32(block.timestamp / 1 hours), 80, 1, "", "");
        windows.setClaim(commitment, claim, 2);
        judge.showUp(commitment, claim);
        _skip(21 hours);
        _refused(abi.encodeWithSelector(IFaultsBooks.NotAbandoned.selector, host), ABANDONMENT);
    }

    /// @dev What he paid before this term is past.
    function test_ProposeFault_GivenSecondTerm() external {
        _skip(12 days + 1 hours);
        _fund(customer, id, 3000 * dollar);
        deals.renew(id, 0);
        _skip(deals.slotOf(id, 0).endsAt - block.timestamp - 11 days);
        uint256 since = block.timestamp;
        _fail(id);
        _skip(24 hours);
        IFaults.Fault memory found = judge.faultOf(_openFault(id, ABANDONMENT));
        uint256 served = since - (staking.lockOf(found.lock).end - 5 days - 14 days);
        assertApproxEqAbs(served, 3 days, 2, "three days of it");
        assertApproxEqRel(found.customerMax, 100 * served * FLT / 1 days * 2, 0.001e18, "at fifty cents");
    }

    function test_ProposeFault_RevertWhen_ProbersTooFew() external {
        vm.prank(crew[8]);
        probers.leave();
        _skip(1 days);
        _fail(id);
        _skip(24 hours);
        _refused(abi.encodeWithSelector(IFaultsBooks.ProbersTooFew.selector, 8, 9), ABANDONMENT);
    }

    function test_ProposeFault_WhenDowntime() external {
        _failBadly(id);
        IFaults.Failure memory failure = judge.failureOf(id, 0, 1);
        (, uint256 down) = judge.timesOf(host);
        assertEq(failure.excess, (down - 7.2 hours) / 60 * 60, "whole minutes beyond one per cent of thirty days");
        // Ten times the price of the missing ten minutes, at fifty cents and three times covered, is under a thousandth.
        uint256 due = 10 * uint256(100) * (GRACE + 1) * FLT / 1 days * 2;
        assertLt(due, lockAmount / 1000, "little");
        vm.expectEmit(address(judge));
        emit IFaultsBooks.FaultProposed(
            FaultId.wrap(1),
            id,
            host,
            0,
            1,
            DOWNTIME,
            deals.servingOf(id, 0, 1).lock,
            uint128((lockAmount + 999) / 1000),
            reporter,
            uint40(block.timestamp + 36 hours)
        );
        FaultId fault = _openFault(id, DOWNTIME);
        assertEq(judge.faultOf(fault).state, 1, "proposed");
        assertEq(judge.faultOf(fault).amount, (lockAmount + 999) / 1000, "so a thousandth of the lock");
        assertEq(judge.count(), 1, "counted");
    }

    function test_ProposeFault_WhenAbandoned() external {
        // The first lock ends half an hour late, so the term counts as begun half an hour later.
        uint256 paid = 100 * dollar * (1 days - 30 minutes) / 1 days;
        FaultId fault = _abandoned();
        IFaults.Fault memory found = judge.faultOf(fault);
        assertEq(found.amount, lockAmount * 3 / 10, "three tenths of the lock");
        assertEq(found.customerMax, paid * FLT / dollar * 2, "what he paid, at the grant's fifty cents");
        assertEq(found.reporter, reporter, "for whom");
        assertEq(LockId.unwrap(found.lock), LockId.unwrap(deals.servingOf(id, 0, 1).lock), "the failed lock");
    }

    /// @dev The slot was stopped, so it ended with the serving: the fault is the same.
    function test_ProposeFault_GivenSlotEnded() external {
        vm.prank(customer);
        deals.stop(id);
        _fail(id);
        assertEq(deals.slotOf(id, 0).status, 3, "ended");
        _skip(24 hours);
        FaultId fault = _openFault(id, ABANDONMENT);
        assertEq(judge.faultOf(fault).amount, lockAmount * 3 / 10, "three tenths of the lock");
    }

    /* APPEAL */

    function test_Appeal_RevertWhen_Unknown() external {
        vm.expectRevert(abi.encodeWithSelector(IFaultsBooks.FaultUnknown.selector, 1));
        judge.appeal(FaultId.wrap(1));
    }

    function test_Appeal_RevertWhen_CallerNotAllowed() external {
        FaultId fault = _abandoned();
        vm.expectRevert(abi.encodeWithSelector(IFaultsBooks.NotAllowed.selector, stranger, host));
        vm.prank(stranger);
        judge.appeal(fault);
    }

    function test_Appeal_RevertWhen_TooLate() external {
        FaultId fault = _abandoned();
        uint256 closedAt = block.timestamp + 36 hours;
        _skip(36 hours + 1);
        vm.expectRevert(abi.encodeWithSelector(IFaultsBooks.AppealTooLate.selector, closedAt));
        vm.prank(host);
        judge.appeal(fault);
    }

    function test_Appeal_RevertWhen_AppealedAlready() external {
        FaultId fault = _abandoned();
        _appeal(fault, host);
        vm.expectRevert(_fault(IFaultsBooks.FaultStateWrong.selector, fault, 2));
        vm.prank(host);
        judge.appeal(fault);
    }

    function test_Appeal_WhenProvider() external {
        FaultId fault = _abandoned();
        _giveFlt(host, address(judge), BOND);
        vm.expectEmit(address(judge));
        emit IFaultsBooks.FaultAppealed(fault, host, BOND, _day() + 1, uint40(block.timestamp + 36 hours));
        vm.prank(host);
        judge.appeal(fault);
        assertEq(judge.faultOf(fault).state, 2, "appealed");
        assertEq(judge.faultOf(fault).appellant, host, "by whom");
        assertEq(flt.balanceOf(address(judge)), BOND, "with a bond");
        assertEq(judge.surplus(), 0, "which is owed to him");
        vm.expectRevert(abi.encodeWithSelector(IProbers.DayNotOpen.selector, _day() + 1));
        probers.panelOf(fault, _day() + 1);
    }

    function test_Appeal_WhenCustomer() external {
        FaultId fault = _abandoned();
        _appeal(fault, customer);
        assertEq(judge.faultOf(fault).appellant, customer, "he may spare it");
    }

    /* DECIDE */

    function test_Decide_RevertWhen_NotAppealed() external {
        FaultId fault = _abandoned();
        vm.expectRevert(_fault(IFaultsBooks.FaultStateWrong.selector, fault, 1));
        judge.decide(fault, true, new bytes[](6));
    }

    function test_Decide_RevertWhen_TooFew() external {
        FaultId fault = _abandoned();
        _appeal(fault, host);
        vm.expectRevert(abi.encodeWithSelector(IFaultsBooks.StatementsTooFew.selector, 5, 6));
        judge.decide(fault, true, new bytes[](5));
    }

    function test_Decide_RevertWhen_TooLate() external {
        FaultId fault = _abandoned();
        _appeal(fault, host);
        uint256 closedAt = block.timestamp + 36 hours;
        _skip(36 hours + 1);
        vm.expectRevert(_fault(IFaultsBooks.DecisionTooLate.selector, fault, closedAt));
        judge.decide(fault, true, new bytes[](6));
    }

    function test_Decide_RevertWhen_ResolverNamed() external {
        FaultId fault = _resolved();
        vm.expectRevert(abi.encodeWithSelector(IFaultsBooks.ResolverDecides.selector, resolver));
        judge.decide(fault, true, new bytes[](6));
    }

    function _resolved() private returns (FaultId fault) {
        id = _resolvedBy(resolver);
        _skip(1 hours);
        _fail(id);
        _skip(24 hours);
        fault = _openFault(id, ABANDONMENT);
        _appeal(fault, host);
    }

    function test_Decide_WhenGuilty() external {
        FaultId fault = _abandoned();
        _appeal(fault, host);
        uint256 own = _ownOf(host);
        _decide(fault, true);
        assertEq(judge.faultOf(fault).state, 3, "executed");
        assertEq(own - _ownOf(host), lockAmount * 3 / 10, "slashed");
        assertEq(flt.balanceOf(DEAD), BOND, "the bond is burned");
        assertEq(judge.surplus(), 0, "nothing over");
    }

    function test_Decide_WhenNotGuiltyOfDowntime() external {
        FaultId fault = _downtime();
        _appeal(fault, host);
        uint256 own = _ownOf(host);
        address[] memory drawn = probers.drawOf(id, uint32(judge.failureOf(id, 0, 1).since / 1 days));
        _decide(fault, false);
        assertEq(judge.faultOf(fault).state, 4, "dismissed");
        assertEq(own, _ownOf(host), "nothing slashed");
        assertEq(flt.balanceOf(host), BOND, "the bond is back");
        for (uint256 i = 0; i < 5; ++i) {
            assertEq(probers.proberOf(drawn[i]).stake, i < 4 ? 0 : SEAT, "who signed loses a seat");
        }
    }

    function test_Decide_WhenNotGuiltyOfAbandonment() external {
        FaultId fault = _abandoned();
        _appeal(fault, host);
        _decide(fault, false);
        assertEq(judge.faultOf(fault).state, 4, "dismissed");
        for (uint256 i = 0; i < 9; ++i) {
            assertEq(probers.proberOf(crew[i]).stake, SEAT, "it was down all the same");
        }
    }

    /* RESOLVE */

    function test_Resolve_RevertWhen_CallerNotResolver() external {
        FaultId fault = _resolved();
        vm.expectRevert(abi.encodeWithSelector(IFaultsBooks.NotResolver.selector, stranger, resolver));
        vm.prank(stranger);
        judge.resolve(fault, true);
    }

    function test_Resolve_RevertWhen_NoneNamed() external {
        FaultId fault = _abandoned();
        _appeal(fault, host);
        vm.expectRevert(abi.encodeWithSelector(IFaultsBooks.NotResolver.selector, stranger, address(0)));
        vm.prank(stranger);
        judge.resolve(fault, true);
    }

    function test_Resolve_WhenGuilty() external {
        FaultId fault = _resolved();
        vm.expectEmit(address(judge));
        emit IFaultsBooks.FaultDecided(fault, true, 2);
        vm.prank(resolver);
        judge.resolve(fault, true);
        assertEq(judge.faultOf(fault).state, 3, "executed");
    }

    function test_Resolve_WhenNotGuilty() external {
        FaultId fault = _resolved();
        vm.prank(resolver);
        judge.resolve(fault, false);
        assertEq(judge.faultOf(fault).state, 4, "dismissed");
        assertEq(flt.balanceOf(host), BOND, "the bond is back");
    }

    /* EXECUTE */

    function test_Execute_RevertWhen_Unknown() external {
        vm.expectRevert(abi.encodeWithSelector(IFaultsBooks.FaultUnknown.selector, 9));
        judge.execute(FaultId.wrap(9));
    }

    function test_Execute_RevertWhen_AppealRuns() external {
        FaultId fault = _abandoned();
        uint256 until = block.timestamp + 36 hours;
        _skip(36 hours);
        vm.expectRevert(_fault(IFaultsBooks.AppealRunning.selector, fault, until));
        judge.execute(fault);
        _appeal(fault, host);
        _skip(36 hours);
        vm.expectRevert(_fault(IFaultsBooks.AppealRunning.selector, fault, until + 36 hours));
        judge.execute(fault);
    }

    function test_Execute_RevertWhen_ExecutedAlready() external {
        FaultId fault = _abandoned();
        _skip(36 hours + 1);
        judge.execute(fault);
        vm.expectRevert(_fault(IFaultsBooks.FaultStateWrong.selector, fault, 3));
        judge.execute(fault);
    }

    function test_Execute_WhenNotAppealed() external {
        FaultId fault = _abandoned();
        _skip(36 hours + 1);
        uint256 own = _ownOf(host);
        uint128 customerMax = judge.faultOf(fault).customerMax;
        vm.expectEmit(address(judge));
        emit IFaultsBooks.FaultExecuted(
            fault, host, uint128(lockAmount * 3 / 10), uint128(lockAmount * 3 / 10), customerMax
        );
        judge.execute(fault);
        assertEq(own - _ownOf(host), lockAmount * 3 / 10, "slashed");
        assertEq(judge.faultOf(fault).state, 3, "executed");
    }

    function test_Execute_WhenNotDecided() external {
        FaultId fault = _abandoned();
        _skip(36 hours);
        _appeal(fault, host);
        _skip(36 hours + 1);
        uint256 own = _ownOf(host);
        vm.expectEmit(address(judge));
        emit IFaultsBooks.FaultDecided(fault, false, 3);
        judge.execute(fault);
        assertEq(own, _ownOf(host), "no decision, no slash");
        assertEq(flt.balanceOf(host), BOND, "the bond is back");
    }

    /// @dev Somebody forgot to execute until the lock was over and freed.
    function test_Execute_GivenLockFreed() external {
        FaultId fault = _abandoned();
        LockId lock = judge.faultOf(fault).lock;
        vm.warp(staking.lockOf(lock).end + 1);
        staking.release(lock);
        vm.expectRevert(abi.encodeWithSelector(IStaking.LockUnknown.selector, lock));
        staking.lockOf(lock);
        uint256 own = _ownOf(host);
        judge.execute(fault);
        assertEq(own, _ownOf(host), "it is spared");
    }
}
