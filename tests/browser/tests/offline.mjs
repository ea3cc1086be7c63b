/** The installed page: without its server, with damaged files, with a new version, with files from the system. */
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { SiteServer } from "../server.mjs";

/** The first half, as the service worker has it. */
const sha256 = (/** @type {Buffer} */ bytes) => createHash("sha256").update(bytes).digest("hex").slice(0, 32);

/** What the service worker of a site keeps. @param {string} site @returns {Promise<{ id: string, files: Record<string, string> }>} */
export async function build(site) {
  const text = await readFile(join(site, "sw.js"), "utf8");
  const [, id = "", files = ""] = /const BUILD = \{ id: "(\w+)", files: (\{.*\}) \};/.exec(text) ?? [];
  /** @type {[string, string][]} */
  const entries = Object.entries(JSON.parse(files));
  return { id, files: Object.fromEntries(entries.sort(([a], [b]) => (a < b ? -1 : 1))) };
}

/** The same site built from other sources: what changes in it, its service worker included. @param {string} site @param {Record<string, (text: string) => string>} edits */
export async function rebuilt(site, edits) {
  const { id, files } = await build(site);
  /** @type {Record<string, (bytes: Buffer) => Buffer>} */
  const changes = {};
  let worker = await readFile(join(site, "sw.js"), "utf8");
  for (const [file, edit] of Object.entries(edits)) {
    const bytes = Buffer.from(edit(await readFile(join(site, file), "utf8")));
    changes[file] = () => bytes;
    worker = worker.replace(files[file] ?? "", sha256(bytes));
  }
  worker = worker.replace(`id: "${id}"`, `id: "${id.split("").reverse().join("")}"`);
  changes["sw.js"] = () => Buffer.from(worker);
  return changes;
}

/** The page with a server of its own, controlled by its service worker. @param {import("../context.mjs").Context} t @param {{ hash?: string, changes?: Record<string, (bytes: Buffer) => Buffer | null>, fresh?: (page: import("puppeteer-core").Page) => Promise<unknown> }} [options] */
export async function installed(t, { hash = "", changes, fresh } = {}) {
  const server = new SiteServer(t.site);
  await server.start();
  t.later(() => server.close());
  const page = await t.open({ hash, server, changes, app: true });
  await t.until(page, () => navigator.serviceWorker.getRegistration().then((found) => found?.active?.state === "activated"), "the service worker");
  await fresh?.(page);
  await page.reload();
  await t.until(page, () => navigator.serviceWorker.controller !== null, "the page under its service worker");
  return { server, page };
}

/** Waits for the engine after a reload. @param {import("../context.mjs").Context} t @param {import("puppeteer-core").Page} page */
export const engine = (t, page) => t.until(page, () => /** @type {any} */ (globalThis).easel.then((/** @type {any} */ easel) => easel.adapter !== null), "the engine");

/** Stylizes the sample and a picture of the visitor's; the hashes of both results. @param {import("puppeteer-core").Page} page @param {string} picture base64 */
export const stylized = (page, picture) =>
  page.evaluate(async (picture) => {
    const { lab } = globalThis;
    const inputs = await lab.samples(64);
    const dropped = new File([Uint8Array.from(atob(picture), (c) => c.charCodeAt(0))], "mine.png", { type: "image/png" });
    const hashes = [];
    for (const content of [inputs.content, dropped]) {
      const log = await lab.begin({ size: 64, steps: 4, coarsest: 0 }, { ...inputs, content });
      await log.run.done;
      const png = await log.run.image({ type: "image/png" });
      const digest = await crypto.subtle.digest("SHA-256", await png.arrayBuffer());
      hashes.push([...new Uint8Array(digest)].map((b) => b.toString(16)).join(""));
    }
    return hashes;
  }, picture);

/** The hashes of all files that the page gets now. @param {import("puppeteer-core").Page} page @param {string[]} paths */
const served = (page, paths) =>
  page.evaluate(async (paths) => {
    /** @type {Record<string, string>} */
    const found = {};
    await Promise.all(paths.map(async (path) => {
      const response = await fetch(new URL(path, document.baseURI));
      const digest = await crypto.subtle.digest("SHA-256", await response.arrayBuffer());
      found[path] = [...new Uint8Array(digest).subarray(0, 16)].map((b) => b.toString(16).padStart(2, "0")).join("");
    }));
    return Object.fromEntries(Object.entries(found).sort(([a], [b]) => (a < b ? -1 : 1)));
  }, paths);

