// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Development USD
/// @notice A stand-in for a dollar stablecoin on development chains.
/// It has what makes real ones awkward: 6 or 18 decimals, and an owner who can block an account.
/// @dev Assumptions.
/// Safety: none, its tokens are worth nothing and its owner mints and blocks at will.
/// Liveness: a blocked account neither sends nor receives, so whoever pays by pushing can be stopped by it.
interface IDevelopmentUsd {
    /// @notice The owner blocked or unblocked an account.
    event BlockedSet(address indexed account, bool isBlocked);

    /// @notice A blocked account can neither send nor receive.
    error AccountBlocked(address account);

    /// @notice A dollar has 6 or 18 decimals here, because those are the ones in use.
    error DecimalsUnsupported(uint8 decimals);

    /// @notice Creates `amount` tokens for `to`. Only the owner may call.
    /// @param to The account that receives the tokens.
    /// @param amount The amount in smallest units.
    function mint(address to, uint256 amount) external;

    /// @notice Blocks or unblocks an account. Only the owner may call.
    /// @param account The account in question.
    /// @param newBlocked Whether it is blocked from here on.
    function setBlocked(address account, bool newBlocked) external;

    /// @notice Whether `account` can neither send nor receive.
    function isBlocked(address account) external view returns (bool);
}
