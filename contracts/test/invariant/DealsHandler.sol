// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDeals} from "../../src/interfaces/IDeals.sol";
import {IMatching} from "../../src/interfaces/IMatching.sol";
import {IOffers} from "../../src/interfaces/IOffers.sol";
import {DealId, OfferId} from "../../src/types/Ids.sol";
import {SystemBase} from "../SystemBase.t.sol";

/// @dev Random histories of the whole system: customers ask, pay, stop and leave; providers serve, decline, top up and give up;
/// strangers settle, close and renew; the price moves, spreads and goes stale; the guardian pauses; the token blocks; people
/// donate. What must not be refused is called plainly, so that a refusal fails the run; what may be is tried.
contract DealsHandler is SystemBase {
    uint256 private constant BPS = 10_000;

    DealId[] public ids;
    OfferId[4] public offerIds;
    address[3] internal payers = [customer, friend, stranger];

    /// Ghosts: what came in and went out, by deal and in all.
    mapping(uint64 deal => uint256) public paidIn;
    mapping(uint64 deal => uint256) public refunded;
    uint256 public donated;
    uint256 public claimed;
    uint256 public feesIn;
    uint256 public credited;
    /// Ghosts of laws that are judged where they can be broken; each stays true.
    bool public isOpeningCovered = true;
    bool public isCriteriaMet = true;
    bool public isMarginHarmless = true;
    bool public isRefundFair = true;
    bool public isSettlePathless = true;
    bool public isHeldBack = true;
    bool public isStaleRenewalEqual = true;
    bool public isPauseNarrow = true;
    bool public isStaleNarrow = true;
    bool public isStandbyEnded = true;
    uint256 public renewals;

    constructor() {
        _deploy(6);
        for (uint256 i = 0; i < 4; ++i) {
            _register(providers[i], 40_000 * FLT, 40_000 * FLT, 1000, uint16(i * 500));
            offerIds[i] = _offer(providers[i], 500, dollar * (80 + 10 * i) / 100 + i);
        }
        // Two deals are served when a history begins, one of short terms.
        for (uint256 i = 0; i < 2; ++i) {
            IMatching.Request memory asked = _asking(2, 10, uint8(2 + 5 * i), 40);
            ids.push(_request(asked));
            paidIn[DealId.unwrap(ids[i])] += asked.prepaid;
            feesIn += requestFee;
            SystemBase._activate(ids[i], _two(offerIds[i], offerIds[i + 2]));
            _ready(ids[i], 0);
            _ready(ids[i], 1);
        }
    }

    modifier timed(uint256 wait) {
        skip(bound(wait, 0, 20 hours));
        _look();
        _;
        _judge();
    }

    /// @dev What is compared of before and after every act.
    function _look() internal virtual {}

    function _judge() internal virtual {}

    /// @dev Paid for usage, and not by time.
    function _isMetered(DealId id, uint8 slot) internal view returns (bool) {
        return slot < 16 && deals.dealOf(id).paymentMode == 1;
    }

    function count() external view returns (uint256) {
        return ids.length;
    }

    /// @dev The fuzzer likes small numbers, whose upper bits choose nothing.
    function _mixed(uint256 seed) internal pure returns (uint256) {
        return uint256(keccak256(abi.encode(seed)));
    }

    function _pick(uint256 seed) internal view returns (DealId id, uint8 slot) {
        id = ids[seed % ids.length];
        IDeals.Deal memory held = deals.dealOf(id);
        slot = uint8((seed >> 32) % (held.slots + held.standbys));
        if (slot >= held.slots) slot += 16 - held.slots;
    }

    /* CUSTOMERS */

    function ask(uint256 seed, uint256 wait) external timed(wait) {
        if (ids.length >= 8) return;
        seed = _mixed(seed);
        uint8 termDays = uint8(1 + seed % 14);
        IMatching.Request memory asked =
            _asking(uint8(1 + (seed >> 8) % 2), uint32(1 + (seed >> 16) % 20), termDays, uint16(termDays) * 3 + 1);
        asked.exposure = uint8((seed >> 24) % 3);
        asked.coverageBps = uint16(20_000 + (seed >> 40) % 30_001);
        asked.firstLossMinBps = uint16((seed >> 64) % 2 * 1000);
        asked.priceMax = uint96(dollar * (90 + (seed >> 80) % 60) / 100);
        bool isPaused = block.timestamp < matching.pausedUntil();
        _pay(customer, asked.prepaid + requestFee);
        vm.prank(customer);
        try matching.request(asked) returns (DealId id) {
            if (isPaused) isPauseNarrow = false;
            ids.push(id);
            paidIn[DealId.unwrap(id)] += asked.prepaid;
            feesIn += requestFee;
        } catch {
            if (!isPaused && !usd.isBlocked(customer)) isPauseNarrow = false;
        }
    }

    function fill(uint256 seed, uint256 wait) external timed(wait) {
        if (ids.length == 0) return;
        seed = _mixed(seed);
        // Mostly the last that was asked for: it is the one that waits.
        DealId id = seed >> 40 & 1 == 0 ? ids[ids.length - 1] : ids[seed % ids.length];
        uint16 mask = uint16(deals.emptySlots(id));
        uint256 need = mask == 3 ? 2 : mask == 0 ? 0 : 1;
        // `Matching` knows nothing of metered deals here.
        if (need == 0 || deals.dealOf(id).paymentMode == 1) return;
        if (seed >> 8 & 3 != 0) _post(fltPrice);
        OfferId[] memory chosen = new OfferId[](need);
        uint256 found = 0;
        for (uint256 i = 0; i < 4 && found < need; ++i) {
            OfferId offer = offerIds[(seed % 4 + i) % 4];
            if (seed >> 16 & 7 == 0 || matching.reasonOf(id, offer) == 0) chosen[found++] = offer;
        }
        // Somebody tries to fill two slots with one provider.
        if (need == 2 && seed >> 32 & 3 == 0) chosen[1] = chosen[0];
        vm.prank(customer);
        try matching.propose(id, chosen) {} catch {}
        _activate(id, mask);
        // Most providers are there when they are called.
        for (uint8 slot = 0; slot < 2; ++slot) {
            if (mask >> slot & 1 == 0 || seed >> 24 & 3 == 0 || deals.slotOf(id, slot).status != 1) continue;
            _ready(id, slot);
        }
    }

    /// @dev Two slots are asked for, and somebody tries to fill both with one provider, or with one that is too dear.
    function fillWrongly(uint256 seed, uint256 wait) external timed(wait) {
        if (ids.length >= 8) return;
        seed = _mixed(seed);
        _post(fltPrice);
        OfferId offer = offerIds[seed % 4];
        bool isTwice = seed >> 8 & 1 == 0;
        IMatching.Request memory asked = _asking(2, 1, 7, 22);
        if (!isTwice) asked.priceMax = offers.offerOf(offer).price - 1;
        _pay(customer, asked.prepaid + requestFee);
        vm.prank(customer);
        try matching.request(asked) returns (DealId id) {
            ids.push(id);
            paidIn[DealId.unwrap(id)] += asked.prepaid;
            feesIn += requestFee;
            vm.prank(customer);
            try matching.propose(id, _two(offer, isTwice ? offer : offerIds[(seed + 1) % 4])) {} catch {}
            _activate(id, 3);
        } catch {}
    }

    /// @dev An activation that finds nothing valid fills nothing; else it fills what was proposed, best or second best.
    function _activate(DealId id, uint16 mask) private {
        bool[2] memory isMet = [_isMet(id, 0), _isMet(id, 1)];
        (,,, OfferId[] memory best) = matching.proposalOf(id, 0);
        vm.prank(customer);
        try matching.activate(id) {
            uint256 first = mask & 1 == 1 ? 0 : 1;
            if (mask >> first & 1 == 0 || deals.slotOf(id, uint8(first)).status != 1) return;
            bool isBest = best.length != 0 && deals.slotOf(id, uint8(first)).offer == best[0];
            isCriteriaMet = isCriteriaMet && isMet[isBest ? 0 : 1];
            if (priceGuard.isStale()) isStaleNarrow = false;
            for (uint8 slot = 0; slot < 2; ++slot) {
                if (mask >> slot & 1 == 1 && deals.slotOf(id, slot).status == 1) _judgeLock(id, slot);
            }
        } catch {}
    }

    function _isMet(DealId id, uint8 rank) private view returns (bool isMet) {
        (,,, OfferId[] memory kept) = matching.proposalOf(id, rank);
        isMet = kept.length > 0;
        for (uint256 i = 0; i < kept.length; ++i) {
            isMet = isMet && _meets(id, kept[i]);
        }
    }

    /// @dev Its own reading of the request, not the contract's. Until when a slot can be filled `Deals` says: one that failed
    /// seeks longer.
    function _meets(DealId id, OfferId offerId) private view returns (bool) {
        IMatching.Request memory asked = matching.requestOf(id);
        IOffers.Offer memory offer = offers.offerOf(offerId);
        return offer.price <= asked.priceMax && offer.units - offer.unitsInUse >= asked.units
            && offer.coverageMaxBps >= asked.coverageBps && offer.termMaxDays >= asked.termDays
            && offer.durationMaxDays >= asked.durationDays && offer.notice <= asked.notice
            && staking.terms(offer.provider).firstLossBps >= asked.firstLossMinBps;
    }

    function _judgeLock(DealId id, uint8 slot) internal {
        uint256 covered = uint256(deals.slotOf(id, slot).valueAtStake) * deals.dealOf(id).coverageBps * 1e20;
        if (_lockOf(id, slot) * priceGuard.low() * BPS < covered) isOpeningCovered = false;
    }

    function pay(uint256 seed, uint256 amount, uint256 wait) external timed(wait) {
        if (ids.length == 0) return;
        (DealId id,) = _pick(seed);
        address payer = payers[seed % 3];
        if (usd.isBlocked(payer)) return;
        amount = bound(amount, 1, 3000 * dollar);
        _pay(payer, amount);
        vm.prank(payer);
        try deals.fund(id, uint128(amount)) {
            paidIn[DealId.unwrap(id)] += amount;
        } catch {}
    }

    function stop(uint256 seed, uint256 wait) external timed(wait) {
        if (ids.length == 0 || seed % 4 != 0) return;
        (DealId id,) = _pick(seed >> 2);
        if (deals.dealOf(id).stoppedAt != 0) return;
        vm.prank(customer);
        deals.stop(id);
    }

    function leave(uint256 seed, uint256 wait) external timed(wait) {
        if (ids.length == 0) return;
        (DealId id, uint8 slot) = _pick(seed);
        if (deals.slotOf(id, slot).status != 2) return;
        // Sometimes after two days at a price that the averages have followed.
        for (uint256 i = 0; seed >> 8 & 7 == 0 && i < 12; ++i) {
            _post(0.1e8);
            skip(4 hours);
        }
        uint256 locked = staking.locked(deals.slotOf(id, slot).provider);
        vm.prank(customer);
        try deals.leave(id, slot) {
            if (staking.locked(deals.slotOf(id, slot).provider) != locked) isMarginHarmless = false;
        } catch {}
    }

    function takeBack(uint256 seed, uint256 wait) external timed(wait) {
        if (ids.length == 0) return;
        (DealId id,) = _pick(seed);
        refundOf(id, payers[seed % 3]);
    }

    /// @dev Refused while a slot runs, without shares, and to whom the token blocks.
    function refundOf(DealId id, address payer) public {
        uint256 shares = deals.sharesOf(id, payer);
        uint256 total = deals.dealOf(id).shares;
        vm.prank(payer);
        try deals.refund(id, payer, payer) returns (uint128 amount) {
            refunded[DealId.unwrap(id)] += amount;
            uint256 pot = deals.dealOf(id).spare + amount;
            if (amount != pot * shares / total) isRefundFair = false;
            _judgeEnd(id);
        } catch {}
    }

    /// @dev Whoever gets his money back leaves nobody behind who earns.
    function _judgeEnd(DealId id) private {
        IDeals.Deal memory held = deals.dealOf(id);
        for (uint8 i = 0; i < held.standbys; ++i) {
            if (deals.slotOf(id, 16 + i).status != 3) isStandbyEnded = false;
        }
    }

    /* PROVIDERS */

    function begin(uint256 seed, uint256 wait) external timed(wait / 40) {
        if (ids.length == 0) return;
        (DealId id, uint8 slot) = _pick(seed);
        IDeals.Slot memory held = deals.slotOf(id, slot);
        if (held.status != 1) return;
        if (block.timestamp > held.assignedAt + 30 minutes) {
            declineOf(id, slot);
        } else {
            vm.prank(held.provider);
            try deals.ready(id, slot) {} catch {}
        }
    }

    function decline(uint256 seed) external {
        if (ids.length == 0 || seed % 3 != 0) return;
        (DealId id, uint8 slot) = _pick(seed);
        IDeals.Slot memory held = deals.slotOf(id, slot);
        if (held.status != 1) return;
        declineOf(id, slot);
    }

    function declineOf(DealId id, uint8 slot) public virtual {
        address provider = deals.slotOf(id, slot).provider;
        vm.prank(provider);
        deals.decline(id, slot);
    }

    function giveUp(uint256 seed, uint256 wait) external timed(wait) {
        if (ids.length == 0 || seed % 5 != 0) return;
        (DealId id, uint8 slot) = _pick(seed >> 3);
        IDeals.Slot memory held = deals.slotOf(id, slot);
        vm.prank(held.provider);
        try deals.announceNonRenewal(id, slot) {} catch {}
    }

    function topUp(uint256 seed, uint256 amount, uint256 wait) external timed(wait) {
        if (ids.length == 0) return;
        (DealId id, uint8 slot) = _pick(seed);
        if (deals.slotOf(id, slot).status != 2) return;
        vm.prank(deals.slotOf(id, slot).provider);
        try deals.topUp(id, slot, uint128(bound(amount, 1, 2000 * FLT))) {} catch {}
    }

    function exit(uint256 seed, uint256 wait) external timed(wait) {
        address provider = providers[seed % 4];
        address account = seed >> 8 & 1 == 0 ? provider : delegator;
        uint256 shares = staking.position(provider, account).shares / 3;
        if (shares < 1000 * FLT) return;
        vm.prank(account);
        staking.exit(account, provider, uint128(shares));
    }

    function claim(uint256 seed, uint256 wait) external timed(wait) {
        claimOf(seed % 5 == 4 ? treasury : providers[seed % 5]);
    }

    function claimOf(address account) public {
        uint256 credit = deals.creditOf(account);
        if (credit == 0 || usd.isBlocked(account)) return;
        vm.prank(account);
        claimed += deals.claim(account, account);
    }

    /* ANYBODY */

    function settle(uint256 seed, uint256 wait) external timed(wait) {
        if (ids.length == 0) return;
        (DealId id, uint8 slot) = _pick(seed);
        settleOf(id, slot);
    }

    function settleOf(DealId id, uint8 slot) public {
        uint256 accrued = deals.accrued(id, slot);
        uint256 creditable = deals.creditable(id, slot);
        uint256 before = deals.slotOf(id, slot).credited;
        deals.settle(id, slot);
        IDeals.Slot memory held = deals.slotOf(id, slot);
        if (held.owed != accrued || held.credited != before + creditable) isSettlePathless = false;
        uint256 released = uint256(held.startedAt) + 3 days;
        uint256 served = block.timestamp > released ? block.timestamp - released : 0;
        uint256 most = uint256(held.price) * deals.dealOf(id).units * served / 1 days;
        // A standby that was promoted is paid at once, and so is what was redeemed.
        bool isAtOnce = held.status == 0 || _isMetered(id, slot);
        if (creditable != 0 && !isAtOnce && held.credited > most) isHeldBack = false;
        credited += creditable;
    }

    function payStakers(uint256 seed) external {
        address provider = providers[seed % 4];
        if (deals.stakersCreditOf(provider) != 0) claimed += deals.payStakers(provider);
    }

    function close(uint256 seed, uint256 wait) external timed(wait) {
        if (ids.length == 0) return;
        (DealId id, uint8 slot) = _pick(seed);
        closeOf(id, slot);
    }

    function closeOf(DealId id, uint8 slot) public virtual {
        IDeals.Slot memory held = deals.slotOf(id, slot);
        // What is over must end, whatever else is the matter.
        if (held.status == 2 && block.timestamp >= held.endsAt) deals.close(id, slot);
        else try deals.close(id, slot) {} catch {}
    }

    function renew(uint256 seed, uint256 wait) external timed(wait) {
        if (ids.length == 0) return;
        (DealId id, uint8 slot) = _pick(seed);
        IDeals.Slot memory held = deals.slotOf(id, slot);
        if (held.status != 2) return;
        if (held.endsAt > block.timestamp + 1 days && seed % 2 == 0) skip(held.endsAt - block.timestamp - 1 days);
        if (seed >> 16 & 3 != 0) _post(fltPrice);
        uint256 lock = _lockOf(id, slot);
        vm.prank(seed >> 8 & 1 == 0 ? customer : stranger);
        try deals.renew(id, slot) {
            ++renewals;
            if (!priceGuard.isStale()) _judgeLock(id, slot);
            else if (_lockOf(id, slot) != lock) isStaleRenewalEqual = false;
        } catch {}
    }

    function marginCall(uint256 seed, uint256 wait) external timed(wait) {
        if (ids.length == 0) return;
        (DealId id, uint8 slot) = _pick(seed);
        IDeals.Slot memory held = deals.slotOf(id, slot);
        // Sometimes after two days at a price that the averages have followed.
        for (uint256 i = 0; seed >> 8 & 7 == 0 && i < 12; ++i) {
            _post(0.12e8);
            skip(4 hours);
        }
        uint256 locked = staking.locked(held.provider);
        try deals.marginCall(id, slot) {
            if (staking.locked(held.provider) != locked || deals.slotOf(id, slot).escrow != held.escrow) {
                isMarginHarmless = false;
            }
            if (priceGuard.isStale()) isStaleNarrow = false;
        } catch {}
        if (seed % 3 == 0) try deals.cure(id, slot) {} catch {}
    }

    function donate(uint256 amount) external {
        amount = bound(amount, 0, dollar);
        donated += amount;
        vm.prank(issuer);
        usd.mint(address(deals), amount);
    }

    /* WORLD */

    function price(uint256 seed, uint256 wait) external timed(wait) {
        _post(bound(seed, 0.1e8, 1e8));
    }

    function spread(uint256 wait) external timed(wait) {
        for (uint256 i = 0; i < 3; ++i) {
            feeds[i].post(int256(fltPrice + i * fltPrice / 5));
        }
        priceGuard.observe();
    }

    function pause(uint256 which) external {
        vm.startPrank(guardian);
        if (which % 2 == 0) try matching.pause() {} catch {} else try staking.pause() {} catch {}
        vm.stopPrank();
    }

    function blockSomebody(uint256 seed) external {
        address[4] memory who = [providers[0], friend, treasury, providers[1]];
        vm.prank(issuer);
        usd.setBlocked(who[seed % 4], seed >> 8 & 1 == 0);
    }

    function unblockAll() external {
        address[4] memory who = [providers[0], friend, treasury, providers[1]];
        for (uint256 i = 0; i < 4; ++i) {
            vm.prank(issuer);
            usd.setBlocked(who[i], false);
        }
    }

    /* READINGS */

    function system() external view returns (IDeals, IMatching) {
        return (deals, matching);
    }

    function party(uint256 i) external view returns (address) {
        address[8] memory all =
            [providers[0], providers[1], providers[2], providers[3], customer, friend, stranger, treasury];
        return all[i];
    }

    function token() external view returns (address) {
        return address(usd);
    }

    function lockAmount(DealId id, uint8 slot) external view returns (uint256 amount, uint256 end, address provider) {
        IDeals.Slot memory held = deals.slotOf(id, slot);
        return (staking.lockOf(held.lock).amount, staking.lockOf(held.lock).end, staking.lockOf(held.lock).provider);
    }

    function unitsInUse(uint256 i) external view returns (uint256) {
        return offers.unitsInUse(offerIds[i]);
    }
}
