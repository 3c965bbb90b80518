// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICapacity} from "../../src/interfaces/ICapacity.sol";
import {CommitmentId} from "../../src/types/Ids.sol";
import {CapacityBase} from "../CapacityBase.t.sol";

/// @dev Who pays whom for being fast, slow or many. A window a day is enough: nothing here looks at a leaf.
contract CapacityTargetsTest is CapacityBase {
    uint256 private constant REFERENCE = type(uint256).max / 2;

    address private immutable rival = makeAddr("rival");
    CommitmentId private honest;
    CommitmentId private theirs;

    /// @dev Both begin with the next epoch.
    function _pledgeBoth(uint16 mine, uint16 others) private {
        honest = _pledgeFor(mine, 14);
        _register(rival, 1_000_000 * FLT, 0);
        vm.prank(rival);
        theirs = capacity.pledge(rival, 0, others, 14);
    }

    function _claimMany(CommitmentId commitment, uint256 filled) private {
        Sheet memory sheet = _blank(commitment, _window());
        for (uint32 i = 0; i < filled; ++i) {
            _claimBit(sheet, i);
        }
        bytes32 seed = capacity.seedOf(sheet.window);
        ICapacity.Claim memory claim = _claimOf(sheet);
        vm.prank(capacity.commitmentOf(commitment).provider);
        capacity.commit(commitment, sheet.window, seed, sheet.root, sheet.bitmap);
        _draw(commitment, claim, false);
    }

    /// @dev An epoch of one window; what was final before is credited.
    function _day(uint256 mine, uint256 others) private returns (uint256 target) {
        _toWindow((_epoch() + 1) * 24);
        _open();
        target = capacity.targetOf(0, _epoch());
        if (mine != 0) _claimMany(honest, mine);
        if (others != 0) _claimMany(theirs, others);
        _to(block.timestamp + 4 hours);
        uint32 final_ = _epoch() - 1;
        if (capacity.commitmentOf(honest).nextEpoch != final_) return target;
        capacity.credit(honest, final_);
        capacity.credit(theirs, final_);
    }

    function _weightOf(CommitmentId commitment, uint32 epoch) private view returns (uint256 weight) {
        (,, weight,,,,) = rewards.credited(commitment, epoch);
    }

    /* MANY */

    /// @dev A core fills four puzzles a window. A hundred of them fill as many for 147 units as for 100.
    function test_Attack_WhenAHundredCoresAreClaimedAsMoreUnits(uint16 units) external {
        units = uint16(bound(units, 101, 400));
        _pledgeBoth(100, units);
        _day(400, 400);
        uint32 epoch = _epoch();
        _day(0, 0);
        uint256 fair = _weightOf(honest, epoch);
        uint256 claimed = _weightOf(theirs, epoch);
        assertEq(fair, uint256(100e6) / 24, "a hundred units have earned their epoch");
        assertLe(claimed * 95, fair * 100 + 100, "and as more of them they earn at most 1/0.95 of it");
        if (units > 210) assertEq(claimed, 0, "or nothing, where less than half is filled");
    }

    /* FAST AND SLOW */

    function test_Attack_WhenAFastMinorityPushesTheTarget() external {
        // Four fifths fill what the reference core fills; a fifth, eight times as fast, all that there is.
        _pledgeBoth(80, 20);
        _day(80 * 4, 20 * 8);
        for (uint256 i = 0; i < 12; ++i) {
            uint256 target = _day(80 * 4, 20 * 8);
            uint256 alone = i < 2 ? REFERENCE : _stepsDown(i - 1);
            assertEq(target, alone, "it is where the slowest fifth of all units puts it");
        }
    }

    /// @dev Fill of four exactly lies in the first bin above it.
    function _stepsDown(uint256 steps) private pure returns (uint256 target) {
        target = REFERENCE;
        for (uint256 i = 0; i < steps; ++i) {
            target -= target / 50;
        }
    }

    function test_Attack_WhenAThrottledMinorityPushesTheTarget() external {
        _pledgeBoth(81, 19);
        for (uint256 i = 0; i < 13; ++i) {
            // Just over half of what is possible, or it would count for nothing.
            uint256 target = _day(81 * 5, 19 * 2);
            assertLe(target, REFERENCE, "under a fifth moves nothing");
        }
    }

    function test_Attack_WhenAThrottledFifthPushesTheTarget() external {
        _pledgeBoth(60, 40);
        uint256 last = REFERENCE;
        for (uint256 i = 0; i < 13; ++i) {
            uint256 target = _day(60 * 5, 40 * 2);
            assertLe(target, last + last / 50, "two percent an epoch");
            last = target;
        }
        assertLe(last, REFERENCE + REFERENCE / 4, "a quarter in all");
        assertGt(last, REFERENCE, "but it moves");
    }

    function test_Attack_WhenIdleUnitsPushTheTarget() external {
        _pledgeBoth(1, 1000);
        // Until they are ended for it.
        for (uint256 i = 0; i < 6; ++i) {
            assertLe(_day(5, 0), REFERENCE, "whoever fills nothing has no say");
        }
    }
}
