// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAttributes} from "./interfaces/IAttributes.sol";
import {IStaking} from "./interfaces/IStaking.sol";
import {AttributeIds} from "./types/AttributeIds.sol";
import {AttributeLevels} from "./types/AttributeLevels.sol";
import {LockId, ModuleId} from "./types/Ids.sol";
import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @dev Invariants.
/// 1. Level 1 is the subject's own word, levels 2 and 3 the word of one who was a listed attester when it was given.
/// 2. Nothing counts after its expiry, and nothing of an attester that is not listed.
/// 3. What is spent of an epoch's budget never exceeds what the attester's lock answered for when it was spent.
contract Attributes is IAttributes, AccessManaged {
    using SafeCast for uint256;

    /// Under Staking's 20 days, so that a transaction may come late.
    uint256 private constant SECURITY_TIME = 19 days;
    /// A lock that ends sooner answers for no more work: the council, behind its timelock, might slash it too late.
    uint256 private constant ANSWER_TIME = 5 days;
    uint256 private constant MILLIONTHS = 1e6;

    struct Security {
        LockId lock;
        uint40 end;
    }

    IStaking private immutable staking;
    address private immutable rewards;
    /// This contract's place in Staking's list: it slashes its own locks.
    ModuleId private immutable self;
    /// @inheritdoc IAttributes
    uint128 public immutable securityMin;
    /// @inheritdoc IAttributes
    uint128 public immutable securityPerUnit;

    /// @inheritdoc IAttributes
    mapping(address account => bool) public isAttester;
    mapping(address subject => mapping(uint16 attribute => mapping(uint8 level => Attestation))) private _attestations;

    mapping(address attester => Security) private _securities;
    mapping(address attester => mapping(uint32 epoch => uint64)) private _spent;

    constructor(
        address manager,
        IStaking newStaking,
        address newRewards,
        ModuleId newSelf,
        uint128 newSecurityMin,
        uint128 newSecurityPerUnit
    ) AccessManaged(manager) {
        require(newSecurityPerUnit != 0, SecurityTooLow(0, 1));
        staking = newStaking;
        rewards = newRewards;
        self = newSelf;
        securityMin = newSecurityMin;
        securityPerUnit = newSecurityPerUnit;
        emit SecuritySet(newSecurityMin, newSecurityPerUnit);
    }

    /// @inheritdoc IAttributes
    function setAttester(address attester, bool newIsAttester) external restricted {
        isAttester[attester] = newIsAttester;
        emit AttesterSet(attester, newIsAttester);
    }

    /// @inheritdoc IAttributes
    function declare(uint16 attribute, uint48 value, uint40 expiry) external {
        _attest(msg.sender, attribute, AttributeLevels.DECLARED, value, expiry);
    }

    /// @inheritdoc IAttributes
    function attest(address subject, uint16 attribute, uint8 level, uint48 value, uint40 expiry) external {
        require(isAttester[msg.sender], NotAttester(msg.sender));
        require(level == AttributeLevels.ATTESTED || level == AttributeLevels.AUDITED, LevelInvalid(level));
        (, uint128 amount,) = securityOf(msg.sender);
        require(amount >= securityMin, SecurityTooLow(amount, securityMin));
        Attestation storage found = _attestations[subject][attribute][level];
        bool isFree = found.attester == msg.sender || found.expiry < block.timestamp || !isAttester[found.attester];
        require(isFree, AttestedByOther(found.attester));
        _attest(subject, attribute, level, value, expiry);
    }

    /// @inheritdoc IAttributes
    function revoke(address subject, uint16 attribute, uint8 level) external {
        address attester = _attestations[subject][attribute][level].attester;
        require(attester != address(0), AttestationUnknown(subject, attribute, level));
        require(msg.sender == attester, NotAttester(msg.sender));
        delete _attestations[subject][attribute][level];
        emit AttributeRevoked(subject, attribute, level, attester);
    }

    /* SECURITY */

    /// @inheritdoc IAttributes
    function secure(uint128 amount) external returns (LockId lock) {
        Security memory held = _securities[msg.sender];
        lock = held.lock;
        uint40 end = (block.timestamp + SECURITY_TIME).toUint40();
        if (block.timestamp <= held.end) {
            uint128 have = staking.lockOf(lock).amount;
            require(amount >= have, SecurityShrinks(have, amount));
            staking.regrant(lock, amount, end);
        } else {
            // What has ended anyone may have released.
            if (held.end != 0) try staking.release(lock) {} catch {}
            lock = staking.grant(msg.sender, amount, end, self);
        }
        _securities[msg.sender] = Security({lock: lock, end: end});
        emit AttesterSecured(msg.sender, lock, amount, end);
    }

    /// @inheritdoc IAttributes
    function slash(address attester, uint128 amount) external returns (uint128 slashed) {
        require(msg.sender == staking.council(), NotCouncil(msg.sender));
        LockId lock = _securities[attester].lock;
        (slashed,) = staking.slash(lock, amount, address(0), 0, address(0), 0);
        emit AttesterSlashed(attester, lock, slashed);
    }

    /// @inheritdoc IAttributes
    function spend(address customer, uint32 epoch, uint64 amount) external returns (address attester) {
        require(msg.sender == rewards, NotRewards(msg.sender));
        uint256 budget;
        (attester, budget) = _voucherOf(customer, epoch, amount);
        uint256 spent = _spent[attester][epoch];
        uint256 left = Math.saturatingSub(budget, spent);
        require(amount <= left, BudgetSpent(attester, epoch, left, amount));
        // Within a budget of 64 bits.
        spent += amount;
        _spent[attester][epoch] = uint64(spent);
        emit BudgetUsed(attester, epoch, amount, uint64(spent));
    }

    /* VIEWS */

    /// @inheritdoc IAttributes
    function has(address subject, uint16 attribute, uint8 level, uint40 until) external view returns (bool) {
        for (uint8 at = level; at <= AttributeLevels.AUDITED; ++at) {
            Attestation storage found = _attestations[subject][attribute][at];
            if (found.expiry < until || found.attester == address(0)) continue;
            if (at == AttributeLevels.DECLARED || isAttester[found.attester]) return true;
        }
        return false;
    }

    /// @inheritdoc IAttributes
    function attestation(address subject, uint16 attribute, uint8 level) external view returns (Attestation memory) {
        return _attestations[subject][attribute][level];
    }

    /// @inheritdoc IAttributes
    function securityOf(address attester) public view returns (LockId lock, uint128 amount, uint40 end) {
        Security memory held = _securities[attester];
        // Nobody can release it before its end, so it is there.
        if (block.timestamp <= held.end) return (held.lock, staking.lockOf(held.lock).amount, held.end);
    }

    /// @inheritdoc IAttributes
    function budgetOf(address attester, uint32 epoch) public view returns (uint64 budget, uint64 spent) {
        (, uint256 amount, uint256 end) = securityOf(attester);
        if (end >= block.timestamp + ANSWER_TIME) {
            budget = Math.min(amount * MILLIONTHS / securityPerUnit, type(uint64).max).toUint64();
        }
        spent = _spent[attester][epoch];
    }

    /* INTERNAL */

    /// @dev Who vouches for a customer, and his budget: of two the one at the lower level, unless he has too little left.
    function _voucherOf(address customer, uint32 epoch, uint256 amount)
        private
        view
        returns (address attester, uint256 budget)
    {
        for (uint8 level = AttributeLevels.ATTESTED; level <= AttributeLevels.AUDITED; ++level) {
            Attestation storage found = _attestations[customer][AttributeIds.REAL_CUSTOMER][level];
            if (found.expiry < block.timestamp || !isAttester[found.attester]) continue;
            attester = found.attester;
            uint256 spent;
            (budget, spent) = budgetOf(attester, epoch);
            if (spent + amount <= budget) return (attester, budget);
        }
        require(
            attester != address(0), AttestationUnknown(customer, AttributeIds.REAL_CUSTOMER, AttributeLevels.ATTESTED)
        );
    }

    function _attest(address subject, uint16 attribute, uint8 level, uint48 value, uint40 expiry) private {
        require(attribute > 0 && attribute <= AttributeIds.REGION_LAST, AttributeInvalid(attribute));
        require(expiry >= block.timestamp, ExpiryPassed(expiry));
        _attestations[subject][attribute][level] = Attestation({attester: msg.sender, expiry: expiry, value: value});
        emit AttributeAttested(subject, attribute, level, msg.sender, value, expiry);
    }
}
