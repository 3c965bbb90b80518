// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICapacity} from "../../src/interfaces/ICapacity.sol";
import {IRewards} from "../../src/interfaces/IRewards.sol";
import {IStaking} from "../../src/interfaces/IStaking.sol";
import {CommitmentId} from "../../src/types/Ids.sol";
import {CapacityGhost} from "./CapacityGhost.sol";
import {CapacityHandler} from "./CapacityHandler.sol";
import {Test} from "forge-std/Test.sol";

/// @dev Laws L50 to L59 of README.md, judged on the histories of `CapacityHandler`. Solving is slow to run.
/// forge-config: ci.invariant.runs = 64
contract CapacityInvariantsTest is Test {
    CapacityHandler private handler;
    ICapacity private capacity;
    IRewards private rewards;
    uint32 private first;

    function setUp() external {
        handler = new CapacityHandler();
        (capacity, rewards) = handler.system();
        first = uint32(block.timestamp / 1 days);
        bytes4[] memory acts = new bytes4[](20);
        acts[0] = handler.pledge.selector;
        acts[1] = handler.renew.selector;
        acts[2] = handler.end.selector;
        acts[3] = handler.prove.selector;
        acts[4] = handler.draw.selector;
        acts[5] = handler.answer.selector;
        acts[6] = handler.demand.selector;
        acts[7] = handler.deliver.selector;
        acts[8] = handler.claimDeposit.selector;
        acts[9] = handler.accuse.selector;
        acts[10] = handler.punishSilence.selector;
        acts[11] = handler.punishWithholding.selector;
        acts[12] = handler.excuse.selector;
        acts[13] = handler.credit.selector;
        acts[14] = handler.release.selector;
        acts[15] = handler.pause.selector;
        // More often: most of a history needs claims and credits.
        acts[16] = handler.prove.selector;
        acts[17] = handler.prove.selector;
        acts[18] = handler.prove.selector;
        acts[19] = handler.credit.selector;
        targetContract(address(handler));
        targetSelector(FuzzSelector(address(handler), acts));
    }

    function invariant_L50_EtherIsSomebodys() external view {
        uint256 owed = 0;
        for (uint256 i = 0; i < 5; ++i) {
            owed += capacity.depositOf(handler.people(i));
        }
        for (uint256 i = 0; i < handler.askCount(); ++i) {
            (CommitmentId commitment, uint32 window, uint32 position, bool isOpen) = handler.asked(i);
            if (!isOpen) continue;
            (, uint128 deposit,) = capacity.demandOf(commitment, window, position);
            owed += deposit;
        }
        assertEq(address(capacity).balance, owed, "L50: deposits of open demands, and what is owed");
    }

    function invariant_L51_ClaimedOnce() external view {
        assertTrue(handler.isClaimedOnce(), "L51: once, and by nobody else");
        assertTrue(handler.isStatusRising(), "L51: drawn once");
        for (uint256 i = 0; i < handler.recordCount(); ++i) {
            CapacityGhost.Record memory at = handler.record(i);
            (uint8 status, bytes31 digest) = capacity.claimOf(at.commitment, at.window);
            assertEq(status, at.status, "L51: nothing else changes a claim");
            assertEq(digest, bytes31(keccak256(abi.encode(handler.claimOf(at)))), "L51: and it stays what it was");
        }
    }

    function invariant_L52_LockedUntilAllIsJudged() external view {
        assertTrue(handler.isLockCovering(), "L52: the collateral at the low price");
        for (uint256 i = 0; i < handler.count(); ++i) {
            CommitmentId id = handler.ids(i);
            ICapacity.Commitment memory pledged = capacity.commitmentOf(id);
            IStaking.Lock memory lock = handler.stakingOf().lockOf(pledged.lock);
            assertEq(lock.provider, pledged.provider, "L52: its provider's");
            assertEq(lock.amount, handler.locked(id), "L52: what was granted, less what a conviction took");
            assertGe(lock.end, (uint256(pledged.endEpoch) + 5) * 1 days, "L52: until five days after the end");
        }
    }

    function invariant_L53_TalliesAreWhatWasDrawn() external view {
        for (uint32 epoch = first; epoch <= block.timestamp / 1 days; ++epoch) {
            uint256 filled = 0;
            uint256 excused = 0;
            for (uint256 i = 0; i < handler.count(); ++i) {
                CommitmentId id = handler.ids(i);
                (uint64 ofIt, uint64 work) = capacity.tallyOf(id, epoch);
                assertEq(ofIt, handler.filledOf(id, epoch), "L53: only what was drawn counts");
                assertEq(work, handler.excused(id, epoch), "L53: and what was excused");
                filled += ofIt;
                excused += work;
            }
            uint256 divisor = filled * 1e7 / 912 + excused + excused * 2500 / 10_000;
            if (handler.opened(epoch) == 0) continue;
            assertEq(capacity.divisorOf(0, epoch), divisor, "L53: of a class the sum");
        }
    }

    function invariant_L54_CreditIsLinearAndDividesThePool() external view {
        assertTrue(handler.isCreditRight(), "L54: credit by the formula, and not before it is final");
        for (uint32 epoch = first; epoch <= block.timestamp / 1 days; ++epoch) {
            if (handler.opened(epoch) == 0) continue;
            assertLe(handler.weights(epoch), capacity.divisorOf(0, epoch), "L54: parts never exceed the whole");
            (uint128 pool, uint128 left) = rewards.epochOf(0, epoch);
            assertLe(handler.earnings(epoch) + left, pool, "L54: nor the pool");
        }
    }

    function invariant_L55_OnlyTheGuiltyAreConvicted() external view {
        assertTrue(handler.isJudgedRight(), "L55: work is taken, and what is none is not");
        for (uint256 i = 0; i < handler.count(); ++i) {
            CommitmentId id = handler.ids(i);
            if (handler.isHonest(id)) assertFalse(capacity.commitmentOf(id).isConvicted, "L55: never the honest");
        }
    }

    function invariant_L56_PenaltyIsBounded() external view {
        assertTrue(handler.isPenaltyBounded(), "L56: a fifth or seven days, and a fifth of it to the reporter");
        for (uint256 i = 0; i < handler.count(); ++i) {
            CommitmentId id = handler.ids(i);
            uint256 times = capacity.commitmentOf(id).isConvicted ? 1 : 0;
            assertEq(handler.convictions(id), times, "L56: once");
        }
    }

    function invariant_L57_NothingIsPaidWhileAChallengeIsOpen() external view {
        assertTrue(handler.isUnpaidWhileOpen(), "L57: neither credited nor paid");
        for (uint256 i = 0; i < handler.count(); ++i) {
            ICapacity.Commitment memory pledged = capacity.commitmentOf(handler.ids(i));
            (uint256 audits, uint256 demands) = _openOf(handler.ids(i));
            assertEq(pledged.openChallenges, audits + demands, "L57: audits and demands that are open");
            assertEq(pledged.openDemands, demands, "L57: demands");
        }
        for (uint256 i = 0; i < handler.askCount(); ++i) {
            assertLe(_openBeside(i), 4, "L57: four at most of a window");
        }
    }

    /// @dev Demands that are open of the window of this one.
    function _openBeside(uint256 index) private view returns (uint256 demands) {
        (CommitmentId id, uint32 window,,) = handler.asked(index);
        for (uint256 i = 0; i < handler.askCount(); ++i) {
            (CommitmentId of_, uint32 at,, bool isOpen) = handler.asked(i);
            if (isOpen && at == window && CommitmentId.unwrap(of_) == CommitmentId.unwrap(id)) ++demands;
        }
    }

    function _openOf(CommitmentId id) private view returns (uint256 audits, uint256 demands) {
        for (uint256 i = 0; i < handler.recordCount(); ++i) {
            CapacityGhost.Record memory at = handler.record(i);
            if (CommitmentId.unwrap(at.commitment) == CommitmentId.unwrap(id) && at.status == 3) ++audits;
        }
        for (uint256 i = 0; i < handler.askCount(); ++i) {
            (CommitmentId of_,,, bool isOpen) = handler.asked(i);
            if (CommitmentId.unwrap(of_) == CommitmentId.unwrap(id) && isOpen) ++demands;
        }
    }

    function invariant_L58_TargetStaysInItsCorridor() external view {
        uint256 reference_ = type(uint256).max / 2;
        uint256 last = reference_;
        for (uint32 epoch = first; epoch <= block.timestamp / 1 days; ++epoch) {
            uint256 target = capacity.targetOf(0, epoch);
            if (target == 0) continue;
            assertLe(target, last + last / 50, "L58: two percent an epoch");
            assertGe(target, last - last / 50, "L58: up or down");
            assertLe(target, reference_ + reference_ / 4, "L58: a quarter");
            assertGe(target, reference_ - reference_ / 4, "L58: in all");
            last = target;
        }
    }

    function invariant_L59_PauseStopsOnlyPledges() external view {
        assertTrue(handler.isPauseNarrow(), "L59: pledges while it lasts, and nothing else");
    }
}
