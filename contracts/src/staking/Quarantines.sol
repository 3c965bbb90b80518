// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IStaking} from "../interfaces/IStaking.sol";
import {QuarantineId} from "../types/Ids.sol";
import {Council} from "./Council.sol";
import {Income} from "./Income.sol";

/// @dev What becomes of slashed FLT after its week in quarantine, and of what wiped tranches left.
/// Invariant: a quarantine is paid or cancelled, once; a day's burn is burned, once.
abstract contract Quarantines is Council, Income {
    /* QUARANTINE */

    function cancelPayout(QuarantineId quarantine) external onlyCouncil {
        QuarantineState memory state = _takeQuarantine(quarantine);
        require(block.timestamp < state.releaseAt, IStaking.QuarantineOver(state.releaseAt));
        uint256 amount = uint256(state.customerAmount) + state.reporterAmount;
        emit IStaking.QuarantineCancelled(quarantine, uint128(amount));
        _addDrip(state.provider, true, _flt, amount);
    }

    function payQuarantine(QuarantineId quarantine) external {
        QuarantineState memory state = _takeQuarantine(quarantine);
        require(block.timestamp >= state.releaseAt, IStaking.QuarantineRunning(state.releaseAt));
        _total.flt -= uint128(state.customerAmount) + state.reporterAmount;
        emit IStaking.QuarantinePaid(quarantine);
        if (state.customerAmount != 0) _pay(_flt, state.customer, state.customerAmount);
        if (state.reporterAmount != 0) _pay(_flt, state.reporter, state.reporterAmount);
    }

    function burnSlashed(uint32 day) external {
        uint256 releaseAt = (uint256(day) + 1) * 1 days + QUARANTINE;
        require(block.timestamp >= releaseAt, IStaking.QuarantineRunning(uint40(releaseAt)));
        uint128 amount = uint128(_burns[day]);
        require(amount != 0, IStaking.AmountZero());
        delete _burns[day];
        _total.flt -= amount;
        emit IStaking.SlashBurned(day, amount);
        _pay(_flt, DEAD, amount);
    }

    function sweepOrphan(address provider) external {
        Pool storage pool = _pools[provider];
        Liability memory liability = pool.liability;
        require(liability.locked == 0, IStaking.ProviderLocked(provider, liability.locked));
        require(liability.orphan != 0, IStaking.AmountZero());
        _setOrphan(pool, provider, 0);
        _total.flt -= liability.orphan;
        emit IStaking.OrphanSwept(provider, liability.orphan);
        _pay(_flt, _treasury, liability.orphan);
    }

    /* STATE */

    function _takeQuarantine(QuarantineId quarantine) private returns (QuarantineState memory state) {
        uint256 index = QuarantineId.unwrap(quarantine);
        state = _quarantines[index];
        require(state.releaseAt != 0, IStaking.QuarantineUnknown(quarantine));
        delete _quarantines[index];
    }
}
