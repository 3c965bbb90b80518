// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICapacity, ICapacityBooks} from "../../src/interfaces/ICapacity.sol";
import {CommitmentId} from "../../src/types/Ids.sol";
import {CapacityBase} from "../CapacityBase.t.sol";

/// @dev Three units of which eleven puzzles are filled: a tree of 32 leaves.
contract CapacityAnswersTest is CapacityBase {
    CommitmentId private commitment;
    Sheet private _sheet;
    ICapacity.Claim private _claim;

    function setUp() public override {
        super.setUp();
        vm.fee(1 gwei);
        commitment = _proving(3);
        _sheet = _solved(commitment, _window(), 11);
        _claim = _commit(commitment, _sheet);
    }

    function _audited() private returns (ICapacity.Leaf memory) {
        _draw(commitment, _claim, true);
        return _asked(commitment, _sheet);
    }

    function _refuse(bytes memory refusal, ICapacity.Leaf memory leaf) private {
        vm.expectRevert(refusal);
        capacity.answer(commitment, _claim, _sheet.bitmap, leaf);
    }

    /* ANSWER */

    function test_Answer_RevertGiven_Unknown() external {
        ICapacity.Leaf memory leaf = _audited();
        vm.expectRevert(_error(ICapacityBooks.CommitmentUnknown.selector, CommitmentId.wrap(9)));
        capacity.answer(CommitmentId.wrap(9), _claim, _sheet.bitmap, leaf);
    }

    function test_Answer_RevertGiven_NotAudited() external {
        bytes memory refusal = _error(ICapacityBooks.AuditUnknown.selector, commitment, _sheet.window);
        _refuse(refusal, _leafOf(_sheet, 0));
        _draw(commitment, _claim, false);
        _refuse(refusal, _leafOf(_sheet, 0));
    }

    function test_Answer_RevertWhen_ClaimOrBitmapIsAnother() external {
        ICapacity.Leaf memory leaf = _audited();
        bytes memory refusal = _error(ICapacityBooks.ClaimUnknown.selector, commitment, _sheet.window);
        vm.expectRevert(refusal);
        capacity.answer(commitment, _claim, hex"ffff01", leaf);
        ICapacity.Claim memory claim = _claim;
        claim.bitmapHash = keccak256(hex"ffff01");
        vm.expectRevert(refusal);
        capacity.answer(commitment, claim, hex"ffff01", leaf);
    }

    function test_Answer_RevertGiven_Convicted() external {
        ICapacity.Leaf memory leaf = _audited();
        skip(12 hours + 1);
        capacity.convictUnanswered(commitment, _sheet.window);
        _refuse(_error(ICapacityBooks.CommitmentConvictedAlready.selector, commitment), leaf);
    }

    /// @dev A chain that stood still convicts nobody who answers before he is convicted.
    function test_Answer_GivenDeadlinePassed(uint256 wait) external {
        ICapacity.Leaf memory leaf = _audited();
        skip(bound(wait, 12 hours + 1, 100 days));
        capacity.answer(commitment, _claim, _sheet.bitmap, leaf);
        (uint8 status,) = capacity.claimOf(commitment, _sheet.window);
        assertEq(status, 4, "answered");
        vm.expectRevert(_error(ICapacityBooks.AuditUnknown.selector, commitment, _sheet.window));
        capacity.convictUnanswered(commitment, _sheet.window);
    }

    function test_Answer_RevertWhen_LeafIsAnother(uint32 position) external {
        ICapacity.Leaf memory leaf = _audited();
        position = uint32(bound(position, 0, 10));
        vm.assume(position != leaf.position);
        _refuse(abi.encodeWithSelector(ICapacityBooks.LeafWrong.selector, position), _leafOf(_sheet, position));
    }

    function test_Answer_RevertWhen_LeafNotInTheTree(uint256 at, uint256 by) external {
        ICapacity.Leaf memory leaf = _audited();
        by = bound(by, 1, type(uint64).max - 1000);
        at = bound(at, 0, leaf.path.length + 1);
        if (at < leaf.path.length) leaf.path[at] ^= bytes32(by);
        else if (at == leaf.path.length) leaf.nonce += uint64(by);
        else leaf.solution = abi.encodePacked(leaf.solution, bytes1(0));
        _refuse(abi.encodeWithSelector(ICapacityBooks.LeafWrong.selector, leaf.position), leaf);
    }

    function test_Answer_RevertWhen_PathTooShortOrTooLong(uint256 length) external {
        ICapacity.Leaf memory leaf = _audited();
        length = bound(length, 0, 9);
        vm.assume(length != 5);
        bytes32[] memory path = new bytes32[](length);
        for (uint256 i = 0; i < length && i < 5; ++i) {
            path[i] = leaf.path[i];
        }
        leaf.path = path;
        _refuse(abi.encodeWithSelector(ICapacityBooks.LeafWrong.selector, leaf.position), leaf);
    }

    function test_Answer_WhenAnybodyAnswers(address caller, uint256 wait) external {
        ICapacity.Leaf memory leaf = _audited();
        skip(bound(wait, 0, 12 hours));
        vm.expectEmit(address(capacity));
        emit ICapacityBooks.AuditAnswered(commitment, _sheet.window, leaf.position);
        vm.prank(caller);
        capacity.answer(commitment, _claim, _sheet.bitmap, leaf);
        (uint8 status,) = capacity.claimOf(commitment, _sheet.window);
        assertEq(status, 4, "answered");
        assertEq(capacity.commitmentOf(commitment).openChallenges, 0, "nothing is open");
    }

    /* DEMAND */

    function _refuseDemand(bytes memory refusal, uint32 position) private {
        uint256 deposit = capacity.demandDeposit();
        vm.deal(watcher, 10 * deposit);
        vm.expectRevert(refusal);
        vm.prank(watcher);
        capacity.demandLeaf{value: deposit}(commitment, _claim, _sheet.bitmap, position);
    }

    function test_DemandLeaf_RevertGiven_Unknown() external {
        vm.expectRevert(_error(ICapacityBooks.CommitmentUnknown.selector, CommitmentId.wrap(9)));
        capacity.demandLeaf(CommitmentId.wrap(9), _claim, _sheet.bitmap, 0);
    }

    function test_DemandLeaf_RevertGiven_Convicted() external {
        _audited();
        skip(12 hours + 1);
        capacity.convictUnanswered(commitment, _sheet.window);
        _refuseDemand(_error(ICapacityBooks.CommitmentConvictedAlready.selector, commitment), 0);
    }

    function test_DemandLeaf_RevertWhen_ClaimOrBitmapIsAnother() external {
        bytes memory refusal = _error(ICapacityBooks.ClaimUnknown.selector, commitment, _sheet.window);
        _claim.filled += 1;
        _refuseDemand(refusal, 0);
        _claim.filled -= 1;
        _sheet.bitmap = hex"ffffff";
        _refuseDemand(refusal, 0);
    }

    function test_DemandLeaf_RevertWhen_ChallengeOver() external {
        uint256 endedAt = _finalAt(_sheet.window / 24) + 1 days;
        vm.warp(endedAt + 1);
        _refuseDemand(abi.encodeWithSelector(ICapacityBooks.ChallengeOver.selector, _sheet.window, endedAt), 0);
        vm.warp(endedAt);
        _demand(commitment, _sheet, _claim, 0);
    }

    function test_DemandLeaf_RevertWhen_PositionNotClaimed(uint32 position) external {
        position = uint32(bound(position, 11, type(uint32).max));
        _refuseDemand(abi.encodeWithSelector(ICapacityBooks.PositionNotClaimed.selector, position), position);
    }

    function test_DemandLeaf_RevertGiven_DemandedAlready() external {
        _demand(commitment, _sheet, _claim, 3);
        _refuseDemand(
            abi.encodeWithSelector(ICapacityBooks.DemandOpen.selector, commitment, _sheet.window, uint32(3)), 3
        );
    }

    function test_DemandLeaf_RevertGiven_FourOpen() external {
        for (uint32 position = 0; position < 4; ++position) {
            _demand(commitment, _sheet, _claim, position);
        }
        _refuseDemand(abi.encodeWithSelector(ICapacityBooks.DemandsTooMany.selector, 4), 4);
        capacity.deliver(commitment, _claim, _leafOf(_sheet, 2));
        _demand(commitment, _sheet, _claim, 4);
    }

    function test_DemandLeaf_RevertGiven_DeliveredAlready(uint32 position) external {
        position = uint32(bound(position, 0, 10));
        _demand(commitment, _sheet, _claim, position);
        capacity.deliver(commitment, _claim, _leafOf(_sheet, position));
        _refuseDemand(
            abi.encodeWithSelector(ICapacityBooks.DemandAnswered.selector, commitment, _sheet.window, position),
            position
        );
    }

    function test_DemandLeaf_GivenFourOpenOfEachWindow() external {
        for (uint256 i = 0; i < 70; ++i) {
            if (i != 0) {
                _toWindow(_window() + 1);
                _open();
                _sheet = _solved(commitment, _window(), 4);
                _claim = _commit(commitment, _sheet);
            }
            for (uint32 position = 0; position < 4; ++position) {
                _demand(commitment, _sheet, _claim, position);
            }
        }
        assertEq(capacity.commitmentOf(commitment).openDemands, 280, "no window's demands keep another's out");
        assertEq(capacity.commitmentOf(commitment).openChallenges, 280, "all of them challenges");
    }

    function test_DemandLeaf_RevertWhen_DepositTooLow(uint256 have) external {
        uint256 need = capacity.demandDeposit();
        assertGt(need, 0, "it costs");
        have = bound(have, 0, need - 1);
        vm.deal(watcher, have);
        vm.expectRevert(abi.encodeWithSelector(ICapacityBooks.DepositTooLow.selector, have, need));
        vm.prank(watcher);
        capacity.demandLeaf{value: have}(commitment, _claim, _sheet.bitmap, 0);
    }

    function test_DemandLeaf_WhenAnybodyPays(uint32 position, uint256 surplus, uint64 baseFee) external {
        position = uint32(bound(position, 0, 10));
        surplus = bound(surplus, 0, 100 ether);
        vm.fee(bound(baseFee, 0, 1000 gwei));
        uint256 deposit = capacity.demandDeposit();
        assertEq(deposit, 2_400_000 * block.basefee, "1.5 times what answering costs");
        vm.deal(watcher, deposit + surplus);
        uint40 deadline = uint40(block.timestamp + 12 hours);
        vm.expectEmit(address(capacity));
        emit ICapacityBooks.LeafDemanded(commitment, _sheet.window, position, watcher, uint128(deposit), deadline);
        vm.prank(watcher);
        capacity.demandLeaf{value: deposit + surplus}(commitment, _claim, _sheet.bitmap, position);

        (address demander, uint128 kept, uint40 until) = capacity.demandOf(commitment, _sheet.window, position);
        assertEq(demander, watcher, "demander");
        assertEq(kept, deposit, "deposit");
        assertEq(until, deadline, "deadline");
        assertEq(capacity.depositOf(watcher), surplus, "what is above it is owed back");
        assertEq(capacity.commitmentOf(commitment).openDemands, 1, "open");
        assertEq(capacity.commitmentOf(commitment).openChallenges, 1, "a challenge");
    }

    /* DELIVER */

    function test_Deliver_RevertGiven_Unknown() external {
        vm.expectRevert(_error(ICapacityBooks.CommitmentUnknown.selector, CommitmentId.wrap(9)));
        capacity.deliver(CommitmentId.wrap(9), _claim, _leafOf(_sheet, 0));
    }

    function test_Deliver_RevertGiven_NotDemanded() external {
        _demand(commitment, _sheet, _claim, 1);
        vm.expectRevert(
            abi.encodeWithSelector(ICapacityBooks.DemandUnknown.selector, commitment, _sheet.window, uint32(2))
        );
        capacity.deliver(commitment, _claim, _leafOf(_sheet, 2));
    }

    function test_Deliver_RevertWhen_ClaimIsAnother() external {
        _demand(commitment, _sheet, _claim, 1);
        _claim.root = "another";
        vm.expectRevert(_error(ICapacityBooks.ClaimUnknown.selector, commitment, _sheet.window));
        capacity.deliver(commitment, _claim, _leafOf(_sheet, 1));
    }

    function test_Deliver_GivenDeadlinePassed(uint256 wait) external {
        _demand(commitment, _sheet, _claim, 1);
        (, uint128 deposit,) = capacity.demandOf(commitment, _sheet.window, 1);
        skip(bound(wait, 12 hours + 1, 100 days));
        capacity.deliver(commitment, _claim, _leafOf(_sheet, 1));
        assertEq(capacity.depositOf(provider), deposit, "counts until somebody convicts");
        vm.expectRevert(
            abi.encodeWithSelector(ICapacityBooks.DemandUnknown.selector, commitment, _sheet.window, uint32(1))
        );
        capacity.convictUndelivered(commitment, _sheet.window, 1);
    }

    function test_Deliver_RevertWhen_LeafNotInTheTree() external {
        _demand(commitment, _sheet, _claim, 1);
        ICapacity.Leaf memory leaf = _leafOf(_sheet, 1);
        leaf.nonce ^= 1;
        vm.expectRevert(abi.encodeWithSelector(ICapacityBooks.LeafWrong.selector, 1));
        capacity.deliver(commitment, _claim, leaf);
    }

    function test_Deliver_WhenAnybodyDelivers(uint32 position, address caller, uint256 wait) external {
        position = uint32(bound(position, 0, 10));
        _demand(commitment, _sheet, _claim, position);
        (, uint128 deposit,) = capacity.demandOf(commitment, _sheet.window, position);
        skip(bound(wait, 0, 12 hours));
        vm.expectEmit(address(capacity));
        emit ICapacityBooks.LeafDelivered(commitment, _sheet.window, position, deposit);
        vm.expectEmit(address(capacity));
        emit ICapacityBooks.DepositCredited(provider, deposit, deposit);
        vm.prank(caller);
        capacity.deliver(commitment, _claim, _leafOf(_sheet, position));
        assertEq(capacity.depositOf(provider), deposit, "the provider is paid for it");
        assertEq(capacity.commitmentOf(commitment).openDemands, 0, "nothing is open");
        assertEq(capacity.commitmentOf(commitment).openChallenges, 0, "no challenge");
    }

    /* DEPOSIT */

    function test_ClaimDeposit_RevertGiven_NothingOwed(address caller) external {
        vm.expectRevert(abi.encodeWithSelector(ICapacityBooks.NothingToClaim.selector, caller));
        vm.prank(caller);
        capacity.claimDeposit(payable(caller));
    }

    function test_ClaimDeposit_RevertWhen_RecipientRefusesEther() external {
        _demand(commitment, _sheet, _claim, 1);
        capacity.deliver(commitment, _claim, _leafOf(_sheet, 1));
        vm.expectRevert(abi.encodeWithSelector(ICapacityBooks.EtherRefused.selector, address(flt)));
        vm.prank(provider);
        capacity.claimDeposit(payable(address(flt)));
    }

    function test_ClaimDeposit_WhenOwed() external {
        _demand(commitment, _sheet, _claim, 1);
        (, uint128 deposit,) = capacity.demandOf(commitment, _sheet.window, 1);
        capacity.deliver(commitment, _claim, _leafOf(_sheet, 1));
        address payable recipient = payable(makeAddr("recipient"));
        vm.expectEmit(address(capacity));
        emit ICapacityBooks.DepositClaimed(provider, deposit, recipient);
        vm.prank(provider);
        assertEq(capacity.claimDeposit(recipient), deposit, "all of it");
        assertEq(recipient.balance, deposit, "to where it was sent");
        assertEq(capacity.depositOf(provider), 0, "once");
        assertEq(address(capacity).balance, 0, "and nothing is left");
    }
}
