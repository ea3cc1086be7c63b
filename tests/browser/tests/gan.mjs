/** The GAN lab: the job through the API, and its view. */
import { bringAxe, clean } from "./access.mjs";
import { LEDGER, SLACK } from "../memory.mjs";

/** Every variant, small enough for a software adapter. */
const VARIANTS = {
  "a GAN on points": { variant: "gan", data: "ring" },
  "least squares on points": { variant: "lsgan", data: "moons" },
  "a GAN on digits": { variant: "gan", data: "digits", count: 40, batch: 8, generatorWidths: [32, 64], discriminatorWidths: [64] },
  "a DCGAN on scenes": { variant: "dcgan", data: "scenes", count: 16, batch: 4, width: 2 },
  "least squares on scenes": { variant: "lsgan", data: "scenes", count: 16, batch: 4, width: 2 },
  "a conditional GAN on digits": { variant: "cgan", data: "digits", count: 40, batch: 8, generatorWidths: [32, 64], discriminatorWidths: [64, 64] },
};
/** Steps after which the state is saved, and all. */
const [SAVED, ALL] = [12, 30];
/** Steps in which the pools of memory settle, and those that follow. */
const [SETTLED, FURTHER] = [200, 300];
/** Numbers that every run tells. */
const METRICS = ["d_loss", "g_loss", "d_real", "d_fake", "gradient"];

/** The view in a page. @param {import("../context.mjs").Context} t @param {string} hash */
async function opened(t, hash) {
  const page = await t.open({ hash });
  await t.until(page, () => document.querySelector("#lab")?.checkVisibility(), "the lab");
  return page;
}

