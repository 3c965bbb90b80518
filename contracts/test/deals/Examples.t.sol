// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IMatching} from "../../src/interfaces/IMatching.sol";
import {IOffers} from "../../src/interfaces/IOffers.sol";
import {DealId, OfferId} from "../../src/types/Ids.sol";
import {SystemBase} from "../SystemBase.t.sol";

/// @dev Worked examples of the protocol page, to the wei, with a stablecoin of 6 decimals.
contract DealsExamplesTest is SystemBase {
    function _million(uint8 exposure, uint256 prepaidDays) private returns (DealId id) {
        _register(providers[0], 2_000_000 * FLT, 5_000_000 * FLT, 2800, 0);
        // $1,000,000 over 84 days of 12,000 units, up to a smallest unit.
        uint256 price = (1_000_000 * dollar + 84 * 12_000 - 1) / (84 * 12_000);
        OfferId offer = _offer(providers[0], 12_000, price);
        IMatching.Request memory request = _asking(1, 12_000, 14, 84);
        request.exposure = exposure;
        request.priceMax = uint96(price);
        request.prepaid = uint128(price * 12_000 * prepaidDays);
        id = _request(request);
        _activate(id, _one(offer));
        _ready(id, 0);
    }

    /// @dev A lock is worth this many dollars, to a hundred-thousandth.
    function _assertLockUsd(DealId id, uint256 dollars, string memory label) private view {
        assertApproxEqRel(_lockOf(id, 0), dollars * 2 * FLT, 1e13, label);
    }

    /// @dev Example 1: a million dollars at stake, coverage 3.0, FLT at $0.50 locks 6,000,000 FLT.
    function test_Example1_AMillionDollarsAtStake() external {
        DealId id = _million(2, 84);
        _assertLockUsd(id, 3_000_000, "6,000,000 FLT");
        assertGe(staking.tranche(providers[0], true).active, 1_680_000 * FLT, "first loss of 28 % of it is own");
        assertEq(deals.healthBps(id, 0), 30_000, "health 3.0");
    }

    /// @dev An 84-day job of a million dollars, `remaining`: 3.0, 2.5, 2.0, 1.5, 1.0, 0.5 million over its six terms.
    function test_MillionDollarJob_RemainingLocksShrinkWithTheJob() external {
        DealId id = _million(0, 84);
        uint256[6] memory locks = [uint256(3_000_000), 2_500_000, 2_000_000, 1_500_000, 1_000_000, 500_000];
        for (uint256 term = 0; term < 6; ++term) {
            _assertLockUsd(id, locks[term], "lock of the term");
            if (term == 5) break;
            _skip(term == 0 ? 13 days : 14 days);
            deals.renew(id, 0);
        }
        _skip(15 days);
        deals.close(id, 0);
        assertApproxEqRel(uint256(_slot(id).owed), 1_000_000 * dollar, 1e13, "a million was earned");
        assertLe(_refund(id, customer), 84 * 12_000, "nothing but rounding is left");
    }

    function test_MillionDollarJob_WholeLocksStayWhileItIsPrepaid() external {
        DealId id = _million(2, 84);
        for (uint256 term = 0; term < 5; ++term) {
            _assertLockUsd(id, 3_000_000, "six times what is left is still more than the job");
            _skip(term == 0 ? 13 days : 14 days);
            _fund(friend, id, 200_000 * dollar);
            deals.renew(id, 0);
        }
        _assertLockUsd(id, 3_000_000, "to the last term");
    }

    /// @dev A term prepaid covers a sixth of six terms: the full lock.
    function test_MillionDollarJob_ATermPrepaidGivesTheFullLock() external {
        DealId id = _million(0, 14);
        _assertLockUsd(id, 3_000_000, "full");
        _skip(13 days);
        _fund(customer, id, 83_333 * dollar + dollar);
        vm.prank(customer);
        deals.renew(id, 0);
        assertLe(_lockOf(id, 0), 5_000_100 * FLT, "six times what was there, at most what remains");
    }

    /// @dev Example 7: A pays 100, 90 is spent, B tops up 1,000, the deal ends: A gets 10, B 1,000.
    function test_Example7_EscrowShares() external {
        _register(providers[0], 1_000_000 * FLT, 0, 0, 0);
        IOffers.Offer memory terms = _offerOf(providers[0], 10, 9 * dollar);
        terms.notice = 0;
        IMatching.Request memory request = _asking(1, 1, 10, 10);
        request.priceMax = uint96(10 * dollar);
        request.prepaid = uint128(100 * dollar);
        request.notice = 0;
        DealId id = _request(request);
        _activate(id, _one(_create(terms)));
        _ready(id, 0);
        _skip(10 days - 1);
        vm.warp(_slot(id).startedAt + 10 days - 1);
        uint256 spent = 9 * dollar * (10 days - 1) / 1 days;

        _fund(friend, id, 1000 * dollar);
        vm.prank(customer);
        deals.stop(id);

        assertEq(_refund(id, customer), 100 * dollar - spent, "A: 10, and the second that was not served");
        assertEq(_refund(id, friend), 1000 * dollar, "B: 1,000");
    }
}

contract DealsExamples18Test is DealsExamplesTest {
    function setUp() public override {
        _deploy(18);
    }
}
