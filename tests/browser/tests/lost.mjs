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

/** Breaks the worker down when it is told to. */
const BREAKING = "new BroadcastChannel('break').onmessage = () => { throw new Error('broken on purpose'); };";

/** What a loss must leave: the run goes on by itself, with its pictures, and can be stopped. @param {import("../context.mjs").Context} t @param {import("puppeteer-core").Page} page @param {() => Promise<unknown>} lose */
async function goesOn(t, page, lose) {
  const begun = Date.now();
  await lose();
  await t.until(page, () => /The GPU is back/.test(document.querySelector("#toasts")?.textContent ?? ""), "the word that the GPU is back");
  const seconds = (Date.now() - begun) / 1000;
  await t.until(page, () => /Step [2-9]/.test(document.querySelector("#doing-what")?.textContent ?? ""), "steps after the loss");
  const { chosen, hash, frame, phase, notices } = await page.evaluate(() => ({
    chosen: [...document.querySelectorAll("#contents input:checked, #styles input:checked")].map((each) => each.closest("label")?.title),
    hash: location.hash,
    frame: document.querySelector("#after")?.checkVisibility(),
    phase: document.querySelector("#stage")?.getAttribute("data-phase"),
    notices: document.querySelectorAll("#notices .notice").length,
  }));
  t.equal([chosen, frame, phase, notices], [["Coast", "Dots"], true, "running", 0], "the chosen pictures, whether a frame is seen, the phase, and the notices");
  t.assert(hash.includes("size=64"), `the address ends with ${hash}`);
  await page.click("#stop");
  await t.until(page, () => document.querySelector("#stage")?.getAttribute("data-phase") === "idle" && document.querySelector("#result-tools")?.checkVisibility(), "the picture");
  t.said = `went on after ${seconds.toFixed(1)} s`;
}

/**
 * A run whose GPU process is killed after a state was kept, beside an undisturbed one of the same.
 * @param {import("../context.mjs").Context} t @param {{ job: string, steps: number, [setting: string]: unknown }} settings
 */
async function killed(t, settings) {
  t.expect(/lost|destroyed|poisoned|Device|external Instance/i);
  const page = await t.open({ hash: HASH });
  const session = await t.browser?.target().createCDPSession();
  const whole = await page.evaluate(async (settings) => {
    const { lab } = globalThis;
    const log = await lab.begin(settings, settings.job === "gatys" ? await lab.samples() : {});
    await log.run.done;
    return lab.events(log, "progress").at(-1);
  }, settings);
  const kept = await page.evaluate(async (settings) => {
    const { lab } = globalThis;
    const easel = await globalThis.easel;
    const log = lab.follow(easel.run(settings, settings.job === "gatys" ? await lab.samples() : {}, { recover: true }));
    globalThis.interrupted = log;
    await lab.event(log, (event) => event.type === "progress" && event.step >= 5, "the fifth step");
    await log.run.keep();
    const { step } = await lab.event(log, (event) => event.type === "kept" && event.step >= 5, "the kept state");
    await lab.event(log, (event) => event.type === "progress" && event.step > step, "a step after it");
    return step;
  }, settings);
  const begun = Date.now();
  await session?.send("Browser.crashGpuProcess");
  const { now, ...seen } = await page.evaluate(async () => {
    const { lab } = globalThis;
    const log = globalThis.interrupted;
    const recovered = await lab.event(log, (event) => event.type === "recovered", "the recovery");
    const now = Date.now();
    const { step, stopped } = await log.run.done;
    const image = await log.run.image();
    return { from: recovered.step, code: recovered.error.code, now, step, stopped, bytes: image.size, last: lab.events(log, "progress").at(-1) };
  });
  t.equal([seen.from >= kept, seen.code, seen.step, seen.stopped], [true, "device-lost", settings.steps, false], "from the kept state on, what was lost, the last step, whether it was stopped");
  t.assert(seen.from > 0, `it began again at step ${seen.from}`);
  return { whole, seen: { ...seen, seconds: (now - begun) / 1000 } };
}

