// An EIP-1193 wallet in the page signs what it was shown, on the chain itself: the node sends in the account's name.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Browser, Page } from "playwright-core";
import { tokens, units } from "../../src/amount";
import { api, DESKTOP, indexed, launch, rpc, settled, things, visit, type Json, type Things, type Visitor } from "./world";

let browser: Browser;
let known: Things;

before(async () => {
  browser = await launch();
  known = await things();
  await rpc("anvil_impersonateAccount", [known.delegator]);
  await rpc("anvil_setBalance", [known.delegator, "0xde0b6b3a7640000"]);
});

after(() => browser.close());

interface Signer {
  /** As a wallet that looks elsewhere at first. */
  chain: string | undefined;
  isWilling: boolean;
  sent: Json[];
}

/** Puts a wallet into every page of a visitor. */
async function give(visitor: Visitor): Promise<Signer> {
  const signer: Signer = { chain: undefined, isWilling: true, sent: [] };
  const answer = async (method: string, params: Json[]): Promise<Json> => {
    if (method === "eth_requestAccounts") return [known.delegator];
    if (method === "eth_chainId" && signer.chain) return signer.chain;
    if (method === "wallet_switchEthereumChain") { signer.chain = undefined; return null; }
    if (method !== "eth_sendTransaction") return rpc(method, params);
    if (!signer.isWilling) throw { code: 4001, message: "User rejected the request." };
    signer.sent.push(params[0]);
    const hash = await rpc(method, params);
    await rpc("evm_mine");
    return hash;
  };
  await visitor.context.exposeFunction("askWallet", async (method: string, params: Json[]) => {
    try {
      return { result: await answer(method, params) };
    } catch (error) {
      return { error };
    }
  });
  // As text: what runs in the page is not compiled for Node.
  await visitor.context.addInitScript(`window.ethereum = {
    request: async ({ method, params }) => {
      const { result, error } = await window.askWallet(method, params ?? []);
      if (error) throw error;
      return result;
    },
  };`);
  return signer;
}

async function connected(visitor: Visitor, path: string): Promise<Page> {
  const page = await visitor.open(path);
  await settled(page);
  await page.getByRole("button", { name: "Connect wallet" }).click();
  await page.getByRole("button", { name: "Disconnect" }).waitFor();
  return page;
}

async function position(provider: string): Promise<Json> {
  return (await api(`/v1/delegators/${known.delegator}/positions?provider=${provider}`)).items[0];
}

const DAY = 86_400;

async function pass(days: number) {
  const { timestamp } = await rpc("eth_getBlockByNumber", ["latest", false]);
  await rpc("evm_setNextBlockTimestamp", [Number(timestamp) + days * DAY]);
  await rpc("evm_mine");
  await indexed();
}

/** What anybody may do, as a keeper would: a call by its signature, with words of 32 bytes. */
async function keep(contract: string, signature: string, words: (string | number)[]) {
  const hash: string = await rpc("web3_sha3", [`0x${Buffer.from(signature).toString("hex")}`]);
  const word = (value: string | number) => (typeof value === "number" ? value.toString(16) : value.slice(2)).padStart(64, "0");
  const [from] = await rpc("eth_accounts");
  await rpc("eth_sendTransaction", [{ from, to: contract, data: hash.slice(0, 10) + words.map(word).join("") }]);
  await rpc("evm_mine");
}

async function signed(page: Page) {
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name: "Sign in your wallet" }).click();
  await dialog.getByRole("button").filter({ hasText: /Sign in|Try again/ }).waitFor({ state: "detached" });
  await dialog.getByText(/^Done, in block \d+\.$/).last().waitFor();
  await indexed();
}

test("without a wallet nothing asks for one", async () => {
  const visitor = await visit(browser, DESKTOP, "light");
  const page = await visitor.open(`#/providers/${known.provider.address}`);
  await settled(page);
  assert.equal(await page.getByRole("button", { name: /wallet/i }).count(), 0);
  assert.equal(await page.getByRole("button", { name: "Delegate" }).count(), 0);
  await visitor.context.close();
});

