// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {LockMath} from "../libraries/LockMath.sol";
import {PauseOnce} from "../libraries/PauseOnce.sol";
import {CommitmentId, LockId} from "../types/Ids.sol";
import {KeyRoles} from "../types/Roles.sol";
import {Records} from "./Records.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @dev A commitment's terms, and the lock that answers for them. Part of `Liability`.
abstract contract Pledges is Records {
    using PauseOnce for PauseOnce.Pause;
    using SafeCast for uint256;

    /// Positions of a full tree stay below 2^17, and a bitmap in a transaction costs less than a verification.
    uint256 private constant UNITS_MAX = 16_384;
    uint8 private constant TERM_MAX_DAYS = 14;
    uint256 private constant DISPUTE = 5 days;
    uint256 private constant WHOLE_BPS = 10_000;
    /// A leaf is looked at up to the second day after its own, and only two versions are kept.
    uint32 private constant VERSION_EPOCHS = 2;

    /// @dev See `ICapacity.pledge`.
    function pledge(address provider, uint8 class, uint16 units, uint8 termDays)
        external
        returns (CommitmentId commitment)
    {
        // It ties stake up; to prove, and to go on or stop proving, is of smaller weight.
        _requireActor(provider, KeyRoles.STAKE);
        require(!_pause.isRunning(), PledgesPaused(_pause.until));
        ClassState storage state = _classOf(class);
        require(units != 0 && units <= UNITS_MAX, UnitsOutOfRange(units, UNITS_MAX));
        _requireTerm(termDays);
        _requireFirstLoss(provider);
        uint32 firstEpoch = _today() + 1;
        uint32 endEpoch = firstEpoch + termDays;
        uint40 lockEnd = _lockEnd(endEpoch);
        uint8 version = _newestVersion(class, state.versions);
        uint128 amount = _lockUp(state.collateral, units, priceGuard.lowForGrant());
        LockId lock = staking.grant(provider, amount, lockEnd, self);
        commitment = CommitmentId.wrap(++_count);
        _pledges[commitment] = Pledge(provider, units, class, version, firstEpoch, endEpoch);
        Standing storage standing = _standings[commitment];
        standing.lock = lock;
        standing.lockEnd = lockEnd;
        standing.nextEpoch = firstEpoch;
        emit CapacityPledged(commitment, provider, class, units, firstEpoch, endEpoch, version, lock, amount);
    }

    /// @dev See `ICapacity.renew`.
    function renew(CommitmentId commitment, uint8 termDays) external {
        Pledge memory pledged = _pledgeOf(commitment);
        _requireProver(pledged.provider);
        _requireTerm(termDays);
        _requireFirstLoss(pledged.provider);
        Standing memory standing = _standings[commitment];
        uint40 opensAt = uint40((pledged.endEpoch - 1) * EPOCH);
        uint40 endsAt = uint40(pledged.endEpoch * EPOCH);
        require(!standing.isConvicted, CommitmentConvictedAlready(commitment));
        require(block.timestamp >= opensAt, RenewalNotOpen(commitment, opensAt));
        require(block.timestamp < endsAt && !standing.isFinal, RenewalOver(commitment, endsAt));
        ClassState storage state = _classStates[pledged.class];
        uint8 newest = _newestVersion(pledged.class, state.versions);
        // Otherwise the change waits for the next renewal: leaves of the version before the prior one can still be asked for.
        if (newest != pledged.verifierVersion && standing.versionEpoch + VERSION_EPOCHS <= _today()) {
            standing.priorVersion = pledged.verifierVersion;
            standing.versionEpoch = pledged.endEpoch;
            pledged.verifierVersion = newest;
        }
        pledged.endEpoch += termDays;
        standing.lockEnd = _lockEnd(pledged.endEpoch);
        _pledges[commitment] = pledged;
        _standings[commitment] = standing;
        (uint128 amount, bool isPriced) = _regrant(standing, state.collateral, pledged.units);
        emit CapacityRenewed(commitment, pledged.provider, pledged.endEpoch, pledged.verifierVersion, amount, isPriced);
    }

    /// @dev See `ICapacity.end`.
    function end(CommitmentId commitment) external {
        Pledge memory pledged = _pledgeOf(commitment);
        _requireProver(pledged.provider);
        require(_today() < pledged.endEpoch, CommitmentNotLive(commitment, _today()));
        _requireHonest(commitment);
        _endTomorrow(commitment, pledged, BY_PROVIDER);
    }

    /// @dev Without a price the lock keeps its FLT for the term: a broken feed must not end every commitment.
    function _regrant(Standing memory standing, uint128 collateral, uint16 units)
        private
        returns (uint128 amount, bool isPriced)
    {
        (uint64 low,, bool isStale) = priceGuard.refresh();
        isPriced = !isStale;
        amount = isStale ? staking.lockOf(standing.lock).amount : _lockUp(collateral, units, low);
        staking.regrant(standing.lock, amount, standing.lockEnd);
    }

    function _lockUp(uint256 collateral, uint256 units, uint256 low) private view returns (uint128) {
        return LockMath.lockUp(collateral * units, WHOLE_BPS, scale, low).toUint128();
    }

    function _lockEnd(uint32 endEpoch) private pure returns (uint40) {
        return uint40(endEpoch * EPOCH + DISPUTE);
    }

    function _requireTerm(uint8 termDays) private pure {
        require(termDays != 0 && termDays <= TERM_MAX_DAYS, TermOutOfRange(termDays));
    }

    /// @dev `Staking` holds the provider's locks to it at the grant: a fifth of each is own stake, so a conviction costs its provider,
    /// and there is something for a bounty to be measured by.
    function _requireFirstLoss(address provider) private view {
        uint256 have = staking.terms(provider).firstLossBps;
        require(have >= SLASH_BPS, FirstLossBelowSlash(have, SLASH_BPS));
    }

    /// @dev The last one that acts and was not cancelled. The first version of a class acts at once, so there is one.
    function _newestVersion(uint8 class, uint8 version) private view returns (uint8) {
        while (!_isActing(_versions[class][version])) --version;
        return version;
    }

    function _isActing(Version memory version) private view returns (bool) {
        return address(version.verifier) != address(0) && version.activeAt <= block.timestamp;
    }
}
