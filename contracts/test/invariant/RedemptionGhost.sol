// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDeals, IDealsBooks} from "../../src/interfaces/IDeals.sol";
import {IRedemption} from "../../src/interfaces/IRedemption.sol";
import {IVouchers} from "../../src/interfaces/IVouchers.sol";
import {DealId} from "../../src/types/Ids.sol";
import {Test, Vm} from "forge-std/Test.sol";

/// @dev What the events told of redemptions and royalties, added up; what single calls broke is kept by the law's number.
abstract contract RedemptionGhost is Test {
    struct Served {
        address provider;
        uint40 endedAt; // zero: as its slot says
    }

    struct Told {
        DealId deal;
        uint32 serving;
        uint128 amount;
        uint128 signed;
        uint40 until;
        address gateway;
    }

    /// Laws that a single call broke, by number.
    mapping(uint256 law => string) public broken;
    mapping(bytes32 serving => uint256) public paidOf;
    mapping(bytes32 serving => uint256) public signedOf;
    mapping(address customer => mapping(address gateway => mapping(uint256 day => uint256))) public spentOn;
    mapping(DealId deal => uint256) public royaltiesOf;
    mapping(DealId deal => uint256) public sharedOf;
    mapping(DealId deal => uint256) public paymentsOf;
    mapping(DealId deal => mapping(address author => uint256)) public authorOf;
    mapping(address author => uint256) public claimed;
    mapping(DealId deal => mapping(uint32 serving => Served)) private _served;
    Told[] private _told;

    function _deals() internal view virtual returns (IDeals);

    function keyOfServing(DealId deal, uint32 serving) public pure returns (bytes32) {
        return keccak256(abi.encode(deal, serving));
    }

    /* SERVINGS */

    function _noteServing(DealId deal, uint32 serving, address provider) internal {
        _served[deal][serving].provider = provider;
    }

    function _noteEnd(DealId deal, uint32 serving, uint40 endedAt) internal {
        _served[deal][serving].endedAt = endedAt;
    }

    function _byOf(DealId deal, uint32 serving) internal view returns (address) {
        return _served[deal][serving].provider;
    }

    function _endOf(DealId deal, uint32 serving) private view returns (uint40) {
        uint40 endedAt = _served[deal][serving].endedAt;
        return endedAt == 0 ? _deals().slotOf(deal, 0).endsAt : endedAt;
    }

    /* EVENTS */

    function _collect() internal {
        Vm.Log[] memory logs = vm.getRecordedLogs();
        for (uint256 i = 0; i < logs.length; ++i) {
            bytes32 kind = logs[i].topics[0];
            if (kind == IVouchers.VoucherRedeemed.selector) _noteVoucher(logs[i]);
            if (kind == IDealsBooks.SlotCredited.selector) _noteSplit(logs[i]);
            if (kind == IRedemption.SlotRedeemed.selector) _notePayment(logs[i]);
            if (kind == IRedemption.RoyaltyCredited.selector) _noteRoyalty(logs[i]);
        }
    }

    function _dealIn(Vm.Log memory log) private pure returns (DealId) {
        return DealId.wrap(uint64(uint256(log.topics[1])));
    }

    function _noteVoucher(Vm.Log memory log) private {
        (uint32 serving, uint128 amount, uint128 signed,,, uint40 until,) =
            abi.decode(log.data, (uint32, uint128, uint128, uint64, uint40, uint40, bytes32));
        address gateway = address(uint160(uint256(log.topics[3])));
        _told.push(Told(_dealIn(log), serving, amount, signed, until, gateway));
    }

    /// @dev Paid to whoever served, as long as it may be.
    function _notePayment(Vm.Log memory log) private {
        (uint32 serving, uint128 amount, uint128 redeemed,) = abi.decode(log.data, (uint32, uint128, uint128, uint128));
        DealId deal = _dealIn(log);
        bytes32 key = keyOfServing(deal, serving);
        paidOf[key] += amount;
        if (paidOf[key] != redeemed) broken[95] = "L95: not cumulative";
        if (_byOf(deal, serving) != address(uint160(uint256(log.topics[3])))) broken[96] = "L96: another provider";
        if (block.timestamp > _endOf(deal, serving) + 24 hours) broken[96] = "L96: long after the end";
        if (_deals().dealOf(deal).paymentMode != 1) broken[96] = "L96: not metered";
    }

    function _noteSplit(Vm.Log memory log) private {
        (uint128 fee, uint128 royalty, uint128 toStakers, uint128 toProvider) =
            abi.decode(log.data, (uint128, uint128, uint128, uint128));
        DealId deal = _dealIn(log);
        uint256 amount = uint256(fee) + royalty + toStakers + toProvider;
        uint256 rate = _deals().dealOf(deal).royalty;
        uint256 price = _deals().slotOf(deal, uint8(uint256(log.topics[2]))).price;
        royaltiesOf[deal] += royalty;
        // Every offer here costs a dollar, and whoever served before cost the same.
        if (price != 0 && royalty > amount * rate / price) broken[98] = "L98: more than the author's part";
        if (price != 0 && royalty + fee < amount && royalty != amount * rate / price) broken[98] = "L98: less";
    }

    function _noteRoyalty(Vm.Log memory log) private {
        (uint128 amount,) = abi.decode(log.data, (uint128, uint128));
        DealId deal = _dealIn(log);
        sharedOf[deal] += amount;
        ++paymentsOf[deal];
        authorOf[deal][address(uint160(uint256(log.topics[2])))] += amount;
    }

    /* REDEMPTIONS */

    /// @dev What was told since the last time, all of it at this gateway's word for this customer.
    function _takeRedeemed(address customer, address gateway, IVouchers.Gateway memory held)
        internal
        returns (uint256 sum)
    {
        uint256 day = (held.revokedAt == 0 ? block.timestamp : held.revokedAt) / 1 days;
        for (uint256 i = 0; i < _told.length; ++i) {
            Told memory told = _told[i];
            sum += told.amount;
            bytes32 key = keyOfServing(told.deal, told.serving);
            if (told.signed > signedOf[key]) signedOf[key] = told.signed;
            if (told.until > _endOf(told.deal, told.serving)) broken[96] = "L96: usage after the end";
            if (told.until > block.timestamp) broken[96] = "L96: usage ahead";
            if (told.gateway != gateway) broken[96] = "L96: another gateway";
            if (_deals().dealOf(told.deal).customer != customer) broken[96] = "L96: another customer's";
            if (held.revokedAt != 0 && told.until > held.revokedAt) broken[96] = "L96: usage after a revocation";
        }
        delete _told;
        spentOn[customer][gateway][day] += sum;
        if (sum != 0 && spentOn[customer][gateway][day] > held.dailyCap) broken[96] = "L96: more than a day's cap";
        if (sum != 0 && held.revokedAt != 0 && block.timestamp > held.revokedAt + 24 hours) {
            broken[96] = "L96: long after a revocation";
        }
    }
}
