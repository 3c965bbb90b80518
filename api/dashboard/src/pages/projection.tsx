// Knowing the volume of compute, the stake that secures it, month by month, under a price that nobody knows.

import { useAnswer } from "../api/answer";
import { api, data, type Schema } from "../api/client";
import type { PageProps } from "../app";
import { amount, brief, usd } from "../format";
import { setQuery } from "../router";
import { Chart } from "../ui/chart";
import { Flt, Usd } from "../ui/figures";
import { Filters, TextFilter } from "../ui/filters";
import { Section, Tile, Tiles } from "../ui/layout";
import { Show } from "../ui/states";
import { Table, type Column } from "../ui/table";

interface Slider {
  name: string;
  label: string;
  least: number;
  most: number;
  step: number;
  usual: string;
  show: (value: number) => string;
}

const SLIDERS: Slider[] = [
  // Of ten: a million dollars a month is 6.
  { name: "volume", label: "Compute sold in the first month", least: 3, most: 9, step: 0.05, usual: "6", show: (power) => usd(String(Math.round(10 ** power))) },
  { name: "growth", label: "Growth a month", least: -0.2, most: 0.5, step: 0.01, usual: "0.1", show: (value) => `${Math.round(value * 100)} %` },
  { name: "months", label: "Months", least: 1, most: 60, step: 1, usual: "24", show: (value) => String(value) },
  { name: "coverage", label: "Coverage", least: 2, most: 5, step: 0.1, usual: "3", show: (value) => value.toFixed(1) },
  { name: "volatility", label: "Volatility of FLT a year", least: 0, most: 3, step: 0.05, usual: "1", show: (value) => `${Math.round(value * 100)} %` },
];

export function Projection({ route }: PageProps) {
  const of = (name: string) => route.query.get(name) ?? SLIDERS.find((slider) => slider.name === name)?.usual ?? "";
  const terms = route.query.get("terms") ?? "14";
  const query = {
    volume_usd: String(Math.round(10 ** Number(of("volume")))),
    growth: of("growth"),
    months: Number(of("months")),
    coverage: of("coverage"),
    volatility: of("volatility"),
    term_days: terms,
  };
  const projection = useAnswer(`projection ${JSON.stringify(query)}`, (signal) =>
    data(api.GET("/v1/projection/stake", { params: { query }, signal })),
  );
  return (
    <>
      <h1>Projection</h1>
      <p class="lead">How much stake a volume of compute needs to be secured.</p>
      <Filters>
        {SLIDERS.map((slider) => (
          <label key={slider.name} class="slider">
            <span>{slider.label}<b>{slider.show(Number(of(slider.name)))}</b></span>
            <input type="range" min={slider.least} max={slider.most} step={slider.step} value={of(slider.name)}
              aria-valuetext={slider.show(Number(of(slider.name)))}
              onInput={(event) => setQuery({ [slider.name]: event.currentTarget.value })} />
          </label>
        ))}
        <TextFilter label="Days of a term, or a mix as 7:1,14:3" value={terms} pattern="\d+(:\d+(\.\d+)?)?(,\d+:\d+(\.\d+)?)*" hint="14, or 7:1,14:3"
          onChange={(value) => setQuery({ terms: value })} />
      </Filters>
      <Show answer={projection}>{(value) => <Projected of={value} />}</Show>
    </>
  );
}

const MONTHS: Column<Schema<"Month">>[] = [
  { title: "Month", isNumber: true, show: (month) => month.month },
  { title: "Compute sold", isNumber: true, show: (month) => <Usd exact={month.volume_usd} /> },
  { title: "Stake, worth", isNumber: true, show: (month) => <Usd exact={month.stake_usd} /> },
  { title: "FLT at today's price", isNumber: true, show: (month) => <Flt exact={month.stake_flt} /> },
];

function Projected({ of }: { of: Schema<"Projection"> }) {
  const last = of.months.at(-1);
  const percentiles = of.months[0]?.bands.map((band) => band.percentile) ?? [];
  const colours = ["amber", "teal", "blue", "teal", "amber"];
  const lines = percentiles.map((percentile, index) => ({
    name: percentile === 50 ? "median price" : `price at ${percentile} %`,
    values: of.months.map((month) => Number(month.bands[index]?.stake_flt ?? Number.NaN)),
    colour: colours[index] ?? "blue",
  }));
  return (
    <>
      {last && (
        <Tiles isLarge>
          <Tile name={`Stake in month ${last.month}`} note={<>for <Usd exact={last.volume_usd} /> of compute that month</>}><Usd exact={last.stake_usd} /></Tile>
          <Tile name="In FLT at today's price"><Flt exact={last.stake_flt} /></Tile>
          <Tile name="Price today"><Usd exact={of.price_usd} /></Tile>
          <Tile name="Mean term">{`${of.term_days} days`}</Tile>
        </Tiles>
      )}
      <Section title="FLT that has to be locked">
        <Chart label="FLT to lock by month" unit="FLT, logarithmic" at={of.months.map((month) => month.month)} isTime={false} isLogarithmic
          showAt={(month) => `month ${month}`} show={amount} lines={lines} height={300}
          bands={percentiles.length > 1 ? [{ lower: percentiles.length - 1, upper: 0 }] : []} />
        <p class="note">{of.formula}</p>
        <p class="note">{`${of.assumptions.model}; ${brief(of.assumptions.paths)} paths from seed ${of.assumptions.seed}, ${of.assumptions.month_days} days a month; a lock is topped up below ${of.assumptions.maintained_ratio} of its coverage.`}</p>
      </Section>
      <Section title="Month by month">
        <Table label="Months" columns={MONTHS} items={of.months} id={(month) => month.month} />
      </Section>
    </>
  );
}
