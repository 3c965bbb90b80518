// The whole network: what is at stake, what it earns, and how both moved.

import { useAnswer } from "../api/answer";
import { api, data, type Schema } from "../api/client";
import { amount, brief, count, duration, usd } from "../format";
import { link } from "../router";
import { Chart, type Line } from "../ui/chart";
import { Badge, Flt, Usd } from "../ui/figures";
import { Card, Grid, Section, Tile, Tiles } from "../ui/layout";
import { Empty, Show } from "../ui/states";

export function NetworkPage() {
  const network = useAnswer("network", (signal) => data(api.GET("/v1/network", { signal })));
  return (
    <>
      <h1>Network</h1>
      <p class="lead">
        A customer gives a job to a stranger because the stranger's stake, and that of his investors, answers for it.
      </p>
      <Show answer={network}>{(value) => <Headlines of={value} />}</Show>
      <History />
      <Show answer={network}>{(value) => <Totals of={value} />}</Show>
      <Grid>
        <Prices />
        <Epochs />
      </Grid>
    </>
  );
}

function Headlines({ of }: { of: Schema<"Network"> }) {
  return (
    <Tiles isLarge>
      <Tile name="Value at stake" note="what running jobs could lose"><Usd exact={of.value_at_stake_usd} /></Tile>
      <Tile name="Locked behind jobs" note={<>of <Flt exact={of.staked_flt} /> staked</>}><Flt exact={of.locked_flt} /></Tile>
      <Tile name="Settled" note={<><Usd exact={of.escrow_usd} /> in escrow</>}><Usd exact={of.revenue_usd} /></Tile>
      <Tile name="Deals served now" note={<a href={link("deals")}>{`${count(of.deals, "deal")} in all`}</a>}>{brief(of.deals_serving)}</Tile>
      <Tile name="FLT" note={<PriceAge of={of.price} />}>{of.price ? <Usd exact={of.price.median_usd} /> : "–"}</Tile>
    </Tiles>
  );
}

function PriceAge({ of }: { of: Schema<"PriceNow"> | null | undefined }) {
  if (!of) return <>not observed yet</>;
  return of.is_stale ? <Badge word="stale" tone="warn" /> : <>median of its sources</>;
}

const POINTS = 200;

function History() {
  const history = useAnswer("history", (signal) =>
    data(api.GET("/v1/network/history", { params: { query: { limit: POINTS, sort: "-at" } }, signal })),
  );
  return (
    <Show answer={history}>
      {({ items }) => {
        if (items.length < 2) return <Empty>Charts begin on the network's second day.</Empty>;
        const points = [...items].reverse();
        const at = points.map((point) => Date.parse(point.starts_at) / 1_000);
        const of = (read: (point: Schema<"Point">) => string | number | null | undefined) =>
          points.map((point) => { const value = read(point); return value == null ? null : Number(value); });
        return (
          <Grid>
            <Daily title="Stake" unit="FLT" at={at} show={amount} lines={[
              { name: "staked", values: of((point) => point.staked_flt), colour: "blue", isArea: true },
              { name: "locked behind jobs", values: of((point) => point.locked_flt), colour: "teal", isArea: true },
            ]} />
            <Daily title="Value at stake" unit="$" at={at} show={usd} lines={[
              { name: "value at stake", values: of((point) => point.value_at_stake_usd), colour: "blue", isArea: true },
            ]} />
            <Daily title="Settled to providers, stakers and the protocol" unit="$" at={at} show={usd} lines={[
              { name: "in all", values: of((point) => point.settled_total_usd), colour: "blue", isArea: true },
              { name: "that day", values: of((point) => point.settled_usd), colour: "amber", isStepped: true },
            ]} />
            <Daily title="Providers and deals" unit="count" at={at} show={brief} lines={[
              { name: "deals served", values: of((point) => point.deals_serving), colour: "blue", isStepped: true },
              { name: "providers", values: of((point) => point.providers), colour: "teal", isStepped: true },
            ]} />
          </Grid>
        );
      }}
    </Show>
  );
}

