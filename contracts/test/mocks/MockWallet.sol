// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IVouchers} from "../../src/interfaces/IVouchers.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";

/// @dev A contract wallet that takes what its owner signed, or answers in every way in which a wallet can do harm.
contract MockWallet {
    enum Mode {
        Checks,
        Refuses,
        Reverts,
        BurnsGas,
        AnswersLong,
        AnswersShort,
        RevertsLong,
        Reenters
    }

    bytes4 private constant YES = 0x1626ba7e;

    address private immutable owner;
    Mode public mode;

    constructor(address newOwner) {
        owner = newOwner;
    }

    function setMode(Mode newMode) external {
        mode = newMode;
    }

    function isValidSignature(bytes32 digest, bytes calldata signature) external returns (bytes4) {
        if (mode == Mode.Refuses) return 0xffffffff;
        if (mode == Mode.Reverts) revert("no");
        if (mode == Mode.BurnsGas) while (true) {}
        if (mode == Mode.AnswersLong) _answer(400_000);
        if (mode == Mode.AnswersShort) _answer(31);
        if (mode == Mode.RevertsLong) _refuse(400_000);
        if (mode == Mode.Reenters) IVouchers(msg.sender).setGateway(address(this), address(this), 1);
        (address signer,,) = ECDSA.tryRecoverCalldata(digest, signature);
        return signer == owner ? YES : bytes4(0);
    }

    function _answer(uint256 length) private pure {
        assembly {
            let at := mload(0x40)
            mstore(at, 0x1626ba7e00000000000000000000000000000000000000000000000000000000)
            return(at, length)
        }
    }

    function _refuse(uint256 length) private pure {
        assembly {
            revert(0, length)
        }
    }
}
