-- Facts of PriceGuard: FLT/USD.

create table price_observed (
    block bigint not null,
    log_index integer not null,
    median amount not null,
    ema30m amount not null,
    ema24h amount not null,
    fresh_until timestamptz not null,
    is_spread boolean not null,
    day_ema amount not null,
    day_before_ema amount not null,
    stale_seconds bigint not null,
    primary key (block, log_index)
);
comment on table price_observed is 'One reading of all sources of FLT/USD, and the averages after it.';
comment on column price_observed.block is 'Number of the block.';
comment on column price_observed.log_index is 'Place of the log within the block.';
comment on column price_observed.median is 'Median of the fresh sources, in USD with 8 decimals.';
comment on column price_observed.ema30m is 'Average over 30 minutes, in USD with 8 decimals, times 2^32.';
comment on column price_observed.ema24h is 'Average over 24 hours, in USD with 8 decimals, times 2^32.';
comment on column price_observed.fresh_until is 'When fewer than two of its sources are fresh.';
comment on column price_observed.is_spread is 'Whether the sources were too few or too far apart.';
comment on column price_observed.day_ema is '24-hour average at the start of the day, in USD with 8 decimals.';
comment on column price_observed.day_before_ema is '24-hour average at the start of the day before, in USD with 8 decimals.';
comment on column price_observed.stale_seconds is 'Seconds since deployment in which the price was stale.';

create table source_set (
    block bigint not null,
    log_index integer not null,
    index integer not null,
    aggregator address not null,
    heartbeat bigint not null,
    primary key (block, log_index)
);
comment on table source_set is 'A source of the price.';
comment on column source_set.block is 'Number of the block.';
comment on column source_set.log_index is 'Place of the log within the block.';
comment on column source_set.index is 'Place in the list.';
comment on column source_set.aggregator is 'The source; zero: the list ends before it.';
comment on column source_set.heartbeat is 'Seconds for which an answer of the source is fresh.';

-- A running average, as a price times 2^32: `RunningAverage.advanceDown`.
create function average_advanced(average numeric, median numeric, elapsed numeric, time_constant numeric)
returns numeric
language sql immutable strict parallel safe
return div(average * time_constant + median * 4294967296 * elapsed, time_constant + elapsed);

create function average_price(average numeric) returns numeric
language sql immutable strict parallel safe
return div(average, 4294967296);

-- The last observation, and its time.
create view price as
select
    p.block,
    p.log_index,
    b.timestamp as observed_at,
    p.median,
    average_price(p.ema30m) as ema30m,
    average_price(p.ema24h) as ema24h,
    p.ema30m as ema30m_x32,
    p.ema24h as ema24h_x32,
    p.fresh_until,
    p.is_spread,
    p.day_ema,
    p.day_before_ema,
    p.stale_seconds
from price_observed as p
join block as b on b.number = p.block;
comment on view price is 'Every observation with its time; prices in USD with 8 decimals, `_x32` times 2^32.';

-- What PriceGuard's views answer at a time, from the last observation: `PriceGuard.advanced`.
create function price_at(moment timestamptz)
returns table (
    observed_at timestamptz,
    median numeric,
    ema30m numeric,
    ema24h numeric,
    day_ema numeric,
    day_before_ema numeric,
    low numeric,
    high numeric,
    fresh_until timestamptz,
    is_stale boolean,
    stale_seconds numeric
)
language sql stable parallel safe
as $$
    with last as (
        select
            *,
            seconds(price.observed_at) as at,
            seconds(price.fresh_until) as fresh,
            seconds(price_at.moment) as now,
            seconds(price_at.moment) - mod(seconds(price_at.moment), 86400) as today
        from price
        order by block desc, log_index desc
        limit 1
    ), advanced as (
        select
            last.*,
            average_price(average_advanced(ema30m_x32, median, now - at, 1800)) as short,
            average_price(average_advanced(ema24h_x32, median, now - at, 86400)) as long,
            case
                when at >= today then day_ema
                else average_price(average_advanced(ema24h_x32, median, today - at, 86400))
            end as today_ema,
            case
                when at >= today then day_before_ema
                when at >= today - 86400 then day_ema
                else average_price(average_advanced(ema24h_x32, median, today - 86400 - at, 86400))
            end as yesterday_ema
        from last
    )
    select
        observed_at,
        median,
        short,
        long,
        today_ema,
        yesterday_ema,
        least(median, div(yesterday_ema * 11000, 10000), short, long),
        greatest(median, short, long),
        fresh_until,
        is_spread or now > fresh,
        stale_seconds + case when is_spread then now - at else now - least(now, greatest(at, fresh)) end
    from advanced
$$;

create view price_now as
select p.*, indexed_at() as at
from price_at(indexed_at()) as p;
comment on view price_now is 'FLT/USD at the indexed block, 8 decimals: one row, none before the first observation.';
