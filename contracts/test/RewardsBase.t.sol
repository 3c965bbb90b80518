// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AttributeIds} from "../src/types/AttributeIds.sol";
import {CommitmentId, DealId} from "../src/types/Ids.sol";
import {SystemBase} from "./SystemBase.t.sol";

/// @dev The system with funded rewards, a pool of class 0, and an account that stands for `Capacity`.
abstract contract RewardsBase is SystemBase {
    uint8 internal constant CPU = 0;
    uint256 internal constant UNIT = 1e6;
    uint128 internal constant MINIMUM = 1000e18;
    uint128 internal constant MAXIMUM = 100_000e18;
    uint256 internal constant FUNDS = 1_000_000e18;
    address internal constant DEAD = 0x000000000000000000000000000000000000dEaD;
    CommitmentId internal constant FIRST = CommitmentId.wrap(1);
    CommitmentId internal constant SECOND = CommitmentId.wrap(2);

    address internal immutable funder = makeAddr("funder");

    function setUp() public virtual override {
        super.setUp();
        rewards.setPool(CPU, uint128(dollar / 2), MINIMUM, MAXIMUM);
        _fundRewards(FUNDS);
    }

    function _mintFlt(address account, uint256 amount) internal {
        vm.prank(issuer);
        flt.mint(account, amount);
    }

    function _fundRewards(uint256 amount) internal {
        _mintFlt(funder, amount);
        vm.startPrank(funder);
        flt.approve(address(rewards), amount);
        rewards.fund(uint128(amount));
        vm.stopPrank();
    }

    /* CAPACITY */

    function _today() internal view returns (uint32) {
        return uint32(block.timestamp / 1 days);
    }

    /// @dev Opens the running epoch.
    function _open(uint256 units) internal returns (uint32 epoch) {
        epoch = _today();
        vm.prank(capacity);
        rewards.open(CPU, epoch, uint64(units));
    }

    /// @dev Time moves to where epochs up to `epoch` can be credited.
    function _toFinal(uint32 epoch) internal {
        uint256 at = (uint256(epoch) + 1) * 1 days + 3 hours;
        if (block.timestamp < at) _skip(at - block.timestamp);
    }

    function _toDue(uint32 epoch) internal {
        uint256 at = (uint256(epoch) + 1) * 1 days + 27 hours;
        if (block.timestamp < at) _skip(at - block.timestamp);
    }

    /// @dev Of the epoch's pool, `weight` of `divisor`.
    function _credit(CommitmentId commitment, uint32 epoch, uint256 weight, uint256 divisor)
        internal
        returns (uint128)
    {
        return _creditTo(commitment, providers[0], epoch, weight, divisor);
    }

    function _creditTo(CommitmentId commitment, address provider, uint32 epoch, uint256 weight, uint256 divisor)
        internal
        returns (uint128)
    {
        vm.prank(capacity);
        return rewards.credit(commitment, provider, CPU, epoch, weight, weight, divisor, 0);
    }

    function _release(CommitmentId commitment) internal returns (uint128) {
        vm.prank(capacity);
        return rewards.release(commitment);
    }

    /// @dev A provider with stake, whose commitment earned `weight` of 100 of an epoch, final now.
    function _earned(uint256 weight) internal returns (uint128 amount, uint32 epoch) {
        if (!staking.isRegistered(providers[0])) _register(providers[0], 1000 * FLT, 3000 * FLT, 0, 0);
        epoch = _open(10 * UNIT);
        _toFinal(epoch);
        amount = _credit(FIRST, epoch, weight, 100);
    }

    /* WORK */

    /// @dev The customer is attested as real for a year, by an attester whose lock answers for `units` a day.
    function _attest(uint256 units) internal {
        _secure(attester, units);
        _attestAgain();
    }

    function _attestAgain() internal {
        vm.prank(attester);
        attributes.attest(customer, AttributeIds.REAL_CUSTOMER, 2, 0, uint40(block.timestamp + 365 days));
    }

    function _attend(DealId deal, uint32 epoch) internal returns (uint64) {
        vm.prank(capacity);
        return rewards.attend(deal, 0, epoch, providers[0], CPU);
    }

    /* MONEY */

    function _buy(address buyer, uint256 amount) internal returns (uint128 cost) {
        cost = feeBurn.costOf(uint128(amount));
        _mintFlt(buyer, cost);
        vm.startPrank(buyer);
        flt.approve(address(feeBurn), cost);
        feeBurn.buy(uint128(amount), cost, buyer);
        vm.stopPrank();
    }

    function _buyAll(address buyer) internal {
        feeBurn.collect();
        (uint128 amount,) = feeBurn.lot();
        if (amount != 0) _buy(buyer, amount);
    }

    function _claimFlt(address account) internal returns (uint128) {
        vm.prank(account);
        return rewards.claim(account, account);
    }
}
