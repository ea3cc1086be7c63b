/** Networks: those that are shipped, damaged on their way, and those that a visitor brings. */
import { features, safetensors, squeezenet, vgg19, withHeader } from "../safetensors.mjs";

/** Run a job with a file as its network. @param {import("puppeteer-core").Page} page @param {string} path @param {object} [settings] */
const run = (page, path, settings = {}) =>
  page.evaluate(async (path, settings) => {
    const { lab } = globalThis;
    const inputs = { ...(await lab.samples(64)), network: await lab.file(path) };
    const log = await lab.begin({ size: 32, steps: 1, coarsest: 0, network: "custom", ...settings }, inputs);
    const error = await log.run.done.then(() => null, lab.plain);
    return { error, progress: lab.events(log, "progress") };
  }, path, settings);

/** Files that are refused. @type {Record<string, { code: string, make: () => Buffer }>} */
const REFUSED = {
  "a tensor of another shape": {
    code: "weights-shape",
    make() {
      const tensors = features();
      const { dtype, data } = tensors["features.2.weight"];
      return safetensors({ ...tensors, "features.2.weight": { dtype, shape: [16, 3, 3, 16], data } });
    },
  },
  "a tensor that does not belong": {
    code: "weights-names",
    make: () => safetensors({ ...features(), "features.99.weight": { dtype: "F32", shape: [1], data: Buffer.alloc(4) } }),
  },
  "a tensor missing": {
    code: "weights-names",
    make() {
      const { "features.5.bias": _, ...tensors } = features();
      return safetensors(tensors);
    },
  },
  "names of no known network": {
    code: "weights-unknown",
    make: () => safetensors(Object.fromEntries(Object.entries(features()).map(([name, tensor]) => [`conv.${name}`, tensor]))),
  },
  "a number that is not one": {
    code: "weights-not-finite",
    make() {
      const tensors = features();
      tensors["features.7.weight"].data.writeFloatLE(NaN, 400);
      return safetensors(tensors);
    },
  },
  "an infinite number": {
    code: "weights-not-finite",
    make() {
      const tensors = features();
      tensors["features.7.bias"].data.writeFloatLE(-Infinity, 0);
      return safetensors(tensors);
    },
  },
  "a header over 1 MiB": {
    code: "weights-header",
    make: () => withHeader(JSON.stringify({ __metadata__: { text: "x".repeat(1 << 20) } }), Buffer.alloc(0)),
  },
  "a header that is no JSON": {
    code: "weights-header",
    make: () => withHeader('{"features.0.weight": ', Buffer.alloc(64)),
  },
  "half of its bytes": {
    code: "weights-truncated",
    make() {
      const whole = safetensors(features());
      return whole.subarray(0, whole.length / 2);
    },
  },
  "seven bytes": { code: "weights-truncated", make: () => Buffer.alloc(7) },
  "text instead of a header": { code: "weights-unknown", make: () => withHeader("This is a sentence, and no network.", Buffer.alloc(64)) },
  "a zip archive in it, as PyTorch writes them": {
    code: "weights-unknown",
    make: () => Buffer.concat([Buffer.from("PK\x03\x04\x14\x00\x00\x00\x08\x08\x00\x00", "latin1"), Buffer.alloc(500, 7)]),
  },
};

/** @param {import("../context.mjs").Context} t @param {Awaited<ReturnType<typeof run>>} result @param {number} steps */
function finite(t, { error, progress }, steps) {
  t.equal(error, null, "the error");
  t.equal(progress.at(-1)?.step, steps, "the last step");
  for (const { step, metrics } of progress) {
    for (const [name, value] of Object.entries(metrics)) t.assert(Number.isFinite(value), `${name} is ${value} at step ${step}`);
    t.assert(metrics.style > 0, `the style loss is ${metrics.style} at step ${step}`);
  }
  t.said = `style loss ${progress.at(-1).metrics.style.toPrecision(3)}`;
}

export const tests = [
  {
    name: "a shipped network with one flipped bit is refused and told on the page",
    async run(t) {
      const flip = (/** @type {Buffer} */ bytes) => {
        const flipped = Buffer.from(bytes);
        flipped[flipped.length - 1000] ^= 1;
        return flipped;
      };
      const page = await t.open({ hash: "#size=32&steps=1&coarsest=0", changes: { "weights/features.safetensors": flip } });
      await page.click("#start");
      await t.until(page, () => document.querySelector("#notices [data-code='weights-hash']")?.checkVisibility(), "the notice");
    },
  },
  {
    name: "a shipped network that is cut short or missing is told by name",
    async run(t) {
      t.expect(/404/);
      for (const [code, change] of Object.entries({
        "weights-truncated": (/** @type {Buffer} */ bytes) => bytes.subarray(0, 1000),
        "weights-fetch": () => null,
      })) {
        const page = await t.open({ hash: "#lang=en&size=32&steps=1&coarsest=0", changes: { "weights/features.safetensors": change } });
        await page.click("#start");
        const told = await t.until(page, () => document.querySelector("#notices [data-code] .what")?.textContent, "a notice");
        const found = await page.$eval("#notices [data-code]", (each) => /** @type {HTMLElement} */ (each).dataset.code);
        t.equal(found, code, "the code");
        t.assert(String(told).includes("features.safetensors"), `the notice is: ${told}`);
      }
    },
  },
  ...Object.entries(REFUSED).map(([what, { code, make }]) => ({
    name: `a network with ${what} is refused as ${code}`,
    /** @param {import("../context.mjs").Context} t */
    async run(t) {
      const { error } = await run(await t.page(), t.made("mine.safetensors", make()));
      t.equal([error?.code, error?.subject], [code, "mine.safetensors"], "the answer");
    },
  })),
  {
    name: "a visitor's own network needs its file",
    async run(t) {
      const error = await (await t.page()).evaluate(async () => {
        const { lab } = globalThis;
        const log = await lab.begin({ size: 32, steps: 1, network: "custom" }, await lab.samples(32));
        return log.run.done.then(() => null, lab.plain);
      });
      t.equal([error?.code, error?.subject], ["bad-setting", "network"], "the answer");
    },
  },
  {
    name: "a network shaped like squeezenet1_1 runs",
    async run(t) {
      const path = t.made("squeezenet1_1.safetensors", safetensors(squeezenet()));
      finite(t, await run(await t.page(), path, { size: 64, steps: 2 }), 2);
    },
  },
  {
    name: "a network shaped like vgg19 runs in half floats",
    async run(t) {
      const path = t.made("vgg19.safetensors", safetensors(vgg19()));
      finite(t, await run(await t.page(), path, { size: 32, steps: 1 }), 1);
    },
  },
];
