// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Income} from "./Income.sol";
import {Ledger} from "./Ledger.sol";
import {Locks} from "./Locks.sol";
import {Slashing} from "./Slashing.sol";

/// @dev The half of `Staking` that providers, modules and governance call: terms, locks, slashes, income coming in, modules.
/// `Staking` makes it in its constructor and runs it in its own storage, which both inherit from `Ledger`. Alone it is inert:
/// it has no module, guardian or council, and holds nothing.
contract Duties is Locks, Income, Slashing {
    constructor(address newFlt, address newStablecoin, address newTreasury)
        Ledger(newFlt, newStablecoin, newTreasury)
    {}
}
