// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IPriceGuard} from "../interfaces/IPriceGuard.sol";
import {IRewards} from "../interfaces/IRewards.sol";
import {IStaking} from "../interfaces/IStaking.sol";
import {ModuleId} from "../types/Ids.sol";
import {Classes} from "./Classes.sol";
import {Convictions} from "./Convictions.sol";
import {Pledges} from "./Pledges.sol";
import {Records} from "./Records.sol";

/// @dev The half of the code of `Capacity` that says what is answered for: pledges and their locks, audits, demands, convictions,
/// and the classes that they are judged by. Together with what is proved it is larger than a contract may be. `Capacity` makes
/// it and runs it by delegatecall, on its own storage; nobody can change which. Called directly it finds no class and no
/// commitment, and what it is told there reaches nobody.
contract Liability is Pledges, Convictions, Classes {
    constructor(
        IStaking newStaking,
        IPriceGuard newPriceGuard,
        IRewards newRewards,
        ModuleId newSelf,
        address newGuardian
    ) Records(newStaking, newPriceGuard, newRewards, newSelf, newGuardian) {}
}
