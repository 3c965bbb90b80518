// Asking the wallet: on the right chain, tried before it is signed, and followed until it is in a block.

import { call, refusal, revertData, type Call, type Refusal, type Value } from "./abi";
import type { Eip1193 } from "./provider";

/** Why nothing was done, for the visitor. */
export class Refused extends Error {
  constructor(readonly refusal: Refusal) {
    super(refusal.said);
  }
}

/** EIP-1193: the visitor said no. */
const REJECTED = 4001;
/** EIP-1193: the wallet does not know this chain. */
const UNKNOWN_CHAIN = 4902;

function codeOf(error: unknown): number | undefined {
  return typeof error === "object" && error !== null ? (error as { code?: number }).code : undefined;
}

export function explained(error: unknown): Refusal {
  if (error instanceof Refused) return error.refusal;
  if (codeOf(error) === REJECTED) return { said: "You did not sign.", hint: "Nothing was sent." };
  const data = revertData(error);
  if (data) return refusal(data);
  const said = typeof error === "object" && error !== null ? (error as { message?: string }).message : String(error);
  return { said: said || "The wallet failed and did not say why.", hint: null };
}

/** Asks the wallet to look at the chain that this page shows. */
export async function agree(wallet: Eip1193, chain: number): Promise<void> {
  const wanted = `0x${chain.toString(16)}`;
  const isThere = async () => BigInt(String(await wallet.request({ method: "eth_chainId" }))) === BigInt(chain);
  if (await isThere()) return;
  const hint = `Choose chain ${chain} in your wallet and try again.`;
  try {
    await wallet.request({ method: "wallet_switchEthereumChain", params: [{ chainId: wanted }] });
  } catch (error) {
    if (codeOf(error) === UNKNOWN_CHAIN) throw new Refused({ said: `Your wallet does not know chain ${chain}.`, hint });
    throw error;
  }
  if (!(await isThere())) throw new Refused({ said: "Your wallet looks at another chain.", hint });
}

function transaction(from: string, to: string, { data }: Call) {
  return { from, to, data };
}

/** The answer of a call that nobody signs; a refusal of the contract is thrown. */
export async function tryOut(wallet: Eip1193, from: string, to: string, asked: Call): Promise<string> {
  return String(await wallet.request({ method: "eth_call", params: [transaction(from, to, asked), "latest"] }));
}

export async function read(wallet: Eip1193, to: string, name: string, values: Value[]): Promise<bigint> {
  const answer = await tryOut(wallet, "0x0000000000000000000000000000000000000000", to, call(name, values));
  if (!/^0x[0-9a-f]{64}$/i.test(answer)) throw new Refused({ said: "Your wallet's node knows no such contract.", hint: "It may look at another chain of the same number." });
  return BigInt(answer);
}

export async function send(wallet: Eip1193, from: string, to: string, asked: Call): Promise<string> {
  await tryOut(wallet, from, to, asked);
  return String(await wallet.request({ method: "eth_sendTransaction", params: [transaction(from, to, asked)] }));
}

const POLL_MS = 1_000;

/** The block that a transaction is in. */
export async function mined(wallet: Eip1193, hash: string, signal: AbortSignal): Promise<number> {
  while (!signal.aborted) {
    const receipt = (await wallet.request({ method: "eth_getTransactionReceipt", params: [hash] })) as { status: string; blockNumber: string } | null;
    if (receipt && BigInt(receipt.status) === 0n) {
      throw new Refused({ said: "The transaction failed.", hint: "Something changed between the check and the block: try again to see what." });
    }
    if (receipt) return Number(receipt.blockNumber);
    await new Promise((resolve) => window.setTimeout(resolve, POLL_MS));
  }
  throw new DOMException("", "AbortError");
}
