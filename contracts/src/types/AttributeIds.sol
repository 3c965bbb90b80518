// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @dev What `Attributes` speaks about. Ids below `REGION_BASE` that have no name here may be attested too: a new word needs
/// an agreement among attesters, not a new contract. A value is zero unless the line says what it is.
library AttributeIds {
    /// Runs on energy without net carbon emissions.
    uint16 internal constant CARBON_NEUTRAL = 1;
    uint16 internal constant CERTIFIED_ISO_27001 = 2;
    uint16 internal constant CERTIFIED_SOC_2 = 3;
    uint16 internal constant CERTIFIED_ISO_50001 = 4;
    uint16 internal constant CERTIFIED_PCI_DSS = 5;
    /// Handles personal data as the European regulation asks.
    uint16 internal constant GDPR_PROCESSOR = 6;
    /// Value: a hardware code that attesters agree on.
    uint16 internal constant HARDWARE = 7;
    /// Value: the id of the company behind a provider, under which replicas count as one.
    uint16 internal constant OPERATOR = 8;
    /// The subject is a customer whose work is real, not a provider that pays itself.
    uint16 internal constant REAL_CUSTOMER = 9;
    /// Machines are the subject's own or under its contract.
    uint16 internal constant BARE_METAL = 10;
    /// Memory and state are sealed against the machine's owner.
    uint16 internal constant CONFIDENTIAL_COMPUTING = 11;

    /// Region `r` of an offer is attested as `REGION_BASE + r`.
    uint16 internal constant REGION_BASE = 256;
    uint16 internal constant REGION_LAST = REGION_BASE + 255;
}
