// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @dev A price source that answers whatever it is told to, in every way in which a source can fail.
contract MockAggregator {
    enum Mode {
        Answers,
        Reverts,
        BurnsGas,
        AnswersShort,
        AnswersLong,
        HasNoDecimals
    }

    Mode public mode;
    uint256 public decimalsWord = 8;
    uint80 public round = 1;
    uint80 public answeredIn = 1;
    int256 public answer;
    uint256 public updatedAt;

    function setMode(Mode newMode) external {
        mode = newMode;
    }

    function setDecimals(uint256 newDecimals) external {
        decimalsWord = newDecimals;
    }

    function setRound(uint80 newRound, uint80 newAnsweredIn) external {
        round = newRound;
        answeredIn = newAnsweredIn;
    }

    function setAnswer(int256 newAnswer, uint256 newUpdatedAt) external {
        answer = newAnswer;
        updatedAt = newUpdatedAt;
    }

    function decimals() external view returns (uint256) {
        require(mode != Mode.HasNoDecimals, "no decimals");
        return decimalsWord;
    }

    function latestRoundData() external view returns (uint256, int256, uint256, uint256, uint256) {
        if (mode == Mode.Reverts) revert("broken");
        if (mode == Mode.BurnsGas) while (true) {}
        if (mode == Mode.AnswersShort) answerWith(159);
        if (mode == Mode.AnswersLong) answerWith(30_000);
        return (round, answer, updatedAt, updatedAt, answeredIn);
    }

    /// @dev Right words at first, then as many bytes as asked for.
    function answerWith(uint256 length) private view {
        uint256 price = uint256(answer);
        uint256 time = updatedAt;
        assembly {
            let data := mload(0x40)
            mstore(data, 1)
            mstore(add(data, 32), price)
            mstore(add(data, 64), time)
            mstore(add(data, 96), time)
            mstore(add(data, 128), 1)
            return(data, length)
        }
    }
}
