// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @dev Ids are value types, so that swapping two arguments does not compile. Zero is never a valid id.
type DealId is uint64;

type OfferId is uint64;

type LockId is uint64;

type QuarantineId is uint64;

type CommitmentId is uint64;

type FaultId is uint64;

/// @dev A computation that is asked for, and, once it is proved, its attestation.
type JobId is uint64;

/// @dev Index into the module list of `Staking`. Zero is never a module.
type ModuleId is uint16;

using {dealEquals as ==} for DealId global;
using {offerEquals as ==} for OfferId global;
using {lockEquals as ==} for LockId global;

function dealEquals(DealId a, DealId b) pure returns (bool) {
    return DealId.unwrap(a) == DealId.unwrap(b);
}

function offerEquals(OfferId a, OfferId b) pure returns (bool) {
    return OfferId.unwrap(a) == OfferId.unwrap(b);
}

function lockEquals(LockId a, LockId b) pure returns (bool) {
    return LockId.unwrap(a) == LockId.unwrap(b);
}
