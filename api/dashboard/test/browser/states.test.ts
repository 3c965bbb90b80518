// What a page says when there is nothing, something wrong, nobody there, or a block that is none any more.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import type { Browser } from "playwright-core";
import { api, DESKTOP, indexed, launch, rpc, settled, things, visit, type Things } from "./world";

let browser: Browser;
let known: Things;

before(async () => {
  browser = await launch();
  known = await things();
});

after(() => browser.close());

test("what is not there is said in a sentence", async () => {
  const visitor = await visit(browser, DESKTOP, "light");
  const page = await visitor.open("#/nowhere");
  await page.getByText("There is no such page.").waitFor();
  await page.goto(`${page.url().split("#")[0]}#/deals/999999999`);
  assert.match((await page.getByRole("alert").first().textContent()) ?? "", /999999999/);
  await page.goto(`${page.url().split("#")[0]}#/delegator/0x000000000000000000000000000000000000dEaD`);
  await page.getByText("This account has no stake, and never had any.").waitFor();
  await page.goto(`${page.url().split("#")[0]}#/providers?job=999999999999`);
  await page.getByText("No provider meets these filters.").waitFor();
  await visitor.context.close();
});

test("filters narrow a list, and are in the address", async () => {
  const visitor = await visit(browser, DESKTOP, "light");
  const page = await visitor.open("#/providers");
  await settled(page);
  const all = await page.locator("tbody tr").count();
  await page.getByLabel("First loss of at least, %").fill("30");
  await page.keyboard.press("Enter");
  const wanted = (await api("/v1/providers?first_loss_min_bps=3000")).total;
  await page.waitForFunction((count) => document.querySelectorAll("tbody tr").length === count, wanted);
  assert.ok(wanted < all);
  assert.match(page.url(), /first_loss=30/);
  await page.reload();
  await settled(page);
  assert.equal(await page.locator("tbody tr").count(), wanted);
  await visitor.context.close();
});

test("a wish that nobody meets is told which criterion is to blame", async () => {
  const visitor = await visit(browser, DESKTOP, "light");
  const page = await visitor.open("#/compute?units=100&price=0.000001");
  await page.getByText("No set meets all of it").waitFor();
  await page.getByText("Without the criterion “price” there is one for").waitFor();
  await visitor.context.close();
});

test("a lost connection is said, and over when it is back", async () => {
  const visitor = await visit(browser, DESKTOP, "light");
  const page = await visitor.open("#/network");
  await settled(page);
  await visitor.context.setOffline(true);
  await rpc("evm_mine");
  await page.getByText(/may be old/).waitFor({ timeout: 60_000 });
  // What was read stays.
  assert.ok((await page.locator("main .figure").count()) > 5);
  await visitor.context.setOffline(false);
  await page.getByText(/may be old/).waitFor({ state: "detached", timeout: 60_000 });
  await visitor.context.close();
});

test("a reorganisation is shown as it happens", async () => {
  const visitor = await visit(browser, DESKTOP, "light");
  const page = await visitor.open("#/live");
  await settled(page);
  // Empty blocks would be mined again as they were: what vanishes has to have been there.
  const [from] = await rpc("eth_accounts");
  await rpc("eth_sendTransaction", [{ from, to: from, value: "0x1" }]);
  await rpc("evm_mine");
  await indexed();
  await page.getByText(/Block \d+ was read last/).waitFor();
  const before = await page.locator(".rollback").count();
  await rpc("anvil_reorg", [3, []]);
  await page.waitForFunction((count) => document.querySelectorAll(".rollback").length > count, before);
  assert.match((await page.locator(".rollback").first().textContent()) ?? "", /rolled back Blocks? \d+.* no part of the chain any more/);
  await indexed();
  await visitor.context.close();
});

test("sliders move the projection", async () => {
  const visitor = await visit(browser, DESKTOP, "light");
  const page = await visitor.open("#/projection");
  await settled(page);
  const stake = page.locator(".tile", { hasText: "Stake in month" }).locator("data").first();
  const before = await stake.getAttribute("value");
  await page.getByLabel("Growth a month").focus();
  await page.keyboard.press("ArrowRight");
  await page.waitForFunction((old) => document.querySelector(".tiles data")?.getAttribute("value") !== old, before);
  assert.ok(Number(await stake.getAttribute("value")) > Number(before));
  await visitor.context.close();
});

test("a theme that was chosen stays", async () => {
  const visitor = await visit(browser, DESKTOP, "light");
  const page = await visitor.open(`#/providers/${known.provider.address}`);
  await settled(page);
  await page.getByRole("button", { name: "Use dark colours" }).click();
  await page.reload();
  await settled(page);
  assert.equal(await page.locator("html").getAttribute("data-theme"), "dark");
  await visitor.context.close();
});
