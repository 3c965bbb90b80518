// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IMatching, IMatchingBooks} from "../src/interfaces/IMatching.sol";
import {DealId} from "../src/types/Ids.sol";
import {KeyRoles} from "../src/types/Roles.sol";
import {SystemBase} from "./SystemBase.t.sol";
import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";

/// @dev Requests: what may be asked, what is kept of it, taking it back, the pause. Proposals are in a file of their own.
contract MatchingTest is SystemBase {
    function _refused(IMatching.Request memory request, bytes memory reason) private {
        vm.expectRevert(reason);
        vm.prank(customer);
        matching.request(request);
    }

    function _refused(IMatching.Request memory request, bytes4 selector, uint256 value) private {
        _refused(request, abi.encodeWithSelector(selector, value));
    }

    function _default() private view returns (IMatching.Request memory) {
        return _asking(1, 100, 14, 84);
    }

    /* REQUEST */

    function test_Request_RevertGiven_Paused(uint256 wait) external {
        vm.prank(guardian);
        matching.pause();
        uint40 until = uint40(block.timestamp + 7 days);
        skip(bound(wait, 0, 7 days - 1));
        _refused(_default(), abi.encodeWithSelector(IMatchingBooks.RequestsPaused.selector, until));
    }

    function test_Request_RevertWhen_ApplicationInvalid() external {
        IMatching.Request memory request = _default();
        request.application = "";
        _refused(request, abi.encodeWithSelector(IMatchingBooks.ApplicationInvalid.selector));
        request.application = string(new bytes(129));
        _refused(request, abi.encodeWithSelector(IMatchingBooks.ApplicationInvalid.selector));
    }

    function test_Request_RevertWhen_ClassUnknown(uint8 class) external {
        IMatching.Request memory request = _default();
        request.class = uint8(bound(class, 2, 255));
        _refused(request, IMatchingBooks.ClassUnknown.selector, request.class);
    }

    function test_Request_RevertWhen_UnitsZero() external {
        IMatching.Request memory request = _default();
        request.units = 0;
        _refused(request, abi.encodeWithSelector(IMatchingBooks.UnitsZero.selector));
    }

    function test_Request_RevertWhen_SlotsOutOfRange(uint8 slots) external {
        IMatching.Request memory request = _default();
        request.slots = slots % 2 == 0 ? 0 : uint8(bound(slots, 17, 255));
        _refused(request, IMatchingBooks.SlotsOutOfRange.selector, request.slots);
    }

    function test_Request_RevertWhen_PriceOutOfRange(uint96 price) external {
        IMatching.Request memory request = _default();
        request.priceMax = 0;
        _refused(request, abi.encodeWithSelector(IMatchingBooks.PriceZero.selector));
        request.priceMax = uint96(bound(price, 1e24 + 1, type(uint96).max));
        _refused(request, IMatchingBooks.PriceTooHigh.selector, request.priceMax);
    }

    function test_Request_RevertWhen_TermOutOfRange(uint8 termDays) external {
        IMatching.Request memory request = _default();
        request.termDays = termDays % 2 == 0 ? 0 : uint8(bound(termDays, 15, 255));
        _refused(request, IMatchingBooks.TermOutOfRange.selector, request.termDays);
    }

    function test_Request_RevertWhen_DurationOutOfRange(uint16 durationDays) external {
        IMatching.Request memory request = _default();
        request.durationDays =
            durationDays % 2 == 0 ? uint16(bound(durationDays, 0, 13)) : uint16(bound(durationDays, 3651, 65_535));
        _refused(request, IMatchingBooks.DurationOutOfRange.selector, request.durationDays);
    }

    function test_Request_RevertWhen_CoverageOutOfRange(uint16 bps) external {
        IMatching.Request memory request = _default();
        request.coverageBps = bps % 2 == 0 ? uint16(bound(bps, 0, 19_999)) : uint16(bound(bps, 50_001, 65_535));
        _refused(request, IMatchingBooks.CoverageOutOfRange.selector, request.coverageBps);
    }

    function test_Request_RevertWhen_FirstLossOutOfRange(uint16 bps) external {
        IMatching.Request memory request = _default();
        request.firstLossMinBps = uint16(bound(bps, 10_001, 65_535));
        _refused(request, IMatchingBooks.FirstLossOutOfRange.selector, request.firstLossMinBps);
    }

    function test_Request_RevertWhen_KindUnknown(uint8 kind) external {
        IMatching.Request memory request = _default();
        request.exposure = uint8(bound(kind, 3, 255));
        _refused(request, IMatchingBooks.ExposureUnknown.selector, request.exposure);
        request = _default();
        request.proofKind = uint8(bound(kind, 5, 255));
        _refused(request, IMatchingBooks.ProofKindUnknown.selector, request.proofKind);
        request = _default();
        request.paymentMode = uint8(bound(kind, 2, 255));
        _refused(request, IMatchingBooks.PaymentModeUnknown.selector, request.paymentMode);
    }

    function test_Request_RevertWhen_NoticeTooLong(uint32 notice) external {
        IMatching.Request memory request = _default();
        request.notice = uint32(bound(notice, 14 days + 1, type(uint32).max));
        _refused(request, IMatchingBooks.NoticeTooLong.selector, request.notice);
    }

    function test_Request_RevertWhen_ExpiryOutOfRange(uint40 expiry) external {
        IMatching.Request memory request = _default();
        request.expiry = uint40(bound(expiry, 0, block.timestamp));
        _refused(request, IMatchingBooks.ExpiryPassed.selector, request.expiry);
        uint40 latest = uint40(block.timestamp + 14 days);
        request.expiry = uint40(bound(expiry, latest + 1, type(uint40).max));
        _refused(request, abi.encodeWithSelector(IMatchingBooks.ExpiryTooLate.selector, request.expiry, latest));
    }

    function test_Request_RevertWhen_ListsTooLong() external {
        IMatching.Request memory request = _default();
        request.among.providers = new address[](33);
        _refused(request, abi.encodeWithSelector(IMatchingBooks.ListTooLong.selector, 33, 32));
        request.among.providers = new address[](0);
        request.criteria = new IMatching.Criterion[](11);
        _refused(request, abi.encodeWithSelector(IMatchingBooks.ListTooLong.selector, 11, 10));
    }

    function test_Request_RevertWhen_LevelInvalid(uint8 level) external {
        IMatching.Request memory request = _default();
        request.criteria = new IMatching.Criterion[](1);
        request.criteria[0].level = level % 2 == 0 ? 0 : uint8(bound(level, 4, 255));
        _refused(request, IMatchingBooks.LevelInvalid.selector, request.criteria[0].level);
    }

    function test_Request_RevertWhen_PrepaidTooLow(uint128 prepaid) external {
        IMatching.Request memory request = _default();
        uint256 need = 2 * dollar * 100 * 14;
        request.prepaid = uint128(bound(prepaid, 0, need - 1));
        _refused(request, abi.encodeWithSelector(IMatchingBooks.PrepaidTooLow.selector, request.prepaid, need));
    }

    function test_Request_KeepsWhatWasAsked(uint256 regions, uint16 attribute, bool isAllowlist, address resolver)
        external
    {
        IMatching.Request memory request = _asking(2, 77, 7, 30);
        request.among.regions = regions;
        request.among.isAllowlist = isAllowlist;
        request.resolver = resolver;
        request.firstLossMinBps = 1234;
        request.exposure = 2;
        request.proofKind = 2;
        request.among.providers = new address[](2);
        (request.among.providers[0], request.among.providers[1]) = (providers[0], providers[1]);
        request.criteria = new IMatching.Criterion[](10);
        for (uint16 i = 0; i < 10; ++i) {
            request.criteria[i] = IMatching.Criterion(attribute ^ i, uint8(i % 3 + 1));
        }

        DealId id = _request(request);

        request.prepaid = 0;
        assertEq(abi.encode(matching.requestOf(id)), abi.encode(request), "as it was made");
    }

    function test_Request_TakesPrepaymentAndFee() external {
        IMatching.Request memory request = _default();
        _request(request);
        assertEq(usd.balanceOf(customer), 0, "all taken");
        assertEq(deals.creditOf(treasury), requestFee, "the fee is the treasury's");
    }

    function test_RequestOf_RevertGiven_Unknown(uint64 id) external {
        vm.expectRevert(abi.encodeWithSelector(IMatchingBooks.RequestUnknown.selector, id));
        matching.requestOf(DealId.wrap(id));
    }

    /* CANCEL */

    function test_Cancel_RevertGiven_Unknown() external {
        vm.expectRevert(abi.encodeWithSelector(IMatchingBooks.RequestUnknown.selector, 3));
        matching.cancel(DealId.wrap(3));
    }

    function test_Cancel_RevertWhen_CallerNotAllowed(address caller) external {
        vm.assume(caller != customer);
        DealId id = _request(_default());
        vm.expectRevert(abi.encodeWithSelector(IMatchingBooks.NotAllowed.selector, caller, customer));
        vm.prank(caller);
        matching.cancel(id);
    }

    function test_Cancel_RevertGiven_Cancelled() external {
        DealId id = _request(_default());
        vm.startPrank(customer);
        matching.cancel(id);
        vm.expectRevert(abi.encodeWithSelector(IMatchingBooks.RequestOver.selector, id));
        matching.cancel(id);
    }

    function test_Cancel_RevertGiven_Activated() external {
        DealId id = _serving();
        vm.expectRevert(abi.encodeWithSelector(IMatchingBooks.RequestActivated.selector, id));
        vm.prank(customer);
        matching.cancel(id);
    }

    function test_Cancel_FreesTheMoney(bool isByKey) external {
        DealId id = _request(_asking(3, 100, 14, 84));
        vm.prank(customer);
        staking.setKey(stranger, KeyRoles.CUSTOMER, type(uint40).max);
        vm.prank(isByKey ? stranger : customer);
        matching.cancel(id);
        assertEq(deals.emptySlots(id), 0, "nothing to fill");
        assertEq(_refund(id, customer), 8400 * dollar, "all of it but the fee");
    }

    function test_Cancel_GivenStoppedInDeals() external {
        DealId id = _request(_default());
        vm.startPrank(customer);
        deals.stop(id);
        matching.cancel(id);
        vm.stopPrank();
        assertEq(_refund(id, customer), 2800 * dollar, "all of it but the fee");
    }

    /* PAUSE */

    function test_Pause_RevertWhen_CallerNotGuardian(address caller) external {
        vm.assume(caller != guardian);
        vm.expectRevert(abi.encodeWithSelector(IMatchingBooks.NotAllowed.selector, caller, guardian));
        vm.prank(caller);
        matching.pause();
    }

    function test_Pause_RevertWhen_TooSoon(uint256 wait) external {
        vm.startPrank(guardian);
        matching.pause();
        uint40 next = uint40(block.timestamp + 30 days);
        skip(bound(wait, 0, 30 days - 1));
        vm.expectRevert(abi.encodeWithSelector(IMatchingBooks.PauseTooSoon.selector, next));
        matching.pause();
    }

    /// @dev It stops requests; what was asked for is matched, served and renewed.
    function test_Pause_StopsNothingElse() external {
        DealId id = _request(_default());
        vm.prank(guardian);
        matching.pause();
        _activate(id, _one(_host(0)));
        _ready(id, 0);
        _skip(7 days);
        _request(_default());
        assertEq(_slot(id).status, 2, "served");
    }

    /* FEE */

    function test_SetRequestFee_RevertWhen_CallerNotAllowed(address caller) external {
        vm.assume(caller != address(this));
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, caller));
        vm.prank(caller);
        matching.setRequestFee(1);
    }

    function test_SetRequestFee_RevertWhen_TooHigh(uint128 fee) external {
        fee = uint128(bound(fee, 100 * dollar + 1, type(uint128).max));
        vm.expectRevert(abi.encodeWithSelector(IMatchingBooks.FeeTooHigh.selector, fee));
        matching.setRequestFee(fee);
    }

    function test_SetRequestFee_HoldsFromThen(uint128 fee) external {
        fee = uint128(bound(fee, 0, 100 * dollar));
        vm.expectEmit(address(matching));
        emit IMatchingBooks.RequestFeeSet(fee);
        matching.setRequestFee(fee);
        requestFee = fee;
        _request(_default());
        assertEq(deals.creditOf(treasury), fee, "paid");
    }
}
