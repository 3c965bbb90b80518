// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {CommitmentId, DealId, FaultId, LockId} from "../types/Ids.sol";
import {ICapacity} from "./ICapacity.sol";

/// @title What `Faults` refuses and tells; what may be called is in `IFaults`.
interface IFaultsBooks {
    error NotAllowed(address caller, address account);
    error SlotNotServed(DealId deal, uint8 slot);
    /// @dev Who is not paid need not serve.
    error SlotDry(DealId deal, uint8 slot);
    error ServingOver(DealId deal, uint8 slot, uint32 serving);
    error StatementsTooFew(uint256 have, uint256 need);
    error RegionsTooFew(uint256 have);
    error StatementTooOld(uint40 at, uint40 oldest);
    error StatementFromFuture(uint40 at);
    error AlreadyFlagged(DealId deal, uint8 slot);
    error NotFlagged(DealId deal, uint8 slot);
    error GraceRunning(DealId deal, uint8 slot, uint40 until);
    error AlreadyReported(DealId deal, uint8 slot, uint32 day);
    error NothingToRecord(DealId deal, uint8 slot);
    error FeeNotBurned(uint256 sold, uint256 upTo);
    error NotDown(address provider);
    error NoticeOver(uint40 closedAt);
    error NoticeGivenAlready(DealId deal, uint8 slot, uint32 serving);
    error WindowTooOld(uint32 window);
    error WindowNotFilled(CommitmentId commitment, uint32 window);
    error FaultUnknown(FaultId fault);
    error FaultStateWrong(FaultId fault, uint8 state);
    error NoFailure(DealId deal, uint8 slot, uint32 serving);
    error AlreadyProposed(DealId deal, uint8 slot, uint32 serving, uint8 kind);
    error KindUnknown(uint8 kind);
    error NotDisputes(address caller);
    error ProbersTooFew(uint32 eligible, uint16 need);
    error ProposalTooEarly(uint40 opensAt);
    error ProposalTooLate(uint40 closedAt);
    error WithinDeclared(uint256 down, uint256 allowed);
    error NotAbandoned(address provider);
    error AppealTooLate(uint40 closedAt);
    error AppealRunning(FaultId fault, uint40 until);
    error DecisionTooLate(FaultId fault, uint40 closedAt);
    error ResolverDecides(address resolver);
    error NotResolver(address caller, address resolver);

    event FaultRulesSet(uint40 grace, uint40 statementAge, uint128 appealBond, uint16 reporterBps);
    /// @notice A quorum of probers said so; `at` is the median of their probes. They are paid once a deal, slot, direction
    /// and day, and for a serving no more than the fee of what it has earned and settled.
    event StatementsReported(
        DealId indexed deal,
        uint8 indexed slot,
        address indexed provider,
        uint32 serving,
        bool isUp,
        uint8 signers,
        uint8 regions,
        uint40 at
    );
    event StatementSigned(DealId indexed deal, uint8 indexed slot, address indexed prober, bool isUp, uint40 at);
    /// @notice Down, says a quorum, or the customer (`isCustomer`). The grace ends at `graceEnd`.
    event SlotFlagged(
        DealId indexed deal,
        uint8 indexed slot,
        address indexed provider,
        uint32 serving,
        bool isCustomer,
        uint40 since,
        uint40 graceEnd
    );
    /// @notice Up again before anybody failed it over: `downSeconds` are not paid, and nothing else happened.
    event FlagAnswered(
        DealId indexed deal, uint8 indexed slot, address indexed provider, uint32 serving, uint40 downSeconds
    );
    /// @notice The customer's flag was not confirmed within the grace: the slot ends after its notice.
    event FlagLapsed(DealId indexed deal, uint8 indexed slot, address indexed provider, uint32 serving);
    /// @notice `downSeconds` are those of this failure until the slot was taken from its provider.
    event FailedOver(
        DealId indexed deal,
        uint8 indexed slot,
        address indexed provider,
        uint32 serving,
        uint40 since,
        uint40 downSeconds,
        bool isServed
    );
    /// @notice The provider's record after a change of it.
    event RecordChanged(
        address indexed provider,
        uint32 served,
        uint32 down,
        uint32 servedBefore,
        uint32 downBefore,
        uint16 period,
        uint40 downSince
    );
    /// @notice Seconds served whose fee counts as burned when `FeeBurn` has sold `upTo`.
    event ServedNoted(
        DealId indexed deal,
        uint8 indexed slot,
        address indexed provider,
        uint32 serving,
        uint40 servedSeconds,
        uint256 upTo
    );
    event ServedCounted(DealId indexed deal, uint8 indexed slot, address indexed provider, uint40 servedSeconds);
    /// @notice The provider says that it is gone: no abandonment.
    event NoticeGiven(DealId indexed deal, uint8 indexed slot, address indexed provider, uint32 serving);
    event FaultProposed(
        FaultId indexed fault,
        DealId indexed deal,
        address indexed provider,
        uint8 slot,
        uint32 serving,
        uint8 kind,
        LockId lock,
        uint128 amount,
        address reporter,
        uint40 appealUntil
    );
    event FaultAppealed(FaultId indexed fault, address indexed appellant, uint128 bond, uint32 day, uint40 decideUntil);
    /// @notice decidedBy: 1 panel, 2 resolver, 3 nobody in time.
    event FaultDecided(FaultId indexed fault, bool isGuilty, uint8 decidedBy);
    /// @notice Slashed, at last: FLT, as `Staking` took it.
    event FaultExecuted(
        FaultId indexed fault, address indexed provider, uint128 slashed, uint128 fromOwn, uint128 customerMax
    );
}

