/** A GPU that goes away while working. */

const HASH = "#size=64&steps=10000&coarsest=0&content=coast&style=dots&lang=en";
/** Lets the page destroy the device that the engine works on: only for browsers that cannot crash their GPU process. */
const BREAKABLE = `{
  const request = GPUAdapter.prototype.requestDevice;
  GPUAdapter.prototype.requestDevice = async function (descriptor) {
    const device = await request.call(this, descriptor);
    new BroadcastChannel('break').onmessage = () => device.destroy();
    return device;
  };
}`;

/** Start on the page and wait for steps. @param {import("../context.mjs").Context} t @param {import("puppeteer-core").Page} page */
async function running(t, page) {
  await t.until(page, () => !(/** @type {HTMLButtonElement} */ (document.querySelector("#start"))).disabled, "the start button");
  await page.click("#start");
  await t.until(page, () => /Step [2-9]/.test(document.querySelector("#doing-what")?.textContent ?? ""), "the second step");
}

/** What a loss must leave: a notice with a button, the inputs, and an engine that starts again. @param {import("../context.mjs").Context} t @param {import("puppeteer-core").Page} page */
async function recovers(t, page) {
  await t.until(page, () => document.querySelector("#notices [data-code='device-lost']")?.checkVisibility(), "the notice");
  const { chosen, hash, frame } = await page.evaluate(() => ({
    chosen: [...document.querySelectorAll("#contents input:checked, #styles input:checked")].map((each) => each.closest("label")?.title),
    hash: location.hash,
    frame: document.querySelector("#after")?.checkVisibility(),
  }));
  t.equal([chosen, frame], [["Coast", "Dots"], true], "the chosen pictures, and whether the last frame is seen");
  t.assert(hash.includes("size=64"), `the address ends with ${hash}`);
  await page.click("#notices [data-code='device-lost'] .row button");
  await t.until(page, () => /Step [2-9]/.test(document.querySelector("#doing-what")?.textContent ?? "") && document.querySelector("#stage")?.getAttribute("data-phase") === "running", "the second step of the new run");
  await page.click("#stop");
  await t.until(page, () => document.querySelector("#stage")?.getAttribute("data-phase") === "idle" && document.querySelector("#result-tools")?.checkVisibility(), "the picture");
  t.equal(await page.$$eval("#notices .notice", (all) => all.length), 0, "the notices after the new run");
}

export const tests = [
  {
    name: "a worker that breaks down is replaced and the inputs are kept",
    async run(t) {
      t.expect(/broken on purpose/);
      const worker = "new BroadcastChannel('break').onmessage = () => { throw new Error('broken on purpose'); };";
      const page = await t.open({ hash: HASH, prepend: { "worker.js": worker } });
      await running(t, page);
      await page.evaluate(() => new BroadcastChannel("break").postMessage(null));
      await recovers(t, page);
    },
  },
  {
    name: "a destroyed device is told and the engine starts again",
    async run(t) {
      t.expect(/lost|destroyed|poisoned|Device/i);
      const page = await t.open({ hash: HASH, prepend: { "worker.js": BREAKABLE } });
      await running(t, page);
      await page.evaluate(() => new BroadcastChannel("break").postMessage(null));
      await recovers(t, page);
    },
  },
  {
    name: "a killed GPU process is told and the engine starts again",
    browsers: ["chromium"],
    async run(t) {
      t.expect(/lost|destroyed|poisoned|Device|external Instance/i);
      const page = await t.open({ hash: HASH });
      await running(t, page);
      const session = await t.browser?.target().createCDPSession();
      await session?.send("Browser.crashGpuProcess");
      await recovers(t, page);
    },
  },
  {
    name: "what waits for a worker that breaks down fails with a code",
    async run(t) {
      t.expect(/broken on purpose/);
      const worker = "new BroadcastChannel('break').onmessage = () => { throw new Error('broken on purpose'); };";
      const page = await t.open({ prepend: { "worker.js": worker } });
      const seen = await page.evaluate(async () => {
        const { lab } = globalThis;
        const easel = await globalThis.easel;
        const log = await lab.begin({ size: 64, steps: 10000, coarsest: 0 }, await lab.samples());
        await lab.event(log, (event) => event.type === "progress", "the first step");
        const restarted = new Promise((done) => easel.addEventListener("restarted", () => done(true), { once: true }));
        new BroadcastChannel("break").postMessage(null);
        const image = log.run.image().then(() => "a picture", ({ code }) => code);
        const done = log.run.done.then(() => "an end", ({ code }) => code);
        const codes = [await image, await done];
        await restarted;
        const again = await lab.begin({ size: 32, steps: 1, coarsest: 0 }, await lab.samples());
        const { step } = await again.run.done;
        await easel.close();
        const closed = [];
        closed.push(await easel.sample("scene", "lake").then(() => "a picture", ({ code }) => code));
        closed.push(await easel.run({ job: "gatys" }, await Promise.resolve({ content: new Blob(), styles: [new Blob()] })).done.then(() => "an end", ({ code }) => code));
        return { codes, step, closed };
      });
      t.equal(seen.codes, ["device-lost", "device-lost"], "the answers to a picture and to the run");
      t.equal(seen.step, 1, "the last step of a run in the new worker");
      t.equal(seen.closed, ["no-run", "no-run"], "the answers of a closed Easel");
    },
  },
];
