// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IStaking} from "../../src/interfaces/IStaking.sol";
import {DevelopmentFlt} from "../../src/token/DevelopmentFlt.sol";
import {DevelopmentUsd} from "../../src/token/DevelopmentUsd.sol";
import {LockId} from "../../src/types/Ids.sol";
import {Test} from "forge-std/Test.sol";

/// @dev What the laws of Staking need to know about the past: lists of what exists, sums of what moved, and broken laws.
/// A law about a single call is judged around that call and its verdict kept in `isBroken`, so that one law's failure is its own.
abstract contract StakingGhost is Test {
    struct TicketKey {
        address provider;
        address account;
        uint32 day;
    }

    struct TrancheView {
        uint256 active;
        uint256 shares;
        uint256 generation;
        uint256 fltIndex;
        uint256 usdIndex;
    }

    struct World {
        TrancheView[] tranches;
        uint256[] positions;
        uint256[] tickets;
        uint256 ticketCount;
    }

    struct Actors {
        address issuer;
        address deals;
        address faults;
        address guardian;
        address council;
    }

    IStaking internal immutable staking;
    DevelopmentFlt internal immutable flt;
    DevelopmentUsd internal immutable usd;
    Actors internal actors;

    address[] public providers;
    address[] public accounts;
    LockId[] public locks;
    TicketKey[] public tickets;
    uint32[] public burnDays;
    uint64 public quarantineCount;

    uint256 public fltRewards; // pushed or cancelled into a drip, not claimed
    uint256 public usdRewards;
    uint256 public fltDonated;
    uint256 public usdDonated;
    mapping(uint256 law => string) public isBroken;

    constructor(IStaking newStaking, Actors memory newActors) {
        staking = newStaking;
        flt = DevelopmentFlt(newStaking.flt());
        usd = DevelopmentUsd(newStaking.stablecoin());
        actors = newActors;
        providers = [makeAddr("provider 1"), makeAddr("provider 2"), makeAddr("provider 3")];
        accounts = providers;
        accounts.push(makeAddr("delegator 1"));
        accounts.push(makeAddr("delegator 2"));
        accounts.push(makeAddr("delegator 3"));
    }

    /* LISTS */

    function providerCount() external view returns (uint256) {
        return providers.length;
    }

    function accountCount() external view returns (uint256) {
        return accounts.length;
    }

    function lockCount() external view returns (uint256) {
        return locks.length;
    }

    function ticketCount() external view returns (uint256) {
        return tickets.length;
    }

    function burnDayCount() external view returns (uint256) {
        return burnDays.length;
    }

    /* JUDGEMENT */

    function _hold(bool isHeld, uint256 law, string memory how) internal {
        if (!isHeld) isBroken[law] = how;
    }

    /// @dev Judges the laws that every call must keep: of share price (5), third parties (7), matured exits (8), indices (14).
    modifier watched(address actor, bool isSlash) {
        World memory before = _look();
        _;
        _judge(before, _look(), actor, isSlash);
    }

    function _look() internal view returns (World memory world) {
        world.tranches = new TrancheView[](providers.length * 2);
        for (uint256 i; i < world.tranches.length; ++i) {
            bool isOwn = i % 2 == 0;
            IStaking.Tranche memory tranche = staking.tranche(providers[i / 2], isOwn);
            (uint128 fltIndex, uint128 usdIndex) = staking.rewardIndex(providers[i / 2], isOwn);
            world.tranches[i] = TrancheView(tranche.active, tranche.shares, tranche.generation, fltIndex, usdIndex);
        }
        world.positions = new uint256[](providers.length * accounts.length);
        for (uint256 i; i < world.positions.length; ++i) {
            world.positions[i] = staking.position(providers[i / accounts.length], accounts[i % accounts.length]).amount;
        }
        world.tickets = new uint256[](tickets.length);
        for (uint256 i; i < world.tickets.length; ++i) {
            world.tickets[i] = _ticketAmount(tickets[i]);
        }
    }

    function _judge(World memory before, World memory after_, address actor, bool isSlash) private {
        for (uint256 i; i < before.tranches.length; ++i) {
            TrancheView memory a = before.tranches[i];
            TrancheView memory b = after_.tranches[i];
            _hold(b.fltIndex >= a.fltIndex && b.usdIndex >= a.usdIndex, 14, "an index fell");
            if (a.generation != b.generation || a.shares == 0 || b.shares == 0) continue;
            _hold(b.active * a.shares <= a.active * b.shares + 2 * a.shares, 5, "a share price rose");
        }
        for (uint256 i; i < before.positions.length && !isSlash; ++i) {
            if (accounts[i % accounts.length] == actor) continue;
            _hold(after_.positions[i] >= before.positions[i], 7, "a position lost value to a third party");
        }
        for (uint256 i; i < before.tickets.length; ++i) {
            TicketKey memory key = tickets[i];
            if (key.account == actor) continue;
            bool isMatured = key.day <= block.timestamp / 1 days;
            if (isSlash && !isMatured) continue;
            // Crystallising rounds what a ticket shares down twice.
            bool isKept = after_.tickets[i] + 2 >= before.tickets[i];
            _hold(isKept, isSlash ? 8 : 7, "a ticket lost value to a third party");
        }
    }

    function _ticketAmount(TicketKey memory key) internal view returns (uint256) {
        return staking.ticket(key.provider, key.account, key.day).amount;
    }

    /// @dev Active, thawing and not matured, and orphaned: what a slash can still reach.
    function slashable(address provider) public view returns (uint256 sum) {
        IStaking.Tranche memory own = staking.tranche(provider, true);
        IStaking.Tranche memory delegated = staking.tranche(provider, false);
        sum = uint256(own.active) + delegated.active + staking.orphan(provider);
        sum += _thawingAfter(provider, block.timestamp);
    }

    /// @dev Thawing stake whose day comes after `time`, rounded up ticket by ticket to be comparable with a whole tranche.
    function _thawingAfter(address provider, uint256 time) internal view returns (uint256 sum) {
        for (uint256 i; i < tickets.length; ++i) {
            TicketKey memory key = tickets[i];
            if (key.provider != provider || uint256(key.day) * 1 days <= time) continue;
            if (staking.ticket(provider, key.account, key.day).units == 0) continue;
            sum += _ticketAmount(key) + 1;
        }
    }

    /// @dev Stake that a slash at `time` would reach if every account exited now.
    function slashableAt(address provider, uint256 time) public view returns (uint256 sum) {
        IStaking.Tranche memory own = staking.tranche(provider, true);
        IStaking.Tranche memory delegated = staking.tranche(provider, false);
        sum = staking.orphan(provider) + _thawingAfter(provider, time);
        if ((block.timestamp + 21 days + 1 days - 1) / 1 days * 1 days > time) {
            sum += uint256(own.active) + delegated.active;
        }
    }
}
