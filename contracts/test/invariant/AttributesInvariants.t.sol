// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Attributes} from "../../src/Attributes.sol";
import {Staking} from "../../src/Staking.sol";
import {Governance} from "../../src/governance/Governance.sol";
import {IAttributes} from "../../src/interfaces/IAttributes.sol";
import {IStaking} from "../../src/interfaces/IStaking.sol";
import {DevelopmentFlt} from "../../src/token/DevelopmentFlt.sol";
import {DevelopmentUsd} from "../../src/token/DevelopmentUsd.sol";
import {ModuleId} from "../../src/types/Ids.sol";
import {ModuleRoles} from "../../src/types/Roles.sol";
import {AttributesHandler} from "./AttributesHandler.sol";
import {Test} from "forge-std/Test.sol";

/// @dev Laws L28, L29 and L60, see README.md.
contract AttributesInvariants is Test {
    address private immutable operator = makeAddr("operator");
    address private immutable council = makeAddr("council");
    address private immutable rewards = makeAddr("rewards");
    Attributes private attributes;
    AttributesHandler private handler;
    address[] private actors;

    function setUp() external {
        vm.warp(20_000 days);
        actors = [makeAddr("alice"), makeAddr("bob"), makeAddr("carol")];
        Governance governance = new Governance(address(this));
        DevelopmentFlt flt = new DevelopmentFlt(address(this));
        IStaking staking = deployStaking(flt, new DevelopmentUsd(address(this), 6));
        // Least lock 100 FLT, and one FLT a unit.
        bytes memory args = abi.encode(governance, staking, rewards, ModuleId.wrap(1), uint128(100e18), uint128(1e18));
        string memory artifact = vm.envOr("ATTRIBUTES_ARTIFACT", string("Attributes.sol:Attributes"));
        attributes = Attributes(deployCode(artifact, args));
        assertEq(staking.moduleOf(ModuleId.wrap(1)).module, address(attributes), "attributes where staking expects it");
        bytes4[] memory selectors = new bytes4[](1);
        selectors[0] = IAttributes.setAttester.selector;
        governance.setTargetFunctionRole(address(attributes), selectors, governance.PARAMETERS());
        governance.grantRole(governance.PARAMETERS(), operator, 0);
        handler = new AttributesHandler(attributes, staking, operator, actors);
        stakeAll(flt, staking);
        targetContract(address(handler));
    }

    function deployStaking(DevelopmentFlt flt, DevelopmentUsd usd) private returns (IStaking) {
        address[] memory modules = new address[](1);
        uint8[] memory roles = new uint8[](1);
        modules[0] = vm.computeCreateAddress(address(this), vm.getNonce(address(this)) + 1);
        roles[0] = ModuleRoles.LOCK | ModuleRoles.SLASH;
        return new Staking(address(flt), address(usd), address(1), address(2), council, modules, roles);
    }

    /// @dev A thousand FLT of everybody's own.
    function stakeAll(DevelopmentFlt flt, IStaking staking) private {
        for (uint256 i = 0; i < actors.length; ++i) {
            flt.mint(actors[i], 1000e18);
            vm.startPrank(actors[i]);
            flt.approve(address(staking), 1000e18);
            staking.setTerms(IStaking.Terms(0, 0, 0, 7, 0));
            staking.stake(actors[i], 1000e18);
            vm.stopPrank();
        }
    }

    function invariant_L28_OnlyLivingWordsCount() external view {
        uint40[2] memory untils = [uint40(block.timestamp), uint40(block.timestamp + 10 days)];
        uint16[2] memory named = [uint16(1), 256];
        for (uint256 i = 0; i < 36; ++i) {
            address subject = actors[i % 3];
            uint8 level = uint8(1 + (i / 3) % 3);
            uint40 until = untils[(i / 9) % 2];
            uint16 attribute = named[i / 18];
            bool isHeld = handler.holds(subject, attribute, level, until);
            assertEq(attributes.has(subject, attribute, level, until), isHeld, "has");
        }
        assertEq(handler.broken(28), "", "attesting");
    }

    function invariant_L29_OnlyTheParameterRoleSetsParameters() external view {
        assertEq(handler.broken(29), "", "trespassing");
        for (uint256 i = 0; i < actors.length; ++i) {
            assertEq(attributes.isAttester(actors[i]), handler.isListed(actors[i]), "list");
        }
    }

    function invariant_L60_BudgetsAreBackedByLocks() external view {
        for (uint256 i = 0; i < actors.length; ++i) {
            (, uint256 amount, uint256 end) = attributes.securityOf(actors[i]);
            assertEq(amount, handler.securityOf(actors[i]), "L60: a lock that runs is there");
            (uint256 budget, uint256 spent) = attributes.budgetOf(actors[i], handler.today());
            uint256 answers = end < block.timestamp + 5 days ? 0 : amount;
            assertEq(budget, answers * 1e6 / 1e18, "L60: and the budget follows from it");
            assertLe(spent, handler.backedOf(actors[i]) * 1e6 / 1e18, "L60: work was backed when it was excused");
        }
        assertEq(handler.broken(60), "", "L60");
    }
}
