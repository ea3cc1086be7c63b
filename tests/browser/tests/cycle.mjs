/** CycleGAN: through its API, and as the visitor sees it. */
import { bringAxe, clean } from "./access.mjs";

const SMALL = { job: "cyclegan", size: 64, count: 4, width: 8, discriminatorWidth: 8, blocks: 1, pool: 3 };

export const tests = [
  {
    name: "CycleGAN learns for ten steps with finite losses, shows its buffers, and goes on from its file to the same numbers",
    async run(t) {
      const page = await t.page();
      const seen = await page.evaluate(async (small) => {
        const { lab } = globalThis;
        const easel = await globalThis.easel;
        const last = (/** @type {any} */ log) => lab.events(log, "progress").at(-1) ?? { step: 0 };
        const one = await lab.begin({ ...small, steps: 10 }, {});
        await one.run.pause();
        if (last(one).step < 8) await one.run.step(8 - last(one).step);
        const wrong = await one.run.tune({ cycle: -1 }).then(() => "taken", (error) => [error.code, error.subject]);
        await one.run.tune({ identity: 0.4, pool: 2 });
        const file = await one.run.checkpoint();
        const saved = last(one).step;
        const sides = async (/** @type {Blob} */ blob) => {
          const { width, height } = await createImageBitmap(blob);
          return [width, height];
        };
        const buffer = await sides(await one.run.image({ sheet: "buffer" }));
        await one.run.resume();
        await one.run.done;
        const sheet = await sides(await one.run.image());
        const { alone } = await import("./cycle/networks.js");
        const network = await alone(await one.run.weights(), "G_B");
        const length = Number(new DataView(await network.slice(0, 8).arrayBuffer()).getBigUint64(0, true));
        const header = JSON.parse(await network.slice(8, 8 + length).text());
        const ends = Object.values(header).map((/** @type {any} */ entry) => entry.data_offsets[1]);
        const again = lab.follow(easel.resume(file));
        await again.run.done;
        const of = (/** @type {any} */ { step, metrics }) => [step, metrics.d_a, metrics.d_b, metrics.g_a, metrics.g_b, metrics.cycle_a, metrics.cycle_b, metrics.identity_a, metrics.identity_b];
        const plots = Object.values(lab.events(one, "plot").at(-1).arrays);
        return { wrong, saved, buffer, sheet, whole: of(last(one)), resumed: of(last(again)), held: lab.events(one, "progress").some((/** @type {any} */ event) => event.metrics.l1_held > 0 && event.metrics.cycle_held > 0), maps: plots.map((map) => map.length), inside: plots.flat().every((x) => x >= 0 && x <= 1), names: Object.keys(header), whole_file: 8 + length + Math.max(...ends) === network.size };
      }, SMALL);
      t.equal(seen.wrong, ["bad-setting", "cycle"], "a negative weight");
      t.equal(seen.whole[0], 10, "the last step");
      t.assert(seen.whole.every(Number.isFinite), `not all are numbers: ${seen.whole}`);
      t.equal(seen.resumed, seen.whole, `step and losses of the run that went on from step ${seen.saved}`);
      t.assert(seen.held, "new pictures were not measured");
      t.equal(seen.sheet, [192, 384], "the size of the sheet");
      t.equal(seen.buffer, [1600, 128], "the size of the buffers");
      t.equal(seen.maps, [36, 36, 36, 36], "opinions");
      t.assert(seen.inside, "opinions beyond 0 and 1");
      t.assert(seen.names.includes("model.1.weight") && seen.names.every((/** @type {string} */ name) => name.startsWith("model.")) && seen.whole_file, `a generator alone: ${seen.names}`);
      t.said = `cycle ${seen.whole[5].toFixed(3)}`;
    },
  },
  {
    name: "an opinion is drawn over the square of the picture that it is on",
    async run(t) {
      const page = await t.page();
      const seen = await page.evaluate(async () => {
        const { Opinions, places } = await import("./train/opinions.js");
        const { styled } = await import("./dom.js");
        await styled("train/train.css");
        const picture = new OffscreenCanvas(64, 64);
        const pen = picture.getContext("2d");
        if (!pen) throw new Error("no 2d");
        pen.fillStyle = "#808080";
        pen.fillRect(0, 0, 64, 64);
        // A mark in the middle of the square of the opinion in row 1, column 4: 8 px apart, the first at 12.
        pen.fillStyle = "#ffffff";
        pen.fillRect(42, 18, 4, 4);
        const opinions = new Opinions("train.play", "train.play");
        document.body.append(opinions.figure);
        opinions.on(/** @type {any} */ (picture), 0, 0, 64);
        opinions.show(Array.from({ length: 36 }, (_, i) => (i === 10 ? 1 : 0.5)));
        const canvas = /** @type {HTMLCanvasElement} */ (opinions.figure.querySelector("canvas"));
        const { data } = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d")).getImageData(0, 0, 256, 256);
        opinions.figure.remove();
        const at = (/** @type {number} */ x, /** @type {number} */ y) => [...data.slice(4 * (4 * y * 256 + 4 * x), 4 * (4 * y * 256 + 4 * x) + 3)].join();
        const coloured = [];
        for (let y = 0; y < 64; y += 1) for (let x = 0; x < 64; x += 1) if (at(x, y) !== "128,128,128") coloured.push([x, y]);
        const ends = (/** @type {number} */ axis) => [Math.min(...coloured.map((one) => one[axis] ?? 0)), Math.max(...coloured.map((one) => one[axis] ?? 0))];
        return { across: ends(0), down: ends(1), count: coloured.length, mark: at(44, 20) !== at(41, 20), places: places(6, 64), pixels: places(4, 4) };
      });
      t.equal([seen.across, seen.down, seen.count], [[40, 47], [16, 23], 64], "the pixels that are coloured");
      t.assert(seen.mark, "the mark is not under the colour");
      t.equal(seen.places, [0, 16, 24, 32, 40, 48, 64], "where opinions on 64 px end");
      t.equal(seen.pixels, [0, 1, 2, 3, 4], "opinions on single pixels");
    },
  },
  {
    name: "the view of CycleGAN is reached from Translate, learns, shows both ways, opinions and buffers, and its address rebuilds it",
    async run(t) {
      const page = await t.open({ hash: "#view=translate&lang=en" });
      await t.until(page, () => document.querySelector("#translate")?.checkVisibility(), "Translate");
      await page.click("#translate [data-kind=cycle]");
      await t.until(page, () => document.querySelector("#cycle")?.checkVisibility() && document.title.includes("without pairs"), "the view");
      t.equal(await page.$eval("#nav-translate", (tab) => tab.getAttribute("aria-current")), "page", "the tab of both");
      t.equal(await page.$eval("#cycle [data-kind=cycle]", (one) => one.getAttribute("aria-pressed")), "true", "the switch");
      const button = (/** @type {string} */ text) => page.evaluate((text) => [...document.querySelectorAll("#cycle button")].find((each) => each.textContent?.trim() === text)?.click(), text);
      await page.evaluate(() => (location.hash = "view=cycle&task=night&count=8&blocks=1&patch=16&pool=0&lang=en"));
      await t.until(page, () => document.querySelector("#cycle [data-choice=night]")?.getAttribute("aria-pressed") === "true", "the view of the link");
      t.equal(await page.$$eval("#cycle [aria-describedby=cycle-identity-hint], #cycle [aria-describedby=cycle-pool-hint]", (all) => all.map((one) => one.checked)), [true, false], "identity loss on, buffer off");
      await page.$eval("#cycle [aria-describedby=cycle-pool-hint]", (box) => box.click());
      await button("Play");
      await t.until(page, () => /Step [1-9]/.test(document.querySelector("#cycle .estimate")?.textContent ?? ""), "the first steps", 120_000);
      await t.until(page, () => [...document.querySelectorAll("#cycle .cycle-sheet")].every((sheet) => /** @type {HTMLCanvasElement} */ (sheet).width === 96 && sheet.checkVisibility()) && document.querySelectorAll("#cycle .train-map").length === 4 && [...document.querySelectorAll("#cycle .train-map")].every((map) => /** @type {HTMLCanvasElement} */ (map).width === 128 && map.checkVisibility()), "both sheets and all maps");
      await t.until(page, () => /^0[.]\d\d/.test(document.querySelector("#cycle [data-number=l1_held] dd")?.textContent ?? "") && /untouched 0/.test(document.querySelector("#cycle [data-number=l1_held]")?.textContent ?? ""), "the distance from the truth");
      await page.$eval("#cycle details:has(.cycle-buffer)", (strip) => (strip.open = true));
      await t.until(page, () => /** @type {HTMLCanvasElement | null} */ (document.querySelector("#cycle .cycle-buffer"))?.width === 800, "the buffers");
      await button("Pause");
      await t.until(page, () => document.querySelector("#cycle .stage")?.dataset.phase === "paused", "the pause");
      t.equal(await page.evaluate(() => location.hash), "#view=cycle&task=night&patch=16&blocks=1&count=8&lang=en", "the address");
      await page.click("#cycle [data-kind=translate]");
      await t.until(page, () => document.querySelector("#translate")?.checkVisibility() && !document.querySelector("#cycle")?.checkVisibility(), "back in Translate");
    },
  },
  {
    name: "axe-core finds nothing in the view of CycleGAN, in two languages and two themes, and 360 px are wide enough",
    async run(t) {
      const page = await t.open({ hash: "#view=cycle&task=own&lang=en&theme=light" });
      await t.until(page, () => document.querySelector("#cycle")?.checkVisibility(), "the view");
      await bringAxe(page);
      t.equal(await page.$$eval("#cycle .cycle-own section", (all) => all.filter((each) => each.checkVisibility()).length), 2, "places for one's own pictures");
      await clean(t, page, "own pictures");
      await page.evaluate(() => (location.hash = "view=cycle&count=4&blocks=1&patch=16&start=scratch&lang=en&theme=light"));
      await t.until(page, () => document.querySelector("#cycle [data-choice=winter]")?.getAttribute("aria-pressed") === "true", "the scenes");
      await page.$$eval("#cycle details", (all) => all.forEach((each) => (each.open = true)));
      await page.click("#cycle .primary");
      await t.until(page, () => document.querySelector("#cycle .train-map")?.checkVisibility(), "the first opinions", 120_000);
      await page.click("#cycle .primary");
      for (const [lang, theme] of [["en", "light"], ["ko", "dark"]]) {
        await page.evaluate((hash) => (location.hash = hash), `view=cycle&count=4&blocks=1&patch=16&start=scratch&lang=${lang}&theme=${theme}`);
        await page.waitForFunction((lang, theme) => document.documentElement.lang === lang && document.documentElement.dataset.theme === theme, {}, lang, theme);
        await clean(t, page, `${lang}, ${theme}`);
      }
      await page.setViewport({ width: 360, height: 740 });
      const wide = await page.evaluate(() => [...document.querySelectorAll("#cycle *, .bar *")].filter((each) => each.checkVisibility() && !each.closest(".train-top, .scroll, .unseen") && each.getBoundingClientRect().right > 361).map((each) => `${each.id || each.className || each.tagName}`));
      t.equal(wide, [], "what is wider than 360 px");
    },
  },
];
