// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {LockId} from "../types/Ids.sol";

/// @title Attributes: who vouches for what about whom, at which level, until when.
/// @notice Ids are in `AttributeIds`. Levels: 1 declared by the subject, 2 attested, 3 audited, both by an attester.
/// Per subject, attribute and level there is one attestation, the last.
///
/// @dev Assumptions.
/// Safety: attesters look before they vouch; the manager, behind its timelock, lists those who do, and strikes those who did not.
/// An attester answers for its word with a lock of its own stake, which the council, behind its timelock, may slash.
/// Liveness: an attester renews before the expiry.
interface IAttributes {
    struct Attestation {
        address attester;
        uint40 expiry; // last second at which it counts
        uint48 value; // operator id, hardware code; zero where the attribute has no value
    }

    /// @notice Neither a listed attester nor, for a revocation, who made the attestation.
    error NotAttester(address caller);
    /// @notice An attester attests (2) or audits (3).
    error LevelInvalid(uint8 level);
    /// @notice Zero, or beyond the last region.
    error AttributeInvalid(uint16 attribute);
    /// @notice What has expired cannot be said.
    error ExpiryPassed(uint40 expiry);
    /// @notice Who vouches at level 2 or 3 has at least `securityMin` FLT locked for it, now.
    error SecurityTooLow(uint256 have, uint256 need);
    /// @notice A listed attester's word stands until its expiry, or until he takes it back.
    error AttestedByOther(address attester);
    /// @notice A lock that runs never shrinks.
    error SecurityShrinks(uint256 have, uint256 asked);
    /// @notice Only `Staking`'s council slashes an attester.
    error NotCouncil(address caller);
    /// @notice Only `Rewards` spends budgets.
    error NotRewards(address caller);
    /// @notice An attester's customers did more work in a day than its lock answers for.
    error BudgetSpent(address attester, uint32 epoch, uint256 left, uint256 need);
    /// @notice There is nothing to revoke.
    error AttestationUnknown(address subject, uint16 attribute, uint8 level);

    /// @notice While an attester is not listed, nothing that it attested counts.
    event AttesterSet(address indexed attester, bool isAttester);
    /// @notice Replaces what stood at this subject, attribute and level. At level 1 `attester` is the subject.
    event AttributeAttested(
        address indexed subject,
        uint16 indexed attribute,
        uint8 level,
        address indexed attester,
        uint48 value,
        uint40 expiry
    );
    /// @notice Nothing stands at this subject, attribute and level any more. `attester` had attested it.
    event AttributeRevoked(address indexed subject, uint16 indexed attribute, uint8 level, address indexed attester);

    /// @notice At the construction, for good: FLT to vouch at level 2 or 3 at least, and for a unit of daily budget.
    event SecuritySet(uint128 minimum, uint128 perUnit);
    /// @notice An attester's own stake that answers for its word, until `end`.
    event AttesterSecured(address indexed attester, LockId indexed lock, uint128 amount, uint40 end);
    event AttesterSlashed(address indexed attester, LockId indexed lock, uint128 amount);
    /// @notice Work of attested customers, in millionths of a unit and epoch; `spent` is the epoch's sum.
    event BudgetUsed(address indexed attester, uint32 indexed epoch, uint64 amount, uint64 spent);

    /// @notice Lists or strikes an attester. Only the manager's parameter role.
    function setAttester(address attester, bool isAttester) external;

    /// @notice Says something about oneself, level 1. Anyone.
    /// @param expiry Last second at which it counts, not passed.
    function declare(uint16 attribute, uint48 value, uint40 expiry) external;

    /// @notice Locks `amount` FLT of the stake of the caller, a provider in `Staking`, for 19 days; again: renews it, never
    /// smaller while it runs.
    function secure(uint128 amount) external returns (LockId lock);

    /// @notice Burns up to `amount` of an attester's lock. Only `Staking`'s council.
    function slash(address attester, uint128 amount) external returns (uint128 slashed);

    /// @notice Takes work from who attested `customer` as real. Only `Rewards`.
    /// @param amount Millionths of a unit and epoch.
    function spend(address customer, uint32 epoch, uint64 amount) external returns (address attester);

    /// @notice Vouches for a subject. Listed attesters with a running lock only, and not over the running word of another one that
    /// is listed: nobody may end it, or have it answered for out of his own budget.
    /// @param level 2 (attested) or 3 (audited).
    /// @param expiry Last second at which it counts, not passed.
    function attest(address subject, uint16 attribute, uint8 level, uint48 value, uint40 expiry) external;

    /// @notice Takes an attestation back. Only who made it, listed or not.
    function revoke(address subject, uint16 attribute, uint8 level) external;

    /* VIEWS */

    function isAttester(address account) external view returns (bool);

    /// @notice Whether `subject` has `attribute` at `level` or higher until `until` at least, from itself at level 1, from an attester
    /// listed now above it.
    function has(address subject, uint16 attribute, uint8 level, uint40 until) external view returns (bool);

    /// @notice What was attested last, expired or not, whether its attester is still listed or not. Zeros: nothing.
    function attestation(address subject, uint16 attribute, uint8 level) external view returns (Attestation memory);

    /// @notice The lock that answers for an attester's word; zeros: none that runs.
    function securityOf(address attester) external view returns (LockId lock, uint128 amount, uint40 end);

    /// @notice Work that an attester's customers may be excused for in a day, and what was used of it, in millionths of a unit:
    /// `lock / securityPerUnit`, zero once the lock ends within 5 days.
    function budgetOf(address attester, uint32 epoch) external view returns (uint64 budget, uint64 spent);

    /// @notice Least lock of who vouches, in FLT wei.
    function securityMin() external view returns (uint128);

    /// @notice FLT wei that answer for one unit of daily budget.
    function securityPerUnit() external view returns (uint128);
}
