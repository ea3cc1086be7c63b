/** Files that are no good pictures, and good ones that need something done to them. */
import { join } from "node:path";
import { FIXTURES } from "../context.mjs";

/** At the smallest, so that what counts is the reading. */
const SMALL = "#size=32&steps=1&coarsest=0&lang=en&theme=light";

/** What is refused, by its code. */
const REFUSED = {
  "empty.png": "image-empty",
  "text.png": "image-not-a-picture",
  "random.bin": "image-not-a-picture",
  "truncated.png": "image-truncated",
  "truncated.jpg": "image-truncated",
  "truncated.webp": "image-truncated",
  "truncated.gif": "image-truncated",
  "bomb.png": "image-too-large",
  "huge-header.jpg": "image-too-large",
  "picture.svg": "image-svg",
};

/** What is read, with its notes and the size of a result of 32 pixels. @type {Record<string, { notes: string[], size: [number, number] }>} */
const READ = {
  "jpeg-named.png": { notes: ["wrong-extension"], size: [32, 21] },
  "animated.gif": { notes: ["first-frame"], size: [32, 21] },
  "sixteen.png": { notes: ["sixteen-bit"], size: [32, 21] },
  "cmyk.jpg": { notes: ["cmyk", "shrunk"], size: [32, 5] },
  // Stored 16 x 24, and upright 24 x 16.
  "exif-6.jpg": { notes: ["turned"], size: [32, 21] },
  "one.png": { notes: [], size: [32, 32] },
  "tall.png": { notes: ["shrunk"], size: [1, 32] },
};

/** The page's own view, at settings that take a moment. @param {import("../context.mjs").Context} t */
const view = (t) => t.kept("view", { hash: SMALL });

/** Choose a file as the page's photo: it is taken, or refused at once. @param {import("../context.mjs").Context} t @param {import("puppeteer-core").Page} page @param {string} name of a fixture */
async function choose(t, page, name) {
  const answered = () => document.querySelectorAll("#notices .notice").length + document.querySelectorAll("#contents input").length;
  const before = await page.evaluate(answered);
  const chooser = /** @type {import("puppeteer-core").ElementHandle<HTMLInputElement>} */ (await page.$("#content-file"));
  await chooser.uploadFile(join(FIXTURES, name));
  for (let wait = 0; (await page.evaluate(answered)) === before && wait < 100; wait += 1) await new Promise((wake) => setTimeout(wake, 50));
  t.assert((await page.evaluate(answered)) > before, `nothing became of ${name} within 5 s`);
}

/** Press start as a visitor does, and wait until the page is idle again. @param {import("../context.mjs").Context} t @param {import("puppeteer-core").Page} page */
async function start(t, page) {
  await t.until(page, () => !(/** @type {HTMLButtonElement} */ (document.querySelector("#start"))).disabled, "the start button");
  await page.click("#start");
  await t.until(page, () => document.querySelector("#stage")?.getAttribute("data-phase") === "idle", "the end of the run");
}

/** The notices that are to be seen, by code. @param {import("puppeteer-core").Page} page */
const notices = (page) =>
  page.$$eval("#notices .notice", (all) =>
    all.filter((each) => each.checkVisibility()).map((each) => ({ code: each.dataset.code, text: each.querySelector(".what")?.textContent ?? "" })));

/** A run of Easel's own pictures must do as if nothing had been. @param {import("../context.mjs").Context} t @param {import("puppeteer-core").Page} page */
async function goesOn(t, page) {
  const { step, frames } = await page.evaluate(async () => {
    const { lab } = globalThis;
    const log = await lab.begin({ size: 32, steps: 2, coarsest: 0 }, await lab.samples(32));
    const { step } = await log.run.done;
    return { step, frames: log.frames };
  });
  t.equal(step, 2, "the last step of a good run after it");
  t.assert(frames > 0, "a good run after it showed no frame");
}

/** The code that a picture is refused with through the API. @param {import("puppeteer-core").Page} page @param {string} path @param {"content" | "style" | "init"} role */
const refusal = (page, path, role) =>
  page.evaluate(async (path, role) => {
    const { lab } = globalThis;
    const [bad, inputs] = [await lab.file(path), await lab.samples(32)];
    if (role === "content") inputs.content = bad;
    else if (role === "style") inputs.styles.push(bad);
    else inputs.init = bad;
    const log = await lab.begin({ size: 32, steps: 1, coarsest: 0, init: role === "init" ? "picture" : "content" }, inputs);
    return log.run.done.then(() => ({ code: "it ran" }), lab.plain);
  }, path, role);

