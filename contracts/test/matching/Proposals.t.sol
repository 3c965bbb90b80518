// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDeals} from "../../src/interfaces/IDeals.sol";
import {IMatching, IMatchingBooks} from "../../src/interfaces/IMatching.sol";
import {IOffers} from "../../src/interfaces/IOffers.sol";
import {DealId, OfferId} from "../../src/types/Ids.sol";
import {SystemBase} from "../SystemBase.t.sol";

/// @dev Which offers meet a request, which proposal stands, what an activation does.
contract MatchingProposalsTest is SystemBase {
    /* REASONS */

    /// @dev One request, one offer that meets it, and each way not to.
    function test_ReasonOf_NamesTheLimitThatFails(uint256 which) external {
        which = bound(which, 0, 11);
        _register(providers[0], 1_000_000 * FLT, 0, 1000, 0);
        IOffers.Offer memory offer = _offerOf(providers[0], 1000, dollar);
        uint8[12] memory reasons = [0, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 17];
        IMatching.Request memory request = _asking(1, 100, 14, 84);
        request.among.regions = 1 << 3;
        if (which == 1) offer.class = 1;
        if (which == 2) offer.region = 4;
        if (which == 3) offer.price = uint96(2 * dollar + 1);
        if (which == 4) offer.units = 99;
        if (which == 5) offer.coverageMaxBps = 29_999;
        if (which == 6) offer.termMaxDays = 13;
        if (which == 7) offer.durationMaxDays = 83;
        if (which == 8) offer.paymentModes = 2;
        if (which == 9) offer.proofKinds = 2;
        if (which == 10) offer.notice = 1 days + 1;
        if (which == 11) _exit(providers[0], 960_000 * FLT);
        OfferId id = _create(offer);
        DealId asked = _request(request);

        assertEq(matching.reasonOf(asked, id), reasons[which], "reason");
        if (reasons[which] != 0) {
            vm.expectRevert(abi.encodeWithSelector(IMatchingBooks.OfferRefused.selector, id, reasons[which]));
        }
        _propose(asked, _one(id));
    }

    function _exit(address provider, uint256 amount) private {
        vm.prank(provider);
        staking.exit(provider, provider, uint128(amount));
    }

    /// @dev The first slot has spent a fifth of its escrow, which is what the lock of its like would be sized by.
    function test_ReasonOf_GivenASlotServes_SizesTheOneThatWaits(uint256 own) external {
        own = bound(own, 80_000, 120_000) * FLT;
        _register(providers[2], own, 0, 0, 0);
        OfferId offer = _offer(providers[2], 10_000, dollar);
        OfferId[] memory chosen = _two(_host(0), _host(1));
        DealId asked = _request(_asking(2, 100, 14, 365));
        _activate(asked, chosen);
        vm.prank(providers[0]);
        deals.ready(asked, 0);
        vm.prank(providers[1]);
        deals.decline(asked, 1);
        _skip(6 days);
        deals.settle(asked, 0);

        bool isEnough = own >= 100_800 * FLT;
        assertEq(matching.reasonOf(asked, offer), isEnough ? 0 : 17, "the full escrow of the second");
        if (!isEnough) vm.expectRevert(abi.encodeWithSelector(IMatchingBooks.OfferRefused.selector, offer, 17));
        _propose(asked, _one(offer));
    }

    function test_ReasonOf_GivenOfferGone() external {
        OfferId offer = _host(0);
        DealId asked = _request(_asking(1, 100, 14, 84));
        vm.prank(providers[0]);
        offers.remove(offer);
        assertEq(matching.reasonOf(asked, offer), 0, "for two minutes it stands");
        skip(2 minutes);
        assertEq(matching.reasonOf(asked, offer), 1, "gone");
        assertEq(matching.reasonOf(asked, OfferId.wrap(99)), 1, "never there");
    }

    function test_ReasonOf_GivenList(bool isAllowlist, bool isListed) external {
        OfferId offer = _host(0);
        IMatching.Request memory request = _asking(1, 100, 14, 84);
        request.among.isAllowlist = isAllowlist;
        request.among.providers = new address[](1);
        request.among.providers[0] = isListed ? providers[0] : providers[1];
        assertEq(matching.reasonOf(_request(request), offer), isAllowlist == isListed ? 0 : 12, "listed");
    }

    function test_ReasonOf_GivenFirstLossAsked(uint16 asked) external {
        OfferId offer = _host(0);
        IMatching.Request memory request = _asking(1, 100, 14, 84);
        request.firstLossMinBps = uint16(bound(asked, 0, 10_000));
        assertEq(matching.reasonOf(_request(request), offer), request.firstLossMinBps > 1000 ? 13 : 0, "first loss");
    }

    /// @dev The attestation must outlive the first term, at the level asked for or above.
    function test_ReasonOf_GivenCriterion(uint8 level, uint8 asked, uint40 lasts) external {
        level = uint8(bound(level, 2, 3));
        asked = uint8(bound(asked, 1, 3));
        lasts = uint40(bound(lasts, 1, 40 days));
        OfferId offer = _host(0);
        _secure(attester, 1);
        vm.prank(attester);
        attributes.attest(providers[0], 1, level, 0, uint40(block.timestamp + lasts));
        IMatching.Request memory request = _asking(1, 100, 14, 84);
        request.criteria = new IMatching.Criterion[](1);
        request.criteria[0] = IMatching.Criterion(1, asked);

        bool isMet = level >= asked && lasts >= 14 days + 30 minutes;
        assertEq(matching.reasonOf(_request(request), offer), isMet ? 0 : 14, "criterion");
    }

    function _leafOfCustomer(address account) private pure returns (bytes32) {
        return keccak256(abi.encode(keccak256(abi.encode(account))));
    }

    function test_ReasonOf_GivenCustomersRoot(bytes32 sibling) external {
        bytes32 leaf = _leafOfCustomer(customer);
        bytes32 root =
            leaf < sibling ? keccak256(abi.encodePacked(leaf, sibling)) : keccak256(abi.encodePacked(sibling, leaf));
        OfferId offer = _rooted(root, 0);
        DealId asked = _request(_asking(1, 100, 14, 84));
        assertEq(matching.reasonOf(asked, offer), 15, "not shown yet");
        bytes32[] memory proof = new bytes32[](1);
        proof[0] = sibling;
        matching.admit(asked, root, proof, false);
        assertEq(matching.reasonOf(asked, offer), 0, "accepted");
    }

    function test_ReasonOf_GivenApplicationsRoot() external {
        IMatching.Request memory request = _asking(1, 100, 14, 84);
        bytes32 root = keccak256(abi.encode(keccak256(bytes(request.application))));
        OfferId offer = _rooted(0, root);
        DealId asked = _request(request);
        assertEq(matching.reasonOf(asked, offer), 16, "not shown yet");
        matching.admit(asked, root, new bytes32[](0), true);
        assertEq(matching.reasonOf(asked, offer), 0, "accepted");
    }

    function _rooted(bytes32 customers, bytes32 applications) private returns (OfferId) {
        _register(providers[0], 1_000_000 * FLT, 0, 0, 0);
        IOffers.Offer memory offer = _offerOf(providers[0], 1000, dollar);
        offer.customersRoot = customers;
        offer.applicationsRoot = applications;
        return _create(offer);
    }

    function test_Admit_RevertWhen_ProofInvalid(bytes32 root, bool isApplication) external {
        DealId asked = _request(_asking(1, 100, 14, 84));
        vm.expectRevert(abi.encodeWithSelector(IMatchingBooks.ProofInvalid.selector, root));
        matching.admit(asked, root, new bytes32[](0), isApplication);
    }

    function test_Admit_RevertGiven_RequestUnknown() external {
        vm.expectRevert(abi.encodeWithSelector(IMatchingBooks.RequestUnknown.selector, 1));
        matching.admit(DealId.wrap(1), 0, new bytes32[](0), false);
    }

    /* PROPOSE */

    function test_Propose_RevertGiven_RequestUnknown() external {
        vm.expectRevert(abi.encodeWithSelector(IMatchingBooks.RequestUnknown.selector, 1));
        _propose(DealId.wrap(1), new OfferId[](1));
    }

    function test_Propose_RevertGiven_RequestOver(bool isCancelled) external {
        OfferId offer = _host(0);
        DealId asked = _request(_asking(1, 100, 14, 84));
        if (isCancelled) {
            vm.prank(customer);
            matching.cancel(asked);
        } else {
            _skip(7 days + 1);
        }
        vm.expectRevert(abi.encodeWithSelector(IMatchingBooks.RequestOver.selector, asked));
        _propose(asked, _one(offer));
    }

    function test_Propose_RevertGiven_NothingToFill() external {
        DealId asked = _serving();
        vm.expectRevert(abi.encodeWithSelector(IMatchingBooks.NothingToFill.selector, asked));
        _propose(asked, new OfferId[](1));
    }

    function test_Propose_RevertWhen_CountWrong(uint8 count) external {
        DealId asked = _request(_asking(2, 100, 14, 84));
        count = uint8(bound(count, 0, 20));
        vm.assume(count != 2);
        vm.expectRevert(abi.encodeWithSelector(IMatchingBooks.OffersCountWrong.selector, count, 2));
        _propose(asked, new OfferId[](count));
    }

    function test_Propose_RevertWhen_ProviderTwice() external {
        OfferId first = _host(0);
        OfferId second = _offer(providers[0], 1000, dollar);
        DealId asked = _request(_asking(2, 100, 14, 84));
        vm.expectRevert(abi.encodeWithSelector(IMatchingBooks.ProviderTwice.selector, providers[0]));
        _propose(asked, _two(first, second));
    }

    function test_Propose_RevertWhen_ProviderServesAnotherSlot() external {
        OfferId first = _host(0);
        DealId asked = _request(_asking(2, 100, 14, 84));
        _activate(asked, _two(first, _host(1)));
        _ready(asked, 0);
        vm.prank(providers[1]);
        deals.decline(asked, 1);
        vm.expectRevert(abi.encodeWithSelector(IMatchingBooks.ProviderTwice.selector, providers[0]));
        _propose(asked, _one(first));
    }

    function test_Propose_KeepsTheProposal(uint256 seed) external {
        address solver = _solver(vm.toString(seed), 1);
        OfferId[] memory chosen = _two(_host(1), _host(0));
        DealId asked = _request(_asking(2, 100, 14, 84));

        vm.expectEmit(address(matching));
        emit IMatchingBooks.BondChanged(solver, SOLVER_BOND, SOLVER_BOND);
        vm.expectEmit(address(matching));
        emit IMatchingBooks.Proposed(asked, solver, 1, 200 * dollar, 0, uint40(block.timestamp + 60));
        vm.expectEmit(address(matching));
        emit IMatchingBooks.ProposalOffered(asked, 1, 0, chosen[0]);
        vm.expectEmit(address(matching));
        emit IMatchingBooks.ProposalOffered(asked, 1, 1, chosen[1]);
        vm.prank(solver);
        matching.propose(asked, chosen);

        (address by, uint32 round, uint256 price, OfferId[] memory kept) = matching.proposalOf(asked, 0);
        assertEq(by, solver, "proposer");
        assertEq(round, 1, "round");
        assertEq(price, 200 * dollar, "a day of both");
        assertEq(abi.encode(kept), abi.encode(chosen), "offers");
        assertEq(matching.windowEndOf(asked), block.timestamp + 60, "a minute to improve");
    }

    /* ACTIVATE */

    function test_Activate_RevertGiven_NoProposal() external {
        DealId asked = _request(_asking(1, 100, 14, 84));
        vm.expectRevert(abi.encodeWithSelector(IMatchingBooks.ProposalUnknown.selector, asked));
        matching.activate(asked);
    }

    function test_Activate_RevertGiven_RequestOver() external {
        OfferId offer = _host(0);
        DealId asked = _request(_asking(1, 100, 14, 84));
        _propose(asked, _one(offer));
        _skip(7 days + 1);
        vm.expectRevert(abi.encodeWithSelector(IMatchingBooks.RequestOver.selector, asked));
        matching.activate(asked);
    }

    /// @dev It is nobody's fault, so that nothing changes.
    function test_Activate_RevertGiven_StakingPaused() external {
        OfferId offer = _host(0);
        DealId asked = _request(_asking(1, 100, 14, 84));
        _propose(asked, _one(offer));
        vm.prank(guardian);
        staking.pause();
        skip(60);
        vm.expectRevert(abi.encodeWithSelector(IMatchingBooks.CannotActivate.selector, asked));
        matching.activate(asked);
    }

    function test_Activate_RevertGiven_PriceStale() external {
        OfferId offer = _host(0);
        DealId asked = _request(_asking(1, 100, 14, 84));
        _propose(asked, _one(offer));
        skip(2 days);
        vm.expectRevert(abi.encodeWithSelector(IMatchingBooks.CannotActivate.selector, asked));
        matching.activate(asked);
    }

    function test_Activate_RevertGiven_WindowRunning(uint256 passed) external {
        passed = bound(passed, 0, 59);
        OfferId offer = _host(0);
        DealId asked = _request(_asking(1, 100, 14, 84));
        _propose(asked, _one(offer));
        uint40 end = matching.windowEndOf(asked);
        skip(passed);
        vm.expectRevert(abi.encodeWithSelector(IMatchingBooks.WindowRunning.selector, asked, end));
        matching.activate(asked);
        _requireServedBy(asked, providers[0]);
    }

    /// @dev The customer does not wait for the window that protects him.
    function _requireServedBy(DealId asked, address provider) private {
        vm.prank(customer);
        matching.activate(asked);
        assertEq(deals.slotOf(asked, 0).provider, provider, "assigned");
    }

    function test_Activate_AssignsEverySlot(address caller, uint8 slots) external {
        slots = uint8(bound(slots, 1, 4));
        OfferId[] memory chosen = new OfferId[](slots);
        for (uint256 i = 0; i < slots; ++i) {
            chosen[i] = _host(i);
        }
        DealId asked = _request(_asking(slots, 100, 14, 84));
        _propose(asked, chosen);
        skip(60);

        vm.expectEmit(address(matching));
        emit IMatchingBooks.ProposalActivated(asked, 1, caller);
        vm.prank(caller);
        matching.activate(asked);

        assertEq(deals.emptySlots(asked), 0, "none is empty");
        for (uint8 slot = 0; slot < slots; ++slot) {
            IDeals.Slot memory assigned = deals.slotOf(asked, slot);
            assertEq(assigned.provider, providers[slot], "in slot order");
            assertEq(assigned.status, 1, "assigned");
        }
        (address proposer,,,) = matching.proposalOf(asked, 0);
        assertEq(proposer, address(0), "the proposal is used");
    }

    function test_Activate_RefillsOnlyWhatIsEmpty() external {
        OfferId[] memory chosen = new OfferId[](3);
        for (uint256 i = 0; i < 3; ++i) {
            chosen[i] = _host(i);
        }
        DealId asked = _request(_asking(3, 100, 14, 84));
        _activate(asked, chosen);
        _ready(asked, 0);
        _ready(asked, 2);
        vm.prank(providers[1]);
        deals.decline(asked, 1);
        assertEq(matching.wantedOf(asked), 2, "the second slot");
        _activate(asked, _one(_host(3)));
        assertEq(deals.slotOf(asked, 1).provider, providers[3], "refilled");
        assertEq(deals.slotOf(asked, 0).provider, providers[0], "untouched");
    }
}
