// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IFaults} from "../../src/interfaces/IFaults.sol";
import {ISampled} from "../../src/interfaces/ISampled.sol";
import {SampledHandler} from "./SampledHandler.sol";
import {Test} from "forge-std/Test.sol";

/// @dev Laws L102 to L107 of README.md, judged on the histories of `SampledHandler`. The whole system is slow to run.
/// forge-config: ci.invariant.runs = 64
contract SampledInvariantsTest is Test {
    SampledHandler private handler;
    ISampled private sampled;
    IFaults private judge;

    function setUp() external {
        handler = new SampledHandler();
        (sampled, judge,) = handler.system();
        targetContract(address(handler));
        targetSelector(FuzzSelector(address(handler), _acts()));
    }

    /// @dev What seldom succeeds is tried more often.
    function _acts() private view returns (bytes4[] memory acts) {
        acts = new bytes4[](12);
        acts[0] = handler.begin.selector;
        acts[1] = handler.step.selector;
        acts[2] = handler.step.selector;
        acts[3] = handler.step.selector;
        acts[4] = handler.story.selector;
        acts[5] = handler.story.selector;
        acts[6] = handler.rule.selector;
        acts[7] = handler.closeAgain.selector;
        acts[8] = handler.claim.selector;
        acts[9] = handler.donate.selector;
        acts[10] = handler.thin.selector;
        acts[11] = handler.age.selector;
    }

    function invariant_L102_ConservationOfSamples() external view {
        uint256 owed = handler.inside() + handler.credits();
        assertEq(handler.balance() - sampled.surplus(), owed, "L102: all of it is a sample's, or credited");
        assertEq(sampled.surplus(), handler.donated(), "L102: or was given");
        assertEq(owed + handler.claimed(), handler.paidIn(), "L102: and all of it was paid in");
        assertEq(handler.broken(102), "", "L102");
    }

    function invariant_L103_WrongOnceAServing() external view {
        assertEq(handler.checkFaults(), "", "L103");
    }

    function invariant_L104_SlashedAfterItsTimes() external view {
        (uint256 ofLiar, uint256 ofHonest) = handler.ownStakes();
        assertEq(ofLiar, 1_000_000e18 - handler.taken(), "L104: only what was decided is taken");
        assertEq(ofHonest, 1_000_000e18, "L104: and nothing of who is honest");
        assertEq(handler.broken(104), "", "L104");
    }

    function invariant_L105_TwoWhoComputeDecide() external view {
        assertEq(handler.broken(105), "", "L105");
    }

    function invariant_L106_StagesInTheirTimes() external view {
        assertEq(handler.broken(106), "", "L106");
    }

    function invariant_L107_NothingSticks() external view {
        assertEq(handler.broken(107), "", "L107");
    }

    function afterInvariant() external {
        handler.leaveAll();
        assertEq(handler.broken(107), "", "L107");
        assertEq(handler.inside() + handler.credits(), 0, "L107: everything was paid out");
        assertEq(handler.balance(), handler.donated(), "L107: and taken");
    }
}
