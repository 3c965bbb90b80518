// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {DealId, OfferId} from "../types/Ids.sol";

/// @title What `Matching` refuses and tells; what may be called is in `IMatching`.
interface IMatchingBooks {
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
    /// @dev Groth16 needs one, and nothing else has one.
    error VerificationKeyWrong(uint8 kind, bytes32 key);
    /// @dev Of the modules, where it leaves nothing of the maximum price for the offer.
    error RoyaltyTooHigh(uint96 royalty, uint96 priceMax);
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
    /// @dev A thousandth cheaper than the second best, at least, while both are what they say.
    error ProposalNotCheaper(uint256 price, uint256 best);
    error StandbysOutOfRange(uint8 standbys);
    error ReserveInvalid(uint16 bps);
    error AvailabilityOutOfRange(uint32 ppm);
    /// @dev With 18 decimals: of the set, and at most.
    error AvailabilityTooLow(uint256 unavailability, uint256 most);
    /// @dev Above 99 % a set needs two regions.
    error RegionsTooFew();
    error WindowRunning(DealId deal, uint40 until);
    error BondTooLow(uint256 free, uint256 need);
    error BondTooHigh(uint128 bond);
    error AmountZero();
    error RankUnknown(uint8 rank);
    /// @dev It can still be activated.
    error ProposalStands(DealId deal);
    /// @dev Nobody's fault, such as a stale price: the proposal stands.
    error CannotActivate(DealId deal);
    error ProposalUnknown(DealId deal);
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
    /// @notice Best or second best so far: for each place that waits, in order, one offer (`ProposalOffered`). `price` is
    /// stablecoin a day of all of them, retainers included.
    /// `rank`: 0 best, which pushes the one before down, 1 second best; what is pushed out is told by `ProposalDropped`.
    /// Anyone may activate from `windowEnd` on, the customer before.
    event Proposed(
        DealId indexed deal, address indexed proposer, uint32 round, uint256 price, uint8 rank, uint40 windowEnd
    );
    /// @notice `slot`: 16 and more for standbys.
    event ProposalOffered(DealId indexed deal, uint32 indexed round, uint8 indexed slot, OfferId offer);
    event ProposalActivated(DealId indexed deal, uint32 indexed round, address indexed activator);
    /// @notice What `RequestOpened` does not say.
    event RequestStandbysSet(
        DealId indexed deal, uint8 standbys, uint16 reserveBps, uint32 availabilityPpm, uint128 tip
    );
    /// @notice Only where there is one.
    event RequestKeySet(DealId indexed deal, bytes32 indexed verificationKey);
    /// @notice Pushed out by a cheaper one, not needed, or no longer of the places that wait: its bond is free again.
    event ProposalDropped(DealId indexed deal, uint32 indexed round, address indexed proposer);
    /// @notice It is not what it says, or could not be activated: its proposer's bond is burned. The second best is the best.
    event ProposalInvalid(DealId indexed deal, uint32 indexed round, address indexed proposer, uint128 bond);
    /// @notice The offer that made a proposal invalid can't be proposed for this request again. `reason`: see `reasonOf`.
    event OfferBarred(DealId indexed deal, OfferId indexed offer, uint8 reason);
    /// @notice FLT of a solver after it changed; `reserved` stands behind its proposals.
    event BondChanged(address indexed solver, uint128 balance, uint128 reserved);
    event BondSet(uint128 bond);
    event RequestFeeSet(uint128 fee);
    event RequestsPausedUntil(uint40 until);
}

/// @title Matching: what customers ask for, which offers meet it. A request is numbered as the deal that it becomes.
/// @notice Holds the bonds of solvers, in FLT; `Deals` takes the customers' money, `Staking` grants the locks. Anyone may
/// propose offers for the places that wait: all slots and standbys of a request; of a deal the empty slots, or, while all are
/// served, the empty standbys. The first proposal opens an improvement window of 60 seconds; the cheapest two stand, each
/// new one a thousandth cheaper than the one that it pushes. Then anyone may activate, the customer at any time. Every criterion
/// and every limit of every offer is checked at the proposal and again at the activation, in O(slots).
///
/// A best proposal that turns out invalid, because an offer changed or its provider's stake does not suffice, loses its bond, and
/// the offers that failed are barred from that request; the second best is tried in the same transaction. A set meets an
/// availability target when the product of its slots' unavailabilities (`IFaults.unavailability`) is at most what the target leaves.
/// Of slots of one attested operator in one region only the best counts, and providers without an attested operator are one.
///
/// Assumptions, safety:
/// - `Deals`, `Offers`, `Attributes`, `Staking`, `PriceGuard` and `Faults` are the ones of this deployment.
/// - Attesters tell operators apart. Providers that are not attested may be one: of each region they count once.
/// - FLT moves exactly the amounts asked for.
/// Assumptions, liveness:
/// - Somebody proposes and activates before the request's expiry. The customer can do both himself, without a bond.
/// - The price is not stale when a proposal is activated.
interface IMatching is IMatchingBooks {
    struct Criterion {
        uint16 attribute;
        uint8 level;
    }

    /// @dev Who may serve. A struct of its own because bindings encode at most 24 members.
    struct Among {
        uint256 regions; // bitmap, zero: any
        bool isAllowlist; // `providers` are the only ones, else they are barred
        address[] providers; // at most 32
    }

