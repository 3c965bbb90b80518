// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDeals} from "../../src/interfaces/IDeals.sol";
import {DealId} from "../../src/types/Ids.sol";
import {DealsHistory} from "./DealsHistory.sol";

/// @dev Laws L97 and L99 of README.md, judged on the histories of `MeteredHandler`.
/// forge-config: ci.invariant.runs = 64
contract MeteredInvariantsTest is DealsHistory {
    function invariant_L97_MeteredConservation() external view {
        assertTrue(handler.isRedeemedRight(), "L97: what was signed for, as far as it is there");
        assertTrue(handler.isMovedByUsageOnly(), "L97: nothing else is paid from it");
        assertTrue(handler.isRoyaltyWhole(), "L97: royalties are shared out, and none is lost");
        for (uint256 i = 0; i < handler.meteredCount(); ++i) {
            DealId id = handler.meteredAt(i);
            uint8 slots = deals.dealOf(id).slots;
            for (uint8 slot = 0; slot < slots; ++slot) {
                IDeals.Slot memory held = deals.slotOf(id, slot);
                for (uint32 serving = 1; serving <= held.serving; ++serving) {
                    uint256 paid = handler.redeemed(DealId.unwrap(id), slot, serving);
                    assertEq(deals.redeemedOf(id, slot, serving), paid, "L97: owed to its own serving");
                }
                assertLe(held.credited, held.owed, "L97: credited of what is owed");
            }
        }
    }

    function invariant_L99_NothingRefundedThatCanBeRedeemed() external view {
        assertTrue(handler.isKept(), "L99: the escrow waits for the last voucher");
    }
}
