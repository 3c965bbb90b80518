// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Attributes} from "../src/Attributes.sol";
import {Deals} from "../src/Deals.sol";
import {FeeBurn} from "../src/FeeBurn.sol";
import {Matching} from "../src/Matching.sol";
import {Modules} from "../src/Modules.sol";
import {Offers} from "../src/Offers.sol";
import {PriceGuard} from "../src/PriceGuard.sol";
import {Rewards} from "../src/Rewards.sol";
import {Staking} from "../src/Staking.sol";
import {Vouchers} from "../src/Vouchers.sol";
import {Ledger} from "../src/deals/Ledger.sol";
import {Governance} from "../src/governance/Governance.sol";
import {IAttributes} from "../src/interfaces/IAttributes.sol";
import {IDeals} from "../src/interfaces/IDeals.sol";
import {IFaults} from "../src/interfaces/IFaults.sol";
import {IFeeBurn} from "../src/interfaces/IFeeBurn.sol";
import {IMatching} from "../src/interfaces/IMatching.sol";
import {IModules} from "../src/interfaces/IModules.sol";
import {IOffers} from "../src/interfaces/IOffers.sol";
import {IPriceGuard} from "../src/interfaces/IPriceGuard.sol";
import {IRewards} from "../src/interfaces/IRewards.sol";
import {IStaking} from "../src/interfaces/IStaking.sol";
import {IVouchers} from "../src/interfaces/IVouchers.sol";
import {DevelopmentFeed} from "../src/token/DevelopmentFeed.sol";
import {DevelopmentFlt} from "../src/token/DevelopmentFlt.sol";
import {DevelopmentUsd} from "../src/token/DevelopmentUsd.sol";
import {DealId, ModuleId, OfferId} from "../src/types/Ids.sol";
import {ModuleRoles} from "../src/types/Roles.sol";
import {Test} from "forge-std/Test.sol";

