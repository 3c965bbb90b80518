// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDeals} from "../../src/interfaces/IDeals.sol";
import {ISuccession} from "../../src/interfaces/ISuccession.sol";
import {DealId} from "../../src/types/Ids.sol";
import {DealsHistory} from "./DealsHistory.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @dev Laws L70 to L79 of README.md, judged on the histories of `MeteredHandler`.
/// forge-config: ci.invariant.runs = 64
contract SuccessionInvariantsTest is DealsHistory {
    /// @dev A serving ended when it had served what it is owed for; the fewest seconds that owe as much. What was used says nothing
    /// of time.
    function _servedOf(DealId id, uint8 slot, ISuccession.Serving memory past) private view returns (uint256) {
        if (slot < STANDBY && deals.dealOf(id).paymentMode == 1) return 0;
        uint256 rate = uint256(past.price) * deals.dealOf(id).units;
        return Math.ceilDiv(uint256(past.owed) * 1 days, rate);
    }

    function invariant_L70_OneProviderPerSlotAndSecond() external view {
        for (uint256 i = 0; i < handler.endedCount(); ++i) {
            (DealId id, ISuccession.Serving memory past, uint8 slot) = _pastOf(i);
            uint256 from = past.endedAt - _servedOf(id, slot, past);
            for (uint256 j = 0; j < i; ++j) {
                (DealId other, ISuccession.Serving memory before, uint8 itsSlot) = _pastOf(j);
                if (!(other == id) || itsSlot != slot) continue;
                assertGe(from, before.endedAt, "L70: a serving starts when the one before has ended");
            }
            IDeals.Slot memory held = deals.slotOf(id, slot);
            if (held.status != 2) continue;
            assertGe(held.startedAt, past.endedAt, "L70: and so does the one that runs");
        }
    }

    function invariant_L71_NothingChargedForAGap() external view {
        assertTrue(handler.isGapFree(), "L71: what was down, or nobody's, is not owed");
    }

    function invariant_L72_LiabilityIsKept() external view {
        for (uint256 i = 0; i < handler.endedCount(); ++i) {
            assertTrue(handler.isLiable(i), "L72: who is gone answers to the end of his lock");
        }
    }

    function invariant_L73_PromotionsScaleTheLock() external view {
        assertTrue(handler.isScaled(), "L73: lock / value is that of the grant before");
    }

    function invariant_L74_RetainerIsTwoPercent() external view {
        assertTrue(handler.isRetainerRight(), "L74: a standby is paid a fiftieth of its price");
    }

    function invariant_L75_ReleasedOnceAfterThreeDays() external view {
        assertTrue(handler.isReleasedOnce(), "L75: all that was held back, in time, once");
    }

    function invariant_L76_DroppedForfeitWhatWasHeldBack() external view {
        assertTrue(handler.isForfeitExact(), "L76: no more and no less than what was not credited");
    }

    function invariant_L77_DowntimeIsTakenBack() external view {
        assertTrue(handler.isTakenBackRight(), "L77: all of it, but for what was credited");
    }

    function invariant_L78_StandbysEndWithTheirSlots() external view {
        assertTrue(handler.isStandbyEnded(), "L78: nobody stands by for nothing");
    }

    function invariant_L79_TipsArePaidOnce() external view {
        uint256 waiting = 0;
        for (uint256 i = 0; i < handler.count(); ++i) {
            waiting += deals.tipOf(handler.ids(i));
        }
        assertTrue(handler.isTipPaidOnce(), "L79: a tip that was paid is gone");
        assertEq(waiting + handler.tipsPaid(), handler.tipsIn(), "L79: and none is lost");
    }
}
