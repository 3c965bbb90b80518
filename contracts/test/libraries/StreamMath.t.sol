// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {StreamMath} from "../../src/libraries/StreamMath.sol";
import {Test} from "forge-std/Test.sol";

contract StreamMathTest is Test {
    function test_LastsDown_IsTheLastSecondPaidFor(uint96 rate, uint96 funds) external pure {
        rate = uint96(bound(rate, 1, type(uint96).max));
        uint256 served = StreamMath.lastsDown(rate, funds);
        vm.assume(served < 1e10);
        assertLe(StreamMath.owedDown(rate, served), funds, "paid for");
        assertGt(StreamMath.owedDown(rate, served + 1), funds, "the next is not");
    }

    function test_OwedDown_NeverFallsAndNeverExceedsTheRate(uint112 rate, uint32 first, uint32 more) external pure {
        uint256 early = StreamMath.owedDown(rate, first);
        uint256 late = StreamMath.owedDown(rate, uint256(first) + more);
        assertGe(late, early, "monotone");
        assertLe((late - early) * 1 days, uint256(rate) * more + 1 days, "within the rate");
    }
}
