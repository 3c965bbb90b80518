// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IMatching} from "../../src/interfaces/IMatching.sol";
import {IProofs} from "../../src/interfaces/IProofs.sol";
import {DealId, FaultId, JobId, OfferId} from "../../src/types/Ids.sol";
import {Batches} from "../Batches.sol";
import {SampledBase} from "../SampledBase.t.sol";

/// @dev Random histories of samples: of a provider that lies whenever it is told to, and of one that never does and always appeals. Executors
/// compute, lie together, copy what was planted, or do nothing; of most samples two compute. Every call comes when it may and
/// when it may not.
abstract contract SampleStagesHandler is SampledBase {
    uint8 internal constant COMPUTES = 0;
    uint8 internal constant LIES = 1;
    uint8 internal constant COPIES = 2;
    uint8 internal constant SILENT = 3;

    struct Story {
        JobId job;
        IProofs.Job asked;
        bool lies;
        bool isPlanted;
        bool isShown;
        uint8[3] ways;
        uint8 stage;
        uint256 block_;
        uint256 drawnAt;
        uint256 count; // of executors
        uint256 sealed_; // bits
        uint256 revealed;
        uint256 inside; // stablecoin that was not paid out
        FaultId fault;
    }

    Story[] internal stories;
    DealId[] internal ofLiar;
    DealId internal ofHonest;
    address internal honest;
    uint256 public paidIn;
    address[] internal people;
    /// Laws that a single call broke, by number.
    mapping(uint256 law => string) public broken;

    constructor() {
        setUp();
        ofLiar.push(id);
        ofLiar.push(_resolvedBy(address(0)));
        ofLiar.push(_resolvedBy(resolver));
        honest = providers[2];
        OfferId offer = _host(2);
        IMatching.Request memory request = _asking(1, 100, 14, 84);
        request.proofKind = 2;
        ofHonest = _request(request);
        vm.prank(address(matching));
        deals.assign(ofHonest, 0, offer);
        _ready(ofHonest, 0);
        for (uint256 i = 0; i < 9; ++i) {
            people.push(crew[i]);
        }
        people.push(host);
        people.push(honest);
        people.push(customer);
    }

    /// @dev Mostly minutes, sometimes hours, seldom days.
    modifier timed(uint256 wait) {
        uint256 most = wait % 8 < 5 ? 20 minutes : wait % 8 < 7 ? 5 hours : 2 days;
        _skip(bound(wait >> 8, 0, most));
        vm.roll(vm.getBlockNumber() + 1 + wait % 5);
        _;
    }

    function _fails(uint256 law, string memory why) internal {
        broken[law] = why;
    }

    function _pick(uint256 seed) internal view returns (uint256) {
        return stories.length - 1 - (seed % 4 != 0 ? 0 : (seed >> 8) % stories.length);
    }

    /* COMMIT */

    function begin(uint256 seed, uint256 wait) public timed(wait) {
        seed = uint256(keccak256(abi.encode(seed)));
        bool isHonest = seed % 3 == 0;
        id = isHonest ? ofHonest : ofLiar[(seed >> 8) % ofLiar.length];
        host = isHonest ? honest : providers[0];
        if (deals.slotOf(id, 0).status != 2) return;
        Story storage told = stories.push();
        told.lies = !isHonest && seed % 2 == 0;
        told.isPlanted = (seed >> 16) % 2 == 0;
        // Of most samples two executors compute.
        uint256 idle = (seed >> 24) % 3;
        told.ways[idle] = uint8((seed >> 32) % 4);
        if ((seed >> 40) % 4 == 0) told.ways[(idle + 1) % 3] = uint8((seed >> 48) % 4);
        bytes32[] memory outputs = told.lies ? _wrong("lie") : _right();
        (uint32[] memory chunks, bytes32[] memory planted) = _planted();
        JobId job = _commit(outputs, told.isPlanted ? _plantsHash(chunks, planted) : bytes32(0));
        (told.job, told.asked, told.stage) = (job, asked, 1);
        (told.block_, told.inside) = (vm.getBlockNumber(), samplePay);
        paidIn += samplePay;
    }

    function _outputsOf(uint8 way) private pure returns (bytes32[] memory) {
        return way == LIES ? _wrong("lie") : way == COPIES ? _wrong("planted") : _right();
    }

    /* STAGES */

    function _finishOf(Story storage told) internal virtual;

    /// @dev The next thing that can happen to a sample, or any other.
    function step(uint256 seed, uint256 wait) external timed(wait) {
        if (stories.length == 0) return;
        seed = uint256(keccak256(abi.encode(seed)));
        uint256 i = _pick(seed >> 128);
        Story storage told = stories[i];
        uint256 what = seed % 8 == 0 ? (seed >> 8) % 7 : told.stage == 1 ? 0 : told.stage == 2 ? 1 : 4;
        if (what == 1 && told.sealed_ == 7 && seed % 2 == 0) what = 2;
        if (what == 1 || what == 4) what += (seed >> 16) % 3;
        if (what == 0) _drawOf(told);
        else if (what == 1) _sealBy(told, (seed >> 24) % 3);
        else if (what == 2) _openOf(told);
        else if (what == 3 || what == 4) _revealBy(told, (seed >> 24) % 3);
        else if (what == 5) _showOf(told);
        else _finishOf(told);
    }

    /// @dev From the commit on, everybody who acts does so at once.
    function story(uint256 seed, uint256 wait) external {
        uint256 before = stories.length;
        begin(seed, wait);
        if (stories.length == before) return;
        Story storage told = stories[before];
        vm.roll(vm.getBlockNumber() + 5);
        _drawOf(told);
        for (uint256 k = 0; k < 3; ++k) {
            _sealBy(told, k);
        }
        if (told.sealed_ != 7) _skip(6 hours + 1);
        if (wait % 7 != 0) _openOf(told);
        for (uint256 k = 0; k < 3; ++k) {
            _revealBy(told, k);
        }
        _showOf(told);
        _finishOf(told);
    }

    function _isSealing(Story storage told) internal view returns (bool) {
        return told.sealed_ != (1 << told.count) - 1 && block.timestamp <= told.drawnAt + 6 hours;
    }

    function _isRevealing(Story storage told) internal view returns (bool) {
        return !_isSealing(told) && block.timestamp <= told.drawnAt + 12 hours;
    }

    function _drawOf(Story storage told) internal {
        uint256 drawBlock = told.block_ + 4;
        bool isIn = told.stage == 1 && vm.getBlockNumber() > drawBlock && vm.getBlockNumber() <= drawBlock + 256;
        try sampled.draw(told.job) {
            if (!isIn) _fails(106, "L106: drawn at another time");
            (told.stage, told.drawnAt) = (2, block.timestamp);
            told.count = sampled.executorsOf(told.job).length;
            if (told.count != 0 && told.count != 3) _fails(106, "L106: drawn by fewer than three");
        } catch {
            if (isIn) _fails(106, "L106: a draw was refused");
        }
    }

    function _sealBy(Story storage told, uint256 k) internal {
        uint8 way = told.ways[k];
        if (told.count == 0 || (way == SILENT && told.drawnAt % 2 == 0)) return;
        bool isIn = told.stage == 2 && told.sealed_ >> k & 1 == 0 && block.timestamp <= told.drawnAt + 6 hours;
        address executor = sampled.executorsOf(told.job)[k];
        bytes32 sealed_ = _sealOf(told.job, executor, _outputsOf(way));
        _approve(executor, sampleBond);
        vm.prank(executor);
        try sampled.seal(told.job, sealed_) {
            if (!isIn) _fails(106, "L106: sealed at another time");
            told.sealed_ |= 1 << k;
            told.inside += sampleBond;
            paidIn += sampleBond;
        } catch {
            if (isIn) _fails(106, "L106: a seal was refused");
        }
    }

    function _openOf(Story storage told) internal {
        if (told.drawnAt == 0) return;
        bool isIn = told.stage == 2 && _isRevealing(told);
        bytes32[] memory outputs = told.lies ? _wrong("lie") : _right();
        bytes32[] memory siblings = Batches.siblingsOf(outputs, sampled.chunksOf(told.job));
        try sampled.open(told.job, _drawn(told.job, outputs), siblings) {
            if (!isIn) _fails(106, "L106: opened while somebody could seal, or too late");
            told.stage = 3;
        } catch {
            if (isIn) _fails(106, "L106: an opening was refused");
        }
    }

    function _revealBy(Story storage told, uint256 k) internal {
        uint8 way = told.ways[k];
        if (told.count == 0 || way == SILENT) return;
        bool isStage = told.stage == 2 || told.stage == 3;
        bool isIn = isStage && told.sealed_ >> k & 1 == 1 && told.revealed >> k & 1 == 0 && _isRevealing(told);
        address executor = sampled.executorsOf(told.job)[k];
        bytes32[] memory some = _drawn(told.job, _outputsOf(way));
        vm.prank(executor);
        try sampled.reveal(told.job, some, SALT) {
            if (!isIn) _fails(106, "L106: revealed while somebody could seal, or too late");
            told.revealed |= 1 << k;
        } catch {
            if (isIn) _fails(106, "L106: a reveal was refused");
        }
    }

    function _showOf(Story storage told) internal {
        if (!told.isPlanted || told.drawnAt == 0) return;
        bool isQuiet = !_isSealing(told) && (told.revealed == told.sealed_ || block.timestamp > told.drawnAt + 12 hours);
        bool isIn = told.stage == 3 && !told.isShown && isQuiet && block.timestamp <= told.drawnAt + 18 hours;
        (uint32[] memory chunks, bytes32[] memory planted) = _planted();
        try sampled.showPlants(told.job, chunks, planted, SALT) {
            if (!isIn) _fails(106, "L106: plants were shown at another time");
            told.isShown = true;
        } catch {
            if (isIn) _fails(106, "L106: plants were refused");
        }
    }
}
