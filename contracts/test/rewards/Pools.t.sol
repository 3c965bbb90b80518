// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IPriceGuard} from "../../src/interfaces/IPriceGuard.sol";
import {IRewards, IRewardsBooks} from "../../src/interfaces/IRewards.sol";
import {RewardsBase} from "../RewardsBase.t.sol";
import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";

contract RewardsPoolsTest is RewardsBase {
    /* FUND */

    function test_Fund_RevertWhen_AmountZero() external {
        vm.expectRevert(IRewardsBooks.AmountZero.selector);
        rewards.fund(0);
    }

    function test_Fund_WhenAmountPositive(uint128 amount) external {
        amount = uint128(bound(amount, 1, 1e27));
        _mintFlt(stranger, amount);
        vm.startPrank(stranger);
        flt.approve(address(rewards), amount);

        vm.expectEmit(address(rewards));
        emit IRewardsBooks.RewardsFunded(stranger, amount, uint128(FUNDS) + amount);
        rewards.fund(amount);

        assertEq(rewards.funds(), FUNDS + amount, "funds");
        assertEq(rewards.surplus(), 0, "nothing over");
    }

    /* OPEN */

    function test_Open_RevertWhen_CallerNotCapacity(address caller) external {
        vm.assume(caller != capacity);

        vm.expectRevert(abi.encodeWithSelector(IRewardsBooks.NotCapacity.selector, caller));
        vm.prank(caller);
        rewards.open(CPU, 1, 1);
    }

    function test_Open_GivenClassWithoutPool(uint8 class) external {
        class = uint8(bound(class, 1, 255));
        vm.prank(capacity);
        rewards.open(class, _today(), 1);

        (uint128 amount,) = rewards.epochOf(class, _today());
        assertEq(amount, 0, "nothing to pay");
        assertEq(rewards.funds(), FUNDS, "and nothing taken");
    }

    function test_Open_GivenEpochOpened() external {
        uint32 epoch = _open(0);
        vm.startPrank(capacity);
        rewards.open(CPU, epoch, 1);
        rewards.open(CPU, epoch - 1, 1);

        assertEq(rewards.funds(), FUNDS - MINIMUM, "one pool an epoch");
    }

    function test_Open_GivenFundsTooLow(uint128 wanted) external {
        wanted = uint128(bound(wanted, FUNDS, type(uint96).max));
        rewards.setPool(1, 1, wanted, wanted);
        uint32 epoch = _today();
        vm.expectEmit(address(rewards));
        emit IRewardsBooks.PoolOpened(1, epoch, uint128(FUNDS), wanted, 0);
        vm.prank(capacity);
        rewards.open(1, epoch, 0);

        (uint128 amount, uint128 left) = rewards.epochOf(1, epoch);
        assertEq(amount, FUNDS, "all there is");
        assertEq(left, FUNDS, "none of it earned");
        assertEq(rewards.poolOf(1).wanted, wanted, "an empty fund is no low price");
    }

    function test_Open_GivenPriceStale() external {
        _open(10 * UNIT);
        uint128 next = rewards.poolOf(CPU).next;
        skip(3 days);
        _open(10 * UNIT);

        assertEq(rewards.poolOf(CPU).wanted, next, "as adjusted before");
        assertEq(rewards.poolOf(CPU).next, next, "stays as it is");
    }

    function test_Open_GivenNobodyCredited() external {
        _open(0);
        assertEq(rewards.poolOf(CPU).next, MINIMUM, "stays as it is");
        assertEq(rewards.poolOf(CPU).units, 0, "nobody");
    }

    function test_Open_WhenEpochBegins(uint64 units) external {
        units = uint64(bound(units, 1, 1e9 * UNIT));
        uint32 epoch = _today();
        vm.expectEmit(address(rewards));
        emit IRewardsBooks.PoolOpened(CPU, epoch, MINIMUM, MINIMUM, uint128(FUNDS) - MINIMUM);
        _open(units);

        // 1,000 FLT at $0.50 are 1,000 units' half dollars.
        uint256 next = units > 1000 * UNIT ? MINIMUM * 11 / 10 : MINIMUM;
        assertEq(rewards.poolOf(CPU).next, next, "next");
        assertEq(rewards.poolOf(CPU).units, units, "units");
        assertEq(rewards.funds(), FUNDS - MINIMUM, "set aside");
    }

    /* ADJUST */

    function test_Adjust_RevertGiven_NeverOpened(uint8 class) external {
        vm.expectRevert(abi.encodeWithSelector(IRewardsBooks.ClassUnknown.selector, class));
        rewards.adjust(class);
    }

    function test_Adjust_RevertGiven_PriceStale() external {
        _open(UNIT);
        skip(3 days);

        vm.expectRevert(IRewardsBooks.PriceStale.selector);
        rewards.adjust(CPU);
    }

    /// @dev Worked example 3: 1,500 FLT, 10 units, $1,000 a unit, bounds 10 and 3,000.
    function test_Adjust_WorkedExample() external {
        rewards.setPool(1, uint128(1000 * dollar), 1500e18, 3000e18);
        rewards.setPool(1, uint128(1000 * dollar), 10e18, 3000e18);
        _openAt(4e8);
        assertEq(rewards.poolOf(1).wanted, 1500e18, "from 1,500");
        assertEq(rewards.poolOf(1).next, 1650e18, "$4 gives 1,650");
        _openAt(20e8);
        assertEq(rewards.poolOf(1).wanted, 1650e18, "1,650 it is");
        assertEq(rewards.poolOf(1).next, 1485e18, "$20 gives 1,485");
        _mockHigh(0.05e8);
        rewards.adjust(1);
        assertEq(rewards.poolOf(1).next, 1815e18, "$0.05 before the epoch ends gives 1,815 instead");
        uint256[7] memory pools =
            [uint256(1996.5e18), 2196.15e18, 2415.765e18, 2657.3415e18, 2923.07565e18, 3000e18, 3000e18];
        for (uint256 i = 0; i < pools.length; ++i) {
            _openAt(0.05e8);
            assertEq(rewards.poolOf(1).next, pools[i], "then a tenth more, up to the bound");
        }
    }

    function _openAt(uint64 price) private {
        skip(1 days);
        _mockHigh(price);
        vm.startPrank(capacity);
        rewards.open(1, _today(), uint64(10 * UNIT));
        vm.stopPrank();
    }

    /// @dev Averages take days to get anywhere; the example is about the pool.
    function _mockHigh(uint64 price) private {
        vm.mockCall(address(priceGuard), abi.encodeCall(IPriceGuard.refresh, ()), abi.encode(price, price, false));
    }

    function test_Adjust_WhenOpened(uint64 units, uint256 price) external {
        units = uint64(bound(units, 1, 1e9 * UNIT));
        price = bound(price, 0.01e8, 100e8);
        rewards.setPool(CPU, uint128(dollar / 2), MINIMUM / 2, MAXIMUM);
        _open(units);
        _post(price);
        skip(1 hours);
        rewards.adjust(CPU);

        uint256 next = uint256(MINIMUM) * priceGuard.high() / 1e8 < uint256(units) * 1e18 / 2 / UNIT
            ? MINIMUM * 11 / 10
            : MINIMUM * 9 / 10;
        assertEq(rewards.poolOf(CPU).next, next, "next");
    }

    /* SWEEP */

    function test_Sweep_RevertGiven_TenDaysNotOver(uint256 elapsed) external {
        uint32 epoch = _open(UNIT);
        uint256 from = (uint256(epoch) + 11) * 1 days;
        skip(bound(elapsed, 0, from - block.timestamp - 1));

        vm.expectRevert(abi.encodeWithSelector(IRewardsBooks.EpochNotOver.selector, CPU, epoch, from));
        rewards.sweep(CPU, epoch);
    }

    function test_Sweep_RevertGiven_Swept() external {
        uint32 epoch = _open(UNIT);
        skip(20 days);
        rewards.sweep(CPU, epoch);

        vm.expectRevert(abi.encodeWithSelector(IRewardsBooks.SweptAlready.selector, CPU, epoch));
        rewards.sweep(CPU, epoch);
    }

    function test_Sweep_WhenTenDaysOver(uint256 weight) external {
        weight = bound(weight, 0, 99);
        uint32 epoch = _open(UNIT);
        uint128 earned = _credit(FIRST, epoch, weight, 100);
        skip(20 days);

        vm.expectEmit(address(rewards));
        emit IRewardsBooks.PoolSwept(CPU, epoch, MINIMUM - earned, uint128(FUNDS) - earned);
        rewards.sweep(CPU, epoch);

        assertEq(_credit(SECOND, epoch, 1, 100), 0, "who comes too late earns nothing");
        assertEq(rewards.surplus(), 0, "solvent");
    }

    /* SET POOL */

    function test_SetPool_RevertWhen_CallerNotAllowed(address caller) external {
        vm.assume(caller != address(this));

        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, caller));
        vm.prank(caller);
        rewards.setPool(CPU, 1, 1, 1);
    }

    function test_SetPool_RevertWhen_BoundsWrong(uint128 minimum, uint128 maximum) external {
        minimum = uint128(bound(minimum, 1, type(uint128).max));
        maximum = uint128(bound(maximum, 0, minimum - 1));

        vm.expectRevert(abi.encodeWithSelector(IRewardsBooks.BoundsWrong.selector, minimum, maximum));
        rewards.setPool(CPU, 1, minimum, maximum);
    }

    function test_SetPool_WhenBoundsRight(uint128 target, uint128 minimum, uint128 maximum) external {
        maximum = uint128(bound(maximum, 1, FUNDS));
        minimum = uint128(bound(minimum, 0, maximum));
        vm.expectEmit(address(rewards));
        emit IRewardsBooks.PoolSet(CPU, target, minimum, maximum);
        rewards.setPool(CPU, target, minimum, maximum);
        _open(UNIT);

        IRewards.Pool memory pool = rewards.poolOf(CPU);
        assertEq(pool.target, target, "target");
        assertGe(pool.wanted, minimum, "from the next epoch on at least the minimum");
        assertLe(pool.wanted, maximum, "and at most the maximum");
    }
}
