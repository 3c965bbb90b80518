// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IMatching} from "../src/interfaces/IMatching.sol";
import {IOffers} from "../src/interfaces/IOffers.sol";
import {IVouchers} from "../src/interfaces/IVouchers.sol";
import {DealId, OfferId} from "../src/types/Ids.sol";
import {SystemBase} from "./SystemBase.t.sol";

/// @dev A metered deal of one slot that is served since an hour: 100 units, at most two dollars a unit-day, $1,400 in escrow, and
/// a gateway that may sign $500 a day.
abstract contract VouchersBase is SystemBase {
    uint8 internal constant PAID = 0;
    uint8 internal constant NOT_METERED = 1;
    uint8 internal constant SERVING_WRONG = 2;
    uint8 internal constant TOO_LATE = 3;
    uint8 internal constant OVER = 4;
    uint8 internal constant PAID_ALREADY = 5;
    uint8 internal constant USED_UP = 6;
    uint8 internal constant UNSIGNED = 7;
    uint8 internal constant NO_GATEWAY = 8;
    uint8 internal constant CAPPED = 9;
    uint8 internal constant NO_PERIOD = 10;

    address internal gateway;
    mapping(address signer => uint256) internal keyOf;
    DealId internal metered;
    uint96 internal cap;

    function setUp() public virtual override {
        super.setUp();
        gateway = _keyed("gateway");
        cap = uint96(500 * dollar);
        _setGateway(gateway, cap);
        metered = _metered(_host(0), 1400 * dollar);
        _skip(1 hours);
    }

    function _keyed(string memory name) internal returns (address signer) {
        uint256 key;
        (signer, key) = makeAddrAndKey(name);
        keyOf[signer] = key;
    }

    function _setGateway(address signer, uint256 dailyCap) internal {
        vm.prank(customer);
        cashier.setGateway(customer, signer, uint96(dailyCap));
    }

    function _revoke(address signer) internal {
        vm.prank(customer);
        cashier.revokeGateway(customer, signer);
    }

    /* DEALS */

    /// @dev Takes metered deals, too.
    function _offerOf(address provider, uint32 units, uint256 price)
        internal
        pure
        override
        returns (IOffers.Offer memory offer)
    {
        offer = super._offerOf(provider, units, price);
        offer.paymentModes = 3;
    }

    function _askingMetered(uint256 prepaid) internal view returns (IMatching.Request memory request) {
        request = _asking(1, 100, 14, 84);
        request.paymentMode = 1;
        request.prepaid = uint128(prepaid);
    }

    function _metered(OfferId offer, uint256 prepaid) internal returns (DealId deal) {
        deal = _request(_askingMetered(prepaid));
        _activate(deal, _one(offer));
        _ready(deal, 0);
    }

    /// @dev By the first provider.
    function _another(uint256 prepaid) internal returns (DealId) {
        return _metered(_offer(providers[0], 10_000, dollar), prepaid);
    }

    /// @dev The serving ended ten minutes ago, and nobody goes on.
    function _fail(DealId deal) internal returns (uint40 since) {
        since = uint40(block.timestamp - 10 minutes);
        vm.prank(faults);
        deals.fail(deal, 0, 1, since);
    }

    /* VOUCHERS */

    /// @dev For usage of the last ten minutes, of the first serving by the first provider.
    function _voucherOf(DealId deal, uint256 amount) internal view returns (IVouchers.Voucher memory) {
        return IVouchers.Voucher({
            deal: deal,
            slot: 0,
            serving: 1,
            provider: providers[0],
            amount: uint128(amount),
            invocations: 1_000_000,
            from: uint40(block.timestamp - 10 minutes),
            until: uint40(block.timestamp),
            usageRoot: keccak256("usage")
        });
    }

    function _voucher(uint256 amount) internal view returns (IVouchers.Voucher memory) {
        return _voucherOf(metered, amount);
    }

    function _signedBy(address signer, IVouchers.Voucher memory voucher) internal view returns (bytes memory) {
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(keyOf[signer], cashier.digestOf(voucher));
        return abi.encodePacked(r, s, v);
    }

    function _signed(IVouchers.Voucher memory voucher) internal view returns (bytes memory) {
        return _signedBy(gateway, voucher);
    }

    function _redeem(IVouchers.Voucher memory voucher) internal returns (uint128) {
        bytes memory signature = _signed(voucher);
        vm.prank(stranger);
        return cashier.redeem(voucher, customer, gateway, signature);
    }

    function _redeemed(uint256 amount) internal returns (uint128) {
        return _redeem(_voucher(amount));
    }

    /// @dev One after the other, and both in one batch: `code`, and nothing is paid.
    function _refused(IVouchers.Voucher memory voucher, bytes memory signature, uint8 code, bytes memory reason)
        internal
    {
        uint256 escrow = deals.slotOf(voucher.deal, voucher.slot).escrow;
        vm.expectRevert(reason);
        cashier.redeem(voucher, customer, gateway, signature);
        uint8[] memory codes = cashier.redeemMany(_list(voucher), customer, gateway, _list(signature));
        assertEq(codes[0], code, "code");
        assertEq(deals.slotOf(voucher.deal, voucher.slot).escrow, escrow, "nothing paid");
    }

    function _refused(IVouchers.Voucher memory voucher, uint8 code, bytes memory reason) internal {
        _refused(voucher, _signed(voucher), code, reason);
    }

    function _list(IVouchers.Voucher memory voucher) internal pure returns (IVouchers.Voucher[] memory list) {
        list = new IVouchers.Voucher[](1);
        list[0] = voucher;
    }

    function _list(bytes memory signature) internal pure returns (bytes[] memory list) {
        list = new bytes[](1);
        list[0] = signature;
    }

    function _escrow() internal view returns (uint256) {
        return deals.slotOf(metered, 0).escrow;
    }
}
