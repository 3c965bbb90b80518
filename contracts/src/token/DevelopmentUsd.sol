// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDevelopmentUsd} from "./IDevelopmentUsd.sol";
import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";

contract DevelopmentUsd is IDevelopmentUsd, ERC20, Ownable {
    uint8 private immutable unitDecimals;

    /// @inheritdoc IDevelopmentUsd
    mapping(address account => bool) public isBlocked;

    constructor(address owner, uint8 newDecimals) ERC20("Development USD", "USD") Ownable(owner) {
        require(newDecimals == 6 || newDecimals == 18, DecimalsUnsupported(newDecimals));
        unitDecimals = newDecimals;
    }

    /// @inheritdoc IDevelopmentUsd
    function mint(address to, uint256 amount) external onlyOwner {
        _mint(to, amount);
    }

    /// @inheritdoc IDevelopmentUsd
    function setBlocked(address account, bool newBlocked) external onlyOwner {
        isBlocked[account] = newBlocked;
        emit BlockedSet(account, newBlocked);
    }

    /// @inheritdoc ERC20
    function decimals() public view override returns (uint8) {
        return unitDecimals;
    }

    /// @inheritdoc ERC20
    function _update(address from, address to, uint256 amount) internal override {
        require(!isBlocked[from], AccountBlocked(from));
        require(!isBlocked[to], AccountBlocked(to));
        super._update(from, to, amount);
    }
}
