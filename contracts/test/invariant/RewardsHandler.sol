// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IRewards, IRewardsBooks} from "../../src/interfaces/IRewards.sol";
import {IStaking} from "../../src/interfaces/IStaking.sol";
import {CommitmentId, DealId} from "../../src/types/Ids.sol";
import {RewardsBase} from "../RewardsBase.t.sol";
import {RewardsModel} from "./RewardsModel.sol";

/// @dev Random histories of rewards in the whole system: funds come, epochs open, commitments are credited, paid and convicted, work
/// is excused, fees are noted, sold and rewarded, everybody claims; the price moves and goes stale, governance turns its
/// knobs, people donate. The second provider's stakers get all of it within a day, which `Staking` often refuses.
contract RewardsHandler is RewardsBase, RewardsModel {
    uint256 private constant BPS = 10_000;
    uint256 private constant COMMITMENTS = 4;
    /// Of every epoch; weights add up to no more.
    uint256 private constant DIVISOR = 100e6;

    DealId[2] public ids;
    uint32[] public epochs;
    mapping(uint256 commitment => uint256) private next;
    mapping(uint32 epoch => uint256) private allottedOf;

    /// Ghosts.
    uint256 public donatedFlt;
    uint256 public donatedUsd;
    uint256 public funded;
    uint256 public claimed;
    uint256 public pushed;
    uint256 public collected;
    uint256 public treasuryPaid;
    uint256 public burned;
    uint256 public rewardedFees;
    mapping(uint32 epoch => uint256) public takenOf;
    mapping(uint256 deal => uint256) public rewardedOf;
    mapping(uint256 deal => uint256) public excusedOf;
    mapping(uint256 deal => mapping(uint32 epoch => uint256)) public excusedIn;
    /// Laws that a single call broke, by number.
    mapping(uint256 law => string) public broken;

    constructor() {
        setUp();
        rewards.setPool(CPU, uint128(dollar), 4_000_000e18, 8_000_000e18);
        follow(dollar, 4_000_000e18, 8_000_000e18);
        _fundRewards(39_000_000e18);
        funded = FUNDS + 39_000_000e18;
        _attest(400);
        for (uint256 i = 0; i < 2; ++i) {
            _register(providers[i], 1_000_000 * FLT, 1_000_000 * FLT, 0, 0);
            ids[i] = _request(_asking(1, 100, 14, 84));
            _activate(ids[i], _one(_offer(providers[i], 100, dollar)));
            _ready(ids[i], 0);
        }
        vm.prank(providers[1]);
        staking.setTerms(IStaking.Terms(0, 10_000, 0, 1, type(uint128).max));
    }

    /// @dev Time passes, mostly with sources that go on answering, else until they are stale; what leaves for `Staking` is counted.
    modifier timed(uint256 wait) {
        skip(bound(wait, 0, 20 hours));
        if (wait % 8 != 0) _post(fltPrice);
        else skip(1 days);
        _renew();
        uint256 before = flt.balanceOf(address(staking));
        _;
        pushed += flt.balanceOf(address(staking)) - before;
    }

    /// @dev A customer of long jobs, who mostly is there in the last day of a term.
    function _renew() private {
        for (uint256 i = 0; i < 2; ++i) {
            uint256 termEnd = deals.slotOf(ids[i], 0).termEnd;
            if (block.timestamp >= termEnd || block.timestamp < termEnd - 1 days) continue;
            _fund(customer, ids[i], 1400 * dollar);
            vm.prank(customer);
            try deals.renew(ids[i], 0) {} catch {}
        }
    }

    function epochCount() external view returns (uint256) {
        return epochs.length;
    }

    function _mixed(uint256 seed) private pure returns (uint256) {
        return uint256(keccak256(abi.encode(seed)));
    }

    function _providerOf(uint256 commitment) private view returns (address) {
        return providers[commitment % 2];
    }

    /* POOLS */

    function give(uint256 amount, uint256 wait) external timed(wait) {
        amount = bound(amount, 1, 2_000_000e18);
        _fundRewards(amount);
        funded += amount;
    }

    function begin(uint256 units, uint256 wait) external timed(wait) {
        uint32 epoch = _today();
        if (epochs.length != 0 && epochs[epochs.length - 1] == epoch) return;
        units = bound(units, 0, 20_000_000) * (units % 5 == 0 ? 0 : UNIT);
        uint128 had = rewards.funds();
        _open(units);
        epochs.push(epoch);
        (bool isStale, uint256 high) = (priceGuard.isStale(), priceGuard.high());
        opened(epoch, units, isStale ? 0 : high, scale());
        (uint128 amount,) = rewards.epochOf(CPU, epoch);
        if (amount != (had < wanted ? had : wanted)) {
            broken[63] = "L63: an epoch sets aside what it wants, or all there is";
        }
    }

    function adjust(uint256 wait) external timed(wait) {
        try rewards.adjust(CPU) {
            if (priceGuard.isStale()) broken[63] = "L63: without a price the pool stays";
            resized(priceGuard.high(), scale());
        } catch {
            if (!priceGuard.isStale() && epochs.length != 0) broken[63] = "L63: an adjustment was refused";
        }
    }

    function govern(uint256 seed, uint256 wait) external timed(wait) {
        seed = _mixed(seed);
        uint256 minimum = bound(seed >> 8, 1, 6_000_000e18);
        uint256 maximum = bound(seed >> 16, minimum, 8_000_000e18);
        rewards.setPool(CPU, uint128(dollar * (1 + seed % 3) / 2), uint128(minimum), uint128(maximum));
        follow(dollar * (1 + seed % 3) / 2, minimum, maximum);
        rewards.setBonus(uint16(seed >> 32) % 5001, uint16(seed >> 48) % 5001);
        feeBurn.setBurnShare(uint16((seed >> 64) % 10_001), reserve);
    }

    function sweep(uint256 seed, uint256 wait) external timed(wait) {
        if (epochs.length == 0) return;
        uint32 epoch = epochs[_mixed(seed) % epochs.length];
        (, uint128 left) = rewards.epochOf(CPU, epoch);
        bool isOver = block.timestamp >= (uint256(epoch) + 11) * 1 days;
        try rewards.sweep(CPU, epoch) returns (uint128 amount) {
            if (!isOver) broken[62] = "L62: an epoch was swept too early";
            takenOf[epoch] += amount;
        } catch {
            if (isOver && left != 0) broken[62] = "L62: what nobody earned was kept";
        }
    }

    /* COMMITMENTS */

    function credit(uint256 seed, uint256 wait) external timed(wait) {
        seed = _mixed(seed);
        uint256 commitment = seed % COMMITMENTS;
        uint256 last = next[commitment];
        if (last >= epochs.length || !_isFinal(last)) return;
        // Mostly the last one that is final: keepers are on time.
        while (seed >> 4 & 3 != 0 && last + 1 < epochs.length && _isFinal(last + 1)) {
            ++last;
        }
        next[commitment] = last;
        uint32 epoch = epochs[last];
        ++next[commitment];
        // Some epochs are skipped, as those of a commitment that did nothing.
        if (seed >> 8 & 7 == 0) return;
        _credit(commitment, epoch, seed >> 16);
        // Some would have it at once.
        if (seed >> 12 & 1 == 0) _releaseOf(commitment);
    }

    function _isFinal(uint256 index) private view returns (bool) {
        return block.timestamp >= (uint256(epochs[index]) + 1) * 1 days + 3 hours;
    }

    function _credit(uint256 commitment, uint32 epoch, uint256 seed) private {
        uint256 allotted = bound(seed, 0, (DIVISOR - allottedOf[epoch]) / (seed % 3 + 1));
        uint256 weight = bound(seed >> 64, 0, allotted);
        allottedOf[epoch] += allotted;
        CommitmentId id = CommitmentId.wrap(uint64(commitment + 1));
        uint256 due;
        uint256 kept;
        {
            (uint128 pending, uint40 dueAt) = rewards.pendingOf(id);
            if (block.timestamp >= dueAt) due = pending;
            else kept = pending;
        }
        uint256 owed = _owed(_providerOf(commitment));
        uint128 earned = _creditAs(id, _providerOf(commitment), epoch, weight, allotted);
        (uint128 waits,) = rewards.pendingOf(id);
        if (waits != kept + earned) broken[64] = "L64: what is not due was paid, or the other way round";
        if (_owed(_providerOf(commitment)) != owed + due) broken[64] = "L64: what was paid is somebody's";
    }

    function _creditAs(CommitmentId id, address provider, uint32 epoch, uint256 weight, uint256 allotted)
        private
        returns (uint128 earned)
    {
        (uint128 amount, uint128 before) = rewards.epochOf(CPU, epoch);
        vm.prank(capacity);
        earned = rewards.credit(id, provider, CPU, epoch, weight, allotted, DIVISOR, 0);
        if (earned > amount * weight / DIVISOR) broken[62] = "L62: more than its share";
        (, uint128 left) = rewards.epochOf(CPU, epoch);
        takenOf[epoch] += before - left;
        if (before - left < earned) broken[62] = "L62: earned from elsewhere";
    }

    /// @dev All that a provider and its stakers were ever given by name.
    function _owed(address provider) private view returns (uint256) {
        return rewards.creditOf(provider) + rewards.stakersCreditOf(provider) + flt.balanceOf(address(staking));
    }

    /// @dev A commitment that waits for its reward, if there is one.
    function _waiting(uint256 seed) private view returns (uint256 commitment) {
        uint128 pending;
        for (uint256 i = 0; i < COMMITMENTS && pending == 0; ++i) {
            commitment = (seed + i) % COMMITMENTS;
            (pending,) = rewards.pendingOf(CommitmentId.wrap(uint64(commitment + 1)));
        }
    }

    function release(uint256 seed, uint256 wait) external timed(wait) {
        _releaseOf(_waiting(_mixed(seed)));
    }

    function _releaseOf(uint256 commitment) private {
        CommitmentId id = CommitmentId.wrap(uint64(commitment + 1));
        (uint128 pending, uint40 dueAt) = rewards.pendingOf(id);
        uint256 owed = _owed(_providerOf(commitment));
        uint256 credited = rewards.creditOf(_providerOf(commitment));
        uint256 share = staking.terms(_providerOf(commitment)).rewardShareBps;
        bool isDue = pending != 0 && block.timestamp >= dueAt;
        vm.prank(capacity);
        try rewards.release(id) returns (uint128 amount) {
            if (!isDue || amount != pending) broken[64] = "L64: paid before it was due";
            if (_owed(_providerOf(commitment)) != owed + amount) broken[64] = "L64: what was paid is somebody's";
            uint256 rest = amount - amount * share / BPS;
            if (rewards.creditOf(_providerOf(commitment)) != credited + rest) broken[64] = "L64: split by the terms";
        } catch {
            if (isDue) broken[64] = "L64: what was due was refused";
        }
    }

    function convict(uint256 seed, uint256 wait) external timed(wait) {
        seed = _mixed(seed);
        // Few are convicted.
        if (seed >> 8 & 3 != 0) return;
        CommitmentId id = CommitmentId.wrap(uint64(seed % COMMITMENTS + 1));
        (uint128 pending,) = rewards.pendingOf(id);
        uint256 credited = rewards.creditOf(stranger);
        uint256 had = rewards.funds();
        vm.prank(capacity);
        rewards.forfeit(id, stranger, uint128(bound(seed >> 16, 0, 2_000_000e18)));
        uint256 gained = rewards.funds() - had + rewards.creditOf(stranger) - credited;
        if (gained != pending) broken[64] = "L64: what is forfeited is the reporter's or returns";
    }

    /* WORK */

    function attend(uint256 seed, uint256 wait) external timed(wait) {
        seed = _mixed(seed);
        uint256 index = seed % 2;
        address provider = providers[seed >> 8 & 3 == 0 ? 1 - index : index];
        uint32 epoch = _today() - uint32((seed >> 16) % 2);
        vm.prank(capacity);
        try rewards.attend(ids[index], 0, epoch, provider, uint8(seed >> 24 & 7 == 0 ? 1 : CPU)) returns (uint64 used) {
            if (provider != providers[index] || seed >> 24 & 7 == 0) broken[68] = "L68: work of somebody else";
            if (!attributes.has(customer, 9, 2, uint40(block.timestamp))) broken[68] = "L68: nobody answers for it";
            if (excusedIn[index][epoch] != 0) broken[68] = "L68: excused twice";
            excusedIn[index][epoch] += used;
            excusedOf[index] += used;
        } catch {}
    }

    /// @dev The attester renews his lock, or takes his word back, and gives it again.
    function vouch(uint256 seed, uint256 wait) external timed(wait) {
        vm.startPrank(attester);
        attributes.secure(400e20);
        if (seed % 4 == 0 && attributes.has(customer, 9, 2, uint40(block.timestamp))) {
            attributes.revoke(customer, 9, 2);
        } else {
            attributes.attest(customer, 9, 2, 0, uint40(block.timestamp + 60 days));
        }
        vm.stopPrank();
    }

    function serve(uint256 seed, uint256 wait) external timed(wait) {
        deals.settle(ids[_mixed(seed) % 2], 0);
    }

    function record(uint256 seed, uint256 wait) external timed(wait) {
        uint256 index = _mixed(seed) % 2;
        (uint128 amount, uint256 upTo) = rewards.recordedOf(ids[index], 0);
        uint256 had = rewards.funds();
        try rewards.recordFee(ids[index], 0) {
            (uint128 waits, uint256 need) = rewards.recordedOf(ids[index], 0);
            // What waits in its place still was not rewarded.
            if (amount != 0 && (waits != amount || need != upTo)) _rewarded(index, amount, upTo, had);
            else if (rewards.funds() != had) broken[65] = "L65: rewarded for nothing";
        } catch {}
    }

    function rewardFee(uint256 seed, uint256 wait) external timed(wait) {
        uint256 index = _mixed(seed) % 2;
        (uint128 amount, uint256 upTo) = rewards.recordedOf(ids[index], 0);
        uint256 had = rewards.funds();
        try rewards.rewardFee(ids[index], 0) {
            _rewarded(index, amount, upTo, had);
        } catch (bytes memory reason) {
            bool isReady = amount != 0 && feeBurn.sold() >= upTo && !priceGuard.isStale();
            if (isReady && bytes4(reason) != IRewardsBooks.FundsTooLow.selector) broken[65] = "L65: refused";
        }
    }

    function _rewarded(uint256 index, uint256 fee, uint256 upTo, uint256 had) private {
        uint256 paid = had - rewards.funds();
        if (feeBurn.sold() < upTo) broken[65] = "L65: rewarded before it was burned";
        if (paid * priceGuard.high() * BPS > fee * rewards.kappaBps() * scale()) {
            broken[65] = "L65: more than kappa of it";
        }
        rewardedFees += fee;
        rewardedOf[index] += fee;
    }

    /* FEES */

    function collect(uint256 wait) external timed(wait) {
        collected += feeBurn.collect();
    }

    function buy(uint256 part, uint256 wait) external timed(wait) {
        (uint128 lot,) = feeBurn.lot();
        if (lot == 0) return;
        uint256 amount = bound(part, lot / 2 + 1, lot);
        _mintFlt(stranger, 1e30);
        vm.startPrank(stranger);
        flt.approve(address(feeBurn), 1e30);
        try feeBurn.buy(uint128(amount), 1e30, stranger) returns (uint128 cost) {
            uint256 least = amount * scale() / priceGuard.high() * 95 / 100;
            uint256 most = amount * scale() * 3 / (2 * uint256(priceGuard.low())) + 1;
            if (priceGuard.isStale()) broken[67] = "L67: sold without a price";
            if (cost < least || cost > most) {
                broken[67] = "L67: sold below the floor, or above";
            }
            burned += cost;
        } catch {
            if (!priceGuard.isStale()) broken[67] = "L67: a sale was refused";
        }
        vm.stopPrank();
    }

    function payTreasury(uint256 wait) external timed(wait) {
        if (feeBurn.treasuryCredit() == 0) return;
        vm.prank(reserve);
        treasuryPaid += feeBurn.claim();
    }

    /* EVERYBODY */

    function claim(uint256 seed, uint256 wait) external timed(wait) {
        claimOf(party(seed % 3));
    }

    function claimOf(address account) public {
        if (rewards.creditOf(account) != 0) claimed += _claimFlt(account);
    }

    /// @dev Pushes of a day may still be refused, and block nothing but themselves.
    function payStakers(uint256 seed, uint256 wait) external timed(wait) {
        address provider = providers[_mixed(seed) % 2];
        if (rewards.stakersCreditOf(provider) != 0) rewards.payStakers(provider);
    }

    function donate(uint256 amount, uint256 wait) external timed(wait) {
        amount = bound(amount, 1, 1e24);
        _mintFlt(address(rewards), amount);
        donatedFlt += amount;
        vm.prank(issuer);
        usd.mint(address(feeBurn), amount);
        donatedUsd += amount;
    }

    function price(uint256 seed, uint256 wait) external timed(wait) {
        _post(bound(_mixed(seed), 0.02e8, 5e8));
    }

    /* READINGS */

    function party(uint256 index) public view returns (address) {
        return [providers[0], providers[1], stranger][index];
    }

    function scale() public view returns (uint256) {
        return 1e8 * 1e18 / dollar;
    }

    /// @dev All FLT of rewards that is somebody's by name.
    function books() external view returns (uint256 sum) {
        sum = rewards.funds();
        for (uint256 i = 0; i < epochs.length; ++i) {
            (, uint128 left) = rewards.epochOf(CPU, epochs[i]);
            sum += left;
        }
        for (uint64 i = 1; i <= COMMITMENTS; ++i) {
            (uint128 pending,) = rewards.pendingOf(CommitmentId.wrap(i));
            sum += pending;
        }
        for (uint256 i = 0; i < 3; ++i) {
            sum += rewards.creditOf(party(i)) + rewards.stakersCreditOf(party(i));
        }
    }

    function held() external view returns (uint256 ofFlt, uint256 ofUsd) {
        return (flt.balanceOf(address(rewards)), usd.balanceOf(address(feeBurn)));
    }

    function dead() external view returns (uint256) {
        return flt.balanceOf(DEAD);
    }

    function system() external view returns (IRewards, address, address) {
        return (rewards, address(feeBurn), address(deals));
    }

    /* END */

    /// @dev Pays all that is due when a history is over.
    function settleAll() external {
        uint256 before = flt.balanceOf(address(staking));
        skip(3 days);
        for (uint64 i = 1; i <= COMMITMENTS; ++i) {
            (uint128 pending,) = rewards.pendingOf(CommitmentId.wrap(i));
            if (pending != 0) _release(CommitmentId.wrap(i));
        }
        for (uint256 day = 0; day < 60; ++day) {
            skip(1 days);
            for (uint256 i = 0; i < 2; ++i) {
                if (rewards.stakersCreditOf(providers[i]) != 0) rewards.payStakers(providers[i]);
            }
        }
        for (uint256 i = 0; i < 3; ++i) {
            claimOf(party(i));
        }
        for (uint256 i = 0; i < epochs.length; ++i) {
            (, uint128 left) = rewards.epochOf(CPU, epochs[i]);
            if (left != 0) rewards.sweep(CPU, epochs[i]);
        }
        pushed += flt.balanceOf(address(staking)) - before;
    }
}
