// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {AttributeIds} from "../../src/types/AttributeIds.sol";
import {DealId} from "../../src/types/Ids.sol";
import {RewardsBase} from "../RewardsBase.t.sol";

/// @dev Gas of whole transactions in the steady state: pools were opened, credits paid, fees burned and rewarded before.
/// `open`, `credit`, `release`, `forfeit` and `attend` are calls of `Capacity`, so a transaction's 21,000 are not theirs.
/// forge-config: default.isolate = true
contract RewardsGasTest is RewardsBase {
    DealId private id;
    uint32 private epoch;

    function setUp() public override {
        super.setUp();
        _attest(200);
        id = _serving();
        _skip(4 days);
        rewards.recordFee(id, 0);
        _buyAll(stranger);
        rewards.rewardFee(id, 0);
        epoch = _open(10 * UNIT);
        _credit(FIRST, epoch, 1, 100);
        _toDue(epoch);
        _release(FIRST);
        _claimFlt(providers[0]);
        _claimUsd();
        _attend(id, _today() - 1);
        epoch = _open(10 * UNIT);
        _credit(FIRST, epoch, 1, 100);
        _credit(SECOND, epoch, 1, 100);
        _toDue(epoch);
        _release(SECOND);
        deals.settle(id, 0);
    }

    function _claimUsd() private {
        vm.prank(reserve);
        feeBurn.claim();
    }

    function _measured(string memory file, string memory name, uint256 budget) private {
        assertLe(vm.snapshotGasLastCall(file, name), budget, name);
    }

    /* REWARDS */

    function test_Gas_Fund() external {
        _fundRewards(1e18);
        _mintFlt(funder, 1e18);
        vm.prank(funder);
        flt.approve(address(rewards), 1e18);
        vm.prank(funder);
        rewards.fund(1e18);
        _measured("Rewards", "fund", 60_000);
    }

    function test_Gas_Open() external {
        _open(10 * UNIT);
        _measured("Rewards", "open", 110_000);
    }

    function test_Gas_Adjust() external {
        rewards.adjust(CPU);
        _measured("Rewards", "adjust", 60_000);
    }

    function test_Gas_Credit() external {
        _release(FIRST);
        _open(10 * UNIT);
        _credit(FIRST, _today(), 1, 100);
        _measured("Rewards", "credit", 70_000);
    }

    function test_Gas_CreditAndPay() external {
        _open(10 * UNIT);
        _credit(FIRST, _today(), 1, 100);
        _measured("Rewards", "credit_and_pay", 150_000);
    }

    function test_Gas_Release() external {
        _release(FIRST);
        _measured("Rewards", "release", 130_000);
    }

    function test_Gas_Forfeit() external {
        vm.prank(capacity);
        rewards.forfeit(FIRST, providers[0], 1e18);
        _measured("Rewards", "forfeit", 60_000);
    }

    function test_Gas_Attend() external {
        _attend(id, _today() - 1);
        _measured("Rewards", "attend", 170_000);
    }

    function test_Gas_RecordFee() external {
        rewards.recordFee(id, 0);
        _measured("Rewards", "record_fee", 130_000);
    }

    function test_Gas_RewardFee() external {
        rewards.recordFee(id, 0);
        _buyAll(stranger);
        rewards.rewardFee(id, 0);
        _measured("Rewards", "reward_fee", 150_000);
    }

    function test_Gas_Sweep() external {
        skip(12 days);
        rewards.sweep(CPU, epoch);
        _measured("Rewards", "sweep", 45_000);
    }

    function test_Gas_Claim() external {
        vm.prank(providers[0]);
        rewards.claim(providers[0], providers[0]);
        _measured("Rewards", "claim_reward_credit", 55_000);
    }

    /* FEE BURN */

    function test_Gas_Collect() external {
        feeBurn.collect();
        _measured("FeeBurn", "collect", 95_000);
    }

    function test_Gas_Buy() external {
        feeBurn.collect();
        (uint128 lot,) = feeBurn.lot();
        uint128 cost = feeBurn.costOf(lot / 2);
        _mintFlt(stranger, 2 * cost);
        vm.prank(stranger);
        flt.approve(address(feeBurn), 2 * cost);
        vm.prank(stranger);
        feeBurn.buy(lot / 2, cost, stranger);
        _measured("FeeBurn", "buy", 95_000);
    }

    function test_Gas_ClaimTreasury() external {
        feeBurn.collect();
        vm.prank(reserve);
        feeBurn.claim();
        _measured("FeeBurn", "claim_treasury", 60_000);
    }

    /* ATTRIBUTES */

    function test_Gas_Secure() external {
        skip(1 hours);
        vm.prank(attester);
        attributes.secure(20_000e18);
        _measured("Attributes", "secure_again", 90_000);
    }

    function test_Gas_Attest() external {
        vm.prank(attester);
        attributes.attest(customer, AttributeIds.REAL_CUSTOMER, 2, 0, type(uint40).max);
        _measured("Attributes", "attest", 50_000);
    }

    function test_Gas_Spend() external {
        vm.prank(address(rewards));
        attributes.spend(customer, _today() - 1, 1e6);
        _measured("Attributes", "spend", 70_000);
    }
}
