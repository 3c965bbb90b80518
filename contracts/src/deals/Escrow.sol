// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDeals} from "../interfaces/IDeals.sol";
import {ISuccession} from "../interfaces/ISuccession.sol";
import {STANDBY, Stream, Terms, TermsWord} from "../libraries/DealWords.sol";
import {StreamMath} from "../libraries/StreamMath.sol";
import {DealId} from "../types/Ids.sol";
import {KeyRoles} from "../types/Roles.sol";
import {Departures} from "./Departures.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @dev Payments in and refunds out. Shares of a deal's payers stand for the sum of its escrows, of slots and standbys,
/// and its spare. Part of `Extension`.
abstract contract Escrow is Departures {
    using SafeCast for uint256;
    using SafeERC20 for IERC20;

    /// Below a billionth of a unit per share the escrow counts as used up: shares minted at that balance would overflow.
    uint256 private constant USED_UP = 1e9;

    /// A slot's part of a payment, where a standby's is 1: a retainer is a fiftieth of a price.
    uint256 private constant SLOT_WEIGHT = 50;
    uint8 private constant PLACES = STANDBY + 7;

    /// @dev What one payment needs to remember while it visits slots and standbys: bit i is that of number i.
    struct Payment {
        uint256 live;
        bool isLasting;
        uint256 dry;
        uint256 weight;
        uint256 balance;
    }

    /* PAY */

    /// @dev See `IDeals.open`.
    function open(IDeals.Opening memory opening) external returns (DealId deal) {
        _requireMatching();
        deal = DealId.wrap(++_count);
        _agree(deal, opening);
        _mint(deal, _agreements[deal], opening.payer, opening.prepaid, 0);
        Payment memory payment;
        uint8 end = STANDBY + opening.standbys;
        for (uint8 slot = 0; slot < end; slot = _after(slot, opening.slots)) {
            _addLive(payment, slot);
        }
        _spread(deal, payment, opening.prepaid);
        uint256 amount = uint256(opening.prepaid) + opening.requestFee + opening.tip;
        _held += amount;
        _addFees(_treasury, opening.requestFee);
        stablecoin.safeTransferFrom(opening.payer, address(this), amount);
    }

    function _agree(DealId deal, IDeals.Opening memory opening) private {
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
        terms.standbys = opening.standbys;
        terms.reserveBps = opening.reserveBps;
        terms.openedAt = block.timestamp;
        terms.feeBps = _feeBps;
        terms.durationDays = opening.durationDays;
        terms.coverageBps = opening.coverageBps;
        terms.termDays = opening.termDays;
        terms.slots = opening.slots;
        terms.hasRoyalty = opening.royalty != 0;
        terms.isMetered = opening.paymentMode == METERED;
        terms.proofKind = opening.proofKind;
        agreement.terms = terms.pack();
        if (opening.royalty != 0) agreement.royalty = opening.royalty;
        if (opening.tip != 0 || opening.resolver != address(0)) {
            _rare[deal].resolver = opening.resolver;
            _rare[deal].tip = uint256(opening.tip).toUint96();
        }
        if (opening.verificationKey != 0) _rare[deal].verificationKey = opening.verificationKey;
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
        emit ISuccession.DealStandbysSet(deal, opening.standbys, opening.reserveBps, opening.tip, opening.resolver);
    }

    /// @dev See `IDeals.fund`.
    function fund(DealId deal, uint128 amount) external returns (uint128 shares) {
        require(amount != 0, AmountZero());
        Agreement storage agreement = _agreements[deal];
        require(agreement.terms.stoppedAt() == 0, DealStopped(deal));
        Payment memory payment = _settleAll(deal, _slotsOf(deal));
        // What a failure gives back goes to all shares at once where nothing goes on: nobody may buy them before it.
        require(payment.isLasting, DealOver(deal));
        uint128 spare = agreement.spare;
        shares = _mint(deal, agreement, msg.sender, amount, payment.balance + spare);
        if (spare != 0) {
            agreement.spare = 0;
            emit SpareChanged(deal, 0);
        }
        _spread(deal, payment, uint256(amount) + spare);
        _held += amount;
        stablecoin.safeTransferFrom(msg.sender, address(this), amount);
    }

    /// @dev Ends what is over, settles the rest, and adds up what is left. A standby whose term is over gets nothing: what ran
    /// dry before its end would be paid after it.
    function _settleAll(DealId deal, uint8 slots) private returns (Payment memory payment) {
        TermsWord terms = _agreements[deal].terms;
        uint8 end = STANDBY + terms.standbys();
        for (uint8 slot = 0; slot < end; slot = _after(slot, slots)) {
            Place storage place = _places[deal][slot];
            Stream memory stream;
            bool isOver;
            if (slot < STANDBY) {
                (stream, isOver) = _tryEnd(deal, slot, place);
                if (!isOver && _goesOn(terms, stream)) payment.isLasting = true;
            } else {
                (stream,) = _accrue(deal, slot, place);
                isOver = stream.status == ENDED || (stream.status == SERVING && block.timestamp >= stream.endsAt);
            }
            payment.balance += stream.escrow;
            if (isOver) continue;
            _addLive(payment, slot);
            if (stream.status == SERVING && _isDry(slot, terms, stream)) payment.dry |= uint256(1) << slot;
        }
    }

    /// @dev Usage needs something to be paid from, and time stands still where it is not paid for.
    function _isDry(uint8 slot, TermsWord terms, Stream memory stream) private view returns (bool) {
        if (_isMetered(slot, terms)) return stream.escrow == 0;
        return Math.min(block.timestamp, stream.endsAt) > _settledTo(stream);
    }

    function _addLive(Payment memory payment, uint8 slot) private pure {
        payment.live |= uint256(1) << slot;
        payment.weight += _weightOf(slot);
    }

    function _weightOf(uint8 slot) private pure returns (uint256) {
        return slot < STANDBY ? SLOT_WEIGHT : 1;
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

    /// @dev From the last to the first, which gets what is left.
    function _spread(DealId deal, Payment memory payment, uint256 amount) private {
        uint256 left = amount;
        for (uint8 i = PLACES; i != 0; --i) {
            uint8 slot = i - 1;
            if (payment.live >> slot & 1 == 0) continue;
            bool isFirst = payment.live & ((uint256(1) << slot) - 1) == 0;
            Place storage place = _places[deal][slot];
            Stream memory stream = place.stream.unpack();
            // An amount has 128 bits, and the parts are no more than it.
            unchecked {
                uint256 part = isFirst ? left : amount * _weightOf(slot) / payment.weight;
                left -= part;
                stream.escrow += part;
            }
            if (payment.dry >> slot & 1 == 1) _resume(deal, slot, place, stream);
            place.stream = stream.pack();
            _emitFunded(deal, slot, stream.escrow);
        }
    }

    /// @dev Accrual starts again at this block: the gap is never paid for. An hour at least, or payments of next to nothing
    /// would keep a provider bound and unpaid.
    function _resume(DealId deal, uint8 slot, Place storage place, Stream memory stream) private {
        uint256 rate = _rateOf(deal, place);
        uint256 full = rate == 0 ? place.backing.price() * _agreements[deal].terms.units() : rate;
        uint256 hour = stream.settled + Math.min(DRY_TIME, stream.endsAt - block.timestamp);
        uint256 need = StreamMath.owedDown(full, hour) - StreamMath.owedDown(full, stream.settled);
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
            (Stream memory stream, bool isEnded) = _tryEnd(deal, slot, _places[deal][slot]);
            require(isEnded && stream.escrow == 0, DealRunning(deal));
        }
        uint8 standbys = agreement.terms.standbys();
        for (uint8 i = 0; i < standbys; ++i) {
            _endStandby(deal, STANDBY + i);
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
}
