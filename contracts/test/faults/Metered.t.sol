// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDeals} from "../../src/interfaces/IDeals.sol";
import {IFaults} from "../../src/interfaces/IFaults.sol";
import {IRedemption} from "../../src/interfaces/IRedemption.sol";
import {DealId, FaultId, OfferId} from "../../src/types/Ids.sol";
import {FaultsBase} from "../FaultsBase.t.sol";

/// @dev What a failure of a metered slot costs: 100 units at a dollar at most, 500 dollars in escrow, 3,000 FLT locked.
contract FaultsMeteredTest is FaultsBase {
    DealId private id;

    function setUp() public override {
        super.setUp();
        IDeals.Opening memory opening;
        (opening.customer, opening.payer, opening.slots) = (customer, customer, 1);
        (opening.termDays, opening.durationDays, opening.paymentMode) = (14, 84, 1);
        (opening.coverageBps, opening.units, opening.notice) = (30_000, 100, 1 days);
        opening.expiry = uint40(block.timestamp + 7 days);
        opening.prepaid = uint128(500 * dollar);
        _pay(customer, opening.prepaid);
        OfferId offer = _host(0);
        vm.startPrank(address(matching));
        id = deals.open(opening);
        deals.assign(id, 0, offer);
        vm.stopPrank();
        _ready(id, 0);
        _skip(1 days);
    }

    function _redeem(uint256 amount) private {
        vm.prank(vouchers);
        deals.redeem(
            IRedemption.Claim(
                id, 0, 1, providers[0], customer, uint40(block.timestamp), uint128(amount), uint128(amount)
            )
        );
    }

    /// @dev What he paid in the term, and no more than the cap allows: by signing for more nobody is owed more of a slash.
    function test_ProposeFault_GivenMetered_Abandoned(uint256 used) external {
        used = bound(used, 0, 500 * dollar);
        if (used != 0) _redeem(used);
        _fail(id);
        _skip(24 hours);
        IFaults.Fault memory fault = judge.faultOf(_openFault(id, ABANDONMENT));
        assertEq(fault.amount, 900 * FLT, "three tenths of the lock");
        // The term counts from half an hour after the assignment.
        uint256 most = 100 * dollar * (1 days - 30 minutes) / 1 days;
        uint256 paid = used < most ? used : most;
        assertEq(fault.customerMax, paid * 2e12, "what he paid, at fifty cents");
    }

    function test_ProposeFault_GivenMetered_Down() external {
        _redeem(50 * dollar);
        _failBadly(id);
        FaultId fault = _openFault(id, DOWNTIME);
        uint256 missing = 100 * dollar * (GRACE + 1) / 1 days;
        assertEq(judge.faultOf(fault).amount, 10 * missing * 2e12, "ten times the cap of what was missing");
        _skip(36 hours + 1);
        judge.execute(fault);
        assertEq(judge.faultOf(fault).state, 3, "executed");
    }

    /// @dev Served time counts as far as what was used paid its fee.
    function test_RecordServed_GivenMetered() external {
        _redeem(50 * dollar);
        judge.recordServed(id, 0, 1);
        assertEq(judge.noteOf(id, 0, 1).waiting, 12 hours, "half of a day at the cap");
    }
}
