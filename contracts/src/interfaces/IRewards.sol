// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {CommitmentId, DealId} from "../types/Ids.sol";

/// @title What `Rewards` refuses and tells; what may be called is in `IRewards`.
interface IRewardsBooks {
    error NotCapacity(address caller);
    error NotAllowed(address caller, address account);
    error NotPayee(address account, address to);
    error AmountZero();
    error ClassUnknown(uint8 class);
    error BoundsWrong(uint128 minimum, uint128 maximum);
    error BpsTooHigh(uint256 bps, uint256 most);
    error EpochNotOver(uint8 class, uint32 epoch, uint40 sweptFrom);
    error SweptAlready(uint8 class, uint32 epoch);
    error RewardUnknown(CommitmentId commitment);
    error RewardNotDue(CommitmentId commitment, uint40 dueAt);
    error DemandNotAttested(address customer);
    error WorkExcusedAlready(DealId deal, uint8 slot, uint32 epoch);
    error NotServed(DealId deal, uint8 slot, uint32 epoch);
    error FeeNotBurned(uint256 sold, uint256 need);
    error NothingRecorded(DealId deal, uint8 slot);
    error PriceStale();
    error FundsTooLow(uint256 have, uint256 need);

    event RewardsFunded(address indexed payer, uint128 amount, uint128 funds);
    /// @notice `target` is stablecoin a credited unit and epoch; `minimum` and `maximum` bound the pool in FLT.
    event PoolSet(uint8 indexed class, uint128 target, uint128 minimum, uint128 maximum);
    event BonusSet(uint16 bonusBps, uint16 kappaBps);
    /// @notice `amount` is what the epoch can pay, out of funded FLT; `wanted` what it would with enough of it.
    event PoolOpened(uint8 indexed class, uint32 indexed epoch, uint128 amount, uint128 wanted, uint128 funds);
    /// @notice The pool of the epoch after `epoch` as of now. `units` are millionths, `price` has 8 decimals; zero: it was stale.
    event PoolAdjusted(uint8 indexed class, uint32 indexed epoch, uint128 next, uint64 units, uint64 price);
    /// @notice reason, of what is not earned: 0 nothing, 1 more filled than counts, 2 under half of what was possible.
    event RewardEarned(
        CommitmentId indexed commitment,
        address indexed provider,
        uint8 class,
        uint32 epoch,
        uint128 earned,
        uint128 unearned,
        uint8 reason,
        uint40 dueAt
    );
    event RewardReleased(
        CommitmentId indexed commitment, address indexed provider, uint128 toStakers, uint128 toProvider
    );
    /// @notice Rewards not paid at a conviction: `bounty` is the reporter's, the rest returned.
    event RewardForfeited(CommitmentId indexed commitment, address indexed reporter, uint128 amount, uint128 bounty);
    /// @notice What nobody earned of an epoch's pool: undrawn, convicted, or never credited.
    event PoolSwept(uint8 indexed class, uint32 indexed epoch, uint128 amount, uint128 funds);
    /// @notice Part of a slot's fee that is burned once `FeeBurn` has sold `upTo`.
    event FeeRecorded(DealId indexed deal, uint8 indexed slot, address indexed provider, uint128 amount, uint256 upTo);
    /// @notice FLT for a fee that was burned: at most kappa of it, at the high price. The stakers' part of `amount` is what
    /// `RewardCredited` of the provider leaves of it.
    event FeeRewarded(
        DealId indexed deal, uint8 indexed slot, address indexed provider, uint128 fee, uint128 amount, uint64 price
    );
    event DemandSpent(DealId indexed deal, uint8 indexed slot, uint32 indexed epoch, address attester, uint64 credit);
    event RewardCredited(address indexed account, uint128 amount, uint128 credit);
    /// @notice Stakers' parts pushed to `Staking`; `waiting` is what it would not take yet.
    event StakersRewarded(address indexed provider, uint128 amount, uint128 waiting);
    event RewardPaid(address indexed account, uint128 amount, address recipient);
}

/// @title Rewards: funded FLT on its way to those who proved capacity or did work that somebody paid for.
/// @notice An epoch's pool follows what its credited units should earn in stablecoin: when it is worth less than
/// `units * target` at the high price, the next one is 10 % larger, otherwise 10 % smaller, within bounds and funds.
/// It is divided by all that was filled and excused; whatever of it is not earned returns to the funds.
///
/// @dev Assumptions.
/// Safety: `Capacity` credits no more than its divisor; `Deals`, `FeeBurn`, `Attributes`, `PriceGuard` and `Staking` are the ones of
/// this deployment.
/// Liveness: somebody funds. A stale price keeps the pool as it is.
interface IRewards is IRewardsBooks {
    struct Pool {
        uint128 target;
        uint128 minimum;
        uint128 maximum;
        uint128 wanted; // pool of `epoch`, before it is cut to the funds
        uint128 next; // of the epoch after it, as adjusted last
        uint32 epoch;
        uint64 units; // credited lately, millionths
    }

