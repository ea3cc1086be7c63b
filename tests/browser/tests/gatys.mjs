/** `gatys` through the JavaScript API of the page, as anyone may use it. */
import { access } from "node:fs/promises";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { SHARED } from "../context.mjs";
import { difference, png, spread } from "../images.mjs";

/** What the page does in the longest runs: sixty steps at one scale. */
const SIXTY = { size: 96, steps: 60, coarsest: 0 };

/**
 * Run a job to its end. @param {import("puppeteer-core").Page} page @param {object} settings
 * @param {{ content: string, style: string }} [files] addresses; Easel's own pictures without
 */
function finish(page, settings, files) {
  return page.evaluate(async (settings, files) => {
    const { lab } = globalThis;
    const inputs = files ? { content: await lab.file(files.content), styles: [await lab.file(files.style)] } : await lab.samples(192);
    const log = await lab.begin(settings, inputs);
    const finished = await log.run.done;
    const blob = await log.run.image();
    return {
      finished,
      started: lab.events(log, "started")[0],
      progress: lab.events(log, "progress"),
      frames: log.frames,
      type: blob.type,
      image: await lab.base64(blob),
    };
  }, settings, files);
}

/** @param {import("../context.mjs").Context} t @param {Awaited<ReturnType<typeof finish>>} result @param {[number, number]} size */
function stylized(t, { finished, progress, frames, type, image }, [width, height]) {
  t.equal([finished.step, finished.stopped], [60, false], "the end");
  for (const { step, of, metrics } of progress) {
    t.equal(of, 60, "the number of steps");
    for (const name of ["loss", "content", "style", "tv"]) t.assert(name in metrics, `step ${step} tells no ${name}`);
    for (const [name, value] of Object.entries(metrics)) {
      t.assert(Number.isFinite(value) && value >= 0, `${name} is ${value} at step ${step}`);
    }
  }
  const [first, last] = [progress[0], progress.at(-1)].map(({ metrics }) => metrics.style);
  t.assert(last < first / 5, `the style loss went from ${first} to ${last}, which is not below a fifth`);
  t.assert(frames > 0, "no frame came");
  t.equal(type, "image/png", "the type of the picture");
  const picture = png(image);
  t.equal([picture.width, picture.height], [width, height], "the size of the picture");
  t.assert(spread(picture) > 10, `the colours deviate by ${spread(picture)}: the picture is blank`);
  t.said = `style loss ${first.toPrecision(3)} to ${last.toPrecision(3)}`;
}

