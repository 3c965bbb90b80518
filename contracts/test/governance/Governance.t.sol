// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Attributes} from "../../src/Attributes.sol";
import {Governance} from "../../src/governance/Governance.sol";
import {Timelock} from "../../src/governance/Timelock.sol";
import {IAttributes} from "../../src/interfaces/IAttributes.sol";
import {IStaking} from "../../src/interfaces/IStaking.sol";
import {ModuleId} from "../../src/types/Ids.sol";
import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";
import {TimelockController} from "@openzeppelin/contracts/governance/TimelockController.sol";
import {Test} from "forge-std/Test.sol";

/// @dev The roles as a deployment leaves them.
contract GovernanceTest is Test {
    address private immutable deployer = makeAddr("deployer");
    address private immutable council = makeAddr("council");
    address private immutable attester = makeAddr("attester");
    Governance private governance;
    Attributes private attributes;
    Timelock private parameters;
    Timelock private admin;

    function setUp() external {
        vm.startPrank(deployer);
        governance = new Governance(deployer);
        attributes = new Attributes(address(governance), IStaking(address(0)), address(0), ModuleId.wrap(1), 0, 1);
        parameters = new Timelock(governance.PARAMETER_DELAY(), list(council), list(council));
        admin = new Timelock(governance.SLASHING_DELAY(), list(council), list(council));
        bytes4[] memory selectors = new bytes4[](1);
        selectors[0] = IAttributes.setAttester.selector;
        governance.setTargetFunctionRole(address(attributes), selectors, governance.PARAMETERS());
        governance.grantRole(governance.PARAMETERS(), address(parameters), 0);
        governance.grantRole(governance.ADMIN_ROLE(), address(admin), 0);
        governance.renounceRole(governance.ADMIN_ROLE(), deployer);
        vm.stopPrank();
    }

    function test_Constructor_WhenDeployed(address initialAdmin) external {
        vm.assume(initialAdmin != address(0));
        Governance other = new Governance(initialAdmin);

        (bool isAdmin, uint32 delay) = other.hasRole(other.ADMIN_ROLE(), initialAdmin);
        assertTrue(isAdmin, "admin");
        assertEq(delay, 0, "delay");
        assertEq(other.PARAMETER_DELAY(), 2 days, "parameters");
        assertEq(other.SLASHING_DELAY(), 21 days + 7 days, "slashing");
    }

    function test_Execute_RevertGiven_DeployerHandedOver() external {
        uint64 role = governance.PARAMETERS();
        vm.startPrank(deployer);

        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, deployer));
        attributes.setAttester(deployer, true);
        vm.expectRevert(abi.encodeWithSelector(IAccessManager.AccessManagerUnauthorizedAccount.selector, deployer, 0));
        governance.grantRole(role, deployer, 0);
    }

    function test_Execute_RevertWhen_TimelockDidNotWait(uint256 elapsed) external {
        bytes memory call = abi.encodeCall(IAttributes.setAttester, (attester, true));
        vm.startPrank(council);
        parameters.schedule(address(attributes), 0, call, 0, 0, 2 days);
        skip(bound(elapsed, 0, 2 days - 1));

        vm.expectPartialRevert(TimelockController.TimelockUnexpectedOperationState.selector);
        parameters.execute(address(attributes), 0, call, 0, 0);
    }

    function test_Execute_WhenParameterTimelockWaited(uint256 elapsed) external {
        bytes memory call = abi.encodeCall(IAttributes.setAttester, (attester, true));
        vm.startPrank(council);
        parameters.schedule(address(attributes), 0, call, 0, 0, 2 days);
        skip(bound(elapsed, 2 days, 1000 days));

        parameters.execute(address(attributes), 0, call, 0, 0);

        assertTrue(attributes.isAttester(attester), "attester");
    }

    function list(address account) private pure returns (address[] memory accounts) {
        accounts = new address[](1);
        accounts[0] = account;
    }
}
