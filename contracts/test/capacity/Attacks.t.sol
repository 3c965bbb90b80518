// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICapacity, ICapacityBooks} from "../../src/interfaces/ICapacity.sol";
import {CommitmentId} from "../../src/types/Ids.sol";
import {CapacityBase} from "../CapacityBase.t.sol";

/// @dev What a provider, a watcher or a stranger may try with work, each with what it brings him.
contract CapacityAttacksTest is CapacityBase {
    uint256 private constant UNIT = 1e6;

    CommitmentId private commitment;

    function setUp() public override {
        super.setUp();
        vm.fee(1 gwei);
        commitment = _proving(2);
    }

    /// @dev Shown as a leaf of its own window and position, is this work?
    function _assertNoWork(Sheet memory sheet, uint32 position) private {
        _grow(sheet);
        ICapacity.Claim memory claim = _commit(commitment, sheet);
        _convict(commitment, sheet, claim, _leafOf(sheet, position));
        assertTrue(capacity.commitmentOf(commitment).isConvicted, "no work, and it costs");
        assertEq(_lockOf(commitment).amount, 2 * LOCK * 4 / 5, "a fifth of the lock");
    }

    /* WORK */

    function test_Attack_WhenWorkOfAnotherWindowIsReused() external {
        Sheet memory old = _solved(commitment, _window(), 8);
        _toWindow(_window() + 1);
        _open();
        Sheet memory sheet = _blank(commitment, _window());
        _put(sheet, 3, old.nonces[3], old.solutions[3]);
        _assertNoWork(sheet, 3);
    }

    function test_Attack_WhenWorkIsStolenFromAnotherProvider() external {
        address thief = makeAddr("thief");
        _register(thief, 10_000 * FLT, 0);
        vm.prank(thief);
        CommitmentId theirs = capacity.pledge(thief, 0, 2, 14);
        _toWindow((_epoch() + 1) * 24);
        _open();
        Sheet memory mine = _solved(commitment, _window(), 16);
        bytes32 seed = capacity.seedOf(mine.window);
        vm.prank(thief);
        capacity.commit(theirs, mine.window, seed, mine.root, mine.bitmap);
        ICapacity.Claim memory claim = _claimOf(mine);
        _convict(theirs, mine, claim, _leafOf(mine, 5));
        assertTrue(capacity.commitmentOf(theirs).isConvicted, "whoever copies work has none");
        _commit(commitment, mine);
    }

    function test_Attack_WhenWorkIsDuplicatedInAnotherPosition() external {
        Sheet memory sheet = _solved(commitment, _window(), 8);
        _put(sheet, 9, sheet.nonces[1], sheet.solutions[1]);
        _assertNoWork(sheet, 9);
    }

    function test_Attack_WhenOneCoreServesTwoCommitments() external {
        CommitmentId second = _pledgeFor(2, 14);
        _toWindow((_epoch() + 1) * 24);
        _open();
        Sheet memory sheet = _solved(second, _window(), 8);
        _commit(second, sheet);
        _assertNoWork(sheet, 1);
    }

    function test_Attack_WhenWorkIsPrecomputed() external {
        // Before a window is open its seed is not known, and nothing can be named for it.
        uint32 next = _window() + 1;
        assertEq(capacity.seedOf(next), 0, "unknown");
        vm.expectRevert(abi.encodeWithSelector(ICapacityBooks.WindowNotOpen.selector, next));
        vm.prank(provider);
        capacity.commit(commitment, next, 0, "root", hex"0101");
        Sheet memory sheet = _solved(commitment, next, 8);
        _toWindow(next);
        _open();
        _assertNoWork(sheet, 1);
    }

    function test_Attack_WhenWorkIsLate() external {
        Sheet memory sheet = _solved(commitment, _window(), 8);
        uint256 deadline = uint256(sheet.window + 1) * WINDOW + 10 minutes;
        bytes32 seed = capacity.seedOf(sheet.window);
        vm.warp(deadline + 1);
        vm.expectRevert(abi.encodeWithSelector(ICapacityBooks.CommitTooLate.selector, sheet.window, deadline));
        vm.prank(provider);
        capacity.commit(commitment, sheet.window, seed, sheet.root, sheet.bitmap);
        vm.warp(deadline);
        _commit(commitment, sheet);
    }

    function test_Attack_WhenSeedChangesByAReorganisation() external {
        uint256 before = vm.snapshotState();
        _toWindow(_window() + 1);
        vm.prevrandao(uint256(1));
        bytes32 seed = capacity.openWindow();
        Sheet memory sheet = _solved(commitment, _window(), 16);
        vm.revertToState(before);
        _toWindow(_window() + 1);
        vm.prevrandao(uint256(2));
        bytes32 need = capacity.openWindow();
        vm.expectRevert(abi.encodeWithSelector(ICapacityBooks.SeedWrong.selector, sheet.window, seed, need));
        vm.prank(provider);
        capacity.commit(commitment, sheet.window, seed, sheet.root, sheet.bitmap);
        // Nothing was claimed, so honest work that a reorganisation made worthless is done anew and costs no stake.
        Sheet memory again = _solved(commitment, _window(), 4);
        _commit(commitment, again);
    }

    function test_Attack_WhenBitmapClaimsMoreThanTheLeaves() external {
        Sheet memory sheet = _solved(commitment, _window(), 8);
        _claimBit(sheet, 15);
        _assertNoWork(sheet, 15);
    }

    function test_Attack_WhenRootIsGarbage() external {
        Sheet memory sheet = _solved(commitment, _window(), 16);
        bytes32 honest = sheet.root;
        sheet.root = "garbage";
        ICapacity.Claim memory claim = _commit(commitment, sheet);
        // Nobody can show a path, so fraud proofs find nothing: a demand does, and so does every audit.
        ICapacity.Leaf memory leaf = _leafOf(sheet, 4);
        _announce(commitment, sheet.window, 4);
        vm.expectRevert(abi.encodeWithSelector(ICapacityBooks.LeafWrong.selector, 4));
        vm.prank(watcher);
        capacity.convict(commitment, claim, sheet.bitmap, leaf, "salt");
        _demand(commitment, sheet, claim, 4);
        vm.expectRevert(abi.encodeWithSelector(ICapacityBooks.LeafWrong.selector, 4));
        capacity.deliver(commitment, claim, leaf);
        claim.root = honest;
        vm.expectRevert(_error(ICapacityBooks.ClaimUnknown.selector, commitment, sheet.window));
        capacity.deliver(commitment, claim, leaf);
        skip(12 hours + 1);
        capacity.convictUndelivered(commitment, sheet.window, 4);
        assertTrue(capacity.commitmentOf(commitment).isConvicted, "convicted by silence");
    }

    function test_Attack_WhenRootIsGarbageAndAudited() external {
        Sheet memory sheet = _solved(commitment, _window(), 16);
        sheet.root = "garbage";
        ICapacity.Claim memory claim = _commit(commitment, sheet);
        _draw(commitment, claim, true);
        ICapacity.Leaf memory leaf = _asked(commitment, sheet);
        vm.expectRevert(abi.encodeWithSelector(ICapacityBooks.LeafWrong.selector, leaf.position));
        capacity.answer(commitment, claim, sheet.bitmap, leaf);
        skip(12 hours + 1);
        capacity.convictUnanswered(commitment, sheet.window);
        assertTrue(capacity.commitmentOf(commitment).isConvicted, "convicted by silence");
    }

    function test_Attack_WhenAnInvalidLeafAnswersAnAudit() external {
        Sheet memory sheet = _blank(commitment, _window());
        _put(sheet, 2, 1, "garbage");
        _grow(sheet);
        ICapacity.Claim memory claim = _commit(commitment, sheet);
        _draw(commitment, claim, true);
        vm.expectPartialRevert(ICapacityBooks.LeafInvalid.selector);
        capacity.answer(commitment, claim, sheet.bitmap, _leafOf(sheet, 2));
    }

    /* SILENCE */

    function test_Attack_WhenLeavesAreWithheld() external {
        (Sheet memory sheet, ICapacity.Claim memory claim) = _proved(commitment, 16, false);
        uint256 deposit = capacity.demandDeposit();
        _demand(commitment, sheet, claim, 6);
        skip(12 hours + 1);
        capacity.convictUndelivered(commitment, sheet.window, 6);
        assertEq(_lockOf(commitment).amount, 2 * LOCK * 4 / 5, "silence costs as much as a lie");
        assertEq(capacity.depositOf(watcher), deposit, "and asking costs nothing then");
    }

    function test_Attack_WhenDemandsFlood() external {
        (Sheet memory sheet, ICapacity.Claim memory claim) = _proved(commitment, 16, false);
        uint256 deposit = capacity.demandDeposit();
        for (uint32 position = 0; position < 4; ++position) {
            _demand(commitment, sheet, claim, position);
        }
        vm.deal(watcher, deposit);
        vm.expectRevert(abi.encodeWithSelector(ICapacityBooks.DemandsTooMany.selector, 4));
        vm.prank(watcher);
        capacity.demandLeaf{value: deposit}(commitment, claim, sheet.bitmap, 4);
        for (uint32 position = 0; position < 4; ++position) {
            capacity.deliver(commitment, claim, _leafOf(sheet, position));
        }
        assertEq(capacity.depositOf(provider), 4 * deposit, "flooding pays the provider one and a half times his cost");
    }

    /// @dev No epoch is credited while a demand is open, and there is always one more: but it ends in the call that credits.
    function test_Attack_WhenDemandsNeverEnd() external {
        _toWindow(_window() + 23);
        _open();
        (Sheet memory sheet, ICapacity.Claim memory claim) = _proved(commitment, 16, false);
        uint32 epoch = _epoch();
        _to(_finalAt(epoch));
        for (uint32 position = 0; position < 4; ++position) {
            _demand(commitment, sheet, claim, position);
        }
        bytes[] memory calls = new bytes[](5);
        for (uint32 position = 0; position < 4; ++position) {
            calls[position] = abi.encodeCall(ICapacity.deliver, (commitment, claim, _leafOf(sheet, position)));
        }
        calls[4] = abi.encodeCall(ICapacity.credit, (commitment, epoch));
        capacity.multicall(calls);
        assertEq(capacity.commitmentOf(commitment).nextEpoch, epoch + 1, "credited with the last delivery");
    }

    /// @dev Demands that a provider pays himself, of the four leaves that he worked for, keep nobody from the other windows' leaves, nor
    /// for longer than they take to be delivered.
    function test_Attack_WhenOwnDemandsShieldGarbage() external {
        (Sheet memory good, ICapacity.Claim memory goodClaim) = _proved(commitment, 4, false);
        for (uint32 i = 0; i < 4; ++i) {
            _demand(commitment, good, goodClaim, i);
        }
        _toWindow(_window() + 1);
        _open();
        Sheet memory bad = _blank(commitment, _window());
        for (uint32 i = 0; i < 16; ++i) {
            _claimBit(bad, i);
        }
        bad.root = "garbage";
        ICapacity.Claim memory badClaim = _commit(commitment, bad);
        _demand(commitment, bad, badClaim, 3);
        for (uint32 i = 0; i < 4; ++i) {
            capacity.deliver(commitment, goodClaim, _leafOf(good, i));
        }
        uint256 deposit = capacity.demandDeposit();
        vm.deal(watcher, deposit);
        vm.expectRevert(
            abi.encodeWithSelector(ICapacityBooks.DemandAnswered.selector, commitment, good.window, uint32(0))
        );
        vm.prank(watcher);
        capacity.demandLeaf{value: deposit}(commitment, goodClaim, good.bitmap, 0);
        skip(12 hours + 1);
        capacity.convictUndelivered(commitment, bad.window, 3);
        assertTrue(capacity.commitmentOf(commitment).isConvicted, "what was shielded comes out");
    }

    function test_Attack_WhenADrawIsWaitedOut() external {
        Sheet memory sheet = _solved(commitment, _window(), 16);
        ICapacity.Claim memory claim = _commit(commitment, sheet);
        _choose(commitment, claim, true);
        uint256 drawBlock = claim.blockNumber + 4;
        bytes32 hash = blockhash(drawBlock);
        vm.roll(drawBlock + 200);
        vm.setBlockhash(drawBlock, hash);
        uint256 before = vm.snapshotState();
        capacity.draw(commitment, claim);
        (uint8 status,) = capacity.claimOf(commitment, sheet.window);
        assertEq(status, 3, "it is the same draw, by whomever");
        vm.revertToState(before);
        vm.roll(drawBlock + 257);
        vm.expectRevert(_error(ICapacityBooks.DrawTooLate.selector, commitment, sheet.window));
        capacity.draw(commitment, claim);
        vm.warp(_finalAt(sheet.window / 24));
        (uint64 filled,) = capacity.tallyOf(commitment, sheet.window / 24);
        assertEq(filled, 0, "undrawn earns nothing");
        bytes32 seed = capacity.seedOf(sheet.window);
        vm.expectPartialRevert(ICapacityBooks.CommitTooLate.selector);
        vm.prank(provider);
        capacity.commit(commitment, sheet.window, seed, sheet.root, sheet.bitmap);
    }

    function test_Attack_WhenADrawIsMissed() external {
        _commit(commitment, _solved(commitment, _window(), 16));
        uint32 epoch = _epoch();
        _to(_finalAt(epoch));
        capacity.credit(commitment, epoch);
        (,, uint256 weight,, uint256 divisor, uint8 reason,) = rewards.credited(commitment, epoch);
        assertEq(weight, 0, "undrawn earns nothing");
        assertEq(divisor, 0, "and dilutes nobody");
        assertEq(reason, 2, "under half");
    }

    function test_Attack_WhenAnAuditIsAnsweredTwice() external {
        (Sheet memory sheet, ICapacity.Claim memory claim) = _proved(commitment, 16, true);
        ICapacity.Leaf memory leaf = _asked(commitment, sheet);
        capacity.answer(commitment, claim, sheet.bitmap, leaf);
        vm.expectRevert(_error(ICapacityBooks.AuditUnknown.selector, commitment, sheet.window));
        capacity.answer(commitment, claim, sheet.bitmap, leaf);
        vm.expectRevert(_error(ICapacityBooks.DrawnAlready.selector, commitment, sheet.window));
        capacity.draw(commitment, claim);
    }

    function test_Attack_WhenAnAuditIsAnsweredBySomebodyElse() external {
        (Sheet memory sheet, ICapacity.Claim memory claim) = _proved(commitment, 16, true);
        ICapacity.Leaf memory leaf = _asked(commitment, sheet);
        // Only the right leaf answers; whoever sends it does the provider a favour.
        ICapacity.Leaf memory other = _leafOf(sheet, leaf.position == 0 ? 1 : 0);
        vm.startPrank(stranger);
        vm.expectRevert(abi.encodeWithSelector(ICapacityBooks.LeafWrong.selector, other.position));
        capacity.answer(commitment, claim, sheet.bitmap, other);
        capacity.answer(commitment, claim, sheet.bitmap, leaf);
        assertEq(capacity.commitmentOf(commitment).openChallenges, 0, "answered");
    }

    /* ENDS */

    function test_Attack_WhenAWindowEndsAtTheEpochsEdge() external {
        uint32 last = _window() + 23;
        _toWindow(last);
        _open();
        Sheet memory sheet = _solved(commitment, last, 16);
        // Ten minutes into the next epoch it still counts for its own, and only for it.
        vm.warp(uint256(last + 1) * WINDOW + 10 minutes);
        _open();
        ICapacity.Claim memory claim = _commit(commitment, sheet);
        _draw(commitment, claim, false);
        (uint64 filled,) = capacity.tallyOf(commitment, last / 24);
        assertEq(filled, 16, "the epoch of its window");
        (filled,) = capacity.tallyOf(commitment, last / 24 + 1);
        assertEq(filled, 0, "not that of its commit");
    }

    function test_Attack_WhenACommitmentEndsInMidWindow() external {
        vm.prank(prover);
        capacity.end(commitment);
        _proved(commitment, 16, false);
        _toWindow((_epoch() + 1) * 24);
        _open();
        uint32 window = _window();
        bytes32 seed = capacity.seedOf(window);
        vm.expectRevert(_error(ICapacityBooks.CommitmentNotLive.selector, commitment, window / 24));
        vm.prank(provider);
        capacity.commit(commitment, window, seed, "root", hex"0101");
        _to(_finalAt(window / 24 - 1));
        capacity.credit(commitment, window / 24 - 1);
        (,, uint256 weight,,,,) = rewards.credited(commitment, window / 24 - 1);
        assertEq(weight, 2 * UNIT / 24, "what it proved until then is credited");
    }

    function test_Attack_WhenACommitmentIsConvictedInMidWindow() external {
        Sheet memory sheet = _blank(commitment, _window());
        _claimBit(sheet, 7);
        _grow(sheet);
        ICapacity.Claim memory claim = _commit(commitment, sheet);
        _toWindow(_window() + 1);
        uint32 window = _open();
        Sheet memory good = _solved(commitment, window, 16);
        _convict(commitment, sheet, claim, _leafOf(sheet, 7));
        bytes32 seed = capacity.seedOf(window);
        vm.expectRevert(_error(ICapacityBooks.CommitmentNotLive.selector, commitment, window / 24));
        vm.prank(provider);
        capacity.commit(commitment, window, seed, good.root, good.bitmap);
        vm.expectRevert(_error(ICapacityBooks.CommitmentConvictedAlready.selector, commitment));
        capacity.draw(commitment, claim);
    }

    /* WATCHERS */

    function test_Attack_WhenAnHonestLeafIsAccused(uint32 position) external {
        position = uint32(bound(position, 0, 15));
        (Sheet memory sheet, ICapacity.Claim memory claim) = _proved(commitment, 16, false);
        _announce(commitment, sheet.window, position);
        vm.expectRevert(abi.encodeWithSelector(ICapacityBooks.LeafValid.selector, position));
        vm.prank(watcher);
        capacity.convict(commitment, claim, sheet.bitmap, _leafOf(sheet, position), "salt");
    }

    function test_Attack_WhenABountyIsCopiedFromTheMempool(address copier) external {
        vm.assume(copier != watcher);
        Sheet memory sheet = _blank(commitment, _window());
        _claimBit(sheet, 7);
        _grow(sheet);
        ICapacity.Claim memory claim = _commit(commitment, sheet);
        _announce(commitment, sheet.window, 7);
        // He has seen the proof: his own announcement has to ripen, and the hash that ripened is not his.
        ICapacity.Leaf memory leaf = _leafOf(sheet, 7);
        bytes32 hash = capacity.announcement(commitment, sheet.window, 7, copier, "salt");
        vm.startPrank(copier);
        vm.expectRevert(abi.encodeWithSelector(ICapacityBooks.AnnouncementUnknown.selector, hash));
        capacity.convict(commitment, claim, sheet.bitmap, leaf, "salt");
        capacity.announce(hash);
        vm.expectRevert(abi.encodeWithSelector(ICapacityBooks.AnnouncementTooYoung.selector, block.number + 2));
        capacity.convict(commitment, claim, sheet.bitmap, leaf, "salt");
        vm.stopPrank();
        vm.prank(watcher);
        capacity.convict(commitment, claim, sheet.bitmap, leaf, "salt");
        assertTrue(capacity.commitmentOf(commitment).isConvicted, "by whom it was found");
    }

    /// @dev The bounty of a self-conviction, wherever it comes from, is less than the own stake that it costs.
    function test_Attack_WhenAProviderConvictsHimself(uint128 unpaid, uint128 last) external {
        unpaid = uint128(bound(unpaid, 0, 10_000 * FLT));
        last = uint128(bound(last, 0, 10_000 * FLT));
        rewards.setReward(commitment, unpaid, last);
        Sheet memory sheet = _blank(commitment, _window());
        _claimBit(sheet, 7);
        _grow(sheet);
        ICapacity.Claim memory claim = _commit(commitment, sheet);
        uint256 own = staking.tranche(provider, true).active;
        _convict(commitment, sheet, claim, _leafOf(sheet, 7));
        uint256 lost = own - staking.tranche(provider, true).active;
        // What comes out of stake is a part of the fifth, so this holds of both together.
        assertLe(rewards.bounties(commitment), lost / 5, "a fifth of what it costs");
        assertGe(lost, 2 * LOCK / 5, "at least a fifth of the lock");
    }
}
