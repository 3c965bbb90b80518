// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title FeeBurn: takes the fee of deals, gives the treasury its part, and sells the rest for FLT that is burned.
/// @notice Whatever it holds for sale is one lot. The lot's price in FLT falls in a straight line over six hours from 150 % of what the
/// lot is worth at the low price to 95 % of its worth at the high one, and stays there until somebody buys. Parts can be
/// bought. While the price is stale nobody can buy; the clock goes on. Fees that at least double the lot start its clock anew, smaller ones join it: so
/// neither a crumb left for sale nor a trickle of fees keeps the price low or high.
///
/// @dev Assumptions.
/// Safety: `Deals` credits its fees to this contract; FLT and the stablecoin move exactly what a transfer says.
/// Liveness: somebody finds FLT at 95 % of its highest average a good trade.
interface IFeeBurn {
    error AmountZero();
    error NotTreasury(address caller);
    error BpsTooHigh(uint256 bps, uint256 most);
    error PriceStale();
    error LotTooSmall(uint256 have, uint256 need);
    error CostTooHigh(uint256 cost, uint256 most);

    /// @notice Fees taken from `Deals`. `lot` is for sale after it.
    event FeesCollected(uint128 amount, uint128 toBurn, uint128 toTreasury, uint128 lot);
    /// @notice The lot's price falls from 150 % again.
    event LotStarted(uint128 lot);
    /// @notice `flt` was burned for `amount` stablecoin; `sold` is all that was ever sold.
    event FeesSold(address indexed buyer, uint128 amount, uint128 flt, address recipient, uint128 lot, uint256 sold);
    event TreasuryPaid(address indexed treasury, uint128 amount);
    event BurnShareSet(uint16 burnBps, address indexed treasury);

    /// @notice Anyone. Takes all fees that `Deals` owes this contract; does nothing when there are none. The part to burn is rounded
    /// up.
    function collect() external returns (uint128 amount);
    /// @notice Anyone who approved FLT: buys `amount` of the lot for at most `costMax` FLT, which is burned.
    function buy(uint128 amount, uint128 costMax, address recipient) external returns (uint128 cost);
    /// @notice The treasury takes its part.
    function claim() external returns (uint128 amount);
    /// @notice Governance. For fees collected from now on. What was collected stays with the old treasury's successor.
    function setBurnShare(uint16 newBurnBps, address newTreasury) external;

    /* VIEWS */

    /// @notice Stablecoin for sale, and since when.
    function lot() external view returns (uint128 amount, uint40 startedAt);
    /// @notice FLT for `amount` of the lot now, rounded up. Reverts while the price is stale.
    function costOf(uint128 amount) external view returns (uint128);
    /// @notice Stablecoin ever sold.
    function sold() external view returns (uint256);
    /// @notice Stablecoin ever sold, for sale, and to be for sale once it is collected: a fee that was credited until now is
    /// burned when `sold` reaches it.
    function intake() external view returns (uint256);
    function burnBps() external view returns (uint16);
    function treasury() external view returns (address);
    function treasuryCredit() external view returns (uint128);
    /// @notice Stablecoin here that is owed to nobody: donations.
    function surplus() external view returns (uint256);
}
