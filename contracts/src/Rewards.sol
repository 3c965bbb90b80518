// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAttributes} from "./interfaces/IAttributes.sol";
import {IDeals} from "./interfaces/IDeals.sol";
import {IFeeBurn} from "./interfaces/IFeeBurn.sol";
import {IPriceGuard} from "./interfaces/IPriceGuard.sol";
import {IRewards} from "./interfaces/IRewards.sol";
import {IStaking} from "./interfaces/IStaking.sol";
import {Books} from "./rewards/Books.sol";
import {Earnings} from "./rewards/Earnings.sol";
import {Pools} from "./rewards/Pools.sol";
import {Work} from "./rewards/Work.sol";
import {KeyRoles} from "./types/Roles.sol";
import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

/// @dev Parts by noun in `rewards/`: `Books` (storage and splits), `Pools`, `Earnings` (of commitments), `Work` (of deals).
contract Rewards is Pools, Earnings, Work, AccessManaged {
    using SafeERC20 for IERC20;

    uint256 private constant BONUS_MAX_BPS = 5000;
    /// With `FeeBurn`'s discount of 5 % it leaves a loss of 45 % of the burned part to who pays himself, at a price that stands still;
    /// see `FeeBurn.FLOOR_BPS` for one that falls.
    uint256 private constant KAPPA_MAX_BPS = 5000;

    constructor(
        address manager,
        IStaking newStaking,
        IPriceGuard newPriceGuard,
        IDeals newDeals,
        IAttributes newAttributes,
        IFeeBurn newFeeBurn,
        address newCapacity,
        uint16 newBonusBps,
        uint16 newKappaBps
    ) Books(newStaking, newPriceGuard, newDeals, newAttributes, newFeeBurn, newCapacity) AccessManaged(manager) {
        _setBonus(newBonusBps, newKappaBps);
        IERC20(newStaking.flt()).forceApprove(address(newStaking), type(uint256).max);
    }

    /* CLAIM */

    /// @inheritdoc IRewards
    function payStakers(address provider) external returns (uint128 amount) {
        uint128 waiting = stakersCreditOf[provider];
        require(waiting != 0, AmountZero());
        return _push(provider, waiting);
    }

    /// @inheritdoc IRewards
    function claim(address account, address recipient) external returns (uint128 amount) {
        bool isActor = msg.sender == account || staking.mayAct(account, msg.sender, KeyRoles.CLAIM);
        require(isActor, NotAllowed(msg.sender, account));
        require(recipient == account || staking.mayReceive(account, recipient), NotPayee(account, recipient));
        amount = creditOf[account];
        require(amount != 0, AmountZero());
        creditOf[account] = 0;
        _held -= amount;
        emit RewardPaid(account, amount, recipient);
        flt.safeTransfer(recipient, amount);
    }

    /* GOVERNANCE */

    /// @inheritdoc IRewards
    function setPool(uint8 class, uint128 target, uint128 minimum, uint128 maximum) external restricted {
        _setPool(class, target, minimum, maximum);
    }

    /// @inheritdoc IRewards
    function setBonus(uint16 newBonusBps, uint16 newKappaBps) external restricted {
        _setBonus(newBonusBps, newKappaBps);
    }

    function _setBonus(uint16 newBonusBps, uint16 newKappaBps) private {
        require(newBonusBps <= BONUS_MAX_BPS, BpsTooHigh(newBonusBps, BONUS_MAX_BPS));
        require(newKappaBps <= KAPPA_MAX_BPS, BpsTooHigh(newKappaBps, KAPPA_MAX_BPS));
        bonusBps = newBonusBps;
        kappaBps = newKappaBps;
        emit BonusSet(newBonusBps, newKappaBps);
    }

    /* VIEWS */

    /// @inheritdoc IRewards
    function surplus() external view returns (uint256) {
        return flt.balanceOf(address(this)) - _held;
    }
}