    /* FUNDS */

    /// @notice Anyone who approved this contract.
    function fund(uint128 amount) external;
    /// @notice Anyone: what an epoch's pool did not pay returns to the funds, ten days after the epoch.
    function sweep(uint8 class, uint32 epoch) external returns (uint128 amount);
    /// @notice Anyone: resizes the next epoch's pool by the price of now. The last call of an epoch counts.
    function adjust(uint8 class) external;

    /* CAPACITY */

    /// @notice `Capacity` only, in an epoch's first window: sets its pool aside.
    /// @param units Credited in the last final epoch, millionths; zero: none is final.
    function open(uint8 class, uint32 epoch, uint64 units) external;
    /// @notice `Capacity` only: books `pool * weight / divisor`, due 24 hours after the epoch is final, 27 hours after its end, and
    /// pays what is due of the epoch before.
    /// @param allotted What filled and excused puzzles made of the divisor; `allotted - weight` is not earned.
    function credit(
        CommitmentId commitment,
        address provider,
        uint8 class,
        uint32 epoch,
        uint256 weight,
        uint256 allotted,
        uint256 divisor,
        uint8 reason
    ) external returns (uint128 earned);
    /// @notice `Capacity` only: pays what is due, split by the provider's terms between its stakers and itself.
    function release(CommitmentId commitment) external returns (uint128 amount);
    /// @notice `Capacity` only: a convicted commitment's unpaid rewards return to the funds, but for the bounty.
    function forfeit(CommitmentId commitment, address reporter, uint128 bounty) external returns (uint128 forfeited);
    /// @notice `Capacity` only: how much work a slot did for an attested customer in an epoch, in millionths of a unit and
    /// epoch. Takes it from its attester's budget; each slot and epoch once, in order, and all in all no more seconds than the
    /// slot was paid for. Slots of metered deals prove in their idle cycles instead.
    function attend(DealId deal, uint8 slot, uint32 epoch, address provider, uint8 class)
        external
        returns (uint64 creditUsed);

    /* WORK */

    /// @notice Anyone: notes which part of a slot's fee is to be burned. Before it is noted for who serves next, or it is lost: of a
    /// serving that was noted once, what it is credited after the slot changed hands (late vouchers, what was held back)
    /// is noted first. What was noted before is rewarded first; while it cannot be (not sold, the price stale, the funds too low) what is noted waits
    /// after it, as one part up to the latest position. Only what waits of the provider before must be rewarded first. Of a
    /// standby that was promoted it must have been noted once before: `NothingRecorded`.
    function recordFee(DealId deal, uint8 slot) external returns (uint128 amount);
    /// @notice Anyone, once `FeeBurn` sold what was recorded: `kappa * fee / high` FLT for the slot's provider and stakers. What was
    /// recorded while it waited is next.
    function rewardFee(DealId deal, uint8 slot) external returns (uint128 amount);

    /* CLAIM */

    /// @notice Anyone: pushes to `Staking` what it would not take of a provider's stakers before, at most 1,000,000 FLT a call.
    function payStakers(address provider) external returns (uint128 amount);
    /// @notice `account` or its CLAIM key, to itself or its payee: pays its whole credit in FLT.
    function claim(address account, address recipient) external returns (uint128 amount);

    /* GOVERNANCE */

    /// @notice Governance. Acts from the next epoch that is opened on; the first call for a class starts it at `minimum`.
    function setPool(uint8 class, uint128 target, uint128 minimum, uint128 maximum) external;
    /// @notice Governance. At most 5,000 bps each.
    function setBonus(uint16 newBonusBps, uint16 newKappaBps) external;

    /* VIEWS */

    /// @notice FLT that no epoch was promised.
    function funds() external view returns (uint128);
    function poolOf(uint8 class) external view returns (Pool memory);
    /// @notice What an epoch set aside, and what of it was neither earned nor returned.
    function epochOf(uint8 class, uint32 epoch) external view returns (uint128 amount, uint128 left);
    /// @notice Earned and not paid, and when it is due.
    function pendingOf(CommitmentId commitment) external view returns (uint128 amount, uint40 dueAt);
    /// @notice What the last credited epoch earned.
    function lastRewardOf(CommitmentId commitment) external view returns (uint128);
    function creditOf(address account) external view returns (uint128);
    /// @notice Stakers' parts that wait for `payStakers`.
    function stakersCreditOf(address provider) external view returns (uint128);
    /// @notice Fee of a slot's serving that is rewarded next, and what `FeeBurn` must have sold for it.
    function recordedOf(DealId deal, uint8 slot) external view returns (uint128 amount, uint256 upTo);
    /// @notice All fees ever recorded.
    function recorded() external view returns (uint256);
    function bonusBps() external view returns (uint16);
    function kappaBps() external view returns (uint16);
    /// @notice FLT here that is owed to nobody: donations.
    function surplus() external view returns (uint256);
}
