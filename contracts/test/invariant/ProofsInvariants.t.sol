// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ProofsHandler} from "./ProofsHandler.sol";
import {Test} from "forge-std/Test.sol";

/// @dev Laws L100 and L101 of README.md, judged on the histories of `ProofsHandler`.
contract ProofsInvariantsTest is Test {
    ProofsHandler private handler;

    function setUp() external {
        handler = new ProofsHandler();
        targetContract(address(handler));
        bytes4[] memory acts = new bytes4[](9);
        acts[0] = handler.ask.selector;
        acts[1] = handler.prove.selector;
        acts[2] = handler.attest.selector;
        acts[3] = handler.serve.selector;
        acts[4] = handler.revoke.selector;
        acts[5] = handler.pass.selector;
        // What seldom succeeds is tried more often.
        acts[6] = handler.ask.selector;
        acts[7] = handler.prove.selector;
        acts[8] = handler.prove.selector;
        targetSelector(FuzzSelector(address(handler), acts));
    }

    function invariant_L100_OneAttestationAJob() external view {
        assertEq(handler.checkJobs(), "", "L100");
    }

    function invariant_L101_VerdictsOfTheKindsVerifier() external view {
        assertEq(handler.broken(101), "", "L101");
    }
}
