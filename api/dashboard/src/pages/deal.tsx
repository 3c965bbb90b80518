// One deal: who served it when, what its lock is worth against what is at stake, and where its money went.

import { useAnswer, usePages } from "../api/answer";
import { api, data, several, type Schema } from "../api/client";
import type { PageProps } from "../app";
import { brief, count, duration, moment, share, usd, words } from "../format";
import { Chart } from "../ui/chart";
import { Address, Badge, Flt, OptionalTime, Time, Usd } from "../ui/figures";
import { Facts, Grid, Section, Tile, Tiles } from "../ui/layout";
import { useNameOf } from "../ui/names";
import { useNow } from "../ui/now";
import { Empty, Show } from "../ui/states";
import { List, Table, type Column } from "../ui/table";
import { Timeline, type Bar, type Mark, type Row } from "../ui/timeline";
import { cover, flows, seconds, STANDBY } from "./deal-history";
import { Health, Status } from "./deals";
import { EVENT_COLUMNS } from "./events";

export function DealPage({ route }: PageProps) {
  const id = Number(route.id);
  const path = { id };
  const deal = useAnswer(`deal ${id}`, (signal) => data(api.GET("/v1/deals/{id}", { params: { path }, signal })));
  return (
    <Show answer={deal}>
      {(value) => (
        <>
          <h1>{`Deal ${value.deal}`} <Status of={value} /></h1>
          <p class="lead">{value.application ? `Runs ${value.application} for ` : "Opened by "}<Address of={value.customer} />.</p>
          <Figures of={value} />
          <OverTime of={value} />
          <Grid>
            <Covered of={value} />
            <Flowed of={value} />
          </Grid>
          <Slots id={id} />
          <Agreed of={value} />
          <Chosen of={value} />
          <Money id={id} />
          <History id={id} />
        </>
      )}
    </Show>
  );
}

function Figures({ of }: { of: Schema<"DealShown"> }) {
  return (
    <Tiles isLarge>
      <Tile name="Value at stake" note={<>asks for {of.coverage} times in locks</>}><Usd exact={of.value_at_stake_usd} /></Tile>
      <Tile name="Locked behind it" note={<><Flt exact={of.reserved_flt} /> by standbys</>}><Flt exact={of.locked_flt} /></Tile>
      <Tile name="Health" note="worth of the lock over value at stake, of the worst slot"><Health exact={of.health} /></Tile>
      <Tile name="Earned" note={<><Usd exact={of.credited_usd} /> credited</>}><Usd exact={of.accrued_usd} /></Tile>
      <Tile name="In escrow" note={<>of <Usd exact={of.funded_usd} /> paid in</>}><Usd exact={of.escrow_usd} /></Tile>
    </Tiles>
  );
}

function Agreed({ of }: { of: Schema<"DealShown"> }) {
  const standbys = of.standbys ? `, ${count(of.standbys, "standby")}` : "";
  return (
    <Section title="Agreed">
      <Facts of={[
        ["Size", `${count(of.slots, "slot")} of ${brief(of.units)} ${of.class.toUpperCase()} units${standbys}`],
        ["Duration", `${of.duration_days} days in terms of ${of.term_days}`],
        ["Value at stake counts", of.exposure],
        ["Paid", of.payment_mode],
        ["Fee", `${of.fee_bps / 100} %`],
        ["Royalty a unit-day", <Usd exact={of.royalty_usd} />],
        ["Target availability", of.target_availability == null ? "none" : share(of.target_availability)],
        ["Measured availability", of.measured == null ? "nobody serves" : share(of.measured.availability)],
        ["Notice", duration(of.notice_seconds)],
        ["Appeals are decided by", of.resolver == null ? "a panel of probers" : <Address of={of.resolver} />],
        ["Opened", <Time at={of.opened_at} />],
        ["Started", <OptionalTime at={of.started_at} />],
        ["Due", <OptionalTime at={of.due_at} />],
      ]} />
    </Section>
  );
}

