// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IProbers} from "../../src/interfaces/IProbers.sol";
import {DealId, FaultId, JobId} from "../../src/types/Ids.sol";
import {ProbersBase} from "../ProbersBase.t.sol";

/// @dev Who is drawn, how often, and for how long that can be told.
contract ProbersDrawsTest is ProbersBase {
    address private immutable whale = makeAddr("whale");

    function test_DrawOf_RevertWhen_DayNotOpen() external {
        vm.expectRevert(abi.encodeWithSelector(IProbers.DayNotOpen.selector, _day()));
        probers.drawOf(DEAL, _day());
    }

    function test_DrawOf_RevertWhen_DayOver() external {
        _crew();
        uint32 day = _day();
        _days(8);
        vm.expectRevert(abi.encodeWithSelector(IProbers.DayOver.selector, day));
        probers.drawOf(DEAL, day);
    }

    function test_DrawOf_GivenEnough(uint64 deal, uint64 other) external {
        _crew();
        address[] memory drawn = probers.drawOf(DealId.wrap(deal), _day());
        assertEq(drawn.length, 5, "as many as are to be drawn");
        for (uint256 i = 0; i < 5; ++i) {
            assertTrue(_has(crew, drawn[i]), "of those that are registered");
            for (uint256 j = 0; j < i; ++j) {
                assertTrue(drawn[i] != drawn[j], "each once");
            }
        }
        vm.assume(deal != other);
        address[] memory panel = probers.panelOf(FaultId.wrap(other), _day());
        assertEq(panel.length, 9, "and the whole panel");
    }

    function test_DrawOf_GivenFew() external {
        _enroll(_named("one"), 1, 1);
        _enroll(_named("two"), 2, 60);
        _tomorrow();
        probers.openDay();
        assertLe(probers.drawOf(DEAL, _day()).length, 2, "no more than there are");
        assertLe(probers.panelOf(FaultId.wrap(1), _day()).length, 2, "nor in a panel");
    }

    function test_DrawOf_GivenNobody() external {
        probers.openDay();
        assertEq(probers.drawOf(DEAL, _day()).length, 0, "nobody");
    }

    /// @dev First in the draw by stake: the whale has 36 of 45 seats.
    function test_DrawOf_GivenUnequalSeats() external {
        for (uint256 i = 0; i < 9; ++i) {
            _enroll(_named(string.concat("small ", vm.toString(i))), 1, 1);
        }
        _enroll(whale, 2, 36);
        _tomorrow();
        probers.openDay();
        uint256 count = 0;
        for (uint64 deal = 1; deal <= 500; ++deal) {
            if (probers.drawOf(DealId.wrap(deal), _day())[0] == whale) ++count;
        }
        assertApproxEqAbs(count, 400, 40, "as often as it has seats");
    }

    /// @dev A week on, the draw that somebody signed for is the same, whoever came and left.
    function test_DrawOf_GivenOthersCameAndLeft() external {
        _crew();
        uint32 day = _day();
        address[] memory before = probers.drawOf(DEAL, day);
        for (uint256 i = 0; i < 7; ++i) {
            _leave(crew[i]);
            _tomorrow();
            _enroll(_named(string.concat("next ", vm.toString(i))), 3, uint16(1 + i));
            probers.openDay();
            assertEq(probers.drawOf(DEAL, day), before, "the same");
        }
    }

    function test_ExecutorsOf_GivenEnough(uint64 job, bytes32 seed) external {
        _crew();
        address[] memory drawn = probers.executorsOf(JobId.wrap(job), seed, _day(), 3);
        assertEq(drawn.length, 3, "as many as are asked for");
        for (uint256 i = 0; i < 3; ++i) {
            assertTrue(_has(crew, drawn[i]), "of those that are registered");
            for (uint256 j = 0; j < i; ++j) {
                assertTrue(drawn[i] != drawn[j], "each once");
            }
        }
    }

    function test_ExecutorsOf_GivenFew() external {
        _enroll(_named("one"), 1, 1);
        _enroll(_named("two"), 2, 60);
        _tomorrow();
        probers.openDay();
        assertLe(probers.executorsOf(JobId.wrap(1), "seed", _day(), 3).length, 2, "no more than there are");
    }

    /// @dev Who knows the day's seed knows no executor: that of the sample decides.
    function test_ExecutorsOf_GivenAnotherSeed() external {
        _crew();
        uint256 alike = 0;
        for (uint256 k = 0; k < 200; ++k) {
            address first = probers.executorsOf(JobId.wrap(1), bytes32(k), _day(), 3)[0];
            if (first == crew[0]) ++alike;
        }
        assertApproxEqAbs(alike, 22, 14, "one of nine comes first as often as the others");
    }

    /// @dev The same number of a deal, a fault and a job draws others.
    function test_ExecutorsOf_GivenSameNumber() external {
        _crew();
        uint256 alike = 0;
        for (uint64 k = 1; k <= 60; ++k) {
            address first = probers.executorsOf(JobId.wrap(k), 0, _day(), 3)[0];
            if (first == probers.drawOf(DealId.wrap(k), _day())[0]) ++alike;
            if (first == probers.panelOf(FaultId.wrap(k), _day())[0]) ++alike;
        }
        assertLe(alike, 30, "each draw is its own");
    }

    function test_Seats_GivenForgotten() external {
        _crew();
        for (uint256 i = 0; i < 9; ++i) {
            _leave(crew[i]);
        }
        _days(8);
        _enroll(whale, 1, 9);
        _tomorrow();
        probers.openDay();
        (, uint32 seats,) = probers.dayOf(_day());
        assertEq(seats, 18, "none is reused while a draw could meet it");
        address second = _named("second");
        _enroll(second, 2, 9);
        _tomorrow();
        probers.openDay();
        (, seats,) = probers.dayOf(_day());
        assertEq(seats, 18, "all are reused afterwards");
        address[] memory panel = probers.panelOf(FaultId.wrap(1), _day());
        assertEq(panel.length, 2, "and both are drawn");
    }

    /// @dev Whoever held most seats and left cannot leave a desert behind.
    function test_Seats_GivenManyLeft() external {
        _crew();
        _enroll(whale, 1, 64);
        _tomorrow();
        _leave(whale);
        _days(9);
        vm.prank(whale);
        probers.withdraw(whale);
        _tomorrow();
        probers.openDay();
        (, uint32 seats,) = probers.dayOf(_day());
        assertEq(seats, 9, "empty seats at the end are gone");
        assertEq(probers.drawOf(DEAL, _day()).length, 5, "and draws find probers");
        _enroll(whale, 1, 64);
        _tomorrow();
        probers.openDay();
        (, seats,) = probers.dayOf(_day());
        assertEq(seats, 73, "what was trimmed is passed over when seats are reused");
    }
}
