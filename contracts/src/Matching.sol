// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IAttributes} from "./interfaces/IAttributes.sol";
import {IDeals} from "./interfaces/IDeals.sol";
import {IFaults} from "./interfaces/IFaults.sol";
import {IMatching} from "./interfaces/IMatching.sol";
import {IModules} from "./interfaces/IModules.sol";
import {IOffers} from "./interfaces/IOffers.sol";
import {IPriceGuard} from "./interfaces/IPriceGuard.sol";
import {IStaking} from "./interfaces/IStaking.sol";
import {ISuccession} from "./interfaces/ISuccession.sol";
import {Half} from "./libraries/Half.sol";
import {PauseOnce} from "./libraries/PauseOnce.sol";
import {Bonds} from "./matching/Bonds.sol";
import {Books} from "./matching/Books.sol";
import {Criteria} from "./matching/Criteria.sol";
import {MatchingExtension} from "./matching/MatchingExtension.sol";
import {Proposals} from "./matching/Proposals.sol";
import {DealId, OfferId} from "./types/Ids.sol";
import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {IERC20Metadata} from "@openzeppelin/contracts/token/ERC20/extensions/IERC20Metadata.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";

/// @dev Parts by noun in `matching/`: `Books` (storage), `Bonds`, `Criteria` and `Proposals` are here, `Requests` is in
/// `MatchingExtension`, which runs on this storage; `Books` comes first in both. Invariants:
/// 1. What is activated meets every criterion and limit in the activation's block, at no more than the proposal's price.
/// 2. A bond burns only for a proposal whose offers fail, never for want of gas, price or permission.
contract Matching is Proposals, AccessManaged {
    using PauseOnce for PauseOnce.Pause;
    using SafeCast for uint256;

    uint128 private constant REQUEST_FEE_MAX = 100;
    uint128 private constant BOND_MAX = 10_000e18;

    /// @inheritdoc IMatching
    address public immutable guardian;
    address private immutable extension;
    uint128 private immutable requestFeeMax;

    constructor(
        address manager,
        IStaking newStaking,
        IOffers newOffers,
        IAttributes newAttributes,
        IPriceGuard newPriceGuard,
        IDeals newDeals,
        IModules newModules,
        IFaults newFaults,
        address newGuardian,
        uint128 newRequestFee,
        uint128 newBond
    )
        Books(newDeals, newModules)
        Bonds(newStaking.flt())
        Criteria(newStaking, newOffers, newAttributes, newPriceGuard, newFaults)
        AccessManaged(manager)
    {
        guardian = newGuardian;
        extension = address(new MatchingExtension(newDeals, newModules));
        requestFeeMax = (REQUEST_FEE_MAX * 10 ** IERC20Metadata(newStaking.stablecoin()).decimals()).toUint128();
        _setRequestFee(newRequestFee);
        _setBond(newBond);
    }

    /* EXTENSION */

    /// @inheritdoc IMatching
    function request(Request calldata) external returns (DealId) {
        Half.run(extension);
    }

    /// @inheritdoc IMatching
    function admit(DealId, bytes32, bytes32[] calldata, bool) external {
        Half.run(extension);
    }

    /// @inheritdoc IMatching
    function admitKey(DealId, bytes32, bytes32[] calldata) external {
        Half.run(extension);
    }

    /// @inheritdoc IMatching
    function requestOf(DealId) external view returns (Request memory) {
        Half.look(extension);
        // Not reached: the call has ended.
        revert();
    }

    /* ACTIVATE */

    /// @inheritdoc IMatching
    function activate(DealId deal) external {
        Asked memory asked = _openRequest(deal);
        Proposal storage best = _proposals[deal][0];
        require(best.proposer != address(0), ProposalUnknown(deal));
        uint40 windowEnd = best.windowEnd;
        require(block.timestamp >= windowEnd || _isCustomer(asked.customer), WindowRunning(deal, windowEnd));
        // For other places than those that wait now: its proposers could not know.
        if (best.mask != _wanted(deal, asked)) return _dropAll(deal);
        while (best.proposer != address(0)) {
            if (_tryActivate(deal, asked, best)) return;
            _discardBest(deal);
        }
    }

    function _tryActivate(DealId deal, Asked memory asked, Proposal storage best) private returns (bool) {
        OfferId[] memory chosen = _chosen(best);
        // Not whether stake is free: the grant itself refuses without.
        (OfferId failed, uint8 reason) = _failing(deal, asked, best, chosen, false);
        if (reason != 0) {
            _bar(deal, asked, failed, reason);
            return false;
        }
        if (!_isAvailable(deal, asked, best.mask, chosen)) return false;
        if (!_tryAssign(deal, best.mask, chosen)) return false;
        emit ProposalActivated(deal, best.round, msg.sender);
        address proposer = best.proposer;
        _clear(best);
        _free(proposer, best.bond);
        _drop(deal, _proposals[deal][1]);
        _remember(deal, asked, best.mask, chosen);
        bool hasTip = asked.marks & HAS_TIP != 0;
        if (asked.state == OPEN || hasTip) {
            _asked[deal].state = ACTIVATED;
            _asked[deal].marks = asked.marks & ~HAS_TIP;
        }
        if (hasTip) deals.payTip(deal, proposer);
        return true;
    }

    /// @dev All places or none. A provider without the stake or the units, or too cheap for a standby, is its proposer's fault;
    /// whatever else is in the way is nobody's, and reverts.
    function _tryAssign(DealId deal, uint256 mask, OfferId[] memory chosen) private returns (bool) {
        bytes memory call = abi.encodeCall(MatchingExtension.assign, (deal, mask, chosen));
        (bool isDone, bytes memory answer) = extension.delegatecall(call);
        if (isDone) return true;
        require(bytes4(answer) == MatchingExtension.PlaceRefused.selector, CannotActivate(deal));
        bytes4 selector = _reasonIn(answer);
        bool isFault = selector == IStaking.StakeTooLow.selector || selector == IStaking.FirstLossTooLow.selector
            || selector == IOffers.UnitsTooFew.selector || selector == ISuccession.PriceTooLow.selector;
        require(isFault, CannotActivate(deal));
        return false;
    }

    /// @dev The second of the two words after a selector.
    function _reasonIn(bytes memory answer) private pure returns (bytes4 selector) {
        assembly ("memory-safe") {
            selector := mload(add(answer, 68))
        }
    }

    /// @dev Where the providers of slots are: an offer that is gone does not say it any more.
    function _remember(DealId deal, Asked memory asked, uint256 mask, OfferId[] memory chosen) private {
        if (asked.availabilityPpm == 0) return;
        uint256 index = 0;
        for (uint8 slot = 0; mask >> slot != 0; ++slot) {
            if (mask >> slot & 1 == 0) continue;
            IOffers.Offer memory offer = offers.offerOf(chosen[index++]);
            _regionOf[deal][offer.provider] = offer.region;
        }
    }

    /* END */

    /// @inheritdoc IMatching
    function cancel(DealId deal) external {
        Asked storage asked = _asked[deal];
        address customer = asked.customer;
        require(customer != address(0), RequestUnknown(deal));
        require(_isCustomer(customer), NotAllowed(msg.sender, customer));
        require(asked.state != CANCELLED, RequestOver(deal));
        require(asked.state == OPEN, RequestActivated(deal));
        asked.state = CANCELLED;
        emit RequestCancelled(deal);
        _dropAll(deal);
        if (asked.marks & HAS_TIP != 0) deals.payTip(deal, customer);
        // Whoever stopped the deal himself has his money free already.
        if (deals.dealOf(deal).stoppedAt == 0) deals.stop(deal);
    }

    /* GOVERNANCE */

    /// @inheritdoc IMatching
    function setRequestFee(uint128 newFee) external restricted {
        _setRequestFee(newFee);
    }

    /// @inheritdoc IMatching
    function setBond(uint128 newBond) external restricted {
        _setBond(newBond);
    }

    /// @inheritdoc IMatching
    function pause() external {
        require(msg.sender == guardian, NotAllowed(msg.sender, guardian));
        emit RequestsPausedUntil(_pause.start());
    }

    function _setRequestFee(uint128 newFee) private {
        require(newFee <= requestFeeMax, FeeTooHigh(newFee));
        _requestFee = newFee;
        emit RequestFeeSet(newFee);
    }

    function _setBond(uint128 newBond) private {
        require(newBond <= BOND_MAX, BondTooHigh(newBond));
        bond = newBond;
        emit BondSet(newBond);
    }

    /* VIEWS */

    /// @inheritdoc IMatching
    function proposalOf(DealId deal, uint8 rank)
        external
        view
        returns (address proposer, uint32 round, uint256 price, OfferId[] memory proposed)
    {
        require(rank < 2, RankUnknown(rank));
        Proposal storage proposal = _proposals[deal][rank];
        proposer = proposal.proposer;
        if (proposer != address(0)) (round, price, proposed) = (proposal.round, proposal.price, _chosen(proposal));
    }

    /// @inheritdoc IMatching
    function wantedOf(DealId deal) external view returns (uint32) {
        // Twenty places.
        // forge-lint: disable-next-line(unsafe-typecast)
        return uint32(_wanted(deal, _load(deal)));
    }

    /// @inheritdoc IMatching
    function windowEndOf(DealId deal) external view returns (uint40) {
        return _proposals[deal][0].windowEnd;
    }

    /// @inheritdoc IMatching
    function isBarred(DealId deal, OfferId offer) external view returns (bool) {
        return _isBarred[deal][offer];
    }

    /// @inheritdoc IMatching
    function unavailabilityOf(DealId deal, OfferId[] calldata chosen) external view returns (uint256 product) {
        Asked memory asked = _load(deal);
        uint256 mask = _wanted(deal, asked);
        uint256 count = _count(mask);
        require(chosen.length == count, OffersCountWrong(chosen.length, count));
        (product,) = _unavailabilityUp(deal, asked, mask, chosen);
    }

    /// @inheritdoc IMatching
    function reasonOf(DealId deal, OfferId offer) external view returns (uint8 reason) {
        Asked memory asked = _load(deal);
        IOffers.Offer memory current;
        (reason, current) = _check(deal, asked, offer);
        if (reason == 0 && !_hasStake(deal, _firstWanted(_wanted(deal, asked)), current)) reason = NO_STAKE;
    }

    /// @dev Slots that are served have spent some of their escrow, which the lock is sized by. The first where none waits.
    function _firstWanted(uint256 mask) private pure returns (uint8 place) {
        while (mask != 0 && mask >> place & 1 == 0) ++place;
    }

    /// @inheritdoc IMatching
    function requestFee() external view returns (uint128) {
        return _requestFee;
    }

    /// @inheritdoc IMatching
    function pausedUntil() external view returns (uint40) {
        return _pause.until;
    }
}
