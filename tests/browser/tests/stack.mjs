/** StackGAN through its API: three stages, and pictures of sentences. */
import { LEDGER, SLACK } from "../memory.mjs";

/** Ten steps of each stage. */
const SMALL = { job: "stackgan", low: 16, size: 32, count: 12, encoderSteps: 10, firstSteps: 10, secondSteps: 10, batch: 4, embedding: 8, condition: 4, noise: 4, width: 4, discriminatorWidth: 4, residuals: 1 };

export const tests = [
  {
    name: "StackGAN learns ten steps of each stage with finite numbers, goes on from the middle of one to the same, and draws sentences",
    async run(t) {
      const page = await t.page();
      const seen = await page.evaluate(async (small) => {
        const { lab } = globalThis;
        const easel = await globalThis.easel;
        const last = (/** @type {any} */ log) => lab.events(log, "progress").at(-1) ?? { step: 0, metrics: {} };
        const one = await lab.begin(small, {});
        await one.run.pause();
        if (last(one).step < 15) await one.run.step(15 - last(one).step);
        const wrong = await one.run.tune({ matching: -1 }).then(() => "taken", (error) => [error.code, error.subject]);
        const file = await one.run.checkpoint();
        const saved = [last(one).step, last(one).metrics.stage];
        await one.run.resume();
        await one.run.done;
        const whole = last(one);
        const of = (/** @type {any} */ event) => [event.step, ...["d_loss", "g_loss", "divergence", "matching", "d_wrong"].map((name) => event.metrics[name])];
        const all = lab.events(one, "progress").flatMap((/** @type {any} */ event) => Object.values(event.metrics));
        const said = async (/** @type {any} */ asked) => {
          const blob = await one.run.image({ sheet: { said: { text: "a red house on a summer night", to: "", seed: 1, ...asked } } });
          const { width, height } = await createImageBitmap(blob);
          return { size: [width, height], bytes: [...new Uint8Array(await blob.arrayBuffer())].join() };
        };
        const [first, same, other, walk] = [await said({}), await said({}), await said({ seed: 2 }), await said({ to: "firs on a winter day" })];
        const again = lab.follow(easel.resume(file));
        await again.run.done;
        return { wrong, saved, whole: of(whole), stage: whole.metrics.stage, resumed: of(last(again)), finite: all.every(Number.isFinite), swd: whole.metrics.swd_2 > 0, size: first.size, same: first.bytes === same.bytes, differ: first.bytes !== other.bytes && first.bytes !== walk.bytes };
      }, SMALL);
      t.equal(seen.wrong, ["bad-setting", "matching"], "a weight out of its range");
      t.equal(seen.saved, [15, 1], "step and stage where it was saved");
      t.equal([seen.whole[0], seen.stage], [30, 2], "step and stage in the end");
      t.assert(seen.finite && seen.swd, "not all are numbers");
      t.equal(seen.resumed, seen.whole, "step and losses of the run that went on from Stage-I");
      t.equal(seen.size, [256, 64], "eight pictures of both stages");
      t.assert(seen.same && seen.differ, "pictures of sentences");
      t.said = `losses ${seen.whole.slice(1).map((/** @type {number} */ x) => x.toFixed(3))}`;
    },
  },
  {
    name: "a hundred further steps of StackGAN take no further GPU memory",
    async run(t) {
      const page = await t.open({ prepend: { "worker.js": LEDGER } });
      const seen = await page.evaluate(async (small, slack) => {
        const { lab } = globalThis;
        const log = await lab.begin({ ...small, encoderSteps: 1, firstSteps: 1, secondSteps: 1000 }, {});
        await log.run.pause();
        const at = () => lab.events(log, "progress").at(-1)?.step ?? 0;
        await log.run.step(30);
        const early = await lab.live();
        await log.run.step(100);
        const late = await lab.collected(early * slack);
        return { early, late, step: at() };
      }, SMALL, SLACK);
      t.assert(seen.step >= 130, `only ${seen.step} steps`);
      t.assert(seen.early > 50_000, `only ${seen.early} bytes were counted`);
      t.assert(seen.late <= seen.early * SLACK, `${seen.late} bytes after ${seen.step} steps, ${seen.early} a hundred before`);
      t.said = `${(seen.early / 1e6).toFixed(2)} and ${(seen.late / 1e6).toFixed(2)} MB`;
    },
  },
  {
    name: "sentences become eight pictures of both stages, and how long that takes is told",
    alone: true,
    async run(t) {
      const page = await t.page();
      const seen = await page.evaluate(async () => {
        const { lab } = globalThis;
        const log = await lab.begin({ job: "stackgan", encoderSteps: 0, firstSteps: 0, secondSteps: 0 }, {});
        await log.run.done;
        const times = [];
        // The first compiles.
        for (const text of ["a church", "a red house on a summer night", "palms and a white tower", "firs in the snow"]) {
          const begun = performance.now();
          await log.run.image({ sheet: { said: { text, to: "", seed: 1 } } });
          times.push(performance.now() - begun);
        }
        return times;
      });
      const [first, ...further] = seen.map(Math.round);
      t.said = `${first} ms, then ${further} ms`;
    },
  },
];
