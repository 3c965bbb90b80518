// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDeals} from "../../src/interfaces/IDeals.sol";
import {IModules} from "../../src/interfaces/IModules.sol";
import {DealId} from "../../src/types/Ids.sol";
import {VouchersHandler} from "./VouchersHandler.sol";
import {Test} from "forge-std/Test.sol";

/// @dev Laws L95, L96 and L98 of README.md, judged on the histories of `VouchersHandler`. The whole system is slow to run.
/// forge-config: ci.invariant.runs = 64
contract VouchersInvariantsTest is Test {
    VouchersHandler private handler;

    function setUp() external {
        handler = new VouchersHandler();
        handler.prepare();
        bytes4[] memory acts = new bytes4[](17);
        acts[0] = handler.wait.selector;
        acts[1] = handler.open.selector;
        acts[2] = handler.fill.selector;
        acts[3] = handler.renew.selector;
        acts[4] = handler.fund.selector;
        acts[5] = handler.fail.selector;
        acts[6] = handler.end.selector;
        acts[7] = handler.setGateway.selector;
        acts[8] = handler.revoke.selector;
        acts[9] = handler.sign.selector;
        acts[10] = handler.redeem.selector;
        acts[11] = handler.redeemMany.selector;
        acts[12] = handler.setRoyalty.selector;
        acts[13] = handler.settle.selector;
        acts[14] = handler.payAuthors.selector;
        acts[15] = handler.claim.selector;
        // Twice as often: it is what the others are for.
        acts[16] = handler.redeem.selector;
        targetSelector(FuzzSelector(address(handler), acts));
        targetContract(address(handler));
    }

    function invariant_L95_VouchersArePaidOnce() external view {
        (IDeals deals,, uint256 count) = handler.system();
        for (uint256 i = 0; i < count; ++i) {
            DealId id = handler.ids(i);
            uint32 last = deals.slotOf(id, 0).serving;
            for (uint32 serving = 1; serving <= last; ++serving) {
                bytes32 key = handler.keyOfServing(id, serving);
                assertEq(deals.redeemedOf(id, 0, serving), handler.paidOf(key), "L95: all that was paid");
                assertLe(handler.paidOf(key), handler.signedOf(key), "L95: more than was signed");
            }
        }
        _holds(95);
    }

    function invariant_L96_NeverAboveEscrowCapOrServing() external view {
        _holds(96);
    }

    function invariant_L98_RoyaltiesAreTheAuthors() external view {
        (IDeals deals, IModules modules, uint256 count) = handler.system();
        address[2] memory authors = handler.authors();
        uint256[2] memory sums;
        for (uint256 i = 0; i < count; ++i) {
            DealId id = handler.ids(i);
            uint256 shared = handler.sharedOf(id);
            assertEq(handler.royaltiesOf(id), shared + deals.royaltyDue(id), "L98: conserved");
            for (uint256 j = 0; j < 2; ++j) {
                sums[j] += handler.authorOf(id, authors[j]);
                (uint256 part, uint256 total, uint256 named) = _partOf(modules, id, authors[j]);
                if (total == 0) continue;
                uint256 tolerance = named * (handler.paymentsOf(id) + 1);
                assertApproxEqAbs(
                    handler.authorOf(id, authors[j]), shared * part / total, tolerance, "L98: in proportion"
                );
            }
        }
        for (uint256 j = 0; j < 2; ++j) {
            assertEq(deals.creditOf(authors[j]) + handler.claimed(authors[j]), sums[j], "L98: credited to authors");
        }
        _holds(98);
    }

    function _partOf(IModules modules, DealId id, address author)
        private
        view
        returns (uint256 part, uint256 total, uint256 named)
    {
        (bytes32[] memory list, uint96[] memory royalties) = modules.modulesOf(id);
        named = list.length;
        for (uint256 i = 0; i < named; ++i) {
            total += royalties[i];
            if (modules.moduleOf(list[i]).author == author) part += royalties[i];
        }
        assertEq(total, _royaltyOf(id), "L98: of the deal");
    }

    function _royaltyOf(DealId id) private view returns (uint256) {
        (IDeals deals,,) = handler.system();
        return deals.dealOf(id).royalty;
    }

    function _holds(uint256 law) private view {
        assertEq(handler.broken(law), "", handler.broken(law));
    }
}
