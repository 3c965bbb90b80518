// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDeals} from "../interfaces/IDeals.sol";
import {IMatchingBooks} from "../interfaces/IMatching.sol";
import {IModules} from "../interfaces/IModules.sol";
import {PauseOnce} from "../libraries/PauseOnce.sol";
import {DealId, OfferId} from "../types/Ids.sol";

/// @dev What is stored, and what everybody else of this folder reads it by. Invariants:
/// 1. A request is kept as it was made: nothing changes it but its state and the offers that are barred from it.
/// 2. The bits of `marks` say whether an activation has to read the word that they stand for.
abstract contract Books is IMatchingBooks {
    uint8 internal constant OPEN = 1;
    uint8 internal constant ACTIVATED = 2;
    uint8 internal constant CANCELLED = 3;

    uint8 internal constant HAS_REGIONS = 1;
    uint8 internal constant IS_LISTING = 2;
    uint8 internal constant HAS_TIP = 4;
    uint8 internal constant HAS_BARRED = 8;

    uint8 internal constant METERED = 1;
    uint8 internal constant GROTH16 = 3;

    /// What a tree that an offer names holds.
    uint8 internal constant CUSTOMERS = 0;
    uint8 internal constant APPLICATIONS = 1;
    uint8 internal constant KEYS = 2;

    /// The number of the first standby's place.
    uint8 internal constant STANDBY = 16;
    uint256 internal constant SLOTS = 0xffff;
    uint256 private constant CRITERION_BITS = 24;

    /// @dev Two words that every check reads; the others only where the request has them. `priceMax` is for offers: without the
    /// royalty, which `Deals` keeps.
    struct Asked {
        address customer;
        uint8 state;
        uint8 class;
        uint8 slots;
        uint8 standbys;
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
        uint8 marks;
        uint24 availabilityPpm;
    }

    /// @dev `criteria`: 24 bits each, attribute and level.
    struct Details {
        uint256 regions;
        uint256 criteria;
        address resolver;
        bool isAllowlist;
        uint8 exposure;
        uint16 reserveBps;
        string application;
        address[] providers;
    }

    /// @dev Two words and the offers. `last` is the last round of the deal, in the best's place only.
    struct Proposal {
        address proposer; // zero: none stands
        uint24 mask; // the places that it fills: bit i slot i, bit 16 + i standby i
        uint32 round;
        uint40 windowEnd;
        uint128 price; // stablecoin a day of all its places
        uint96 bond;
        uint32 last;
        OfferId[20] offers; // the first of them in the order of the places, packed
    }

    IDeals internal immutable deals;
    IModules internal immutable modules;

    mapping(DealId deal => Asked) internal _asked;
    mapping(DealId deal => Details) internal _details;
    mapping(DealId deal => mapping(address provider => bool)) internal _isListed;
    mapping(DealId deal => mapping(bytes32 root => bool)) internal _isAdmitted;
    /// The best, the second best.
    mapping(DealId deal => Proposal[2]) internal _proposals;
    mapping(DealId deal => mapping(OfferId offer => bool)) internal _isBarred;
    /// Of providers of requests with an availability target: an offer that is gone says no more where it was.
    mapping(DealId deal => mapping(address provider => uint8)) internal _regionOf;
    PauseOnce.Pause internal _pause;
    uint128 internal _requestFee;

    constructor(IDeals newDeals, IModules newModules) {
        deals = newDeals;
        modules = newModules;
    }

    /// @dev The only place that copies it: the code for a packed struct is long.
    function _load(DealId deal) internal view returns (Asked memory asked) {
        asked = _asked[deal];
        require(asked.customer != address(0), RequestUnknown(deal));
    }

    /// @dev One tree may hold customers and another applications: what is shown of one says nothing of the other.
    function _admission(bytes32 root, uint8 kind) internal pure returns (bytes32) {
        return keccak256(abi.encode(root, kind));
    }

    function _packed(uint16 attribute, uint8 level, uint256 index) internal pure returns (uint256) {
        return (uint256(attribute) << 8 | level) << (CRITERION_BITS * index);
    }

    function _criterion(uint256 criteria, uint256 index) internal pure returns (uint16 attribute, uint8 level) {
        criteria >>= CRITERION_BITS * index;
        // The fields are cut out by these casts.
        // forge-lint: disable-next-line(unsafe-typecast)
        return (uint16(criteria >> 8), uint8(criteria));
    }
}