    struct Request {
        string application; // content id, 1 to 128 bytes
        uint8 class;
        uint32 units; // per slot
        uint8 slots; // 1 to 16
        uint96 priceMax; // per unit-day, royalties included
        uint8 termDays; // 1 to 14
        uint16 durationDays; // a term to 3,650
        Among among;
        uint16 firstLossMinBps;
        uint16 coverageBps; // 20,000 to 50,000
        uint8 exposure;
        uint8 proofKind;
        uint8 paymentMode; // 0 reserved, 1 metered
        uint32 notice; // seconds, at least what the offers ask for, at most 14 days
        uint40 expiry; // empty slots can be filled until then; at most 14 days ahead
        address resolver; // zero: none
        Criterion[] criteria; // at most 10
        uint128 prepaid; // at least, at the maximum price, a term of all retainers and slots; where these are metered, a day of them
        uint8 standbys; // at most 4
        uint16 reserveBps; // of a slot's lock, by a standby: 2,000, or 10,000 for all of it
        uint32 availabilityPpm; // target in millionths, below 1,000,000; zero: none
        uint128 tip; // stablecoin for whose proposal is activated
        bytes32[] modules; // that it runs, at most 8, see `IModules`
        bytes32 verificationKey; // of groth16 proofs, see `IGroth16`; zero for every other kind
    }

    /// @notice Anyone, for himself, unless paused. Takes `prepaid` and the request fee from the caller, who approved `Deals`.
    function request(Request calldata newRequest) external returns (DealId deal);
    /// @notice The customer or his CUSTOMER key, while no slot was ever assigned; the escrow is refundable at once, the tip is
    /// his again.
    function cancel(DealId deal) external;
    /// @notice Anyone who has a bond free, the customer or his CUSTOMER key without: one offer for each place of `wantedOf`,
    /// slots first, of different providers who have no other place of the deal. Where it pushes nobody, what stands is looked at
    /// again: a proposal that is no longer valid loses its bond.
    function propose(DealId deal, OfferId[] calldata offers) external;
    /// @notice Anyone from `windowEndOf` on, the customer or his CUSTOMER key at any time. Checks every criterion again, locks, and gives
    /// each provider 30 minutes to be ready. The tip is the proposer's. Does not revert where no proposal is valid: bonds are
    /// burned, and the request waits for new ones.
    function activate(DealId deal) external;
    /// @notice Anyone: frees the bonds of proposals that nobody can activate any more, because the request is over or other
    /// places wait.
    function drop(DealId deal) external;
    /// @notice Anyone who approved this contract: FLT that can stand behind his proposals.
    function depositBond(uint128 amount) external;
    /// @notice A solver, what stands behind no proposal.
    function withdrawBond(uint128 amount, address recipient) external;
    /// @notice Anyone: shows that the customer (or the application) of `deal` is in the Merkle tree of `root`, which an offer
    /// names. Leaves are `keccak256(keccak256(abi.encode(customer)))` and `keccak256(keccak256(bytes(application)))`.
    function admit(DealId deal, bytes32 root, bytes32[] calldata proof, bool isApplication) external;
    /// @notice Anyone: shows that the verification key of `deal` is in the Merkle tree of `root`, which an offer names. Leaves are
    /// `keccak256(keccak256(abi.encode(key)))`.
    function admitKey(DealId deal, bytes32 root, bytes32[] calldata proof) external;
    /// @notice Governance; at most 100 tokens.
    function setRequestFee(uint128 newFee) external;
    /// @notice Governance; at most 10,000 FLT. Proposals that stand keep the bond that they were made with.
    function setBond(uint128 newBond) external;
    /// @notice The guardian: no new requests for 7 days, once in 30. Nothing else stops.
    function pause() external;

    /* VIEWS */

    /// @notice As it was made, except `prepaid` and `tip`, which are zero: `Deals` keeps the money's books.
    function requestOf(DealId deal) external view returns (Request memory);
    /// @notice `rank` 0 best, 1 second best. Zeros where none stands.
    function proposalOf(DealId deal, uint8 rank)
        external
        view
        returns (address proposer, uint32 round, uint256 price, OfferId[] memory offers);
    /// @notice The places that a proposal has to fill now: bit i slot i, bit 16 + i standby i.
    function wantedOf(DealId deal) external view returns (uint32);
    /// @notice From then on anyone may activate; zero: nothing is proposed.
    function windowEndOf(DealId deal) external view returns (uint40);
    function isBarred(DealId deal, OfferId offer) external view returns (bool);
    /// @notice Of the deal's slots with `offers` in the places that wait, 18 decimals, rounded up.
    function unavailabilityOf(DealId deal, OfferId[] calldata offers) external view returns (uint256);
    /// @notice FLT of a solver, and what of it stands behind proposals.
    function bondOf(address solver) external view returns (uint128 balance, uint128 reserved);
    /// @notice FLT that stands behind each proposal.
    function bond() external view returns (uint128);
    /// @notice FLT here that is nobody's bond.
    function surplus() external view returns (uint256);
    function requestFee() external view returns (uint128);
    function guardian() external view returns (address);
    function pausedUntil() external view returns (uint40);
    /// @notice The first criterion or limit that `offer` fails for `deal`; zero: none.
    /// 1 gone, 2 class, 3 region, 4 price, 5 units, 6 coverage, 7 term, 8 duration, 9 payment mode, 10 proof kind,
    /// 11 notice, 12 listed, 13 first loss, 14 attribute, 15 customer not accepted, 16 application not accepted, 17 free stake,
    /// 18 barred, 19 verification key not accepted.
    function reasonOf(DealId deal, OfferId offer) external view returns (uint8);
}
