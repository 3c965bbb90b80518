// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @title PriceGuard: FLT/USD with 8 decimals, low when stake is granted, high when it is called.
/// @notice Reads Chainlink-style aggregators, keeps the median of the fresh ones and three averages of it.
///
/// An average of time constant T moves by `average(t) = (average * T + median * (t - at)) / (T + t - at)`, with the median
/// of the last observation held from `at` to `t`: an observation never makes an average jump, a price that stands for one
/// block weighs nothing, and a view is exactly what an observation in the same block would store.
///
/// @dev Assumptions.
/// Safety: a majority of the fresh sources is honest (with two, both); a source's `updatedAt` is the time of its answer;
/// the manager, behind its timelock, names independent sources.
/// Liveness: somebody observes before `freshUntil` passes, or the price is stale until the next observation.
/// A broken source only fails to count: it cannot block a reading, and costs it at most 100,000 gas.
interface IPriceGuard {
    /// @dev `heartbeat`: seconds for which an answer is fresh, 1 second to 2 days.
    struct Source {
        address aggregator;
        uint32 heartbeat;
    }

    /// @dev The last observation. Prices have 8 decimals; the two averages are prices times 2^32, because an average that is
    /// stored without a fraction stands still when it is observed often.
    struct Observation {
        uint64 median;
        uint96 ema30m;
        uint96 ema24h;
        uint40 at;
        uint40 freshUntil; // last second at which two of its sources are fresh
        bool isSpread; // fresh sources were over 5 % apart, or fewer than two
        uint64 dayEma; // ema24h at the start of the observation's day, a price
        uint64 dayBeforeEma; // and at the start of the day before
        uint64 staleSeconds; // total up to `at`
    }

    /// @notice No price may be taken: the last observation is spread, or its sources are too old.
    error PriceStale(uint40 observedAt, uint40 freshUntil);
    /// @notice The gas left could not feed a source, and whoever calls must not be able to make a source look broken.
    error GasTooLow(uint256 have, uint256 need);
    /// @notice Fewer than two sources make no median.
    error SourcesTooFew(uint256 have, uint256 need);
    /// @notice More sources than a reading can afford.
    error SourcesTooMany(uint256 have, uint256 most);
    /// @notice Not an aggregator, one of over 30 decimals, or one named twice.
    error SourceInvalid(address aggregator);
    /// @notice A heartbeat is at least a second and at most 2 days.
    error HeartbeatOutOfRange(uint32 heartbeat);

    /// @notice One reading of all sources, at the time of its block, and the averages brought up to it.
    /// A stale reading (`isSpread`) keeps the median of the one before. Units as in `Observation`.
    /// @param median Median of the fresh sources, or the last one.
    /// @param ema30m Average over 30 minutes, times 2^32.
    /// @param ema24h Average over 24 hours, times 2^32.
    /// @param freshUntil Last second at which two of the sources read are fresh.
    /// @param isSpread Whether fresh sources were over 5 % apart, or fewer than two.
    /// @param dayEma `ema24h` at the start of this day.
    /// @param dayBeforeEma `ema24h` at the start of the day before.
    /// @param staleSeconds Seconds since deployment during which the price was stale.
    event PriceObserved(
        uint64 median,
        uint96 ema30m,
        uint96 ema24h,
        uint40 freshUntil,
        bool isSpread,
        uint64 dayEma,
        uint64 dayBeforeEma,
        uint64 staleSeconds
    );
    /// @notice A source was set; a zero aggregator: the list ends before this index.
    event SourceSet(uint8 indexed index, address indexed aggregator, uint32 heartbeat);

    /// @notice Reads the sources and records an observation. Anyone, at any time.
    /// Reverts only with `GasTooLow`.
    function observe() external;

    /// @notice Observes when the last observation is 5 minutes old or older, or stale, and answers with or without a price.
    /// Anyone. For whoever goes on when there is no price: a renewal, a margin call.
    /// @return lowPrice As `low`.
    /// @return highPrice As `high`.
    /// @return stale As `isStale`.
    function refresh() external returns (uint64 lowPrice, uint64 highPrice, bool stale);

    /// @notice The low price for a grant. Anyone. Observes as `refresh` does, and reverts when the price is stale.
    function lowForGrant() external returns (uint64 price);

    /// @notice Replaces all sources, and reads them at once. Only the manager's parameter role.
    /// @param newSources Two to seven aggregators, each once.
    function setSources(Source[] calldata newSources) external;

    /* VIEWS */

    /// @notice `min(median, ema30m, ema24h, 1.10 * ema24h at the start of yesterday)`, from the last observation, brought up to
    /// the block's time. Zero before the first reading that was not stale, at least 1 after it.
    function low() external view returns (uint64);

    /// @notice `max(median, ema30m, ema24h)`, from the last observation, brought up to the block's time.
    function high() external view returns (uint64);

    /// @notice Whether the last observation was spread, or fewer than two of the sources that it read are still fresh.
    function isStale() external view returns (bool);

    /// @notice Seconds since deployment during which the price was stale. A clock that stands still while the price is stale runs
    /// by `block.timestamp - staleSeconds`.
    function staleSeconds() external view returns (uint64);

    /// @notice The last observation as it was stored.
    function observation() external view returns (Observation memory);

    /// @notice Median and averages as prices, rounded down, brought up to the block's time.
    function averages() external view returns (uint64 median, uint64 ema30m, uint64 ema24h);

    /// @notice The sources in their order.
    function sources() external view returns (Source[] memory);
}
