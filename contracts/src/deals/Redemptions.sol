// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IRedemption} from "../interfaces/IRedemption.sol";
import {STANDBY, ServingWord, StreamWord, UsageWord} from "../libraries/DealWords.sol";
import {Revenue} from "./Revenue.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";

/// @dev What gateways signed for leaves the escrow. `settle` credits it.
abstract contract Redemptions is Revenue {
    uint8 private constant PAID = 0;
    uint8 private constant NOT_METERED = 1;
    uint8 private constant NOT_SERVING = 2;
    uint8 private constant USED_LATER = 3;
    uint8 private constant TOO_LATE = 4;
    uint8 private constant PAID_ALREADY = 5;
    uint8 private constant USED_UP = 6;

    /// @dev See `IRedemption.redeem`. `Vouchers` asked the gateway; here it is who is paid, of what, and until when. The escrow is the
    /// lowest field of its word.
    function redeem(IRedemption.Claim calldata claim_) external returns (uint8 code, uint128 paid) {
        require(msg.sender == vouchers, IRedemption.NotVouchers(msg.sender));
        bytes32 key = _usageKey(claim_.deal, claim_.slot, claim_.serving, claim_.provider, claim_.customer);
        UsageWord usage = _usages[key];
        Place storage place = _places[claim_.deal][claim_.slot];
        StreamWord stream = place.stream;
        uint256 endedAt = usage.endedAt();
        uint256 redeemed = usage.redeemed();
        if (redeemed == 0) (code, endedAt) = _identify(claim_, place);
        if (code != PAID) return (code, 0);
        if (endedAt == 0) endedAt = stream.endsAt();
        if (claim_.until > endedAt) return (USED_LATER, 0);
        if (block.timestamp > endedAt + REDEMPTION) return (TOO_LATE, 0);
        if (claim_.amount <= redeemed) return (PAID_ALREADY, 0);
        uint256 escrow = stream.escrow();
        paid = uint128(Math.min(Math.min(claim_.amount - redeemed, claim_.most), escrow));
        if (paid == 0) return (USED_UP, 0);
        _usages[key] = usage.redeem(paid);
        place.stream = StreamWord.wrap(StreamWord.unwrap(stream) - paid);
        if (paid == escrow) place.margin.emptySince = uint40(block.timestamp);
        emit IRedemption.SlotRedeemed(
            claim_.deal,
            claim_.slot,
            claim_.provider,
            claim_.serving,
            paid,
            uint128(redeemed + paid),
            uint128(escrow - paid)
        );
    }

    /// @dev Once a serving: why nothing of it can be paid, as far as that is about who serves whom. `endedAt` of one that ended
    /// before its slot. A slot that the deal has not has no provider either.
    function _identify(IRedemption.Claim calldata claim_, Place storage place)
        private
        view
        returns (uint8 code, uint256 endedAt)
    {
        Agreement storage agreement = _agreements[claim_.deal];
        bool isTheirs = agreement.customer == claim_.customer && agreement.paymentMode == METERED;
        if (!isTheirs || claim_.slot >= STANDBY) return (NOT_METERED, 0);
        address provider = place.provider;
        if (place.serving == claim_.serving && provider != address(0)) {
            // Nothing is served before it is ready.
            if (place.stream.status() == ASSIGNED) return (NOT_SERVING, 0);
        } else {
            ServingWord word = _past[_servingKey(claim_.deal, claim_.slot, claim_.serving)].word;
            (provider, endedAt) = (word.provider(), word.endedAt());
        }
        if (provider != claim_.provider || provider == address(0)) code = NOT_SERVING;
    }
}
