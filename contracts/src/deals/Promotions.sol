// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IStaking} from "../interfaces/IStaking.sol";
import {ISuccession} from "../interfaces/ISuccession.sol";
import {BackingWord, STANDBY, ServingPacking, Stream, TermsWord} from "../libraries/DealWords.sol";
import {StreamMath} from "../libraries/StreamMath.sol";
import {DealId, LockId} from "../types/Ids.sol";
import {Endings} from "./Endings.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @dev How a slot passes from one provider to the next. Part of `Extension`. Nothing here may refuse: who is gone, or cannot
/// lock what the slot needs, must not keep it.
abstract contract Promotions is Endings {
    using SafeCast for uint256;

    uint40 private constant SEEKING_TIME = 24 hours;

    /// @dev What was locked for a slot, and for which value: a promotion scales it, and so needs no price.
    struct Backed {
        uint256 lock;
        uint256 value;
    }

    /// @dev What a standby would serve with.
    struct Successor {
        uint8 standby;
        TermsWord terms;
        BackingWord backing;
        uint256 price;
        uint256 value;
        uint256 lock;
        uint256 termEnd;
        uint256 flags;
    }

    function _backedOf(Place storage place) internal view returns (Backed memory) {
        BackingWord backing = place.backing;
        return Backed(staking.amountOf(backing.lock()), backing.valueAtStake());
    }

    /// @dev The serving is over. So is its slot when the deal is. The stream is settled, in memory.
    function _passOn(DealId deal, uint8 slot, Place storage place, Stream memory stream, uint8 reason)
        internal
        returns (bool isServed)
    {
        TermsWord terms = _agreements[deal].terms;
        if (!_goesOn(terms, stream)) {
            _cut(place, stream, _settledTo(stream));
            _end(deal, slot, place, stream, reason);
            return false;
        }
        _retire(deal, slot, terms, place, stream, reason);
        isServed = slot < STANDBY && _promote(deal, slot, terms, stream, _backedOf(place));
        if (isServed) return true;
        _clear(place, stream);
        if (slot < STANDBY) _seek(deal, slot);
    }

    /// @dev Keeps of a serving what is not yet credited, and what backs it: its lock stays to its end.
    function _retire(DealId deal, uint8 slot, TermsWord terms, Place storage place, Stream memory stream, uint8 reason)
        private
    {
        BackingWord backing = place.backing;
        (address provider, uint16 serving) = (place.provider, place.serving);
        uint256 heldBack = _uncredited(stream, place.price * terms.units());
        Past storage past = _past[_servingKey(deal, slot, serving)];
        (past.word, past.backing) = (ServingPacking.pack(provider, stream), backing);
        if (stream.flags & CALLED != 0) place.margin.calledAt = 0;
        if (_isMetered(slot, terms)) {
            // What it was not yet paid keeps the escrow where it is.
            uint40 endedAt = _settledTo(stream).toUint40();
            place.margin.termEnd = endedAt;
            bytes32 key = _usageKeyOf(deal, slot, serving);
            _usages[key] = _usages[key].end(endedAt);
        }
        emit ISuccession.ServingEnded(
            deal, slot, provider, serving, backing.lock(), _settledTo(stream).toUint40(), heldBack.toUint128(), reason
        );
        _giveBack(terms, backing.offer());
    }

    function _seek(DealId deal, uint8 slot) private {
        uint40 until = uint40(block.timestamp) + SEEKING_TIME;
        Agreement storage agreement = _agreements[deal];
        if (agreement.expiry < until) agreement.expiry = until;
        else until = agreement.expiry;
        emit ISuccession.SlotSeeking(deal, slot, until);
    }

    /// @dev Nobody serves the slot; its stream is in memory. The first standby that can lock what it needs serves.
    function _promote(DealId deal, uint8 slot, TermsWord terms, Stream memory stream, Backed memory old)
        internal
        returns (bool)
    {
        uint8 end = STANDBY + terms.standbys();
        // A lock that was slashed away, or has ended and was released, says nothing about the price.
        if (old.lock == 0 || old.value == 0) return false;
        for (uint8 standby = STANDBY; standby < end; ++standby) {
            Place storage place = _places[deal][standby];
            Stream memory waiting = place.stream.unpack();
            if (waiting.status != SERVING || block.timestamp >= waiting.endsAt) continue;
            Successor memory next = _size(terms, place.backing, waiting, stream.escrow, old);
            // Nobody serves for nothing; it is the customer who is short, and the standby is kept.
            if (stream.escrow < StreamMath.owedDown(next.price * terms.units(), DRY_TIME)) continue;
            (bool isEnlarged, bool isUnable) = _enlarge(next, stream.flags & TOPPED_UP != 0);
            if (isEnlarged) {
                next.standby = standby;
                _install(deal, slot, place, stream, waiting, next);
                return true;
            }
            // Whatever else is in the way, gas of whoever calls included, is not its fault.
            if (isUnable) _drop(deal, standby, place, waiting);
        }
        return false;
    }

    /// @dev Who announced that he will not renew serves to the end of his term.
    function _size(TermsWord terms, BackingWord backing, Stream memory waiting, uint256 escrow, Backed memory old)
        private
        view
        returns (Successor memory next)
    {
        next.terms = terms;
        next.backing = backing;
        next.price = backing.price();
        next.termEnd = _termEnd(terms, block.timestamp);
        next.flags = waiting.flags & FINAL;
        if (next.flags != 0) next.termEnd = Math.min(next.termEnd, waiting.endsAt);
        next.value = _value(terms, next.price, escrow, block.timestamp);
        next.lock = _scale(old, next.value);
    }

    /// @dev A lock has 96 bits, a value 99. For more than 96 bits no stake suffices.
    function _scale(Backed memory old, uint256 value) private pure returns (uint256) {
        unchecked {
            return Math.min(Math.ceilDiv(old.lock * value, old.value), type(uint96).max);
        }
    }

    /// @dev Nobody sizes another's lock by topping up his own: then, and before it forfeits anything, what the standby has
    /// reserved says what it agreed to.
    function _enlarge(Successor memory next, bool isOwn) private returns (bool isEnlarged, bool isUnable) {
        LockId lock = next.backing.lock();
        if (isOwn) {
            Backed memory own = Backed(staking.amountOf(lock), next.backing.valueAtStake());
            if (own.value != 0) next.lock = Math.min(next.lock, _scale(own, next.value));
        }
        // Both are bounded.
        // forge-lint: disable-next-line(unsafe-typecast)
        try staking.regrant(lock, uint128(next.lock), uint40(next.termEnd + DISPUTE)) returns (address) {
            return (true, false);
        } catch {
            uint256 selector;
            // Without a selector, and without gas, all of this is undone.
            assembly ("memory-safe") {
                returndatacopy(0, 0, 4)
                selector := shr(224, mload(0))
            }
            isUnable = selector == uint32(IStaking.StakeTooLow.selector)
                || selector == uint32(IStaking.FirstLossTooLow.selector);
            if (isUnable && !isOwn) return _enlarge(next, true);
        }
    }

    /// @dev Its old place waits for another. What it earned there stays to be credited, by `settle` or by the next assignment.
    function _install(
        DealId deal,
        uint8 slot,
        Place storage from,
        Stream memory stream,
        Stream memory waiting,
        Successor memory next
    ) private {
        Place storage to = _places[deal][slot];
        if (next.terms.startedAt() == 0) _agreements[deal].terms = next.terms.start(block.timestamp);
        uint256 rate = from.price * next.terms.units();
        _advance(waiting, rate);
        _emitSettled(deal, next.standby, from.serving, waiting, rate);
        (waiting.status, waiting.flags, waiting.endsAt) = (EMPTY, 0, block.timestamp);
        from.stream = waiting.pack();
        // The lock has left with the standby: who released it here would take it from the slot.
        from.backing = BackingWord.wrap(0);
        // In one word, with a price that was in one before.
        (address provider, uint16 serving) = (from.provider, to.serving + 1);
        // forge-lint: disable-next-line(unsafe-typecast)
        (to.provider, to.price, to.serving) = (provider, next.terms.isMetered() ? 0 : uint80(next.price), serving);
        to.backing = next.backing.withValueAtStake(next.value);
        (stream.status, stream.flags, stream.settled, stream.credited) = (SERVING, next.flags, 0, 0);
        (stream.startedAt, stream.endsAt) = (block.timestamp, next.termEnd);
        to.stream = stream.pack();
        _emitPromoted(deal, slot, provider, serving, next);
    }

    function _emitPromoted(DealId deal, uint8 slot, address provider, uint16 serving, Successor memory next) private {
        // Bounded when they were computed.
        // forge-lint: disable-start(unsafe-typecast)
        emit ISuccession.StandbyPromoted(
            deal,
            slot,
            provider,
            next.standby,
            serving,
            uint96(next.price),
            next.backing.lock(),
            uint128(next.lock),
            uint128(next.value),
            uint40(next.termEnd)
        );
        // forge-lint: disable-end(unsafe-typecast)
    }

    /// @dev What was not credited is its place's again.
    function _drop(DealId deal, uint8 standby, Place storage place, Stream memory waiting) private {
        uint256 rate = _rateOf(deal, place);
        _advance(waiting, rate);
        uint256 forfeited = _uncredited(waiting, rate);
        // It was in the escrow before.
        unchecked {
            waiting.escrow += forfeited;
        }
        BackingWord backing = place.backing;
        emit ISuccession.StandbyDropped(deal, standby, place.provider, forfeited.toUint128());
        _emitFunded(deal, standby, waiting.escrow);
        _clear(place, waiting);
        _free(deal, backing.lock(), backing.offer());
    }
}
