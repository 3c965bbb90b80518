// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {LockId, OfferId} from "../types/Ids.sol";

/// @dev Terms of a deal in one word, from the lowest bit:
/// units 32 | exposure 8 | firstLossMinBps 16 | standbys 3 | reserve 5 (steps of 500 bps) | openedAt 40 | startedAt 40 | stoppedAt 40 | feeBps 16 | durationDays 16 |
/// coverageBps 16 | termDays 8 | slots 8 | hasRoyalty 1 | isMetered 1 | proofKind 3.
type TermsWord is uint256;

/// @dev A slot's stream in one word, from the lowest bit:
/// escrow 96 | startedAt 40 | endsAt 40 | settled 32 | credited 32 | status 8 | flags 8.
type StreamWord is uint256;

/// @dev What backs a slot in one word, from the lowest bit:
/// valueAtStake 99 (six times an escrow) | price 80 | lock 40 | offer 37.
type BackingWord is uint256;

/// @dev A serving that ended before its slot, from the lowest bit:
/// provider 160 | settled 32 | credited 32 | endedAt 32.
type ServingWord is uint256;

/// @dev Of a serving of a metered slot, from the lowest bit: redeemed 96 (it left the escrow) | credited 96 (of that) | endedAt 40 (where
/// it ended before its slot did).
type UsageWord is uint256;

/// @dev In memory every field has a word of its own: the compiler's code for packed structs is many times as long as this.
struct Terms {
    uint256 units;
    uint256 exposure;
    uint256 firstLossMinBps;
    uint256 standbys;
    uint256 reserveBps;
    uint256 openedAt;
    uint256 startedAt;
    uint256 stoppedAt;
    uint256 feeBps;
    uint256 durationDays;
    uint256 coverageBps;
    uint256 termDays;
    uint256 slots;
    bool hasRoyalty;
    bool isMetered;
    uint256 proofKind;
}

/// @dev `settled` and `credited` are seconds. `startedAt` of a slot that is assigned is when it was.
struct Stream {
    uint256 escrow;
    uint256 startedAt;
    uint256 endsAt;
    uint256 settled;
    uint256 credited;
    uint256 status;
    uint256 flags;
}

using {
    TermsPacking.unpack,
    TermsPacking.start,
    TermsPacking.stop,
    TermsPacking.units,
    TermsPacking.exposure,
    TermsPacking.firstLossMinBps,
    TermsPacking.standbys,
    TermsPacking.reserveBps,
    TermsPacking.hasPlace,
    TermsPacking.startedAt,
    TermsPacking.stoppedAt,
    TermsPacking.feeBps,
    TermsPacking.durationDays,
    TermsPacking.coverageBps,
    TermsPacking.termDays,
    TermsPacking.slots,
    TermsPacking.hasRoyalty,
    TermsPacking.isMetered
} for TermsWord global;
using {
    BackingPacking.withValueAtStake,
    BackingPacking.valueAtStake,
    BackingPacking.price,
    BackingPacking.lock,
    BackingPacking.offer
} for BackingWord global;
using {
    ServingPacking.provider,
    ServingPacking.settled,
    ServingPacking.credited,
    ServingPacking.endedAt,
    ServingPacking.release
} for ServingWord global;
using {
    UsagePacking.redeemed,
    UsagePacking.credited,
    UsagePacking.endedAt,
    UsagePacking.redeem,
    UsagePacking.credit,
    UsagePacking.end
} for UsageWord global;
using {StreamPacking.unpack, StreamPacking.status, StreamPacking.escrow, StreamPacking.endsAt} for StreamWord global;
using {TermsPacking.pack} for Terms global;
using {StreamPacking.pack} for Stream global;

uint256 constant TIME = type(uint40).max;
/// @dev How long a provider has, from the assignment of a slot, to say that he is ready.
uint256 constant READY_TIME = 30 minutes;
/// @dev Number of the first standby: those of slots end before it.
uint8 constant STANDBY = 16;

