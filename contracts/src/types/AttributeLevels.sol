// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @dev How far a word in `Attributes` can be trusted. A criterion of a level is met by any level above it, too.
library AttributeLevels {
    uint8 internal constant DECLARED = 1;
    uint8 internal constant ATTESTED = 2;
    uint8 internal constant AUDITED = 3;
}
