// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDeals} from "../interfaces/IDeals.sol";
import {Stream, Terms} from "../libraries/DealWords.sol";
import {StreamMath} from "../libraries/StreamMath.sol";
import {DealId} from "../types/Ids.sol";
import {KeyRoles} from "../types/Roles.sol";
import {Endings} from "./Endings.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @dev Payments in and refunds out. Shares of a deal's payers stand for the sum of its slots' escrows and its spare. Part of
/// `Extension`.
abstract contract Escrow is Endings {
    using SafeCast for uint256;
    using SafeERC20 for IERC20;

    /// Below a billionth of a unit per share the escrow counts as used up: shares minted at that balance would overflow.
    uint256 private constant USED_UP = 1e9;

    /// @dev What one payment needs to remember while it visits the slots.
    struct Payment {
        uint256 live;
        uint256 first;
        uint256 balance;
        bool[16] isLive;
        bool[16] isDry;
    }

    /* PAY */

    /// @dev See `IDeals.open`.
    function open(IDeals.Opening calldata opening) external returns (DealId deal) {
        _requireMatching();
        deal = DealId.wrap(++_count);
        _agree(deal, opening);
        _mint(deal, _agreements[deal], opening.payer, opening.prepaid, 0);
        uint128 part = opening.prepaid / opening.slots;
        for (uint8 slot = 0; slot < opening.slots; ++slot) {
            Stream memory stream;
            stream.escrow = slot == 0 ? opening.prepaid - part * (opening.slots - 1) : part;
            _places[deal][slot].stream = stream.pack();
            emit SlotFunded(deal, slot, stream.escrow.toUint128());
        }
        uint256 amount = uint256(opening.prepaid) + opening.requestFee;
        _held += amount;
        _addFees(_treasury, opening.requestFee);
        stablecoin.safeTransferFrom(opening.payer, address(this), amount);
    }

    function _agree(DealId deal, IDeals.Opening calldata opening) private {
        Agreement storage agreement = _agreements[deal];
        agreement.customer = opening.customer;
        agreement.class = opening.class;
        agreement.notice = uint256(opening.notice).toUint24();
        agreement.paymentMode = opening.paymentMode;
        agreement.expiry = opening.expiry;
        Terms memory terms;
        terms.units = opening.units;
        terms.exposure = opening.exposure;
        terms.firstLossMinBps = opening.firstLossMinBps;
        terms.openedAt = block.timestamp;
        terms.feeBps = _feeBps;
        terms.durationDays = opening.durationDays;
        terms.coverageBps = opening.coverageBps;
        terms.termDays = opening.termDays;
        terms.slots = opening.slots;
        terms.hasRoyalty = opening.royalty != 0;
        agreement.terms = terms.pack();
        if (opening.royalty != 0) {
            agreement.royalty = opening.royalty;
            agreement.royaltyTo = opening.royaltyTo;
        }
        emit DealOpened(
            deal,
            opening.customer,
            opening.class,
            opening.slots,
            opening.units,
            opening.termDays,
            opening.durationDays,
            opening.coverageBps,
            opening.exposure
        );
        emit DealTermsSet(deal, opening.paymentMode, _feeBps, opening.notice, opening.royalty);
    }

    /// @dev See `IDeals.fund`.
    function fund(DealId deal, uint128 amount) external returns (uint128 shares) {
        require(amount != 0, AmountZero());
        Agreement storage agreement = _agreements[deal];
        uint8 slots = _slotsOf(deal);
        Payment memory payment = _settleAll(deal, slots);
        require(payment.live != 0, DealOver(deal));
        uint128 spare = agreement.spare;
        shares = _mint(deal, agreement, msg.sender, amount, payment.balance + spare);
        if (spare != 0) {
            agreement.spare = 0;
            emit SpareChanged(deal, 0);
        }
        _spread(deal, slots, payment, uint256(amount) + spare);
        _held += amount;
        stablecoin.safeTransferFrom(msg.sender, address(this), amount);
    }

    /// @dev Ends what is over, settles the rest, and adds up what is left.
    function _settleAll(DealId deal, uint8 slots) private returns (Payment memory payment) {
        for (uint8 slot = 0; slot < slots; ++slot) {
            (Stream memory stream, bool isEnded) = _tryEnd(deal, slot, _places[deal][slot]);
            if (isEnded) continue;
            payment.isLive[slot] = true;
            payment.isDry[slot] = stream.status == SERVING && block.timestamp > stream.startedAt + stream.settled;
            payment.balance += stream.escrow;
            if (payment.live++ == 0) payment.first = slot;
        }
    }

    /// @dev Shares at the balance before the payment. Where earlier payments are used up their shares are void: otherwise a
    /// new payment would belong to those who paid before.
    function _mint(DealId deal, Agreement storage agreement, address payer, uint128 amount, uint256 balance)
        internal
        returns (uint128 shares)
    {
        uint256 total = agreement.shares;
        if (total != 0 && balance * USED_UP < total) {
            ++agreement.generation;
            total = 0;
        }
        shares = total == 0 ? amount : Math.mulDiv(amount, total, balance).toUint128();
        require(shares != 0, SharesZero());
        total += shares;
        agreement.shares = total.toUint128();
        _shares[_paymentKey(deal, agreement.generation, payer)] += shares;
        emit DealFunded(deal, payer, amount, shares, total.toUint128());
    }

    function _spread(DealId deal, uint8 slots, Payment memory payment, uint256 amount) private {
        uint256 part = amount / payment.live;
        uint256 more = amount - part * payment.live;
        for (uint8 slot = 0; slot < slots; ++slot) {
            if (!payment.isLive[slot]) continue;
            Place storage place = _places[deal][slot];
            Stream memory stream = place.stream.unpack();
            stream.escrow += part + (slot == payment.first ? more : 0);
            if (payment.isDry[slot]) _resume(deal, slot, place, stream);
            place.stream = stream.pack();
            emit SlotFunded(deal, slot, stream.escrow.toUint128());
        }
    }

    /// @dev Accrual starts again at this block: the gap is never paid for. An hour at least, or payments of next to nothing
    /// would keep a provider bound and unpaid.
    function _resume(DealId deal, uint8 slot, Place storage place, Stream memory stream) private {
        uint256 rate = _rateOf(deal, place);
        uint256 hour = stream.settled + Math.min(DRY_TIME, stream.endsAt - block.timestamp);
        uint256 need = StreamMath.owedDown(rate, hour) - StreamMath.owedDown(rate, stream.settled);
        require(stream.escrow >= need, EscrowTooLow(stream.escrow, need));
        stream.startedAt = block.timestamp - stream.settled;
        _emitSettled(deal, slot, place.serving, stream, rate);
    }

    /* REFUND */

    /// @dev See `IDeals.refund`.
    function refund(DealId deal, address payer, address recipient) external returns (uint128 amount) {
        Agreement storage agreement = _agreements[deal];
        uint8 slots = _slotsOf(deal);
        _requireActor(payer, KeyRoles.CUSTOMER);
        _requireRecipient(payer, recipient);
        for (uint8 slot = 0; slot < slots; ++slot) {
            (, bool isEnded) = _tryEnd(deal, slot, _places[deal][slot]);
            require(isEnded, DealRunning(deal));
        }
        bytes32 key = _paymentKey(deal, agreement.generation, payer);
        uint128 shares = _shares[key];
        require(shares != 0, SharesZero());
        uint128 total = agreement.shares;
        uint128 spare = agreement.spare;
        amount = Math.mulDiv(spare, shares, total).toUint128();
        _shares[key] = 0;
        agreement.shares = total - shares;
        agreement.spare = spare - amount;
        _held -= amount;
        emit SpareChanged(deal, spare - amount);
        emit Refunded(deal, payer, shares, amount, total - shares);
        if (amount != 0) stablecoin.safeTransfer(recipient, amount);
    }

    /// @dev See `IDeals.payStakers`.
    function payStakers(address provider) external returns (uint128 amount) {
        amount = _stakersCredits[provider];
        require(amount != 0, AmountZero());
        _stakersCredits[provider] = 0;
        _held -= amount;
        emit StakersPaid(provider, amount);
        stablecoin.forceApprove(address(staking), amount);
        staking.addReward(provider, address(stablecoin), amount);
    }
}
