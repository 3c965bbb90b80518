// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {DealId} from "../types/Ids.sol";

/// @title Vouchers: what a customer's gateways signed for metered usage.
/// @notice Holds nothing. A voucher is cumulative for one serving of one slot, so only the latest matters, one redemption pays any number
/// of invocations, and redeeming twice pays once. A gateway signs for a customer up to its cap a day (UTC), which is not
/// accumulated. Once it is revoked it may be redeemed for 24 hours, for usage before the revocation, from what its cap left on that
/// day.
///
/// Assumptions, safety: `Deals` is the one of this deployment. A gateway's key is its own.
/// Liveness: somebody redeems within 24 hours of a serving's end.
interface IVouchers {
    struct Voucher {
        DealId deal;
        uint8 slot;
        uint32 serving; // its number: no other serving's provider is paid
        address provider;
        uint128 amount; // cumulative for the serving, stablecoin
        uint64 invocations; // cumulative for the serving
        uint40 from; // of the usage since the voucher before
        uint40 until;
        bytes32 usageRoot; // of all usage records of the serving, RFC 9162's tree with keccak256
    }

    struct Gateway {
        uint96 dailyCap; // zero: not registered
        uint96 spent; // on `day`
        uint24 day; // timestamp / 86400
        uint40 revokedAt; // zero: it is not
    }

    error NotAllowed(address caller, address customer);
    error GatewayZero();
    error CapZero();
    error GatewayUnknown(address customer, address gateway);
    error GatewayRevoked(address customer, address gateway, uint40 revokedAt);
    error CapReached(address customer, address gateway, uint256 dailyCap);
    error SignatureInvalid(address gateway);
    error PeriodInvalid(uint40 from, uint40 until);
    /// @dev There is no metered slot of this number in a deal of this customer.
    error NotMetered(DealId deal, uint8 slot, address customer);
    /// @dev The serving is not this provider's.
    error ServingWrong(DealId deal, uint8 slot, uint32 serving);
    /// @dev For usage after the end of the serving, or in the future.
    error UsageTooLate(uint40 until);
    error RedemptionOver(DealId deal, uint8 slot, uint32 serving);
    error RedeemedAlready(DealId deal, uint8 slot, uint32 serving, uint128 amount);
    error EscrowUsedUp(DealId deal, uint8 slot);
    error LengthsDiffer(uint256 vouchers, uint256 signatures);

    /// @notice It may sign from now on, up to `dailyCap` a day; a cap that was there is replaced.
    event GatewaySet(address indexed customer, address indexed gateway, uint96 dailyCap);
    event GatewayRevocation(address indexed customer, address indexed gateway, uint40 revokedAt);
    /// @notice `amount` was paid (see `Deals.SlotRedeemed`); `signed` is what the voucher says, cumulative. Where it is more than the serving was
    /// paid, escrow or cap did not suffice, and the rest can be redeemed later.
    event VoucherRedeemed(
        DealId indexed deal,
        uint8 indexed slot,
        address indexed gateway,
        uint32 serving,
        uint128 amount,
        uint128 signed,
        uint64 invocations,
        uint40 from,
        uint40 until,
        bytes32 usageRoot
    );

    /// @notice The customer or his CUSTOMER key. Registers a gateway, changes its cap, or takes a revocation back.
    function setGateway(address customer, address gateway, uint96 dailyCap) external;
    /// @notice The customer, his CUSTOMER key, or the gateway itself.
    function revokeGateway(address customer, address gateway) external;
    /// @notice Anyone. Pays the voucher's provider what it was not paid before, as far as escrow and cap reach.
    /// @param signature Of the voucher's EIP-712 digest by `gateway`: 65 bytes, 64 of ERC-2098, or what an ERC-1271 wallet takes.
    function redeem(Voucher calldata voucher, address customer, address gateway, bytes calldata signature)
        external
        returns (uint128 paid);
    /// @notice Anyone. One code per voucher, none stops the others: 0 paid; 1 to 6 as `IRedemption.redeem` says; 7 signature, 8 gateway not registered,
    /// or revoked, 9 cap reached, 10 period.
    function redeemMany(Voucher[] calldata vouchers, address customer, address gateway, bytes[] calldata signatures)
        external
        returns (uint8[] memory codes);

    /* VIEWS */

    function gatewayOf(address customer, address gateway) external view returns (Gateway memory);
    /// @notice What it may still sign today.
    function allowanceOf(address customer, address gateway) external view returns (uint96);
    /// @notice Domain: name `Surety`, version `1`, this chain, this contract.
    function digestOf(Voucher calldata voucher) external view returns (bytes32);
}
