// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Rewards} from "../../src/Rewards.sol";
import {IAttributes} from "../../src/interfaces/IAttributes.sol";
import {ICapacity} from "../../src/interfaces/ICapacity.sol";
import {IDeals} from "../../src/interfaces/IDeals.sol";
import {IFeeBurn} from "../../src/interfaces/IFeeBurn.sol";
import {IRewards} from "../../src/interfaces/IRewards.sol";
import {IStaking} from "../../src/interfaces/IStaking.sol";
import {CommitmentId} from "../../src/types/Ids.sol";
import {CapacityBase} from "../CapacityBase.t.sol";

/// @dev What the handler of `Capacity` remembers of what it did, and what must follow. `Rewards` is the real one; only how much
/// work a slot did is made up.
abstract contract CapacityGhost is CapacityBase {
    uint8 internal constant GOOD = 0;
    /// One leaf more than there is work, with a solution that is none.
    uint8 internal constant GARBAGE_LEAF = 1;
    /// One leaf more than there is work, empty.
    uint8 internal constant EMPTY_LEAF = 2;
    uint8 internal constant GARBAGE_ROOT = 3;

    struct Record {
        CommitmentId commitment;
        uint32 window;
        uint8 filled;
        uint8 kind;
        uint64 blockNumber;
        uint8 status;
        bytes32 root;
        bytes32 bitmapHash;
    }

    struct Asked {
        uint256 record;
        uint32 position;
        bool isOpen;
    }

    CommitmentId[] public ids;
    Record[] internal _records;
    Asked[] internal _asks;
    address[] public people;
    IRewards internal real;

    mapping(CommitmentId commitment => uint256) public locked;
    mapping(CommitmentId commitment => bool) public isEnded;
    mapping(CommitmentId commitment => uint256) public convictions;
    mapping(CommitmentId commitment => mapping(uint32 epoch => uint256)) public filledOf;
    mapping(CommitmentId commitment => mapping(uint32 epoch => uint256)) public excused;
    mapping(uint32 epoch => uint256) public opened;
    mapping(uint32 epoch => uint256) public weights;
    mapping(uint32 epoch => uint256) public earnings;

    bool public isClaimedOnce = true;
    bool public isStatusRising = true;
    bool public isLockCovering = true;
    bool public isCreditRight = true;
    bool public isJudgedRight = true;
    bool public isPenaltyBounded = true;
    bool public isUnpaidWhileOpen = true;
    bool public isPauseNarrow = true;

    function _deployRewards(address capacityAt) internal override {
        real = new Rewards(
            address(manager),
            staking,
            priceGuard,
            IDeals(address(1)),
            IAttributes(address(1)),
            IFeeBurn(address(1)),
            capacityAt,
            2500,
            5000
        );
    }

    function system() external view returns (ICapacity, IRewards) {
        return (capacity, real);
    }

    function stakingOf() external view returns (IStaking) {
        return staking;
    }

    function count() external view returns (uint256) {
        return ids.length;
    }

    function recordCount() external view returns (uint256) {
        return _records.length;
    }

    function record(uint256 index) external view returns (Record memory) {
        return _records[index];
    }

    function askCount() external view returns (uint256) {
        return _asks.length;
    }

    function asked(uint256 index) external view returns (CommitmentId, uint32 window, uint32 position, bool isOpen) {
        Asked memory ask = _asks[index];
        return (_records[ask.record].commitment, _records[ask.record].window, ask.position, ask.isOpen);
    }

    /// @dev The honest provider never claims what is not there, and answers whatever is asked.
    function isHonest(CommitmentId commitment) public view returns (bool) {
        return capacity.commitmentOf(commitment).provider == provider;
    }

    /* WORK */

    /// @dev Its last leaf is claimed, and is no work.
    function _isBad(Record memory of_) internal pure returns (bool) {
        return of_.kind == GARBAGE_LEAF || of_.kind == EMPTY_LEAF;
    }

    function _sheetOf(Record memory of_) internal view returns (Sheet memory sheet) {
        sheet = _blank(of_.commitment, of_.window);
        uint32 last = of_.filled - 1;
        for (uint32 position = 0; position < (_isBad(of_) ? last : of_.filled); ++position) {
            _solveAt(of_.commitment, sheet, position);
        }
        if (of_.kind == GARBAGE_LEAF) _put(sheet, last, _garbageNonce(of_, sheet, last), "garbage");
        if (of_.kind == EMPTY_LEAF) _claimBit(sheet, last);
        _grow(sheet);
        if (of_.kind == GARBAGE_ROOT) sheet.root = keccak256("garbage");
    }

    /// @dev Half of the garbage hashes below the target, so that the verifier alone tells what it is.
    function _garbageNonce(Record memory of_, Sheet memory sheet, uint32 position) private pure returns (uint64 nonce) {
        bytes32 challenge = keccak256(abi.encode(sheet.seed, sheet.provider, of_.commitment, position));
        bool isBelow = of_.window % 2 == 0;
        do {
            ++nonce;
        } while ((uint256(keccak256(abi.encodePacked(challenge, nonce, "garbage"))) < sheet.target) != isBelow);
    }

    function claimOf(Record memory of_) public pure returns (ICapacity.Claim memory) {
        return ICapacity.Claim(of_.window, of_.filled, of_.blockNumber, of_.root, of_.bitmapHash);
    }

    /// @dev Whether a leaf can be shown, and is work.
    function _isWork(Record memory of_, uint32 position) internal pure returns (bool) {
        if (of_.kind == GARBAGE_ROOT) return false;
        return of_.kind == GOOD || position + 1 < of_.filled;
    }

    /* READINGS */

    /// @dev What an epoch is worth, by the words of the protocol page.
    function _weightOf(CommitmentId commitment, uint32 epoch) internal view returns (uint256) {
        uint256 units = capacity.commitmentOf(commitment).units;
        uint256 work = excused[commitment][epoch];
        uint256 proved = filledOf[commitment][epoch] * 1e7 / 912 + work;
        uint256 allowed = units * opened[epoch] * 1e6 / 24;
        uint256 credited = proved < allowed ? proved : allowed;
        if (credited * 2 < allowed) return 0;
        return credited + (work < credited ? work : credited) * 2500 / 10_000;
    }

    function _isConvicted(CommitmentId commitment) internal view returns (bool) {
        return capacity.commitmentOf(commitment).isConvicted;
    }

    function _openChallenges(CommitmentId commitment) internal view returns (uint256) {
        return capacity.commitmentOf(commitment).openChallenges;
    }
}
