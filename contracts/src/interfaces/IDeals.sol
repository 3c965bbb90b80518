// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {DealId, LockId, OfferId} from "../types/Ids.sol";

/// @title Deals: escrow, streams, credits, terms and margin. A deal has slots, each served by one provider at a time.
interface IDeals {
    /// @dev What a deal is, from its request on. Fee and royalty are fixed when it is opened.
    struct Deal {
        address customer;
        uint8 class;
        uint8 slots;
        uint8 termDays;
        uint8 exposure; // 0 remaining, 1 term, 2 whole
        uint8 paymentMode; // 0 reserved, 1 metered
        uint16 coverageBps;
        uint16 feeBps;
        uint32 units; // per slot
        uint32 notice; // seconds
        uint16 durationDays;
        uint40 openedAt;
        uint40 startedAt; // first `ready`; the duration runs from here. Zero before
        uint40 stoppedAt; // customer's stop, zero before
        uint96 royalty; // per unit-day, on top of the offer's price
        uint128 shares; // escrow shares of all payers
        uint128 spare; // escrow of no slot: of slots that ended
    }

    /// @dev status: 0 empty (waits for a provider), 1 assigned (waits for `ready`), 2 serving, 3 ended.
    struct Slot {
        address provider;
        OfferId offer;
        uint32 serving; // serving number, counts providers
        uint96 price; // offer's price plus royalty, per unit-day
        LockId lock;
        uint40 startedAt; // when accrual started, moved on by what was not served
        uint40 termEnd;
        uint8 status;
        bool isFinal; // non-renewal announced
        uint128 escrow;
        uint128 owed; // cumulative for this serving, at the last settle
        uint128 credited; // cumulative for this serving
        uint128 valueAtStake; // at the last grant
        uint40 endsAt; // accrual ends: term end, or stop plus notice
        uint40 assignedAt;
        uint40 calledAt; // margin call; zero: none
        uint64 staleAtCall; // PriceGuard.staleSeconds then
    }

    /// @dev What `Matching` opens a deal with.
    struct Opening {
        address customer;
        address payer;
        uint8 class;
        uint8 slots;
        uint8 termDays;
        uint8 exposure;
        uint8 paymentMode;
        uint16 coverageBps;
        uint32 units;
        uint32 notice;
        uint16 durationDays;
        uint96 royalty;
        uint128 prepaid;
    }

    error NotMatching(address caller);
    error NotFaults(address caller);
    error NotAllowed(address caller, address account);
    error NotPayee(address account, address to);
    error DealUnknown(DealId deal);
    error DealRunning(DealId deal);
    error DealStopped(DealId deal);
    error SlotUnknown(DealId deal, uint8 slot);
    error SlotStatusWrong(DealId deal, uint8 slot, uint8 status);
    error AmountZero();
    error SharesZero();
    error FeeTooHigh(uint16 feeBps);
    error ReadyTooLate(DealId deal, uint8 slot, uint40 deadline);
    error ReadyNotLate(DealId deal, uint8 slot, uint40 deadline);
    error RenewalNotOpen(DealId deal, uint8 slot, uint40 opensAt);
    error RenewalOver(DealId deal, uint8 slot, uint40 termEnd);
    error RenewalRefused(DealId deal, uint8 slot);
    error EscrowTooLow(uint256 have, uint256 need);
    error DurationOver(DealId deal);
    error NoticeTooLate(DealId deal, uint8 slot, uint40 latest);
    error HealthSufficient(uint256 healthBps, uint256 maintainedBps);
    error HealthTooLow(uint256 healthBps, uint256 maintainedBps);
    error PriceStale();
    error MarginCalled(DealId deal, uint8 slot);
    error MarginNotCalled(DealId deal, uint8 slot);
    error CureRunning(DealId deal, uint8 slot, uint40 until);
    error SlotNotOver(DealId deal, uint8 slot);

