// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IFaults} from "../interfaces/IFaults.sol";
import {Books} from "./Books.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @dev Time served and time down. Seconds are of slots: who serves two of them serves, and fails, twice.
abstract contract Records is Books {
    /// @dev From then on it is down; what another slot of its was down meanwhile counts as well.
    function _setDown(IFaults.Record memory record, uint40 since) internal view {
        if (record.downSince == 0) record.downSince = since;
        else record.down = _sum(record.down, block.timestamp - since);
    }

    function _setUp(address provider, uint256 upAt) internal {
        IFaults.Record memory record = _turned(provider);
        record.down = _sum(record.down, Math.min(upAt - record.downSince, MONTH));
        record.downSince = 0;
        _store(provider, record);
    }

    function _addDown(address provider, uint256 downSeconds) internal {
        IFaults.Record memory record = _turned(provider);
        record.down = _sum(record.down, downSeconds);
        _store(provider, record);
    }

    function _store(address provider, IFaults.Record memory record) internal {
        _records[provider] = record;
        emit RecordChanged(
            provider,
            record.served,
            record.down,
            record.servedBefore,
            record.downBefore,
            record.period,
            record.downSince
        );
    }

    /// @dev The record with its periods as they are now.
    function _turned(address provider) internal view returns (IFaults.Record memory record) {
        record = _records[provider];
        uint16 period = uint16(block.timestamp / MONTH);
        if (record.period == period) return record;
        bool isNext = record.period + 1 == period;
        (record.servedBefore, record.downBefore) = isNext ? (record.served, record.down) : (0, 0);
        (record.served, record.down, record.period) = (0, 0, period);
    }

    /// @dev Of the period before as much counts as is not 30 days ago: served rounded down, down rounded up.
    function _times(IFaults.Record memory record) internal view returns (uint256 served, uint256 down) {
        uint256 left = MONTH - block.timestamp % MONTH;
        served = record.served + record.servedBefore * left / MONTH;
        down = record.down + Math.ceilDiv(record.downBefore * left, MONTH);
        if (record.downSince != 0) down += Math.min(block.timestamp - record.downSince, MONTH);
    }

    /// @dev A provider of thousands of slots reaches the end of 32 bits; it stays there.
    function _sum(uint256 a, uint256 b) internal pure returns (uint32) {
        return uint32(Math.min(a + b, type(uint32).max));
    }
}
