// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAttributes} from "../interfaces/IAttributes.sol";
import {IDeals} from "../interfaces/IDeals.sol";
import {IFeeBurn} from "../interfaces/IFeeBurn.sol";
import {IPriceGuard} from "../interfaces/IPriceGuard.sol";
import {IRewards} from "../interfaces/IRewards.sol";
import {IStaking} from "../interfaces/IStaking.sol";
import {LockMath} from "../libraries/LockMath.sol";
import {CommitmentId, DealId} from "../types/Ids.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @dev What is stored, and how an amount is split. Invariants:
/// 1. `held` = funds + what epochs have left + what is pending + credits + stakers' credits, and the balance is at least that.
/// 2. FLT becomes somebody's only out of the funds or out of an epoch's pool, which came out of them.
abstract contract Books is IRewards {
    using SafeCast for uint256;

    uint256 internal constant BPS = 10_000;
    uint256 internal constant MILLIONTHS = 1e6;
    /// A drip of a day takes this much, twice over; see `payStakers`.
    uint256 private constant PUSH_MAX = 1_000_000 ether;

    struct EpochPool {
        uint128 amount;
        uint128 left;
    }

    /// @dev FLT's supply is under 2^96 wei.
    struct Earned {
        address provider;
        uint96 pending;
        uint96 last;
        uint40 dueAt;
    }

    /// @dev Work of a slot's serving for an attested customer.
    struct Attended {
        uint32 epoch; // the last one
        uint40 served; // seconds, all in all
    }

    /// @dev Fee of a slot's serving. `noted` is the revenue whose fee was recorded, `amount` the part of that fee that waits for `upTo`,
    /// `later` what was noted while it waited, and waits after it.
    struct Fee {
        uint128 noted;
        uint128 amount;
        uint128 upTo;
        uint32 serving;
        address provider;
        uint128 later;
        uint128 laterUpTo;
    }

    IStaking internal immutable staking;
    IPriceGuard internal immutable priceGuard;
    IDeals internal immutable deals;
    IAttributes internal immutable attributes;
    IFeeBurn internal immutable feeBurn;
    IERC20 internal immutable flt;
    address internal immutable capacity;
    /// `stablecoin * scale / price` is FLT, see `LockMath`.
    uint256 internal immutable scale;

    /// @inheritdoc IRewards
    uint128 public funds;
    uint128 internal _held;
    /// @inheritdoc IRewards
    uint16 public bonusBps;
    /// @inheritdoc IRewards
    uint16 public kappaBps;
    /// @inheritdoc IRewards
    uint256 public recorded;

    mapping(uint8 class => Pool) internal _pools;
    mapping(uint8 class => mapping(uint32 epoch => EpochPool)) internal _epochs;
    mapping(CommitmentId commitment => Earned) internal _earned;
    mapping(bytes32 serving => Attended) internal _attended;
    mapping(DealId deal => mapping(uint8 slot => Fee)) internal _fees;
    /// @inheritdoc IRewards
    mapping(address account => uint128) public creditOf;
    /// @inheritdoc IRewards
    mapping(address provider => uint128) public stakersCreditOf;

    constructor(
        IStaking newStaking,
        IPriceGuard newPriceGuard,
        IDeals newDeals,
        IAttributes newAttributes,
        IFeeBurn newFeeBurn,
        address newCapacity
    ) {
        staking = newStaking;
        priceGuard = newPriceGuard;
        deals = newDeals;
        attributes = newAttributes;
        feeBurn = newFeeBurn;
        capacity = newCapacity;
        flt = IERC20(newStaking.flt());
        scale = LockMath.scaleOf(newStaking.stablecoin());
    }

    modifier onlyCapacity() {
        require(msg.sender == capacity, NotCapacity(msg.sender));
        _;
    }

    function _addCredit(address account, uint256 amount) internal {
        if (amount == 0) return;
        uint256 credit = creditOf[account] + amount;
        creditOf[account] = credit.toUint128();
        emit RewardCredited(account, amount.toUint128(), credit.toUint128());
    }

    /// @dev What is held already becomes the stakers' and the provider's; the latter bears the rounding up.
    function _pay(address provider, uint256 amount) internal returns (uint256 toStakers, uint256 toProvider) {
        toStakers = amount * staking.terms(provider).rewardShareBps / BPS;
        toProvider = amount - toStakers;
        _addCredit(provider, toProvider);
        if (toStakers != 0) _push(provider, stakersCreditOf[provider] + toStakers);
    }

    /// @dev `Staking` refuses a drip that is too fast, or anything while it does not list this contract: that must not block
    /// anybody, and must not turn into income of a provider who arranged it, so it waits.
    function _push(address provider, uint256 waiting) internal returns (uint128 amount) {
        amount = (waiting < PUSH_MAX ? waiting : PUSH_MAX).toUint128();
        try staking.addReward(provider, address(flt), amount) {
            _held -= amount;
        } catch {
            amount = 0;
        }
        waiting -= amount;
        stakersCreditOf[provider] = waiting.toUint128();
        emit StakersRewarded(provider, amount, waiting.toUint128());
    }
}
