// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IJobVerifier} from "./IProofs.sol";

/// @title Receipts: customer and provider say the same of a job.
/// @notice It shows agreement, not computation: nobody computed anything again, and two who are one can agree on anything. Its verdict is 2 and
/// never 1.
///
/// Both sign EIP-712 `Receipt(bytes32 statement)` in the domain `Surety`, version `1`, of this contract: for the customer he himself or a gateway
/// of his that is not revoked, for the provider itself or its SERVE key, as of the block of the proof. Contracts sign by ERC-1271.
///
/// A proof is, packed: who signed for the customer (20 bytes), who signed for the provider (20 bytes), the length of the customer's signature
/// (2 bytes), that signature, and the provider's.
interface IReceipts is IJobVerifier {
    /// @notice What both sign.
    function digestOf(bytes32 statement) external view returns (bytes32);
}
