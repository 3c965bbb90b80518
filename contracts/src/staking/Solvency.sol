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

    function _lockAt(LockId lock) internal view returns (LockState storage state) {
        state = _locks[LockId.unwrap(lock)];
        require(state.stake.provider != address(0), IStaking.LockUnknown(lock));
    }

    /// @dev Own stake needed for `locked_`, rounded up.
    function _firstLoss(address provider, uint256 locked_) internal view returns (uint256) {
        uint256 bps = _terms(provider).firstLossBps;
        return bps == 0 ? 0 : _divUp(locked_ * bps, BPS);
    }

    function _excused(Pool storage pool, uint256 cureUntil) internal view returns (uint256) {
        return block.timestamp < cureUntil ? pool.scheduled.shortfall : 0;
    }
}
