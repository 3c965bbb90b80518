import assert from "node:assert/strict";
import { test } from "node:test";
import { call, refusal, revertData } from "../src/wallet/abi";
import abi from "../src/wallet/abi.json";
import { delegate, exit, sharesOf } from "../src/wallet/steps";

const PROVIDER = "0xd7934468Db55b671C92177Ee0DE960f90f94C185";
const ACCOUNT = "0x0689cb5F7A109d708aBd8F34a3cc73a84fa1858e";

const word = (hex: string) => hex.padStart(64, "0");

function selector(name: string): string {
  const found = Object.entries(abi.errors).find(([, error]) => error.name === name);
  assert.ok(found, name);
  return found[0].slice(2);
}

test("a call is its selector and its arguments, a word each", () => {
  const { data, contract } = call("stake", [PROVIDER, 10n ** 18n]);
  assert.equal(contract, "Staking");
  assert.equal(data, `0x19f8d5b4${word(PROVIDER.slice(2).toLowerCase())}${word("de0b6b3a7640000")}`);
});

test("what does not fit its type is never signed", () => {
  assert.throws(() => call("stake", [PROVIDER, 1n << 128n]), RangeError);
  assert.throws(() => call("stake", [PROVIDER, -1n]), RangeError);
  assert.throws(() => call("stake", ["0x12", 1n]), RangeError);
  assert.throws(() => call("stake", [PROVIDER]), RangeError);
  assert.throws(() => call("drain", []), RangeError);
});

test("a refusal is the contract's error with its values, and a hint in whole tokens", () => {
  assert.equal(refusal("0x11223344").said, "0x11223344");
  const short = refusal(`0x${selector("DelegationCapExceeded")}${word((5n * 10n ** 18n).toString(16))}${word((3n * 10n ** 18n).toString(16))}`);
  assert.equal(short.said, "DelegationCapExceeded(delegated = 5000000000000000000, cap = 3000000000000000000)");
  assert.match(short.hint ?? "", /accepts 3 FLT .* would be 5/);
});

test("reasons and panics are read, too", () => {
  const reason = Buffer.from("no").toString("hex").padEnd(64, "0");
  assert.equal(refusal(`0x08c379a0${word("20")}${word("2")}${reason}`).said, "no");
  assert.equal(refusal(`0x4e487b71${word("11")}`).said, "Panic");
  assert.ok(refusal("0x").hint);
});

test("revert data is found wherever a wallet puts it", () => {
  const data = "0x11223344";
  for (const error of [{ data }, { data: { data } }, { data: { originalError: { data } } }, { error: { data } }, { cause: { data } }]) {
    assert.equal(revertData(error), data);
  }
  for (const error of [null, "no", {}, { data: "0x" }, { message: data }]) assert.equal(revertData(error), undefined);
});

test("delegating asks for an approval only where one is missing", () => {
  const provider = { address: PROVIDER, name: "geysir" };
  assert.deepEqual(delegate(ACCOUNT, provider, 5n, 4n).map((step) => step.call.name), ["approve", "stake"]);
  assert.deepEqual(delegate(ACCOUNT, provider, 5n, 5n).map((step) => step.call.name), ["stake"]);
});

test("leaving with everything takes every share, and with a part never more than it is worth", () => {
  assert.equal(sharesOf(10n, 10n, 7n), 7n);
  assert.equal(sharesOf(11n, 10n, 7n), 7n);
  assert.equal(sharesOf(5n, 10n, 7n), 3n);
  const [step] = exit({ account: ACCOUNT, provider: PROVIDER, provider_name: "geysir" }, 3n, 5n);
  assert.equal(step?.call.arguments.at(-1)?.value, 3n);
});
