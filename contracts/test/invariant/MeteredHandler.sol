// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDeals} from "../../src/interfaces/IDeals.sol";
import {IRedemption} from "../../src/interfaces/IRedemption.sol";
import {ISuccession} from "../../src/interfaces/ISuccession.sol";
import {DealId} from "../../src/types/Ids.sol";
import {SuccessionHandler} from "./SuccessionHandler.sol";

/// @dev The histories of `SuccessionHandler` with metered deals: vouchers are redeemed, right and wrong, in time and too late,
/// of servings that run and that ended; royalties are shared out; ended slots are closed once more.
contract MeteredHandler is SuccessionHandler {
    uint8 private constant STANDBY = 16;
    uint256 private constant REDEMPTION = 24 hours;
    uint256 private constant METERED_MAX = 6;

    /// @dev A metered slot before an act: until when somebody can redeem from it.
    struct Kept {
        DealId deal;
        uint8 slot;
        uint256 escrow;
        uint256 taken;
        uint256 until;
    }

    /// @dev What a redemption must find.
    struct Found {
        bool isServing;
        uint256 endedAt;
        uint256 before;
        uint256 escrow;
    }

    Kept[] private kept;
    DealId[] private metered;
    /// Ghosts: what was redeemed, by slot and by serving.
    mapping(uint64 deal => mapping(uint8 slot => uint256)) private taken;
    mapping(uint64 deal => mapping(uint8 slot => mapping(uint32 serving => uint256))) public redeemed;
    uint256 public redemptions;
    bool public isRedeemedRight = true;
    bool public isMovedByUsageOnly = true;
    bool public isKept = true;
    bool public isRoyaltyWhole = true;

    constructor() {
        for (uint256 i = 0; i < 2; ++i) {
            DealId id = _openMetered(uint8(1 + i), uint8(i), uint8(4 + 6 * i), 300 * dollar, uint96(i * dollar / 20));
            for (uint8 slot = 0; slot <= i; ++slot) {
                _seat(id, slot, 1 + slot, true);
            }
            if (i == 1) _seat(id, STANDBY, 0, true);
        }
    }

    function meteredCount() external view returns (uint256) {
        return metered.length;
    }

    function meteredAt(uint256 i) external view returns (DealId) {
        return metered[i];
    }

    /* ASK */

    function askMetered(uint256 seed, uint256 wait) external timed(wait) {
        if (metered.length >= METERED_MAX || usd.isBlocked(customer)) return;
        seed = _mixed(seed);
        uint96 royalty = uint96((seed >> 8) % 3 * dollar / 20);
        uint256 prepaid = dollar * (20 + (seed >> 16) % 300);
        _openMetered(uint8(1 + (seed >> 24) % 2), uint8((seed >> 32) % 2), uint8(1 + seed % 14), prepaid, royalty);
    }

    /// @dev As `Matching` does.
    function _openMetered(uint8 slots, uint8 standbys, uint8 termDays, uint256 prepaid, uint96 royalty)
        private
        returns (DealId id)
    {
        IDeals.Opening memory opening;
        (opening.customer, opening.payer) = (customer, customer);
        (opening.slots, opening.standbys, opening.reserveBps) = (slots, standbys, 2000);
        (opening.termDays, opening.durationDays) = (termDays, uint16(termDays) * 3 + 1);
        (opening.paymentMode, opening.coverageBps, opening.units) = (1, 30_000, 10);
        (opening.notice, opening.expiry) = (1 days, uint40(block.timestamp + 7 days));
        (opening.royalty, opening.prepaid) = (royalty, uint128(prepaid));
        _pay(customer, prepaid);
        vm.prank(address(matching));
        id = deals.open(opening);
        ids.push(id);
        metered.push(id);
        paidIn[DealId.unwrap(id)] += prepaid;
    }

    /* REDEEM */

    function redeem(uint256 seed, uint256 amount, uint256 wait) external timed(wait / 4) {
        seed = _mixed(seed);
        IRedemption.Claim memory used;
        used.deal = metered[seed % metered.length];
        used.slot = uint8((seed >> 8) % deals.dealOf(used.deal).slots);
        IDeals.Slot memory held = deals.slotOf(used.deal, used.slot);
        // The serving that runs, or one of those before.
        used.serving = seed >> 16 & 3 == 0 && held.serving > 1 ? held.serving - 1 : held.serving;
        used.provider = _providerOf(used.deal, used.slot, used.serving);
        used.customer = customer;
        used.amount =
            uint128(redeemed[DealId.unwrap(used.deal)][used.slot][used.serving] + bound(amount, 0, 90 * dollar));
        used.most = seed >> 24 & 1 == 0 ? type(uint128).max : uint128((seed >> 32) % (60 * dollar));
        used.until = uint40(block.timestamp - (seed >> 64) % 2 hours);
        // Sometimes it is somebody else's.
        if (seed >> 80 & 15 == 0) used.provider = providers[(seed >> 88) % 4];
        if (seed >> 80 & 15 == 1) used.customer = stranger;
        if (seed >> 80 & 15 == 2) used.serving += 1;
        _redeem(used);
    }

    function _redeem(IRedemption.Claim memory used) private {
        Found memory found = _find(used);
        (uint8 code, uint256 amount) = _expected(used, found);
        vm.prank(vouchers);
        (uint8 gotCode, uint128 paid) = deals.redeem(used);
        if (gotCode != code || paid != amount) isRedeemedRight = false;
        if (gotCode != 0) return;
        ++redemptions;
        taken[DealId.unwrap(used.deal)][used.slot] += paid;
        redeemed[DealId.unwrap(used.deal)][used.slot][used.serving] += paid;
    }

    /// @dev Its own reading of who served, not the contract's.
    function _find(IRedemption.Claim memory used) private view returns (Found memory found) {
        IDeals.Slot memory held = deals.slotOf(used.deal, used.slot);
        found.escrow = held.escrow;
        found.before = redeemed[DealId.unwrap(used.deal)][used.slot][used.serving];
        if (held.serving == used.serving && held.provider != address(0)) {
            found.isServing = held.status != 1 && held.provider == used.provider;
            found.endedAt = held.endsAt;
            return found;
        }
        for (uint256 i = 0; i < ended.length; ++i) {
            if (!(ended[i].deal == used.deal) || ended[i].slot != used.slot || ended[i].serving != used.serving) {
                continue;
            }
            found.isServing = ended[i].provider == used.provider;
            found.endedAt = deals.servingOf(used.deal, used.slot, used.serving).endedAt;
        }
    }

    function _expected(IRedemption.Claim memory used, Found memory found)
        private
        view
        returns (uint8 code, uint256 amount)
    {
        if (used.customer != customer) return (1, 0);
        if (!found.isServing) return (2, 0);
        if (used.until > found.endedAt) return (3, 0);
        if (block.timestamp > found.endedAt + REDEMPTION) return (4, 0);
        if (used.amount <= found.before) return (5, 0);
        amount = used.amount - found.before;
        if (amount > used.most) amount = used.most;
        if (amount > found.escrow) amount = found.escrow;
        if (amount == 0) code = 6;
    }

    function _providerOf(DealId id, uint8 slot, uint32 serving) private view returns (address) {
        IDeals.Slot memory held = deals.slotOf(id, slot);
        if (held.serving == serving && held.provider != address(0)) return held.provider;
        try deals.servingOf(id, slot, serving) returns (ISuccession.Serving memory past) {
            return past.provider;
        } catch {
            return providers[0];
        }
    }

    /* ROYALTIES AND ENDS */

    function share(uint256 seed) external {
        shareOf(ids[_mixed(seed) % ids.length]);
    }

    /// @dev Two modules of one author, and one of another.
    function shareOf(DealId id) public {
        address[] memory authors = new address[](3);
        uint96[] memory royalties = new uint96[](3);
        (authors[0], authors[1], authors[2]) = (friend, stranger, friend);
        (royalties[0], royalties[1], royalties[2]) = (1, 2, 1);
        uint256 due = deals.royaltyDue(id);
        uint256 friends = deals.creditOf(friend);
        uint256 strangers = deals.creditOf(stranger);
        vm.prank(modules);
        uint128 paid = deals.payRoyalties(id, authors, royalties);
        if (deals.creditOf(friend) - friends != due / 4 * 2 || deals.creditOf(stranger) - strangers != due / 2) {
            isRoyaltyWhole = false;
        }
        if (paid != due / 4 * 2 + due / 2 || deals.royaltyDue(id) != due - paid) isRoyaltyWhole = false;
    }

    /// @dev What rounding left, too.
    function shareAll(DealId id) external {
        address[] memory authors = new address[](1);
        uint96[] memory royalties = new uint96[](1);
        (authors[0], royalties[0]) = (friend, 1);
        vm.prank(modules);
        deals.payRoyalties(id, authors, royalties);
    }

    /// @dev A second time, for its escrow.
    function free(uint256 seed, uint256 wait) external timed(wait) {
        seed = _mixed(seed);
        DealId id = metered[seed % metered.length];
        uint8 slot = uint8((seed >> 8) % deals.dealOf(id).slots);
        if (deals.slotOf(id, slot).status == 3) try deals.close(id, slot) {} catch {}
    }

    /// @dev The customer wants his money back as soon as all is over, and anyone closes what he can.
    function takeMeteredBack(uint256 seed, uint256 wait) external {
        seed = _mixed(seed);
        DealId id = metered[seed % metered.length];
        uint8 slots = deals.dealOf(id).slots;
        if (deals.dealOf(id).stoppedAt == 0) {
            if (seed >> 8 & 1 == 0) return;
            vm.prank(customer);
            deals.stop(id);
        }
        for (uint8 slot = 0; slot < slots; ++slot) {
            uint256 endsAt = deals.slotOf(id, slot).endsAt;
            if (endsAt > block.timestamp) skip(endsAt - block.timestamp);
        }
        skip(bound(wait, 0, 26 hours));
        _look();
        for (uint8 i = 0; i < 2 * slots; ++i) {
            try deals.close(id, i % slots) {} catch {}
        }
        refundOf(id, customer);
        _judge();
    }

    /* JUDGE */

    function _look() internal override {
        delete kept;
        for (uint256 i = 0; i < metered.length; ++i) {
            DealId id = metered[i];
            for (uint8 slot = 0; slot < deals.dealOf(id).slots; ++slot) {
                IDeals.Slot memory held = deals.slotOf(id, slot);
                uint256 spent = taken[DealId.unwrap(id)][slot];
                kept.push(Kept(id, slot, held.escrow, spent, _redeemableUntil(id, slot, held)));
            }
        }
    }

    function _redeemableUntil(DealId id, uint8 slot, IDeals.Slot memory held) private view returns (uint256 until) {
        if (held.status > 1 && held.provider != address(0)) until = held.endsAt + REDEMPTION;
        for (uint256 i = 0; i < ended.length; ++i) {
            if (!(ended[i].deal == id) || ended[i].slot != slot) continue;
            uint256 last = deals.servingOf(id, slot, ended[i].serving).endedAt + REDEMPTION;
            if (last > until) until = last;
        }
    }

    /// @dev As long as somebody can redeem, nothing but a redemption takes anything from the slot; and what it takes is owed.
    function _judge() internal override {
        for (uint256 i = 0; i < kept.length; ++i) {
            Kept memory one = kept[i];
            uint256 escrow = deals.slotOf(one.deal, one.slot).escrow;
            uint256 spent = taken[DealId.unwrap(one.deal)][one.slot] - one.taken;
            if (block.timestamp <= one.until && escrow + spent < one.escrow) isKept = false;
            // What it did not use is spare as a whole, or not at all.
            if (escrow + spent < one.escrow && escrow != 0) isMovedByUsageOnly = false;
        }
    }
}
