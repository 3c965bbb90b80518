// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @dev FLT has 18 decimals, prices of it 8; `scale` makes up for the stablecoin's, so that `value * scale / price` is FLT.
library LockMath {
    uint8 internal constant REMAINING = 0;
    uint8 internal constant TERM = 1;
    uint8 internal constant WHOLE = 2;

    uint256 internal constant ESCROW_TIMES = 6;
    uint256 private constant BPS = 10_000;

    function scaleOf(address stablecoin) internal view returns (uint256) {
        return 1e8 * 10 ** (18 - IERC20Metadata(stablecoin).decimals());
    }

    /// @dev Rounded up, in the customer's favour, and at most `most`, of the escrow: who prepays little is covered little.
    function valueUp(uint256 rate, uint256 exposed, uint256 most) internal pure returns (uint256) {
        return Math.min(Math.ceilDiv(rate * exposed, 1 days), most);
    }

    function lockUp(uint256 value, uint256 coverageBps, uint256 scale, uint256 low) internal pure returns (uint256) {
        return Math.mulDiv(value * coverageBps, scale, low * BPS, Math.Rounding.Ceil);
    }

    function healthDown(uint256 lock, uint256 high, uint256 scale, uint256 value) internal pure returns (uint256) {
        return value == 0 ? type(uint256).max : Math.mulDiv(lock * high, BPS, value * scale);
    }

    function maintainedBps(uint256 coverageBps) internal pure returns (uint256) {
        return coverageBps * 2 / 3;
    }

    function minimumBps(uint256 coverageBps) internal pure returns (uint256) {
        return coverageBps * 5 / 12;
    }
}
