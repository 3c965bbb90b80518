// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDeals} from "../../src/interfaces/IDeals.sol";
import {IFaults} from "../../src/interfaces/IFaults.sol";
import {IProbers} from "../../src/interfaces/IProbers.sol";
import {IProofs} from "../../src/interfaces/IProofs.sol";
import {ISampled} from "../../src/interfaces/ISampled.sol";
import {DealId, FaultId} from "../../src/types/Ids.sol";
import {SampleStagesHandler} from "./SampleStagesHandler.sol";

/// @dev What samples come to: verdicts, disputes and what follows from them, and who takes what.
contract SampledHandler is SampleStagesHandler {
    uint256 public claimed;
    uint256 public donated;
    uint256 public taken;
    uint256 private joined;
    mapping(bytes32 serving => bool) private wrongOf;

    /* FINISH */

    function _isOver(Story storage told) private view returns (bool) {
        if (told.stage == 1) return vm.getBlockNumber() > told.block_ + 4 + 8191;
        if (told.stage != 2 && told.stage != 3) return false;
        if (told.count == 0) return true;
        bool isLate = block.timestamp > told.drawnAt + 12 hours;
        bool isQuiet = !_isSealing(told) && (told.revealed == told.sealed_ || isLate);
        bool isOpened = told.stage == 3 || isLate;
        bool isShown = told.stage == 2 || !told.isPlanted || told.isShown || block.timestamp > told.drawnAt + 18 hours;
        return isQuiet && isOpened && isShown;
    }

    /// @dev How many revealed as the provider committed, or as those who compute, or lie, or copy.
    function _revealedSo(Story storage told, uint8 way) private view returns (uint256 count) {
        for (uint256 k = 0; k < 3; ++k) {
            if (told.revealed >> k & 1 == 1 && told.ways[k] == way) ++count;
        }
    }

    function _verdictOf(Story storage told) private view returns (uint8) {
        if (told.stage != 3) return 0;
        uint8 his = told.lies ? LIES : COMPUTES;
        for (uint8 way = COMPUTES; way <= COPIES; ++way) {
            if (_revealedSo(told, way) >= 2) return way == his ? 1 : 3;
        }
        return 0;
    }

    function _finishOf(Story storage told) internal override {
        bool isIn = _isOver(told);
        uint8 verdict = _verdictOf(told);
        uint256 before = credits();
        uint256[3] memory had = _hadOf(told);
        uint64 faultsBefore = judge.count();
        bool canPropose = _canPropose(told);
        try sampled.finish(told.job, told.asked) {
            if (!isIn) _fails(106, "L106: finished while somebody could act");
            told.stage = 4;
            told.fault = sampled.sampleOf(told.job).fault;
            _judge(told, verdict);
            bool isNew = judge.count() != faultsBefore;
            if (isNew != (verdict == 3 && canPropose)) _fails(103, "L103: proposed where it may not be, or not");
            if (isNew != (FaultId.unwrap(told.fault) != 0)) _fails(103, "L103: a fault of no sample");
            if (isNew) return _accuse(told);
            if (credits() - before != told.inside) _fails(102, "L102: a sample pays what it holds");
            told.inside = 0;
            _checkBonds(told, had);
        } catch {
            if (isIn) _fails(107, "L107: a finish was refused");
        }
    }

    function _canPropose(Story storage told) private returns (bool) {
        probers.openDay();
        (,, uint32 eligible) = probers.dayOf(_day());
        bytes32 serving = keccak256(abi.encode(told.asked.deal, told.asked.serving));
        // A lock can be freed five days after its slot, and was granted for half an hour more.
        uint256 end = deals.slotOf(told.asked.deal, 0).endsAt + 5 days;
        return eligible >= 9 && !wrongOf[serving] && block.timestamp + 72 hours <= end;
    }

    function _judge(Story storage told, uint8 verdict) private {
        IProofs.Job memory known = told.asked;
        if (verdict != 0) {
            (known.verdict, known.outputRoot) = (verdict, sampled.sampleOf(told.job).outputRoot);
            known.notAfter = uint40(block.timestamp);
        }
        if (proofs.hashOf(told.job) != keccak256(abi.encode(known))) _fails(105, "L105: another verdict");
        bool isFair = _computing(told) >= 2;
        if (isFair && told.lies && verdict == 1) _fails(105, "L105: a lie was attested");
        if (isFair && !told.lies && verdict == 3) _fails(105, "L105: the truth was disputed");
    }

    function _computing(Story storage told) private view returns (uint256 count) {
        for (uint256 k = 0; k < 3; ++k) {
            if (told.ways[k] == COMPUTES) ++count;
        }
    }

    function _hadOf(Story storage told) private view returns (uint256[3] memory had) {
        for (uint256 k = 0; k < told.count; ++k) {
            had[k] = _creditAt(told.job, k);
        }
    }

    /// @dev Who computed and revealed has its bond, whatever others do, where another one computed.
    function _checkBonds(Story storage told, uint256[3] memory had) private {
        if (_computing(told) < 2) return;
        for (uint256 k = 0; k < told.count; ++k) {
            bool isHonest = told.ways[k] == COMPUTES && told.revealed >> k & 1 == 1;
            if (isHonest && _creditAt(told.job, k) < had[k] + sampleBond) _fails(105, "L105: a bond was lost");
        }
    }

    /* FAULTS */

    function _accuse(Story storage told) private {
        bytes32 serving = keccak256(abi.encode(told.asked.deal, told.asked.serving));
        if (wrongOf[serving]) _fails(103, "L103: twice for a serving");
        wrongOf[serving] = true;
        IFaults.Fault memory fault = judge.faultOf(told.fault);
        if (fault.kind != WRONG || fault.provider != told.asked.provider) _fails(103, "L103: another fault");
        if (fault.amount != staking.lockOf(fault.lock).amount) _fails(103, "L103: another amount than the lock");
        if (!told.lies || uint256(keccak256(abi.encode(told.job))) % 2 == 0) _appeal(told.fault, fault.provider);
    }

    /// @dev Panels are honest. Some never come together.
    function rule(uint256 seed, uint256 wait) external timed(wait) {
        if (stories.length == 0) return;
        for (uint256 i = 0; i < stories.length; ++i) {
            Story storage told = stories[i];
            if (FaultId.unwrap(told.fault) == 0 || told.stage != 4) continue;
            IFaults.Fault memory fault = judge.faultOf(told.fault);
            bool isNamed = DealId.unwrap(fault.deal) == DealId.unwrap(ofLiar[2]);
            bool isInTime = block.timestamp / 1 days == fault.appealedAt / 1 days;
            if (fault.state == 2 && seed % 3 != 0 && isInTime) _decideOn(told, isNamed);
            _execute(told);
            _closeOf(told);
        }
    }

    function _decideOn(Story storage told, bool isNamed) private {
        address provider = told.asked.provider;
        (,, uint32 eligible) = probers.dayOf(_day());
        if (!isNamed && eligible < 9) return;
        uint256 own = _ownOf(provider);
        if (isNamed) {
            vm.prank(resolver);
            judge.resolve(told.fault, told.lies);
        } else {
            uint32 day = _day() + 1;
            _skip(uint256(day) * 1 days - block.timestamp);
            probers.openDay();
            address[] memory panel = probers.panelOf(told.fault, day);
            if (panel.length < 6) return;
            judge.decide(told.fault, told.lies, _verdicts(told.fault, told.lies, _first(panel, 6)));
        }
        if (!told.lies && _ownOf(provider) != own) _fails(104, "L104: slashed without guilt");
        if (provider != honest) taken += own - _ownOf(provider);
    }

    function _execute(Story storage told) private {
        IFaults.Fault memory fault = judge.faultOf(told.fault);
        if (fault.state != 1 && fault.state != 2) return;
        uint256 since = fault.state == 1 ? fault.proposedAt : fault.appealedAt;
        uint256 own = _ownOf(fault.provider);
        try judge.execute(told.fault) {
            if (block.timestamp <= since + 36 hours) _fails(104, "L104: executed before its time");
            uint256 loss = own - _ownOf(fault.provider);
            if (fault.state == 2 && loss != 0) _fails(104, "L104: no decision, and a slash");
            if (fault.state == 1) taken += loss;
        } catch {
            if (block.timestamp > since + 36 hours) _fails(104, "L104: an execution was refused");
        }
    }

    function _closeOf(Story storage told) internal {
        uint8 state = judge.faultOf(told.fault).state;
        uint256 before = credits();
        uint256[3] memory had = _hadOf(told);
        bool isIn = told.stage == 4 && (state == 3 || state == 4);
        try sampled.close(told.job) {
            if (!isIn) _fails(107, "L107: closed before it was decided, or twice");
            if (credits() - before != told.inside) _fails(102, "L102: a sample pays what it holds");
            (told.stage, told.inside) = (5, 0);
            _checkBonds(told, had);
        } catch {
            if (isIn) _fails(107, "L107: a close was refused");
        }
    }

    /* PEOPLE */

    function closeAgain(uint256 seed) external {
        if (stories.length == 0) return;
        Story storage told = stories[_pick(seed)];
        if (FaultId.unwrap(told.fault) != 0) _closeOf(told);
    }

    function claim(uint256 seed) public {
        address account = people[seed % people.length];
        if (sampled.creditOf(account) == 0) return;
        vm.prank(account);
        claimed += sampled.claim(account);
    }

    function donate(uint256 amount) external {
        amount = bound(amount, 0, dollar);
        vm.prank(issuer);
        usd.mint(address(sampled), amount);
        donated += amount;
    }

    /// @dev Probers come and go, so that some days there are too few to judge.
    function thin(uint256 seed, uint256 wait) external timed(wait) {
        if (seed % 2 == 0) {
            vm.prank(crew[seed % 9]);
            try probers.leave() {} catch {}
        } else {
            address prober = _named(string.concat("newcomer ", vm.toString(++joined)));
            _enroll(prober, uint8(seed % 3), 1);
            people.push(prober);
        }
    }

    /// @dev Nobody drew what was not drawn.
    function age(uint256 seed) external {
        if (seed % 8 == 0) vm.roll(vm.getBlockNumber() + 8200);
        for (uint256 i = 0; i < stories.length; ++i) {
            if (stories[i].stage < 4 && seed % 2 == 0) _finishOf(stories[i]);
        }
        _keep();
    }

    function _keep() private {
        for (uint256 i = 0; i < 4; ++i) {
            DealId deal = i == 3 ? ofHonest : ofLiar[i];
            IDeals.Slot memory place = deals.slotOf(deal, 0);
            if (place.status != 2 || place.termEnd > block.timestamp + 1 days) continue;
            _pay(customer, 3000 * dollar);
            vm.prank(customer);
            try deals.fund(deal, uint128(3000 * dollar)) {} catch {}
            vm.prank(customer);
            try deals.renew(deal, 0) {} catch {}
        }
    }

    /* EVERYBODY LEAVES */

    /// @dev Time goes by, whoever cares finishes, and everybody takes what is his.
    function leaveAll() external {
        _skip(18 hours + 1);
        vm.roll(vm.getBlockNumber() + 8200);
        for (uint256 i = 0; i < stories.length; ++i) {
            if (stories[i].stage < 4) _finishOf(stories[i]);
        }
        for (uint256 round = 0; round < 2; ++round) {
            _skip(36 hours + 1);
            for (uint256 i = 0; i < stories.length; ++i) {
                if (FaultId.unwrap(stories[i].fault) != 0 && stories[i].stage == 4) _execute(stories[i]);
            }
        }
        for (uint256 i = 0; i < stories.length; ++i) {
            if (stories[i].stage == 4 && stories[i].inside != 0) _closeOf(stories[i]);
        }
        for (uint256 i = 0; i < people.length; ++i) {
            claim(i);
        }
    }

    /* READINGS */

    function system() external view returns (ISampled, IFaults, IProbers) {
        return (sampled, judge, probers);
    }

    function balance() external view returns (uint256) {
        return usd.balanceOf(address(sampled));
    }

    function inside() external view returns (uint256 sum) {
        for (uint256 i = 0; i < stories.length; ++i) {
            sum += stories[i].inside;
        }
    }

    function credits() public view returns (uint256 sum) {
        for (uint256 i = 0; i < people.length; ++i) {
            sum += sampled.creditOf(people[i]);
        }
    }

    function ownStakes() external view returns (uint256 ofLiarHost, uint256 ofHonestHost) {
        return (_ownOf(providers[0]), _ownOf(honest));
    }

    /// @dev Every wrong fault is of a sample, and no serving has two.
    function checkFaults() external view returns (string memory) {
        for (uint64 i = 1; i <= judge.count(); ++i) {
            IFaults.Fault memory fault = judge.faultOf(FaultId.wrap(i));
            uint256 found = 0;
            for (uint256 j = 0; j < stories.length; ++j) {
                if (FaultId.unwrap(stories[j].fault) == i) ++found;
            }
            if (found != 1) return "L103: a fault of no sample, or of two";
            for (uint64 j = 1; j < i; ++j) {
                IFaults.Fault memory other = judge.faultOf(FaultId.wrap(j));
                if (other.deal == fault.deal && other.serving == fault.serving) return "L103: two of a serving";
            }
        }
        return broken[103];
    }
}
