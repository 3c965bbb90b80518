// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDeals} from "./interfaces/IDeals.sol";
import {IFeeBurn} from "./interfaces/IFeeBurn.sol";
import {IPriceGuard} from "./interfaces/IPriceGuard.sol";
import {IStaking} from "./interfaces/IStaking.sol";
import {LockMath} from "./libraries/LockMath.sol";
import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @dev Invariants.
/// 1. `balance = lot + treasury's credit + donations`.
/// 2. `sold` stablecoin left for at least 95 % of its worth in FLT at the high price of its moment, at most 150 % at the low one,
/// and all that FLT is burned.
contract FeeBurn is IFeeBurn, AccessManaged {
    using SafeCast for uint256;
    using SafeERC20 for IERC20;

    address private constant DEAD = 0x000000000000000000000000000000000000dEaD;
    uint256 private constant BPS = 10_000;
    uint256 private constant CEILING_BPS = 15_000;
    /// `Rewards` pays back at most a half of a burned fee, so who buys his own at this floor, with FLT that is worth `x` times its high
    /// price, gets 0.5 + 1 - 0.95 x of it: less than he burned while `x` is over 10/19. Where FLT has fallen further within a
    /// day, others find the lot cheap long before it comes to its floor.
    uint256 private constant FLOOR_BPS = 9500;
    uint256 private constant FALL_TIME = 6 hours;

    IERC20 private immutable flt;
    IERC20 private immutable stablecoin;
    IPriceGuard private immutable priceGuard;
    IDeals private immutable deals;
    /// `stablecoin * scale / price` is FLT, see `LockMath`.
    uint256 private immutable scale;

    uint128 private _lot;
    uint40 private _startedAt;
    /// @inheritdoc IFeeBurn
    uint16 public burnBps;
    uint128 private _sold;
    /// @inheritdoc IFeeBurn
    uint128 public treasuryCredit;
    /// @inheritdoc IFeeBurn
    address public treasury;

    constructor(
        address manager,
        IStaking staking,
        IPriceGuard newPriceGuard,
        IDeals newDeals,
        address newTreasury,
        uint16 newBurnBps
    ) AccessManaged(manager) {
        flt = IERC20(staking.flt());
        stablecoin = IERC20(staking.stablecoin());
        scale = LockMath.scaleOf(staking.stablecoin());
        priceGuard = newPriceGuard;
        deals = newDeals;
        _setBurnShare(newBurnBps, newTreasury);
    }

    /* FEES */

    /// @inheritdoc IFeeBurn
    function collect() external returns (uint128 amount) {
        if (deals.creditOf(address(this)) == 0) return 0;
        amount = deals.claim(address(this), address(this));
        uint128 toBurn = _burnedUp(amount);
        uint128 toTreasury = amount - toBurn;
        uint128 before = _lot;
        _lot = before + toBurn;
        treasuryCredit += toTreasury;
        emit FeesCollected(amount, toBurn, toTreasury, before + toBurn);
        if (toBurn != 0 && toBurn >= before) {
            _startedAt = block.timestamp.toUint40();
            emit LotStarted(before + toBurn);
        }
    }

    /// @inheritdoc IFeeBurn
    function buy(uint128 amount, uint128 costMax, address recipient) external returns (uint128 cost) {
        require(amount != 0, AmountZero());
        uint128 have = _lot;
        require(amount <= have, LotTooSmall(have, amount));
        (uint64 low, uint64 high, bool isStale) = priceGuard.refresh();
        require(!isStale, PriceStale());
        cost = _costUp(amount, low, high);
        require(cost <= costMax, CostTooHigh(cost, costMax));
        _lot = have - amount;
        _sold += amount;
        emit FeesSold(msg.sender, amount, cost, recipient, have - amount, _sold);
        flt.safeTransferFrom(msg.sender, DEAD, cost);
        stablecoin.safeTransfer(recipient, amount);
    }

    /// @inheritdoc IFeeBurn
    function claim() external returns (uint128 amount) {
        require(msg.sender == treasury, NotTreasury(msg.sender));
        amount = treasuryCredit;
        require(amount != 0, AmountZero());
        treasuryCredit = 0;
        emit TreasuryPaid(msg.sender, amount);
        stablecoin.safeTransfer(msg.sender, amount);
    }

    /* GOVERNANCE */

    /// @inheritdoc IFeeBurn
    function setBurnShare(uint16 newBurnBps, address newTreasury) external restricted {
        _setBurnShare(newBurnBps, newTreasury);
    }

    function _setBurnShare(uint16 newBurnBps, address newTreasury) private {
        require(newBurnBps <= BPS, BpsTooHigh(newBurnBps, BPS));
        burnBps = newBurnBps;
        treasury = newTreasury;
        emit BurnShareSet(newBurnBps, newTreasury);
    }

    /* VIEWS */

    /// @inheritdoc IFeeBurn
    function lot() external view returns (uint128 amount, uint40 startedAt) {
        return (_lot, _startedAt);
    }

    /// @inheritdoc IFeeBurn
    function costOf(uint128 amount) external view returns (uint128) {
        require(!priceGuard.isStale(), PriceStale());
        return _costUp(amount, priceGuard.low(), priceGuard.high());
    }

    /// @inheritdoc IFeeBurn
    function sold() external view returns (uint256) {
        return _sold;
    }

    /// @inheritdoc IFeeBurn
    function intake() external view returns (uint256) {
        return uint256(_sold) + _lot + _burnedUp(deals.creditOf(address(this)));
    }

    /// @inheritdoc IFeeBurn
    function surplus() external view returns (uint256) {
        return stablecoin.balanceOf(address(this)) - _lot - treasuryCredit;
    }

    /* INTERNAL */

    /// @dev Rounded up, so that the parts which `Rewards` notes, each rounded down, are all sold in the end.
    function _burnedUp(uint256 amount) private view returns (uint128) {
        return Math.ceilDiv(amount * burnBps, BPS).toUint128();
    }

    /// @dev In a straight line from the ceiling at `low` to the floor at `high`: after a fall of the price `high` lags behind the market,
    /// and a ceiling measured by it could lie below the market from the start. Both prices over their product.
    function _costUp(uint256 amount, uint256 low, uint256 high) private view returns (uint128) {
        uint256 elapsed = Math.min(block.timestamp - _startedAt, FALL_TIME);
        uint256 weight = CEILING_BPS * (FALL_TIME - elapsed) * high + FLOOR_BPS * elapsed * low;
        return Math.mulDiv(amount * weight, scale, low * high * BPS * FALL_TIME, Math.Rounding.Ceil).toUint128();
    }
}
