// How quick the card list is in a browser: run against a demo of as many cards as named (1,000,000).
import { open, rest, signIn, startBrowser, startDemo } from "./world.mjs";

const cards = process.argv[2] ?? "1000000";
const RUNS = 5;

const median = (figures) => [...figures].sort((one, other) => one - other)[Math.floor(figures.length / 2)];
const demo = await startDemo("--sims", cards);
const browser = await startBrowser();
try {
  const { page } = await open(browser, demo.origin);
  await signIn(page, demo.demo);
  const first = [];
  for (let run = 0; run < RUNS; run += 1) {
    const begun = performance.now();
    await page.goto("/console/cards", { waitUntil: "commit" });
    await page.locator("tbody tr.ant-table-row").first().waitFor();
    first.push(performance.now() - begun);
    await rest(page);
  }
  const changed = [];
  for (let run = 0; run < RUNS; run += 1) {
    const state = run % 2 ? "In use" : "Stopped";
    await page.getByRole("combobox", { name: "State" }).click();
    const option = page.locator(".ant-select-item-option", { hasText: state });
    await option.waitFor();
    // From the choice to the first row of the new list on the screen, measured in the page itself.
    const took = page.evaluate((word) => {
      const begun = performance.now();
      return new Promise((resolve) => {
        const look = () => {
          const cell = document.querySelector("tbody tr.ant-table-row td .status");
          const waiting = document.querySelector(".ant-spin-spinning");
          if (cell?.textContent === word && !waiting) resolve(performance.now() - begun);
          else requestAnimationFrame(look);
        };
        requestAnimationFrame(look);
      });
    }, state);
    await option.click();
    changed.push(await took);
    await rest(page);
  }
  console.log(JSON.stringify({ cards: Number(cards), first_page_ms: Math.round(median(first)), filter_change_ms: Math.round(median(changed)), first, changed }));
} finally {
  await browser.close();
  await demo.stop();
}
