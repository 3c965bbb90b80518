// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IAggregator} from "../interfaces/IAggregator.sol";
import {IPriceGuard} from "../interfaces/IPriceGuard.sol";

/// @title Aggregator: reads a price source without trusting it with gas, memory or control.
library Aggregator {
    /// @dev One slot.
    struct Feed {
        address aggregator;
        uint32 heartbeat;
        uint8 decimals;
    }

    /// Most gas that a source may burn. Chainlink's proxies need under 25,000.
    uint256 internal constant CALL_GAS = 100_000;
    /// A call passes on 63/64 of what is left after the 2,600 of a first access.
    uint256 internal constant GAS_NEEDED = CALL_GAS * 64 / 63 + 3400;
    uint256 internal constant PRICE_DECIMALS = 8;
    uint256 internal constant DECIMALS_MAX = 30;

    /// @dev The price with 8 decimals and the last second at which it is fresh. Zeros unless the source answers, in full, with a
    /// positive price of a complete round, not from the future, within its heartbeat.
    function read(Feed memory feed) internal view returns (uint64 price, uint40 expiry) {
        // With less gas the source would fail by its caller's doing, and a caller could choose whether a price is stale.
        require(gasleft() >= GAS_NEEDED, IPriceGuard.GasTooLow(gasleft(), GAS_NEEDED));
        uint256[5] memory words;
        if (!tryCall(feed.aggregator, IAggregator.latestRoundData.selector, words, 160)) return (0, 0);
        (uint256 round, uint256 answer, uint256 updatedAt, uint256 answeredIn) =
            (words[0], words[1], words[3], words[4]);
        if (updatedAt == 0 || answeredIn < round) return (0, 0);
        if (updatedAt > block.timestamp || block.timestamp - updatedAt > feed.heartbeat) return (0, 0);
        price = scaleDown(answer, feed.decimals);
        if (price == 0) return (0, 0);
        // forge-lint: disable-next-line(unsafe-typecast): no later than the block's time plus a heartbeat of 32 bits.
        expiry = uint40(updatedAt + feed.heartbeat);
    }

    /// @dev False where there is no aggregator or its prices could not be scaled.
    function tryDecimals(address aggregator) internal view returns (bool, uint8) {
        uint256[5] memory words;
        if (!tryCall(aggregator, IAggregator.decimals.selector, words, 32)) return (false, 0);
        if (words[0] > DECIMALS_MAX) return (false, 0);
        // forge-lint: disable-next-line(unsafe-typecast): at most 30.
        return (true, uint8(words[0]));
    }

    /// @dev Zero where the answer is negative, zero, or no price in range: a negative one is huge as a word.
    function scaleDown(uint256 answer, uint256 decimals) internal pure returns (uint64) {
        if (answer > type(uint128).max) return 0;
        uint256 price = decimals > PRICE_DECIMALS
            ? answer / 10 ** (decimals - PRICE_DECIMALS)
            : answer * 10 ** (PRICE_DECIMALS - decimals);
        // forge-lint: disable-next-line(unsafe-typecast): the condition.
        return price <= type(uint64).max ? uint64(price) : 0;
    }

    /// @dev Assembly, because a high-level call reverts on what does not decode and copies all that comes back.
    function tryCall(address target, bytes4 selector, uint256[5] memory words, uint256 length)
        private
        view
        returns (bool isAnswered)
    {
        uint256 gasLimit = CALL_GAS;
        assembly ("memory-safe") {
            mstore(words, selector)
            isAnswered := staticcall(gasLimit, target, words, 4, words, length)
            // An account without code answers every call with nothing.
            isAnswered := and(isAnswered, iszero(lt(returndatasize(), length)))
        }
    }
}
