// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IStaking} from "../interfaces/IStaking.sol";
import {PauseOnce} from "../libraries/PauseOnce.sol";
import {ModuleId} from "../types/Ids.sol";
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
        ModuleState storage module = _moduleAt(id);
        require(module.removedAt == 0, IStaking.ModuleUnknown(id));
        // A module that does not act yet has pinned nothing and promised nothing: it never will.
        uint256 delay = block.timestamp < module.activeAt ? 0 : MODULE_DELAY;
        _remove(module, block.timestamp + delay);
        emit IStaking.ModuleRemoved(id, uint40(block.timestamp + delay));
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
}
