// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {STANDBY, TermsWord, UsageWord} from "../libraries/DealWords.sol";
import {DealId} from "../types/Ids.sol";
import {Streams} from "./Streams.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @dev How what a slot was paid is split. Part of `Deals` and of `Ledger`.
abstract contract Credits is Streams {
    using SafeCast for uint256;

    /// @dev The first word of a `Place`.
    struct Served {
        address provider;
        uint256 price;
        uint16 serving;
    }

    /// @dev The fee is on the whole credit and rounded up; whoever comes later in the split bears the rounding. A retainer pays
    /// no royalty: nothing of the author's ran.
    function _credit(DealId deal, uint8 slot, Served memory served, TermsWord terms, uint256 amount) internal {
        address provider = served.provider;
        uint256 fee;
        uint256 royalty;
        uint256 toStakers;
        uint256 rest;
        // Parts of an amount below 2^125, each at most what the one before left.
        unchecked {
            fee = (amount * terms.feeBps() + BPS - 1) / BPS;
            rest = amount - fee;
            if (slot < STANDBY && terms.hasRoyalty()) {
                royalty = Math.min(rest, amount * _agreements[deal].royalty / served.price);
                rest -= royalty;
            }
            toStakers = rest * staking.revenueShareBps(provider) / BPS;
            rest -= toStakers;
        }
        // forge-lint: disable-next-line(unsafe-typecast)
        emit SlotCredited(deal, slot, provider, uint128(fee), uint128(royalty), uint128(toStakers), uint128(rest));
        Treasury memory treasury_ = _treasury;
        _addFees(treasury_, fee);
        if (royalty != 0) _agreements[deal].royaltyDue += uint128(royalty);
        if (toStakers != 0) _stakersCredits[provider] += toStakers.toUint128();
        _addCredit(treasury_, provider, rest);
    }

    /// @dev What was redeemed for a serving of a metered slot.
    function _creditUsage(DealId deal, uint8 slot, TermsWord terms, Served memory served)
        internal
        returns (uint128 amount)
    {
        bytes32 key = _usageKeyOf(deal, slot, served.serving);
        UsageWord usage = _usages[key];
        amount = (usage.redeemed() - usage.credited()).toUint128();
        if (amount == 0) return 0;
        _usages[key] = usage.credit();
        _credit(deal, slot, served, terms, amount);
    }
}
