// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Proofs} from "../../src/Proofs.sol";
import {IMatching} from "../../src/interfaces/IMatching.sol";
import {IOffers} from "../../src/interfaces/IOffers.sol";
import {IProofs} from "../../src/interfaces/IProofs.sol";
import {IVouchers} from "../../src/interfaces/IVouchers.sol";
import {DealId, JobId, OfferId} from "../../src/types/Ids.sol";
import {Receipts} from "../../src/verifiers/Receipts.sol";
import {SystemBase} from "../SystemBase.t.sol";
import {MockDeals} from "../mocks/MockDeals.sol";

/// @dev With the real `Deals`: what a job takes from it, and when it refuses one. Nobody has a gateway.
contract ProofsTogetherTest is SystemBase {
    bytes32 private constant INPUT = keccak256("input");
    bytes32 private constant OUTPUT = keccak256("output");
    bytes32 private constant KEY = keccak256("key");

    Proofs private proofs;
    Receipts private receipts;
    address private ada;
    address private bell;

    function setUp() public override {
        super.setUp();
        (ada, bell) = (providers[0], providers[1]);
        IVouchers noGateways = IVouchers(address(new MockDeals()));
        receipts = new Receipts(deals, noGateways, staking);
        proofs = new Proofs(deals, staking, noGateways, address(receipts), makeAddr("groth16"), makeAddr("sampled"));
    }

    function test_Together_GivenDealAskedForReceipts() external {
        DealId deal = opened(1, 0, 0);
        _ready(deal, 0);
        JobId job = ask(ada, deal);
        IProofs.Job memory asked = jobOf(job, deal, ada, 1, 1, 0);
        attests(job, asked);
    }

    function test_Together_GivenDealAskedForGroth16() external {
        DealId deal = opened(3, KEY, 0);
        _ready(deal, 0);
        JobId job = ask(customer, deal);
        bytes32 hash = keccak256(abi.encode(jobOf(job, deal, ada, 1, 3, KEY)));
        assertEq(proofs.hashOf(job), hash, "kind and key are the deal's");
    }

    function test_Together_RevertGiven_DealAskedForNoProofs() external {
        DealId deal = opened(0, 0, 0);
        _ready(deal, 0);
        refuses(customer, deal, 0, abi.encodeWithSelector(IProofs.KindUnknown.selector, 0));
    }

    function test_Together_RevertGiven_ProviderIsNotReady() external {
        DealId deal = opened(1, 0, 0);
        refuses(ada, deal, 0, abi.encodeWithSelector(IProofs.SlotNotServed.selector, deal, 0));
    }

    function test_Together_RevertGiven_ProviderStandsBy() external {
        DealId deal = opened(1, 0, 1);
        _ready(deal, 0);
        _ready(deal, 16);
        refuses(bell, deal, 16, abi.encodeWithSelector(IProofs.SlotNotServed.selector, deal, 16));
        refuses(bell, deal, 0, abi.encodeWithSelector(IProofs.NotAllowed.selector, bell, deal));
    }

    /// @dev Nobody has closed the slot.
    function test_Together_RevertGiven_NoticeOfAStopIsOver() external {
        DealId deal = opened(1, 0, 0);
        _ready(deal, 0);
        vm.prank(customer);
        deals.stop(deal);
        _skip(1 days - 1);
        ask(customer, deal);
        _skip(1);
        refuses(ada, deal, 0, abi.encodeWithSelector(IProofs.SlotNotServed.selector, deal, 0));
    }

    function test_Together_GivenProviderFailed() external {
        DealId deal = opened(1, 0, 1);
        _ready(deal, 0);
        _ready(deal, 16);
        JobId before = ask(ada, deal);
        IProofs.Job memory asked = jobOf(before, deal, ada, 1, 1, 0);
        _skip(1 hours);
        vm.prank(faults);
        assertTrue(deals.fail(deal, 0, 1, uint40(block.timestamp)), "the standby serves");

        refuses(ada, deal, 0, abi.encodeWithSelector(IProofs.NotAllowed.selector, ada, deal));
        JobId since = ask(bell, deal);
        uint32 serving = deals.slotOf(deal, 0).serving;
        assertNotEq(serving, 1, "another serving");
        assertEq(
            proofs.hashOf(since), keccak256(abi.encode(jobOf(since, deal, bell, serving, 1, 0))), "is whose job it is"
        );
        attests(before, asked);
    }

    /* ACTS */

    /// @dev One slot by ada, with a standby or none by bell.
    function opened(uint8 kind, bytes32 key, uint8 standbys) private returns (DealId deal) {
        OfferId[] memory chosen = new OfferId[](1 + standbys);
        for (uint256 i = 0; i < chosen.length; ++i) {
            _register(providers[i], 1_000_000 * FLT, 1_000_000 * FLT, 1000, 1000);
            IOffers.Offer memory offer = _offerOf(providers[i], 1000, dollar);
            offer.proofKinds = uint8(1 << kind);
            chosen[i] = _create(offer);
        }
        IMatching.Request memory request = _asking(1, 100, 14, 84);
        (request.proofKind, request.verificationKey) = (kind, key);
        (request.standbys, request.reserveBps) = (standbys, 2000);
        request.prepaid += request.prepaid / 50 * standbys;
        deal = _request(request);
        _activate(deal, chosen);
    }

    function ask(address caller, DealId deal) private returns (JobId) {
        vm.prank(caller);
        return proofs.ask(deal, 0, INPUT);
    }

    function jobOf(JobId job, DealId deal, address provider, uint32 serving, uint8 kind, bytes32 key)
        private
        view
        returns (IProofs.Job memory asked)
    {
        (asked.deal, asked.kind, asked.serving, asked.provider) = (deal, kind, serving, provider);
        (asked.key, asked.inputRoot, asked.notBefore) = (key, INPUT, uint40(block.timestamp));
        asked.seed =
            keccak256(abi.encode(block.prevrandao, blockhash(block.number - 1), job, address(proofs), block.chainid));
    }

    function attests(JobId job, IProofs.Job memory asked) private {
        bytes32 digest = receipts.digestOf(proofs.statementOf(asked, OUTPUT));
        bytes memory first = signed("customer", digest);
        bytes memory proof = abi.encodePacked(customer, ada, uint16(first.length), first, signed("ada", digest));
        proofs.prove(job, asked, OUTPUT, proof);
        (asked.verdict, asked.outputRoot, asked.notAfter) = (2, OUTPUT, uint40(block.timestamp));
        assertEq(proofs.hashOf(job), keccak256(abi.encode(asked)), "agreed");
    }

    function signed(string memory name, bytes32 digest) private returns (bytes memory) {
        (, uint256 key) = makeAddrAndKey(name);
        (uint8 v, bytes32 r, bytes32 s) = vm.sign(key, digest);
        return abi.encodePacked(r, s, v);
    }

    function refuses(address caller, DealId deal, uint8 slot, bytes memory reason) private {
        vm.expectRevert(reason);
        vm.prank(caller);
        proofs.ask(deal, slot, INPUT);
    }
}
