// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDeals} from "./interfaces/IDeals.sol";
import {IFaults} from "./interfaces/IFaults.sol";
import {IProbers} from "./interfaces/IProbers.sol";
import {IProofs} from "./interfaces/IProofs.sol";
import {ISampled} from "./interfaces/ISampled.sol";
import {IStaking} from "./interfaces/IStaking.sol";
import {Strata} from "./libraries/Strata.sol";
import {Books} from "./sampled/Books.sol";
import {Stages} from "./sampled/Stages.sol";
import {FaultId, JobId} from "./types/Ids.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

/// @dev Parts by noun in `sampled/`: `Books` (storage and rules) and `Stages` (up to what everybody showed). What it comes to is here:
/// verdicts, and who is paid.
contract Sampled is Stages {
    using SafeERC20 for IERC20;

    uint8 private constant FAULT_EXECUTED = 3;
    uint8 private constant FAULT_DISMISSED = 4;
    uint8 private constant BY_PANEL = 1;

    uint8 private constant WRONG = 1;
    uint8 private constant ACQUITTED = 2;
    uint8 private constant DISMISSED = 3;

    /// @dev How a sample is paid out.
    struct Outcome {
        bytes32 right; // hash of the outputs that are paid; zero: whatever was revealed
        bytes32 lie; // hash of the outputs whose bonds go to `other`; zero: none
        address other; // has what nobody earned
    }

    constructor(
        IProofs newProofs,
        IProbers newProbers,
        IFaults newFaults,
        IStaking newStaking,
        IDeals newDeals,
        uint128 newPay,
        uint128 newBond
    ) Books(newProofs, newProbers, newFaults, newStaking, newDeals, newPay, newBond) {}

    /* FINISH */

    /// @inheritdoc ISampled
    function finish(JobId job, IProofs.Job calldata asked) external {
        Batch storage batch = _batches[job];
        State memory state = batch.state;
        require(state.stage != 0 && state.stage < FINISHED, StageWrong(job, state.stage));
        _requireJob(job, asked);
        _requireOver(job, batch, state);
        (uint8 verdict, bytes32 agreed) = _verdictOf(batch, state);
        bool isOpened = state.stage == OPENED;
        bool isEmpty = state.stage == DRAWN && batch.executors.length == 0;
        batch.state.stage = FINISHED;
        FaultId fault;
        if (verdict == DISPUTED) {
            fault = faults.proposeWrong(asked.deal, asked.slot, asked.serving, _firstOf(batch, agreed));
            batch.state.fault = fault;
        }
        emit SampleFinished(job, verdict, fault);
        if (FaultId.unwrap(fault) == 0) {
            bool isProviders = isEmpty || (isOpened && verdict != DISPUTED);
            address other = isProviders ? asked.provider : deals.dealOf(asked.deal).customer;
            bytes32 right = isOpened && verdict != DISPUTED ? batch.outputsHash : agreed;
            _payOut(batch, state, Outcome(right, 0, other));
        }
        if (verdict != UNPROVEN) proofs.attest(job, asked, batch.outputRoot, verdict);
    }

    /// @dev Everything was shown, or its time is over.
    function _requireOver(JobId job, Batch storage batch, State memory state) private view {
        if (state.stage == COMMITTED) {
            uint64 known = state.committedBlock + DRAW_BLOCKS + KNOWN_BLOCKS;
            require(block.number > known, DrawRunning(known));
            return;
        }
        if (batch.executors.length == 0) return;
        uint40 until = _revealingUntil(state);
        bool isOpened = state.stage == OPENED;
        if (until == 0 && !isOpened && block.timestamp <= state.drawnAt + OPEN_TIME) until = state.drawnAt + OPEN_TIME;
        if (until == 0 && isOpened && batch.plants != 0 && state.plants == 0) {
            uint40 closedAt = state.drawnAt + PLANTS_TIME;
            if (block.timestamp <= closedAt) until = closedAt;
        }
        require(until == 0, OpeningRunning(job, until));
    }

    /// @dev `agreed` is what two executors or more revealed alike; zero: nothing.
    function _verdictOf(Batch storage batch, State memory state) private view returns (uint8 verdict, bytes32 agreed) {
        uint256 count = batch.executors.length;
        for (uint256 i = 0; i < count && agreed == 0; ++i) {
            Executor storage executor = batch.executors[i];
            if (executor.step != REVEALED) continue;
            (uint256 alike,) = _revealedAs(batch, executor.word);
            if (alike >= AGREEING) agreed = executor.word;
        }
        if (state.stage != OPENED || agreed == 0) return (UNPROVEN, agreed);
        return (agreed == batch.outputsHash ? PROVEN : DISPUTED, agreed);
    }

    /// @dev Of those who agree, in the order of the draw, which none of them chose.
    function _firstOf(Batch storage batch, bytes32 agreed) private view returns (address) {
        uint256 i = 0;
        while (batch.executors[i].step != REVEALED || batch.executors[i].word != agreed) ++i;
        return batch.executors[i].account;
    }

    /// @inheritdoc ISampled
    function close(JobId job) external {
        Batch storage batch = _batches[job];
        State memory state = batch.state;
        _requireStage(job, state, FINISHED);
        FaultId fault = state.fault;
        require(FaultId.unwrap(fault) != 0, StageWrong(job, FINISHED));
        IFaults.Fault memory decided = faults.faultOf(fault);
        bool isDecided = decided.state == FAULT_EXECUTED || decided.state == FAULT_DISMISSED;
        require(isDecided, FaultRunning(job, fault));
        batch.state.stage = CLOSED;
        (, bytes32 agreed) = _verdictOf(batch, state);
        Outcome memory outcome = Outcome(agreed, 0, decided.provider);
        uint8 decision = DISMISSED;
        if (decided.state == FAULT_EXECUTED) {
            (decision, outcome.other) = (WRONG, deals.dealOf(decided.deal).customer);
        } else if (decided.decidedBy == BY_PANEL) {
            (decision, outcome.right, outcome.lie) = (ACQUITTED, batch.outputsHash, agreed);
        }
        emit SampleClosed(job, decision);
        _payOut(batch, state, outcome);
    }

    /* MONEY */

    /// @dev What leaves pay and bonds is credited, so all that is held stays held.
    function _payOut(Batch storage batch, State memory state, Outcome memory outcome) private {
        uint256 count = batch.executors.length;
        uint256[] memory amounts = new uint256[](count);
        bool[] memory isRight = new bool[](count);
        (uint256 left, uint256 forfeits, uint256 rights) = (pay, 0, 0);
        for (uint256 i = 0; i < count; ++i) {
            Executor storage executor = batch.executors[i];
            if (executor.step == 0) continue;
            if (executor.step == SEALED) {
                forfeits += bond;
            } else if (outcome.right == 0 || executor.word == outcome.right) {
                (amounts[i], isRight[i]) = (bond + pay / EXECUTORS, true);
                left -= pay / EXECUTORS;
                ++rights;
            } else if (executor.word == outcome.lie) {
                left += bond;
            } else if (state.plants == i + 2) {
                forfeits += bond + pay / EXECUTORS;
                left -= pay / EXECUTORS;
            } else {
                amounts[i] = bond;
            }
        }
        uint256 each = rights == 0 ? 0 : forfeits / rights;
        for (uint256 i = 0; i < count; ++i) {
            _credit(batch.executors[i].account, isRight[i] ? amounts[i] + each : amounts[i]);
        }
        _credit(outcome.other, left + forfeits - each * rights);
    }

    /// @inheritdoc ISampled
    function claim(address recipient) external returns (uint128 amount) {
        amount = _credits[msg.sender];
        require(amount != 0, AmountZero());
        _credits[msg.sender] = 0;
        _held -= amount;
        emit ExecutorClaimed(msg.sender, recipient, amount);
        stablecoin.safeTransfer(recipient, amount);
    }

    /* VIEWS */

    /// @inheritdoc ISampled
    function sampleOf(JobId job) external view returns (Sample memory) {
        Batch storage batch = _batches[job];
        State memory state = batch.state;
        return Sample({
            stage: state.stage,
            chunks: state.chunks,
            committedAt: state.committedAt,
            committedBlock: state.committedBlock,
            drawnAt: state.drawnAt,
            fault: state.fault,
            isShown: state.plants != 0,
            outputRoot: batch.outputRoot,
            plants: batch.plants,
            seed: batch.seed
        });
    }

    /// @inheritdoc ISampled
    function chunksOf(JobId job) external view returns (uint32[] memory) {
        Batch storage batch = _batches[job];
        // Before the draw there are none.
        return Strata.chunksOf(batch.seed, batch.seed == 0 ? 0 : batch.state.chunks);
    }

    /// @inheritdoc ISampled
    function executorsOf(JobId job) external view returns (address[] memory list) {
        Executor[] storage executors = _batches[job].executors;
        list = new address[](executors.length);
        for (uint256 i = 0; i < list.length; ++i) {
            list[i] = executors[i].account;
        }
    }

    /// @inheritdoc ISampled
    function payOf() external view returns (uint128) {
        return pay;
    }

    /// @inheritdoc ISampled
    function bondOf() external view returns (uint128) {
        return bond;
    }

    /// @inheritdoc ISampled
    function creditOf(address account) external view returns (uint128) {
        return _credits[account];
    }

    /// @inheritdoc ISampled
    function surplus() external view returns (uint256) {
        return stablecoin.balanceOf(address(this)) - _held;
    }
}
