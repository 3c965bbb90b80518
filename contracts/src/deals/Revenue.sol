// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ISuccession} from "../interfaces/ISuccession.sol";
import {ServingWord, Stream, TermsWord} from "../libraries/DealWords.sol";
import {StreamMath} from "../libraries/StreamMath.sol";
import {DealId} from "../types/Ids.sol";
import {KeyRoles} from "../types/Roles.sol";
import {Credits} from "./Credits.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @dev What was held back for three days becomes credits of those who earned it, and credits are claimed.
abstract contract Revenue is Credits {
    using SafeCast for uint256;
    using SafeERC20 for IERC20;

    /* SETTLE */

    /// @dev See `IDeals`.
    function settle(DealId deal, uint8 slot) external {
        TermsWord terms = _agreements[deal].terms;
        _requirePlace(deal, slot, terms);
        _settle(deal, slot, terms);
    }

    /// @dev See `IDeals`.
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
        // Nothing is earned by time: usage is paid for, or nobody serves.
        if (rate == 0) return _settleUsage(deal, slot, terms, place, stream, served);
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

    /// @dev Nothing of it is held back: the customer's gateway signed for it.
    function _settleUsage(
        DealId deal,
        uint8 slot,
        TermsWord terms,
        Place storage place,
        Stream memory stream,
        Served memory served
    ) private returns (bool isChanged) {
        if (served.provider == address(0)) return false;
        served.price = place.backing.price();
        isChanged = _creditUsage(deal, slot, terms, served) != 0;
        if (isChanged) _emitSettled(deal, slot, served.serving, stream, 0);
    }

    /* RELEASE */

    /// @dev See `ISuccession.releaseServing`.
    function releaseServing(DealId deal, uint8 slot, uint32 serving) external returns (uint128 amount) {
        Past storage past = _past[_servingKey(deal, slot, serving)];
        ServingWord word = past.word;
        require(ServingWord.unwrap(word) != 0, ISuccession.ServingUnknown(deal, slot, serving));
        TermsWord terms = _agreements[deal].terms;
        // Servings are counted in 16 bits, and there is one of this number.
        Served memory served = Served(word.provider(), _paidUp(slot, past.backing.price()), uint16(serving));
        if (_isMetered(slot, terms)) amount = _creditUsage(deal, slot, terms, served);
        else amount = _creditHeldBack(deal, slot, terms, served, past);
        if (amount != 0) emit ISuccession.ServingReleased(deal, slot, served.provider, serving, amount);
    }

    function _creditHeldBack(DealId deal, uint8 slot, TermsWord terms, Served memory served, Past storage past)
        private
        returns (uint128 amount)
    {
        ServingWord word = past.word;
        uint256 until = word.endedAt() + HOLD_BACK;
        require(block.timestamp >= until, ISuccession.HeldBack(deal, slot, served.serving, until.toUint40()));
        uint256 rate = served.price * terms.units();
        amount = (StreamMath.owedDown(rate, word.settled()) - StreamMath.owedDown(rate, word.credited())).toUint128();
        if (amount == 0) return 0;
        past.word = word.release();
        _credit(deal, slot, served, terms, amount);
    }

    /* PAY */

    /// @dev See `ISuccession.payTip`.
    function payTip(DealId deal, address recipient) external returns (uint128 amount) {
        _requireMatching();
        amount = _rare[deal].tip;
        if (amount == 0) return 0;
        _rare[deal].tip = 0;
        emit ISuccession.TipPaid(deal, recipient, amount);
        _addCredit(_treasury, recipient, amount);
    }

    /// @dev See `IDeals.payStakers`. `Deals` approved `Staking` when it was made.
    function payStakers(address provider) external returns (uint128 amount) {
        amount = _stakersCredits[provider];
        require(amount != 0, AmountZero());
        _stakersCredits[provider] = 0;
        _held -= amount;
        emit StakersPaid(provider, amount);
        staking.addReward(provider, address(stablecoin), amount);
    }

    /// @dev See `IDeals`.
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
