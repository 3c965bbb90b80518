// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @dev Role bits of a hot key, see `IStaking.setKey`.
library KeyRoles {
    /// Stake, exit, cancel, withdraw, redelegate, top up locks, pledge capacity.
    uint32 internal constant STAKE = 1;
    /// Create, update and remove offers; set the profile.
    uint32 internal constant OFFER = 2;
    /// Ready, decline, announce non-renewal, answer.
    uint32 internal constant SERVE = 4;
    /// Commit and prove capacity that is pledged, have work excused, renew and end.
    uint32 internal constant PROVE = 8;
    /// Claim rewards and credits, to the owner or a registered payee only.
    uint32 internal constant CLAIM = 16;
    /// Request, fund, stop, refund deals as a customer.
    uint32 internal constant CUSTOMER = 32;
}

/// @dev Role bits of a module, see `IStaking.scheduleModule`.
library ModuleRoles {
    uint8 internal constant LOCK = 1;
    uint8 internal constant SLASH = 2;
    uint8 internal constant REWARD = 4;
}
