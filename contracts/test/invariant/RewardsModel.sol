// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @dev What a pool is, from every opening and every adjustment that there was.
abstract contract RewardsModel {
    uint256 private target;
    uint256 private minimum;
    uint256 private maximum;
    uint256 private units;
    uint256 public wanted;
    uint256 public following;
    bool private isFollowed;

    function follow(uint256 newTarget, uint256 newMinimum, uint256 newMaximum) internal {
        // The base of the tests started it.
        if (!isFollowed) following = 1000e18;
        isFollowed = true;
        (target, minimum, maximum) = (newTarget, newMinimum, newMaximum);
    }

    function opened(uint32, uint256 newUnits, uint256 price, uint256 scale) internal {
        wanted = clamp(following);
        if (newUnits != 0) units = newUnits;
        resized(price, scale);
    }

    /// @dev `price` zero: there is none.
    function resized(uint256 price, uint256 scale) internal {
        following = wanted;
        if (price == 0 || units == 0) return;
        // Both sides in stablecoin: units are millionths, `scale / price` is FLT a unit of stablecoin.
        bool isLow = wanted * price * 1e6 < units * target * scale;
        following = clamp(isLow ? wanted + wanted / 10 : wanted - wanted / 10 - (wanted % 10 == 0 ? 0 : 1));
    }

    function clamp(uint256 amount) private view returns (uint256) {
        if (amount < minimum) return minimum;
        return amount > maximum ? maximum : amount;
    }
}