export const tests = [
  ...Object.entries(VARIANTS).map(([name, settings]) => ({
    name: `${name}: thirty steps give numbers and samples, and what was saved goes on to the same numbers after a reload`,
    async run(/** @type {import("../context.mjs").Context} */ t) {
      const page = await t.kept("variants", {});
      const seen = await page.evaluate(async (job, saved) => {
        const { lab } = globalThis;
        const at = () => lab.events(log, "progress").at(-1)?.step ?? 0;
        const log = await lab.begin(job, {});
        await log.run.pause();
        if (at() < saved) await log.run.step(saved - at());
        const portfolio = await import(new URL("keep/portfolio.js", location.href).href);
        await portfolio.keepState("saved", { title: "saved", step: at(), of: job.steps, width: 1, height: 1, link: "", going: false }, await log.run.checkpoint());
        await log.run.resume();
        const end = await log.run.done;
        const all = lab.events(log, "progress").map((/** @type {any} */ { metrics }) => metrics);
        const image = await createImageBitmap(await log.run.image());
        const plot = lab.events(log, "plot").at(-1)?.arrays ?? {};
        return { end, all, last: Object.assign({}, ...all), size: [image.width, image.height], frames: log.frames, plot: Object.fromEntries(Object.entries(plot).map(([k, v]) => [k, v.length])) };
      }, { job: "gan", ...settings, steps: ALL }, SAVED);
      t.equal([seen.end.step, seen.end.stopped], [ALL, false], "the end");
      for (const metrics of seen.all) {
        for (const name of METRICS) t.assert(Number.isFinite(metrics[name]), `${name} is ${metrics[name]}`);
      }
      const points = settings.data === "ring" || settings.data === "moons";
      t.equal(seen.size, points ? [120, 120] : settings.variant === "cgan" ? [224, 280] : settings.data === "digits" ? [224, 224] : [256, 256], "the size of the picture");
      if (points) t.equal([seen.plot.fake, seen.plot.field, seen.plot.grid, seen.plot.from], [800, 1600, 450, 128], "the lengths of what is drawn");
      else t.assert(seen.frames > 0 && seen.last.swd > 0 && seen.last.swd_real > 0 && seen.last.diversity > 0, `${seen.frames} frames, ${JSON.stringify(seen.last)}`);
      const told = [seen.last.classes, seen.last.agreement >= 0, seen.last.agreement_real > 0.9, seen.last.confident >= 0, seen.last.classes_seen >= 0];
      if (points) t.equal(told.map(Boolean), [false, false, false, false, false], "what a classifier says of points");
      else t.equal(told, [settings.data === "digits" ? 10 : 6, settings.variant === "cgan", true, true, true], "classes, agreement and its like");
      // The discriminator learns to tell: it thinks more of real samples than of generated ones.
      t.assert(points || seen.last.d_real > seen.last.d_fake, `real ${seen.last.d_real}, generated ${seen.last.d_fake}`);
      await page.reload();
      const resumed = await page.evaluate(async () => {
        const { lab } = globalThis;
        const easel = await globalThis.easel;
        const portfolio = await import(new URL("keep/portfolio.js", location.href).href);
        const [{ step: from }] = await portfolio.list();
        const log = lab.follow(easel.resume(await portfolio.state("saved")));
        await log.run.done;
        await portfolio.remove("saved");
        const { step, metrics } = lab.events(log, "progress").at(-1);
        return { from, step, metrics };
      });
      t.assert(resumed.from >= SAVED && resumed.from < ALL, `saved after step ${resumed.from}`);
      t.equal([resumed.step, ...METRICS.map((name) => resumed.metrics[name])], [ALL, ...METRICS.map((name) => seen.last[name])], `step and numbers of the run that went on from step ${resumed.from} after the reload`);
      t.said = `d_real ${seen.last.d_real.toFixed(3)}, d_fake ${seen.last.d_fake.toFixed(3)}`;
    },
  })),
  ...Object.entries(VARIANTS).map(([name, settings]) => ({
    name: `${name}: three hundred further steps take no further GPU memory`,
    // The networks of all are of the same layers; minutes are spent on one of them.
    thorough: name !== "a DCGAN on scenes",
    patience: 360_000,
    async run(/** @type {import("../context.mjs").Context} */ t) {
      const page = await t.kept("ledger", { prepend: { "worker.js": LEDGER } });
      const seen = await page.evaluate(async (job, settled, slack) => {
        const { lab } = globalThis;
        const log = await lab.begin(job, {});
        await lab.event(log, (/** @type {any} */ event) => event.type === "progress" && event.step >= settled, "the steps in which the pools settle");
        const early = await lab.live();
        const { step } = await log.run.done;
        return { early, late: await lab.collected(early * slack), step };
      }, { job: "gan", ...settings, steps: SETTLED + FURTHER }, SETTLED, SLACK);
      t.equal(seen.step, SETTLED + FURTHER, "the last step");
      t.assert(seen.early > 100_000, `only ${seen.early} bytes were counted`);
      t.assert(seen.late <= seen.early * SLACK, `${seen.late} bytes after ${seen.step} steps, ${seen.early} after ${SETTLED}`);
      t.said = `${(seen.early / 1e6).toFixed(1)} and ${(seen.late / 1e6).toFixed(1)} MB`;
    },
  })),
  ...[1, 2, 3].flatMap((seed) => [{ data: "ring" }, { data: "drawn", drawing: [[[-0.6, -0.5], [0, 0.6], [0.6, -0.5]]] }].map((data) => ({
    name: `the default settings learn the ${data.data === "ring" ? "ring" : "drawing"} from seed ${seed} in the page`,
    // Thousands of steps; natively the same settings learn it in each test run.
    thorough: true,
    patience: 1_200_000,
    async run(/** @type {import("../context.mjs").Context} */ t) {
      const page = await t.page();
      const seen = await page.evaluate(async (settings) => {
        const { lab } = globalThis;
        const log = await lab.begin({ job: "gan", ...settings }, {});
        const learnt = () => lab.events(log, "progress").findLast((/** @type {any} */ { metrics: { covered, modes, near } }) => covered >= (7 / 8) * modes && near >= 0.8);
        await lab.until(() => learnt() || log.ended, "the modes", 1_100_000);
        const found = learnt();
        const { step, metrics } = found ?? lab.events(log, "progress").at(-1);
        await log.run.stop();
        return { learnt: Boolean(found), step, covered: metrics.covered, modes: metrics.modes, near: metrics.near };
      }, { seed, ...data });
      t.said = `${seen.covered} of ${seen.modes} modes, ${(100 * seen.near).toFixed(0)} % of the points within three deviations after ${seen.step} steps`;
      t.assert(seen.learnt, t.said);
    },
  }))),
  {
    name: "a trained start draws scenes before the first step, and fits no other networks",
    async run(t) {
      const page = await t.page();
      const seen = await page.evaluate(async () => {
        const { lab } = globalThis;
        const job = { job: "gan", variant: "dcgan", start: "dcgan-scenes", count: 16, batch: 4, steps: 1 };
        const log = await lab.begin(job, {});
        await log.run.pause();
        await lab.until(() => log.frame, "the first frame");
        const { width, height, data } = lab.pixels(log.frame);
        await log.run.stop();
        const other = await lab.begin({ ...job, width: 8 }, {});
        const code = await other.run.done.then(() => "taken", (/** @type {any} */ error) => error.code);
        const mean = [0, 1, 2].map((c) => data.filter((_, i) => i % 4 === c).reduce((sum, v) => sum + v, 0) / (width * height));
        const spread = Math.sqrt(data.filter((_, i) => i % 4 === 0).reduce((sum, v) => sum + (v - (mean[0] ?? 0)) ** 2, 0) / (width * height));
        return { size: [width, height], spread, code };
      });
      t.equal([seen.size, seen.code], [[256, 256], "weights-shape"], "size of the sheet, and what other networks are told");
      // Untrained networks draw grey: 3 of 255.
      t.assert(seen.spread > 30, `the red of the pictures varies by ${seen.spread}`);
    },
  },
  {
    name: "a GAN that is held does single steps, takes live controls, goes on from its file to the same numbers, and gives its networks to another run",
    async run(t) {
      const page = await t.page();
      const seen = await page.evaluate(async () => {
        const { lab } = globalThis;
        const easel = await globalThis.easel;
        const last = (/** @type {any} */ log) => lab.events(log, "progress").at(-1) ?? { step: 0 };
        const one = await lab.begin({ job: "gan", steps: 40 }, {});
        await one.run.pause();
        const at = last(one).step;
        await one.run.step(3);
        const stepped = last(one).step - at;
        const wrong = await one.run.tune({ generatorRate: 7 }).then(() => "taken", (error) => [error.code, error.subject]);
        const foreign = await one.run.tune({ styleWeight: 7 }).then(() => "taken", (error) => error.code);
        await one.run.tune({ learning: "discriminator" });
        await one.run.tune({ learning: "both", discriminatorSteps: 2 });
        await one.run.step(2);
        const file = await one.run.checkpoint();
        const saved = last(one).step;
        await one.run.step(6);
        const whole = last(one);
        const networks = await one.run.weights();
        await one.run.stop();
        const again = lab.follow(easel.resume(file));
        await again.run.pause();
        const rest = whole.step - (last(again).step || saved);
        if (rest > 0) await again.run.step(rest);
        const resumed = last(again);
        await again.run.stop();
        const length = Number(new DataView(await networks.slice(0, 8).arrayBuffer()).getBigUint64(0, true));
        const { __metadata__: noted, ...tensors } = JSON.parse(await networks.slice(8, 8 + length).text());
        const begun = async (/** @type {object} */ settings, /** @type {object} */ inputs) => {
          const log = await lab.begin({ job: "gan", steps: 1, start: "custom", ...settings }, inputs);
          return log.run.done.then((/** @type {any} */ { step }) => step, (/** @type {any} */ error) => error.code);
        };
        const begins = [await begun({}, { network: networks }), await begun({ latent: 3 }, { network: networks }), await begun({}, {})];
        return { begins, variant: JSON.parse(noted.easel).variant, tensors: Object.keys(tensors), stepped, wrong, foreign, whole: [whole.step, whole.metrics.d_loss, whole.metrics.g_loss], resumed: [resumed.step, resumed.metrics.d_loss, resumed.metrics.g_loss], rest };
      });
      t.equal(seen.stepped, 3, "steps done while held");
      t.equal(seen.wrong, ["bad-setting", "generatorRate"], "a rate of 7");
      t.equal(seen.foreign, "bad-setting", "a control of another job");
      t.assert(seen.rest >= 0, `it had gone ${-seen.rest} steps too far before it was held`);
      t.equal(seen.resumed, seen.whole, "step and losses of the run that went on from its file");
      t.equal(seen.variant, "gan", "the settings in the file of networks");
      for (const name of ["generator.model.0.weight", "discriminator.model.0.weight"]) t.assert(seen.tensors.includes(name), `${name} is not among ${seen.tensors}`);
      t.equal(seen.begins, [1, "weights-shape", "bad-setting"], "runs that begin with it: of its settings, of others, without the file");
    },
  },
  {
    name: "the GAN lab opens by its link, learns, holds, steps, saves its networks and begins with them, starts over, and its address rebuilds it",
    async run(t) {
      const page = await t.open({ hash: "#lang=en" });
      await page.click("#nav-lab");
      await t.until(page, () => document.querySelector("#lab")?.checkVisibility() && document.title.includes("GAN lab"), "the lab");
      const button = (/** @type {string} */ text) => page.evaluate((text) => [...document.querySelectorAll("#lab button")].find((each) => each.textContent?.trim() === text)?.click(), text);
      const line = () => page.evaluate(() => document.querySelector("#lab .estimate")?.textContent ?? "");
      await button("Play");
      await t.until(page, () => /Step \d+ of 4,000/.test(document.querySelector("#lab .estimate")?.textContent ?? ""), "the first steps");
      await t.until(page, () => /of 8/.test(document.querySelector("#lab [data-number=covered]")?.textContent ?? ""), "the covered modes");
      await button("Pause");
      await t.until(page, () => document.querySelector("#lab .stage")?.dataset.phase === "paused", "the pause");
      const step = Number(/Step (\d+)/.exec(await line())?.[1]);
      await button("One step");
      await page.waitForFunction((next) => document.querySelector("#lab .estimate")?.textContent?.includes(`Step ${next} `), {}, step + 1);
      await button("Keep to compare");
      t.equal(await page.$eval("#lab .lab-kept figcaption span", (said) => said.textContent), `Kept: GAN · Ring · Non-saturating, step ${step + 1}`, "what is kept to be compared with");
      await button("Save networks");
      await t.until(page, () => globalThis.lab.saved.length > 0, "the file of networks");
      const drop = (/** @type {string} */ as) => page.evaluate((as) => {
        const [{ name, blob }] = globalThis.lab.saved;
        const files = new DataTransfer();
        files.items.add(new File([as ? "nothing" : blob], as || name));
        document.querySelector("#lab .lab-mount")?.dispatchEvent(new DragEvent("drop", { dataTransfer: files, bubbles: true, cancelable: true }));
      }, as);
      await drop("generator.pth");
      await t.until(page, () => document.querySelector("#walk #notices [data-code=weights-truncated]") !== null, "the walk, which a generator alone is for, and what it says of no such file");
      await page.click("#nav-lab");
      await drop("");
      await t.until(page, () => document.querySelector("#lab .stage")?.dataset.phase === "running", "the run that begins with the file");
      const begun = await page.$$eval("#lab .switch", (all) => all.map((each) => each.textContent ?? ""));
      t.assert(begun.some((text) => /^Begin with gan-gan-ring-\d+\.safetensors$/.test(text)), `the file is not named: ${begun}`);
      await t.until(page, () => document.querySelectorAll("#lab .line.kept").length > 1, "its curves behind the new ones");
      t.assert((await page.$$eval("#lab .train-numbers .kept", (all) => all.map((each) => each.textContent ?? ""))).every((text) => /^kept: [\d–]/.test(text)), "its numbers are not told");
      await page.click("#lab .lab-kept button");
      t.equal(await page.evaluate(() => [document.querySelector("#lab .lab-kept")?.checkVisibility(), document.querySelectorAll("#lab .kept.line").length]), [false, 0], "the kept run after it was let go of");
      await button("LSGAN");
      await button("Moons");
      await page.select("#lab-objective", "non-saturating");
      const address = await page.evaluate(() => location.hash);
      for (const part of ["view=lab", "variant=lsgan", "data=moons", "objective=non-saturating"]) t.assert(address.includes(part), `${part} is not in ${address}`);
      await button("Start over");
      await t.until(page, () => document.querySelector("#lab .stage")?.dataset.phase === "running", "the second run");
      await page.evaluate(() => (location.hash = "view=lab&variant=cgan&data=digits&lang=ko&batch=9999&latent=7"));
      await t.until(page, () => document.querySelector("#lab [data-choice=cgan]")?.getAttribute("aria-pressed") === "true", "the view of the link");
      t.equal(await page.$eval("#lab-latent", (field) => /** @type {HTMLInputElement} */ (field).value), "7", "a setting of the link");
      t.assert((await page.$eval("#lab-batch", (field) => /** @type {HTMLInputElement} */ (field).valueAsNumber)) < 512, "a setting out of its range was taken");
      await page.click("#nav-stylize");
      t.equal(await page.evaluate(() => [document.querySelector("#lab")?.checkVisibility(), document.querySelector("#stylize")?.checkVisibility()]), [false, true], "which view is shown");
    },
  },
  {
    name: "dropped pictures become a data set that names what it left out, a run learns from it, and goes on from its file",
    async run(t) {
      const page = await opened(t, "#view=lab&variant=dcgan&data=ring&lang=en");
      const broken = t.fixture("truncated.png");
      await page.evaluate(async (broken) => {
        const { lab } = globalThis;
        const files = new DataTransfer();
        const canvas = new OffscreenCanvas(40, 30);
        const pen = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext("2d"));
        for (let i = 0; i < 24; i += 1) {
          pen.fillStyle = `hsl(${15 * i} 80% 50%)`;
          pen.fillRect(0, 0, 40, 30);
          files.items.add(new File([await canvas.convertToBlob()], `${i}.png`));
        }
        files.items.add(await lab.file(broken));
        document.querySelector("#lab .lab-mount")?.dispatchEvent(new DragEvent("drop", { dataTransfer: files, bubbles: true, cancelable: true }));
      }, broken);
      await t.until(page, () => document.querySelector("#lab .own-said")?.textContent?.startsWith("24 pictures of 32 px"), "the data set");
      t.equal(await page.$$eval("#lab .own-left li", (all) => all.map((each) => each.textContent)), ["Left out, damaged: 1 (truncated.png)"], "what was left out");
      t.equal(await page.$eval("#lab [data-choice=pictures]", (one) => one.getAttribute("aria-pressed")), "true", "whether one's own are chosen");
      await t.until(page, () => /** @type {HTMLImageElement | null} */ (document.querySelector("#lab figure img"))?.naturalWidth === 256, "the sheet");
      const seen = await page.evaluate(async () => {
        const { lab } = globalThis;
        const easel = await globalThis.easel;
        const code = (/** @type {Promise<unknown>} */ promise) => promise.then(() => "taken", (error) => error.code);
        const canvas = new OffscreenCanvas(40, 30);
        canvas.getContext("2d")?.fillRect(10, 10, 9, 9);
        const picture = new File([await canvas.convertToBlob()], "a.png");
        const few = await code(easel.dataset([picture]));
        const never = new AbortController();
        const stopped = easel.dataset(Array(200).fill(picture), { signal: never.signal, onProgress: () => never.abort() });
        const folders = Array.from({ length: 20 }, (_, i) => ({ path: `${"ab"[i % 2]}/${i}.png`, file: picture }));
        const called = await code(stopped);
        const { blob, count, classes, left } = await easel.dataset(folders, { size: 28 });
        const job = { job: "gan", variant: "cgan", data: "pictures", batch: 4, generatorWidths: [8], discriminatorWidths: [8], mirror: true, shift: 1 };
        const size = await code((await lab.begin({ ...job, size: 32 }, { data: blob })).run.done);
        const log = await lab.begin({ ...job, size: 28, steps: 4 }, { data: blob });
        await log.run.pause();
        const last = (/** @type {any} */ log) => lab.events(log, "progress").at(-1) ?? { step: 0 };
        if (last(log).step === 0) await log.run.step();
        const file = await log.run.checkpoint();
        const saved = last(log).step;
        await log.run.resume();
        await log.run.done;
        const again = lab.follow(easel.resume(file));
        await again.run.done;
        const end = (/** @type {any} */ log) => [last(log).step, last(log).metrics.d_loss, last(log).metrics.g_loss];
        return { few, called, made: [count, classes, left], size, saved, whole: end(log), resumed: end(again) };
      });
      t.equal([seen.few, seen.called, seen.size], ["data-too-few", "stopped", "data-size"], "what too few, a stop and another size are told");
      t.equal(seen.made, [20, ["a", "b"], []], "the labelled set");
      t.equal(seen.resumed, seen.whole, `step and losses of the run that went on from step ${seen.saved}`);
      t.equal(seen.whole[0], 4, "the last step");
    },
  },
  {
    name: "idx files, gzipped ones and a zip become labelled data sets, and headers that lie and what is no picture are named",
    async run(t) {
      const page = await t.page();
      const seen = await page.evaluate(async () => {
        const easel = await globalThis.easel;
        const { zip } = await import("./apply/parts.js");
        const idx = (/** @type {number[]} */ dims, /** @type {number[]} */ values) => {
          const bytes = new Uint8Array(4 + 4 * dims.length + values.length);
          const view = new DataView(bytes.buffer);
          view.setUint32(0, 0x800 + dims.length);
          dims.forEach((dim, i) => view.setUint32(4 + 4 * i, dim));
          bytes.set(values, 4 + 4 * dims.length);
          return new Blob([bytes]);
        };
        const packed = (/** @type {Blob} */ blob) => new Response(blob.stream().pipeThrough(new CompressionStream("gzip"))).blob();
        const file = (/** @type {string} */ name, /** @type {Blob} */ blob) => new File([blob], name);
        const values = Array.from({ length: 40 * 64 }, (_, i) => (i * i) % 251);
        const [pictures, labels] = [idx([40, 8, 8], values), idx([40], Array.from({ length: 40 }, (_, i) => i % 4))];
        const both = [file("train-images-idx3-ubyte", pictures), file("train-labels-idx1-ubyte", labels)];
        const made = async (/** @type {File[]} */ files) => {
          const { count, classes, left } = await easel.dataset(files, { size: 32 });
          return [count, classes.length, left.map(({ code, count }) => [code, count])];
        };
        const lies = [file("cut", idx([41, 8, 8], values)), file("huge.gz", await packed(idx([4096, 512, 512], []))), file("notes.txt", new Blob(["words"]))];
        return {
          plain: await made(both),
          packed: await made([file("labels.gz", await packed(labels)), file("images.gz", await packed(pictures))]),
          zipped: await made([file("all.zip", await zip(both.map((blob) => ({ name: blob.name, blob }))))]),
          lies: await made([...both, ...lies]),
        };
      });
      for (const way of [seen.plain, seen.packed, seen.zipped]) t.equal(way, [40, 4, []], "pictures, classes, and what was left out");
      t.equal([seen.lies[0], seen.lies[1], Object.fromEntries(seen.lies[2])], [40, 4, { "bad-idx": 1, "not-a-picture": 1, "too-large": 1 }], "what is named beside sound files");
    },
  },
  {
    name: "what the visitor draws is learnt",
    async run(t) {
      const page = await opened(t, "#view=lab&variant=gan&data=drawn&lang=en");
      const box = await (await page.$("#lab .lab-plot"))?.boundingBox();
      if (!box) throw new Error("there is no pad");
      const to = (/** @type {number} */ x, /** @type {number} */ y) => page.mouse.move(box.x + x * box.width, box.y + y * box.height);
      await to(0.3, 0.3);
      await page.mouse.down();
      for (let i = 1; i <= 10; i += 1) await to(0.3 + 0.04 * i, 0.3 + 0.03 * i);
      await page.mouse.up();
      t.assert((await page.evaluate(() => location.hash)).includes("drawing="), "the drawing is not in the address");
      await page.click("#lab .primary");
      await t.until(page, () => /\d of \d/.test(document.querySelector("#lab [data-number=covered]")?.textContent ?? ""), "the covered parts of the drawing");
    },
  },
  {
    name: "axe-core finds nothing in the GAN lab, in two languages and two themes, and 360 px are wide enough",
    async run(t) {
      const page = await opened(t, "#view=lab&variant=gan&data=ring&lang=en&theme=light");
      await bringAxe(page);
      await page.$$eval("#lab details", (all) => all.forEach((each) => (each.open = true)));
      await page.click("#lab .primary");
      await t.until(page, () => /\d/.test(document.querySelector("#lab [data-number=near]")?.textContent ?? ""), "the first numbers");
      await page.click("#lab .primary");
      for (const [lang, theme] of [["en", "light"], ["ko", "dark"]]) {
        await page.evaluate((hash) => (location.hash = hash), `view=lab&variant=gan&data=ring&lang=${lang}&theme=${theme}`);
        await page.waitForFunction((lang, theme) => document.documentElement.lang === lang && document.documentElement.dataset.theme === theme, {}, lang, theme);
        await clean(t, page, `${lang}, ${theme}`);
      }
      await page.setViewport({ width: 360, height: 740 });
      const wide = await page.evaluate(() => [...document.querySelectorAll("#lab *, .bar *")].filter((each) => each.checkVisibility() && !each.closest(".train-top, .scroll, .unseen") && each.getBoundingClientRect().right > 361).map((each) => `${each.id || each.className || each.tagName}`));
      t.equal(wide, [], "what is wider than 360 px");
    },
  },
];
