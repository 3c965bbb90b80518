// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDeals} from "../../src/interfaces/IDeals.sol";
import {IRedemption} from "../../src/interfaces/IRedemption.sol";

/// @dev Redeems whatever it is told to, in one transaction.
contract MockVouchers {
    function redeemMany(IDeals deals, IRedemption.Claim[] calldata claims) external {
        for (uint256 i = 0; i < claims.length; ++i) {
            (uint8 code,) = deals.redeem(claims[i]);
            require(code == 0, "refused");
        }
    }
}
