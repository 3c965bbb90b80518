// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {DealId} from "../types/Ids.sol";

/// @title Modules: who wrote what deals run, and what he gets for it.
/// @notice A module is named by the keccak256 of its content, so nobody can change what a deal named. Its royalty is stablecoin per unit-day, on
/// top of the offer's price, within the request's maximum; of metered usage it is the same part of what is paid. A deal keeps
/// the royalties that it was opened with. Who publishes a hash first is its author: publish before you show it.
///
/// Assumptions, safety: `Matching` and `Deals` are the ones of this deployment.
interface IModules {
    struct Module {
        address author; // zero: not published
        uint96 royalty; // in force
        uint96 nextRoyalty; // from `effectiveAt` on, where that is ahead
        uint40 effectiveAt;
        uint40 publishedAt;
    }

    error NotMatching(address caller);
    error NotAuthor(address caller, address author);
    error ModuleZero();
    error ModuleKnown(bytes32 module, address author);
    error ModuleUnknown(bytes32 module);
    error ModuleTwice(bytes32 module);
    error ModulesTooMany(uint256 count, uint256 most);
    error RoyaltyTooHigh(uint256 royalty);
    error UriTooLong(uint256 length);
    error NothingDue(DealId deal);

    event ModulePublished(bytes32 indexed module, address indexed author, uint96 royalty, string uri);
    event ModuleRoyaltySet(bytes32 indexed module, uint96 royalty, uint40 effectiveAt);
    /// @notice The deal runs it, and pays this royalty per unit-day as long as it lives.
    event ModuleNamed(DealId indexed deal, bytes32 indexed module, address indexed author, uint96 royalty);

    /// @notice Anyone, once for each content hash. `royalty` is at most 1e24, `uri` (where the content is) at most 256 bytes.
    function publish(bytes32 module, uint96 royalty, string calldata uri) external;
    /// @notice Its author. In force for new deals after 2 minutes.
    function setRoyalty(bytes32 module, uint96 royalty) external;
    /// @notice `Matching` only: at most 8, each once; fixes their royalties for the deal.
    function nameModules(DealId deal, bytes32[] calldata modules) external;
    /// @notice Anyone: shares out what the deal's royalties are, as credits of the authors in `Deals`.
    function pay(DealId deal) external returns (uint128 paid);

    /* VIEWS */

    function moduleOf(bytes32 module) external view returns (Module memory);
    /// @notice Sum of the royalties in force; reverts as `nameModules` would.
    function royaltyOf(bytes32[] calldata modules) external view returns (uint96);
    function modulesOf(DealId deal) external view returns (bytes32[] memory modules, uint96[] memory royalties);
}
