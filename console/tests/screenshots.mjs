// Pictures of the main pages, light and dark, for docs/console.md: small PNGs of 256 colours.
import { mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { PNG } from "pngjs";
import UPNG from "upng-js";
import { open, program, rest, signIn, startBrowser, startDemo } from "./world.mjs";

const target = fileURLToPath(new URL("../../docs/images/console/", import.meta.url));
const COLOURS = 256;

const demo = await startDemo();
const browser = await startBrowser();
try {
  mkdirSync(target, { recursive: true });
  const api = await program(demo.origin, demo.demo);
  const usedUp = await api("/v1/sim-cards?sim_status=14&sort=flow_used&order=desc&limit=10");
  const stopped = await api("/v1/sim-cards?sim_status=20&sim_type=3&limit=50");
  const order = await api("/v1/work-orders", {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ operation: "stop", sim_card_ids: stopped.sim_cards.slice(0, 40).map((card) => card.sim_card_id) }),
  });
  const tenant = [
    ["overview", ""],
    ["cards", "cards?sort=flow_used&order=desc"],
    ["card", `cards/${usedUp.sim_cards[0].sim_card_id}`],
    ["orders", "orders"],
    ["order", `orders/${order.work_order_id}`],
    ["pools", "pools"],
    ["plans", "plans"],
    ["multi", "multi"],
  ];
  const operator = [
    ["accounts", "operator/accounts"],
    ["sandbox", "operator/sandbox"],
  ];
  for (const dark of [false, true]) {
    for (const [person, pages] of [[demo.demo, tenant], [demo.operator, operator]]) {
      const { context, page } = await open(browser, demo.origin, { dark, width: 1280, height: 860 });
      await signIn(page, person);
      for (const [name, path] of pages) {
        await page.goto(`/console/${path}`);
        await page.locator("h1").waitFor();
        await rest(page);
        const picture = PNG.sync.read(await page.screenshot());
        const bytes = UPNG.encode([picture.data.buffer], picture.width, picture.height, COLOURS);
        const file = `${name}-${dark ? "dark" : "light"}.png`;
        writeFileSync(`${target}${file}`, Buffer.from(bytes));
        console.log(`${file} ${Math.round(bytes.byteLength / 1000)} kB`);
      }
      await context.close();
    }
  }
} finally {
  await browser.close();
  await demo.stop();
}
