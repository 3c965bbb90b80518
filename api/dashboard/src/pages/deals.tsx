// All deals, the newest first.

import { usePages } from "../api/answer";
import { api, data, type Schema, type Word } from "../api/client";
import type { PageProps } from "../app";
import { brief } from "../format";
import { setQuery } from "../router";
import { Badge, Flt, Time, Usd } from "../ui/figures";
import { ChoiceFilter, Filters, TextFilter } from "../ui/filters";
import { List, type Column } from "../ui/table";

const STATUSES = ["open", "assigned", "serving", "degraded", "stopping", "ended", "lapsed", "cancelled"];

export function Status({ of }: { of: Schema<"Deal"> }) {
  const tone = of.status === "serving" ? "good" : undefined;
  return (
    <>
      <Badge word={of.status} tone={tone} />
      {of.is_called && <Badge word="margin call" tone="warn" />}
      {of.slots_seeking > 0 && <Badge word="seeking" tone="warn" />}
    </>
  );
}

/** Worth of the lock over value at stake, as the contract has it: 3 is full coverage. */
export function Health({ exact }: { exact: string | null | undefined }) {
  return exact == null ? <span class="quiet">–</span> : <data value={exact} title={exact}>{Number(exact).toFixed(2)}</data>;
}

export const DEAL_COLUMNS: Column<Schema<"Deal">>[] = [
  { title: "Deal", sort: "deal", show: (deal) => <a href={`#/deals/${deal.deal}`}>{`${deal.deal}`}</a> },
  { title: "Status", show: (deal) => <Status of={deal} /> },
  { title: "Slots", isNumber: true, show: (deal) => `${deal.slots_serving} of ${deal.slots}${deal.standbys ? ` + ${deal.standbys_serving}` : ""}` },
  { title: "Units", isNumber: true, show: (deal) => `${brief(deal.units)} ${deal.class.toUpperCase()}` },
  { title: "Value at stake", isNumber: true, show: (deal) => <Usd exact={deal.value_at_stake_usd} /> },
  { title: "Locked", isNumber: true, show: (deal) => <Flt exact={deal.locked_flt} /> },
  { title: "Health", isNumber: true, show: (deal) => <Health exact={deal.health} /> },
  { title: "Earned", isNumber: true, show: (deal) => <Usd exact={deal.accrued_usd} /> },
  { title: "In escrow", isNumber: true, show: (deal) => <Usd exact={deal.escrow_usd} /> },
  { title: "Opened", show: (deal) => <Time at={deal.opened_at} /> },
];

export function Deals({ route }: PageProps) {
  const [status, customer, sort] = ["status", "customer", "sort"].map((name) => route.query.get(name) ?? "");
  const pages = usePages(`deals ${status} ${customer} ${sort}`, (cursor, signal) => {
    const query = {
      limit: 25,
      ...(cursor ? { cursor } : {}),
      ...(sort ? { sort: sort as Word<"/v1/deals", "sort"> } : {}),
      ...(status ? { status: status as Word<"/v1/deals", "status"> } : {}),
      ...(customer ? { customer } : {}),
    };
    return data(api.GET("/v1/deals", { params: { query }, signal }));
  });
  return (
    <>
      <h1>Deals</h1>
      <p class="lead">Every job, what it could lose, and what is locked so that it does not. Health is the lock's worth over the value at stake.</p>
      <Filters>
        <ChoiceFilter label="Status" value={status ?? ""} onChange={(value) => setQuery({ status: value })}
          choices={[["", "any"], ...STATUSES.map((word): [string, string] => [word, word])]} />
        <TextFilter label="Customer" isWide value={customer ?? ""} pattern="0x[0-9a-fA-F]{40}" hint="An address: 0x and 40 hexadecimal digits"
          onChange={(value) => setQuery({ customer: value })} />
      </Filters>
      <List label="Deals" columns={DEAL_COLUMNS} pages={pages} id={(deal) => deal.deal} sorted={sort || "-deal"}
        onSort={(chosen) => setQuery({ sort: chosen })} nothing="No deal meets these filters." />
    </>
  );
}
