// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {PriceGuard} from "../src/PriceGuard.sol";
import {Staking} from "../src/Staking.sol";
import {Governance} from "../src/governance/Governance.sol";
import {ICapacity} from "../src/interfaces/ICapacity.sol";
import {IPriceGuard} from "../src/interfaces/IPriceGuard.sol";
import {IStaking} from "../src/interfaces/IStaking.sol";
import {DevelopmentFeed} from "../src/token/DevelopmentFeed.sol";
import {DevelopmentFlt} from "../src/token/DevelopmentFlt.sol";
import {DevelopmentUsd} from "../src/token/DevelopmentUsd.sol";
import {CommitmentId, ModuleId} from "../src/types/Ids.sol";
import {KeyRoles, ModuleRoles} from "../src/types/Roles.sol";
import {Work} from "./Work.sol";
import {MockRewards} from "./mocks/MockRewards.sol";
import {ToyVerifier} from "./mocks/ToyVerifier.sol";

/// @dev Capacity with the real `Staking` and `PriceGuard`, work that a test can do, and a `Rewards` that writes down what it is
/// told. FLT costs $0.50, a unit $200, so a unit locks 400 FLT. A puzzle takes two tries.
abstract contract CapacityBase is Work {
    uint256 internal constant FLT = 1e18;
    uint256 internal constant LOCK = 400 * FLT;
    uint128 internal constant COLLATERAL = 200e6;
    uint256 internal constant EPOCH = 1 days;
    uint256 internal constant WINDOW = 1 hours;
    ModuleId internal constant SELF = ModuleId.wrap(1);

    address internal immutable issuer = makeAddr("issuer");
    address internal immutable treasury = makeAddr("treasury");
    address internal immutable guardian = makeAddr("guardian");
    address internal immutable council = makeAddr("council");
    address internal immutable provider = makeAddr("provider");
    address internal immutable prover = makeAddr("prover");
    address internal immutable staker = makeAddr("staker");
    address internal immutable delegator = makeAddr("delegator");
    address internal immutable watcher = makeAddr("watcher");
    address internal immutable stranger = makeAddr("stranger");

    DevelopmentFlt internal flt;
    DevelopmentUsd internal usd;
    DevelopmentFeed[3] internal feeds;
    Governance internal manager;
    IStaking internal staking;
    IPriceGuard internal priceGuard;
    MockRewards internal rewards;

    function setUp() public virtual {
        vm.warp(20_700 days + 7 hours);
        vm.roll(1000);
        flt = new DevelopmentFlt(issuer);
        usd = new DevelopmentUsd(issuer, 6);
        manager = new Governance(address(this));
        toy = new ToyVerifier("toy");
        IPriceGuard.Source[] memory sources = new IPriceGuard.Source[](3);
        for (uint256 i = 0; i < 3; ++i) {
            feeds[i] = new DevelopmentFeed(8, "FLT/USD");
            feeds[i].post(0.5e8);
            sources[i] = IPriceGuard.Source(address(feeds[i]), 2 days);
        }
        priceGuard = new PriceGuard(address(manager), sources);
        uint256 nonce = vm.getNonce(address(this));
        address rewardsAt = vm.computeCreateAddress(address(this), nonce + 1);
        address capacityAt = vm.computeCreateAddress(address(this), nonce + 2);
        address[] memory modules = new address[](2);
        uint8[] memory roles = new uint8[](2);
        (modules[0], roles[0]) = (capacityAt, ModuleRoles.LOCK | ModuleRoles.SLASH);
        (modules[1], roles[1]) = (rewardsAt, ModuleRoles.REWARD);
        staking = new Staking(address(flt), address(usd), treasury, guardian, council, modules, roles);
        _deployRewards(capacityAt);
        // Mutants of the contract are put in its place by name.
        string memory artifact = vm.envOr("CAPACITY_ARTIFACT", string("Capacity.sol:Capacity"));
        bytes memory args = abi.encode(manager, staking, priceGuard, rewardsAt, SELF, guardian);
        capacity = ICapacity(deployCode(artifact, args));
        assertEq(address(capacity), capacityAt, "deployed where staking expects it");
        capacity.addClass(0, toy, type(uint256).max / 2, COLLATERAL);
        _register(provider, 500_000 * FLT, 500_000 * FLT);
        vm.startPrank(provider);
        staking.setKey(prover, KeyRoles.PROVE, uint40(block.timestamp + 3650 days));
        staking.setKey(staker, KeyRoles.STAKE, uint40(block.timestamp + 3650 days));
        vm.stopPrank();
    }

    function _deployRewards(address) internal virtual {
        rewards = new MockRewards();
    }

    /* TIME */

    /// @dev To the start of a window, with the sources answering still.
    function _toWindow(uint32 window) internal {
        _to(window * WINDOW);
    }

    function _to(uint256 time) internal {
        vm.warp(time);
        vm.roll(block.number + 100);
        _post(0.5e8);
    }

    function _post(uint256 newPrice) internal {
        for (uint256 i = 0; i < 3; ++i) {
            feeds[i].post(int256(newPrice));
        }
    }

    function _window() internal view returns (uint32) {
        return uint32(block.timestamp / WINDOW);
    }

    function _epoch() internal view returns (uint32) {
        return uint32(block.timestamp / EPOCH);
    }

    function _finalAt(uint32 epoch) internal pure returns (uint40) {
        return uint40((uint256(epoch) + 1) * EPOCH + 3 hours);
    }

    function _open() internal returns (uint32 window) {
        window = _window();
        if (capacity.seedOf(window) == 0) capacity.openWindow();
    }

    /* ACTS */

    function _register(address account, uint256 own, uint256 delegated) internal {
        vm.prank(account);
        staking.setTerms(_terms(2000));
        _stake(account, account, own);
        _stake(delegator, account, delegated);
    }

    function _terms(uint16 firstLossBps) internal pure returns (IStaking.Terms memory) {
        return IStaking.Terms(firstLossBps, 3000, 0, 7, type(uint128).max);
    }

    function _stake(address account, address to, uint256 amount) internal {
        if (amount == 0) return;
        vm.prank(issuer);
        flt.mint(account, amount);
        vm.startPrank(account);
        flt.approve(address(staking), amount);
        staking.stake(to, uint128(amount));
        vm.stopPrank();
    }

    function _pledgeFor(uint16 units, uint8 termDays) internal returns (CommitmentId) {
        vm.prank(provider);
        return capacity.pledge(provider, 0, units, termDays);
    }

    /// @dev A commitment of 14 days in the first, open window of its first epoch.
    function _proving(uint16 units) internal returns (CommitmentId commitment) {
        commitment = _pledgeFor(units, 14);
        _toWindow(_window() / 24 * 24 + 24);
        _open();
    }

    function _commit(CommitmentId commitment, Sheet memory sheet) internal returns (ICapacity.Claim memory) {
        bytes32 seed = capacity.seedOf(sheet.window);
        vm.prank(provider);
        capacity.commit(commitment, sheet.window, seed, sheet.root, sheet.bitmap);
        return _claimOf(sheet);
    }

    /// @dev Solved, committed and drawn in the open window.
    function _proved(CommitmentId commitment, uint256 filled, bool isAudited)
        internal
        returns (Sheet memory sheet, ICapacity.Claim memory claim)
    {
        sheet = _solved(commitment, _window(), filled);
        claim = _commit(commitment, sheet);
        _draw(commitment, claim, isAudited);
    }

    function _draw(CommitmentId commitment, ICapacity.Claim memory claim, bool isAudited) internal {
        _choose(commitment, claim, isAudited);
        capacity.draw(commitment, claim);
    }

    /// @dev Lets the chain come to the block whose hash decides as wanted, and one further.
    function _choose(CommitmentId commitment, ICapacity.Claim memory claim, bool isAudited) internal {
        vm.roll(claim.blockNumber + 5);
        for (uint256 i = 1; true; ++i) {
            uint256 drawn = uint256(keccak256(abi.encode(bytes32(i), commitment, claim.window)));
            if ((drawn % 16 == 0) != isAudited) continue;
            vm.setBlockhash(claim.blockNumber + 4, bytes32(i));
            return;
        }
    }

    /// @dev The leaf that an audit asks for.
    function _asked(CommitmentId commitment, Sheet memory sheet) internal view returns (ICapacity.Leaf memory) {
        (uint32 rank,) = capacity.auditOf(commitment, sheet.window);
        return _leafOf(sheet, _positionOf(sheet.bitmap, rank));
    }

    function _answer(CommitmentId commitment, Sheet memory sheet, ICapacity.Claim memory claim) internal {
        capacity.answer(commitment, claim, sheet.bitmap, _asked(commitment, sheet));
    }

    /// @dev Announced, and two blocks later shown.
    function _convict(
        CommitmentId commitment,
        Sheet memory sheet,
        ICapacity.Claim memory claim,
        ICapacity.Leaf memory leaf
    ) internal {
        _announce(commitment, sheet.window, leaf.position);
        vm.prank(watcher);
        capacity.convict(commitment, claim, sheet.bitmap, leaf, "salt");
    }

    function _announce(CommitmentId commitment, uint32 window, uint32 position) internal {
        bytes32 hash = capacity.announcement(commitment, window, position, watcher, "salt");
        vm.prank(watcher);
        capacity.announce(hash);
        vm.roll(block.number + 2);
    }

    function _demand(CommitmentId commitment, Sheet memory sheet, ICapacity.Claim memory claim, uint32 position)
        internal
    {
        uint256 deposit = capacity.demandDeposit();
        vm.deal(watcher, watcher.balance + deposit);
        vm.prank(watcher);
        capacity.demandLeaf{value: deposit}(commitment, claim, sheet.bitmap, position);
    }

    /* READINGS */

    function _lockOf(CommitmentId commitment) internal view returns (IStaking.Lock memory) {
        return staking.lockOf(capacity.commitmentOf(commitment).lock);
    }

    function _error(bytes4 selector, CommitmentId commitment) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(selector, commitment);
    }

    function _error(bytes4 selector, CommitmentId commitment, uint256 argument) internal pure returns (bytes memory) {
        return abi.encodeWithSelector(selector, commitment, argument);
    }
}
