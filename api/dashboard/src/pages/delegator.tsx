// An investor's portfolio: where the stake is, what it earns, what could be lost, what is on its way out.

import { useState } from "preact/hooks";
import { useAnswer, usePages } from "../api/answer";
import { api, data, type Schema, type Word } from "../api/client";
import type { PageProps } from "../app";
import { count, percent } from "../format";
import { link } from "../router";
import { Address, Badge, Flt, Time, Usd } from "../ui/figures";
import { Filters, TextFilter } from "../ui/filters";
import { Section, Tile, Tiles } from "../ui/layout";
import { Empty, Show } from "../ui/states";
import { List, type Column } from "../ui/table";
import { ExitActions, PositionActions, useIsOwn } from "../wallet/actions";
import { useWallets } from "../wallet/provider";

export function Delegator({ route }: PageProps) {
  return (
    <>
      <h1>Portfolio</h1>
      <p class="lead">Where an account's stake is, what it earns, and what it answers for. All of it is public, so any address can be looked up.</p>
      <Filters>
        <TextFilter label="Address" isWide value={route.id ?? ""} pattern="0x[0-9a-fA-F]{40}" hint="0x and 40 hexadecimal digits"
          onChange={(value) => { window.location.hash = link("delegator", value); }} />
      </Filters>
      {route.id ? <Portfolio address={route.id} /> : <Nobody />}
    </>
  );
}

function Nobody() {
  const { account } = useWallets();
  if (account) return <p><a href={link("delegator", account)}>Show the account of my wallet</a></p>;
  return <Empty>Enter an address, connect a wallet, or choose an account from <a href={link("providers")}>a provider's page</a>.</Empty>;
}

function Portfolio({ address }: { address: string }) {
  const delegator = useAnswer(`delegator ${address}`, (signal) =>
    data(api.GET("/v1/delegators/{address}", { params: { path: { address } }, signal })),
  );
  const isOwn = useIsOwn(address);
  if (delegator.failure?.status === 404) return <Empty>This account has no stake, and never had any.</Empty>;
  return (
    <Show answer={delegator}>
      {(value) => (
        <>
          <p><Address of={value.address} isWhole /> {isOwn && <Badge word="your wallet" tone="good" />}</p>
          <Tiles isLarge>
            <Tile name="Staked" note={`with ${count(value.providers, "provider")}`}><Flt exact={value.staked_flt} /></Tile>
            <Tile name="FLT to claim" note={<><Flt exact={value.flt_claimed} /> claimed before</>}><Flt exact={value.flt_owed} /></Tile>
            <Tile name="Dollars to claim" note={<><Usd exact={value.usd_claimed} /> claimed before</>}><Usd exact={value.usd_owed} /></Tile>
            <Tile name="On its way out" note={<><Flt exact={value.withdrawable_flt} /> can be withdrawn now</>}><Flt exact={value.exiting_flt} /></Tile>
          </Tiles>
          <Positions address={address} />
          <Exposed address={address} />
          <Exits address={address} />
          <Claims address={address} />
        </>
      )}
    </Show>
  );
}

const POSITIONS: Column<Schema<"Position">>[] = [
  { title: "Provider", show: (position) => <Address of={position.provider} page="providers" name={position.provider_name} /> },
  { title: "Tranche", show: (position) => <Badge word={position.is_own ? "own: first loss" : "delegated"} /> },
  { title: "Worth now", sort: "staked", isNumber: true, show: (position) => <Flt exact={position.staked_flt} /> },
  { title: "APR in FLT", isNumber: true, show: (position) => percent(position.apr_bps) },
  { title: "FLT to claim", isNumber: true, show: (position) => <Flt exact={position.flt_owed} /> },
  { title: "Dollars to claim", isNumber: true, show: (position) => <Usd exact={position.usd_owed} /> },
  { title: "Since", show: (position) => <Time at={position.staked_at} /> },
];

const MINE: Column<Schema<"Position">> = { title: "You can", show: (position) => <PositionActions of={position} /> };

const EXPOSED: Column<Schema<"Exposure">>[] = [
  { title: "Answers for", show: (exposure) => <Purpose of={exposure} /> },
  { title: "Of", show: (exposure) => <Address of={exposure.provider} page="providers" name={exposure.provider_name} /> },
  { title: "Lock", isNumber: true, show: (exposure) => <Flt exact={exposure.amount_flt} /> },
  { title: "Its part of the lock", isNumber: true, show: (exposure) => <Flt exact={exposure.share_flt} /> },
  { title: "Could lose", sort: "loss", isNumber: true, show: (exposure) => <Flt exact={exposure.loss_max_flt} /> },
  { title: "Until", sort: "ends", show: (exposure) => <Time at={exposure.ends_at} /> },
];