    event DealOpened(
        DealId indexed deal,
        address indexed customer,
        uint8 class,
        uint8 slots,
        uint32 units,
        uint8 termDays,
        uint16 durationDays,
        uint16 coverageBps,
        uint8 exposure
    );
    event DealTermsSet(DealId indexed deal, uint8 paymentMode, uint16 feeBps, uint32 notice, uint96 royalty);
    /// @notice A payment into escrow; it is spread over the slots that have not ended (`SlotFunded`).
    event DealFunded(DealId indexed deal, address indexed payer, uint128 amount, uint128 shares, uint128 totalShares);
    /// @notice Escrow of a slot after it was moved: funded, or what it did not use given to `spare`.
    event SlotFunded(DealId indexed deal, uint8 indexed slot, uint128 escrow);
    event SpareChanged(DealId indexed deal, uint128 spare);
    event SlotAssigned(
        DealId indexed deal,
        uint8 indexed slot,
        address indexed provider,
        uint32 serving,
        OfferId offer,
        uint96 price,
        LockId lock,
        uint128 lockAmount,
        uint128 valueAtStake
    );
    event SlotDeclined(DealId indexed deal, uint8 indexed slot, address indexed provider, bool isSilent);
    event SlotReady(DealId indexed deal, uint8 indexed slot, address indexed provider, uint40 termEnd);
    /// @notice Cumulative amounts of this serving after a settle; `startedAt` is moved on by what was not served.
    event SlotSettled(
        DealId indexed deal,
        uint8 indexed slot,
        uint32 serving,
        uint128 escrow,
        uint128 owed,
        uint128 credited,
        uint40 startedAt
    );
    /// @notice One credit and its split: `fee + royalty + toStakers + toProvider`.
    event SlotCredited(
        DealId indexed deal,
        uint8 indexed slot,
        address indexed provider,
        uint128 fee,
        uint128 royalty,
        uint128 toStakers,
        uint128 toProvider
    );
    event SlotRenewed(
        DealId indexed deal,
        uint8 indexed slot,
        address indexed provider,
        uint40 termEnd,
        uint128 lockAmount,
        uint128 valueAtStake,
        bool isPriced
    );
    event SlotFinal(DealId indexed deal, uint8 indexed slot, address indexed provider);
    event MarginCallOpened(
        DealId indexed deal, uint8 indexed slot, address indexed provider, uint256 healthBps, uint64 staleSeconds
    );
    event SlotToppedUp(
        DealId indexed deal, uint8 indexed slot, address indexed provider, uint128 amount, uint128 lockAmount
    );
    event MarginCallCured(DealId indexed deal, uint8 indexed slot, address indexed provider, uint256 healthBps);
    event DealStopRequested(DealId indexed deal, uint40 endsAt);
    /// @notice reason: 0 term over, 1 customer's stop, 2 out of funds, 3 left on margin, 4 failed.
    event SlotEnded(DealId indexed deal, uint8 indexed slot, address indexed provider, uint40 endsAt, uint8 reason);
    event Refunded(DealId indexed deal, address indexed payer, uint128 shares, uint128 amount, uint128 totalShares);
    event CreditAdded(address indexed account, uint128 amount, uint128 credit);
    event StakersPaid(address indexed provider, uint128 amount);
    event CreditClaimed(address indexed account, uint128 amount, address recipient);
    event FeeSet(uint16 feeBps, address indexed treasury);

    /* OPENING: Matching only */

    function open(Opening calldata opening) external returns (DealId deal);
    function assign(DealId deal, uint8 slot, OfferId offer) external returns (LockId lock);

    /* SERVING */

    function ready(DealId deal, uint8 slot) external;
    /// @notice The provider within 30 minutes, anyone after: frees lock and units, the slot is empty again.
    function decline(DealId deal, uint8 slot) external;
    function renew(DealId deal, uint8 slot) external;
    function announceNonRenewal(DealId deal, uint8 slot) external;
    function settle(DealId deal, uint8 slot) external;
    /// @notice One code per pair: 0 settled, 1 unknown, 2 nothing to settle.
    function settleMany(DealId[] calldata deals, uint8[] calldata slots) external returns (uint8[] memory codes);
    /// @notice Ends a slot whose term is over, that ran dry an hour ago, or whose stop's notice is over. Anyone.
    function close(DealId deal, uint8 slot) external;

    /* MARGIN */

    function marginCall(DealId deal, uint8 slot) external;
    function topUp(DealId deal, uint8 slot, uint128 amount) external;
    function cure(DealId deal, uint8 slot) external;
    /// @notice The customer, when a call was not cured in time or health is under the minimum.
    function leave(DealId deal, uint8 slot) external;

    /* MONEY */

    function fund(DealId deal, uint128 amount) external returns (uint128 shares);
    function stop(DealId deal) external;
    /// @notice Pays a payer's shares of what is left once every slot has ended.
    function refund(DealId deal, address payer, address recipient) external returns (uint128 amount);
    function claim(address account, address recipient) external returns (uint128 amount);
    /// @notice Pushes the stakers' part of a provider's revenue to `Staking`. Anyone.
    function payStakers(address provider) external returns (uint128 amount);
    function setFee(uint16 newFeeBps, address newTreasury) external;

    /* VIEWS */

    function dealOf(DealId deal) external view returns (Deal memory);
    function slotOf(DealId deal, uint8 slot) external view returns (Slot memory);
    function count() external view returns (uint64);
    /// @notice What the slot has accrued up to now for this serving, settled or not.
    function accrued(DealId deal, uint8 slot) external view returns (uint128);
    /// @notice Of that, what could be credited now.
    function creditable(DealId deal, uint8 slot) external view returns (uint128);
    function healthBps(DealId deal, uint8 slot) external view returns (uint256);
    function creditOf(address account) external view returns (uint128);
    function stakersCreditOf(address provider) external view returns (uint128);
    function sharesOf(DealId deal, address payer) external view returns (uint128);
    function surplus() external view returns (uint256);
}
