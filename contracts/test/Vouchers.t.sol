// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IRedemption} from "../src/interfaces/IRedemption.sol";
import {IVouchers} from "../src/interfaces/IVouchers.sol";
import {DealId} from "../src/types/Ids.sol";
import {KeyRoles} from "../src/types/Roles.sol";
import {VouchersBase} from "./VouchersBase.t.sol";

/// @dev Gateways and single vouchers; batches, wallets and attacks are in `vouchers/`.
contract VouchersTest is VouchersBase {
    function _error(bytes4 selector) private view returns (bytes memory) {
        return abi.encodeWithSelector(selector, metered, 0, uint32(1));
    }

    /* GATEWAYS */

    function test_SetGateway_RevertWhen_CallerNotAllowed(address caller) external {
        vm.assume(caller != customer);
        vm.expectRevert(abi.encodeWithSelector(IVouchers.NotAllowed.selector, caller, customer));
        vm.prank(caller);
        cashier.setGateway(customer, caller, 1);
    }

    function test_SetGateway_RevertWhen_GatewayZero() external {
        vm.expectRevert(IVouchers.GatewayZero.selector);
        _setGateway(address(0), 1);
    }

    function test_SetGateway_RevertWhen_CapZero() external {
        vm.expectRevert(IVouchers.CapZero.selector);
        _setGateway(gateway, 0);
    }

    function test_SetGateway_Sets(address signer, uint96 dailyCap, bool isByKey) external {
        vm.assume(signer != address(0) && signer != gateway);
        dailyCap = uint96(bound(dailyCap, 1, type(uint96).max));
        vm.prank(customer);
        staking.setKey(friend, KeyRoles.CUSTOMER, type(uint40).max);
        vm.expectEmit(vouchers);
        emit IVouchers.GatewaySet(customer, signer, dailyCap);
        vm.prank(isByKey ? friend : customer);
        cashier.setGateway(customer, signer, dailyCap);
        IVouchers.Gateway memory held = cashier.gatewayOf(customer, signer);
        assertEq(held.dailyCap, dailyCap, "cap");
        assertEq(held.revokedAt, 0, "not revoked");
        assertEq(cashier.allowanceOf(customer, signer), dailyCap, "all of it is left");
    }

    function test_SetGateway_GivenSpentToday(uint256 spent, uint96 newCap) external {
        spent = bound(spent, 1, cap);
        newCap = uint96(bound(newCap, 1, type(uint96).max));
        _redeemed(spent);
        _setGateway(gateway, newCap);
        assertEq(cashier.gatewayOf(customer, gateway).spent, spent, "stays spent");
        assertEq(cashier.allowanceOf(customer, gateway), newCap > spent ? newCap - spent : 0, "what the new cap leaves");
    }

    function test_SetGateway_GivenRevoked() external {
        _redeemed(100 * dollar);
        _revoke(gateway);
        _setGateway(gateway, cap);
        assertEq(cashier.allowanceOf(customer, gateway), 400 * dollar, "no cap twice in a day");
        skip(10 minutes);
        assertEq(_redeemed(150 * dollar), 50 * dollar, "heard again");
    }

    function test_RevokeGateway_RevertWhen_CallerNotAllowed(address caller) external {
        vm.assume(caller != customer && caller != gateway);
        vm.expectRevert(abi.encodeWithSelector(IVouchers.NotAllowed.selector, caller, customer));
        vm.prank(caller);
        cashier.revokeGateway(customer, gateway);
    }

    function test_RevokeGateway_RevertGiven_Unknown() external {
        vm.expectRevert(abi.encodeWithSelector(IVouchers.GatewayUnknown.selector, customer, stranger));
        _revoke(stranger);
    }

    function test_RevokeGateway_RevertGiven_Revoked() external {
        _revoke(gateway);
        vm.expectRevert(abi.encodeWithSelector(IVouchers.GatewayRevoked.selector, customer, gateway, block.timestamp));
        _revoke(gateway);
    }

    function test_RevokeGateway_Revokes(uint8 who) external {
        vm.prank(customer);
        staking.setKey(friend, KeyRoles.CUSTOMER, type(uint40).max);
        vm.expectEmit(vouchers);
        emit IVouchers.GatewayRevocation(customer, gateway, uint40(block.timestamp));
        vm.prank([customer, friend, gateway][who % 3]);
        cashier.revokeGateway(customer, gateway);
        assertEq(cashier.gatewayOf(customer, gateway).revokedAt, block.timestamp, "revoked");
    }

    /* REDEEM */

    function test_Redeem_Pays(uint256 amount) external {
        amount = bound(amount, 1, cap);
        IVouchers.Voucher memory voucher = _voucher(amount);
        bytes memory signature = _signed(voucher);
        uint256 escrow = _escrow();
        vm.expectEmit(address(deals));
        emit IRedemption.SlotRedeemed(
            metered, 0, providers[0], 1, uint128(amount), uint128(amount), uint128(escrow - amount)
        );
        vm.expectEmit(vouchers);
        emit IVouchers.VoucherRedeemed(
            metered,
            0,
            gateway,
            1,
            uint128(amount),
            uint128(amount),
            voucher.invocations,
            voucher.from,
            voucher.until,
            voucher.usageRoot
        );
        vm.prank(stranger);
        assertEq(cashier.redeem(voucher, customer, gateway, signature), amount, "paid");
        assertEq(_escrow(), escrow - amount, "out of the escrow");
        assertEq(deals.redeemedOf(metered, 0, 1), amount, "of this serving");
        assertEq(cashier.gatewayOf(customer, gateway).spent, amount, "of today's cap");
        deals.settle(metered, 0);
        uint256 fee = (amount * FEE_BPS + 9999) / 10_000;
        uint256 toStakers = deals.stakersCreditOf(providers[0]);
        assertEq(deals.creditOf(providers[0]) + toStakers, amount - fee, "credited without delay, less the fee");
    }

    function test_Redeem_PaysWhatIsNew(uint256 first, uint256 second) external {
        first = bound(first, 1, cap - 1);
        second = bound(second, first + 1, cap);
        assertEq(_redeemed(first), first, "first");
        assertEq(_redeemed(second), second - first, "what came since");
        assertEq(deals.redeemedOf(metered, 0, 1), second, "cumulative");
    }

    function test_Redeem_RevertGiven_GatewayUnknown() external {
        address other = _keyed("other");
        IVouchers.Voucher memory voucher = _voucher(dollar);
        bytes memory signature = _signedBy(other, voucher);
        vm.expectRevert(abi.encodeWithSelector(IVouchers.GatewayUnknown.selector, customer, other));
        cashier.redeem(voucher, customer, other, signature);
        uint8[] memory codes = cashier.redeemMany(_list(voucher), customer, other, _list(signature));
        assertEq(codes[0], NO_GATEWAY, "code");
    }

    /// @dev Either the usage is after the revocation, or the redemption is more than a day after it.
    function test_Redeem_RevertGiven_GatewayRevoked(uint256 wait) external {
        _revoke(gateway);
        uint40 revokedAt = uint40(block.timestamp);
        bytes memory reason = abi.encodeWithSelector(IVouchers.GatewayRevoked.selector, customer, gateway, revokedAt);
        IVouchers.Voucher memory before = _voucher(dollar);
        skip(bound(wait, 1, 24 hours));
        _refused(_voucher(dollar), NO_GATEWAY, reason);
        vm.warp(revokedAt + 24 hours + 1 + wait % 30 days);
        _refused(before, NO_GATEWAY, reason);
    }

    function test_Redeem_GivenRevokedSince(uint256 wait) external {
        _redeemed(100 * dollar);
        IVouchers.Voucher memory voucher = _voucher(1000 * dollar);
        _revoke(gateway);
        skip(bound(wait, 0, 24 hours));
        assertEq(_redeem(voucher), 400 * dollar, "what the cap left on that day");
    }

    function test_Redeem_RevertWhen_PeriodInvalid(uint40 from) external {
        IVouchers.Voucher memory voucher = _voucher(dollar);
        voucher.from = uint40(bound(from, voucher.until + 1, type(uint40).max));
        _refused(
            voucher, NO_PERIOD, abi.encodeWithSelector(IVouchers.PeriodInvalid.selector, voucher.from, voucher.until)
        );
    }

    function test_Redeem_RevertWhen_UsageAhead(uint40 until) external {
        IVouchers.Voucher memory voucher = _voucher(dollar);
        voucher.until = uint40(bound(until, block.timestamp + 1, type(uint40).max));
        _refused(voucher, NO_PERIOD, abi.encodeWithSelector(IVouchers.UsageTooLate.selector, voucher.until));
    }

    function test_Redeem_RevertGiven_CapReached(uint256 wait) external {
        _redeemed(cap);
        skip(bound(wait, 0, 1 days - 1 - block.timestamp % 1 days));
        _refused(
            _voucher(cap + 1), CAPPED, abi.encodeWithSelector(IVouchers.CapReached.selector, customer, gateway, cap)
        );
    }

    function test_Redeem_GivenCapTooLow() external {
        IVouchers.Voucher memory voucher = _voucher(600 * dollar);
        assertEq(_redeem(voucher), cap, "as far as the cap reaches");
        assertEq(cashier.allowanceOf(customer, gateway), 0, "none is left");
        skip(1 days);
        assertEq(_redeem(voucher), 100 * dollar, "the rest on the next day");
    }

    function test_Redeem_RevertWhen_SignatureInvalid(uint256 place, bytes1 change, bytes calldata garbage) external {
        vm.assume(change != 0);
        IVouchers.Voucher memory voucher = _voucher(dollar);
        bytes memory signature = _signed(voucher);
        signature[place % 65] ^= change;
        bytes memory reason = abi.encodeWithSelector(IVouchers.SignatureInvalid.selector, gateway);
        _refused(voucher, signature, UNSIGNED, reason);
        _refused(voucher, garbage, UNSIGNED, reason);
        _refused(voucher, _signedBy(_keyed("other"), voucher), UNSIGNED, reason);
    }

    /// @dev What nobody signed does not become redeemable tomorrow.
    function test_Redeem_RevertWhen_SignatureInvalidGivenCapReached() external {
        _redeemed(cap);
        IVouchers.Voucher memory voucher = _voucher(cap + 1);
        bytes memory reason = abi.encodeWithSelector(IVouchers.SignatureInvalid.selector, gateway);
        _refused(voucher, _signedBy(_keyed("other"), voucher), UNSIGNED, reason);
    }

    function test_Redeem_WhenTheSignatureIsCompact() external {
        IVouchers.Voucher memory voucher = _voucher(dollar);
        (bytes32 r, bytes32 vs) = vm.signCompact(keyOf[gateway], cashier.digestOf(voucher));
        assertEq(cashier.redeem(voucher, customer, gateway, abi.encodePacked(r, vs)), dollar, "of ERC-2098");
    }

    /// @dev No number of a slot, or of one that is paid by time.
    function test_Redeem_RevertGiven_NotMetered(uint8 slot) external {
        IVouchers.Voucher memory voucher = _voucher(dollar);
        voucher.slot = uint8(bound(slot, 16, 255));
        bytes memory signature = _signed(voucher);
        vm.expectRevert(abi.encodeWithSelector(IVouchers.NotMetered.selector, metered, voucher.slot, customer));
        cashier.redeem(voucher, customer, gateway, signature);
        DealId reserved = _request(_asking(1, 100, 14, 84));
        _activate(reserved, _one(_offer(providers[0], 10_000, dollar)));
        _ready(reserved, 0);
        _skip(1 hours);
        _refused(
            _voucherOf(reserved, dollar),
            NOT_METERED,
            abi.encodeWithSelector(IVouchers.NotMetered.selector, reserved, 0, customer)
        );
    }

    function test_Redeem_RevertGiven_ServingWrong(uint8 slot, uint32 serving, address provider) external {
        vm.assume(provider != providers[0]);
        IVouchers.Voucher memory absent = _voucher(dollar);
        absent.slot = uint8(bound(slot, 1, 15));
        bytes memory signature = _signed(absent);
        vm.expectRevert(abi.encodeWithSelector(IVouchers.ServingWrong.selector, metered, absent.slot, 1));
        cashier.redeem(absent, customer, gateway, signature);
        IVouchers.Voucher memory voucher = _voucher(dollar);
        voucher.provider = provider;
        _refused(voucher, SERVING_WRONG, _error(IVouchers.ServingWrong.selector));
        voucher = _voucher(dollar);
        voucher.serving = uint32(serving == 1 ? 0 : serving);
        _refused(
            voucher, SERVING_WRONG, abi.encodeWithSelector(IVouchers.ServingWrong.selector, metered, 0, voucher.serving)
        );
    }

    function test_Redeem_RevertGiven_UsageAfterTheEnd(uint256 late) external {
        uint40 since = _fail(metered);
        IVouchers.Voucher memory voucher = _voucher(dollar);
        voucher.from = since;
        voucher.until = uint40(bound(late, since + 1, block.timestamp));
        _refused(voucher, TOO_LATE, abi.encodeWithSelector(IVouchers.UsageTooLate.selector, voucher.until));
    }

    function test_Redeem_GivenTheServingEnded(uint256 wait) external {
        uint40 since = _fail(metered);
        IVouchers.Voucher memory voucher = _voucher(dollar);
        (voucher.from, voucher.until) = (since - 1, since);
        vm.warp(bound(wait, block.timestamp, since + 24 hours));
        assertEq(_redeem(voucher), dollar, "for a day");
    }

    function test_Redeem_RevertGiven_RedemptionOver(uint256 wait) external {
        uint40 since = _fail(metered);
        IVouchers.Voucher memory voucher = _voucher(dollar);
        (voucher.from, voucher.until) = (since - 1, since);
        vm.warp(bound(wait, since + 24 hours + 1, since + 14 days));
        _refused(voucher, OVER, _error(IVouchers.RedemptionOver.selector));
    }

    function test_Redeem_RevertGiven_RedeemedAlready(uint256 amount) external {
        _redeemed(100 * dollar);
        amount = bound(amount, 0, 100 * dollar);
        _refused(
            _voucher(amount),
            PAID_ALREADY,
            abi.encodeWithSelector(IVouchers.RedeemedAlready.selector, metered, 0, 1, amount)
        );
    }

    function test_Redeem_RevertGiven_EscrowUsedUp() external {
        _setGateway(gateway, 10_000 * dollar);
        assertEq(_redeemed(2000 * dollar), 1400 * dollar, "all of it");
        _refused(_voucher(2000 * dollar), USED_UP, abi.encodeWithSelector(IVouchers.EscrowUsedUp.selector, metered, 0));
        _fund(friend, metered, 1000 * dollar);
        assertEq(_redeemed(2000 * dollar), 600 * dollar, "the rest when somebody paid");
    }

    /// @dev A word that is more than its type: two calls would say the same and have different digests.
    function test_Redeem_RevertWhen_AWordIsTooLarge(uint256 field, uint256 bit) external {
        uint8[8] memory bits = [64, 8, 32, 160, 128, 64, 40, 40];
        field = bound(field, 0, 7);
        bit = bound(bit, bits[field], 255);
        IVouchers.Voucher memory voucher = _voucher(dollar);
        bytes memory call = abi.encodeCall(IVouchers.redeem, (voucher, customer, gateway, _signed(voucher)));
        bytes memory asking = abi.encodeCall(IVouchers.digestOf, (voucher));
        call[4 + 32 * field + 31 - bit / 8] |= bytes1(uint8(2 ** (bit % 8)));
        asking[4 + 32 * field + 31 - bit / 8] |= bytes1(uint8(2 ** (bit % 8)));
        (bool isDone,) = vouchers.call(call);
        assertFalse(isDone, "redeemed");
        (isDone,) = vouchers.call(asking);
        assertFalse(isDone, "hashed");
    }

    /* VIEWS */

    function test_AllowanceOf_Follows(uint256 spent) external {
        assertEq(cashier.allowanceOf(customer, stranger), 0, "nobody");
        spent = bound(spent, 1, cap);
        _redeemed(spent);
        assertEq(cashier.allowanceOf(customer, gateway), cap - spent, "what is left");
        _revoke(gateway);
        skip(24 hours);
        assertEq(cashier.allowanceOf(customer, gateway), cap - spent, "of the day of its revocation");
        skip(1);
        assertEq(cashier.allowanceOf(customer, gateway), 0, "nothing");
    }

    /// @dev Built from its parts, as a wallet does.
    function test_DigestOf_IsOfTheStandard(IVouchers.Voucher calldata voucher, uint64 chain) external {
        vm.chainId(bound(chain, 1, type(uint64).max));
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("Surety"),
                keccak256("1"),
                block.chainid,
                vouchers
            )
        );
        bytes memory fields = bytes.concat(
            abi.encode(voucher.deal, voucher.slot, voucher.serving, voucher.provider, voucher.amount),
            abi.encode(voucher.invocations, voucher.from, voucher.until, voucher.usageRoot)
        );
        bytes32 kind = keccak256(
            "Voucher(uint64 deal,uint8 slot,uint32 serving,address provider,uint128 amount,uint64 invocations,uint40 from,uint40 until,bytes32 usageRoot)"
        );
        bytes32 hash = keccak256(bytes.concat(kind, fields));
        assertEq(cashier.digestOf(voucher), keccak256(bytes.concat("\x19\x01", domain, hash)), "EIP-712");
    }
}
