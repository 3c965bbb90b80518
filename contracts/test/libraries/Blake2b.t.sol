// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Blake2b} from "../../src/libraries/Blake2b.sol";
import {Test} from "forge-std/Test.sol";

contract Blake2bTest is Test {
    /// @dev The example of RFC 7693, appendix A.
    function test_Digest() external view {
        (bytes32 first, bytes32 second) = Blake2b.digest("abc", 64, 0);
        assertEq(first, 0xba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d1, "first half");
        assertEq(second, 0x7d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923, "second half");
        (bytes32 shorter,) = Blake2b.digest("abc", 54, 0);
        assertNotEq(shorter, first, "another size");
        (bytes32 salted,) = Blake2b.digest("abc", 64, bytes32("salt"));
        assertNotEq(salted, first, "another salt");
        (bytes32 personal,) = Blake2b.digest("abc", 64, bytes32(uint256(1)));
        assertNotEq(personal, first, "another personalisation");
    }

    function test_Compress(bytes memory message, uint256 size, bytes32 tail) external view {
        size = bound(size, 1, 64);
        if (message.length > 128) {
            assembly ("memory-safe") {
                mstore(message, 128)
            }
        }
        uint256 input = Blake2b.prepare(message, size, tail);
        bytes memory bytes_ = new bytes(213);
        assembly ("memory-safe") {
            mcopy(add(bytes_, 32), input, 213)
        }
        (bool isDone, bytes memory answer) = address(9).staticcall(bytes_);
        assertTrue(isDone, "the precompile takes it");
        (bytes32 first, bytes32 second) = Blake2b.compress(input);
        assertEq(bytes.concat(first, second), answer, "ours");
        (first, second) = Blake2b.run(input);
        assertEq(bytes.concat(first, second), answer, "the precompile's");
    }
}
