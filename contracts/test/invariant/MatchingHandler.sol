// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IMatching} from "../../src/interfaces/IMatching.sol";
import {IOffers} from "../../src/interfaces/IOffers.sol";
import {AttributeIds} from "../../src/types/AttributeIds.sol";
import {DealId, OfferId} from "../../src/types/Ids.sol";
import {FaultsBase} from "../FaultsBase.t.sol";

/// @dev Solvers compete for requests of two slots, some with a target availability and a standby, while providers change and remove
/// offers, leave, decline and fail. What is activated is judged by a reading of its own.
contract MatchingHandler is FaultsBase {
    uint256 private constant CUSTOMER = 3;

    DealId[] public ids;
    OfferId[] private offerIds;
    address[4] public solvers;
    uint256 public donated;
    /// Laws that a single call broke, by number.
    mapping(uint256 law => string) public broken;

    function prepare() external {
        setUp();
        _secure(attester, 1);
        for (uint256 i = 0; i < 3; ++i) {
            solvers[i] = _solver(string.concat("solver ", vm.toString(i)), 4);
        }
        solvers[CUSTOMER] = customer;
        for (uint256 i = 0; i < 4; ++i) {
            _register(providers[i], 1_000_000 * FLT, 0, 1000, 0);
            vm.prank(attester);
            attributes.attest(
                providers[i], AttributeIds.OPERATOR, 2, uint48(i / 2), uint40(block.timestamp + 3650 days)
            );
            offerIds.push(_make(i, 90 + 10 * i));
        }
    }

    function system() external view returns (IMatching, uint256) {
        return (matching, ids.length);
    }

    function token() external view returns (address, address) {
        return (address(flt), DEAD);
    }

    function _make(uint256 provider, uint256 cents) private returns (OfferId) {
        IOffers.Offer memory offer = _offerOf(providers[provider], 1000, dollar * cents / 100);
        offer.region = uint8(provider);
        return _create(offer);
    }

    /* ACTS */

    function wait(uint256 time) external {
        _skip(bound(time, 1, 3 hours));
    }

    function ask(uint256 seed) external {
        IMatching.Request memory request = _asking(2, 100, 14, 84);
        request.availabilityPpm = seed % 3 == 0 ? 0 : seed % 3 == 1 ? 950_000 : 997_500;
        if (seed >> 8 & 1 == 1) {
            (request.standbys, request.reserveBps) = (1, 2000);
            request.prepaid += request.prepaid / 50;
        }
        request.firstLossMinBps = seed >> 16 & 1 == 1 ? 1000 : 0;
        ids.push(_request(request));
    }

    function propose(uint256 seed) external {
        if (ids.length == 0) return;
        DealId id = _idOf(seed);
        uint32 mask = matching.wantedOf(id);
        OfferId[] memory chosen = new OfferId[](_bits(mask));
        for (uint256 i = 0; i < chosen.length; ++i) {
            chosen[i] = offerIds[(seed >> (16 + 8 * i)) % offerIds.length];
        }
        vm.prank(solvers[seed >> 8 & 3]);
        try matching.propose(id, chosen) {} catch {}
    }

    function activate(uint256 seed, uint256 time) external {
        if (ids.length == 0) return;
        if (seed & 1 == 1) skip(bound(time, 0, 90));
        DealId id = _idOf(seed);
        address caller = solvers[seed >> 8 & 3];
        (,, uint256 price, OfferId[] memory best) = matching.proposalOf(id, 0);
        uint32 mask = matching.wantedOf(id);
        bool isOpen = caller == customer || block.timestamp >= matching.windowEndOf(id);
        bool isValid = _isValid(id, mask, price, best);
        uint256 burned = flt.balanceOf(DEAD);
        vm.prank(caller);
        try matching.activate(id) {
            if (!isOpen) broken[84] = "L84: activated within the window";
        } catch {
            return;
        }
        if (isValid && flt.balanceOf(DEAD) != burned) broken[83] = "L83: the bond of a valid proposal burned";
        _judge(id, mask & ~matching.wantedOf(id));
    }

    function change(uint256 seed) external {
        uint256 index = seed % offerIds.length;
        IOffers.Offer memory offer = offers.offerOf(offerIds[index]);
        if (seed >> 8 & 3 == 0) {
            vm.prank(offer.provider);
            try offers.remove(offerIds[index]) {} catch {}
            offerIds[index] = _make(_indexOf(offer.provider), 80 + seed % 60);
            return;
        }
        offer.price = uint96(dollar * (80 + seed % 60) / 100);
        vm.prank(offer.provider);
        try offers.update(offerIds[index], offer) {} catch {}
    }

    function exit(uint256 seed) external {
        address provider = providers[seed % 4];
        uint256 active = staking.tranche(provider, true).active;
        if (seed >> 8 & 1 == 0 && active > 900_000 * FLT) {
            vm.prank(provider);
            staking.exit(provider, provider, uint128(active - 1000 * FLT));
        } else if (active < 1_000_000 * FLT) {
            _stake(provider, provider, 1_000_000 * FLT);
        }
    }

    function serve(uint256 seed) external {
        if (ids.length == 0) return;
        DealId id = _idOf(seed);
        uint8[3] memory places = [0, 1, 16];
        uint8 place = places[seed >> 8 & 3 % 3];
        if (place == 16 && deals.dealOf(id).standbys == 0) return;
        if (deals.slotOf(id, place).status != 1) return;
        vm.prank(deals.slotOf(id, place).provider);
        if (seed >> 16 & 3 == 0) try deals.decline(id, place) {} catch {} else try deals.ready(id, place) {} catch {}
    }

    function fail(uint256 seed) external {
        if (ids.length == 0) return;
        DealId id = _idOf(seed);
        if (deals.slotOf(id, 0).status == 2) _fail(id);
    }

    /// @dev A dearer set is proposed where a cheaper one stands.
    function outbid(uint256 seed) external {
        DealId id = _request(_asking(2, 100, 14, 84));
        ids.push(id);
        for (uint256 i = 0; i < 4; ++i) {
            OfferId[] memory chosen = new OfferId[](2);
            (chosen[0], chosen[1]) = (offerIds[(seed % 4 + i) % 4], offerIds[(seed % 4 + i + 1 + (seed >> 8) % 3) % 4]);
            vm.prank(customer);
            try matching.propose(id, chosen) {} catch {}
        }
    }

    /// @dev A provider's other deal fails while a proposal with it stands.
    function failBetween(uint256 seed) external {
        OfferId first = offerIds[seed % 4];
        DealId other = _request(_asking(1, 100, 14, 84));
        vm.prank(address(matching));
        try deals.assign(other, 0, first) {}
        catch {
            return;
        }
        _ready(other, 0);
        IMatching.Request memory request = _asking(2, 100, 14, 84);
        request.availabilityPpm = 997_500;
        DealId id = _request(request);
        OfferId[] memory chosen = new OfferId[](2);
        (chosen[0], chosen[1]) = (first, offerIds[(seed % 4 + 1 + (seed >> 8) % 3) % 4]);
        vm.prank(customer);
        try matching.propose(id, chosen) {}
        catch {
            return;
        }
        _fail(other);
        vm.prank(customer);
        try matching.activate(id) {}
        catch {
            return;
        }
        _judge(id, ~matching.wantedOf(id) & 3);
    }

    function cancel(uint256 seed) external {
        if (ids.length == 0 || seed % 4 != 0) return;
        vm.prank(customer);
        try matching.cancel(_idOf(seed)) {} catch {}
    }

    function drop(uint256 seed) external {
        if (ids.length == 0) return;
        try matching.drop(_idOf(seed)) {} catch {}
    }

    function moveBond(uint256 seed) external {
        address solver = solvers[seed % 3];
        (uint128 balance, uint128 reserved) = matching.bondOf(solver);
        if (balance > reserved) {
            vm.prank(solver);
            matching.withdrawBond(balance - reserved, solver);
        } else {
            _solver(string.concat("solver ", vm.toString(seed % 3)), 2);
        }
    }

    function donate(uint256 amount) external {
        amount = bound(amount, 0, FLT);
        _giveFlt(stranger, stranger, amount);
        vm.prank(stranger);
        flt.transfer(address(matching), amount);
        donated += amount;
    }

    /* READINGS */

    /// @dev Mostly the last that was asked for.
    function _idOf(uint256 seed) private view returns (DealId) {
        return seed >> 40 & 3 != 0 ? ids[ids.length - 1] : ids[(seed >> 48) % ids.length];
    }

    function _indexOf(address provider) private view returns (uint256 index) {
        while (providers[index] != provider) ++index;
    }

    function _bits(uint256 mask) private pure returns (uint256 count) {
        for (; mask != 0; mask &= mask - 1) {
            ++count;
        }
    }

    /// @dev Whether everything that a proposal says is so, its providers' stake included.
    function _isValid(DealId id, uint256 mask, uint256 price, OfferId[] memory chosen) private view returns (bool) {
        if (chosen.length == 0 || chosen.length != _bits(mask)) return false;
        uint256 now_ = 0;
        uint256 index = 0;
        for (uint8 place = 0; place < 20; ++place) {
            if (mask >> place & 1 == 0) continue;
            OfferId offer = chosen[index++];
            if (matching.reasonOf(id, offer) != 0) return false;
            IOffers.Offer memory current = offers.offerOf(offer);
            (uint128 amount,) = deals.lockFor(id, place, current.price);
            if (amount > staking.free(current.provider)) return false;
            uint256 full = uint256(current.price) * 100;
            now_ += place < 16 ? full : (full + 49) / 50;
        }
        return now_ <= price && _isAvailable(id, mask, chosen);
    }

    function _isAvailable(DealId id, uint256 mask, OfferId[] memory chosen) private view returns (bool) {
        uint256 target = matching.requestOf(id).availabilityPpm;
        if (target == 0 || mask & 3 == 0) return true;
        address[2] memory by;
        uint256 index = 0;
        for (uint8 slot = 0; slot < 2; ++slot) {
            by[slot] =
                mask >> slot & 1 == 1 ? offers.offerOf(chosen[index++]).provider : deals.slotOf(id, slot).provider;
        }
        return _reaches(by, target);
    }

    /// @dev Two of one operator are in two regions here, so nobody counts with anybody else.
    function _reaches(address[2] memory by, uint256 target) private view returns (bool) {
        uint256 product = 1e18;
        uint256 count = 0;
        for (uint8 slot = 0; slot < 2; ++slot) {
            if (by[slot] == address(0)) continue;
            ++count;
            product = (product * judge.unavailability(by[slot]) + 1e18 - 1) / 1e18;
        }
        return product <= 1e18 - target * 1e12 && (target <= 990_000 || count == 2);
    }

    /// @dev What was filled just now meets what was asked for.
    function _judge(DealId id, uint32 filled) private {
        if (filled == 0) return;
        IMatching.Request memory asked = matching.requestOf(id);
        address[2] memory by = [deals.slotOf(id, 0).provider, deals.slotOf(id, 1).provider];
        if (filled & 3 != 0 && asked.availabilityPpm != 0 && !_reaches(by, asked.availabilityPpm)) {
            broken[80] = "L80: less available than was asked for";
        }
        for (uint8 place = 0; place < 20; ++place) {
            if (filled >> place & 1 == 0) continue;
            address provider = deals.slotOf(id, place).provider;
            IOffers.Offer memory offer = offers.offerOf(deals.slotOf(id, place).offer);
            bool isMet = offer.provider == provider && offer.price <= asked.priceMax && offer.unitsInUse <= offer.units
                && staking.terms(provider).firstLossBps >= asked.firstLossMinBps;
            if (!isMet) broken[80] = "L80: not what was asked for";
        }
    }
}
