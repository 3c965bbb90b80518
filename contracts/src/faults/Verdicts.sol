// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICapacity} from "../interfaces/ICapacity.sol";
import {IDeals} from "../interfaces/IDeals.sol";
import {IFaults} from "../interfaces/IFaults.sol";
import {IFeeBurn} from "../interfaces/IFeeBurn.sol";
import {IOffers} from "../interfaces/IOffers.sol";
import {IProbers} from "../interfaces/IProbers.sol";
import {IStaking} from "../interfaces/IStaking.sol";
import {ISuccession} from "../interfaces/ISuccession.sol";
import {DealId, FaultId, LockId} from "../types/Ids.sol";
import {KeyRoles} from "../types/Roles.sol";
import {Books} from "./Books.sol";
import {Served} from "./Served.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @dev What a failure costs beyond income, and who decides it. From the failover to the last decision it takes 24 + 12 +
/// 36 + 36 hours at most, four and a half days; the lock stays five from the end of the term. The half of `Faults` that is
/// called less often: `Faults` makes it and runs it by delegatecall, on its own storage; nobody can change which. Called
/// directly it finds no failure and no fault, and `Staking` and `Probers` do not know it.
contract Verdicts is Served {
    using SafeCast for uint256;
    using SafeERC20 for IERC20;

    address private constant DEAD = 0x000000000000000000000000000000000000dEaD;

    /// Times the price of what was missing.
    uint256 private constant DOWNTIME_TIMES = 10;
    uint256 private constant DISPUTE = 5 days;
    /// Of the lock.
    uint256 private constant DOWNTIME_MIN_BPS = 10;
    uint256 private constant DOWNTIME_MAX_BPS = 1000;
    uint256 private constant ABANDONMENT_BPS = 3000;

    uint8 private constant PANEL = 1;
    uint8 private constant RESOLVER = 2;
    uint8 private constant NOBODY = 3;

    constructor(
        IStaking newStaking,
        IDeals newDeals,
        IOffers newOffers,
        IFeeBurn newFeeBurn,
        ICapacity newCapacity,
        IProbers newProbers,
        address newDisputes,
        uint128 newAppealBond
    ) Books(newStaking, newDeals, newOffers, newFeeBurn, newCapacity, newProbers, newDisputes, newAppealBond) {}

    /* PROPOSE */

    /// @dev See `IFaults.giveNotice`.
    function giveNotice(DealId deal, uint8 slot, uint32 serving) external {
        IFaults.Failure storage failure = _failureOf(deal, slot, serving);
        address provider = _servingOf(deal, slot, serving).provider;
        _requireActor(provider, KeyRoles.SERVE);
        uint40 closedAt = failure.failedAt + ABANDONED_AFTER;
        require(block.timestamp < closedAt, NoticeOver(closedAt));
        require(!failure.hasNotice, NoticeGivenAlready(deal, slot, serving));
        failure.hasNotice = true;
        emit NoticeGiven(deal, slot, provider, serving);
    }

    /// @dev See `IFaults.proposeFault`.
    function proposeFault(DealId deal, uint8 slot, uint32 serving, uint8 kind) external returns (FaultId fault) {
        require(kind == DOWNTIME || kind == ABANDONMENT, KindUnknown(kind));
        IFaults.Failure storage failure = _failureOf(deal, slot, serving);
        require(failure.proposed & kind == 0, AlreadyProposed(deal, slot, serving, kind));
        require(failure.eligible >= eligibleMin, ProbersTooFew(failure.eligible, eligibleMin));
        ISuccession.Serving memory past = _servingOf(deal, slot, serving);
        _checkProposal(failure, past.provider, kind);
        failure.proposed |= kind;
        IFaults.Fault memory accused = _accusation(deal, slot, serving, past);
        (accused.kind, accused.reporter) = (kind, msg.sender);
        (accused.amount, accused.customerMax) = _sizes(deal, failure, past, kind);
        return _propose(accused);
    }

    /// @dev See `IFaults.proposeWrong`. It never reverts when the serving was one: who waits for it could not finish.
    function proposeWrong(DealId deal, uint8 slot, uint32 serving, address reporter) external returns (FaultId fault) {
        require(msg.sender == disputes, NotDisputes(msg.sender));
        if (_isWrong[deal][slot][serving]) return fault;
        probers.openDay();
        (,, uint32 eligible) = probers.dayOf(_dayOf(uint40(block.timestamp)));
        if (eligible < eligibleMin) return fault;
        (ISuccession.Serving memory served, bool answers) = _answering(deal, slot, serving);
        if (!answers) return fault;
        _isWrong[deal][slot][serving] = true;
        IFaults.Fault memory accused = _accusation(deal, slot, serving, served);
        (accused.kind, accused.reporter) = (WRONG, reporter);
        IStaking.Lock memory held = staking.lockOf(served.lock);
        accused.amount = held.amount;
        uint40 until = uint40(Math.min(block.timestamp, served.endedAt));
        accused.customerMax = _paidFor(deals.dealOf(deal), served, held, until);
        return _propose(accused);
    }

    /// @dev The serving with what it is owed now, and whether its lock outlasts an appeal and its decision.
    function _answering(DealId deal, uint8 slot, uint32 serving)
        private
        view
        returns (ISuccession.Serving memory served, bool answers)
    {
        served = _servingOf(deal, slot, serving);
        uint256 decided = block.timestamp + APPEAL_TIME + DECISION_TIME;
        answers = _isRunning(served.lock, decided);
        if (deals.slotOf(deal, slot).serving != serving) return (served, answers);
        // The lock of a slot that ended early can be freed before its end.
        answers = answers && decided <= served.endedAt + DISPUTE;
        // What a running serving is owed was settled some time ago.
        served.owed = uint128(Math.max(served.owed, deals.accrued(deal, slot)));
    }

    function _accusation(DealId deal, uint8 slot, uint32 serving, ISuccession.Serving memory served)
        private
        pure
        returns (IFaults.Fault memory accused)
    {
        (accused.deal, accused.slot, accused.serving) = (deal, slot, serving);
        (accused.provider, accused.lock) = (served.provider, served.lock);
    }

    function _propose(IFaults.Fault memory accused) private returns (FaultId fault) {
        fault = FaultId.wrap(++_count);
        (accused.state, accused.proposedAt) = (PROPOSED, uint40(block.timestamp));
        _faults[fault] = accused;
        emit FaultProposed(
            fault,
            accused.deal,
            accused.provider,
            accused.slot,
            accused.serving,
            accused.kind,
            accused.lock,
            accused.amount,
            accused.reporter,
            accused.proposedAt + APPEAL_TIME
        );
    }

    function _checkProposal(IFaults.Failure storage failure, address provider, uint8 kind) private view {
        uint40 opensAt = failure.failedAt;
        if (kind == ABANDONMENT) opensAt += ABANDONED_AFTER;
        require(block.timestamp >= opensAt, ProposalTooEarly(opensAt));
        require(block.timestamp <= opensAt + PROPOSAL_TIME, ProposalTooLate(opensAt + PROPOSAL_TIME));
        if (kind == DOWNTIME) {
            require(failure.excess != 0, WithinDeclared(failure.failedAt - failure.since, failure.excess));
            return;
        }
        // Decided by what happened in the day after the failover, whenever in the next half it is proposed.
        uint256 upAt = _windowUpAt[provider];
        bool isUp = failure.isShown || (upAt > failure.since && upAt <= opensAt);
        require(!isUp && !failure.hasNotice, NotAbandoned(provider));
    }

    /// @dev `lock / (value * coverage)` is what a dollar was in FLT when the lock was granted, so no price is asked for.
    function _sizes(DealId deal, IFaults.Failure storage failure, ISuccession.Serving memory past, uint8 kind)
        private
        view
        returns (uint128 amount, uint128 customerMax)
    {
        IDeals.Deal memory agreed = deals.dealOf(deal);
        IStaking.Lock memory held = staking.lockOf(past.lock);
        uint256 lock = held.amount;
        uint256 covered = uint256(past.valueAtStake) * agreed.coverageBps;
        uint256 rate = uint256(past.price) * agreed.units;
        if (kind == ABANDONMENT) {
            amount = (lock * ABANDONMENT_BPS / BPS).toUint128();
        } else {
            uint256 missing = rate * Math.min(failure.failedAt - failure.since, failure.excess) / 1 days;
            uint256 most = lock * DOWNTIME_MAX_BPS / BPS;
            // A value that rounds to nothing has a price that rounds to nothing.
            uint256 due = covered == 0 ? 0 : Math.mulDiv(DOWNTIME_TIMES * missing, lock * BPS, covered);
            amount = Math.min(Math.max(due, Math.ceilDiv(lock * DOWNTIME_MIN_BPS, BPS)), most).toUint128();
        }
        customerMax = _paidFor(agreed, past, held, failure.since);
    }

    /// @dev What the customer paid in the term that `until` is in, in FLT at the grant's price.
    function _paidFor(
        IDeals.Deal memory agreed,
        ISuccession.Serving memory served,
        IStaking.Lock memory held,
        uint40 until
    ) private pure returns (uint128) {
        uint256 covered = uint256(served.valueAtStake) * agreed.coverageBps;
        if (covered == 0) return 0;
        uint256 rate = uint256(served.price) * agreed.units;
        uint256 paid = Math.min(served.owed, rate * _servedOf(until, held.end, agreed.termDays) / 1 days);
        return Math.mulDiv(paid, uint256(held.amount) * BPS, covered).toUint128();
    }

    /// @dev Seconds of the term that it failed in. The lock ends five days after the term, or, when that was renewed
    /// already, the next.
    function _servedOf(uint40 since, uint40 lockEnd, uint256 termDays) private pure returns (uint256) {
        uint256 termStart = lockEnd - DISPUTE - termDays * 1 days;
        if (since < termStart) termStart -= termDays * 1 days;
        return Math.saturatingSub(since, termStart);
    }

    /* APPEAL */

    /// @dev See `IFaults.appeal`.
    function appeal(FaultId fault) external {
        IFaults.Fault storage accused = _faultIn(fault, PROPOSED);
        IDeals.Deal memory agreed = deals.dealOf(accused.deal);
        address provider = accused.provider;
        bool mayAppeal = _isActor(provider, KeyRoles.SERVE) || _isActor(agreed.customer, KeyRoles.CUSTOMER);
        require(mayAppeal, NotAllowed(msg.sender, provider));
        uint40 closedAt = accused.proposedAt + APPEAL_TIME;
        require(block.timestamp <= closedAt, AppealTooLate(closedAt));
        uint40 appealedAt = uint40(block.timestamp);
        (accused.state, accused.appellant, accused.appealedAt) = (APPEALED, msg.sender, appealedAt);
        _bonds += bond;
        emit FaultAppealed(fault, msg.sender, bond, _panelDay(appealedAt), appealedAt + DECISION_TIME);
        flt.safeTransferFrom(msg.sender, address(this), bond);
    }

    /// @dev See `IFaults.decide`.
    function decide(FaultId fault, bool isGuilty, bytes[] calldata signatures) external {
        IFaults.Fault storage accused = _appealed(fault);
        address resolver = deals.dealOf(accused.deal).resolver;
        require(resolver == address(0), ResolverDecides(resolver));
        uint256 have = signatures.length;
        require(have >= panelQuorum, StatementsTooFew(have, panelQuorum));
        probers.checkVerdicts(fault, _panelDay(accused.appealedAt), isGuilty, signatures);
        _decide(fault, accused, isGuilty, PANEL);
        if (isGuilty || accused.kind != DOWNTIME) return;
        // That it came back is no word against who said that it was down.
        IFaults.Failure storage failure = _failures[accused.deal][accused.slot][accused.serving];
        probers.slash(accused.deal, _dayOf(failure.since), failure.signers);
    }

    /// @dev See `IFaults.resolve`.
    function resolve(FaultId fault, bool isGuilty) external {
        IFaults.Fault storage accused = _appealed(fault);
        address resolver = deals.dealOf(accused.deal).resolver;
        require(msg.sender == resolver, NotResolver(msg.sender, resolver));
        _decide(fault, accused, isGuilty, RESOLVER);
    }

    function _decide(FaultId fault, IFaults.Fault storage accused, bool isGuilty, uint8 decidedBy) private {
        emit FaultDecided(fault, isGuilty, decidedBy);
        (accused.state, accused.decidedBy) = (isGuilty ? EXECUTED : DISMISSED, decidedBy);
        _bonds -= bond;
        if (isGuilty) _slash(fault, accused);
        flt.safeTransfer(isGuilty ? DEAD : accused.appellant, bond);
    }

    /* EXECUTE */

    /// @dev See `IFaults.execute`.
    function execute(FaultId fault) external {
        IFaults.Fault storage accused = _faults[fault];
        uint8 state = accused.state;
        require(state != 0, FaultUnknown(fault));
        if (state == APPEALED) {
            uint40 decideUntil = accused.appealedAt + DECISION_TIME;
            require(block.timestamp > decideUntil, AppealRunning(fault, decideUntil));
            _decide(fault, accused, false, NOBODY);
            return;
        }
        require(state == PROPOSED, FaultStateWrong(fault, state));
        uint40 appealUntil = accused.proposedAt + APPEAL_TIME;
        require(block.timestamp > appealUntil, AppealRunning(fault, appealUntil));
        accused.state = EXECUTED;
        _slash(fault, accused);
    }

    function _slash(FaultId fault, IFaults.Fault storage accused) private {
        uint128 slashed;
        uint128 fromOwn;
        if (_isRunning(accused.lock, block.timestamp)) {
            (slashed, fromOwn) = staking.slash(
                accused.lock,
                accused.amount,
                deals.dealOf(accused.deal).customer,
                accused.customerMax,
                accused.reporter,
                uint128(uint256(accused.amount) * REPORTER_BPS / BPS)
            );
        }
        emit FaultExecuted(fault, accused.provider, slashed, fromOwn, accused.customerMax);
    }

    /// @dev After its end anyone may have released it.
    function _isRunning(LockId lock, uint256 at) private view returns (bool) {
        try staking.lockOf(lock) returns (IStaking.Lock memory held) {
            return at <= held.end;
        } catch {
            return false;
        }
    }

    /* READINGS */

    /// @dev The day after: who is on it nobody knows who appeals.
    function _panelDay(uint40 appealedAt) private pure returns (uint32) {
        return _dayOf(appealedAt) + 1;
    }

    /// @dev Where it can be written to.
    function _failureOf(DealId deal, uint8 slot, uint32 serving) private returns (IFaults.Failure storage failure) {
        FlagState memory flagged = _flags[deal][slot];
        if (flagged.serving == serving) {
            _file(deal, slot, flagged);
            _flags[deal][slot].state = flagged.state;
        }
        failure = _failures[deal][slot][serving];
        require(failure.failedAt != 0, NoFailure(deal, slot, serving));
    }

    function _faultIn(FaultId fault, uint8 need) private view returns (IFaults.Fault storage found) {
        found = _faults[fault];
        uint8 state = found.state;
        require(state != 0, FaultUnknown(fault));
        require(state == need, FaultStateWrong(fault, state));
    }

    function _appealed(FaultId fault) private view returns (IFaults.Fault storage accused) {
        accused = _faultIn(fault, APPEALED);
        uint40 closedAt = accused.appealedAt + DECISION_TIME;
        require(block.timestamp <= closedAt, DecisionTooLate(fault, closedAt));
    }
}
