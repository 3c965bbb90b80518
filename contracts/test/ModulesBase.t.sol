// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IMatching} from "../src/interfaces/IMatching.sol";
import {IVouchers} from "../src/interfaces/IVouchers.sol";
import {DealId} from "../src/types/Ids.sol";
import {VouchersBase} from "./VouchersBase.t.sol";

/// @dev Two authors; deals at a dollar a unit-day of the offer, and what their modules ask for.
abstract contract ModulesBase is VouchersBase {
    bytes32 internal constant HASH = keccak256("module");

    address internal immutable author = makeAddr("author");
    address internal immutable coauthor = makeAddr("coauthor");

    function setUp() public virtual override {
        _deploy(6);
        gateway = _keyed("gateway");
        cap = uint96(500 * dollar);
        _setGateway(gateway, cap);
    }

    function _publish(address by, bytes32 module, uint96 royalty) internal {
        vm.prank(by);
        registry.publish(module, royalty, "ipfs://module");
    }

    function _setRoyalty(bytes32 module, uint96 royalty) internal {
        vm.prank(author);
        registry.setRoyalty(module, royalty);
    }

    /// @dev Ten cents each.
    function _published(uint256 count) internal returns (bytes32[] memory list) {
        list = new bytes32[](count);
        for (uint256 i = 0; i < count; ++i) {
            list[i] = keccak256(abi.encode(i));
            _publish(author, list[i], uint96(dollar / 10));
        }
    }

    function _list(bytes32 module) internal pure returns (bytes32[] memory list) {
        list = new bytes32[](1);
        list[0] = module;
    }

    function _askingFor(bytes32[] memory list) internal view returns (IMatching.Request memory request) {
        request = _asking(1, 100, 14, 84);
        request.modules = list;
    }

    function _requestNaming(bytes32[] memory list) internal returns (DealId) {
        return _request(_askingFor(list));
    }

    function _serve(IMatching.Request memory request) private returns (DealId deal) {
        deal = _request(request);
        _activate(deal, _one(_host(0)));
        _ready(deal, 0);
    }

    function _serving(bytes32[] memory list) internal returns (DealId) {
        return _serve(_askingFor(list));
    }

    function _servingMetered(bytes32[] memory list) internal returns (DealId) {
        IMatching.Request memory request = _askingFor(list);
        request.paymentMode = 1;
        return _serve(request);
    }

    function _redeemOf(DealId deal, uint256 amount) internal returns (uint128) {
        IVouchers.Voucher memory voucher = _voucherOf(deal, amount);
        return _redeem(voucher);
    }
}
