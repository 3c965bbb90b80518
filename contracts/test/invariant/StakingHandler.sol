// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IStaking} from "../../src/interfaces/IStaking.sol";
import {LockId, ModuleId, QuarantineId} from "../../src/types/Ids.sol";
import {StakingGhost} from "./StakingGhost.sol";

/// @dev Everything that anybody can do to Staking, with inputs bent until they are valid: nothing here may revert.
contract StakingHandler is StakingGhost {
    uint256 private constant FLT = 1e18;
    uint256 private constant THAW = 21 days;

    constructor(IStaking newStaking, Actors memory newActors) StakingGhost(newStaking, newActors) {
        for (uint256 i; i < providers.length; ++i) {
            vm.prank(providers[i]);
            staking.setTerms(IStaking.Terms(uint16(i * 1000), 3000, 0, uint16(1 + 6 * i), type(uint128).max));
            _fund(providers[i], 1000 * FLT);
            vm.prank(providers[i]);
            staking.stake(providers[i], uint128(1000 * FLT));
        }
        vm.startPrank(actors.deals);
        flt.approve(address(staking), type(uint256).max);
        usd.approve(address(staking), type(uint256).max);
        vm.stopPrank();
    }

    /* STAKE */

    function stake(uint256 who, uint256 where, uint256 amount) external {
        (address account, address provider) = _pick(who, where);
        _stakeWatched(account, provider, bound(amount, 2 * FLT, 10_000 * FLT));
    }

    function _stakeWatched(address account, address provider, uint256 amount) private watched(account, false) {
        _fund(account, amount);
        bool isPaused = block.timestamp < staking.pausedUntil();
        vm.prank(account);
        try staking.stake(provider, uint128(amount)) {
            _hold(!isPaused, 17, "a deposit passed a pause");
        } catch {
            _hold(isPaused, 17, "a deposit was refused without a pause");
        }
    }

    function exit(uint256 who, uint256 where, uint256 part, bool isAll) external {
        (address account, address provider) = _pick(who, where);
        IStaking.Position memory held = staking.position(provider, account);
        uint256 shares = part % (uint256(held.shares) + 1);
        uint256 left = held.shares == 0 ? 0 : uint256(held.amount) * (held.shares - shares) / held.shares;
        // What would stay is too small to stay.
        if (isAll || left < FLT) shares = held.shares;
        if (shares == 0 || uint256(held.amount) * shares / held.shares < 2) return;
        _exitWatched(account, provider, shares);
    }

    function _exitWatched(address account, address provider, uint256 shares) private watched(account, false) {
        vm.prank(account);
        try staking.exit(account, provider, uint128(shares)) returns (uint32 day, uint128) {
            _remember(TicketKey(provider, account, day));
        } catch {
            _hold(false, 18, "an exit was refused");
        }
    }

    function cancelExit(uint256 which) external {
        if (tickets.length == 0) return;
        TicketKey memory key = tickets[which % tickets.length];
        IStaking.Ticket memory ticket = staking.ticket(key.provider, key.account, key.day);
        if (ticket.isMatured || ticket.units == 0 || ticket.amount < 2 * FLT) return;
        _cancelWatched(key);
    }

    function _cancelWatched(TicketKey memory key) private watched(key.account, false) {
        vm.prank(key.account);
        staking.cancelExit(key.account, key.provider, key.day);
    }

    function withdraw(uint256 which) external {
        if (tickets.length == 0) return;
        TicketKey memory key = tickets[which % tickets.length];
        IStaking.Ticket memory ticket = staking.ticket(key.provider, key.account, key.day);
        if (ticket.isMatured && ticket.units != 0) _withdrawWatched(key);
    }

    function _withdrawWatched(TicketKey memory key) private watched(key.account, false) {
        vm.prank(key.account);
        try staking.withdraw(key.account, key.provider, key.day, key.account) {}
        catch {
            _hold(false, 18, "a withdrawal was refused");
        }
    }

    function move(uint256 which, uint256 where) external {
        if (tickets.length == 0 || block.timestamp < staking.pausedUntil()) return;
        TicketKey memory key = tickets[which % tickets.length];
        address target = providers[where % providers.length];
        IStaking.Ticket memory ticket = staking.ticket(key.provider, key.account, key.day);
        if (ticket.amount < 2 * FLT || target == key.provider || !ticket.isMatured) return;
        vm.startPrank(key.account);
        staking.redelegate(key.account, key.provider, key.day, target);
        staking.move(key.account, key.provider, key.day);
        vm.stopPrank();
    }

    function crystallise(uint256 where) external watched(address(0), false) {
        staking.crystallise(providers[where % providers.length]);
    }

    function sweepOrphan(uint256 where) external watched(address(0), false) {
        address provider = providers[where % providers.length];
        if (staking.locked(provider) == 0 && staking.orphan(provider) != 0) staking.sweepOrphan(provider);
    }

    /// @dev Law 6: whoever deposits and exits at once takes out no more than he put in.
    function roundTrip(uint256 who, uint256 where, uint256 amount) external {
        if (block.timestamp < staking.pausedUntil()) return;
        (address account, address provider) = _pick(who, where);
        IStaking.Position memory held = staking.position(provider, account);
        // What a slash has left too small could not stay behind alone.
        if (held.shares != 0 && held.amount < 2 * FLT) return;
        amount = bound(amount, 2 * FLT, 10_000 * FLT);
        _fund(account, amount);
        vm.startPrank(account);
        uint128 shares = staking.stake(provider, uint128(amount));
        (uint32 day, uint128 out) = staking.exit(account, provider, shares);
        vm.stopPrank();
        _remember(TicketKey(provider, account, day));
        _hold(out <= amount, 6, "a round trip gained");
    }

    /* LOCKS */

    function grant(uint256 where, uint256 amount, uint256 period, bool isPromoted) external {
        address provider = providers[where % providers.length];
        uint256 free = staking.free(provider);
        if (free == 0) return;
        amount = bound(amount, 1, free + free / 8);
        uint40 end = uint40(block.timestamp + bound(period, 1, 22 days));
        bool isPaused = block.timestamp < staking.pausedUntil();
        bool isFit = amount <= free;
        bool isNear = end <= block.timestamp + 20 days;
        vm.prank(actors.deals);
        if (isPromoted) {
            try staking.promote(provider, uint128(amount), end, ModuleId.wrap(2)) returns (LockId lock) {
                _granted(lock, provider, isFit, isNear);
            } catch {
                _hold(!(isFit && isNear), 17, "a promotion was refused");
            }
        } else {
            try staking.grant(provider, uint128(amount), end, ModuleId.wrap(2)) returns (LockId lock) {
                _granted(lock, provider, isFit, isNear);
                _hold(!isPaused, 17, "a new lock passed a pause");
            } catch {
                _hold(!(isFit && isNear) || isPaused, 17, "a lock was refused without a pause");
            }
        }
    }

    function regrant(uint256 which, uint256 amount, uint256 period) external {
        LockId lock = _lock(which);
        if (LockId.unwrap(lock) == 0) return;
        IStaking.Lock memory held = staking.lockOf(lock);
        uint256 most = uint256(staking.free(held.provider)) + held.amount;
        amount = bound(amount, 1, most + most / 8 + 1);
        uint40 end = uint40(block.timestamp + bound(period, 1, 22 days));
        bool isNear = end <= block.timestamp + 20 days;
        vm.prank(actors.deals);
        // Without room for what is locked, even a smaller lock is refused: no verdict on refusals.
        try staking.regrant(lock, uint128(amount), end) {
            _judgeGrant(held.provider, true, isNear);
        } catch {}
    }

    function release(uint256 which) external {
        LockId lock = _lock(which);
        if (LockId.unwrap(lock) == 0) return;
        IStaking.Lock memory held = staking.lockOf(lock);
        if (block.timestamp <= held.end) vm.prank(actors.deals);
        staking.release(lock);
        _forget(which % locks.length);
    }

    function _granted(LockId lock, address provider, bool isFit, bool isNear) private {
        locks.push(lock);
        _judgeGrant(provider, isFit, isNear);
    }

    /// @dev Laws 12 and 13, computed from the definitions and not from `free`.
    function _judgeGrant(address provider, bool isFit, bool isNear) private {
        uint256 own = staking.tranche(provider, true).active;
        uint256 active = own + staking.tranche(provider, false).active;
        uint256 locked = staking.locked(provider);
        (uint256 excused,) = staking.shortfall(provider);
        uint256 need = locked * staking.terms(provider).firstLossBps;
        _hold(isFit && active >= locked, 12, "locks exceed active stake");
        _hold((own + excused) * 10_000 >= need, 12, "own stake is under the first loss");
        _hold(isNear, 13, "a lock ends too late");
    }

    /* SLASH */

    function slash(uint256 which, uint256 amount, uint256 customerMax, uint256 reporterMax) external {
        LockId lock = _liveLock(which);
        if (LockId.unwrap(lock) == 0) return;
        _slashWatched(lock, amount, customerMax % 1e24, reporterMax % 1e24);
    }

    /// @dev Law 3 at its worst moment: everybody leaves, and a lock is slashed in the last second before its end.
    function slashAfterEverybodyLeft(uint256 which) external {
        LockId lock = _liveLock(which);
        if (LockId.unwrap(lock) == 0) return;
        IStaking.Lock memory held = staking.lockOf(lock);
        uint256 snapshot = vm.snapshotState();
        for (uint256 i; i < accounts.length; ++i) {
            uint128 shares = staking.position(held.provider, accounts[i]).shares;
            // Dust that a slash left behind is worth no wei and cannot leave.
            if (staking.position(held.provider, accounts[i]).amount == 0) continue;
            vm.prank(accounts[i]);
            staking.exit(accounts[i], held.provider, shares);
        }
        vm.warp(held.end);
        vm.prank(actors.faults);
        (uint128 slashed,) = staking.slash(lock, held.amount, address(0), 0, address(0), 0);
        vm.revertToStateAndDelete(snapshot);
        _hold(slashed == held.amount, 3, "a lock is not covered when everybody leaves");
    }

    /// @dev Slashes a new lock over exits that matured while nobody called.
    function slashOverRipe(uint256 where, uint256 amount) external {
        vm.warp(block.timestamp + THAW + 1 days);
        address provider = providers[where % providers.length];
        uint256 free = staking.free(provider);
        if (free == 0) return;
        vm.prank(actors.deals);
        LockId lock = staking.promote(provider, uint128(free), uint40(block.timestamp + 19 days), ModuleId.wrap(2));
        locks.push(lock);
        _slashWatched(lock, amount, 0, 0);
    }

    function _slashWatched(LockId lock, uint256 amount, uint256 customerMax, uint256 reporterMax)
        private
        watched(address(0), true)
    {
        IStaking.Lock memory held = staking.lockOf(lock);
        amount = bound(amount, 0, uint256(held.amount) * 2 + 1);
        uint256[3] memory before =
            [uint256(staking.orphan(held.provider)), _reach(held.provider, true), _reach(held.provider, false)];
        uint256 locked = staking.locked(held.provider);
        vm.prank(actors.faults);
        (uint128 slashed, uint128 fromOwn) =
            staking.slash(lock, uint128(amount), address(0xC), uint128(customerMax), address(0xD), uint128(reporterMax));
        _hold(slashed <= held.amount && slashed <= amount, 9, "more than the lock was slashed");
        _hold(slashed == (amount < held.amount ? amount : held.amount), 3, "a lock was not covered");
        _hold(staking.lockOf(lock).amount == held.amount - slashed, 9, "the lock did not fall by the slash");
        _hold(staking.locked(held.provider) == locked - slashed, 9, "the locks did not fall by the slash");
        uint256 fromOrphan = slashed < before[0] ? slashed : before[0];
        uint256 expected = slashed - fromOrphan;
        // Tickets are looked at one by one here, each of them a wei short at most.
        if (expected > before[1]) expected = before[1];
        _hold(fromOwn + 12 >= expected && fromOwn <= expected + 12, 9, "own stake did not go before delegated");
        _judgeParties(fromOwn, customerMax);
        if (slashed != 0) _addBurnDay();
    }

    function _judgeParties(uint256 fromOwn, uint256 customerMax) private {
        try staking.quarantineOf(QuarantineId.wrap(quarantineCount + 1)) returns (IStaking.Quarantine memory held) {
            ++quarantineCount;
            uint256 both = uint256(held.customerAmount) + held.reporterAmount;
            _hold(both * 10 <= fromOwn * 8, 10, "parties got more than 80 % of own stake");
            _hold(held.customerAmount <= customerMax, 10, "the customer got more than his bound");
        } catch {}
    }

    /// @dev Law 11: two slashes take the same in either order.
    function slashInBothOrders(uint256 where, uint256 amount, uint256 otherAmount) external {
        address provider = providers[where % providers.length];
        uint256 free = staking.free(provider);
        if (free < 2) return;
        uint256 start = vm.snapshotState();
        vm.startPrank(actors.deals);
        uint40 end = uint40(block.timestamp + 1);
        LockId lock = staking.promote(provider, uint128(free / 2), end, ModuleId.wrap(2));
        LockId second = staking.promote(provider, uint128(free / 2), end, ModuleId.wrap(2));
        vm.stopPrank();
        (amount, otherAmount) = (bound(amount, 0, free / 2), bound(otherAmount, 0, free / 2));
        uint256 snapshot = vm.snapshotState();
        uint256[3] memory one = _slashTwo(provider, lock, amount, second, otherAmount);
        vm.revertToStateAndDelete(snapshot);
        uint256[3] memory two = _slashTwo(provider, second, otherAmount, lock, amount);
        vm.revertToStateAndDelete(start);
        _hold(one[0] == two[0], 11, "the order of slashes changed what was taken");
        // A tranche nearly wiped leaves its remainder to the orphan reserve, in one order or the other.
        _hold(_near(one[1] + one[2], two[1] + two[2]), 11, "the order of slashes changed what is left");
    }

    function _slashTwo(address provider, LockId first, uint256 amount, LockId second, uint256 otherAmount)
        private
        returns (uint256[3] memory result)
    {
        vm.startPrank(actors.faults);
        (uint128 a,) = staking.slash(first, uint128(amount), address(0), 0, address(0), 0);
        (uint128 b,) = staking.slash(second, uint128(otherAmount), address(0), 0, address(0), 0);
        vm.stopPrank();
        IStaking.Tranche memory own = staking.tranche(provider, true);
        IStaking.Tranche memory delegated = staking.tranche(provider, false);
        result[0] = uint256(a) + b;
        result[1] = uint256(own.active) + own.thawing + staking.orphan(provider);
        result[2] = uint256(delegated.active) + delegated.thawing;
    }

    function payQuarantine(uint256 which, bool isCancelled) external {
        if (quarantineCount == 0) return;
        QuarantineId id = QuarantineId.wrap(uint64(which % quarantineCount + 1));
        try staking.quarantineOf(id) returns (IStaking.Quarantine memory held) {
            bool isOver = block.timestamp >= held.releaseAt;
            if (isOver) {
                staking.payQuarantine(id);
            } else if (isCancelled) {
                fltRewards += uint256(held.customerAmount) + held.reporterAmount;
                vm.prank(actors.council);
                staking.cancelPayout(id);
            }
        } catch {}
    }

    function burnSlashed(uint256 which) external watched(address(0), false) {
        if (burnDays.length == 0) return;
        uint32 day = burnDays[which % burnDays.length];
        if (staking.burnQueued(day) == 0 || block.timestamp < (uint256(day) + 8) * 1 days) return;
        staking.burnSlashed(day);
    }

    /* REWARDS */

    function addReward(uint256 where, uint256 amount, bool isFlt) external watched(address(0), false) {
        address provider = providers[where % providers.length];
        if (usd.isBlocked(address(staking)) && !isFlt) return;
        _push(provider, bound(amount, 1, 1000 * FLT), isFlt);
    }

    function _push(address provider, uint256 amount, bool isFlt) private {
        vm.prank(actors.issuer);
        isFlt ? flt.mint(actors.deals, amount) : usd.mint(actors.deals, amount);
        vm.prank(actors.deals);
        staking.addReward(provider, isFlt ? address(flt) : address(usd), uint128(amount));
        if (isFlt) fltRewards += amount;
        else usdRewards += amount;
    }

    function claim(uint256 who, uint256 where, bool isFlt) external {
        (address account, address provider) = _pick(who, where);
        IStaking.Position memory held = staking.position(provider, account);
        if ((isFlt ? held.fltOwed : held.usdOwed) == 0) return;
        if (!isFlt && usd.isBlocked(address(staking))) return;
        _claimWatched(account, provider, isFlt);
    }

    function _claimWatched(address account, address provider, bool isFlt) private watched(account, false) {
        vm.prank(account);
        uint256 amount = staking.claimReward(account, provider, isFlt ? address(flt) : address(usd), account);
        _hold(amount <= (isFlt ? fltRewards : usdRewards), 15, "a claim took what is not income");
        if (isFlt) fltRewards -= amount > fltRewards ? fltRewards : amount;
        else usdRewards -= amount > usdRewards ? usdRewards : amount;
    }

    /// @dev Law 16: stake that comes just before a push, for a while, earns its share of what drips meanwhile, at most.
    function justInTime(uint256 who, uint256 where, uint256 amount, uint256 period) external {
        if (block.timestamp < staking.pausedUntil()) return;
        (address account, address provider) = _pick(who, where);
        amount = bound(amount, 2 * FLT, 10_000 * FLT);
        period = bound(period, 1, 2 days);
        _fund(account, amount);
        vm.prank(account);
        staking.stake(provider, uint128(amount));
        _push(provider, amount, true);
        IStaking.Position memory before = staking.position(provider, account);
        (uint256 rate,) = staking.drip(provider, account == provider, address(flt));
        uint256 most = rate * period * before.shares / staking.tranche(provider, account == provider).shares >> 32;
        vm.warp(block.timestamp + period);
        uint256 earned = staking.position(provider, account).fltOwed - before.fltOwed;
        _hold(earned <= most + 1, 16, "passing stake earned more than its share");
    }

    /* SURROUNDINGS */

    function wait(uint256 period) external watched(address(1), true) {
        vm.warp(block.timestamp + bound(period, 1 minutes, 12 days));
    }

    function donate(uint256 amount, bool isFlt) external watched(address(0), false) {
        if (usd.isBlocked(address(staking))) return;
        amount = bound(amount, 1, 1000 * FLT);
        vm.prank(actors.issuer);
        isFlt ? flt.mint(address(staking), amount) : usd.mint(address(staking), amount);
        if (isFlt) fltDonated += amount;
        else usdDonated += amount;
    }

    function pause() external watched(address(0), false) {
        uint256 last = staking.pausedUntil();
        if (last != 0 && block.timestamp < last + 23 days) return;
        vm.prank(actors.guardian);
        staking.pause();
    }

    function blockStablecoin(bool isBlocked) external watched(address(0), false) {
        vm.prank(actors.issuer);
        usd.setBlocked(address(staking), isBlocked);
    }

    /// @dev Law 19: what is against stakers waits.
    function setTerms(uint256 where, uint16 firstLossBps, uint16 shareBps, uint16 dripDays) external {
        address provider = providers[where % providers.length];
        IStaking.Terms memory before = staking.terms(provider);
        vm.prank(provider);
        staking.setTerms(
            IStaking.Terms(firstLossBps % 3001, shareBps % 10_001, 0, dripDays % 182 + 1, type(uint128).max)
        );
        IStaking.Terms memory after_ = staking.terms(provider);
        bool isKept = after_.firstLossBps >= before.firstLossBps && after_.rewardShareBps >= before.rewardShareBps
            && after_.dripDays <= before.dripDays;
        _hold(isKept, 19, "terms turned against stakers at once");
        uint256 snapshot = vm.snapshotState();
        vm.warp(block.timestamp + THAW + 1 days - 1);
        IStaking.Terms memory later = staking.terms(provider);
        vm.revertToStateAndDelete(snapshot);
        _hold(later.firstLossBps >= after_.firstLossBps, 19, "terms turned against stakers too early");
    }

    /* CHOICE */

    function _pick(uint256 who, uint256 where) private view returns (address account, address provider) {
        return (accounts[who % accounts.length], providers[where % providers.length]);
    }

    function _lock(uint256 which) private view returns (LockId) {
        return locks.length == 0 ? LockId.wrap(0) : locks[which % locks.length];
    }

    function _liveLock(uint256 which) private view returns (LockId lock) {
        lock = _lock(which);
        if (LockId.unwrap(lock) != 0 && block.timestamp > staking.lockOf(lock).end) return LockId.wrap(0);
    }

    function _fund(address account, uint256 amount) private {
        vm.prank(actors.issuer);
        flt.mint(account, amount);
        vm.prank(account);
        flt.approve(address(staking), type(uint256).max);
    }

    function _remember(TicketKey memory key) private {
        for (uint256 i; i < tickets.length; ++i) {
            TicketKey memory other = tickets[i];
            if (other.provider == key.provider && other.account == key.account && other.day == key.day) return;
        }
        tickets.push(key);
    }

    function _forget(uint256 index) private {
        locks[index] = locks[locks.length - 1];
        locks.pop();
    }

    function _addBurnDay() private {
        uint32 today = uint32(block.timestamp / 1 days);
        if (burnDays.length == 0 || burnDays[burnDays.length - 1] != today) burnDays.push(today);
    }

    /// @dev What a slash can reach of a tranche: active, and tickets that have not matured.
    function _reach(address provider, bool isOwn) private view returns (uint256 sum) {
        sum = staking.tranche(provider, isOwn).active;
        for (uint256 i; i < tickets.length; ++i) {
            TicketKey memory key = tickets[i];
            if (key.provider != provider || (key.account == provider) != isOwn) continue;
            if (key.day > block.timestamp / 1 days) sum += _ticketAmount(key);
        }
    }

    function _near(uint256 a, uint256 b) private pure returns (bool) {
        return a > b ? a - b <= 2 : b - a <= 2;
    }
}
