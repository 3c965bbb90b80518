// What a visitor can do with stake, as the calls that he is asked to sign.

import { tokens } from "../amount";
import { moment } from "../format";
import { call, type Call } from "./abi";

/** One transaction, and what it does in words. */
export interface Step {
  words: string;
  call: Call;
  /** Values of arguments as people read them, by the argument's name. */
  shown: Record<string, string>;
}

export interface Position {
  account: string;
  provider: string;
  provider_name: string;
}

function named(position: Pick<Position, "provider" | "provider_name">): string {
  return position.provider_name || position.provider;
}

/** Stakes `units` of FLT; first allows that where `allowance` does not. */
export function delegate(staking: string, provider: { address: string; name: string }, units: bigint, allowance: bigint): Step[] {
  const amount = `${tokens(units)} FLT`;
  const name = provider.name || provider.address;
  const stake = {
    words: `Stake ${amount} with ${name}. It answers for the jobs that ${name} takes, and can leave 21 days after you say so.`,
    call: call("stake", [provider.address, units]),
    shown: { provider: name, amount },
  };
  if (allowance >= units) return [stake];
  const approve = {
    words: `Allow Staking to take ${amount} from your account, this once and no more.`,
    call: call("approve", [staking, units]),
    shown: { spender: "Staking", value: amount },
  };
  return [approve, stake];
}

/** Of a position's `shares` as many as are worth `units` of its `staked`. */
export function sharesOf(units: bigint, staked: bigint, shares: bigint): bigint {
  return units >= staked ? shares : (shares * units) / staked;
}

export function exit(position: Position, shares: bigint, worth: bigint): Step[] {
  const words = `Begin to leave ${named(position)} with stake worth ${tokens(worth)} FLT. Until it is free, in 21 days, it answers for the locks of today.`;
  return [{ words, call: call("exit", [position.account, position.provider, shares]), shown: { provider: named(position), shares: `worth ${tokens(worth)} FLT` } }];
}

export function withdraw(position: Position, day: number, worth: string): Step[] {
  const words = `Withdraw ${worth} FLT, free since ${moment(new Date(day * 86_400_000).toISOString()).slice(0, 10)}, to your account.`;
  const values = [position.account, position.provider, BigInt(day), position.account];
  return [{ words, call: call("withdraw", values), shown: { provider: named(position), recipient: "your account" } }];
}

export interface Income {
  token: string;
  /** As in "2.5 FLT". */
  amount: string;
}

export function claim(position: Position, income: Income): Step[] {
  const words = `Claim what your stake with ${named(position)} earned, ${income.amount} by now, to your account.`;
  const values = [position.account, position.provider, income.token, position.account];
  return [{ words, call: call("claimReward", values), shown: { provider: named(position), token: income.amount.split(" ").at(-1) ?? "", recipient: "your account" } }];
}
