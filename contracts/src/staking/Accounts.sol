// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IStaking} from "../interfaces/IStaking.sol";
import {Ledger} from "./Ledger.sol";

/// @dev Who may act for an account, and where its value may go; every contract of the system asks. Both are set in `Keys`.
abstract contract Accounts is Ledger {
    function _mayAct(address account, address caller, uint32 role) internal view returns (bool) {
        if (caller == account) return true;
        KeyState storage key = _keys[account][caller];
        return key.roles & role == role && block.timestamp < key.expiry;
    }

    function _mayReceive(address account, address to) internal view returns (bool) {
        if (to == account) return true;
        uint40 activeAt = _payees[account][to];
        return activeAt != 0 && block.timestamp >= activeAt;
    }

    function _checkActor(address account, uint32 role) internal view {
        require(_mayAct(account, msg.sender, role), IStaking.NotAllowed(msg.sender, account));
    }

    function _checkPayee(address account, address to) internal view {
        require(_mayReceive(account, to), IStaking.NotPayee(account, to));
    }
}
