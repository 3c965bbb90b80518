// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IStaking} from "../interfaces/IStaking.sol";
import {ModuleId} from "../types/Ids.sol";
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
        uint16 index = uint16(_modules.length);
        id = ModuleId.wrap(index);
        _moduleIds[module] = index;
        _modules.push(IStaking.Module(module, roles, uint40(activeAt), 0));
        emit IStaking.ModuleScheduled(id, module, roles, uint40(activeAt));
    }

    /// @dev True of the empty module at index 0, too.
    function _isGone(IStaking.Module storage module) internal view returns (bool) {
        return module.module == address(0) || (module.removedAt != 0 && block.timestamp >= module.removedAt);
    }

    function _moduleAt(ModuleId id) internal view returns (IStaking.Module storage) {
        uint256 index = ModuleId.unwrap(id);
        require(index != 0 && index < _modules.length, IStaking.ModuleUnknown(id));
        return _modules[index];
    }
}
