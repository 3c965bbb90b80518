// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Faults} from "../src/Faults.sol";
import {Probers} from "../src/Probers.sol";
import {IFaults} from "../src/interfaces/IFaults.sol";
import {IMatching} from "../src/interfaces/IMatching.sol";
import {IProbers} from "../src/interfaces/IProbers.sol";
import {DealId, FaultId, OfferId} from "../src/types/Ids.sol";
import {Crew} from "./Crew.sol";
import {SystemBase} from "./SystemBase.t.sol";
import {MockWindows} from "./mocks/MockWindows.sol";

/// @dev The whole system with the real `Probers` and `Faults`, nine probers in three regions, and windows that anyone opens
/// instead of `Capacity`. The rules are those of development.
abstract contract FaultsBase is SystemBase, Crew {
    uint128 internal constant SEAT = 1000e18;
    uint128 internal constant BOND = 1000e18;
    address internal constant DEAD = 0x000000000000000000000000000000000000dEaD;
    uint8 internal constant DOWNTIME = 1;
    uint8 internal constant ABANDONMENT = 2;
    uint8 internal constant WRONG = 4;
    uint256 internal constant GRACE = 10 minutes;

    address internal immutable reporter = makeAddr("reporter");
    address internal immutable resolver = makeAddr("resolver");

    IFaults internal judge;
    MockWindows internal windows;

    function setUp() public virtual override {
        super.setUp();
        deployCodeTo("MockWindows.sol:MockWindows", capacity);
        windows = MockWindows(capacity);
        _deployProbers();
        string memory artifact = vm.envOr("FAULTS_ARTIFACT", string("Faults.sol:Faults"));
        deployCodeTo(artifact, abi.encode(staking, deals, offers, feeBurn, capacity, probers, disputes, BOND), faults);
        judge = IFaults(faults);
        for (uint256 i = 0; i < 9; ++i) {
            crew.push(_named(string.concat("prober ", vm.toString(i))));
            _enroll(crew[i], _regionOf(i), 1);
        }
        _skip(1 days);
        probers.openDay();
        _fundPot(uint128(100 * dollar));
    }

    function _deployProbers() private {
        IProbers.Rules memory rules = IProbers.Rules(5, 4, 9, 6, 9, SEAT);
        string memory artifact = vm.envOr("PROBERS_ARTIFACT", string("Probers.sol:Probers"));
        bytes memory args = abi.encode(staking, capacity, faults, rules, uint128(dollar / 20));
        probers = IProbers(deployCode(artifact, args));
    }

    /// @dev Of all deals here.
    function _proofKind() internal pure virtual returns (uint8) {
        return 0;
    }

    function _regionOf(uint256 index) internal pure virtual returns (uint8) {
        return uint8(index % 3);
    }

    function _enroll(address prober, uint8 region, uint16 seats) internal {
        _giveFlt(prober, address(probers), uint256(SEAT) * seats);
        vm.prank(prober);
        probers.register(region, seats, "https://prober.example");
    }

    function _giveFlt(address account, address spender, uint256 amount) internal {
        vm.prank(issuer);
        flt.mint(account, amount);
        vm.prank(account);
        flt.approve(spender, amount);
    }

    function _fundPot(uint128 amount) internal {
        vm.prank(issuer);
        usd.mint(address(this), amount);
        usd.approve(address(probers), amount);
        probers.fund(amount);
    }

    /* DEALS */

    /// @dev One slot of 100 units at a dollar a day, terms of 14 days, served by the first provider; the next ones stand
    /// by.
    function _deal(uint8 standbys) internal returns (DealId deal) {
        IMatching.Request memory request = _asking(1, 100, 14, 84);
        request.proofKind = _proofKind();
        if (standbys != 0) (request.standbys, request.reserveBps) = (standbys, 2000);
        request.prepaid = request.prepaid * 105 / 100;
        OfferId offer = _host(0);
        deal = _request(request);
        vm.prank(address(matching));
        deals.assign(deal, 0, offer);
        _ready(deal, 0);
        for (uint8 i = 0; i < standbys; ++i) {
            offer = _host(1 + i);
            vm.prank(address(matching));
            deals.assign(deal, 16 + i, offer);
            _ready(deal, 16 + i);
        }
    }

    /// @dev Another deal of the first provider, whose appeals `account` decides.
    function _resolvedBy(address account) internal returns (DealId deal) {
        IMatching.Request memory request = _asking(1, 100, 14, 84);
        request.proofKind = _proofKind();
        request.resolver = account;
        deal = _request(request);
        vm.prank(address(matching));
        deals.assign(deal, 0, OfferId.wrap(1));
        _ready(deal, 0);
    }

    /* STATEMENTS */

    /// @dev What four of the draw say of the slot's serving, at `time`.
    function _say(DealId deal, bool isUp, uint256 time) internal {
        _sayOf(deal, deals.slotOf(deal, 0).serving, isUp, time);
    }

    function _sayOf(DealId deal, uint32 serving, bool isUp, uint256 time) internal {
        uint40[] memory at = _at(time, 4);
        bytes[] memory signatures = _signed(deal, serving, isUp, at);
        judge.report(deal, 0, serving, isUp, at, signatures);
    }

    function _signed(DealId deal, uint32 serving, bool isUp, uint40[] memory at)
        internal
        returns (bytes[] memory signatures)
    {
        if (at[0] / 1 days == _day()) probers.openDay();
        address[] memory drawn = probers.drawOf(deal, uint32(at[0] / 1 days));
        IProbers.Statement memory statement = IProbers.Statement(deal, 0, serving, isUp, 0);
        return _statements(statement, at, _first(drawn, at.length));
    }

    /// @dev Flagged now, failed over after the grace.
    function _fail(DealId deal) internal {
        _say(deal, false, block.timestamp);
        _skip(GRACE + 1);
        judge.failover(deal, 0);
    }

    /// @dev Down beyond what its offer declares: another deal of the same provider failed, and eight hours went by.
    function _failBadly(DealId deal) internal {
        DealId other = _request(_asking(1, 100, 14, 84));
        OfferId offer = deals.slotOf(deal, 0).offer;
        vm.prank(address(matching));
        deals.assign(other, 0, offer);
        _ready(other, 0);
        _skip(1 hours);
        _fail(other);
        _skip(8 hours);
        _fail(deal);
    }

    function _openFault(DealId deal, uint8 kind) internal returns (FaultId) {
        vm.prank(reporter);
        return judge.proposeFault(deal, 0, 1, kind);
    }

    function _appeal(FaultId fault, address appellant) internal {
        _giveFlt(appellant, address(judge), BOND);
        vm.prank(appellant);
        judge.appeal(fault);
    }

    /// @dev Six of the panel, which is drawn for the day after the appeal.
    function _decide(FaultId fault, bool isGuilty) internal {
        uint32 day = uint32(judge.faultOf(fault).appealedAt / 1 days) + 1;
        if (_day() < day) _skip(uint256(day) * 1 days - block.timestamp);
        probers.openDay();
        address[] memory panel = probers.panelOf(fault, day);
        judge.decide(fault, isGuilty, _verdicts(fault, isGuilty, _first(panel, 6)));
    }

    /* READINGS */

    function _ownOf(address provider) internal view returns (uint256) {
        return staking.tranche(provider, true).active + staking.tranche(provider, true).thawing;
    }

    function _error(bytes4 selector, DealId deal) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(selector, deal, uint8(0));
    }

    function _error(bytes4 selector, DealId deal, uint256 argument) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(selector, deal, uint8(0), argument);
    }
}
