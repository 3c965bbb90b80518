// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @dev Shares of time with 18 decimals. One live slot serves, so a set is down only while all of it is down: its
/// unavailability is the product of those of its independent slots.
library Availability {
    uint256 internal constant ONE = 1e18;
    uint256 private constant PRIOR = 7 days;

    /// @dev `(down + 5 % of 7 days) / (served + down + 7 days)`: who has no record counts as down for 5 % of the time.
    function unavailabilityUp(uint256 served, uint256 down) internal pure returns (uint256) {
        return Math.mulDiv(down + PRIOR / 20, ONE, served + down + PRIOR, Math.Rounding.Ceil);
    }

    function combinedUp(uint256[] memory unavailabilities) internal pure returns (uint256 product) {
        product = ONE;
        for (uint256 i = 0; i < unavailabilities.length; ++i) {
            product = Math.mulDiv(product, unavailabilities[i], ONE, Math.Rounding.Ceil);
        }
    }

    function meets(uint256[] memory unavailabilities, uint256 target) internal pure returns (bool) {
        return combinedUp(unavailabilities) <= ONE - target;
    }
}
