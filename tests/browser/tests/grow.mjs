/** Progressive GAN: growth through its API, and as the visitor sees it. */
import { bringAxe, clean } from "./access.mjs";
import { LEDGER, SLACK } from "../memory.mjs";

/** Three levels: two steps of the first, four of each other. */
const SMALL = { job: "progan", size: 16, count: 12, fade: 8, stable: 8, batches: [4], latent: 4, fmapBase: 16, fmapMax: 6, averaging: 0.9 };

export const tests = [
  {
    name: "Progressive GAN grows across two levels with finite numbers, and goes on from the middle of a fade to the same ones",
    async run(t) {
      const page = await t.page();
      const seen = await page.evaluate(async (small) => {
        const { lab } = globalThis;
        const easel = await globalThis.easel;
        const last = (/** @type {any} */ log) => lab.events(log, "progress").at(-1) ?? { step: 0 };
        const one = await lab.begin(small, {});
        await one.run.pause();
        if (last(one).step < 4) await one.run.step(4 - last(one).step);
        const wrong = await one.run.tune({ alpha: 2 }).then(() => "taken", (error) => [error.code, error.subject]);
        const file = await one.run.checkpoint();
        const saved = last(one);
        await one.run.resume();
        await one.run.done;
        const whole = last(one);
        const side = async (/** @type {string} */ sheet) => {
          const { width, height } = await createImageBitmap(await one.run.image({ sheet }));
          return [width, height];
        };
        const sheets = [await side("now"), await side("levels"), await side("real")];
        const again = lab.follow(easel.resume(file));
        await again.run.done;
        const of = (/** @type {any} */ event) => [event.step, event.metrics.d_loss, event.metrics.g_loss, event.metrics.penalty];
        const all = lab.events(one, "progress").flatMap((/** @type {any} */ event) => Object.values(event.metrics));
        const held = await lab.begin(small, {});
        await held.run.pause();
        if (last(held).step < 3) await held.run.step(3 - last(held).step);
        await held.run.tune({ hold: true, alpha: 0.25 });
        await held.run.step(2);
        const { metrics, of: until, step } = last(held);
        return { wrong, saved: [saved.step, saved.metrics.level, saved.metrics.alpha], whole: of(whole), end: [whole.metrics.level, whole.metrics.alpha], resumed: of(last(again)), finite: all.every(Number.isFinite), swd: whole.metrics.swd > 0, sheets, held: [metrics.level, metrics.alpha, until - step] };
      }, SMALL);
      t.equal(seen.wrong, ["bad-setting", "alpha"], "a fade out of its range");
      t.equal(seen.saved, [4, 1, 1], "where it was saved");
      t.equal(seen.whole[0], 10, "the last step");
      t.assert(seen.finite && seen.swd, "not all are numbers");
      t.equal(seen.end, [2, 1], "level and fade in the end");
      t.equal(seen.resumed, seen.whole, "step and losses of the run that went on from the fade");
      t.equal(seen.sheets, [[128, 64], [128, 48], [128, 32]], "sizes of the sheets");
      t.equal(seen.held, [1, 0.25, 8], "level, fade and steps to go of a run that is held");
      t.said = `losses ${seen.whole.slice(1).map((/** @type {number} */ x) => x.toFixed(3))}`;
    },
  },
  {
    name: "a hundred further steps in the middle of a fade take no further GPU memory",
    async run(t) {
      const page = await t.open({ prepend: { "worker.js": LEDGER } });
      const seen = await page.evaluate(async (small, slack) => {
        const { lab } = globalThis;
        const log = await lab.begin({ ...small, size: 8, count: 32 }, {});
        await log.run.pause();
        const at = () => lab.events(log, "progress").at(-1)?.step ?? 0;
        if (at() < 3) await log.run.step(3 - at());
        await log.run.tune({ hold: true });
        await log.run.step(100);
        const early = await lab.live();
        await log.run.step(100);
        const late = await lab.collected(early * slack);
        return { early, late, step: at() };
      }, SMALL, SLACK);
      t.assert(seen.step >= 203, `only ${seen.step} steps`);
      t.assert(seen.early > 50_000, `only ${seen.early} bytes were counted`);
      t.assert(seen.late <= seen.early * SLACK, `${seen.late} bytes after ${seen.step} steps, ${seen.early} a hundred before`);
      t.said = `${(seen.early / 1e6).toFixed(2)} and ${(seen.late / 1e6).toFixed(2)} MB`;
    },
  },
  {
    name: "the view of the growing GAN opens from the lab, grows, is held by its fade, and its address rebuilds it",
    async run(t) {
      const page = await t.open({ hash: "#view=lab&lang=en" });
      await t.until(page, () => document.querySelector("#lab a[href='#view=grow']")?.checkVisibility(), "the way there");
      await page.evaluate(() => /** @type {HTMLElement} */ (document.querySelector("#lab a[href='#view=grow']")).click());
      await t.until(page, () => document.querySelector("#grow")?.checkVisibility() && document.title.includes("Progressive"), "the view");
      t.equal(await page.evaluate(() => [...document.querySelectorAll(".bar [aria-current]")].map((each) => each.id)), ["nav-lab"], "the tab");
      // Steps of 4 pictures, so that the levels come soon.
      await page.evaluate(() => (location.hash = "view=grow&fade=400&stable=24&batch=4&count=20&lang=en"));
      await t.until(page, () => /** @type {HTMLInputElement | null} */ (document.querySelector("#grow-stable"))?.value === "24", "the settings of the link");
      const button = (/** @type {string} */ text) => page.evaluate((text) => [...document.querySelectorAll("#grow button")].find((each) => each.textContent?.trim() === text)?.click(), text);
      t.equal(await page.$$eval(".grow-tower li", (all) => all.map((each) => [each.querySelector("b")?.textContent, /** @type {HTMLElement} */ (each).dataset.state])), [["4 px", "next"], ["8 px", "next"], ["16 px", "next"]], "the levels before it begins");
      await button("Play");
      await t.until(page, () => document.querySelector(".grow-tower [aria-current] b")?.textContent === "8 px" && document.querySelectorAll(".grow-strip:not([hidden])").length === 2, "the second level, with pictures of both", 120_000);
      await t.until(page, () => document.querySelectorAll(".grow-sheet:not([hidden])").length === 2 && [...document.querySelectorAll(".grow-sheet")].every((each) => each.checkVisibility() && /** @type {HTMLCanvasElement} */ (each).width === 128), "generated and real pictures");
      await page.$eval("#grow-alpha", (slider) => {
        /** @type {HTMLInputElement} */ (slider).value = "0.5";
        for (const type of ["input", "change"]) slider.dispatchEvent(new Event(type));
      });
      await t.until(page, () => document.querySelector(".grow-tower [aria-current] .grow-state")?.textContent === "held" && document.querySelector(".grow-slider output")?.textContent === "50%", "the fade that is held");
      await button("Pause");
      await t.until(page, () => document.querySelector("#grow .stage")?.dataset.phase === "paused", "the pause");
      t.equal(await page.evaluate(() => location.hash), "#view=grow&fade=400&stable=24&batch=4&count=20&lang=en", "the address");
      await page.evaluate(() => /** @type {HTMLElement} */ (document.querySelector("#grow .grow-kinds a")).click());
      await t.until(page, () => document.querySelector("#lab")?.checkVisibility() && location.hash.includes("lang=en"), "the lab again");
    },
  },
  {
    name: "axe-core finds nothing in the growing GAN, in two languages and two themes, and 360 px are wide enough",
    async run(t) {
      const page = await t.open({ hash: "#view=grow&batch=4&count=20&stable=24&lang=en&theme=light" });
      await t.until(page, () => document.querySelector("#grow")?.checkVisibility(), "the view");
      await bringAxe(page);
      await page.$$eval("#grow details", (all) => all.forEach((each) => (each.open = true)));
      await page.click("#grow .primary");
      await t.until(page, () => document.querySelectorAll(".grow-strip:not([hidden])").length > 1, "the second level", 120_000);
      await page.click("#grow .primary");
      for (const [lang, theme] of [["en", "light"], ["ko", "dark"]]) {
        await page.evaluate((hash) => (location.hash = hash), `view=grow&lang=${lang}&theme=${theme}`);
        await page.waitForFunction((lang, theme) => document.documentElement.lang === lang && document.documentElement.dataset.theme === theme, {}, lang, theme);
        await clean(t, page, `${lang}, ${theme}`);
      }
      await page.setViewport({ width: 360, height: 740 });
      const wide = await page.evaluate(() => [...document.querySelectorAll("#grow *, .bar *")].filter((each) => each.checkVisibility() && !each.closest(".train-top, .scroll, .unseen") && each.getBoundingClientRect().right > 361).map((each) => `${each.id || each.className || each.tagName}`));
      t.equal(wide, [], "what is wider than 360 px");
    },
  },
];
