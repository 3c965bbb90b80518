// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IStaking} from "../../src/interfaces/IStaking.sol";
import {QuarantineId} from "../../src/types/Ids.sol";
import {Base} from "../Base.t.sol";
import {StakingGhost} from "./StakingGhost.sol";
import {StakingHandler} from "./StakingHandler.sol";

/// @dev The laws of README.md, by number.
contract StakingInvariants is Base {
    StakingHandler private handler;

    function setUp() public override {
        super.setUp();
        handler = new StakingHandler(staking, StakingGhost.Actors(issuer, deals, faults, guardian, council));
        targetContract(address(handler));
        bytes4[] memory views = new bytes4[](2);
        (views[0], views[1]) = (StakingGhost.slashable.selector, StakingGhost.slashableAt.selector);
        excludeSelector(FuzzSelector(address(handler), views));
    }

    function _unbroken(uint256 law) private view {
        assertEq(handler.isBroken(law), "", "broken");
    }

    /* CONSERVATION */

    function invariant_L1_ConservationOfFlt() external view {
        assertEq(staking.surplus(address(flt)), handler.fltDonated(), "surplus");
        uint256 owed = handler.fltRewards();
        for (uint256 i; i < handler.providerCount(); ++i) {
            address of_ = handler.providers(i);
            IStaking.Tranche memory own = staking.tranche(of_, true);
            IStaking.Tranche memory delegated = staking.tranche(of_, false);
            owed += uint256(own.active) + own.thawing + delegated.active + delegated.thawing + staking.orphan(of_);
        }
        for (uint256 i; i < handler.burnDayCount(); ++i) {
            owed += staking.burnQueued(handler.burnDays(i));
        }
        owed += _quarantined();
        // What is left are claims of crystallised buckets: their tickets' amounts, each less than a wei short.
        uint256 claims = staking.booked(address(flt)) - owed;
        uint256 sum;
        for (uint256 i; i < handler.ticketCount(); ++i) {
            (address of_, address account, uint32 day) = handler.tickets(i);
            if (_isCrystallised(of_, account, day)) sum += staking.ticket(of_, account, day).amount;
        }
        assertLe(sum, claims, "claims");
        assertLe(claims, sum + handler.ticketCount(), "owed to nobody");
    }

    function _quarantined() private view returns (uint256 sum) {
        for (uint64 i = 1; i <= handler.quarantineCount(); ++i) {
            try staking.quarantineOf(QuarantineId.wrap(i)) returns (IStaking.Quarantine memory held) {
                sum += uint256(held.customerAmount) + held.reporterAmount;
            } catch {}
        }
    }

    /// @dev A ticket whose units no longer thaw has a claim.
    function _isCrystallised(address of_, address account, uint32 day) private view returns (bool) {
        return staking.ticket(of_, account, day).isCrystallised;
    }

    function invariant_L2_ConservationOfStablecoin() external view {
        assertEq(staking.booked(address(usd)), handler.usdRewards(), "booked");
        assertEq(staking.surplus(address(usd)), handler.usdDonated(), "surplus");
    }

    /* COVERAGE */

    function invariant_L3_CoverageNow() external view {
        _unbroken(3);
        for (uint256 i; i < handler.providerCount(); ++i) {
            address of_ = handler.providers(i);
            uint256 live = _lockedAt(of_, block.timestamp);
            assertGe(handler.slashable(of_), live, "a lock is not covered");
            assertLe(live, staking.locked(of_), "sum of locks");
        }
    }

    function invariant_L4_CoverageAtEveryInstant() external view {
        for (uint256 i; i < handler.lockCount(); ++i) {
            IStaking.Lock memory held = staking.lockOf(handler.locks(i));
            if (held.end < block.timestamp) continue;
            // What is reachable falls only at midnights, and what is locked only at ends: an end is the worst moment.
            assertGe(
                handler.slashableAt(held.provider, held.end), _lockedAt(held.provider, held.end), "not covered then"
            );
        }
    }

    function _lockedAt(address of_, uint256 time) private view returns (uint256 sum) {
        for (uint256 i; i < handler.lockCount(); ++i) {
            IStaking.Lock memory held = staking.lockOf(handler.locks(i));
            if (held.provider == of_ && held.end >= time) sum += held.amount;
        }
    }

    /* STAKERS */

    function invariant_L5_SharePriceOnlyFalls() external view {
        _unbroken(5);
        for (uint256 i; i < handler.providerCount() * 2; ++i) {
            IStaking.Tranche memory state = staking.tranche(handler.providers(i / 2), i % 2 == 0);
            assertGe(state.shares, state.active, "a share price rose above a wei");
        }
    }

    function invariant_L6_DepositAndExitNeverGains() external view {
        _unbroken(6);
    }

    function invariant_L7_NoThirdPartyLowersValue() external view {
        _unbroken(7);
    }

    function invariant_L8_MaturedExitsAreImmune() external view {
        _unbroken(8);
    }

    /* SLASH */

    function invariant_L9_SlashIsBoundedByLockAndWaterfall() external view {
        _unbroken(9);
    }

    function invariant_L10_NobodyProfitsFromHisOwnSlash() external view {
        _unbroken(10);
    }

    function invariant_L11_OrderOfSlashesIsIrrelevant() external view {
        _unbroken(11);
    }

    /* GRANTS */

    function invariant_L12_GrantsAreCovered() external view {
        _unbroken(12);
    }

    function invariant_L13_LocksEndInTime() external view {
        _unbroken(13);
        for (uint256 i; i < handler.lockCount(); ++i) {
            assertLe(staking.lockOf(handler.locks(i)).end, block.timestamp + LOCK_MAX, "end");
        }
    }

    /* INCOME */

    function invariant_L14_IndicesAreMonotone() external view {
        _unbroken(14);
    }

    function invariant_L15_IncomeIsSolvent() external view {
        _unbroken(15);
        uint256 fltOwed;
        uint256 usdOwed;
        for (uint256 i; i < handler.providerCount() * handler.accountCount(); ++i) {
            IStaking.Position memory held = staking.position(
                handler.providers(i / handler.accountCount()), handler.accounts(i % handler.accountCount())
            );
            fltOwed += held.fltOwed;
            usdOwed += held.usdOwed;
        }
        assertLe(fltOwed, handler.fltRewards(), "more is owed than came in");
        assertLe(usdOwed, handler.usdRewards(), "more is owed than came in");
    }

    function invariant_L16_PassingStakeEarnsItsShare() external view {
        _unbroken(16);
    }

    /* FREEDOM */

    function invariant_L17_PauseStopsOnlyWhatItMay() external view {
        _unbroken(17);
    }

    function invariant_L18_EverybodyCanLeave() external {
        _unbroken(18);
        uint256 snapshot = vm.snapshotState();
        uint256 count = handler.providerCount() * handler.accountCount();
        uint32 day = _thawDay();
        uint256[] memory expected = new uint256[](count);
        for (uint256 i; i < count; ++i) {
            (address of_, address account) = _pair(i);
            IStaking.Position memory held = staking.position(of_, account);
            expected[i] = staking.ticket(of_, account, day).amount;
            if (held.amount == 0) continue;
            (, uint128 amount) = _exit(account, of_, held.shares);
            assertGe(amount, held.amount, "thawing");
            expected[i] += amount;
        }
        vm.warp(block.timestamp + THAW + 1 days);
        for (uint256 i; i < count; ++i) {
            (address of_, address account) = _pair(i);
            if (expected[i] != 0) {
                assertTrue(staking.ticket(of_, account, day).units != 0, "nothing waits on its day");
                // A wei is lost by each rounding: to units, to the bucket's claim, to the ticket's part of it.
                assertGe(_withdraw(account, of_, day) + 3, expected[i], "stake");
            }
            uint256 owed = staking.position(of_, account).fltOwed;
            if (owed != 0) assertEq(_claim(account, of_, address(flt)), owed, "income");
        }
        vm.revertToStateAndDelete(snapshot);
    }

    function _pair(uint256 index) private view returns (address of_, address account) {
        uint256 accounts = handler.accountCount();
        return (handler.providers(index / accounts), handler.accounts(index % accounts));
    }

    function invariant_L19_TermsAgainstStakersWait() external view {
        _unbroken(19);
    }
}
