// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDeals} from "../interfaces/IDeals.sol";
import {ISuccession} from "../interfaces/ISuccession.sol";
import {STANDBY, ServingWord, Stream, TermsWord} from "../libraries/DealWords.sol";
import {StreamMath} from "../libraries/StreamMath.sol";
import {DealId} from "../types/Ids.sol";
import {KeyRoles} from "../types/Roles.sol";
import {Streams} from "./Streams.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @dev What was held back for three days becomes credits of those who earned it, and credits are claimed.
abstract contract Revenue is Streams, IDeals {
    using SafeCast for uint256;
    using SafeERC20 for IERC20;

    /// @dev The first word of a `Place`.
    struct Served {
        address provider;
        uint256 price;
        uint16 serving;
    }

    /* SETTLE */

    /// @inheritdoc IDeals
    function settle(DealId deal, uint8 slot) external {
        TermsWord terms = _agreements[deal].terms;
        _requirePlace(deal, slot, terms);
        _settle(deal, slot, terms);
    }

    /// @inheritdoc IDeals
    function settleMany(DealId[] calldata deals, uint8[] calldata slots) external returns (uint8[] memory codes) {
        require(deals.length == slots.length, LengthsDiffer(deals.length, slots.length));
        codes = new uint8[](deals.length);
        for (uint256 i = 0; i < deals.length; ++i) {
            TermsWord terms = _agreements[deals[i]].terms;
            if (!terms.hasPlace(slots[i])) codes[i] = 1;
            else if (!_settle(deals[i], slots[i], terms)) codes[i] = 2;
        }
    }

    function _settle(DealId deal, uint8 slot, TermsWord terms) internal returns (bool isChanged) {
        Place storage place = _places[deal][slot];
        Stream memory stream = place.stream.unpack();
        Served memory served = Served(place.provider, place.price, place.serving);
        uint256 rate = served.price * terms.units();
        uint256 settled = stream.settled;
        uint256 credited = stream.credited;
        _advance(stream, rate);
        stream.credited = _creditable(stream);
        isChanged = stream.settled != settled || stream.credited != credited;
        if (!isChanged) return false;
        place.stream = stream.pack();
        _emitSettled(deal, slot, served.serving, stream, rate);
        // Seconds credited only grow.
        unchecked {
            uint256 amount = StreamMath.owedDown(rate, stream.credited) - StreamMath.owedDown(rate, credited);
            if (amount != 0) _credit(deal, slot, served, terms, amount);
        }
    }

    /// @dev The fee is on the whole credit and rounded up; whoever comes later in the split bears the rounding. A retainer pays
    /// no royalty: nothing of the author's ran.
    function _credit(DealId deal, uint8 slot, Served memory served, TermsWord terms, uint256 amount) private {
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
        if (royalty != 0) _addCredit(treasury_, _agreements[deal].royaltyTo, royalty);
        if (toStakers != 0) _stakersCredits[provider] += toStakers.toUint128();
        _addCredit(treasury_, provider, rest);
    }

    /// @inheritdoc ISuccession
    function releaseServing(DealId deal, uint8 slot, uint32 serving) external returns (uint128 amount) {
        Past storage past = _past[_servingKey(deal, slot, serving)];
        ServingWord word = past.word;
        require(ServingWord.unwrap(word) != 0, ServingUnknown(deal, slot, serving));
        uint256 until = word.endedAt() + HOLD_BACK;
        require(block.timestamp >= until, HeldBack(deal, slot, serving, until.toUint40()));
        TermsWord terms = _agreements[deal].terms;
        uint256 price = _paidUp(slot, past.backing.price());
        uint256 rate = price * terms.units();
        amount = (StreamMath.owedDown(rate, word.settled()) - StreamMath.owedDown(rate, word.credited())).toUint128();
        if (amount == 0) return 0;
        past.word = word.release();
        // Servings are counted in 16 bits, and there is one of this number.
        _credit(deal, slot, Served(word.provider(), price, uint16(serving)), terms, amount);
        emit ServingReleased(deal, slot, word.provider(), serving, amount);
    }

    /* CLAIM */

    /// @inheritdoc IDeals
    function claim(address account, address recipient) external returns (uint128 amount) {
        _requireActor(account, KeyRoles.CLAIM);
        _requireRecipient(account, recipient);
        amount = _creditOf(account).toUint128();
        require(amount != 0, AmountZero());
        _setCredit(account, 0);
        _held -= amount;
        emit CreditClaimed(account, amount, recipient);
        stablecoin.safeTransfer(recipient, amount);
    }
}
