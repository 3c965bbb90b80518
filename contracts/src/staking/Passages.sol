// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IStaking} from "../interfaces/IStaking.sol";
import {Tranches} from "./Tranches.sol";

/// @dev Deposits and matured tickets in the books, for both halves: no permission is checked here, and no token moves.
/// Invariant: a crystallised bucket's claim is paid to its tickets alone, and all of it.
abstract contract Passages is Tranches {
    /// @dev Books stake whose tokens the caller has taken care of.
    function _deposit(address provider, address account, uint128 amount) internal returns (uint128 shares) {
        require(amount != 0, IStaking.AmountZero());
        uint40 until = _total.pausedUntil;
        require(block.timestamp >= until, IStaking.DepositsPaused(until));
        Pool storage pool = _pools[provider];
        require(pool.terms.isRegistered, IStaking.NotRegistered(provider));
        (uint256 minted, uint24 generation) = _mint(pool, provider, account, amount, account != provider);
        shares = uint128(minted);
        emit IStaking.Staked(provider, account, generation, amount, shares);
    }

    /// @dev Deletes a ticket, which must be of `generation`.
    function _takeTicket(AccountState storage state, address provider, address account, uint256 day, uint24 generation)
        internal
        returns (uint256 units)
    {
        TicketState memory ticket_ = state.tickets[day];
        require(
            ticket_.units != 0 && ticket_.generation == generation,
            IStaking.TicketUnknown(provider, account, uint32(day))
        );
        if (ticket_.isRedelegating) delete state.targets[day];
        delete state.tickets[day];
        return ticket_.units;
    }

    /// @dev Takes a matured ticket's part out of the claim that its bucket shares. What rounding leaves is the others',
    /// and the last gets all of it.
    function _redeem(address provider, address account, uint32 day) internal returns (uint128 units, uint128 amount) {
        require(day <= _today(), IStaking.TicketNotMatured(day));
        Pool storage pool = _pools[provider];
        bool isOwn = account == provider;
        TrancheState storage tranche_ = _tranche(pool, isOwn);
        Bucket memory bucket = tranche_.buckets[day];
        if (!bucket.isCrystallised) {
            _crystallise(tranche_, tranche_.thaw, provider, isOwn);
            bucket = tranche_.buckets[day];
            require(bucket.isCrystallised, IStaking.TicketUnknown(provider, account, day));
        }
        units = uint128(_takeTicket(pool.accounts[account], provider, account, day, bucket.generation));
        amount = uint128(uint256(units) * bucket.claim / bucket.units);
        bucket.units -= uint120(units);
        bucket.claim -= uint96(amount);
        tranche_.buckets[day] = bucket;
    }
}
