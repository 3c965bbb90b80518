// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IProbers} from "../interfaces/IProbers.sol";
import {IStaking} from "../interfaces/IStaking.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @dev Who has which seat on which days. Invariants:
/// 1. A prober that has not left has `stake / seatStake` seats, and these are its `_positions`.
/// 2. A seat's owner changes only when no draw that can be repeated meets it: more than a week after its last day.
/// 3. Seats that are taken or given up today change no draw of today or before.
abstract contract Seats is IProbers {
    using SafeERC20 for IERC20;

    address internal constant DEAD = 0x000000000000000000000000000000000000dEaD;
    uint256 internal constant DAY = 1 days;
    /// Days for which a draw can be repeated, and for which who left can be slashed.
    uint32 internal constant KEPT_DAYS = 7;

    uint16 private constant SEATS_MAX = 64;
    uint256 private constant ENDPOINT_MAX = 256;
    /// Of one call, so that nobody can make it too dear.
    uint256 private constant SCAN_MAX = 64;

    /// @dev One word: all that a paid statement reads and writes of its signer.
    struct Member {
        uint96 stake;
        uint88 credit;
        uint32 fromDay;
        uint32 untilDay;
        uint8 region;
    }

    /// @dev One word: all that a try of a draw reads.
    struct Seat {
        address prober;
        uint32 fromDay;
        uint32 untilDay;
    }

    /// @dev What the latest day that anybody acted on began with, and how many probers the next one has.
    struct Turn {
        uint32 day;
        uint32 seats;
        uint32 eligible;
        uint32 eligibleNext;
    }

    IERC20 internal immutable flt;
    IERC20 internal immutable stablecoin;
    uint128 internal immutable seatStake;

    mapping(address prober => Member) internal _members;
    mapping(address prober => uint32[]) internal _positions;
    Seat[] internal _seats;
    Turn internal _turn;
    /// Positions that nobody counts on any more, in the order in which they were given up.
    uint32[] private _vacated;
    uint256 private _vacatedFirst;
    uint256 internal _staked;

    constructor(IStaking staking, uint128 newSeatStake) {
        bool fits = newSeatStake != 0 && newSeatStake <= type(uint96).max / SEATS_MAX;
        require(fits, RulesInvalid());
        flt = IERC20(staking.flt());
        stablecoin = IERC20(staking.stablecoin());
        seatStake = newSeatStake;
    }

    /* STAKE */

    /// @inheritdoc IProbers
    function register(uint8 region, uint16 seats, string calldata endpoint) external {
        require(seats != 0 && seats <= SEATS_MAX, SeatsOutOfRange(seats));
        require(bytes(endpoint).length <= ENDPOINT_MAX, EndpointTooLong(bytes(endpoint).length));
        Member storage member = _members[msg.sender];
        require(member.fromDay == 0, AlreadyRegistered(msg.sender));
        uint32 fromDay = _turnDay() + 1;
        uint128 stake = seatStake * seats;
        // 64 seats fit, says the constructor.
        (member.stake, member.fromDay, member.region) = (uint96(stake), fromDay, region);
        _staked += stake;
        ++_turn.eligibleNext;
        for (uint256 i = 0; i < seats; ++i) {
            uint32 position = _vacancy(fromDay - 1);
            _seats[position] = Seat(msg.sender, fromDay, 0);
            _positions[msg.sender].push(position);
        }
        emit ProberRegistered(msg.sender, region, seats, stake, fromDay, endpoint);
        flt.safeTransferFrom(msg.sender, address(this), stake);
    }

    /// @inheritdoc IProbers
    function leave() external {
        Member storage member = _memberOf(msg.sender);
        require(member.untilDay == 0, AlreadyLeaving(msg.sender));
        _depart(msg.sender, member);
    }

    /// @inheritdoc IProbers
    function withdraw(address recipient) external returns (uint128 amount) {
        Member storage member = _memberOf(msg.sender);
        require(member.untilDay != 0, NotLeaving(msg.sender));
        uint40 until = _freeAt(member.untilDay);
        require(block.timestamp >= until, StillBound(msg.sender, until));
        amount = member.stake;
        (member.stake, member.fromDay, member.untilDay, member.region) = (0, 0, 0, 0);
        _staked -= amount;
        _turnDay();
        _trim();
        emit ProberWithdrawn(msg.sender, amount);
        if (amount != 0) flt.safeTransfer(recipient, amount);
    }

    /// @dev Up to a seat's stake. Who has left has no seats, but answers with its stake still.
    function _slash(address prober) internal returns (uint128 amount) {
        Member storage member = _members[prober];
        uint96 stake = member.stake;
        amount = stake < seatStake ? stake : seatStake;
        if (amount == 0) return 0;
        member.stake = stake - uint96(amount);
        _staked -= amount;
        emit ProberSlashed(prober, amount, member.stake);
        if (member.untilDay != 0) return amount;
        uint32 tomorrow = _turnDay() + 1;
        uint32[] storage positions = _positions[prober];
        uint256 last = positions.length - 1;
        _vacate(positions[last], tomorrow);
        positions.pop();
        if (last == 0) _depart(prober, member);
    }

    /* SEATS */

    /// @dev Today, with what it began with written down.
    function _turnDay() internal returns (uint32 today) {
        today = _today();
        if (_turn.day == today) return today;
        uint32 eligible = _turn.eligibleNext;
        _turn = Turn(today, uint32(_seats.length), eligible, eligible);
    }

    function _depart(address prober, Member storage member) private {
        uint32 tomorrow = _turnDay() + 1;
        member.untilDay = tomorrow;
        --_turn.eligibleNext;
        uint32[] storage positions = _positions[prober];
        for (uint256 i = positions.length; i > 0; --i) {
            _vacate(positions[i - 1], tomorrow);
            positions.pop();
        }
        emit ProberLeaving(prober, tomorrow, _freeAt(tomorrow));
    }

    function _vacate(uint32 position, uint32 untilDay) private {
        _seats[position].untilDay = untilDay;
        _vacated.push(position);
    }

    /// @dev A position that no draw needs any more, or a new one. Those that were trimmed away in between are passed over.
    function _vacancy(uint32 today) private returns (uint32 position) {
        uint256 first = _vacatedFirst;
        uint256 end = Math.min(_vacated.length, first + SCAN_MAX);
        for (; first < end; ++first) {
            position = _vacated[first];
            if (position >= _seats.length || _seats[position].untilDay == 0) continue;
            if (!_isForgotten(position, today)) break;
            _vacatedFirst = first + 1;
            return position;
        }
        _vacatedFirst = first;
        _seats.push();
        return uint32(_seats.length - 1);
    }

    /// @dev Empty seats at the end would make draws miss for ever.
    function _trim() private {
        uint32 today = _today();
        for (uint256 i = 0; i < SCAN_MAX; ++i) {
            uint256 length = _seats.length;
            if (length == 0 || !_isForgotten(uint32(length - 1), today)) return;
            _seats.pop();
        }
    }

    function _isForgotten(uint32 position, uint32 today) private view returns (bool) {
        uint32 untilDay = _seats[position].untilDay;
        return untilDay != 0 && untilDay + KEPT_DAYS < today;
    }

    /* READINGS */

    function _memberOf(address prober) internal view returns (Member storage member) {
        member = _members[prober];
        require(member.fromDay != 0, ProberUnknown(prober));
    }

    function _today() internal view returns (uint32) {
        return uint32(block.timestamp / DAY);
    }

    function _freeAt(uint32 untilDay) private pure returns (uint40) {
        return uint40((uint256(untilDay) + KEPT_DAYS) * DAY);
    }
}
