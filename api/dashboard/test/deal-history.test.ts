import assert from "node:assert/strict";
import { test } from "node:test";
import type { Schema } from "../src/api/client";
import { cover, flows } from "../src/pages/deal-history";

const DAY = 86_400;
const time = (day: number) => new Date(day * DAY * 1_000).toISOString();

function event(day: number, kind: string, fields: Record<string, unknown>): Schema<"Event"> {
  return { at: time(day), block: day, log_index: 0, kind, contract: "Deals", fields } as Schema<"Event">;
}

function price(day: number, usd: string): Schema<"Price"> {
  return { observed_at: time(day), median_usd: usd } as Schema<"Price">;
}

test("a lock is worth what the day's price says, and a renewal changes both sides", () => {
  const events = [
    event(9, "SlotRenewed", { slot: 0, lock_amount_flt: "300", value_at_stake_usd: "50" }),
    event(2, "SlotAssigned", { slot: 0, lock_amount_flt: "600", value_at_stake_usd: "100" }),
    event(2, "SlotAssigned", { slot: 16, lock_amount_flt: "999", value_at_stake_usd: "999" }),
  ];
  const lines = cover(events, [], [price(1, "0.5"), price(5, "0.4")], 3, 10 * DAY);
  assert.deepEqual(lines.at, [2, 5, 9, 10].map((day) => day * DAY));
  assert.deepEqual(lines.worth, [300, 240, 120, 120]);
  assert.deepEqual(lines.atStake, [100, 100, 50, 50]);
  assert.deepEqual(lines.needed, [300, 300, 150, 150]);
});

test("a top-up raises the lock alone, a slash lowers it, and an end leaves nothing", () => {
  const events = [
    event(1, "SlotAssigned", { slot: 0, lock_amount_flt: "10", value_at_stake_usd: "1" }),
    event(2, "SlotToppedUp", { slot: 0, lock_amount_flt: "20" }),
    event(4, "ServingEnded", { slot: 0 }),
  ];
  const slashes = [{ at: time(3), block: 3, log_index: 0, slot: 0, lock_left_flt: "5" } as Schema<"Slash">];
  const lines = cover(events, slashes, [price(0, "1")], 3, 4 * DAY);
  assert.deepEqual(lines.worth, [10, 20, 5, 0]);
  assert.deepEqual(lines.atStake, [1, 1, 1, 0]);
});

test("before the first price a lock is worth nothing known", () => {
  const events = [event(1, "SlotAssigned", { slot: 0, lock_amount_flt: "10", value_at_stake_usd: "1" })];
  assert.deepEqual(cover(events, [], [price(2, "2")], 3, 2 * DAY).worth, [null, 20]);
  assert.deepEqual(cover([], [], [], 3, DAY).at, []);
});

test("money is added up in the order in which it moved", () => {
  const payment = (block: number, log: number, kind: string, amount: string) =>
    ({ at: time(block), block, log_index: log, kind, amount_usd: amount }) as Schema<"Payment">;
  const lines = flows([payment(3, 0, "refunded", "1.5"), payment(1, 0, "funded", "10"), payment(3, 1, "credited", "2"), payment(1, 1, "funded", "5")], 4 * DAY);
  assert.deepEqual(lines.at, [1, 3, 4].map((day) => day * DAY));
  assert.deepEqual(lines.paidIn, [15, 15, 15]);
  assert.deepEqual(lines.earned, [0, 2, 2]);
  assert.deepEqual(lines.refunded, [0, 1.5, 1.5]);
});
