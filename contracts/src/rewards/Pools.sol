// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IRewards} from "../interfaces/IRewards.sol";
import {Books} from "./Books.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @dev What an epoch can pay, and how that follows the price.
abstract contract Pools is Books {
    using SafeCast for uint256;
    using SafeERC20 for IERC20;

    uint256 private constant SWEEP_TIME = 10 days;

    /* FUNDS */

    /// @inheritdoc IRewards
    function fund(uint128 amount) external {
        require(amount != 0, AmountZero());
        uint128 newFunds = funds + amount;
        funds = newFunds;
        _held += amount;
        emit RewardsFunded(msg.sender, amount, newFunds);
        flt.safeTransferFrom(msg.sender, address(this), amount);
    }

    /// @inheritdoc IRewards
    function sweep(uint8 class, uint32 epoch) external returns (uint128 amount) {
        uint256 sweptFrom = (uint256(epoch) + 1) * 1 days + SWEEP_TIME;
        require(block.timestamp >= sweptFrom, EpochNotOver(class, epoch, sweptFrom.toUint40()));
        amount = _epochs[class][epoch].left;
        require(amount != 0, SweptAlready(class, epoch));
        _epochs[class][epoch].left = 0;
        uint128 newFunds = funds + amount;
        funds = newFunds;
        emit PoolSwept(class, epoch, amount, newFunds);
    }

    /* POOL */

    /// @inheritdoc IRewards
    function adjust(uint8 class) external {
        Pool storage pool = _pools[class];
        require(pool.epoch != 0, ClassUnknown(class));
        (, uint64 high, bool isStale) = priceGuard.refresh();
        require(!isStale, PriceStale());
        _resize(class, pool, high);
    }

    /// @inheritdoc IRewards
    function open(uint8 class, uint32 epoch, uint64 units) external onlyCapacity {
        Pool storage pool = _pools[class];
        // Nothing here may stop a window from being opened: a class without a pool pays nothing, an epoch has one pool.
        if (pool.maximum == 0 || epoch <= pool.epoch) return;
        uint256 wanted = Math.min(Math.max(pool.next, pool.minimum), pool.maximum);
        uint128 have = funds;
        uint128 amount = Math.min(wanted, have).toUint128();
        pool.wanted = wanted.toUint128();
        pool.epoch = epoch;
        if (units != 0) pool.units = units;
        _epochs[class][epoch] = EpochPool({amount: amount, left: amount});
        funds = have - amount;
        emit PoolOpened(class, epoch, amount, wanted.toUint128(), have - amount);
        (, uint64 high, bool isStale) = priceGuard.refresh();
        _resize(class, pool, isStale ? 0 : high);
    }

    /// @dev Compares what the epoch wants to pay, not what the funds allow: an empty fund must not look like a low price.
    /// Without a price, or before anybody was credited, the pool stays as it is.
    function _resize(uint8 class, Pool storage pool, uint64 price) private {
        uint256 next = pool.wanted;
        uint64 units = pool.units;
        if (price != 0 && units != 0) {
            uint256 need = Math.mulDiv(uint256(units) * pool.target, scale, MILLIONTHS);
            next = next * price < need ? next * 11 / 10 : next * 9 / 10;
            next = Math.min(Math.max(next, pool.minimum), pool.maximum);
        }
        pool.next = next.toUint128();
        emit PoolAdjusted(class, pool.epoch, next.toUint128(), units, price);
    }

    /* GOVERNANCE */

    function _setPool(uint8 class, uint128 target, uint128 minimum, uint128 maximum) internal {
        require(minimum <= maximum && maximum != 0, BoundsWrong(minimum, maximum));
        Pool storage pool = _pools[class];
        if (pool.maximum == 0) pool.next = minimum;
        pool.target = target;
        pool.minimum = minimum;
        pool.maximum = maximum;
        emit PoolSet(class, target, minimum, maximum);
    }

    /* VIEWS */

    /// @inheritdoc IRewards
    function poolOf(uint8 class) external view returns (Pool memory) {
        return _pools[class];
    }

    /// @inheritdoc IRewards
    function epochOf(uint8 class, uint32 epoch) external view returns (uint128 amount, uint128 left) {
        EpochPool storage pool = _epochs[class][epoch];
        return (pool.amount, pool.left);
    }
}
