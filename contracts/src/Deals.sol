// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Books} from "./deals/Books.sol";
import {Extension} from "./deals/Extension.sol";
import {Service} from "./deals/Service.sol";
import {IDeals} from "./interfaces/IDeals.sol";
import {IOffers} from "./interfaces/IOffers.sol";
import {IPriceGuard} from "./interfaces/IPriceGuard.sol";
import {IStaking} from "./interfaces/IStaking.sol";
import {STANDBY, TermsWord} from "./libraries/DealWords.sol";
import {Half} from "./libraries/Half.sol";
import {DealId, ModuleId} from "./types/Ids.sol";
import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

/// @dev Parts by noun in `deals/`: `Books` (storage), `Streams`, `Credits`, `Revenue`, `Redemptions` and `Service` (what is
/// called every term) are here; `Endings`, `Escrow` and `Margins` are in `Extension`, `Royalties` and `Views` in `Ledger`, which run
/// on this storage. `Books` comes first in all three, so that they lay storage out alike. Together they are `IDeals`.
contract Deals is Service, AccessManaged {
    using SafeERC20 for IERC20;

    uint16 private constant FEE_MAX_BPS = 1000;

    address private immutable extension;
    address private immutable ledger;

    constructor(
        address manager,
        IStaking newStaking,
        IPriceGuard newPriceGuard,
        IOffers newOffers,
        address newMatching,
        address newFaults,
        address newVouchers,
        address newModules,
        address newTreasury,
        uint16 newFeeBps,
        ModuleId newSlasher,
        address newLedger
    )
        Books(newStaking, newPriceGuard, newOffers, newMatching, newFaults, newVouchers, newModules, newSlasher)
        AccessManaged(manager)
    {
        ledger = newLedger;
        extension = address(
            new Extension(
                newStaking, newPriceGuard, newOffers, newMatching, newFaults, newVouchers, newModules, newSlasher
            )
        );
        _setFee(newFeeBps, newTreasury);
        // Once: `Staking` pulls from its caller alone, and what the extension does without is room for its code.
        stablecoin.forceApprove(address(newStaking), type(uint256).max);
    }

    /* EXTENSION */

    /// @dev See `IDeals`.
    function open(IDeals.Opening calldata) external returns (DealId) {
        _extend();
    }

    /// @dev See `IDeals`.
    function decline(DealId, uint8) external {
        _extend();
    }

    /// @dev See `IDeals`.
    function close(DealId, uint8) external {
        _extend();
    }

    /// @dev See `IDeals`.
    function marginCall(DealId, uint8) external {
        _extend();
    }

    /// @dev See `IDeals`.
    function topUp(DealId, uint8, uint128) external {
        _extend();
    }

    /// @dev See `IDeals`.
    function cure(DealId, uint8) external {
        _extend();
    }

    /// @dev See `IDeals`.
    function leave(DealId, uint8) external {
        _extend();
    }

    /// @dev See `ISuccession`.
    function fail(DealId, uint8, uint32, uint40) external returns (bool) {
        _extend();
    }

    /// @dev See `ISuccession`.
    function deduct(DealId, uint8, uint32, uint40) external {
        _extend();
    }

    /// @dev See `ISuccession`.
    function stopSlot(DealId, uint8, uint32) external {
        _extend();
    }

    /// @dev See `ISuccession`.
    function replace(DealId, uint8) external returns (bool) {
        _extend();
    }

    /// @dev See `IDeals`.
    function fund(DealId, uint128) external returns (uint128) {
        _extend();
    }

    /// @dev See `IDeals`.
    function stop(DealId) external {
        _extend();
    }

    /// @dev See `IDeals`.
    function refund(DealId, address, address) external returns (uint128) {
        _extend();
    }

    /// @dev Runs the call in the extension and answers what it answers.
    function _extend() private {
        Half.run(extension);
    }

    /// @dev Whatever else is in `IDeals`.
    fallback() external {
        Half.run(ledger);
    }

    /* GOVERNANCE */

    /// @dev See `IDeals`.
    function setFee(uint16 newFeeBps, address newTreasury) external restricted {
        _setFee(newFeeBps, newTreasury);
    }

    function _setFee(uint16 newFeeBps, address newTreasury) private {
        require(newFeeBps <= FEE_MAX_BPS, FeeTooHigh(newFeeBps));
        _feeBps = newFeeBps;
        // Both keep their credit; the treasury's lies elsewhere.
        address oldTreasury = _treasury.account;
        uint256 oldCredit = _creditOf(oldTreasury);
        uint256 newCredit = _creditOf(newTreasury);
        _treasury.account = newTreasury;
        _setCredit(oldTreasury, oldCredit);
        _setCredit(newTreasury, newCredit);
        emit FeeSet(newFeeBps, newTreasury);
    }

    /* VIEWS */

    /// @dev See `ISuccession`.
    function servedBy(DealId deal, uint8 slot) external view returns (address, uint32) {
        Place storage place = _places[deal][slot];
        return (place.provider, place.serving);
    }

    /// @dev See `IDeals`.
    function emptySlots(DealId deal) external view returns (uint32 mask) {
        TermsWord terms = _agreements[deal].terms;
        bool isOver = terms.stoppedAt() != 0 || block.timestamp >= _durationEnd(terms, block.timestamp);
        if (isOver) return 0;
        if (block.timestamp <= _agreements[deal].expiry) mask = _emptyOf(deal, 0, terms.slots());
        if (_isAlive(deal, terms)) mask |= _emptyOf(deal, STANDBY, terms.standbys());
    }

    function _emptyOf(DealId deal, uint8 from, uint8 length) private view returns (uint32 mask) {
        for (uint8 i = from; i < from + length; ++i) {
            if (_places[deal][i].stream.status() == EMPTY) mask |= uint32(1) << i;
        }
    }

    /// @dev See `IDeals`.
    function providersOf(DealId deal) external view returns (address[] memory providers) {
        uint8 slots = _slotsOf(deal);
        providers = new address[](slots + _agreements[deal].terms.standbys());
        for (uint256 i = 0; i < providers.length; ++i) {
            // Fewer than 32.
            // forge-lint: disable-next-line(unsafe-typecast)
            Place storage place = _places[deal][uint8(i < slots ? i : STANDBY + i - slots)];
            uint256 status = place.stream.status();
            if (status == ASSIGNED || status == SERVING) providers[i] = place.provider;
        }
    }
}
