// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @title PauseOnce: a pause of 7 days that can begin once in 30.
/// @dev A guardian that goes astray can slow new business down, and never stop it.
library PauseOnce {
    error PauseTooSoon(uint40 next);

    struct Pause {
        uint40 until;
        uint40 next; // earliest start of the next one
    }

    uint256 internal constant LENGTH = 7 days;
    uint256 internal constant INTERVAL = 30 days;

    function start(Pause storage self) internal returns (uint40 until) {
        uint40 next = self.next;
        require(block.timestamp >= next, PauseTooSoon(next));
        until = SafeCast.toUint40(block.timestamp + LENGTH);
        self.until = until;
        self.next = SafeCast.toUint40(block.timestamp + INTERVAL);
    }

    function isRunning(Pause storage self) internal view returns (bool) {
        return block.timestamp < self.until;
    }
}
