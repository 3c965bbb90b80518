// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {ICapacity} from "./interfaces/ICapacity.sol";
import {IProbers} from "./interfaces/IProbers.sol";
import {IStaking} from "./interfaces/IStaking.sol";
import {Draws} from "./probers/Draws.sol";
import {Seats} from "./probers/Seats.sol";
import {DealId, FaultId} from "./types/Ids.sol";
import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";
import {SafeERC20} from "@openzeppelin/contracts/token/ERC20/utils/SafeERC20.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @dev Parts by noun in `probers/`: `Seats` (stake and who counts when) and `Draws`. Statements and their pay are here.
/// Invariants: FLT here is the sum of stakes and what was donated, stablecoin the pot, all credits and what was donated.
contract Probers is Draws, EIP712 {
    using SafeCast for uint256;
    using SafeERC20 for IERC20;

    bytes32 private constant STATEMENT =
        keccak256("Statement(uint64 deal,uint8 slot,uint32 serving,bool isUp,uint40 at)");
    bytes32 private constant VERDICT = keccak256("Verdict(uint64 fault,bool isGuilty)");
    uint8 private constant DRAWN_MAX = 32;
    uint8 private constant PANEL_MAX = 64;

    address private immutable faults;
    uint8 private immutable quorum;
    uint8 private immutable panelQuorum;
    uint16 private immutable eligibleMin;
    /// @inheritdoc IProbers
    uint128 public immutable pay;

    /// @inheritdoc IProbers
    uint128 public pot;
    uint128 private _credits;

    modifier onlyFaults() {
        require(msg.sender == faults, NotFaults(msg.sender));
        _;
    }

    /// @dev More than half must decide, or two sides could, and none of them may be slashed by fewer than a whole panel.
    constructor(IStaking staking, ICapacity newCapacity, address newFaults, Rules memory newRules, uint128 newPay)
        Seats(staking, newRules.seatStake)
        Draws(newCapacity, newRules.drawn, newRules.panelDrawn)
        EIP712("Surety", "1")
    {
        bool isQuorum =
            newRules.quorum <= newRules.drawn && 2 * uint256(newRules.quorum) > newRules.drawn;
        bool isPanel =
            newRules.panelQuorum <= newRules.panelDrawn && 2 * uint256(newRules.panelQuorum) > newRules.panelDrawn;
        bool isBounded = newRules.drawn <= DRAWN_MAX && newRules.panelDrawn <= PANEL_MAX;
        bool isEnough = newRules.eligibleMin >= newRules.panelDrawn && newRules.eligibleMin >= newRules.drawn;
        require(isQuorum && isPanel && isBounded && isEnough && newPay <= type(uint64).max, RulesInvalid());
        faults = newFaults;
        quorum = newRules.quorum;
        panelQuorum = newRules.panelQuorum;
        eligibleMin = newRules.eligibleMin;
        pay = newPay;
        emit RulesSet(
            newRules.drawn,
            newRules.quorum,
            newRules.panelDrawn,
            newRules.panelQuorum,
            newRules.eligibleMin,
            newRules.seatStake,
            newPay
        );
    }

    /* MONEY */

    /// @inheritdoc IProbers
    function fund(uint128 amount) external {
        require(amount != 0, AmountZero());
        pot += amount;
        emit PotFunded(msg.sender, amount, pot);
        stablecoin.safeTransferFrom(msg.sender, address(this), amount);
    }

    /// @inheritdoc IProbers
    function claim(address recipient) external returns (uint128 amount) {
        Member storage member = _members[msg.sender];
        amount = member.credit;
        require(amount != 0, AmountZero());
        member.credit = 0;
        _credits -= amount;
        emit ProberClaimed(msg.sender, recipient, amount);
        stablecoin.safeTransfer(recipient, amount);
    }

    function _payAll(address[] memory signers) private {
        uint128 left = pot;
        for (uint256 i = 0; i < signers.length && left >= pay; ++i) {
            Member storage member = _members[signers[i]];
            uint128 credit = member.credit + pay;
            member.credit = uint256(credit).toUint88();
            left -= pay;
            emit ProberPaid(signers[i], pay, credit, left);
        }
        _credits += pot - left;
        pot = left;
    }

    /* FAULTS */

    /// @inheritdoc IProbers
    function checkStatements(
        Statement calldata statement,
        uint40[] calldata at,
        bytes[] calldata signatures,
        bool isPaid
    ) external onlyFaults returns (address[] memory signers, uint32 drawnMask, uint8 regions) {
        require(at.length == signatures.length, LengthsDiffer(at.length, signatures.length));
        address[] memory list = _drawFor(statement.deal, uint32(at[0] / DAY));
        uint256[] memory digests = new uint256[](at.length);
        for (uint256 i = 0; i < at.length; ++i) {
            require(at[i] / DAY == at[0] / DAY, DaysDiffer(at[i]));
            digests[i] = uint256(_statementDigest(statement, at[i]));
        }
        uint256 mask;
        (signers, mask) = _signersOf(list, digests, signatures);
        // At most 32 are drawn.
        drawnMask = uint32(mask);
        regions = _regionsOf(signers);
        if (isPaid && pay != 0) _payAll(signers);
    }

    /// @inheritdoc IProbers
    function checkVerdicts(FaultId fault, uint32 day, bool isGuilty, bytes[] calldata signatures)
        external
        view
        onlyFaults
        returns (address[] memory signers)
    {
        uint256[] memory digests = new uint256[](signatures.length);
        for (uint256 i = 0; i < signatures.length; ++i) {
            digests[i] = uint256(_verdictDigest(fault, isGuilty));
        }
        (signers,) = _signersOf(_panelFor(fault, day), digests, signatures);
    }

    /// @inheritdoc IProbers
    function slash(DealId deal, uint32 day, uint32 drawnMask) external onlyFaults returns (uint128 amount) {
        address[] memory list = _drawFor(deal, day);
        for (uint256 i = 0; i < list.length; ++i) {
            if (drawnMask >> i & 1 != 0) amount += _slash(list[i]);
        }
        if (amount != 0) flt.safeTransfer(DEAD, amount);
    }

    /* SIGNATURES */

    /// @dev Who signed what, each of them in the list and once; bit i of `mask` is the i-th of the list.
    function _signersOf(address[] memory list, uint256[] memory digests, bytes[] calldata signatures)
        private
        pure
        returns (address[] memory signers, uint256 mask)
    {
        signers = new address[](signatures.length);
        for (uint256 i = 0; i < signatures.length; ++i) {
            (address signer, ECDSA.RecoverError failure,) = ECDSA.tryRecover(bytes32(digests[i]), signatures[i]);
            require(failure == ECDSA.RecoverError.NoError, SignatureInvalid(i));
            uint256 index = _indexOf(list, list.length, signer);
            require(index != list.length, NotDrawn(signer));
            require(mask >> index & 1 == 0, SignerTwice(signer));
            mask |= 2 ** index;
            signers[i] = signer;
        }
    }

    function _regionsOf(address[] memory signers) private view returns (uint8 regions) {
        uint256 seen = 0;
        for (uint256 i = 0; i < signers.length; ++i) {
            uint256 region = 2 ** uint256(_members[signers[i]].region);
            if (seen & region == 0) ++regions;
            seen |= region;
        }
    }

    function _statementDigest(Statement calldata statement, uint40 at) private view returns (bytes32) {
        bytes32 hash =
            keccak256(abi.encode(STATEMENT, statement.deal, statement.slot, statement.serving, statement.isUp, at));
        return _hashTypedDataV4(hash);
    }

    function _verdictDigest(FaultId fault, bool isGuilty) private view returns (bytes32) {
        return _hashTypedDataV4(keccak256(abi.encode(VERDICT, fault, isGuilty)));
    }

    /* VIEWS */

    /// @inheritdoc IProbers
    function rules() external view returns (Rules memory) {
        return Rules(drawn, quorum, panelDrawn, panelQuorum, eligibleMin, seatStake);
    }

    /// @inheritdoc IProbers
    function proberOf(address prober) external view returns (Prober memory) {
        Member memory member = _members[prober];
        return Prober({
            region: member.region,
            seats: uint16(_positions[prober].length),
            fromDay: member.fromDay,
            untilDay: member.untilDay,
            stake: member.stake,
            credit: member.credit
        });
    }

    /// @inheritdoc IProbers
    function statementDigest(Statement calldata statement) external view returns (bytes32) {
        return _statementDigest(statement, statement.at);
    }

    /// @inheritdoc IProbers
    function verdictDigest(FaultId fault, bool isGuilty) external view returns (bytes32) {
        return _verdictDigest(fault, isGuilty);
    }

    /// @inheritdoc IProbers
    function surplus() external view returns (uint256, uint256) {
        return (flt.balanceOf(address(this)) - _staked, stablecoin.balanceOf(address(this)) - pot - _credits);
    }
}
