// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @title Development FLT
/// @notice A stand-in for FLT on development chains: an ERC-20 of 18 decimals with permits that holders may burn.
/// @dev Assumptions.
/// Safety: none, its tokens are worth nothing and its owner mints at will.
/// Liveness: the owner is an account that can still sign.
interface IDevelopmentFlt {
    /// @notice Creates `amount` tokens for `to`. Only the owner may call.
    /// @param to The account that receives the tokens.
    /// @param amount The amount in smallest units.
    function mint(address to, uint256 amount) external;
}
