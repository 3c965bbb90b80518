// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {Proofs} from "../src/Proofs.sol";
import {Sampled} from "../src/Sampled.sol";
import {IDeals} from "../src/interfaces/IDeals.sol";
import {IProofs} from "../src/interfaces/IProofs.sol";
import {ISampled} from "../src/interfaces/ISampled.sol";
import {IVouchers} from "../src/interfaces/IVouchers.sol";
import {Strata} from "../src/libraries/Strata.sol";
import {DealId, FaultId, JobId} from "../src/types/Ids.sol";
import {Batches} from "./Batches.sol";
import {FaultsBase} from "./FaultsBase.t.sol";

/// @dev The whole system with the real `Proofs` and `Sampled`, and a deal whose provider proves batches of a hundred chunks.
abstract contract SampledBase is FaultsBase {
    bytes32 internal constant SALT = "salt";
    uint32 internal constant CHUNKS = 100;

    ISampled internal sampled;
    IProofs internal proofs;
    DealId internal id;
    address internal host;
    uint128 internal samplePay;
    uint128 internal sampleBond;
    IProofs.Job internal asked;

    function setUp() public virtual override {
        super.setUp();
        samplePay = uint128(3 * dollar);
        sampleBond = uint128(5 * dollar);
        (address receipts, address groth16) = (makeAddr("receipts"), makeAddr("groth16"));
        proofs = new Proofs(deals, staking, IVouchers(vouchers), receipts, groth16, disputes);
        string memory artifact = vm.envOr("SAMPLED_ARTIFACT", string("Sampled.sol:Sampled"));
        bytes memory args = abi.encode(proofs, probers, judge, staking, deals, samplePay, sampleBond);
        deployCodeTo(artifact, args, disputes);
        sampled = ISampled(disputes);
        id = _deal(1);
        host = providers[0];
        _skip(1 hours);
    }

    /* JOBS */

    function _proofKind() internal pure virtual override returns (uint8) {
        return 2;
    }

    /// @dev By the provider; `asked` is what the event says.
    function _ask() internal returns (JobId job) {
        vm.prank(host);
        job = proofs.ask(id, 0, "input");
        IDeals.Deal memory agreed = deals.dealOf(id);
        asked.deal = id;
        asked.kind = agreed.proofKind;
        asked.serving = deals.slotOf(id, 0).serving;
        asked.provider = host;
        asked.key = agreed.verificationKey;
        asked.inputRoot = "input";
        asked.notBefore = uint40(block.timestamp);
        bytes32 parent = blockhash(vm.getBlockNumber() - 1);
        asked.seed = keccak256(abi.encode(block.prevrandao, parent, job, proofs, block.chainid));
    }

    function _approve(address account, uint256 amount) internal {
        vm.prank(issuer);
        usd.mint(account, amount);
        vm.prank(account);
        usd.approve(address(sampled), amount);
    }

    /* OUTPUTS */

    function _right() internal pure returns (bytes32[] memory outputs) {
        outputs = new bytes32[](CHUNKS);
        for (uint256 i = 0; i < CHUNKS; ++i) {
            outputs[i] = keccak256(abi.encode("right", i));
        }
    }

    /// @dev Every chunk is wrong, each liar's way.
    function _wrong(string memory way) internal pure returns (bytes32[] memory outputs) {
        outputs = new bytes32[](CHUNKS);
        for (uint256 i = 0; i < CHUNKS; ++i) {
            outputs[i] = keccak256(abi.encode(way, i));
        }
    }

    /// @dev Those of the drawn chunks.
    function _drawn(JobId job, bytes32[] memory outputs) internal view returns (bytes32[] memory some) {
        uint32[] memory chunks = sampled.chunksOf(job);
        some = new bytes32[](chunks.length);
        for (uint256 i = 0; i < chunks.length; ++i) {
            some[i] = outputs[chunks[i]];
        }
    }

    /// @dev The i-th chunk that will be drawn if it is committed in this block.
    function _drawnChunk(JobId job, uint256 i) internal returns (uint32) {
        uint256 number = vm.getBlockNumber();
        vm.roll(number + 5);
        bytes32 seed = keccak256(abi.encode(blockhash(number + 4), job));
        vm.roll(number);
        return Strata.chunksOf(seed, CHUNKS)[i];
    }

    function _plantsHash(uint32[] memory chunks, bytes32[] memory outputs) internal pure returns (bytes32) {
        return keccak256(abi.encode(chunks, outputs, SALT));
    }

    /// @dev A wrong output of every chunk.
    function _planted() internal pure returns (uint32[] memory chunks, bytes32[] memory outputs) {
        (chunks, outputs) = (new uint32[](CHUNKS), _wrong("planted"));
        for (uint32 i = 0; i < CHUNKS; ++i) {
            chunks[i] = i;
        }
    }

    /* STAGES */

    function _commit(bytes32[] memory outputs, bytes32 plants) internal returns (JobId job) {
        job = _ask();
        _commitOf(job, outputs, plants);
    }

    function _commitOf(JobId job, bytes32[] memory outputs, bytes32 plants) internal {
        _approve(host, samplePay);
        vm.prank(host);
        sampled.commit(job, asked, Batches.rootOf(outputs), uint32(outputs.length), plants);
    }

    function _draw(JobId job) internal returns (address[] memory) {
        vm.roll(vm.getBlockNumber() + 5);
        sampled.draw(job);
        return sampled.executorsOf(job);
    }

    function _committed() internal returns (JobId) {
        return _commit(_right(), 0);
    }

    function _drawnJob() internal returns (JobId job) {
        job = _committed();
        _draw(job);
    }

    function _sealOf(JobId job, address executor, bytes32[] memory outputs) internal view returns (bytes32) {
        return keccak256(abi.encode(job, executor, _drawn(job, outputs), SALT));
    }

    function _seal(JobId job, uint256 index, bytes32[] memory outputs) internal {
        address executor = sampled.executorsOf(job)[index];
        bytes32 sealed_ = _sealOf(job, executor, outputs);
        _approve(executor, sampleBond);
        vm.prank(executor);
        sampled.seal(job, sealed_);
    }

    function _sealAll(JobId job, bytes32[] memory outputs) internal {
        for (uint256 i = 0; i < 3; ++i) {
            _seal(job, i, outputs);
        }
    }

    function _open(JobId job, bytes32[] memory outputs) internal {
        bytes32[] memory siblings = Batches.siblingsOf(outputs, sampled.chunksOf(job));
        sampled.open(job, _drawn(job, outputs), siblings);
    }

    function _reveal(JobId job, uint256 index, bytes32[] memory outputs) internal {
        address executor = sampled.executorsOf(job)[index];
        bytes32[] memory some = _drawn(job, outputs);
        vm.prank(executor);
        sampled.reveal(job, some, SALT);
    }

    function _revealAll(JobId job, bytes32[] memory outputs) internal {
        for (uint256 i = 0; i < 3; ++i) {
            _reveal(job, i, outputs);
        }
    }

    /// @dev The provider commits and opens the first, executors seal and reveal the others.
    function _play(bytes32 plants, bytes32[] memory his, bytes32[][3] memory theirs) internal returns (JobId job) {
        job = _commit(his, plants);
        _draw(job);
        for (uint256 i = 0; i < 3; ++i) {
            _seal(job, i, theirs[i]);
        }
        _open(job, his);
        for (uint256 i = 0; i < 3; ++i) {
            _reveal(job, i, theirs[i]);
        }
    }

    function _finish(JobId job) internal {
        sampled.finish(job, asked);
    }

    /// @dev Two of three say that an honest provider is wrong, or all that a lying one is.
    function _disputed(bytes32[] memory his, bytes32[][3] memory theirs) internal returns (JobId job, FaultId fault) {
        job = _play(0, his, theirs);
        _finish(job);
        fault = sampled.sampleOf(job).fault;
    }

    /* READINGS */

    function _creditAt(JobId job, uint256 index) internal view returns (uint256) {
        return sampled.creditOf(sampled.executorsOf(job)[index]);
    }

    /// @dev Of the job that was asked for last, in the block in which it was decided.
    function _assertVerdict(JobId job, uint8 verdict, string memory why) internal view {
        IProofs.Job memory known = asked;
        if (verdict != 0) {
            (known.verdict, known.outputRoot) = (verdict, sampled.sampleOf(job).outputRoot);
            known.notAfter = uint40(block.timestamp);
        }
        assertEq(proofs.hashOf(job), keccak256(abi.encode(known)), why);
    }

    /// @dev What is held is owed.
    function _assertSolvent(uint256 owed) internal view {
        assertEq(usd.balanceOf(address(sampled)) - sampled.surplus(), owed, "held is owed");
        assertEq(sampled.surplus(), 0, "nothing is over");
    }
}
