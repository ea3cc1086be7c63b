/** What a test is given: pages of the site, and a record of everything that went wrong in them. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { INSECURE_HOST } from "./browsers.mjs";
import { installLab } from "./lab.mjs";

const HERE = fileURLToPath(new URL(".", import.meta.url));
export const FIXTURES = join(HERE, "../fixtures");
/** Data that is for tests and never part of the project. */
export const SHARED = join(HERE, "../../../shared/data");

/** Thrown by a test that finds something optional missing. */
export class Skip extends Error {}

/** @param {string} [value] */
const utf8 = (value) => Buffer.from(value ?? "");

export class Context {
  /** @type {string[]} */
  problems = [];
  /** Console errors that a test provokes. @type {RegExp[]} */
  #expected = [];
  /** @type {import("puppeteer-core").BrowserContext[]} */
  #opened = [];
  /** @type {(() => unknown)[]} */
  #tasks = [];
  /** A measurement, printed with the test's name. */
  said = "";
  broken = false;

  /**
   * @param {{ site: string, server: import("./server.mjs").SiteServer, browser?: import("puppeteer-core").Browser,
   *   kind?: string, shared?: Record<string, import("puppeteer-core").Page>, thorough?: boolean }} parts `shared`: pages
   *   that live as long as the browser; `thorough`: what is tried at random is tried ten times as often
   */
  constructor({ site, server, browser, kind = "", shared = {}, thorough = false }) {
    this.thorough = thorough;
    this.site = site;
    this.server = server;
    this.browser = browser;
    this.kind = kind;
    this.shared = shared;
  }

  /** @param {boolean} holds @param {string} otherwise with the number that was seen */
  assert(holds, otherwise) {
    if (!holds) throw new Error(otherwise);
  }

  /** @param {unknown} found @param {unknown} wanted @param {string} what */
  equal(found, wanted, what) {
    const [a, b] = [found, wanted].map((value) => JSON.stringify(value));
    if (a !== b) throw new Error(`${what}: ${a} instead of ${b}`);
  }

  /** @param {string} reason @returns {never} */
  skip(reason) {
    throw new Skip(reason);
  }

  /** The page is going to complain of this. @param {RegExp} complaint */
  expect(complaint) {
    this.#expected.push(complaint);
  }

  /** Fails for everything the pages complained of. */
  check() {
    const unexpected = this.problems.filter((problem) => !this.#expected.some((complaint) => complaint.test(problem)));
    if (unexpected.length > 0) throw new Error(`the page had ${unexpected.length} problems`);
  }

  /** Done after the test, however it ends. @param {() => unknown} task */
  later(task) {
    this.#tasks.push(task);
  }

  /** Close what was opened. */
  async end() {
    for (const task of this.#tasks.splice(0)) await task();
    for (const context of this.#opened.splice(0)) await context.close().catch(() => {});
    if (!this.broken) return;
    // What a failed test leaves behind is not for the next one.
    for (const [name, page] of Object.entries(this.shared)) {
      delete this.shared[name];
      await page.browserContext().close().catch(() => {});
    }
  }

  /**
   * The site in a page without any memory of earlier ones.
   * @param {{ hash?: string, prepend?: Record<string, string>, changes?: Record<string, (bytes: Buffer) => Buffer | null>,
   *   insecure?: boolean, started?: boolean, keep?: boolean, app?: boolean, server?: import("./server.mjs").SiteServer,
   *   early?: () => void }} [options] `prepend`: script before a file's own; `early` runs in the page before it;
   *   only with `app` there is a service worker;
   *   `started: false` does not wait for the engine; `keep` leaves it open after the test
   */
  async open({ hash = "", prepend = {}, changes = {}, insecure = false, started = true, keep = false, app = false, server = this.server, early } = {}) {
    if (!this.browser) throw new Error("this test has no browser");
    // The test may change what it gave while the page is open.
    const all = changes;
    for (const [file, script] of Object.entries(prepend)) all[file] = (bytes) => Buffer.concat([utf8(`${script}\n`), bytes]);
    const folder = server.folder(all);
    const origin = `http://${insecure ? INSECURE_HOST : "127.0.0.1"}:${server.port}`;
    const context = await this.browser.createBrowserContext();
    if (!keep) this.#opened.push(context);
    const page = await context.newPage();
    await page.setViewport({ width: 1280, height: 900 });
    const tell = (/** @type {string} */ problem) => (page.test ?? this).problems.push(problem);
    page.test = this;
    page.on("console", (message) => {
      if (message.type() === "error") tell(`console: ${message.text()}`);
    });
    page.on("pageerror", (error) => tell(`error: ${error instanceof Error ? error.stack : error}`));
    page.on("request", (request) => {
      const url = request.url();
      if (!/^(blob|data|about):/.test(url) && !url.startsWith(`${origin}/`)) tell(`a request left the origin: ${url}`);
    });
    page.on("workercreated", (worker) => {
      worker.on?.("console", (message) => message.type() === "error" && tell(`worker: ${message.text()}`));
    });
    await page.evaluateOnNewDocument(installLab);
    // Storing the whole site at every opening takes longer than most tests.
    if (!app) await page.evaluateOnNewDocument(() => (navigator.serviceWorker ? (navigator.serviceWorker.register = async () => Promise.reject(new Error("off in this test"))) : 0));
    if (early) await page.evaluateOnNewDocument(early);
    await page.goto(`${origin}${folder}${hash}`);
    if (started) await this.#engine(page);
    return page;
  }

  /** A page that the tests of one browser share, started once. */
  async page() {
    return this.kept("api", {});
  }

  /** As {@link open}, but opened only once. @param {string} name @param {Parameters<Context["open"]>[0]} options */
  async kept(name, options) {
    const page = (this.shared[name] ??= await this.open({ ...options, keep: true }));
    page.test = this;
    return page;
  }

  /** Waits for the engine. @param {import("puppeteer-core").Page} page */
  async #engine(page) {
    const failed = await page.evaluate(async () => {
      try {
        await globalThis.easel;
      } catch (error) {
        return globalThis.lab.plain(error);
      }
    });
    if (failed) throw new Error(`the engine did not start: ${JSON.stringify(failed)}`);
  }

  /** Wait for a condition in the page. @param {import("puppeteer-core").Page} page @param {() => unknown} condition @param {string} what @param {number} [ms] */
  async until(page, condition, what, ms = 60_000) {
    const end = Date.now() + ms;
    for (;;) {
      const value = await page.evaluate(condition);
      if (value) return value;
      if (Date.now() > end) {
        const notices = await page.evaluate(() => [...document.querySelectorAll("[data-code]")].map((each) => each.textContent));
        throw new Error(`waited ${ms} ms in vain for ${what}; notices: ${JSON.stringify(notices)}`);
      }
      await new Promise((wake) => setTimeout(wake, 50));
    }
  }

  /** The address of a fixture, for the page. @param {string} name */
  fixture(name) {
    const path = `/fixtures/${name}`;
    this.server.beside(path, () => readFile(join(FIXTURES, name)));
    return path;
  }

  /** The address of bytes made by a test, for the page. @param {string} name @param {Buffer} bytes */
  made(name, bytes) {
    const path = `/made/${name}`;
    this.server.beside(path, () => bytes);
    return path;
  }
}
