// The console in a browser against a demo: what people come for, as tenant and as operator, and what no page may do.
import assert from "node:assert/strict";
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { open, PATIENCE_MS, program, rest, seriousOf, signIn, startBrowser, startDemo } from "./world.mjs";

/** All that a visitor of every page loads, packed. */
const BUNDLE_BYTES_MAX = 900_000;
const TENANT_PAGES = ["", "cards", "multi", "pools", "plans", "orders", "sms", "tags", "attributes", "policies", "files", "keys"];
const OPERATOR_PAGES = ["", "operator/accounts", "operator/orders", "operator/purchases", "operator/carriers", "operator/jobs", "operator/usage", "operator/sandbox"];

let demo, browser, api;
before(async () => {
  demo = await startDemo();
  browser = await startBrowser();
  api = await program(demo.origin, demo.demo);
});
after(async () => {
  await browser?.close();
  await demo?.stop();
});

/** A signed-in page; after the test it must have done nothing forbidden. */
async function visit(context, person, options) {
  const visitor = await open(browser, demo.origin, options);
  context.after(() => visitor.context.close());
  await signIn(visitor.page, person);
  return visitor;
}

/** Cards of the demo in use that can be stopped: physical, of one network. */
async function cardInUse() {
  const { sim_cards } = await api("/v1/sim-cards?sim_status=20&sim_type=3&limit=50");
  return sim_cards[Math.floor(sim_cards.length / 2)];
}

const rows = (page) => page.locator("tbody tr.ant-table-row");

test("the bundle is small", () => {
  // Shows that everything together, packed as browsers get it, stays below the limit.
  const assets = fileURLToPath(new URL("../dist/assets", import.meta.url));
  const files = readdirSync(assets).filter((name) => name.endsWith(".gz"));
  const bytes = files.reduce((sum, name) => sum + statSync(join(assets, name)).size, 0);
  console.log(`bundle: ${Math.round(bytes / 1000)} kB in gzip, ${files.length} files`);
  assert.ok(files.length > 10 && bytes <= BUNDLE_BYTES_MAX, `${bytes} bytes`);
});

test("people sign in and out", async (context) => {
  // Shows a wrong password refused in words, a session beside the program's token, its cookie out of scripts' reach,
  // and its end by signing out.
  const { page, faults, context: visitor } = await open(browser, demo.origin);
  context.after(() => visitor.close());
  await page.goto("/console/cards");
  await page.locator("#domain").fill("demo");
  await page.locator("#user").fill(demo.demo.user);
  await page.locator("#password").fill("not the password");
  await page.locator("button[type=submit]").click();
  await page.getByText("user name or password is wrong").waitFor();
  await page.locator("#password").fill(demo.demo.password);
  await page.locator("button[type=submit]").click();
  await page.getByRole("heading", { name: "Cards", exact: true }).waitFor();
  const [cookie] = await visitor.cookies();
  assert.deepEqual([cookie.name, cookie.httpOnly, cookie.sameSite], ["simlink_session", true, "Strict"]);
  assert.equal((await api("/v1/sim-cards?limit=10")).limit, 10, "the program's token is still good");
  await page.getByRole("button", { name: demo.demo.user }).click();
  await page.getByRole("menuitem", { name: "Sign out" }).click();
  await page.locator("#domain").waitFor();
  assert.equal((await visitor.cookies()).length, 0);
  assert.deepEqual(faults, []);
});

test("a card is found by its ICCID", async (context) => {
  // Shows the one card of an ICCID in the list, and its page with what the API says of it.
  const card = await cardInUse();
  const { page, faults } = await visit(context, demo.demo);
  await page.getByRole("link", { name: "Cards", exact: true }).first().click();
  await page.getByRole("searchbox", { name: "ICCID or container id" }).fill(card.iccid);
  await page.keyboard.press("Enter");
  await page.waitForURL(/find=/);
  await rest(page);
  assert.equal(await rows(page).count(), 1);
  await page.getByRole("link", { name: card.iccid }).click();
  await page.getByRole("heading", { name: `Card ${card.iccid}` }).waitFor();
  await page.getByText(card.cid, { exact: true }).first().waitFor();
  await rest(page);
  assert.deepEqual(faults, []);
});

