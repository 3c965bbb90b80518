// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title Aggregator: the part of Chainlink's `AggregatorV3Interface` that `PriceGuard` reads.
/// @dev Assumptions.
/// Safety: answers are prices of one FLT in dollars.
/// Liveness: an answer no older than the heartbeat that `PriceGuard` knows for it.
interface IAggregator {
    /// @notice Decimals of every answer.
    function decimals() external view returns (uint8);

    /// @notice What is priced, for people.
    function description() external view returns (string memory);

    /// @notice The last answer.
    /// @return roundId Number of the round.
    /// @return answer The price.
    /// @return startedAt When the round started.
    /// @return updatedAt When the answer was given; zero: the round is not complete.
    /// @return answeredInRound The round in which the answer was given.
    function latestRoundData()
        external
        view
        returns (uint80 roundId, int256 answer, uint256 startedAt, uint256 updatedAt, uint80 answeredInRound);
}
