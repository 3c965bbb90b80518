// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDeals} from "../interfaces/IDeals.sol";
import {IOffers} from "../interfaces/IOffers.sol";
import {IPriceGuard} from "../interfaces/IPriceGuard.sol";
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

    uint40 private constant RENEWAL_TIME = 1 days;
    uint40 private constant NOTICE_TIME = 3 days;
    /// Where terms have at most as many days, non-renewal may be announced at any time.
    uint8 private constant SHORT_TERM = 4;
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
            uint128 escrow = slot == 0 ? opening.prepaid - part * (opening.slots - 1) : part;
            _places[deal][slot].stream.escrow = uint256(escrow).toUint96();
            emit SlotFunded(deal, slot, escrow);
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
        agreement.terms = Terms({
            units: opening.units,
            notice: opening.notice,
            openedAt: uint40(block.timestamp),
            startedAt: 0,
            stoppedAt: 0,
            feeBps: feeBps,
            durationDays: opening.durationDays,
            coverageBps: opening.coverageBps,
            termDays: opening.termDays,
            slots: opening.slots,
            hasRoyalty: opening.royalty != 0
        });
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
        Place storage place = _placeOf(deal, slot);
        Terms memory terms = _termsOf(deal);
        Stream memory stream = _streamOf(place);
        _requireStatus(deal, slot, stream.status, EMPTY);
        _requireFillable(deal, terms);
        (address provider, uint96 price) = _providerOf(deal, terms, offer);
        uint256 value = _value(deal, terms, price, stream.escrow, block.timestamp);
        uint128 amount = LockMath.lockUp(value, terms.coverageBps, scale, priceGuard.lowForGrant()).toUint128();
        // The term starts with `ready`, up to half an hour from here, and no later than this does it end.
        uint256 lockEnd = _termEnd(terms, block.timestamp) + READY_TIME + DISPUTE;
        lock = staking.grant(provider, amount, lockEnd.toUint40(), slasher);
        place.provider = provider;
        place.price = price;
        stream.startedAt = uint40(block.timestamp);
        stream.status = ASSIGNED;
        _write(place, stream);
        place.backing =
            Backing({offer: offer, lock: lock, serving: place.backing.serving + 1, valueAtStake: value.toUint96()});
        _emitAssigned(deal, slot, place, amount);
        offers.take(offer, terms.units);
    }

    function _emitAssigned(DealId deal, uint8 slot, Place storage place, uint128 amount) private {
        Backing memory backing = place.backing;
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
        uint256 exposed = uint256(terms.durationDays) * 1 days;
        if (exposure == LockMath.REMAINING) exposed = _durationEnd(terms, startsAt) - startsAt;
        if (exposure == LockMath.TERM) exposed = _termEnd(terms, startsAt) - startsAt;
        return Math.min(LockMath.valueUp(uint256(price) * terms.units, exposed, escrow), type(uint96).max);
    }

    /* START */

    /// @inheritdoc IDeals
    function ready(DealId deal, uint8 slot) external {
        Place storage place = _placeOf(deal, slot);
        Stream memory stream = _streamOf(place);
        _requireStatus(deal, slot, stream.status, ASSIGNED);
        address provider = place.provider;
        _requireActor(provider, KeyRoles.SERVE);
        uint40 deadline = stream.startedAt + READY_TIME;
        require(block.timestamp <= deadline, ReadyTooLate(deal, slot, deadline));
        Terms memory terms = _termsOf(deal);
        uint256 termEnd = _termEnd(terms, block.timestamp);
        require(block.timestamp < termEnd, DurationOver(deal));
        if (terms.startedAt == 0) _agreements[deal].terms.startedAt = uint40(block.timestamp);
        stream.startedAt = uint40(block.timestamp);
        stream.endsAt = termEnd.toUint40();
        stream.settled = 0;
        stream.credited = 0;
        stream.flags = 0;
        stream.status = SERVING;
        _write(place, stream);
        emit SlotReady(deal, slot, provider, stream.endsAt);
    }

    /// @inheritdoc IDeals
    function decline(DealId deal, uint8 slot) external {
        Place storage place = _placeOf(deal, slot);
        Stream memory stream = _streamOf(place);
        _requireStatus(deal, slot, stream.status, ASSIGNED);
        uint40 deadline = stream.startedAt + READY_TIME;
        bool isSilent = block.timestamp > deadline;
        address provider = place.provider;
        require(
            isSilent || msg.sender == provider || staking.mayAct(provider, msg.sender, KeyRoles.SERVE),
            ReadyNotLate(deal, slot, deadline)
        );
        _vacate(deal, slot, place, isSilent);
    }

    /* TERMS */

    /// @inheritdoc IDeals
    function renew(DealId deal, uint8 slot) external {
        Place storage place = _placeOf(deal, slot);
        Terms memory terms = _termsOf(deal);
        Stream memory stream = _streamOf(place);
        _requireStatus(deal, slot, stream.status, SERVING);
        _requireRenewable(deal, slot, terms, stream);
        uint96 price = place.price;
        uint256 startsAt = stream.endsAt;
        uint256 termEnd = _termEnd(terms, startsAt);
        uint256 escrow = _fundsOf(deal, uint256(price) * terms.units, stream, termEnd);
        uint256 value = _value(deal, terms, price, escrow, startsAt);
        stream.endsAt = termEnd.toUint40();
        (uint128 amount, bool isPriced) = _regrant(place.backing.lock, value, terms.coverageBps, stream.endsAt);
        if (isPriced && stream.flags & CALLED != 0) {
            stream.flags &= ~CALLED;
            place.margin.calledAt = 0;
        }
        _write(place, stream);
        place.backing.valueAtStake = value.toUint96();
        emit SlotRenewed(deal, slot, place.provider, stream.endsAt, amount, value.toUint128(), isPriced);
    }

    function _requireRenewable(DealId deal, uint8 slot, Terms memory terms, Stream memory stream) private view {
        require(terms.stoppedAt == 0, DealStopped(deal));
        require(block.timestamp < stream.endsAt, RenewalOver(deal, slot, stream.endsAt));
        uint40 opensAt = stream.endsAt - RENEWAL_TIME;
        require(block.timestamp >= opensAt, RenewalNotOpen(deal, slot, opensAt));
        require(stream.flags & FINAL == 0, RenewalRefused(deal, slot));
        require(stream.endsAt < _durationEnd(terms, stream.endsAt), DurationOver(deal));
    }

    /// @dev The escrow as a settle would leave it, which pays to `termEnd`. A stranger can't renew before the customer paid
    /// for the whole term: the lock would be sized by the little that is there.
    function _fundsOf(DealId deal, uint256 rate, Stream memory stream, uint256 termEnd)
        private
        view
        returns (uint256)
    {
        uint256 funds = stream.escrow + StreamMath.owedDown(rate, stream.settled);
        if (funds < StreamMath.owedDown(rate, termEnd - stream.startedAt)) {
            address customer = _agreements[deal].customer;
            bool isCustomer = msg.sender == customer || staking.mayAct(customer, msg.sender, KeyRoles.CUSTOMER);
            uint256 until = isCustomer ? Math.min(termEnd, stream.endsAt + RENEWAL_FUNDS_MIN) : termEnd;
            uint256 need = StreamMath.owedDown(rate, until - stream.startedAt);
            require(funds >= need, EscrowTooLow(funds, need));
        }
        return funds - StreamMath.owedDown(rate, block.timestamp - stream.startedAt);
    }

    /// @dev Without a price the lock keeps its FLT for the term: a broken feed must not end every deal.
    function _regrant(LockId lock, uint256 value, uint256 coverageBps, uint40 termEnd)
        private
        returns (uint128 amount, bool isPriced)
    {
        try priceGuard.lowForGrant() returns (uint64 low) {
            isPriced = true;
            amount = LockMath.lockUp(value, coverageBps, scale, low).toUint128();
        } catch (bytes memory reason) {
            // Any other reason, such as too little gas, must not pass for a stale price.
            require(bytes4(reason) == IPriceGuard.PriceStale.selector, PriceStale());
            amount = staking.lockOf(lock).amount;
        }
        staking.regrant(lock, amount, termEnd + DISPUTE);
    }

    /// @inheritdoc IDeals
    function announceNonRenewal(DealId deal, uint8 slot) external {
        Place storage place = _placeOf(deal, slot);
        Stream memory stream = _streamOf(place);
        _requireStatus(deal, slot, stream.status, SERVING);
        address provider = place.provider;
        _requireActor(provider, KeyRoles.SERVE);
        bool isShort = _agreements[deal].terms.termDays <= SHORT_TERM;
        uint40 latest = isShort ? stream.endsAt : stream.endsAt - NOTICE_TIME;
        require(block.timestamp <= latest, NoticeTooLate(deal, slot, latest));
        place.stream.flags = stream.flags | FINAL;
        emit SlotFinal(deal, slot, provider);
    }

    /// @inheritdoc IDeals
    function stop(DealId deal) external {
        Terms memory terms = _termsOf(deal);
        require(terms.slots != 0, DealUnknown(deal));
        if (msg.sender != matching) _requireActor(_agreements[deal].customer, KeyRoles.CUSTOMER);
        require(terms.stoppedAt == 0, DealStopped(deal));
        uint40 endsAt = (block.timestamp + terms.notice).toUint40();
        _agreements[deal].terms.stoppedAt = uint40(block.timestamp);
        emit DealStopRequested(deal, endsAt);
        for (uint8 slot = 0; slot < terms.slots; ++slot) {
            _stopSlot(deal, slot, endsAt);
        }
    }

    function _stopSlot(DealId deal, uint8 slot, uint40 endsAt) private {
        Place storage place = _places[deal][slot];
        Stream memory stream = _streamOf(place);
        if (stream.status == ENDED) return;
        if (stream.status == SERVING) {
            _cut(place, stream, endsAt);
            _write(place, stream);
            return;
        }
        if (stream.status == ASSIGNED) {
            _vacate(deal, slot, place, false);
            stream = _streamOf(place);
        }
        _end(deal, slot, place, stream, STOPPED);
    }
}
