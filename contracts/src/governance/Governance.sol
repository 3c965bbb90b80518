// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";

/// @title Governance: the access manager that `PriceGuard`, `Attributes`, `Deals` and `Matching` ask who may set a parameter.
/// @dev `Staking` never asks it. After deployment nobody holds a role but two timelocks: `PARAMETERS` a `Timelock` of
/// `PARAMETER_DELAY`, and `ADMIN_ROLE`, which guards every function that no role was named for, one of `SLASHING_DELAY`:
/// whoever administers roles could give itself any of them, so it waits as long as the slowest of them.
contract Governance is AccessManager {
    /// Sets price sources, attesters and fees.
    uint64 public constant PARAMETERS = 1;

    uint32 public constant PARAMETER_DELAY = 2 days;
    /// `THAW` of 21 days and 7 days: everybody can leave before it acts.
    uint32 public constant SLASHING_DELAY = 28 days;

    constructor(address initialAdmin) AccessManager(initialAdmin) {}
}
