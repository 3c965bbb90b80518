// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IStaking} from "../interfaces/IStaking.sol";
import {ModuleRoles} from "../types/Roles.sol";
import {Roster} from "./Roster.sol";
import {Solvency} from "./Solvency.sol";
import {Tranches} from "./Tranches.sol";

/// @dev FLT and _stablecoin income of stakers.
/// Invariants:
/// 1. Indices never fall, and no position's share of what dripped exceeds its share of the tranche while it dripped.
/// 2. Stablecoin moves in `addReward` and `claimReward` only, so a token that blocks this contract stops nothing else.
abstract contract Income is Roster, Solvency, Tranches {
    /* REWARDS */

    function addReward(address provider, address token, uint128 amount) external {
        // Deals end where they began: their module, removed or not, pays what they earned. Income harms nobody.
        require(_mayReward(), IStaking.NotModule(msg.sender, ModuleRoles.REWARD));
        require(token == _flt || token == _stablecoin, IStaking.TokenUnknown(token));
        require(amount != 0, IStaking.AmountZero());
        Pool storage pool = _pools[provider];
        require(pool.terms.isRegistered, IStaking.NotRegistered(provider));
        uint256 own = pool.own.head.active;
        uint256 delegated = pool.delegated.head.active;
        // With no stake at all it waits, undripped, for the provider's next.
        uint256 toDelegated = delegated == 0 ? 0 : uint256(amount) * delegated / (own + delegated);
        uint256 toOwn = amount - toDelegated;
        if (token == _flt) _total.flt += amount;
        else _usdBooked += amount;
        emit IStaking.RewardAdded(provider, token, msg.sender, uint128(toOwn), uint128(toDelegated));
        if (toOwn != 0) _addDrip(provider, true, token, toOwn);
        if (toDelegated != 0) _addDrip(provider, false, token, toDelegated);
        _pull(token, amount);
    }

    /* STATE */

    /// @dev Adds `amount` to a drip. It runs on for the average of the time left and the provider's `dripDays`, weighted by
    /// amount, so that a dust push can neither hold back nor hurry what drips already.
    function _addDrip(address provider, bool isOwn, address token, uint256 amount) internal {
        TrancheState storage tranche_ = _tranche(_pools[provider], isOwn);
        Head memory head = tranche_.head;
        _accrue(tranche_, tranche_.indices, head, provider, isOwn);
        tranche_.head.updatedAt = head.updatedAt;
        Drips memory drips = tranche_.drips;
        bool isFlt = token == _flt;
        (uint256 rate, uint256 end) = isFlt ? (drips.fltRate, drips.fltEnd) : (drips.usdRate, drips.usdEnd);
        uint256 left = end > block.timestamp ? end - block.timestamp : 0;
        uint256 old = rate * left;
        uint256 added = amount << RATE_BITS;
        uint256 period = uint256(_terms(provider).dripDays) * 1 days;
        // Rounded up: never faster than the average.
        period = (old * left + added * period + old + added - 1) / (old + added);
        rate = (old + added) / period;
        end = block.timestamp + period;
        require(rate <= type(uint96).max, IStaking.AmountTooLarge(amount));
        if (isFlt) (drips.fltRate, drips.fltEnd) = (uint96(rate), uint32(end));
        else (drips.usdRate, drips.usdEnd) = (uint96(rate), uint32(end));
        tranche_.drips = drips;
        _emitDrip(provider, isOwn, token, rate, end);
    }
}
