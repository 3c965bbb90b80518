// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDeals, IDealsBooks} from "../../src/interfaces/IDeals.sol";
import {IRedemption} from "../../src/interfaces/IRedemption.sol";
import {IRewardsBooks} from "../../src/interfaces/IRewards.sol";
import {DealId} from "../../src/types/Ids.sol";
import {MeteredBase} from "./MeteredBase.sol";

/// @dev What a voucher takes from an escrow, what a settle makes of it, and whose royalties are. Attacks: another's serving, provider,
/// customer or deal, too late, too much, twice.
contract DealsRedemptionTest is MeteredBase {
    /* REDEEM */

    function test_Redeem_RevertWhen_CallerNotVouchers(address caller) external {
        vm.assume(caller != vouchers);
        DealId id = _metered();
        IRedemption.Claim memory used = _usedOf(id, dollar);
        vm.expectRevert(abi.encodeWithSelector(IRedemption.NotVouchers.selector, caller));
        vm.prank(caller);
        deals.redeem(used);
    }

    function test_Redeem_TakesItFromTheEscrow(uint256 amount, uint256 most) external {
        DealId id = _metered();
        _skip(1 days);
        IRedemption.Claim memory used = _usedOf(id, bound(amount, 1, 1000 * dollar));
        used.most = uint128(bound(most, 1, 1000 * dollar));
        uint256 expected = used.amount < used.most ? used.amount : used.most;
        if (expected > 500 * dollar) expected = 500 * dollar;
        vm.expectEmit(address(deals));
        emit IRedemption.SlotRedeemed(
            id, 0, providers[0], 1, uint128(expected), uint128(expected), uint128(500 * dollar - expected)
        );

        (uint8 code, uint128 paid) = _redeem(used);

        assertEq(code, PAID, "code");
        assertEq(paid, expected, "the least of the three");
        assertEq(_slot(id).escrow, 500 * dollar - paid, "from the escrow");
        assertEq(_slot(id).owed, paid, "owed");
        assertEq(_slot(id).credited, 0, "and not credited yet");
        assertEq(deals.redeemedOf(id, 0, 1), paid, "of this serving");
        assertEq(deals.accrued(id, 0), paid, "time adds nothing");
        assertEq(deals.creditable(id, 0), paid, "nothing is held back");
        assertEq(deals.surplus(), 0, "all is owed to somebody");
    }

    /// @dev Cumulative: who skips vouchers, or brings them in any order, is paid what the last says.
    function test_Redeem_WhenCumulative_PaysTheDifference(uint256 first, uint256 second) external {
        DealId id = _metered();
        (first, second) = (bound(first, 1, 400 * dollar), bound(second, 1, 400 * dollar));
        _redeemed(id, first);
        if (second <= first) {
            _assertRefused(_usedOf(id, second), PAID_ALREADY);
            return;
        }
        (, uint128 paid) = _redeem(_usedOf(id, second));
        assertEq(paid, second - first, "what was not paid before");
        assertEq(deals.redeemedOf(id, 0, 1), second, "all of it");
    }

    function test_Redeem_WhenReplayed() external {
        DealId id = _metered();
        IRedemption.Claim memory used = _usedOf(id, 7 * dollar);
        _redeem(used);
        _assertRefused(used, PAID_ALREADY);
    }

    function test_Redeem_WhenCustomerIsAnother() external {
        DealId id = _metered();
        IRedemption.Claim memory used = _usedOf(id, dollar);
        used.customer = stranger;
        _assertRefused(used, NOT_METERED);
        _redeemed(id, dollar);
        used.amount = uint128(2 * dollar);
        _assertRefused(used, NOT_METERED);
    }

    function test_Redeem_WhenDealIsReserved() external {
        DealId id = _serving();
        _assertRefused(_usedOf(id, dollar), NOT_METERED);
    }

    function test_Redeem_WhenDealIsUnknown() external {
        DealId id = _metered();
        IRedemption.Claim memory used = _usedOf(id, dollar);
        used.deal = DealId.wrap(99);
        vm.prank(vouchers);
        (uint8 code,) = deals.redeem(used);
        assertEq(code, NOT_METERED, "no such deal");
    }

    /// @dev The slots of a deal share no escrow, and one that it has not has none.
    function test_Redeem_WhenSlotIsAnother() external {
        DealId id = _metered(_openingOf(2, 1));
        IRedemption.Claim memory used = _usedOf(id, 20 * dollar);
        used.slot = 1;
        (uint8 code,) = _redeem(used);
        assertEq(code, PAID, "its own");
        assertEq(_slot(id).escrow, 500 * dollar, "the first slot's stays");
        used.slot = 2;
        (code,) = _redeem(used);
        assertEq(code, NOT_SERVING, "there is no third");
        (used.slot, used.provider) = (STANDBY, providers[1]);
        (code,) = _redeem(used);
        assertEq(code, NOT_METERED, "standbys are paid by time");
    }

    function test_Redeem_WhenServingIsAnother(uint32 serving) external {
        vm.assume(serving != 1);
        DealId id = _metered();
        IRedemption.Claim memory used = _usedOf(id, dollar);
        used.serving = serving;
        _assertRefused(used, NOT_SERVING);
    }

    function test_Redeem_WhenProviderIsAnother(address provider) external {
        DealId id = _metered();
        vm.assume(provider != providers[0]);
        _redeemed(id, dollar);
        IRedemption.Claim memory used = _usedOf(id, 2 * dollar);
        used.provider = provider;
        _assertRefused(used, NOT_SERVING);
    }

    function test_Redeem_WhenNotReady() external {
        DealId id = _open(_openingOf(1, 0));
        _assign(id, 0, _host(0));
        _assertRefused(_usedOf(id, dollar), NOT_SERVING);
    }

    function test_Redeem_WhenUsedAfterTheEnd(uint256 later) external {
        DealId id = _metered();
        _skip(14 days + bound(later, 1, 1 days));
        IRedemption.Claim memory used = _usedOf(id, dollar);
        _assertRefused(used, USED_LATER);
        used.until = _slot(id).endsAt;
        (uint8 code,) = _redeem(used);
        assertEq(code, PAID, "up to the end");
    }

    function test_Redeem_WhenADayAfterTheEnd() external {
        DealId id = _metered();
        _redeemed(id, dollar);
        IRedemption.Claim memory used = _usedOf(id, 2 * dollar);
        _skip(14 days + REDEMPTION);
        (uint8 code,) = _redeem(used);
        assertEq(code, PAID, "in the last second");
        used.amount = uint128(3 * dollar);
        _skip(1);
        _assertRefused(used, TOO_LATE);
    }

    function test_Redeem_WhenEscrowIsUsedUp() external {
        DealId id = _metered();
        (, uint128 paid) = _redeem(_usedOf(id, 700 * dollar));
        assertEq(paid, 500 * dollar, "all that there is");
        _assertRefused(_usedOf(id, 700 * dollar), USED_UP);
        _fund(friend, id, 50 * dollar);
        (, paid) = _redeem(_usedOf(id, 700 * dollar));
        assertEq(paid, 50 * dollar, "the rest, when there is more");
    }

    function test_Redeem_WhenNothingMayBePaid() external {
        DealId id = _metered();
        IRedemption.Claim memory used = _usedOf(id, dollar);
        used.most = 0;
        _assertRefused(used, USED_UP);
    }

    /* SETTLE */

    function test_Settle_GivenRedeemed_CreditsItAtOnce(uint256 amount) external {
        DealId id = _metered();
        amount = bound(amount, 1, 500 * dollar);
        _redeemed(id, amount);

        deals.settle(id, 0);

        uint256 fee = (amount * 2 + 99) / 100;
        uint256 toStakers = (amount - fee) / 10;
        assertEq(_slot(id).credited, amount, "all of it");
        assertEq(deals.creditOf(treasury), fee, "fee");
        assertEq(deals.stakersCreditOf(providers[0]), toStakers, "stakers");
        assertEq(deals.creditOf(providers[0]), amount - fee - toStakers, "provider");
        assertEq(deals.creditable(id, 0), 0, "once");
        deals.settle(id, 0);
        assertEq(_slot(id).credited, amount, "and no more");
        assertEq(deals.surplus(), 0, "conserved");
    }

    function test_Settle_WhenNothingRedeemed_DoesNothing(uint256 served) external {
        DealId id = _metered();
        _skip(bound(served, 1, 13 days));
        vm.recordLogs();
        deals.settle(id, 0);
        assertEq(vm.getRecordedLogs().length, 0, "time earns nothing");
        assertEq(_slot(id).escrow, 500 * dollar, "the escrow stays");
        assertEq(deals.accrued(id, 0), 0, "nothing accrued");
    }

    /// @dev Its standby is paid by time, as any other.
    function test_Settle_GivenStandby_PaysItsRetainer() external {
        DealId id = _metered(_openingOf(1, 1));
        _skip(2 days);
        deals.settle(id, STANDBY);
        assertEq(_standby(id).owed, 4 * dollar, "two dollars a day");
        assertEq(_slot(id).owed, 0, "and the slot nothing");
    }

    /* ROYALTIES */

    /// @dev A quarter dollar on top of a dollar: a fifth of what is paid.
    function _withRoyalty() private returns (DealId) {
        IDeals.Opening memory opening = _openingOf(1, 0);
        opening.royalty = uint96(dollar / 4);
        return _metered(opening);
    }

    function _authors() private view returns (address[] memory authors, uint96[] memory royalties) {
        authors = new address[](2);
        royalties = new uint96[](2);
        (authors[0], authors[1]) = (friend, stranger);
        (royalties[0], royalties[1]) = (uint96(dollar / 12), uint96(dollar / 4 - dollar / 12));
    }

    function test_Settle_GivenRoyalty_KeepsItForTheAuthors(uint256 amount) external {
        DealId id = _withRoyalty();
        assertEq(_slot(id).price, 1.25e6, "the cap holds it");
        amount = bound(amount, 1, 500 * dollar);
        _redeemed(id, amount);
        deals.settle(id, 0);
        uint256 rest = amount - (amount * 2 + 99) / 100;
        assertEq(deals.royaltyDue(id), amount / 5 < rest ? amount / 5 : rest, "a fifth");
        assertEq(deals.surplus(), 0, "held for them");
    }

    function test_PayRoyalties_RevertWhen_CallerNotModules(address caller) external {
        vm.assume(caller != modules);
        DealId id = _withRoyalty();
        (address[] memory authors, uint96[] memory royalties) = _authors();
        vm.expectRevert(abi.encodeWithSelector(IRedemption.NotModules.selector, caller));
        vm.prank(caller);
        deals.payRoyalties(id, authors, royalties);
    }

    function test_PayRoyalties_RevertWhen_LengthsDiffer() external {
        DealId id = _withRoyalty();
        (address[] memory authors,) = _authors();
        vm.expectRevert(abi.encodeWithSelector(IDealsBooks.LengthsDiffer.selector, 2, 1));
        vm.prank(modules);
        deals.payRoyalties(id, authors, new uint96[](1));
    }

    function test_PayRoyalties_SharesThemOut(uint256 amount) external {
        DealId id = _withRoyalty();
        _redeemed(id, bound(amount, 100, 500 * dollar));
        deals.settle(id, 0);
        uint128 due = deals.royaltyDue(id);
        (address[] memory authors, uint96[] memory royalties) = _authors();
        uint256 first = uint256(due) * royalties[0] / (dollar / 4);
        uint256 second = uint256(due) * royalties[1] / (dollar / 4);

        vm.prank(modules);
        uint128 paid = deals.payRoyalties(id, authors, royalties);

        assertEq(paid, first + second, "rounded down");
        assertEq(deals.creditOf(friend), first, "the first author's");
        assertEq(deals.creditOf(stranger), second, "the second's");
        assertEq(deals.royaltyDue(id), due - paid, "what rounding left");
        assertLt(deals.royaltyDue(id), 2, "less than an author's unit");
        if (first != 0) assertEq(_claim(friend), first, "claimed");
        assertEq(deals.surplus(), 0, "conserved");
    }

    function test_PayRoyalties_WhenNothingIsDue() external {
        DealId id = _withRoyalty();
        (address[] memory authors, uint96[] memory royalties) = _authors();
        vm.startPrank(modules);
        assertEq(deals.payRoyalties(id, authors, royalties), 0, "nothing is due");
        assertEq(deals.payRoyalties(id, new address[](0), new uint96[](0)), 0, "there are no modules");
        vm.stopPrank();
    }

    /* OPEN */

    function test_Open_GivenMetered_ShowsItsTerms(uint8 kind, bytes32 key) external {
        IDeals.Opening memory opening = _openingOf(1, 0);
        (opening.proofKind, opening.verificationKey) = (uint8(bound(kind, 0, 7)), key);
        IDeals.Deal memory held = deals.dealOf(_open(opening));
        assertEq(held.paymentMode, 1, "metered");
        assertEq(held.proofKind, opening.proofKind, "proof kind");
        assertEq(held.verificationKey, key, "key");
        assertEq(held.slots, 1, "and nothing of it is in another field");
        assertEq(held.royalty, 0, "royalty");
    }

    /// @dev Within the escrow once, where a reserved slot's is within six of it.
    function test_Assign_GivenMetered_LocksForTheEscrow(uint256 prepaid) external {
        IDeals.Opening memory opening = _openingOf(1, 0);
        opening.prepaid = uint128(bound(prepaid, dollar, 20_000 * dollar));
        DealId id = _open(opening);
        _assign(id, 0, _host(0));
        uint256 value = opening.prepaid < 8400 * dollar ? opening.prepaid : 8400 * dollar;
        assertEq(_slot(id).valueAtStake, value, "the escrow, or what is left to serve at the cap");
        assertEq(_lockOf(id, 0), value * 3 * 2 * 1e12, "three times it, at fifty cents");
        assertEq(_slot(id).price, dollar, "the cap is shown");
    }

    /// @dev What was redeemed counts for the rewards that a fee earns.
    function test_RecordFee_GivenRedeemed() external {
        DealId id = _metered();
        _redeemed(id, 100 * dollar);
        assertEq(rewards.recordFee(id, 0), dollar, "half of the fee of two dollars is to be burned");
    }

    /// @dev A voucher of the serving before is redeemed when another serves already.
    function test_RecordFee_GivenRedeemedLate() external {
        DealId id = _metered(_openingOf(1, 1));
        _redeemed(id, 50 * dollar);
        rewards.recordFee(id, 0);
        IRedemption.Claim memory late = _usedOf(id, 100 * dollar);
        assertTrue(_fail(id, block.timestamp), "the standby serves");
        skip(1 hours);
        _redeemed(id, 10 * dollar);
        _redeem(late);
        deals.releaseServing(id, 0, 1);
        deals.settle(id, 0);
        address first = late.provider;
        uint256 upTo = feeBurn.intake();
        vm.expectEmit(address(rewards));
        emit IRewardsBooks.FeeRecorded(id, 0, first, uint128(dollar / 2), upTo);
        assertEq(rewards.recordFee(id, 0), dollar / 2, "the one's before, of the fifty that came late");
        (, uint256 waiting) = rewards.recordedOf(id, 0);
        vm.expectRevert(abi.encodeWithSelector(IRewardsBooks.FeeNotBurned.selector, 0, waiting));
        rewards.recordFee(id, 0);
    }
}
