// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @dev Credit is in millionths of a unit and epoch. A unit that fills 0.95 * 4 puzzles in each of 24 windows, 91.2 in all,
/// has earned its epoch: the odd unlucky window costs nobody anything, and more units than cores gain at most 1/0.95.
library CapacityMath {
    uint256 internal constant WINDOWS = 24;
    uint256 internal constant PUZZLES = 8;
    uint256 internal constant BINS = 20;

    uint256 private constant UNIT = 1e6;
    uint256 private constant BPS = 10_000;
    /// A bin is 0.4 puzzles wide: the first ten lie under the four that the reference core fills.
    uint256 private constant REFERENCE_BIN = 10;

    function filledCreditDown(uint256 filled) internal pure returns (uint256) {
        return filled * UNIT * 10 / 912;
    }

    function allowedDown(uint256 units, uint256 opened) internal pure returns (uint256) {
        return units * opened * UNIT / WINDOWS;
    }

    function mostExcused(uint256 units) internal pure returns (uint256) {
        return units * UNIT;
    }

    function bonusDown(uint256 excused, uint256 bonusBps) internal pure returns (uint256) {
        return excused * bonusBps / BPS;
    }

    /// @dev What puzzles and excused work make of the divisor. Sums of it never exceed it of the sums, since both parts round down.
    function allottedDown(uint256 filled, uint256 excused, uint256 bonusBps) internal pure returns (uint256) {
        return filledCreditDown(filled) + excused + bonusDown(excused, bonusBps);
    }

    /// @dev The bin of `filled / (units * opened)` puzzles; all eight are in the last one.
    function binOf(uint256 filled, uint256 units, uint256 opened) internal pure returns (uint256) {
        return Math.min(filled * 5 / (2 * units * opened), BINS - 1);
    }

    /// @dev The next target: by the fill of the slowest fifth of the units, a step of 2 % towards four puzzles a window, within
    /// 25 % of the reference. A bin is wider than a step, so its side of four is all that counts.
    function retarget(uint256 old, uint256 referenceTarget, uint32[20] memory histogram)
        internal
        pure
        returns (uint256)
    {
        uint256 sum = 0;
        for (uint256 i = 0; i < BINS; ++i) {
            sum += histogram[i];
        }
        if (sum == 0) return old;
        uint256 below = 0;
        for (uint256 i = 0; i < REFERENCE_BIN; ++i) {
            below += histogram[i];
        }
        uint256 step = old / 50;
        if (below * 5 >= sum) return Math.min(old + step, referenceTarget + referenceTarget / 4);
        return Math.max(old - step, referenceTarget - referenceTarget / 4);
    }
}
