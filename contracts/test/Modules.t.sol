// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IMatching} from "../src/interfaces/IMatching.sol";
import {IModules} from "../src/interfaces/IModules.sol";
import {IRedemption} from "../src/interfaces/IRedemption.sol";
import {DealId} from "../src/types/Ids.sol";
import {ModulesBase} from "./ModulesBase.t.sol";

/// @dev Publishing, royalties, and what deals pay for what they named.
contract ModulesTest is ModulesBase {
    /* PUBLISH */

    function test_Publish_RevertWhen_ModuleZero() external {
        vm.expectRevert(IModules.ModuleZero.selector);
        registry.publish(0, 0, "");
    }

    function test_Publish_RevertGiven_Known(bytes32 module, address other) external {
        vm.assume(module != 0);
        _publish(author, module, 0);
        vm.expectRevert(abi.encodeWithSelector(IModules.ModuleKnown.selector, module, author));
        vm.prank(other);
        registry.publish(module, 0, "");
    }

    function test_Publish_RevertWhen_RoyaltyTooHigh(uint96 royalty) external {
        royalty = uint96(bound(royalty, 1e24 + 1, type(uint96).max));
        vm.expectRevert(abi.encodeWithSelector(IModules.RoyaltyTooHigh.selector, royalty));
        registry.publish(HASH, royalty, "");
    }

    function test_Publish_RevertWhen_UriTooLong() external {
        vm.expectRevert(abi.encodeWithSelector(IModules.UriTooLong.selector, 257));
        registry.publish(HASH, 0, string(new bytes(257)));
    }

    function test_Publish_Publishes(bytes32 module, address by, uint96 royalty) external {
        vm.assume(module != 0 && by != address(0));
        royalty = uint96(bound(royalty, 0, 1e24));
        string memory uri = string(new bytes(256));
        vm.expectEmit(modules);
        emit IModules.ModulePublished(module, by, royalty, uri);
        vm.prank(by);
        registry.publish(module, royalty, uri);
        IModules.Module memory found = registry.moduleOf(module);
        assertEq(found.author, by, "author");
        assertEq(found.royalty, royalty, "royalty");
        assertEq(found.publishedAt, block.timestamp, "published");
        assertEq(found.effectiveAt, 0, "no change ahead");
    }

    /* ROYALTY */

    function test_SetRoyalty_RevertGiven_Unknown() external {
        vm.expectRevert(abi.encodeWithSelector(IModules.ModuleUnknown.selector, HASH));
        registry.setRoyalty(HASH, 0);
    }

    function test_SetRoyalty_RevertWhen_CallerNotAuthor(address caller) external {
        vm.assume(caller != author);
        _publish(author, HASH, 0);
        vm.expectRevert(abi.encodeWithSelector(IModules.NotAuthor.selector, caller, author));
        vm.prank(caller);
        registry.setRoyalty(HASH, 0);
    }

    function test_SetRoyalty_RevertWhen_RoyaltyTooHigh(uint96 royalty) external {
        _publish(author, HASH, 0);
        royalty = uint96(bound(royalty, 1e24 + 1, type(uint96).max));
        vm.expectRevert(abi.encodeWithSelector(IModules.RoyaltyTooHigh.selector, royalty));
        vm.prank(author);
        registry.setRoyalty(HASH, royalty);
    }

    function test_SetRoyalty_ActsAfterTwoMinutes(uint96 before, uint96 royalty, uint256 wait) external {
        before = uint96(bound(before, 0, 1e24));
        royalty = uint96(bound(royalty, 0, 1e24));
        _publish(author, HASH, before);
        uint40 effectiveAt = uint40(block.timestamp + 2 minutes);
        vm.expectEmit(modules);
        emit IModules.ModuleRoyaltySet(HASH, royalty, effectiveAt);
        _setRoyalty(HASH, royalty);
        vm.warp(bound(wait, block.timestamp, effectiveAt - 1));
        assertEq(registry.royaltyOf(_list(HASH)), before, "not yet");
        IModules.Module memory found = registry.moduleOf(HASH);
        assertEq(found.nextRoyalty, royalty, "ahead");
        assertEq(found.effectiveAt, effectiveAt, "at");
        vm.warp(bound(wait, effectiveAt, effectiveAt + 365 days));
        assertEq(registry.royaltyOf(_list(HASH)), royalty, "in force");
        found = registry.moduleOf(HASH);
        assertEq(found.royalty, royalty, "in force there, too");
        assertEq(found.effectiveAt, 0, "nothing ahead");
    }

    function test_SetRoyalty_GivenAChangeAhead() external {
        _publish(author, HASH, 1);
        _setRoyalty(HASH, 2);
        skip(1 minutes);
        _setRoyalty(HASH, 3);
        skip(1 minutes);
        assertEq(registry.royaltyOf(_list(HASH)), 1, "the first change never acts");
        skip(1 minutes);
        assertEq(registry.royaltyOf(_list(HASH)), 3, "the last one");
        _setRoyalty(HASH, 4);
        assertEq(registry.royaltyOf(_list(HASH)), 3, "kept meanwhile");
    }

    /* NAMING */

    function test_NameModules_RevertWhen_CallerNotMatching(address caller) external {
        vm.assume(caller != address(matching));
        vm.expectRevert(abi.encodeWithSelector(IModules.NotMatching.selector, caller));
        vm.prank(caller);
        registry.nameModules(DealId.wrap(1), new bytes32[](0));
    }

    function test_NameModules_FixesTheirRoyalties(uint96 first, uint96 second, uint96 later) external {
        first = uint96(bound(first, 0, dollar / 2));
        second = uint96(bound(second, 0, dollar / 2));
        bytes32[] memory list = _published(2);
        _setRoyalty(list[0], first);
        _setRoyalty(list[1], second);
        skip(2 minutes);
        DealId named = _requestNaming(list);
        _setRoyalty(list[0], uint96(bound(later, 0, 1e24)));
        skip(2 minutes);
        (bytes32[] memory found, uint96[] memory royalties) = registry.modulesOf(named);
        assertEq(abi.encode(found), abi.encode(list), "modules");
        assertEq(royalties[0], first, "first");
        assertEq(royalties[1], second, "second");
        assertEq(deals.dealOf(named).royalty, first + second, "of the deal");
    }

    function test_NameModules_Tells() external {
        IMatching.Request memory request = _askingFor(_published(1));
        _pay(customer, request.prepaid + requestFee);
        vm.expectEmit(modules);
        emit IModules.ModuleNamed(DealId.wrap(1), request.modules[0], author, uint96(dollar / 10));
        vm.prank(customer);
        matching.request(request);
    }

    function test_RoyaltyOf_RevertWhen_Unknown(bytes32 module) external {
        vm.expectRevert(abi.encodeWithSelector(IModules.ModuleUnknown.selector, module));
        registry.royaltyOf(_list(module));
    }

    function test_RoyaltyOf_RevertWhen_Twice(uint256 first, uint256 second) external {
        bytes32[] memory list = _published(8);
        first = bound(first, 0, 6);
        second = bound(second, first + 1, 7);
        list[second] = list[first];
        vm.expectRevert(abi.encodeWithSelector(IModules.ModuleTwice.selector, list[first]));
        registry.royaltyOf(list);
    }

    function test_RoyaltyOf_RevertWhen_TooMany() external {
        bytes32[] memory list = _published(9);
        vm.expectRevert(abi.encodeWithSelector(IModules.ModulesTooMany.selector, 9, 8));
        registry.royaltyOf(list);
    }

    function test_RoyaltyOf_Sums() external {
        assertEq(registry.royaltyOf(new bytes32[](0)), 0, "of none");
        assertEq(registry.royaltyOf(_published(8)), 8 * dollar / 10, "of eight");
    }

    function test_ModuleOf_WhenUnknown(bytes32 module) external view {
        assertEq(registry.moduleOf(module).author, address(0), "nobody");
    }

    /* PAY */

    function test_Pay_RevertGiven_NothingDue() external {
        vm.expectRevert(abi.encodeWithSelector(IModules.NothingDue.selector, 99));
        registry.pay(DealId.wrap(99));
        DealId named = _serving(_published(1));
        vm.expectRevert(abi.encodeWithSelector(IModules.NothingDue.selector, named));
        registry.pay(named);
    }

    /// @dev A dollar of the offer, thirty cents of royalties: what is credited is shared out in these parts, less the fee.
    function test_Pay_SharesOut(uint256 time) external {
        bytes32[] memory list = _published(1);
        bytes32[] memory both = new bytes32[](2);
        (both[0], both[1]) = (list[0], keccak256("another"));
        _publish(coauthor, both[1], uint96(dollar / 5));
        DealId named = _serving(both);
        _skip(bound(time, 3 days + 1 hours, 14 days));
        deals.settle(named, 0);
        uint128 due = deals.royaltyDue(named);
        uint256 credited = _slot(named).credited;
        assertEq(due, credited * 3 / 13, "of each credit");
        vm.expectEmit(true, true, false, false, address(deals));
        emit IRedemption.RoyaltyCredited(named, author, 0, 0);
        uint128 paid = registry.pay(named);
        assertEq(deals.creditOf(author), due / 3, "a third, rounded down");
        assertEq(deals.creditOf(coauthor), uint256(due) * 2 / 3, "two thirds, rounded down");
        assertEq(deals.royaltyDue(named), due - paid, "roundings stay");
        assertLe(due - paid, 1, "one unit");
        assertEq(_claim(author), due / 3, "claimed");
        assertEq(usd.balanceOf(author), due / 3, "in his hands");
    }

    function test_Pay_WhenPaidAgain() external {
        DealId named = _serving(_published(2));
        _skip(5 days);
        deals.settle(named, 0);
        registry.pay(named);
        uint256 before = deals.creditOf(author);
        _skip(1 days);
        deals.settle(named, 0);
        registry.pay(named);
        uint256 daily = 100 * dollar / 5;
        assertApproxEqAbs(deals.creditOf(author) - before, daily, 2, "a day's of both");
    }

    /// @dev An author who may not receive the stablecoin blocks nobody else.
    function test_Pay_GivenABlockedAuthor() external {
        bytes32[] memory list = new bytes32[](2);
        (list[0], list[1]) = (HASH, keccak256("another"));
        _publish(author, list[0], uint96(dollar / 10));
        _publish(coauthor, list[1], uint96(dollar / 10));
        DealId named = _serving(list);
        _skip(5 days);
        deals.settle(named, 0);
        _block(author);
        registry.pay(named);
        assertGt(_claim(coauthor), 0, "the other is paid");
    }

    function test_Pay_WhenMetered() external {
        DealId named = _servingMetered(_published(2));
        _skip(1 hours);
        uint128 paid = _redeemOf(named, 120 * dollar);
        assertEq(paid, 120 * dollar, "paid");
        deals.settle(named, 0);
        assertEq(deals.royaltyDue(named), 20 * dollar, "the same part of it as of the price");
        registry.pay(named);
        assertEq(deals.creditOf(author), 20 * dollar, "the author's");
    }
}
