// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDeals} from "./interfaces/IDeals.sol";
import {IRedemption} from "./interfaces/IRedemption.sol";
import {IStaking} from "./interfaces/IStaking.sol";
import {IVouchers} from "./interfaces/IVouchers.sol";
import {KeyRoles} from "./types/Roles.sol";
import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {ECDSA} from "solady/utils/ECDSA.sol";
import {EIP712} from "solady/utils/EIP712.sol";

/// @dev What was paid is in `Deals`; here is only what each gateway may sign. Invariants:
/// 1. `spent` is what was paid on `day` by the gateway's word, and a day's word pays at most the cap that held when it was redeemed.
/// 2. `day` never falls, so that neither a new cap nor a revocation that is taken back pays a day's cap twice.
contract Vouchers is IVouchers, EIP712 {
    bytes32 private constant VOUCHER = keccak256(
        "Voucher(uint64 deal,uint8 slot,uint32 serving,address provider,uint128 amount,uint64 invocations,uint40 from,uint40 until,bytes32 usageRoot)"
    );
    uint256 private constant DAY = 1 days;
    /// For which what was signed before a revocation can be redeemed.
    uint256 private constant LATE_TIME = 24 hours;
    /// What a contract wallet may use to check a signature: enough for a passkey's, and no wallet uses up a batch.
    uint256 private constant WALLET_GAS = 500_000;

    uint8 private constant PAID = 0;
    uint8 private constant NOT_METERED = 1;
    uint8 private constant SERVING_WRONG = 2;
    uint8 private constant TOO_LATE = 3;
    uint8 private constant OVER = 4;
    uint8 private constant PAID_ALREADY = 5;
    uint8 private constant USED_UP = 6;
    uint8 private constant UNSIGNED = 7;
    uint8 private constant NO_GATEWAY = 8;
    uint8 private constant CAPPED = 9;
    uint8 private constant NO_PERIOD = 10;

    IDeals private immutable deals;
    IStaking private immutable staking;

    mapping(address customer => mapping(address gateway => Gateway)) private _gateways;

    constructor(IDeals newDeals, IStaking newStaking) {
        deals = newDeals;
        staking = newStaking;
    }

    /* GATEWAYS */

    /// @inheritdoc IVouchers
    function setGateway(address customer, address gateway, uint96 dailyCap) external {
        require(_isCustomer(customer), NotAllowed(msg.sender, customer));
        require(gateway != address(0), GatewayZero());
        require(dailyCap != 0, CapZero());
        // What it spent today stays spent.
        Gateway storage held = _gateways[customer][gateway];
        held.dailyCap = dailyCap;
        held.revokedAt = 0;
        emit GatewaySet(customer, gateway, dailyCap);
    }

    /// @inheritdoc IVouchers
    function revokeGateway(address customer, address gateway) external {
        require(msg.sender == gateway || _isCustomer(customer), NotAllowed(msg.sender, customer));
        Gateway storage held = _gateways[customer][gateway];
        require(held.dailyCap != 0, GatewayUnknown(customer, gateway));
        require(held.revokedAt == 0, GatewayRevoked(customer, gateway, held.revokedAt));
        held.revokedAt = uint40(block.timestamp);
        emit GatewayRevocation(customer, gateway, uint40(block.timestamp));
    }

    function _isCustomer(address customer) private view returns (bool) {
        return msg.sender == customer || staking.mayAct(customer, msg.sender, KeyRoles.CUSTOMER);
    }

    /* REDEEM */

    /// @inheritdoc IVouchers
    function redeem(Voucher calldata voucher, address customer, address gateway, bytes calldata signature)
        external
        returns (uint128 paid)
    {
        Gateway memory held = _today(_gateways[customer][gateway]);
        uint8 code;
        (code, paid) = _redeem(voucher, customer, gateway, held, signature);
        if (code != PAID) _refuse(code, voucher, customer, gateway, held);
        _gateways[customer][gateway] = held;
    }

    /// @inheritdoc IVouchers
    function redeemMany(Voucher[] calldata vouchers, address customer, address gateway, bytes[] calldata signatures)
        external
        returns (uint8[] memory codes)
    {
        require(vouchers.length == signatures.length, LengthsDiffer(vouchers.length, signatures.length));
        Gateway memory held = _today(_gateways[customer][gateway]);
        uint256 spent = held.spent;
        codes = new uint8[](vouchers.length);
        for (uint256 i = 0; i < vouchers.length; ++i) {
            (codes[i],) = _redeem(vouchers[i], customer, gateway, held, signatures[i]);
        }
        // Wallets are asked without leave to change anything, so nobody else has spent meanwhile.
        if (held.spent != spent) _gateways[customer][gateway] = held;
    }

    /// @dev Counts what is paid in `held`.
    function _redeem(
        Voucher calldata voucher,
        address customer,
        address gateway,
        Gateway memory held,
        bytes calldata signature
    ) private returns (uint8 code, uint128 paid) {
        uint40 until = voucher.until;
        if (!_isHeard(held, until)) return (NO_GATEWAY, 0);
        if (voucher.from > until || until > block.timestamp) return (NO_PERIOD, 0);
        bytes memory fields = _fieldsOf(voucher);
        if (!_isSigned(_hashTypedData(keccak256(fields)), gateway, signature)) return (UNSIGNED, 0);
        uint96 allowance = _allowance(held);
        if (allowance == 0) return (CAPPED, 0);
        (code, paid) = _claim(fields, customer, allowance);
        if (code != PAID) return (code, 0);
        // At most what is allowed, says `Deals`; a uint96.
        // forge-lint: disable-next-line(unsafe-typecast)
        held.spent += uint96(paid);
        _tell(fields, gateway, paid);
    }

    /// @dev `deals.redeem(Claim(deal, slot, serving, provider, customer, until, amount, most))`. By hand, as the event is: each voucher
    /// of a batch would pay for copying it word by word two times more.
    function _claim(bytes memory fields, address customer, uint256 most) private returns (uint8 code, uint128 paid) {
        address to = address(deals);
        bytes4 selector = IRedemption.redeem.selector;
        assembly ("memory-safe") {
            // After the length and the type.
            let voucher := add(fields, 64)
            let claim := mload(0x40)
            mstore(claim, selector)
            mcopy(add(claim, 4), voucher, 128)
            mstore(add(claim, 132), customer)
            mstore(add(claim, 164), mload(add(voucher, 224)))
            mstore(add(claim, 196), mload(add(voucher, 128)))
            mstore(add(claim, 228), most)
            if iszero(call(gas(), to, 0, claim, 260, 0, 64)) {
                returndatacopy(claim, 0, returndatasize())
                revert(claim, returndatasize())
            }
            code := mload(0)
            paid := mload(32)
        }
    }

    /// @dev `VoucherRedeemed`: what it says stands in the voucher's order, with what was paid in the provider's place.
    function _tell(bytes memory fields, address gateway, uint256 paid) private {
        bytes32 kind = VoucherRedeemed.selector;
        assembly ("memory-safe") {
            let voucher := add(fields, 64)
            mstore(add(voucher, 96), paid)
            log4(add(voucher, 64), 224, kind, mload(voucher), mload(add(voucher, 32)), gateway)
        }
    }

    /// @dev What a code of `redeemMany` says in full.
    function _refuse(uint8 code, Voucher calldata voucher, address customer, address gateway, Gateway memory held)
        private
        pure
    {
        require(code != NOT_METERED, NotMetered(voucher.deal, voucher.slot, customer));
        require(code != SERVING_WRONG, ServingWrong(voucher.deal, voucher.slot, voucher.serving));
        require(code != OVER, RedemptionOver(voucher.deal, voucher.slot, voucher.serving));
        require(code != PAID_ALREADY, RedeemedAlready(voucher.deal, voucher.slot, voucher.serving, voucher.amount));
        require(code != USED_UP, EscrowUsedUp(voucher.deal, voucher.slot));
        require(code != UNSIGNED, SignatureInvalid(gateway));
        require(held.dailyCap != 0, GatewayUnknown(customer, gateway));
        require(code != NO_GATEWAY, GatewayRevoked(customer, gateway, held.revokedAt));
        require(code != CAPPED, CapReached(customer, gateway, held.dailyCap));
        require(code == TOO_LATE || voucher.from <= voucher.until, PeriodInvalid(voucher.from, voucher.until));
        revert UsageTooLate(voucher.until);
    }

    /* CAPS */

    /// @dev As it counts now. Days stand still at a revocation: what is redeemed after it is of that day.
    function _today(Gateway memory held) private view returns (Gateway memory) {
        uint256 day = (held.revokedAt == 0 ? block.timestamp : held.revokedAt) / DAY;
        if (held.day == day) return held;
        held.spent = 0;
        // A day fits 24 bits for 45,000 years.
        // forge-lint: disable-next-line(unsafe-typecast)
        held.day = uint24(day);
        return held;
    }

    /// @dev Whether its word counts now, for usage until then.
    function _isHeard(Gateway memory held, uint256 until) private view returns (bool) {
        if (held.revokedAt == 0) return held.dailyCap != 0;
        return until <= held.revokedAt && block.timestamp <= held.revokedAt + LATE_TIME;
    }

    /// @dev A cap that was lowered may be less than what was spent.
    function _allowance(Gateway memory held) private pure returns (uint96) {
        return held.dailyCap > held.spent ? held.dailyCap - held.spent : 0;
    }

    /* SIGNATURES */

    function _domainNameAndVersion() internal pure override returns (string memory, string memory) {
        return ("Surety", "1");
    }

    /// @dev `abi.encode(VOUCHER, voucher)`: what is hashed is a word for the type, and then the fields. Copied at once; whatever does
    /// not fit its type is refused, as it is there.
    function _fieldsOf(Voucher calldata voucher) private pure returns (bytes memory fields) {
        bytes32 kind = VOUCHER;
        assembly ("memory-safe") {
            fields := mload(0x40)
            let at := add(fields, 64)
            mstore(0x40, add(fields, 352))
            mstore(fields, 320)
            mstore(add(fields, 32), kind)
            calldatacopy(at, voucher, 288)
            let excess := or(shr(64, mload(at)), shr(8, mload(add(at, 32))))
            excess := or(excess, or(shr(32, mload(add(at, 64))), shr(160, mload(add(at, 96)))))
            excess := or(excess, or(shr(128, mload(add(at, 128))), shr(64, mload(add(at, 160)))))
            excess := or(excess, or(shr(40, mload(add(at, 192))), shr(40, mload(add(at, 224)))))
            if excess { revert(0, 0) }
        }
    }

    /// @dev A key first, which is cheaper, and right for accounts with code that have one.
    function _isSigned(bytes32 digest, address gateway, bytes calldata signature) private view returns (bool) {
        if (ECDSA.tryRecoverCalldata(digest, signature) == gateway) return true;
        return gateway.code.length != 0 && _isTaken(digest, gateway, signature);
    }

    /// @dev As OpenZeppelin's `SignatureChecker`, with bounded gas. Of the answer one word is read, however long it is.
    function _isTaken(bytes32 digest, address wallet, bytes calldata signature) private view returns (bool isTaken) {
        bytes memory question = abi.encodeCall(IERC1271.isValidSignature, (digest, signature));
        bytes32 yes = bytes32(IERC1271.isValidSignature.selector);
        uint256 most = WALLET_GAS;
        assembly ("memory-safe") {
            let isDone := staticcall(most, wallet, add(question, 32), mload(question), 0, 32)
            isTaken := and(isDone, and(gt(returndatasize(), 31), eq(mload(0), yes)))
        }
    }

    /* VIEWS */

    /// @inheritdoc IVouchers
    function gatewayOf(address customer, address gateway) external view returns (Gateway memory) {
        return _gateways[customer][gateway];
    }

    /// @inheritdoc IVouchers
    function allowanceOf(address customer, address gateway) external view returns (uint96) {
        Gateway memory held = _today(_gateways[customer][gateway]);
        return _isHeard(held, held.revokedAt) ? _allowance(held) : 0;
    }

    /// @inheritdoc IVouchers
    function digestOf(Voucher calldata voucher) external view returns (bytes32) {
        return _hashTypedData(keccak256(_fieldsOf(voucher)));
    }
}
