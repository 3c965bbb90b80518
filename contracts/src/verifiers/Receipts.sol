// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDeals} from "../interfaces/IDeals.sol";
import {IJobVerifier, IProofs} from "../interfaces/IProofs.sol";
import {IReceipts} from "../interfaces/IReceipts.sol";
import {IStaking} from "../interfaces/IStaking.sol";
import {IVouchers} from "../interfaces/IVouchers.sol";
import {KeyRoles} from "../types/Roles.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SignatureChecker} from "@openzeppelin/contracts/utils/cryptography/SignatureChecker.sol";

/// @dev Nothing is kept: what was agreed is in the attestation, and who signed in the transaction that proved it.
contract Receipts is IReceipts, EIP712 {
    bytes32 private constant RECEIPT = keccak256("Receipt(bytes32 statement)");
    /// @dev Two addresses and a length.
    uint256 private constant HEAD = 42;
    uint8 private constant KIND = 1;
    uint8 private constant AGREED = 2;

    IDeals private immutable deals;
    IVouchers private immutable vouchers;
    IStaking private immutable staking;

    constructor(IDeals newDeals, IVouchers newVouchers, IStaking newStaking) EIP712("Surety", "1") {
        deals = newDeals;
        vouchers = newVouchers;
        staking = newStaking;
    }

    /// @inheritdoc IJobVerifier
    /// @dev Signatures are checked last: who may sign is ours to say, what a wallet answers is not.
    function verify(IProofs.Job calldata job, bytes32, bytes32 statement, bytes calldata proof)
        external
        view
        returns (uint8)
    {
        if (proof.length < HEAD) return 0;
        uint256 split = HEAD + uint16(bytes2(proof[40:HEAD]));
        if (proof.length < split) return 0;
        (address forCustomer, address forProvider) = (address(bytes20(proof)), address(bytes20(proof[20:])));
        if (!_isOfCustomer(job, forCustomer)) return 0;
        if (!staking.mayAct(job.provider, forProvider, KeyRoles.SERVE)) return 0;
        bytes32 digest = digestOf(statement);
        if (!SignatureChecker.isValidSignatureNow(forCustomer, digest, proof[HEAD:split])) return 0;
        return SignatureChecker.isValidSignatureNow(forProvider, digest, proof[split:]) ? AGREED : 0;
    }

    function _isOfCustomer(IProofs.Job calldata job, address signer) private view returns (bool) {
        try deals.dealOf(job.deal) returns (IDeals.Deal memory deal) {
            if (signer == deal.customer) return true;
            IVouchers.Gateway memory gateway = vouchers.gatewayOf(deal.customer, signer);
            return gateway.dailyCap != 0 && gateway.revokedAt == 0;
        } catch {
            // There is no such deal.
            return false;
        }
    }

    /* VIEWS */

    /// @inheritdoc IReceipts
    function digestOf(bytes32 statement) public view returns (bytes32) {
        return _hashTypedDataV4(keccak256(abi.encode(RECEIPT, statement)));
    }

    /// @inheritdoc IJobVerifier
    function kind() external pure returns (uint8) {
        return KIND;
    }
}
