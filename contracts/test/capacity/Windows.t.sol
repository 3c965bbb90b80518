// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICapacity, ICapacityBooks} from "../../src/interfaces/ICapacity.sol";
import {CommitmentId} from "../../src/types/Ids.sol";
import {CapacityBase} from "../CapacityBase.t.sol";

contract CapacityWindowsTest is CapacityBase {
    /* OPEN */

    function test_OpenWindow_RevertGiven_Open() external {
        uint32 window = _open();
        vm.expectRevert(abi.encodeWithSelector(ICapacityBooks.WindowOpen.selector, window));
        capacity.openWindow();
    }

    function test_OpenWindow_WhenAnybodyCalls(address caller, uint256 time, bytes32 randao) external {
        vm.warp(block.timestamp + bound(time, 0, 30 days));
        vm.prevrandao(randao);
        uint32 window = _window();
        bytes32 seed = keccak256(
            abi.encode(uint256(randao), blockhash(block.number - 1), window, address(capacity), block.chainid)
        );
        vm.expectEmit(address(capacity));
        emit ICapacityBooks.WindowOpened(window, seed);
        vm.prank(caller);
        assertEq(capacity.openWindow(), seed, "seed");
        assertEq(capacity.seedOf(window), seed, "kept");
        assertEq(capacity.openedOf(_epoch()), 1, "counted");
    }

    function test_OpenWindow_GivenFirstOfItsEpoch() external {
        capacity.addClass(1, toy, 1000, COLLATERAL);
        uint32 epoch = _epoch();
        vm.expectEmit(address(capacity));
        emit ICapacityBooks.TargetSet(0, epoch, type(uint256).max / 2);
        vm.expectEmit(address(capacity));
        emit ICapacityBooks.TargetSet(1, epoch, 1000);
        capacity.openWindow();
        assertEq(capacity.targetOf(0, epoch), type(uint256).max / 2, "targets of all classes");
        assertEq(capacity.targetOf(1, epoch), 1000, "set");
        assertEq(capacity.classOf(1).epoch, epoch, "latest epoch");
        (, bool isOpen) = rewards.opened(1, epoch);
        assertTrue(isOpen, "pools of all classes opened");
    }

    function test_OpenWindow_GivenLaterOfItsEpoch() external {
        _open();
        capacity.addClass(1, toy, 1000, COLLATERAL);
        rewards.setBonus(1);
        _toWindow(_window() + 1);
        capacity.openWindow();
        assertEq(capacity.openedOf(_epoch()), 2, "counted");
        assertEq(capacity.targetOf(1, _epoch()), 0, "no targets");
        (, bool isOpen) = rewards.opened(1, _epoch());
        assertFalse(isOpen, "and no pools");
    }

    function test_OpenWindow_GivenCreditOfTheLastFinalEpoch() external {
        CommitmentId commitment = _proving(1);
        uint32 epoch = _epoch();
        _proved(commitment, 8, false);
        _to(_finalAt(epoch));
        capacity.credit(commitment, epoch);
        _toWindow((epoch + 2) * 24);
        _open();
        (uint64 units,) = rewards.opened(0, epoch + 2);
        assertEq(units, uint256(1e6) / 24, "told to rewards");
    }

    /* COMMIT */

    function _sheetFor(CommitmentId commitment) private view returns (Sheet memory) {
        return _solved(commitment, _window(), 5);
    }

    function _expect(bytes memory refusal, CommitmentId commitment, Sheet memory sheet) private {
        bytes32 seed = capacity.seedOf(sheet.window);
        vm.expectRevert(refusal);
        vm.prank(provider);
        capacity.commit(commitment, sheet.window, seed, sheet.root, sheet.bitmap);
    }

    function test_Commit_RevertGiven_Unknown() external {
        vm.expectRevert(_error(ICapacityBooks.CommitmentUnknown.selector, CommitmentId.wrap(9)));
        capacity.commit(CommitmentId.wrap(9), 1, "seed", "root", "");
    }

    function test_Commit_RevertWhen_CallerNotAllowed(address caller) external {
        vm.assume(caller != provider && caller != prover);
        CommitmentId commitment = _proving(2);
        bytes32 seed = capacity.seedOf(_window());
        vm.expectRevert(abi.encodeWithSelector(ICapacityBooks.NotAllowed.selector, caller, provider));
        vm.prank(caller);
        capacity.commit(commitment, _window(), seed, "root", hex"0101");
    }

    function test_Commit_RevertGiven_NotLiveYet() external {
        CommitmentId commitment = _pledgeFor(2, 14);
        _toWindow((_epoch() + 1) * 24 - 1);
        uint32 window = _open();
        Sheet memory sheet = _sheetFor(commitment);
        bytes memory refusal = _error(ICapacityBooks.CommitmentNotLive.selector, commitment, window / 24);
        _expect(refusal, commitment, sheet);
        // The last window before the first epoch, in its grace.
        _toWindow(window + 1);
        _expect(refusal, commitment, sheet);
    }

    function test_Commit_RevertGiven_Over() external {
        CommitmentId commitment = _pledgeFor(2, 1);
        _toWindow((_epoch() + 2) * 24);
        uint32 window = _open();
        bytes memory refusal = _error(ICapacityBooks.CommitmentNotLive.selector, commitment, window / 24);
        _expect(refusal, commitment, _sheetFor(commitment));
    }

    function test_Commit_RevertGiven_WindowNotOpen() external {
        CommitmentId commitment = _proving(2);
        _toWindow(_window() + 1);
        Sheet memory sheet = _sheetFor(commitment);
        _expect(abi.encodeWithSelector(ICapacityBooks.WindowNotOpen.selector, _window()), commitment, sheet);
        sheet.window = _window() + 1;
        _expect(abi.encodeWithSelector(ICapacityBooks.WindowNotOpen.selector, sheet.window), commitment, sheet);
    }

    function test_Commit_RevertWhen_SeedChanged(bytes32 seed) external {
        CommitmentId commitment = _proving(2);
        bytes32 need = capacity.seedOf(_window());
        vm.assume(seed != need);
        vm.expectRevert(abi.encodeWithSelector(ICapacityBooks.SeedWrong.selector, _window(), seed, need));
        vm.prank(provider);
        capacity.commit(commitment, _window(), seed, "root", hex"0101");
    }

    function test_Commit_RevertWhen_TooLate(uint256 wait) external {
        CommitmentId commitment = _proving(2);
        Sheet memory sheet = _sheetFor(commitment);
        uint256 deadline = (uint256(_window()) + 1) * WINDOW + 10 minutes;
        vm.warp(bound(wait, deadline + 1, deadline + 10 days));
        _expect(
            abi.encodeWithSelector(ICapacityBooks.CommitTooLate.selector, sheet.window, deadline), commitment, sheet
        );
    }

    function test_Commit_RevertGiven_Committed() external {
        CommitmentId commitment = _proving(2);
        Sheet memory sheet = _sheetFor(commitment);
        _commit(commitment, sheet);
        sheet.root = "another";
        _expect(_error(ICapacityBooks.CommittedAlready.selector, commitment, sheet.window), commitment, sheet);
    }

    function test_Commit_RevertWhen_BitmapNotAByteAUnit(uint256 length) external {
        length = bound(length, 0, 70);
        vm.assume(length != 2);
        CommitmentId commitment = _proving(2);
        Sheet memory sheet = _sheetFor(commitment);
        sheet.bitmap = new bytes(length);
        _expect(abi.encodeWithSelector(ICapacityBooks.BitmapWrong.selector, length, 2), commitment, sheet);
    }

    function test_Commit_RevertWhen_NothingFilled() external {
        CommitmentId commitment = _proving(2);
        _expect(
            abi.encodeWithSelector(ICapacityBooks.NothingFilled.selector), commitment, _blank(commitment, _window())
        );
    }

    function test_Commit_WhenProviderOrItsKeyCalls(uint256 wait, uint64 words, bytes32 root, bool isByKey) external {
        CommitmentId commitment = _proving(7);
        uint32 window = _window();
        vm.warp(block.timestamp + bound(wait, 0, WINDOW + 10 minutes));
        bytes memory bitmap = abi.encodePacked(uint56(bound(words, 1, type(uint56).max)));
        uint32 filled = _countOf(bitmap);
        bytes32 seed = capacity.seedOf(window);
        vm.expectEmit(address(capacity));
        emit ICapacityBooks.WindowCommitted(commitment, window, root, filled, bitmap);
        vm.prank(isByKey ? prover : provider);
        capacity.commit(commitment, window, seed, root, bitmap);

        (uint8 status, bytes31 digest) = capacity.claimOf(commitment, window);
        assertEq(status, 1, "committed");
        ICapacity.Claim memory claim = ICapacity.Claim(window, filled, uint64(block.number), root, keccak256(bitmap));
        assertEq(digest, bytes31(keccak256(abi.encode(claim))), "all that it claims");
        (uint64 counted,) = capacity.tallyOf(commitment, window / 24);
        assertEq(counted, 0, "nothing is credited before the draw");
    }

    /* DRAW */

    function _committed() private returns (CommitmentId commitment, ICapacity.Claim memory claim) {
        commitment = _proving(2);
        claim = _commit(commitment, _solved(commitment, _window(), 11));
    }

    function test_Draw_RevertGiven_Unknown() external {
        (, ICapacity.Claim memory claim) = _committed();
        vm.expectRevert(_error(ICapacityBooks.CommitmentUnknown.selector, CommitmentId.wrap(9)));
        capacity.draw(CommitmentId.wrap(9), claim);
    }

    function test_Draw_RevertGiven_Convicted() external {
        (CommitmentId commitment, ICapacity.Claim memory claim) = _committed();
        _draw(commitment, claim, true);
        skip(12 hours + 1);
        capacity.convictUnanswered(commitment, claim.window);
        vm.expectRevert(_error(ICapacityBooks.CommitmentConvictedAlready.selector, commitment));
        capacity.draw(commitment, claim);
    }

    function test_Draw_RevertWhen_ClaimIsAnother(uint8 field, uint256 by) external {
        (CommitmentId commitment, ICapacity.Claim memory claim) = _committed();
        vm.roll(block.number + 5);
        by = bound(by, 1, type(uint32).max - 2 ** 20);
        field = uint8(bound(field, 0, 4));
        if (field == 0) claim.window += uint32(by);
        if (field == 1) claim.filled += uint32(by);
        if (field == 2) claim.blockNumber += uint64(by);
        if (field == 3) claim.root ^= bytes32(by);
        if (field == 4) claim.bitmapHash ^= bytes32(by);
        vm.expectRevert(_error(ICapacityBooks.ClaimUnknown.selector, commitment, claim.window));
        capacity.draw(commitment, claim);
    }

    function test_Draw_RevertGiven_Drawn(bool isAudited) external {
        (CommitmentId commitment, ICapacity.Claim memory claim) = _committed();
        _draw(commitment, claim, isAudited);
        vm.roll(block.number + 1);
        vm.expectRevert(_error(ICapacityBooks.DrawnAlready.selector, commitment, claim.window));
        capacity.draw(commitment, claim);
    }

    function test_Draw_RevertWhen_EpochFinal() external {
        (CommitmentId commitment, ICapacity.Claim memory claim) = _committed();
        vm.roll(block.number + 5);
        vm.warp(_finalAt(claim.window / 24));
        vm.expectRevert(_error(ICapacityBooks.DrawTooLate.selector, commitment, claim.window));
        capacity.draw(commitment, claim);
        vm.warp(block.timestamp - 1);
        capacity.draw(commitment, claim);
    }

    function test_Draw_RevertWhen_TooEarly(uint256 blocks) external {
        (CommitmentId commitment, ICapacity.Claim memory claim) = _committed();
        vm.roll(claim.blockNumber + bound(blocks, 0, 4));
        vm.expectRevert(abi.encodeWithSelector(ICapacityBooks.DrawTooEarly.selector, claim.blockNumber + 5));
        capacity.draw(commitment, claim);
    }

    function test_Draw_RevertGiven_HashForgotten() external {
        (CommitmentId commitment, ICapacity.Claim memory claim) = _committed();
        vm.roll(claim.blockNumber + 4 + 257);
        vm.expectRevert(_error(ICapacityBooks.DrawTooLate.selector, commitment, claim.window));
        capacity.draw(commitment, claim);
    }

    function test_Draw_WhenAnybodyCalls(address caller, uint256 seed) external {
        (CommitmentId commitment, ICapacity.Claim memory claim) = _committed();
        vm.roll(claim.blockNumber + 5);
        bytes32 hash = keccak256(abi.encode(seed));
        vm.setBlockhash(claim.blockNumber + 4, hash);
        uint256 drawn = uint256(keccak256(abi.encode(hash, commitment, claim.window)));
        bool isAudited = drawn % 16 == 0;
        uint32 rank = isAudited ? uint32(drawn / 16 % 11) : 0;
        uint40 deadline = isAudited ? uint40(block.timestamp + 12 hours) : 0;
        vm.expectEmit(address(capacity));
        emit ICapacityBooks.WindowDrawn(commitment, claim.window, rank, deadline);
        vm.prank(caller);
        capacity.draw(commitment, claim);

        (uint8 status,) = capacity.claimOf(commitment, claim.window);
        assertEq(status, isAudited ? 3 : 2, "drawn, or audited");
        (uint64 filled,) = capacity.tallyOf(commitment, claim.window / 24);
        assertEq(filled, 11, "its puzzles count");
        assertEq(capacity.divisorOf(0, claim.window / 24), uint256(11e7) / 912, "in the class too");
        assertEq(capacity.commitmentOf(commitment).openChallenges, isAudited ? 1 : 0, "an audit is open");
    }

    function test_Draw_GivenAudited(uint256 rank) external {
        (CommitmentId commitment, ICapacity.Claim memory claim) = _committed();
        vm.roll(claim.blockNumber + 5);
        rank = bound(rank, 0, 10);
        uint256 drawn = 1;
        bytes32 hash;
        for (uint256 i = 1; drawn % 16 != 0 || drawn / 16 % 11 != rank; ++i) {
            hash = bytes32(i);
            drawn = uint256(keccak256(abi.encode(hash, commitment, claim.window)));
        }
        vm.setBlockhash(claim.blockNumber + 4, hash);
        capacity.draw(commitment, claim);
        (uint32 asked, uint40 deadline) = capacity.auditOf(commitment, claim.window);
        assertEq(asked, rank, "any of its leaves is asked for");
        assertEq(deadline, block.timestamp + 12 hours, "within twelve hours");
    }
}
