// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IOffers} from "../interfaces/IOffers.sol";
import {IPriceGuard} from "../interfaces/IPriceGuard.sol";
import {IStaking} from "../interfaces/IStaking.sol";
import {Stream} from "../libraries/DealWords.sol";
import {DealId, ModuleId} from "../types/Ids.sol";
import {KeyRoles} from "../types/Roles.sol";
import {Books} from "./Books.sol";
import {Royalties} from "./Royalties.sol";
import {Views} from "./Views.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @dev The third part of the code of `Deals`: what is read of deals, and what is seldom said of them. Made before
/// `Deals`, whose constructor names it, and run by delegatecall on its storage; nobody can change which. Called directly it finds no
/// deal.
contract Ledger is Views, Royalties {
    using SafeCast for uint256;

    uint256 private constant NOTICE_TIME = 3 days;
    /// Where terms have at most as many days, non-renewal may be announced at any time.
    uint256 private constant SHORT_TERM = 4;

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

    /// @dev See `IDeals.announceNonRenewal`.
    function announceNonRenewal(DealId deal, uint8 slot) external {
        (Place storage place, Stream memory stream) = _streamOf(deal, slot, SERVING);
        address provider = place.provider;
        _requireActor(provider, KeyRoles.SERVE);
        bool isShort = _agreements[deal].terms.termDays() <= SHORT_TERM;
        uint256 latest = isShort ? stream.endsAt : stream.endsAt - NOTICE_TIME;
        require(block.timestamp <= latest, NoticeTooLate(deal, slot, latest.toUint40()));
        stream.flags |= FINAL;
        place.stream = stream.pack();
        emit SlotFinal(deal, slot, provider);
    }
}
