// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title RunningAverage: an average that forgets, as a price times 2^32.
/// @dev Rational instead of exponential: one division, and the same result in Solidity, SQL and on paper.
/// Taken in more steps it forgets faster, at most as fast as the exponential.
library RunningAverage {
    uint8 internal constant FRACTION_BITS = 32;

    /// @dev Between `average` and `median`, so it fits wherever both fit.
    function advanceDown(uint96 average, uint64 median, uint256 elapsed, uint256 timeConstant)
        internal
        pure
        returns (uint96)
    {
        // 96 bits times a time of at most 40, and a weighted mean is no larger than the larger of its parts.
        // forge-lint: disable-next-item(unsafe-typecast)
        unchecked {
            uint256 weighted = uint256(average) * timeConstant + uint256(fromPrice(median)) * elapsed;
            return uint96(weighted / (timeConstant + elapsed));
        }
    }

    function fromPrice(uint64 price) internal pure returns (uint96) {
        return uint96(price) << FRACTION_BITS;
    }

    function priceDown(uint96 average) internal pure returns (uint64) {
        // forge-lint: disable-next-line(unsafe-typecast): 96 bits less 32.
        return uint64(average >> FRACTION_BITS);
    }
}
