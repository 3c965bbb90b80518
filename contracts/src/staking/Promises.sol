// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IStaking} from "../interfaces/IStaking.sol";
import {Solvency} from "./Solvency.sol";

/// @dev Terms of a provider.
/// Invariant: what changes against stakers is announced `THAW + 1 day` ahead, so that whoever minds has left with his stake by then.
abstract contract Promises is Solvency {
    uint256 private constant TERMS_DELAY = THAW + 1 days;
    uint256 private constant DRIP_DAYS_MAX = 182;

    function setTerms(IStaking.Terms calldata newTerms) external {
        _checkBps(newTerms.firstLossBps);
        _checkBps(newTerms.rewardShareBps);
        _checkBps(newTerms.revenueShareBps);
        require(newTerms.dripDays > 0 && newTerms.dripDays <= DRIP_DAYS_MAX, IStaking.DripOutOfRange(newTerms.dripDays));

        Pool storage pool = _pools[msg.sender];
        TermsState storage state = pool.terms;
        IStaking.Terms memory inForce = state.isRegistered ? _terms(msg.sender) : newTerms;
        if (newTerms.firstLossBps > inForce.firstLossBps) inForce.firstLossBps = newTerms.firstLossBps;
        if (newTerms.rewardShareBps > inForce.rewardShareBps) inForce.rewardShareBps = newTerms.rewardShareBps;
        if (newTerms.revenueShareBps > inForce.revenueShareBps) inForce.revenueShareBps = newTerms.revenueShareBps;
        if (newTerms.dripDays < inForce.dripDays) inForce.dripDays = newTerms.dripDays;
        inForce.delegationCap = newTerms.delegationCap;
        bool isWorse = newTerms.firstLossBps < inForce.firstLossBps || newTerms.rewardShareBps < inForce.rewardShareBps
            || newTerms.revenueShareBps < inForce.revenueShareBps || newTerms.dripDays > inForce.dripDays;

        bool wasScheduled = state.isScheduled;
        _writeTerms(state, inForce, isWorse);
        pool.liability.firstLossBps = isWorse ? SCHEDULED : inForce.firstLossBps;
        if (isWorse) _schedule(newTerms, uint40(block.timestamp + TERMS_DELAY));
        else if (wasScheduled) _schedule(newTerms, 0);
    }

    function _checkBps(uint256 bps) private pure {
        require(bps <= BPS, IStaking.BpsTooHigh(bps));
    }

    function _writeTerms(TermsState storage state, IStaking.Terms memory inForce, bool isScheduled) private {
        state.firstLossBps = inForce.firstLossBps;
        state.rewardShareBps = inForce.rewardShareBps;
        state.revenueShareBps = inForce.revenueShareBps;
        state.dripDays = inForce.dripDays;
        state.delegationCap = inForce.delegationCap;
        state.isRegistered = true;
        state.isScheduled = isScheduled;
        emit IStaking.TermsSet(
            msg.sender,
            inForce.firstLossBps,
            inForce.rewardShareBps,
            inForce.revenueShareBps,
            inForce.dripDays,
            inForce.delegationCap
        );
    }

    /// @dev `effectiveAt` zero: nothing is scheduled any more.
    function _schedule(IStaking.Terms calldata newTerms, uint40 effectiveAt) private {
        Scheduled storage next = _pools[msg.sender].scheduled;
        next.firstLossBps = newTerms.firstLossBps;
        next.rewardShareBps = newTerms.rewardShareBps;
        next.revenueShareBps = newTerms.revenueShareBps;
        next.dripDays = newTerms.dripDays;
        next.effectiveAt = effectiveAt;
        emit IStaking.TermsScheduled(
            msg.sender,
            newTerms.firstLossBps,
            newTerms.rewardShareBps,
            newTerms.revenueShareBps,
            newTerms.dripDays,
            effectiveAt
        );
    }
}
