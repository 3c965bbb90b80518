// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDeals} from "../interfaces/IDeals.sol";
import {IFaults} from "../interfaces/IFaults.sol";
import {IProbers} from "../interfaces/IProbers.sol";
import {IProofs} from "../interfaces/IProofs.sol";
import {ISampled} from "../interfaces/ISampled.sol";
import {IStaking} from "../interfaces/IStaking.sol";
import {FaultId, JobId} from "../types/Ids.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @dev What is stored, and the rules, which nobody can change. Invariants:
/// 1. `held` = `pay` of each sample that is not paid out + `bond` of each that was sealed for one + all credits.
/// 2. A sample's stage only rises, and so does an executor's.
/// 3. What an executor sealed is fixed before a chunk is opened, and what the provider committed before it is drawn.
abstract contract Books is ISampled {
    using SafeCast for uint256;

    uint8 internal constant COMMITTED = 1;
    uint8 internal constant DRAWN = 2;
    uint8 internal constant OPENED = 3;
    uint8 internal constant FINISHED = 4;
    uint8 internal constant CLOSED = 5;

    uint8 internal constant SEALED = 1;
    uint8 internal constant REVEALED = 2;

    uint8 internal constant KIND = 2;
    uint8 internal constant UNPROVEN = 0;
    uint8 internal constant PROVEN = 1;
    uint8 internal constant DISPUTED = 3;

    uint8 internal constant EXECUTORS = 3;
    uint256 internal constant AGREEING = 2;
    uint32 internal constant CHUNKS_MAX = 2 ** 20;
    /// The block whose hash draws, after the commit's; how many blocks later the chain still knows it.
    uint64 internal constant DRAW_BLOCKS = 4;
    uint64 internal constant KNOWN_BLOCKS = 8191;
    uint40 internal constant COMMIT_TIME = 7 days;
    /// After the draw.
    uint40 internal constant SEAL_TIME = 6 hours;
    uint40 internal constant OPEN_TIME = 12 hours;
    uint40 internal constant PLANTS_TIME = 18 hours;

    /// @dev One word. `plants`: 0 not shown, 1 nobody copied them, 2 + i the i-th executor did. Of the drawn executors `unsealed` have not
    /// sealed, and of those who have `unrevealed` did not reveal.
    struct State {
        uint8 stage;
        uint8 plants;
        uint8 unsealed;
        uint8 unrevealed;
        uint32 chunks;
        uint40 committedAt;
        uint48 committedBlock;
        uint40 drawnAt;
        FaultId fault;
    }

    /// @dev `word` is what it sealed, then the hash of what it revealed; `tags` are of that.
    struct Executor {
        address account;
        uint8 step;
        bytes32 word;
        uint256 tags;
    }

    /// @dev `outputsHash` is of the opened chunks; zero: not opened.
    struct Batch {
        State state;
        bytes32 outputRoot;
        bytes32 plants;
        bytes32 seed;
        bytes32 outputsHash;
        Executor[] executors;
    }

    IProofs internal immutable proofs;
    IProbers internal immutable probers;
    IFaults internal immutable faults;
    IStaking internal immutable staking;
    IDeals internal immutable deals;
    IERC20 internal immutable stablecoin;
    uint128 internal immutable pay;
    uint128 internal immutable bond;

    mapping(JobId job => Batch) internal _batches;
    mapping(address account => uint128) internal _credits;
    uint256 internal _held;

    constructor(
        IProofs newProofs,
        IProbers newProbers,
        IFaults newFaults,
        IStaking newStaking,
        IDeals newDeals,
        uint128 newPay,
        uint128 newBond
    ) {
        proofs = newProofs;
        probers = newProbers;
        faults = newFaults;
        staking = newStaking;
        deals = newDeals;
        stablecoin = IERC20(newStaking.stablecoin());
        pay = newPay;
        bond = newBond;
    }

    function _credit(address account, uint256 amount) internal {
        if (amount == 0) return;
        uint128 credit = (_credits[account] + amount).toUint128();
        _credits[account] = credit;
        emit ExecutorCredited(account, amount.toUint128(), credit);
    }

    /* READINGS */

    function _requireJob(JobId job, IProofs.Job calldata asked) internal view {
        require(keccak256(abi.encode(asked)) == proofs.hashOf(job), JobWrong(job));
    }

    function _requireStage(JobId job, State memory state, uint8 need) internal pure {
        require(state.stage == need, StageWrong(job, state.stage));
    }

    /// @dev Of the caller.
    function _executorOf(JobId job, Batch storage batch) internal view returns (Executor storage) {
        uint256 count = batch.executors.length;
        for (uint256 i = 0; i < count; ++i) {
            if (batch.executors[i].account == msg.sender) return batch.executors[i];
        }
        revert NotExecutor(job, msg.sender);
    }

    /// @dev Until when somebody may still seal. Zero: nobody may.
    function _sealingUntil(State memory state) internal view returns (uint40) {
        uint40 until = state.drawnAt + SEAL_TIME;
        return state.unsealed != 0 && block.timestamp <= until ? until : 0;
    }

    /// @dev Until when somebody may still seal or reveal. Zero: nobody may.
    function _revealingUntil(State memory state) internal view returns (uint40 until) {
        until = _sealingUntil(state);
        if (until != 0) return until;
        until = state.drawnAt + OPEN_TIME;
        return state.unrevealed != 0 && block.timestamp <= until ? until : 0;
    }

    /// @dev How many revealed just that, and the tags of it.
    function _revealedAs(Batch storage batch, bytes32 outputsHash) internal view returns (uint256 found, uint256 tags) {
        uint256 count = batch.executors.length;
        for (uint256 i = 0; i < count; ++i) {
            Executor storage executor = batch.executors[i];
            if (executor.step != REVEALED || executor.word != outputsHash) continue;
            ++found;
            tags = executor.tags;
        }
    }
}