test("delegating approves exactly what is staked, and stakes it", async () => {
  const visitor = await visit(browser, DESKTOP, "light");
  const signer = await give(visitor);
  signer.chain = "0x1";
  const before = await position(known.provider.address);
  const page = await connected(visitor, `#/providers/${known.provider.address}`);
  await page.getByLabel(/^Amount of FLT, of .* in your wallet/).fill("1234.5");
  await page.getByRole("button", { name: "Delegate" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByText("Your wallet will ask for 2 signatures").waitFor();
  // What will be signed is there before anything is, to the last digit.
  assert.equal(await dialog.getByText("1234500000000000000000").count(), 2);
  await dialog.getByText("Tried on the latest block: it would succeed.").waitFor();
  assert.equal(signer.sent.length, 0);
  await signed(page);
  const { contracts } = await api("/v1/parameters");
  assert.deepEqual(signer.sent.map(({ to, data }) => [to, data.slice(0, 10)]), [[contracts.Flt, "0x095ea7b3"], [contracts.Staking, "0x19f8d5b4"]]);
  const now = await position(known.provider.address);
  assert.equal((units(now.staked_flt) ?? 0n) - (units(before.staked_flt) ?? 0n), units("1234.5"));
  await visitor.context.close();
});

test("what the contract would refuse is told before it is signed, with the contract's error and a hint", async () => {
  const visitor = await visit(browser, DESKTOP, "light");
  const signer = await give(visitor);
  const page = await connected(visitor, `#/delegator/${known.delegator}`);
  await page.getByText("your wallet").waitFor();
  await page.getByRole("button", { name: "Exit" }).first().click();
  const staked = units((await position(known.provider.address)).staked_flt) ?? 0n;
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel(/^Amount of FLT/).fill(tokens(staked - units("0.001")!));
  await dialog.getByRole("button", { name: "Continue" }).click();
  await dialog.getByText(/^PositionTooSmall\(/).waitFor();
  assert.match((await dialog.getByRole("alert").textContent()) ?? "", /A position is zero or at least .* FLT, and this one would be 0\.001/);
  assert.equal(signer.sent.length, 0);
  await page.keyboard.press("Escape");
  await dialog.waitFor({ state: "detached" });
  await visitor.context.close();
});

test("who does not sign is told that nothing was sent", async () => {
  const visitor = await visit(browser, DESKTOP, "light");
  const signer = await give(visitor);
  signer.isWilling = false;
  const page = await connected(visitor, `#/delegator/${known.delegator}`);
  await page.getByRole("button", { name: "Exit" }).first().click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("button", { name: "Continue" }).click();
  await dialog.getByRole("button", { name: "Sign in your wallet" }).click();
  await dialog.getByText("You did not sign.").waitFor();
  await dialog.getByRole("button", { name: "Try again" }).waitFor();
  assert.equal(signer.sent.length, 0);
  await visitor.context.close();
});

test("an exit is started, and 22 days later withdrawn", async () => {
  const visitor = await visit(browser, DESKTOP, "light");
  await give(visitor);
  const page = await connected(visitor, `#/delegator/${known.delegator}`);
  const exits = async () => (await api(`/v1/delegators/${known.delegator}/exits?is_over=false`)).items;
  assert.equal((await exits()).length, 0);
  await page.getByRole("button", { name: "Exit" }).first().click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel(/^Amount of FLT/).fill("1000");
  await dialog.getByRole("button", { name: "Continue" }).click();
  await signed(page);
  await page.keyboard.press("Escape");
  assert.equal((await exits()).length, 1);
  await page.getByText("still answers for older locks").waitFor();

  await pass(22);
  await page.getByRole("button", { name: "Withdraw" }).click({ timeout: 60_000 });
  const { contracts } = await api("/v1/parameters");
  const purse = async () => BigInt(await rpc("eth_call", [{ to: contracts.Flt, data: `0x70a08231${known.delegator.slice(2).padStart(64, "0")}` }, "latest"]));
  const before = await purse();
  const worth = units((await exits())[0].amount_flt) ?? 0n;
  await signed(page);
  assert.equal((await purse()) - before, worth);
  assert.equal((await exits()).length, 0);
  await visitor.context.close();
});

test("income of the days that passed is claimed", async () => {
  const visitor = await visit(browser, DESKTOP, "light");
  await give(visitor);
  const { contracts } = await api("/v1/parameters");
  await keep(contracts.Deals, "settle(uint64,uint8)", [known.largest, 0]);
  await keep(contracts.Deals, "payStakers(address)", [known.provider.address]);
  await pass(2);
  const owed = await position(known.provider.address);
  assert.ok(Number(owed.usd_owed) > 0, JSON.stringify(owed));
  const page = await connected(visitor, `#/delegator/${known.delegator}`);
  await page.getByRole("button", { name: "Claim dollars" }).first().click();
  await signed(page);
  const now = await position(known.provider.address);
  assert.ok(Number(now.usd_claimed) >= Number(owed.usd_claimed) + Number(owed.usd_owed), JSON.stringify([owed, now]));
  await visitor.context.close();
});
