// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Attributes} from "../src/Attributes.sol";
import {IAttributes} from "../src/interfaces/IAttributes.sol";
import {IStaking} from "../src/interfaces/IStaking.sol";
import {AttributeIds} from "../src/types/AttributeIds.sol";
import {LockId, ModuleId} from "../src/types/Ids.sol";
import {SystemBase} from "./SystemBase.t.sol";
import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";

contract AttributesTest is SystemBase {
    address private immutable auditor = makeAddr("auditor");
    address private immutable subject = makeAddr("subject");

    function setUp() public override {
        super.setUp();
        attributes.setAttester(auditor, true);
        _secure(attester, 200);
        _secure(auditor, 200);
    }

    /* CONSTRUCTOR */

    function test_Constructor_RevertGiven_NoSecurityPerUnit(uint128 minimum) external {
        vm.expectRevert(abi.encodeWithSelector(IAttributes.SecurityTooLow.selector, 0, 1));
        new Attributes(address(manager), staking, address(rewards), ATTRIBUTES, minimum, 0);
    }

    function test_Constructor_GivenItsParameters(uint128 minimum, uint128 perUnit) external {
        perUnit = uint128(bound(perUnit, 1, type(uint128).max));

        vm.expectEmit();
        emit IAttributes.SecuritySet(minimum, perUnit);
        Attributes made = new Attributes(address(manager), staking, address(rewards), ATTRIBUTES, minimum, perUnit);

        assertEq(made.securityMin(), minimum, "minimum");
        assertEq(made.securityPerUnit(), perUnit, "for a unit");
    }

    /* SET ATTESTER */

    function test_SetAttester_RevertWhen_CallerNotAllowed(address caller) external {
        vm.assume(caller != address(this));

        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, caller));
        vm.prank(caller);
        attributes.setAttester(caller, true);
    }

    function test_SetAttester_WhenCallerAllowed(address account, bool isAttester) external {
        vm.expectEmit(address(attributes));
        emit IAttributes.AttesterSet(account, isAttester);
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

    function test_Attest_RevertGiven_SecurityTooLow(uint256 amount) external {
        attributes.setAttester(stranger, true);
        _register(stranger, SECURITY_MIN, 0, 0, 0);
        amount = bound(amount, 0, SECURITY_MIN - 1);
        vm.startPrank(stranger);
        if (amount != 0) attributes.secure(uint128(amount));

        vm.expectRevert(abi.encodeWithSelector(IAttributes.SecurityTooLow.selector, amount, SECURITY_MIN));
        attributes.attest(subject, 1, 2, 0, type(uint40).max);
    }

    function test_Attest_RevertGiven_SecurityOver(uint256 elapsed) external {
        _skip(bound(elapsed, 19 days + 1, 60 days));

        vm.expectRevert(abi.encodeWithSelector(IAttributes.SecurityTooLow.selector, 0, SECURITY_MIN));
        attest(1, 2, type(uint40).max);
    }

    function test_Attest_RevertGiven_AttestedByOther(uint16 attribute, bool isAudited, uint40 expiry, uint256 wait)
        external
    {
        attribute = valid(attribute);
        uint8 level = isAudited ? 3 : 2;
        expiry = uint40(bound(expiry, block.timestamp, block.timestamp + 10 days));
        attest(attribute, level, expiry);
        skip(bound(wait, 0, expiry - block.timestamp));

        vm.expectRevert(abi.encodeWithSelector(IAttributes.AttestedByOther.selector, attester));
        vm.prank(auditor);
        attributes.attest(subject, attribute, level, 0, type(uint40).max);
    }

    function test_Attest_GivenOtherExpired(uint16 attribute, uint48 value, uint40 expiry) external {
        attribute = valid(attribute);
        expiry = uint40(bound(expiry, block.timestamp, block.timestamp + 10 days));
        attest(attribute, 2, expiry);
        vm.warp(uint256(expiry) + 1);

        vm.prank(auditor);
        attributes.attest(subject, attribute, 2, value, type(uint40).max);
        assertStands(subject, attribute, 2, auditor, value, type(uint40).max);
    }

    function test_Attest_GivenOtherStruck(uint16 attribute, uint48 value) external {
        attribute = valid(attribute);
        attest(attribute, 2, type(uint40).max);
        strike(attester);

        vm.prank(auditor);
        attributes.attest(subject, attribute, 2, value, type(uint40).max);
        assertStands(subject, attribute, 2, auditor, value, type(uint40).max);
    }

    function test_Attest_GivenOwnAttestation(uint16 attribute, uint48 value, uint40 expiry) external {
        attribute = valid(attribute);
        expiry = uint40(bound(expiry, block.timestamp, type(uint40).max));
        attest(attribute, 2, type(uint40).max);

        vm.prank(attester);
        attributes.attest(subject, attribute, 2, value, expiry);
        assertStands(subject, attribute, 2, attester, value, expiry);
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

    /* SECURE */

    function test_Secure_RevertGiven_NoStake(uint128 amount) external {
        amount = uint128(bound(amount, 1, type(uint96).max));

        vm.expectRevert(abi.encodeWithSelector(IStaking.StakeTooLow.selector, 0, amount));
        vm.prank(stranger);
        attributes.secure(amount);
    }

    function test_Secure_RevertWhen_Smaller(uint128 amount, uint256 elapsed) external {
        amount = uint128(bound(amount, 0, 20_000e18 - 1));
        _skip(bound(elapsed, 0, 19 days));

        vm.expectRevert(abi.encodeWithSelector(IAttributes.SecurityShrinks.selector, 20_000e18, amount));
        vm.prank(attester);
        attributes.secure(amount);
    }

    function test_Secure_GivenSecurityOver(uint128 amount, bool isReleased) external {
        amount = uint128(bound(amount, 1, 20_000e18));
        (LockId old,,) = attributes.securityOf(attester);
        _skip(19 days + 1);
        if (isReleased) staking.release(old);
        vm.prank(attester);
        LockId lock = attributes.secure(amount);

        assertEq(staking.locked(attester), amount, "the old lock is gone");
        assertEq(staking.lockOf(lock).amount, amount, "a new one, as small as he likes");
    }

    function test_Secure_GivenSecurityRuns(uint256 elapsed, uint128 more) external {
        more = uint128(bound(more, 0, 20_000e18));
        _stake(attester, attester, 20_000 * FLT);
        (LockId old,,) = attributes.securityOf(attester);
        _skip(bound(elapsed, 0, 19 days));
        vm.prank(attester);
        LockId lock = attributes.secure(20_000e18 + more);

        assertEq(LockId.unwrap(lock), LockId.unwrap(old), "the same lock");
        (, uint128 amount, uint40 end) = attributes.securityOf(attester);
        assertEq(amount, 20_000e18 + more, "larger");
        assertEq(end, block.timestamp + 19 days, "longer");
    }

    function test_Secure_WhenCallerHasStake(uint128 amount) external {
        amount = uint128(bound(amount, 1, 1e24));
        _register(stranger, 1e24, 0, 0, 0);
        uint40 end = uint40(block.timestamp + 19 days);
        vm.expectEmit(address(attributes));
        emit IAttributes.AttesterSecured(stranger, LockId.wrap(3), amount, end);
        vm.prank(stranger);
        attributes.secure(amount);

        IStaking.Lock memory lock = staking.lockOf(LockId.wrap(3));
        assertEq(lock.amount, amount, "locked");
        assertEq(ModuleId.unwrap(lock.slasher), ModuleId.unwrap(ATTRIBUTES), "slashed from here alone");
    }

    /* SLASH */

    function test_Slash_RevertWhen_CallerNotCouncil(address caller) external {
        vm.assume(caller != council);

        vm.expectRevert(abi.encodeWithSelector(IAttributes.NotCouncil.selector, caller));
        vm.prank(caller);
        attributes.slash(attester, 1);
    }

    function test_Slash_RevertGiven_NeverSecured() external {
        vm.expectRevert(abi.encodeWithSelector(IStaking.LockUnknown.selector, 0));
        vm.prank(council);
        attributes.slash(stranger, 1);
    }

    /// @dev Stake that thaws answers, and nothing of it goes to anybody.
    function test_Slash_WhenCallerCouncil(uint128 amount, bool isLeaving) external {
        amount = uint128(bound(amount, 1, 40_000e18));
        uint128 shares = staking.position(attester, attester).shares;
        vm.prank(attester);
        if (isLeaving) staking.exit(attester, attester, shares);
        uint128 taken = amount > 20_000e18 ? 20_000e18 : amount;
        (LockId lock,,) = attributes.securityOf(attester);
        vm.expectEmit(address(attributes));
        emit IAttributes.AttesterSlashed(attester, lock, taken);
        vm.prank(council);
        assertEq(attributes.slash(attester, amount), taken, "up to the lock");

        (, uint128 left,) = attributes.securityOf(attester);
        assertEq(left, 20_000e18 - taken, "the lock is smaller");
        assertEq(staking.burnQueued(uint32(block.timestamp / 1 days)), taken, "burned");
    }

    /* SPEND */

    function test_Spend_RevertWhen_CallerNotRewards(address caller) external {
        vm.assume(caller != address(rewards));

        vm.expectRevert(abi.encodeWithSelector(IAttributes.NotRewards.selector, caller));
        vm.prank(caller);
        attributes.spend(subject, 1, 1);
    }

    function test_Spend_RevertGiven_CustomerNotAttested(uint64 amount) external {
        vm.prank(subject);
        attributes.declare(AttributeIds.REAL_CUSTOMER, 0, type(uint40).max);

        vm.expectRevert(
            abi.encodeWithSelector(IAttributes.AttestationUnknown.selector, subject, AttributeIds.REAL_CUSTOMER, 2)
        );
        spend(amount);
    }

    function test_Spend_RevertGiven_BudgetSpent(uint64 first, uint64 second) external {
        first = uint64(bound(first, 0, 200e6));
        second = uint64(bound(second, 200e6 - first + 1, type(uint64).max));
        attest(AttributeIds.REAL_CUSTOMER, 2, type(uint40).max);
        spend(first);

        uint64 left = 200e6 - first;
        vm.expectRevert(abi.encodeWithSelector(IAttributes.BudgetSpent.selector, attester, 1, left, second));
        spend(second);
    }

    /// @dev In its last five days a lock could be gone before the council's timelock has waited.
    function test_Spend_RevertGiven_SecurityEndsSoon(uint256 elapsed) external {
        attest(AttributeIds.REAL_CUSTOMER, 3, type(uint40).max);
        _skip(bound(elapsed, 14 days + 1, 30 days));

        vm.expectRevert(abi.encodeWithSelector(IAttributes.BudgetSpent.selector, attester, 1, 0, 1));
        spend(1);
    }

    function test_Spend_GivenAuditorHasMoreLeft() external {
        attest(AttributeIds.REAL_CUSTOMER, 2, type(uint40).max);
        vm.prank(auditor);
        attributes.attest(subject, AttributeIds.REAL_CUSTOMER, 3, 0, type(uint40).max);
        assertEq(spend(150e6), attester, "first who attested");
        assertEq(spend(150e6), auditor, "then who audited");
        assertEq(spend(50e6), attester, "whoever has enough left");
    }

    function test_Spend_GivenSlashed(uint128 slashed) external {
        slashed = uint128(bound(slashed, 1, 20_000e18));
        attest(AttributeIds.REAL_CUSTOMER, 2, type(uint40).max);
        vm.prank(council);
        attributes.slash(attester, slashed);

        (uint64 budget,) = attributes.budgetOf(attester, 1);
        assertEq(budget, (20_000e18 - slashed) * 1e6 / SECURITY_PER_UNIT, "what is left of the lock answers for less");
    }

    function test_Spend_WhenBudgetLeft(uint64 amount, uint32 epoch) external {
        amount = uint64(bound(amount, 0, 200e6));
        attest(AttributeIds.REAL_CUSTOMER, 2, type(uint40).max);
        vm.expectEmit(address(attributes));
        emit IAttributes.BudgetUsed(attester, epoch, amount, amount);
        vm.prank(address(rewards));
        assertEq(attributes.spend(subject, epoch, amount), attester, "attester");

        (uint64 budget, uint64 spent) = attributes.budgetOf(attester, epoch);
        assertEq(budget, 200e6, "200 units a day");
        assertEq(spent, amount, "spent");
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

    /// @dev Of epoch 1.
    function spend(uint64 amount) private returns (address) {
        vm.prank(address(rewards));
        return attributes.spend(subject, 1, amount);
    }

    function strike(address account) private {
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
