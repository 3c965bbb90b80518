// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Attributes} from "../../src/Attributes.sol";
import {Governance} from "../../src/governance/Governance.sol";
import {IAttributes} from "../../src/interfaces/IAttributes.sol";
import {AttributesHandler} from "./AttributesHandler.sol";
import {Test} from "forge-std/Test.sol";

/// @dev Laws L28 and L29, see README.md.
contract AttributesInvariants is Test {
    address private immutable operator = makeAddr("operator");
    Attributes private attributes;
    AttributesHandler private handler;
    address[] private actors;

    function setUp() external {
        vm.warp(20_000 days);
        actors = [makeAddr("alice"), makeAddr("bob"), makeAddr("carol")];
        Governance governance = new Governance(address(this));
        string memory artifact = vm.envOr("ATTRIBUTES_ARTIFACT", string("Attributes.sol:Attributes"));
        attributes = Attributes(deployCode(artifact, abi.encode(governance)));
        bytes4[] memory selectors = new bytes4[](1);
        selectors[0] = IAttributes.setAttester.selector;
        governance.setTargetFunctionRole(address(attributes), selectors, governance.PARAMETERS());
        governance.grantRole(governance.PARAMETERS(), operator, 0);
        handler = new AttributesHandler(attributes, operator, actors);
        targetContract(address(handler));
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
        for (uint256 i = 0; i < actors.length; ++i) {
            assertEq(attributes.isAttester(actors[i]), handler.isListed(actors[i]), "list");
        }
        assertEq(handler.broken(29), "", "trespassing");
    }
}
