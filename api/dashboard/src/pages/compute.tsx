// Find me compute: what a request would get, at which price, how available it is, and why others were refused.

import { useEffect, useState } from "preact/hooks";
import { useAnswer } from "../api/answer";
import { api, data, type Schema } from "../api/client";
import type { PageProps } from "../app";
import { brief, count, share } from "../format";
import { setQuery } from "../router";
import { Address, Flt, Usd } from "../ui/figures";
import { ChoiceFilter, Filters, NumberFilter } from "../ui/filters";
import { Section, Tile, Tiles } from "../ui/layout";
import { useProviders } from "../ui/names";
import { Empty, Show } from "../ui/states";
import { Table, type Column } from "../ui/table";
import { tokens, units } from "../amount";

const FIELDS: Record<string, string> = {
  class: "cpu",
  units: "10",
  slots: "1",
  standbys: "0",
  price: "2",
  term: "14",
  duration: "28",
  availability: "",
  coverage: "3",
  first_loss: "10",
  exposure: "remaining",
};

/** Typing is not asked about key by key. */
const PAUSE_MS = 250;

/** Words of the address bar may be none of the API's: it refuses them, and the page says so. */
function wish(of: (name: string) => string): Schema<"Wish"> {
  const availability = of("availability");
  return {
    class: of("class") as NonNullable<Schema<"Wish">["class"]>,
    units: Number(of("units")),
    slots: Number(of("slots")),
    standbys: Number(of("standbys")),
    price_max_usd: of("price"),
    term_days: Number(of("term")),
    duration_days: Number(of("duration")),
    coverage: of("coverage"),
    exposure: of("exposure") as NonNullable<Schema<"Wish">["exposure"]>,
    first_loss_bps: Math.round(Number(of("first_loss")) * 100),
    criteria: [],
    is_allowlist: false,
    notice_seconds: 1_209_600,
    providers: [],
    regions: [],
    ...(availability ? { availability: String(Number(availability) / 100) } : {}),
  };
}

function useSettled<T>(value: T, key: string): T {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = window.setTimeout(() => setSettled(value), PAUSE_MS);
    return () => window.clearTimeout(timer);
  }, [key]);
  return settled;
}

export function Compute({ route }: PageProps) {
  const of = (name: string) => route.query.get(name) ?? FIELDS[name] ?? "";
  const asked = wish(of);
  const body = useSettled(asked, JSON.stringify(asked));
  const match = useAnswer(`match ${JSON.stringify(body)}`, (signal) => data(api.POST("/v1/match", { body, signal })));
  const field = (name: string, label: string, most?: number) => (
    <NumberFilter key={name} label={label} value={of(name)} {...(most ? { most } : {})} onChange={(value) => setQuery({ [name]: value })} />
  );
  return (
    <>
      <h1>Find compute</h1>
      <p class="lead">Say what you need. The network finds the cheapest set of offers that meets it, and proves that there is no cheaper one.</p>
      <Filters>
        <ChoiceFilter label="Class" value={of("class")} choices={[["cpu", "CPU"], ["gpu", "GPU"]]} onChange={(value) => setQuery({ class: value })} />
        {field("units", "Units a slot")}
        {field("slots", "Slots", 16)}
        {field("standbys", "Standbys", 4)}
        {field("price", "Price at most, $ a unit-day")}
        {field("availability", "Available at least, %", 100)}
        {field("term", "Days of a term", 14)}
        {field("duration", "Days in all")}
        {field("coverage", "Coverage, 2 to 5", 5)}
        {field("first_loss", "First loss at least, %", 100)}
        <ChoiceFilter label="Value at stake" value={of("exposure")} onChange={(value) => setQuery({ exposure: value })}
          choices={[["remaining", "what remains"], ["term", "the next term"], ["whole", "the whole job"]]} />
      </Filters>
      <Show answer={match}>{(value) => <Found of={value} days={body.duration_days ?? 0} />}</Show>
    </>
  );
}

const PLACES: Column<Schema<"MatchPlace">>[] = [
  { title: "Provider", show: (place) => <Address of={place.provider} page="providers" /> },
  { title: "Offer", isNumber: true, show: (place) => place.offer },
  { title: "Region", isNumber: true, show: (place) => place.region },
  { title: "Price a unit-day", isNumber: true, show: (place) => <Usd exact={place.price_usd} /> },
  { title: "Cost a day", isNumber: true, show: (place) => <Usd exact={place.cost_usd} /> },
  { title: "Locks", isNumber: true, show: (place) => (place.lock_flt == null ? "–" : <Flt exact={place.lock_flt} />) },
  { title: "Measured down", isNumber: true, show: (place) => share(place.unavailability) },
];

function Found({ of, days }: { of: Schema<"Match">; days: number }) {
  return (
    <>
      {of.is_met ? <Best of={of} days={days} /> : <Nothing of={of} />}
      <Refused of={of} />
    </>
  );
}

/** `days` times a decimal amount, exactly. */
function times(exact: string, days: number): string {
  return tokens((units(exact) ?? 0n) * BigInt(Math.max(0, Math.round(days))));
}

