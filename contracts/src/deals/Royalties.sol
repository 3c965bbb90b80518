// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IRedemption} from "../interfaces/IRedemption.sol";
import {DealId} from "../types/Ids.sol";
import {Credits} from "./Credits.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @dev What authors are due becomes their credits. Part of `Ledger`.
abstract contract Royalties is Credits {
    using SafeCast for uint256;

    /// @dev See `IRedemption.payRoyalties`.
    function payRoyalties(DealId deal, address[] calldata authors, uint96[] calldata royalties)
        external
        returns (uint128 paid)
    {
        require(msg.sender == modules, IRedemption.NotModules(msg.sender));
        require(authors.length == royalties.length, LengthsDiffer(authors.length, royalties.length));
        uint256 total = 0;
        for (uint256 i = 0; i < royalties.length; ++i) {
            total += royalties[i];
        }
        if (total == 0) return 0;
        Treasury memory treasury_ = _treasury;
        uint256 due = _agreements[deal].royaltyDue;
        for (uint256 i = 0; i < authors.length; ++i) {
            // Parts of the whole, which has 128 bits.
            // forge-lint: disable-next-line(unsafe-typecast)
            uint128 part = uint128(due * royalties[i] / total);
            if (part == 0) continue;
            paid += part;
            emit IRedemption.RoyaltyCredited(deal, authors[i], part, (due - paid).toUint128());
            _addCredit(treasury_, authors[i], part);
        }
        _agreements[deal].royaltyDue = (due - paid).toUint128();
    }
}
