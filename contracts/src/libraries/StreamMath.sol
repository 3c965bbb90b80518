// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @dev A rate is stablecoin, smallest unit, per day. Seconds, not amounts, are what a stream remembers: amounts follow
/// from them by one formula, and so do not depend on when anybody looked.
library StreamMath {
    function owedDown(uint256 rate, uint256 served) internal pure returns (uint256) {
        // A rate is below 2^112 (a price of 80 bits, units of 32), seconds are below 2^40.
        unchecked {
            return rate * served / 1 days;
        }
    }

    /// @dev The most seconds whose `owedDown` is within `funds`. `owedDown(rate, s) <= funds` says
    /// `rate * s < (funds + 1) * 1 day`. The rate is not zero: no offer has a price of zero.
    function lastsDown(uint256 rate, uint256 funds) internal pure returns (uint256) {
        return ((funds + 1) * 1 days - 1) / rate;
    }
}
