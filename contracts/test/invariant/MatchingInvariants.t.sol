// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IMatching} from "../../src/interfaces/IMatching.sol";
import {DealId} from "../../src/types/Ids.sol";
import {MatchingHandler} from "./MatchingHandler.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {Test} from "forge-std/Test.sol";

/// @dev Laws L80 to L84 of README.md, judged on the histories of `MatchingHandler`. The whole system is slow to run.
/// forge-config: ci.invariant.runs = 64
contract MatchingInvariantsTest is Test {
    uint256 private constant BOND = 10e18;

    MatchingHandler private handler;

    function setUp() external {
        handler = new MatchingHandler();
        handler.prepare();
        bytes4[] memory acts = new bytes4[](16);
        acts[0] = handler.wait.selector;
        acts[1] = handler.ask.selector;
        acts[2] = handler.propose.selector;
        acts[3] = handler.activate.selector;
        acts[4] = handler.change.selector;
        acts[5] = handler.exit.selector;
        acts[6] = handler.serve.selector;
        acts[7] = handler.fail.selector;
        acts[8] = handler.cancel.selector;
        acts[9] = handler.drop.selector;
        acts[10] = handler.moveBond.selector;
        acts[11] = handler.donate.selector;
        // Twice as often: most proposals meet nothing.
        acts[12] = handler.propose.selector;
        acts[13] = handler.activate.selector;
        acts[14] = handler.failBetween.selector;
        acts[15] = handler.outbid.selector;
        targetSelector(FuzzSelector(address(handler), acts));
        targetContract(address(handler));
    }

    function invariant_L80_WhatIsActivatedIsWhatWasAskedFor() external view {
        _holds(80);
    }

    function invariant_L81_TheBestTwoStandInOrder() external view {
        (IMatching matching, uint256 count) = handler.system();
        for (uint256 i = 0; i < count; ++i) {
            DealId id = handler.ids(i);
            (address best,, uint256 price,) = matching.proposalOf(id, 0);
            (address second,, uint256 dearer,) = matching.proposalOf(id, 1);
            assertTrue(best != address(0) || second == address(0), "L81: a second without a best");
            if (second != address(0)) assertGt(dearer * 1000, price * 999, "L81: the second is the best");
        }
    }

    function invariant_L82_BondsAreConserved() external view {
        (IMatching matching, uint256 count) = handler.system();
        (address flt,) = handler.token();
        uint256 sum = 0;
        for (uint256 i = 0; i < 3; ++i) {
            address solver = handler.solvers(i);
            (uint128 balance, uint128 reserved) = matching.bondOf(solver);
            sum += balance;
            uint256 standing = 0;
            for (uint256 j = 0; j < 2 * count; ++j) {
                // Two ranks.
                // forge-lint: disable-next-line(unsafe-typecast)
                (address by,,,) = matching.proposalOf(handler.ids(j / 2), uint8(j % 2));
                if (by == solver) ++standing;
            }
            assertEq(reserved, standing * BOND, "L82: reserved for what stands");
            assertGe(balance, reserved, "L82: more reserved than there is");
        }
        assertEq(IERC20(flt).balanceOf(address(matching)) - matching.surplus(), sum, "L82: bonds are somebody's");
        assertEq(matching.surplus(), handler.donated(), "L82: the rest was donated");
    }

    function invariant_L83_OnlyInvalidProposalsBurn() external view {
        _holds(83);
    }

    function invariant_L84_TheWindowIsKept() external view {
        _holds(84);
    }

    function _holds(uint256 law) private view {
        assertEq(handler.broken(law), "", handler.broken(law));
    }
}