/// @dev The whole system, deployed as it is deployed for real: addresses known before, roles at the manager, nothing mocked.
/// FLT costs $0.50, three sources say so, and every `_skip` makes them say it again.
abstract contract SystemBase is Test {
    uint256 internal constant FLT = 1e18;
    uint256 internal constant TERM = 14 days;
    uint256 internal constant DISPUTE = 5 days;
    uint16 internal constant FEE_BPS = 200;

    address internal immutable issuer = makeAddr("issuer");
    address internal immutable reserve = makeAddr("treasury");
    address internal immutable capacity = makeAddr("capacity");
    address internal immutable guardian = makeAddr("guardian");
    address internal immutable council = makeAddr("council");
    address internal immutable faults = makeAddr("faults");
    address internal immutable vouchers = makeAddr("vouchers");
    address internal immutable modules = makeAddr("modules");
    address internal immutable disputes = makeAddr("disputes");
    address internal immutable customer = makeAddr("customer");
    address internal immutable friend = makeAddr("friend");
    address internal immutable stranger = makeAddr("stranger");
    address internal immutable delegator = makeAddr("delegator");
    address internal immutable attester = makeAddr("attester");
    address[4] internal providers = [makeAddr("ada"), makeAddr("bell"), makeAddr("curie"), makeAddr("dirac")];

    uint16 internal constant BURN_BPS = 5000;
    uint16 internal constant BONUS_BPS = 2500;
    uint16 internal constant KAPPA_BPS = 5000;
    uint128 internal constant SOLVER_BOND = 10e18;
    uint128 internal constant SECURITY_MIN = 10_000e18;
    uint128 internal constant SECURITY_PER_UNIT = 100e18;

    ModuleId internal constant ATTRIBUTES = ModuleId.wrap(3);
    ModuleId internal constant FAULTS = ModuleId.wrap(5);

    DevelopmentFlt internal flt;
    DevelopmentUsd internal usd;
    DevelopmentFeed[3] internal feeds;
    Governance internal manager;
    IStaking internal staking;
    IPriceGuard internal priceGuard;
    IOffers internal offers;
    IAttributes internal attributes;
    IDeals internal deals;
    IMatching internal matching;
    IFeeBurn internal feeBurn;
    IRewards internal rewards;
    /// At `vouchers` and `modules`.
    IVouchers internal cashier;
    IModules internal registry;
    /// Who gets the fees of deals: `feeBurn`.
    address internal treasury;

    /// One stablecoin, in its smallest unit.
    uint256 internal dollar;
    uint256 internal fltPrice = 0.5e8;
    uint128 internal requestFee;

    function setUp() public virtual {
        _deploy(6);
    }

    /* DEPLOY */

    function _deploy(uint8 decimals) internal {
        vm.warp(20_700 days + 7 hours);
        dollar = 10 ** decimals;
        requestFee = uint128(dollar / 10);
        flt = new DevelopmentFlt(issuer);
        usd = new DevelopmentUsd(issuer, decimals);
        manager = new Governance(address(this));
        IPriceGuard.Source[] memory sources = new IPriceGuard.Source[](3);
        for (uint256 i = 0; i < 3; ++i) {
            feeds[i] = new DevelopmentFeed(8, "FLT/USD");
            feeds[i].post(int256(fltPrice));
            sources[i] = IPriceGuard.Source(address(feeds[i]), 1 days);
        }
        address[] memory at = _addresses(9);
        treasury = at[7];
        _deployBelow(at, sources);
        deals = _deployDeals(_deployLedger(at[6]), at[6]);
        matching = _deployMatching();
        feeBurn = _deployFeeBurn();
        rewards = _deployRewards();
        assertEq(address(deals), at[5], "deals deployed where the others expect it");
        assertEq(address(matching), at[6], "matching deployed where deals expects it");
        assertEq(address(feeBurn), at[7], "the fee burn deployed where deals expects it");
        assertEq(address(rewards), at[8], "rewards deployed where attributes expects it");
        attributes.setAttester(attester, true);
        _deployAbove();
    }

    /// @dev What calls deals. It is put where `Deals` expects it.
    function _deployAbove() private {
        string memory artifact = vm.envOr("VOUCHERS_ARTIFACT", string("Vouchers.sol:Vouchers"));
        deployCodeTo(artifact, abi.encode(deals, staking), vouchers);
        cashier = IVouchers(vouchers);
        artifact = vm.envOr("MODULES_ARTIFACT", string("Modules.sol:Modules"));
        deployCodeTo(artifact, abi.encode(deals, matching), modules);
        registry = IModules(modules);
    }

    /// @dev Of the next contracts made here.
    function _addresses(uint256 count) private view returns (address[] memory at) {
        uint256 nonce = vm.getNonce(address(this));
        at = new address[](count);
        for (uint256 i = 0; i < count; ++i) {
            at[i] = vm.computeCreateAddress(address(this), nonce + i);
        }
    }

    /// @dev Mutants of a contract are put in its place by name.
    function _deployLedger(address matchingAt) private returns (address) {
        string memory artifact = vm.envOr("LEDGER_ARTIFACT", string(""));
        if (bytes(artifact).length == 0) {
            return address(new Ledger(staking, priceGuard, offers, matchingAt, faults, vouchers, modules, FAULTS));
        }
        return
            deployCode(artifact, abi.encode(staking, priceGuard, offers, matchingAt, faults, vouchers, modules, FAULTS));
    }

    function _deployDeals(address ledger, address matchingAt) private returns (IDeals) {
        string memory artifact = vm.envOr("DEALS_ARTIFACT", string("Deals.sol:Deals"));
        bytes memory args = abi.encode(
            manager,
            staking,
            priceGuard,
            offers,
            matchingAt,
            faults,
            vouchers,
            modules,
            treasury,
            FEE_BPS,
            FAULTS,
            ledger
        );
        return IDeals(deployCode(artifact, args));
    }

    function _deployMatching() private returns (IMatching) {
        string memory artifact = vm.envOr("MATCHING_ARTIFACT", string(""));
        if (bytes(artifact).length == 0) {
            return new Matching(
                address(manager),
                staking,
                offers,
                attributes,
                priceGuard,
                deals,
                IModules(modules),
                IFaults(faults),
                guardian,
                requestFee,
                SOLVER_BOND
            );
        }
        bytes memory args = abi.encode(
            manager, staking, offers, attributes, priceGuard, deals, modules, faults, guardian, requestFee, SOLVER_BOND
        );
        return IMatching(deployCode(artifact, args));
    }

    function _deployFeeBurn() private returns (IFeeBurn) {
        string memory artifact = vm.envOr("FEE_BURN_ARTIFACT", string(""));
        if (bytes(artifact).length == 0) {
            return new FeeBurn(address(manager), staking, priceGuard, deals, reserve, BURN_BPS);
        }
        bytes memory args = abi.encode(manager, staking, priceGuard, deals, reserve, BURN_BPS);
        return IFeeBurn(deployCode(artifact, args));
    }

    function _deployRewards() private returns (IRewards) {
        string memory artifact = vm.envOr("REWARDS_ARTIFACT", string(""));
        if (bytes(artifact).length == 0) {
            return new Rewards(
                address(manager), staking, priceGuard, deals, attributes, feeBurn, capacity, BONUS_BPS, KAPPA_BPS
            );
        }
        bytes memory args =
            abi.encode(manager, staking, priceGuard, deals, attributes, feeBurn, capacity, BONUS_BPS, KAPPA_BPS);
        return IRewards(deployCode(artifact, args));
    }

    /// @dev In the order of a deployment: price, attributes, staking, offers.
    function _deployBelow(address[] memory at, IPriceGuard.Source[] memory sources) private {
        priceGuard = new PriceGuard(address(manager), sources);
        attributes =
            new Attributes(address(manager), IStaking(at[2]), at[8], ATTRIBUTES, SECURITY_MIN, SECURITY_PER_UNIT);
        address[] memory list = new address[](5);
        uint8[] memory roles = new uint8[](5);
        (list[0], roles[0]) = (at[5], ModuleRoles.LOCK | ModuleRoles.REWARD);
        (list[1], roles[1]) = (capacity, ModuleRoles.LOCK | ModuleRoles.SLASH);
        (list[2], roles[2]) = (at[1], ModuleRoles.LOCK | ModuleRoles.SLASH);
        (list[3], roles[3]) = (at[8], ModuleRoles.REWARD);
        (list[4], roles[4]) = (faults, ModuleRoles.SLASH);
        staking = new Staking(address(flt), address(usd), reserve, guardian, council, list, roles);
        offers = new Offers(staking, at[5]);
    }

    /* TIME AND PRICE */

    /// @dev Time passes and the sources go on answering what they answered.
    function _skip(uint256 period) internal {
        skip(period);
        _post(fltPrice);
    }

    function _post(uint256 newPrice) internal {
        fltPrice = newPrice;
        for (uint256 i = 0; i < 3; ++i) {
            feeds[i].post(int256(newPrice));
        }
        priceGuard.observe();
    }

    /// @dev The price changes and stays: every average of it follows.
    function _postForLong(uint256 newPrice) internal {
        for (uint256 i = 0; i < 60; ++i) {
            _post(newPrice);
            _skip(12 hours);
        }
    }

    /* ACTS */

    function _register(address provider, uint256 own, uint256 delegated, uint16 firstLossBps, uint16 revenueShareBps)
        internal
    {
        vm.prank(provider);
        staking.setTerms(IStaking.Terms(firstLossBps, 3000, revenueShareBps, 7, type(uint128).max));
        if (own != 0) _stake(provider, provider, own);
        if (delegated != 0) _stake(delegator, provider, delegated);
    }

    function _stake(address account, address provider, uint256 amount) internal {
        vm.prank(issuer);
        flt.mint(account, amount);
        vm.startPrank(account);
        flt.approve(address(staking), amount);
        staking.stake(provider, uint128(amount));
        vm.stopPrank();
    }

    /// @dev A listed attester with a lock that answers for `units` a day.
    function _secure(address account, uint256 units) internal {
        uint256 amount = SECURITY_PER_UNIT * units;
        if (amount < SECURITY_MIN) amount = SECURITY_MIN;
        _register(account, amount, 0, 0, 0);
        vm.prank(account);
        attributes.secure(uint128(amount));
    }

    function _offerOf(address provider, uint32 units, uint256 price)
        internal
        pure
        virtual
        returns (IOffers.Offer memory)
    {
        return IOffers.Offer({
            provider: provider,
            class: 0,
            region: 3,
            units: units,
            unitsInUse: 0,
            price: uint96(price),
            coverageMaxBps: 50_000,
            availabilityBps: 9900,
            termMaxDays: 14,
            durationMaxDays: 365,
            paymentModes: 1,
            proofKinds: 1,
            notice: 1 days,
            customersRoot: 0,
            applicationsRoot: 0,
            verificationKeysRoot: 0
        });
    }

    function _offer(address provider, uint32 units, uint256 price) internal returns (OfferId) {
        return _create(_offerOf(provider, units, price));
    }

    function _create(IOffers.Offer memory offer) internal returns (OfferId) {
        vm.prank(offer.provider);
        return offers.create(offer);
    }

    /// @dev A registered provider with 2,000,000 FLT, half of it his own, and an offer of 10,000 units at one dollar.
    function _host(uint256 index) internal returns (OfferId) {
        _register(providers[index], 1_000_000 * FLT, 1_000_000 * FLT, 1000, 1000);
        return _offer(providers[index], 10_000, dollar);
    }

    function _asking(uint8 slots, uint32 units, uint8 termDays, uint16 durationDays)
        internal
        view
        returns (IMatching.Request memory request)
    {
        request.application = "bafybeigdyrzt5sfp7udm7hu76uh7y26nf3efuylqabf3oclgtqy55fbzdi";
        request.units = units;
        request.slots = slots;
        request.priceMax = uint96(2 * dollar);
        request.termDays = termDays;
        request.durationDays = durationDays;
        request.coverageBps = 30_000;
        request.notice = 1 days;
        request.expiry = uint40(block.timestamp + 7 days);
        request.among.providers = new address[](0);
        request.criteria = new IMatching.Criterion[](0);
        request.prepaid = uint128(2 * dollar * units * slots * termDays);
    }

    function _pay(address payer, uint256 amount) internal {
        vm.prank(issuer);
        usd.mint(payer, amount);
        vm.prank(payer);
        usd.approve(address(deals), amount);
    }

    function _request(IMatching.Request memory request) internal returns (DealId) {
        _pay(customer, request.prepaid + requestFee);
        vm.prank(customer);
        return matching.request(request);
    }

    function _fund(address payer, DealId deal, uint256 amount) internal returns (uint128) {
        _pay(payer, amount);
        vm.prank(payer);
        return deals.fund(deal, uint128(amount));
    }

    /// @dev By who asked: he needs neither bond nor window.
    function _activate(DealId deal, OfferId[] memory chosen) internal {
        vm.startPrank(deals.dealOf(deal).customer);
        matching.propose(deal, chosen);
        matching.activate(deal);
        vm.stopPrank();
    }

    function _propose(DealId deal, OfferId[] memory chosen) internal {
        vm.prank(customer);
        matching.propose(deal, chosen);
    }

    /// @dev Somebody with FLT for `count` bonds.
    function _solver(string memory name, uint256 count) internal returns (address solver) {
        solver = makeAddr(name);
        vm.prank(issuer);
        flt.mint(solver, SOLVER_BOND * count);
        vm.startPrank(solver);
        flt.approve(address(matching), SOLVER_BOND * count);
        matching.depositBond(uint128(SOLVER_BOND * count));
        vm.stopPrank();
    }

    function _one(OfferId offer) internal pure returns (OfferId[] memory list) {
        list = new OfferId[](1);
        list[0] = offer;
    }

    function _two(OfferId first, OfferId second) internal pure returns (OfferId[] memory list) {
        list = new OfferId[](2);
        (list[0], list[1]) = (first, second);
    }

    function _ready(DealId deal, uint8 slot) internal {
        vm.prank(deals.slotOf(deal, slot).provider);
        deals.ready(deal, slot);
    }

    /// @dev A deal of one slot that serves: 100 units at a dollar a day, terms of 14 days, 84 days in all.
    function _serving() internal returns (DealId) {
        return _servingFor(0, 14, 84);
    }

    function _servingFor(uint8 exposure, uint8 termDays, uint16 durationDays) internal returns (DealId deal) {
        OfferId offer = _host(0);
        IMatching.Request memory request = _asking(1, 100, termDays, durationDays);
        request.exposure = exposure;
        deal = _request(request);
        _activate(deal, _one(offer));
        _ready(deal, 0);
    }

    function _claim(address account) internal returns (uint128) {
        vm.prank(account);
        return deals.claim(account, account);
    }

    function _refund(DealId deal, address payer) internal returns (uint128) {
        vm.prank(payer);
        return deals.refund(deal, payer, payer);
    }

    function _block(address account) internal {
        vm.prank(issuer);
        usd.setBlocked(account, true);
    }

    /* READINGS */

    function _slot(DealId deal) internal view returns (IDeals.Slot memory) {
        return deals.slotOf(deal, 0);
    }

    function _lockOf(DealId deal, uint8 slot) internal view returns (uint256) {
        return staking.lockOf(deals.slotOf(deal, slot).lock).amount;
    }
}
