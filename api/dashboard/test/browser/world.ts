// The world that the pages are looked at in: an API that answers, the chain behind it, and a browser of our own.

import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import chromium from "@sparticuz/chromium";
import { chromium as playwright, type Browser, type BrowserContext, type Page } from "playwright-core";

function needed(name: string): string {
  const value = process.env[name];
  assert.ok(value, `${name} says where the world is: \`cargo xtask test\` sets it`);
  return value;
}

export const ORIGIN = new URL(needed("SURETY_API_URL")).origin;
const RPC = needed("SURETY_RPC_URL");

export const DESKTOP = { width: 1280, height: 800 };
export const PHONE = { width: 390, height: 844 };

export type Theme = "light" | "dark";

/** Where npm has no browser for this machine, one that is installed serves as well. */
async function program(): Promise<string> {
  const own = process.env["SURETY_CHROMIUM"] ?? (process.arch === "x64" && process.platform === "linux" ? await chromium.executablePath() : "/usr/bin/chromium");
  assert.ok(existsSync(own), `there is no browser at ${own}: set SURETY_CHROMIUM`);
  return own;
}

export async function launch(): Promise<Browser> {
  return playwright.launch({ executablePath: await program(), args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"] });
}

/** A visitor; what goes wrong on his pages is kept. */
export interface Visitor {
  context: BrowserContext;
  faults: string[];
  open(path: string): Promise<Page>;
}

export async function visit(browser: Browser, viewport: { width: number; height: number }, theme: Theme): Promise<Visitor> {
  const context = await browser.newContext({ viewport, colorScheme: theme, locale: "en-US", timezoneId: "Asia/Tokyo" });
  const faults: string[] = [];
  context.on("page", (page) => {
    page.on("console", (message) => {
      if (message.type() === "error" || message.type() === "warning") faults.push(`${page.url()}: ${message.type()}: ${message.text()}`);
    });
    page.on("pageerror", (error) => faults.push(`${page.url()}: ${error.message}`));
    page.on("request", (request) => {
      const url = new URL(request.url());
      if (url.protocol !== "data:" && url.origin !== ORIGIN) faults.push(`${page.url()} asks ${url.href}`);
    });
  });
  const open = async (path: string) => {
    const page = await context.newPage();
    await page.goto(`${ORIGIN}/${path}`);
    return page;
  };
  return { context, faults, open };
}

/** Until what was asked for is there, and nothing more is loading. */
export async function settled(page: Page): Promise<void> {
  await page.locator("main h1").first().waitFor();
  await page.waitForFunction(() => !document.querySelector("main .loading"));
}

export type Json = any;

export async function api(path: string): Promise<Json> {
  const answer = await fetch(`${ORIGIN}${path}`);
  assert.equal(answer.status, 200, path);
  return answer.json();
}

/** What the node answers; its refusal is thrown as the node wrote it. */
export async function rpc(method: string, params: unknown[] = []): Promise<Json> {
  const answer = await fetch(RPC, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ jsonrpc: "2.0", id: 1, method, params }),
  });
  const { result, error } = (await answer.json()) as Json;
  if (error) throw error;
  return result;
}

/** Until the API knows the head of the chain. */
export async function indexed(): Promise<void> {
  const head = Number(await rpc("eth_blockNumber"));
  for (let block = 0; block < head; ) block = (await api(`/v1/network`)).block;
}

/** Things of the world that have pages, found by what they are known for. */
export interface Things {
  provider: Json;
  delegator: string;
  /** With the largest lock. */
  largest: number;
  /** In which a standby took over. */
  failedOver: number;
}

export async function things(): Promise<Things> {
  const provider = (await api("/v1/providers?sort=-staked&limit=1")).items[0];
  const positions = (await api(`/v1/providers/${provider.address}/delegators?limit=50`)).items;
  const largest = (await api("/v1/deals?sort=-locked&limit=1")).items[0].deal;
  const promoted = (await api("/v1/events?kind=StandbyPromoted&limit=1")).items[0];
  assert.ok(promoted, "a standby took over in this world");
  const delegator = positions.find((position: Json) => !position.is_own);
  assert.ok(delegator, "somebody delegates in this world");
  return { provider, delegator: delegator.account, largest, failedOver: promoted.deal };
}
