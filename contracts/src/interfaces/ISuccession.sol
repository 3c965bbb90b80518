// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {DealId, LockId} from "../types/Ids.sol";

/// @title Succession: how a deal outlives its providers. A part of `IDeals`.
/// @notice A deal has slots 0 to 15 and standbys, which are numbered from 16 on and are streams like slots: assigned, ready,
/// settled, renewed and closed by the same calls. What a standby is paid per unit-day is its retainer, 2 % of its own price
/// rounded up, of which no royalty is paid (and so its price is 50 at least); what it locks is `reserveBps` of the lock that
/// a slot would need at its price, with the largest escrow of a slot. It takes its units, which can go on proving capacity. Margin is not called for standbys. A
/// standby's place can be filled as long as there is a slot to stand by for, and when the last slot has ended `close` or
/// `refund` ends it.
///
/// When a provider's serving ends before its slot does, the slot passes on in the same transaction: the first standby that
/// can lock `ceil(lock * value now / value at the grant)` serves from that second on, at its own price, without a price of
/// FLT. Lock and value are those of the serving before. Where that was topped up, or the standby has not the stake for it,
/// those of its own grant suffice, if they ask for less: what others topped up it did not agree to. One without the stake for
/// that is dropped and forfeits what it was not yet credited. When none can, the slot is empty and seeks for 24 hours at least.
/// Where the escrow does not pay an hour of a standby's price, it is kept and not promoted. One that
/// announced that it will not renew serves to the end of the term that it stood by for.
///
/// A slot passes on when its serving failed, when its customer replaces it, when its term is over, not renewed, and a day of
/// it is paid; also when a provider declines it. It ends instead when the deal is stopped or its duration over.
///
/// What the old serving earned and was not yet credited is held back until three days after its end: `releaseServing`. Its
/// lock stays to the end that it was granted for. Retainers of the standby that was promoted are no longer held back:
/// `settle` credits them, or the next assignment of its place, which keeps its escrow.
interface ISuccession {
    /// @dev A serving that ended before its slot.
    struct Serving {
        address provider;
        LockId lock;
        uint96 price; // per unit-day, royalty included
        uint128 valueAtStake;
        uint40 endedAt; // accrual ended
        uint128 owed; // cumulative for the serving
        uint128 credited; // cumulative; the rest is held back until `endedAt` + 3 days
    }

    error NotFaults(address caller);
    error ServingUnknown(DealId deal, uint8 slot, uint32 serving);
    /// @dev It is another one that serves now, or none.
    error ServingOver(DealId deal, uint8 slot, uint32 serving);
    error HeldBack(DealId deal, uint8 slot, uint32 serving, uint40 until);
    /// @dev Standbys have no margin.
    error NotSlot(DealId deal, uint8 slot);
    /// @dev Of a standby, whose retainer is rounded up.
    error PriceTooLow(uint256 price, uint256 need);

    /// @notice What of a deal is about standbys, after `DealTermsSet`. `reserveBps` is 2,000 or 10,000. `tip` is the proposer's at the
    /// activation.
    event DealStandbysSet(DealId indexed deal, uint8 standbys, uint16 reserveBps, uint128 tip, address resolver);
    /// @notice The provider's serving is over, its slot is not, and is empty. `SlotSettled` came before, of the time up to
    /// `endedAt`. reason: 0 term over and not renewed, 2 out of funds (standbys), 3 left on margin, 4 failed.
    event ServingEnded(
        DealId indexed deal,
        uint8 indexed slot,
        address indexed provider,
        uint32 serving,
        LockId lock,
        uint40 endedAt,
        uint128 heldBack,
        uint8 reason
    );
    /// @notice `heldBack` of a serving was credited (`SlotCredited` has the split).
    event ServingReleased(
        DealId indexed deal, uint8 indexed slot, address indexed provider, uint32 serving, uint128 amount
    );
    /// @notice Standby `standby` (16 or more) serves `slot` from now on, with its own lock. Its place is empty, and keeps its escrow;
    /// `SlotSettled` of its place came before.
    event StandbyPromoted(
        DealId indexed deal,
        uint8 indexed slot,
        address indexed provider,
        uint8 standby,
        uint32 serving,
        uint96 price,
        LockId lock,
        uint128 lockAmount,
        uint128 valueAtStake,
        uint40 termEnd
    );
    /// @notice It has not the stake even at its own ratio. Its lock is released, `forfeited` retainers are in its place's escrow again
    /// (`SlotFunded`), its place is empty. What it is owed is what it was credited.
    event StandbyDropped(DealId indexed deal, uint8 indexed standby, address indexed provider, uint128 forfeited);
    /// @notice Nobody serves the slot; it can be filled until `until`.
    event SlotSeeking(DealId indexed deal, uint8 indexed slot, uint40 until);
    /// @notice Proven downtime of the running serving: accrual starts so much later (`SlotSettled` follows).
    event DowntimeDeducted(DealId indexed deal, uint8 indexed slot, uint32 serving, uint40 downSeconds);
    /// @notice The slot, and no other, ends at `endsAt`: its customer's flag was not confirmed.
    event SlotStopped(DealId indexed deal, uint8 indexed slot, address indexed provider, uint40 endsAt);
    /// @notice A tip left the books of `Matching`.
    event TipPaid(DealId indexed deal, address indexed recipient, uint128 amount);

    /// @notice `Faults` only. Ends the serving at `since`, at most 3 days ago: nothing is owed for later. Passes the slot on.
    /// @return isServed A standby serves now.
    function fail(DealId deal, uint8 slot, uint32 serving, uint40 since) external returns (bool isServed);
    /// @notice `Faults` only: `downSeconds` of the running serving are not owed. At most what it has served and was not
    /// credited.
    function deduct(DealId deal, uint8 slot, uint32 serving, uint40 downSeconds) external;
    /// @notice `Faults` only: the running serving ends after the deal's notice, and the slot with it.
    function stopSlot(DealId deal, uint8 slot, uint32 serving) external;
    /// @notice The customer or his CUSTOMER key, when he may `leave`: the serving ends now, and the slot passes on.
    function replace(DealId deal, uint8 slot) external returns (bool isServed);
    /// @notice Anyone, three days after a serving ended: credits what it was held back. Of a metered slot at any time: what was
    /// redeemed.
    function releaseServing(DealId deal, uint8 slot, uint32 serving) external returns (uint128 amount);
    /// @notice `Matching` only: pays the tip of `deal`, once, as a credit.
    function payTip(DealId deal, address recipient) external returns (uint128 amount);

    /* VIEWS */

    /// @notice Who is assigned to or serves the slot, and the number of that serving: all that a failover needs to know.
    function servedBy(DealId deal, uint8 slot) external view returns (address provider, uint32 serving);
    /// @notice A serving that ended before its slot, or of a standby whose term or money was over; reverts where there is none.
    function servingOf(DealId deal, uint8 slot, uint32 serving) external view returns (Serving memory);
    /// @notice Zero once it is paid.
    function tipOf(DealId deal) external view returns (uint128);
}
