// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICapacity} from "../interfaces/ICapacity.sol";
import {IDeals} from "../interfaces/IDeals.sol";
import {IFaults, IFaultsBooks} from "../interfaces/IFaults.sol";
import {IFeeBurn} from "../interfaces/IFeeBurn.sol";
import {IOffers} from "../interfaces/IOffers.sol";
import {IProbers} from "../interfaces/IProbers.sol";
import {IStaking} from "../interfaces/IStaking.sol";
import {ISuccession} from "../interfaces/ISuccession.sol";
import {STANDBY} from "../libraries/DealWords.sol";
import {DealId, FaultId} from "../types/Ids.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

/// @dev What is stored, and the rules, which nobody can change. Invariants:
/// 1. A failure lies in its slot's flag until it is judged or the slot is flagged again, and then by its serving.
/// 2. FLT here is the bonds of appeals that wait for a decision, and what was donated.
/// 3. A fault's state only rises: proposed, appealed, executed or dismissed.
abstract contract Books is IFaultsBooks {
    uint8 internal constant SERVING = 2;

    uint8 internal constant BY_PROBERS = 1;
    uint8 internal constant BY_CUSTOMER = 2;
    uint8 internal constant FAILED = 3;

    uint8 internal constant DOWNTIME = 1;
    uint8 internal constant ABANDONMENT = 2;
    uint8 internal constant WRONG = 4;

    uint8 internal constant PROPOSED = 1;
    uint8 internal constant APPEALED = 2;
    uint8 internal constant EXECUTED = 3;
    uint8 internal constant DISMISSED = 4;

    uint256 internal constant BPS = 10_000;
    uint256 internal constant MONTH = 30 days;
    uint40 internal constant GRACE = 10 minutes;
    uint40 internal constant STATEMENT_AGE = 15 minutes;
    /// How long a flag of probers is good for: a lock may be freed five days after a slot ended early, and all that follows
    /// a failure takes four and a half.
    uint40 internal constant FLAG_TIME = 6 hours;
    uint40 internal constant ABANDONED_AFTER = 24 hours;
    uint40 internal constant PROPOSAL_TIME = 12 hours;
    uint40 internal constant APPEAL_TIME = 36 hours;
    uint40 internal constant DECISION_TIME = 36 hours;
    uint16 internal constant REPORTER_BPS = 500;

    /// @dev One word, so that a failover writes no new one. `life` is for how long a flag of probers is good, `upAt` the
    /// last probe that showed the slot up; the days are those of the last reports. Of a failure `flaggedAt` is when it was
    /// failed over, and `declaredOrExcess` the minutes down beyond what was declared; of a flag it is what is declared.
    struct FlagState {
        uint8 state;
        uint16 serving;
        uint40 since;
        uint40 flaggedAt;
        uint16 life;
        uint16 declaredOrExcess;
        uint16 eligible;
        uint32 signers;
        uint40 upAt;
        uint16 downDay;
        uint16 upDay;
    }

    IERC20 internal immutable flt;
    IStaking internal immutable staking;
    IDeals internal immutable deals;
    IOffers internal immutable offers;
    IFeeBurn internal immutable feeBurn;
    ICapacity internal immutable capacity;
    IProbers internal immutable probers;
    /// Whose word a wrong result is.
    address internal immutable disputes;
    uint8 internal immutable quorum;
    uint8 internal immutable panelQuorum;
    uint16 internal immutable eligibleMin;
    uint128 internal immutable bond;

    mapping(DealId deal => mapping(uint8 slot => FlagState)) internal _flags;
    mapping(DealId deal => mapping(uint8 slot => mapping(uint32 serving => IFaults.Failure))) internal _failures;
    mapping(DealId deal => mapping(uint8 slot => mapping(uint32 serving => IFaults.Note))) internal _notes;
    /// Stablecoin to probers, of what they said of a serving.
    mapping(DealId deal => mapping(uint8 slot => mapping(uint32 serving => uint256))) internal _paid;
    mapping(address provider => IFaults.Record) internal _records;
    /// When a window of its capacity last showed a provider up that counted as down.
    mapping(address provider => uint256) internal _windowUpAt;
    mapping(FaultId fault => IFaults.Fault) internal _faults;
    uint64 internal _count;
    uint128 internal _bonds;
    /// Fees to be burned, of all served time that was ever noted.
    uint128 internal _recorded;
    /// Servings of which a wrong result was proposed: they may fail as well, before or afterwards.
    mapping(DealId deal => mapping(uint8 slot => mapping(uint32 serving => bool))) internal _isWrong;

    constructor(
        IStaking newStaking,
        IDeals newDeals,
        IOffers newOffers,
        IFeeBurn newFeeBurn,
        ICapacity newCapacity,
        IProbers newProbers,
        address newDisputes,
        uint128 newAppealBond
    ) {
        flt = IERC20(newStaking.flt());
        staking = newStaking;
        deals = newDeals;
        offers = newOffers;
        feeBurn = newFeeBurn;
        capacity = newCapacity;
        probers = newProbers;
        disputes = newDisputes;
        IProbers.Rules memory rules = newProbers.rules();
        quorum = rules.quorum;
        panelQuorum = rules.panelQuorum;
        eligibleMin = rules.eligibleMin;
        bond = newAppealBond;
    }

    /* FAILURES */

    function _failureFor(DealId deal, uint8 slot, uint32 serving) internal view returns (IFaults.Failure memory) {
        FlagState memory flagged = _flags[deal][slot];
        bool isThere = flagged.state == FAILED && flagged.serving == serving;
        return isThere ? _failureIn(flagged) : _failures[deal][slot][serving];
    }

    /// @dev Moves a failure out of its slot's flag; who calls writes the flag.
    function _file(DealId deal, uint8 slot, FlagState memory flagged) internal {
        if (flagged.state != FAILED) return;
        _failures[deal][slot][flagged.serving] = _failureIn(flagged);
        flagged.state = 0;
    }

    function _failureIn(FlagState memory flagged) private pure returns (IFaults.Failure memory) {
        return IFaults.Failure({
            since: flagged.since,
            failedAt: flagged.flaggedAt,
            excess: uint32(flagged.declaredOrExcess) * 1 minutes,
            eligible: flagged.eligible,
            signers: flagged.signers,
            hasNotice: false,
            isShown: false,
            proposed: 0
        });
    }

    /* READINGS */

    function _dayOf(uint40 at) internal pure returns (uint32) {
        return uint32(at / 1 days);
    }

    /// @dev Standbys are not probed.
    function _requireSlot(DealId deal, uint8 slot) internal pure {
        require(slot < STANDBY, SlotNotServed(deal, slot));
    }

    function _requireActor(address account, uint32 role) internal view {
        require(_isActor(account, role), NotAllowed(msg.sender, account));
    }

    function _isActor(address account, uint32 role) internal view returns (bool) {
        return msg.sender == account || staking.mayAct(account, msg.sender, role);
    }

    /// @dev Of a serving that runs, ended with its slot, or ended before it did: only the last is kept elsewhere. A place
    /// that is empty keeps the number of who was there.
    function _servingOf(DealId deal, uint8 slot, uint32 serving)
        internal
        view
        returns (ISuccession.Serving memory found)
    {
        IDeals.Slot memory place = deals.slotOf(deal, slot);
        if (place.serving != serving || place.provider == address(0)) return deals.servingOf(deal, slot, serving);
        found.provider = place.provider;
        found.lock = place.lock;
        found.price = place.price;
        found.valueAtStake = place.valueAtStake;
        found.endedAt = place.endsAt;
        found.owed = place.owed;
        found.credited = place.credited;
    }
}
