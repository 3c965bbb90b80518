// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IProbers} from "../src/interfaces/IProbers.sol";
import {DealId} from "../src/types/Ids.sol";
import {Base} from "./Base.t.sol";
import {Crew} from "./Crew.sol";
import {MockWindows} from "./mocks/MockWindows.sol";

/// @dev Nine probers of a seat each in three regions, as the development preset has them, and an account that stands for `Faults`.
abstract contract ProbersBase is Base, Crew {
    uint128 internal constant SEAT = 1000e18;
    uint128 internal constant PAY = 50_000;
    DealId internal constant DEAL = DealId.wrap(7);

    MockWindows internal windows;

    function setUp() public virtual override {
        super.setUp();
        windows = new MockWindows();
        string memory artifact = vm.envOr("PROBERS_ARTIFACT", string("Probers.sol:Probers"));
        probers = IProbers(deployCode(artifact, abi.encode(staking, windows, faults, _rules(), PAY)));
    }

    function _rules() internal pure returns (IProbers.Rules memory) {
        return IProbers.Rules({drawn: 5, quorum: 4, panelDrawn: 9, panelQuorum: 6, eligibleMin: 9, seatStake: SEAT});
    }

    /// @dev Nine of them, drawn from the next day on, which is open.
    function _crew() internal {
        for (uint256 i = 0; i < 9; ++i) {
            crew.push(_named(string.concat("prober ", vm.toString(i))));
            _enroll(crew[i], uint8(i % 3), 1);
        }
        _tomorrow();
        probers.openDay();
    }

    function _enroll(address prober, uint8 region, uint16 seats) internal {
        vm.prank(issuer);
        flt.mint(prober, uint256(SEAT) * seats);
        vm.startPrank(prober);
        flt.approve(address(probers), uint256(SEAT) * seats);
        probers.register(region, seats, "https://prober.example");
        vm.stopPrank();
    }

    function _leave(address prober) internal {
        vm.prank(prober);
        probers.leave();
    }

    function _fund(uint128 amount) internal {
        vm.prank(issuer);
        usd.mint(address(this), amount);
        usd.approve(address(probers), amount);
        probers.fund(amount);
    }

    /// @dev Seven in the morning of the next day.
    function _tomorrow() internal {
        vm.warp((block.timestamp / 1 days + 1) * 1 days + 7 hours);
    }

    function _days(uint256 count) internal {
        for (uint256 i = 0; i < count; ++i) {
            _tomorrow();
        }
    }

    function _statement() internal view returns (IProbers.Statement memory) {
        return IProbers.Statement(DEAL, 2, 3, false, uint40(block.timestamp));
    }
}