test("the list filters, sorts and pages by the address", async (context) => {
  // Shows that state, sort and page chosen by hand show the rows that the API answers to the same, and that the address
  // alone shows them again.
  const { page, faults } = await visit(context, demo.demo);
  await page.goto("/console/cards");
  await rest(page);
  await page.getByRole("combobox", { name: "State" }).click();
  await page.locator(".ant-select-item-option", { hasText: "Stopped" }).click();
  await page.waitForURL(/sim_status=14/);
  await page.getByRole("columnheader", { name: "Used" }).click();
  await page.waitForURL(/sort=flow_used/);
  await page.getByRole("columnheader", { name: "Used" }).click();
  await page.waitForURL(/order=desc/);
  await page.getByRole("listitem", { name: "2" }).click();
  await page.waitForURL(/page=2/);
  await rest(page);
  const { sim_cards, count } = await api("/v1/sim-cards?sim_status=14&sort=flow_used&order=desc&limit=20&offset=2");
  const expected = sim_cards.map((card) => card.iccid);
  const shown = async () => rows(page).locator("td a.code").allInnerTexts();
  assert.deepEqual(await shown(), expected);
  await page.reload();
  await rest(page);
  assert.deepEqual(await shown(), expected);
  await page.getByText(`21–40 of ${new Intl.NumberFormat("en-GB").format(count)}`).waitFor();
  assert.deepEqual(faults, []);
});

test("a card is stopped and its end watched", async (context) => {
  // Shows the confirmation, the order live until it is done, the card stopped, and the console as the order's source.
  const card = await cardInUse();
  const { page, faults } = await visit(context, demo.demo);
  await page.goto(`/console/cards/${card.sim_card_id}`);
  await page.getByRole("button", { name: "Stop", exact: true }).click();
  await page.getByRole("button", { name: "Do it" }).click();
  await page.locator('[data-testid="order-state"][data-status="4"]').waitFor();
  await page.getByRole("link", { name: "Open the work order" }).click();
  await page.waitForURL(/\/orders\/\d+/);
  const id = page.url().split("/").pop();
  await rest(page);
  const { work_orders } = await api(`/v1/work-orders?main_search_key=${id}`);
  assert.deepEqual([work_orders[0].work_order_source, work_orders[0].success_count], [2, 1]);
  assert.equal((await api(`/v1/sim-cards/${card.sim_card_id}`)).sim_status, 14);
  await page.goto(`/console/cards/${card.sim_card_id}`);
  await page.getByRole("button", { name: "Resume", exact: true }).waitFor();
  assert.deepEqual(faults, []);
});

