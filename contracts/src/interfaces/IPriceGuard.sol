// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title PriceGuard: FLT/USD with 8 decimals, low when stake is granted, high when it is called.
interface IPriceGuard {
    struct Source {
        address aggregator;
        uint32 heartbeat; // seconds
    }

    struct Observation {
        uint64 median;
        uint64 ema30m;
        uint64 ema24h;
        uint40 at;
        uint40 freshUntil; // when fewer than two of its sources are fresh
        bool isSpread; // fresh sources were over 5 % apart, or fewer than two, at the last reading
        uint64 dayEma; // ema24h at the start of the observation's day
        uint64 dayBeforeEma; // and of the day before
        uint64 staleSeconds; // total up to `at`
    }

    error PriceStale(uint40 observedAt, uint40 freshUntil);
    error SourcesTooFew(uint256 have, uint256 need);
    error SourceInvalid(address aggregator);

    /// @notice One reading of all sources. A stale reading (`isSpread`) keeps the median of the one before.
    event PriceObserved(
        uint64 median,
        uint64 ema30m,
        uint64 ema24h,
        uint40 freshUntil,
        bool isSpread,
        uint64 dayEma,
        uint64 dayBeforeEma,
        uint64 staleSeconds
    );
    event SourceSet(uint8 indexed index, address indexed aggregator, uint32 heartbeat);

    /// @notice Reads the sources and records an observation. Anyone, at any time.
    function observe() external;
    /// @notice The low price for a grant: observes first when the last observation is 5 minutes old or older. Reverts when stale.
    function lowForGrant() external returns (uint64 price);
    function setSources(Source[] calldata newSources) external;

    /* VIEWS */

    /// @notice From the last observation, with averages decayed to now.
    function low() external view returns (uint64);
    function high() external view returns (uint64);
    function isStale() external view returns (bool);
    /// @notice Seconds since deployment during which the price was stale; clocks that stand still subtract it.
    function staleSeconds() external view returns (uint64);
    function observation() external view returns (Observation memory);
    /// @notice Median and averages, decayed to now.
    function averages() external view returns (uint64 median, uint64 ema30m, uint64 ema24h);
    function sources() external view returns (Source[] memory);
}