/** The last moment of a deal that there is anything to say about. */
function until(of: Schema<"DealShown">, now: string | undefined): number {
  const end = of.status === "ended" ? of.stop_ends_at ?? of.due_at : undefined;
  const current = now ? seconds(now) : 0;
  return end ? Math.min(seconds(end) + 86_400, current) : current;
}

function OverTime({ of }: { of: Schema<"DealShown"> }) {
  const path = { id: of.deal };
  const servings = useAnswer(`servings ${of.deal}`, (signal) =>
    data(api.GET("/v1/deals/{id}/servings", { params: { path, query: { limit: 200 } }, signal })),
  );
  const [now, nameOf] = [useNow(), useNameOf()];
  return (
    <Section title="Who served it" aside={<Legend />}>
      <Show answer={servings}>
        {({ items }) => {
          if (items.length === 0 || !now) return <Empty>Nobody served it yet.</Empty>;
          const to = until(of, now);
          const { rows, marks } = places(items, to, nameOf);
          return (
            <>
              <Timeline label="Servings by slot" rows={rows} marks={marks} from={seconds(of.opened_at)} to={to} />
              <Failures of={items} />
            </>
          );
        }}
      </Show>
    </Section>
  );
}

function Legend() {
  return (
    <span class="legend">
      <span><i class="tone serving" />serves</span>
      <span><i class="tone standby" />stands by</span>
      <span><i class="tone ended" />failed</span>
      <span><i class="tone waiting" />never ready</span>
      <span><i class="event" />takes over</span>
    </span>
  );
}

function placeName(slot: number): string {
  return slot < STANDBY ? `slot ${slot}` : `standby ${slot - STANDBY}`;
}

type NameOf = (address: string) => string | undefined;

function places(servings: Schema<"Serving">[], now: number, nameOf: NameOf): { rows: Row[]; marks: Mark[] } {
  const slots = [...new Set(servings.map((serving) => serving.slot))].sort((left, right) => left - right);
  const rows = slots.map((slot) => ({
    name: placeName(slot),
    bars: servings.filter((serving) => serving.slot === slot).map((serving) => bar(serving, now, nameOf)),
  }));
  const marks = servings.filter((serving) => serving.promoted_from != null).map((serving) => ({
    at: seconds(serving.assigned_at),
    row: slots.indexOf(serving.slot),
    label: `${placeName(serving.promoted_from ?? STANDBY)} took over at ${moment(serving.assigned_at)}`,
  }));
  return { rows, marks };
}

function bar(serving: Schema<"Serving">, now: number, nameOf: NameOf): Bar {
  const from = seconds(serving.ready_at ?? serving.assigned_at);
  const end = serving.ended_at ? seconds(serving.ended_at) : serving.is_current ? now : from;
  const tone = !serving.ready_at ? "waiting" : serving.end_reason === "failure" ? "ended" : serving.is_standby ? "standby" : "serving";
  const how = serving.end_reason ? `, ended: ${serving.end_reason}` : "";
  const down = serving.down_seconds > 0 ? `, down for ${duration(serving.down_seconds)}` : "";
  const name = nameOf(serving.provider) ?? serving.provider.slice(0, 8);
  const label = `${name} as ${placeName(serving.slot)} from ${moment(serving.ready_at ?? serving.assigned_at)}${how}${down}`;
  return { from, to: end, label, name, tone, href: `#/providers/${serving.provider}` };
}

const FAILURES: Column<Schema<"Serving">>[] = [
  { title: "Failed", show: (serving) => <Time at={serving.ended_at ?? serving.assigned_at} /> },
  { title: "Place", show: (serving) => placeName(serving.slot) },
  { title: "Provider", show: (serving) => <Address of={serving.provider} page="providers" /> },
  { title: "Down before it was replaced", isNumber: true, show: (serving) => duration(serving.down_seconds) },
  { title: "Held back for three days", isNumber: true, show: (serving) => <Usd exact={serving.held_back_usd} /> },
];

