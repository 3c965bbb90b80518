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

    /// @dev As `run`, of a view: what is run is one too, and whoever called a view forbade to write.
    function look(address code) internal view {
        function(address) internal running = run;
        function(address) internal view looking;
        assembly ("memory-safe") {
            looking := running
        }
        looking(code);
    }
}
