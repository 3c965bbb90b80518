// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDeals} from "../../src/interfaces/IDeals.sol";
import {IFeeBurn} from "../../src/interfaces/IFeeBurn.sol";
import {IRewards} from "../../src/interfaces/IRewards.sol";
import {RewardsHandler} from "./RewardsHandler.sol";
import {Test} from "forge-std/Test.sol";

/// @dev Laws L61 to L69 of README.md, judged on the histories of `RewardsHandler`. The whole system is slow to run.
/// forge-config: ci.invariant.runs = 64
contract RewardsInvariantsTest is Test {
    uint256 private constant UNIT = 1e6;

    RewardsHandler private handler;
    IRewards private rewards;
    IFeeBurn private feeBurn;
    IDeals private deals;

    function setUp() external {
        handler = new RewardsHandler();
        address feeBurnAt;
        address dealsAt;
        (rewards, feeBurnAt, dealsAt) = handler.system();
        (feeBurn, deals) = (IFeeBurn(feeBurnAt), IDeals(dealsAt));
        targetContract(address(handler));
        targetSelector(FuzzSelector(address(handler), _acts()));
    }

    function _acts() private view returns (bytes4[] memory acts) {
        acts = new bytes4[](22);
        acts[0] = handler.give.selector;
        acts[1] = handler.begin.selector;
        acts[2] = handler.adjust.selector;
        acts[3] = handler.govern.selector;
        acts[4] = handler.sweep.selector;
        acts[5] = handler.credit.selector;
        acts[6] = handler.release.selector;
        acts[7] = handler.convict.selector;
        acts[8] = handler.attend.selector;
        acts[9] = handler.vouch.selector;
        acts[10] = handler.serve.selector;
        acts[11] = handler.record.selector;
        acts[12] = handler.rewardFee.selector;
        acts[13] = handler.collect.selector;
        acts[14] = handler.buy.selector;
        acts[15] = handler.payTreasury.selector;
        acts[16] = handler.claim.selector;
        acts[17] = handler.payStakers.selector;
        acts[18] = handler.donate.selector;
        acts[19] = handler.price.selector;
        // Twice as often: most of a history needs epochs and credits.
        acts[20] = handler.begin.selector;
        acts[21] = handler.credit.selector;
    }

    function invariant_L61_ConservationOfRewards() external view {
        (uint256 ofFlt,) = handler.held();
        assertEq(ofFlt - rewards.surplus(), handler.books(), "L61: the balance is somebody's by name");
        assertEq(rewards.surplus(), handler.donatedFlt(), "L61: and the rest was given");
        assertEq(
            handler.books() + handler.claimed() + handler.pushed(), handler.funded(), "L61: and all of it was funded"
        );
    }

    function invariant_L62_AnEpochPaysItsPoolOnce() external view {
        for (uint256 i = 0; i < handler.epochCount(); ++i) {
            uint32 epoch = handler.epochs(i);
            (uint128 amount, uint128 left) = rewards.epochOf(0, epoch);
            assertEq(left + handler.takenOf(epoch), amount, "L62: what is taken of a pool is not left in it");
        }
        assertEq(handler.broken(62), "", "L62");
    }

    function invariant_L63_ThePoolFollowsTheTarget() external view {
        IRewards.Pool memory pool = rewards.poolOf(0);
        assertEq(pool.wanted, handler.wanted(), "L63: wanted");
        if (pool.epoch != 0) assertEq(pool.next, handler.following(), "L63: next");
        assertEq(handler.broken(63), "", "L63");
    }

    function invariant_L64_PaidWhenDueAndSplitByTheTerms() external view {
        assertEq(handler.broken(64), "", "L64");
    }

    function invariant_L65_PayingOneselfLoses() external view {
        assertLe(handler.rewardedFees(), feeBurn.sold(), "L65: only burned fees are rewarded");
        for (uint256 i = 0; i < 2; ++i) {
            uint256 fee = uint256(deals.slotOf(handler.ids(i), 0).credited) * 200 / 10_000;
            assertLe(handler.rewardedOf(i), fee, "L65: and only a slot's own");
        }
        assertEq(handler.broken(65), "", "L65");
    }

    function invariant_L66_ConservationOfFees() external view {
        (, uint256 ofUsd) = handler.held();
        (uint128 lot,) = feeBurn.lot();
        uint256 booked = uint256(lot) + feeBurn.treasuryCredit();
        assertEq(ofUsd - feeBurn.surplus(), booked, "L66: for sale or the treasury's");
        assertEq(feeBurn.surplus(), handler.donatedUsd(), "L66: and the rest was given");
        assertEq(booked + feeBurn.sold() + handler.treasuryPaid(), handler.collected(), "L66: and all of it collected");
    }

    function invariant_L67_FeesAreSoldForBurnedFlt() external view {
        assertEq(handler.dead(), handler.burned(), "L67: whatever was paid is burned");
        assertEq(handler.broken(67), "", "L67");
    }

    function invariant_L68_WorkIsExcusedOnce() external view {
        for (uint256 i = 0; i < 2; ++i) {
            IDeals.Slot memory place = deals.slotOf(handler.ids(i), 0);
            // 100 units at a dollar owe 100 dollars a day.
            assertLe(handler.excusedOf(i), place.owed, "L68: no more than was paid for");
            for (uint256 day = 0; day < 40; ++day) {
                uint32 epoch = uint32(20_700 + day);
                assertLe(handler.excusedIn(i, epoch), 100 * UNIT, "L68: no more than the units in a day");
            }
        }
        assertEq(handler.broken(68), "", "L68");
    }

    /// @dev L69: from wherever a history ended, everything due is paid and everything credited is taken out; what nobody earned is
    /// back in the funds.
    function afterInvariant() external {
        handler.settleAll();
        (uint256 ofFlt,) = handler.held();
        assertEq(ofFlt, uint256(rewards.funds()) + handler.donatedFlt(), "L69: nothing is kept from anybody");
        assertEq(
            handler.funded(), handler.claimed() + handler.pushed() + rewards.funds(), "L69: all went where it was owed"
        );
    }
}
