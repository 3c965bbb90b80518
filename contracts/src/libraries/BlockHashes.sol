// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @dev Hashes of past blocks: of 256 by opcode, of 8,191 by the history contract of EIP-2935 where the chain has it.
library BlockHashes {
    address internal constant HISTORY = 0x0000F90827F1C53a10cb7A02335B175320002935;

    /// @dev Zero: the chain does not know it, not yet or no longer.
    function hashOf(uint256 number) internal view returns (bytes32 hash) {
        hash = blockhash(number);
        if (hash != 0 || number >= block.number) return hash;
        (bool isDone, bytes memory answer) = HISTORY.staticcall(abi.encode(number));
        // A chain without the contract answers nothing.
        if (isDone && answer.length == 32) hash = abi.decode(answer, (bytes32));
    }
}
