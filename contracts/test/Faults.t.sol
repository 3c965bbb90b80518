// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Faults} from "../src/Faults.sol";
import {ICapacity} from "../src/interfaces/ICapacity.sol";
import {IFaultsBooks} from "../src/interfaces/IFaults.sol";
import {IStaking} from "../src/interfaces/IStaking.sol";
import {DealId, FaultId, LockId, QuarantineId} from "../src/types/Ids.sol";
import {FaultsBase} from "./FaultsBase.t.sol";

/// @dev From the first missed probe to the last payout. What each call does and refuses is tried in `faults/`.
contract FaultsTest is FaultsBase {
    function test_Constructor_WhenDeployed() external {
        vm.expectEmit(true, true, true, true);
        emit IFaultsBooks.FaultRulesSet(10 minutes, 15 minutes, BOND, 500);
        Faults made = new Faults(staking, deals, offers, feeBurn, ICapacity(capacity), probers, disputes, BOND);
        assertEq(made.appealBond(), BOND, "bond");
        assertEq(made.count(), 0, "no faults");
    }

    function test_FaultOf_RevertWhen_Unknown() external {
        vm.expectRevert(abi.encodeWithSelector(IFaultsBooks.FaultUnknown.selector, 1));
        judge.faultOf(FaultId.wrap(1));
    }

    function test_Surplus_WhenDonated(uint96 amount) external {
        _giveFlt(address(judge), address(judge), amount);
        assertEq(judge.surplus(), amount, "owed to nobody");
    }

    /// @dev 100 units at a dollar a day, down after ten days. Three tenths of the lock are slashed; of them goes to the
    /// customer what he paid in ten days, and a twentieth to the reporter.
    function test_Story_WhenAbandoned() external {
        DealId id = _deal(1);
        _skip(10 days);
        IStaking.Lock memory lock = staking.lockOf(deals.slotOf(id, 0).lock);
        assertEq(lock.amount, 50_400 * FLT, "three times 8,400 dollars at fifty cents");
        _fail(id);
        _skip(24 hours);
        FaultId fault = _openFault(id, ABANDONMENT);
        _appeal(fault, providers[0]);
        _decide(fault, true);
        _skip(8 days);
        staking.payQuarantine(QuarantineId.wrap(1));
        assertEq(_ownOf(providers[0]), (1_000_000 - 15_120) * FLT, "slashed");
        // The first lock ends half an hour late, so the term counts as begun half an hour later.
        uint256 paid = 100 * FLT * (10 days - 30 minutes) / 1 days;
        assertApproxEqAbs(flt.balanceOf(customer), 2 * paid, 1e13, "nearly a thousand dollars at fifty cents");
        assertEq(flt.balanceOf(reporter), 756 * FLT, "a twentieth");
        assertEq(flt.balanceOf(DEAD), BOND, "the bond is burned");
        assertEq(judge.surplus(), 0, "nothing over");
        assertEq(deals.slotOf(id, 0).provider, providers[1], "and the deal goes on");
    }

    /// @dev The latest of everything: failed at the very end, abandoned, appealed and decided in the last second.
    function test_Story_WhenEverythingIsLate() external {
        DealId id = _deal(0);
        IStaking.Lock memory lock = staking.lockOf(deals.slotOf(id, 0).lock);
        uint256 termEnd = deals.slotOf(id, 0).termEnd;
        _skip(termEnd - block.timestamp - GRACE - 1);
        _say(id, false, block.timestamp);
        LockId locked = deals.slotOf(id, 0).lock;
        _skip(2 * GRACE + 1);
        judge.failover(id, 0);
        _skip(36 hours);
        FaultId fault = _openFault(id, ABANDONMENT);
        _skip(36 hours);
        _appeal(fault, providers[0]);
        _skip(36 hours);
        assertLe(block.timestamp, termEnd + 4.5 days + GRACE, "within four days and a half, and the grace");
        _decide(fault, true);
        assertEq(_ownOf(providers[0]), 1_000_000 * FLT - uint256(lock.amount) * 3 / 10, "slashed still");
        assertGt(staking.lockOf(locked).end, block.timestamp, "the lock is there");
    }
}
