// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IStaking} from "../interfaces/IStaking.sol";
import {ModuleId} from "../types/Ids.sol";
import {ModuleRoles} from "../types/Roles.sol";
import {Ledger} from "./Ledger.sol";

/// @dev The list of modules.
/// Invariants:
/// 1. An address has at most one module id that is not removed; an id never changes its address or roles.
/// 2. Removing a module touches no lock: pins are ids, and ids stay.
abstract contract Roster is Ledger {
    /* MODULES */

    function _addModule(address module, uint8 roles, uint256 activeAt) internal returns (ModuleId id) {
        ModuleId old = ModuleId.wrap(_moduleIds[module]);
        require(_isGone(_modules[ModuleId.unwrap(old)]), IStaking.ModuleListed(old));
        uint16 index = ++_roll.count;
        id = ModuleId.wrap(index);
        _moduleIds[module] = index;
        _modules[index] = ModuleState(module, roles, uint32(activeAt), 0, _roll.removals);
        emit IStaking.ModuleScheduled(id, module, roles, uint40(activeAt));
    }

    /// @dev Told to all, so that a lock module's own word says whether a slasher may have gone since it was last looked at.
    function _remove(ModuleState storage module, uint256 removedAt) internal {
        module.removedAt = uint32(removedAt);
        Roll memory roll = _roll;
        ++roll.removals;
        _roll = roll;
        for (uint256 i = 1; i <= roll.count; ++i) {
            _modules[i].removals = roll.removals;
        }
    }

    /// @dev True of the empty module at index 0, too.
    function _isGone(ModuleState memory module) internal view returns (bool) {
        return module.module == address(0) || (module.removedAt != 0 && block.timestamp >= module.removedAt);
    }

    function _moduleAt(ModuleId id) internal view returns (ModuleState storage) {
        uint256 index = ModuleId.unwrap(id);
        require(index != 0 && index <= _roll.count, IStaking.ModuleUnknown(id));
        return _modules[index];
    }

    /* ROLES */

    function _plays(ModuleState memory module, uint8 role) private view returns (bool) {
        return module.roles & role != 0 && block.timestamp >= module.activeAt && !_isGone(module);
    }

    /// @dev The calling module, which must be active with `role`.
    function _checkModule(uint8 role) internal view returns (ModuleId, ModuleState memory module) {
        uint16 index = _moduleIds[msg.sender];
        module = _modules[index];
        require(_plays(module, role), IStaking.NotModule(msg.sender, role));
        return (ModuleId.wrap(index), module);
    }

    /// @dev Whether the caller is or was an active reward module. One removed before its time never was.
    function _mayReward() internal view returns (bool) {
        ModuleState memory module = _modules[_moduleIds[msg.sender]];
        return module.roles & ModuleRoles.REWARD != 0 && block.timestamp >= module.activeAt
            && (module.removedAt == 0 || module.removedAt > module.activeAt);
    }

    /// @dev An active module with `role`, or the empty one where the id is zero.
    function _moduleWith(ModuleId id, uint8 role) internal view returns (ModuleState memory module) {
        module = _modules[ModuleId.unwrap(id)];
        require(ModuleId.unwrap(id) == 0 || _plays(module, role), IStaking.ModuleUnknown(id));
    }

    /// @dev Whether the caller is the module that a lock pinned, removed since or not.
    function _isPinned(ModuleId id) internal view returns (bool) {
        return msg.sender == _modules[ModuleId.unwrap(id)].module;
    }
}
