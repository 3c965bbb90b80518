// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAttributes} from "./interfaces/IAttributes.sol";
import {AttributeIds} from "./types/AttributeIds.sol";
import {AttributeLevels} from "./types/AttributeLevels.sol";
import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";

/// @dev Invariants.
/// 1. Level 1 is the subject's own word, levels 2 and 3 the word of one who was a listed attester when it was given.
/// 2. Nothing counts after its expiry, and nothing of an attester that is not listed.
contract Attributes is IAttributes, AccessManaged {
    /// @inheritdoc IAttributes
    mapping(address account => bool) public isAttester;
    mapping(address subject => mapping(uint16 attribute => mapping(uint8 level => Attestation))) private _attestations;

    constructor(address manager) AccessManaged(manager) {}

    /// @inheritdoc IAttributes
    function setAttester(address attester, bool newIsAttester) external restricted {
        isAttester[attester] = newIsAttester;
        emit AttesterSet(attester, newIsAttester);
    }

    /// @inheritdoc IAttributes
    function declare(uint16 attribute, uint48 value, uint40 expiry) external {
        _attest(msg.sender, attribute, AttributeLevels.DECLARED, value, expiry);
    }

    /// @inheritdoc IAttributes
    function attest(address subject, uint16 attribute, uint8 level, uint48 value, uint40 expiry) external {
        require(isAttester[msg.sender], NotAttester(msg.sender));
        require(level == AttributeLevels.ATTESTED || level == AttributeLevels.AUDITED, LevelInvalid(level));
        _attest(subject, attribute, level, value, expiry);
    }

    /// @inheritdoc IAttributes
    function revoke(address subject, uint16 attribute, uint8 level) external {
        address attester = _attestations[subject][attribute][level].attester;
        require(attester != address(0), AttestationUnknown(subject, attribute, level));
        require(msg.sender == attester, NotAttester(msg.sender));
        delete _attestations[subject][attribute][level];
        emit AttributeRevoked(subject, attribute, level, attester);
    }

    /* VIEWS */

    /// @inheritdoc IAttributes
    function has(address subject, uint16 attribute, uint8 level, uint40 until) external view returns (bool) {
        for (uint8 at = level; at <= AttributeLevels.AUDITED; ++at) {
            Attestation storage found = _attestations[subject][attribute][at];
            if (found.expiry < until || found.attester == address(0)) continue;
            if (at == AttributeLevels.DECLARED || isAttester[found.attester]) return true;
        }
        return false;
    }

    /// @inheritdoc IAttributes
    function attestation(address subject, uint16 attribute, uint8 level) external view returns (Attestation memory) {
        return _attestations[subject][attribute][level];
    }

    /* INTERNAL */

    function _attest(address subject, uint16 attribute, uint8 level, uint48 value, uint40 expiry) private {
        require(attribute > 0 && attribute <= AttributeIds.REGION_LAST, AttributeInvalid(attribute));
        require(expiry >= block.timestamp, ExpiryPassed(expiry));
        _attestations[subject][attribute][level] = Attestation({attester: msg.sender, expiry: expiry, value: value});
        emit AttributeAttested(subject, attribute, level, msg.sender, value, expiry);
    }
}
