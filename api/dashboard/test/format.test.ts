import assert from "node:assert/strict";
import { test } from "node:test";
import { tokens, units } from "../src/amount";
import { amount, brief, count, distance, duration, isUnlimited, moment, percent, share, shortAddress, tick, usd, whole, words } from "../src/format";

/** Each pair is what goes in and what people see. */
function shows<T>(show: (value: T) => string, pairs: [T, string][]) {
  for (const [value, shown] of pairs) assert.equal(show(value), shown);
}

test("counts are short, and have no decimals that say nothing", () => {
  shows(brief, [["0", "0"], ["7", "7"], ["1.29", "1.29"], ["999.994", "999.99"], ["12000", "12,000"], ["130000", "130,000"],
    ["6000000", "6M"], ["6250000", "6.25M"], ["612500000", "612.5M"], ["1e12", "1T"], ["-1500000", "-1.5M"], ["0.0000123", "0.000012"]]);
});

test("amounts of one size have as many decimals, so that they stand below each other", () => {
  shows(amount, [["0", "0"], ["0.5", "0.50"], ["1.9", "1.90"], ["75920", "75,920"], ["6000000", "6.00M"], ["22169840", "22.17M"], ["612500000", "612.5M"]]);
});

test("what rounds up to the next unit is shown in it", () => {
  shows(amount, [["999999.6", "1.00M"], ["999999.4", "999,999"], ["999999999.7", "1.00B"]]);
});

test("what is no number is shown as it is", () => {
  shows(brief, [["", "0"], ["n/a", "n/a"]]);
  assert.equal(brief(Number.NaN), "NaN");
});

test("dollars have their sign in front", () => {
  shows(usd, [["0", "$0"], ["0.5", "$0.50"], ["-3", "-$3.00"], ["1006800", "$1.01M"]]);
});

test("exact amounts keep every digit", () => {
  shows(whole, [["6000220.920004418400088369", "6,000,220.920004418400088369"], ["12", "12"], ["-1234567", "-1,234,567"]]);
});

test("shares have as many nines as there are", () => {
  shows(share, [["0.95", "95 %"], ["0.999", "99.9 %"], ["0.99999", "99.999 %"], ["1", "100 %"], ["0", "0 %"]]);
  shows(percent, [[3300, "33 %"], [1, "0.01 %"]]);
});

test("durations are told by their two largest units", () => {
  shows(duration, [[0, "0 s"], [59, "59 s"], [720, "12 min"], [3_661, "1 h 1 min"], [86_400, "1 d"], [103 * 86_400 + 13 * 3_600, "103 d 13 h"], [-90, "1 min 30 s"]]);
});

test("times are the chain's, and in UTC", () => {
  assert.equal(moment("2027-04-15T02:37:32Z"), "2027-04-15 02:37");
  assert.equal(distance("2027-04-15T02:37:32Z", "2027-04-15T02:37:32Z"), "now");
  assert.equal(distance("2027-04-15T02:00:00Z", "2027-04-15T03:00:00Z"), "1 h ago");
  assert.equal(distance("2027-04-16T03:00:00Z", "2027-04-15T03:00:00Z"), "in 1 d");
});

test("ticks are days where days matter, and hours where hours do", () => {
  const midnight = Date.parse("2027-04-15T00:00:00Z") / 1_000;
  assert.equal(tick(midnight, 86_400), "15 Apr");
  assert.equal(tick(midnight + 10_800, 10_800), "03:00");
  assert.equal(tick(midnight, 10_800), "15 Apr");
});

test("names of the API are words", () => {
  shows(words, [["SlotCredited", "slot credited"], ["is_live_now", "is live now"]]);
  assert.equal(shortAddress("0xd7934468Db55b671C92177Ee0DE960f90f94C185"), "0xd793…C185");
  assert.equal(count(1, "slot"), "1 slot");
  assert.equal(count(0, "slot"), "0 slots");
  assert.ok(isUnlimited("340282366920938463463") && !isUnlimited("1000000000"));
});

test("whole tokens and smallest units are each other's inverse, to the last digit", () => {
  for (const text of ["0", "1", "0.000000000000000001", "340282366920938463463.374607431768211455", "100000000.5"]) {
    assert.equal(tokens(units(text) ?? -1n), text);
  }
  assert.equal(tokens(1_000_000n, 6), "1");
  assert.equal(units("1,000.5"), 1_000_500_000_000_000_000_000n);
});

test("what is no amount has no units", () => {
  for (const text of ["", "-1", "1e3", "0x10", ".5", "1.", "one", "0.0000000000000000001"]) assert.equal(units(text), undefined, text);
});
