// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @dev A contract whose code is larger than a contract may be makes a second one and runs what is called less often there, on its own
/// storage.
library Half {
    /// @dev Runs the whole call in `code` and answers what it answers. Nothing after it is run.
    function run(address code) internal {
        assembly ("memory-safe") {
            // Memory is free to use from here on: this frame ends with the call.
            let at := mload(0x40)
            calldatacopy(at, 0, calldatasize())
            let isDone := delegatecall(gas(), code, at, calldatasize(), 0, 0)
            returndatacopy(at, 0, returndatasize())
            if iszero(isDone) { revert(at, returndatasize()) }
            return(at, returndatasize())
        }
    }
}
