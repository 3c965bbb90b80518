// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IMatching, IMatchingBooks} from "../../src/interfaces/IMatching.sol";
import {IModules} from "../../src/interfaces/IModules.sol";
import {IOffers} from "../../src/interfaces/IOffers.sol";
import {DealId, OfferId} from "../../src/types/Ids.sol";
import {ModulesBase} from "../ModulesBase.t.sol";

/// @dev Requests that are metered, that name modules, or that ask for groth16 proofs.
contract MatchingMeteredTest is ModulesBase {
    uint8 private constant GROTH16 = 3;
    bytes32 private constant KEY = keccak256("key");

    function _refused(IMatching.Request memory request, bytes memory reason) private {
        _pay(customer, request.prepaid + requestFee);
        vm.expectRevert(reason);
        vm.prank(customer);
        matching.request(request);
    }

    /* METERED */

    /// @dev A day of the slots and a term of the retainers, all at the maximum price.
    function test_Request_WhenMetered(uint8 slots, uint8 standbys, uint8 termDays, uint128 prepaid) external {
        (slots, termDays) = (uint8(bound(slots, 1, 4)), uint8(bound(termDays, 1, 14)));
        standbys = uint8(bound(standbys, 0, 4));
        IMatching.Request memory request = _asking(slots, 100, termDays, 84);
        (request.paymentMode, request.standbys) = (1, standbys);
        if (standbys != 0) request.reserveBps = 2000;
        uint256 need = 200 * dollar * slots + 4 * dollar * standbys * termDays;
        request.prepaid = uint128(bound(prepaid, 0, need - 1));
        _refused(request, abi.encodeWithSelector(IMatchingBooks.PrepaidTooLow.selector, request.prepaid, need));
        request.prepaid = uint128(need);
        DealId opened = _request(request);
        assertEq(deals.dealOf(opened).paymentMode, 1, "metered");
        assertEq(matching.requestOf(opened).paymentMode, 1, "as it was made");
    }

    function test_Request_WhenTheOfferTakesOnlyReserved() external {
        DealId opened = _request(_askingMetered(1400 * dollar));
        _register(providers[0], 1_000_000 * FLT, 0, 0, 0);
        IOffers.Offer memory offer = _offerOf(providers[0], 10_000, dollar);
        offer.paymentModes = 1;
        assertEq(matching.reasonOf(opened, _create(offer)), 9, "payment mode");
        offer.paymentModes = 2;
        assertEq(matching.reasonOf(opened, _create(offer)), 0, "metered");
    }

    /* MODULES */

    function test_Request_RevertWhen_ModuleUnknown(bytes32 module) external {
        _refused(_askingFor(_list(module)), abi.encodeWithSelector(IModules.ModuleUnknown.selector, module));
    }

    function test_Request_RevertWhen_ModuleTwice() external {
        bytes32[] memory list = _published(2);
        list[1] = list[0];
        _refused(_askingFor(list), abi.encodeWithSelector(IModules.ModuleTwice.selector, list[0]));
    }

    function test_Request_RevertWhen_NineModules() external {
        _refused(_askingFor(_published(9)), abi.encodeWithSelector(IModules.ModulesTooMany.selector, 9, 8));
    }

    /// @dev As high as the maximum price, or higher: nothing would be left for the offer.
    function test_Request_RevertWhen_RoyaltyTooHigh(uint96 royalty) external {
        royalty = uint96(bound(royalty, 2 * dollar, 1e24));
        _publish(author, HASH, royalty);
        _refused(
            _askingFor(_list(HASH)), abi.encodeWithSelector(IMatchingBooks.RoyaltyTooHigh.selector, royalty, 2 * dollar)
        );
    }

    function test_Request_WhenItNamesModules(uint96 royalty) external {
        royalty = uint96(bound(royalty, 0, 2 * dollar - 1));
        _publish(author, HASH, royalty);
        DealId opened = _requestNaming(_list(HASH));
        assertEq(deals.dealOf(opened).royalty, royalty, "of the deal");
        uint256 most = 2 * dollar - royalty;
        _register(providers[0], 1_000_000 * FLT, 0, 0, 0);
        assertEq(matching.reasonOf(opened, _offer(providers[0], 10_000, most)), 0, "all that is left");
        assertEq(matching.reasonOf(opened, _offer(providers[0], 10_000, most + 1)), 4, "more");
    }

    /// @dev The lock and the price are of the offer and the royalty together.
    function test_Activate_WhenItNamesModules() external {
        DealId opened = _serving(_published(5));
        assertEq(_slot(opened).price, dollar * 3 / 2, "with royalties");
        (, uint128 value) = deals.lockFor(opened, 0, uint96(dollar));
        assertEq(value, 150 * dollar * 84, "at stake, too");
    }

    function test_RequestOf_ShowsAllOfIt(uint96 royalty, bytes32 key, address resolver) external {
        vm.assume(key != 0);
        royalty = uint96(bound(royalty, 0, dollar));
        bytes32[] memory list = _published(3);
        _setRoyalty(list[2], royalty);
        skip(2 minutes);
        IMatching.Request memory request = _askingFor(list);
        (request.paymentMode, request.proofKind, request.verificationKey) = (1, GROTH16, key);
        (request.resolver, request.exposure, request.firstLossMinBps) = (resolver, 1, 77);
        request.criteria = new IMatching.Criterion[](1);
        request.criteria[0] = IMatching.Criterion(5, 1);
        DealId opened = _request(request);
        request.prepaid = 0;
        assertEq(abi.encode(matching.requestOf(opened)), abi.encode(request), "as it was made");
        _setRoyalty(list[2], 0);
        skip(2 minutes);
        assertEq(matching.requestOf(opened).priceMax, 2 * dollar, "whatever becomes of the royalty");
    }

    /* KEYS */

    function test_Request_RevertWhen_VerificationKeyWrong(uint8 kind, bytes32 key) external {
        IMatching.Request memory request = _asking(1, 100, 14, 84);
        request.proofKind = GROTH16;
        _refused(request, abi.encodeWithSelector(IMatchingBooks.VerificationKeyWrong.selector, GROTH16, 0));
        vm.assume(key != 0);
        kind = uint8([0, 1, 2, 4][kind % 4]);
        (request.proofKind, request.verificationKey) = (kind, key);
        _refused(request, abi.encodeWithSelector(IMatchingBooks.VerificationKeyWrong.selector, kind, key));
    }

    function test_Request_WhenItHasAKey(bytes32 key) external {
        vm.assume(key != 0);
        IMatching.Request memory request = _asking(1, 100, 14, 84);
        (request.proofKind, request.verificationKey) = (GROTH16, key);
        _pay(customer, request.prepaid + requestFee);
        vm.expectEmit(address(matching));
        emit IMatchingBooks.RequestKeySet(DealId.wrap(1), key);
        vm.prank(customer);
        DealId opened = matching.request(request);
        assertEq(deals.dealOf(opened).verificationKey, key, "of the deal");
        assertEq(deals.dealOf(opened).proofKind, GROTH16, "kind");
    }

    function _proving(bytes32 root) private returns (DealId opened, OfferId offer) {
        IMatching.Request memory request = _asking(1, 100, 14, 84);
        (request.proofKind, request.verificationKey) = (GROTH16, KEY);
        opened = _request(request);
        _register(providers[0], 1_000_000 * FLT, 0, 0, 0);
        IOffers.Offer memory made = _offerOf(providers[0], 10_000, dollar);
        (made.proofKinds, made.verificationKeysRoot) = (31, root);
        offer = _create(made);
    }

    function _leaf(bytes memory of_) private pure returns (bytes32) {
        return keccak256(abi.encode(keccak256(of_)));
    }

    function _pair(bytes32 one, bytes32 two) private pure returns (bytes32) {
        return one < two ? keccak256(abi.encode(one, two)) : keccak256(abi.encode(two, one));
    }

    function test_AdmitKey_WhenTheOfferNamesNone() external {
        (DealId opened, OfferId offer) = _proving(0);
        assertEq(matching.reasonOf(opened, offer), 0, "any");
    }

    function test_AdmitKey_Admits(bytes32 other) external {
        (DealId opened, OfferId offer) = _proving(_pair(_leaf(abi.encode(KEY)), other));
        assertEq(matching.reasonOf(opened, offer), 19, "not shown yet");
        bytes32[] memory proof = new bytes32[](1);
        proof[0] = other;
        matching.admitKey(opened, _pair(_leaf(abi.encode(KEY)), other), proof);
        assertEq(matching.reasonOf(opened, offer), 0, "accepted");
    }

    /// @dev Offers that take some keys take deals without one, too.
    function test_AdmitKey_WhenTheDealHasNone() external {
        (, OfferId offer) = _proving(keccak256("root"));
        DealId plain = _request(_asking(1, 100, 14, 84));
        assertEq(matching.reasonOf(plain, offer), 0, "not asked");
    }

    function test_AdmitKey_RevertGiven_Unknown() external {
        vm.expectRevert(abi.encodeWithSelector(IMatchingBooks.RequestUnknown.selector, 9));
        matching.admitKey(DealId.wrap(9), 0, new bytes32[](0));
    }

    /// @dev Of another key, or of the customer: what is shown of one says nothing of the other.
    function test_AdmitKey_RevertWhen_ProofInvalid(bytes32 key) external {
        vm.assume(key != KEY);
        bytes32 root = _leaf(abi.encode(key));
        (DealId opened, OfferId offer) = _proving(root);
        vm.expectRevert(abi.encodeWithSelector(IMatchingBooks.ProofInvalid.selector, root));
        matching.admitKey(opened, root, new bytes32[](0));
        root = _leaf(abi.encode(customer));
        matching.admit(opened, root, new bytes32[](0), false);
        vm.expectRevert(abi.encodeWithSelector(IMatchingBooks.ProofInvalid.selector, root));
        matching.admitKey(opened, root, new bytes32[](0));
        assertEq(matching.reasonOf(opened, offer), 19, "not accepted");
    }
}