export const tests = [
  {
    name: "a run whose worker breaks down goes on by itself",
    async run(t) {
      t.expect(/broken on purpose/);
      const page = await t.open({ hash: HASH, prepend: { "worker.js": BREAKING } });
      await running(t, page);
      await goesOn(t, page, () => page.evaluate(() => new BroadcastChannel("break").postMessage(null)));
    },
  },
  {
    name: "a run that loses its worker three times is given up, and a smaller size is one click away",
    async run(t) {
      t.expect(/broken on purpose/);
      const page = await t.open({ hash: HASH.replace("size=64", "size=128"), prepend: { "worker.js": BREAKING } });
      await running(t, page);
      for (let loss = 1; loss <= 3; loss += 1) {
        await page.evaluate(() => {
          document.querySelector("#toasts")?.replaceChildren();
          new BroadcastChannel("break").postMessage(null);
        });
        if (loss < 3) await t.until(page, () => /The GPU is back/.test(document.querySelector("#toasts")?.textContent ?? ""), `the word after loss ${loss}`);
      }
      await t.until(page, () => document.querySelector("#notices [data-code='device-lost']")?.checkVisibility(), "the notice");
      const buttons = await page.$$eval("#notices [data-code='device-lost'] .row button", (all) => all.map((each) => each.textContent));
      t.equal(buttons, ["Stylize again", "Again, at 64 px"], "what the notice offers");
      await page.click("#notices [data-code='device-lost'] .row button:last-child");
      await t.until(page, () => /Step [2-9].* 64 × /.test(document.querySelector("#doing-what")?.textContent ?? ""), "a run at 64 px");
      t.equal(await page.$$eval("#notices .notice", (all) => all.length), 0, "the notices after the new start");
    },
  },
  {
    name: "a run whose device is destroyed goes on by itself",
    async run(t) {
      t.expect(/lost|destroyed|poisoned|Device/i);
      const page = await t.open({ hash: HASH, prepend: { "worker.js": BREAKABLE } });
      await running(t, page);
      await goesOn(t, page, () => page.evaluate(() => new BroadcastChannel("break").postMessage(null)));
    },
  },
  {
    name: "a run whose GPU process is killed goes on from its kept state within 10 s, and ends as good as an undisturbed one",
    browsers: ["chromium"],
    alone: true,
    async run(t) {
      const { whole, seen } = await killed(t, { job: "gatys", size: 64, steps: 40, coarsest: 0 });
      t.assert(seen.seconds < 10, `it went on after ${seen.seconds} s`);
      const off = Math.abs(seen.last.metrics.loss / whole.metrics.loss - 1);
      t.assert(off < 0.05, `the loss is ${seen.last.metrics.loss} instead of ${whole.metrics.loss}`);
      t.said = `on after ${seen.seconds.toFixed(1)} s from step ${seen.from} of 40, the loss ${(off * 100).toPrecision(2)} % off`;
    },
  },
  {
    name: "a GAN whose GPU process is killed goes on from its kept state, and learns what an undisturbed one does",
    browsers: ["chromium"],
    alone: true,
    async run(t) {
      const { whole, seen } = await killed(t, { job: "gan", steps: 60 });
      // The state holds the moments and where the random numbers stand.
      for (const name of ["d_loss", "g_loss"]) t.equal(seen.last.metrics[name], whole.metrics[name], name);
      t.said = `from step ${seen.from} of 60, with the same losses`;
    },
  },
  {
    name: "what waits for a worker that breaks down fails with a code",
    async run(t) {
      // Firefox tells of a reading that its worker did not live to see.
      t.expect(/broken on purpose|Buffer unmapped/);
      const page = await t.open({ prepend: { "worker.js": BREAKING } });
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
