// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title Attributes: who vouches for what about whom, at which level, until when.
interface IAttributes {
    struct Attestation {
        address attester;
        uint40 expiry;
        uint48 value; // operator id, hardware code; zero where the attribute has no value
    }

    error NotAttester(address caller);
    error LevelInvalid(uint8 level);
    error AttributeInvalid(uint16 attribute);
    error ExpiryPassed(uint40 expiry);
    error AttestationUnknown(address subject, uint16 attribute, uint8 level);

    event AttesterSet(address indexed attester, bool isAttester);
    /// @notice Replaces what stood at this subject, attribute and level.
    event AttributeAttested(
        address indexed subject,
        uint16 indexed attribute,
        uint8 level,
        address indexed attester,
        uint48 value,
        uint40 expiry
    );
    event AttributeRevoked(address indexed subject, uint16 indexed attribute, uint8 level, address indexed attester);

    function setAttester(address attester, bool isAttester) external;
    /// @notice The subject itself, level 1.
    function declare(uint16 attribute, uint48 value, uint40 expiry) external;
    /// @notice An attester, level 2 (attested) or 3 (audited).
    function attest(address subject, uint16 attribute, uint8 level, uint48 value, uint40 expiry) external;
    function revoke(address subject, uint16 attribute, uint8 level) external;

    /* VIEWS */

    function isAttester(address account) external view returns (bool);
    /// @notice Whether `subject` has `attribute` at `level` or higher until `until` at least.
    function has(address subject, uint16 attribute, uint8 level, uint40 until) external view returns (bool);
    function attestation(address subject, uint16 attribute, uint8 level) external view returns (Attestation memory);
}
