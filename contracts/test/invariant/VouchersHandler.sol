// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDeals} from "../../src/interfaces/IDeals.sol";
import {IMatching} from "../../src/interfaces/IMatching.sol";
import {IModules} from "../../src/interfaces/IModules.sol";
import {IVouchers} from "../../src/interfaces/IVouchers.sol";
import {DealId, OfferId} from "../../src/types/Ids.sol";
import {ModulesBase} from "../ModulesBase.t.sol";
import {RedemptionGhost} from "./RedemptionGhost.sol";

/// @dev Two customers, two gateways that sign for either, four providers who fail and replace one another, two authors. Vouchers are signed
/// right and wrong, kept, and redeemed in any order, alone and in batches, by anybody.
contract VouchersHandler is ModulesBase, RedemptionGhost {
    uint256 private constant KEPT = 24;
    uint256 private constant DEALS_MAX = 8;

    struct Signed {
        IVouchers.Voucher voucher;
        address customer;
        address gateway;
        bytes signature;
    }

    DealId[] public ids;
    OfferId[] private offerIds;
    address[2] private customers;
    address[2] private gateways;
    Signed[] private kept;
    uint256 private next;
    bytes32[] private published;

    function prepare() external {
        setUp();
        customers = [customer, friend];
        gateways = [gateway, _keyed("second")];
        for (uint256 i = 0; i < 4; ++i) {
            offerIds.push(_host(i));
        }
        published = _published(3);
        bytes32 other = keccak256("another");
        _publish(coauthor, other, uint96(dollar / 4));
        published.push(other);
        for (uint256 i = 0; i < 4; ++i) {
            vm.prank(customers[i % 2]);
            cashier.setGateway(customers[i % 2], gateways[i / 2], uint96(300 * dollar));
            // Two of them owe royalties to both authors.
            _open([uint256(2), 8, 3, 1][i]);
        }
        vm.recordLogs();
    }

    function system() external view returns (IDeals, IModules, uint256) {
        return (deals, registry, ids.length);
    }

    function authors() external view returns (address[2] memory) {
        return [author, coauthor];
    }

    /* DEALS */

    function wait(uint256 time) external {
        _skip(bound(time, 1, 20 hours));
    }

    /// @dev Three of four are metered; the rest pays its royalties by time.
    function _open(uint256 seed) private {
        IMatching.Request memory request = _asking(1, 100, 7, 84);
        request.paymentMode = seed % 4 == 3 ? 0 : 1;
        request.modules = new bytes32[](seed % 3);
        for (uint256 i = 0; i < request.modules.length; ++i) {
            request.modules[i] = published[(seed + 2 * i + 1) % published.length];
        }
        address asks = customers[seed % 2];
        _pay(asks, request.prepaid + requestFee);
        vm.prank(asks);
        DealId opened = matching.request(request);
        ids.push(opened);
        _fill(opened, seed);
    }

    function _fill(DealId id, uint256 seed) private {
        vm.startPrank(deals.dealOf(id).customer);
        try matching.propose(id, _one(offerIds[seed % 4])) {
            matching.activate(id);
        } catch {}
        vm.stopPrank();
        if (deals.slotOf(id, 0).status == 1) _ready(id, 0);
        IDeals.Slot memory slot = deals.slotOf(id, 0);
        if (slot.status == 2) _noteServing(id, slot.serving, slot.provider);
    }

    function open(uint256 seed) external {
        if (ids.length < DEALS_MAX) _open(seed % 12);
    }

    function fill(uint256 seed) external {
        DealId id = _idOf(seed);
        if (matching.wantedOf(id) != 0) _fill(id, seed >> 8);
        _collect();
    }

    function renew(uint256 seed) external {
        try deals.renew(_idOf(seed), 0) {} catch {}
        _collect();
    }

    function fund(uint256 seed, uint256 amount) external {
        DealId id = _idOf(seed);
        amount = bound(amount, dollar, 2000 * dollar);
        _pay(stranger, amount);
        vm.prank(stranger);
        try deals.fund(id, uint128(amount)) {} catch {}
        _collect();
    }

    function fail(uint256 seed) external {
        DealId id = _idOf(seed);
        IDeals.Slot memory slot = deals.slotOf(id, 0);
        if (slot.status != 2 || block.timestamp >= slot.endsAt) return;
        uint40 since = uint40(block.timestamp - bound(seed >> 16, 0, 10 minutes));
        if (since < slot.startedAt) since = slot.startedAt;
        vm.prank(faults);
        try deals.fail(id, 0, slot.serving, since) {
            _noteEnd(id, slot.serving, since);
        } catch {}
        _collect();
    }

    function end(uint256 seed) external {
        DealId id = _idOf(seed);
        if (seed >> 8 & 3 == 0) {
            vm.prank(deals.dealOf(id).customer);
            try deals.stop(id) {} catch {}
        }
        try deals.close(id, 0) {} catch {}
        _collect();
    }

    /* GATEWAYS */

    function setGateway(uint256 seed, uint256 newCap) external {
        address owner = customers[seed & 1];
        vm.prank(owner);
        cashier.setGateway(owner, gateways[seed >> 8 & 1], uint96(bound(newCap, dollar, 600 * dollar)));
    }

    function revoke(uint256 seed) external {
        address owner = customers[seed & 1];
        vm.prank(owner);
        try cashier.revokeGateway(owner, gateways[seed >> 8 & 1]) {} catch {}
    }

    /* VOUCHERS */

    /// @dev Mostly of a serving that there is and its provider, for some usage of the last day or the next minutes.
    function sign(uint256 seed, uint256 amount) public {
        DealId id = _idOf(seed);
        IDeals.Slot memory slot = deals.slotOf(id, 0);
        uint32 serving = seed >> 8 & 3 == 0 && slot.serving > 1 ? slot.serving - 1 : slot.serving;
        uint40 until = uint40(block.timestamp - (seed >> 16) % 1 days);
        if (seed >> 96 & 3 != 0) until = uint40(block.timestamp - (seed >> 16) % 10 minutes);
        if (seed >> 98 & 7 == 0) until = uint40(block.timestamp + 1 + (seed >> 16) % 1 hours);
        address by = _byOf(id, serving);
        if (seed >> 64 & 15 == 0) by = providers[seed >> 68 & 3];
        Signed memory one;
        one.voucher = IVouchers.Voucher({
            deal: id,
            slot: 0,
            serving: serving,
            provider: by,
            amount: uint128(bound(amount, 0, 1500 * dollar)),
            invocations: uint64(seed),
            from: until - 60,
            until: until,
            usageRoot: bytes32(seed)
        });
        one.customer = seed >> 72 & 15 == 0 ? customers[seed >> 76 & 1] : deals.dealOf(id).customer;
        one.gateway = gateways[seed >> 77 & 1];
        one.signature = _signedBy(gateways[seed >> 78 & 15 == 0 ? 0 : seed >> 77 & 1], one.voucher);
        if (kept.length < KEPT) kept.push(one);
        else kept[next++ % KEPT] = one;
    }

    function redeem(uint256 seed, uint256 amount) external {
        if (seed >> 200 & 1 == 0 || kept.length == 0) {
            sign(seed, amount);
            seed = kept.length < KEPT ? kept.length - 1 : (next - 1) % KEPT;
        }
        Signed memory one = kept[seed % kept.length];
        uint256 escrows = _escrows();
        uint256 paid = 0;
        try cashier.redeem(one.voucher, one.customer, one.gateway, one.signature) returns (uint128 amount_) {
            paid = amount_;
            if (paid == 0) broken[95] = "L95: nothing was paid, and it said so to nobody";
        } catch {}
        _judge(one.customer, one.gateway, escrows, paid);
    }

    /// @dev All that are kept, of one customer and gateway: the others are signed by nobody that counts.
    function redeemMany(uint256 seed) external {
        uint256 count = bound(seed, 1, 6);
        if (kept.length < count) return;
        IVouchers.Voucher[] memory list = new IVouchers.Voucher[](count);
        bytes[] memory signatures = new bytes[](count);
        Signed memory first = kept[(seed >> 8) % kept.length];
        for (uint256 i = 0; i < count; ++i) {
            Signed memory one = kept[((seed >> 8) + i) % kept.length];
            (list[i], signatures[i]) = (one.voucher, one.signature);
        }
        uint256 escrows = _escrows();
        try cashier.redeemMany(list, first.customer, first.gateway, signatures) {
            _judge(first.customer, first.gateway, escrows, escrows - _escrows());
        } catch {
            broken[95] = "L95: a batch was stopped";
        }
    }

    function _judge(address owner, address signer, uint256 escrows, uint256 paid) private {
        if (escrows - _escrows() != paid) broken[96] = "L96: not what left the escrow";
        _collect();
        IVouchers.Gateway memory held = cashier.gatewayOf(owner, signer);
        if (_takeRedeemed(owner, signer, held) != paid) broken[95] = "L95: not what was told";
    }

    /* AUTHORS */

    function setRoyalty(uint256 seed, uint256 royalty) external {
        bytes32 module = published[seed % 3];
        _setRoyalty(module, uint96(bound(royalty, 0, dollar / 4)));
    }

    function settle(uint256 seed) external {
        deals.settle(_idOf(seed), 0);
        _collect();
    }

    function payAuthors(uint256 seed) external {
        DealId id = _idOf(seed);
        for (uint256 i = 0; i < ids.length && deals.royaltyDue(id) == 0; ++i) {
            id = _idOf(seed % ids.length + i);
        }
        uint256 due = deals.royaltyDue(id);
        try registry.pay(id) returns (uint128 paid) {
            if (deals.royaltyDue(id) + paid != due) broken[98] = "L98: what is due is not what is left";
        } catch {
            if (due > 8) broken[98] = "L98: authors are not paid";
        }
        _collect();
    }

    function claim(uint256 seed) external {
        address one = seed & 1 == 0 ? author : coauthor;
        if (deals.creditOf(one) == 0) return;
        claimed[one] += _claim(one);
    }

    /* READINGS */

    function _deals() internal view override returns (IDeals) {
        return deals;
    }

    function _idOf(uint256 seed) private view returns (DealId) {
        return ids[seed % ids.length];
    }

    function _escrows() private view returns (uint256 sum) {
        for (uint256 i = 0; i < ids.length; ++i) {
            sum += deals.slotOf(ids[i], 0).escrow + deals.dealOf(ids[i]).spare;
        }
    }
}
