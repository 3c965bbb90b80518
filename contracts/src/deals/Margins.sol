// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IStaking} from "../interfaces/IStaking.sol";
import {Stream} from "../libraries/DealWords.sol";
import {LockMath} from "../libraries/LockMath.sol";
import {DealId, LockId} from "../types/Ids.sol";
import {KeyRoles} from "../types/Roles.sol";
import {Escrow} from "./Escrow.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @dev What happens to a lock that the price made too small. It can only grow, by the provider's hand, or be left: no
/// price slashes or sells. Part of `Extension`.
abstract contract Margins is Escrow {
    using SafeCast for uint256;

    uint256 private constant CURE_TIME = 48 hours;

    /// @dev A reading of the price against a slot. `health` means nothing when `isStale`.
    struct Reading {
        bool isStale;
        uint256 health;
        uint256 coverageBps;
    }

    /// @dev See `IDeals.marginCall`.
    function marginCall(DealId deal, uint8 slot) external {
        _requireSlot(deal, slot);
        (Place storage place, Stream memory stream) = _streamOf(deal, slot, SERVING);
        require(stream.flags & CALLED == 0, MarginCalled(deal, slot));
        Reading memory reading = _read(deal, place);
        require(!reading.isStale, PriceStale());
        uint256 maintained = LockMath.maintainedBps(reading.coverageBps);
        require(reading.health < maintained, HealthSufficient(reading.health, maintained));
        uint64 staleSeconds = priceGuard.staleSeconds();
        stream.flags |= CALLED;
        place.stream = stream.pack();
        place.margin.calledAt = uint40(block.timestamp);
        place.margin.staleAtCall = staleSeconds;
        emit MarginCallOpened(deal, slot, place.provider, reading.health, staleSeconds);
    }

    /// @dev See `IDeals.topUp`.
    function topUp(DealId deal, uint8 slot, uint128 amount) external {
        _requireSlot(deal, slot);
        (Place storage place, Stream memory stream) = _streamOf(deal, slot, SERVING);
        address provider = place.provider;
        _requireActor(provider, KeyRoles.STAKE);
        require(amount != 0, AmountZero());
        LockId id = place.backing.lock();
        IStaking.Lock memory lock = _lockOf(id);
        lock.amount += amount;
        staking.regrant(id, lock.amount, lock.end);
        emit SlotToppedUp(deal, slot, provider, amount, lock.amount);
        stream.flags |= TOPPED_UP;
        place.stream = stream.pack();
        if (stream.flags & CALLED == 0) return;
        Reading memory reading = _read(deal, place);
        if (!reading.isStale && reading.health >= LockMath.maintainedBps(reading.coverageBps)) {
            _cure(deal, slot, place, stream, reading.health);
        }
    }

    /// @dev See `IDeals.cure`.
    function cure(DealId deal, uint8 slot) external {
        _requireSlot(deal, slot);
        (Place storage place, Stream memory stream) = _streamOf(deal, slot, SERVING);
        require(stream.flags & CALLED != 0, MarginNotCalled(deal, slot));
        Reading memory reading = _read(deal, place);
        require(!reading.isStale, PriceStale());
        uint256 maintained = LockMath.maintainedBps(reading.coverageBps);
        require(reading.health >= maintained, HealthTooLow(reading.health, maintained));
        _cure(deal, slot, place, stream, reading.health);
    }

    /// @dev See `IDeals.leave`.
    function leave(DealId deal, uint8 slot) external {
        (Place storage place, Stream memory stream) = _leaveable(deal, slot);
        _cut(place, stream, block.timestamp);
        _end(deal, slot, place, stream, LEFT);
    }

    /// @dev See `ISuccession.replace`.
    function replace(DealId deal, uint8 slot) external returns (bool isServed) {
        (Place storage place, Stream memory stream) = _leaveable(deal, slot);
        return _passOn(deal, slot, place, stream, LEFT);
    }

    /// @dev Refuses whoever may not leave, and settles.
    function _leaveable(DealId deal, uint8 slot) private returns (Place storage place, Stream memory stream) {
        _requireSlot(deal, slot);
        (place, stream) = _streamOf(deal, slot, SERVING);
        _requireActor(_agreements[deal].customer, KeyRoles.CUSTOMER);
        Reading memory reading = _read(deal, place);
        if (reading.isStale || reading.health >= LockMath.minimumBps(reading.coverageBps)) {
            require(stream.flags & CALLED != 0, MarginNotCalled(deal, slot));
            // Cured, though nobody said so: a call that is over ends no healthy slot.
            uint256 maintained = LockMath.maintainedBps(reading.coverageBps);
            require(reading.isStale || reading.health < maintained, HealthSufficient(reading.health, maintained));
            // The clock stands still while the price is stale: what was stale since the call is added to its end.
            uint256 until = CURE_TIME + place.margin.calledAt + priceGuard.staleSeconds() - place.margin.staleAtCall;
            require(block.timestamp > until, CureRunning(deal, slot, until.toUint40()));
        }
        (stream,) = _accrue(deal, slot, place);
    }

    function _cure(DealId deal, uint8 slot, Place storage place, Stream memory stream, uint256 health) private {
        stream.flags &= ~CALLED;
        place.stream = stream.pack();
        place.margin.calledAt = 0;
        emit MarginCallCured(deal, slot, place.provider, health);
    }

    function _read(DealId deal, Place storage place) private returns (Reading memory reading) {
        uint64 high;
        (, high, reading.isStale) = priceGuard.refresh();
        reading.health = _healthBps(place, high);
        reading.coverageBps = _agreements[deal].terms.coverageBps();
    }
}
