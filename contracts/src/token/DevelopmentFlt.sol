// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDevelopmentFlt} from "./IDevelopmentFlt.sol";
import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {ERC20} from "@openzeppelin/contracts/token/ERC20/ERC20.sol";
import {ERC20Burnable} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Burnable.sol";
import {ERC20Permit} from "@openzeppelin/contracts/token/ERC20/extensions/ERC20Permit.sol";

contract DevelopmentFlt is IDevelopmentFlt, ERC20, ERC20Burnable, ERC20Permit, Ownable {
    constructor(address owner) ERC20("Development FLT", "FLT") ERC20Permit("Development FLT") Ownable(owner) {}

    /// @inheritdoc IDevelopmentFlt
    function mint(address to, uint256 amount) external onlyOwner {
        _mint(to, amount);
    }
}
