// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {DealId, OfferId} from "../types/Ids.sol";

/// @title Matching: what customers ask for, which offers meet it. A request is numbered as the deal that it becomes.
interface IMatching {
    struct Criterion {
        uint16 attribute;
        uint8 level;
    }

    struct Request {
        string application; // content id
        uint8 class;
        uint32 units; // per slot
        uint8 slots; // 1 to 16
        uint96 priceMax; // per unit-day, royalties included
        uint8 termDays; // 1 to 14
        uint16 durationDays;
        uint256 regions; // bitmap, zero: any
        uint16 firstLossMinBps;
        uint16 coverageBps; // 20,000 to 50,000
        uint8 exposure;
        uint8 proofKind;
        uint8 paymentMode;
        uint32 notice;
        uint40 expiry; // the request lapses then unless it was activated
        address resolver; // zero: none
        bool isAllowlist; // `providers` are the only ones, else they are barred
        address[] providers;
        Criterion[] criteria;
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
    error TermOutOfRange(uint8 termDays);
    error DurationOutOfRange(uint16 durationDays);
    error CoverageOutOfRange(uint16 bps);
    error ExposureUnknown(uint8 exposure);
    error ProofKindUnknown(uint8 kind);
    error PaymentModeUnknown(uint8 mode);
    error ListTooLong(uint256 length, uint256 most);
    error LevelInvalid(uint8 level);
    error ExpiryPassed(uint40 expiry);
    error PrepaidTooLow(uint256 have, uint256 need);
    error RequestUnknown(DealId deal);
    error RequestOver(DealId deal);
    error NothingToFill(DealId deal);
    error OffersCountWrong(uint256 have, uint256 need);
    /// @dev reason: see `reasonOf`.
    error OfferRefused(OfferId offer, uint8 reason);
    error ProviderTwice(address provider);
    error ProposalNotCheaper(uint256 price, uint256 best);
    error ProposalUnknown(DealId deal);
    error FeeTooHigh(uint128 fee);

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
    /// @notice The best proposal so far: for each empty slot, in order, one offer (`ProposalOffered`).
    event Proposed(DealId indexed deal, address indexed proposer, uint32 round, uint256 price);
    event ProposalOffered(DealId indexed deal, uint32 indexed round, uint8 indexed slot, OfferId offer);
    event ProposalActivated(DealId indexed deal, uint32 indexed round, address indexed activator);
    event RequestFeeSet(uint128 fee);
    event RequestsPausedUntil(uint40 until);

    /// @notice Pulls `prepaid` and the request fee in stablecoin from the caller, who approved `Deals`.
    function request(Request calldata newRequest) external returns (DealId deal);
    /// @notice Takes the request back while no slot was ever assigned; the escrow is then refundable.
    function cancel(DealId deal) external;
    /// @notice One offer for each empty slot, in slot order. Replaces a proposal that is dearer.
    function propose(DealId deal, OfferId[] calldata offers) external;
    /// @notice Checks every criterion again, then locks. Anyone.
    function activate(DealId deal) external;
    function setRequestFee(uint128 newFee) external;
    function pause() external;

    /* VIEWS */

    function requestOf(DealId deal) external view returns (Request memory);
    function proposalOf(DealId deal)
        external
        view
        returns (address proposer, uint32 round, uint256 price, OfferId[] memory offers);
    function requestFee() external view returns (uint128);
    /// @notice The first criterion or limit that `offer` fails for `deal`; zero: none.
    /// 1 gone, 2 class, 3 region, 4 price, 5 units, 6 coverage, 7 term, 8 duration, 9 payment mode, 10 proof kind,
    /// 11 notice, 12 listed, 13 first loss, 14 attribute, 15 customer not accepted, 16 application not accepted, 17 free stake.
    function reasonOf(DealId deal, OfferId offer) external view returns (uint8);
}
