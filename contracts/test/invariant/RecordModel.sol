// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// @dev Records with loops, where the contract has one word: every stretch of time served or down is kept, and added up anew each
/// time that somebody asks.
abstract contract RecordModel {
    uint256 private constant MONTH = 30 days;

    struct Stretch {
        uint256 at;
        uint256 length;
        bool isDown;
    }

    mapping(address provider => Stretch[]) private _stretches;
    mapping(address provider => uint256) internal downSinceOf;

    function _served(address provider, uint256 length) internal {
        _stretches[provider].push(Stretch(block.timestamp, length, false));
    }

    function _down(address provider, uint256 length) internal {
        _stretches[provider].push(Stretch(block.timestamp, length, true));
    }

    function _failed(address provider, uint256 since) internal {
        if (downSinceOf[provider] == 0) downSinceOf[provider] = since;
        else _down(provider, block.timestamp - since);
    }

    function _shownUp(address provider, uint256 at) internal {
        uint256 length = at - downSinceOf[provider];
        _down(provider, length < MONTH ? length : MONTH);
        downSinceOf[provider] = 0;
    }

    /// @dev Of this month all, of the one before as much as is not yet over again.
    function modelOf(address provider) public view returns (uint256 served, uint256 down) {
        uint256 left = MONTH - block.timestamp % MONTH;
        (uint256 servedBefore, uint256 downBefore) = (0, 0);
        for (uint256 i = 0; i < _stretches[provider].length; ++i) {
            Stretch memory stretch = _stretches[provider][i];
            uint256 age = block.timestamp / MONTH - stretch.at / MONTH;
            if (age == 0 && stretch.isDown) down += stretch.length;
            else if (age == 0) served += stretch.length;
            else if (age == 1 && stretch.isDown) downBefore += stretch.length;
            else if (age == 1) servedBefore += stretch.length;
        }
        if (served > MONTH) served = MONTH;
        if (servedBefore > MONTH) servedBefore = MONTH;
        served += servedBefore * left / MONTH;
        down += (downBefore * left + MONTH - 1) / MONTH;
        uint256 since = downSinceOf[provider];
        if (since != 0) down += block.timestamp - since < MONTH ? block.timestamp - since : MONTH;
    }
}
