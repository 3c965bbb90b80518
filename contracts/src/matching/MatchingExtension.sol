// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDeals} from "../interfaces/IDeals.sol";
import {IModules} from "../interfaces/IModules.sol";
import {DealId, OfferId} from "../types/Ids.sol";
import {Books} from "./Books.sol";
import {Requests} from "./Requests.sol";

/// @dev The half of the code of `Matching` that takes requests, and what must happen as a whole or not at all. `Matching` makes
/// it and runs it by delegatecall, on its own storage; nobody can change which. Called directly it finds no deal.
contract MatchingExtension is Requests {
    /// @dev `selector`: of the error, zero where it has none, as when the gas was used up.
    error PlaceRefused(OfferId offer, bytes4 selector);

    constructor(IDeals newDeals, IModules newModules) Books(newDeals, newModules) {}

    /// @dev Assigns one offer to each place of `mask`, or reverts with the first that is refused.
    function assign(DealId deal, uint256 mask, OfferId[] calldata chosen) external {
        uint256 index = 0;
        for (uint8 place = 0; mask >> place != 0; ++place) {
            if (mask >> place & 1 == 0) continue;
            OfferId offer = chosen[index++];
            try deals.assign(deal, place, offer) {}
            catch (bytes memory reason) {
                revert PlaceRefused(offer, bytes4(reason));
            }
        }
    }
}