test("all cards of a filter are stopped by one order that is foreseen", async (context) => {
  // Shows what a stop of all cards with a tag would come to, the order carried out for those that permit it, and why the
  // others failed; and on the page of one that is stopped, why it is down.
  const { sim_cards } = await api("/v1/sim-cards?sim_status=20&sim_type=3&limit=50&offset=3");
  const idle = await api("/v1/sim-cards?sim_status=11&limit=10");
  const chosen = [...sim_cards.slice(0, 5), ...idle.sim_cards.slice(0, 2)].map((card) => card.sim_card_id);
  const json = (body) => ({ method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
  const { id } = await api("/v1/tags", json({ tag_name: "foreseen" }));
  await api("/v1/sim-tags/batch-set", json({ sim_card_ids: chosen, tag_ids: [id] }));
  const { page, faults } = await visit(context, demo.demo);
  await page.goto(`/console/cards?tag_id=${id}`);
  await page.getByRole("button", { name: "With all 7 that match" }).click();
  await page.getByRole("menuitem", { name: "Stop" }).click();
  await page.getByText("5 of 7 cards permit it now").waitFor();
  await page.getByRole("button", { name: "Do it" }).click();
  await page.locator('[data-testid="order-state"][data-status="4"]').waitFor();
  await page.getByRole("link", { name: "Open the work order" }).click();
  await page.getByRole("heading", { name: "Why cards failed" }).waitFor();
  await page.getByRole("button", { name: "Try the failed ones again" }).waitFor();
  await page.goto(`/console/cards/${chosen[0]}`);
  await page.locator(".ant-card", { hasText: "Diagnosis" }).getByText("Down", { exact: true }).waitFor();
  await rest(page);
  assert.deepEqual(faults, []);
});

test("five hundred cards get a tag at once", async (context) => {
  // Shows the choice of the first 500 that match, the dialog, and that the API finds all of them by the tag.
  const name = `console-${Date.now()}`;
  const { page, faults } = await visit(context, demo.demo);
  await page.goto("/console/tags");
  await page.getByRole("button", { name: "New tag" }).click();
  await page.locator("#tag_name").fill(name);
  await page.getByRole("button", { name: "Create" }).click();
  await page.getByText("The tag is made").waitFor();
  await page.goto("/console/cards?sim_status=20");
  await rest(page);
  await page.getByRole("button", { name: "Select the first 500 that match" }).click();
  await page.getByText("500 selected").waitFor();
  await page.getByRole("button", { name: "Set tags" }).click();
  await page.getByRole("combobox", { name: "Tags (at most 10)" }).fill(name);
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("The tags of 500 cards are set").waitFor();
  const { tags } = await api(`/v1/tags?tag_name=${name}`);
  assert.equal((await api(`/v1/sim-cards?tag_id=${tags[0].id}`)).count, 500);
  assert.deepEqual(faults, []);
});

test("a list that cannot be read is refused in words", async (context) => {
  // Shows a good list accepted with its number, and one without a column that names cards refused with the reason.
  const card = await cardInUse();
  const { page, faults } = await visit(context, demo.demo);
  await page.goto("/console/files");
  const drop = (name, text) => page.locator("input[type=file]").setInputFiles({ name, mimeType: "text/csv", buffer: Buffer.from(text) });
  await drop("good.csv", `iccid\n${card.iccid}\n`);
  await page.getByText("The list has 1 cards").waitFor();
  await drop("bad.csv", "colour\nred\n");
  await page.locator(".ant-alert-error").waitFor();
  assert.deepEqual(faults, []);
});

test("a usage file with errors is read line by line", async (context) => {
  // Shows the operator the bad lines of a file of which nothing is applied, and a good one applied.
  const card = await cardInUse();
  const { page, faults } = await visit(context, demo.operator);
  await page.goto("/console/operator/usage");
  const now = (await api("/v1/sim-cards?limit=10"), new Date(Date.now() - 2 * 86_400_000));
  const date = now.toISOString().slice(0, 10).replaceAll("-", "");
  const drop = (name, lines) => page.locator("input[type=file]").setInputFiles({ name, mimeType: "text/csv", buffer: Buffer.from(`iccid,date,mb\n${lines.join("\n")}\n`) });
  await drop("bad.csv", [`${card.iccid},${date},1`, `${card.iccid},yesterday,2`, `8986999999999999999,${date},3`]);
  await page.getByText("Nothing was applied: 2 bad lines").waitFor();
  assert.equal(await rows(page).count(), 2);
  assert.deepEqual(await rows(page).locator("td:first-child").allInnerTexts(), ["3", "4"]);
  await drop("good.csv", [`${card.iccid},${date},12.5`]);
  await page.getByText("1 lines are applied").waitFor();
  assert.deepEqual(faults, []);
});

test("the language is the viewer's choice", async (context) => {
  // Shows the switch to Chinese, kept over a reload, and the server's own words in it.
  const { sim_cards } = await api("/v1/sim-cards?sim_status=20&sim_type=3&limit=10&offset=30");
  await api(`/v1/sim-cards/${sim_cards[0].sim_card_id}/stop`, { method: "POST" });
  const { page, faults } = await visit(context, demo.demo);
  await page.getByRole("button", { name: "中文" }).click();
  await page.getByRole("heading", { name: "总览" }).waitFor();
  await page.reload();
  await page.getByRole("heading", { name: "总览" }).waitFor();
  assert.equal(await page.locator("html").getAttribute("lang"), "zh-CN");
  await page.goto("/console/orders");
  await page.getByText("用户操作生成").first().waitFor();
  await page.getByRole("button", { name: "English" }).click();
  await page.getByRole("heading", { name: "Work orders" }).waitFor();
  assert.deepEqual(faults, []);
});

test("the operator approves an order and makes an account", async (context) => {
  // Shows an order that waits for approval, the operator's word on it among the orders of all accounts and its end; and
  // the secrets of a new account shown once.
  const as = await program(demo.origin, demo.operator);
  const json = (method, body) => ({ method, headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
  await as("/ops/v1/accounts/demo", json("PUT", { reviewed_types: [5] }));
  const { sim_cards } = await api("/v1/sim-cards?sim_status=20&sim_type=3&limit=10&offset=40");
  const { work_order_id } = await api(`/v1/sim-cards/${sim_cards[0].sim_card_id}/stop`, json("POST", {}));
  await as("/ops/v1/accounts/demo", json("PUT", { reviewed_types: [] }));
  const { page, faults } = await visit(context, demo.operator);
  await page.goto("/console/operator/orders?status=1");
  const row = rows(page).filter({ hasText: String(work_order_id) });
  await row.getByRole("button", { name: "Approve" }).click();
  await page.getByText("The order is approved").waitFor();
  await page.goto(`/console/operator/orders?id=${work_order_id}`);
  await row.getByText("Done").waitFor();
  await page.goto("/console/operator/accounts");
  await page.getByRole("button", { name: "New account" }).click();
  await page.locator("#name").fill("made-by-hand");
  await page.getByRole("button", { name: "Create" }).click();
  await page.getByText("Keep these now").waitFor();
  await page.getByRole("button", { name: "Close" }).last().click();
  await rows(page).filter({ hasText: "made-by-hand" }).waitFor();
  assert.deepEqual(faults, []);
});

test("the operator moves the clock and breaks a carrier", async (context) => {
  // Shows the clock an hour further, a carrier taken down by its knob and shown so, and settling.
  const { page, faults } = await visit(context, demo.operator);
  await page.goto("/console/operator/sandbox");
  const as = await program(demo.origin, demo.operator);
  const { now_ms } = await as("/ops/v1/sandbox/clock");
  await page.getByRole("button", { name: "1 hour" }).click();
  await page.getByText("The clock stands at").first().waitFor();
  assert.ok((await as("/ops/v1/sandbox/clock")).now_ms >= now_ms + 3_600_000);
  const { carriers } = await as("/ops/v1/sandbox/carriers");
  const panel = page.locator(".ant-card").filter({ has: page.getByText(carriers[0].name, { exact: true }) }).last();
  await panel.getByRole("switch").click();
  await panel.getByRole("button", { name: "Apply" }).click();
  await page.getByText(`${carriers[0].name} is set`).waitFor();
  assert.equal((await as("/ops/v1/sandbox/carriers")).carriers[0].down, true);
  await panel.getByRole("switch").click();
  await panel.getByRole("button", { name: "Apply" }).click();
  await page.getByText("Healthy").first().waitFor();
  await page.getByRole("button", { name: "Settle" }).click();
  await page.getByText(/Settled: \d+ jobs/).waitFor();
  assert.deepEqual(faults, []);
});

for (const dark of [false, true]) {
  test(`every page is fit for everybody, ${dark ? "dark" : "light"}`, { timeout: 10 * PATIENCE_MS }, async (context) => {
    // Shows for each page, as tenant and as operator, in the language and colours of the turn: nothing serious by axe,
    // no error in the browser's console, and no request to anybody else.
    const language = dark ? "zh" : "en";
    const card = await cardInUse();
    const { work_orders } = await api("/v1/work-orders");
    const tenant = [...TENANT_PAGES, `cards/${card.sim_card_id}`, ...work_orders.slice(0, 1).map(({ id }) => `orders/${id}`), "cards?sim_type=2", "pools?tab=back"];
    for (const [person, pages] of [[demo.demo, tenant], [demo.operator, OPERATOR_PAGES]]) {
      const { page, faults } = await visit(context, person, { dark, language });
      for (const path of pages) {
        await page.goto(`/console/${path}`);
        await page.locator("h1").waitFor();
        await rest(page);
        assert.deepEqual(await seriousOf(page), [], `/console/${path}`);
        assert.deepEqual(faults, [], `/console/${path}`);
      }
    }
    const stranger = await open(browser, demo.origin, { dark, language });
    context.after(() => stranger.context.close());
    await stranger.page.goto("/console/");
    await stranger.page.locator("#domain").waitFor();
    assert.deepEqual(await seriousOf(stranger.page), [], "signing in");
  });
}

test("a phone shows the main views", async (context) => {
  // Shows that at 390 pixels no page is wider than the screen, and that the menu opens.
  const { context: visitor, page, faults } = await open(browser, demo.origin, { width: 390, height: 844 });
  context.after(() => visitor.close());
  await page.goto("/console/");
  await page.locator("#domain").fill("demo");
  await page.locator("#user").fill(demo.demo.user);
  await page.locator("#password").fill(demo.demo.password);
  await page.locator("button[type=submit]").click();
  await page.getByRole("heading", { name: "Overview" }).waitFor();
  const card = await cardInUse();
  for (const path of ["", "cards", `cards/${card.sim_card_id}`, "orders"]) {
    await page.goto(`/console/${path}`);
    await page.locator("h1").waitFor();
    await rest(page);
    const width = await page.evaluate(() => document.documentElement.scrollWidth);
    assert.ok(width <= 390, `/console/${path} is ${width} pixels wide`);
  }
  await page.getByRole("button", { name: "Open the menu" }).click();
  await page.getByRole("link", { name: "Tags" }).click();
  await page.getByRole("heading", { name: "Tags" }).waitFor();
  assert.deepEqual(faults, []);
});
