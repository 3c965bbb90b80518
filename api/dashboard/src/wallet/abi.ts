// Calls as the contracts take them, and their refusals as people read them; both from the contracts' own description.

import { tokens } from "../amount";
import abi from "./abi.json";

interface Input {
  name: string;
  type: string;
}

interface Declared {
  contract: string;
  selector: string;
  inputs: Input[];
}

interface DeclaredError {
  name: string;
  inputs: Input[];
  hint: string | null;
}

const FUNCTIONS: Record<string, Declared> = abi.functions;
const ERRORS: Record<string, DeclaredError> = abi.errors;

export type Value = string | bigint;

export interface Argument {
  name: string;
  type: string;
  value: Value;
}

/** A call that somebody is asked to sign. */
export interface Call {
  contract: string;
  name: string;
  arguments: Argument[];
  data: string;
}

const WORD = 64;

function word(type: string, value: Value): string {
  if (type === "address") {
    const digits = String(value).toLowerCase();
    if (!/^0x[0-9a-f]{40}$/.test(digits)) throw new RangeError(`${value} is no address.`);
    return digits.slice(2).padStart(WORD, "0");
  }
  const bits = Number(/^uint(\d+)$/.exec(type)?.[1]);
  if (!bits) throw new RangeError(`The dashboard signs no ${type}.`);
  const number = BigInt(value);
  if (number < 0n || number >> BigInt(bits) !== 0n) throw new RangeError(`${value} does not fit ${type}.`);
  return number.toString(16).padStart(WORD, "0");
}

/** `values` in the order of the function's parameters. */
export function call(name: string, values: Value[]): Call {
  const declared = FUNCTIONS[name];
  if (!declared || declared.inputs.length !== values.length) throw new RangeError(`${name} does not take these arguments.`);
  const all = declared.inputs.map((input, index): Argument => ({ ...input, value: values[index] ?? "" }));
  const data = declared.selector + all.map(({ type, value }) => word(type, value)).join("");
  return { contract: declared.contract, name, arguments: all, data };
}

export interface Refusal {
  /** As the contract says it: name and values. */
  said: string;
  /** What to do about it. */
  hint: string | null;
}

function read(type: string, digits: string): string {
  return type === "address" ? `0x${digits.slice(WORD - 40)}` : BigInt(`0x${digits}`).toString();
}

function utf8(hex: string): string {
  const bytes = hex.match(/../g) ?? [];
  return new TextDecoder().decode(Uint8Array.from(bytes, (byte) => Number.parseInt(byte, 16)));
}

function fill(hint: string, said: [string, string][]): string {
  return said.reduce((text, [name, value]) => {
    const number = /^\d+$/.test(value) ? BigInt(value) : undefined;
    const time = number !== undefined && number < 1n << 40n ? new Date(Number(number) * 1_000).toISOString() : value;
    return text
      .replaceAll(`{${name}}`, value)
      .replaceAll(`{${name}:flt}`, number === undefined ? value : tokens(number))
      .replaceAll(`{${name}:time}`, time.slice(0, 16).replace("T", " "))
      .replaceAll(`{${name}:percent}`, number === undefined ? value : `${tokens(number * 100n, 4)} %`);
  }, hint);
}

const REASON = "0x08c379a0";
const PANIC = "0x4e487b71";

/** What revert data says. */
export function refusal(data: string): Refusal {
  const [selector, body] = [data.slice(0, 10), data.slice(10)];
  if (selector === REASON) return { said: utf8(body.slice(2 * WORD, 2 * WORD + 2 * Number.parseInt(body.slice(WORD, 2 * WORD), 16))), hint: null };
  if (selector === PANIC) return { said: "Panic", hint: "The contract's arithmetic failed: the amounts are out of range." };
  const declared = ERRORS[selector];
  if (!declared) return { said: selector.length > 2 ? selector : "Reverted", hint: "The contract gave no reason that is known here." };
  const said = declared.inputs.map((input, index): [string, string] => [
    input.name,
    read(input.type, body.slice(index * WORD, (index + 1) * WORD).padEnd(WORD, "0")),
  ]);
  const values = said.map(([name, value]) => `${name} = ${value}`).join(", ");
  return { said: `${declared.name}(${values})`, hint: declared.hint && fill(declared.hint, said) };
}

/** Revert data wherever a wallet or a node put it into its error. */
export function revertData(error: unknown, depth = 4): string | undefined {
  if (typeof error === "string") return /^0x([0-9a-f]{2})*$/i.test(error) && error.length >= 10 ? error : undefined;
  if (typeof error !== "object" || error === null || depth === 0) return undefined;
  const inside = error as Record<string, unknown>;
  for (const name of ["data", "error", "originalError", "cause"]) {
    const found = revertData(inside[name], depth - 1);
    if (found) return found;
  }
  return undefined;
}
