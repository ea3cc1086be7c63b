/** pix2pix: through its API, and as the visitor sees it. */
import { bringAxe, clean } from "./access.mjs";

const SMALL = { job: "pix2pix", size: 32, count: 8, width: 4, discriminatorWidth: 4, patch: 16 };

export const tests = [
  {
    name: "pix2pix learns for ten steps with finite numbers, takes live controls, and goes on from its file to the same numbers",
    async run(t) {
      const page = await t.page();
      const seen = await page.evaluate(async (small) => {
        const { lab } = globalThis;
        const easel = await globalThis.easel;
        const last = (/** @type {any} */ log) => lab.events(log, "progress").at(-1) ?? { step: 0 };
        const one = await lab.begin({ ...small, steps: 12 }, {});
        await one.run.pause();
        if (last(one).step < 4) await one.run.step(4 - last(one).step);
        const wrong = await one.run.tune({ lambda: -1 }).then(() => "taken", (error) => [error.code, error.subject]);
        await one.run.tune({ lambda: 50, learning: "both" });
        const file = await one.run.checkpoint();
        const saved = last(one).step;
        await one.run.resume();
        await one.run.done;
        const whole = last(one);
        const { width, height } = await createImageBitmap(await one.run.image());
        const plots = lab.events(one, "plot").at(-1).arrays;
        const again = lab.follow(easel.resume(file));
        await again.run.done;
        const resumed = last(again);
        const bad = await (await lab.begin({ ...small, patch: 70, size: 32, lambda: 1e9 }, {})).run.done.then(() => "done", (/** @type {any} */ error) => [error.code, error.subject]);
        const of = (/** @type {any} */ event) => [event.step, event.metrics.d_loss, event.metrics.g_loss, event.metrics.l1];
        return { wrong, saved, whole: of(whole), resumed: of(resumed), held: lab.events(one, "progress").some((/** @type {any} */ event) => event.metrics.l1_held > 0), size: [width, height], maps: [plots.map_fake.length, plots.map_real.length], inside: [...plots.map_fake, ...plots.map_real].every((x) => x >= 0 && x <= 1), bad };
      }, { ...SMALL, size: 64, width: 8, discriminatorWidth: 8 });
      t.equal(seen.wrong, ["bad-setting", "lambda"], "a negative weight");
      t.equal(seen.bad, ["bad-setting", "lambda"], "a weight out of its range");
      t.equal(seen.whole[0], 12, "the last step");
      t.assert(seen.whole.every(Number.isFinite), `not all are numbers: ${seen.whole}`);
      t.equal(seen.resumed, seen.whole, `step and losses of the run that went on from step ${seen.saved}`);
      t.assert(seen.held, "new pairs were not measured");
      t.equal(seen.size, [192, 256], "the size of the sheet");
      t.assert(seen.maps[0] === seen.maps[1] && seen.maps[0] > 1 && seen.inside, `opinions: ${seen.maps}, within 0 and 1: ${seen.inside}`);
      t.said = `l1 ${seen.whole[3].toFixed(3)}`;
    },
  },
  {
    name: "the view Translate opens with trained networks, and changing what they are made of leaves them",
    async run(t) {
      const page = await t.open({ hash: "#lang=en" });
      await page.click("#nav-translate");
      await t.until(page, () => document.querySelector("#translate")?.checkVisibility() && document.title.includes("translate"), "the view");
      const trained = () => page.$eval("#translate [aria-describedby=translate-start-hint]", (box) => /** @type {HTMLInputElement} */ (box).checked);
      t.equal([await trained(), await page.$eval("#translate [data-choice=labels]", (one) => one.getAttribute("aria-pressed")), await page.$eval("#translate-size", (field) => /** @type {HTMLSelectElement} */ (field).value)], [true, "true", "64"], "trained networks, the task and the size");
      await page.select("#translate-size", "32");
      await t.until(page, () => location.hash.includes("&start=scratch"), "the address of a start from scratch");
      t.equal(await trained(), false, "trained networks of another size");
      await page.evaluate(() => (location.hash = "view=translate&start=scratch&lang=en"));
      await t.until(page, () => /** @type {HTMLInputElement | null} */ (document.querySelector("#translate [aria-describedby=translate-start-hint]"))?.checked === false && /** @type {HTMLInputElement | null} */ (document.querySelector("#translate-batch"))?.value === "1", "the settings of a start from scratch");
      await page.click("#translate [aria-describedby=translate-start-hint]");
      await t.until(page, () => /** @type {HTMLInputElement | null} */ (document.querySelector("#translate-batch"))?.value === "4" && !location.hash.includes("scratch"), "the settings of the trained networks");
    },
  },
  {
    name: "the view Translate learns, shows opinions, holds, and its address rebuilds it",
    async run(t) {
      const page = await t.open({ hash: "#view=translate&task=edges&lang=en" });
      await t.until(page, () => document.querySelector("#translate")?.checkVisibility() && document.title.includes("translate"), "the view");
      const button = (/** @type {string} */ text) => page.evaluate((text) => [...document.querySelectorAll("#translate button")].find((each) => each.textContent?.trim() === text)?.click(), text);
      t.equal(await page.$$eval("#translate [data-choice]", (all) => all.filter((each) => each.checkVisibility() && /^\d+$/.test(/** @type {HTMLElement} */ (each).dataset.choice ?? "")).map((each) => each.textContent)), ["1 px", "16 px", "34 px", "70 px"], "squares that fit 32 px");
      await button("16 px");
      await button("Play");
      await t.until(page, () => /Step [1-9]/.test(document.querySelector("#translate .estimate")?.textContent ?? ""), "the first steps", 120_000);
      await t.until(page, () => /** @type {HTMLCanvasElement | null} */ (document.querySelector("#translate .translate-sheet"))?.width === 96 && document.querySelectorAll("#translate .train-map").length === 2 && [...document.querySelectorAll("#translate .train-map")].every((map) => /** @type {HTMLCanvasElement} */ (map).width === 128 && map.checkVisibility()), "the sheet and both maps");
      await t.until(page, () => /^0[.]\d\d/.test(document.querySelector("#translate [data-number=l1_held] dd")?.textContent ?? ""), "the distance on new pairs");
      await button("Pause");
      await t.until(page, () => document.querySelector("#translate .stage")?.dataset.phase === "paused", "the pause");
      const hash = await page.evaluate(() => location.hash);
      t.equal(hash, "#view=translate&task=edges&patch=16&lang=en", "the address");
      await page.evaluate(() => (location.hash = "view=translate&task=grey&patch=34&lambda=10&size=64&lang=ko"));
      await t.until(page, () => document.querySelector("#translate [data-choice=grey]")?.getAttribute("aria-pressed") === "true", "the view of the link");
      t.equal(await page.$eval("#translate-lambda", (field) => /** @type {HTMLInputElement} */ (field).value), "10", "a setting of the link");
    },
  },
  {
    name: "what is drawn on the pad of Translate becomes a picture, by pointer and by keyboard, and is taken back",
    async run(t) {
      const page = await t.open({ hash: "#view=translate&start=scratch&size=32&count=2&width=4&discriminatorWidth=4&patch=16&lang=en" });
      await t.until(page, () => document.querySelector("#translate")?.checkVisibility(), "the view");
      await page.click("#translate .translate-draw");
      await t.until(page, () => document.querySelector("#translate .pad-result")?.checkVisibility() && document.querySelector("#translate .stage")?.dataset.phase === "paused", "what becomes of the empty sheet", 120_000);
      const now = (/** @type {string} */ which) => page.$eval(`#translate .pad-${which}`, (canvas) => /** @type {HTMLCanvasElement} */ (canvas).toDataURL());
      const other = (/** @type {string} */ before) => page.waitForFunction((before) => /** @type {HTMLCanvasElement | null} */ (document.querySelector("#translate .pad-result"))?.toDataURL() !== before, {}, before);
      const [sheet, picture] = [await now("canvas"), await now("result")];
      const box = await (await page.$("#translate .pad-canvas"))?.boundingBox();
      t.assert(box, "the pad has no place");
      const { x, y, width } = box;
      await page.mouse.move(x + width / 4, y + width / 2);
      await page.mouse.down();
      await page.mouse.move(x + (3 * width) / 4, y + width / 2, { steps: 4 });
      await page.mouse.up();
      await other(picture);
      t.assert((await now("canvas")) !== sheet, "the stroke left nothing");
      await page.click("#translate [data-pad=undo]");
      t.equal(await now("canvas"), sheet, "the drawing after Undo");
      await page.waitForFunction((before) => /** @type {HTMLCanvasElement | null} */ (document.querySelector("#translate .pad-result"))?.toDataURL() === before, {}, picture);
      await page.focus("#translate .pad-canvas");
      await page.keyboard.press("ArrowLeft");
      t.assert(/Column \d+, row \d+/.test(await page.$eval("#live", (live) => live.textContent ?? "")), "the cursor is not announced");
      await page.keyboard.press(" ");
      await other(picture);
      await bringAxe(page);
      await clean(t, page, "the pad");
      t.said = `${await page.$eval("#translate .pad-result", (canvas) => /** @type {HTMLElement} */ (canvas).dataset.took)} ms`;
    },
  },
  {
    name: "Translate learns from pairs of one's own, names what is none, and goes on from its file; lines can be drawn where edges were learnt",
    async run(t) {
      const page = await t.open({ hash: "#view=translate&task=own&pairing=sides&size=32&width=4&discriminatorWidth=4&patch=16&lang=en" });
      await t.until(page, () => document.querySelector("#translate")?.checkVisibility(), "the view");
      const click = (/** @type {string} */ selector) => page.click(`#translate ${selector}`);
      const said = (/** @type {string} */ words) => page.waitForFunction((words) => document.querySelector("#translate .own")?.textContent?.includes(words), {}, words);
      const phase = (/** @type {string} */ which) => page.waitForFunction((which) => document.querySelector("#translate .stage")?.getAttribute("data-phase") === which, {}, which);
      await t.until(page, () => document.querySelector("#translate .estimate")?.textContent?.includes("steps"), "the estimate");
      await click(".primary");
      await t.until(page, () => document.querySelector(".notice.info")?.textContent?.includes("at least two pairs"), "what is missing");
      const seen = await page.evaluate(async (small) => {
        // Twice as wide as high, but for the last.
        const files = new DataTransfer();
        for (let i = 0; i < 4; i += 1) {
          const canvas = new OffscreenCanvas(i < 3 ? 80 : 40, 40);
          const draw = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext("2d"));
          draw.fillStyle = "white";
          draw.fillRect(0, 0, 80, 40);
          draw.fillStyle = `hsl(${60 * i} 80% 40%)`;
          for (const x of [10, 50]) draw.fillRect(x, 5 * i, 20, 20);
          files.items.add(new File([await canvas.convertToBlob()], `${i}.png`));
        }
        const input = /** @type {HTMLInputElement} */ (document.querySelector("#translate .own input[type=file]"));
        input.files = files.files;
        const { lab } = globalThis;
        const easel = await globalThis.easel;
        const { blob, sheet, count } = await easel.dataset(files.files, { size: 32, pairs: "sides" });
        const one = await lab.begin({ ...small, task: "own", jitter: true, steps: 4 }, { data: blob });
        await one.run.pause();
        const file = await one.run.checkpoint();
        await one.run.resume();
        await one.run.done;
        const again = lab.follow(easel.resume(file));
        await again.run.done;
        const last = (/** @type {any} */ log) => ["l1", "d_loss", "g_loss"].map((name) => lab.events(log, "progress").at(-1).metrics[name]);
        const lacking = await lab.begin({ ...small, task: "own" }, {});
        const missing = await lacking.run.done.then(() => "done", (/** @type {any} */ error) => error.code);
        input.dispatchEvent(new Event("change"));
        const { width, height } = await createImageBitmap(sheet);
        return { count, sheet: [width, height], whole: last(one), resumed: last(again), missing };
      }, SMALL);
      t.equal([seen.count, seen.sheet, seen.missing], [3, [192, 32], "bad-setting"], "pairs, their picture, and a run without any");
      t.assert(seen.whole.every(Number.isFinite), `not all are numbers: ${seen.whole}`);
      t.equal(seen.resumed, seen.whole, "losses of the run that went on from its file");
      await said("3 pairs of 32 px");
      await said("no pair: 1 (3.png)");
      await t.until(page, () => /** @type {HTMLImageElement} */ (document.querySelector("#translate .own-pairs")).naturalWidth === 192, "the first pairs");
      t.equal(await page.$eval("#translate .translate-draw", (button) => button.checkVisibility()), false, "a pad for any pictures");
      await click(".primary");
      await t.until(page, () => /Step [1-9]/.test(document.querySelector("#translate .estimate")?.textContent ?? ""), "the first steps", 120_000);
      await click(".primary");
      await phase("paused");
      await page.select("#translate-pairing", "edges");
      await said("4 pairs of 32 px");
      // Dropped anywhere; Stylize's places to drop stay out of sight, and a run is the page's to open.
      const dragged = (/** @type {string} */ type, /** @type {string} */ name) => page.evaluate(async (type, name) => {
        const canvas = new OffscreenCanvas(40, 40);
        canvas.getContext("2d")?.fillRect(10, 10, 20, 20);
        const dataTransfer = new DataTransfer();
        dataTransfer.items.add(new File([await canvas.convertToBlob()], name));
        let arrived = false;
        document.addEventListener(type, () => (arrived = true), { once: true });
        document.querySelector("#translate .stage")?.dispatchEvent(new DragEvent(type, { dataTransfer, bubbles: true, cancelable: true }));
        return [arrived, /** @type {HTMLElement} */ (document.querySelector("#drop")).hidden];
      }, type, name);
      t.equal(await dragged("dragenter", "5.png"), [false, true], "pictures on their way: to the page, and its places out of sight");
      t.equal(await dragged("drop", "5.png"), [false, true], "pictures that are dropped");
      await said("5 pairs of 32 px");
      t.equal((await dragged("drop", "run.easel"))[0], true, "a run that is dropped");
      t.equal(await page.evaluate(() => location.hash.includes("task=own") && !location.hash.includes("pairing")), true, "the address with the usual pairing");
      await bringAxe(page);
      await clean(t, page, "own pairs");
    },
  },
  {
    name: "axe-core finds nothing in Translate, in two languages and two themes, and 360 px are wide enough",
    async run(t) {
      const page = await t.open({ hash: "#view=translate&task=edges&patch=16&lang=en&theme=light" });
      await t.until(page, () => document.querySelector("#translate")?.checkVisibility(), "the view");
      await bringAxe(page);
      await page.$$eval("#translate details", (all) => all.forEach((each) => (each.open = true)));
      await page.click("#translate .primary");
      await t.until(page, () => document.querySelector("#translate .train-map")?.checkVisibility(), "the first opinions", 120_000);
      await page.click("#translate .primary");
      for (const [lang, theme] of [["en", "light"], ["ko", "dark"]]) {
        await page.evaluate((hash) => (location.hash = hash), `view=translate&task=edges&patch=16&lang=${lang}&theme=${theme}`);
        await page.waitForFunction((lang, theme) => document.documentElement.lang === lang && document.documentElement.dataset.theme === theme, {}, lang, theme);
        await clean(t, page, `${lang}, ${theme}`);
      }
      await page.setViewport({ width: 360, height: 740 });
      const wide = await page.evaluate(() => [...document.querySelectorAll("#translate *, .bar *")].filter((each) => each.checkVisibility() && !each.closest(".train-top, .scroll, .unseen") && each.getBoundingClientRect().right > 361).map((each) => `${each.id || each.className || each.tagName}`));
      t.equal(wide, [], "what is wider than 360 px");
    },
  },
];
