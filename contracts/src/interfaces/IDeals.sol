// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {DealId, LockId, OfferId} from "../types/Ids.sol";
import {IRedemption} from "./IRedemption.sol";
import {ISuccession} from "./ISuccession.sol";

/// @title What `Deals` refuses and tells; what may be called is in `IDeals`.
interface IDealsBooks {
    error NotMatching(address caller);
    error NotAllowed(address caller, address account);
    error NotPayee(address account, address to);
    error DealUnknown(DealId deal);
    error DealRunning(DealId deal);
    error DealStopped(DealId deal);
    /// @dev Every slot has ended, or will with the serving that runs: there is nothing left to pay for.
    error DealOver(DealId deal);
    error SlotUnknown(DealId deal, uint8 slot);
    error SlotStatusWrong(DealId deal, uint8 slot, uint8 status);
    error FillingOver(DealId deal, uint40 expiry);
    error AmountZero();
    error SharesZero();
    error LengthsDiffer(uint256 deals, uint256 slots);
    error FeeTooHigh(uint16 feeBps);
    error ReadyTooLate(DealId deal, uint8 slot, uint40 deadline);
    error ReadyNotLate(DealId deal, uint8 slot, uint40 deadline);
    error RenewalNotOpen(DealId deal, uint8 slot, uint40 opensAt);
    error RenewalOver(DealId deal, uint8 slot, uint40 termEnd);
    error RenewalRefused(DealId deal, uint8 slot);
    /// @dev The provider promises its delegators less than the request asked for: the slot ends with its term.
    error FirstLossLowered(uint256 haveBps, uint256 needBps);
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
    /// Where `shares` equals `totalShares` the escrow was used up before, and the shares of earlier payers are void.
    event DealFunded(DealId indexed deal, address indexed payer, uint128 amount, uint128 shares, uint128 totalShares);
    /// @notice Escrow of a slot after it was moved: funded, or what it did not use given to `spare`.
    event SlotFunded(DealId indexed deal, uint8 indexed slot, uint128 escrow);
    event SpareChanged(DealId indexed deal, uint128 spare);
    /// @notice A provider's stake is locked for the slot; `ready` is due within 30 minutes.
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
    /// @notice Lock and units are free again, the slot is empty. `isSilent`: the 30 minutes passed.
    event SlotDeclined(DealId indexed deal, uint8 indexed slot, address indexed provider, bool isSilent);
    /// @notice Accrual and liability start.
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
    /// @notice One credit and its split: `fee + royalty + toStakers + toProvider`. The royalty is its deal's, see `IRedemption`.
    event SlotCredited(
        DealId indexed deal,
        uint8 indexed slot,
        address indexed provider,
        uint128 fee,
        uint128 royalty,
        uint128 toStakers,
        uint128 toProvider
    );
    /// @notice `isPriced` false: the price was stale, the lock keeps its FLT.
    event SlotRenewed(
        DealId indexed deal,
        uint8 indexed slot,
        address indexed provider,
        uint40 termEnd,
        uint128 lockAmount,
        uint128 valueAtStake,
        bool isPriced
    );
    /// @notice The provider will not renew.
    event SlotFinal(DealId indexed deal, uint8 indexed slot, address indexed provider);
    event MarginCallOpened(
        DealId indexed deal, uint8 indexed slot, address indexed provider, uint256 healthBps, uint64 staleSeconds
    );
    event SlotToppedUp(
        DealId indexed deal, uint8 indexed slot, address indexed provider, uint128 amount, uint128 lockAmount
    );
    event MarginCallCured(DealId indexed deal, uint8 indexed slot, address indexed provider, uint256 healthBps);
    /// @notice Slots that are served end at `endsAt`, or with their term when that is earlier; all others ended at once.
    event DealStopRequested(DealId indexed deal, uint40 endsAt);
    /// @notice reason: 0 term over, 1 customer's stop, 2 out of funds, 3 left on margin, 4 failed,
    /// 5 not filled (then `provider` is zero, as it is when a stop ends a slot that nobody serves).
    event SlotEnded(DealId indexed deal, uint8 indexed slot, address indexed provider, uint40 endsAt, uint8 reason);
    event Refunded(DealId indexed deal, address indexed payer, uint128 shares, uint128 amount, uint128 totalShares);
    /// @notice `credit` is the account's credit after it.
    event CreditAdded(address indexed account, uint128 amount, uint128 credit);
    event StakersPaid(address indexed provider, uint128 amount);
    event CreditClaimed(address indexed account, uint128 amount, address recipient);
    event FeeSet(uint16 feeBps, address indexed treasury);
}