/** Too short to be seen on a line of weeks, and what the line is looked at for. */
function Failures({ of }: { of: Schema<"Serving">[] }) {
  const failed = of.filter((serving) => serving.end_reason === "failure");
  if (failed.length === 0) return null;
  return (
    <div class="below"><Table label="Failovers" columns={FAILURES} items={failed} id={(serving) => `${serving.slot}/${serving.serving}`} /></div>
  );
}

const PAGES_MAX = 10;
const PAGE = 200;

/** Readers of whole lists, which a chart needs. */
function useCover(of: Schema<"DealShown">) {
  const params = (cursor: string | undefined) => ({ limit: PAGE, ...(cursor ? { cursor } : {}) });
  return useAnswer(`cover ${of.deal}`, async (signal) => {
    const path = { id: of.deal };
    const events = await several((cursor) => data(api.GET("/v1/deals/{id}/events", { params: { path, query: params(cursor) }, signal })), PAGES_MAX);
    const prices = await several((cursor) => data(api.GET("/v1/prices", { params: { query: params(cursor) }, signal })), PAGES_MAX);
    const providers = new Set(events.filter((event) => event.kind === "SlotAssigned").map((event) => event.provider ?? ""));
    const slashes = await Promise.all([...providers].map((address) =>
      data(api.GET("/v1/providers/{address}/slashes", { params: { path: { address }, query: { limit: PAGE } }, signal }))));
    return { events, prices, slashes: slashes.flatMap(({ items }) => items).filter((slash) => slash.deal === of.deal) };
  });
}

function Covered({ of }: { of: Schema<"DealShown"> }) {
  const [answer, now] = [useCover(of), useNow()];
  return (
    <Section title="Lock against value">
      <Show answer={answer}>
        {({ events, prices, slashes }) => {
          const lines = cover(events, slashes, prices, Number(of.coverage), until(of, now));
          if (lines.at.length < 2) return <Empty>Nothing was locked for it yet.</Empty>;
          return (
            <Chart label="Lock against value" unit="$" at={lines.at} show={usd} isFromZero height={220} lines={[
              { name: "lock, at the price of the day", values: lines.worth, colour: "blue", isStepped: true, isArea: true },
              { name: `${of.coverage} × value at stake`, values: lines.needed, colour: "amber", isStepped: true, isDashed: true },
              { name: "value at stake", values: lines.atStake, colour: "teal", isStepped: true },
            ]} />
          );
        }}
      </Show>
    </Section>
  );
}

function Flowed({ of }: { of: Schema<"DealShown"> }) {
  const payments = useAnswer(`flows ${of.deal}`, (signal) => several((cursor) =>
    data(api.GET("/v1/deals/{id}/payments", { params: { path: { id: of.deal }, query: { limit: PAGE, ...(cursor ? { cursor } : {}) } }, signal })), PAGES_MAX));
  const now = useNow();
  return (
    <Section title="Money in and out">
      <Show answer={payments}>
        {(items) => {
          const lines = flows(items, until(of, now));
          if (lines.at.length < 2) return <Empty>No money moved yet.</Empty>;
          return (
            <Chart label="Money in and out, added up" unit="$" at={lines.at} show={usd} isFromZero height={220} lines={[
              { name: "paid in", values: lines.paidIn, colour: "blue", isStepped: true },
              { name: "credited", values: lines.earned, colour: "teal", isStepped: true, isArea: true },
              { name: "refunded", values: lines.refunded, colour: "amber", isStepped: true },
            ]} />
          );
        }}
      </Show>
    </Section>
  );
}

const SLOTS: Column<Schema<"Slot">>[] = [
  { title: "Place", show: (slot) => placeName(slot.slot) },
  { title: "Status", show: (slot) => <SlotStatus of={slot} /> },
  { title: "Provider", show: (slot) => (slot.provider == null ? "–" : <Address of={slot.provider} page="providers" />) },
  { title: "Price a unit-day", isNumber: true, show: (slot) => <Usd exact={slot.price_usd} /> },
  { title: "Value at stake", isNumber: true, show: (slot) => <Usd exact={slot.value_at_stake_usd} /> },
  { title: "Locked", isNumber: true, show: (slot) => <Flt exact={slot.locked_flt} /> },
  { title: "Health", isNumber: true, show: (slot) => <Health exact={slot.health} /> },
  { title: "Earned", isNumber: true, show: (slot) => <Usd exact={slot.accrued_usd} /> },
  { title: "In escrow", isNumber: true, show: (slot) => <Usd exact={slot.escrow_usd} /> },
  { title: "Term ends", show: (slot) => <OptionalTime at={slot.term_end} /> },
];

