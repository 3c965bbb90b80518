// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IStaking} from "../interfaces/IStaking.sol";
import {Ledger} from "./Ledger.sol";

/// @dev Shares, indices and thawing of one tranche. No permission is checked here.
/// Invariants:
/// 1. `active / shares` and `thawing / units` only fall, but for the rounding that stays with whoever remains.
/// 2. `active == 0` exactly when `shares == 0`, and the same for thawing.
/// 3. No share count changes before the indices and the position are brought up to now.
/// 4. Thawing stake of a day that has come is crystallised before anything can touch what still thaws.
abstract contract Tranches is Ledger {
    uint256 internal constant INDEX_SCALE = 1e24;
    /// @dev Rates are stored times 2^24; events tell them times 2^32.
    uint256 internal constant RATE_BITS = 24;
    uint256 private constant RATE_EVENT_BITS = 8;

    struct Holder {
        address provider;
        address account;
        bool isOwn;
        uint24 generation;
    }

    /* INDICES */

    /// @dev Brings `now_`, the stored indices, up to now; those of an empty tranche stand still.
    function _grow(TrancheState storage tranche_, Indices memory now_, uint256 shares, uint256 updatedAt)
        internal
        view
    {
        if (shares == 0 || updatedAt == block.timestamp) return;
        Drips memory drips = tranche_.drips;
        // Income of real tokens cannot carry an index past 128 bits: 2^108 wei are needed even over the smallest position.
        unchecked {
            now_.flt += uint128(_growth(drips.fltRate, drips.fltEnd, updatedAt, shares));
            now_.usd += uint128(_growth(drips.usdRate, drips.usdEnd, updatedAt, shares));
        }
    }

    function _growth(uint256 rate, uint256 end, uint256 updatedAt, uint256 shares) private view returns (uint256) {
        uint256 until = block.timestamp < end ? block.timestamp : end;
        if (until <= updatedAt) return 0;
        // 96 + 32 + 80 bits fit, and shares are not zero.
        unchecked {
            return rate * (until - updatedAt) * INDEX_SCALE / (shares << RATE_BITS);
        }
    }

    /// @dev Brings `now_`, the stored indices, up to now, and stores them. The caller stores `head`.
    function _accrue(TrancheState storage tranche_, Indices memory now_, Head memory head, address provider, bool isOwn)
        internal
    {
        _grow(tranche_, now_, head.shares, head.updatedAt);
        if (head.updatedAt == block.timestamp) return;
        if (head.shares == 0) _holdDrips(tranche_, head.updatedAt, provider, isOwn);
        else tranche_.indices = now_;
        head.updatedAt = uint40(block.timestamp);
        emit IStaking.IndexChanged(provider, isOwn, now_.flt, now_.usd, uint40(block.timestamp));
    }

    /// @dev A drip of an empty tranche has stood still: it ends later by that time.
    function _holdDrips(TrancheState storage tranche_, uint256 updatedAt, address provider, bool isOwn) private {
        Drips memory drips = tranche_.drips;
        uint256 still = block.timestamp - updatedAt;
        if (drips.fltEnd > updatedAt) {
            drips.fltEnd = uint32(drips.fltEnd + still);
            tranche_.drips.fltEnd = drips.fltEnd;
            _emitDrip(provider, isOwn, _flt, drips.fltRate, drips.fltEnd);
        }
        if (drips.usdEnd > updatedAt) {
            drips.usdEnd = uint32(drips.usdEnd + still);
            tranche_.drips.usdEnd = drips.usdEnd;
            _emitDrip(provider, isOwn, _stablecoin, drips.usdRate, drips.usdEnd);
        }
    }

    function _emitDrip(address provider, bool isOwn, address token, uint256 rate, uint256 end) internal {
        emit IStaking.DripChanged(provider, isOwn, token, uint128(rate << RATE_EVENT_BITS), uint40(end));
    }

    /* POSITIONS */

    /// @dev What a position has earned and not claimed. `indices` are those of its own generation.
    function _owed(uint256 shares, Debts memory debts, Indices memory indices)
        internal
        pure
        returns (uint128 fltOwed, uint128 usdOwed)
    {
        // 120 and 128 bits.
        unchecked {
            fltOwed = _lessDebt(shares * indices.flt / INDEX_SCALE, debts.flt);
            usdOwed = _lessDebt(shares * indices.usd / INDEX_SCALE, debts.usd);
        }
    }

    /// @dev Exact modulo 2^128: what is owed was pushed in real tokens and is far below 2^127, so the difference is small, or
    /// minus one where a debt was rounded up just now.
    function _lessDebt(uint256 earned, uint128 debt) private pure returns (uint128) {
        unchecked {
            uint128 owed = uint128(earned) - debt;
            return owed >> 127 == 0 ? owed : 0;
        }
    }

    /// @dev Rounded up, so that nobody gains a wei by settling often.
    function _debt(uint256 shares, uint256 index, uint128 owed) private pure returns (uint128) {
        unchecked {
            return uint128((shares * index + INDEX_SCALE - 1) / INDEX_SCALE) - owed;
        }
    }

    /// @dev Writes that a position of `shares` is owed `fltOwed` and `usdOwed` at `indices`.
    function _setDebts(
        AccountState storage account,
        uint256 shares,
        Indices memory indices,
        uint128 fltOwed,
        uint128 usdOwed
    ) internal {
        account.debts = Debts(_debt(shares, indices.flt, fltOwed), _debt(shares, indices.usd, usdOwed));
    }

    /// @dev Shares of a position in the tranche's running generation.
    function _liveShares(AccountState storage account, uint24 generation) internal view returns (uint256) {
        PositionState memory position_ = account.position;
        return position_.generation == generation ? position_.shares : 0;
    }

    /// @dev Indices that a position earns by: those of the wipe if its generation was wiped.
    function _indicesFor(
        TrancheState storage tranche_,
        AccountState storage account,
        uint24 generation,
        Indices memory now_
    ) internal view returns (Indices memory) {
        uint24 held = account.position.generation;
        return held == generation ? now_ : tranche_.lastIndices[held];
    }

    /// @dev Adds `amount` to a tranche, inside the delegation cap if `isCapped`, and the shares that it buys to `account`.
    function _mint(Pool storage pool, address provider, address account, uint256 amount, bool isCapped)
        internal
        returns (uint256 shares, uint24 generation)
    {
        bool isOwn = account == provider;
        generation = _generation(pool, isOwn);
        TrancheState storage tranche_ = _tranche(pool, isOwn);
        Head memory head = tranche_.head;
        Indices memory now_ = tranche_.indices;
        _accrue(tranche_, now_, head, provider, isOwn);
        // Every product and sum fits 256 bits: stake fits 96 bits once checked, shares 120.
        unchecked {
            uint256 active = head.active + amount;
            require(active <= type(uint96).max, IStaking.AmountTooLarge(active));
            if (isCapped) {
                uint256 cap = pool.terms.delegationCap;
                require(active <= cap, IStaking.DelegationCapExceeded(active, cap));
            }
            shares = head.shares == 0 ? amount : amount * head.shares / head.active;
            head.active = uint96(active);
            head.shares += uint120(shares);
        }
        tranche_.head = head;
        _addShares(pool, Holder(provider, account, isOwn, generation), int256(shares), head, now_);
    }

    /// @dev Takes shares from `account` and what they are worth from the tranche.
    function _burn(Pool storage pool, address provider, address account, uint256 shares)
        internal
        returns (uint256 amount)
    {
        require(shares != 0, IStaking.AmountZero());
        bool isOwn = account == provider;
        TrancheState storage tranche_ = _tranche(pool, isOwn);
        Head memory head = tranche_.head;
        uint24 generation = _generation(pool, isOwn);
        uint256 held = _liveShares(pool.accounts[account], generation);
        require(shares <= held, IStaking.SharesTooLow(held, shares));
        Indices memory now_ = tranche_.indices;
        _accrue(tranche_, now_, head, provider, isOwn);
        // Held shares are part of the tranche's, so neither subtraction falls below zero.
        unchecked {
            amount = shares * head.active / head.shares;
            head.active -= uint96(amount);
            head.shares -= uint120(shares);
        }
        tranche_.head = head;
        _addShares(pool, Holder(provider, account, isOwn, generation), -int256(shares), head, now_);
    }

    /// @dev Settles a position, then gives it `more` shares of the tranche `head`, or takes some away.
    function _addShares(Pool storage pool, Holder memory who, int256 more, Head memory head, Indices memory now_)
        private
    {
        AccountState storage state = pool.accounts[who.account];
        PositionState memory held = state.position;
        uint128 fltOwed;
        uint128 usdOwed;
        if (held.generation == who.generation) {
            (fltOwed, usdOwed) = _owed(held.shares, state.debts, now_);
        } else {
            Indices memory last = _tranche(pool, who.isOwn).lastIndices[held.generation];
            (fltOwed, usdOwed) = _owed(held.shares, state.debts, last);
            (held.shares, held.generation) = (0, who.generation);
        }
        // Whoever takes shares away has checked that they are there.
        unchecked {
            held.shares = uint128(uint256(int256(uint256(held.shares)) + more));
            if (held.shares != 0) {
                // Rounded up: a deposit of exactly the minimum must pass at every share price.
                uint256 worth = (uint256(held.shares) * head.active + head.shares - 1) / head.shares;
                require(worth >= POSITION_MIN, IStaking.PositionTooSmall(worth, POSITION_MIN));
            }
        }
        state.position = held;
        _setDebts(state, held.shares, now_, fltOwed, usdOwed);
        emit IStaking.TrancheChanged(who.provider, who.isOwn, who.generation, head.active, head.shares);
        emit IStaking.RewardSettled(who.provider, who.account, now_.flt, now_.usd, fltOwed, usdOwed);
    }

    /* THAW */

    /// @dev Fixes what the matured buckets of a tranche share. Buckets that wait lie within THAW + 1 day of the last exit,
    /// and the cursor within them, so the loop is short however long nobody called.
    /// `thaw` is what the tranche has stored, and afterwards again.
    function _crystallise(TrancheState storage tranche_, Thaw memory thaw, address provider, bool isOwn) internal {
        uint256 today = _today();
        if (thaw.units == 0 || thaw.cursor > today) return;
        uint256 units = thaw.units;
        uint256 thawing = thaw.thawing;
        uint256 day = thaw.cursor;
        for (; day <= today && units != 0; ++day) {
            Bucket storage bucket = tranche_.buckets[day];
            uint256 matured = bucket.generation == thaw.generation ? bucket.units : 0;
            if (matured == 0) continue;
            uint256 claim = matured * thawing / units;
            bucket.claim = uint96(claim);
            bucket.isCrystallised = true;
            units -= matured;
            thawing -= claim;
            emit IStaking.Crystallised(provider, isOwn, uint32(day), thaw.generation, uint128(matured), uint128(claim));
        }
        thaw.cursor = uint16(day);
        _setThaw(tranche_, thaw, thawing, units, provider, isOwn);
    }

    function _setThaw(
        TrancheState storage tranche_,
        Thaw memory thaw,
        uint256 newThawing,
        uint256 newUnits,
        address provider,
        bool isOwn
    ) internal {
        if (newUnits != thaw.units || newThawing != thaw.thawing) {
            thaw.thawing = uint96(newThawing);
            thaw.units = uint120(newUnits);
            emit IStaking.ThawChanged(provider, isOwn, thaw.generation, uint128(newThawing), uint128(newUnits));
        }
        tranche_.thaw = thaw;
    }

    /* SLASH */

    /// @dev Takes up to `due` from a tranche, pro rata from what is active and what thaws. Matured stake must be crystallised.
    function _slashTranche(Pool storage pool, address provider, bool isOwn, uint256 due)
        internal
        returns (uint256 taken)
    {
        // What takes nothing has no business with what has matured.
        if (due == 0) return 0;
        TrancheState storage tranche_ = _tranche(pool, isOwn);
        Thaw memory thaw = tranche_.thaw;
        _crystallise(tranche_, thaw, provider, isOwn);
        Head memory head = tranche_.head;
        // Rounding the one part down rounds the other up, and never past what is there. Stake fits 96 bits.
        unchecked {
            uint256 total = uint256(head.active) + thaw.thawing;
            taken = due < total ? due : total;
            if (taken == 0) return 0;
            uint256 fromThaw = taken * thaw.thawing / total;
            if (taken != fromThaw) _slashActive(pool, tranche_, head, taken - fromThaw, provider, isOwn);
            if (fromThaw != 0) _slashThaw(pool, tranche_, thaw, fromThaw, provider, isOwn);
        }
    }

    function _slashActive(
        Pool storage pool,
        TrancheState storage tranche_,
        Head memory head,
        uint256 taken,
        address provider,
        bool isOwn
    ) private {
        uint256 active;
        // No more is taken than is there, and shares a wei do not carry 96 bits past 256.
        unchecked {
            active = head.active - taken;
        }
        uint24 generation = isOwn ? pool.liability.ownGeneration : pool.liability.delegatedGeneration;
        if (active * SHARES_PER_WEI_MAX < head.shares) {
            if (active != 0) _setOrphan(pool, provider, pool.liability.orphan + active);
            Indices memory now_ = tranche_.indices;
            _accrue(tranche_, now_, head, provider, isOwn);
            tranche_.lastIndices[generation] = now_;
            _setGeneration(pool, isOwn, ++generation);
            active = 0;
            head.shares = 0;
            tranche_.head = head;
        }
        tranche_.head.active = uint96(active);
        emit IStaking.TrancheChanged(provider, isOwn, generation, uint128(active), head.shares);
    }

    function _setGeneration(Pool storage pool, bool isOwn, uint24 generation) private {
        if (isOwn) (pool.terms.ownGeneration, pool.liability.ownGeneration) = (generation, generation);
        else (pool.terms.delegatedGeneration, pool.liability.delegatedGeneration) = (generation, generation);
    }

    function _slashThaw(
        Pool storage pool,
        TrancheState storage tranche_,
        Thaw memory thaw,
        uint256 taken,
        address provider,
        bool isOwn
    ) private {
        uint256 thawing = thaw.thawing - taken;
        uint256 units = thaw.units;
        if (thawing * SHARES_PER_WEI_MAX < units) {
            if (thawing != 0) _setOrphan(pool, provider, pool.liability.orphan + thawing);
            ++thaw.generation;
            thawing = 0;
            units = 0;
        }
        _setThaw(tranche_, thaw, thawing, units, provider, isOwn);
    }
}