/// @title Deals: escrow, streams, credits, terms and margin. A deal has slots, each served by one provider at a time.
/// @notice Holds all stablecoin of deals: escrow of slots, what is spare, what was earned but is held back for three
/// days, and credits that wait for their owners. It never pays anybody who did not ask: whatever somebody earned is a
/// credit, claimed by pull, so a blocked recipient blocks nobody but itself.
///
/// A slot owes its provider `floor(price * units * served seconds / 86400)`, cumulative. Its books are kept in seconds:
/// how many were settled, how many were credited. Settling at any set of times gives the same cumulative amounts, and
/// what is settled never exceeds the escrow. When the escrow is used up, accrual stands at the last second that it pays for;
/// a payment starts it again at the payment's time, and nobody ever pays for the gap.
///
/// Assumptions, safety:
/// - The stablecoin moves exactly the amounts asked for: no fee on transfer, no rebasing.
/// - `Staking`, `PriceGuard` and `Offers` are the ones of this deployment; `Matching` names a customer only when he called.
/// - A block's time never falls.
/// Assumptions, liveness:
/// - The stablecoin blocks neither this contract nor, for `payStakers`, `Staking`.
/// - Somebody calls `renew` in the last day of a term. Everything else works whenever it is called.
interface IDeals is IDealsBooks, ISuccession, IRedemption {
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
        uint40 expiry; // empty slots can be filled until then
        uint96 royalty; // per unit-day, on top of the offer's price; `Modules` says whose
        uint8 proofKind;
        bytes32 verificationKey; // of groth16 proofs; zero: none
        uint16 generation; // of shares; a new one starts when a payment finds the escrow used up
        uint128 shares; // escrow shares of all payers
        uint128 spare; // escrow of no slot: of slots that ended
        uint8 standbys; // numbered from 16 on, see `ISuccession`
        uint16 reserveBps; // part of a slot's lock that a standby locks
        address resolver; // decides appeals; zero: the panel
    }

    /// @dev status: 0 empty (waits for a provider), 1 assigned (waits for `ready`), 2 serving, 3 ended.
    struct Slot {
        address provider;
        OfferId offer;
        uint32 serving; // serving number, counts providers
        uint96 price; // offer's price plus royalty, per unit-day; of metered slots the most that it may be
        LockId lock;
        uint40 startedAt; // when accrual started, moved on by what was not served; zero before `ready`
        uint40 termEnd;
        uint8 status;
        bool isFinal; // non-renewal announced
        uint128 escrow;
        uint128 owed; // cumulative for this serving, at the last settle; of metered slots what was redeemed
        uint128 credited; // cumulative for this serving
        uint128 valueAtStake; // at the last grant
        uint40 endsAt; // accrual ends: term end, or stop plus notice
        uint40 assignedAt; // zero once it is ready
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
        uint16 firstLossMinBps; // of the provider's terms, at each renewal, too
        uint32 units;
        uint32 notice;
        uint16 durationDays;
        uint40 expiry;
        uint96 royalty; // of all its modules
        uint8 proofKind;
        bytes32 verificationKey;
        uint128 prepaid;
        uint128 requestFee; // on top of `prepaid`, credited to the treasury
        uint8 standbys; // at most 4
        uint16 reserveBps; // 2,000 or 10,000
        uint128 tip; // on top of `prepaid`
        address resolver;
    }

    /* OPENING */

    /// @notice `Matching` only, never paused here. Takes `prepaid`, `requestFee` and `tip` from `payer`, who approved this contract,
    /// mints his escrow shares and spreads `prepaid` over slots and standbys, 50 to 1, the remainder to the first slot.
    function open(Opening calldata opening) external returns (DealId deal);
    /// @notice `Matching` only. Takes units from the offer and locks `coverage * valueAtStake / low` of the provider's stake
    /// until `now + 30 minutes + term + 5 days`. Refused while the price is stale.
    function assign(DealId deal, uint8 slot, OfferId offer) external returns (LockId lock);

    /* SERVING */

    /// @notice The provider or its SERVE key, within 30 minutes: accrual, liability and the first term start.
    function ready(DealId deal, uint8 slot) external;
    /// @notice The provider or its SERVE key, anyone after 30 minutes: frees lock and units. A standby takes the slot, or it is empty
    /// again; the time in which it can be filled stays what it was.
    function decline(DealId deal, uint8 slot) external;
    /// @notice Opens the next term in the last day of the running one, with a lock sized anew; anyone, because the provider
    /// agreed to the total duration in his offer. The escrow must pay to the end of the next term; for the customer or his
    /// CUSTOMER key it is enough that it pays for the rest of this term and one day. A stale price keeps the lock's FLT.
    /// The provider's first loss must still be what the request asked for.
    /// A renewal at a price ends a margin call.
    function renew(DealId deal, uint8 slot) external;
    /// @notice The provider or its SERVE key, until 3 days before the term's end, at any time where terms have at most 4 days.
    function announceNonRenewal(DealId deal, uint8 slot) external;
    /// @notice Anyone. Moves what was earned out of the escrow, and credits what was earned 3 days ago; of metered slots it credits
    /// what was redeemed. Does nothing when there is nothing to do.
    function settle(DealId deal, uint8 slot) external;
    /// @notice One code per pair: 0 settled, 1 unknown, 2 nothing to settle.
    function settleMany(DealId[] calldata deals, uint8[] calldata slots) external returns (uint8[] memory codes);
    /// @notice Ends a slot whose term or stop's notice is over, that ran dry an hour ago, or that nobody can fill any
    /// more. What it did not use becomes spare. Anyone. The lock stays for `releaseLock`. Where the deal goes on and a day of
    /// the slot is paid, the end of a term passes it on (see `ISuccession`). A metered slot that ended is closed once more, when
    /// its escrow is free (see `IRedemption`).
    function close(DealId deal, uint8 slot) external;
    /// @notice Anyone, five days after a slot ended: frees its lock, which was granted until five days after its term, and so
    /// outlasts a slot that ended early. Reverts as `Staking` does: `LockNotEnded` before, `LockUnknown` when it is free.
    function releaseLock(DealId deal, uint8 slot) external;

    /* MARGIN */

    /// @notice Anyone, when health is under two thirds of the coverage and the price is not stale: 48 hours to cure, not
    /// counting those in which the price is stale.
    function marginCall(DealId deal, uint8 slot) external;
    /// @notice The provider or its STAKE key: locks `amount` FLT more. Needs no price; where there is one that suffices, the
    /// call is cured at once.
    function topUp(DealId deal, uint8 slot, uint128 amount) external;
    /// @notice Anyone, when health suffices again.
    function cure(DealId deal, uint8 slot) external;
    /// @notice The customer or his CUSTOMER key, when a call was not cured in time and no fresh price shows enough health, or,
    /// at a price that is not stale, health is under five twelfths of the coverage: the slot ends at once. Nothing is slashed
    /// or sold.
    function leave(DealId deal, uint8 slot) external;

    /* MONEY */

    /// @notice Anyone who approved this contract. Mints shares at the balance after settling; the amount and what is spare are
    /// spread over the slots and standbys that have not ended, 50 to 1. One that ran dry must get enough for an hour. Refused
    /// once the deal was stopped, or no slot goes on after the serving that runs.
    function fund(DealId deal, uint128 amount) external returns (uint128 shares);
    /// @notice The customer, his CUSTOMER key, or `Matching` for a request that he takes back. Slots that are served end after
    /// the deal's notice, all others now.
    function stop(DealId deal) external;
    /// @notice `payer` or his CUSTOMER key, to himself or his payee: pays his shares of what is left, rounded down, once every
    /// slot has ended. Ends those that can be.
    function refund(DealId deal, address payer, address recipient) external returns (uint128 amount);
    /// @notice `account` or its CLAIM key, to itself or its payee: pays its whole credit.
    function claim(address account, address recipient) external returns (uint128 amount);
    /// @notice Pushes the stakers' part of a provider's revenue to `Staking`. Anyone.
    function payStakers(address provider) external returns (uint128 amount);
    /// @notice Governance. For deals opened from now on; at most 1,000 bps. Credits of the treasury stay with the old one.
    function setFee(uint16 newFeeBps, address newTreasury) external;

    /* VIEWS */

    function dealOf(DealId deal) external view returns (Deal memory);
    function slotOf(DealId deal, uint8 slot) external view returns (Slot memory);
    function count() external view returns (uint64);
    function feeBps() external view returns (uint16);
    function treasury() external view returns (address);
    /// @notice Bit i: slot or standby i waits for a provider and can still be filled: a slot until the expiry, a standby as long as
    /// there is a slot to stand by for.
    function emptySlots(DealId deal) external view returns (uint32);
    /// @notice Who is assigned to or serves each slot, then each standby; zero: nobody.
    function providersOf(DealId deal) external view returns (address[] memory);
    /// @notice The lock that `slot` would need now from an offer at `price` per unit-day, at the last observed price.
    function lockFor(DealId deal, uint8 slot, uint96 price) external view returns (uint128 amount, uint128 valueAtStake);
    /// @notice What the slot has accrued up to now for this serving, settled or not.
    function accrued(DealId deal, uint8 slot) external view returns (uint128);
    /// @notice What a settle would credit now.
    function creditable(DealId deal, uint8 slot) external view returns (uint128);
    /// @notice `lock * high / value at stake`, rounded down, from the last observation.
    function healthBps(DealId deal, uint8 slot) external view returns (uint256);
    function creditOf(address account) external view returns (uint128);
    function stakersCreditOf(address provider) external view returns (uint128);
    function sharesOf(DealId deal, address payer) external view returns (uint128);
    /// @notice Stablecoin here that is owed to nobody: donations.
    function surplus() external view returns (uint256);
}
