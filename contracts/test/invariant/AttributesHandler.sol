// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Attributes} from "../../src/Attributes.sol";
import {IStaking} from "../../src/interfaces/IStaking.sol";
import {LockId} from "../../src/types/Ids.sol";
import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {Test} from "forge-std/Test.sol";

/// @dev Everything that can happen to attributes: time, words given and taken back, attesters listed and struck, secured, slashed and
/// spent upon, strangers.
/// Keeps every word, and searches them all to say what holds.
contract AttributesHandler is Test {
    struct Word {
        address subject;
        uint16 attribute;
        uint8 level;
        address attester;
        uint256 expiry;
        bool isRevoked;
    }

    uint256 private constant SECURITY_MIN = 100e18;

    Attributes public immutable attributes;
    IStaking private immutable staking;
    address private immutable operator;
    address[] private actors;
    Word[] private words;
    mapping(address account => bool) public isListed;
    /// Laws that a single call broke, by number.
    mapping(uint256 law => string) public broken;
    mapping(address account => uint64) private locks;
    mapping(address account => uint256) private secured;
    mapping(address account => uint256) private securedUntil;
    /// The largest lock that answered for work of a day when some of it was excused.
    mapping(address account => mapping(uint32 epoch => uint256)) private backed;

    constructor(Attributes newAttributes, IStaking newStaking, address newOperator, address[] memory newActors) {
        attributes = newAttributes;
        staking = newStaking;
        operator = newOperator;
        actors = newActors;
    }

    /* ACTIONS */

    function pass(uint256 elapsed) external {
        skip(bound(elapsed, 1, 20 days));
    }

    function list(uint256 actor, bool isListedNow) external {
        address account = actors[actor % actors.length];
        vm.prank(operator);
        attributes.setAttester(account, isListedNow);
        isListed[account] = isListedNow;
    }

    /// @dev Everybody but the parameter role is a stranger to the list, attesters and the manager itself included.
    function trespass(uint256 actor, uint256 other) external {
        address caller = actor % 4 == 0 ? attributes.authority() : actors[actor % actors.length];
        vm.prank(caller);
        try attributes.setAttester(actors[other % actors.length], true) {
            broken[29] = "a stranger set a parameter";
        } catch (bytes memory reason) {
            if (bytes4(reason) != IAccessManaged.AccessManagedUnauthorized.selector) broken[29] = "another reason";
        }
    }

    function declare(uint256 actor, uint256 attribute, uint256 life) external {
        address caller = actors[actor % actors.length];
        uint40 expiry = uint40(block.timestamp + bound(life, 0, 30 days));
        vm.prank(caller);
        attributes.declare(attributeOf(attribute), 0, expiry);
        words.push(Word(caller, attributeOf(attribute), 1, caller, expiry, false));
    }

    function attest(uint256 actor, uint256 about, uint256 attribute, uint256 level, uint256 life) external {
        address caller = actors[actor % actors.length];
        address subject = actors[about % actors.length];
        uint8 at = uint8(bound(level, 2, 3));
        uint40 expiry = uint40(block.timestamp + bound(life, 0, 30 days));
        vm.prank(caller);
        bool isAllowed = isListed[caller] && securityOf(caller) >= SECURITY_MIN
            && !isTaken(caller, subject, attributeOf(attribute), at);
        try attributes.attest(subject, attributeOf(attribute), at, 0, expiry) {
            if (!isAllowed) broken[28] = "a stranger attested, or over another's word";
            words.push(Word(subject, attributeOf(attribute), at, caller, expiry, false));
        } catch {
            if (isAllowed) broken[28] = "an attester was refused";
        }
    }

    function revoke(uint256 actor, uint256 about, uint256 attribute, uint256 level) external {
        address caller = actors[actor % actors.length];
        address subject = actors[about % actors.length];
        uint8 at = uint8(bound(level, 1, 3));
        (uint256 index, bool isFound) = last(subject, attributeOf(attribute), at);
        bool isOwn = isFound && words[index].attester == caller;
        vm.prank(caller);
        try attributes.revoke(subject, attributeOf(attribute), at) {
            if (!isOwn) broken[28] = "a stranger revoked";
            words[index].isRevoked = true;
        } catch {
            if (isOwn) broken[28] = "a revocation was refused";
        }
    }

    /* SECURITY */

    function secure(uint256 actor, uint256 amount) external {
        address caller = actors[actor % actors.length];
        amount = bound(amount, 1e18, 600e18);
        bool isSmaller = amount < securityOf(caller);
        // Stake that was slashed secures nothing; another lock that has ended frees what it took.
        bool isCovered = amount <= staking.tranche(caller, true).active;
        vm.prank(caller);
        try attributes.secure(uint128(amount)) returns (LockId lock) {
            locks[caller] = LockId.unwrap(lock);
            if (isSmaller) broken[60] = "a lock shrank";
            if (!isCovered) broken[60] = "a lock without stake";
            (secured[caller], securedUntil[caller]) = (amount, block.timestamp + 19 days);
        } catch {
            if (!isSmaller && isCovered) broken[60] = "a lock was refused";
        }
    }

    /// @dev Once a lock has ended anybody frees it.
    function free(uint256 actor) external {
        address account = actors[actor % actors.length];
        if (locks[account] == 0 || block.timestamp <= securedUntil[account]) return;
        staking.release(LockId.wrap(locks[account]));
        locks[account] = 0;
    }

    function slash(uint256 actor, uint256 amount, bool isCouncil) external {
        address account = actors[actor % actors.length];
        amount = bound(amount, 1, 50e18);
        vm.prank(isCouncil ? staking.council() : account);
        try attributes.slash(account, uint128(amount)) returns (uint128 slashed) {
            if (!isCouncil) broken[60] = "an attester was slashed by another";
            if (slashed > secured[account]) broken[60] = "more than the lock";
            secured[account] -= slashed;
        } catch {
            if (isCouncil && securityOf(account) != 0) broken[60] = "a slash was refused";
        }
    }

    function spend(uint256 actor, uint256 amount, bool isRewards) external {
        address customer = actors[actor % actors.length];
        uint64 need = uint64(bound(amount, 1, 700e6));
        vm.prank(isRewards ? rewards() : customer);
        try attributes.spend(customer, today(), need) returns (address attester) {
            if (!isRewards) broken[60] = "a stranger spent a budget";
            if (!holds(customer, 9, 2, block.timestamp)) broken[60] = "work of a stranger";
            uint256 answers = securityOf(attester);
            if (answers > backed[attester][today()]) backed[attester][today()] = answers;
        } catch {}
    }

    function today() public view returns (uint32) {
        return uint32(block.timestamp / 1 days);
    }

    function securityOf(address account) public view returns (uint256) {
        return block.timestamp <= securedUntil[account] ? secured[account] : 0;
    }

    function backedOf(address account) external view returns (uint256) {
        return backed[account][today()];
    }

    function rewards() private returns (address) {
        return makeAddr("rewards");
    }

    /* MODEL */

    function holds(address subject, uint16 attribute, uint8 level, uint256 until) public view returns (bool) {
        for (uint8 at = level; at <= 3; ++at) {
            (uint256 index, bool isFound) = last(subject, attribute, at);
            if (!isFound || words[index].expiry < until) continue;
            if (at == 1 || isListed[words[index].attester]) return true;
        }
        return false;
    }

    /* INTERNAL */

    /// @dev By a running word of another attester.
    function isTaken(address caller, address subject, uint16 attribute, uint8 level) private view returns (bool) {
        (uint256 index, bool isFound) = last(subject, attribute, level);
        if (!isFound || words[index].expiry < block.timestamp) return false;
        return words[index].attester != caller && isListed[words[index].attester];
    }

    /// @dev The last word of a subject, attribute and level, unless it was taken back.
    function last(address subject, uint16 attribute, uint8 level) private view returns (uint256 index, bool isFound) {
        for (uint256 i = words.length; i > 0; --i) {
            Word storage word = words[i - 1];
            bool isIt = word.subject == subject && word.attribute == attribute && word.level == level;
            if (isIt) return (i - 1, !word.isRevoked);
        }
    }

    /// @dev A word, a region, and the word that a customer is real.
    function attributeOf(uint256 attribute) private pure returns (uint16) {
        return attribute % 3 == 0 ? 1 : attribute % 3 == 1 ? 256 : 9;
    }
}
