// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICapacity} from "../../src/interfaces/ICapacity.sol";
import {CommitmentId, DealId} from "../../src/types/Ids.sol";
import {CapacityBase} from "../CapacityBase.t.sol";

/// @dev Whole transactions in the steady state: a commitment of 32 units in the middle of its term, which proved a day, by a hot
/// key. Without what a verification costs (the toy's is 2,000 gas) and what `Rewards` does. Each call is a transaction of
/// its own; what it cost is kept in `contracts/snapshots`, and the commit is held against its budget.
/// forge-config: default.isolate = true
contract CapacityGasTest is CapacityBase {
    uint16 private constant UNITS = 32;
    /// Calldata of a byte that is not zero, and the same byte in the event.
    uint256 private constant BITMAP_GAS = 16 + 8;

    /// Equi-X without the precompile, and a bit.
    uint256 private constant VERIFICATION_GAS = 1_450_000;

    CommitmentId private commitment;
    uint32 private day;

    function setUp() public override {
        super.setUp();
        _pledgeFor(1, 1);
        commitment = _proving(UNITS);
        day = _epoch();
        for (uint256 i = 0; i < 14; ++i) {
            _toWindow(uint32(uint256(day) * 24 + i));
            _open();
            _proved(commitment, 256, false);
        }
    }

    function _measured(string memory name) private returns (uint256) {
        return vm.snapshotGasLastCall("Capacity", name);
    }

    /// @dev In the next window, which is open.
    function _next() private returns (Sheet memory sheet) {
        _toWindow(_window() + 1);
        _open();
        sheet = _solved(commitment, _window(), UNITS * 8);
    }

    function _byKey(Sheet memory sheet) private returns (ICapacity.Claim memory claim) {
        bytes32 seed = capacity.seedOf(sheet.window);
        claim = _claimOf(sheet);
        vm.prank(prover);
        capacity.commit(commitment, sheet.window, seed, sheet.root, sheet.bitmap);
    }

    /* PLEDGE */

    function test_Pledge() external {
        vm.prank(staker);
        capacity.pledge(provider, 0, UNITS, 14);
        _measured("pledge");
    }

    function test_Renew() external {
        _to((uint256(day) + 13) * EPOCH);
        priceGuard.observe();
        vm.prank(prover);
        capacity.renew(commitment, 14);
        _measured("renew_commitment");
    }

    function test_End() external {
        vm.prank(prover);
        capacity.end(commitment);
        _measured("end");
    }

    /* PROVE */

    function test_OpenWindow() external {
        _toWindow(_window() + 1);
        capacity.openWindow();
        _measured("open_window");
    }

    function test_OpenWindow_WhenFirstOfEpoch() external {
        _to((uint256(day) + 1) * EPOCH);
        capacity.openWindow();
        _measured("open_window_first");
    }

    function test_Commit() external {
        _byKey(_next());
        uint256 used = _measured("capacity_commit");
        assertLe(used, 75_000 + BITMAP_GAS * UNITS, "capacity commit");
    }

    function test_Draw() external {
        ICapacity.Claim memory claim = _byKey(_next());
        _choose(commitment, claim, false);
        capacity.draw(commitment, claim);
        _measured("draw");
    }

    function test_Draw_WhenAudited() external {
        ICapacity.Claim memory claim = _byKey(_next());
        _choose(commitment, claim, true);
        capacity.draw(commitment, claim);
        _measured("draw_audited");
    }

    function test_Answer() external {
        Sheet memory sheet = _next();
        ICapacity.Claim memory claim = _byKey(sheet);
        _draw(commitment, claim, true);
        ICapacity.Leaf memory leaf = _asked(commitment, sheet);
        vm.prank(prover);
        capacity.answer(commitment, claim, sheet.bitmap, leaf);
        _measured("answer");
    }

    function test_DemandLeaf() external {
        Sheet memory sheet = _next();
        ICapacity.Claim memory claim = _byKey(sheet);
        _demand(commitment, sheet, claim, 77);
        _measured("demand_leaf");
    }

    function test_Deliver() external {
        Sheet memory sheet = _next();
        ICapacity.Claim memory claim = _byKey(sheet);
        vm.fee(1 gwei);
        _demand(commitment, sheet, claim, 77);
        ICapacity.Leaf memory leaf = _leafOf(sheet, 77);
        vm.prank(prover);
        capacity.deliver(commitment, claim, leaf);
        uint256 used = _measured("deliver");
        assertLe(used + VERIFICATION_GAS, capacity.demandDeposit() * 2 / 3 / 1 gwei, "the deposit covers the dearest");
    }

    /* CONVICT */

    function test_Announce() external {
        vm.prank(watcher);
        capacity.announce("hash");
        _measured("announce");
    }

    function test_Convict() external {
        _toWindow(_window() + 1);
        _open();
        Sheet memory sheet = _blank(commitment, _window());
        _put(sheet, 77, 1, "no work");
        _grow(sheet);
        ICapacity.Claim memory claim = _byKey(sheet);
        rewards.setReward(commitment, 100e18, 100e18);
        _announce(commitment, sheet.window, 77);
        ICapacity.Leaf memory leaf = _leafOf(sheet, 77);
        vm.prank(watcher);
        capacity.convict(commitment, claim, sheet.bitmap, leaf, "salt");
        _measured("convict");
    }

    function test_ConvictUnanswered() external {
        Sheet memory sheet = _next();
        ICapacity.Claim memory claim = _byKey(sheet);
        _draw(commitment, claim, true);
        rewards.setReward(commitment, 100e18, 100e18);
        skip(12 hours + 1);
        vm.prank(watcher);
        capacity.convictUnanswered(commitment, sheet.window);
        _measured("convict_unanswered");
    }

    function test_ConvictUndelivered() external {
        Sheet memory sheet = _next();
        ICapacity.Claim memory claim = _byKey(sheet);
        _demand(commitment, sheet, claim, 77);
        rewards.setReward(commitment, 100e18, 100e18);
        skip(12 hours + 1);
        capacity.convictUndelivered(commitment, sheet.window, 77);
        _measured("convict_undelivered");
    }

    /* CREDIT */

    function test_Excuse() external {
        _to((uint256(day) + 1) * EPOCH);
        rewards.setWork(1e6);
        vm.prank(prover);
        capacity.excuse(commitment, day, DealId.wrap(1), 0);
        _measured("excuse");
    }

    function test_Credit() external {
        _to(_finalAt(day));
        capacity.credit(commitment, day);
        _measured("credit");
    }

    function test_Release() external {
        capacity.release(commitment);
        _measured("release");
    }
}
