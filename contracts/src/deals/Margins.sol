// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDeals} from "../interfaces/IDeals.sol";
import {IStaking} from "../interfaces/IStaking.sol";
import {LockMath} from "../libraries/LockMath.sol";
import {DealId} from "../types/Ids.sol";
import {KeyRoles} from "../types/Roles.sol";
import {Service} from "./Service.sol";

/// @dev What happens to a lock that the price made too small. It can only grow, by the provider's hand, or be left: no
/// price slashes or sells.
abstract contract Margins is Service {
    uint256 private constant CURE_TIME = 48 hours;

    /// @inheritdoc IDeals
    function marginCall(DealId deal, uint8 slot) external {
        (Place storage place, uint8 flags) = _servingOf(deal, slot);
        require(flags & CALLED == 0, MarginCalled(deal, slot));
        require(!priceGuard.isStale(), PriceStale());
        uint256 health = _healthBps(place);
        uint256 maintained = LockMath.maintainedBps(_agreements[deal].terms.coverageBps);
        require(health < maintained, HealthSufficient(health, maintained));
        uint64 staleSeconds = priceGuard.staleSeconds();
        place.stream.flags = flags | CALLED;
        place.margin.calledAt = uint40(block.timestamp);
        place.margin.staleAtCall = staleSeconds;
        emit MarginCallOpened(deal, slot, place.provider, health, staleSeconds);
    }

    /// @inheritdoc IDeals
    function topUp(DealId deal, uint8 slot, uint128 amount) external {
        (Place storage place, uint8 flags) = _servingOf(deal, slot);
        address provider = place.provider;
        _requireActor(provider, KeyRoles.STAKE);
        require(amount != 0, AmountZero());
        IStaking.Lock memory lock = staking.lockOf(place.backing.lock);
        uint128 lockAmount = lock.amount + amount;
        staking.regrant(place.backing.lock, lockAmount, lock.end);
        emit SlotToppedUp(deal, slot, provider, amount, lockAmount);
        if (flags & CALLED == 0 || priceGuard.isStale()) return;
        uint256 health = _healthBps(place);
        if (health >= LockMath.maintainedBps(_agreements[deal].terms.coverageBps)) _cure(deal, slot, place, health);
    }

    /// @inheritdoc IDeals
    function cure(DealId deal, uint8 slot) external {
        (Place storage place, uint8 flags) = _servingOf(deal, slot);
        require(flags & CALLED != 0, MarginNotCalled(deal, slot));
        require(!priceGuard.isStale(), PriceStale());
        uint256 health = _healthBps(place);
        uint256 maintained = LockMath.maintainedBps(_agreements[deal].terms.coverageBps);
        require(health >= maintained, HealthTooLow(health, maintained));
        _cure(deal, slot, place, health);
    }

    /// @inheritdoc IDeals
    function leave(DealId deal, uint8 slot) external {
        (Place storage place, uint8 flags) = _servingOf(deal, slot);
        _requireActor(_agreements[deal].customer, KeyRoles.CUSTOMER);
        if (priceGuard.isStale() || !_isBelowMinimum(deal, place)) {
            require(flags & CALLED != 0, MarginNotCalled(deal, slot));
            uint256 until = _cureEnd(place.margin);
            require(block.timestamp > until, CureRunning(deal, slot, uint40(until)));
        }
        (Stream memory stream,,) = _settle(deal, slot, place, false);
        _cut(place, stream, uint40(block.timestamp));
        _end(deal, slot, place, stream, LEFT);
    }

    function _servingOf(DealId deal, uint8 slot) private view returns (Place storage place, uint8 flags) {
        place = _placeOf(deal, slot);
        _requireStatus(deal, slot, place.stream.status, SERVING);
        flags = place.stream.flags;
    }

    function _cure(DealId deal, uint8 slot, Place storage place, uint256 health) private {
        place.stream.flags &= ~CALLED;
        place.margin.calledAt = 0;
        emit MarginCallCured(deal, slot, place.provider, health);
    }

    /// @dev The clock stands still while the price is stale: what was stale since the call is added to its end.
    function _cureEnd(Margin memory margin) private view returns (uint256) {
        return margin.calledAt + CURE_TIME + priceGuard.staleSeconds() - margin.staleAtCall;
    }

    function _isBelowMinimum(DealId deal, Place storage place) private view returns (bool) {
        return _healthBps(place) < LockMath.minimumBps(_agreements[deal].terms.coverageBps);
    }

    function _healthBps(Place storage place) internal view returns (uint256) {
        uint256 lock = staking.lockOf(place.backing.lock).amount;
        return LockMath.healthDown(lock, priceGuard.high(), scale, place.backing.valueAtStake);
    }
}
