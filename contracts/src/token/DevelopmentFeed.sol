// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAggregator} from "../interfaces/IAggregator.sol";
import {IDevelopmentFeed} from "./IDevelopmentFeed.sol";
import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

contract DevelopmentFeed is IDevelopmentFeed, Ownable {
    /// @dev One slot.
    struct Answer {
        int192 value;
        uint40 postedAt;
        uint24 round;
    }

    /// @inheritdoc IAggregator
    uint8 public immutable decimals;
    /// @inheritdoc IAggregator
    string public description;
    /// @inheritdoc IDevelopmentFeed
    mapping(address account => bool) public isPoster;
    Answer private _last;

    constructor(uint8 newDecimals, string memory newDescription) Ownable(msg.sender) {
        decimals = newDecimals;
        description = newDescription;
    }

    /// @inheritdoc IDevelopmentFeed
    function post(int256 answer) external {
        require(msg.sender == owner() || isPoster[msg.sender], NotPoster(msg.sender));
        uint24 round = _last.round + 1;
        _last = Answer({value: SafeCast.toInt192(answer), postedAt: uint40(block.timestamp), round: round});
        emit AnswerPosted(answer, round);
    }

    /// @inheritdoc IDevelopmentFeed
    function setPoster(address poster, bool newIsPoster) external onlyOwner {
        isPoster[poster] = newIsPoster;
        emit PosterSet(poster, newIsPoster);
    }

    /// @inheritdoc IAggregator
    function latestRoundData()
        external
        view
        returns (uint80 roundId, int256 answer, uint256 startedAt, uint256 updatedAt, uint80 answeredInRound)
    {
        Answer memory last = _last;
        return (last.round, last.value, last.postedAt, last.postedAt, last.round);
    }
}
