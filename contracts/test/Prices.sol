// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {PriceGuard} from "../src/PriceGuard.sol";
import {Governance} from "../src/governance/Governance.sol";
import {IPriceGuard} from "../src/interfaces/IPriceGuard.sol";
import {MockAggregator} from "./mocks/MockAggregator.sol";
import {Test} from "forge-std/Test.sol";

/// @dev A price guard with three sources of one hour's heartbeat that say $0.50, at noon of a day.
abstract contract Prices is Test {
    uint64 internal constant HALF = 0.5e8;
    uint32 internal constant HEARTBEAT = 1 hours;

    address internal immutable operator = makeAddr("operator");
    Governance internal governance;
    PriceGuard internal guard;
    MockAggregator[] internal feeds;

    function setUp() public virtual {
        vm.warp(20_000 days + 12 hours);
        for (uint256 i = 0; i < 3; ++i) {
            feeds.push(new MockAggregator());
        }
        answerAll(HALF);
        governance = new Governance(operator);
        string memory artifact = vm.envOr("PRICE_GUARD_ARTIFACT", string("PriceGuard.sol:PriceGuard"));
        guard = PriceGuard(deployCode(artifact, abi.encode(governance, sourcesOf(3))));
        allowOperator();
    }

    function allowOperator() private {
        bytes4[] memory selectors = new bytes4[](1);
        selectors[0] = IPriceGuard.setSources.selector;
        vm.startPrank(operator);
        governance.setTargetFunctionRole(address(guard), selectors, governance.PARAMETERS());
        governance.grantRole(governance.PARAMETERS(), operator, 0);
        vm.stopPrank();
    }

    function sourcesOf(uint256 count) internal view returns (IPriceGuard.Source[] memory list) {
        list = new IPriceGuard.Source[](count);
        for (uint256 i = 0; i < count; ++i) {
            list[i] = IPriceGuard.Source({aggregator: address(feeds[i]), heartbeat: HEARTBEAT});
        }
    }

    function answer(uint256 index, uint256 price) internal {
        feeds[index].setAnswer(int256(price), block.timestamp);
    }

    function answerAll(uint256 price) internal {
        for (uint256 i = 0; i < feeds.length; ++i) {
            answer(i, price);
        }
    }

    function observeAt(uint256 price) internal {
        answerAll(price);
        guard.observe();
    }
}
