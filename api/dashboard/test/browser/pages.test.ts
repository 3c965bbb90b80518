// Every page with the world's data, in both themes, at both widths: what it shows, and what it must not do.

import assert from "node:assert/strict";
import { mkdirSync } from "node:fs";
import { after, before, test } from "node:test";
import AxeBuilder from "@axe-core/playwright";
import type { Browser, Page } from "playwright-core";
import { amount, duration, usd } from "../../src/format";
import { api, DESKTOP, launch, ORIGIN, PHONE, settled, things, visit, type Json, type Theme, type Things } from "./world";

const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
const FIRST_LOAD_MAX = 200 * 1024;

/** Where pictures of all pages are put, if anywhere. */
const PICTURES = process.env["SURETY_SCREENSHOTS"];

let browser: Browser;
let known: Things;
let pages: Record<string, { path: string; shows: string[] }>;

before(async () => {
  browser = await launch();
  known = await things();
  const network = await api("/v1/network");
  const [deal, failed] = [await api(`/v1/deals/${known.largest}`), await api(`/v1/deals/${known.failedOver}`)];
  const servings = (await api(`/v1/deals/${known.failedOver}/servings`)).items as Json[];
  const failure = servings.find((serving) => serving.end_reason === "failure");
  const exposure = await api(`/v1/delegators/${known.delegator}/exposure`);
  const offers = await api("/v1/offers?limit=1");
  pages = {
    network: { path: "#/network", shows: [usd(network.value_at_stake_usd), amount(network.locked_flt), "Providers and deals", "Price of FLT"] },
    providers: { path: "#/providers", shows: [known.provider.name, usd(known.provider.largest_job_usd)] },
    provider: { path: `#/providers/${known.provider.address}`, shows: [known.provider.address, amount(known.provider.staked_flt), "Terms for those who stake with it"] },
    offers: { path: "#/offers", shows: [usd(offers.items[0].price_usd)] },
    compute: { path: "#/compute?units=100&slots=3&standbys=2", shows: ["The cheapest set", "Why others were refused", "it meets everything, and the set above costs less"] },
    deals: { path: "#/deals?sort=-locked", shows: ["serving", "12,000 CPU"] },
    deal: { path: `#/deals/${known.largest}`, shows: [`Deal ${known.largest}`, amount(deal.locked_flt), "Lock against value", "Money in and out"] },
    failover: { path: `#/deals/${known.failedOver}`, shows: [usd(failed.funded_usd), duration(failure.down_seconds)] },
    delegator: { path: `#/delegator/${known.delegator}`, shows: [amount(exposure.items[0].loss_max_flt), "What this stake answers for"] },
    projection: { path: "#/projection", shows: ["Stake in month 23", "median price", "Month by month"] },
    live: { path: "#/live", shows: ["All events, the latest first"] },
  };
});

after(() => browser.close());

async function picture(page: Page, name: string) {
  if (!PICTURES) return;
  mkdirSync(PICTURES, { recursive: true });
  await page.waitForTimeout(300);
  await page.screenshot({ path: `${PICTURES}/${name}.png`, fullPage: process.env["SURETY_SCREENSHOTS_WHOLE"] !== undefined });
}

