// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IVouchers} from "../../src/interfaces/IVouchers.sol";
import {DealId, OfferId} from "../../src/types/Ids.sol";
import {VouchersBase} from "../VouchersBase.t.sol";

/// @dev Whole transactions in the steady state: every serving was paid before, by this gateway and to this provider.
/// forge-config: default.isolate = true
contract VouchersGasTest is VouchersBase {
    uint256 internal constant COUNT = 10;

    DealId[] private ids;

    function setUp() public override {
        _deploy(6);
        gateway = _keyed("gateway");
        _setGateway(gateway, 100_000 * dollar);
        _register(providers[0], 1_000_000 * FLT, 1_000_000 * FLT, 1000, 0);
        OfferId offer = _offer(providers[0], 10_000, dollar);
        for (uint256 i = 0; i < COUNT; ++i) {
            ids.push(_metered(offer, 1400 * dollar));
        }
        _skip(1 days);
        for (uint256 i = 0; i < COUNT; ++i) {
            _redeem(_voucherOf(ids[i], 7_654_321));
        }
        _skip(1 hours);
    }

    function test_Redeem() external {
        IVouchers.Voucher memory voucher = _voucherOf(ids[0], 123_456_789);
        bytes memory signature = _signed(voucher);
        cashier.redeem(voucher, customer, gateway, signature);
        uint256 used = vm.snapshotGasLastCall("Vouchers", "voucher_redeem");
        assertLe(used, 80_000, "voucher_redeem");
    }

    function test_RedeemMany() external {
        uint256 snapshot = vm.snapshotState();
        uint256 one = _redeeming(1);
        vm.revertToState(snapshot);
        uint256 each = (_redeeming(COUNT) - one) / (COUNT - 1);
        vm.snapshotValue("Vouchers", "voucher_each", each);
        assertLe(each, 32_000, "voucher_each");
    }

    function _redeeming(uint256 count) private returns (uint256) {
        IVouchers.Voucher[] memory list = new IVouchers.Voucher[](count);
        bytes[] memory signatures = new bytes[](count);
        for (uint256 i = 0; i < count; ++i) {
            list[i] = _voucherOf(ids[i], 123_456_789);
            signatures[i] = _signed(list[i]);
        }
        cashier.redeemMany(list, customer, gateway, signatures);
        uint256 used = vm.lastCallGas().gasTotalUsed;
        for (uint256 i = 0; i < count; ++i) {
            assertEq(deals.redeemedOf(ids[i], 0, 1), 123_456_789, "paid");
        }
        return used;
    }

    function test_SetGateway() external {
        _setGateway(gateway, 1000 * dollar);
        vm.snapshotGasLastCall("Vouchers", "set_gateway");
    }
}
