// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IWorkVerifier} from "../interfaces/IWorkVerifier.sol";
import {Records} from "./Records.sol";

/// @dev The class registry. Part of `Liability`; `Capacity` has asked its manager before it comes here.
abstract contract Classes is Records {
    /// Each costs an epoch's first window a target and a pool.
    uint256 private constant CLASSES_MAX = 8;
    /// As long as a module of `Staking` waits: whoever distrusts a verifier has left before it acts.
    uint256 private constant VERIFIER_DELAY = 28 days;

    /// @dev See `ICapacity.addClass`.
    function addClass(uint8 class, IWorkVerifier verifier, uint256 target, uint128 collateral) external {
        ClassState storage state = _classStates[class];
        require(state.versions == 0, ClassKnown(class));
        require(_classes.length < CLASSES_MAX, ClassesTooMany(CLASSES_MAX));
        _requireVerifier(verifier);
        // A quarter above it a hash can still fail.
        require(target != 0 && target <= type(uint256).max / 2, TargetInvalid(target));
        require(collateral != 0, CollateralZero());
        _classes.push(class);
        state.collateral = collateral;
        state.versions = 1;
        state.referenceTarget = target;
        state.target = target;
        _versions[class][1] = Version(verifier, uint40(block.timestamp));
        emit ClassAdded(class, address(verifier), target, collateral);
    }

    /// @dev See `ICapacity.scheduleVerifier`.
    function scheduleVerifier(uint8 class, IWorkVerifier verifier) external returns (uint8 version) {
        ClassState storage state = _classOf(class);
        _requireVerifier(verifier);
        version = ++state.versions;
        uint40 activeAt = uint40(block.timestamp + VERIFIER_DELAY);
        _versions[class][version] = Version(verifier, activeAt);
        emit VerifierScheduled(class, version, address(verifier), activeAt);
    }

    /// @dev See `ICapacity.cancelVerifier`. Its number is not given again.
    function cancelVerifier(uint8 class, uint8 version) external {
        _classOf(class);
        require(_versions[class][version].activeAt > block.timestamp, VerifierNotPending(class, version));
        delete _versions[class][version];
        emit VerifierCancelled(class, version);
    }

    /// @dev See `ICapacity.setCollateral`.
    function setCollateral(uint8 class, uint128 newCollateral) external {
        require(newCollateral != 0, CollateralZero());
        _classOf(class).collateral = newCollateral;
        emit CollateralSet(class, newCollateral);
    }

    function _requireVerifier(IWorkVerifier verifier) private view {
        require(address(verifier).code.length != 0, VerifierInvalid(address(verifier)));
    }
}
