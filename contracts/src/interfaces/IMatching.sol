// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {DealId, OfferId} from "../types/Ids.sol";

/// @title Matching: what customers ask for, which offers meet it. A request is numbered as the deal that it becomes.
/// @notice Holds no money and no stake: `Deals` takes the prepayment, `Staking` grants the locks. Anyone may propose offers for
/// the slots that wait, the cheapest valid proposal stands, and anyone may activate it. Every criterion and every limit of
/// every offer is checked at the proposal and again at the activation, in O(slots).
///
/// Assumptions, safety:
/// - `Deals`, `Offers`, `Attributes`, `Staking` and `PriceGuard` are the ones of this deployment.
/// - Whoever proposes gains nothing by it, so nothing is at stake: a proposal only has to be valid and the cheapest.
/// Assumptions, liveness:
/// - Somebody proposes and activates before the request's expiry. The customer can do both himself.
/// - The price is not stale when a proposal is activated.
interface IMatching {
    struct Criterion {
        uint16 attribute;
        uint8 level;
    }

    struct Request {
        string application; // content id, 1 to 128 bytes
        uint8 class;
        uint32 units; // per slot
        uint8 slots; // 1 to 16
        uint96 priceMax; // per unit-day, royalties included
        uint8 termDays; // 1 to 14
        uint16 durationDays; // a term to 3,650
        uint256 regions; // bitmap, zero: any
        uint16 firstLossMinBps;
        uint16 coverageBps; // 20,000 to 50,000
        uint8 exposure;
        uint8 proofKind;
        uint8 paymentMode; // 0 reserved
        uint32 notice; // seconds, at least what the offers ask for, at most 14 days
        uint40 expiry; // empty slots can be filled until then; at most 14 days ahead
        address resolver; // zero: none
        bool isAllowlist; // `providers` are the only ones, else they are barred
        address[] providers; // at most 32
        Criterion[] criteria; // at most 10
        uint128 prepaid; // at least one term of all slots at the maximum price
    }

    error NotAllowed(address caller, address customer);
    error RequestsPaused(uint40 until);
    error PauseTooSoon(uint40 next);
    error ApplicationInvalid();
    error ClassUnknown(uint8 class);
    error UnitsZero();
    error SlotsOutOfRange(uint8 slots);
    error PriceZero();
    error PriceTooHigh(uint96 price);
    error TermOutOfRange(uint8 termDays);
    error DurationOutOfRange(uint16 durationDays);
    error CoverageOutOfRange(uint16 bps);
    error FirstLossOutOfRange(uint16 bps);
    error ExposureUnknown(uint8 exposure);
    error ProofKindUnknown(uint8 kind);
    error PaymentModeUnknown(uint8 mode);
    error ListTooLong(uint256 length, uint256 most);
    error LevelInvalid(uint8 level);
    error NoticeTooLong(uint32 notice);
    error ExpiryPassed(uint40 expiry);
    error ExpiryTooLate(uint40 expiry, uint40 latest);
    error PrepaidTooLow(uint256 have, uint256 need);
    error RequestUnknown(DealId deal);
    /// @dev Taken back, or past its expiry.
    error RequestOver(DealId deal);
    /// @dev Slots were assigned already: it is a deal, to be stopped in `Deals`.
    error RequestActivated(DealId deal);
    error NothingToFill(DealId deal);
    error OffersCountWrong(uint256 have, uint256 need);
    /// @dev reason: see `reasonOf`.
    error OfferRefused(OfferId offer, uint8 reason);
    error ProviderTwice(address provider);
    error ProposalNotCheaper(uint256 price, uint256 best);
    error ProposalUnknown(DealId deal);
    /// @dev Its offers have become dearer since, and are no longer what won.
    error ProposalDearer(uint256 price, uint256 proposed);
    error ProofInvalid(bytes32 root);
    error FeeTooHigh(uint128 fee);

    /// @notice What `Deals` does not say of it in `DealOpened` and `DealTermsSet`.
    event RequestOpened(
        DealId indexed deal,
        address indexed customer,
        string application,
        uint96 priceMax,
        uint256 regions,
        uint16 firstLossMinBps,
        uint8 proofKind,
        uint40 expiry,
        address resolver,
        bool isAllowlist
    );
    event RequestProviderListed(DealId indexed deal, address indexed provider);
    event RequestCriterionAdded(DealId indexed deal, uint16 indexed attribute, uint8 level);
    event RequestCancelled(DealId indexed deal);
    /// @notice The best proposal so far: for each empty slot, in order, one offer (`ProposalOffered`). `price` is stablecoin a
    /// day of all its slots.
    event Proposed(DealId indexed deal, address indexed proposer, uint32 round, uint256 price);
    event ProposalOffered(DealId indexed deal, uint32 indexed round, uint8 indexed slot, OfferId offer);
    event ProposalActivated(DealId indexed deal, uint32 indexed round, address indexed activator);
    event RequestFeeSet(uint128 fee);
    event RequestsPausedUntil(uint40 until);

    /// @notice Anyone, for himself, unless paused. Takes `prepaid` and the request fee from the caller, who approved `Deals`.
    function request(Request calldata newRequest) external returns (DealId deal);
    /// @notice The customer or his CUSTOMER key, while no slot was ever assigned; the escrow is refundable at once.
    function cancel(DealId deal) external;
    /// @notice Anyone: one offer for each empty slot, in slot order, of different providers who serve no other slot of it.
    /// Replaces a proposal that is dearer by a thousandth at least, or no longer valid.
    function propose(DealId deal, OfferId[] calldata offers) external;
    /// @notice Anyone. Checks every criterion again, then locks, and gives each provider 30 minutes to be ready.
    function activate(DealId deal) external;
    /// @notice Anyone: shows that the customer (or the application) of `deal` is in the Merkle tree of `root`, which an offer
    /// names. Leaves are `keccak256(keccak256(abi.encode(customer)))` and `keccak256(keccak256(bytes(application)))`.
    function admit(DealId deal, bytes32 root, bytes32[] calldata proof, bool isApplication) external;
    /// @notice Governance; at most 100 tokens.
    function setRequestFee(uint128 newFee) external;
    /// @notice The guardian: no new requests for 7 days, once in 30. Nothing else stops.
    function pause() external;

    /* VIEWS */

    /// @notice As it was made, except `prepaid`, which is zero: `Deals` keeps the money's books.
    function requestOf(DealId deal) external view returns (Request memory);
    function proposalOf(DealId deal)
        external
        view
        returns (address proposer, uint32 round, uint256 price, OfferId[] memory offers);
    function requestFee() external view returns (uint128);
    function guardian() external view returns (address);
    function pausedUntil() external view returns (uint40);
    /// @notice The first criterion or limit that `offer` fails for `deal`; zero: none.
    /// 1 gone, 2 class, 3 region, 4 price, 5 units, 6 coverage, 7 term, 8 duration, 9 payment mode, 10 proof kind,
    /// 11 notice, 12 listed, 13 first loss, 14 attribute, 15 customer not accepted, 16 application not accepted, 17 free stake.
    function reasonOf(DealId deal, OfferId offer) external view returns (uint8);
}
