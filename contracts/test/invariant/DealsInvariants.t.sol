// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDeals} from "../../src/interfaces/IDeals.sol";
import {DealId, OfferId} from "../../src/types/Ids.sol";
import {DealsHistory} from "./DealsHistory.sol";

/// @dev Laws L30 to L45 of README.md, judged on the histories of `MeteredHandler`. The whole system is slow to run.
/// forge-config: ci.invariant.runs = 64
contract DealsInvariantsTest is DealsHistory {
    uint256 private constant THAW = 21 days;

    function _credits() private view returns (uint256 sum) {
        for (uint256 i = 0; i < 8; ++i) {
            sum += deals.creditOf(handler.party(i)) + deals.stakersCreditOf(handler.party(i));
        }
    }

    function invariant_L30_ConservationOfStablecoin() external view {
        uint256 sum = _credits();
        for (uint256 i = 0; i < handler.count(); ++i) {
            (uint256 escrow, uint256 owed, uint256 credited) = _booksOf(handler.ids(i));
            sum += escrow + owed - credited + deals.royaltyDue(handler.ids(i));
        }
        sum += handler.tipsIn() - handler.tipsPaid();
        assertEq(usd.balanceOf(address(deals)) - deals.surplus(), sum, "L30: the balance is owed to somebody by name");
        assertEq(deals.surplus(), handler.donated(), "L30: and the rest was given");
    }

    function invariant_L31_NothingOverdraws() external view {
        for (uint256 i = 0; i < handler.count(); ++i) {
            DealId id = handler.ids(i);
            (uint256 escrow, uint256 owed,) = _booksOf(id);
            uint256 paid = handler.paidIn(DealId.unwrap(id)) - handler.refunded(DealId.unwrap(id));
            assertEq(escrow + owed, paid, "L31: a deal spends what was paid for it");
        }
    }

    function invariant_L32_StreamRate() external view {
        for (uint256 i = 0; i < handler.count(); ++i) {
            DealId id = handler.ids(i);
            IDeals.Deal memory held = deals.dealOf(id);
            for (uint256 index = 0; index < held.slots + held.standbys; ++index) {
                uint8 slot = _numberOf(held, index);
                IDeals.Slot memory place = deals.slotOf(id, slot);
                if (place.status < 2 || (held.paymentMode == 1 && slot < STANDBY)) continue;
                uint256 until = block.timestamp < place.endsAt ? block.timestamp : place.endsAt;
                uint256 served = place.startedAt == 0 || until < place.startedAt ? 0 : until - place.startedAt;
                uint256 most = uint256(place.price) * held.units * served / 1 days;
                assertLe(place.owed, most, "L32: nobody earns faster than his price");
                assertLe(deals.accrued(id, slot), most, "L32: settled or not");
            }
        }
    }

    function invariant_L33_SettleIsPathIndependent() external view {
        assertTrue(handler.isSettlePathless(), "L33: a settle books what the view says");
    }

    function invariant_L34_HoldBack() external view {
        assertTrue(handler.isHeldBack(), "L34: credited after three days");
        for (uint256 i = 0; i < handler.count(); ++i) {
            DealId id = handler.ids(i);
            IDeals.Deal memory held = deals.dealOf(id);
            for (uint256 index = 0; index < held.slots + held.standbys; ++index) {
                uint8 slot = _numberOf(held, index);
                IDeals.Slot memory place = deals.slotOf(id, slot);
                assertLe(place.credited, place.owed, "L34: never more than owed");
            }
        }
    }

    function invariant_L35_FeeSplitAddsUp() external view {
        uint256 credited = 0;
        uint256 due = 0;
        for (uint256 i = 0; i < handler.count(); ++i) {
            (,, uint256 ofDeal) = _booksOf(handler.ids(i));
            credited += ofDeal;
            due += deals.royaltyDue(handler.ids(i));
        }
        assertEq(credited, handler.credited(), "L35: credits only come from settling");
        assertEq(
            _credits() + handler.claimed() + due,
            credited + handler.feesIn() + handler.tipsPaid(),
            "L35: all parts are somebody's"
        );
    }

    function invariant_L36_OpeningRatio() external view {
        assertTrue(handler.isOpeningCovered(), "L36: lock * low >= coverage * value at every grant");
    }

    function invariant_L37_MarginNeverSells() external view {
        assertTrue(handler.isMarginHarmless(), "L37: a call or a leave takes no stake");
    }

    function invariant_L38_RefundByShares() external view {
        assertTrue(handler.isRefundFair(), "L38: a refund is its share of what is left");
        for (uint256 i = 0; i < handler.count(); ++i) {
            DealId id = handler.ids(i);
            uint256 shares = deals.sharesOf(id, handler.party(4)) + deals.sharesOf(id, handler.party(5))
                + deals.sharesOf(id, handler.party(6));
            assertEq(shares, deals.dealOf(id).shares, "L38: all shares are somebody's");
        }
    }

    function invariant_L39_CriteriaHoldAtTheOpening() external view {
        assertTrue(handler.isCriteriaMet(), "L39: what is activated meets what was asked");
    }

    function invariant_L40_StaleFreezesOnlyWhatItMay() external view {
        assertTrue(handler.isStaleNarrow(), "L40: no new lock and no call without a price");
        assertTrue(handler.isStaleRenewalEqual(), "L40: a renewal keeps its FLT");
    }

    function invariant_L41_PauseStopsOnlyRequests() external view {
        assertTrue(handler.isPauseNarrow(), "L41: requests are refused while paused, and only then");
    }

    function invariant_L42_UnitsAreThoseOfSlots() external view {
        uint256[4] memory used;
        for (uint256 i = 0; i < handler.count(); ++i) {
            DealId id = handler.ids(i);
            IDeals.Deal memory held = deals.dealOf(id);
            for (uint256 index = 0; index < held.slots + held.standbys; ++index) {
                uint8 slot = _numberOf(held, index);
                IDeals.Slot memory place = deals.slotOf(id, slot);
                if (place.status == 1 || place.status == 2) used[OfferId.unwrap(place.offer) - 1] += held.units;
            }
        }
        for (uint256 i = 0; i < 4; ++i) {
            assertEq(handler.unitsInUse(i), used[i], "L42: units in use are those of slots");
        }
    }

    function invariant_L43_OneProviderPerSlot() external view {
        for (uint256 i = 0; i < handler.count(); ++i) {
            address[] memory serving = deals.providersOf(handler.ids(i));
            for (uint256 j = 0; j < serving.length * serving.length; ++j) {
                (uint256 a, uint256 b) = (j / serving.length, j % serving.length);
                if (a == b || serving[a] == address(0)) continue;
                assertTrue(serving[a] != serving[b], "L43: slots and standbys of a deal have different providers");
            }
        }
    }

    function invariant_L44_ServedSlotsAreLocked() external view {
        for (uint256 i = 0; i < handler.count(); ++i) {
            DealId id = handler.ids(i);
            IDeals.Deal memory held = deals.dealOf(id);
            for (uint256 index = 0; index < held.slots + held.standbys; ++index) {
                uint8 slot = _numberOf(held, index);
                IDeals.Slot memory place = deals.slotOf(id, slot);
                if (place.status != 2) continue;
                (uint256 amount, uint256 end, address provider) = handler.lockAmount(id, slot);
                assertGt(amount, 0, "L44: a served slot is secured");
                assertGe(end, uint256(place.termEnd) + 5 days, "L44: through the dispute");
                assertEq(provider, place.provider, "L44: by its provider");
            }
        }
    }

    /// @dev L45: from wherever a history ended, customers, payers, providers, stakers and the treasury take out all that is
    /// theirs by their own calls, within THAW + 1 day, and nothing is left but what was given.
    function afterInvariant() external {
        handler.unblockAll();
        uint256 endsAt = block.timestamp + THAW + 1 days;
        _stopAll();
        // A term's end is the longest that a notice can take, and the hold-back comes after it.
        skip(15 days);
        for (uint256 i = 0; i < handler.count(); ++i) {
            DealId id = handler.ids(i);
            for (uint256 payer = 4; payer < 7; ++payer) {
                handler.refundOf(id, handler.party(payer));
            }
        }
        skip(3 days + 1);
        _takeAll();
        assertTrue(handler.isSettlePathless(), "L33: the last settles book what the view says, too");
        assertTrue(handler.isRefundFair(), "L38: a refund is its share of what is left, of all that is left, too");
        assertLe(block.timestamp, endsAt, "L45: in time");
        assertEq(usd.balanceOf(address(deals)), deals.surplus(), "L45: all is taken out");
        assertEq(deals.surplus(), handler.donated(), "L45: but what was given");
    }

    function _stopAll() private {
        for (uint256 i = 0; i < handler.count(); ++i) {
            DealId id = handler.ids(i);
            if (deals.dealOf(id).stoppedAt != 0) continue;
            vm.prank(deals.dealOf(id).customer);
            deals.stop(id);
        }
    }

    function _takeAll() private {
        for (uint256 i = 0; i < handler.count(); ++i) {
            DealId id = handler.ids(i);
            IDeals.Deal memory held = deals.dealOf(id);
            for (uint256 index = 0; index < held.slots + held.standbys; ++index) {
                handler.settleOf(id, _numberOf(held, index));
            }
            handler.payTip(id);
        }
        for (uint256 i = 0; i < handler.endedCount(); ++i) {
            handler.releaseOf(i);
        }
        for (uint256 i = 0; i < handler.count(); ++i) {
            handler.shareAll(handler.ids(i));
        }
        for (uint256 i = 0; i < 8; ++i) {
            handler.claimOf(handler.party(i));
            if (deals.stakersCreditOf(handler.party(i)) != 0) deals.payStakers(handler.party(i));
        }
    }
}
