// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Detours} from "./Detours.sol";
import {Keys} from "./Keys.sol";
import {Ledger} from "./Ledger.sol";
import {Promises} from "./Promises.sol";
import {Quarantines} from "./Quarantines.sol";
import {Slashing} from "./Slashing.sol";

/// @dev The half of `Staking` that is called less often: terms, keys, exits taken back, slashes, income coming in, modules.
/// `Staking` makes it in its constructor and runs it in its own storage, which both inherit from `Ledger`. Alone it is inert:
/// it has no module, guardian or council, and holds nothing.
contract Duties is Keys, Promises, Detours, Slashing, Quarantines {
    constructor(address newFlt, address newStablecoin, address newTreasury)
        Ledger(newFlt, newStablecoin, newTreasury)
    {}
}
