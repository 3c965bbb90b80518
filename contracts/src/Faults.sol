// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Books} from "./faults/Books.sol";
import {Flags} from "./faults/Flags.sol";
import {Verdicts} from "./faults/Verdicts.sol";
import {ICapacity} from "./interfaces/ICapacity.sol";
import {IDeals} from "./interfaces/IDeals.sol";
import {IFaults} from "./interfaces/IFaults.sol";
import {IFeeBurn} from "./interfaces/IFeeBurn.sol";
import {IOffers} from "./interfaces/IOffers.sol";
import {IProbers} from "./interfaces/IProbers.sol";
import {IStaking} from "./interfaces/IStaking.sol";
import {Availability} from "./libraries/Availability.sol";
import {Half} from "./libraries/Half.sol";
import {CommitmentId, DealId, FaultId} from "./types/Ids.sol";

/// @dev Parts by noun in `faults/`: `Books` (storage and rules), `Records` (time served and down) and `Flags` (statements
/// and failing over) are here; `Served` and `Verdicts` (what it costs) are the other half, which runs on this storage.
/// `Books` holds all of it, so both lay it out alike.
contract Faults is Flags {
    address private immutable verdicts;

    constructor(
        IStaking newStaking,
        IDeals newDeals,
        IOffers newOffers,
        IFeeBurn newFeeBurn,
        ICapacity newCapacity,
        IProbers newProbers,
        address newDisputes,
        uint128 newAppealBond
    ) Books(newStaking, newDeals, newOffers, newFeeBurn, newCapacity, newProbers, newDisputes, newAppealBond) {
        verdicts = address(
            new Verdicts(
                newStaking, newDeals, newOffers, newFeeBurn, newCapacity, newProbers, newDisputes, newAppealBond
            )
        );
        emit FaultRulesSet(GRACE, STATEMENT_AGE, newAppealBond, REPORTER_BPS);
    }

    /* VERDICTS */

    /// @inheritdoc IFaults
    function showUp(CommitmentId, ICapacity.Claim calldata) external {
        Half.run(verdicts);
    }

    /// @inheritdoc IFaults
    function recordServed(DealId, uint8, uint32) external {
        Half.run(verdicts);
    }

    /// @inheritdoc IFaults
    function giveNotice(DealId, uint8, uint32) external {
        Half.run(verdicts);
    }

    /// @inheritdoc IFaults
    function proposeFault(DealId, uint8, uint32, uint8) external returns (FaultId) {
        Half.run(verdicts);
    }

    /// @inheritdoc IFaults
    function proposeWrong(DealId, uint8, uint32, address) external returns (FaultId) {
        Half.run(verdicts);
    }

    /// @inheritdoc IFaults
    function appeal(FaultId) external {
        Half.run(verdicts);
    }

    /// @inheritdoc IFaults
    function decide(FaultId, bool, bytes[] calldata) external {
        Half.run(verdicts);
    }

    /// @inheritdoc IFaults
    function resolve(FaultId, bool) external {
        Half.run(verdicts);
    }

    /// @inheritdoc IFaults
    function execute(FaultId) external {
        Half.run(verdicts);
    }

    /* VIEWS */

    /// @inheritdoc IFaults
    function recordOf(address provider) external view returns (Record memory) {
        return _records[provider];
    }

    /// @inheritdoc IFaults
    function noteOf(DealId deal, uint8 slot, uint32 serving) external view returns (Note memory) {
        return _notes[deal][slot][serving];
    }

    /// @inheritdoc IFaults
    function timesOf(address provider) external view returns (uint256 served, uint256 down) {
        return _times(_turned(provider));
    }

    /// @inheritdoc IFaults
    function unavailability(address provider) external view returns (uint256) {
        (uint256 served, uint256 down) = _times(_turned(provider));
        return Availability.unavailabilityUp(served, down);
    }

    /// @inheritdoc IFaults
    function faultOf(FaultId fault) external view returns (Fault memory found) {
        found = _faults[fault];
        require(found.state != 0, FaultUnknown(fault));
    }

    /// @inheritdoc IFaults
    function count() external view returns (uint64) {
        return _count;
    }

    /// @inheritdoc IFaults
    function appealBond() external view returns (uint128) {
        return bond;
    }

    /// @inheritdoc IFaults
    function surplus() external view returns (uint256) {
        return flt.balanceOf(address(this)) - _bonds;
    }
}
