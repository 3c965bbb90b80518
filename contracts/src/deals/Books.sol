// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDealsBooks} from "../interfaces/IDeals.sol";
import {IOffers} from "../interfaces/IOffers.sol";
import {IPriceGuard} from "../interfaces/IPriceGuard.sol";
import {IStaking} from "../interfaces/IStaking.sol";
import {ISuccession} from "../interfaces/ISuccession.sol";
import {BackingWord, STANDBY, ServingWord, Stream, StreamWord, TermsWord, UsageWord} from "../libraries/DealWords.sol";
import {LockMath} from "../libraries/LockMath.sol";
import {StreamMath} from "../libraries/StreamMath.sol";
import {DealId, LockId, ModuleId} from "../types/Ids.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @dev What is stored, and what everybody else of this folder reads it by. Invariants:
/// 1. `held` = escrow of all slots and standbys + spare of all deals + what was settled or redeemed and not credited, of servings
/// that ended, too + royalties due + tips + all credits.
/// 2. Metered slots have a price of zero in their place, and so a rate of zero: their price is in `backing` alone. The amounts of
/// every other stream follow from its seconds: owed is `owedDown(rate, settled)`, credited `owedDown(rate, credited)`.
/// 3. `credited <= settled`, and only a slot that serves settles more.
/// 4. `startedAt` moves on by time that is not paid for, and by nothing else.
abstract contract Books is IDealsBooks {
    uint8 internal constant METERED = 1;

    uint256 internal constant EMPTY = 0;
    uint256 internal constant ASSIGNED = 1;
    uint256 internal constant SERVING = 2;
    uint256 internal constant ENDED = 3;

    /// The provider announced that he will not renew.
    uint256 internal constant FINAL = 1;
    /// A margin call runs; `margin` says since when.
    uint256 internal constant CALLED = 2;
    /// Accrual ends before the term does; `margin` keeps the term's end.
    uint256 internal constant CUT = 4;
    /// The slot ends with this serving.
    uint256 internal constant LAST = 8;
    /// The lock has more in it than a price asked for.
    uint256 internal constant TOPPED_UP = 16;

    uint256 internal constant HOLD_BACK = 3 days;
    uint256 internal constant DRY_TIME = 1 hours;
    uint256 internal constant DISPUTE = 5 days;
    /// How long what was used of a metered slot can be redeemed after a serving's end.
    uint256 internal constant REDEMPTION = 24 hours;

    /// @dev Four words: the second is all that a settle reads, unless there is a royalty.
    struct Agreement {
        address customer;
        uint8 class;
        uint8 paymentMode;
        uint24 notice;
        uint40 expiry;
        uint16 generation;
        TermsWord terms;
        uint128 shares;
        uint128 spare;
        uint96 royalty;
        uint128 royaltyDue;
    }

    /// @dev Four words. A settle reads the first and writes the second, a renewal writes the second and the third, which has
    /// the price again for its sake; the last is used by margin calls and early ends.
    struct Place {
        address provider;
        uint80 price; // no offer and no request asks for more than 1e24
        uint16 serving;
        StreamWord stream;
        BackingWord backing;
        Margin margin;
    }

    /// @dev Of metered slots also: `termEnd` is when the last serving before this one ended, `emptySince` when the escrow was used up.
    struct Margin {
        uint40 termEnd;
        uint40 calledAt;
        uint64 staleAtCall;
        uint40 emptySince;
    }

    /// @dev What is left of a serving that ended before its slot.
    struct Past {
        ServingWord word;
        BackingWord backing;
    }

    /// @dev What few deals have.
    struct Rare {
        address resolver;
        uint96 tip;
        bytes32 verificationKey;
    }

    /// @dev The treasury's whole credit is in every settle, so it lies beside the address.
    struct Treasury {
        address account;
        uint96 fees;
    }

    IStaking internal immutable staking;
    IPriceGuard internal immutable priceGuard;
    IOffers internal immutable offers;
    IERC20 internal immutable stablecoin;
    address internal immutable matching;
    address internal immutable faults;
    address internal immutable vouchers;
    address internal immutable modules;
    /// Who may slash the locks granted here; zero: nobody.
    ModuleId internal immutable slasher;
    /// `value * scale / price` is FLT, see `LockMath`.
    uint256 internal immutable scale;

    mapping(DealId deal => Agreement) internal _agreements;
    mapping(DealId deal => mapping(uint8 slot => Place)) internal _places;
    mapping(bytes32 payment => uint128) internal _shares;

    mapping(address account => uint256) internal _credits;
    mapping(address provider => uint128) internal _stakersCredits;

    uint256 internal _held;
    Treasury internal _treasury;
    uint16 internal _feeBps;
    uint64 internal _count;
    mapping(bytes32 serving => Past) internal _past;
    mapping(DealId deal => Rare) internal _rare;
    /// Of metered slots, by all that a voucher names: once something was redeemed, nobody needs to ask again who serves and who
    /// pays.
    mapping(bytes32 voucher => UsageWord) internal _usages;

    constructor(
        IStaking newStaking,
        IPriceGuard newPriceGuard,
        IOffers newOffers,
        address newMatching,
        address newFaults,
        address newVouchers,
        address newModules,
        ModuleId newSlasher
    ) {
        staking = newStaking;
        priceGuard = newPriceGuard;
        offers = newOffers;
        matching = newMatching;
        faults = newFaults;
        vouchers = newVouchers;
        modules = newModules;
        slasher = newSlasher;
        stablecoin = IERC20(newStaking.stablecoin());
        scale = LockMath.scaleOf(newStaking.stablecoin());
    }

    /// @dev The slot or standby of a deal that exists.
    function _placeOf(DealId deal, uint8 slot) internal view returns (Place storage) {
        _requirePlace(deal, slot, _agreements[deal].terms);
        return _places[deal][slot];
    }

    function _requirePlace(DealId deal, uint8 slot, TermsWord terms) internal pure {
        if (slot < terms.slots()) return;
        require(terms.slots() != 0, DealUnknown(deal));
        require(terms.hasPlace(slot), SlotUnknown(deal, slot));
    }

    function _requireSlot(DealId deal, uint8 slot) internal pure {
        require(slot < STANDBY, ISuccession.NotSlot(deal, slot));
    }

    function _slotsOf(DealId deal) internal view returns (uint8 slots) {
        slots = _agreements[deal].terms.slots();
        require(slots != 0, DealUnknown(deal));
    }

    function _rateOf(DealId deal, Place storage place) internal view returns (uint256) {
        return place.price * _agreements[deal].terms.units();
    }

    function _isActor(address account, uint32 role) internal view returns (bool) {
        return msg.sender == account || staking.mayAct(account, msg.sender, role);
    }

    function _requireActor(address account, uint32 role) internal view {
        require(_isActor(account, role), NotAllowed(msg.sender, account));
    }

    function _requireRecipient(address account, address to) internal view {
        require(to == account || staking.mayReceive(account, to), NotPayee(account, to));
    }

    /// @dev The slot's place and stream, when it has this status.
    function _streamOf(DealId deal, uint8 slot, uint256 need)
        internal
        view
        returns (Place storage place, Stream memory stream)
    {
        place = _placeOf(deal, slot);
        stream = place.stream.unpack();
        _requireStatus(deal, slot, stream, need);
    }

    /// @dev From place to place: the standbys come after the last slot.
    function _after(uint8 slot, uint8 slots) internal pure returns (uint8) {
        return slot + 1 == slots ? STANDBY : slot + 1;
    }

    function _requireStatus(DealId deal, uint8 slot, Stream memory stream, uint256 need) internal pure {
        require(stream.status == need, SlotStatusWrong(deal, slot, uint8(stream.status)));
    }

    /// @dev The caller has read the treasury.
    function _addCredit(Treasury memory treasury_, address account, uint256 amount) internal {
        if (account == treasury_.account) return _addFees(treasury_, amount);
        if (amount == 0) return;
        uint256 credit = _credits[account] + amount;
        require(credit <= type(uint128).max, SafeCast.SafeCastOverflowedUintDowncast(128, credit));
        _credits[account] = credit;
        // No more than the sum.
        // forge-lint: disable-next-line(unsafe-typecast)
        emit CreditAdded(account, uint128(amount), uint128(credit));
    }

    function _addFees(Treasury memory treasury_, uint256 amount) internal {
        if (amount == 0) return;
        uint256 credit = treasury_.fees + amount;
        treasury_.fees = SafeCast.toUint96(credit);
        _treasury = treasury_;
        // forge-lint: disable-next-line(unsafe-typecast)
        emit CreditAdded(treasury_.account, uint128(amount), uint128(credit));
    }

    function _creditOf(address account) internal view returns (uint256) {
        return account == _treasury.account ? _treasury.fees : _credits[account];
    }

    function _setCredit(address account, uint256 credit) internal {
        if (account == _treasury.account) _treasury.fees = SafeCast.toUint96(credit);
        else _credits[account] = credit;
    }

    function _servingKey(DealId deal, uint8 slot, uint256 serving) internal pure returns (bytes32) {
        return keccak256(abi.encode(deal, slot, serving));
    }

    function _usageKey(DealId deal, uint8 slot, uint256 serving, address provider, address payer)
        internal
        pure
        returns (bytes32)
    {
        return keccak256(abi.encode(deal, slot, serving, provider, payer));
    }

    /// @dev Of a serving that is there or was.
    function _usageKeyOf(DealId deal, uint8 slot, uint256 serving) internal view returns (bytes32) {
        Place storage place = _places[deal][slot];
        address provider = place.provider;
        if (place.serving != serving || provider == address(0)) {
            provider = _past[_servingKey(deal, slot, serving)].word.provider();
        }
        return _usageKey(deal, slot, serving, provider, _agreements[deal].customer);
    }

    function _usageOf(DealId deal, uint8 slot, uint256 serving) internal view returns (UsageWord) {
        return _usages[_usageKeyOf(deal, slot, serving)];
    }

    function _paymentKey(DealId deal, uint256 generation, address payer) internal pure returns (bytes32) {
        return keccak256(abi.encode(deal, generation, payer));
    }

    function _lockOf(LockId lock) internal view returns (IStaking.Lock memory) {
        return staking.lockOf(lock);
    }

    function _healthBps(Place storage place, uint256 high) internal view returns (uint256) {
        BackingWord backing = place.backing;
        return LockMath.healthDown(_lockOf(backing.lock()).amount, high, scale, backing.valueAtStake());
    }

    function _requireMatching() internal view {
        require(msg.sender == matching, NotMatching(msg.sender));
    }

    /// @dev From its first second served to its last a deal lasts its duration, whatever its slots do.
    function _durationEnd(TermsWord terms, uint256 startsAt) internal pure returns (uint256) {
        uint256 startedAt = terms.startedAt();
        // A time, and 16 bits of days.
        unchecked {
            return (startedAt == 0 ? startsAt : startedAt) + terms.durationDays() * 1 days;
        }
    }

    /// @dev Whether an empty slot can still get a provider.
    function _isFillable(DealId deal) internal view returns (bool) {
        TermsWord terms = _agreements[deal].terms;
        return terms.stoppedAt() == 0 && block.timestamp <= _agreements[deal].expiry
            && block.timestamp < _durationEnd(terms, block.timestamp);
    }

    /// @dev A term that starts at `startsAt` ends with the deal's duration at the latest.
    function _termEnd(TermsWord terms, uint256 startsAt) internal pure returns (uint256) {
        unchecked {
            return Math.min(startsAt + terms.termDays() * 1 days, _durationEnd(terms, startsAt));
        }
    }

    /// @dev Settles a stream in memory up to now; `isDry` when the escrow did not last until then.
    function _advance(Stream memory stream, uint256 rate) internal view returns (bool isDry) {
        if (stream.status != SERVING) return false;
        // A term ends after it starts; an escrow has 96 bits, and what is owed 125.
        unchecked {
            uint256 served = Math.min(block.timestamp, stream.endsAt) - stream.startedAt;
            uint256 funds = StreamMath.owedDown(rate, stream.settled) + stream.escrow;
            uint256 owed = StreamMath.owedDown(rate, served);
            if (owed > funds) {
                isDry = true;
                served = StreamMath.lastsDown(rate, funds);
                owed = StreamMath.owedDown(rate, served);
            }
            stream.escrow = funds - owed;
            stream.settled = served;
        }
    }

    /// @dev Seconds that may be credited now: those settled of three days ago, never less than before. A standby that was
    /// promoted did what it was kept for: nothing of it is held back any more.
    function _creditable(Stream memory stream) internal view returns (uint256) {
        if (stream.status == EMPTY) return stream.settled;
        unchecked {
            uint256 released = stream.startedAt + HOLD_BACK;
            if (block.timestamp <= released) return stream.credited;
            return Math.max(stream.credited, Math.min(stream.settled, block.timestamp - released));
        }
    }
}
