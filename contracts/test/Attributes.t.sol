// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Attributes} from "../src/Attributes.sol";
import {Governance} from "../src/governance/Governance.sol";
import {IAttributes} from "../src/interfaces/IAttributes.sol";
import {AttributeIds} from "../src/types/AttributeIds.sol";
import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {Test} from "forge-std/Test.sol";

contract AttributesTest is Test {
    address private immutable operator = makeAddr("operator");
    address private immutable attester = makeAddr("attester");
    address private immutable auditor = makeAddr("auditor");
    address private immutable subject = makeAddr("subject");
    Attributes private attributes;

    function setUp() external {
        vm.warp(20_000 days);
        Governance governance = new Governance(operator);
        attributes = new Attributes(address(governance));
        vm.startPrank(operator);
        attributes.setAttester(attester, true);
        attributes.setAttester(auditor, true);
        vm.stopPrank();
    }

    /* SET ATTESTER */

    function test_SetAttester_RevertWhen_CallerNotAllowed(address caller) external {
        vm.assume(caller != operator);

        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, caller));
        vm.prank(caller);
        attributes.setAttester(caller, true);
    }

    function test_SetAttester_WhenCallerAllowed(address account, bool isAttester) external {
        vm.expectEmit(address(attributes));
        emit IAttributes.AttesterSet(account, isAttester);
        vm.prank(operator);
        attributes.setAttester(account, isAttester);

        assertEq(attributes.isAttester(account), isAttester, "attester");
    }

    /* DECLARE */

    function test_Declare_RevertWhen_AttributeInvalid(uint16 attribute) external {
        attribute = invalid(attribute);

        vm.expectRevert(abi.encodeWithSelector(IAttributes.AttributeInvalid.selector, attribute));
        attributes.declare(attribute, 0, type(uint40).max);
    }

    function test_Declare_RevertWhen_ExpiryPassed(uint16 attribute, uint40 expiry) external {
        expiry = uint40(bound(expiry, 0, block.timestamp - 1));

        vm.expectRevert(abi.encodeWithSelector(IAttributes.ExpiryPassed.selector, expiry));
        attributes.declare(valid(attribute), 0, expiry);
    }

    function test_Declare_WhenAttributeValid(address caller, uint16 attribute, uint48 value, uint40 expiry) external {
        vm.assume(caller != address(0));
        attribute = valid(attribute);
        expiry = uint40(bound(expiry, block.timestamp, type(uint40).max));

        vm.expectEmit(address(attributes));
        emit IAttributes.AttributeAttested(caller, attribute, 1, caller, value, expiry);
        vm.prank(caller);
        attributes.declare(attribute, value, expiry);

        assertStands(caller, attribute, 1, caller, value, expiry);
    }

    /* ATTEST */

    function test_Attest_RevertWhen_CallerNotListed(address caller, uint16 attribute) external {
        vm.assume(caller != attester && caller != auditor);

        vm.expectRevert(abi.encodeWithSelector(IAttributes.NotAttester.selector, caller));
        vm.prank(caller);
        attributes.attest(caller, valid(attribute), 2, 0, type(uint40).max);
    }

    function test_Attest_RevertWhen_LevelInvalid(uint16 attribute, uint8 level) external {
        vm.assume(level != 2 && level != 3);

        vm.expectRevert(abi.encodeWithSelector(IAttributes.LevelInvalid.selector, level));
        attest(valid(attribute), level, type(uint40).max);
    }

    function test_Attest_RevertWhen_AttributeInvalid(uint16 attribute) external {
        attribute = invalid(attribute);

        vm.expectRevert(abi.encodeWithSelector(IAttributes.AttributeInvalid.selector, attribute));
        attest(attribute, 2, type(uint40).max);
    }

    function test_Attest_RevertWhen_ExpiryPassed(uint16 attribute, uint40 expiry) external {
        expiry = uint40(bound(expiry, 0, block.timestamp - 1));

        vm.expectRevert(abi.encodeWithSelector(IAttributes.ExpiryPassed.selector, expiry));
        attest(valid(attribute), 2, expiry);
    }

    function test_Attest_GivenAnotherAttestation(uint16 attribute, uint48 value, uint40 expiry) external {
        attribute = valid(attribute);
        expiry = uint40(bound(expiry, block.timestamp, type(uint40).max));
        attest(attribute, 2, type(uint40).max);

        vm.prank(auditor);
        attributes.attest(subject, attribute, 2, value, expiry);

        assertStands(subject, attribute, 2, auditor, value, expiry);
    }

    function test_Attest_WhenCallerListed(address about, uint16 attribute, bool isAudited, uint48 value, uint40 expiry)
        external
    {
        attribute = valid(attribute);
        uint8 level = isAudited ? 3 : 2;
        expiry = uint40(bound(expiry, block.timestamp, type(uint40).max));

        vm.expectEmit(address(attributes));
        emit IAttributes.AttributeAttested(about, attribute, level, attester, value, expiry);
        vm.prank(attester);
        attributes.attest(about, attribute, level, value, expiry);

        assertStands(about, attribute, level, attester, value, expiry);
    }

    /* REVOKE */

    function test_Revoke_RevertGiven_NothingStands(uint16 attribute, uint8 level) external {
        vm.expectRevert(abi.encodeWithSelector(IAttributes.AttestationUnknown.selector, subject, attribute, level));
        attributes.revoke(subject, attribute, level);
    }

    function test_Revoke_RevertWhen_CallerDidNotAttestIt(uint16 attribute, address caller) external {
        vm.assume(caller != attester);
        attribute = valid(attribute);
        attest(attribute, 2, type(uint40).max);

        vm.expectRevert(abi.encodeWithSelector(IAttributes.NotAttester.selector, caller));
        vm.prank(caller);
        attributes.revoke(subject, attribute, 2);
    }

    function test_Revoke_GivenCallerNoLongerListed(uint16 attribute) external {
        attribute = valid(attribute);
        attest(attribute, 3, type(uint40).max);
        strike(attester);

        vm.prank(attester);
        attributes.revoke(subject, attribute, 3);

        assertStands(subject, attribute, 3, address(0), 0, 0);
    }

    function test_Revoke_WhenCallerAttestedIt(uint16 attribute) external {
        attribute = valid(attribute);
        vm.startPrank(subject);
        attributes.declare(attribute, 7, type(uint40).max);

        vm.expectEmit(address(attributes));
        emit IAttributes.AttributeRevoked(subject, attribute, 1, subject);
        attributes.revoke(subject, attribute, 1);

        assertStands(subject, attribute, 1, address(0), 0, 0);
        assertFalse(attributes.has(subject, attribute, 1, 0), "has");
    }

    /* HAS */

    function test_Has_GivenNothingStands(address about, uint16 attribute, uint8 level, uint40 until) external view {
        assertFalse(attributes.has(about, attribute, level, until), "has");
    }

    function test_Has_GivenLevelTooLow(uint16 attribute, uint8 level) external {
        attribute = valid(attribute);
        vm.prank(subject);
        attributes.declare(attribute, 0, type(uint40).max);
        attest(attribute, 2, type(uint40).max);

        assertFalse(attributes.has(subject, attribute, uint8(bound(level, 3, 255)), 0), "has");
    }

    function test_Has_GivenExpiryTooEarly(uint16 attribute, uint40 expiry, uint40 until) external {
        attribute = valid(attribute);
        expiry = uint40(bound(expiry, block.timestamp, type(uint40).max - 1));
        attest(attribute, 3, expiry);

        assertFalse(attributes.has(subject, attribute, 1, uint40(bound(until, expiry + 1, type(uint40).max))), "has");
    }

    function test_Has_GivenAttesterStruck(uint16 attribute, uint8 level) external {
        attribute = valid(attribute);
        level = uint8(bound(level, 1, 3));
        attest(attribute, 3, type(uint40).max);
        strike(attester);

        assertFalse(attributes.has(subject, attribute, level, 0), "has");
    }

    function test_Has_GivenAttesterStruckAndDeclared(uint16 attribute) external {
        attribute = valid(attribute);
        vm.prank(subject);
        attributes.declare(attribute, 0, type(uint40).max);
        attest(attribute, 2, type(uint40).max);
        strike(attester);

        assertTrue(attributes.has(subject, attribute, 1, 0), "declared");
        assertFalse(attributes.has(subject, attribute, 2, 0), "attested");
    }

    function test_Has_GivenLevelHighEnough(uint16 attribute, uint8 stands, uint8 level, uint40 expiry, uint40 until)
        external
    {
        attribute = valid(attribute);
        stands = uint8(bound(stands, 2, 3));
        expiry = uint40(bound(expiry, block.timestamp, type(uint40).max));
        attest(attribute, stands, expiry);

        assertTrue(
            attributes.has(subject, attribute, uint8(bound(level, 1, stands)), uint40(bound(until, 0, expiry))), "has"
        );
    }

    /* INTERNAL */

    function attest(uint16 attribute, uint8 level, uint40 expiry) private {
        vm.prank(attester);
        attributes.attest(subject, attribute, level, 0, expiry);
    }

    function strike(address account) private {
        vm.prank(operator);
        attributes.setAttester(account, false);
    }

    function assertStands(address about, uint16 attribute, uint8 level, address by, uint48 value, uint40 expiry)
        private
        view
    {
        IAttributes.Attestation memory expected = IAttributes.Attestation({attester: by, expiry: expiry, value: value});
        assertEq(abi.encode(attributes.attestation(about, attribute, level)), abi.encode(expected), "attestation");
    }

    function valid(uint16 attribute) private pure returns (uint16) {
        return uint16(bound(attribute, 1, AttributeIds.REGION_LAST));
    }

    function invalid(uint16 attribute) private pure returns (uint16) {
        return attribute <= 1000 ? 0 : uint16(bound(attribute, AttributeIds.REGION_LAST + 1, type(uint16).max));
    }
}
