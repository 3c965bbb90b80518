// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {CommitmentId, DealId} from "../../src/types/Ids.sol";

/// @dev What `Capacity` asks of `Rewards`, answered as told and written down.
contract MockRewards {
    struct Opened {
        uint64 units;
        bool isOpen;
    }

    struct Credited {
        address provider;
        uint8 class;
        uint256 weight;
        uint256 allotted;
        uint256 divisor;
        uint8 reason;
        uint256 count;
    }

    uint16 public bonusBps = 2500;
    uint64 public work;
    mapping(uint8 class => mapping(uint32 epoch => Opened)) public opened;
    mapping(CommitmentId commitment => mapping(uint32 epoch => Credited)) public credited;
    mapping(CommitmentId commitment => uint128) public pending;
    mapping(CommitmentId commitment => uint128) public lastRewardOf;
    mapping(CommitmentId commitment => uint256) public releases;
    mapping(CommitmentId commitment => uint128) public bounties;
    mapping(CommitmentId commitment => address) public reporters;

    function setBonus(uint16 newBonusBps) external {
        bonusBps = newBonusBps;
    }

    function setWork(uint64 newWork) external {
        work = newWork;
    }

    function setReward(CommitmentId commitment, uint128 newPending, uint128 newLast) external {
        pending[commitment] = newPending;
        lastRewardOf[commitment] = newLast;
    }

    function open(uint8 class, uint32 epoch, uint64 units) external {
        opened[class][epoch] = Opened(units, true);
    }

    function attend(DealId, uint8, uint32, address, uint8) external view returns (uint64) {
        return work;
    }

    function credit(
        CommitmentId commitment,
        address provider,
        uint8 class,
        uint32 epoch,
        uint256 weight,
        uint256 allotted,
        uint256 divisor,
        uint8 reason
    ) external returns (uint128) {
        uint256 count = credited[commitment][epoch].count + 1;
        credited[commitment][epoch] = Credited(provider, class, weight, allotted, divisor, reason, count);
        return 0;
    }

    function release(CommitmentId commitment) external returns (uint128) {
        ++releases[commitment];
        return 0;
    }

    function pendingOf(CommitmentId commitment) external view returns (uint128, uint40) {
        return (pending[commitment], 0);
    }

    function forfeit(CommitmentId commitment, address reporter, uint128 bounty) external returns (uint128 forfeited) {
        forfeited = pending[commitment];
        require(bounty <= forfeited, "more than there is");
        pending[commitment] = 0;
        bounties[commitment] = bounty;
        reporters[commitment] = reporter;
    }
}
