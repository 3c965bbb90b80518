// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IRewardsBooks} from "../src/interfaces/IRewards.sol";
import {IStaking} from "../src/interfaces/IStaking.sol";
import {CommitmentId} from "../src/types/Ids.sol";
import {KeyRoles} from "../src/types/Roles.sol";
import {RewardsBase} from "./RewardsBase.t.sol";
import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";

contract RewardsTest is RewardsBase {
    /* CREDIT */

    function test_Credit_RevertWhen_CallerNotCapacity(address caller) external {
        vm.assume(caller != capacity);

        vm.expectRevert(abi.encodeWithSelector(IRewardsBooks.NotCapacity.selector, caller));
        vm.prank(caller);
        rewards.credit(FIRST, providers[0], CPU, 1, 1, 1, 1, 0);
    }

    function test_Credit_GivenDivisorZero(uint256 weight) external {
        uint32 epoch = _open(UNIT);
        assertEq(_credit(FIRST, epoch, weight, 0), 0, "nothing was filled");
    }

    /// @dev What `Capacity` promises not to do cannot take what others own.
    function test_Credit_GivenDivisorTooSmall(uint128 weight) external {
        uint32 epoch = _open(UNIT);
        weight = uint128(bound(weight, 60, type(uint128).max));
        _credit(FIRST, epoch, 50, 100);
        assertEq(_credit(SECOND, epoch, weight, 100), MINIMUM / 2, "what is left");
        (, uint128 left) = rewards.epochOf(CPU, epoch);
        assertEq(left, 0, "no more");
    }

    function test_Credit_GivenSomethingDue(uint256 weight) external {
        _register(providers[0], 1000 * FLT, 0, 0, 0);
        uint32 epoch = _open(UNIT);
        uint128 first = _credit(FIRST, epoch, bound(weight, 1, 100), 100);
        _skip(1 days);
        uint32 next = _open(UNIT);
        _toFinal(next);
        uint128 second = _credit(FIRST, next, 1, 100);

        assertEq(rewards.creditOf(providers[0]), first - first * 3 / 10, "paid");
        (uint128 pending,) = rewards.pendingOf(FIRST);
        assertEq(pending, second, "the last one waits");
    }

    function test_Credit_GivenSomethingNotDue(uint256 weight) external {
        uint32 epoch = _open(UNIT);
        uint128 first = _credit(FIRST, epoch, bound(weight, 1, 50), 100);
        uint128 second = _credit(FIRST, epoch, 50, 100);

        (uint128 pending, uint40 dueAt) = rewards.pendingOf(FIRST);
        assertEq(pending, first + second, "both wait");
        assertEq(dueAt, (uint256(epoch) + 1) * 1 days + 27 hours, "due");
    }

    function test_Credit_WhenEarned(uint64 weight, uint64 allotted, uint64 divisor, uint8 reason) external {
        divisor = uint64(bound(divisor, 1, type(uint64).max));
        allotted = uint64(bound(allotted, 0, divisor));
        weight = uint64(bound(weight, 0, allotted));
        uint32 epoch = _open(UNIT);
        uint128 earned = uint128(uint256(MINIMUM) * weight / divisor);
        uint128 unearned = uint128(uint256(MINIMUM) * allotted / divisor) - earned;
        uint40 dueAt = uint40((uint256(epoch) + 1) * 1 days + 27 hours);
        uint128 funds = rewards.funds();

        vm.expectEmit(address(rewards));
        emit IRewardsBooks.RewardEarned(FIRST, providers[0], CPU, epoch, earned, unearned, reason, dueAt);
        vm.prank(capacity);
        rewards.credit(FIRST, providers[0], CPU, epoch, weight, allotted, divisor, reason);

        (, uint128 left) = rewards.epochOf(CPU, epoch);
        assertEq(left, MINIMUM - earned - unearned, "left");
        assertEq(rewards.funds(), funds + unearned, "what is not earned returns");
        assertEq(rewards.lastRewardOf(FIRST), earned, "last");
        assertEq(rewards.surplus(), 0, "solvent");
    }

    /* RELEASE */

    function test_Release_RevertWhen_CallerNotCapacity(address caller) external {
        vm.assume(caller != capacity);

        vm.expectRevert(abi.encodeWithSelector(IRewardsBooks.NotCapacity.selector, caller));
        vm.prank(caller);
        rewards.release(FIRST);
    }

    function test_Release_RevertGiven_NothingPending(uint64 id) external {
        CommitmentId commitment = CommitmentId.wrap(id);
        vm.expectRevert(abi.encodeWithSelector(IRewardsBooks.RewardUnknown.selector, commitment));
        _release(commitment);
    }

    function test_Release_RevertGiven_NotDue(uint256 elapsed) external {
        (, uint32 epoch) = _earned(50);
        uint256 dueAt = (uint256(epoch) + 1) * 1 days + 27 hours;
        skip(bound(elapsed, 0, dueAt - block.timestamp - 1));

        vm.expectRevert(abi.encodeWithSelector(IRewardsBooks.RewardNotDue.selector, FIRST, dueAt));
        _release(FIRST);
    }

    /// @dev Without the reward role nothing can be pushed; the stakers' part waits, and is nobody else's.
    function test_Release_GivenStakingRefuses() external {
        (uint128 amount, uint32 epoch) = _earned(80);
        vm.mockCallRevert(address(staking), abi.encodeWithSelector(IStaking.addReward.selector), "refused");
        _toDue(epoch);
        _release(FIRST);
        assertEq(rewards.stakersCreditOf(providers[0]), amount * 3 / 10, "waits");
        assertEq(rewards.creditOf(providers[0]), amount - amount * 3 / 10, "the provider's alone");
        assertEq(rewards.surplus(), 0, "solvent");

        vm.clearMockedCalls();
        assertEq(rewards.payStakers(providers[0]), amount * 3 / 10, "pushed");
        assertEq(rewards.stakersCreditOf(providers[0]), 0, "none waits");
    }

    function test_Release_GivenShareZeroOrAll(bool isAll) external {
        uint16 share = isAll ? 10_000 : 0;
        vm.prank(providers[0]);
        staking.setTerms(IStaking.Terms(0, share, 0, 7, type(uint128).max));
        _stake(providers[0], providers[0], 1000 * FLT);
        (uint128 amount, uint32 epoch) = _earned(50);
        _toDue(epoch);
        _release(FIRST);

        assertEq(rewards.creditOf(providers[0]), isAll ? 0 : amount, "credit");
        assertEq(staking.booked(address(flt)) - 1000 * FLT, isAll ? amount : 0, "pushed");
    }

    function test_Release_GivenAmountTiny() external {
        _register(providers[0], 1000 * FLT, 0, 0, 0);
        uint32 epoch = _open(UNIT);
        // One wei: the stakers' part of it is nothing.
        vm.prank(capacity);
        rewards.credit(FIRST, providers[0], CPU, epoch, 1, 1, MINIMUM, 0);
        _toDue(epoch);
        _release(FIRST);
        assertEq(rewards.creditOf(providers[0]), 1, "the provider's");
    }

    function test_Release_WhenDue(uint256 weight, uint256 elapsed) external {
        (uint128 amount, uint32 epoch) = _earned(bound(weight, 1, 100));
        _toDue(epoch);
        _skip(bound(elapsed, 0, 5 days));
        uint128 toStakers = amount * 3 / 10;

        vm.expectEmit(address(rewards));
        emit IRewardsBooks.RewardReleased(FIRST, providers[0], toStakers, amount - toStakers);
        assertEq(_release(FIRST), amount, "released");
        assertEq(rewards.creditOf(providers[0]), amount - toStakers, "credit");
        assertEq(staking.booked(address(flt)), 4000 * FLT + toStakers, "stakers");
        skip(7 days);
        assertApproxEqAbs(
            staking.position(providers[0], delegator).fltOwed, uint256(toStakers) * 3 / 4, 1e9, "dripped to delegators"
        );
    }

    /* FORFEIT */

    function test_Forfeit_RevertWhen_CallerNotCapacity(address caller) external {
        vm.assume(caller != capacity);

        vm.expectRevert(abi.encodeWithSelector(IRewardsBooks.NotCapacity.selector, caller));
        vm.prank(caller);
        rewards.forfeit(FIRST, stranger, 1);
    }

    function test_Forfeit_GivenNothingPending(uint128 bounty) external {
        vm.prank(capacity);
        assertEq(rewards.forfeit(FIRST, stranger, bounty), 0, "nothing");
        assertEq(rewards.creditOf(stranger), 0, "for nobody");
    }

    function test_Forfeit_WhenPending(uint128 bounty, bool hasReporter) external {
        (uint128 amount,) = _earned(70);
        uint128 funds = rewards.funds();
        address reporter = hasReporter ? stranger : address(0);
        uint128 paid = !hasReporter ? 0 : bounty < amount ? bounty : amount;

        vm.expectEmit(address(rewards));
        emit IRewardsBooks.RewardForfeited(FIRST, reporter, amount, paid);
        vm.prank(capacity);
        assertEq(rewards.forfeit(FIRST, reporter, bounty), amount, "forfeited");

        assertEq(rewards.creditOf(stranger), paid, "bounty");
        assertEq(rewards.funds(), funds + amount - paid, "the rest returns");
        assertEq(rewards.lastRewardOf(FIRST), amount, "a slash is still measured by it");
        assertEq(rewards.surplus(), 0, "solvent");
    }

    /* CLAIM */

    function test_Claim_RevertWhen_CallerNotAllowed(address caller) external {
        vm.assume(caller != stranger);

        vm.expectRevert(abi.encodeWithSelector(IRewardsBooks.NotAllowed.selector, caller, stranger));
        vm.prank(caller);
        rewards.claim(stranger, stranger);
    }

    function test_Claim_RevertWhen_RecipientNotPayee(address recipient) external {
        vm.assume(recipient != stranger);

        vm.expectRevert(abi.encodeWithSelector(IRewardsBooks.NotPayee.selector, stranger, recipient));
        vm.prank(stranger);
        rewards.claim(stranger, recipient);
    }

    function test_Claim_RevertGiven_NothingCredited() external {
        vm.expectRevert(IRewardsBooks.AmountZero.selector);
        _claimFlt(stranger);
    }

    function test_Claim_WhenCallerHoldsClaimKey() external {
        (uint128 amount, uint32 epoch) = _earned(100);
        vm.startPrank(providers[0]);
        staking.setKey(friend, KeyRoles.CLAIM, type(uint40).max);
        staking.setPayee(stranger, true);
        vm.stopPrank();
        _toDue(epoch);
        _skip(3 days);
        _release(FIRST);

        vm.prank(friend);
        rewards.claim(providers[0], stranger);
        assertEq(flt.balanceOf(stranger), amount - amount * 3 / 10, "to the payee");
    }

    function test_Claim_WhenCredited(uint256 weight) external {
        (uint128 amount, uint32 epoch) = _earned(bound(weight, 1, 100));
        _toDue(epoch);
        _release(FIRST);
        uint128 credit = amount - amount * 3 / 10;

        vm.expectEmit(address(rewards));
        emit IRewardsBooks.RewardPaid(providers[0], credit, providers[0]);
        assertEq(_claimFlt(providers[0]), credit, "claimed");
        assertEq(flt.balanceOf(providers[0]), credit, "paid");
        assertEq(rewards.surplus(), 0, "solvent");
    }

    /* PAY STAKERS */

    function test_PayStakers_RevertGiven_NothingWaits() external {
        vm.expectRevert(IRewardsBooks.AmountZero.selector);
        rewards.payStakers(providers[0]);
    }

    /// @dev A drip of one day refuses more than 1.6 million FLT at once.
    function test_PayStakers_GivenDripTooFast() external {
        vm.prank(providers[0]);
        staking.setTerms(IStaking.Terms(0, 10_000, 0, 1, type(uint128).max));
        _stake(providers[0], providers[0], 1000 * FLT);
        _fundRewards(5_000_000 * FLT);
        rewards.setPool(1, 1, 5_000_000e18, 5_000_000e18);
        uint32 epoch = _today();
        vm.startPrank(capacity);
        rewards.open(1, epoch, 0);
        rewards.credit(FIRST, providers[0], 1, epoch, 1, 1, 1, 0);
        vm.stopPrank();
        _toDue(epoch);
        _release(FIRST);
        assertEq(rewards.stakersCreditOf(providers[0]), 4_000_000e18, "a million at a time");
        for (uint256 i = 0; i < 4; ++i) {
            skip(1 days);
            assertEq(rewards.payStakers(providers[0]), 1_000_000e18, "pushed");
        }
        assertEq(rewards.surplus(), 0, "solvent");
    }

    /* GOVERNANCE */

    function test_SetBonus_RevertWhen_CallerNotAllowed(address caller) external {
        vm.assume(caller != address(this));

        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, caller));
        vm.prank(caller);
        rewards.setBonus(1, 1);
    }

    function test_SetBonus_RevertWhen_TooHigh(uint16 bonus, uint16 kappa) external {
        bonus = uint16(bound(bonus, 5001, type(uint16).max));
        kappa = uint16(bound(kappa, 5001, type(uint16).max));

        vm.expectRevert(abi.encodeWithSelector(IRewardsBooks.BpsTooHigh.selector, bonus, 5000));
        rewards.setBonus(bonus, 0);
        vm.expectRevert(abi.encodeWithSelector(IRewardsBooks.BpsTooHigh.selector, kappa, 5000));
        rewards.setBonus(5000, kappa);
    }

    function test_SetBonus_WhenWithin(uint16 bonus, uint16 kappa) external {
        bonus = uint16(bound(bonus, 0, 5000));
        kappa = uint16(bound(kappa, 0, 5000));
        vm.expectEmit(address(rewards));
        emit IRewardsBooks.BonusSet(bonus, kappa);
        rewards.setBonus(bonus, kappa);

        assertEq(rewards.bonusBps(), bonus, "bonus");
        assertEq(rewards.kappaBps(), kappa, "kappa");
    }

    /* SURPLUS */

    function test_Surplus_WhenDonated(uint128 amount) external {
        amount = uint128(bound(amount, 1, 1e27));
        _mintFlt(address(rewards), amount);
        assertEq(rewards.surplus(), amount, "donated");
        assertEq(rewards.funds(), FUNDS, "and not funded");
    }
}
