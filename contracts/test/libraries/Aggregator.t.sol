// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Aggregator} from "../../src/libraries/Aggregator.sol";
import {MockAggregator} from "../mocks/MockAggregator.sol";
import {Test} from "forge-std/Test.sol";

contract AggregatorTest is Test {
    uint32 private constant HEARTBEAT = 1 hours;
    MockAggregator private feed;

    function setUp() external {
        vm.warp(20_000 days);
        feed = new MockAggregator();
    }

    function test_ScaleDown_WhenAnswerTooLarge(uint256 answer, uint256 decimals) external pure {
        answer = bound(answer, uint256(type(uint128).max) + 1, type(uint256).max);

        assertEq(Aggregator.scaleDown(answer, bound(decimals, 0, 30)), 0, "over 128 bits");
    }

    function test_ScaleDown_WhenPriceTooLarge(uint256 answer, uint256 decimals) external pure {
        decimals = bound(decimals, 0, 8);
        answer = bound(answer, uint256(type(uint64).max) / 10 ** (8 - decimals) + 1, type(uint128).max);

        assertEq(Aggregator.scaleDown(answer, decimals), 0, "over 64 bits");
    }

    function test_ScaleDown_WhenDecimalsOverEight(uint64 price, uint256 decimals, uint256 dust) external pure {
        decimals = bound(decimals, 9, 26);
        price = uint64(bound(price, 0, type(uint128).max / 10 ** 18 - 1));
        uint256 scale = 10 ** (decimals - 8);

        assertEq(Aggregator.scaleDown(price * scale + bound(dust, 0, scale - 1), decimals), price, "price");
    }

    function test_ScaleDown_WhenDecimalsUpToEight(uint64 answer, uint256 decimals) external pure {
        decimals = bound(decimals, 0, 8);
        uint256 scale = 10 ** (8 - decimals);
        answer = uint64(bound(answer, 0, type(uint64).max / scale));

        assertEq(Aggregator.scaleDown(answer, decimals), answer * scale, "price");
    }

    function test_TryDecimals_GivenNoAggregator(address account) external {
        vm.assume(account.code.length == 0 && uint160(account) > 0xffff);
        (bool isAggregator,) = Aggregator.tryDecimals(account);
        assertFalse(isAggregator, "no code");

        feed.setMode(MockAggregator.Mode.HasNoDecimals);
        (isAggregator,) = Aggregator.tryDecimals(address(feed));
        assertFalse(isAggregator, "reverts");
    }

    function test_TryDecimals_GivenDecimalsOutOfRange(uint256 decimals) external {
        feed.setDecimals(bound(decimals, 31, type(uint256).max));

        (bool isAggregator,) = Aggregator.tryDecimals(address(feed));

        assertFalse(isAggregator, "aggregator");
    }

    function test_TryDecimals_GivenAnAggregator(uint256 decimals) external {
        decimals = bound(decimals, 0, 30);
        feed.setDecimals(decimals);

        (bool isAggregator, uint8 found) = Aggregator.tryDecimals(address(feed));

        assertTrue(isAggregator, "aggregator");
        assertEq(found, decimals, "decimals");
    }

    function test_Unpack_WhenPacked(address aggregator, uint32 heartbeat, uint8 decimals) external pure {
        (address foundAggregator, uint32 foundHeartbeat, uint8 foundDecimals) =
            Aggregator.unpack(Aggregator.pack(aggregator, heartbeat, decimals));

        assertEq(foundAggregator, aggregator, "aggregator");
        assertEq(foundHeartbeat, heartbeat, "heartbeat");
        assertEq(foundDecimals, decimals, "decimals");
    }

    function test_Read_GivenAStaleAnswer(uint256 age) external {
        feed.setAnswer(1e8, block.timestamp - bound(age, HEARTBEAT + 1, block.timestamp - 1));

        (uint256 price, uint256 expiry) = read();

        assertEq(price, 0, "price");
        assertEq(expiry, 0, "expiry");
    }

    function test_Read_GivenAFreshAnswer(uint64 answer, uint256 age) external {
        answer = uint64(bound(answer, 1, type(uint64).max));
        age = bound(age, 0, HEARTBEAT);
        feed.setAnswer(int256(uint256(answer)), block.timestamp - age);

        (uint256 price, uint256 expiry) = read();

        assertEq(price, answer, "price");
        assertEq(expiry, block.timestamp - age + HEARTBEAT, "expiry");
    }

    function read() private view returns (uint256 price, uint256 expiry) {
        uint256[5] memory words;
        return Aggregator.read(Aggregator.pack(address(feed), HEARTBEAT, 8), words);
    }
}
