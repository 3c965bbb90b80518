// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IFaults} from "../../src/interfaces/IFaults.sol";
import {IProbers} from "../../src/interfaces/IProbers.sol";
import {IStaking} from "../../src/interfaces/IStaking.sol";
import {VerdictsHandler} from "./VerdictsHandler.sol";
import {Test} from "forge-std/Test.sol";

/// @dev Laws L85 to L94 of README.md, judged on the histories of `VerdictsHandler`. The whole system is slow to run.
/// forge-config: ci.invariant.runs = 64
contract FaultsInvariantsTest is Test {
    VerdictsHandler private handler;
    IProbers private probers;
    IFaults private judge;
    IStaking private staking;

    function setUp() external {
        handler = new VerdictsHandler();
        address stakingAt;
        (probers, judge, stakingAt) = handler.system();
        staking = IStaking(stakingAt);
        targetContract(address(handler));
        targetSelector(FuzzSelector(address(handler), _acts()));
    }

    /// @dev What seldom succeeds is tried more often.
    function _acts() private view returns (bytes4[] memory acts) {
        acts = new bytes4[](20);
        acts[0] = handler.join.selector;
        acts[1] = handler.leave.selector;
        acts[2] = handler.withdraw.selector;
        acts[3] = handler.claim.selector;
        acts[4] = handler.fund.selector;
        acts[5] = handler.donate.selector;
        acts[6] = handler.say.selector;
        acts[7] = handler.flag.selector;
        acts[8] = handler.failover.selector;
        acts[9] = handler.record.selector;
        acts[10] = handler.sell.selector;
        acts[11] = handler.notice.selector;
        acts[12] = handler.propose.selector;
        acts[13] = handler.appeal.selector;
        acts[14] = handler.decide.selector;
        acts[15] = handler.execute.selector;
        acts[16] = handler.say.selector;
        acts[17] = handler.ordeal.selector;
        acts[18] = handler.ordeal.selector;
        acts[19] = handler.decide.selector;
    }

    function invariant_L85_ConservationOfProbersFunds() external view {
        (uint256 ofFlt, uint256 ofUsd) = handler.held();
        (uint256 overFlt, uint256 overUsd) = probers.surplus();
        assertEq(ofFlt - overFlt, handler.staked(), "L85: all FLT is somebody's stake");
        assertEq(overFlt, handler.donatedFlt(), "L85: or was given");
        uint256 booked = uint256(probers.pot()) + handler.credits();
        assertEq(ofUsd - overUsd, booked, "L85: all stablecoin is in the pot or credited");
        assertEq(overUsd, handler.donatedUsd(), "L85: or was given");
        assertEq(booked + handler.claimed(), handler.funded(), "L85: and all of it was funded");
    }

    function invariant_L86_DrawsStand() external view {
        assertEq(handler.checkDraws(), "", "L86");
    }

    function invariant_L87_SeatsAreStake() external view {
        assertEq(handler.checkSeats(), "", "L87");
    }

    function invariant_L88_QuorumsFlag() external view {
        assertEq(handler.broken(88), "", "L88");
    }

    function invariant_L89_FailedOverAfterTheGrace() external view {
        assertEq(handler.broken(89), "", "L89");
    }

    function invariant_L90_SlashedInItsTimes() external view {
        assertEq(handler.judgeHolds() - judge.surplus(), handler.bonds(), "L90: bonds are those of open appeals");
        assertEq(handler.broken(90), "", "L90");
    }

    function invariant_L91_TooFewProbersSlashNobody() external view {
        assertEq(handler.broken(91), "", "L91");
    }

    function invariant_L92_RecordsAreWhatHappened() external view {
        for (uint256 i = 0; i < 4; ++i) {
            address provider = handler.providerAt(i);
            (uint256 served, uint256 down) = judge.timesOf(provider);
            (uint256 servedModel, uint256 downModel) = handler.modelOf(provider);
            assertEq(served, servedModel, "L92: served");
            assertEq(down, downModel, "L92: down");
        }
    }

    function invariant_L93_NobodyGainsByASlash() external view {
        address honest = handler.providerAt(3);
        assertEq(staking.tranche(honest, true).active, 1_000_000e18, "L93: an honest provider loses nothing");
        assertEq(handler.broken(93), "", "L93");
    }

    function invariant_L94_ServedIsBurnedFor() external view {
        (uint256 sold,) = handler.totals();
        assertLe(handler.feesCounted(), sold, "L94: no more than was burned");
        // A hundred units at a dollar, two per cent, half of it burned: a dollar a day.
        assertLe(handler.secondsCounted() * 1e6 / 1 days, (sold + 100) * 101 / 100, "L94: seconds as their fees");
        assertEq(handler.broken(94), "", "L94");
    }
}
