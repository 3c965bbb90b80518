// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IOffers} from "../interfaces/IOffers.sol";
import {IStaking} from "../interfaces/IStaking.sol";
import {ISuccession} from "../interfaces/ISuccession.sol";
import {BackingPacking, BackingWord, READY_TIME, STANDBY, Stream, TermsWord} from "../libraries/DealWords.sol";
import {LockMath} from "../libraries/LockMath.sol";
import {StreamMath} from "../libraries/StreamMath.sol";
import {DealId, LockId, OfferId} from "../types/Ids.sol";
import {KeyRoles} from "../types/Roles.sol";
import {Redemptions} from "./Redemptions.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @dev A slot's or standby's way from empty over assigned to serving, term by term.
abstract contract Service is Redemptions {
    using SafeCast for uint256;

    uint256 private constant RENEWAL_TIME = 1 days;
    /// What the escrow must pay of the next term when the customer himself renews.
    uint256 private constant RENEWAL_FUNDS_MIN = 1 days;
    /// Below it a retainer, rounded up to one, would be more than 2 %.
    uint256 private constant STANDBY_PRICE_MIN = 50;

    /* START */

    /// @dev See `IDeals`.
    function assign(DealId deal, uint8 slot, OfferId offer) external returns (LockId lock) {
        _requireMatching();
        // What the one who was promoted from here is still to be credited.
        if (slot >= STANDBY) _settle(deal, slot, _agreements[deal].terms);
        (Place storage place, Stream memory stream) = _streamOf(deal, slot, EMPTY);
        TermsWord terms = _agreements[deal].terms;
        _requireFillable(deal, slot, terms);
        (address provider, uint256 price) = _providerOf(deal, terms, offer);
        require(slot < STANDBY || price >= STANDBY_PRICE_MIN, ISuccession.PriceTooLow(price, STANDBY_PRICE_MIN));
        uint256 value = _reserved(deal, slot, terms, price, stream.escrow, block.timestamp);
        uint128 amount = LockMath.lockUp(value, terms.coverageBps(), scale, priceGuard.lowForGrant()).toUint128();
        // The term starts with `ready`, up to half an hour from here, and no later than this does it end.
        uint256 lockEnd = _termEnd(terms, block.timestamp) + READY_TIME + DISPUTE;
        lock = staking.grant(provider, amount, lockEnd.toUint40(), slasher);
        place.provider = provider;
        uint80 paid = _paidUp(slot, price).toUint80();
        place.price = _isMetered(slot, terms) ? 0 : paid;
        ++place.serving;
        (stream.startedAt, stream.endsAt, stream.settled, stream.credited) = (block.timestamp, 0, 0, 0);
        stream.status = ASSIGNED;
        place.stream = stream.pack();
        place.backing = BackingPacking.pack(offer, lock, price, value);
        _emitAssigned(deal, slot, place, paid, amount);
        offers.take(offer, terms.units().toUint32());
    }

    function _emitAssigned(DealId deal, uint8 slot, Place storage place, uint80 paid, uint128 amount) private {
        BackingWord backing = place.backing;
        emit SlotAssigned(
            deal,
            slot,
            place.provider,
            place.serving,
            backing.offer(),
            paid,
            backing.lock(),
            amount,
            backing.valueAtStake().toUint128()
        );
    }

    function _requireFillable(DealId deal, uint8 slot, TermsWord terms) private view {
        require(terms.stoppedAt() == 0, DealStopped(deal));
        uint40 expiry = _agreements[deal].expiry;
        bool isInTime = slot < STANDBY ? block.timestamp <= expiry : _isAlive(deal, terms);
        require(isInTime, FillingOver(deal, expiry));
        require(block.timestamp < _durationEnd(terms, block.timestamp), DurationOver(deal));
    }

    /// @dev Some slot is assigned or served, or can be. A standby's place keeps no payer's money from him, and so it needs no
    /// expiry of its own.
    function _isAlive(DealId deal, TermsWord terms) internal view returns (bool) {
        bool isInTime = block.timestamp <= _agreements[deal].expiry;
        uint8 slots = terms.slots();
        for (uint8 slot = 0; slot < slots; ++slot) {
            uint256 status = _places[deal][slot].stream.status();
            if (status == EMPTY ? isInTime : status != ENDED) return true;
        }
        return false;
    }

    function _providerOf(DealId deal, TermsWord terms, OfferId offer) private view returns (address, uint256) {
        IOffers.Offer memory current = offers.offerOf(offer);
        return
            (current.provider, terms.hasRoyalty() ? uint256(current.price) + _agreements[deal].royalty : current.price);
    }

    /// @dev See `IDeals`.
    function ready(DealId deal, uint8 slot) external {
        (Place storage place, Stream memory stream) = _streamOf(deal, slot, ASSIGNED);
        address provider = place.provider;
        _requireActor(provider, KeyRoles.SERVE);
        uint256 deadline = stream.startedAt + READY_TIME;
        require(block.timestamp <= deadline, ReadyTooLate(deal, slot, deadline.toUint40()));
        TermsWord terms = _agreements[deal].terms;
        uint256 termEnd = _termEnd(terms, block.timestamp);
        require(block.timestamp < termEnd, DurationOver(deal));
        if (slot < STANDBY && terms.startedAt() == 0) _agreements[deal].terms = terms.start(block.timestamp);
        stream.startedAt = block.timestamp;
        stream.endsAt = termEnd;
        stream.status = SERVING;
        place.stream = stream.pack();
        emit SlotReady(deal, slot, provider, termEnd.toUint40());
    }

    /* TERMS */

    /// @dev See `IDeals`.
    function renew(DealId deal, uint8 slot) external {
        TermsWord terms = _agreements[deal].terms;
        _requirePlace(deal, slot, terms);
        Place storage place = _places[deal][slot];
        Stream memory stream = place.stream.unpack();
        _requireStatus(deal, slot, stream, SERVING);
        _requireRenewable(deal, slot, terms, stream);
        _requireFirstLoss(place, terms);
        BackingWord backing = place.backing;
        uint256 price = backing.price();
        uint256 startsAt = stream.endsAt;
        stream.endsAt = _termEnd(terms, startsAt);
        uint256 rate = _paidUp(slot, price) * terms.units();
        uint256 escrow =
            _isMetered(slot, terms) ? _meteredFunds(rate, stream, startsAt) : _fundsOf(deal, rate, stream, startsAt);
        uint256 value = _reserved(deal, slot, terms, price, escrow, startsAt);
        (address provider, uint128 amount, bool isPriced) =
            _regrant(backing.lock(), value, terms.coverageBps(), stream.endsAt);
        if (isPriced && stream.flags & (CALLED | TOPPED_UP) != 0) {
            stream.flags &= ~(CALLED | TOPPED_UP);
            place.margin.calledAt = 0;
        }
        place.stream = stream.pack();
        place.backing = backing.withValueAtStake(value);
        // The end was checked with the lock's, the value on its way into its word.
        // forge-lint: disable-next-line(unsafe-typecast)
        emit SlotRenewed(deal, slot, provider, uint40(stream.endsAt), amount, uint128(value), isPriced);
    }

    function _requireRenewable(DealId deal, uint8 slot, TermsWord terms, Stream memory stream) private view {
        uint256 termEnd = stream.endsAt;
        require(terms.stoppedAt() == 0, DealStopped(deal));
        require(block.timestamp < termEnd, RenewalOver(deal, slot, termEnd.toUint40()));
        uint256 opensAt;
        // Terms have a day at least.
        unchecked {
            opensAt = termEnd - RENEWAL_TIME;
        }
        require(block.timestamp >= opensAt, RenewalNotOpen(deal, slot, opensAt.toUint40()));
        require(stream.flags & (FINAL | LAST) == 0, RenewalRefused(deal, slot));
        require(termEnd < _durationEnd(terms, termEnd), DurationOver(deal));
    }

    /// @dev Own stake itself is checked by the grant, against these terms.
    function _requireFirstLoss(Place storage place, TermsWord terms) private view {
        if (terms.firstLossMinBps() == 0) return;
        uint256 promised = staking.terms(place.provider).firstLossBps;
        require(promised >= terms.firstLossMinBps(), FirstLossLowered(promised, terms.firstLossMinBps()));
    }

    /// @dev The escrow as a settle would leave it, which pays to the end of the next term. A stranger can't renew before the
    /// customer paid for all of it: the lock would be sized by the little that is there.
    function _fundsOf(DealId deal, uint256 rate, Stream memory stream, uint256 startsAt)
        private
        view
        returns (uint256)
    {
        // Serving has started and ends later; what is owed now is less than what will be at the end of a day to come.
        unchecked {
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
    }

    /// @dev A day of usage at the cap, whoever renews: more of it may never come.
    function _meteredFunds(uint256 rate, Stream memory stream, uint256 startsAt) private pure returns (uint256) {
        uint256 need = StreamMath.owedDown(rate, Math.min(stream.endsAt - startsAt, RENEWAL_FUNDS_MIN));
        require(stream.escrow >= need, EscrowTooLow(stream.escrow, need));
        return stream.escrow;
    }

    /// @dev Without a price the lock keeps its FLT for the term: a broken feed must not end every deal.
    function _regrant(LockId lock, uint256 value, uint256 coverageBps, uint256 termEnd)
        private
        returns (address provider, uint128 amount, bool isPriced)
    {
        (uint64 low,, bool isStale) = priceGuard.refresh();
        isPriced = !isStale;
        amount = isStale ? _lockOf(lock).amount : LockMath.lockUp(value, coverageBps, scale, low).toUint128();
        provider = staking.regrant(lock, amount, (termEnd + DISPUTE).toUint40());
    }

    /* END */

    /// @dev See `IDeals`.
    function releaseLock(DealId deal, uint8 slot) external {
        (Place storage place, Stream memory stream) = _streamOf(deal, slot, ENDED);
        LockId lock = place.backing.lock();
        uint256 until = stream.endsAt + DISPUTE;
        require(block.timestamp > until, IStaking.LockNotEnded(lock, until.toUint40()));
        staking.release(lock);
    }
}
