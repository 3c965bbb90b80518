// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IStaking} from "./interfaces/IStaking.sol";
import {Half} from "./libraries/Half.sol";
import {Duties} from "./staking/Duties.sol";
import {Ledger} from "./staking/Ledger.sol";
import {Locks} from "./staking/Locks.sol";
import {Views} from "./staking/Views.sol";
import {LockId, ModuleId, QuarantineId} from "./types/Ids.sol";

/// @dev One contract in two halves, because its code does not fit one: what is called every day and the views are here, the
/// rest is in `Duties`, which runs in this contract's storage. Both are made together and fixed for ever: there is no owner,
/// no upgrade, and no other call but to the two tokens.
contract Staking is Views, Locks {
    Duties private immutable duties;

    constructor(
        address newFlt,
        address newStablecoin,
        address newTreasury,
        address newGuardian,
        address newCouncil,
        address[] memory newModules,
        uint8[] memory newRoles
    ) Ledger(newFlt, newStablecoin, newTreasury) {
        duties = new Duties(newFlt, newStablecoin, newTreasury);
        _guardian = newGuardian;
        _council = newCouncil;
        emit GuardianSet(newGuardian);
        emit CouncilSet(newCouncil);
        for (uint256 i; i < newModules.length; ++i) {
            _addModule(newModules[i], newRoles[i], block.timestamp);
        }
    }

    /* ACCOUNTS */

    /// @inheritdoc IStaking
    function setTerms(Terms calldata) external {
        _delegate();
    }

    /// @inheritdoc IStaking
    function setKey(address, uint32, uint40) external {
        _delegate();
    }

    /// @inheritdoc IStaking
    function setPayee(address, bool) external {
        _delegate();
    }

    /* STAKE */

    /// @inheritdoc IStaking
    function cancelExit(address, address, uint32) external returns (uint128) {
        _delegate();
    }

    /// @inheritdoc IStaking
    function redelegate(address, address, uint32, address) external {
        _delegate();
    }

    /// @inheritdoc IStaking
    function move(address, address, uint32) external returns (uint128) {
        _delegate();
    }

    /// @inheritdoc IStaking
    function sweepOrphan(address) external {
        _delegate();
    }

    /* SLASH */

    /// @inheritdoc IStaking
    function slash(LockId, uint128, address, uint128, address, uint128) external returns (uint128, uint128) {
        _delegate();
    }

    /// @inheritdoc IStaking
    function cancelPayout(QuarantineId) external {
        _delegate();
    }

    /// @inheritdoc IStaking
    function payQuarantine(QuarantineId) external {
        _delegate();
    }

    /// @inheritdoc IStaking
    function burnSlashed(uint32) external {
        _delegate();
    }

    /* REWARDS */

    /// @inheritdoc IStaking
    function addReward(address, address, uint128) external {
        _delegate();
    }

    /* GOVERNANCE */

    /// @inheritdoc IStaking
    function scheduleModule(address, uint8) external returns (ModuleId) {
        _delegate();
    }

    /// @inheritdoc IStaking
    function removeModule(ModuleId) external {
        _delegate();
    }

    /// @inheritdoc IStaking
    function setGuardian(address) external {
        _delegate();
    }

    /// @inheritdoc IStaking
    function setCouncil(address) external {
        _delegate();
    }

    /// @inheritdoc IStaking
    function pause() external {
        _delegate();
    }

    /* HALVES */

    /// @dev Runs the call in the other half and ends it with that half's answer.
    function _delegate() private {
        Half.run(address(duties));
    }
}
