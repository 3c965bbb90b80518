// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IMatching} from "../interfaces/IMatching.sol";
import {Books} from "./Books.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";

/// @dev FLT of solvers. Invariants:
/// 1. `_bonded` is the sum of all balances.
/// 2. What is reserved of a solver is the sum of the bonds of its proposals that stand, and never more than its balance.
abstract contract Bonds is Books, IMatching {
    using SafeERC20 for IERC20;

    address private constant DEAD = 0x000000000000000000000000000000000000dEaD;

    struct Bond {
        uint128 balance;
        uint128 reserved;
    }

    IERC20 private immutable flt;

    mapping(address solver => Bond) private _bonds;
    uint256 private _bonded;
    /// @inheritdoc IMatching
    uint128 public bond;

    constructor(address newFlt) {
        flt = IERC20(newFlt);
    }

    /// @inheritdoc IMatching
    function depositBond(uint128 amount) external {
        require(amount != 0, AmountZero());
        Bond memory held = _bonds[msg.sender];
        _bonded += amount;
        _keepBond(msg.sender, held.balance + amount, held.reserved);
        flt.safeTransferFrom(msg.sender, address(this), amount);
    }

    /// @inheritdoc IMatching
    function withdrawBond(uint128 amount, address recipient) external {
        require(amount != 0, AmountZero());
        Bond memory held = _bonds[msg.sender];
        uint128 free = held.balance - held.reserved;
        require(amount <= free, BondTooLow(free, amount));
        _bonded -= amount;
        _keepBond(msg.sender, held.balance - amount, held.reserved);
        flt.safeTransfer(recipient, amount);
    }

    function _reserve(address solver, uint128 amount) internal {
        if (amount == 0) return;
        Bond memory held = _bonds[solver];
        uint128 free = held.balance - held.reserved;
        require(amount <= free, BondTooLow(free, amount));
        _keepBond(solver, held.balance, held.reserved + amount);
    }

    function _free(address solver, uint128 amount) internal {
        if (amount == 0) return;
        Bond memory held = _bonds[solver];
        _keepBond(solver, held.balance, held.reserved - amount);
    }

    function _burn(address solver, uint128 amount) internal {
        if (amount == 0) return;
        Bond memory held = _bonds[solver];
        _bonded -= amount;
        _keepBond(solver, held.balance - amount, held.reserved - amount);
        flt.safeTransfer(DEAD, amount);
    }

    function _keepBond(address solver, uint128 balance, uint128 reserved) private {
        _bonds[solver] = Bond(balance, reserved);
        emit BondChanged(solver, balance, reserved);
    }

    /* VIEWS */

    /// @inheritdoc IMatching
    function bondOf(address solver) external view returns (uint128 balance, uint128 reserved) {
        Bond memory held = _bonds[solver];
        return (held.balance, held.reserved);
    }

    /// @inheritdoc IMatching
    function surplus() external view returns (uint256) {
        return flt.balanceOf(address(this)) - _bonded;
    }
}
