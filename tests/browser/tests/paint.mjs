/** StackGAN as the visitor sees it: sentences, chips, both stages, a walk. */
import { bringAxe, clean } from "./access.mjs";

/** So small that every stage takes a second. */
const SMALL = "low=16&size=32&count=8&batch=4&width=2&discriminatorWidth=2&residuals=1&embedding=8&condition=4&noise=4&encoderSteps=2&firstSteps=2&secondSteps=2&start=scratch";

/** @param {import("puppeteer-core").Page} page @param {string} text */
async function type(page, text) {
  await page.$eval("#paint-text", (field, text) => {
    /** @type {HTMLInputElement} */ (field).value = text;
    field.dispatchEvent(new Event("input"));
  }, text);
}

const pressed = (/** @type {any} */ page) => page.$$eval('.paint-chip[aria-pressed="true"]', (/** @type {Element[]} */ all) => all.map((each) => /** @type {HTMLElement} */ (each).dataset.chip));

export const tests = [
  {
    name: "captions say what a sentence says in both languages, and what can be said instead",
    async run(t) {
      const page = await t.page();
      const seen = await page.evaluate(async () => {
        const easel = await globalThis.easel;
        const of = async (/** @type {object} */ asked) => {
          const { values, text, reason, word, nearest } = await easel.caption(asked);
          return { values, text, reason, word, first: nearest?.[0] };
        };
        return {
          english: await of({ text: "A red house beside firs on a snowy winter night" }),
          korean: await of({ text: "눈 오는 겨울밤, 전나무 옆의 빨간 집" }),
          back: await of({ values: [2, 2, 1, 1, 1, 3], korean: true }),
          castle: await of({ text: "a castle" }),
          palms: await of({ text: "palms in winter" }),
        };
      });
      t.equal(seen.english.values, [2, 2, 1, 1, 1, 3], "what the English sentence says");
      t.equal(seen.korean.values, seen.english.values, "what the Korean one says");
      t.equal(seen.back.text, "눈 오는 겨울밤, 전나무 옆의 빨간 집", "the sentence of the values");
      t.equal([seen.castle.reason, seen.castle.word, seen.castle.first], ["unknown", "castle", "tower"], "a castle");
      t.equal([seen.palms.reason, seen.palms.word, seen.palms.first], ["impossible", "winter", "summer"], "palms in winter");
    },
  },
  {
    name: "a sentence sets the chips, a chip sets the sentence, and what cannot be said is replaced by what can",
    async run(t) {
      const page = await t.open({ hash: "#view=lab&lang=en" });
      await t.until(page, () => document.querySelector("#lab a[href='#view=paint']")?.checkVisibility(), "the way there");
      await page.evaluate(() => /** @type {HTMLElement} */ (document.querySelector("#lab a[href='#view=paint']")).click());
      await t.until(page, () => document.querySelector("#paint")?.checkVisibility() && document.title.includes("StackGAN"), "the view");
      t.equal(await page.evaluate(() => [...document.querySelectorAll(".bar [aria-current]")].map((each) => each.id)), ["nav-lab"], "the tab");
      await t.until(page, () => document.querySelectorAll('.paint-chip[aria-pressed="true"]').length === 6, "the chips of the first sentence");
      await type(page, "a blue windmill by day");
      await t.until(page, () => document.querySelector('[data-chip="building.4"]')?.getAttribute("aria-pressed") === "true", "the windmill");
      t.equal(await pressed(page), ["hour.0", "building.4", "paint.3"], "what is pressed");
      await page.evaluate(() => /** @type {HTMLElement} */ (document.querySelector('[data-chip="season.2"]')).click());
      await t.until(page, () => /** @type {HTMLInputElement} */ (document.querySelector("#paint-text")).value === "a blue windmill, on a winter day", "the sentence of the chips");
      t.equal(await page.$eval('[data-chip="trees.3"]', (chip) => /** @type {HTMLButtonElement} */ (chip).disabled), true, "palms in winter");
      await type(page, "a red hause");
      await t.until(page, () => document.querySelector(".paint-nearest")?.checkVisibility(), "what can be said");
      t.assert((await page.$eval("#paint-said", (each) => each.textContent ?? "")).includes("hause"), "the word is not named");
      await page.evaluate(() => /** @type {HTMLElement} */ (document.querySelector(".paint-nearest button")).click());
      await t.until(page, () => /** @type {HTMLInputElement} */ (document.querySelector("#paint-text")).value === "a red house" && !document.querySelector(".paint-nearest")?.checkVisibility(), "the nearest word in its place");
      await t.until(page, () => location.hash.includes("said=a+red+house"), "the address");
    },
  },
  {
    name: "a run that learns from scratch paints the sentence in both stages, with other noise, and walks to another",
    async run(t) {
      const page = await t.open({ hash: `#view=paint&${SMALL}&said=a+white+church&lang=en` });
      await t.until(page, () => document.querySelector("#paint")?.checkVisibility() && /** @type {HTMLInputElement | null} */ (document.querySelector("#paint-text"))?.value === "a white church", "the sentence of the link");
      await page.click("#paint .primary");
      const large = () => page.$$eval(".paint-large", (/** @type {Element[]} */ all) => all.map((each) => /** @type {HTMLCanvasElement} */ (each).toDataURL()));
      await t.until(page, () => document.querySelector("#paint .stage")?.dataset.phase === "idle" && document.querySelector("#paint .estimate")?.textContent?.includes("6"), "the end", 120_000);
      await t.until(page, () => [...document.querySelectorAll(".paint-large")].every((each) => each.checkVisibility() && /** @type {HTMLCanvasElement} */ (each).width === 32), "both stages");
      const first = await large();
      t.assert(first[0] !== first[1], "both stages are the same");
      await page.evaluate(() => [...document.querySelectorAll(".paint-acts button")].find((each) => each.textContent === "New noise")?.click());
      await page.waitForFunction((before) => /** @type {HTMLCanvasElement} */ (document.querySelector(".paint-large")).toDataURL() !== before, { timeout: 30_000 }, first[0]);
      await page.evaluate(() => {
        /** @type {HTMLDetailsElement} */ (document.querySelector(".paint-walk")).open = true;
        const to = /** @type {HTMLInputElement} */ (document.querySelector("#paint-to"));
        to.value = "a red tower at night";
        to.dispatchEvent(new Event("change"));
      });
      await t.until(page, () => document.querySelector("#paint-along")?.checkVisibility(), "the walk");
      const took = Number(await page.$eval(".paint-took", (each) => /** @type {HTMLElement} */ (each).dataset.took));
      t.assert(took > 0, `${took} ms a sheet`);
      t.said = `${took} ms`;
    },
  },
  {
    name: "after the worker broke down words are answered, sentences are painted on, and no run of another view is ended",
    async run(t) {
      t.expect(/broken on purpose/);
      const page = await t.open({ hash: "#view=paint&lang=en", prepend: { "worker.js": "new BroadcastChannel('break').onmessage = () => { throw new Error('broken on purpose'); };" } });
      await t.until(page, () => document.querySelector(".paint-took")?.dataset.took, "the first pictures");
      const back = () => t.until(page, () => globalThis.back, "the next worker");
      const breaks = () =>
        page.evaluate(async () => {
          const easel = await globalThis.easel;
          globalThis.back = false;
          easel.addEventListener("restarted", () => (globalThis.back = true), { once: true });
          new BroadcastChannel("break").postMessage(null);
          return (await easel.caption({ text: "a red house" })).text;
        });
      t.equal(await breaks(), "a red house", "what was asked of the worker that broke down");
      await back();
      await page.evaluate(() => {
        delete (/** @type {HTMLElement} */ (document.querySelector(".paint-took")).dataset.took);
        [...document.querySelectorAll(".paint-acts button")].find((each) => each.textContent === "New noise")?.click();
      });
      await t.until(page, () => document.querySelector(".paint-took")?.dataset.took, "pictures of the next worker");
      await page.evaluate(() => (location.hash = "view=lab&variant=gan&data=ring&lang=en"));
      await t.until(page, () => document.querySelector("#lab")?.checkVisibility(), "the lab");
      await page.click("#lab .primary");
      const step = () => page.evaluate(() => Number(/Step ([\d,]+)/.exec(document.querySelector("#lab .estimate")?.textContent ?? "")?.[1]?.replaceAll(",", "") ?? 0));
      while ((await step()) < 3) await new Promise((wake) => setTimeout(wake, 50));
      await breaks();
      await back();
      const at = await step();
      while ((await step()) <= at + 2) await new Promise((wake) => setTimeout(wake, 50));
      t.equal(await page.$eval("#lab .stage", (stage) => /** @type {HTMLElement} */ (stage).dataset.phase), "running", "the run of the lab");
    },
  },
  {
    name: "axe-core finds nothing in the view of StackGAN, in two languages and two themes, and 360 px are wide enough",
    async run(t) {
      const page = await t.open({ hash: `#view=paint&${SMALL}&lang=en&theme=light` });
      await t.until(page, () => document.querySelectorAll('.paint-chip[aria-pressed="true"]').length === 6, "the chips");
      await bringAxe(page);
      await page.$$eval("#paint details", (all) => all.forEach((each) => (each.open = true)));
      await page.click("#paint .primary");
      await t.until(page, () => document.querySelector(".paint-large")?.checkVisibility(), "a picture", 120_000);
      for (const [lang, theme] of [["en", "light"], ["ko", "dark"]]) {
        await page.evaluate((hash) => (location.hash = hash), `view=paint&${SMALL}&lang=${lang}&theme=${theme}`);
        await page.waitForFunction((lang, theme) => document.documentElement.lang === lang && document.documentElement.dataset.theme === theme, {}, lang, theme);
        await clean(t, page, `${lang}, ${theme}`);
      }
      await page.setViewport({ width: 360, height: 740 });
      const wide = await page.evaluate(() => [...document.querySelectorAll("#paint *, .bar *")].filter((each) => each.checkVisibility() && !each.closest(".train-top, .scroll, .unseen") && each.getBoundingClientRect().right > 361).map((each) => `${each.id || each.className || each.tagName}`));
      t.equal(wide, [], "what is wider than 360 px");
    },
  },
];
