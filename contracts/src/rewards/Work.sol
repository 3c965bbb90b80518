// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDeals} from "../interfaces/IDeals.sol";
import {IRewards} from "../interfaces/IRewards.sol";
import {ISuccession} from "../interfaces/ISuccession.sol";
import {STANDBY} from "../libraries/DealWords.sol";
import {AttributeIds} from "../types/AttributeIds.sol";
import {AttributeLevels} from "../types/AttributeLevels.sol";
import {DealId} from "../types/Ids.sol";
import {Books} from "./Books.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @dev Work that somebody paid for: excused where an attester answers for the customer, rewarded within its burned fee
/// wherever it is.
abstract contract Work is Books {
    using SafeCast for uint256;

    uint8 private constant METERED = 1;

    /* DEMAND */

    /// @inheritdoc IRewards
    function attend(DealId deal, uint8 slot, uint32 epoch, address provider, uint8 class)
        external
        onlyCapacity
        returns (uint64 creditUsed)
    {
        IDeals.Deal memory agreed = deals.dealOf(deal);
        bool isAttested = attributes.has(
            agreed.customer, AttributeIds.REAL_CUSTOMER, AttributeLevels.ATTESTED, block.timestamp.toUint40()
        );
        require(isAttested, DemandNotAttested(agreed.customer));
        deals.settle(deal, slot);
        IDeals.Slot memory place = deals.slotOf(deal, slot);
        // A standby's units are not busy, and prove capacity like idle ones.
        bool isServed = slot < STANDBY && place.provider == provider && agreed.class == class
            && agreed.paymentMode != METERED && place.owed != 0;
        require(isServed, NotServed(deal, slot, epoch));
        uint256 served = _attend(deal, slot, epoch, place, agreed.units);
        creditUsed = (agreed.units * served * MILLIONTHS / 1 days).toUint64();
        require(creditUsed != 0, NotServed(deal, slot, epoch));
        address attester = attributes.spend(agreed.customer, epoch, creditUsed);
        emit DemandSpent(deal, slot, epoch, attester, creditUsed);
    }

    /// @dev Seconds of the epoch that the slot served. A gap that nobody paid for moves `startedAt` on, and so what was served
    /// before it into it: that the sum over epochs is what was paid for makes nobody earn by a gap.
    function _attend(DealId deal, uint8 slot, uint32 epoch, IDeals.Slot memory place, uint256 units)
        private
        returns (uint256 served)
    {
        Attended storage book = _attended[keccak256(abi.encode(deal, slot, place.serving))];
        require(epoch > book.epoch, WorkExcusedAlready(deal, slot, epoch));
        // What was deducted after it was counted counts for what is served next.
        // The fewest seconds that owe as much; the price of a slot that owes is not zero.
        uint256 paid = Math.ceilDiv(uint256(place.owed) * 1 days, place.price * units);
        uint256 from = Math.max(place.startedAt, uint256(epoch) * 1 days);
        uint256 to = Math.min(place.startedAt + paid, (uint256(epoch) + 1) * 1 days);
        served = Math.min(Math.saturatingSub(to, from), Math.saturatingSub(paid, book.served));
        book.epoch = epoch;
        book.served += served.toUint40();
    }

    /* FEES */

    /// @inheritdoc IRewards
    function recordFee(DealId deal, uint8 slot) external returns (uint128 amount) {
        Fee storage fee = _fees[deal][slot];
        deals.settle(deal, slot);
        IDeals.Slot memory place = deals.slotOf(deal, slot);
        address provider = place.provider;
        if (place.serving != fee.serving) {
            amount = _recordLate(deal, slot, fee);
            if (amount != 0) return amount;
            // What waits is the one's before, whom nobody may cut short.
            while (fee.amount != 0) {
                _rewardFee(deal, slot, fee);
            }
            (fee.serving, fee.noted) = (place.serving, 0);
        } else {
            // A standby that was promoted is not named at its place any more, and what it earned there is still its.
            if (provider == address(0)) provider = fee.provider;
            // Whatever keeps it from being rewarded keeps nobody from noting more before the slot changes hands.
            if (fee.amount != 0) try this.rewardFee(deal, slot) {} catch {}
        }
        amount = _partDown(deal, place.credited, fee.noted);
        require(amount != 0, AmountZero());
        require(provider != address(0), NothingRecorded(deal, slot));
        fee.provider = provider;
        _record(deal, slot, fee, place.credited, amount);
    }

    /// @dev What the one before was credited after the slot passed on: vouchers are redeemed for a day, and holds end.
    function _recordLate(DealId deal, uint8 slot, Fee storage fee) private returns (uint128 amount) {
        if (fee.provider == address(0)) return 0;
        try ISuccession(address(deals)).servingOf(deal, slot, fee.serving) returns (ISuccession.Serving memory past) {
            amount = _partDown(deal, past.credited, fee.noted);
            if (amount != 0) _record(deal, slot, fee, past.credited, amount);
        } catch {}
    }

    /// @dev What is to be burned of fees. A place that is empty has nothing credited. Both parts rounded down: never more than `Deals` took
    /// and `FeeBurn` sells.
    function _partDown(DealId deal, uint128 credited, uint128 noted) private view returns (uint128) {
        uint256 feeDown = Math.saturatingSub(credited, noted) * deals.dealOf(deal).feeBps / BPS;
        return (feeDown * feeBurn.burnBps() / BPS).toUint128();
    }

    function _record(DealId deal, uint8 slot, Fee storage fee, uint128 credited, uint128 amount) private {
        recorded += amount;
        // What `FeeBurn` took in until now holds this fee; and all that was ever noted is sold before the last of it.
        uint256 upTo = Math.max(recorded, feeBurn.intake());
        fee.noted = credited;
        _wait(fee, amount, upTo.toUint128());
        emit FeeRecorded(deal, slot, fee.provider, amount, upTo);
    }

    /// @dev What waits keeps its place: were more added to it, anyone could move it on every hour, and it would never be reached.
    function _wait(Fee storage fee, uint128 amount, uint128 upTo) private {
        if (fee.amount == 0) {
            (fee.amount, fee.upTo) = (amount, upTo);
        } else {
            fee.later += amount;
            fee.laterUpTo = upTo;
        }
    }

    /// @inheritdoc IRewards
    function rewardFee(DealId deal, uint8 slot) external returns (uint128 amount) {
        Fee storage fee = _fees[deal][slot];
        require(fee.amount != 0, NothingRecorded(deal, slot));
        return _rewardFee(deal, slot, fee);
    }

    function _rewardFee(DealId deal, uint8 slot, Fee storage fee) private returns (uint128 amount) {
        uint256 sold = feeBurn.sold();
        require(sold >= fee.upTo, FeeNotBurned(sold, fee.upTo));
        (, uint64 high, bool isStale) = priceGuard.refresh();
        require(!isStale, PriceStale());
        uint128 burned = fee.amount;
        address provider = fee.provider;
        amount = Math.mulDiv(uint256(burned) * kappaBps, scale, high * BPS).toUint128();
        require(amount <= funds, FundsTooLow(funds, amount));
        uint128 later = fee.later;
        fee.amount = later;
        if (later != 0) (fee.upTo, fee.later, fee.laterUpTo) = (fee.laterUpTo, 0, 0);
        funds -= amount;
        emit FeeRewarded(deal, slot, provider, burned, amount, high);
        _pay(provider, amount);
    }

    /* VIEWS */

    /// @inheritdoc IRewards
    function recordedOf(DealId deal, uint8 slot) external view returns (uint128 amount, uint256 upTo) {
        Fee storage fee = _fees[deal][slot];
        if (fee.amount != 0) return (fee.amount, fee.upTo);
    }
}
