// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Proofs} from "../src/Proofs.sol";
import {Staking} from "../src/Staking.sol";
import {IDeals} from "../src/interfaces/IDeals.sol";
import {IGroth16} from "../src/interfaces/IGroth16.sol";
import {IProofs} from "../src/interfaces/IProofs.sol";
import {IReceipts} from "../src/interfaces/IReceipts.sol";
import {IVouchers} from "../src/interfaces/IVouchers.sol";
import {DealId, JobId} from "../src/types/Ids.sol";
import {KeyRoles} from "../src/types/Roles.sol";
import {Groth16} from "../src/verifiers/Groth16.sol";
import {Receipts} from "../src/verifiers/Receipts.sol";
import {Base} from "./Base.t.sol";
import {Crew} from "./Crew.sol";
import {MockDeals} from "./mocks/MockDeals.sol";
import {stdJson} from "forge-std/StdJson.sol";

/// @dev Deals that stand, one of each kind of proof, and the real verifiers but for `sampled`. Statements are always the same, because proofs
/// of them are made elsewhere: `Proofs` is at a place of its own, and the block has a hash and a number that it is given.
abstract contract ProofsBase is Base, Crew {
    using stdJson for string;

    /// @dev What the crate `circuits` wrote.
    struct Vector {
        bytes key;
        bytes32 statement;
        bytes32 inputRoot;
        bytes32 outputRoot;
        bytes proof;
    }

    uint8 internal constant RECEIPTS = 1;
    uint8 internal constant SAMPLED = 2;
    uint8 internal constant GROTH16 = 3;
    uint8 internal constant SERVING = 2;
    DealId internal constant AGREED = DealId.wrap(1);
    DealId internal constant BATCH = DealId.wrap(2);
    DealId internal constant PROVED = DealId.wrap(3);
    DealId internal constant INFERRED = DealId.wrap(4);
    address internal constant PROOFS_AT = 0x00000000000000000000000000000000000f00f5;
    uint40 internal constant ENDS_AT = 20_714 days;

    address internal immutable sampled = makeAddr("sampled");
    MockDeals internal book;
    IProofs internal proofs;
    IReceipts internal receipts;
    IGroth16 internal groth16;
    Vector internal chain;
    Vector internal linear;
    address internal gateway;
    address internal customerKey;
    address internal serveKey;

    function setUp() public virtual override {
        super.setUp();
        vm.roll(1000);
        vm.setBlockhash(999, keccak256("a block"));
        vm.prevrandao(keccak256("a number"));
        book = new MockDeals();
        receipts = new Receipts(IDeals(address(book)), IVouchers(address(book)), staking);
        groth16 = new Groth16();
        bytes memory args = abi.encode(book, staking, book, receipts, groth16, sampled);
        deployCodeTo(vm.envOr("PROOFS_ARTIFACT", string("Proofs.sol:Proofs")), args, PROOFS_AT);
        proofs = IProofs(PROOFS_AT);
        chain = _read("chain");
        linear = _read("linear");
        _people();
        _open(AGREED, RECEIPTS, 0);
        _open(BATCH, SAMPLED, 0);
        _open(PROVED, GROTH16, groth16.register(chain.key));
        _open(INFERRED, GROTH16, groth16.register(linear.key));
    }

    function _read(string memory name) internal view returns (Vector memory vector) {
        string memory json = vm.readFile(string.concat("contracts/test/verifiers/", name, ".json"));
        vector.key = json.readBytes(".key");
        vector.statement = json.readBytes32(".statement");
        vector.inputRoot = json.readBytes32(".inputRoot");
        vector.outputRoot = json.readBytes32(".outputRoot");
        vector.proof = json.readBytes(".proof");
    }

    function _people() private {
        (customerKey, serveKey, gateway) = (_named("customer key"), _named("serve key"), _named("gateway"));
        _named("customer");
        _named("provider");
        _named("other provider");
        vm.prank(customer);
        staking.setKey(customerKey, KeyRoles.CUSTOMER, type(uint40).max);
        vm.prank(provider);
        staking.setKey(serveKey, KeyRoles.SERVE, type(uint40).max);
        book.setGateway(customer, gateway, 1000, 0);
    }

    /// @dev Two slots, by one provider each.
    function _open(DealId deal, uint8 kind, bytes32 key) internal {
        book.setDeal(deal, customer, kind, key);
        book.setSlot(deal, 0, provider, 1, SERVING, ENDS_AT);
        book.setSlot(deal, 1, otherProvider, 1, SERVING, ENDS_AT);
    }

    /// @dev The job as the event says it.
    function _ask(DealId deal, bytes32 inputRoot) internal returns (JobId job, IProofs.Job memory asked) {
        return _askBy(customer, deal, 0, inputRoot);
    }

    function _askBy(address caller, DealId deal, uint8 slot, bytes32 inputRoot)
        internal
        returns (JobId job, IProofs.Job memory asked)
    {
        IDeals.Deal memory agreed = book.dealOf(deal);
        IDeals.Slot memory served = book.slotOf(deal, slot);
        vm.prank(caller);
        job = proofs.ask(deal, slot, inputRoot);
        asked.deal = deal;
        asked.slot = slot;
        asked.kind = agreed.proofKind;
        asked.serving = served.serving;
        asked.provider = served.provider;
        asked.key = agreed.verificationKey;
        asked.seed = _seedOf(job);
        asked.inputRoot = inputRoot;
        asked.notBefore = uint40(block.timestamp);
    }

    function _seedOf(JobId job) internal view returns (bytes32) {
        return keccak256(abi.encode(block.prevrandao, blockhash(block.number - 1), job, PROOFS_AT, block.chainid));
    }

    function _done(IProofs.Job memory asked, bytes32 outputRoot, uint8 verdict)
        internal
        view
        returns (IProofs.Job memory done)
    {
        done = abi.decode(abi.encode(asked), (IProofs.Job));
        (done.outputRoot, done.verdict, done.notAfter) = (outputRoot, verdict, uint40(block.timestamp));
    }

    function _receipt(address forCustomer, address forProvider, bytes32 statement)
        internal
        view
        returns (bytes memory)
    {
        bytes32 digest = receipts.digestOf(statement);
        bytes memory first = _sign(forCustomer, digest);
        return abi.encodePacked(forCustomer, forProvider, uint16(first.length), first, _sign(forProvider, digest));
    }

    /// @dev The job that the chain's proof was made for: the first that is asked for.
    function _askProved() internal returns (JobId job, IProofs.Job memory asked) {
        (job, asked) = _ask(PROVED, chain.inputRoot);
        assertEq(proofs.statementOf(asked, chain.outputRoot), chain.statement, "the statement of chain.json");
    }
}
