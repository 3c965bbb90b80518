// One provider: what answers for it, how reliable it was, what it offers and serves.

import { useAnswer, usePages } from "../api/answer";
import { api, data, type Schema } from "../api/client";
import type { PageProps } from "../app";
import { brief, count, duration, isUnlimited, percent, share } from "../format";
import { Address, Badge, Flt, OptionalTime, Time, Usd } from "../ui/figures";
import { Facts, Section, Tile, Tiles } from "../ui/layout";
import { DEAL_COLUMNS } from "./deals";
import { OFFER_COLUMNS } from "./offers";
import { Empty, Show } from "../ui/states";
import { List, Table, type Column } from "../ui/table";
import { Delegate } from "../wallet/actions";

export function ProviderPage({ route }: PageProps) {
  const address = route.id ?? "";
  const path = { address };
  const provider = useAnswer(`provider ${address}`, (signal) =>
    data(api.GET("/v1/providers/{address}", { params: { path }, signal })),
  );
  return (
    <Show answer={provider}>
      {(value) => (
        <>
          <h1>{value.name || "Provider"} {value.is_down && <Badge word="down" tone="bad" />}</h1>
          <p class="lead"><Address of={value.address} isWhole />, registered <Time at={value.registered_at} /></p>
          <Stake of={value} />
          <Delegate to={value} />
          <Terms of={value} />
          <Reliability address={address} />
          <Offered address={address} />
          <Served address={address} />
          <Delegators address={address} />
          <Slashes address={address} />
        </>
      )}
    </Show>
  );
}

function Stake({ of }: { of: Schema<"Provider"> }) {
  return (
    <Tiles isLarge>
      <Tile name="Largest job" note="that its free stake covers three times, at the low price"><Usd exact={of.largest_job_usd} /></Tile>
      <Tile name="Staked" note={<><Flt exact={of.delegated_flt} /> by {count(of.delegators, "delegator")}</>}><Flt exact={of.staked_flt} /></Tile>
      <Tile name="Its own" note="lost before anything that was delegated"><Flt exact={of.own_flt} /></Tile>
      <Tile name="Locked" note={<><Flt exact={of.free_flt} /> free</>}><Flt exact={of.locked_flt} /></Tile>
      <Tile name="Serves" note={`and stands by for ${brief(of.standbys_serving)}`}>{count(of.slots_serving, "slot")}</Tile>
    </Tiles>
  );
}

/** A term, and what it will be. */
function term(now: number, next: number | null | undefined, show: (value: number) => string) {
  return next === null || next === undefined || next === now ? show(now) : `${show(now)}, then ${show(next)}`;
}

function Terms({ of }: { of: Schema<"Provider"> }) {
  return (
    <Section title="Terms for those who stake with it">
      <Facts of={[
        ["First loss that it promises", term(of.first_loss_bps, of.next_first_loss_bps, percent)],
        ["Of capacity rewards to stakers", term(of.reward_share_bps, of.next_reward_share_bps, percent)],
        ["Of stablecoin revenue to stakers", term(of.revenue_share_bps, of.next_revenue_share_bps, percent)],
        ["Income drips over", term(of.drip_days, of.next_drip_days, (days) => `${days} days`)],
        ["Takes delegated stake up to", isUnlimited(of.delegation_cap_flt) ? "any amount" : <Flt exact={of.delegation_cap_flt} />],
        ["On its way out", <Flt exact={of.thawing_flt} />],
        ["Announced terms act", <OptionalTime at={of.next_terms_at} none="none are announced" />],
        ["Endpoint", of.endpoint || "–"],
        ["Attested operator", of.operator === 0 ? "none" : String(of.operator)],
      ]} />
    </Section>
  );
}

const INCIDENTS: Column<Schema<"Incident">>[] = [
  { title: "Deal", show: (incident) => <a href={`#/deals/${incident.deal}`}>{`${incident.deal}, slot ${incident.slot}`}</a> },
  { title: "Said down", show: (incident) => <Time at={incident.flagged_at} /> },
  { title: "By", show: (incident) => (incident.is_customer ? "its customer" : "probers") },
  { title: "Came to", show: (incident) => incident.status },
  { title: "Down", isNumber: true, show: (incident) => (incident.down_seconds == null ? "–" : duration(incident.down_seconds)) },
];

