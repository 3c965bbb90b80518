// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IStaking} from "../interfaces/IStaking.sol";
import {PauseOnce} from "../libraries/PauseOnce.sol";
import {ModuleId} from "../types/Ids.sol";
import {ModuleRoles} from "../types/Roles.sol";
import {Roster} from "./Roster.sol";

/// @dev Guardian, council, and the list of modules that may lock, slash or pay.
/// Invariant: a module given after the constructor acts `THAW + 7 days` later at the earliest; whoever distrusts it is gone by then.
abstract contract Council is Roster {
    uint256 internal constant MODULE_DELAY = THAW + 7 days;

    modifier onlyCouncil() {
        require(msg.sender == _council, IStaking.NotCouncil(msg.sender));
        _;
    }

    /* GOVERNANCE */

    function scheduleModule(address module, uint8 roles) external onlyCouncil returns (ModuleId id) {
        return _addModule(module, roles, block.timestamp + MODULE_DELAY);
    }

    function removeModule(ModuleId id) external onlyCouncil {
        IStaking.Module storage module = _moduleAt(id);
        require(module.removedAt == 0, IStaking.ModuleUnknown(id));
        // A module that does not act yet has pinned nothing and promised nothing: it never will.
        uint256 delay = block.timestamp < module.activeAt ? 0 : MODULE_DELAY;
        module.removedAt = uint40(block.timestamp + delay);
        emit IStaking.ModuleRemoved(id, module.removedAt);
    }

    function setGuardian(address newGuardian) external onlyCouncil {
        _guardian = newGuardian;
        emit IStaking.GuardianSet(newGuardian);
    }

    function setCouncil(address newCouncil) external onlyCouncil {
        _council = newCouncil;
        emit IStaking.CouncilSet(newCouncil);
    }

    function pause() external {
        require(msg.sender == _guardian, IStaking.NotGuardian(msg.sender));
        uint256 last = _total.pausedUntil;
        uint256 next = last == 0 ? 0 : last - PauseOnce.LENGTH + PauseOnce.INTERVAL;
        require(block.timestamp >= next, IStaking.PauseTooSoon(uint40(next)));
        uint40 until = uint40(block.timestamp + PauseOnce.LENGTH);
        _total.pausedUntil = until;
        emit IStaking.StakingPaused(until);
    }

    /* MODULES */

    function _plays(IStaking.Module storage module, uint8 role) private view returns (bool) {
        return module.roles & role != 0 && block.timestamp >= module.activeAt && !_isGone(module);
    }

    /// @dev The id of the calling module, which must be active with `role`.
    function _checkModule(uint8 role) internal view returns (ModuleId) {
        uint16 index = _moduleIds[msg.sender];
        require(_plays(_modules[index], role), IStaking.NotModule(msg.sender, role));
        return ModuleId.wrap(index);
    }

    /// @dev Whether the caller is or was an active reward module. One removed before its time never was.
    function _mayReward() internal view returns (bool) {
        IStaking.Module storage module = _modules[_moduleIds[msg.sender]];
        return module.roles & ModuleRoles.REWARD != 0 && block.timestamp >= module.activeAt
            && (module.removedAt == 0 || module.removedAt > module.activeAt);
    }

    /// @dev The address of an active module with `role`; zero has none.
    function _moduleWith(ModuleId id, uint8 role) internal view returns (address) {
        if (ModuleId.unwrap(id) == 0) return address(0);
        IStaking.Module storage module = _moduleAt(id);
        require(_plays(module, role), IStaking.ModuleUnknown(id));
        return module.module;
    }

    /// @dev Whether the caller is the module that a lock pinned, removed since or not.
    function _isPinned(ModuleId id) internal view returns (bool) {
        return msg.sender == _modules[ModuleId.unwrap(id)].module;
    }
}
