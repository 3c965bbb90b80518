// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICapacity} from "../../src/interfaces/ICapacity.sol";
import {IRewards} from "../../src/interfaces/IRewards.sol";
import {IStaking} from "../../src/interfaces/IStaking.sol";
import {CommitmentId, DealId} from "../../src/types/Ids.sol";
import {CapacityGhost} from "./CapacityGhost.sol";

/// @dev Three providers prove: one honestly, one that cheats whenever it is told to, one that cheats and has no more
/// own stake than its first commitment needs. A watcher accuses right and wrong leaves alike.
contract CapacityHandler is CapacityGhost {
    address private immutable cheat = makeAddr("cheat");
    address private immutable poor = makeAddr("poor");

    constructor() {
        setUp();
        vm.fee(1 gwei);
        _register(cheat, 100_000 * FLT, 100_000 * FLT);
        // The first loss of one unit.
        _register(poor, LOCK / 5, 100_000 * FLT);
        people = [provider, cheat, poor, watcher, prover];
        real.setPool(0, 0.5e6, uint128(1000 * FLT), uint128(2000 * FLT));
        vm.prank(issuer);
        flt.mint(address(this), 1_000_000 * FLT);
        flt.approve(address(real), type(uint256).max);
        real.fund(uint128(1_000_000 * FLT));
        for (uint256 i = 0; i < 3; ++i) {
            _pledgeBy(people[i], 1, 14);
        }
        _to(uint256(_epoch() + 1) * EPOCH);
    }

    /// @dev Before time passes the honest provider answers what he was asked.
    modifier timed(uint256 wait) {
        _answerHonestly();
        _pass(bound(wait, 0, 4 hours));
        _;
    }

    function _pass(uint256 time) private {
        vm.warp(block.timestamp + time);
        vm.roll(block.number + 1 + time / 10 minutes);
        _post(0.5e8);
    }

    function _mixed(uint256 seed) private pure returns (uint256) {
        return uint256(keccak256(abi.encode(seed)));
    }

    function _answerHonestly() private {
        for (uint256 i = 0; i < _records.length; ++i) {
            if (_records[i].status == 3 && isHonest(_records[i].commitment)) _answerTo(i);
        }
        for (uint256 i = 0; i < _asks.length; ++i) {
            if (_asks[i].isOpen && isHonest(_records[_asks[i].record].commitment)) _deliverTo(i);
        }
    }

    /* PLEDGE */

    function _pledgeBy(address account, uint16 units, uint8 termDays) private {
        vm.prank(account);
        CommitmentId commitment = capacity.pledge(account, 0, units, termDays);
        ids.push(commitment);
        _noteLock(commitment, units);
    }

    function _noteLock(CommitmentId commitment, uint256 units) private {
        IStaking.Lock memory lock = _lockOf(commitment);
        locked[commitment] = lock.amount;
        // $200 a unit, at the low price.
        if (uint256(lock.amount) * priceGuard.low() < units * 200e26) isLockCovering = false;
    }

    function pledge(uint256 seed, uint256 wait) external timed(wait) {
        if (ids.length >= 8) return;
        seed = _mixed(seed);
        address account = people[seed % 3];
        uint16 units = uint16(1 + (seed >> 8) % 2);
        bool isPaused = block.timestamp < capacity.pausedUntil();
        vm.prank(account);
        try capacity.pledge(account, 0, units, uint8(1 + (seed >> 16) % 4)) returns (CommitmentId commitment) {
            if (isPaused) isPauseNarrow = false;
            ids.push(commitment);
            _noteLock(commitment, units);
        } catch {
            if (!isPaused && _isBacked(account, units * LOCK)) isPauseNarrow = false;
        }
    }

    /// @dev Whether own stake is a fifth of all locks, this one too.
    function _isBacked(address account, uint256 amount) private view returns (bool) {
        return staking.tranche(account, true).active * 5 >= staking.locked(account) + amount;
    }

    function renew(uint256 seed, uint256 wait) external timed(wait) {
        CommitmentId commitment = ids[_mixed(seed) % ids.length];
        bool isDue = _isDue(commitment);
        for (uint256 i = 0; i < ids.length && !isDue; ++i) {
            commitment = ids[i];
            isDue = _isDue(commitment);
        }
        ICapacity.Commitment memory pledged = capacity.commitmentOf(commitment);
        vm.prank(pledged.provider);
        try capacity.renew(commitment, uint8(1 + seed % 14)) {
            if (!isDue) isLockCovering = false;
            _noteLock(commitment, pledged.units);
        } catch {
            if (isDue && _isBacked(pledged.provider, 0)) isPauseNarrow = false;
        }
    }

    /// @dev In its last epoch, and not ended before.
    function _isDue(CommitmentId commitment) private view returns (bool) {
        ICapacity.Commitment memory pledged = capacity.commitmentOf(commitment);
        return _epoch() + 1 == pledged.endEpoch && !pledged.isConvicted && !isEnded[commitment];
    }

    function end(uint256 seed, uint256 wait) external timed(wait) {
        seed = _mixed(seed);
        CommitmentId commitment = ids[seed % ids.length];
        ICapacity.Commitment memory pledged = capacity.commitmentOf(commitment);
        if (seed >> 8 & 7 != 0 || pledged.isConvicted || _epoch() >= pledged.endEpoch) return;
        vm.prank(pledged.provider);
        capacity.end(commitment);
        isEnded[commitment] = true;
    }

    /* PROVE */

    /// @dev One commitment of those that live, and always one that is honest and one that is not always, so that there is something
    /// to be credited, and to be lost.
    function prove(uint256 seed, uint256 wait) external timed(wait) {
        seed = _mixed(seed);
        if (capacity.seedOf(_window()) == 0) {
            capacity.openWindow();
            ++opened[_epoch()];
        }
        _prove(ids[seed % ids.length], seed >> 8);
        _prove(ids[0], type(uint256).max);
        _prove(ids[2], type(uint256).max);
    }

    function _prove(CommitmentId commitment, uint256 seed) private {
        ICapacity.Commitment memory pledged = capacity.commitmentOf(commitment);
        if (_epoch() < pledged.firstEpoch || _epoch() >= pledged.endEpoch) return;
        uint8 filled = uint8(1 + seed % (pledged.units * 8));
        uint8 kind = isHonest(commitment) || seed >> 16 & 1 == 0 ? GOOD : uint8(1 + (seed >> 20) % 3);
        if (seed == type(uint256).max) (filled, kind) = (uint8(pledged.units * 8), GOOD);
        Record memory made = Record(commitment, _window(), filled, kind, uint64(block.number), 1, 0, 0);
        Sheet memory sheet = _sheetOf(made);
        (made.root, made.bitmapHash) = (sheet.root, keccak256(sheet.bitmap));
        (uint8 status,) = capacity.claimOf(commitment, _window());
        // A second claim is refused, and so is a stranger's.
        _try(commitment, sheet, status == 0 ? stranger : pledged.provider);
        if (status != 0) return;
        vm.prank(pledged.provider);
        capacity.commit(commitment, sheet.window, sheet.seed, sheet.root, sheet.bitmap);
        _records.push(made);
        if (seed >> 32 & 3 != 0) _drawOf(_records.length - 1, seed >> 40);
    }

    function _try(CommitmentId commitment, Sheet memory sheet, address account) private {
        vm.prank(account);
        try capacity.commit(commitment, sheet.window, sheet.seed, "another", sheet.bitmap) {
            isClaimedOnce = false;
        } catch {}
    }

    function draw(uint256 seed, uint256 wait) external timed(wait) {
        if (_records.length == 0) return;
        seed = _mixed(seed);
        _drawOf(seed % _records.length, seed >> 8);
    }

    /// @dev Too late, too early, or again: refused. One in four is audited.
    function _drawOf(uint256 index, uint256 seed) private {
        Record storage at = _records[index];
        if (block.number < at.blockNumber + 5) vm.roll(at.blockNumber + 5);
        if (block.number <= at.blockNumber + 4 + 256) _fix(at, seed & 3 == 0);
        try capacity.draw(at.commitment, claimOf(at)) {
            if (at.status != 1) isStatusRising = false;
            filledOf[at.commitment][at.window / 24] += at.filled;
            (at.status,) = capacity.claimOf(at.commitment, at.window);
        } catch {}
    }

    function _fix(Record storage at, bool isAudited) private {
        for (uint256 i = 1; true; ++i) {
            uint256 drawn = uint256(keccak256(abi.encode(bytes32(i), at.commitment, at.window)));
            if ((drawn % 16 == 0) != isAudited) continue;
            vm.setBlockhash(at.blockNumber + 4, bytes32(i));
            return;
        }
    }

    /* ANSWER */

    function answer(uint256 seed, uint256 wait) external timed(wait) {
        seed = _mixed(seed);
        for (uint256 i = 0; i < _records.length; ++i) {
            uint256 index = (seed + i) % _records.length;
            if (_records[index].status != 3) continue;
            _answerTo(index);
            return;
        }
    }

    /// @dev With work, and until it is convicted, an answer is taken; otherwise never.
    function _answerTo(uint256 index) private {
        Record storage at = _records[index];
        Sheet memory sheet = _sheetOf(at);
        (uint32 rank,) = capacity.auditOf(at.commitment, at.window);
        uint32 position = _positionOf(sheet.bitmap, rank);
        bool isDue = !_isConvicted(at.commitment) && _isWork(at, position);
        try capacity.answer(at.commitment, claimOf(at), sheet.bitmap, _leafOf(sheet, position)) {
            if (!isDue) isJudgedRight = false;
            (at.status,) = capacity.claimOf(at.commitment, at.window);
        } catch {
            if (isDue) isJudgedRight = false;
        }
    }

    function demand(uint256 seed, uint256 wait) external timed(wait) {
        if (_records.length == 0) return;
        seed = _mixed(seed);
        uint256 index = seed % _records.length;
        Record memory at = _records[index];
        uint32 position = uint32((seed >> 16) % at.filled);
        uint256 deposit = capacity.demandDeposit() + (seed >> 32) % 1 ether;
        bytes memory bitmap = _sheetOf(at).bitmap;
        vm.deal(watcher, deposit);
        vm.prank(watcher);
        try capacity.demandLeaf{value: deposit}(at.commitment, claimOf(at), bitmap, position) {
            _asks.push(Asked(index, position, true));
        } catch {}
    }

    function deliver(uint256 seed, uint256 wait) external timed(wait) {
        seed = _mixed(seed);
        for (uint256 i = 0; i < _asks.length; ++i) {
            uint256 index = (seed + i) % _asks.length;
            if (!_asks[index].isOpen) continue;
            _deliverTo(index);
            return;
        }
    }

    function _deliverTo(uint256 index) private {
        Asked storage ask = _asks[index];
        Record memory at = _records[ask.record];
        Sheet memory sheet = _sheetOf(at);
        bool isDue = _isWork(at, ask.position);
        try capacity.deliver(at.commitment, claimOf(at), _leafOf(sheet, ask.position)) {
            if (!isDue) isJudgedRight = false;
            ask.isOpen = false;
        } catch {
            if (isDue) isJudgedRight = false;
        }
    }

    function claimDeposit(uint256 seed, uint256 wait) external timed(wait) {
        address account = people[_mixed(seed) % people.length];
        if (capacity.depositOf(account) == 0) return;
        vm.prank(account);
        capacity.claimDeposit(payable(account));
    }

    /* CONVICT */

    struct Before {
        bool wasConvicted;
        uint256 held;
        uint256 own;
        uint256 last;
        uint256 unpaid;
        uint256 credit;
        bool isLockOver;
    }

    function _before(CommitmentId commitment) private view returns (Before memory at) {
        at.wasConvicted = _isConvicted(commitment);
        at.held = _lockOf(commitment).amount;
        at.own = staking.tranche(capacity.commitmentOf(commitment).provider, true).active;
        at.last = real.lastRewardOf(commitment);
        (at.unpaid,) = real.pendingOf(commitment);
        at.credit = real.creditOf(watcher);
        at.isLockOver = block.timestamp > _lockOf(commitment).end;
    }

    /// @dev Half of the time one that claims what is no work, where there is one.
    function _accused(uint256 seed) private view returns (Record memory at) {
        for (uint256 i = 0; seed >> 17 & 1 == 0 && i < _records.length; ++i) {
            at = _records[(seed + i) % _records.length];
            if (_isBad(at) && !_isConvicted(at.commitment)) return at;
        }
        return _records[seed % _records.length];
    }

    function accuse(uint256 seed, uint256 wait) external timed(wait) {
        if (_records.length == 0) return;
        seed = _mixed(seed);
        Record memory at = _accused(seed);
        Sheet memory sheet = _sheetOf(at);
        uint32 position = seed >> 16 & 1 == 0 ? at.filled - 1 : uint32((seed >> 20) % at.filled);
        bytes32 hash = capacity.announcement(at.commitment, at.window, position, watcher, bytes32(seed));
        vm.prank(watcher);
        try capacity.announce(hash) {} catch {}
        vm.roll(block.number + 2);
        Before memory was = _before(at.commitment);
        bool isOpen = block.timestamp <= _finalAt(at.window / 24) + 1 days && !was.wasConvicted;
        bool isGuilty = _isBad(at) && position + 1 == at.filled;
        vm.prank(watcher);
        try capacity.convict(at.commitment, claimOf(at), sheet.bitmap, _leafOf(sheet, position), bytes32(seed)) {
            if (!isGuilty || !isOpen) isJudgedRight = false;
            _judge(at.commitment, was);
        } catch {
            if (isGuilty && isOpen) isJudgedRight = false;
        }
    }

    function punishSilence(uint256 seed, uint256 wait) external timed(wait) {
        seed = _mixed(seed);
        for (uint256 i = 0; i < _records.length; ++i) {
            Record storage at = _records[(seed + i) % _records.length];
            if (at.status != 3 || _isConvicted(at.commitment)) continue;
            (, uint40 deadline) = capacity.auditOf(at.commitment, at.window);
            Before memory was = _before(at.commitment);
            vm.prank(watcher);
            try capacity.convictUnanswered(at.commitment, at.window) {
                if (block.timestamp <= deadline) isJudgedRight = false;
                _judge(at.commitment, was);
            } catch {
                if (block.timestamp > deadline) isJudgedRight = false;
            }
            return;
        }
    }

    function punishWithholding(uint256 seed, uint256 wait) external timed(wait) {
        seed = _mixed(seed);
        for (uint256 i = 0; i < _asks.length; ++i) {
            Asked storage ask = _asks[(seed + i) % _asks.length];
            if (!ask.isOpen) continue;
            Record memory at = _records[ask.record];
            (,, uint40 deadline) = capacity.demandOf(at.commitment, at.window, ask.position);
            Before memory was = _before(at.commitment);
            try capacity.convictUndelivered(at.commitment, at.window, ask.position) {
                if (block.timestamp <= deadline) isJudgedRight = false;
                ask.isOpen = false;
                if (!was.wasConvicted) _judge(at.commitment, was);
                else if (_lockOf(at.commitment).amount != was.held) isPenaltyBounded = false;
            } catch {
                if (block.timestamp > deadline) isJudgedRight = false;
            }
            return;
        }
    }

    /// @dev A fifth of the lock or seven days' rewards, and of it a fifth, within 80 % of the own stake that it took.
    function _judge(CommitmentId commitment, Before memory was) private {
        ++convictions[commitment];
        ICapacity.Commitment memory convicted = capacity.commitmentOf(commitment);
        uint256 due = was.held / 5 > 7 * was.last ? was.held / 5 : 7 * was.last;
        if (due > was.held) due = was.held;
        // Too late there is nothing to take, and nobody to be paid for it.
        if (was.isLockOver) due = 0;
        uint256 slashed = was.held - _lockOf(commitment).amount;
        uint256 own = was.own - staking.tranche(convicted.provider, true).active;
        uint256 bounty = real.creditOf(watcher) - was.credit + _quarantined();
        (uint256 left,) = real.pendingOf(commitment);
        bool isBounded = slashed == due && bounty <= due / 5 && bounty * 10 <= own * 8 && left == 0;
        if (!isBounded || convicted.endEpoch > _epoch() || was.wasConvicted) isPenaltyBounded = false;
        locked[commitment] = _lockOf(commitment).amount;
    }

    /// @dev The reporter's part of a slash waits in a quarantine of its own.
    uint64 private _lastQuarantine;

    function _quarantined() private returns (uint256 amount) {
        (bool isThere, bytes memory found) =
            address(staking).staticcall(abi.encodeWithSignature("quarantineOf(uint64)", _lastQuarantine + 1));
        if (!isThere) return 0;
        (, uint40 releaseAt,,, uint128 toReporter,) =
            abi.decode(found, (address, uint40, address, uint128, uint128, address));
        if (releaseAt == 0) return 0;
        ++_lastQuarantine;
        return toReporter;
    }

    /* CREDIT */

    /// @dev Within three hours after an epoch; now and then time jumps there.
    function excuse(uint256 seed, uint256 wait) external timed(wait) {
        seed = _mixed(seed);
        CommitmentId commitment = ids[seed % ids.length];
        if (seed >> 8 & 7 == 0) _pass((uint256(_epoch()) + 1) * EPOCH - block.timestamp);
        uint32 epoch = _epoch() - 1;
        uint64 work = uint64((seed >> 16) % 1e6);
        vm.mockCall(address(real), abi.encodeWithSelector(IRewards.attend.selector), abi.encode(work));
        ICapacity.Commitment memory pledged = capacity.commitmentOf(commitment);
        uint256 left = uint256(pledged.units) * 1e6 - excused[commitment][epoch];
        vm.prank(pledged.provider);
        try capacity.excuse(commitment, epoch, DealId.wrap(1), 0) {
            excused[commitment][epoch] += work < left ? work : left;
        } catch {}
    }

    function credit(uint256 seed, uint256 wait) external timed(wait) {
        seed = _mixed(seed);
        CommitmentId commitment = ids[seed % ids.length];
        uint32 epoch = capacity.commitmentOf(commitment).nextEpoch;
        if (seed >> 8 & 3 == 0 && epoch == _epoch()) _pass(_finalAt(epoch) - block.timestamp);
        uint256 open = _openChallenges(commitment);
        uint256 weight = _weightOf(commitment, epoch);
        (uint256 pool,) = real.epochOf(0, epoch);
        try capacity.credit(commitment, epoch) {
            if (open != 0 || _isConvicted(commitment)) isUnpaidWhileOpen = false;
            uint256 divisor = capacity.divisorOf(0, epoch);
            uint256 earned = divisor == 0 ? 0 : pool * weight / divisor;
            if (real.lastRewardOf(commitment) != earned || block.timestamp < _finalAt(epoch)) isCreditRight = false;
            weights[epoch] += weight;
            earnings[epoch] += earned;
            if (capacity.commitmentOf(commitment).poorEpochs >= 5) isEnded[commitment] = true;
        } catch {}
    }

    function release(uint256 seed, uint256 wait) external timed(wait) {
        CommitmentId commitment = ids[_mixed(seed) % ids.length];
        uint256 open = _openChallenges(commitment);
        try capacity.release(commitment) {
            if (open != 0 || _isConvicted(commitment)) isUnpaidWhileOpen = false;
        } catch {}
    }

    /* OTHERS */

    function pause(uint256 wait) external timed(wait) {
        vm.prank(guardian);
        try capacity.pause() {} catch {}
    }
}
