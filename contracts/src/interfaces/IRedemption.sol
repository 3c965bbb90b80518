// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {DealId} from "../types/Ids.sol";

/// @title Redemption: what metered slots are paid, and what authors are. A part of `IDeals`.
/// @notice A slot of a metered deal accrues nothing by time; its standbys' retainers do. What its gateways signed (`IVouchers`) leaves
/// its escrow when it is redeemed, and is owed to its provider from then on. `settle` credits it, split as every credit is,
/// and `releaseServing` that of a serving that ended before its slot: nothing of it is held back, because the customer agreed
/// to it. So any number of redemptions is split once. The price is a cap: value at stake is at most
/// `price * units * remaining time`, and at most the slot's escrow, once.
///
/// A serving that ended, by failure or otherwise, is redeemable for 24 hours, for usage up to its end. A slot that ended keeps
/// its escrow as long: then `close` of it, `fund` or `refund` makes it spare, and `refund` waits for that. Where the last serving
/// ended longer ago, or there was none, it is spare at once.
///
/// A metered slot is renewed by anyone when its escrow pays a day at its price. It passes on at the end of its term, as others do,
/// when a day is paid. When its escrow was used up an hour ago anyone may close it, and a payment into one that is used up
/// must pay an hour. Downtime moves its time on and nothing
/// else: it has earned nothing by it.
///
/// Royalties of a deal collect in it, until `Modules` says whose they are.
interface IRedemption {
    /// @dev What a voucher says, whoever signed it.
    struct Claim {
        DealId deal;
        uint8 slot;
        uint32 serving;
        address provider;
        address customer;
        uint40 until; // the usage ended
        uint128 amount; // cumulative for the serving
        uint128 most; // to be paid now
    }

    error NotVouchers(address caller);
    error NotModules(address caller);

    /// @notice `amount` left the slot's escrow and is owed to the serving, `redeemed` so far. `SlotSettled` says what of it was credited,
    /// `SlotCredited` how that was split.
    event SlotRedeemed(
        DealId indexed deal,
        uint8 indexed slot,
        address indexed provider,
        uint32 serving,
        uint128 amount,
        uint128 redeemed,
        uint128 escrow
    );
    /// @notice An author's part of a deal's royalties became his credit; `due` is left, of roundings.
    event RoyaltyCredited(DealId indexed deal, address indexed author, uint128 amount, uint128 due);

    /// @notice `Vouchers` only. Pays what of `amount` was not paid, at most `most` and the escrow.
    /// @return code 0 paid, 1 no metered slot of this customer, 2 not this provider's serving, 3 usage after the serving's end, 4 more
    /// than 24 hours after it, 5 paid already, 6 the escrow is used up, or `most` is zero. Nothing changes unless it is 0.
    function redeem(Claim calldata claim_) external returns (uint8 code, uint128 paid);
    /// @notice `Modules` only: credits authors the deal's royalties in proportion to `royalties`, rounded down.
    function payRoyalties(DealId deal, address[] calldata authors, uint96[] calldata royalties)
        external
        returns (uint128 paid);

    /* VIEWS */

    /// @notice What left the escrow for a serving of a metered slot: also `owed` of `slotOf` and `servingOf`.
    function redeemedOf(DealId deal, uint8 slot, uint32 serving) external view returns (uint128);
    /// @notice Royalties of a deal that `Modules` has not shared out.
    function royaltyDue(DealId deal) external view returns (uint128);
}
