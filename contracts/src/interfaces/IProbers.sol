// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {DealId, FaultId, JobId} from "../types/Ids.sol";

/// @title Probers: who tests that workloads answer, and who of them is drawn.
/// @notice Holds probers' FLT and the stablecoin that their statements are paid from. Stake is counted in *seats* of equal
/// size, so that a uniform draw of seats is a draw by stake. Who takes seats today is drawn from tomorrow on, who leaves
/// today is not drawn from tomorrow on: the seats of a day never change. The seed of a day is that of its first opened
/// window in `Capacity`; opening the day opens a window where nobody has. A draw can be repeated for a week: as long as who
/// signs can be slashed.
///
/// Assumptions, safety:
/// - A quorum of each draw is honest; `Faults` alone slashes.
/// - Nobody chooses the seed of a day's first window.
/// Assumptions, liveness:
/// - Somebody opens each day; anyone can.
interface IProbers {
    /// @dev How many are drawn, and how many of them decide. Fixed at the construction.
    struct Rules {
        uint8 drawn; // 7; at most 32
        uint8 quorum; // 5
        uint8 panelDrawn; // 21; at most 64
        uint8 panelQuorum; // 15
        uint16 eligibleMin; // 21: with fewer probers a quorum may fail a slot over, but never slash
        uint128 seatStake; // FLT of one seat
    }

    /// @dev A prober's word, signed by it as EIP-712 `Statement(uint64 deal,uint8 slot,uint32 serving,bool isUp,uint40 at)`
    /// in the domain `Surety`, version `1`, of this contract.
    struct Statement {
        DealId deal;
        uint8 slot;
        uint32 serving;
        bool isUp;
        uint40 at; // when it probed
    }

    struct Prober {
        uint8 region;
        uint16 seats; // that it keeps: it is drawn by them from `fromDay` on
        uint32 fromDay; // drawn from this day on
        uint32 untilDay; // and before this one; zero: it stays
        uint128 stake; // FLT, less what was slashed
        uint128 credit; // stablecoin for statements
    }

    error NotFaults(address caller);
    error SeatsOutOfRange(uint16 seats);
    error AlreadyRegistered(address prober);
    error ProberUnknown(address prober);
    error AlreadyLeaving(address prober);
    error NotLeaving(address prober);
    error StillBound(address prober, uint40 until);
    error EndpointTooLong(uint256 length);
    error AmountZero();
    error DayNotOpen(uint32 day);
    /// @dev Seats of a day a week ago may be somebody else's.
    error DayOver(uint32 day);
    /// @dev A draw is of one day.
    error DaysDiffer(uint40 at);
    error LengthsDiffer(uint256 statements, uint256 signatures);
    error SignatureInvalid(uint256 index);
    error NotDrawn(address prober);
    error SignerTwice(address prober);
    error RulesInvalid();

    event RulesSet(
        uint8 drawn,
        uint8 quorum,
        uint8 panelDrawn,
        uint8 panelQuorum,
        uint16 eligibleMin,
        uint128 seatStake,
        uint128 pay
    );
    /// @notice Drawn from `fromDay` on. `endpoint` is where others find its statements.
    event ProberRegistered(
        address indexed prober, uint8 region, uint16 seats, uint128 stake, uint32 fromDay, string endpoint
    );
    event ProberLeaving(address indexed prober, uint32 untilDay, uint40 withdrawableAt);
    event ProberWithdrawn(address indexed prober, uint128 amount);
    /// @notice It has a seat less from tomorrow on; after its last one `ProberLeaving` follows. `stake` is what is left.
    event ProberSlashed(address indexed prober, uint128 amount, uint128 stake);
    /// @notice Who is drawn on `day` is drawn from `seats` seats, some of which may be empty, of `eligible` probers.
    event DayOpened(uint32 indexed day, bytes32 seed, uint32 seats, uint32 eligible);
    event PotFunded(address indexed payer, uint128 amount, uint128 pot);
    /// @notice `credit` is the prober's after it.
    event ProberPaid(address indexed prober, uint128 amount, uint128 credit, uint128 pot);
    event ProberClaimed(address indexed prober, address recipient, uint128 amount);

    /// @notice Anyone, once: takes `seats` seats of FLT, 1 to 64, from the caller, who approved this contract.
    function register(uint8 region, uint16 seats, string calldata endpoint) external;
    /// @notice A prober: it is drawn no more from tomorrow on, and free after 7 days more.
    function leave() external;
    /// @notice A prober that left: its stake, to whom it names. It may register again; its credit stays for `claim`.
    function withdraw(address recipient) external returns (uint128 amount);
    /// @notice Anyone: fixes today's seats and seed. Does nothing where they are.
    function openDay() external;
    /// @notice Anyone who approved this contract: stablecoin that statements are paid from.
    function fund(uint128 amount) external;
    /// @notice A prober's credit, to whom it names.
    function claim(address recipient) external returns (uint128 amount);

    /// @notice `Faults` only: checks that each statement is of a different prober drawn for the deal on the statement's
    /// day, and pays each of them while the pot lasts, if `isPaid`.
    /// @param at One for each signature; all of the same day.
    /// @return signers In the order of the signatures.
    /// @return drawnMask Bit i: the i-th of the draw has signed.
    /// @return regions Different ones among the signers.
    function checkStatements(
        Statement calldata statement,
        uint40[] calldata at,
        bytes[] calldata signatures,
        bool isPaid
    ) external returns (address[] memory signers, uint32 drawnMask, uint8 regions);
    /// @notice `Faults` only: of the panel of `fault`, drawn on `day`, signed as EIP-712
    /// `Verdict(uint64 fault,bool isGuilty)`.
    function checkVerdicts(FaultId fault, uint32 day, bool isGuilty, bytes[] calldata signatures)
        external
        view
        returns (address[] memory signers);
    /// @notice `Faults` only: burns a seat's stake of each that is marked in the draw for `deal` on `day`.
    function slash(DealId deal, uint32 day, uint32 drawnMask) external returns (uint128 amount);

    /* VIEWS */

    function rules() external view returns (Rules memory);
    /// @notice Stablecoin of a statement.
    function pay() external view returns (uint128);
    function pot() external view returns (uint128);
    function proberOf(address prober) external view returns (Prober memory);
    /// @notice Who probes `deal` on `day`, in the order of the draw; fewer where fewer are registered.
    function drawOf(DealId deal, uint32 day) external view returns (address[] memory);
    function panelOf(FaultId fault, uint32 day) external view returns (address[] memory);
    /// @notice Who computes samples of `job` again, at most `count`, of those that can be drawn on `day`. `seed` is the sample's: that
    /// of the day is known to who commits.
    function executorsOf(JobId job, bytes32 seed, uint32 day, uint8 count) external view returns (address[] memory);
    /// @notice Zeros: nobody opened it.
    function dayOf(uint32 day) external view returns (bytes32 seed, uint32 seats, uint32 eligible);
    /// @notice What a prober signs.
    function statementDigest(Statement calldata statement) external view returns (bytes32);
    function verdictDigest(FaultId fault, bool isGuilty) external view returns (bytes32);
    /// @notice FLT, and stablecoin, here that are owed to nobody.
    function surplus() external view returns (uint256 flt, uint256 stablecoin);
}
