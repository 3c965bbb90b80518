// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDeals} from "../../src/interfaces/IDeals.sol";
import {IMatching} from "../../src/interfaces/IMatching.sol";
import {IStaking} from "../../src/interfaces/IStaking.sol";
import {ISuccession} from "../../src/interfaces/ISuccession.sol";
import {DealId, LockId, OfferId} from "../../src/types/Ids.sol";
import {DealsHandler} from "./DealsHandler.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @dev The histories of `DealsHandler` with standbys: slots fail and are replaced, downtime is deducted, standbys come and are
/// promoted or dropped, held-back servings are released. What `Faults` says is never refused, and so called plainly.
contract SuccessionHandler is DealsHandler {
    uint8 private constant STANDBY = 16;

    /// @dev A serving that ended before its slot, as it was then.
    struct Ended {
        DealId deal;
        uint8 slot;
        uint32 serving;
        address provider;
        LockId lock;
        uint256 amount;
        uint256 end;
    }

    /// @dev A slot's standby before something happened to the slot.
    struct Waiting {
        uint256 status;
        uint256 escrow;
        uint256 accrued;
        uint256 credited;
        address provider;
        uint256 lock;
        uint256 value;
    }

    Ended[] public ended;
    /// Ghosts: credited to standbys whose servings left no record, by deal; what is in tips, and what was paid of them.
    mapping(uint64 deal => uint256) public gone;
    uint256 public tipsIn;
    uint256 public tipsPaid;
    bool public isGapFree = true;
    bool public isScaled = true;
    bool public isReleasedOnce = true;
    bool public isForfeitExact = true;
    bool public isRetainerRight = true;
    bool public isTakenBackRight = true;
    bool public isTipPaidOnce = true;

    constructor() {
        for (uint256 i = 0; i < 2; ++i) {
            DealId id = _askBacked(uint8(1 + i), uint8(1 + i), uint8(4 + 6 * i), 0);
            for (uint8 slot = 0; slot <= i; ++slot) {
                _seat(id, slot, slot, true);
            }
            _seat(id, STANDBY, 3, true);
        }
    }

    function endedCount() external view returns (uint256) {
        return ended.length;
    }

    /* ASK AND FILL */

    function askBacked(uint256 seed, uint256 wait) external timed(wait) {
        if (ids.length >= 8 || block.timestamp < matching.pausedUntil() || usd.isBlocked(customer)) return;
        seed = _mixed(seed);
        uint8 termDays = uint8(1 + seed % 14);
        _askBacked(uint8(1 + (seed >> 8) % 2), uint8(1 + (seed >> 16) % 2), termDays, (seed >> 24) % 3 * dollar);
    }

    function _askBacked(uint8 slots, uint8 standbys, uint8 termDays, uint256 tip) private returns (DealId id) {
        IMatching.Request memory asked = _asking(slots, 10, termDays, uint16(termDays) * 3 + 1);
        (asked.standbys, asked.reserveBps, asked.tip) = (standbys, standbys == 1 ? 2000 : 10_000, uint128(tip));
        asked.prepaid += asked.prepaid / slots * standbys / 50 + standbys;
        _pay(customer, asked.prepaid + requestFee + tip);
        vm.prank(customer);
        id = matching.request(asked);
        ids.push(id);
        paidIn[DealId.unwrap(id)] += asked.prepaid;
        feesIn += requestFee;
        tipsIn += tip;
    }

    /// @dev What `Matching` does for an empty place, with whoever is not there yet.
    function seat(uint256 seed, uint256 wait) external timed(wait) {
        seed = _mixed(seed);
        (DealId id, uint8 slot) = _pick(seed);
        if (deals.emptySlots(id) >> slot & 1 == 0) return;
        if (seed >> 8 & 3 != 0) _post(fltPrice);
        _seat(id, slot, seed >> 16 & 3, seed >> 24 & 3 != 0);
    }

    function _seat(DealId id, uint8 slot, uint256 which, bool isReady) internal {
        address[] memory there = deals.providersOf(id);
        for (uint256 i = 0; i < there.length; ++i) {
            if (there[i] == providers[which]) return;
        }
        IDeals.Slot memory before = deals.slotOf(id, slot);
        uint256 creditable = deals.creditable(id, slot);
        OfferId offer = offerIds[which];
        vm.prank(address(matching));
        try deals.assign(id, slot, offer) {
            // What was left of the one who was promoted from here is credited on the way.
            credited += creditable;
            if (slot >= STANDBY) gone[DealId.unwrap(id)] += before.owed;
            uint256 price = offers.offerOf(offer).price + deals.dealOf(id).royalty;
            uint256 paid = slot < STANDBY ? price : (price * 2 + 99) / 100;
            if (deals.slotOf(id, slot).price != paid) isRetainerRight = false;
            _judgeLock(id, slot);
            if (isReady) _ready(id, slot);
        } catch {}
    }

    /* FAULTS */

    function fail(uint256 seed, uint256 back, uint256 wait) external timed(wait) {
        (DealId id, uint8 slot) = _pick(_mixed(seed));
        IDeals.Slot memory held = deals.slotOf(id, slot);
        if (slot >= STANDBY || held.status != 2) return;
        uint256 since = block.timestamp - bound(back, 0, 2 hours);
        uint256 accrued = deals.accrued(id, slot);
        uint256 lock = _lockAmount(held.lock);
        Waiting[2] memory before = _waiting(id);
        bool isUnable = before[0].status == 2 && uint256(keccak256(abi.encode(seed, back))) % 4 == 0;
        if (isUnable) _leaveStaking(before[0].provider);
        vm.prank(faults);
        bool isServed = deals.fail(id, slot, held.serving, uint40(since));
        uint256 served = since > held.startedAt ? since - held.startedAt : 0;
        uint256 most = uint256(held.price) * deals.dealOf(id).units * served / 1 days;
        if (most < held.credited) most = held.credited;
        // Whatever it served, what was redeemed is owed.
        if (_isMetered(id, slot)) most = accrued;
        _judgePassing(id, slot, held, lock, isServed, before, accrued < most ? accrued : most);
        if (isUnable && block.timestamp >= staking.pausedUntil()) {
            _stake(before[0].provider, before[0].provider, 80_000 * FLT);
        }
    }

    /// @dev Who stands by can lock nothing more.
    function _leaveStaking(address provider) private {
        address[2] memory accounts = [provider, delegator];
        for (uint256 i = 0; i < 2; ++i) {
            uint256 shares = staking.position(provider, accounts[i]).shares;
            if (shares == 0) continue;
            vm.prank(accounts[i]);
            staking.exit(accounts[i], provider, uint128(shares));
        }
    }

    function replace(uint256 seed, uint256 wait) external timed(wait) {
        (DealId id, uint8 slot) = _pick(_mixed(seed));
        IDeals.Slot memory held = deals.slotOf(id, slot);
        if (slot >= STANDBY || held.status != 2) return;
        uint256 accrued = deals.accrued(id, slot);
        uint256 lock = _lockAmount(held.lock);
        Waiting[2] memory before = _waiting(id);
        vm.prank(customer);
        try deals.replace(id, slot) returns (bool isServed) {
            _judgePassing(id, slot, held, lock, isServed, before, accrued);
        } catch {}
    }

    /// @dev As in `DealsHandler`, and what passes on by it is judged.
    function closeSlot(uint256 seed, uint256 wait) external timed(wait) {
        (DealId id, uint8 slot) = _pick(_mixed(seed));
        IDeals.Slot memory held = deals.slotOf(id, slot);
        if (slot >= STANDBY || held.status != 2) return;
        if (seed % 2 == 0 && held.endsAt > block.timestamp) skip(held.endsAt - block.timestamp);
        closeOf(id, slot);
    }

    function closeOf(DealId id, uint8 slot) public override {
        IDeals.Slot memory held = deals.slotOf(id, slot);
        if (held.status == 3) return;
        uint256 accrued = deals.accrued(id, slot);
        uint256 lock = _lockAmount(held.lock);
        Waiting[2] memory before = _waiting(id);
        super.closeOf(id, slot);
        if (held.status != 2 || deals.slotOf(id, slot).status == 2 && _isSame(id, slot, held)) return;
        if (slot < STANDBY) {
            bool isServed = deals.slotOf(id, slot).status == 2;
            _judgePassing(id, slot, held, lock, isServed, before, accrued);
        } else if (deals.slotOf(id, slot).status == 0) {
            _remember(id, slot, held, lock);
        }
    }

    function declineOf(DealId id, uint8 slot) public override {
        IDeals.Slot memory held = deals.slotOf(id, slot);
        uint256 lock = _lockAmount(held.lock);
        Waiting[2] memory before = _waiting(id);
        super.declineOf(id, slot);
        if (slot < STANDBY) _judgeStandbys(id, slot, held, lock, deals.slotOf(id, slot).status == 2, before);
    }

    function _isSame(DealId id, uint8 slot, IDeals.Slot memory held) private view returns (bool) {
        return deals.slotOf(id, slot).serving == held.serving;
    }

    function deduct(uint256 seed, uint256 downSeconds, uint256 wait) external timed(wait) {
        (DealId id, uint8 slot) = _pick(_mixed(seed));
        IDeals.Slot memory held = deals.slotOf(id, slot);
        if (slot >= STANDBY || held.status != 2) return;
        downSeconds = bound(downSeconds, 0, 1 days);
        uint256 accrued = deals.accrued(id, slot);
        vm.prank(faults);
        deals.deduct(id, slot, held.serving, uint40(downSeconds));
        IDeals.Slot memory now_ = deals.slotOf(id, slot);
        uint256 least = uint256(held.price) * deals.dealOf(id).units * downSeconds / 1 days;
        bool isLess = _isMetered(id, slot) || now_.owed <= now_.credited || now_.owed + least <= accrued + 1;
        if (!isLess || now_.credited < held.credited || now_.owed > accrued) isTakenBackRight = false;
        if (deals.accrued(id, slot) != now_.owed) isGapFree = false;
    }

    function stopSlot(uint256 seed, uint256 wait) external timed(wait) {
        seed = _mixed(seed);
        (DealId id, uint8 slot) = _pick(seed);
        IDeals.Slot memory held = deals.slotOf(id, slot);
        if (seed >> 64 & 3 != 0 || slot >= STANDBY || held.status != 2) return;
        vm.prank(faults);
        deals.stopSlot(id, slot, held.serving);
    }

    /* RELEASE AND TIP */

    function release(uint256 seed, uint256 wait) external timed(wait) {
        if (ended.length == 0) return;
        releaseOf(seed % ended.length);
    }

    function releaseOf(uint256 index) public {
        Ended memory one = ended[index];
        ISuccession.Serving memory past = deals.servingOf(one.deal, one.slot, one.serving);
        bool isDue = _isMetered(one.deal, one.slot) || block.timestamp >= uint256(past.endedAt) + 3 days;
        try deals.releaseServing(one.deal, one.slot, one.serving) returns (uint128 amount) {
            credited += amount;
            if (!isDue || amount != past.owed - past.credited) isReleasedOnce = false;
            if (deals.servingOf(one.deal, one.slot, one.serving).credited != past.owed) isReleasedOnce = false;
        } catch {
            if (isDue) isReleasedOnce = false;
        }
    }

    function payAnyTip(uint256 seed) external {
        (DealId id,) = _pick(_mixed(seed));
        payTip(id);
    }

    function payTip(DealId id) public {
        vm.prank(address(matching));
        tipsPaid += deals.payTip(id, friend);
        if (deals.tipOf(id) != 0) isTipPaidOnce = false;
    }

    /* JUDGE */

    function _lockAmount(LockId lock) private view returns (uint256) {
        if (LockId.unwrap(lock) == 0) return 0;
        try staking.lockOf(lock) returns (IStaking.Lock memory held) {
            return held.amount;
        } catch {
            return 0;
        }
    }

    function _waiting(DealId id) private view returns (Waiting[2] memory all) {
        for (uint8 i = 0; i < deals.dealOf(id).standbys; ++i) {
            IDeals.Slot memory held = deals.slotOf(id, STANDBY + i);
            uint256 accrued = deals.accrued(id, STANDBY + i);
            uint256 funds = uint256(held.escrow) + held.owed;
            uint256 lock = _lockAmount(held.lock);
            all[i] = Waiting(held.status, funds, accrued, held.credited, held.provider, lock, held.valueAtStake);
        }
    }

    /// @dev The serving of before is over: it is remembered, or its slot ended with it.
    function _judgePassing(
        DealId id,
        uint8 slot,
        IDeals.Slot memory held,
        uint256 lock,
        bool isServed,
        Waiting[2] memory before,
        uint256 most
    ) private {
        IDeals.Slot memory now_ = deals.slotOf(id, slot);
        if (now_.status == 3) {
            if (now_.owed > most) isGapFree = false;
            return;
        }
        if (deals.servingOf(id, slot, held.serving).owed > most || now_.owed != 0) isGapFree = false;
        if (isServed && now_.startedAt != block.timestamp) isGapFree = false;
        _remember(id, slot, held, lock);
        _judgeStandbys(id, slot, held, lock, isServed, before);
    }

    function _judgeStandbys(
        DealId id,
        uint8 slot,
        IDeals.Slot memory held,
        uint256 lock,
        bool isServed,
        Waiting[2] memory before
    ) private {
        IDeals.Slot memory now_ = deals.slotOf(id, slot);
        uint256 need = isServed ? Math.ceilDiv(lock * now_.valueAtStake, held.valueAtStake) : 0;
        for (uint8 i = 0; i < deals.dealOf(id).standbys; ++i) {
            IDeals.Slot memory place = deals.slotOf(id, STANDBY + i);
            if (before[i].status != 2 || place.status != 0) continue;
            if (isServed && now_.provider == before[i].provider) {
                uint256 own = Math.ceilDiv(before[i].lock * now_.valueAtStake, before[i].value);
                uint256 have = _lockAmount(now_.lock);
                if (have != need && (own >= need || have != own)) isScaled = false;
                continue;
            }
            // Dropped: but for what was credited, its place has its money back.
            gone[DealId.unwrap(id)] += before[i].credited;
            if (place.owed != 0 || place.escrow != before[i].escrow - before[i].credited) isForfeitExact = false;
        }
    }

    function _remember(DealId id, uint8 slot, IDeals.Slot memory held, uint256 lock) private {
        uint256 end = lock == 0 ? 0 : staking.lockOf(held.lock).end;
        ended.push(Ended(id, slot, held.serving, held.provider, held.lock, lock, end));
    }

    /// @dev Whether what an old serving was backed by still is.
    function isLiable(uint256 index) external view returns (bool) {
        Ended memory one = ended[index];
        if (block.timestamp > one.end) return true;
        return _lockAmount(one.lock) == one.amount && staking.lockOf(one.lock).provider == one.provider;
    }
}
