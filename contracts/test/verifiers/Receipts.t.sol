// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IProofs} from "../../src/interfaces/IProofs.sol";
import {DealId} from "../../src/types/Ids.sol";
import {ProofsBase} from "../ProofsBase.t.sol";
import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";

/// @dev Takes what is the hash of the digest as a signature, or does worse.
contract Wallet is IERC1271 {
    enum Mood {
        Honest,
        Reverting,
        Endless,
        Wordy
    }

    Mood private immutable mood;

    constructor(Mood newMood) {
        mood = newMood;
    }

    function isValidSignature(bytes32 digest, bytes calldata signature) external view returns (bytes4) {
        if (mood == Mood.Reverting) revert("no");
        if (mood == Mood.Wordy) {
            assembly ("memory-safe") {
                return(0, 100000)
            }
        }
        uint256 round = 0;
        while (mood == Mood.Endless) ++round;
        return keccak256(signature) == keccak256(abi.encode(digest)) ? IERC1271.isValidSignature.selector : bytes4(0);
    }
}

contract ReceiptsTest is ProofsBase {
    bytes32 private constant STATEMENT = keccak256("statement");

    IProofs.Job private job;

    function setUp() public override {
        super.setUp();
        (job.deal, job.provider) = (AGREED, provider);
    }

    function test_Verify_WhenBothSigned() external view {
        address[2] memory ofCustomer = [customer, gateway];
        address[2] memory ofProvider = [provider, serveKey];
        for (uint256 i = 0; i < 4; ++i) {
            assertEq(verdict(_receipt(ofCustomer[i / 2], ofProvider[i % 2], STATEMENT)), 2, "agreed");
        }
    }

    function test_Verify_WhenWalletsSigned() external {
        address wallet = address(new Wallet(Wallet.Mood.Honest));
        book.setDeal(AGREED, wallet, RECEIPTS, 0);
        job.provider = wallet;
        bytes memory signature = abi.encode(receipts.digestOf(STATEMENT));
        assertEq(verdict(abi.encodePacked(wallet, wallet, uint16(32), signature, signature)), 2, "agreed");
        bytes memory other = abi.encode(receipts.digestOf(0));
        assertEq(verdict(abi.encodePacked(wallet, wallet, uint16(32), signature, other)), 0, "not this");
    }

    function test_Verify_WhenStatementIsAnother(bytes32 statement) external view {
        vm.assume(statement != STATEMENT);
        assertEq(verdict(_receipt(customer, provider, statement)), 0, "of another statement");
    }

    function test_Verify_WhenCustomerDidNotSign() external view {
        assertEq(verdict(_receipt(provider, provider, STATEMENT)), 0, "the provider twice");
        assertEq(verdict(_receipt(otherProvider, provider, STATEMENT)), 0, "somebody else");
        // He may ask for a job, but is no gateway.
        assertEq(verdict(_receipt(customerKey, provider, STATEMENT)), 0, "a key of the customer");
    }

    function test_Verify_GivenGatewayIsRevoked() external {
        book.setGateway(customer, gateway, 1000, 1);
        assertEq(verdict(_receipt(gateway, provider, STATEMENT)), 0, "revoked");
    }

    function test_Verify_GivenGatewayIsOfAnotherCustomer() external {
        book.setGateway(customer, gateway, 0, 0);
        book.setGateway(delegator, gateway, 1000, 0);
        assertEq(verdict(_receipt(gateway, provider, STATEMENT)), 0, "of another customer");
    }

    function test_Verify_WhenProviderDidNotSign() external view {
        assertEq(verdict(_receipt(customer, customer, STATEMENT)), 0, "the customer twice");
        assertEq(verdict(_receipt(customer, otherProvider, STATEMENT)), 0, "another provider");
    }

    function test_Verify_GivenKeyOfTheProviderHasExpired() external {
        vm.prank(provider);
        staking.setKey(serveKey, 0, 0);
        assertEq(verdict(_receipt(customer, serveKey, STATEMENT)), 0, "no key any more");
    }

    function test_Verify_WhenSignaturesAreSwapped() external view {
        bytes32 digest = receipts.digestOf(STATEMENT);
        (bytes memory first, bytes memory second) = (_sign(provider, digest), _sign(customer, digest));
        assertEq(verdict(abi.encodePacked(customer, provider, uint16(65), first, second)), 0, "swapped");
    }

    function test_Verify_WhenSignatureIsOfAnotherDomain() external {
        bytes memory proof = _receipt(customer, provider, STATEMENT);
        vm.chainId(2);
        assertEq(verdict(proof), 0, "of another chain");
        vm.chainId(31_337);
        assertEq(verdict(proof), 2, "of this chain");
        (bytes memory first, bytes memory second) = (_sign(customer, STATEMENT), _sign(provider, STATEMENT));
        assertEq(verdict(abi.encodePacked(customer, provider, uint16(65), first, second)), 0, "of the bare statement");
    }

    function test_Verify_WhenABitIsAnother(uint256 bit) external view {
        bytes memory proof = _receipt(gateway, serveKey, STATEMENT);
        bit = bound(bit, 0, proof.length * 8 - 1);
        proof[bit / 8] ^= bytes1(uint8(1 << bit % 8));
        assertEq(verdict(proof), 0, "a bit");
    }

    function test_Verify_WhenItIsCutShort(uint256 length) external view {
        bytes memory proof = _receipt(gateway, serveKey, STATEMENT);
        length = bound(length, 0, proof.length - 1);
        assembly ("memory-safe") {
            mstore(proof, length)
        }
        assertEq(verdict(proof), 0, "cut");
    }

    function test_Verify_WhenItIsGarbage(bytes memory garbage) external view {
        assertEq(verdict(garbage), 0, "garbage");
        assertEq(verdict(bytes.concat(abi.encodePacked(customer, provider), garbage)), 0, "of the right people");
    }

    function test_Verify_GivenAWalletMisbehaves() external {
        for (uint8 mood = 1; mood <= 3; ++mood) {
            address wallet = address(new Wallet(Wallet.Mood(mood)));
            book.setDeal(AGREED, wallet, RECEIPTS, 0);
            bytes memory proof = abi.encodePacked(wallet, provider, uint16(0), _sign(provider, receipts.digestOf(0)));
            assertEq(receipts.verify{gas: 2_000_000}(job, 0, 0, proof), 0, "no answer");
        }
    }

    function test_Verify_GivenDealIsUnknown() external {
        job.deal = DealId.wrap(99);
        assertEq(verdict(_receipt(customer, provider, STATEMENT)), 0, "nobody is its customer");
    }

    function test_DigestOf(bytes32 statement) external view {
        bytes32 domain = keccak256(
            abi.encode(
                keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"),
                keccak256("Surety"),
                keccak256("1"),
                block.chainid,
                receipts
            )
        );
        bytes32 what = keccak256(abi.encode(keccak256("Receipt(bytes32 statement)"), statement));
        assertEq(receipts.digestOf(statement), keccak256(abi.encodePacked(hex"1901", domain, what)), "EIP-712");
    }

    function test_Kind() external view {
        assertEq(receipts.kind(), 1, "receipts");
    }

    function verdict(bytes memory proof) private view returns (uint8) {
        return receipts.verify(job, 0, STATEMENT, proof);
    }
}
