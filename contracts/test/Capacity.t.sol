// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICapacity, ICapacityBooks} from "../src/interfaces/ICapacity.sol";
import {IWorkVerifier} from "../src/interfaces/IWorkVerifier.sol";
import {PauseOnce} from "../src/libraries/PauseOnce.sol";
import {CommitmentId} from "../src/types/Ids.sol";
import {CapacityBase} from "./CapacityBase.t.sol";
import {ToyVerifier} from "./mocks/ToyVerifier.sol";
import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";

/// @dev The class registry, the pause, and one commitment's way from pledge to payment. Everything else is in `capacity/`.
contract CapacityTest is CapacityBase {
    uint256 private constant TARGET = type(uint256).max / 16;

    function _refusedTo(address caller) private pure returns (bytes memory) {
        return abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, caller);
    }

    /* CLASSES */

    function test_AddClass_RevertWhen_CallerNotGovernance(address caller) external {
        vm.assume(caller != address(this));
        vm.expectRevert(_refusedTo(caller));
        vm.prank(caller);
        capacity.addClass(1, toy, TARGET, COLLATERAL);
    }

    function test_AddClass_RevertGiven_ClassKnown() external {
        vm.expectRevert(abi.encodeWithSelector(ICapacityBooks.ClassKnown.selector, 0));
        capacity.addClass(0, toy, TARGET, COLLATERAL);
    }

    function test_AddClass_RevertGiven_EightClasses() external {
        for (uint8 class = 1; class < 8; ++class) {
            capacity.addClass(class, toy, TARGET, COLLATERAL);
        }
        vm.expectRevert(abi.encodeWithSelector(ICapacityBooks.ClassesTooMany.selector, 8));
        capacity.addClass(8, toy, TARGET, COLLATERAL);
    }

    function test_AddClass_RevertWhen_VerifierHasNoCode() external {
        vm.expectRevert(abi.encodeWithSelector(ICapacityBooks.VerifierInvalid.selector, stranger));
        capacity.addClass(1, IWorkVerifier(stranger), TARGET, COLLATERAL);
    }

    function test_AddClass_RevertWhen_TargetZeroOrTooLarge(uint256 target) external {
        target = bound(target, type(uint256).max / 2 + 1, type(uint256).max);
        vm.expectRevert(abi.encodeWithSelector(ICapacityBooks.TargetInvalid.selector, target));
        capacity.addClass(1, toy, target, COLLATERAL);
        vm.expectRevert(abi.encodeWithSelector(ICapacityBooks.TargetInvalid.selector, 0));
        capacity.addClass(1, toy, 0, COLLATERAL);
    }

    function test_AddClass_RevertWhen_CollateralZero() external {
        vm.expectRevert(ICapacityBooks.CollateralZero.selector);
        capacity.addClass(1, toy, TARGET, 0);
    }

    function test_AddClass_WhenGovernanceCalls(uint8 class, uint256 target, uint128 collateral) external {
        class = uint8(bound(class, 1, type(uint8).max));
        target = bound(target, 1, type(uint256).max / 2);
        collateral = uint128(bound(collateral, 1, type(uint128).max));
        vm.expectEmit(address(capacity));
        emit ICapacityBooks.ClassAdded(class, address(toy), target, collateral);
        capacity.addClass(class, toy, target, collateral);

        ICapacity.Class memory added = capacity.classOf(class);
        assertEq(added.referenceTarget, target, "reference");
        assertEq(added.target, target, "target");
        assertEq(added.collateral, collateral, "collateral");
        assertEq(added.versions, 1, "one version");
        assertEq(capacity.classes().length, 2, "listed");
        assertEq(capacity.classes()[1], class, "listed last");
        (IWorkVerifier verifier, uint40 activeAt) = capacity.verifierOf(class, 1);
        assertEq(address(verifier), address(toy), "verifier");
        assertEq(activeAt, block.timestamp, "acts at once");
    }

    function test_ScheduleVerifier_RevertWhen_CallerNotGovernance(address caller) external {
        vm.assume(caller != address(this));
        vm.expectRevert(_refusedTo(caller));
        vm.prank(caller);
        capacity.scheduleVerifier(0, toy);
    }

    function test_ScheduleVerifier_RevertWhen_ClassUnknown() external {
        vm.expectRevert(abi.encodeWithSelector(ICapacityBooks.ClassUnknown.selector, 7));
        capacity.scheduleVerifier(7, toy);
    }

    function test_ScheduleVerifier_RevertWhen_VerifierHasNoCode() external {
        vm.expectRevert(abi.encodeWithSelector(ICapacityBooks.VerifierInvalid.selector, stranger));
        capacity.scheduleVerifier(0, IWorkVerifier(stranger));
    }

    function test_ScheduleVerifier_WhenGovernanceCalls() external {
        ToyVerifier next = new ToyVerifier("next");
        vm.expectEmit(address(capacity));
        emit ICapacityBooks.VerifierScheduled(0, 2, address(next), uint40(block.timestamp + 28 days));
        assertEq(capacity.scheduleVerifier(0, next), 2, "version");
        assertEq(capacity.classOf(0).versions, 2, "versions");
        CommitmentId before = _pledgeFor(1, 1);
        assertEq(capacity.commitmentOf(before).verifierVersion, 1, "nobody yet");
        _to(block.timestamp + 28 days);
        CommitmentId later = _pledgeFor(1, 1);
        assertEq(capacity.commitmentOf(later).verifierVersion, 2, "in 28 days who comes anew");
    }

    function test_CancelVerifier_RevertWhen_CallerNotGovernance(address caller) external {
        vm.assume(caller != address(this));
        capacity.scheduleVerifier(0, toy);
        vm.expectRevert(_refusedTo(caller));
        vm.prank(caller);
        capacity.cancelVerifier(0, 2);
    }

    function test_CancelVerifier_RevertWhen_ClassUnknown() external {
        vm.expectRevert(abi.encodeWithSelector(ICapacityBooks.ClassUnknown.selector, 7));
        capacity.cancelVerifier(7, 1);
    }

    function test_CancelVerifier_RevertGiven_NotPending(uint8 version) external {
        version = uint8(bound(version, 3, type(uint8).max));
        capacity.scheduleVerifier(0, toy);
        _refuseToCancel(0);
        _refuseToCancel(1);
        _refuseToCancel(version);
        _to(block.timestamp + 28 days);
        _refuseToCancel(2);
    }

    function _refuseToCancel(uint8 version) private {
        vm.expectRevert(abi.encodeWithSelector(ICapacityBooks.VerifierNotPending.selector, 0, version));
        capacity.cancelVerifier(0, version);
    }

    function test_CancelVerifier_WhenGovernanceCalls(uint256 wait) external {
        capacity.scheduleVerifier(0, new ToyVerifier("wrong"));
        skip(bound(wait, 1, 28 days - 1));
        vm.expectEmit(address(capacity));
        emit ICapacityBooks.VerifierCancelled(0, 2);
        capacity.cancelVerifier(0, 2);
        (IWorkVerifier verifier,) = capacity.verifierOf(0, 2);
        assertEq(address(verifier), address(0), "gone");
        assertEq(capacity.scheduleVerifier(0, new ToyVerifier("right")), 3, "its number is not given again");
        uint256 activeAt = block.timestamp + 28 days;
        _to(activeAt - 1);
        CommitmentId before = _pledgeFor(1, 1);
        assertEq(capacity.commitmentOf(before).verifierVersion, 1, "never the newest");
        _to(activeAt);
        assertEq(capacity.commitmentOf(_pledgeFor(1, 1)).verifierVersion, 3, "the next one is");
        capacity.scheduleVerifier(0, toy);
        capacity.cancelVerifier(0, 4);
        assertEq(capacity.commitmentOf(_pledgeFor(1, 1)).verifierVersion, 3, "and stays it");
    }

    function test_SetCollateral_RevertWhen_CallerNotGovernance(address caller) external {
        vm.assume(caller != address(this));
        vm.expectRevert(_refusedTo(caller));
        vm.prank(caller);
        capacity.setCollateral(0, 1);
    }

    function test_SetCollateral_RevertWhen_CollateralZero() external {
        vm.expectRevert(ICapacityBooks.CollateralZero.selector);
        capacity.setCollateral(0, 0);
    }

    function test_SetCollateral_RevertWhen_ClassUnknown() external {
        vm.expectRevert(abi.encodeWithSelector(ICapacityBooks.ClassUnknown.selector, 7));
        capacity.setCollateral(7, 1);
    }

    function test_SetCollateral_WhenGovernanceCalls(uint128 collateral) external {
        collateral = uint128(bound(collateral, 1, 1000e6));
        CommitmentId before = _pledgeFor(1, 1);
        vm.expectEmit(address(capacity));
        emit ICapacityBooks.CollateralSet(0, collateral);
        capacity.setCollateral(0, collateral);
        assertEq(_lockOf(before).amount, LOCK, "locks stay");
        assertEq(_lockOf(_pledgeFor(1, 1)).amount, uint256(collateral) * 2e12, "who comes anew");
    }

    function test_ClassOf_RevertWhen_ClassUnknown() external {
        vm.expectRevert(abi.encodeWithSelector(ICapacityBooks.ClassUnknown.selector, 7));
        capacity.classOf(7);
    }

    /* PAUSE */

    function test_Pause_RevertWhen_CallerNotGuardian(address caller) external {
        vm.assume(caller != guardian);
        vm.expectRevert(abi.encodeWithSelector(ICapacityBooks.NotGuardian.selector, caller));
        vm.prank(caller);
        capacity.pause();
    }

    function test_Pause_RevertGiven_PausedLately() external {
        vm.startPrank(guardian);
        capacity.pause();
        uint256 next = block.timestamp + 30 days;
        vm.warp(next - 1);
        vm.expectRevert(abi.encodeWithSelector(PauseOnce.PauseTooSoon.selector, next));
        capacity.pause();
    }

    function test_Pause_WhenGuardianCalls() external {
        uint40 until = uint40(block.timestamp + 7 days);
        vm.expectEmit(address(capacity));
        emit ICapacityBooks.PledgesPausedUntil(until);
        vm.prank(guardian);
        capacity.pause();
        assertEq(capacity.pausedUntil(), until, "until");
    }

    /* JOURNEY */

    function test_Multicall_WhenWindowOpenedCommittedAndRefused() external {
        CommitmentId commitment = _proving(2);
        Sheet memory sheet = _solved(commitment, _window(), 5);
        bytes[] memory calls = new bytes[](2);
        bytes32 seed = capacity.seedOf(sheet.window);
        calls[0] = abi.encodeCall(ICapacity.commit, (commitment, sheet.window, seed, sheet.root, sheet.bitmap));
        calls[1] = calls[0];
        bytes memory refusal =
            abi.encodeWithSelector(ICapacityBooks.CommittedAlready.selector, commitment, sheet.window);
        vm.startPrank(prover);
        vm.expectRevert(refusal);
        capacity.multicall(calls);
        (uint8 status,) = capacity.claimOf(commitment, sheet.window);
        assertEq(status, 0, "all or none");
        calls[1] = abi.encodeCall(ICapacity.end, (commitment));
        capacity.multicall(calls);
        (status,) = capacity.claimOf(commitment, sheet.window);
        assertEq(status, 1, "committed");
        assertEq(capacity.commitmentOf(commitment).endEpoch, _epoch() + 1, "and ended by its other half");
    }

    function test_Multicall_RevertWhen_CallIsPayable() external {
        CommitmentId commitment = _proving(1);
        (Sheet memory sheet, ICapacity.Claim memory claim) = _proved(commitment, 4, false);
        vm.fee(1 gwei);
        bytes[] memory calls = new bytes[](1);
        calls[0] = abi.encodeCall(ICapacity.demandLeaf, (commitment, claim, sheet.bitmap, 0));
        uint256 need = capacity.demandDeposit();
        vm.expectRevert(abi.encodeWithSelector(ICapacityBooks.DepositTooLow.selector, 0, need));
        capacity.multicall(calls);
    }

    function test_Credit_WhenProvedAuditedAndAnswered() external {
        CommitmentId commitment = _proving(1);
        uint32 epoch = _epoch();
        (Sheet memory sheet, ICapacity.Claim memory claim) = _proved(commitment, 8, true);
        _answer(commitment, sheet, claim);
        _to(_finalAt(epoch));
        capacity.credit(commitment, epoch);
        (address paid,, uint256 weight, uint256 allotted, uint256 divisor, uint8 reason,) =
            rewards.credited(commitment, epoch);
        assertEq(paid, provider, "provider");
        assertEq(weight, uint256(1e6) / 24, "one window of a day");
        assertEq(allotted, uint256(8e7) / 912, "of eight puzzles");
        assertEq(divisor, allotted, "alone");
        assertEq(reason, 1, "more than counts");
    }
}
