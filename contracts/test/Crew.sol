// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IProbers} from "../src/interfaces/IProbers.sol";
import {FaultId} from "../src/types/Ids.sol";
import {Test} from "forge-std/Test.sol";

/// @dev People with keys who sign what probers sign.
abstract contract Crew is Test {
    IProbers internal probers;
    mapping(address prober => uint256) internal keyOf;
    address[] internal crew;

    function _named(string memory name) internal returns (address prober) {
        uint256 key;
        (prober, key) = makeAddrAndKey(name);
        keyOf[prober] = key;
    }

    function _sign(address prober, bytes32 digest) internal view returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(keyOf[prober], digest);
        return abi.encodePacked(r, s, v);
    }

    function _statements(IProbers.Statement memory statement, uint40[] memory at, address[] memory signers)
        internal
        view
        returns (bytes[] memory signatures)
    {
        signatures = new bytes[](signers.length);
        for (uint256 i = 0; i < signers.length; ++i) {
            statement.at = at[i];
            signatures[i] = _sign(signers[i], probers.statementDigest(statement));
        }
    }

    function _verdicts(FaultId fault, bool isGuilty, address[] memory signers)
        internal
        view
        returns (bytes[] memory signatures)
    {
        signatures = new bytes[](signers.length);
        for (uint256 i = 0; i < signers.length; ++i) {
            signatures[i] = _sign(signers[i], probers.verdictDigest(fault, isGuilty));
        }
    }

    /// @dev All at the same time.
    function _at(uint256 time, uint256 count) internal pure returns (uint40[] memory at) {
        at = new uint40[](count);
        for (uint256 i = 0; i < count; ++i) {
            at[i] = uint40(time);
        }
    }

    function _first(address[] memory list, uint256 count) internal pure returns (address[] memory some) {
        some = new address[](count);
        for (uint256 i = 0; i < count; ++i) {
            some[i] = list[i];
        }
    }

    function _has(address[] memory list, address one) internal pure returns (bool) {
        for (uint256 i = 0; i < list.length; ++i) {
            if (list[i] == one) return true;
        }
        return false;
    }

    function _day() internal view returns (uint32) {
        return uint32(block.timestamp / 1 days);
    }
}
