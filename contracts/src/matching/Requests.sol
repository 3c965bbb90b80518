// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDeals} from "../interfaces/IDeals.sol";
import {IMatching} from "../interfaces/IMatching.sol";
import {OfferLimits} from "../libraries/OfferLimits.sol";
import {PauseOnce} from "../libraries/PauseOnce.sol";
import {DealId} from "../types/Ids.sol";
import {Books} from "./Books.sol";
import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @dev What customers ask for: checks it, opens the deal that it becomes, keeps it.
abstract contract Requests is Books {
    using PauseOnce for PauseOnce.Pause;

    uint8 private constant SLOTS_MAX = 16;
    uint8 private constant STANDBYS_MAX = 4;
    uint16 private constant BPS = 10_000;
    uint16 private constant RESERVE_BPS = 2000;
    uint16 private constant RETAINER_BPS = 200;
    uint32 private constant MILLIONTHS = 1e6;
    uint8 private constant EXPOSURE_LAST = 2;
    uint8 private constant PROOF_KIND_LAST = 4;
    uint8 private constant RESERVED = 0;
    uint8 private constant LEVEL_LAST = 3;
    uint256 private constant APPLICATION_MAX = 128;
    uint256 private constant LISTED_MAX = 32;
    uint256 private constant CRITERIA_MAX = 10;
    uint40 private constant EXPIRY_MAX = 14 days;

    /* REQUEST */

    /// @dev See `IMatching`.
    function request(IMatching.Request calldata newRequest) external returns (DealId deal) {
        require(!_pause.isRunning(), RequestsPaused(_pause.until));
        _requireValid(newRequest);
        _requireAffordable(newRequest);
        deal = deals.open(
            IDeals.Opening({
                customer: msg.sender,
                payer: msg.sender,
                class: newRequest.class,
                slots: newRequest.slots,
                termDays: newRequest.termDays,
                exposure: newRequest.exposure,
                paymentMode: newRequest.paymentMode,
                coverageBps: newRequest.coverageBps,
                firstLossMinBps: newRequest.firstLossMinBps,
                units: newRequest.units,
                notice: newRequest.notice,
                durationDays: newRequest.durationDays,
                expiry: newRequest.expiry,
                royalty: 0,
                royaltyTo: address(0),
                prepaid: newRequest.prepaid,
                requestFee: _requestFee,
                standbys: newRequest.standbys,
                reserveBps: newRequest.reserveBps,
                tip: newRequest.tip,
                resolver: newRequest.resolver
            })
        );
        _keep(deal, newRequest);
        emit RequestOpened(
            deal,
            msg.sender,
            newRequest.application,
            newRequest.priceMax,
            newRequest.regions,
            newRequest.firstLossMinBps,
            newRequest.proofKind,
            newRequest.expiry,
            newRequest.resolver,
            newRequest.isAllowlist
        );
        emit RequestStandbysSet(
            deal, newRequest.standbys, newRequest.reserveBps, newRequest.availabilityPpm, newRequest.tip
        );
        _keepLists(deal, newRequest);
    }

    /// @dev See `IMatching`.
    function admit(DealId deal, bytes32 root, bytes32[] calldata proof, bool isApplication) external {
        address customer = _asked[deal].customer;
        require(customer != address(0), RequestUnknown(deal));
        bytes32 inner = isApplication ? keccak256(bytes(_details[deal].application)) : keccak256(abi.encode(customer));
        bytes32 leaf = keccak256(abi.encode(inner));
        require(MerkleProof.verifyCalldata(proof, root, leaf), ProofInvalid(root));
        _isAdmitted[deal][_admission(root, isApplication)] = true;
    }

    /* CHECK */

    function _requireValid(IMatching.Request calldata asked) private view {
        uint256 length = bytes(asked.application).length;
        require(length != 0 && length <= APPLICATION_MAX, ApplicationInvalid());
        require(asked.class <= OfferLimits.CLASS_LAST, ClassUnknown(asked.class));
        require(asked.units != 0, UnitsZero());
        require(asked.slots != 0 && asked.slots <= SLOTS_MAX, SlotsOutOfRange(asked.slots));
        require(asked.standbys <= STANDBYS_MAX, StandbysOutOfRange(asked.standbys));
        bool isReserve = asked.reserveBps == RESERVE_BPS || asked.reserveBps == BPS;
        require(isReserve || (asked.standbys == 0 && asked.reserveBps == 0), ReserveInvalid(asked.reserveBps));
        require(asked.availabilityPpm < MILLIONTHS, AvailabilityOutOfRange(asked.availabilityPpm));
        require(asked.priceMax != 0, PriceZero());
        require(asked.priceMax <= OfferLimits.PRICE_MAX, PriceTooHigh(asked.priceMax));
        require(asked.termDays != 0 && asked.termDays <= OfferLimits.TERM_MAX_DAYS, TermOutOfRange(asked.termDays));
        require(
            asked.durationDays >= asked.termDays && asked.durationDays <= OfferLimits.DURATION_MAX_DAYS,
            DurationOutOfRange(asked.durationDays)
        );
        require(
            asked.coverageBps >= OfferLimits.COVERAGE_MIN_BPS && asked.coverageBps <= OfferLimits.COVERAGE_MAX_BPS,
            CoverageOutOfRange(asked.coverageBps)
        );
        require(asked.firstLossMinBps <= BPS, FirstLossOutOfRange(asked.firstLossMinBps));
        require(asked.exposure <= EXPOSURE_LAST, ExposureUnknown(asked.exposure));
        require(asked.proofKind <= PROOF_KIND_LAST, ProofKindUnknown(asked.proofKind));
        require(asked.paymentMode == RESERVED, PaymentModeUnknown(asked.paymentMode));
        require(asked.notice <= OfferLimits.NOTICE_MAX, NoticeTooLong(asked.notice));
        _requireInTime(asked);
        _requireListsValid(asked);
    }

    function _requireInTime(IMatching.Request calldata asked) private view {
        require(asked.expiry > block.timestamp, ExpiryPassed(asked.expiry));
        uint40 latest = uint40(block.timestamp) + EXPIRY_MAX;
        require(asked.expiry <= latest, ExpiryTooLate(asked.expiry, latest));
    }

    function _requireListsValid(IMatching.Request calldata asked) private pure {
        require(asked.providers.length <= LISTED_MAX, ListTooLong(asked.providers.length, LISTED_MAX));
        require(asked.criteria.length <= CRITERIA_MAX, ListTooLong(asked.criteria.length, CRITERIA_MAX));
        for (uint256 i = 0; i < asked.criteria.length; ++i) {
            uint8 level = asked.criteria[i].level;
            require(level != 0 && level <= LEVEL_LAST, LevelInvalid(level));
        }
    }

    function _requireAffordable(IMatching.Request calldata asked) private pure {
        uint256 each = uint256(asked.priceMax) * asked.units * asked.termDays;
        uint256 retainers = Math.ceilDiv(each * asked.standbys * RETAINER_BPS, BPS);
        uint256 need = each * asked.slots + retainers;
        require(asked.prepaid >= need, PrepaidTooLow(asked.prepaid, need));
    }

    /* KEEP */

    function _keep(DealId deal, IMatching.Request calldata newRequest) private {
        _asked[deal] = Asked({
            customer: msg.sender,
            state: OPEN,
            class: newRequest.class,
            slots: newRequest.slots,
            standbys: newRequest.standbys,
            termDays: newRequest.termDays,
            proofKind: newRequest.proofKind,
            paymentMode: newRequest.paymentMode,
            firstLossMinBps: newRequest.firstLossMinBps,
            coverageBps: newRequest.coverageBps,
            priceMax: newRequest.priceMax,
            units: newRequest.units,
            notice: newRequest.notice,
            expiry: newRequest.expiry,
            durationDays: newRequest.durationDays,
            // At most ten.
            // forge-lint: disable-next-line(unsafe-typecast)
            criteriaCount: uint8(newRequest.criteria.length),
            marks: _marksOf(newRequest),
            // Below a million.
            // forge-lint: disable-next-line(unsafe-typecast)
            availabilityPpm: uint24(newRequest.availabilityPpm)
        });
        Details storage details = _details[deal];
        details.application = newRequest.application;
        details.exposure = newRequest.exposure;
        details.reserveBps = newRequest.reserveBps;
        details.resolver = newRequest.resolver;
        details.isAllowlist = newRequest.isAllowlist;
        if (newRequest.regions != 0) details.regions = newRequest.regions;
    }

    function _marksOf(IMatching.Request calldata asked) private pure returns (uint8 marks) {
        if (asked.regions != 0) marks |= HAS_REGIONS;
        if (asked.isAllowlist || asked.providers.length != 0) marks |= IS_LISTING;
        if (asked.tip != 0) marks |= HAS_TIP;
    }

    function _keepLists(DealId deal, IMatching.Request calldata newRequest) private {
        Details storage details = _details[deal];
        for (uint256 i = 0; i < newRequest.providers.length; ++i) {
            address provider = newRequest.providers[i];
            details.providers.push(provider);
            _isListed[deal][provider] = true;
            emit RequestProviderListed(deal, provider);
        }
        uint256 criteria = 0;
        for (uint256 i = 0; i < newRequest.criteria.length; ++i) {
            IMatching.Criterion calldata criterion = newRequest.criteria[i];
            criteria |= _packed(criterion.attribute, criterion.level, i);
            emit RequestCriterionAdded(deal, criterion.attribute, criterion.level);
        }
        if (criteria != 0) details.criteria = criteria;
    }
}
