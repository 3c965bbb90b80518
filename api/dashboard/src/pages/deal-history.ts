// A deal over time, from its events: what was locked for its slots against what they had at stake, and where money went.

import type { Schema } from "../api/client";

/** Standbys are numbered from here. */
export const STANDBY = 16;

export interface Cover {
  at: number[];
  /** In dollars, at the median price of the time. */
  worth: (number | null)[];
  atStake: number[];
  /** What the agreed coverage asks for. */
  needed: number[];
}

interface Step {
  at: number;
  slot: number;
  lock?: number;
  value?: number;
}

export function seconds(time: string): number {
  return Date.parse(time) / 1_000;
}

type Fields = Record<string, unknown>;

function stepOf(event: Schema<"Event">): Step | undefined {
  const fields = event.fields as Fields;
  const [at, slot] = [seconds(event.at), Number(fields["slot"])];
  switch (event.kind) {
    case "SlotAssigned":
    case "StandbyPromoted":
    case "SlotRenewed":
      return { at, slot, lock: Number(fields["lock_amount_flt"]), value: Number(fields["value_at_stake_usd"]) };
    case "SlotToppedUp":
      return { at, slot, lock: Number(fields["lock_amount_flt"]) };
    case "SlotDeclined":
    case "ServingEnded":
    case "SlotEnded":
      return { at, slot, lock: 0, value: 0 };
    default:
      return undefined;
  }
}

/** `events`, `slashes` and `prices` in any order; `until` is where the lines end. */
export function cover(
  events: Schema<"Event">[],
  slashes: Schema<"Slash">[],
  prices: Schema<"Price">[],
  coverage: number,
  until: number,
): Cover {
  const granted = events.map((event) => ({ step: stepOf(event), order: event.block * 1e6 + event.log_index }));
  const cut = slashes.map((slash) => ({
    step: { at: seconds(slash.at), slot: slash.slot ?? 0, lock: Number(slash.lock_left_flt) } as Step | undefined,
    order: slash.block * 1e6 + slash.log_index,
  }));
  const steps = [...granted, ...cut].sort((left, right) => left.order - right.order)
    .map(({ step }) => step).filter((step): step is Step => step !== undefined && step.slot < STANDBY);
  const medians = prices.map((price) => ({ at: seconds(price.observed_at), usd: Number(price.median_usd) })).sort((left, right) => left.at - right.at);
  const first = steps[0]?.at;
  if (first === undefined) return { at: [], worth: [], atStake: [], needed: [] };
  const times = [...steps.map((step) => step.at), ...medians.map((price) => price.at), until].filter((at) => at >= first && at <= until);
  const at = [...new Set(times)].sort((left, right) => left - right);
  const slots = new Map<number, { lock: number; value: number }>();
  const result: Cover = { at, worth: [], atStake: [], needed: [] };
  let [next, price] = [0, -1];
  for (const now of at) {
    for (; next < steps.length && (steps[next]?.at ?? 0) <= now; next += 1) {
      const step = steps[next];
      if (!step) break;
      const old = slots.get(step.slot) ?? { lock: 0, value: 0 };
      slots.set(step.slot, { lock: step.lock ?? old.lock, value: step.value ?? old.value });
    }
    while ((medians[price + 1]?.at ?? Number.POSITIVE_INFINITY) <= now) price += 1;
    const all = [...slots.values()];
    const locked = all.reduce((sum, { lock }) => sum + lock, 0);
    const value = all.reduce((sum, slot) => sum + slot.value, 0);
    const usd = medians[price]?.usd;
    result.worth.push(usd === undefined ? null : locked * usd);
    result.atStake.push(value);
    result.needed.push(value * coverage);
  }
  return result;
}

export interface Flows {
  at: number[];
  paidIn: number[];
  earned: number[];
  refunded: number[];
}

/** Money in and out, added up over time. */
export function flows(payments: Schema<"Payment">[], until: number): Flows {
  const result: Flows = { at: [], paidIn: [], earned: [], refunded: [] };
  let [paidIn, earned, refunded] = [0, 0, 0];
  const push = (at: number) => {
    if (result.at.at(-1) === at) for (const list of Object.values(result)) list.pop();
    result.at.push(at);
    result.paidIn.push(paidIn);
    result.earned.push(earned);
    result.refunded.push(refunded);
  };
  const ordered = [...payments].sort((left, right) => left.block - right.block || left.log_index - right.log_index);
  for (const payment of ordered) {
    const amount = Number(payment.amount_usd);
    if (payment.kind === "funded") paidIn += amount;
    if (payment.kind === "credited") earned += amount;
    if (payment.kind === "refunded") refunded += amount;
    push(seconds(payment.at));
  }
  if (result.at.length > 0 && until > (result.at.at(-1) ?? 0)) push(until);
  return result;
}