export const tests = [
  ...Object.entries(REFUSED).map(([name, code]) => ({
    name: `${name} is refused as ${code}, on the page and through the API`,
    /** @param {import("../context.mjs").Context} t */
    async run(t) {
      // Firefox says so itself of a preview that it cannot show.
      t.expect(/Image corrupt or truncated/);
      const page = await view(t);
      for (const role of /** @type {const} */ (["content", "style"])) {
        const error = await refusal(page, t.fixture(name), role);
        t.equal([error.code, error.subject], [code, name], `the answer to it as ${role}`);
      }
      await page.$$eval("#notices .close", (all) => all.forEach((each) => each.click()));
      await choose(t, page, name);
      // What the page itself can tell is refused at once; the rest by the engine, at the start.
      if ((await notices(page)).length === 0) await start(t, page);
      const [notice, ...more] = await notices(page);
      t.equal([notice?.code, more.length], [code, 0], "the notice, and how many more there are");
      t.assert(notice?.text.includes(name) ?? false, `the notice does not say ${name}: ${notice?.text}`);
      await goesOn(t, page);
    },
  })),
  {
    name: "a file over 50 MB is refused before it is read",
    async run(t) {
      const page = await view(t);
      const { code, ms } = await page.evaluate(async () => {
        const { lab } = globalThis;
        const inputs = await lab.samples(32);
        inputs.content = new File([new Uint8Array(50_000_001)], "long.png");
        const begun = performance.now();
        const log = await lab.begin({ size: 32, steps: 1, coarsest: 0 }, inputs);
        const { code } = await log.run.done.then(() => ({ code: "it ran" }), lab.plain);
        return { code, ms: performance.now() - begun };
      });
      t.equal(code, "image-too-large", "the answer");
      await goesOn(t, page);
      t.said = `after ${Math.round(ms)} ms`;
    },
  },
  {
    name: "a picture to start from is checked like the others",
    async run(t) {
      const error = await refusal(await view(t), t.fixture("truncated.png"), "init");
      t.equal([error.code, error.subject], ["image-truncated", "truncated.png"], "the answer");
      const good = await refusal(await view(t), t.fixture("plain.png"), "init");
      t.equal(good.code, "it ran", "the answer to a good one");
    },
  },
  ...Object.entries(READ).map(([name, { notes, size }]) => ({
    name: `${name} is read${notes.length > 0 ? ` with the notes ${notes.join(" and ")}` : ""}`,
    /** @param {import("../context.mjs").Context} t */
    async run(t) {
      const page = await view(t);
      const seen = await page.evaluate(async (path) => {
        const { lab } = globalThis;
        const inputs = { ...(await lab.samples(32)), content: await lab.file(path) };
        const log = await lab.begin({ size: 32, steps: 1, coarsest: 0 }, inputs);
        await log.run.done;
        const image = await createImageBitmap(await log.run.image());
        const { notes, width, height } = lab.events(log, "started")[0];
        return { notes, told: [width, height], image: [image.width, image.height], metrics: lab.events(log, "progress").at(-1).metrics };
      }, t.fixture(name));
      t.equal(seen.notes.map(({ code }) => code), notes, "the notes");
      for (const { subject } of seen.notes) t.equal(subject, name, "what a note is about");
      t.equal([seen.told, seen.image], [size, size], "the size that was told, and that of the picture");
      for (const [metric, value] of Object.entries(seen.metrics)) t.assert(Number.isFinite(value), `${metric} is ${value}`);
    },
  })),
  {
    name: "what was done to a picture is told beside it in the language of the page",
    async run(t) {
      const page = await view(t);
      await choose(t, page, "exif-6.jpg");
      await start(t, page);
      const told = () => page.$$eval("#notes li", (all) => all.filter((each) => each.checkVisibility()).map((each) => each.textContent));
      t.equal(await told(), ["exif-6.jpg was turned upright, as its camera said."], "the notes in English");
      await page.click("#language");
      const [korean, ...more] = await told();
      t.assert(more.length === 0 && /^exif-6\.jpg.*[가-힣]/.test(korean ?? ""), `the notes in Korean: ${korean}`);
      await page.click("#language");
      t.equal((await notices(page)).length, 0, "the number of notices");
    },
  },
];
