/** The walk: through its API, and as the visitor sees it. */
import { bringAxe, clean } from "./access.mjs";

/** @param {import("../context.mjs").Context} t @param {string} hash */
async function opened(t, hash) {
  const page = await t.open({ hash });
  await t.until(page, () => /** @type {HTMLCanvasElement | null} */ (document.querySelector("#walk .walk-picture"))?.width === 32, "the first picture");
  return page;
}

/** The bytes of what is shown, as a sum that other pictures do not have. */
const SEEN = () => {
  const canvas = /** @type {HTMLCanvasElement} */ (document.querySelector("#walk .walk-picture"));
  const { data } = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d")).getImageData(0, 0, canvas.width, canvas.height);
  let sum = 0;
  for (const byte of data) sum = (31 * sum + byte) % 1_000_003;
  return `${canvas.width}x${canvas.height} ${sum}`;
};

export const tests = [
  {
    name: "a walk that is held draws where it is asked to, its places and its map, and goes on from its file",
    async run(t) {
      const page = await t.page();
      const seen = await page.evaluate(async () => {
        const { lab } = globalThis;
        const easel = await globalThis.easel;
        const log = await lab.begin({ job: "walk", network: "cgan-digits", frames: 10 }, {});
        await log.run.pause();
        await lab.event(log, (event) => event.type === "started", "the generator");
        const { generator } = lab.events(log, "started")[0];
        const at = async (/** @type {object} */ control) => {
          const { frames } = log;
          await Promise.all([log.run.tune(control), log.run.step()]);
          await lab.until(() => log.frames > frames, "the picture");
          return [...lab.pixels(log.frame).data].reduce((sum, byte) => (31 * sum + byte) % 1_000_003, 0);
        };
        const [first, half, again, other] = [await at({ at: 0 }), await at({ at: 0.5 }), await at({ at: 0 }), await at({ at: 1 })];
        const told = lab.events(log, "progress").at(-1).metrics.at;
        await at({ classes: true });
        const every = [log.frame.width, log.frame.height];
        const size = async (/** @type {object} */ encoding) => {
          const { width, height } = await createImageBitmap(await log.run.image(encoding));
          return [width, height];
        };
        const sheets = [await size({ sheet: "places" }), await size({ sheet: { map: 1 } }), await size({})];
        const wrong = await log.run.tune({ at: -1 }).then(() => "taken", (/** @type {any} */ error) => [error.code, error.subject]);
        const file = await log.run.checkpoint();
        await log.run.stop();
        const next = lab.follow(easel.resume(file));
        await next.run.pause();
        await next.run.step(1);
        await lab.until(() => next.frames > 0, "the picture of the run that went on");
        const resumed = lab.events(next, "progress").at(-1).metrics.at;
        await next.run.stop();
        const begin = async (/** @type {object} */ settings, /** @type {object} */ inputs) => (await lab.begin({ job: "walk", steps: 1, ...settings }, inputs)).run.done.then(() => "done", (/** @type {any} */ error) => error.code);
        const codes = [await begin({ network: "custom" }, {}), await begin({ network: "classifier-digits" }, {}), await begin({ network: "custom" }, { network: new File(["no"], "no.pth") }), await begin({ steps: 2 }, {})];
        return { generator, first, half, again, other, told, every, sheets, wrong, resumed, codes };
      });
      t.equal(seen.generator, { latent: 100, classes: 10, directions: 6, size: 28 }, "what it goes through");
      t.assert(new Set([seen.first, seen.half, seen.other]).size === 3, "different places look the same");
      t.equal(seen.again, seen.first, "the same place, drawn again");
      t.equal(seen.told, 1, "where it says it is");
      t.equal(seen.every, [140, 56], "ten classes side by side");
      t.equal(seen.sheets, [[140, 28], [196, 196], [140, 56]], "the sizes of places, map and picture");
      t.equal(seen.wrong, ["bad-setting", "at"], "a place before the first");
      t.assert(Math.abs(seen.resumed - 1.2) < 1e-5, `it went on at ${seen.resumed}`);
      t.equal(seen.codes, ["bad-setting", "bad-setting", "weights-truncated", "done"], "no file, no generator, a cut one, one that is whole");
    },
  },
  {
    name: "the walk opens, plays, is led by slider, map and places, and its address rebuilds it",
    async run(t) {
      const page = await t.open({ hash: "#lang=en" });
      await page.click("#nav-walk");
      await t.until(page, () => document.querySelector("#walk .stage")?.dataset.playing === "true", "the walk, which plays by itself");
      await t.until(page, () => / pictures a second$/.test(document.querySelector("#walk .estimate")?.textContent ?? ""), "its pace");
      t.assert((await page.title()).includes("walk"), "the title is another's");
      await page.evaluate(() => new Promise((wake) => setTimeout(wake, 2000)));
      t.said = await page.$eval("#walk .estimate", (line) => line.textContent ?? "");
      await page.click("#walk .primary");
      t.equal(await page.$eval("#walk .stage", (stage) => stage.dataset.playing), "false", "whether it plays after Pause");
      await t.until(page, () => document.querySelectorAll("#walk .walk-place canvas").length === 5 && [...document.querySelectorAll("#walk .walk-place canvas")].every((each) => /** @type {HTMLCanvasElement} */ (each).width === 32), "the places");
      await t.until(page, () => /** @type {HTMLImageElement | null} */ (document.querySelector("#walk .walk-map"))?.naturalWidth === 224, "the map");
      const at = async (/** @type {number} */ place) => {
        await page.click(`#walk .walk-place:nth-child(${place})`);
        await page.waitForFunction((at) => /** @type {HTMLElement | null} */ (document.querySelector("#walk .walk-picture"))?.dataset.at === at, {}, String(place - 1));
        return page.evaluate(SEEN);
      };
      const third = await at(3);
      const slid = await page.evaluate(async (seen) => {
        const slider = /** @type {HTMLInputElement} */ (document.querySelector("#walk .walk-at"));
        const see = new Function(`return (${seen})()`);
        const before = see();
        const begun = performance.now();
        slider.value = "1.3";
        slider.dispatchEvent(new Event("input"));
        await globalThis.lab.until(() => see() !== before, "the picture of the slider");
        return Math.round(performance.now() - begun);
      }, String(SEEN));
      t.said += `; ${slid} ms after the slider`;
      t.equal(await at(3), third, "the third place, seen again");
      const map = await (await page.$("#walk .walk-map"))?.boundingBox();
      if (!map) throw new Error("there is no map");
      await page.mouse.click(map.x + 0.9 * map.width, map.y + 0.2 * map.height);
      await t.until(page, () => Math.abs(Number(/** @type {HTMLInputElement | null} */ (document.querySelector("#walk-move-0"))?.value) - 2.8) < 0.06, "the first slider, moved by the map");
      await page.waitForFunction(`(${SEEN})() !== ${JSON.stringify(third)}`);
      const moved = await page.evaluate(SEEN);
      const button = (/** @type {string} */ text) => page.evaluate((text) => [...document.querySelectorAll("#walk button")].find((each) => each.textContent?.trim() === text)?.click(), text);
      await button("Add a place");
      t.equal(await page.$$eval("#walk .walk-place", (all) => all.length), 6, "places");
      await button("Add the result");
      t.equal(await page.$$eval("#walk .walk-place", (all) => all.length), 7, "places with the sum");
      await button("Remove");
      await button("Remove");
      await button("Straight");
      const hash = await page.evaluate(() => location.hash);
      for (const part of ["view=walk", "between=line", "45!2.8", ",35"]) t.assert(hash.includes(part), `${part} is not in ${hash}`);
      const again = await opened(t, hash);
      await again.click("#walk .primary");
      await again.click("#walk .walk-place:nth-child(3)");
      await again.waitForFunction(`(${SEEN})() === ${JSON.stringify(moved)}`);
      await again.select("#walk select", "cgan-digits");
      await t.until(again, () => document.querySelector("#walk-label")?.checkVisibility(), "the class of a place");
      await again.evaluate(() => [...document.querySelectorAll("#walk .switch")].find((each) => each.textContent === "All classes side by side")?.querySelector("input")?.click());
      await t.until(again, () => /** @type {HTMLCanvasElement | null} */ (document.querySelector("#walk .walk-picture"))?.width === 140, "all classes");
    },
  },
  {
    name: "a walk is recorded as a film that plays",
    async run(t) {
      const page = await opened(t, "#view=walk&lang=en&seconds=0.5&places=1,2");
      await page.click("#walk .walk-tools button");
      const name = await t.until(page, () => globalThis.lab.saved[0]?.name, "the film", 120_000);
      const film = await page.evaluate(async () => {
        const { lab } = globalThis;
        const [{ blob }] = lab.saved;
        const video = document.createElement("video");
        video.muted = true;
        video.src = URL.createObjectURL(blob);
        await video.play();
        await lab.until(() => video.ended, "the end of the film", 20_000);
        const canvas = new OffscreenCanvas(video.videoWidth, video.videoHeight);
        const pen = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext("2d"));
        pen.drawImage(video, 0, 0);
        const { data } = pen.getImageData(0, 0, canvas.width, canvas.height);
        const values = data.filter((_, i) => i % 4 === 1);
        return { bytes: blob.size, type: blob.type, size: [canvas.width, canvas.height], seconds: video.currentTime, spread: Math.max(...values.slice(0, 50_000)) - Math.min(...values.slice(0, 50_000)) };
      });
      t.equal(film.size, [480, 480], "the film's size");
      t.assert(film.seconds > 0.7 && film.seconds < 1.6, `30 pictures a second for two ways of half a second last ${film.seconds} s`);
      t.assert(film.spread > 40, "its last picture is empty");
      t.said = `${name}, ${film.type}, ${film.bytes} bytes, ${film.seconds.toFixed(2)} s`;
    },
  },
  {
    name: "axe-core finds nothing in the walk, in two languages and two themes, and 360 px are wide enough",
    async run(t) {
      const page = await opened(t, "#view=walk&network=dcgan-scenes&lang=en&theme=light");
      await bringAxe(page);
      await page.click("#walk .primary");
      await page.$$eval("#walk details", (all) => all.forEach((each) => (each.open = true)));
      for (const [lang, theme] of [["en", "light"], ["ko", "dark"]]) {
        await page.evaluate((hash) => (location.hash = hash), `view=walk&network=dcgan-scenes&lang=${lang}&theme=${theme}`);
        await page.waitForFunction((lang, theme) => document.documentElement.lang === lang && document.documentElement.dataset.theme === theme, {}, lang, theme);
        await t.until(page, () => !(/** @type {HTMLButtonElement} */ (document.querySelector("#walk .primary"))).disabled, "the walk with its network");
        await clean(t, page, `${lang}, ${theme}`);
      }
      await page.setViewport({ width: 360, height: 740 });
      const wide = await page.evaluate(() => [...document.querySelectorAll("#walk *, .bar *")].filter((each) => each.checkVisibility() && !each.closest(".walk-places, .unseen") && each.getBoundingClientRect().right > 361).map((each) => `${each.id || each.className || each.tagName}`));
      t.equal(wide, [], "what is wider than 360 px");
    },
  },
];
