// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Vouchers} from "../../src/Vouchers.sol";
import {IVouchers} from "../../src/interfaces/IVouchers.sol";
import {DealId} from "../../src/types/Ids.sol";
import {VouchersBase} from "../VouchersBase.t.sol";

/// @dev What a provider may try with vouchers that it has, and a thief with a gateway's key.
contract VouchersAttacksTest is VouchersBase {
    bytes private unsigned;

    function setUp() public override {
        super.setUp();
        unsigned = abi.encodeWithSelector(IVouchers.SignatureInvalid.selector, gateway);
    }

    /* REPLAYS */

    function test_Attack_WhenReplayed(uint256 times) external {
        IVouchers.Voucher memory voucher = _voucher(100 * dollar);
        _redeem(voucher);
        times = bound(times, 1, 5);
        bytes memory reason = abi.encodeWithSelector(IVouchers.RedeemedAlready.selector, metered, 0, 1, 100 * dollar);
        for (uint256 i = 0; i < times; ++i) {
            _refused(voucher, PAID_ALREADY, reason);
            skip(1 days);
        }
        assertEq(deals.redeemedOf(metered, 0, 1), 100 * dollar, "once");
    }

    function test_Attack_WhenTwiceInOneBatch() external {
        IVouchers.Voucher[] memory twice = new IVouchers.Voucher[](2);
        bytes[] memory signatures = new bytes[](2);
        (twice[0], twice[1]) = (_voucher(100 * dollar), _voucher(100 * dollar));
        (signatures[0], signatures[1]) = (_signed(twice[0]), _signed(twice[0]));
        uint8[] memory codes = cashier.redeemMany(twice, customer, gateway, signatures);
        assertEq(codes[1], PAID_ALREADY, "code");
        assertEq(deals.redeemedOf(metered, 0, 1), 100 * dollar, "once");
    }

    /// @dev Whatever the order, what is paid is the most that was signed.
    function test_Attack_WhenOutOfOrder(uint256 seed) external {
        uint256[5] memory amounts = [dollar, 2 * dollar, 3 * dollar, 4 * dollar, 5 * dollar];
        for (uint256 i = 4; i > 0; --i) {
            uint256 j = uint256(keccak256(abi.encode(seed, i))) % (i + 1);
            (amounts[i], amounts[j]) = (amounts[j], amounts[i]);
        }
        uint256 most = 0;
        for (uint256 i = 0; i < 5; ++i) {
            if (amounts[i] > most) {
                assertEq(_redeemed(amounts[i]), amounts[i] - most, "what is new");
                most = amounts[i];
            } else {
                _refused(
                    _voucher(amounts[i]),
                    PAID_ALREADY,
                    abi.encodeWithSelector(IVouchers.RedeemedAlready.selector, metered, 0, 1, amounts[i])
                );
            }
        }
        assertEq(deals.redeemedOf(metered, 0, 1), 5 * dollar, "the most that was signed");
    }

    function test_Attack_WhenForAnotherDeal() external {
        DealId other = _another(1400 * dollar);
        _skip(1 hours);
        bytes memory signature = _signed(_voucher(dollar));
        _refused(_voucherOf(other, dollar), signature, UNSIGNED, unsigned);
    }

    function test_Attack_WhenForAnotherServing(uint32 serving) external {
        vm.assume(serving != 1);
        IVouchers.Voucher memory voucher = _voucher(dollar);
        bytes memory signature = _signed(voucher);
        voucher.serving = serving;
        _refused(voucher, signature, UNSIGNED, unsigned);
    }

    function test_Attack_WhenForAnotherSlotOrProvider(uint8 slot, address provider) external {
        vm.assume(slot != 0 && provider != providers[0]);
        IVouchers.Voucher memory voucher = _voucher(dollar);
        bytes memory signature = _signed(voucher);
        voucher.slot = slot;
        vm.expectRevert(unsigned);
        cashier.redeem(voucher, customer, gateway, signature);
        voucher = _voucher(dollar);
        voucher.provider = provider;
        _refused(voucher, signature, UNSIGNED, unsigned);
    }

    /// @dev The provider that took a failed one's place redeems nothing of it, and the failed one nothing of his.
    function test_Attack_WhenTheOtherProvidersUsageIsClaimed() external {
        uint40 since = _fail(metered);
        _activate(metered, _one(_host(1)));
        _ready(metered, 0);
        _skip(1 hours);
        IVouchers.Voucher memory voucher = _voucher(dollar);
        voucher.provider = providers[1];
        _refused(voucher, SERVING_WRONG, abi.encodeWithSelector(IVouchers.ServingWrong.selector, metered, 0, uint32(1)));
        (voucher.provider, voucher.serving) = (providers[0], 2);
        _refused(voucher, SERVING_WRONG, abi.encodeWithSelector(IVouchers.ServingWrong.selector, metered, 0, uint32(2)));
        (voucher.from, voucher.until) = (since, since);
        voucher.serving = 1;
        assertEq(_redeem(voucher), dollar, "each his own");
        (voucher.provider, voucher.serving, voucher.until) = (providers[1], 2, uint40(block.timestamp));
        assertEq(_redeem(voucher), dollar, "from zero");
    }

    function test_Attack_WhenOfAnotherChain(uint64 chain) external {
        chain = uint64(bound(chain, 1, type(uint64).max - 1));
        vm.assume(chain != block.chainid);
        IVouchers.Voucher memory voucher = _voucher(dollar);
        bytes memory signature = _signed(voucher);
        vm.chainId(chain);
        _refused(voucher, signature, UNSIGNED, unsigned);
    }

    function test_Attack_WhenOfAnotherContract() external {
        IVouchers.Voucher memory voucher = _voucher(dollar);
        Vouchers other = new Vouchers(deals, staking);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(keyOf[gateway], other.digestOf(voucher));
        _refused(voucher, abi.encodePacked(r, s, v), UNSIGNED, unsigned);
    }

    /// @dev A gateway of two customers: one's deals are never paid at the other's word or cap.
    function test_Attack_WhenOfAnotherCustomer() external {
        vm.prank(friend);
        cashier.setGateway(friend, gateway, type(uint96).max);
        IVouchers.Voucher memory voucher = _voucher(dollar);
        bytes memory signature = _signed(voucher);
        vm.expectRevert(abi.encodeWithSelector(IVouchers.NotMetered.selector, metered, 0, friend));
        cashier.redeem(voucher, friend, gateway, signature);
        assertEq(cashier.redeemMany(_list(voucher), friend, gateway, _list(signature))[0], NOT_METERED, "code");
    }

    /* LIMITS */

    function test_Attack_WhenAboveTheEscrow(uint128 amount) external {
        _setGateway(gateway, type(uint96).max);
        amount = uint128(bound(amount, 1400 * dollar + 1, type(uint128).max));
        DealId other = _another(1400 * dollar);
        assertEq(_redeemed(amount), 1400 * dollar, "the slot's escrow");
        assertEq(_escrow(), 0, "used up");
        assertEq(deals.slotOf(other, 0).escrow, 1400 * dollar, "nobody else's");
    }

    function test_Attack_WhenAboveTheCap(uint128 amount) external {
        amount = uint128(bound(amount, cap + 1, type(uint128).max));
        assertEq(_redeemed(amount), cap, "a day's cap");
        _refused(
            _voucher(amount), CAPPED, abi.encodeWithSelector(IVouchers.CapReached.selector, customer, gateway, cap)
        );
    }

    /// @dev Not by setting it again, nor by a revocation that is taken back, nor by other deals.
    function test_Attack_WhenTheCapIsToBeRefilled() external {
        DealId other = _another(1400 * dollar);
        _redeemed(cap);
        _setGateway(gateway, cap);
        assertEq(cashier.allowanceOf(customer, gateway), 0, "set again");
        _revoke(gateway);
        _setGateway(gateway, cap);
        assertEq(cashier.allowanceOf(customer, gateway), 0, "revoked and set again");
        IVouchers.Voucher memory voucher = _voucherOf(other, dollar);
        _refused(voucher, CAPPED, abi.encodeWithSelector(IVouchers.CapReached.selector, customer, gateway, cap));
    }

    function test_Attack_WhenRevoked(uint256 wait) external {
        _revoke(gateway);
        uint40 revokedAt = uint40(block.timestamp);
        skip(bound(wait, 1, 60 days));
        _refused(
            _voucher(dollar),
            NO_GATEWAY,
            abi.encodeWithSelector(IVouchers.GatewayRevoked.selector, customer, gateway, revokedAt)
        );
    }

    /// @dev Who has its key says that the usage was before: he gets what the cap left of one day, whenever he comes.
    function test_Attack_WhenRevokedAndBackdated(uint256 spent) external {
        spent = bound(spent, 0, cap - 1);
        if (spent != 0) _redeemed(spent);
        IVouchers.Voucher memory voucher = _voucher(1400 * dollar);
        _revoke(gateway);
        uint256 stolen = 0;
        for (uint256 i = 0; i < 25; ++i) {
            voucher.amount += uint128(dollar);
            bytes memory signature = _signed(voucher);
            try cashier.redeem(voucher, customer, gateway, signature) returns (uint128 paid) {
                stolen += paid;
            } catch {}
            skip(1 hours);
        }
        assertEq(stolen, cap - spent, "the rest of one day");
    }

    /* THEFT */

    /// @dev The cap of sixty days on which nothing was signed is not there any more.
    function test_Attack_WhenTheKeyIsStolenAfterSixtyIdleDays() external {
        _skip(60 days);
        DealId[3] memory open;
        for (uint256 i = 0; i < 3; ++i) {
            open[i] = _another(1400 * dollar);
        }
        uint256 start = block.timestamp / 1 days * 1 days + 1 days;
        uint256 stolen = 0;
        // Until the customer sees it, at the end of a day.
        for (uint256 hour = 0; hour < 24; ++hour) {
            vm.warp(start + hour * 1 hours);
            IVouchers.Voucher memory voucher = _voucherOf(open[hour % 3], type(uint128).max);
            bytes memory signature = _signed(voucher);
            try cashier.redeem(voucher, customer, gateway, signature) returns (uint128 paid) {
                stolen += paid;
            } catch {}
        }
        assertEq(stolen, cap, "one day's cap");
        vm.warp(start + 1 days - 1);
        _revoke(gateway);
        IVouchers.Voucher memory late = _voucherOf(open[1], type(uint128).max);
        bytes memory again = _signed(late);
        skip(2);
        vm.expectRevert(abi.encodeWithSelector(IVouchers.CapReached.selector, customer, gateway, cap));
        cashier.redeem(late, customer, gateway, again);
    }
}
