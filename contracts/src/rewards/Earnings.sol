// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IRewards} from "../interfaces/IRewards.sol";
import {CommitmentId} from "../types/Ids.sol";
import {Books} from "./Books.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @dev What commitments earn of an epoch's pool, until it is paid or forfeited.
abstract contract Earnings is Books {
    using SafeCast for uint256;

    /// After an epoch's end: three hours in which it is drawn and excused, and a day in which it is challenged.
    uint256 private constant PAY_TIME = 27 hours;

    /// @inheritdoc IRewards
    function credit(
        CommitmentId commitment,
        address provider,
        uint8 class,
        uint32 epoch,
        uint256 weight,
        uint256 allotted,
        uint256 divisor,
        uint8 reason
    ) external onlyCapacity returns (uint128 earned) {
        Earned storage book = _earned[commitment];
        if (book.pending != 0 && block.timestamp >= book.dueAt) _release(commitment, book);
        uint128 unearned;
        (earned, unearned) = _divide(_epochs[class][epoch], weight, allotted, divisor);
        funds += unearned;
        uint40 dueAt = ((uint256(epoch) + 1) * 1 days + PAY_TIME).toUint40();
        book.provider = provider;
        book.pending += uint256(earned).toUint96();
        book.last = uint256(earned).toUint96();
        book.dueAt = dueAt;
        emit RewardEarned(commitment, provider, class, epoch, earned, unearned, reason, dueAt);
    }

    /// @dev Rounded down, and never more than is left: a divisor that was too small makes the last ones lose, not the funds.
    function _divide(EpochPool storage pool, uint256 weight, uint256 allotted, uint256 divisor)
        private
        returns (uint128 earned, uint128 unearned)
    {
        uint256 amount = pool.amount;
        uint256 left = pool.left;
        if (divisor == 0 || left == 0) return (0, 0);
        uint256 due = Math.min(Math.mulDiv(amount, weight, divisor), left);
        uint256 share = Math.min(Math.mulDiv(amount, Math.max(weight, allotted), divisor), left);
        pool.left = (left - share).toUint128();
        return (due.toUint128(), (share - due).toUint128());
    }

    /// @inheritdoc IRewards
    function release(CommitmentId commitment) external onlyCapacity returns (uint128 amount) {
        Earned storage book = _earned[commitment];
        require(book.pending != 0, RewardUnknown(commitment));
        require(block.timestamp >= book.dueAt, RewardNotDue(commitment, book.dueAt));
        return _release(commitment, book);
    }

    function _release(CommitmentId commitment, Earned storage book) private returns (uint128 amount) {
        address provider = book.provider;
        amount = book.pending;
        book.pending = 0;
        (uint256 toStakers, uint256 toProvider) = _pay(provider, amount);
        emit RewardReleased(commitment, provider, toStakers.toUint128(), toProvider.toUint128());
    }

    /// @inheritdoc IRewards
    function forfeit(CommitmentId commitment, address reporter, uint128 bounty)
        external
        onlyCapacity
        returns (uint128 forfeited)
    {
        Earned storage book = _earned[commitment];
        forfeited = book.pending;
        // A conviction must not fail because there is nothing to lose.
        if (forfeited == 0) return 0;
        book.pending = 0;
        uint128 paid = reporter == address(0) ? 0 : Math.min(bounty, forfeited).toUint128();
        funds += forfeited - paid;
        emit RewardForfeited(commitment, reporter, forfeited, paid);
        _addCredit(reporter, paid);
    }

    /* VIEWS */

    /// @inheritdoc IRewards
    function pendingOf(CommitmentId commitment) external view returns (uint128 amount, uint40 dueAt) {
        Earned storage book = _earned[commitment];
        if (book.pending != 0) return (book.pending, book.dueAt);
    }

    /// @inheritdoc IRewards
    function lastRewardOf(CommitmentId commitment) external view returns (uint128) {
        return _earned[commitment].last;
    }
}
