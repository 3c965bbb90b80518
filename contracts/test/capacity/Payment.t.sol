// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Rewards} from "../../src/Rewards.sol";
import {IAttributes} from "../../src/interfaces/IAttributes.sol";
import {ICapacity, ICapacityBooks} from "../../src/interfaces/ICapacity.sol";
import {IDeals} from "../../src/interfaces/IDeals.sol";
import {IFeeBurn} from "../../src/interfaces/IFeeBurn.sol";
import {IRewards, IRewardsBooks} from "../../src/interfaces/IRewards.sol";
import {CommitmentId} from "../../src/types/Ids.sol";
import {CapacityBase} from "../CapacityBase.t.sol";

/// @dev From puzzles to FLT, with the real `Rewards` and a pool of 1,000 FLT a day. The stakers' share is 30 %.
contract CapacityPaymentTest is CapacityBase {
    uint128 private constant POOL = 1000e18;

    IRewards private real;
    CommitmentId private commitment;

    function setUp() public override {
        super.setUp();
        real.setPool(0, 0.5e6, POOL, POOL);
        vm.prank(issuer);
        flt.mint(address(this), 100 * POOL);
        flt.approve(address(real), type(uint256).max);
        real.fund(100 * POOL);
        commitment = _proving(2);
    }

    function _deployRewards(address capacityAt) internal override {
        (IDeals deals, IAttributes attributes, IFeeBurn feeBurn) =
            (IDeals(address(1)), IAttributes(address(1)), IFeeBurn(address(1)));
        real = new Rewards(address(manager), staking, priceGuard, deals, attributes, feeBurn, capacityAt, 2500, 5000);
    }

    /// @dev An epoch of one window with all that is allowed, credited.
    function _earned() private returns (uint32 epoch) {
        epoch = _epoch();
        _proved(commitment, 8, false);
        _to(_finalAt(epoch));
        capacity.credit(commitment, epoch);
    }

    function test_Credit_WhenAloneInItsClass() external {
        _earned();
        (uint128 pending,) = real.pendingOf(commitment);
        // Eight puzzles of two units in a window: 8 / 91.2 of the divisor, of which 2 / 24 are credited.
        assertEq(
            pending, uint256(POOL) * (2e6 / uint256(24)) / (8e7 / uint256(912)), "what is credited of what is filled"
        );
        assertEq(real.funds(), 99 * POOL + _unearned(), "the rest went back");
    }

    function _unearned() private pure returns (uint256) {
        uint256 divisor = 8e7 / uint256(912);
        return uint256(POOL) - uint256(POOL) * (2e6 / uint256(24)) / divisor;
    }

    /// @dev `Rewards` and `Capacity` each have a constant of it: what is paid can no longer be challenged.
    function test_Credit_WhenDue() external {
        (Sheet memory sheet, ICapacity.Claim memory claim) = _proved(commitment, 8, false);
        uint32 epoch = _epoch();
        vm.warp(_finalAt(epoch) - 1);
        vm.expectPartialRevert(ICapacityBooks.EpochNotFinal.selector);
        capacity.credit(commitment, epoch);
        _to(_finalAt(epoch));
        capacity.credit(commitment, epoch);
        (, uint40 dueAt) = real.pendingOf(commitment);
        assertEq(dueAt, block.timestamp + 1 days, "a day after it is final");
        vm.warp(uint256(dueAt) + 1);
        vm.expectRevert(abi.encodeWithSelector(ICapacityBooks.ChallengeOver.selector, sheet.window, dueAt));
        capacity.demandLeaf(commitment, claim, sheet.bitmap, 0);
    }

    function test_Release_RevertWhen_NotDue() external {
        uint32 epoch = _earned();
        vm.warp(_finalAt(epoch) + 1 days - 1);
        vm.expectPartialRevert(IRewardsBooks.RewardNotDue.selector);
        capacity.release(commitment);
    }

    function test_Release_WhenDue() external {
        uint32 epoch = _earned();
        (uint128 pending,) = real.pendingOf(commitment);
        _to(_finalAt(epoch) + 1 days);
        capacity.release(commitment);
        assertEq(real.creditOf(provider), pending - pending * 3 / 10, "the hardware's part");
        _to(block.timestamp + 8 days);
        vm.prank(delegator);
        uint128 claimed = staking.claimReward(delegator, provider, address(flt), delegator);
        assertApproxEqAbs(claimed, pending * 3 / 20, 2, "half of the stakers' part is the delegator's");
    }

    /// @dev The last moment at which a leaf can be shown is the first at which it would be paid: either the one or the other.
    function test_Convict_GivenRewardsDue() external {
        Sheet memory sheet = _blank(commitment, _window());
        uint32 epoch = _epoch();
        for (uint32 i = 0; i < 8; ++i) {
            _claimBit(sheet, i);
        }
        _grow(sheet);
        ICapacity.Claim memory claim = _commit(commitment, sheet);
        _draw(commitment, claim, false);
        _to(_finalAt(epoch));
        capacity.credit(commitment, epoch);
        (uint128 pending,) = real.pendingOf(commitment);
        uint256 funds = real.funds();
        vm.warp(_finalAt(epoch) + 1 days);
        _convict(commitment, sheet, claim, _leafOf(sheet, 5));

        (uint128 left,) = real.pendingOf(commitment);
        assertEq(left, 0, "nothing is left to be paid");
        uint256 slashed = 2 * LOCK;
        assertEq(_lockOf(commitment).amount, 0, "seven days of rewards are more than the lock");
        assertEq(real.creditOf(watcher), slashed / 5, "the bounty comes out of what was not paid");
        assertEq(real.funds(), funds + pending - slashed / 5, "and the rest goes back");
        vm.expectRevert(abi.encodeWithSelector(IRewardsBooks.RewardUnknown.selector, commitment));
        capacity.release(commitment);
        vm.expectRevert(_error(ICapacityBooks.CommitmentConvictedAlready.selector, commitment));
        capacity.credit(commitment, epoch);
    }

    function test_Credit_GivenItsPoolWasSwept() external {
        uint32 epoch = _epoch();
        _proved(commitment, 8, false);
        _to(uint256(epoch + 1) * EPOCH + 10 days);
        real.sweep(0, epoch);
        capacity.credit(commitment, epoch);
        assertEq(real.lastRewardOf(commitment), 0, "too late to earn");
        capacity.credit(commitment, epoch + 1);
        assertEq(capacity.commitmentOf(commitment).nextEpoch, epoch + 2, "but not to go on");
    }
}
