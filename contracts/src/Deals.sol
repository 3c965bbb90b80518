// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Books} from "./deals/Books.sol";
import {Extension} from "./deals/Extension.sol";
import {Service} from "./deals/Service.sol";
import {IDeals} from "./interfaces/IDeals.sol";
import {IOffers} from "./interfaces/IOffers.sol";
import {IPriceGuard} from "./interfaces/IPriceGuard.sol";
import {IStaking} from "./interfaces/IStaking.sol";
import {ISuccession} from "./interfaces/ISuccession.sol";
import {BackingWord, STANDBY, ServingWord, Stream, Terms, TermsWord} from "./libraries/DealWords.sol";
import {Half} from "./libraries/Half.sol";
import {LockMath} from "./libraries/LockMath.sol";
import {StreamMath} from "./libraries/StreamMath.sol";
import {DealId, ModuleId} from "./types/Ids.sol";
import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @dev Parts by noun in `deals/`: `Books` (storage), `Streams`, `Revenue` and `Service` (what is called every term) are here;
/// `Endings`, `Escrow` and `Margins` are in `Extension`, which runs on this storage. `Books` comes first in both, so that
/// both lay storage out alike.
contract Deals is Service, AccessManaged {
    using SafeCast for uint256;
    using SafeERC20 for IERC20;

    uint16 private constant FEE_MAX_BPS = 1000;

    address private immutable extension;

    constructor(
        address manager,
        IStaking newStaking,
        IPriceGuard newPriceGuard,
        IOffers newOffers,
        address newMatching,
        address newFaults,
        address newTreasury,
        uint16 newFeeBps,
        ModuleId newSlasher
    ) Books(newStaking, newPriceGuard, newOffers, newMatching, newFaults, newSlasher) AccessManaged(manager) {
        extension = address(new Extension(newStaking, newPriceGuard, newOffers, newMatching, newFaults, newSlasher));
        _setFee(newFeeBps, newTreasury);
        // Once: `Staking` pulls from its caller alone, and what the extension does without is room for its code.
        stablecoin.forceApprove(address(newStaking), type(uint256).max);
    }

    /* EXTENSION */

    /// @inheritdoc IDeals
    function open(Opening calldata) external returns (DealId) {
        _extend();
    }

    /// @inheritdoc IDeals
    function decline(DealId, uint8) external {
        _extend();
    }

    /// @inheritdoc IDeals
    function announceNonRenewal(DealId, uint8) external {
        _extend();
    }

    /// @inheritdoc IDeals
    function close(DealId, uint8) external {
        _extend();
    }

    /// @inheritdoc IDeals
    function marginCall(DealId, uint8) external {
        _extend();
    }

    /// @inheritdoc IDeals
    function topUp(DealId, uint8, uint128) external {
        _extend();
    }

    /// @inheritdoc IDeals
    function cure(DealId, uint8) external {
        _extend();
    }

    /// @inheritdoc IDeals
    function leave(DealId, uint8) external {
        _extend();
    }

    /// @inheritdoc ISuccession
    function fail(DealId, uint8, uint32, uint40) external returns (bool) {
        _extend();
    }

    /// @inheritdoc ISuccession
    function deduct(DealId, uint8, uint32, uint40) external {
        _extend();
    }

    /// @inheritdoc ISuccession
    function stopSlot(DealId, uint8, uint32) external {
        _extend();
    }

    /// @inheritdoc ISuccession
    function replace(DealId, uint8) external returns (bool) {
        _extend();
    }

    /// @inheritdoc ISuccession
    function payTip(DealId, address) external returns (uint128) {
        _extend();
    }

    /// @inheritdoc IDeals
    function fund(DealId, uint128) external returns (uint128) {
        _extend();
    }

    /// @inheritdoc IDeals
    function stop(DealId) external {
        _extend();
    }

    /// @inheritdoc IDeals
    function refund(DealId, address, address) external returns (uint128) {
        _extend();
    }

    /// @inheritdoc IDeals
    function payStakers(address) external returns (uint128) {
        _extend();
    }

    /// @dev Runs the call in the extension and answers what it answers.
    function _extend() private {
        Half.run(extension);
    }

    /* GOVERNANCE */

    /// @inheritdoc IDeals
    function setFee(uint16 newFeeBps, address newTreasury) external restricted {
        _setFee(newFeeBps, newTreasury);
    }

    function _setFee(uint16 newFeeBps, address newTreasury) private {
        require(newFeeBps <= FEE_MAX_BPS, FeeTooHigh(newFeeBps));
        _feeBps = newFeeBps;
        // Both keep their credit; the treasury's lies elsewhere.
        address oldTreasury = _treasury.account;
        uint256 oldCredit = _creditOf(oldTreasury);
        uint256 newCredit = _creditOf(newTreasury);
        _treasury.account = newTreasury;
        _setCredit(oldTreasury, oldCredit);
        _setCredit(newTreasury, newCredit);
        emit FeeSet(newFeeBps, newTreasury);
    }

    /* VIEWS */

    // What was packed from these types unpacks to them.
    // forge-lint: disable-start(unsafe-typecast)

    /// @inheritdoc IDeals
    function dealOf(DealId deal) external view returns (Deal memory view_) {
        Agreement storage agreement = _agreements[deal];
        view_.slots = _slotsOf(deal);
        Terms memory terms = agreement.terms.unpack();
        view_.customer = agreement.customer;
        view_.class = agreement.class;
        view_.exposure = uint8(terms.exposure);
        view_.paymentMode = agreement.paymentMode;
        view_.expiry = agreement.expiry;
        view_.generation = agreement.generation;
        view_.royalty = agreement.royalty;
        view_.royaltyTo = agreement.royaltyTo;
        view_.shares = agreement.shares;
        view_.spare = agreement.spare;
        view_.termDays = uint8(terms.termDays);
        view_.coverageBps = uint16(terms.coverageBps);
        view_.feeBps = uint16(terms.feeBps);
        view_.units = uint32(terms.units);
        view_.notice = agreement.notice;
        view_.durationDays = uint16(terms.durationDays);
        view_.openedAt = uint40(terms.openedAt);
        view_.startedAt = uint40(terms.startedAt);
        view_.stoppedAt = uint40(terms.stoppedAt);
        view_.standbys = uint8(terms.standbys);
        view_.reserveBps = uint16(terms.reserveBps);
        view_.resolver = _rare[deal].resolver;
    }

    /// @inheritdoc IDeals
    function slotOf(DealId deal, uint8 slot) external view returns (Slot memory view_) {
        Place storage place = _placeOf(deal, slot);
        Stream memory stream = place.stream.unpack();
        uint256 rate = _rateOf(deal, place);
        if (stream.status != EMPTY) (view_.provider, view_.price) = (place.provider, place.price);
        view_.offer = place.backing.offer();
        view_.serving = place.serving;
        view_.lock = place.backing.lock();
        view_.valueAtStake = uint128(place.backing.valueAtStake());
        view_.calledAt = place.margin.calledAt;
        view_.staleAtCall = place.margin.staleAtCall;
        view_.status = uint8(stream.status);
        view_.isFinal = stream.flags & FINAL != 0;
        view_.escrow = uint128(stream.escrow);
        view_.owed = StreamMath.owedDown(rate, stream.settled).toUint128();
        view_.credited = StreamMath.owedDown(rate, stream.credited).toUint128();
        view_.endsAt = uint40(stream.endsAt);
        view_.termEnd = stream.flags & CUT == 0 ? view_.endsAt : place.margin.termEnd;
        if (stream.status == ASSIGNED) view_.assignedAt = uint40(stream.startedAt);
        else view_.startedAt = uint40(stream.startedAt);
    }

    /// @inheritdoc ISuccession
    function servedBy(DealId deal, uint8 slot) external view returns (address, uint32) {
        Place storage place = _places[deal][slot];
        return (place.provider, place.serving);
    }

    /// @inheritdoc ISuccession
    function servingOf(DealId deal, uint8 slot, uint32 serving) external view returns (Serving memory view_) {
        Past storage past = _past[_servingKey(deal, slot, serving)];
        (ServingWord word, BackingWord backing) = (past.word, past.backing);
        require(ServingWord.unwrap(word) != 0, ServingUnknown(deal, slot, serving));
        uint256 price = _paidUp(slot, backing.price());
        uint256 rate = price * _agreements[deal].terms.units();
        view_.provider = word.provider();
        view_.lock = backing.lock();
        view_.price = uint96(price);
        view_.valueAtStake = uint128(backing.valueAtStake());
        view_.endedAt = uint40(word.endedAt());
        view_.owed = StreamMath.owedDown(rate, word.settled()).toUint128();
        view_.credited = StreamMath.owedDown(rate, word.credited()).toUint128();
    }

    // forge-lint: disable-end(unsafe-typecast)

    /// @inheritdoc ISuccession
    function tipOf(DealId deal) external view returns (uint128) {
        return _rare[deal].tip;
    }

    /// @inheritdoc IDeals
    function emptySlots(DealId deal) external view returns (uint32 mask) {
        TermsWord terms = _agreements[deal].terms;
        bool isOver = terms.stoppedAt() != 0 || block.timestamp >= _durationEnd(terms, block.timestamp);
        if (isOver) return 0;
        if (block.timestamp <= _agreements[deal].expiry) mask = _emptyOf(deal, 0, terms.slots());
        if (_isAlive(deal, terms)) mask |= _emptyOf(deal, STANDBY, terms.standbys());
    }

    function _emptyOf(DealId deal, uint8 from, uint8 length) private view returns (uint32 mask) {
        for (uint8 i = from; i < from + length; ++i) {
            if (_places[deal][i].stream.status() == EMPTY) mask |= uint32(1) << i;
        }
    }

    /// @inheritdoc IDeals
    function providersOf(DealId deal) external view returns (address[] memory providers) {
        uint8 slots = _slotsOf(deal);
        providers = new address[](slots + _agreements[deal].terms.standbys());
        for (uint256 i = 0; i < providers.length; ++i) {
            // Fewer than 32.
            // forge-lint: disable-next-line(unsafe-typecast)
            Place storage place = _places[deal][uint8(i < slots ? i : STANDBY + i - slots)];
            uint256 status = place.stream.status();
            if (status == ASSIGNED || status == SERVING) providers[i] = place.provider;
        }
    }

    /// @inheritdoc IDeals
    function lockFor(DealId deal, uint8 slot, uint96 price)
        external
        view
        returns (uint128 amount, uint128 valueAtStake)
    {
        Place storage place = _placeOf(deal, slot);
        TermsWord terms = _agreements[deal].terms;
        uint256 full = uint256(price) + _agreements[deal].royalty;
        uint256 value = _reserved(deal, slot, terms, full, place.stream.escrow(), block.timestamp);
        amount = LockMath.lockUp(value, terms.coverageBps(), scale, priceGuard.low()).toUint128();
        valueAtStake = value.toUint128();
    }

    /// @inheritdoc IDeals
    function accrued(DealId deal, uint8 slot) external view returns (uint128) {
        (Stream memory stream, uint256 rate) = _now(deal, slot);
        return StreamMath.owedDown(rate, stream.settled).toUint128();
    }

    /// @inheritdoc IDeals
    function creditable(DealId deal, uint8 slot) external view returns (uint128) {
        (Stream memory stream, uint256 rate) = _now(deal, slot);
        uint256 credited = StreamMath.owedDown(rate, stream.credited);
        return (StreamMath.owedDown(rate, _creditable(stream)) - credited).toUint128();
    }

    /// @inheritdoc IDeals
    function healthBps(DealId deal, uint8 slot) external view returns (uint256) {
        return _healthBps(_placeOf(deal, slot), priceGuard.high());
    }

    function _now(DealId deal, uint8 slot) private view returns (Stream memory stream, uint256 rate) {
        Place storage place = _placeOf(deal, slot);
        stream = place.stream.unpack();
        rate = _rateOf(deal, place);
        _advance(stream, rate);
    }

    /// @inheritdoc IDeals
    function sharesOf(DealId deal, address payer) external view returns (uint128) {
        return _shares[_paymentKey(deal, _agreements[deal].generation, payer)];
    }

    /// @inheritdoc IDeals
    function creditOf(address account) external view returns (uint128) {
        return _creditOf(account).toUint128();
    }

    /// @inheritdoc IDeals
    function stakersCreditOf(address provider) external view returns (uint128) {
        return _stakersCredits[provider];
    }

    /// @inheritdoc IDeals
    function treasury() external view returns (address) {
        return _treasury.account;
    }

    /// @inheritdoc IDeals
    function feeBps() external view returns (uint16) {
        return _feeBps;
    }

    /// @inheritdoc IDeals
    function count() external view returns (uint64) {
        return _count;
    }

    /// @inheritdoc IDeals
    function surplus() external view returns (uint256) {
        return stablecoin.balanceOf(address(this)) - _held;
    }
}
