// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDeals} from "../../src/interfaces/IDeals.sol";
import {IRedemption} from "../../src/interfaces/IRedemption.sol";
import {DealId, OfferId} from "../../src/types/Ids.sol";
import {StandbyBase} from "./StandbyBase.sol";

/// @dev Metered deals, opened as `Matching` does. The deal of most tests: one slot of 100 units at a dollar, terms of 14 days, 84 in
/// all, 500 dollars in its escrow and 28 for each standby.
abstract contract MeteredBase is StandbyBase {
    uint128 internal constant EVERYTHING = type(uint128).max;
    uint8 internal constant PAID = 0;
    uint8 internal constant NOT_METERED = 1;
    uint8 internal constant NOT_SERVING = 2;
    uint8 internal constant USED_LATER = 3;
    uint8 internal constant TOO_LATE = 4;
    uint8 internal constant PAID_ALREADY = 5;
    uint8 internal constant USED_UP = 6;
    uint256 internal constant REDEMPTION = 24 hours;

    function _openingOf(uint8 slots, uint8 standbys) internal view returns (IDeals.Opening memory opening) {
        opening.customer = customer;
        opening.payer = customer;
        opening.slots = slots;
        opening.standbys = standbys;
        opening.reserveBps = 2000;
        opening.termDays = 14;
        opening.durationDays = 84;
        opening.paymentMode = 1;
        opening.coverageBps = 30_000;
        opening.units = 100;
        opening.notice = 1 days;
        opening.expiry = uint40(block.timestamp + 7 days);
        opening.prepaid = uint128((500 * uint256(slots) + 10 * uint256(standbys)) * dollar);
    }

    function _open(IDeals.Opening memory opening) internal returns (DealId) {
        _pay(opening.payer, opening.prepaid);
        vm.prank(address(matching));
        return deals.open(opening);
    }

    /// @dev The first provider serves every slot, the next ones stand by.
    function _metered(IDeals.Opening memory opening) internal returns (DealId id) {
        id = _open(opening);
        OfferId offer = _host(0);
        for (uint8 slot = 0; slot < opening.slots; ++slot) {
            _standBy(id, slot, offer);
        }
        for (uint8 i = 0; i < opening.standbys; ++i) {
            _standBy(id, STANDBY + i, _host(i + 1));
        }
    }

    function _metered() internal returns (DealId) {
        return _metered(_openingOf(1, 0));
    }

    /// @dev The serving that runs used `amount` until now.
    function _usedOf(DealId id, uint256 amount) internal view returns (IRedemption.Claim memory) {
        IDeals.Slot memory place = _slot(id);
        return IRedemption.Claim({
            deal: id,
            slot: 0,
            serving: place.serving,
            provider: place.provider,
            customer: customer,
            until: uint40(block.timestamp),
            amount: uint128(amount),
            most: EVERYTHING
        });
    }

    function _redeem(IRedemption.Claim memory used) internal returns (uint8 code, uint128 paid) {
        vm.prank(vouchers);
        return deals.redeem(used);
    }

    function _redeemed(DealId id, uint256 amount) internal {
        (uint8 code,) = _redeem(_usedOf(id, amount));
        assertEq(code, PAID, "paid");
    }

    function _assertRefused(IRedemption.Claim memory used, uint8 reason) internal {
        uint256 escrow = deals.slotOf(used.deal, 0).escrow;
        uint256 before = deals.redeemedOf(used.deal, used.slot, used.serving);
        (uint8 code, uint128 paid) = _redeem(used);
        assertEq(code, reason, "code");
        assertEq(paid, 0, "paid");
        assertEq(deals.slotOf(used.deal, 0).escrow, escrow, "nothing left the escrow");
        assertEq(deals.redeemedOf(used.deal, used.slot, used.serving), before, "nothing is redeemed");
    }
}