export const offerText = () => document.querySelector("#notices .offer")?.textContent ?? "";
const toast = () => document.querySelector("#toasts")?.textContent ?? "";

export const tests = [
  {
    name: "without its server the page opens, stylizes a sample and a picture, and gives the same results",
    async run(t) {
      const picture = (await readFile(join(import.meta.dirname, "../../fixtures/plain.png"))).toString("base64");
      let online;
      const { server, page } = await installed(t, { hash: "#lang=en", fresh: async (page) => { online = await stylized(page, picture); } });
      // Nothing is to be on its way when the server goes.
      await engine(t, page);
      server.close();
      await page.reload();
      await engine(t, page);
      t.equal(await stylized(page, picture), online, "the results without the server");
      await page.click("#offline-open");
      await t.until(page, () => /opens without a network/.test(document.querySelector("#offline-state")?.textContent ?? ""), "the word that it works offline");
      await t.until(page, () => document.querySelector("#offline-models li") !== null, "the list of networks");
      const models = await page.$$eval("#offline-models li", (all) => all.map((each) => each.textContent));
      // What was used is there; the starts of the lab were not.
      t.assert(models.some((text) => /^features.*on this device/.test(text?.trim() ?? "")), `the networks: ${models}`);
    },
  },
  {
    name: "a new version waits for the run and for the visitor, and goes back as well; nothing is mixed or fetched twice",
    async run(t) {
      const { files } = await build(t.site);
      const changes = await rebuilt(t.site, { "text/en.js": (text) => text.replace('title: "Easel', 'title: "New Easel') });
      const newFiles = { ...files, "text/en.js": sha256(/** @type {any} */ (changes)["text/en.js"]()) };
      /** @type {Record<string, (bytes: Buffer) => Buffer | null>} */
      const deployed = {};
      const { server, page } = await installed(t, { hash: "#lang=en&size=64&steps=10000&coarsest=0", changes: deployed });
      await engine(t, page);
      await t.until(page, () => !(/** @type {HTMLButtonElement} */ (document.querySelector("#start"))).disabled, "the start button");
      await page.click("#start");
      await t.until(page, () => /Step [2-9]/.test(document.querySelector("#doing-what")?.textContent ?? ""), "the second step");
      server.requests.length = 0;
      Object.assign(deployed, changes);
      await page.evaluate(() => navigator.serviceWorker.getRegistration().then((found) => found?.update()));
      await t.until(page, offerText, "the offer");
      t.equal(server.requests.sort(), ["sw.js", "text/en.js"], "what was fetched for the new version");
      await page.click("#notices .offer .plain");
      await t.until(page, toast, "the word that the run comes first");
      t.assert(/run finish/.test(await page.evaluate(toast)), `it says: ${await page.evaluate(toast)}`);
      t.equal(await served(page, Object.keys(files)), files, "the files that the old page gets while the new version waits");
      const [step, title] = await page.evaluate(() => [document.querySelector("#doing-what")?.textContent, document.title]);
      await t.until(page, (`(${String((/** @type {string} */ before) => document.querySelector("#doing-what")?.textContent !== before)})(${JSON.stringify(step)})`), "steps after the update came");
      t.equal(title, "Easel: turn a photo into a painting", "the title of the old version");
      await page.click("#stop");
      await t.until(page, () => document.querySelector("#stage")?.getAttribute("data-phase") === "idle", "the end of the run");
      await Promise.all([page.waitForNavigation(), page.click("#notices .offer .plain")]);
      await t.until(page, () => document.title.startsWith("New Easel"), "the new version");
      t.equal(await served(page, Object.keys(files)), newFiles, "the files of the new version");
      // And back to the one before.
      for (const file of Object.keys(changes)) delete deployed[file];
      await page.evaluate(() => navigator.serviceWorker.getRegistration().then((found) => found?.update()));
      await t.until(page, offerText, "the offer to go back");
      await Promise.all([page.waitForNavigation(), page.click("#notices .offer .plain")]);
      await t.until(page, () => document.title.startsWith("Easel:"), "the old version");
      t.equal(await served(page, Object.keys(files)), files, "the files after going back");
    },
  },
  {
    name: "a new version that does not arrive whole is not used, and one that other tabs would mix waits",
    async run(t) {
      t.expect(/could not be loaded as this build has it|Failed to update a ServiceWorker|ServiceWorker/);
      const changes = await rebuilt(t.site, { "text/en.js": (text) => text.replace('title: "Easel', 'title: "New Easel') });
      /** @type {Record<string, (bytes: Buffer) => Buffer | null>} */
      const deployed = {};
      const { page } = await installed(t, { hash: "#lang=en", changes: deployed });
      // Half a deployment: the new service worker, but an old file.
      deployed["sw.js"] = changes["sw.js"];
      const states = await page.evaluate(async () => {
        const registration = await navigator.serviceWorker.getRegistration();
        await registration?.update().catch(() => {});
        const installing = registration?.installing;
        await new Promise((done) => (installing ? installing.addEventListener("statechange", done) : done(undefined)));
        return [installing?.state ?? "redundant", (await caches.keys()).filter((name) => name.startsWith("easel-core ")).length];
      });
      t.equal(states, ["redundant", 1], "the new service worker, and how many builds are kept");
      Object.assign(deployed, changes);
      const other = await page.browserContext().newPage();
      await other.goto(page.url());
      await t.until(other, () => navigator.serviceWorker.controller !== null, "the other tab under the service worker");
      await page.bringToFront();
      await page.evaluate(() => navigator.serviceWorker.getRegistration().then((found) => found?.update()));
      await t.until(page, offerText, "the offer");
      await page.click("#notices .offer .plain");
      await t.until(page, () => /open in other tabs/.test(document.querySelector("#toasts")?.textContent ?? ""), "the word of the other tab");
      t.assert((await page.title()).startsWith("Easel:"), `the title is ${await page.title()}`);
    },
  },
  {
    name: "every stored file with a flipped bit or an end cut off is refused, named, and mended by one download",
    patience: 300_000,
    async run(t) {
      const { id, files } = await build(t.site);
      const { server, page } = await installed(t, { hash: "#lang=en" });
      await engine(t, page);
      // The service worker's own functions, as globals of the page: its events never come here.
      await page.evaluate(await readFile(join(t.site, "sw.js"), "utf8"));
      server.requests.length = 0;
      const [flips, cuts] = t.thorough ? [100, 20] : [10, 2];
      const found = await page.evaluate(async (id, files, flips, cuts) => {
        const { checked } = /** @type {any} */ (globalThis);
        const cache = await caches.open(`easel-core ${new URL("./", document.baseURI).pathname} ${id}`);
        const hash = async (/** @type {ArrayBuffer} */ bytes) => [...new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).subarray(0, 16)].map((b) => b.toString(16).padStart(2, "0")).join("");
        /** @type {string[]} */
        const named = [];
        navigator.serviceWorker.addEventListener("message", ({ data }) => data.type === "mended" && named.push(data.path));
        let state = 1;
        const random = (/** @type {number} */ below) => (state = (state * 48271) % 2147483647) % below;
        const seen = { accepted: 0, refused: 0, wrong: 0, mended: 0, left: 0 };
        for (const path of Object.keys(files)) {
          const whole = await (/** @type {Response} */ (await cache.match(path))).arrayBuffer();
          if (await checked(path, new Response(whole))) seen.accepted += 1;
          const bytes = new Uint8Array(whole);
          for (let round = 0; round < flips + cuts; round += 1) {
            const at = random(bytes.length);
            const bit = 1 << random(8);
            let damaged = bytes;
            if (round < flips) bytes[at] ^= bit;
            else damaged = bytes.subarray(0, at);
            if ((await checked(path, new Response(damaged))) === null) seen.refused += 1;
            // Three of them all the way, from the cache to the page.
            if (round === 0 || round === flips / 2 || round === flips + cuts / 2) {
              await cache.put(path, new Response(damaged, { headers: { "content-type": "text/plain" } }));
              const response = await fetch(new URL(path, document.baseURI));
              if ((await hash(await response.arrayBuffer())) === files[path]) seen.mended += 1;
              else seen.wrong += 1;
              const kept = await (/** @type {Response} */ (await cache.match(path))).arrayBuffer();
              if ((await hash(kept)) !== files[path]) seen.left += 1;
            }
            if (round < flips) bytes[at] ^= bit;
          }
        }
        return { ...seen, named };
      }, id, files, flips, cuts);
      const all = Object.keys(files).length;
      t.equal([found.accepted, found.refused], [all, (flips + cuts) * all], "whole files accepted, and damages refused");
      t.equal([found.mended, found.wrong, found.left, found.named.length, server.requests.filter((path) => Object.hasOwn(files, path)).length], [3 * all, 0, 0, 3 * all, 3 * all], "files mended, served wrong, left damaged; names told, downloads");
      t.equal([...new Set(found.named)].sort(), Object.keys(files), "the files named");
      t.said = `${found.refused} damages of ${all} files`;
    },
  },
  {
    name: "damaged stored weights are refused, named, and mended by one download",
    patience: 240_000,
    async run(t) {
      const { server, page } = await installed(t, { hash: "#lang=en" });
      await engine(t, page);
      const [flips, cuts] = t.thorough ? [100, 20] : [10, 2];
      const all = flips + cuts;
      const found = await page.evaluate(async (flips, all) => {
        const { load } = await import(new URL("offline/models.js", document.baseURI).href);
        const easel = await /** @type {any} */ (globalThis).easel;
        const cache = await caches.open("easel-weights");
        const hash = async (/** @type {Uint8Array<ArrayBuffer>} */ bytes) => [...new Uint8Array(await crypto.subtle.digest("SHA-256", bytes))].map((b) => b.toString(16).padStart(2, "0")).join("");
        let state = 1;
        const random = (/** @type {number} */ below) => (state = (state * 48271) % 2147483647) % below;
        /** @type {string[]} */
        const named = [];
        let wrong = 0;
        let fromDevice = 0;
        for (const model of easel.models) {
          const whole = await load(model, () => {}, () => {});
          const address = new URL(`weights/${model.sha256}`, document.baseURI).href;
          for (let round = 0; round < all; round += 1) {
            const bytes = whole.slice(0, round < flips ? whole.length : random(whole.length));
            if (round < flips) bytes[random(bytes.length)] ^= 1 << random(8);
            await cache.put(address, new Response(bytes));
            const got = await load(model, (/** @type {number} */ _d, /** @type {number} */ _t, /** @type {boolean} */ stored) => { if (stored) wrong += 1; }, (/** @type {string} */ file) => named.push(file));
            if ((await hash(got)) !== model.sha256) wrong += 1;
          }
          await load(model, (/** @type {number} */ _d, /** @type {number} */ _t, /** @type {boolean} */ stored) => { if (stored) fromDevice += 1; }, () => { wrong += 1; });
        }
        // And through a run: the engine's worker reads a damaged file.
        const [model] = easel.models;
        const address = new URL(`weights/${model.sha256}`, document.baseURI).href;
        await cache.put(address, new Response(new Uint8Array(100)));
        // The page's word is there for some seconds; a run may take longer.
        const told = new Promise((done) => easel.addEventListener("mended", (/** @type {CustomEvent} */ event) => setTimeout(() => done([event.detail, document.querySelector("#toasts")?.textContent ?? ""])), { once: true }));
        await easel.run({ job: "gatys", size: 32, steps: 1, coarsest: 0, network: model.id }, await globalThis.lab.samples(32)).done;
        const [file, said] = await told;
        return { wrong, fromDevice, named, models: easel.models.map((/** @type {any} */ each) => each.file), told: file, said };
      }, flips, all);
      t.equal(found.wrong, 0, "damaged weights that were used");
      t.equal([found.named.length, found.fromDevice, found.told], [all * found.models.length, found.models.length, found.models[0]], "names told, mended files read from the device, the name told by the run");
      t.equal([...new Set(found.named)], found.models, "the files named");
      t.assert(/has been fetched again/.test(found.said), `the page says ${found.said}`);
      const downloads = server.requests.filter((path) => path.startsWith("weights/")).length;
      t.assert(downloads <= (all + 1) * found.models.length + 1, `${downloads} downloads`);
      t.said = `${found.named.length} damages`;
    },
  },
  {
    name: "a stored file that is damaged while there is no server is refused by its name",
    async run(t) {
      t.expect(/503/);
      const { id } = await build(t.site);
      const { server, page } = await installed(t, { hash: "#lang=en" });
      await engine(t, page);
      server.close();
      const answer = await page.evaluate(async (id) => {
        const cache = await caches.open(`easel-core ${new URL("./", document.baseURI).pathname} ${id}`);
        await cache.put("worker.js", new Response("postMessage('evil')", { headers: { "content-type": "text/javascript" } }));
        const response = await fetch(new URL("worker.js", document.baseURI));
        return [response.status, await response.text()];
      }, id);
      t.equal(answer[0], 503, "the status");
      t.assert(String(answer[1]).includes("worker.js"), `it says ${answer[1]}`);
      await t.until(page, () => /worker\.js/.test(document.querySelector("#notices [data-code='file-damaged']")?.textContent ?? ""), "the page's word of it");
    },
  },
];
