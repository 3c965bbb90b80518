// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {DealId, FaultId} from "../../src/types/Ids.sol";
import {FaultsBase} from "../FaultsBase.t.sol";

/// @dev Whole transactions in the steady state: a slot that was settled before, whose provider has a record, and a standby
/// that earned.
/// forge-config: default.isolate = true
contract FaultsGasTest is FaultsBase {
    DealId private id;

    function setUp() public override {
        super.setUp();
        id = _deal(1);
        _skip(4 days);
        _say(id, false, block.timestamp);
        _skip(5 minutes);
        _say(id, true, block.timestamp);
        _skip(1 days);
        deals.settle(id, 0);
        deals.settle(id, 16);
        _skip(3 hours);
    }

    function test_Report() external {
        uint40[] memory at = _at(block.timestamp, 4);
        bytes[] memory signatures = _signed(id, 1, false, at);
        judge.report(id, 0, 1, false, at, signatures);
        vm.snapshotGasLastCall("Faults", "report_down");
    }

    function test_Failover() external {
        _say(id, false, block.timestamp);
        _skip(GRACE + 1);
        judge.failover(id, 0);
        uint256 used = vm.snapshotGasLastCall("Faults", "failover");
        assertEq(deals.slotOf(id, 0).provider, providers[1], "a standby serves");
        assertLe(used, 190_000, "failover");
    }

    function test_ProposeFault() external {
        _fail(id);
        _skip(24 hours);
        judge.proposeFault(id, 0, 1, ABANDONMENT);
        vm.snapshotGasLastCall("Faults", "propose_fault");
    }

    function test_Execute() external {
        _fail(id);
        _skip(24 hours);
        FaultId fault = _openFault(id, ABANDONMENT);
        _skip(36 hours + 1);
        judge.execute(fault);
        vm.snapshotGasLastCall("Faults", "execute_fault");
    }
}
