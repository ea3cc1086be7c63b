/**
 * Easel against other engines, in one browser: `node benches/web/run.mjs --site target/bench [--rounds 5]
 * [--case NAME]... [--peers ort,tfjs,burn] [--out FILE.json]`.
 *
 * Each case first tries the variants of the peers that have several; the quickest of each then races against Easel and
 * the others, in a new browser. Prints Markdown at the end; `--out` gets every single time as well.
 * `--no-easel` leaves Easel out, and no site is needed. `--adapter any` takes the machine's own GPU instead of
 * SwiftShader. `EASEL_CHROMIUM` is the path of a browser that is not at one of the usual places.
 */
import { parseArgs } from "node:util";
import { access, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import puppeteer from "puppeteer-core";
import { serve } from "./server.mjs";
import { report } from "./table.mjs";

const HERE = fileURLToPath(new URL(".", import.meta.url));
const CASES = ["block", "resnet6", "gatys", "dcgan"];
const PEERS = ["burn", "ort", "tfjs"];
/** Those with several variants. */
const VARIED = ["ort", "tfjs"];
/** How long a page may be silent, in ms: a dozen times the longest run seen on SwiftShader. */
const PATIENCE = 600_000;

const BROWSERS = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
// Kept in step with tests/browser/browsers.mjs.
const FLAGS = ["--enable-unsafe-webgpu", "--enable-features=Vulkan"];
const SWIFTSHADER = [
  "--use-vulkan=swiftshader",
  "--use-webgpu-adapter=swiftshader",
  "--use-angle=vulkan",
  "--disable-vulkan-surface",
];

/** @param {string} words @returns {never} */
function refuse(words) {
  console.error(`error: ${words}`);
  process.exit(2);
}

const { values: options } = parseArgs({
  options: {
    site: { type: "string", default: "target/bench" },
    rounds: { type: "string", default: "5" },
    case: { type: "string", multiple: true, default: CASES },
    peers: { type: "string", default: PEERS.join() },
    "no-easel": { type: "boolean", default: false },
    adapter: { type: "string", default: "swiftshader" },
    out: { type: "string" },
  },
});
const rounds = Number(options.rounds);
if (!(Number.isInteger(rounds) && rounds > 0)) refuse(`--rounds is a number above 0, not ${options.rounds}`);
const strange = options.case.find((name) => !CASES.includes(name));
if (strange) refuse(`there is no case ${strange}; there are ${CASES.join(", ")}`);
const wanted = options.peers.split(",").filter(Boolean);
const unknown = wanted.find((name) => !PEERS.includes(name));
if (unknown) refuse(`there is no peer ${unknown}; there are ${PEERS.join(", ")}`);
const { adapter } = options;
if (!["swiftshader", "any"].includes(adapter)) refuse(`--adapter is swiftshader or any, not ${adapter}`);
if (options["no-easel"] && wanted.includes("burn")) refuse("burn comes with Easel's module: not with --no-easel");
const peers = [...(options["no-easel"] ? [] : ["easel"]), ...PEERS.filter((name) => wanted.includes(name))];
const site = resolve(options.site);
if (!options["no-easel"]) {
  await access(join(site, "easel.js")).catch(() => refuse(`${site} holds no bench; type: cargo xtask bench`));
}

/** The first of the paths that exists. */
async function browserPath() {
  const paths = process.env.EASEL_CHROMIUM ? [process.env.EASEL_CHROMIUM] : BROWSERS;
  for (const path of paths) {
    if (await access(path).then(() => true, () => false)) return path;
  }
  return refuse(`there is no Chromium (looked for ${paths.join(", ")}); install it, or set EASEL_CHROMIUM to its path`);
}

const executablePath = await browserPath();
const server = await serve({
  "/site/": site,
  "/ort/": join(HERE, "node_modules/onnxruntime-web/dist"),
  "/tfjs/tf.min.js": join(HERE, "node_modules/@tensorflow/tfjs/dist/tf.min.js"),
  "/tfjs/": join(HERE, "node_modules/@tensorflow/tfjs-backend-webgpu/dist"),
  "/": HERE,
});

/** Calls a function of the page in a browser of its own. @param {"heats" | "race"} name @param {object} parameters */
async function inBrowser(name, parameters) {
  const browser = await puppeteer.launch({
    browser: "chrome",
    executablePath,
    headless: true,
    args: [
      ...FLAGS,
      ...(adapter === "swiftshader" ? SWIFTSHADER : []),
      // The sandbox refuses to start as root, which is what a container usually is.
      ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
    ],
    // A call lasts as long as all its rounds; silence is what ends it.
    protocolTimeout: 0,
  });
  try {
    const page = await browser.newPage();
    let heard = Date.now();
    await page.exposeFunction("tell", (/** @type {string} */ words) => {
      heard = Date.now();
      console.error(`  ${words}`);
    });
    page.on("console", (message) => {
      if (message.type() === "error") console.error(`  the page: ${message.text()}`);
    });
    page.on("pageerror", (error) => console.error(`  the page: ${error instanceof Error ? error.stack : error}`));
    await page.goto(`http://127.0.0.1:${server.address().port}/bench.html`);
    await page.waitForFunction("globalThis.bench", { timeout: 30_000 });
    let timer;
    const silent = new Promise((_, late) => {
      timer = setInterval(() => Date.now() - heard > PATIENCE && late(new Error("the page has gone silent")), 1000);
    });
    const done = page.evaluate((name, parameters) => globalThis.bench[name](parameters), name, parameters);
    const result = await Promise.race([done, silent]).finally(() => clearInterval(timer));
    return { result, version: await browser.version() };
  } finally {
    const patience = new Promise((_, late) => setTimeout(() => late(new Error("late")), 10_000).unref());
    await Promise.race([browser.close(), patience]).catch(() => browser.process()?.kill("SIGKILL"));
  }
}

/** The quickest variant of each peer that has several. @param {import("./table.mjs").Heat[]} heats */
function chosen(heats) {
  const names = [];
  for (const peer of new Set(heats.map(({ peer }) => peer))) {
    const [best] = heats.filter((heat) => heat.peer === peer && heat.ms !== undefined).sort((a, b) => a.ms - b.ms);
    if (!best) throw new Error(`no variant of ${peer} works: ${heats.find((heat) => heat.peer === peer)?.error}`);
    names.push(best.name);
  }
  return names;
}

const cases = [];
let environment = {};
try {
  for (const name of options.case) {
    console.error(name);
    const varied = peers.filter((peer) => VARIED.includes(peer));
    const heats = varied.length > 0 ? (await inBrowser("heats", { name, peers: varied })).result : [];
    const names = [...peers.filter((peer) => !VARIED.includes(peer)), ...chosen(heats)];
    if (names.length === 0) throw new Error(`none of ${peers.join(", ")} can do ${name}`);
    const { result, version } = await inBrowser("race", { name, peers, names, rounds });
    environment = { browser: version, adapter: result.adapter };
    cases.push({ name, heats, contenders: result.contenders });
  }
} catch (error) {
  console.error(`error: ${error instanceof Error ? error.message : error}`);
  process.exitCode = 1;
} finally {
  server.closeAllConnections();
  server.close();
}
if (options.out) await writeFile(options.out, `${JSON.stringify({ ...environment, rounds, cases }, null, 2)}\n`);
if (cases.length > 0) {
  const { title } = cases[0].contenders[0];
  console.log(`${environment.browser} on ${environment.adapter}, ${rounds} interleaved rounds.`);
  console.log("A run goes from data on the GPU until the queue is done; counts and new buffers are those of one run.");
  console.log(`Ratios are taken round by round against ${title}. A cold start is library, load and first run.`);
  for (const { name, heats, contenders } of cases) console.log(`\n${report(name, contenders, heats)}`);
}
