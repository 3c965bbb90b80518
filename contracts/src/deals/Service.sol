// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDeals} from "../interfaces/IDeals.sol";
import {IOffers} from "../interfaces/IOffers.sol";
import {IStaking} from "../interfaces/IStaking.sol";
import {Stream, Terms} from "../libraries/DealWords.sol";
import {LockMath} from "../libraries/LockMath.sol";
import {StreamMath} from "../libraries/StreamMath.sol";
import {DealId, LockId, OfferId} from "../types/Ids.sol";
import {KeyRoles} from "../types/Roles.sol";
import {Escrow} from "./Escrow.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

/// @dev A slot's way from empty over assigned to serving, term by term, and the customer's stop.
abstract contract Service is Escrow {
    using SafeCast for uint256;
    using SafeERC20 for IERC20;

    uint256 private constant RENEWAL_TIME = 1 days;
    uint256 private constant NOTICE_TIME = 3 days;
    /// Where terms have at most as many days, non-renewal may be announced at any time.
    uint256 private constant SHORT_TERM = 4;
    /// What the escrow must pay of the next term when the customer himself renews.
    uint256 private constant RENEWAL_FUNDS_MIN = 1 days;

    modifier onlyMatching() {
        _requireMatching();
        _;
    }

    function _requireMatching() private view {
        require(msg.sender == matching, NotMatching(msg.sender));
    }

    /* OPENING */

    /// @inheritdoc IDeals
    function open(Opening calldata opening) external onlyMatching returns (DealId deal) {
        deal = DealId.wrap(++count);
        _agree(deal, opening);
        _mint(deal, _agreements[deal], opening.payer, opening.prepaid, 0);
        uint128 part = opening.prepaid / opening.slots;
        for (uint8 slot = 0; slot < opening.slots; ++slot) {
            Stream memory stream;
            stream.escrow = slot == 0 ? opening.prepaid - part * (opening.slots - 1) : part;
            _places[deal][slot].stream = stream.pack();
            emit SlotFunded(deal, slot, stream.escrow.toUint128());
        }
        uint256 amount = uint256(opening.prepaid) + opening.requestFee;
        _held += amount;
        _addCredit(treasury, opening.requestFee);
        stablecoin.safeTransferFrom(opening.payer, address(this), amount);
    }

    function _agree(DealId deal, Opening calldata opening) private {
        Agreement storage agreement = _agreements[deal];
        agreement.customer = opening.customer;
        agreement.class = opening.class;
        agreement.exposure = opening.exposure;
        agreement.paymentMode = opening.paymentMode;
        agreement.expiry = opening.expiry;
        Terms memory terms;
        terms.units = opening.units;
        terms.notice = opening.notice;
        terms.openedAt = block.timestamp;
        terms.feeBps = feeBps;
        terms.durationDays = opening.durationDays;
        terms.coverageBps = opening.coverageBps;
        terms.termDays = opening.termDays;
        terms.slots = opening.slots;
        terms.hasRoyalty = opening.royalty != 0;
        agreement.terms = terms.pack();
        if (opening.royalty != 0) {
            agreement.royalty = opening.royalty;
            agreement.royaltyTo = opening.royaltyTo;
        }
        emit DealOpened(
            deal,
            opening.customer,
            opening.class,
            opening.slots,
            opening.units,
            opening.termDays,
            opening.durationDays,
            opening.coverageBps,
            opening.exposure
        );
        emit DealTermsSet(deal, opening.paymentMode, feeBps, opening.notice, opening.royalty);
    }

    /// @inheritdoc IDeals
    function assign(DealId deal, uint8 slot, OfferId offer) external onlyMatching returns (LockId lock) {
        (Place storage place, Stream memory stream) = _streamOf(deal, slot, EMPTY);
        Terms memory terms = _agreements[deal].terms.unpack();
        _requireFillable(deal, terms);
        (address provider, uint96 price) = _providerOf(deal, terms, offer);
        uint256 value = _value(deal, terms, price, stream.escrow, block.timestamp);
        uint128 amount = LockMath.lockUp(value, terms.coverageBps, scale, priceGuard.lowForGrant()).toUint128();
        // The term starts with `ready`, up to half an hour from here, and no later than this does it end.
        uint256 lockEnd = _termEnd(terms, block.timestamp) + READY_TIME + DISPUTE;
        lock = staking.grant(provider, amount, lockEnd.toUint40(), slasher);
        place.provider = provider;
        place.price = price;
        stream.startedAt = block.timestamp;
        stream.status = ASSIGNED;
        place.stream = stream.pack();
        place.backing =
            Backing({offer: offer, lock: lock, serving: place.backing.serving + 1, valueAtStake: value.toUint96()});
        _emitAssigned(deal, slot, place, amount);
        offers.take(offer, terms.units.toUint32());
    }

    function _emitAssigned(DealId deal, uint8 slot, Place storage place, uint128 amount) private {
        Backing storage backing = place.backing;
        emit SlotAssigned(
            deal,
            slot,
            place.provider,
            backing.serving,
            backing.offer,
            place.price,
            backing.lock,
            amount,
            backing.valueAtStake
        );
    }

    function _requireFillable(DealId deal, Terms memory terms) private view {
        uint40 expiry = _agreements[deal].expiry;
        require(terms.stoppedAt == 0, DealStopped(deal));
        require(block.timestamp <= expiry, FillingOver(deal, expiry));
        require(block.timestamp < _durationEnd(terms, block.timestamp), DurationOver(deal));
    }

    function _providerOf(DealId deal, Terms memory terms, OfferId offer) private view returns (address, uint96) {
        IOffers.Offer memory current = offers.offerOf(offer);
        return (current.provider, terms.hasRoyalty ? current.price + _agreements[deal].royalty : current.price);
    }

    /// @dev Value at stake of a term that starts at `startsAt`, by the request's exposure.
    function _value(DealId deal, Terms memory terms, uint96 price, uint256 escrow, uint256 startsAt)
        internal
        view
        returns (uint256)
    {
        uint8 exposure = _agreements[deal].exposure;
        uint256 exposed = terms.durationDays * 1 days;
        if (exposure == LockMath.REMAINING) exposed = _durationEnd(terms, startsAt) - startsAt;
        if (exposure == LockMath.TERM) exposed = _termEnd(terms, startsAt) - startsAt;
        return Math.min(LockMath.valueUp(price * terms.units, exposed, escrow), type(uint96).max);
    }

    /* START */

    /// @inheritdoc IDeals
    function ready(DealId deal, uint8 slot) external {
        (Place storage place, Stream memory stream) = _streamOf(deal, slot, ASSIGNED);
        address provider = place.provider;
        _requireActor(provider, KeyRoles.SERVE);
        uint256 deadline = stream.startedAt + READY_TIME;
        require(block.timestamp <= deadline, ReadyTooLate(deal, slot, deadline.toUint40()));
        Terms memory terms = _agreements[deal].terms.unpack();
        uint256 termEnd = _termEnd(terms, block.timestamp);
        require(block.timestamp < termEnd, DurationOver(deal));
        if (terms.startedAt == 0) {
            terms.startedAt = block.timestamp;
            _agreements[deal].terms = terms.pack();
        }
        stream.startedAt = block.timestamp;
        stream.endsAt = termEnd;
        stream.status = SERVING;
        place.stream = stream.pack();
        emit SlotReady(deal, slot, provider, termEnd.toUint40());
    }

    /// @inheritdoc IDeals
    function decline(DealId deal, uint8 slot) external {
        (Place storage place, Stream memory stream) = _streamOf(deal, slot, ASSIGNED);
        uint256 deadline = stream.startedAt + READY_TIME;
        bool isSilent = block.timestamp > deadline;
        require(
            isSilent || _isActor(place.provider, KeyRoles.SERVE), ReadyNotLate(deal, slot, deadline.toUint40())
        );
        _vacate(deal, slot, place, stream, isSilent);
    }

    /* TERMS */

    /// @inheritdoc IDeals
    function renew(DealId deal, uint8 slot) external {
        (Place storage place, Stream memory stream) = _streamOf(deal, slot, SERVING);
        Terms memory terms = _agreements[deal].terms.unpack();
        _requireRenewable(deal, slot, terms, stream);
        uint96 price = place.price;
        uint256 startsAt = stream.endsAt;
        stream.endsAt = _termEnd(terms, startsAt);
        uint256 escrow = _fundsOf(deal, price * terms.units, stream, startsAt);
        uint256 value = _value(deal, terms, price, escrow, startsAt);
        (uint128 amount, bool isPriced) = _regrant(place.backing.lock, value, terms.coverageBps, stream.endsAt);
        if (isPriced && stream.flags & CALLED != 0) {
            stream.flags &= ~CALLED;
            place.margin.calledAt = 0;
        }
        place.stream = stream.pack();
        place.backing.valueAtStake = value.toUint96();
        emit SlotRenewed(
            deal, slot, place.provider, stream.endsAt.toUint40(), amount, value.toUint128(), isPriced
        );
    }

    function _requireRenewable(DealId deal, uint8 slot, Terms memory terms, Stream memory stream) private view {
        uint256 termEnd = stream.endsAt;
        require(terms.stoppedAt == 0, DealStopped(deal));
        require(block.timestamp < termEnd, RenewalOver(deal, slot, termEnd.toUint40()));
        uint256 opensAt = termEnd - RENEWAL_TIME;
        require(block.timestamp >= opensAt, RenewalNotOpen(deal, slot, opensAt.toUint40()));
        require(stream.flags & FINAL == 0, RenewalRefused(deal, slot));
        require(termEnd < _durationEnd(terms, termEnd), DurationOver(deal));
    }

    /// @dev The escrow as a settle would leave it, which pays to the end of the next term. A stranger can't renew before the
    /// customer paid for all of it: the lock would be sized by the little that is there.
    function _fundsOf(DealId deal, uint256 rate, Stream memory stream, uint256 startsAt)
        private
        view
        returns (uint256)
    {
        uint256 funds = stream.escrow + StreamMath.owedDown(rate, stream.settled);
        uint256 need = StreamMath.owedDown(rate, stream.endsAt - stream.startedAt);
        if (funds < need) {
            if (_isActor(_agreements[deal].customer, KeyRoles.CUSTOMER)) {
                uint256 until = Math.min(stream.endsAt, startsAt + RENEWAL_FUNDS_MIN);
                need = StreamMath.owedDown(rate, until - stream.startedAt);
            }
            require(funds >= need, EscrowTooLow(funds, need));
        }
        return funds - StreamMath.owedDown(rate, block.timestamp - stream.startedAt);
    }

    /// @dev Without a price the lock keeps its FLT for the term: a broken feed must not end every deal.
    function _regrant(LockId lock, uint256 value, uint256 coverageBps, uint256 termEnd)
        private
        returns (uint128 amount, bool isPriced)
    {
        (uint64 low,, bool isStale) = priceGuard.refresh();
        isPriced = !isStale;
        amount = isStale ? _lockOf(lock).amount : LockMath.lockUp(value, coverageBps, scale, low).toUint128();
        staking.regrant(lock, amount, (termEnd + DISPUTE).toUint40());
    }

    function _lockOf(LockId lock) internal view returns (IStaking.Lock memory) {
        return staking.lockOf(lock);
    }

    /// @inheritdoc IDeals
    function announceNonRenewal(DealId deal, uint8 slot) external {
        (Place storage place, Stream memory stream) = _streamOf(deal, slot, SERVING);
        address provider = place.provider;
        _requireActor(provider, KeyRoles.SERVE);
        bool isShort = _agreements[deal].terms.unpack().termDays <= SHORT_TERM;
        uint256 latest = isShort ? stream.endsAt : stream.endsAt - NOTICE_TIME;
        require(block.timestamp <= latest, NoticeTooLate(deal, slot, latest.toUint40()));
        stream.flags |= FINAL;
        place.stream = stream.pack();
        emit SlotFinal(deal, slot, provider);
    }

    /// @inheritdoc IDeals
    function stop(DealId deal) external {
        uint8 slots = _slotsOf(deal);
        if (msg.sender != matching) _requireActor(_agreements[deal].customer, KeyRoles.CUSTOMER);
        Terms memory terms = _agreements[deal].terms.unpack();
        require(terms.stoppedAt == 0, DealStopped(deal));
        terms.stoppedAt = block.timestamp;
        _agreements[deal].terms = terms.pack();
        uint256 endsAt = block.timestamp + terms.notice;
        emit DealStopRequested(deal, endsAt.toUint40());
        for (uint8 slot = 0; slot < slots; ++slot) {
            _stopSlot(deal, slot, endsAt);
        }
    }

    function _stopSlot(DealId deal, uint8 slot, uint256 endsAt) private {
        Place storage place = _places[deal][slot];
        Stream memory stream = place.stream.unpack();
        if (stream.status == ENDED) return;
        if (stream.status == SERVING) {
            _cut(place, stream, endsAt);
            place.stream = stream.pack();
            return;
        }
        if (stream.status == ASSIGNED) _vacate(deal, slot, place, stream, false);
        _end(deal, slot, place, stream, STOPPED);
    }
}
