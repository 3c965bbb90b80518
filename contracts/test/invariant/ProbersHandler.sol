// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IProbers} from "../../src/interfaces/IProbers.sol";
import {DealId} from "../../src/types/Ids.sol";
import {FaultsBase} from "../FaultsBase.t.sol";

/// @dev Probers come and go, buy many seats or few, fund, claim, donate; days are opened, mostly. What was drawn is written
/// down.
abstract contract ProbersHandler is FaultsBase {
    struct Member {
        uint256 stake;
        uint32 fromDay;
        uint32 untilDay;
    }

    address[] internal people;
    mapping(address prober => Member) internal members;
    uint32[] public days_;
    mapping(uint32 day => mapping(uint256 deal => bytes32)) private drawnOn;
    mapping(uint32 day => uint256) private eligibleOn;

    uint256 public donatedFlt;
    uint256 public donatedUsd;
    uint256 public funded;
    uint256 public claimed;
    /// Laws that a single call broke, by number.
    mapping(uint256 law => string) public broken;

    /// @dev Nine of them are there from the start.
    function _meet() internal {
        funded = 100 * dollar;
        for (uint256 i = 0; i < 14; ++i) {
            people.push(i < 9 ? crew[i] : _named(string.concat("newcomer ", vm.toString(i))));
            if (i < 9) members[people[i]] = Member(SEAT, 20_701, 0);
        }
        _openDay();
    }

    function _openDay() internal {
        uint32 day = _day();
        (bytes32 seed,,) = probers.dayOf(day);
        probers.openDay();
        if (seed != 0 && eligibleOn[day] != 0) return;
        days_.push(day);
        for (uint256 i = 0; i < people.length; ++i) {
            if (_counts(people[i], day)) ++eligibleOn[day];
        }
        for (uint64 deal = 1; deal <= 3; ++deal) {
            address[] memory drawn = probers.drawOf(DealId.wrap(deal), day);
            drawnOn[day][deal] = keccak256(abi.encode(drawn));
            for (uint256 i = 0; i < drawn.length; ++i) {
                if (!_counts(drawn[i], day)) broken[86] = "L86: drawn without a seat that counts today";
            }
        }
    }

    function _counts(address prober, uint32 day) internal view returns (bool) {
        Member memory member = members[prober];
        return member.fromDay != 0 && member.fromDay <= day && (member.untilDay == 0 || day < member.untilDay);
    }

    /* ACTS */

    function join(uint256 seed, uint16 seats) external {
        address prober = people[seed % people.length];
        if (members[prober].fromDay != 0) return;
        seats = uint16(bound(seats, 1, seed % 4 == 0 ? 64 : 3));
        _enroll(prober, uint8(seed % 3), seats);
        members[prober] = Member(uint256(SEAT) * seats, _day() + 1, 0);
    }

    function leave(uint256 seed) external {
        // Most stay, or nobody would be left to judge.
        address prober = people[seed % people.length];
        Member storage member = members[prober];
        bool isThere = member.fromDay != 0 && member.untilDay == 0;
        if (seed % 3 == 0 && isThere) return;
        vm.prank(prober);
        try probers.leave() {
            if (!isThere) broken[86] = "L86: somebody left who was not there";
            member.untilDay = _day() + 1;
        } catch {
            if (isThere) broken[87] = "L87: a prober was kept";
        }
    }

    function withdraw(uint256 seed) external {
        address prober = people[seed % people.length];
        for (uint256 i = 0; i < people.length && members[prober].untilDay == 0; ++i) {
            prober = people[(seed % people.length + i) % people.length];
        }
        Member memory member = members[prober];
        uint256 freeAt = (uint256(member.untilDay) + 7) * 1 days;
        if (member.untilDay != 0 && seed >> 8 & 1 == 0 && block.timestamp < freeAt) vm.warp(freeAt);
        bool isFree = member.untilDay != 0 && block.timestamp >= freeAt;
        vm.prank(prober);
        try probers.withdraw(prober) returns (uint128 amount) {
            if (!isFree) broken[87] = "L87: stake left before it was free";
            if (amount != member.stake) broken[87] = "L87: more or less than was left of it";
            delete members[prober];
            _succeed(prober);
        } catch {
            if (isFree) broken[87] = "L87: free stake was kept";
        }
    }

    /// @dev On a day that is open already, somebody else takes the seats that became free.
    function _succeed(address gone) private {
        _openDay();
        for (uint256 i = 0; i < people.length; ++i) {
            if (people[i] == gone || members[people[i]].fromDay != 0) continue;
            _enroll(people[i], uint8(i % 3), 8);
            members[people[i]] = Member(uint256(SEAT) * 8, _day() + 1, 0);
            return;
        }
    }

    function claim(uint256 seed) external {
        address prober = people[seed % people.length];
        if (probers.proberOf(prober).credit == 0) return;
        vm.prank(prober);
        claimed += probers.claim(prober);
    }

    function fund(uint256 amount) external {
        amount = bound(amount, 1, 10 * dollar);
        _fundPot(uint128(amount));
        funded += amount;
    }

    function donate(uint256 seed) external {
        vm.startPrank(issuer);
        if (seed % 2 == 0) {
            flt.mint(address(probers), seed % 1e18);
            donatedFlt += seed % 1e18;
        } else {
            usd.mint(address(probers), seed % 1e6);
            donatedUsd += seed % 1e6;
        }
        vm.stopPrank();
    }

    /* READINGS */

    function staked() external view returns (uint256 sum) {
        for (uint256 i = 0; i < people.length; ++i) {
            sum += members[people[i]].stake;
        }
    }

    function credits() external view returns (uint256 sum) {
        for (uint256 i = 0; i < people.length; ++i) {
            sum += probers.proberOf(people[i]).credit;
        }
    }

    /// @dev L86, of every day that can still be told.
    function checkDraws() external view returns (string memory) {
        for (uint256 i = 0; i < days_.length; ++i) {
            uint32 day = days_[i];
            if (day + 7 < _day()) continue;
            (,, uint32 eligible) = probers.dayOf(day);
            if (eligible != eligibleOn[day]) return "L86: not those who count that day";
            for (uint64 deal = 1; deal <= 3; ++deal) {
                bytes32 drawn = keccak256(abi.encode(probers.drawOf(DealId.wrap(deal), day)));
                if (drawn != drawnOn[day][deal]) return "L86: a draw changed";
            }
        }
        return broken[86];
    }

    /// @dev L87, of everybody.
    function checkSeats() external view returns (string memory) {
        for (uint256 i = 0; i < people.length; ++i) {
            Member memory member = members[people[i]];
            IProbers.Prober memory prober = probers.proberOf(people[i]);
            if (prober.stake != member.stake) return "L87: a stake is not what was paid and taken";
            uint256 seats = member.untilDay == 0 ? member.stake / SEAT : 0;
            if (prober.seats != seats) return "L87: seats are not the stake";
        }
        return broken[87];
    }

    function held() external view returns (uint256 ofFlt, uint256 ofUsd) {
        return (flt.balanceOf(address(probers)), usd.balanceOf(address(probers)));
    }
}
