// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IRedemption} from "../../src/interfaces/IRedemption.sol";
import {DealId, OfferId} from "../../src/types/Ids.sol";
import {MeteredBase} from "../deals/MeteredBase.sol";
import {MockVouchers} from "../mocks/MockVouchers.sol";

/// @dev What `Deals` asks for a redemption, but for what `Vouchers` does before: the digest, its signature, the gateway's cap
/// and one event. Two deals of one provider, one of which was redeemed before.
/// forge-config: default.isolate = true
contract MeteredGasTest is MeteredBase {
    DealId private first;
    DealId private second;

    function setUp() public override {
        super.setUp();
        _register(providers[0], 1_000_000 * FLT, 1_000_000 * FLT, 1000, 0);
        OfferId offer = _offer(providers[0], 10_000, dollar);
        first = _serve(offer);
        second = _serve(offer);
        deployCodeTo("MockVouchers.sol:MockVouchers", vouchers);
        _skip(1 hours);
        _redeemMany(2);
        _skip(1 hours);
    }

    function _serve(OfferId offer) private returns (DealId id) {
        id = _open(_openingOf(1, 0));
        _standBy(id, 0, offer);
    }

    function _redeemMany(uint256 count) private {
        IRedemption.Claim[] memory claims = new IRedemption.Claim[](count);
        for (uint256 i = 0; i < count; ++i) {
            DealId id = i == 0 ? first : second;
            claims[i] = _usedOf(id, deals.redeemedOf(id, 0, 1) + dollar);
        }
        MockVouchers(vouchers).redeemMany(deals, claims);
    }

    /// @dev Of 80,000 for all of it.
    function test_Redeem() external {
        uint256 snapshot = vm.snapshotState();
        _redeemMany(1);
        uint256 one = vm.snapshotGasLastCall("Deals", "redeem");
        assertLe(one, 50_000, "redeem");
        vm.revertToState(snapshot);
        _redeemMany(2);
        uint256 each = vm.lastCallGas().gasTotalUsed - one;
        vm.snapshotValue("Deals", "redeem_each", each);
        // Of 32,000 for all of it.
        assertLe(each, 22_000, "redeem_each");
    }
}
