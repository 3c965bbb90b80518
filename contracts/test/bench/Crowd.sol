// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @dev A party of the bench that does many things in one transaction, so that a million events fit into a few thousand blocks:
/// provider, delegator and customer at once, of the real contracts. Nobody's money is in it, so anyone may tell it what to do.
contract Crowd {
    struct Call {
        address to;
        bytes data;
    }

    function run(Call[] calldata calls) external {
        for (uint256 i = 0; i < calls.length; ++i) {
            (bool isDone, bytes memory reason) = calls[i].to.call(calls[i].data);
            if (isDone) continue;
            // The reason is the called contract's, for whoever reads the trace.
            assembly ("memory-safe") {
                revert(add(reason, 32), mload(reason))
            }
        }
    }
}
