// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICapacity} from "../interfaces/ICapacity.sol";
import {IProbers} from "../interfaces/IProbers.sol";
import {DealId, FaultId, JobId} from "../types/Ids.sol";
import {Seats} from "./Seats.sol";

/// @dev Days, and who is drawn on them: seats, uniformly, so probers by their stake.
abstract contract Draws is Seats {
    uint32 private constant WINDOWS = 24;
    bytes32 private constant OF_DEAL = "deal";
    bytes32 private constant OF_FAULT = "fault";
    bytes32 private constant OF_JOB = "job";

    struct Opened {
        bytes32 seed;
        uint32 seats;
        uint32 eligible;
    }

    ICapacity internal immutable capacity;
    uint8 internal immutable drawn;
    uint8 internal immutable panelDrawn;

    mapping(uint32 day => Opened) internal _days;

    constructor(ICapacity newCapacity, uint8 newDrawn, uint8 newPanelDrawn) {
        capacity = newCapacity;
        drawn = newDrawn;
        panelDrawn = newPanelDrawn;
    }

    /* DAYS */

    /// @inheritdoc IProbers
    function openDay() external {
        uint32 day = _turnDay();
        if (_days[day].seed != 0) return;
        bytes32 seed = _seedOf(day);
        if (seed == 0) seed = capacity.openWindow();
        // The seats that the day began with: who knows the seed cannot change what it is divided by.
        _days[day] = Opened(seed, _turn.seats, _turn.eligible);
        emit DayOpened(day, seed, _turn.seats, _turn.eligible);
    }

    /// @dev Of the first window of the day that somebody opened. No window can be opened when it is over.
    function _seedOf(uint32 day) private view returns (bytes32 seed) {
        uint32 running = uint32(block.timestamp / 1 hours);
        for (uint32 window = day * WINDOWS; window <= running && seed == 0; ++window) {
            seed = capacity.seedOf(window);
        }
    }

    /* DRAWS */

    function _drawFor(DealId deal, uint32 day) internal view returns (address[] memory) {
        return _draw(day, OF_DEAL, DealId.unwrap(deal), drawn);
    }

    function _panelFor(FaultId fault, uint32 day) internal view returns (address[] memory) {
        return _draw(day, OF_FAULT, FaultId.unwrap(fault), panelDrawn);
    }

    /// @dev Seats that are empty and probers that are drawn already are passed over, as often as 8 times a draw and 64.
    function _draw(uint32 day, bytes32 domain, uint64 id, uint256 wanted) private view returns (address[] memory list) {
        Opened memory opened = _days[day];
        require(opened.seed != 0, DayNotOpen(day));
        require(day + KEPT_DAYS >= _today(), DayOver(day));
        list = new address[](wanted);
        uint256 found = 0;
        uint256 tries = opened.seats == 0 ? 0 : 8 * wanted + 64;
        for (uint256 k = 0; k < tries && found < wanted; ++k) {
            uint256 position = uint256(keccak256(abi.encode(opened.seed, domain, id, k))) % opened.seats;
            address prober = _proberAt(position, day);
            if (prober == address(0) || _indexOf(list, found, prober) != found) continue;
            list[found++] = prober;
        }
        // No longer than it was made.
        assembly ("memory-safe") {
            mstore(list, found)
        }
    }

    /// @dev Zero where the seat is empty on that day. Positions beyond the end were empty before they were trimmed.
    function _proberAt(uint256 position, uint32 day) private view returns (address) {
        if (position >= _seats.length) return address(0);
        Seat memory seat = _seats[position];
        bool counts = seat.fromDay <= day && (seat.untilDay == 0 || day < seat.untilDay);
        return counts ? seat.prober : address(0);
    }

    /// @dev `length` where it is not among the first `length`.
    function _indexOf(address[] memory list, uint256 length, address prober) internal pure returns (uint256 index) {
        while (index < length && list[index] != prober) ++index;
    }

    /* VIEWS */

    /// @inheritdoc IProbers
    function drawOf(DealId deal, uint32 day) external view returns (address[] memory) {
        return _drawFor(deal, day);
    }

    /// @inheritdoc IProbers
    function panelOf(FaultId fault, uint32 day) external view returns (address[] memory) {
        return _panelFor(fault, day);
    }

    /// @inheritdoc IProbers
    function executorsOf(JobId job, bytes32 seed, uint32 day, uint8 count) external view returns (address[] memory) {
        return _draw(day, keccak256(abi.encode(OF_JOB, seed)), JobId.unwrap(job), count);
    }

    /// @inheritdoc IProbers
    function dayOf(uint32 day) external view returns (bytes32 seed, uint32 seats, uint32 eligible) {
        Opened memory opened = _days[day];
        return (opened.seed, opened.seats, opened.eligible);
    }
}
