// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IVouchers} from "../../src/interfaces/IVouchers.sol";
import {DealId} from "../../src/types/Ids.sol";
import {VouchersBase} from "../VouchersBase.t.sol";
import {MockWallet} from "../mocks/MockWallet.sol";

/// @dev Many vouchers in one transaction, and gateways that are contracts.
contract BatchesTest is VouchersBase {
    function _batch(IVouchers.Voucher[] memory list) private returns (uint8[] memory codes) {
        bytes[] memory signatures = new bytes[](list.length);
        for (uint256 i = 0; i < list.length; ++i) {
            signatures[i] = _signed(list[i]);
        }
        return cashier.redeemMany(list, customer, gateway, signatures);
    }

    /* BATCHES */

    function test_RedeemMany_RevertWhen_LengthsDiffer(uint8 have, uint8 signed) external {
        vm.assume(have != signed);
        vm.expectRevert(abi.encodeWithSelector(IVouchers.LengthsDiffer.selector, have, signed));
        cashier.redeemMany(new IVouchers.Voucher[](have), customer, gateway, new bytes[](signed));
    }

    function test_RedeemMany_WhenNone() external {
        IVouchers.Voucher[] memory none = new IVouchers.Voucher[](0);
        assertEq(cashier.redeemMany(none, customer, gateway, new bytes[](0)).length, 0, "none");
    }

    function test_RedeemMany_AnswersForEach() external {
        IVouchers.Voucher[] memory list = new IVouchers.Voucher[](9);
        for (uint256 i = 0; i < 9; ++i) {
            list[i] = _voucher((i + 1) * 10 * dollar);
        }
        list[1].slot = 1;
        list[2].serving = 2;
        list[3].amount = uint128(10 * dollar);
        list[4].from = list[4].until + 1;
        list[5].deal = DealId.wrap(99);
        list[6].amount = uint128(cap);
        uint8[] memory codes = _batch(list);
        uint8[9] memory expected =
            [PAID, SERVING_WRONG, SERVING_WRONG, PAID_ALREADY, NO_PERIOD, NOT_METERED, PAID, CAPPED, CAPPED];
        for (uint256 i = 0; i < 9; ++i) {
            assertEq(codes[i], expected[i], vm.toString(i));
        }
        assertEq(deals.redeemedOf(metered, 0, 1), cap, "both that were right");
        assertEq(cashier.gatewayOf(customer, gateway).spent, cap, "of one cap");
    }

    /// @dev In a batch they are paid what they would be paid one after the other.
    function test_RedeemMany_PaysAsOneByOne(uint128[6] memory amounts, uint96 dailyCap) external {
        _setGateway(gateway, bound(dailyCap, 1, 2000 * dollar));
        IVouchers.Voucher[] memory list = new IVouchers.Voucher[](6);
        for (uint256 i = 0; i < 6; ++i) {
            list[i] = _voucher(bound(amounts[i], 0, 1500 * dollar));
        }
        uint256 snapshot = vm.snapshotState();
        _batch(list);
        (uint256 escrow, uint256 left) = (_escrow(), cashier.allowanceOf(customer, gateway));
        vm.revertToState(snapshot);
        for (uint256 i = 0; i < 6; ++i) {
            bytes memory signature = _signed(list[i]);
            try cashier.redeem(list[i], customer, gateway, signature) {} catch {}
        }
        assertEq(_escrow(), escrow, "escrow");
        assertEq(cashier.allowanceOf(customer, gateway), left, "cap");
    }

    /// @dev Whatever a voucher says, the one after it is paid.
    function test_RedeemMany_WhenOneIsGarbage(IVouchers.Voucher calldata garbage, bytes calldata signature) external {
        IVouchers.Voucher[] memory list = new IVouchers.Voucher[](3);
        (list[0], list[1], list[2]) = (garbage, garbage, _voucher(dollar));
        bytes[] memory signatures = new bytes[](3);
        (signatures[0], signatures[1], signatures[2]) = (signature, _signed(garbage), _signed(list[2]));
        uint8[] memory codes = cashier.redeemMany(list, customer, gateway, signatures);
        assertEq(codes[0], garbage.from > garbage.until || garbage.until > block.timestamp ? NO_PERIOD : UNSIGNED);
        assertTrue(codes[1] != PAID, "garbage");
        assertEq(codes[2], PAID, "paid");
    }

    /* WALLETS */

    function _walletFor(address owner) private returns (MockWallet wallet) {
        wallet = new MockWallet(owner);
        _setGateway(address(wallet), cap);
    }

    function test_RedeemMany_WhenAWalletSigns() external {
        address owner = _keyed("owner");
        MockWallet wallet = _walletFor(owner);
        IVouchers.Voucher memory voucher = _voucher(100 * dollar);
        bytes memory signature = _signedBy(owner, voucher);
        assertEq(cashier.redeem(voucher, customer, address(wallet), signature), 100 * dollar, "alone");
        voucher = _voucher(150 * dollar);
        signature = _signedBy(owner, voucher);
        uint8[] memory codes = cashier.redeemMany(_list(voucher), customer, address(wallet), _list(signature));
        assertEq(codes[0], PAID, "in a batch");
        voucher.amount += 1;
        vm.expectRevert(abi.encodeWithSelector(IVouchers.SignatureInvalid.selector, wallet));
        cashier.redeem(voucher, customer, address(wallet), signature);
    }

    /// @dev It burns what it is given, answers and refuses with megabytes, or tries to act meanwhile: each item of its own costs a bounded amount,
    /// and the batch ends.
    function test_RedeemMany_WhenAWalletIsHostile(uint8 mode) external {
        address owner = _keyed("owner");
        MockWallet wallet = _walletFor(owner);
        mode = uint8(bound(mode, 1, 7));
        // A long answer that begins with the right word is right.
        bool isYes = mode == uint8(MockWallet.Mode.AnswersLong);
        wallet.setMode(MockWallet.Mode(mode));
        IVouchers.Voucher[] memory list = new IVouchers.Voucher[](4);
        bytes[] memory signatures = new bytes[](4);
        for (uint256 i = 0; i < 4; ++i) {
            list[i] = _voucher((i + 1) * dollar);
            signatures[i] = _signedBy(owner, list[i]);
        }
        uint256 before = gasleft();
        uint8[] memory codes = cashier.redeemMany{gas: 4_000_000}(list, customer, address(wallet), signatures);
        assertLt(before - gasleft(), 2_700_000, "bounded");
        for (uint256 i = 0; i < 4; ++i) {
            assertEq(codes[i], isYes ? PAID : UNSIGNED, "by its own word only");
        }
        assertEq(cashier.gatewayOf(address(wallet), address(wallet)).dailyCap, 0, "nothing done meanwhile");
    }
}
