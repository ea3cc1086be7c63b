/** What else may lie around the installed page: another copy of it, a page of somebody else's, a first visit, a damaged script. */
import { build, engine, installed, offerText, rebuilt, stylized } from "./offline.mjs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";

const active = () => navigator.serviceWorker.getRegistration().then((found) => found?.active?.state === "activated");

export const tests = [
  {
    name: "two copies of the page on one origin leave each other's files alone",
    async run(t) {
      t.expect(/503/);
      const { server, page } = await installed(t, { hash: "#lang=en" });
      const changes = await rebuilt(t.site, { "text/en.js": (text) => text.replace('title: "Easel', 'title: "New Easel') });
      const other = await page.browserContext().newPage();
      await other.goto(new URL(server.folder(changes), page.url()).href);
      await t.until(other, active, "the service worker of the other copy");
      await other.close();
      server.close();
      await page.reload();
      await engine(t, page);
      t.equal(await page.title(), "Easel: turn a photo into a painting", "the title");
    },
  },
  {
    name: "one visit without a run is enough to stylize without a network",
    async run(t) {
      const picture = (await readFile(join(import.meta.dirname, "../../fixtures/plain.png"))).toString("base64");
      const { server, page } = await installed(t, { hash: "#lang=en" });
      await engine(t, page);
      await t.until(page, () => caches.open("easel-weights").then((store) => store.keys()).then((kept) => kept.length > 0), "the stored network");
      server.close();
      await page.reload();
      await engine(t, page);
      t.equal((await stylized(page, picture)).length, 2, "pictures stylized");
    },
  },
  {
    name: "a page of the first visit can start its engine again without a network",
    async run(t) {
      const { SiteServer } = await import("../server.mjs");
      const server = new SiteServer(t.site);
      await server.start();
      t.later(() => server.close());
      const page = await t.open({ hash: "#lang=en", server, app: true });
      await t.until(page, active, "the service worker");
      await new Promise((done) => setTimeout(done, 1500));
      server.close();
      const found = await page.evaluate(async () => (await globalThis.easel).restart().then(() => "started", (error) => String(error)));
      t.equal(found, "started", "the engine");
    },
  },
  {
    name: "a damaged script of the page itself, without a network, is told by its name on the screen",
    async run(t) {
      t.expect(/503|Failed|error/i);
      const { id } = await build(t.site);
      const { server, page } = await installed(t, { hash: "#lang=en" });
      server.close();
      await page.evaluate(async (id) => {
        const cache = await caches.open(`easel-core ${new URL("./", document.baseURI).pathname} ${id}`);
        await cache.put("dom.js", new Response("1", { headers: { "content-type": "text/javascript" } }));
      }, id);
      await page.reload().catch(() => {});
      const end = Date.now() + 15_000;
      let text = "";
      while (!text.includes("dom.js") && Date.now() < end) {
        await new Promise((wake) => setTimeout(wake, 100));
        // The page is on its way to another.
        text = await page.evaluate(() => document.body.innerText).catch(() => "");
      }
      t.assert(text.includes("dom.js"), `the page says: ${JSON.stringify(text.slice(0, 200))}`);
      t.said = text.split("\n")[0] ?? "";
    },
  },
  {
    name: "a page of somebody else's on the same origin does not hold a new version back",
    async run(t) {
      const changes = await rebuilt(t.site, { "text/en.js": (text) => text.replace('title: "Easel', 'title: "New Easel') });
      /** @type {Record<string, (bytes: Buffer) => Buffer | null>} */
      const deployed = {};
      const { server, page } = await installed(t, { hash: "#lang=en", changes: deployed });
      const other = await page.browserContext().newPage();
      await other.goto(new URL(server.folder({ "index.html": () => Buffer.from("<!doctype html><title>other</title>") }), page.url()).href);
      await page.bringToFront();
      Object.assign(deployed, changes);
      await page.evaluate(() => navigator.serviceWorker.getRegistration().then((found) => found?.update()));
      await t.until(page, offerText, "the offer");
      await Promise.all([page.waitForNavigation({ timeout: 20_000 }), page.click("#notices .offer .plain")]);
      await t.until(page, () => document.title.startsWith("New Easel"), "the new version");
    },
  },
];
