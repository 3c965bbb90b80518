// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title Attributes: who vouches for what about whom, at which level, until when.
/// @notice Ids are in `AttributeIds`. Levels: 1 declared by the subject, 2 attested, 3 audited, both by an attester.
/// Per subject, attribute and level there is one attestation, the last.
///
/// @dev Assumptions.
/// Safety: attesters look before they vouch; the manager, behind its timelock, lists those who do, and strikes those who did not.
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

    /// @notice Lists or strikes an attester. Only the manager's parameter role.
    function setAttester(address attester, bool isAttester) external;

    /// @notice Says something about oneself, level 1. Anyone.
    /// @param expiry Last second at which it counts, not passed.
    function declare(uint16 attribute, uint48 value, uint40 expiry) external;

    /// @notice Vouches for a subject. Listed attesters only.
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
}
