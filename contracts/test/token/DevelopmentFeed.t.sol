// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {DevelopmentFeed} from "../../src/token/DevelopmentFeed.sol";
import {IDevelopmentFeed} from "../../src/token/IDevelopmentFeed.sol";
import {Ownable} from "@openzeppelin/contracts/access/Ownable.sol";
import {SafeCast} from "@openzeppelin/contracts/utils/math/SafeCast.sol";
import {Test} from "forge-std/Test.sol";

contract DevelopmentFeedTest is Test {
    address private immutable poster = makeAddr("poster");
    DevelopmentFeed private feed;

    function setUp() external {
        feed = new DevelopmentFeed(8, "FLT / USD");
    }

    function test_Constructor_WhenDeployed(uint8 decimals, string calldata description) external {
        DevelopmentFeed other = new DevelopmentFeed(decimals, description);

        assertEq(other.decimals(), decimals, "decimals");
        assertEq(other.description(), description, "description");
        assertEq(other.owner(), address(this), "owner");
    }

    function test_Post_RevertWhen_CallerNeitherOwnerNorPoster(address caller, int256 answer) external {
        vm.assume(caller != address(this));

        vm.expectRevert(abi.encodeWithSelector(IDevelopmentFeed.NotPoster.selector, caller));
        vm.prank(caller);
        feed.post(answer);
    }

    function test_Post_RevertWhen_AnswerTooLarge(int256 answer) external {
        vm.assume(answer != int192(answer));

        vm.expectRevert(abi.encodeWithSelector(SafeCast.SafeCastOverflowedIntDowncast.selector, 192, answer));
        feed.post(answer);
    }

    function test_Post_WhenCallerPoster(int192 answer) external {
        feed.setPoster(poster, true);

        vm.prank(poster);
        feed.post(answer);

        assertAnswered(1, answer);
    }

    function test_Post_WhenCallerOwner(int192 answer, uint256 elapsed) external {
        feed.post(1);
        skip(bound(elapsed, 0, 10_000 days));

        vm.expectEmit(address(feed));
        emit IDevelopmentFeed.AnswerPosted(answer, 2);
        feed.post(answer);

        assertAnswered(2, answer);
    }

    function test_SetPoster_RevertWhen_CallerNotOwner(address caller) external {
        vm.assume(caller != address(this));

        vm.expectRevert(abi.encodeWithSelector(Ownable.OwnableUnauthorizedAccount.selector, caller));
        vm.prank(caller);
        feed.setPoster(caller, true);
    }

    function test_SetPoster_WhenCallerOwner(bool isPoster) external {
        feed.setPoster(poster, !isPoster);

        vm.expectEmit(address(feed));
        emit IDevelopmentFeed.PosterSet(poster, isPoster);
        feed.setPoster(poster, isPoster);

        assertEq(feed.isPoster(poster), isPoster, "poster");
    }

    function assertAnswered(uint80 round, int256 answer) private view {
        (uint80 roundId, int256 found, uint256 startedAt, uint256 updatedAt, uint80 answeredIn) = feed.latestRoundData();
        assertEq(roundId, round, "round");
        assertEq(found, answer, "answer");
        assertEq(startedAt, block.timestamp, "started");
        assertEq(updatedAt, block.timestamp, "updated");
        assertEq(answeredIn, round, "answered in");
    }
}