/// @title Faults: what failed, who says so, what it costs, and who may object.
/// @notice Keeps each provider's record of time served and time down, from which its unavailability follows. A slot is
/// flagged by a quorum of the probers drawn for its deal and day, or by its customer. Within the grace of 10 minutes the
/// probers may say that it is up; after it anyone may fail the slot over. What a failure costs beyond income is proposed,
/// may be appealed, and is slashed only after that. Nothing here needs a price.
///
/// Assumptions, safety:
/// - `Probers` names an honest quorum. Half of a quorum alone can neither flag nor answer.
/// - This contract is the slasher pinned in the locks of `Deals`.
/// Assumptions, liveness:
/// - Somebody reports, fails over and proposes in time; anyone can.
interface IFaults is IFaultsBooks {
    /// @dev Times in seconds. A period of 30 days, and the one before it, which counts less the longer it is over.
    struct Record {
        uint32 served;
        uint32 down;
        uint32 servedBefore;
        uint32 downBefore;
        uint16 period;
        uint40 downSince; // proven down since then, and not shown up; zero: up
    }

    /// @dev state: 0 none, 1 flagged by probers, 2 flagged by the customer.
    struct Flag {
        uint8 state;
        uint32 serving;
        uint40 since; // median of the missed probes; zero for a customer's flag
        uint40 flaggedAt;
    }

    /// @dev A serving that was failed over; zeros: it was not.
    struct Failure {
        uint40 since;
        uint40 failedAt;
        uint32 excess; // the provider's seconds down then, of 30 days, beyond what its offer declared
        uint16 eligible; // probers on the day of the flag
        uint32 signers; // of the flag, bits of the draw for the deal on the day of `since`
        bool hasNotice;
        bool isShown; // up, by a quorum, within 24 hours of the failover
        uint8 proposed; // bit of each kind
    }

    /// @dev Served time of a serving on its way into the record.
    struct Note {
        uint128 credited; // noted up to there
        uint40 waiting; // seconds that count when `FeeBurn` has sold `upTo`
        uint128 upTo;
    }

    /// @dev kind: 1 downtime beyond what was declared, 2 abandonment, 4 a wrong result.
    /// state: 1 proposed, 2 appealed, 3 executed, 4 dismissed.
    struct Fault {
        DealId deal;
        uint8 slot;
        uint32 serving;
        uint8 kind;
        uint8 state;
        uint8 decidedBy; // of an appeal: 1 panel, 2 resolver, 3 nobody in time; zero: not appealed, or not decided yet
        address provider;
        LockId lock;
        uint128 amount; // FLT
        uint128 customerMax; // of it, FLT: what he paid in that term at the grant's price
        address reporter;
        uint40 proposedAt;
        uint40 appealedAt;
        address appellant;
    }

    /* STATEMENTS */

