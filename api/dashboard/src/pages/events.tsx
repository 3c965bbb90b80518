// Events as people read them: what happened, and the fields that say more.

import type { Schema } from "../api/client";
import { amount, brief, moment, percent, shortAddress, usd, words } from "../format";
import { useNameOf } from "../ui/names";
import { Address, Time } from "../ui/figures";
import type { Column } from "../ui/table";

const ADDRESS = /^0x[0-9a-fA-F]{40}$/;
const MOMENT = /^\d{4}-\d\d-\d\dT/;
const NOBODY = /^0x0{40}$/;
/** In columns of their own. */
const ELSEWHERE = new Set(["deal", "provider"]);

function field(name: string, value: unknown, nameOf: (address: string) => string | undefined): string | undefined {
  if (value === null || value === undefined || typeof value === "object" || ELSEWHERE.has(name) || NOBODY.test(String(value))) return undefined;
  const text = String(value);
  if (name.endsWith("_flt")) return `${words(name.slice(0, -4))} ${amount(text)} FLT`;
  if (name.endsWith("_usd")) return `${words(name.slice(0, -4))} ${usd(text)}`;
  if (name.endsWith("_bps")) return `${words(name.slice(0, -4))} ${percent(Number(text))}`;
  if (ADDRESS.test(text)) return `${words(name)} ${nameOf(text) ?? shortAddress(text)}`;
  if (MOMENT.test(text)) return `${words(name)} ${moment(text)}`;
  if (text.length > 40) return undefined;
  return `${words(name)} ${/^\d{5,}$/.test(text) ? brief(text) : text}`;
}

export function Said({ of }: { of: Schema<"Event"> }) {
  const nameOf = useNameOf();
  const fields = Object.entries(of.fields as Record<string, unknown>).map(([name, value]) => field(name, value, nameOf));
  return <span class="quiet small" title={JSON.stringify(of.fields)}>{fields.filter(Boolean).join(" · ")}</span>;
}

export function About({ of }: { of: Schema<"Event"> }) {
  if (of.deal != null) return <a href={`#/deals/${of.deal}`}>{`deal ${of.deal}`}</a>;
  if (of.provider != null) return <Address of={of.provider} page="providers" />;
  return of.account == null ? <>–</> : <Address of={of.account} page="delegator" />;
}

export const EVENT_COLUMNS: Column<Schema<"Event">>[] = [
  { title: "When", show: (event) => <Time at={event.at} /> },
  { title: "Block", isNumber: true, show: (event) => event.block },
  { title: "What", show: (event) => words(event.kind) },
  { title: "Provider", show: (event) => (event.provider == null ? "–" : <Address of={event.provider} page="providers" />) },
  { title: "Said", show: (event) => <Said of={event} /> },
];