export const tests = [
  {
    name: "sixty steps at 96 pixels bring the style loss below a fifth",
    patience: 240_000,
    async run(t) {
      const result = await finish(await t.page(), SIXTY);
      stylized(t, result, [96, 72]);
    },
  },
  {
    name: "a Kodak photo takes the style of a Hiroshige print",
    patience: 240_000,
    async run(t) {
      const files = { content: join(SHARED, "kodak24/03.png"), style: join(SHARED, "hiroshige/45_shono.jpeg") };
      for (const file of Object.values(files)) {
        const found = await access(file).then(() => true, () => false);
        if (!found) t.skip(`there is no ${file.slice(SHARED.length + 1)} in ../shared/data`);
      }
      t.server.beside("/shared/content", () => readFile(files.content));
      t.server.beside("/shared/style", () => readFile(files.style));
      const result = await finish(await t.page(), SIXTY, { content: "/shared/content", style: "/shared/style" });
      // kodak24/03.png has 768 x 512 pixels.
      stylized(t, result, [96, 64]);
    },
  },
  {
    name: "the same seed gives the same picture and another seed another",
    async run(t) {
      const page = await t.page();
      const settings = { size: 64, steps: 6, coarsest: 0, init: "noise" };
      const [first, again, other] = [
        await finish(page, { ...settings, seed: 7 }),
        await finish(page, { ...settings, seed: 7 }),
        await finish(page, { ...settings, seed: 8 }),
      ].map(({ image }) => png(image));
      const same = difference(first, again);
      t.assert(same < 1, `with the same seed the pictures differ by ${same} of 255`);
      const different = difference(first, other);
      t.assert(different > 5, `with another seed the pictures differ by ${different} of 255 only`);
      t.said = `${same} and ${different.toPrecision(3)} of 255`;
    },
  },
  {
    name: "the default schedule grows from coarse to fine",
    patience: 240_000,
    async run(t) {
      const { started, progress, image } = await finish(await t.page(), { size: 192, steps: 9 });
      const widths = [...new Set(progress.map(({ width }) => width))];
      // 192 / sqrt 2; a further step would fall below the coarsest of 128.
      t.equal(widths, [136, 192], "the widths");
      t.equal([started.width, started.height], [192, 144], "the size that was told at the start");
      const picture = png(image);
      t.equal([picture.width, picture.height], [192, 144], "the size of the picture");
      for (const { step, metrics } of progress) t.assert(Number.isFinite(metrics.loss), `the loss is ${metrics.loss} at step ${step}`);
    },
  },
  {
    name: "a paused run stands still and goes on",
    async run(t) {
      const steps = await (await t.page()).evaluate(async () => {
        const { lab } = globalThis;
        const log = await lab.begin({ size: 64, steps: 10000, coarsest: 0 }, await lab.samples());
        await lab.event(log, (event) => event.type === "progress" && event.step >= 3, "step 3");
        await log.run.pause();
        await lab.event(log, (event) => event.type === "paused", "the word of the pause");
        const last = () => lab.events(log, "progress").at(-1).step;
        const [at, count] = [last(), log.events.length];
        await new Promise((wake) => setTimeout(wake, 1000));
        const [held, events] = [last(), log.events.length - count];
        // The picture of a run that stands is there, and taking it does not move the run.
        const type = (await log.run.image()).type;
        const still = last();
        await log.run.resume();
        await lab.event(log, (event) => event.type === "progress" && event.step > at, "a step after the pause");
        await log.run.stop();
        return { at, held, events, type, still };
      });
      t.equal([steps.held, steps.still], [steps.at, steps.at], "the step after a second, and after the picture");
      t.equal(steps.events, 0, "the events within a second of standing");
      t.equal(steps.type, "image/png", "the type of the picture");
    },
  },
  {
    name: "tuned weights count from the next step on",
    async run(t) {
      const { before, after, first, control } = await (await t.page()).evaluate(async () => {
        const { lab } = globalThis;
        const first = { styleWeight: 20, contentWeight: 1, tvWeight: 1 };
        const log = await lab.begin({ size: 64, steps: 10000, coarsest: 0, ...first }, await lab.samples());
        await lab.event(log, (event) => event.type === "progress" && event.step >= 2, "step 2");
        const control = { styleWeight: 300, contentWeight: 0.5, tvWeight: 4 };
        await log.run.tune(control);
        const { step } = await lab.event(log, (event) => event.type === "tuned", "the word of the change");
        const after = await lab.event(log, (event) => event.type === "progress" && event.step > step, "a step after the change");
        const before = lab.events(log, "progress").filter((event) => event.step <= step).at(-1);
        await log.run.stop();
        return { before, after, first, control };
      });
      const sum = ({ content, style, tv }, { contentWeight, styleWeight, tvWeight }) =>
        content * contentWeight + style * styleWeight + tv * tvWeight;
      // f32 sums of three numbers: derived 4 roundings of 2^-24 each, with room for the numbers' own.
      const near = (a, b) => Math.abs(a - b) <= 1e-5 * Math.abs(b);
      const [old, now] = [sum(before.metrics, first), sum(after.metrics, control)];
      t.assert(near(before.metrics.loss, old), `before, the loss is ${before.metrics.loss} instead of ${old}`);
      t.assert(near(after.metrics.loss, now), `after, the loss is ${after.metrics.loss} instead of ${now}`);
    },
  },
  {
    name: "a control out of its range is refused and the run goes on",
    async run(t) {
      const seen = await (await t.page()).evaluate(async () => {
        const { lab } = globalThis;
        const log = await lab.begin({ size: 64, steps: 10000, coarsest: 0 }, await lab.samples());
        await lab.event(log, (event) => event.type === "progress", "the first step");
        const error = await log.run.tune({ styleWeight: -1 }).then(() => null, lab.plain);
        const told = (await lab.event(log, (event) => event.type === "refused", "the word of the refusal")).error.code;
        const at = lab.events(log, "progress").at(-1).step;
        await lab.event(log, (event) => event.type === "progress" && event.step > at, "a step after the refusal");
        const unknown = await log.run.tune({ weight: 1 }).then(() => null, lab.plain);
        const ended = log.run.ended;
        await log.run.stop();
        return { error, told, unknown, ended };
      });
      t.equal([seen.error?.code, seen.error?.subject], ["bad-setting", "styleWeight"], "the refusal");
      t.equal(seen.told, "bad-setting", "the event of the refusal");
      t.equal([seen.unknown?.code, seen.ended], ["bad-setting", false], "the answer to an unknown control, and whether the run ended");
    },
  },
  {
    name: "settings out of their range are refused by name",
    async run(t) {
      const codes = await (await t.page()).evaluate(async () => {
        const { lab } = globalThis;
        const inputs = await lab.samples();
        const refused = async (settings, given = inputs) => {
          const log = await lab.begin({ size: 32, steps: 1, ...settings }, given);
          return log.run.done.then(() => "it ran", ({ code, subject }) => `${code} ${subject ?? ""}`.trim());
        };
        const easel = await globalThis.easel;
        return {
          size: await refused({ size: 8 }),
          steps: await refused({ steps: 0 }),
          network: await refused({ network: "alexnet" }),
          layers: await refused({ styleLayers: { relu9_9: 1 } }),
          unknown: await refused({ colour: "red" }),
          optimizer: await refused({ optimizer: "sgd" }),
          styles: await refused({}, { content: inputs.content, styles: [] }),
          estimate: await easel.estimate({ job: "gatys", size: 8 }, { width: 64, height: 48 }).then(() => "it answered", ({ code, subject }) => `${code} ${subject}`),
          good: await refused({}),
        };
      });
      t.equal(codes, {
        size: "bad-setting size",
        steps: "bad-setting steps",
        network: "bad-setting network",
        layers: "bad-setting styleLayers",
        unknown: "bad-setting",
        optimizer: "bad-setting",
        styles: "bad-setting styles",
        estimate: "bad-setting size",
        good: "it ran",
      }, "the answers");
    },
  },
  {
    name: "a stopped run keeps its picture and a newer run takes its place",
    async run(t) {
      const seen = await (await t.page()).evaluate(async () => {
        const { lab } = globalThis;
        const settings = { size: 64, steps: 10000, coarsest: 0 };
        const first = await lab.begin(settings, await lab.samples());
        await lab.event(first, (event) => event.type === "progress", "the first step");
        const stopped = await first.run.stop();
        const image = await lab.base64(await first.run.image());
        const second = await lab.begin(settings, await lab.samples());
        await lab.event(second, (event) => event.type === "progress", "the first step");
        // Without a word to the second: the third stops it.
        const third = await lab.begin({ ...settings, steps: 1 }, await lab.samples());
        const [end, last] = [await second.run.done, await third.run.done];
        const old = await second.run.image().then(() => "a picture", lab.plain);
        third.run.forget();
        const forgotten = await third.run.image().then(() => "a picture", lab.plain);
        return { stopped, image, end, last, old, forgotten };
      });
      t.assert(seen.stopped.stopped && seen.stopped.step >= 1, `stopped: ${JSON.stringify(seen.stopped)}`);
      const picture = png(seen.image);
      t.equal([picture.width, picture.height], [64, 48], "the size of the picture");
      t.assert(spread(picture) > 10, `the colours deviate by ${spread(picture)}: the picture is blank`);
      t.equal([seen.end.stopped, seen.last.stopped, seen.last.step], [true, false, 1], "the ends of the second and the third");
      t.equal([seen.old.code, seen.forgotten.code], ["no-run", "no-run"], "the answers for runs whose memory is free");
    },
  },
  {
    name: "a checkpoint goes on where it stood and ends where the run would have ended",
    async run(t) {
      const seen = await (await t.page()).evaluate(async () => {
        const { lab } = globalThis;
        const easel = await globalThis.easel;
        // Two scales, so that the schedule is part of the state.
        const settings = { size: 64, steps: 24, coarsest: 40, seed: 3 };
        const inputs = await lab.samples();
        const whole = await lab.begin(settings, inputs);
        await whole.run.done;
        const expected = await lab.base64(await whole.run.image());

        const log = await lab.begin(settings, inputs);
        await lab.event(log, (event) => event.type === "progress" && event.step >= 5, "step 5");
        await log.run.pause();
        await lab.event(log, (event) => event.type === "paused", "the word of the pause");
        const at = lab.events(log, "progress").at(-1).step;
        const checkpoint = await log.run.checkpoint();
        await log.run.stop();
        const resumed = lab.follow(easel.resume(checkpoint));
        const finished = await resumed.run.done;
        const first = lab.events(resumed, "progress")[0].step;
        const image = await lab.base64(await resumed.run.image());
        const broken = lab.follow(easel.resume(checkpoint.slice(0, checkpoint.size / 2)));
        const refused = await broken.run.done.then(() => "it went on", lab.plain);
        return { at, first, finished, expected, image, size: checkpoint.size, refused };
      });
      t.assert(seen.at < 24, `the run was at its end, step ${seen.at}, before it could be saved`);
      t.equal(seen.first, seen.at + 1, "the first step that the resumed run told");
      t.equal([seen.finished.step, seen.finished.stopped], [24, false], "the end");
      const off = difference(png(seen.expected), png(seen.image));
      t.assert(off < 1, `the pictures differ by ${off} of 255`);
      t.equal(seen.refused.code, "bad-checkpoint", "the answer to half a checkpoint");
      t.said = `at step ${seen.at} in ${seen.size} bytes, ${off.toPrecision(2)} of 255 off`;
    },
  },
];
