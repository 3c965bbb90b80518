// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IDeals} from "./interfaces/IDeals.sol";
import {IModules} from "./interfaces/IModules.sol";
import {DealId} from "./types/Ids.sol";

/// @dev Who wrote what, and which deals run it. The money is in `Deals`. Invariants:
/// 1. A module has one author, for ever.
/// 2. What a deal named, and for how much, never changes; its royalties add up to the royalty in `Deals`.
contract Modules is IModules {
    uint256 private constant NAMED_MAX = 8;
    /// As an offer's price, so that eight of them fit wherever a price does.
    uint256 private constant ROYALTY_MAX = 1e24;
    uint256 private constant URI_MAX = 256;
    /// As a change of an offer, so that nobody pays more than he saw.
    uint40 private constant DELAY = 2 minutes;

    struct Named {
        bytes32 module;
        address author;
        uint96 royalty;
    }

    IDeals private immutable deals;
    address private immutable matching;

    mapping(bytes32 module => Module) private _modules;
    mapping(DealId deal => Named[]) private _named;

    constructor(IDeals newDeals, address newMatching) {
        deals = newDeals;
        matching = newMatching;
    }

    /* AUTHORS */

    /// @inheritdoc IModules
    function publish(bytes32 module, uint96 royalty, string calldata uri) external {
        require(module != 0, ModuleZero());
        address author = _modules[module].author;
        require(author == address(0), ModuleKnown(module, author));
        require(royalty <= ROYALTY_MAX, RoyaltyTooHigh(royalty));
        require(bytes(uri).length <= URI_MAX, UriTooLong(bytes(uri).length));
        _modules[module] = Module({
            author: msg.sender, royalty: royalty, nextRoyalty: 0, effectiveAt: 0, publishedAt: uint40(block.timestamp)
        });
        emit ModulePublished(module, msg.sender, royalty, uri);
    }

    /// @inheritdoc IModules
    function setRoyalty(bytes32 module, uint96 royalty) external {
        Module memory current = _current(module);
        require(msg.sender == current.author, NotAuthor(msg.sender, current.author));
        require(royalty <= ROYALTY_MAX, RoyaltyTooHigh(royalty));
        current.nextRoyalty = royalty;
        current.effectiveAt = uint40(block.timestamp) + DELAY;
        _modules[module] = current;
        emit ModuleRoyaltySet(module, royalty, current.effectiveAt);
    }

    /* DEALS */

    /// @inheritdoc IModules
    function nameModules(DealId deal, bytes32[] calldata modules) external {
        require(msg.sender == matching, NotMatching(msg.sender));
        _requireNameable(modules);
        for (uint256 i = 0; i < modules.length; ++i) {
            Module memory current = _current(modules[i]);
            _named[deal].push(Named(modules[i], current.author, current.royalty));
            emit ModuleNamed(deal, modules[i], current.author, current.royalty);
        }
    }

    /// @inheritdoc IModules
    function pay(DealId deal) external returns (uint128 paid) {
        Named[] memory named = _named[deal];
        address[] memory authors = new address[](named.length);
        uint96[] memory royalties = new uint96[](named.length);
        for (uint256 i = 0; i < named.length; ++i) {
            (authors[i], royalties[i]) = (named[i].author, named[i].royalty);
        }
        paid = deals.payRoyalties(deal, authors, royalties);
        require(paid != 0, NothingDue(deal));
    }

    /// @dev At most eight: comparing each with each is cheaper than to store who was there.
    function _requireNameable(bytes32[] calldata modules) private pure {
        require(modules.length <= NAMED_MAX, ModulesTooMany(modules.length, NAMED_MAX));
        for (uint256 i = 0; i < modules.length; ++i) {
            for (uint256 j = 0; j < i; ++j) {
                require(modules[i] != modules[j], ModuleTwice(modules[i]));
            }
        }
    }

    /// @dev As it is in force now; a change ahead is kept, one whose time has come is the royalty.
    function _current(bytes32 module) private view returns (Module memory current) {
        current = _modules[module];
        require(current.author != address(0), ModuleUnknown(module));
        if (current.effectiveAt == 0 || block.timestamp < current.effectiveAt) return current;
        (current.royalty, current.nextRoyalty, current.effectiveAt) = (current.nextRoyalty, 0, 0);
    }

    /* VIEWS */

    /// @inheritdoc IModules
    function moduleOf(bytes32 module) external view returns (Module memory current) {
        if (_modules[module].author != address(0)) current = _current(module);
    }

    /// @inheritdoc IModules
    function royaltyOf(bytes32[] calldata modules) external view returns (uint96 royalty) {
        _requireNameable(modules);
        for (uint256 i = 0; i < modules.length; ++i) {
            royalty += _current(modules[i]).royalty;
        }
    }

    /// @inheritdoc IModules
    function modulesOf(DealId deal) external view returns (bytes32[] memory modules, uint96[] memory royalties) {
        Named[] memory named = _named[deal];
        modules = new bytes32[](named.length);
        royalties = new uint96[](named.length);
        for (uint256 i = 0; i < named.length; ++i) {
            (modules[i], royalties[i]) = (named[i].module, named[i].royalty);
        }
    }
}
