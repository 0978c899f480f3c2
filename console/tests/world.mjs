// What the tests and the pictures share: a demo of its own, a browser, and a watch over what pages do.
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const AXE = readFileSync(fileURLToPath(new URL("../node_modules/axe-core/axe.min.js", import.meta.url)), "utf8");
/** How long anything may take on a slow machine. */
export const PATIENCE_MS = 60_000;

/** A running `simlink demo` with a directory of its own, as its first line describes it. */
export async function startDemo(...options) {
  const binary = process.env.SIMLINK_TEST_BINARY;
  if (!binary || !existsSync(binary)) throw new Error("SIMLINK_TEST_BINARY names no program: cargo build -p simlink");
  const directory = mkdtempSync(join(tmpdir(), "simlink-console-"));
  const args = ["demo", "--listen", "127.0.0.1:0", "--data-dir", directory, ...options];
  const child = spawn(binary, args, { stdio: ["ignore", "pipe", "inherit"], env: { ...process.env, RUST_LOG: "error" } });
  const first = await new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).once("line", resolve);
    child.once("exit", (code) => reject(new Error(`the demo ended with ${code}`)));
  });
  const said = JSON.parse(first);
  const stop = async () => {
    const ended = new Promise((resolve) => child.once("exit", resolve));
    child.kill("SIGTERM");
    await ended;
    rmSync(directory, { recursive: true, force: true });
  };
  const account = (domain) => said.accounts.find((one) => one.domain === domain && !one.user.includes("viewer"));
  return { origin: said.endpoint, demo: account("demo"), rival: account("rival"), operator: said.operator, stop };
}

/** Debian's Chromium. */
export function startBrowser() {
  const executablePath = process.env.CHROMIUM ?? ["/usr/bin/chromium", "/usr/bin/chromium-browser"].find(existsSync);
  if (!executablePath) throw new Error("there is no chromium: scripts/setup-tests console");
  return chromium.launch({ executablePath, args: ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"] });
}

/** A person's browser: a context of its own whose pages are watched. `faults` is what no page may do. */
export async function open(browser, origin, { language = "en", dark = false, width = 1440, height = 900 } = {}) {
  const context = await browser.newContext({
    baseURL: origin,
    viewport: { width, height },
    locale: language === "zh" ? "zh-CN" : "en-GB",
    timezoneId: "Europe/Berlin",
    colorScheme: dark ? "dark" : "light",
    reducedMotion: "reduce",
  });
  context.setDefaultTimeout(PATIENCE_MS);
  const faults = [];
  const page = await context.newPage();
  page.on("console", (message) => {
    // The browser itself reports refusals that the console asks for and shows, such as a wrong password.
    const refused = /the server responded with a status of 4\d\d/.test(message.text());
    if (["error", "warning"].includes(message.type()) && !refused) faults.push(`console: ${message.text()}`);
  });
  page.on("pageerror", (error) => faults.push(`error: ${error.message}`));
  page.on("request", (request) => {
    const url = request.url();
    if (!url.startsWith(`${origin}/`) && !url.startsWith("data:")) faults.push(`left the origin: ${url}`);
  });
  return { context, page, faults };
}

export async function signIn(page, { domain, user, password }) {
  await page.goto("/console/");
  await page.locator("#domain").fill(domain);
  await page.locator("#user").fill(user);
  await page.locator("#password").fill(password);
  await page.locator("button[type=submit]").click();
  await page.locator("nav").first().waitFor();
  await rest(page);
}

/** Until the page has what it asked for. */
export async function rest(page) {
  await page.waitForLoadState("networkidle");
  for (const sign of [".ant-spin-spinning", ".awaited"]) await page.locator(sign).first().waitFor({ state: "detached" });
}

/** What axe finds serious or critical on the page, a line each. */
export async function seriousOf(page) {
  // The policy lets no script in but the console's own; the tester's comes by the debugger's door.
  await page.evaluate(AXE);
  const found = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
  const serious = found.violations.filter(({ impact }) => impact === "serious" || impact === "critical");
  return serious.flatMap(({ id, nodes }) =>
    nodes.map((node) => `${id}: ${node.target.join(" ")}: ${node.any[0]?.message ?? node.all[0]?.message ?? node.none[0]?.message ?? ""} ${node.html.slice(0, 200)}`),
  );
}

/** Asks the API as a program does, with the token of a user. */
export async function program(origin, { domain, user, password }) {
  const person = { name: user, password, domain: { name: domain } };
  const body = JSON.stringify({ auth: { identity: { methods: ["password"], password: { user: person } } } });
  const answer = await fetch(`${origin}/v3/auth/tokens`, { method: "POST", headers: { "content-type": "application/json" }, body });
  const token = answer.headers.get("x-subject-token");
  return async (path, options = {}) => {
    const found = await fetch(`${origin}${path}`, { ...options, headers: { "x-auth-token": token, ...options.headers } });
    if (!found.ok) throw new Error(`${path}: ${found.status} ${await found.text()}`);
    return found.json();
  };
}