function SlotStatus({ of }: { of: Schema<"Slot"> }) {
  if (of.flagged_at) return <Badge word="said to be down" tone="bad" />;
  if (of.called_at) return <Badge word="margin call" tone="warn" />;
  const word = of.end_reason ? `${of.status}: ${of.end_reason}` : of.status;
  return <Badge word={word} tone={of.status === "serving" ? "good" : undefined} />;
}

function Slots({ id }: { id: number }) {
  const slots = useAnswer(`slots ${id}`, (signal) =>
    data(api.GET("/v1/deals/{id}/slots", { params: { path: { id }, query: { limit: 50 } }, signal })),
  );
  return (
    <Section title="Slots and standbys">
      <Show answer={slots}>{({ items }) => <Table label="Slots and standbys" columns={SLOTS} items={items} id={(slot) => slot.slot} />}</Show>
    </Section>
  );
}

const PROPOSALS: Column<Schema<"Proposal">>[] = [
  { title: "Proposed", show: (proposal) => <Time at={proposal.proposed_at} /> },
  { title: "By", show: (proposal) => <Address of={proposal.proposer} /> },
  { title: "Price a day", isNumber: true, show: (proposal) => <Usd exact={proposal.price_usd} /> },
  { title: "Offers", show: (proposal) => proposal.places.map((place) => place.offer).join(", ") },
  { title: "Came to", show: (proposal) => <Badge word={proposal.status} tone={proposal.status === "activated" ? "good" : undefined} /> },
];

function Chosen({ of }: { of: Schema<"DealShown"> }) {
  return (
    <Section title="Why these providers">
      <p>The cheapest valid proposal is activated when a minute went by without a cheaper one.</p>
      {of.proposals.length === 0
        ? <Empty>Nothing was proposed yet.</Empty>
        : <Table label="Proposals" columns={PROPOSALS} items={of.proposals} id={(proposal) => proposal.round} />}
    </Section>
  );
}

const PAYMENTS: Column<Schema<"Payment">>[] = [
  { title: "When", show: (payment) => <Time at={payment.at} /> },
  { title: "What", show: (payment) => words(payment.kind) },
  { title: "Account", show: (payment) => <Address of={payment.account} /> },
  { title: "Slot", show: (payment) => (payment.slot == null ? "–" : placeName(payment.slot)) },
  { title: "Amount", isNumber: true, show: (payment) => <Usd exact={payment.amount_usd} /> },
  { title: "Fee", isNumber: true, show: (payment) => (payment.fee_usd == null ? "–" : <Usd exact={payment.fee_usd} />) },
];

function Money({ id }: { id: number }) {
  const pages = usePages(`payments ${id}`, (cursor, signal) =>
    data(api.GET("/v1/deals/{id}/payments", {
      params: { path: { id }, query: { limit: 10, ...(cursor ? { cursor } : {}) } }, signal,
    })),
  );
  return (
    <Section title="Payments">
      <List label="Payments" columns={PAYMENTS} pages={pages} id={(payment) => `${payment.block}/${payment.log_index}/${payment.kind}`} nothing="No money moved yet." />
    </Section>
  );
}

function History({ id }: { id: number }) {
  const pages = usePages(`events ${id}`, (cursor, signal) =>
    data(api.GET("/v1/deals/{id}/events", {
      params: { path: { id }, query: { limit: 10, ...(cursor ? { cursor } : {}) } }, signal,
    })),
  );
  return (
    <Section title="Everything that happened">
      <List label="Events" columns={EVENT_COLUMNS} pages={pages} id={(event) => `${event.block}/${event.log_index}`} nothing="Nothing happened yet." />
    </Section>
  );
}
