/** Trained networks on pictures: through the API, and as the visitor sees it. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { FIXTURES } from "../context.mjs";
import { bringAxe, clean } from "./access.mjs";

/** A generator of PyTorch's, 6 blocks, 2 channels at full size. */
const NETWORK = join(FIXTURES, "stylize/resnet.pth");

/** @param {import("puppeteer-core").Page} page @param {string} selector @param {string} path */
async function choose(page, selector, path) {
  const chooser = /** @type {import("puppeteer-core").ElementHandle<HTMLInputElement> | null} */ (await page.$(selector));
  if (!chooser) throw new Error(`there is no ${selector}`);
  await chooser.uploadFile(path);
}

export const tests = [
  {
    name: "a network of PyTorch's turns pictures of any size into others; strength 0 gives them back; what is broken is refused",
    async run(t) {
      const page = await t.page();
      const bytes = (await readFile(NETWORK)).toString("base64");
      const seen = await page.evaluate(async (bytes) => {
        const { lab } = globalThis;
        const easel = await globalThis.easel;
        const file = (/** @type {number} */ cut) => new File([Uint8Array.from(atob(bytes), (c) => c.charCodeAt(0)).slice(0, cut)], "resnet.pth", { lastModified: cut });
        const network = file(1e9);
        const picture = async (/** @type {number} */ w, /** @type {number} */ h) => {
          const canvas = new OffscreenCanvas(w, h);
          const context = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext("2d"));
          for (let x = 0; x < w; x += 4) {
            context.fillStyle = `rgb(${(x * 7) % 256} ${(x * 3) % 256} ${(x * 11) % 256})`;
            context.fillRect(x, 0, 4, h);
          }
          return canvas.convertToBlob();
        };
        const pixels = async (/** @type {Blob} */ blob) => [...lab.pixels(await createImageBitmap(blob)).data];
        const apart = (/** @type {number[]} */ a, /** @type {number[]} */ b) => a.reduce((sum, x, i) => sum + Math.abs(x - (b[i] ?? 0)), 0) / a.length;
        const of = async (/** @type {object} */ settings, /** @type {object} */ inputs) => {
          const log = await lab.begin({ job: "stylize", ...settings }, inputs);
          return log.run.done.then(() => log, (/** @type {any} */ error) => error.code);
        };
        const content = await picture(64, 48);
        const one = await of({}, { content, network });
        const last = lab.events(one, "progress").at(-1);
        const drawn = await pixels(await one.run.image());
        const source = await pixels(content);
        await one.run.tune({ strength: 0 });
        const back = await pixels(await one.run.image());
        await one.run.tune({ strength: 0.5 });
        const half = await pixels(await one.run.image());
        await one.run.tune({ strength: 1 });
        const again = await pixels(await one.run.image());
        const wrong = await one.run.tune({ strength: 2 }).then(() => "taken", (/** @type {any} */ error) => error.code);
        const frames = [];
        for await (const event of one.run) if (event.type === "frame") frames.push(event.bitmap.width);
        const sizes = [];
        for (const [w, h, side] of [[37, 53, 0], [1, 1000, 0], [40, 20, 64]]) {
          const { width, height } = await createImageBitmap(await (await of({ side }, { content: await picture(w, h), network })).run.image());
          sizes.push([width, height]);
        }
        const codes = [await of({}, { content }), await of({}, { content, network: file(2000) }), await of({}, { content, network: new File(["{}"], "no.pth") }), await of({ network: "features" }, { content }), await of({ generator: "G_A" }, { content, network }), await of({ side: 3 }, { content, network })];
        const { estimate } = lab.events(one, "started")[0];
        return { step: [last.step, last.of], mean: Number.isFinite(last.metrics.mean), changed: apart(drawn, source), back: apart(back, source), half: apart(half, source), again: apart(again, drawn), wrong, frames, sizes, codes, bytes: estimate.bytes };
      }, bytes);
      t.assert(seen.step[0] === seen.step[1] && seen.step[0] >= 18 && seen.mean, `steps ${seen.step}, a number: ${seen.mean}`);
      t.assert(seen.changed > 5, `the network changed the picture by ${seen.changed} of 255`);
      t.equal([seen.back, seen.again], [0, 0], "how far strength 0 is from the picture, and strength 1 from what it was");
      t.assert(Math.abs(seen.half - seen.changed / 2) < 0.3, `half the strength is ${seen.half} away, the whole ${seen.changed}`);
      t.equal(seen.wrong, "bad-setting", "a strength of 2");
      t.equal(seen.frames, [64], "pictures that followed the end");
      t.equal(seen.sizes, [[37, 53], [1, 1000], [64, 32]], "the sizes of results");
      t.equal(seen.codes, ["bad-setting", "weights-truncated", "weights-truncated", "weights-generator", "bad-setting", "bad-setting"], "no file, a cut one, none, a network of another kind, no such generator, a side of 3");
      t.said = `${seen.step[1]} steps, ${(seen.bytes / 1e6).toFixed(1)} MB`;
    },
  },
  {
    name: "the shipped generator turns a photo of 4000x3000 px, whole and in time that is told",
    // Minutes without a GPU.
    thorough: true,
    patience: 2_400_000,
    async run(t) {
      const page = await t.page();
      // Longer than a call to the page may take: it is begun, and asked for its end.
      await page.evaluate(() => {
        const work = async () => {
          const { lab } = globalThis;
          const [w, h] = [4000, 3000];
          const canvas = new OffscreenCanvas(w, h);
          const context = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext("2d"));
          for (let i = 0; i < 4000; i += 1) {
            context.fillStyle = `hsl(${(i * 37) % 360} 60% ${30 + ((i * 13) % 50)}%)`;
            context.fillRect((i * 617) % w, (i * 389) % h, 40 + ((i * 7) % 300), 30 + ((i * 11) % 200));
          }
          const content = await canvas.convertToBlob({ type: "image/jpeg" });
          const begun = performance.now();
          const log = await lab.begin({ job: "stylize", network: "cyclegan-winter", generator: "G_A" }, { content });
          await log.run.done;
          const took = performance.now() - begun;
          const { estimate } = lab.events(log, "started")[0];
          const { metrics, step, of } = lab.events(log, "progress").at(-1);
          const bitmap = await createImageBitmap(await log.run.image());
          // The corners and the middle are drawn, and nowhere is the picture as it was.
          const small = new OffscreenCanvas(64, 48);
          const look = /** @type {OffscreenCanvasRenderingContext2D} */ (small.getContext("2d"));
          const cells = (/** @type {CanvasImageSource} */ source) => (look.drawImage(source, 0, 0, 64, 48), [...look.getImageData(0, 0, 64, 48).data]);
          const [before, after] = [cells(canvas), cells(bitmap)];
          const same = before.filter((x, i) => i % 4 === 0 && [0, 1, 2].every((c) => before[i + c] === after[i + c])).length;
          return { size: [bitmap.width, bitmap.height], took, bytes: estimate.bytes, mean: metrics.mean, steps: [step, of], same };
        };
        work().then((found) => (globalThis.found = found), (error) => (globalThis.found = { error: String(error) }));
      });
      let seen;
      while (!(seen = await page.evaluate(() => globalThis.found))) await new Promise((wake) => setTimeout(wake, 1000));
      t.equal(seen.error, undefined, "why it failed");
      t.equal([seen.size, seen.steps[0]], [[4000, 3000], seen.steps[1]], "the size of the result, and the steps");
      t.assert(Number.isFinite(seen.mean) && seen.same < 200, `mean ${seen.mean}, ${seen.same} of 3072 places as they were`);
      t.said = `${(seen.took / 1000).toFixed(0)} s, ${(seen.bytes / 1e6).toFixed(0)} MB, ${seen.steps[1]} steps`;
    },
  },
  {
    name: "a network is laid out as it is asked for, f16 where the GPU has it, or as measured; the pictures are alike but for rounding",
    async run(t) {
      const page = await t.page();
      const bytes = (await readFile(NETWORK)).toString("base64");
      const { half, all } = await page.evaluate(async (bytes) => {
        const { lab } = globalThis;
        const easel = await globalThis.easel;
        const network = new File([Uint8Array.from(atob(bytes), (c) => c.charCodeAt(0))], "resnet.pth");
        const content = await easel.sample("scene", "lake", { size: 64 });
        const all = [];
        /** @type {Uint8ClampedArray | null} */
        let first = null;
        for (const kernels of ["f32-winograd", "auto", "f32", "f16-winograd", "f16", "measured"]) {
          const log = await lab.begin({ job: "stylize", kernels, dropout: false }, { content, network });
          await log.run.done;
          const { data } = lab.pixels(await createImageBitmap(await log.run.image()));
          first ??= data;
          const from = first;
          all.push({ asked: kernels, got: lab.events(log, "started")[0].kernels, apart: data.reduce((/** @type {number} */ most, x, i) => Math.max(most, Math.abs(x - (from[i] ?? 0))), 0) });
        }
        return { half: easel.adapter?.features.includes("shader-f16"), all };
      }, bytes);
      const full = "f32-winograd";
      const expected = [full, full, "f32", half ? "f16-winograd" : full, half ? "f16" : full];
      t.equal(all.slice(0, 5).map(({ got }) => got), expected, "what the network was laid out as");
      t.assert(new Set([full, "f32", ...(half ? ["f16-winograd", "f16"] : [])]).has(all[5]?.got), `measured: ${all[5]?.got}`);
      t.assert(all.every(({ apart }) => apart <= 4), `apart: ${JSON.stringify(all)}`);
      t.said = `measured: ${all[5]?.got}; apart by at most ${Math.max(...all.map(({ apart }) => apart))} of 255`;
    },
  },
  {
    name: "the view Apply opens, says how to get a network, applies one, follows its sliders, makes a zip, watches the camera, and its address rebuilds it",
    async run(t) {
      const page = await t.open({ hash: "#lang=en" });
      await page.click("#nav-apply");
      await t.until(page, () => document.querySelector("#apply")?.checkVisibility() && document.title.includes("apply"), "the view");
      t.assert(await page.$eval("#apply .apply-how", (how) => how.checkVisibility() && (how.textContent ?? "").includes("latest_net_G.pth")), "it does not say how to get a network");
      await choose(page, "#apply input[accept^='.safe']", NETWORK);
      t.equal(await page.$eval("#apply .apply-network select", (select) => /** @type {HTMLSelectElement} */ (select).selectedOptions[0]?.textContent), "resnet.pth", "the network");
      const [one, two] = ["plain.png", "plain.webp"].map((name) => join(FIXTURES, name));
      const chooser = /** @type {import("puppeteer-core").ElementHandle<HTMLInputElement>} */ (await page.$("#apply input[multiple]"));
      await chooser.uploadFile(one ?? "", two ?? "");
      await t.until(page, () => document.querySelectorAll("#apply .tile").length === 8, "the pictures");
      await page.click("#apply .primary");
      await t.until(page, () => document.querySelector("#apply .frame")?.getAttribute("data-state") === "both", "the result", 60_000);
      const seen = () => page.evaluate(() => {
        const canvas = /** @type {HTMLCanvasElement} */ (document.querySelector("#apply .after"));
        const { data } = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d")).getImageData(0, 0, canvas.width, canvas.height);
        return data.reduce((sum, byte) => (31 * sum + byte) % 1_000_003, 0);
      });
      const whole = await seen();
      const slide = (/** @type {string} */ to) => page.$eval("#apply-strength", (range, to) => {
        /** @type {HTMLInputElement} */ (range).value = to;
        range.dispatchEvent(new Event("input"));
      }, to);
      await slide("0.25");
      await page.waitForFunction((whole) => {
        const canvas = /** @type {HTMLCanvasElement} */ (document.querySelector("#apply .after"));
        const { data } = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d")).getImageData(0, 0, canvas.width, canvas.height);
        return data.reduce((sum, byte) => (31 * sum + byte) % 1_000_003, 0) !== whole;
      }, {}, whole);
      t.equal(await page.evaluate(() => location.hash), "#view=apply&strength=0.25&lang=en", "the address");
      // What is saved is what is shown.
      const saved = await page.evaluate(async () => {
        const { lab } = globalThis;
        const press = (/** @type {string} */ text) => [...document.querySelectorAll("#apply button")].find((each) => each.textContent?.trim() === text)?.click();
        press("Save");
        await lab.until(() => lab.saved.length === 1, "the picture");
        press("All 2 to a zip");
        await lab.until(() => lab.saved.length === 2, "the zip");
        const [picture, archive] = lab.saved;
        const text = new TextDecoder("latin1").decode(await archive.blob.arrayBuffer());
        return { names: [picture.name, archive.name], type: picture.blob.type, files: [...text.matchAll(/PK\x01\x02/g)].length, named: /plain\.png.*plain-2\.png/s.test(text), pngs: [...text.matchAll(/PNG\r\n\x1a/g)].length };
      });
      t.equal(saved, { names: ["plain-resnet.png", "easel.zip"], type: "image/png", files: 2, named: true, pngs: 2 }, "what was saved");
      // A camera that sees a moving square.
      await page.evaluate(() => {
        const canvas = document.createElement("canvas");
        [canvas.width, canvas.height] = [96, 64];
        let at = 0;
        setInterval(() => {
          const context = canvas.getContext("2d");
          if (!context) return;
          context.fillStyle = "navy";
          context.fillRect(0, 0, 96, 64);
          context.fillStyle = "orange";
          context.fillRect((at += 3) % 96, 20, 24, 24);
        }, 40);
        navigator.mediaDevices.getUserMedia = async () => canvas.captureStream();
      });
      const press = (/** @type {string} */ text) => page.evaluate((text) => [...document.querySelectorAll("#apply button")].find((each) => each.textContent?.trim() === text)?.click(), text);
      await press("Live camera");
      await t.until(page, () => /pictures a second, 96 × 64 px/.test(document.querySelector("#apply .estimate")?.textContent ?? ""), "the camera's pictures", 60_000);
      await page.evaluate(() => new Promise((wake) => setTimeout(wake, 1500)));
      t.said = await page.$eval("#apply .estimate", (line) => line.textContent ?? "");
      await press("Take it as picture");
      await t.until(page, () => document.querySelectorAll("#apply .tile").length === 9 && document.querySelector("#apply .stage")?.dataset.phase === "idle", "the camera's picture among the others, and the camera's end");
      await choose(page, "#apply input[accept^='.safe']", join(FIXTURES, "random.bin"));
      await page.click("#apply .primary");
      await t.until(page, () => /holds no network|ends too early|no network that Easel knows/.test(document.querySelector("#apply .notice.error")?.textContent ?? ""), "the refusal of a broken file");
      await page.evaluate(() => (location.hash = "view=apply&content=coast&side=256&keepColors=true&lang=ko"));
      await t.until(page, () => /** @type {HTMLSelectElement | null} */ (document.querySelector("#apply-side"))?.value === "256" && document.documentElement.lang === "ko", "the view of the link");
      t.equal(await page.$$eval("#apply .tile input:checked ~ .tile-name", (all) => all.map((each) => each.textContent)), ["바닷가"], "the picture of the link");
    },
  },
  {
    name: "axe-core finds nothing in Apply, in two languages and two themes, and 360 px are wide enough",
    async run(t) {
      const page = await t.open({ hash: "#view=apply&side=256&lang=en&theme=light" });
      await t.until(page, () => document.querySelector("#apply")?.checkVisibility(), "the view");
      await bringAxe(page);
      await clean(t, page, "without a network");
      await choose(page, "#apply input[accept^='.safe']", NETWORK);
      await page.click("#apply .primary");
      await t.until(page, () => document.querySelector("#apply .frame")?.getAttribute("data-state") === "both", "the result", 120_000);
      for (const [lang, theme] of [["en", "light"], ["ko", "dark"]]) {
        await page.evaluate((hash) => (location.hash = hash), `view=apply&side=256&lang=${lang}&theme=${theme}`);
        await page.waitForFunction((lang, theme) => document.documentElement.lang === lang && document.documentElement.dataset.theme === theme, {}, lang, theme);
        await clean(t, page, `${lang}, ${theme}`);
      }
      await page.setViewport({ width: 360, height: 740 });
      const wide = await page.evaluate(() => [...document.querySelectorAll("#apply *, .bar *")].filter((each) => each.checkVisibility() && !each.closest(".scroll, .unseen, .knob") && each.getBoundingClientRect().right > 361).map((each) => `${each.id || each.className || each.tagName}`));
      t.equal(wide, [], "what is wider than 360 px");
    },
  },
];
