/**
 * The built site in real browsers: `node tests/browser/run.mjs --site target/site [--only chromium] [--thorough] [filter]`.
 *
 * Runs what `tests/*.mjs` list, in Chromium and in Firefox at the same time, since a page waits more than it computes;
 * after that, one after the other, the tests that measure time (`alone`). A filter keeps the tests whose name
 * (`chromium: ...`) holds it. Ends with one line, and with 1 if a test failed.
 */
import { parseArgs } from "node:util";
import { access } from "node:fs/promises";
import { join, resolve } from "node:path";
import { BROWSERS, end, launch } from "./browsers.mjs";
import { Context, Skip } from "./context.mjs";
import { SiteServer } from "./server.mjs";

// The order: what stands on its own first, and last what leaves a GPU process dead.
const FILES = ["sizes", "kernels", "gatys", "frames", "pictures", "weights", "page", "access", "gan", "walk", "translate", "cycle", "apply", "grow", "stack", "paint", "offline", "install", "shell", "smooth", "trouble", "keep", "lost"];
/** How long a test may take unless it says otherwise, in ms. */
const PATIENCE = 180_000;

const { values, positionals } = parseArgs({
  options: { site: { type: "string", default: "target/site" }, only: { type: "string" }, thorough: { type: "boolean", default: false } },
  allowPositionals: true,
});
const site = resolve(values.site);
await access(join(site, "index.html")).catch(() => {
  console.error(`error: ${site} holds no site; type: cargo xtask build`);
  process.exit(2);
});

/** @typedef {{ name: string, run: (t: Context) => Promise<void>, patience?: number, browsers?: string[], alone?: boolean, thorough?: boolean }} Test */
/** @type {Test[]} */
const tests = [];
for (const file of FILES) tests.push(...(await import(`./tests/${file}.mjs`)).tests.filter((/** @type {Test} */ { thorough }) => !thorough || values.thorough));

const count = { passed: 0, failed: 0, skipped: 0 };
/** @param {string} text */
const indented = (text) => text.replaceAll("\n", "\n    ");

/**
 * Whether it is over: a test during which the browser itself died, which a page cannot be blamed for, is run once more.
 * @param {string} name @param {Test} test @param {Context} context @param {boolean} again
 */
async function one(name, test, context, again) {
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
    if (context.browser?.connected === false && !again) {
      console.log(`the browser died: ${name} ${ms()}, and is run once more`);
      return false;
    }
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
  return true;
}

/** @param {string} name */
const wanted = (name) => positionals.every((part) => name.includes(part));

/** Runs tests one after the other. @param {Test[]} some @param {string} before their names @param {() => Promise<ConstructorParameters<typeof Context>[0]>} parts */
async function each(some, before, parts) {
  for (const test of some) {
    const name = before + test.name;
    (await one(name, test, new Context(await parts()), false)) || (await one(name, test, new Context(await parts()), true));
  }
}

/** @type {{ close: () => unknown }[]} */
const opened = [];
async function serve() {
  const server = new SiteServer(site);
  await server.start();
  opened.push(server);
  return server;
}

/** A browser with what it is to do; null if there is nothing, or it does not start. @param {typeof BROWSERS[number]} kind */
async function prepared(kind) {
  const mine = tests.filter(({ name, browsers }) => (browsers?.includes(kind.name) ?? true) && wanted(`${kind.name}: ${name}`));
  if (mine.length === 0 || (values.only && values.only !== kind.name)) return null;
  try {
    let browser = await launch(kind);
    opened.push({ close: () => end(browser) });
    console.log(await browser.version());
    const server = await serve();
    /** @type {Record<string, import("puppeteer-core").Page>} */
    let shared = {};
    const parts = async () => {
      if (!browser.connected) {
        const { exitCode, signalCode } = browser.process() ?? {};
        console.log(`${kind.name} is gone (${signalCode ?? exitCode ?? "still running, but silent"}) and is started anew`);
        await end(browser);
        browser = await launch(kind);
        shared = {};
      }
      return { site, server, browser, kind: kind.name, shared, thorough: values.thorough };
    };
    /** @param {boolean} alone */
    const run = async (alone) => {
      const some = mine.filter((test) => (test.alone ?? false) === alone);
      await each(some, `${kind.name}: `, parts);
    };
    // One that has nothing left to do would still take time from the others.
    const idle = () => (mine.some(({ alone }) => alone) ? null : end(browser));
    return { run, idle };
  } catch (error) {
    console.log(`FAIL ${kind.name} starts\n    ${indented(String(error))}`);
    count.failed += 1;
    return null;
  }
}

try {
  if (!values.only) {
    const server = await serve();
    await each(tests.filter(({ name, browsers }) => browsers?.length === 0 && wanted(name)), "", async () => ({ site, server }));
  }
  const lanes = [];
  for (const kind of BROWSERS) lanes.push(await prepared(kind));
  await Promise.all(lanes.map((lane) => lane?.run(false)));
  for (const lane of lanes) await lane?.idle();
  for (const lane of lanes) await lane?.run(true);
} finally {
  for (const each of opened) await each.close();
}
console.log(`${count.passed} passed, ${count.failed} failed, ${count.skipped} skipped`);
process.exit(count.failed > 0 ? 1 : 0);
