// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAggregator} from "../interfaces/IAggregator.sol";

/// @title Development feed
/// @notice A stand-in for a price source on development chains: the owner and whom it names post answers.
/// Any answer may be posted, also one that no price can be, because real sources break too.
/// @dev Assumptions.
/// Safety: none, its posters say what they like.
/// Liveness: one of them is an account that can still sign.
interface IDevelopmentFeed is IAggregator {
    /// @notice An answer was posted, at the time of its block.
    event AnswerPosted(int256 answer, uint80 indexed round);

    /// @notice An account may post, or may no longer.
    event PosterSet(address indexed poster, bool isPoster);

    /// @notice Only the owner and posters post.
    error NotPoster(address caller);

    /// @notice Posts an answer as a new round. Only the owner and posters may call.
    /// @param answer The price with `decimals` decimals, of at most 192 bits.
    function post(int256 answer) external;

    /// @notice Names a poster or dismisses it. Only the owner may call.
    function setPoster(address poster, bool newIsPoster) external;

    /// @notice Whether `account` may post besides the owner.
    function isPoster(address account) external view returns (bool);
}