function Reliability({ address }: { address: string }) {
  const availability = useAnswer(`availability ${address}`, (signal) =>
    data(api.GET("/v1/providers/{address}/availability", { params: { path: { address } }, signal })),
  );
  return (
    <Section title="Availability, measured over 30 days">
      <Show answer={availability}>
        {(value) => (
          <>
            <Tiles>
              <Tile name="Availability" note={`served ${duration(Number(value.served_seconds))}`}>{share(value.availability)}</Tile>
              <Tile name="Proven down" note="of what it served">{duration(Number(value.down_seconds))}</Tile>
              {value.targets.map((target) => (
                <Tile key={target.target} name={`For ${share(target.target)} it takes`} note={target.slots_needed == null ? "" : `in ${count(target.regions_needed ?? 1, "region")}`}>
                  {target.slots_needed == null ? "more than 16" : `${target.slots_needed} like it`}
                </Tile>
              ))}
            </Tiles>
            <p class="note">{value.formula}</p>
            {value.incidents.length === 0
              ? <Empty>Nobody ever said that it was down.</Empty>
              : <Table label="Incidents" columns={INCIDENTS} items={value.incidents} id={(incident) => `${incident.deal}/${incident.slot}/${incident.block}`} />}
          </>
        )}
      </Show>
    </Section>
  );
}

function Offered({ address }: { address: string }) {
  const pages = usePages(`offers of ${address}`, (cursor, signal) =>
    data(api.GET("/v1/providers/{address}/offers", {
      params: { path: { address }, query: { limit: 10, ...(cursor ? { cursor } : {}) } }, signal,
    })),
  );
  const columns = OFFER_COLUMNS.filter((column) => column.title !== "Provider");
  return (
    <Section title="Offers">
      <List label="Offers" columns={columns} pages={pages} id={(offer) => offer.offer} nothing="It offers nothing now." />
    </Section>
  );
}

function Served({ address }: { address: string }) {
  const pages = usePages(`deals of ${address}`, (cursor, signal) =>
    data(api.GET("/v1/providers/{address}/deals", {
      params: { path: { address }, query: { limit: 10, ...(cursor ? { cursor } : {}) } }, signal,
    })),
  );
  return (
    <Section title="Deals">
      <List label="Deals" columns={DEAL_COLUMNS} pages={pages} id={(deal) => deal.deal} nothing="It serves no deal." />
    </Section>
  );
}

const DELEGATORS: Column<Schema<"Position">>[] = [
  { title: "Account", show: (position) => <Address of={position.account} page="delegator" /> },
  { title: "Tranche", show: (position) => (position.is_own ? "own" : "delegated") },
  { title: "Staked", isNumber: true, show: (position) => <Flt exact={position.staked_flt} /> },
  { title: "APR in FLT", isNumber: true, show: (position) => percent(position.apr_bps) },
  { title: "Since", show: (position) => <Time at={position.staked_at} /> },
];

function Delegators({ address }: { address: string }) {
  const pages = usePages(`delegators of ${address}`, (cursor, signal) =>
    data(api.GET("/v1/providers/{address}/delegators", {
      params: { path: { address }, query: { limit: 10, ...(cursor ? { cursor } : {}) } }, signal,
    })),
  );
  return (
    <Section title="Who stakes with it">
      <List label="Positions" columns={DELEGATORS} pages={pages} id={(position) => position.account} nothing="Nobody stakes with it." />
    </Section>
  );
}

const SLASHES: Column<Schema<"Slash">>[] = [
  { title: "When", show: (slash) => <Time at={slash.at} /> },
  { title: "Amount", isNumber: true, show: (slash) => <Flt exact={slash.amount_flt} /> },
  { title: "Of own stake", isNumber: true, show: (slash) => <Flt exact={slash.from_own_flt} /> },
  { title: "Of delegated", isNumber: true, show: (slash) => <Flt exact={slash.from_delegated_flt} /> },
  { title: "For", show: (slash) => (slash.deal == null ? `commitment ${slash.commitment ?? "–"}` : `deal ${slash.deal}`) },
];

function Slashes({ address }: { address: string }) {
  const pages = usePages(`slashes of ${address}`, (cursor, signal) =>
    data(api.GET("/v1/providers/{address}/slashes", {
      params: { path: { address }, query: { limit: 10, ...(cursor ? { cursor } : {}) } }, signal,
    })),
  );
  return (
    <Section title="Slashes">
      <List label="Slashes" columns={SLASHES} pages={pages} id={(slash) => `${slash.block}/${slash.log_index}`} nothing="It was never slashed." />
    </Section>
  );
}