interface DailyProps {
  title: string;
  unit: string;
  at: number[];
  lines: Line[];
  show: (value: number) => string;
}

function Daily({ title, ...chart }: DailyProps) {
  return <Section title={title}><Chart label={`${title} by day`} isFromZero height={200} {...chart} /></Section>;
}

function Totals({ of }: { of: Schema<"Network"> }) {
  return (
    <Grid isNarrow>
      <Card title="Whose stake" of={[
        ["Of providers themselves", <Flt exact={of.own_flt} />],
        ["Delegated", <Flt exact={of.delegated_flt} />],
        ["Largest lock", <Flt exact={of.largest_lock_flt} />],
        ["On its way out", <Flt exact={of.thawing_flt} />],
        ["Slashed", <Flt exact={of.slashed_flt} />],
        ["Delegators", brief(of.delegators)],
      ]} />
      <Card title="Market" of={[
        ["Providers", <a href={link("providers")}>{brief(of.providers)}</a>],
        ["Offers", <a href={link("offers")}>{brief(of.offers)}</a>],
        ["Units in use", `${brief(of.units_in_use)} of ${brief(of.units_offered)}`],
        ["Standbys ready", brief(of.standbys_serving)],
        ["Burned for fees", <Flt exact={of.fee_burn.burned_flt} />],
      ]} />
      <Card title="Reliability" of={[
        ["Failovers", brief(of.failovers)],
        ["Of these to a standby", brief(of.failovers_served)],
        ["Proven downtime", duration(of.downtime_seconds)],
        ["Providers down now", brief(of.providers_down)],
        ["Probers", brief(of.probers)],
        ["Faults slashed, open", `${brief(of.faults_executed)}, ${brief(of.faults_open)}`],
      ]} />
      <Card title="Proven capacity" of={[
        ["Units pledged", brief(of.capacity_units)],
        ["Unit-days credited", <data value={of.credited_units}>{brief(of.credited_units)}</data>],
        ["Rewards paid", <Flt exact={of.rewards_flt} />],
        ["Rewards funded", <Flt exact={of.reward_funds_flt} />],
        ["Convictions", brief(of.convictions)],
      ]} />
    </Grid>
  );
}

function Prices() {
  const prices = useAnswer("prices", (signal) =>
    data(api.GET("/v1/prices", { params: { query: { limit: POINTS, sort: "-block" } }, signal })),
  );
  return (
    <Section title="Price of FLT">
      <Show answer={prices}>
        {({ items }) => {
          if (items.length < 2) return <Empty>Not observed often enough for a line.</Empty>;
          const points = [...items].reverse();
          const line = (field: "median_usd" | "low_usd" | "high_usd") => points.map((point) => Number(point[field]));
          return (
            <Chart label="Price of FLT" unit="$" height={200} show={usd} at={points.map((point) => Date.parse(point.observed_at) / 1_000)} lines={[
              { name: "median", values: line("median_usd"), colour: "blue" },
              { name: "low, for locks", values: line("low_usd"), colour: "teal" },
              { name: "high, for margin calls", values: line("high_usd"), colour: "amber", isDashed: true },
            ]} />
          );
        }}
      </Show>
    </Section>
  );
}

function Epochs() {
  const epochs = useAnswer("epochs", (signal) =>
    data(api.GET("/v1/epochs", { params: { query: { limit: POINTS, class: "cpu", sort: "-epoch" } }, signal })),
  );
  return (
    <Section title="Rewards for proven capacity">
      <Show answer={epochs}>
        {({ items }) => {
          if (items.length < 2) return <Empty>Too few days for a line.</Empty>;
          const points = [...items].reverse();
          return (
            <Chart label="Rewards for proven capacity" unit="FLT a day" height={200} show={amount} isFromZero at={points.map((point) => Date.parse(point.starts_at) / 1_000)} lines={[
              { name: "pool", values: points.map((point) => Number(point.pool_flt)), colour: "blue", isStepped: true },
              { name: "earned", values: points.map((point) => Number(point.earned_flt)), colour: "teal", isArea: true, isStepped: true },
            ]} />
          );
        }}
      </Show>
    </Section>
  );
}