    /// @notice Anyone who has statements of a quorum from two regions, each at most 15 minutes old, all of one day, in any
    /// order.
    /// Down: flags the slot, or confirms the customer's flag, whose grace starts anew. All of them are later than the slot
    /// was last shown up. Refused for a slot that ends within the grace, and for one whose escrow is used up.
    /// Up: answers a flag with probes later than those that were missed, until somebody fails the slot over; and shows a
    /// provider up that counted as down. A serving that has ended can still be shown up. Without either it tells that all
    /// is well, once a day. It does not answer a customer's flag: that is his wish, and no accusation until probers confirm
    /// it.
    function report(
        DealId deal,
        uint8 slot,
        uint32 serving,
        bool isUp,
        uint40[] calldata at,
        bytes[] calldata signatures
    ) external;
    /// @notice The customer or his CUSTOMER key. Confirmed by probers within the grace it is a failure, otherwise a stop of
    /// the slot: its provider is paid through its notice.
    function flag(DealId deal, uint8 slot) external;
    /// @notice Anyone, after the grace: takes the slot from its provider, or lets the customer's flag lapse. A flag of
    /// probers is good for six hours, and until 10 minutes after the slot's end.
    function failover(DealId deal, uint8 slot) external;
    /// @notice Anyone: a drawn window of a provider's capacity shows it up, at the window's end, when the window began
    /// after the provider failed and half of its commitment's share is filled: 1.9 puzzles a unit.
    function showUp(CommitmentId commitment, ICapacity.Claim calldata claim) external;

    /* RECORD */

    /// @notice Anyone: counts served time whose fee is burned, and notes what was credited since. Served time counts only
    /// as far as its fee was burned, 30 days a provider and period at most, and only of servings whose fee of a day pays
    /// both of that day's reports.
    function recordServed(DealId deal, uint8 slot, uint32 serving) external;

    /* FAULTS */

    /// @notice The provider or its SERVE key, within 24 hours of the failover: it is gone and says so.
    function giveNotice(DealId deal, uint8 slot, uint32 serving) external;
    /// @notice Anyone, at most 12 hours after it can be shown (downtime: at the failover; abandonment: 24 hours later).
    /// kind: 1 downtime, 2 abandonment. Each once a failure. The caller is the reporter.
    function proposeFault(DealId deal, uint8 slot, uint32 serving, uint8 kind) external returns (FaultId fault);
    /// @notice `disputes` (`Sampled`) only: two executors agree with each other, and not with the serving's provider. All of
    /// its lock, once a serving. The reporter gets what reporters get. Returns zero and does nothing where nothing can be
    /// proposed: there are too few probers for a panel, it was proposed already, or the lock can be
    /// free before a decision.
    function proposeWrong(DealId deal, uint8 slot, uint32 serving, address reporter) external returns (FaultId fault);
    /// @notice The provider, its SERVE key or the customer, within 36 hours, with a bond in FLT. Where no resolver is named
    /// a panel is drawn for the day after, which somebody opens then: at least 12 hours are left.
    function appeal(FaultId fault) external;
    /// @notice Anyone with the verdicts of the panel's quorum, within 36 hours of the appeal, where no resolver is named.
    /// Guilty: slashed, and the bond burned. Not guilty: the bond goes back; if it was downtime, who signed the flag loses
    /// a seat.
    function decide(FaultId fault, bool isGuilty, bytes[] calldata signatures) external;
    /// @notice The deal's resolver, within 36 hours of the appeal. As `decide`, but no prober loses by it: the customer
    /// chose him.
    function resolve(FaultId fault, bool isGuilty) external;
    /// @notice Anyone: slashes what was not appealed in time, dismisses what was not decided in time, and gives the bond
    /// back. Nothing that a provider does makes it revert; a lock that is over by then is spared.
    function execute(FaultId fault) external;

    /* VIEWS */

    /// @notice Zeros where nothing is flagged, it is six hours ago, or it was another serving.
    function flagOf(DealId deal, uint8 slot) external view returns (Flag memory);
    function failureOf(DealId deal, uint8 slot, uint32 serving) external view returns (Failure memory);
    function noteOf(DealId deal, uint8 slot, uint32 serving) external view returns (Note memory);
    function recordOf(address provider) external view returns (Record memory);
    /// @notice Of the last 30 days, 18 decimals, rounded up: `(down + 5 % of 7 days) / (served + down + 7 days)`.
    function unavailability(address provider) external view returns (uint256);
    /// @notice Seconds served and down that it is computed from, now.
    function timesOf(address provider) external view returns (uint256 served, uint256 down);
    function faultOf(FaultId fault) external view returns (Fault memory);
    function count() external view returns (uint64);
    function appealBond() external view returns (uint128);
    /// @notice FLT here that is owed to nobody.
    function surplus() external view returns (uint256);
}
