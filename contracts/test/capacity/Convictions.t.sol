// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICapacity, ICapacityBooks} from "../../src/interfaces/ICapacity.sol";
import {CommitmentId} from "../../src/types/Ids.sol";
import {CapacityBase} from "../CapacityBase.t.sol";

/// @dev Ten units lock 4,000 FLT. Half of the provider's stake is his own.
contract CapacityConvictionsTest is CapacityBase {
    uint32 private constant BAD = 19;
    uint256 private constant HELD = 10 * LOCK;

    CommitmentId private commitment;

    function setUp() public override {
        super.setUp();
        vm.fee(1 gwei);
        commitment = _proving(10);
    }

    /// @dev Good work but for one leaf.
    function _cheat(uint8 reason) private returns (Sheet memory sheet, ICapacity.Claim memory claim) {
        sheet = _solved(commitment, _window(), BAD);
        if (reason == 1) _put(sheet, BAD, _noncePassing(), "garbage");
        if (reason == 2) _missTarget(sheet);
        if (reason == 3) _claimBit(sheet, BAD);
        _grow(sheet);
        claim = _commit(commitment, sheet);
    }

    /// @dev A solution that is none, below the target all the same.
    function _noncePassing() private view returns (uint64 nonce) {
        bytes32 challenge = _challengeOf(commitment, provider, _window(), BAD);
        while (uint256(keccak256(abi.encodePacked(challenge, nonce, "garbage"))) >= type(uint256).max / 2) ++nonce;
    }

    /// @dev A solution above the target.
    function _missTarget(Sheet memory sheet) private view {
        bytes32 challenge = _challengeOf(commitment, provider, sheet.window, BAD);
        uint64 nonce = 0;
        while (
            uint256(keccak256(abi.encodePacked(challenge, nonce, toy.solve(challenge, nonce)))) < type(uint256).max / 2
        ) {
            ++nonce;
        }
        _put(sheet, BAD, nonce, toy.solve(challenge, nonce));
    }

    function _tryConvict(
        bytes memory refusal,
        ICapacity.Claim memory claim,
        bytes memory bitmap,
        ICapacity.Leaf memory leaf
    ) private {
        vm.expectRevert(refusal);
        vm.prank(watcher);
        capacity.convict(commitment, claim, bitmap, leaf, "salt");
    }

    /* ANNOUNCE */

    function test_Announce_RevertGiven_Known(bytes32 hash) external {
        capacity.announce(hash);
        vm.expectRevert(abi.encodeWithSelector(ICapacityBooks.AnnouncementKnown.selector, hash));
        capacity.announce(hash);
    }

    function test_Announce_WhenAnybodyCalls(address caller, bytes32 hash) external {
        vm.expectEmit(address(capacity));
        emit ICapacityBooks.ConvictionAnnounced(hash, caller);
        vm.prank(caller);
        capacity.announce(hash);
    }

    /* CONVICT */

    function test_Convict_RevertGiven_Unknown() external {
        (Sheet memory sheet, ICapacity.Claim memory claim) = _cheat(3);
        vm.expectRevert(_error(ICapacityBooks.CommitmentUnknown.selector, CommitmentId.wrap(9)));
        capacity.convict(CommitmentId.wrap(9), claim, sheet.bitmap, _leafOf(sheet, BAD), "salt");
    }

    function test_Convict_RevertGiven_ConvictedAlready() external {
        (Sheet memory sheet, ICapacity.Claim memory claim) = _cheat(3);
        _convict(commitment, sheet, claim, _leafOf(sheet, BAD));
        _tryConvict(
            _error(ICapacityBooks.CommitmentConvictedAlready.selector, commitment),
            claim,
            sheet.bitmap,
            _leafOf(sheet, BAD)
        );
    }

    function test_Convict_RevertWhen_ClaimOrBitmapIsAnother() external {
        (Sheet memory sheet, ICapacity.Claim memory claim) = _cheat(3);
        _announce(commitment, sheet.window, BAD);
        bytes memory refusal = _error(ICapacityBooks.ClaimUnknown.selector, commitment, sheet.window);
        _tryConvict(refusal, claim, hex"ffffff", _leafOf(sheet, BAD));
        claim.root = "another";
        _tryConvict(refusal, claim, sheet.bitmap, _leafOf(sheet, BAD));
    }

    function test_Convict_RevertWhen_ChallengeOver() external {
        (Sheet memory sheet, ICapacity.Claim memory claim) = _cheat(3);
        _announce(commitment, sheet.window, BAD);
        uint256 endedAt = _finalAt(sheet.window / 24) + 1 days;
        vm.warp(endedAt + 1);
        bytes memory refusal = abi.encodeWithSelector(ICapacityBooks.ChallengeOver.selector, sheet.window, endedAt);
        _tryConvict(refusal, claim, sheet.bitmap, _leafOf(sheet, BAD));
        vm.warp(endedAt);
        vm.prank(watcher);
        capacity.convict(commitment, claim, sheet.bitmap, _leafOf(sheet, BAD), "salt");
    }

    function test_Convict_RevertGiven_NotAnnounced() external {
        (Sheet memory sheet, ICapacity.Claim memory claim) = _cheat(3);
        bytes32 hash = capacity.announcement(commitment, sheet.window, BAD, watcher, "salt");
        _tryConvict(
            abi.encodeWithSelector(ICapacityBooks.AnnouncementUnknown.selector, hash),
            claim,
            sheet.bitmap,
            _leafOf(sheet, BAD)
        );
    }

    function test_Convict_RevertGiven_AnnouncedJustNow() external {
        (Sheet memory sheet, ICapacity.Claim memory claim) = _cheat(3);
        _announce(commitment, sheet.window, BAD);
        vm.roll(block.number - 1);
        bytes memory refusal = abi.encodeWithSelector(ICapacityBooks.AnnouncementTooYoung.selector, block.number + 1);
        _tryConvict(refusal, claim, sheet.bitmap, _leafOf(sheet, BAD));
    }

    function test_Convict_RevertWhen_PositionNotClaimed() external {
        (Sheet memory sheet, ICapacity.Claim memory claim) = _cheat(3);
        _announce(commitment, sheet.window, BAD + 1);
        bytes memory refusal = abi.encodeWithSelector(ICapacityBooks.PositionNotClaimed.selector, BAD + 1);
        _tryConvict(refusal, claim, sheet.bitmap, _leafOf(sheet, BAD + 1));
    }

    function test_Convict_RevertWhen_LeafNotInTheTree() external {
        (Sheet memory sheet, ICapacity.Claim memory claim) = _cheat(3);
        _announce(commitment, sheet.window, 2);
        ICapacity.Leaf memory leaf = _leafOf(sheet, 2);
        leaf.solution = "slander";
        _tryConvict(abi.encodeWithSelector(ICapacityBooks.LeafWrong.selector, 2), claim, sheet.bitmap, leaf);
    }

    function test_Convict_RevertGiven_LeafValid(uint32 position) external {
        (Sheet memory sheet, ICapacity.Claim memory claim) = _cheat(3);
        position = uint32(bound(position, 0, BAD - 1));
        _announce(commitment, sheet.window, position);
        uint256 locked = staking.locked(provider);
        bytes memory refusal = abi.encodeWithSelector(ICapacityBooks.LeafValid.selector, position);
        _tryConvict(refusal, claim, sheet.bitmap, _leafOf(sheet, position));
        assertEq(staking.locked(provider), locked, "an honest leaf costs the accuser his gas, and nobody else anything");
        assertFalse(capacity.commitmentOf(commitment).isConvicted, "it goes on");
    }

    function test_Convict_WhenLeafInvalid(uint8 reason) external {
        reason = uint8(bound(reason, 1, 3));
        (Sheet memory sheet, ICapacity.Claim memory claim) = _cheat(reason);
        _announce(commitment, sheet.window, BAD);
        vm.expectEmit(address(capacity));
        emit ICapacityBooks.CapacityEnded(commitment, provider, _epoch(), 2);
        vm.expectEmit(address(capacity));
        emit ICapacityBooks.CommitmentConvicted(
            commitment, provider, sheet.window, BAD, watcher, reason, uint128(HELD / 5), 0, 0, uint128(HELD / 25)
        );
        vm.prank(watcher);
        capacity.convict(commitment, claim, sheet.bitmap, _leafOf(sheet, BAD), "salt");

        ICapacity.Commitment memory convicted = capacity.commitmentOf(commitment);
        assertTrue(convicted.isConvicted, "convicted");
        assertEq(convicted.endEpoch, _epoch(), "and over at once");
        assertEq(_lockOf(commitment).amount, HELD * 4 / 5, "a fifth of the lock");
        assertEq(_lockOf(commitment).end, _lockEnd(), "the rest stays to its end");
    }

    function _lockEnd() private view returns (uint256) {
        return (uint256(capacity.commitmentOf(commitment).firstEpoch) + 14) * EPOCH + 5 days;
    }

    function test_Convict_GivenRewardsUnpaid(uint128 unpaid, uint128 last) external {
        unpaid = uint128(bound(unpaid, 0, 2000 * FLT));
        last = uint128(bound(last, 0, 2000 * FLT));
        (Sheet memory sheet, ICapacity.Claim memory claim) = _cheat(3);
        rewards.setReward(commitment, unpaid, last);
        uint256 own = staking.tranche(provider, true).active;
        _convict(commitment, sheet, claim, _leafOf(sheet, BAD));

        uint256 slashed = 7 * uint256(last) > HELD / 5 ? 7 * uint256(last) : HELD / 5;
        if (slashed > HELD) slashed = HELD;
        assertEq(HELD - _lockOf(commitment).amount, slashed, "a fifth of the lock, or seven days of rewards");
        assertEq(own - staking.tranche(provider, true).active, slashed, "own stake first");
        (uint128 left,) = rewards.pendingOf(commitment);
        assertEq(left, 0, "what was not paid is forfeited");
        uint256 bounty = slashed / 5;
        uint256 fromUnpaid = unpaid < bounty ? unpaid : bounty;
        assertEq(rewards.bounties(commitment), fromUnpaid, "the bounty comes out of it first");
        if (unpaid != 0) assertEq(rewards.reporters(commitment), watcher, "to the reporter");
        assertEq(_quarantined(), bounty - fromUnpaid, "then out of the stake");
    }

    function _quarantined() private view returns (uint256) {
        (bool isThere, bytes memory found) =
            address(staking).staticcall(abi.encodeWithSignature("quarantineOf(uint64)", uint64(1)));
        if (!isThere) return 0;
        (,,,, uint128 reporterAmount,) = abi.decode(found, (address, uint40, address, uint128, uint128, address));
        return reporterAmount;
    }

    /// @dev Hardly more than the first loss that a pledge needs, and a slash of all that is locked.
    function test_Convict_GivenLittleOwnStake(uint256 own, uint128 unpaid, uint128 last) external {
        own = bound(own, 800, 1000) * FLT;
        unpaid = uint128(bound(unpaid, 0, 1000 * FLT));
        last = uint128(bound(last, 0, 1000 * FLT));
        address poor = makeAddr("poor");
        _register(poor, own, 10_000 * FLT);
        vm.prank(poor);
        CommitmentId theirs = capacity.pledge(poor, 0, 10, 14);
        _toWindow((_epoch() + 1) * 24);
        _open();
        Sheet memory sheet = _blank(theirs, _window());
        _claimBit(sheet, BAD);
        _grow(sheet);
        bytes32 seed = capacity.seedOf(sheet.window);
        vm.prank(poor);
        capacity.commit(theirs, sheet.window, seed, sheet.root, sheet.bitmap);
        rewards.setReward(theirs, unpaid, last);
        _convict(theirs, sheet, _claimOf(sheet), _leafOf(sheet, BAD));
        uint256 slashed = HELD - _lockOf(theirs).amount;
        uint256 ownSlashed = own < slashed ? own : slashed;
        uint256 most = ownSlashed * 8 / 10;
        uint256 paid = rewards.bounties(theirs) + _quarantined();
        assertEq(paid, most < slashed / 5 ? most : slashed / 5, "a fifth of the slash, or 80 % of the own stake in it");
        assertGe(ownSlashed, HELD / 5, "of which there is a fifth of the lock at least");
    }

    /* UNANSWERED */

    function test_ConvictUnanswered_RevertGiven_Unknown() external {
        vm.expectRevert(_error(ICapacityBooks.CommitmentUnknown.selector, CommitmentId.wrap(9)));
        capacity.convictUnanswered(CommitmentId.wrap(9), _window());
    }

    function test_ConvictUnanswered_RevertGiven_ConvictedAlready() external {
        (Sheet memory sheet,) = _proved(commitment, 3, true);
        skip(12 hours + 1);
        capacity.convictUnanswered(commitment, sheet.window);
        vm.expectRevert(_error(ICapacityBooks.CommitmentConvictedAlready.selector, commitment));
        capacity.convictUnanswered(commitment, sheet.window);
    }

    function test_ConvictUnanswered_RevertGiven_NoAuditIsOpen() external {
        bytes memory refusal = _error(ICapacityBooks.AuditUnknown.selector, commitment, _window());
        vm.expectRevert(refusal);
        capacity.convictUnanswered(commitment, _window());
        (Sheet memory sheet, ICapacity.Claim memory claim) = _proved(commitment, 3, true);
        _answer(commitment, sheet, claim);
        skip(12 hours + 1);
        vm.expectRevert(refusal);
        capacity.convictUnanswered(commitment, sheet.window);
    }

    function test_ConvictUnanswered_RevertWhen_NotLate(uint256 wait) external {
        (Sheet memory sheet,) = _proved(commitment, 3, true);
        uint256 deadline = block.timestamp + 12 hours;
        vm.warp(bound(wait, block.timestamp, deadline));
        vm.expectRevert(abi.encodeWithSelector(ICapacityBooks.AnswerNotLate.selector, deadline));
        capacity.convictUnanswered(commitment, sheet.window);
    }

    function test_ConvictUnanswered_WhenLate() external {
        (Sheet memory sheet,) = _proved(commitment, 3, true);
        (uint32 rank,) = capacity.auditOf(commitment, sheet.window);
        skip(12 hours + 1);
        vm.expectEmit(address(capacity));
        emit ICapacityBooks.CommitmentConvicted(
            commitment, provider, sheet.window, rank, watcher, 4, uint128(HELD / 5), 0, 0, uint128(HELD / 25)
        );
        vm.prank(watcher);
        capacity.convictUnanswered(commitment, sheet.window);
        assertEq(_lockOf(commitment).amount, HELD * 4 / 5, "as an invalid leaf");
    }

    function test_ConvictUnanswered_GivenLockOver() external {
        (Sheet memory sheet,) = _proved(commitment, 3, true);
        rewards.setReward(commitment, 100e18, 100e18);
        uint256 locked = staking.locked(provider);
        vm.warp(_lockEnd() + 1);
        staking.release(capacity.commitmentOf(commitment).lock);
        capacity.convictUnanswered(commitment, sheet.window);
        (uint128 left,) = rewards.pendingOf(commitment);
        assertEq(left, 0, "rewards are forfeited");
        assertEq(rewards.bounties(commitment), 0, "without a bounty");
        assertEq(staking.locked(provider), locked - HELD, "and the stake is free");
        assertTrue(capacity.commitmentOf(commitment).isConvicted, "convicted");
    }

    /* UNDELIVERED */

    function test_ConvictUndelivered_RevertGiven_Unknown() external {
        vm.expectRevert(_error(ICapacityBooks.CommitmentUnknown.selector, CommitmentId.wrap(9)));
        capacity.convictUndelivered(CommitmentId.wrap(9), _window(), 0);
    }

    function test_ConvictUndelivered_RevertGiven_NotDemanded() external {
        vm.expectRevert(abi.encodeWithSelector(ICapacityBooks.DemandUnknown.selector, commitment, _window(), uint32(1)));
        capacity.convictUndelivered(commitment, _window(), 1);
    }

    function test_ConvictUndelivered_RevertWhen_NotLate(uint256 wait) external {
        (Sheet memory sheet, ICapacity.Claim memory claim) = _proved(commitment, 3, false);
        _demand(commitment, sheet, claim, 1);
        uint256 deadline = block.timestamp + 12 hours;
        vm.warp(bound(wait, block.timestamp, deadline));
        vm.expectRevert(abi.encodeWithSelector(ICapacityBooks.AnswerNotLate.selector, deadline));
        capacity.convictUndelivered(commitment, sheet.window, 1);
    }

    function test_ConvictUndelivered_WhenLate(address caller) external {
        (Sheet memory sheet, ICapacity.Claim memory claim) = _proved(commitment, 3, false);
        _demand(commitment, sheet, claim, 1);
        (, uint128 deposit,) = capacity.demandOf(commitment, sheet.window, 1);
        skip(12 hours + 1);
        vm.expectEmit(address(capacity));
        emit ICapacityBooks.DemandReturned(commitment, sheet.window, 1, watcher, deposit);
        vm.expectEmit(address(capacity));
        emit ICapacityBooks.CommitmentConvicted(
            commitment, provider, sheet.window, 1, watcher, 5, uint128(HELD / 5), 0, 0, uint128(HELD / 25)
        );
        vm.prank(caller);
        capacity.convictUndelivered(commitment, sheet.window, 1);
        assertEq(capacity.depositOf(watcher), deposit, "the deposit goes back");
        assertEq(capacity.depositOf(provider), 0, "and not to the provider");
        assertEq(capacity.commitmentOf(commitment).openDemands, 0, "nothing is open");
    }

    function test_ConvictUndelivered_GivenConvictedAlready() external {
        (Sheet memory sheet, ICapacity.Claim memory claim) = _proved(commitment, 3, false);
        _demand(commitment, sheet, claim, 1);
        _demand(commitment, sheet, claim, 2);
        (, uint128 deposit,) = capacity.demandOf(commitment, sheet.window, 1);
        skip(12 hours + 1);
        capacity.convictUndelivered(commitment, sheet.window, 1);
        uint256 held = _lockOf(commitment).amount;
        vm.expectEmit(address(capacity));
        emit ICapacityBooks.DemandReturned(commitment, sheet.window, 2, watcher, deposit);
        capacity.convictUndelivered(commitment, sheet.window, 2);
        assertEq(_lockOf(commitment).amount, held, "slashed once");
        assertEq(capacity.depositOf(watcher), 2 * deposit, "but every deposit goes back");
    }
}
