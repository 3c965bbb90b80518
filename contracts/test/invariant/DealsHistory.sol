// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDeals} from "../../src/interfaces/IDeals.sol";
import {IMatching} from "../../src/interfaces/IMatching.sol";
import {ISuccession} from "../../src/interfaces/ISuccession.sol";
import {DealId} from "../../src/types/Ids.sol";
import {MeteredHandler} from "./MeteredHandler.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {Test} from "forge-std/Test.sol";

/// @dev The histories of `MeteredHandler`, and how the laws read them.
abstract contract DealsHistory is Test {
    uint8 internal constant STANDBY = 16;

    MeteredHandler internal handler;
    IDeals internal deals;
    IMatching internal matching;
    IERC20 internal usd;

    function setUp() external {
        handler = new MeteredHandler();
        (deals, matching) = handler.system();
        usd = IERC20(handler.token());
        bytes4[] memory acts = new bytes4[](41);
        acts[0] = handler.ask.selector;
        acts[1] = handler.fill.selector;
        acts[2] = handler.pay.selector;
        acts[3] = handler.stop.selector;
        acts[4] = handler.leave.selector;
        acts[5] = handler.takeBack.selector;
        acts[6] = handler.begin.selector;
        acts[7] = handler.decline.selector;
        acts[8] = handler.giveUp.selector;
        acts[9] = handler.topUp.selector;
        acts[10] = handler.exit.selector;
        acts[11] = handler.claim.selector;
        acts[12] = handler.settle.selector;
        acts[13] = handler.payStakers.selector;
        acts[14] = handler.close.selector;
        acts[15] = handler.renew.selector;
        acts[16] = handler.marginCall.selector;
        acts[17] = handler.donate.selector;
        acts[18] = handler.price.selector;
        acts[19] = handler.spread.selector;
        acts[20] = handler.pause.selector;
        acts[21] = handler.blockSomebody.selector;
        acts[22] = handler.unblockAll.selector;
        // Twice as often: most of a history needs slots that are served.
        acts[23] = handler.begin.selector;
        acts[24] = handler.askBacked.selector;
        acts[25] = handler.seat.selector;
        acts[26] = handler.fail.selector;
        acts[27] = handler.replace.selector;
        acts[28] = handler.closeSlot.selector;
        acts[29] = handler.deduct.selector;
        acts[30] = handler.stopSlot.selector;
        acts[31] = handler.release.selector;
        acts[32] = handler.payAnyTip.selector;
        acts[33] = handler.seat.selector;
        acts[34] = handler.askMetered.selector;
        acts[35] = handler.redeem.selector;
        acts[36] = handler.redeem.selector;
        acts[37] = handler.share.selector;
        acts[38] = handler.free.selector;
        acts[39] = handler.takeMeteredBack.selector;
        acts[40] = handler.fillWrongly.selector;
        targetContract(address(handler));
        targetSelector(FuzzSelector(address(handler), acts));
    }

    /// @dev The number of a deal's place: its slots come first.
    function _numberOf(IDeals.Deal memory held, uint256 place) internal pure returns (uint8) {
        return uint8(place < held.slots ? place : STANDBY + place - held.slots);
    }

    /// @dev What is in escrow and spare, and what was earned and is held back, of one deal: of all its places, and of the servings
    /// that ended before their slots.
    function _booksOf(DealId id) internal view returns (uint256 escrow, uint256 owed, uint256 credited) {
        IDeals.Deal memory held = deals.dealOf(id);
        escrow = held.spare;
        for (uint256 i = 0; i < held.slots + held.standbys; ++i) {
            IDeals.Slot memory place = deals.slotOf(id, _numberOf(held, i));
            escrow += place.escrow;
            owed += place.owed;
            credited += place.credited;
        }
        for (uint256 i = 0; i < handler.endedCount(); ++i) {
            (DealId deal, ISuccession.Serving memory past,) = _pastOf(i);
            if (!(deal == id)) continue;
            owed += past.owed;
            credited += past.credited;
        }
        // Servings of standbys that left no record, all credited.
        owed += handler.gone(DealId.unwrap(id));
        credited += handler.gone(DealId.unwrap(id));
    }

    function _pastOf(uint256 index) internal view returns (DealId deal, ISuccession.Serving memory past, uint8 slot) {
        uint32 serving;
        (deal, slot, serving,,,,) = handler.ended(index);
        past = deals.servingOf(deal, slot, serving);
    }
}
