/**
 * The built site in real browsers: `node tests/browser/run.mjs --site target/site [--only chromium] [--thorough] [filter]`.
 *
 * Runs what `tests/*.mjs` list, one after the other, each in Chromium and in Firefox. A filter keeps the tests whose
 * name (`chromium: ...`) holds it. Ends with one line, and with 1 if a test failed.
 */
import { parseArgs } from "node:util";
import { access } from "node:fs/promises";
import { join, resolve } from "node:path";
import { BROWSERS, end, launch } from "./browsers.mjs";
import { Context, Skip } from "./context.mjs";
import { SiteServer } from "./server.mjs";

// The order: what stands on its own first, and last what leaves a GPU process dead.
const FILES = ["sizes", "kernels", "gatys", "frames", "pictures", "weights", "page", "access", "gan", "offline", "install", "shell", "smooth", "trouble", "keep", "lost"];
/** How long a test may take unless it says otherwise, in ms. */
const PATIENCE = 120_000;

const { values, positionals } = parseArgs({
  options: { site: { type: "string", default: "target/site" }, only: { type: "string" }, thorough: { type: "boolean", default: false } },
  allowPositionals: true,
});
const site = resolve(values.site);
await access(join(site, "index.html")).catch(() => {
  console.error(`error: ${site} holds no site; type: cargo xtask build`);
  process.exit(2);
});

/** @typedef {{ name: string, run: (t: Context) => Promise<void>, patience?: number, browsers?: string[] }} Test */
/** @type {Test[]} */
const tests = [];
for (const file of FILES) tests.push(...(await import(`./tests/${file}.mjs`)).tests);

const count = { passed: 0, failed: 0, skipped: 0 };
/** @param {string} text */
const indented = (text) => text.replaceAll("\n", "\n    ");

/** @param {string} name @param {Test} test @param {Context} context */
async function one(name, test, context) {
  const begun = performance.now();
  const ms = () => `(${Math.round(performance.now() - begun)} ms)`;
  const patience = test.patience ?? PATIENCE;
  let timer;
  try {
    const late = new Promise((_, reject) => {
      timer = setTimeout(() => reject(new Error(`not done after ${patience} ms`)), patience);
    });
    await Promise.race([test.run(context), late]);
    context.check();
    count.passed += 1;
    console.log(`ok ${name} ${ms()}${context.said ? `: ${context.said}` : ""}`);
  } catch (error) {
    if (error instanceof Skip) {
      count.skipped += 1;
      console.log(`skipped: ${name}: ${error.message}`);
    } else {
      count.failed += 1;
      console.log(`FAIL ${name} ${ms()}\n    ${indented(error instanceof Error ? (error.stack ?? error.message) : String(error))}`);
      for (const problem of context.problems) console.log(`    the page said: ${indented(problem)}`);
    }
    context.broken = true;
  } finally {
    clearTimeout(timer);
    await context.end();
  }
}

const server = new SiteServer(site);
await server.start();
try {
  const wanted = (/** @type {string} */ name) => positionals.every((part) => name.includes(part));
  for (const test of tests.filter(({ name, browsers }) => browsers?.length === 0 && wanted(name))) {
    if (!values.only) await one(test.name, test, new Context({ site, server }));
  }
  for (const kind of BROWSERS) {
    if (values.only && values.only !== kind.name) continue;
    const mine = tests.filter(({ name, browsers }) => (browsers?.includes(kind.name) ?? true) && wanted(`${kind.name}: ${name}`));
    if (mine.length === 0) continue;
    /** @type {import("puppeteer-core").Browser} */
    let browser;
    try {
      browser = await launch(kind);
    } catch (error) {
      console.log(`FAIL ${kind.name} starts\n    ${indented(String(error))}`);
      count.failed += 1;
      continue;
    }
    console.log(`${await browser.version()}`);
    const shared = {};
    for (const test of mine) {
      await one(`${kind.name}: ${test.name}`, test, new Context({ site, server, browser, kind: kind.name, shared, thorough: values.thorough }));
    }
    await end(browser);
  }
} finally {
  server.close();
}
console.log(`${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`);
process.exit(count.failed > 0 ? 1 : 0);
