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
        uint96 royalty = _royaltyOf(newRequest);
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
                royalty: royalty,
                proofKind: newRequest.proofKind,
                verificationKey: newRequest.verificationKey,
                prepaid: newRequest.prepaid,
                requestFee: _requestFee,
                standbys: newRequest.standbys,
                reserveBps: newRequest.reserveBps,
                tip: newRequest.tip,
                resolver: newRequest.resolver
            })
        );
        _keep(deal, newRequest, newRequest.priceMax - royalty);
        emit RequestOpened(
            deal,
            msg.sender,
            newRequest.application,
            newRequest.priceMax,
            newRequest.among.regions,
            newRequest.firstLossMinBps,
            newRequest.proofKind,
            newRequest.expiry,
            newRequest.resolver,
            newRequest.among.isAllowlist
        );
        emit RequestStandbysSet(
            deal, newRequest.standbys, newRequest.reserveBps, newRequest.availabilityPpm, newRequest.tip
        );
        if (newRequest.verificationKey != 0) emit RequestKeySet(deal, newRequest.verificationKey);
        _keepLists(deal, newRequest);
        if (newRequest.modules.length != 0) modules.nameModules(deal, newRequest.modules);
    }

    /// @dev See `IMatching`.
    function admit(DealId deal, bytes32 root, bytes32[] calldata proof, bool isApplication) external {
        address customer = _customerOf(deal);
        bytes32 inner = isApplication ? keccak256(bytes(_details[deal].application)) : keccak256(abi.encode(customer));
        _admit(deal, root, proof, inner, isApplication ? APPLICATIONS : CUSTOMERS);
    }

    /// @dev See `IMatching`.
    function admitKey(DealId deal, bytes32 root, bytes32[] calldata proof) external {
        _customerOf(deal);
        _admit(deal, root, proof, keccak256(abi.encode(deals.dealOf(deal).verificationKey)), KEYS);
    }

    function _admit(DealId deal, bytes32 root, bytes32[] calldata proof, bytes32 inner, uint8 kind) private {
        require(MerkleProof.verifyCalldata(proof, root, keccak256(abi.encode(inner))), ProofInvalid(root));
        _isAdmitted[deal][_admission(root, kind)] = true;
    }

    function _customerOf(DealId deal) private view returns (address customer) {
        customer = _asked[deal].customer;
        require(customer != address(0), RequestUnknown(deal));
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
        require(
            (asked.proofKind == GROTH16) == (asked.verificationKey != 0),
            VerificationKeyWrong(asked.proofKind, asked.verificationKey)
        );
        require(asked.paymentMode <= METERED, PaymentModeUnknown(asked.paymentMode));
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
        require(asked.among.providers.length <= LISTED_MAX, ListTooLong(asked.among.providers.length, LISTED_MAX));
        require(asked.criteria.length <= CRITERIA_MAX, ListTooLong(asked.criteria.length, CRITERIA_MAX));
        for (uint256 i = 0; i < asked.criteria.length; ++i) {
            uint8 level = asked.criteria[i].level;
            require(level != 0 && level <= LEVEL_LAST, LevelInvalid(level));
        }
    }

    /// @dev What metered slots will use nobody knows: a day's worth shows that somebody means it.
    function _requireAffordable(IMatching.Request calldata asked) private pure {
        uint256 daily = uint256(asked.priceMax) * asked.units;
        uint256 retainers = Math.ceilDiv(daily * asked.termDays * asked.standbys * RETAINER_BPS, BPS);
        uint256 slotDays = asked.paymentMode == METERED ? 1 : asked.termDays;
        uint256 need = daily * slotDays * asked.slots + retainers;
        require(asked.prepaid >= need, PrepaidTooLow(asked.prepaid, need));
    }

    /// @dev Something of the maximum price must be left for the offer.
    function _royaltyOf(IMatching.Request calldata asked) private view returns (uint96 royalty) {
        if (asked.modules.length == 0) return 0;
        royalty = modules.royaltyOf(asked.modules);
        require(royalty < asked.priceMax, RoyaltyTooHigh(royalty, asked.priceMax));
    }

    /* KEEP */

    function _keep(DealId deal, IMatching.Request calldata newRequest, uint96 priceMax) private {
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
            priceMax: priceMax,
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
        details.isAllowlist = newRequest.among.isAllowlist;
        if (newRequest.among.regions != 0) details.regions = newRequest.among.regions;
    }

    function _marksOf(IMatching.Request calldata asked) private pure returns (uint8 marks) {
        if (asked.among.regions != 0) marks |= HAS_REGIONS;
        if (asked.among.isAllowlist || asked.among.providers.length != 0) marks |= IS_LISTING;
        if (asked.tip != 0) marks |= HAS_TIP;
    }

    function _keepLists(DealId deal, IMatching.Request calldata newRequest) private {
        Details storage details = _details[deal];
        for (uint256 i = 0; i < newRequest.among.providers.length; ++i) {
            address provider = newRequest.among.providers[i];
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

    /* VIEWS */

    /// @dev See `IMatching`.
    function requestOf(DealId deal) external view returns (IMatching.Request memory view_) {
        Asked memory asked = _load(deal);
        Details storage details = _details[deal];
        view_.application = details.application;
        view_.class = asked.class;
        view_.units = asked.units;
        view_.slots = asked.slots;
        IDeals.Deal memory opened = deals.dealOf(deal);
        view_.priceMax = asked.priceMax + opened.royalty;
        view_.verificationKey = opened.verificationKey;
        (view_.modules,) = modules.modulesOf(deal);
        view_.termDays = asked.termDays;
        view_.durationDays = asked.durationDays;
        view_.among.regions = details.regions;
        view_.firstLossMinBps = asked.firstLossMinBps;
        view_.coverageBps = asked.coverageBps;
        view_.exposure = details.exposure;
        view_.proofKind = asked.proofKind;
        view_.paymentMode = asked.paymentMode;
        view_.notice = asked.notice;
        view_.expiry = asked.expiry;
        view_.resolver = details.resolver;
        view_.among.isAllowlist = details.isAllowlist;
        view_.among.providers = details.providers;
        view_.standbys = asked.standbys;
        view_.reserveBps = details.reserveBps;
        view_.availabilityPpm = asked.availabilityPpm;
        view_.criteria = new IMatching.Criterion[](asked.criteriaCount);
        for (uint256 i = 0; i < view_.criteria.length; ++i) {
            (uint16 attribute, uint8 level) = _criterion(details.criteria, i);
            view_.criteria[i] = IMatching.Criterion({attribute: attribute, level: level});
        }
    }
}
