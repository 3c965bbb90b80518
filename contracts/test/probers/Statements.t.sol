// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IProbers} from "../../src/interfaces/IProbers.sol";
import {FaultId} from "../../src/types/Ids.sol";
import {ProbersBase} from "../ProbersBase.t.sol";

/// @dev What probers sign, what they are paid for it, and what it costs when it was wrong.
contract ProbersStatementsTest is ProbersBase {
    FaultId private constant FAULT = FaultId.wrap(3);

    address[] private drawn;

    function setUp() public override {
        super.setUp();
        _crew();
        drawn = probers.drawOf(DEAL, _day());
    }

    function _check(uint40[] memory at, bytes[] memory signatures, bool isPaid)
        private
        returns (address[] memory signers, uint32 mask, uint8 regions)
    {
        vm.prank(faults);
        return probers.checkStatements(_statement(), at, signatures, isPaid);
    }

    function _refused(bytes memory error, uint40[] memory at, bytes[] memory signatures) private {
        IProbers.Statement memory statement = _statement();
        vm.expectRevert(error);
        vm.prank(faults);
        probers.checkStatements(statement, at, signatures, false);
    }

    function _signed(uint256 count) private view returns (uint40[] memory at, bytes[] memory signatures) {
        at = _at(block.timestamp, count);
        signatures = _statements(_statement(), at, _first(drawn, count));
    }

    /* STATEMENTS */

    function test_CheckStatements_RevertWhen_CallerNotFaults() external {
        (uint40[] memory at, bytes[] memory signatures) = _signed(4);
        IProbers.Statement memory statement = _statement();
        vm.expectRevert(abi.encodeWithSelector(IProbers.NotFaults.selector, address(this)));
        probers.checkStatements(statement, at, signatures, false);
    }

    function test_CheckStatements_RevertWhen_LengthsDiffer() external {
        (, bytes[] memory signatures) = _signed(4);
        _refused(abi.encodeWithSelector(IProbers.LengthsDiffer.selector, 3, 4), _at(block.timestamp, 3), signatures);
    }

    function test_CheckStatements_RevertWhen_OfTwoDays() external {
        (uint40[] memory at, bytes[] memory signatures) = _signed(4);
        at[2] -= 8 hours;
        _refused(abi.encodeWithSelector(IProbers.DaysDiffer.selector, at[2]), at, signatures);
    }

    function test_CheckStatements_RevertWhen_DayNotOpen() external {
        _tomorrow();
        (uint40[] memory at, bytes[] memory signatures) = _signed(4);
        _refused(abi.encodeWithSelector(IProbers.DayNotOpen.selector, _day()), at, signatures);
    }

    function test_CheckStatements_RevertWhen_NotASignature() external {
        (uint40[] memory at, bytes[] memory signatures) = _signed(4);
        signatures[1] = new bytes(65);
        _refused(abi.encodeWithSelector(IProbers.SignatureInvalid.selector, 1), at, signatures);
    }

    /// @dev The same signer, of the other half of the curve: one signature must not become two.
    function test_CheckStatements_RevertWhen_Malleable() external {
        (uint40[] memory at, bytes[] memory signatures) = _signed(4);
        bytes memory signature = signatures[0];
        uint256 order = 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141;
        bytes32 r;
        uint256 s;
        assembly {
            r := mload(add(signature, 32))
            s := mload(add(signature, 64))
        }
        uint8 v = uint8(signature[64]) == 27 ? 28 : 27;
        signatures[0] = abi.encodePacked(r, order - s, v);
        _refused(abi.encodeWithSelector(IProbers.SignatureInvalid.selector, 0), at, signatures);
    }

    function test_CheckStatements_RevertWhen_SignerNotDrawn() external {
        (uint40[] memory at, bytes[] memory signatures) = _signed(4);
        address other;
        for (uint256 i = 0; other == address(0); ++i) {
            if (!_has(drawn, crew[i])) other = crew[i];
        }
        signatures[3] = _sign(other, probers.statementDigest(_statement()));
        _refused(abi.encodeWithSelector(IProbers.NotDrawn.selector, other), at, signatures);
    }

    function test_CheckStatements_RevertWhen_SignerTwice() external {
        (uint40[] memory at, bytes[] memory signatures) = _signed(4);
        IProbers.Statement memory statement = _statement();
        at[3] = statement.at = uint40(block.timestamp - 1);
        signatures[3] = _sign(drawn[0], probers.statementDigest(statement));
        _refused(abi.encodeWithSelector(IProbers.SignerTwice.selector, drawn[0]), at, signatures);
    }

    /// @dev A signature is of one statement: of another deal, slot, serving, direction or time it is another's, whom nobody drew.
    function test_CheckStatements_WhenOfAnother(uint8 which) external {
        (uint40[] memory at, bytes[] memory signatures) = _signed(4);
        IProbers.Statement memory statement = _statement();
        which = uint8(bound(which, 0, 4));
        if (which == 0) statement.slot ^= 1;
        else if (which == 1) statement.serving ^= 1;
        else if (which == 2) statement.isUp = true;
        else if (which == 3) at = _at(block.timestamp - 1, 4);
        else vm.chainId(block.chainid + 1);
        vm.prank(faults);
        (bool isDone,) =
            address(probers).call(abi.encodeCall(IProbers.checkStatements, (statement, at, signatures, false)));
        assertFalse(isDone, "refused");
    }

    function test_CheckStatements_WhenSigned(uint256 order) external {
        uint256 first = bound(order, 0, 1);
        address[] memory signers = new address[](4);
        for (uint256 i = 0; i < 4; ++i) {
            signers[i] = drawn[4 - i - first + (first == 1 ? 0 : 0)];
        }
        uint40[] memory at = _at(block.timestamp, 4);
        (address[] memory found, uint32 mask, uint8 regions) = _check(at, _statements(_statement(), at, signers), false);
        assertEq(found, signers, "in the order of the signatures");
        assertEq(mask, first == 1 ? 15 : 30, "bits of the draw");
        uint256 seen = 0;
        for (uint256 i = 0; i < 4; ++i) {
            seen |= 1 << probers.proberOf(signers[i]).region;
        }
        uint256 count = (seen & 1) + (seen >> 1 & 1) + (seen >> 2 & 1);
        assertEq(regions, count, "different regions");
        assertEq(probers.proberOf(drawn[2]).credit, 0, "nobody paid");
    }

    /* PAY */

    function test_CheckStatements_GivenPot() external {
        _fund(10 * PAY);
        (uint40[] memory at, bytes[] memory signatures) = _signed(4);
        vm.expectEmit(address(probers));
        emit IProbers.ProberPaid(drawn[0], PAY, PAY, 9 * PAY);
        _check(at, signatures, true);
        assertEq(probers.pot(), 6 * PAY, "from the pot");
        for (uint256 i = 0; i < 5; ++i) {
            assertEq(probers.proberOf(drawn[i]).credit, i < 4 ? PAY : 0, "to who signed");
        }
        vm.expectEmit(address(probers));
        emit IProbers.ProberClaimed(drawn[0], delegator, PAY);
        vm.prank(drawn[0]);
        assertEq(probers.claim(delegator), PAY, "claimed");
        assertEq(usd.balanceOf(delegator), PAY, "by whom it names");
        (, uint256 over) = probers.surplus();
        assertEq(over, 0, "nothing over");
    }

    function test_CheckStatements_GivenPotRunsOut() external {
        _fund(2 * PAY + 1);
        (uint40[] memory at, bytes[] memory signatures) = _signed(4);
        _check(at, signatures, true);
        assertEq(probers.pot(), 1, "as far as it lasts");
        assertEq(probers.proberOf(drawn[1]).credit, PAY, "who came first");
        assertEq(probers.proberOf(drawn[2]).credit, 0, "is paid");
    }

    /* VERDICTS */

    function test_CheckVerdicts_RevertWhen_CallerNotFaults() external {
        vm.expectRevert(abi.encodeWithSelector(IProbers.NotFaults.selector, address(this)));
        probers.checkVerdicts(FAULT, 1, true, new bytes[](0));
    }

    function test_CheckVerdicts_RevertWhen_OfTheOtherVerdict() external {
        address[] memory panel = probers.panelOf(FAULT, _day());
        bytes[] memory signatures = _verdicts(FAULT, false, panel);
        vm.prank(faults);
        vm.expectRevert();
        probers.checkVerdicts(FAULT, uint32(block.timestamp / 1 days), true, signatures);
    }

    function test_CheckVerdicts_RevertWhen_SignerTwice() external {
        uint32 day = _day();
        address[] memory panel = probers.panelOf(FAULT, day);
        panel[4] = panel[0];
        bytes[] memory signatures = _verdicts(FAULT, true, panel);
        vm.prank(faults);
        vm.expectRevert(abi.encodeWithSelector(IProbers.SignerTwice.selector, panel[0]));
        probers.checkVerdicts(FAULT, day, true, signatures);
    }

    function test_CheckVerdicts_WhenSigned(bool isGuilty) external {
        uint32 day = _day();
        address[] memory panel = probers.panelOf(FAULT, day);
        bytes[] memory signatures = _verdicts(FAULT, isGuilty, panel);
        vm.prank(faults);
        assertEq(probers.checkVerdicts(FAULT, day, isGuilty, signatures), panel, "of the panel");
    }

    /* SLASH */

    function _slashed(uint32 mask) private returns (uint128) {
        uint32 day = _day();
        vm.prank(faults);
        return probers.slash(DEAL, day, mask);
    }

    function test_Slash_RevertWhen_CallerNotFaults() external {
        vm.expectRevert(abi.encodeWithSelector(IProbers.NotFaults.selector, address(this)));
        probers.slash(DEAL, 1, 1);
    }

    function test_Slash_WhenItWasTheLastSeat() external {
        vm.expectEmit(address(probers));
        emit IProbers.ProberSlashed(drawn[1], SEAT, 0);
        vm.expectEmit(address(probers));
        emit IProbers.ProberLeaving(drawn[1], _day() + 1, uint40(_day() + 8) * 1 days);
        assertEq(_slashed(2), SEAT, "a seat's stake");
        assertEq(flt.balanceOf(DEAD), SEAT, "burned");
        assertEq(probers.proberOf(drawn[1]).stake, 0, "nothing left");
        assertEq(probers.drawOf(DEAL, _day()).length, 5, "today's draw stands");
        assertEq(_slashed(2), 0, "nothing more to take");
        _tomorrow();
        probers.openDay();
        (,, uint32 eligible) = probers.dayOf(_day());
        assertEq(eligible, 8, "and one fewer tomorrow");
        assertFalse(_has(probers.panelOf(FAULT, _day()), drawn[1]), "never drawn again");
    }

    function test_Slash_GivenMoreSeats() external {
        address whale = _named("whale");
        _enroll(whale, 4, 64);
        _tomorrow();
        probers.openDay();
        drawn = probers.drawOf(DEAL, _day());
        assertEq(drawn[0], whale, "first of the draw");
        _slashed(1);
        IProbers.Prober memory prober = probers.proberOf(whale);
        assertEq(prober.seats, 63, "a seat less");
        assertEq(prober.stake, 63 * SEAT, "and its stake");
        assertEq(prober.untilDay, 0, "stays");
        (uint256 over,) = probers.surplus();
        assertEq(over, 0, "nothing over");
    }

    /// @dev Who signs and leaves answers for a week.
    function test_Slash_GivenItLeft() external {
        uint32 day = _day();
        _leave(drawn[0]);
        vm.warp(uint256(day + 8) * 1 days - 1);
        vm.prank(faults);
        assertEq(probers.slash(DEAL, day, 1), SEAT, "with what it has not taken out");
        vm.warp(block.timestamp + 1);
        vm.prank(drawn[0]);
        assertEq(probers.withdraw(delegator), 0, "nothing left to take");
    }
}
