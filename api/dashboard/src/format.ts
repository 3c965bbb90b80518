// Numbers and times for people. Amounts come as exact decimal text; what is shown is rounded, the exact text stays in a title.

const LARGE = [
  { from: 1e12, suffix: "T" },
  { from: 1e9, suffix: "B" },
  { from: 1e6, suffix: "M" },
];

function grouped(value: number, digits: number, least = 0): string {
  return value.toLocaleString("en-US", { maximumFractionDigits: digits, minimumFractionDigits: least });
}

function shortened(exact: string | number, least: number): string {
  const value = Number(exact);
  if (!Number.isFinite(value)) return String(exact);
  // What rounds up to the next unit is shown in it: 999,999.6 is a million.
  const size = Math.abs(value) >= 1_000 ? Math.round(Math.abs(value)) : Math.abs(value);
  const large = LARGE.find(({ from }) => size >= from);
  if (large) {
    const digits = size >= 100 * large.from ? 1 : 2;
    return `${grouped(value / large.from, digits, Math.min(digits, least))}${large.suffix}`;
  }
  if (size !== 0 && size < 0.01) return value.toPrecision(2);
  const digits = size >= 1_000 ? 0 : 2;
  return grouped(value, digits, size === 0 ? 0 : Math.min(digits, least));
}

/** Counts and scales: `6,000,000` is `6M`; from a million on four digits count, below a thousand two decimals at most. */
export function brief(exact: string | number): string {
  return shortened(exact, 0);
}

/** Amounts, which stand below each other: as many decimals in every row of one size. */
export function amount(exact: string | number): string {
  return shortened(exact, 2);
}

export function usd(exact: string | number): string {
  const shown = amount(exact);
  return shown.startsWith("-") ? `-$${shown.slice(1)}` : `$${shown}`;
}

/** Every digit, in groups of three. */
export function whole(exact: string): string {
  const [integer = "", fraction] = exact.split(".");
  const groups = integer.replace(/\B(?=(\d{3})+(?!\d))/g, ",");
  return fraction ? `${groups}.${fraction}` : groups;
}

export function percent(bps: number): string {
  return `${grouped(bps / 100, 2)} %`;
}

/** A share of one as per cent, with as many nines as there are. */
export function share(exact: string): string {
  const value = Number(exact);
  const left = 1 - value;
  const digits = left > 0 && left < 0.01 ? Math.min(8, Math.ceil(-Math.log10(left)) + 1) : 2;
  return `${(value * 100).toLocaleString("en-US", { maximumFractionDigits: digits })} %`;
}

const UNITS: [string, number][] = [
  ["d", 86_400],
  ["h", 3_600],
  ["min", 60],
  ["s", 1],
];

/** The two largest units: `3 d 4 h`. */
export function duration(seconds: number): string {
  const size = Math.abs(Math.round(seconds));
  const first = UNITS.findIndex(([, unit]) => size >= unit);
  if (first < 0) return "0 s";
  const parts: string[] = [];
  let left = size;
  for (const [name, unit] of UNITS.slice(first, first + 2)) {
    const count = Math.floor(left / unit);
    left -= count * unit;
    if (count > 0) parts.push(`${count} ${name}`);
  }
  return parts.join(" ");
}

/** RFC 3339 as `2026-03-01 12:30`, in UTC as the chain counts days. */
export function moment(time: string): string {
  return new Date(time).toISOString().slice(0, 16).replace("T", " ");
}

const MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/** Seconds since 1970 as a tick of an axis whose ticks are `step` seconds apart. */
export function tick(seconds: number, step: number): string {
  const at = new Date(seconds * 1_000);
  const date = `${at.getUTCDate()} ${MONTHS[at.getUTCMonth()] ?? ""}`;
  return step >= 86_400 || seconds % 86_400 === 0 ? date : at.toISOString().slice(11, 16);
}

/** How long before or after `now`, which is the indexed block's time. */
export function distance(time: string, now: string): string {
  const seconds = (Date.parse(time) - Date.parse(now)) / 1_000;
  if (Math.abs(seconds) < 1) return "now";
  return seconds > 0 ? `in ${duration(seconds)}` : `${duration(seconds)} ago`;
}

export function shortAddress(address: string): string {
  return `${address.slice(0, 6)}…${address.slice(-4)}`;
}

/** More than there can ever be stands for no limit. */
export function isUnlimited(exact: string): boolean {
  return Number(exact) >= 1e15;
}

/** A count and its noun: `1 slot`, `3 slots`. */
export function count(number: number, noun: string): string {
  return `${brief(number)} ${noun}${number === 1 ? "" : "s"}`;
}

/** `is_live_now` and `SlotCredited` as words. */
export function words(name: string): string {
  return name
    .replace(/_/g, " ")
    .replace(/([a-z])([A-Z])/g, "$1 $2")
    .toLowerCase();
}
