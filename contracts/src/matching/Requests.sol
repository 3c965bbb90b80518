// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAttributes} from "../interfaces/IAttributes.sol";
import {IDeals} from "../interfaces/IDeals.sol";
import {IMatching} from "../interfaces/IMatching.sol";
import {IOffers} from "../interfaces/IOffers.sol";
import {IPriceGuard} from "../interfaces/IPriceGuard.sol";
import {IStaking} from "../interfaces/IStaking.sol";
import {OfferLimits} from "../libraries/OfferLimits.sol";
import {PauseOnce} from "../libraries/PauseOnce.sol";
import {DealId} from "../types/Ids.sol";
import {KeyRoles} from "../types/Roles.sol";
import {MerkleProof} from "@openzeppelin/contracts/utils/cryptography/MerkleProof.sol";

/// @dev What customers ask for: checks it, keeps it, takes it back. Invariants:
/// 1. A request is kept as it was made: nothing changes it but its end.
/// 2. `hasRegions`, `criteriaCount` and `isListing` say whether an activation has to read the word that they stand for.
abstract contract Requests is IMatching {
    using PauseOnce for PauseOnce.Pause;

    uint8 internal constant OPEN = 1;
    uint8 internal constant ACTIVATED = 2;
    uint8 internal constant CANCELLED = 3;

    uint8 private constant SLOTS_MAX = 16;
    uint16 private constant BPS = 10_000;
    uint8 private constant EXPOSURE_LAST = 2;
    uint8 private constant PROOF_KIND_LAST = 4;
    uint8 private constant RESERVED = 0;
    uint8 private constant LEVEL_LAST = 3;
    uint256 private constant APPLICATION_MAX = 128;
    uint256 private constant LISTED_MAX = 32;
    uint256 private constant CRITERIA_MAX = 10;
    uint256 private constant CRITERION_BITS = 24;
    uint40 private constant EXPIRY_MAX = 14 days;

    /// @dev Two words that every check reads; the others only where the request has them.
    struct Asked {
        address customer;
        uint8 state;
        uint8 class;
        uint8 slots;
        uint8 termDays;
        uint8 proofKind;
        uint8 paymentMode;
        uint16 firstLossMinBps;
        uint16 coverageBps;
        uint96 priceMax;
        uint32 units;
        uint32 notice;
        uint40 expiry;
        uint16 durationDays;
        uint8 criteriaCount;
        uint8 exposure;
        bool hasRegions;
        bool isListing;
    }

    /// @dev `criteria`: 24 bits each, attribute and level.
    struct Details {
        uint256 regions;
        uint256 criteria;
        address resolver;
        bool isAllowlist;
        string application;
        address[] providers;
    }

    IStaking internal immutable staking;
    IOffers internal immutable offers;
    IAttributes internal immutable attributes;
    IPriceGuard internal immutable priceGuard;
    IDeals internal immutable deals;
    /// @inheritdoc IMatching
    address public immutable guardian;

    mapping(DealId deal => Asked) internal _asked;
    mapping(DealId deal => Details) internal _details;
    mapping(DealId deal => mapping(address provider => bool)) internal _isListed;
    mapping(DealId deal => mapping(bytes32 root => bool)) internal _isAdmitted;
    PauseOnce.Pause private _pause;
    /// @inheritdoc IMatching
    uint128 public requestFee;

    /* REQUEST */

    /// @inheritdoc IMatching
    function request(Request calldata newRequest) external returns (DealId deal) {
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
                requestFee: requestFee
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
        _keepLists(deal, newRequest);
    }

    /// @inheritdoc IMatching
    function cancel(DealId deal) external {
        Asked storage asked = _asked[deal];
        address customer = asked.customer;
        require(customer != address(0), RequestUnknown(deal));
        require(
            msg.sender == customer || staking.mayAct(customer, msg.sender, KeyRoles.CUSTOMER),
            NotAllowed(msg.sender, customer)
        );
        require(asked.state != CANCELLED, RequestOver(deal));
        require(asked.state == OPEN, RequestActivated(deal));
        asked.state = CANCELLED;
        emit RequestCancelled(deal);
        // Whoever stopped the deal himself has his money free already.
        if (deals.dealOf(deal).stoppedAt == 0) deals.stop(deal);
    }

    /// @inheritdoc IMatching
    function admit(DealId deal, bytes32 root, bytes32[] calldata proof, bool isApplication) external {
        address customer = _asked[deal].customer;
        require(customer != address(0), RequestUnknown(deal));
        bytes32 inner = isApplication ? keccak256(bytes(_details[deal].application)) : keccak256(abi.encode(customer));
        bytes32 leaf = keccak256(abi.encode(inner));
        require(MerkleProof.verifyCalldata(proof, root, leaf), ProofInvalid(root));
        _isAdmitted[deal][_admission(root, isApplication)] = true;
    }

    /// @dev One tree may hold customers and another applications: what is shown of one says nothing of the other.
    function _admission(bytes32 root, bool isApplication) internal pure returns (bytes32) {
        return keccak256(abi.encode(root, isApplication));
    }

    /// @inheritdoc IMatching
    function pause() external {
        require(msg.sender == guardian, NotAllowed(msg.sender, guardian));
        emit RequestsPausedUntil(_pause.start());
    }

    /* CHECK */

    function _requireValid(Request calldata asked) private view {
        uint256 length = bytes(asked.application).length;
        require(length != 0 && length <= APPLICATION_MAX, ApplicationInvalid());
        require(asked.class <= OfferLimits.CLASS_LAST, ClassUnknown(asked.class));
        require(asked.units != 0, UnitsZero());
        require(asked.slots != 0 && asked.slots <= SLOTS_MAX, SlotsOutOfRange(asked.slots));
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
        require(asked.expiry > block.timestamp, ExpiryPassed(asked.expiry));
        uint40 latest = uint40(block.timestamp) + EXPIRY_MAX;
        require(asked.expiry <= latest, ExpiryTooLate(asked.expiry, latest));
        require(asked.providers.length <= LISTED_MAX, ListTooLong(asked.providers.length, LISTED_MAX));
        require(asked.criteria.length <= CRITERIA_MAX, ListTooLong(asked.criteria.length, CRITERIA_MAX));
        for (uint256 i = 0; i < asked.criteria.length; ++i) {
            uint8 level = asked.criteria[i].level;
            require(level != 0 && level <= LEVEL_LAST, LevelInvalid(level));
        }
    }

    function _requireAffordable(Request calldata asked) private pure {
        uint256 need = uint256(asked.priceMax) * asked.units * asked.termDays * asked.slots;
        require(asked.prepaid >= need, PrepaidTooLow(asked.prepaid, need));
    }

    /* KEEP */

    function _keep(DealId deal, Request calldata newRequest) private {
        _asked[deal] = Asked({
            customer: msg.sender,
            state: OPEN,
            class: newRequest.class,
            slots: newRequest.slots,
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
            exposure: newRequest.exposure,
            hasRegions: newRequest.regions != 0,
            isListing: newRequest.isAllowlist || newRequest.providers.length != 0
        });
        Details storage details = _details[deal];
        details.application = newRequest.application;
        if (newRequest.regions != 0) details.regions = newRequest.regions;
        if (newRequest.resolver != address(0)) details.resolver = newRequest.resolver;
        if (newRequest.isAllowlist) details.isAllowlist = true;
    }

    function _keepLists(DealId deal, Request calldata newRequest) private {
        Details storage details = _details[deal];
        for (uint256 i = 0; i < newRequest.providers.length; ++i) {
            address provider = newRequest.providers[i];
            details.providers.push(provider);
            _isListed[deal][provider] = true;
            emit RequestProviderListed(deal, provider);
        }
        uint256 criteria = 0;
        for (uint256 i = 0; i < newRequest.criteria.length; ++i) {
            Criterion calldata criterion = newRequest.criteria[i];
            criteria |= (uint256(criterion.attribute) << 8 | criterion.level) << (CRITERION_BITS * i);
            emit RequestCriterionAdded(deal, criterion.attribute, criterion.level);
        }
        if (criteria != 0) details.criteria = criteria;
    }

    /// @dev The only place that copies it: the code for a packed struct is long.
    function _load(DealId deal) internal view returns (Asked memory asked) {
        asked = _asked[deal];
        require(asked.customer != address(0), RequestUnknown(deal));
    }

    function _criterion(uint256 criteria, uint256 index) internal pure returns (uint16 attribute, uint8 level) {
        criteria >>= CRITERION_BITS * index;
        // The fields are cut out by these casts.
        // forge-lint: disable-next-line(unsafe-typecast)
        return (uint16(criteria >> 8), uint8(criteria));
    }

    /* VIEWS */

    /// @inheritdoc IMatching
    function requestOf(DealId deal) external view returns (Request memory view_) {
        Asked memory asked = _load(deal);
        Details storage details = _details[deal];
        view_.application = details.application;
        view_.class = asked.class;
        view_.units = asked.units;
        view_.slots = asked.slots;
        view_.priceMax = asked.priceMax;
        view_.termDays = asked.termDays;
        view_.durationDays = asked.durationDays;
        view_.regions = details.regions;
        view_.firstLossMinBps = asked.firstLossMinBps;
        view_.coverageBps = asked.coverageBps;
        view_.exposure = asked.exposure;
        view_.proofKind = asked.proofKind;
        view_.paymentMode = asked.paymentMode;
        view_.notice = asked.notice;
        view_.expiry = asked.expiry;
        view_.resolver = details.resolver;
        view_.isAllowlist = details.isAllowlist;
        view_.providers = details.providers;
        view_.criteria = new Criterion[](asked.criteriaCount);
        for (uint256 i = 0; i < view_.criteria.length; ++i) {
            (uint16 attribute, uint8 level) = _criterion(details.criteria, i);
            view_.criteria[i] = Criterion({attribute: attribute, level: level});
        }
    }

    /// @inheritdoc IMatching
    function pausedUntil() external view returns (uint40) {
        return _pause.until;
    }
}
