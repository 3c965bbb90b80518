// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IOffers} from "../interfaces/IOffers.sol";
import {IPriceGuard} from "../interfaces/IPriceGuard.sol";
import {IStaking} from "../interfaces/IStaking.sol";
import {ModuleId} from "../types/Ids.sol";
import {Books} from "./Books.sol";
import {Failures} from "./Failures.sol";

/// @dev The half of the code of `Deals` that is called less often: together they are larger than a contract may be. `Deals`
/// makes it and runs it by delegatecall, on its own storage; nobody can change which. Called directly it finds no deal.
contract Extension is Failures {
    constructor(
        IStaking newStaking,
        IPriceGuard newPriceGuard,
        IOffers newOffers,
        address newMatching,
        address newFaults,
        address newVouchers,
        address newModules,
        ModuleId newSlasher
    ) Books(newStaking, newPriceGuard, newOffers, newMatching, newFaults, newVouchers, newModules, newSlasher) {}
}
