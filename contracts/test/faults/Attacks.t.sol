// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDeals} from "../../src/interfaces/IDeals.sol";
import {IFaultsBooks} from "../../src/interfaces/IFaults.sol";
import {IProbers} from "../../src/interfaces/IProbers.sol";
import {DealId, FaultId, LockId, OfferId, QuarantineId} from "../../src/types/Ids.sol";
import {KeyRoles} from "../../src/types/Roles.sol";
import {FaultsBase} from "../FaultsBase.t.sol";

/// @dev What customers, providers, probers and strangers may try, each with what it brings them.
contract FaultsAttacksTest is FaultsBase {
    DealId private id;
    address private host;

    function setUp() public override {
        super.setUp();
        id = _deal(1);
        host = providers[0];
        _skip(2 hours);
    }

    function _refused(bytes4 selector, uint40[] memory at, bytes[] memory signatures) private {
        vm.expectPartialRevert(selector);
        judge.report(id, 0, 1, false, at, signatures);
        assertEq(judge.flagOf(id, 0).state, 0, "not flagged");
    }

    /* STATEMENTS */

    function test_Attack_WhenStatementsAreForged(bytes32 salt) external {
        uint40[] memory at = _at(block.timestamp, 4);
        bytes[] memory signatures = _signed(id, 1, false, at);
        address thief = _named("thief");
        signatures[2] = _sign(thief, keccak256(abi.encode(salt)));
        _refused(IProbers.NotDrawn.selector, at, signatures);
    }

    function test_Attack_WhenReplayedFromAnotherDeal() external {
        DealId other = _request(_asking(1, 100, 14, 84));
        OfferId offer = deals.slotOf(id, 0).offer;
        vm.prank(address(matching));
        deals.assign(other, 0, offer);
        _ready(other, 0);
        uint40[] memory at = _at(block.timestamp, 4);
        _refused(IProbers.NotDrawn.selector, at, _signed(other, 1, false, at));
    }

    /// @dev The next provider does not inherit what was said of the one before.
    function test_Attack_WhenReplayedOnTheNextServing() external {
        uint40[] memory at = _at(block.timestamp, 4);
        bytes[] memory signatures = _signed(id, 1, false, at);
        _fail(id);
        vm.expectPartialRevert(IFaultsBooks.StatementTooOld.selector);
        judge.report(id, 0, 2, false, at, signatures);
        at = _at(block.timestamp, 4);
        signatures = _signed(id, 1, false, at);
        vm.expectPartialRevert(IProbers.NotDrawn.selector);
        judge.report(id, 0, 2, false, at, signatures);
        assertEq(judge.flagOf(id, 0).state, 0, "not flagged");
    }

    function test_Attack_WhenReplayedFromAnotherChain() external {
        uint40[] memory at = _at(block.timestamp, 4);
        bytes[] memory signatures = _signed(id, 1, false, at);
        vm.chainId(block.chainid + 1);
        _refused(IProbers.NotDrawn.selector, at, signatures);
    }

    /// @dev A flag that was answered does not come back with the same words.
    function test_Attack_WhenReplayedAfterTheAnswer() external {
        uint40[] memory at = _at(block.timestamp, 4);
        bytes[] memory signatures = _signed(id, 1, false, at);
        judge.report(id, 0, 1, false, at, signatures);
        _skip(1 minutes);
        _say(id, true, block.timestamp);
        _refused(IFaultsBooks.StatementTooOld.selector, at, signatures);
    }

    function test_Attack_WhenProbersWereNotDrawn() external {
        uint40[] memory at = _at(block.timestamp, 4);
        IProbers.Statement memory statement = IProbers.Statement(id, 0, 1, false, 0);
        address[] memory drawn = probers.drawOf(id, _day());
        address[] memory signers = new address[](4);
        uint256 found = 0;
        for (uint256 i = 0; i < 9 && found < 4; ++i) {
            if (!_has(drawn, crew[i])) signers[found++] = crew[i];
        }
        _refused(IProbers.NotDrawn.selector, at, _statements(statement, at, signers));
    }

    function test_Attack_WhenStatementsAreTooOld() external {
        uint40[] memory at = _at(block.timestamp, 4);
        bytes[] memory signatures = _signed(id, 1, false, at);
        _skip(15 minutes + 1);
        _refused(IFaultsBooks.StatementTooOld.selector, at, signatures);
    }

    function test_Attack_WhenStatementsAreFromTheFuture() external {
        uint40[] memory at = _at(block.timestamp + 1, 4);
        _refused(IFaultsBooks.StatementFromFuture.selector, at, _signed(id, 1, false, at));
    }

    function test_Attack_WhenOneSignsTwice() external {
        uint40[] memory at = _at(block.timestamp, 4);
        address[] memory drawn = probers.drawOf(id, _day());
        drawn[3] = drawn[0];
        at[3] -= 1;
        IProbers.Statement memory statement = IProbers.Statement(id, 0, 1, false, 0);
        _refused(IProbers.SignerTwice.selector, at, _statements(statement, at, _first(drawn, 4)));
    }

    /// @dev Who buys all the seats that there are has them from tomorrow on.
    function test_Attack_WhenSeatsAreBoughtToday() external {
        address[] memory before = probers.drawOf(id, _day());
        address whale = _named("whale");
        _enroll(whale, 9, 64);
        assertEq(probers.drawOf(id, _day()), before, "nothing changes today");
        vm.prank(before[0]);
        probers.leave();
        assertEq(probers.drawOf(id, _day()), before, "nor when one leaves");
        _say(id, false, block.timestamp);
        assertEq(judge.flagOf(id, 0).state, 1, "and who leaves signs until midnight");
    }

    /* PARTIES */

    /// @dev He pays through the notice; the provider is paid for it, and nothing is said of it.
    function test_Attack_WhenCustomerFlagsForFun() external {
        vm.prank(customer);
        judge.flag(id, 0);
        _say(id, true, block.timestamp);
        _skip(GRACE + 1);
        uint256 startedAt = deals.slotOf(id, 0).startedAt;
        uint256 endsAt = block.timestamp + 1 days;
        judge.failover(id, 0);
        _skip(5 days);
        deals.close(id, 0);
        deals.settle(id, 0);
        IDeals.Slot memory place = deals.slotOf(id, 0);
        assertEq(place.credited, 100 * dollar * (endsAt - startedAt) / 1 days, "paid to the end of the notice");
        (uint256 served, uint256 down) = judge.timesOf(host);
        assertEq(served + down, 0, "no word in its record");
        assertEq(_ownOf(host), 1_000_000 * FLT, "no stake lost");
    }

    function test_Attack_WhenProviderAnswersJustInTime() external {
        uint256 since = block.timestamp;
        _say(id, false, since);
        _skip(GRACE);
        vm.expectPartialRevert(IFaultsBooks.GraceRunning.selector);
        judge.failover(id, 0);
        _say(id, true, block.timestamp);
        assertEq(judge.recordOf(host).down, GRACE, "it costs what was missed");
        assertEq(deals.slotOf(id, 0).provider, host, "and no more");
        assertEq(deals.accrued(id, 0), 100 * dollar * 2 hours / 1 days, "which is not paid");
    }

    function test_Attack_WhenTwoFailOverAtOnce() external {
        _fail(id);
        vm.expectPartialRevert(IFaultsBooks.NotFlagged.selector);
        judge.failover(id, 0);
        assertEq(deals.slotOf(id, 0).serving, 2, "the next one stays");
    }

    function test_Attack_WhenASlotFailsFiveTimes() external {
        for (uint32 i = 1; i <= 5; ++i) {
            _skip(1 minutes);
            _fail(id);
            assertEq(judge.failureOf(id, 0, i).failedAt, block.timestamp, "each is kept");
            if (deals.slotOf(id, 0).provider != address(0)) continue;
            OfferId offer = i == 2 ? _host(2) : OfferId.wrap(3);
            vm.prank(address(matching));
            deals.assign(id, 0, offer);
            _ready(id, 0);
        }
        assertEq(
            judge.failureOf(id, 0, 1).failedAt + 4 * (1 minutes + GRACE + 1), block.timestamp, "the first one, too"
        );
    }

    /// @dev A job that nobody could run: whoever was matched with it declines, and nothing happened.
    function test_Attack_WhenJobIsATrap() external {
        DealId trap = _request(_asking(1, 100, 14, 84));
        OfferId offer = deals.slotOf(id, 0).offer;
        vm.prank(address(matching));
        deals.assign(trap, 0, offer);
        uint128 locked = staking.locked(host);
        vm.expectPartialRevert(IFaultsBooks.SlotNotServed.selector);
        vm.prank(customer);
        judge.flag(trap, 0);
        uint40[] memory at = _at(block.timestamp, 4);
        bytes[] memory signatures = _signed(trap, 1, false, at);
        vm.expectPartialRevert(IFaultsBooks.SlotNotServed.selector);
        judge.report(trap, 0, 1, false, at, signatures);
        vm.prank(host);
        deals.decline(trap, 0);
        assertLt(staking.locked(host), locked, "free again");
        assertEq(_ownOf(host), 1_000_000 * FLT, "no stake lost");
        (, uint256 down) = judge.timesOf(host);
        assertEq(down, 0, "no word in its record");
    }

    /// @dev Who is provider, customer and reporter loses at least a fifth of what he has slashed, and his delegators pay
    /// nobody.
    function test_Attack_WhenCustomerProviderAndReporterAreOne(uint256 days_) external {
        _skip(bound(days_, 0, 9) * 1 days);
        uint256 before = _ownOf(host);
        _fail(id);
        _skip(24 hours);
        FaultId fault = _openFault(id, ABANDONMENT);
        _skip(36 hours + 1);
        judge.execute(fault);
        _skip(8 days);
        staking.payQuarantine(QuarantineId.wrap(1));
        uint256 paid = flt.balanceOf(customer) + flt.balanceOf(reporter);
        uint256 lost = before - _ownOf(host);
        assertGt(paid, 0, "both are paid");
        assertLe(paid * 10, lost * 8, "less than was taken from himself");
    }

    /// @dev An honest provider answers: whoever is against it, nothing is taken, nothing is missing from what it is paid.
    function test_Attack_WhenCustomerAndReporterAreAgainstAnHonestProvider() external {
        vm.prank(customer);
        judge.flag(id, 0);
        uint40[] memory at = _at(block.timestamp, 4);
        address[] memory others = new address[](4);
        for (uint256 i = 0; i < 4; ++i) {
            others[i] = _named(string.concat("accomplice ", vm.toString(i)));
            _enroll(others[i], uint8(i), 1);
        }
        bytes[] memory signatures = _statements(IProbers.Statement(id, 0, 1, false, 0), at, others);
        vm.expectPartialRevert(IProbers.NotDrawn.selector);
        judge.report(id, 0, 1, false, at, signatures);
        _skip(GRACE + 1);
        judge.failover(id, 0);
        vm.expectPartialRevert(IFaultsBooks.NoFailure.selector);
        vm.prank(reporter);
        judge.proposeFault(id, 0, 1, DOWNTIME);
        assertEq(_ownOf(host), 1_000_000 * FLT, "nothing taken");
    }

    /// @dev His own resolver cannot make probers pay for what they said of him.
    function test_Attack_WhenResolverIsTheCustomersFriend() external {
        DealId own = _resolvedBy(friend);
        _skip(1 hours);
        _fail(own);
        _skip(24 hours);
        FaultId fault = _openFault(own, ABANDONMENT);
        _appeal(fault, host);
        vm.prank(friend);
        judge.resolve(fault, false);
        for (uint256 i = 0; i < 9; ++i) {
            assertEq(probers.proberOf(crew[i]).stake, SEAT, "nobody pays");
        }
    }

    /* REVERTS */

    /// @dev Gone in every way that there is: stake on its way out, keys revoked, offer removed, terms lowered.
    function test_Attack_WhenProviderIsGoneInEveryWay() external {
        OfferId offer = deals.slotOf(id, 0).offer;
        vm.startPrank(host);
        staking.setKey(friend, KeyRoles.SERVE, uint40(block.timestamp + 30 days));
        offers.remove(offer);
        staking.exit(host, host, staking.position(host, host).shares);
        staking.setKey(friend, 0, 0);
        vm.stopPrank();
        uint128 shares = staking.position(host, delegator).shares;
        vm.prank(delegator);
        staking.exit(delegator, host, shares);
        _skip(5 minutes);
        _fail(id);
        assertEq(deals.slotOf(id, 0).provider, providers[1], "failed over");
        _skip(24 hours);
        FaultId fault = _openFault(id, ABANDONMENT);
        _skip(36 hours + 1);
        uint256 before = _ownOf(host);
        judge.execute(fault);
        assertEq(before - _ownOf(host), judge.faultOf(fault).amount, "and slashed");
    }

    /// @dev Stake that another slash took is not there: what is left is taken, and nothing is stuck.
    function test_Attack_WhenStakeIsWiped() external {
        _fail(id);
        _skip(24 hours);
        FaultId fault = _openFault(id, ABANDONMENT);
        LockId lock = judge.faultOf(fault).lock;
        vm.prank(faults);
        staking.slash(lock, type(uint96).max, address(0), 0, address(0), 0);
        _skip(36 hours + 1);
        uint256 before = _ownOf(host);
        judge.execute(fault);
        assertEq(before, _ownOf(host), "nothing was left to take");
        assertEq(judge.faultOf(fault).state, 3, "executed all the same");
    }

    /// @dev A panel that never decides slashes nobody.
    function test_Attack_WhenPanelNeverDecides() external {
        _fail(id);
        _skip(24 hours);
        FaultId fault = _openFault(id, ABANDONMENT);
        _appeal(fault, host);
        _skip(36 hours + 1);
        uint256 before = _ownOf(host);
        judge.execute(fault);
        assertEq(before, _ownOf(host), "nothing slashed");
        assertEq(flt.balanceOf(host), BOND, "the bond is back");
        vm.expectPartialRevert(IFaultsBooks.FaultStateWrong.selector);
        judge.execute(fault);
    }
}

/// @dev All probers say that they are in the same region.
contract FaultsOneRegionTest is FaultsBase {
    function _regionOf(uint256) internal pure override returns (uint8) {
        return 4;
    }

    function test_Attack_WhenProbersAreOfOneRegion() external {
        DealId id = _deal(0);
        uint40[] memory at = _at(block.timestamp, 4);
        bytes[] memory signatures = _signed(id, 1, false, at);
        vm.expectRevert(abi.encodeWithSelector(IFaultsBooks.RegionsTooFew.selector, 1));
        judge.report(id, 0, 1, false, at, signatures);
        assertEq(judge.flagOf(id, 0).state, 0, "not flagged");
    }
}