async function look(page: Page, shows: string[], theme: Theme, name: string) {
  await settled(page);
  for (const text of shows) await page.getByText(text).locator("visible=true").first().waitFor({ timeout: 15_000 });
  await settled(page);
  assert.equal(await page.locator(".failed").count(), 0, "no part of it failed");
  assert.equal(await page.locator("html").getAttribute("data-theme"), theme);
  const [wide, seen] = await page.evaluate(() => [document.documentElement.scrollWidth, window.innerWidth]);
  assert.ok((wide ?? 0) <= (seen ?? 0), `${wide} pixels wide, and ${seen} are seen`);
  await picture(page, name);
  // The slowest part: colours are the theme's at any width, and names and roles are the width's in any theme.
  if (name.endsWith("phone-dark")) return;
  const { violations } = await new AxeBuilder({ page }).withTags(RULES).analyze();
  assert.deepEqual(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html.slice(0, 160)).slice(0, 3).join(" ")}`), []);
}

for (const theme of ["light", "dark"] as Theme[]) {
  for (const [width, viewport] of [["desktop", DESKTOP], ["phone", PHONE]] as const) {
    test(`every page is whole and accessible, ${theme}, ${width}`, async (context) => {
      const visitor = await visit(browser, viewport, theme);
      for (const [name, { path, shows }] of Object.entries(pages)) {
        await context.test(name, async () => {
          const page = await visitor.open(path);
          try {
            await look(page, shows, theme, `${name}-${width}-${theme}`);
          } finally {
            await page.close();
          }
        });
      }
      assert.deepEqual(visitor.faults, []);
      await visitor.context.close();
    });
  }
}

test("the first load is under 200 KB, compressed, with the data that it shows", async (context) => {
  const visitor = await visit(browser, DESKTOP, "light");
  const page = await visitor.context.newPage();
  const session = await visitor.context.newCDPSession(page);
  await session.send("Network.enable");
  const sizes = new Map<string, number>();
  const urls = new Map<string, string>();
  session.on("Network.requestWillBeSent", ({ requestId, request }) => urls.set(requestId, new URL(request.url).pathname));
  session.on("Network.loadingFinished", ({ requestId, encodedDataLength }) => sizes.set(urls.get(requestId) ?? requestId, encodedDataLength));
  await page.goto(`${ORIGIN}/`);
  await settled(page);
  const own = [...sizes].filter(([url]) => !url.startsWith("/v1/"));
  const sum = (parts: [string, number][]) => parts.reduce((total, [, size]) => total + size, 0);
  context.diagnostic(`first load: ${sum(own)} bytes of its own, ${sum([...sizes])} with its data, ${JSON.stringify(own)}`);
  assert.ok(own.length >= 3, "page, code and style were loaded");
  assert.ok(sum([...sizes]) < FIRST_LOAD_MAX, `${sum([...sizes])} bytes`);
  await visitor.context.close();
});

test("everything can be done with a keyboard, and the focus is seen", async () => {
  const visitor = await visit(browser, DESKTOP, "light");
  const page = await visitor.open("#/providers");
  await settled(page);
  const reached: string[] = [];
  for (let step = 0; step < 40; step += 1) {
    await page.keyboard.press("Tab");
    const { name, outline } = await page.evaluate(() => {
      const element = document.activeElement;
      return { name: `${element?.tagName} ${element?.textContent?.trim() || element?.getAttribute("aria-label") || ""}`, outline: element ? getComputedStyle(element).outlineStyle : "" };
    });
    assert.notEqual(outline, "none", `the focus is seen on ${name}`);
    reached.push(name);
  }
  for (const wanted of ["A Skip to content", "A Find compute", "A Live", "INPUT", "BUTTON Staked ↓", `A ${known.provider.name}`]) {
    assert.ok(reached.some((name) => name.startsWith(wanted)), `${wanted} among ${reached.join(", ")}`);
  }
  // The skip link leads past the navigation, Enter sorts, and a link of a row is followed.
  await page.locator("main").focus();
  await page.getByRole("button", { name: "Locked" }).focus();
  await page.keyboard.press("Enter");
  await page.locator('th[aria-sort="descending"]', { hasText: "Locked" }).waitFor();
  await page.getByRole("link", { name: known.provider.name }).first().focus();
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: known.provider.name }).waitFor();
  await visitor.context.close();
});

test("a chart is read with the arrow keys", async () => {
  const visitor = await visit(browser, DESKTOP, "light");
  const page = await visitor.open("#/network");
  await settled(page);
  const chart = page.getByRole("slider", { name: "Stake by day, FLT", exact: true });
  await chart.waitFor();
  const last = await chart.getAttribute("aria-valuetext");
  assert.match(last ?? "", /UTC: staked .*, locked behind jobs/);
  await chart.focus();
  await page.keyboard.press("Home");
  const first = await chart.getAttribute("aria-valuetext");
  assert.notEqual(first, last);
  await page.keyboard.press("ArrowRight");
  assert.notEqual(await chart.getAttribute("aria-valuetext"), first);
  await page.keyboard.press("End");
  assert.equal(await chart.getAttribute("aria-valuetext"), last);
  await visitor.context.close();
});

test("numbers are exact on hover, and addresses are copied whole", async () => {
  const visitor = await visit(browser, DESKTOP, "light");
  await visitor.context.grantPermissions(["clipboard-read", "clipboard-write"]);
  const page = await visitor.open(`#/deals/${known.largest}`);
  await settled(page);
  const deal = await api(`/v1/deals/${known.largest}`);
  assert.equal(await page.locator(`data[value="${deal.locked_flt}"]`).first().getAttribute("title"), `${Number.parseInt(deal.locked_flt, 10).toLocaleString("en-US")}${deal.locked_flt.replace(/^\d+/, "")} FLT`);
  await page.getByRole("button", { name: `Copy ${deal.customer}` }).first().click();
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), deal.customer);
  await visitor.context.close();
});