library TermsPacking {
    uint256 private constant RESERVE_STEP = 500;
    uint256 private constant HAS_ROYALTY = 1 << 248;
    uint256 private constant IS_METERED = 1 << 249;

    function unpack(TermsWord packed) internal pure returns (Terms memory terms) {
        uint256 word = TermsWord.unwrap(packed);
        terms.units = word & type(uint32).max;
        terms.exposure = word >> 32 & type(uint8).max;
        terms.firstLossMinBps = word >> 40 & type(uint16).max;
        terms.standbys = word >> 56 & 7;
        terms.reserveBps = (word >> 59 & 31) * RESERVE_STEP;
        terms.openedAt = word >> 64 & TIME;
        terms.startedAt = word >> 104 & TIME;
        terms.stoppedAt = word >> 144 & TIME;
        terms.feeBps = word >> 184 & type(uint16).max;
        terms.durationDays = word >> 200 & type(uint16).max;
        terms.coverageBps = word >> 216 & type(uint16).max;
        terms.termDays = word >> 232 & type(uint8).max;
        terms.slots = word >> 240 & type(uint8).max;
        terms.hasRoyalty = packed.hasRoyalty();
        terms.isMetered = packed.isMetered();
        terms.proofKind = word >> 250 & 7;
    }

    /// @dev Every field comes from one of its type and was checked by `Matching`, or is a block's time.
    function pack(Terms memory terms) internal pure returns (TermsWord) {
        uint256 word = terms.units | terms.exposure << 32 | terms.firstLossMinBps << 40 | terms.openedAt << 64;
        word |= terms.startedAt << 104 | terms.stoppedAt << 144 | terms.feeBps << 184 | terms.durationDays << 200
        | terms.coverageBps << 216;
        word |= terms.standbys << 56 | terms.reserveBps / RESERVE_STEP << 59;
        word |= terms.termDays << 232 | terms.slots << 240 | terms.proofKind << 250;
        if (terms.hasRoyalty) word |= HAS_ROYALTY;
        if (terms.isMetered) word |= IS_METERED;
        return TermsWord.wrap(word);
    }

    /// @dev Once only: the field is empty before.
    function start(TermsWord packed, uint256 time) internal pure returns (TermsWord) {
        return TermsWord.wrap(TermsWord.unwrap(packed) | time << 104);
    }

    /// @dev Once only, too.
    function stop(TermsWord packed, uint256 time) internal pure returns (TermsWord) {
        return TermsWord.wrap(TermsWord.unwrap(packed) | time << 144);
    }

    function units(TermsWord packed) internal pure returns (uint256) {
        return TermsWord.unwrap(packed) & type(uint32).max;
    }

    function exposure(TermsWord packed) internal pure returns (uint256) {
        return TermsWord.unwrap(packed) >> 32 & type(uint8).max;
    }

    function firstLossMinBps(TermsWord packed) internal pure returns (uint256) {
        return TermsWord.unwrap(packed) >> 40 & type(uint16).max;
    }

    function reserveBps(TermsWord packed) internal pure returns (uint256) {
        return (TermsWord.unwrap(packed) >> 59 & 31) * RESERVE_STEP;
    }

    function startedAt(TermsWord packed) internal pure returns (uint256) {
        return TermsWord.unwrap(packed) >> 104 & TIME;
    }

    function stoppedAt(TermsWord packed) internal pure returns (uint256) {
        return TermsWord.unwrap(packed) >> 144 & TIME;
    }

    function feeBps(TermsWord packed) internal pure returns (uint256) {
        return TermsWord.unwrap(packed) >> 184 & type(uint16).max;
    }

    function durationDays(TermsWord packed) internal pure returns (uint256) {
        return TermsWord.unwrap(packed) >> 200 & type(uint16).max;
    }

    function coverageBps(TermsWord packed) internal pure returns (uint256) {
        return TermsWord.unwrap(packed) >> 216 & type(uint16).max;
    }

    function termDays(TermsWord packed) internal pure returns (uint256) {
        return TermsWord.unwrap(packed) >> 232 & type(uint8).max;
    }

    function hasRoyalty(TermsWord packed) internal pure returns (bool) {
        return TermsWord.unwrap(packed) & HAS_ROYALTY != 0;
    }

    /// @dev Of its slots; standbys are paid by time whatever the deal.
    function isMetered(TermsWord packed) internal pure returns (bool) {
        return TermsWord.unwrap(packed) & IS_METERED != 0;
    }

    // Cut the fields out.
    // forge-lint: disable-start(unsafe-typecast)
    function slots(TermsWord packed) internal pure returns (uint8) {
        return uint8(TermsWord.unwrap(packed) >> 240);
    }

    function standbys(TermsWord packed) internal pure returns (uint8) {
        return uint8(TermsWord.unwrap(packed) >> 56 & 7);
    }

    // forge-lint: disable-end(unsafe-typecast)

    /// @dev Whether there is a slot or a standby of this number.
    function hasPlace(TermsWord packed, uint8 slot) internal pure returns (bool) {
        return slot < slots(packed) || (slot >= STANDBY && slot - STANDBY < standbys(packed));
    }
}

library StreamPacking {
    error EscrowTooHigh(uint256 escrow);

    function unpack(StreamWord packed) internal pure returns (Stream memory stream) {
        uint256 word = StreamWord.unwrap(packed);
        stream.escrow = word & type(uint96).max;
        stream.startedAt = word >> 96 & TIME;
        stream.endsAt = word >> 136 & TIME;
        stream.settled = word >> 176 & type(uint32).max;
        stream.credited = word >> 208 & type(uint32).max;
        stream.status = word >> 240 & type(uint8).max;
        stream.flags = word >> 248;
    }

    /// @dev Only the escrow can be anything: a deal has at most 3,650 days, and times are near a block's.
    function pack(Stream memory stream) internal pure returns (StreamWord) {
        require(stream.escrow <= type(uint96).max, EscrowTooHigh(stream.escrow));
        uint256 word = stream.escrow | stream.startedAt << 96 | stream.endsAt << 136 | stream.settled << 176;
        word |= stream.credited << 208 | stream.status << 240 | stream.flags << 248;
        return StreamWord.wrap(word);
    }

    function status(StreamWord packed) internal pure returns (uint256) {
        return StreamWord.unwrap(packed) >> 240 & type(uint8).max;
    }

    function escrow(StreamWord packed) internal pure returns (uint256) {
        return StreamWord.unwrap(packed) & type(uint96).max;
    }

    function endsAt(StreamWord packed) internal pure returns (uint256) {
        return StreamWord.unwrap(packed) >> 136 & TIME;
    }
}