function Purpose({ of }: { of: Schema<"Exposure"> }) {
  if (of.deal != null) return <a href={link("deals", of.deal)}>{`deal ${of.deal}, ${of.purpose} ${of.purpose === "standby" ? (of.slot ?? 16) - 16 : of.slot}`}</a>;
  return <>{of.commitment == null ? of.purpose : `commitment ${of.commitment}`}</>;
}

function Exposed({ address }: { address: string }) {
  const [sort, setSort] = useState("-loss");
  const pages = usePages(`exposure ${address} ${sort}`, (cursor, signal) =>
    data(api.GET("/v1/delegators/{address}/exposure", {
      params: { path: { address }, query: { limit: 25, sort: sort as Word<"/v1/delegators/{address}/exposure", "sort">, ...(cursor ? { cursor } : {}) } }, signal,
    })),
  );
  return (
    <Section title="What this stake answers for">
      <p class="note">What could be lost if the whole lock were slashed now and nothing else: a provider's own stake goes first, then all delegated stake alike.</p>
      <List label="What this stake answers for" columns={EXPOSED} pages={pages} id={(exposure) => exposure.lock} sorted={sort} onSort={setSort} nothing="It answers for nothing: no lock of its providers can reach it." />
    </Section>
  );
}

function Positions({ address }: { address: string }) {
  const pages = usePages(`positions ${address}`, (cursor, signal) =>
    data(api.GET("/v1/delegators/{address}/positions", {
      params: { path: { address }, query: { limit: 25, ...(cursor ? { cursor } : {}) } }, signal,
    })),
  );
  const columns = useIsOwn(address) ? [...POSITIONS, MINE] : POSITIONS;
  return (
    <Section title="Positions">
      <List label="Positions" columns={columns} pages={pages} id={(position) => position.provider} nothing="Nothing is staked." />
    </Section>
  );
}

const EXITS: Column<Schema<"Exit">>[] = [
  { title: "Provider", show: (exit) => <Address of={exit.provider} page="providers" name={exit.provider_name} /> },
  { title: "Amount", isNumber: true, show: (exit) => <Flt exact={exit.amount_flt} /> },
  { title: "Free", show: (exit) => <Time at={exit.matures_at} /> },
  { title: "State", show: (exit) => <ExitState of={exit} /> },
];

function ExitState({ of }: { of: Schema<"Exit"> }) {
  if (of.is_over) return <Badge word="paid" />;
  return of.is_matured ? <Badge word="can be withdrawn" tone="good" /> : <Badge word="still answers for older locks" tone="warn" />;
}

function Exits({ address }: { address: string }) {
  const pages = usePages(`exits ${address}`, (cursor, signal) =>
    data(api.GET("/v1/delegators/{address}/exits", {
      params: { path: { address }, query: { limit: 25, ...(cursor ? { cursor } : {}) } }, signal,
    })),
  );
  const mine: Column<Schema<"Exit">> = { title: "You can", show: (exit) => <ExitActions of={exit} account={address} /> };
  const columns = useIsOwn(address) ? [...EXITS, mine] : EXITS;
  return (
    <Section title="Exits">
      <List label="Exits" columns={columns} pages={pages} id={(exit) => `${exit.provider}/${exit.day}/${exit.is_own}`} nothing="Nothing is on its way out." />
    </Section>
  );
}

const CLAIMS: Column<Schema<"Reward">>[] = [
  { title: "When", show: (reward) => <Time at={reward.at} /> },
  { title: "Provider", show: (reward) => <Address of={reward.provider} page="providers" /> },
  { title: "Amount", isNumber: true, show: (reward) => (reward.token === "FLT" ? <Flt exact={reward.amount} /> : <Usd exact={reward.amount} />) },
  { title: "Paid to", show: (reward) => <Address of={reward.recipient} /> },
];

function Claims({ address }: { address: string }) {
  const pages = usePages(`rewards ${address}`, (cursor, signal) =>
    data(api.GET("/v1/delegators/{address}/rewards", {
      params: { path: { address }, query: { limit: 10, ...(cursor ? { cursor } : {}) } }, signal,
    })),
  );
  return (
    <Section title="Income that was claimed">
      <List label="Claims" columns={CLAIMS} pages={pages} id={(reward) => `${reward.block}/${reward.log_index}`} nothing="Nothing was claimed yet." />
    </Section>
  );
}
