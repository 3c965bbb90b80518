// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Attributes} from "../../src/Attributes.sol";
import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {Test} from "forge-std/Test.sol";

/// @dev Everything that can happen to attributes: time, words given and taken back, attesters listed and struck, strangers.
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

    Attributes public immutable attributes;
    address private immutable operator;
    address[] private actors;
    Word[] private words;
    mapping(address account => bool) public isListed;
    /// Laws that a single call broke, by number.
    mapping(uint256 law => string) public broken;

    constructor(Attributes newAttributes, address newOperator, address[] memory newActors) {
        attributes = newAttributes;
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
        try attributes.attest(subject, attributeOf(attribute), at, 0, expiry) {
            if (!isListed[caller]) broken[28] = "a stranger attested";
            words.push(Word(subject, attributeOf(attribute), at, caller, expiry, false));
        } catch {
            if (isListed[caller]) broken[28] = "an attester was refused";
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

    /* MODEL */

    function holds(address subject, uint16 attribute, uint8 level, uint256 until) external view returns (bool) {
        for (uint8 at = level; at <= 3; ++at) {
            (uint256 index, bool isFound) = last(subject, attribute, at);
            if (!isFound || words[index].expiry < until) continue;
            if (at == 1 || isListed[words[index].attester]) return true;
        }
        return false;
    }

    /* INTERNAL */

    /// @dev The last word of a subject, attribute and level, unless it was taken back.
    function last(address subject, uint16 attribute, uint8 level) private view returns (uint256 index, bool isFound) {
        for (uint256 i = words.length; i > 0; --i) {
            Word storage word = words[i - 1];
            bool isIt = word.subject == subject && word.attribute == attribute && word.level == level;
            if (isIt) return (i - 1, !word.isRevoked);
        }
    }

    /// @dev A word and a region.
    function attributeOf(uint256 attribute) private pure returns (uint16) {
        return attribute % 2 == 0 ? 1 : 256;
    }
}
