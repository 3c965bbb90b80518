// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IStaking} from "../interfaces/IStaking.sol";
import {LockId} from "../types/Ids.sol";
import {Ledger} from "./Ledger.sol";

/// @dev What a provider has promised and what its stake must cover, to read only.
abstract contract Solvency is Ledger {
    /// @dev Terms in force.
    function _terms(address provider) internal view returns (IStaking.Terms memory inForce) {
        TermsState storage state = _pools[provider].terms;
        inForce = IStaking.Terms(
            state.firstLossBps, state.rewardShareBps, state.revenueShareBps, state.dripDays, state.delegationCap
        );
        if (state.isScheduled) {
            Scheduled storage next = _pools[provider].scheduled;
            if (block.timestamp >= next.effectiveAt) {
                inForce.firstLossBps = next.firstLossBps;
                inForce.rewardShareBps = next.rewardShareBps;
                inForce.revenueShareBps = next.revenueShareBps;
                inForce.dripDays = next.dripDays;
            }
        }
    }

    /// @dev Whoever calls has read the pins; those of no lock are empty.
    function _checkLock(LockId lock, LockPins memory pins) internal pure {
        require(pins.provider != address(0), IStaking.LockUnknown(lock));
    }

    /// @dev Own stake needed for `locked_`, rounded up. Only where other terms wait can those in force differ from the copy.
    function _firstLoss(address provider, Liability memory liability, uint256 locked_) internal view returns (uint256) {
        uint256 bps = liability.firstLossBps;
        if (bps == SCHEDULED) bps = _terms(provider).firstLossBps;
        // Locks fit 128 bits.
        unchecked {
            return (locked_ * bps + BPS - 1) / BPS;
        }
    }

    function _excused(Pool storage pool) internal view returns (uint256) {
        return block.timestamp < pool.scheduled.cureUntil ? pool.scheduled.shortfall : 0;
    }
}
