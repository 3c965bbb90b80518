// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDeals, IDealsBooks} from "../../src/interfaces/IDeals.sol";
import {IVouchers} from "../../src/interfaces/IVouchers.sol";
import {DealId} from "../../src/types/Ids.sol";

/// @dev What `Proofs` and its verifiers ask `Deals` and `Vouchers`.
contract MockDeals {
    mapping(DealId deal => IDeals.Deal) private _deals;
    mapping(DealId deal => mapping(uint8 slot => IDeals.Slot)) private _slots;
    mapping(address customer => mapping(address gateway => IVouchers.Gateway)) private _gateways;

    function setDeal(DealId deal, address customer, uint8 proofKind, bytes32 key) external {
        _deals[deal].customer = customer;
        _deals[deal].proofKind = proofKind;
        _deals[deal].verificationKey = key;
    }

    function setSlot(DealId deal, uint8 slot, address provider, uint32 serving, uint8 status, uint40 endsAt) external {
        IDeals.Slot storage served = _slots[deal][slot];
        (served.provider, served.serving, served.status, served.endsAt) = (provider, serving, status, endsAt);
    }

    function setGateway(address customer, address gateway, uint96 dailyCap, uint40 revokedAt) external {
        _gateways[customer][gateway] = IVouchers.Gateway(dailyCap, 0, 0, revokedAt);
    }

    function dealOf(DealId deal) external view returns (IDeals.Deal memory) {
        require(_deals[deal].customer != address(0), IDealsBooks.DealUnknown(deal));
        return _deals[deal];
    }

    function slotOf(DealId deal, uint8 slot) external view returns (IDeals.Slot memory) {
        return _slots[deal][slot];
    }

    function gatewayOf(address customer, address gateway) external view returns (IVouchers.Gateway memory) {
        return _gateways[customer][gateway];
    }
}
