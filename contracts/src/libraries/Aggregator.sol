// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IAggregator} from "../interfaces/IAggregator.sol";
import {IPriceGuard} from "../interfaces/IPriceGuard.sol";

/// @dev Decimals 8 bits, heartbeat 32, address 160, from bit 200 down.
type Feed is uint256;

/// @title Aggregator: reads a price source without trusting it with gas, memory or control.
library Aggregator {
    /// Most gas that a source may burn. Chainlink's proxies need under 25,000.
    uint256 internal constant CALL_GAS = 100_000;
    /// A call passes on 63/64 of what is left after the 2,600 of a first access: 2,600 + 100,000 * 64 / 63, and some.
    uint256 internal constant GAS_NEEDED = 105_000;
    uint256 internal constant PRICE_DECIMALS = 8;
    uint256 internal constant DECIMALS_MAX = 30;

    function pack(address aggregator, uint32 heartbeat, uint8 decimals) internal pure returns (Feed) {
        return Feed.wrap(uint256(decimals) << 192 | uint256(heartbeat) << 160 | uint160(aggregator));
    }

    // Each cast takes from the word the bits that the legend gives to its field.
    // forge-lint: disable-next-item(unsafe-typecast)
    function unpack(Feed feed) internal pure returns (address aggregator, uint32 heartbeat, uint8 decimals) {
        uint256 word = Feed.unwrap(feed);
        return (address(uint160(word)), uint32(word >> 160), uint8(word >> 192));
    }

    /// @dev The price with 8 decimals and the last second at which it is fresh. Zeros unless the source answers, in full, with a
    /// positive price of a complete round, not from the future, within its heartbeat. `words` is room to read into.
    function read(Feed feed, uint256[5] memory words) internal view returns (uint256 price, uint256 expiry) {
        // With less gas the source would fail by its caller's doing, and a caller could choose whether a price is stale.
        require(gasleft() >= GAS_NEEDED, IPriceGuard.GasTooLow(gasleft(), GAS_NEEDED));
        (address aggregator, uint256 heartbeat, uint256 decimals) = unpack(feed);
        if (!tryCall(aggregator, IAggregator.latestRoundData.selector, words, 160)) return (0, 0);
        uint256 updatedAt = words[3];
        bool isComplete = updatedAt != 0 && words[4] >= words[0];
        if (!isComplete || updatedAt > block.timestamp || block.timestamp - updatedAt > heartbeat) return (0, 0);
        price = scaleDown(words[1], decimals);
        expiry = price == 0 ? 0 : updatedAt + heartbeat;
    }

    /// @dev False where there is no aggregator or its prices could not be scaled.
    function tryDecimals(address aggregator) internal view returns (bool, uint8) {
        uint256[5] memory words;
        if (!tryCall(aggregator, IAggregator.decimals.selector, words, 32)) return (false, 0);
        if (words[0] > DECIMALS_MAX) return (false, 0);
        // forge-lint: disable-next-line(unsafe-typecast): at most 30.
        return (true, uint8(words[0]));
    }

    /// @dev Fits 64 bits. Zero where the answer is negative, zero, or no price in range: a negative one is huge as a word.
    function scaleDown(uint256 answer, uint256 decimals) internal pure returns (uint256 price) {
        if (answer > type(uint128).max) return 0;
        price = answer;
        if (decimals > PRICE_DECIMALS) price = answer / 10 ** (decimals - PRICE_DECIMALS);
        if (decimals < PRICE_DECIMALS) price = answer * 10 ** (PRICE_DECIMALS - decimals);
        return price <= type(uint64).max ? price : 0;
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