library BackingPacking {
    error BackingTooLarge(OfferId offer, LockId lock, uint256 price, uint256 value);

    uint256 private constant VALUE_BITS = 99;
    uint256 private constant VALUE = 2 ** VALUE_BITS - 1;

    /// @dev `Staking` counts locks in 40 bits, and nobody can pay for 2^37 offers.
    function pack(OfferId offer_, LockId lock_, uint256 price_, uint256 value) internal pure returns (BackingWord) {
        (uint256 rawOffer, uint256 rawLock) = (OfferId.unwrap(offer_), LockId.unwrap(lock_));
        bool fits = (rawOffer >> 37 | rawLock >> 40 | price_ >> 80 | value >> VALUE_BITS) == 0;
        require(fits, BackingTooLarge(offer_, lock_, price_, value));
        return BackingWord.wrap(rawOffer << 219 | rawLock << 179 | price_ << VALUE_BITS | value);
    }

    function withValueAtStake(BackingWord packed, uint256 value) internal pure returns (BackingWord) {
        require(value <= VALUE, BackingTooLarge(offer(packed), lock(packed), price(packed), value));
        return BackingWord.wrap(BackingWord.unwrap(packed) & ~VALUE | value);
    }

    function valueAtStake(BackingWord packed) internal pure returns (uint256) {
        return BackingWord.unwrap(packed) & VALUE;
    }

    function price(BackingWord packed) internal pure returns (uint256) {
        return BackingWord.unwrap(packed) >> VALUE_BITS & type(uint80).max;
    }

    // Both casts are of fewer bits than the type has.
    // forge-lint: disable-start(unsafe-typecast)
    function lock(BackingWord packed) internal pure returns (LockId) {
        return LockId.wrap(uint40(BackingWord.unwrap(packed) >> 179));
    }

    function offer(BackingWord packed) internal pure returns (OfferId) {
        return OfferId.wrap(uint64(BackingWord.unwrap(packed) >> 219));
    }
    // forge-lint: disable-end(unsafe-typecast)
}

library ServingPacking {
    /// @dev Seconds are of a stream, and a time fits 32 bits until 2106.
    function pack(address provider_, Stream memory stream) internal pure returns (ServingWord) {
        uint256 endedAt_ = stream.startedAt + stream.settled;
        return ServingWord.wrap(
            uint256(uint160(provider_)) | stream.settled << 160 | stream.credited << 192 | endedAt_ << 224
        );
    }

    /// @dev All that was settled is credited.
    function release(ServingWord packed) internal pure returns (ServingWord) {
        uint256 word = ServingWord.unwrap(packed);
        return ServingWord.wrap(word & ~(uint256(type(uint32).max) << 192) | settled(packed) << 192);
    }

    function provider(ServingWord packed) internal pure returns (address) {
        // Cuts the field out.
        // forge-lint: disable-next-line(unsafe-typecast)
        return address(uint160(ServingWord.unwrap(packed)));
    }

    function settled(ServingWord packed) internal pure returns (uint256) {
        return ServingWord.unwrap(packed) >> 160 & type(uint32).max;
    }

    function credited(ServingWord packed) internal pure returns (uint256) {
        return ServingWord.unwrap(packed) >> 192 & type(uint32).max;
    }

    function endedAt(ServingWord packed) internal pure returns (uint256) {
        return ServingWord.unwrap(packed) >> 224;
    }
}

library UsagePacking {
    error RedeemedTooHigh(uint256 redeemed);

    function redeemed(UsageWord packed) internal pure returns (uint256) {
        return UsageWord.unwrap(packed) & type(uint96).max;
    }

    function credited(UsageWord packed) internal pure returns (uint256) {
        return UsageWord.unwrap(packed) >> 96 & type(uint96).max;
    }

    function endedAt(UsageWord packed) internal pure returns (uint256) {
        return UsageWord.unwrap(packed) >> 192;
    }

    /// @dev Each payment comes from an escrow of 96 bits.
    function redeem(UsageWord packed, uint256 amount) internal pure returns (UsageWord) {
        uint256 sum = redeemed(packed) + amount;
        require(sum <= type(uint96).max, RedeemedTooHigh(sum));
        return UsageWord.wrap(UsageWord.unwrap(packed) + amount);
    }

    /// @dev All that was redeemed is credited.
    function credit(UsageWord packed) internal pure returns (UsageWord) {
        return UsageWord.wrap(endedAt(packed) << 192 | redeemed(packed) << 96 | redeemed(packed));
    }

    /// @dev Once only.
    function end(UsageWord packed, uint256 time) internal pure returns (UsageWord) {
        return UsageWord.wrap(UsageWord.unwrap(packed) | time << 192);
    }
}
