/** What the page says when the engine cannot start. */

/** Scripts before the worker's own, that take something away from it, and what the page then says. @type {{ name: string, code: string, worker: string }[]} */
const MISSING = [
  {
    name: "a browser without WebGPU",
    code: "no-webgpu",
    worker: "Object.defineProperty(navigator, 'gpu', { value: undefined });",
  },
  {
    name: "a browser that gives no adapter, asked twice",
    code: "no-adapter",
    worker: "let asked = 0; GPU.prototype.requestAdapter = async () => { asked += 1; console.debug(`asked ${asked}`); return null; };",
  },
  {
    name: "an adapter with too small buffers",
    code: "limits",
    worker: `{
      const limits = Object.getOwnPropertyDescriptor(GPUAdapter.prototype, 'limits').get;
      Object.defineProperty(GPUAdapter.prototype, 'limits', { get() {
        const all = {};
        for (const name in limits.call(this)) all[name] = limits.call(this)[name];
        return { ...all, maxStorageBufferBindingSize: 1 << 20 };
      } });
    }`,
  },
  {
    name: "a browser without OffscreenCanvas in workers",
    code: "missing-feature",
    worker: "delete globalThis.OffscreenCanvas;",
  },
];

/** @param {import("puppeteer-core").Page} page */
const card = (page) =>
  page.evaluate(() => {
    const card = /** @type {HTMLElement | null} */ (document.querySelector("#trouble [data-code]"));
    if (!card?.checkVisibility()) return null;
    return {
      code: card.dataset.code,
      what: card.querySelector("h1")?.textContent ?? "",
      steps: card.querySelectorAll(".steps li").length,
      view: document.querySelector("#stylize")?.checkVisibility(),
      focus: document.activeElement?.id,
    };
  });

/** @param {import("../context.mjs").Context} t @param {import("puppeteer-core").Page} page */
async function shown(t, page) {
  await t.until(page, () => document.querySelector("#trouble [data-code]")?.checkVisibility(), "the card");
  return /** @type {NonNullable<Awaited<ReturnType<typeof card>>>} */ (await card(page));
}

export const tests = [
  ...MISSING.map(({ name, code, worker }) => ({
    name: `${name} is told as ${code}`,
    /** @param {import("../context.mjs").Context} t */
    async run(t) {
      const page = await t.open({ hash: "#lang=en", prepend: { "worker.js": worker }, started: false });
      const { what, steps, ...seen } = await shown(t, page);
      t.equal(seen, { code, view: false, focus: "trouble" }, "the card, whether the view is seen, and the focus");
      t.assert(!/[{}]|\b ,/.test(what), `the card says: ${what}`);
      t.assert(code === "missing-feature" ? what.includes("OffscreenCanvas") : steps > 0, `${steps} steps are told for: ${what}`);
      const error = await page.evaluate(() => globalThis.easel.then(() => null, globalThis.lab.plain));
      t.equal(error?.code, code, "what globalThis.easel rejects with");
    },
  })),
  {
    name: "a page that is not secure is told as insecure-context",
    async run(t) {
      const page = await t.open({ insecure: true, started: false });
      const { code } = await shown(t, page);
      t.equal([code, await page.evaluate(() => isSecureContext)], ["insecure-context", false], "the card, and whether the page is secure");
    },
  },
  {
    name: "a page without OffscreenCanvas is told as missing-feature",
    async run(t) {
      const page = await t.open({ hash: "#lang=en", prepend: { "easel.js": "delete globalThis.OffscreenCanvas;" }, started: false });
      const { code, what } = await shown(t, page);
      t.equal(code, "missing-feature", "the card");
      t.assert(what.includes("OffscreenCanvas"), `the card says: ${what}`);
    },
  },
  {
    name: "an engine whose files cannot be fetched is told as not-loaded",
    async run(t) {
      t.expect(/404|Failed to load/);
      const page = await t.open({ changes: { "pkg/easel_bg.wasm": () => null }, started: false });
      t.equal((await shown(t, page)).code, "not-loaded", "the card");
    },
  },
  {
    name: "an adapter that comes at the second question is taken",
    async run(t) {
      const worker = `{
        const ask = GPU.prototype.requestAdapter;
        let asked = 0;
        GPU.prototype.requestAdapter = function (options) { asked += 1; return asked === 1 ? Promise.resolve(null) : ask.call(this, options); };
      }`;
      const page = await t.open({ prepend: { "worker.js": worker } });
      t.equal(await card(page), null, "the card");
      const adapter = await page.evaluate(async () => (await globalThis.easel).adapter);
      t.assert(Object.keys(adapter.limits).length > 20, `the adapter tells ${Object.keys(adapter.limits).length} limits`);
    },
  },
  {
    name: "trying again after the adapter has come leads to the view and a picture",
    async run(t) {
      // The server decides: each worker is a new one that knows nothing of the one before.
      let adapter = false;
      const page = await t.open({
        hash: "#size=32&steps=1&coarsest=0&content=coast",
        changes: { "worker.js": (bytes) => (adapter ? bytes : Buffer.concat([Buffer.from("GPU.prototype.requestAdapter = async () => null;\n"), bytes])) },
        started: false,
      });
      t.equal((await shown(t, page)).code, "no-adapter", "the card");
      adapter = true;
      await page.click("#trouble button");
      await t.until(page, () => document.querySelector("#stylize")?.checkVisibility(), "the view");
      await t.until(page, () => !(/** @type {HTMLButtonElement} */ (document.querySelector("#start"))).disabled, "the start button");
      t.assert(await page.evaluate(() => location.hash.includes("content=coast")), `the address ends with ${await page.evaluate(() => location.hash)}`);
      await page.click("#start");
      await t.until(page, () => document.querySelector("#result-tools")?.checkVisibility(), "the picture");
    },
  },
];