function Best({ of, days }: { of: Schema<"Match">; days: number }) {
  const price = of.price_usd ?? "0";
  return (
    <>
      <Section title="The cheapest set">
        <Tiles isLarge>
          <Tile name="Price a day" note="retainers of standbys included"><Usd exact={price} /></Tile>
          <Tile name={`Price of ${days} days`} note={of.is_proven ? "no set that meets all of it costs less" : <>no set costs less than <Usd exact={of.lower_bound_usd} /> a day</>}>
            <Usd exact={times(price, days)} />
          </Tile>
          <Tile name="Availability" note="share of time that a slot is up; standbys are not counted">{of.availability == null ? "–" : share(of.availability)}</Tile>
        </Tiles>
        <Arithmetic of={of} />
        <Table label="Slots" columns={PLACES} items={of.slots} id={(place) => place.offer} />
      </Section>
      {of.standbys.length > 0 && (
        <Section title="Standbys, in the order in which they take over">
          <Table label="Standbys" columns={PLACES} items={of.standbys} id={(place) => place.offer} />
        </Section>
      )}
    </>
  );
}

/** How the availability comes about, in figures: of slots of one operator in one region only the best counts. */
function Arithmetic({ of }: { of: Schema<"Match"> }) {
  const known = useProviders();
  if (of.availability == null) return null;
  const best = new Map<string, string>();
  for (const place of of.slots) {
    const site = `${known.get(place.provider)?.operator ?? place.provider}/${place.region}`;
    const old = best.get(site);
    if (old === undefined || Number(place.unavailability) < Number(old)) best.set(site, place.unavailability);
  }
  const down = [...best.values()];
  const left = down.length < of.slots.length ? ` The other ${count(of.slots.length - down.length, "slot")} may fail with them: without different attested operators, those of one region count as one.` : "";
  return (
    <p class="note">
      {`Measured over 30 days, all of them are down at once ${down.map(share).join(" × ")} of the time; that leaves ${share(of.availability)}.${left}`}
    </p>
  );
}

function Nothing({ of }: { of: Schema<"Match"> }) {
  return (
    <Section title="No set meets all of it">
      {of.binding.length === 0
        ? <Empty>No single criterion is to blame: ask for less of several.</Empty>
        : (
          <ul class="reasons">
            {of.binding.map(({ criterion, price_usd }) => <li key={criterion}>{`Without the criterion “${criterion}” there is one for `}<Usd exact={price_usd} /> a day.</li>)}
          </ul>
        )}
    </Section>
  );
}

/** What the API's reasons mean, in the visitor's terms. */
const REASONS: Record<string, string> = {
  gone: "it is no longer offered",
  class: "it is of another class",
  region: "it lies in another region",
  price: "it asks for more than your limit",
  units: "it has fewer units free than a slot needs",
  coverage: "it does not take this coverage",
  term: "it does not take terms of this length",
  duration: "it does not take jobs of this length",
  "payment mode": "it is sold by use, and you pay by time",
  "proof kind": "it does not prove its work in this way",
  notice: "it asks for a longer notice",
  listed: "you excluded its provider, or did not include it",
  "first loss": "its provider's own first loss is smaller",
  attribute: "its provider lacks an attribute that you ask for",
  "customer not accepted": "its provider serves listed customers alone",
  "application not accepted": "its provider runs listed applications alone",
  "free stake": "its provider's free stake cannot cover the job",
  barred: "its provider declined or failed this job before",
  "provider has a place": "its provider serves another place of the set",
  availability: "its measured availability is too low for your target",
  dearer: "it meets everything, and the set above costs less",
};

interface Reason {
  reason: string;
  offers: number;
  named: Schema<"Refused">[];
}

function Refused({ of }: { of: Schema<"Match"> }) {
  const offers = useAnswer("offers of all", (signal) => data(api.GET("/v1/offers", { params: { query: { limit: 200 } }, signal })));
  const providers = new Map(offers.value?.items.map((offer) => [offer.offer, offer.provider]));
  const reasons: Reason[] = of.refused_by_reason.map(({ reason, offers }) => ({ reason, offers, named: of.refused.filter((refused) => refused.reason === reason) }));
  const columns: Column<Reason>[] = [
    { title: "Why", show: ({ reason }) => <><b>{reason}</b>{REASONS[reason] && <span class="quiet">{`: ${REASONS[reason]}`}</span>}</> },
    { title: "Offers", isNumber: true, show: (reason) => brief(reason.offers) },
    { title: "Whose", show: ({ named }) => <Whose of={named} providers={providers} /> },
  ];
  return (
    <Section title="Why others were refused">
      {reasons.length === 0 ? <Empty>Every offer is in the set.</Empty> : <Table label="Why others were refused" columns={columns} items={reasons} id={(reason) => reason.reason} />}
    </Section>
  );
}

/** Of a reason that many share, these many are named. */
const NAMED = 12;

function Whose({ of, providers }: { of: Schema<"Refused">[]; providers: Map<number, string> }) {
  return (
    <span class="whose">
      {of.slice(0, NAMED).map(({ offer }) => {
        const provider = providers.get(offer);
        return <span key={offer}>{provider ? <Address of={provider} page="providers" isPlain /> : `offer ${offer}`}</span>;
      })}
      {of.length > NAMED && <span class="quiet">{`and ${brief(of.length - NAMED)} more`}</span>}
    </span>
  );
}
