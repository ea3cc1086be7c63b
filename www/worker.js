// The worker: probes the GPU, loads the engine, and hands messages to it. All decisions are in Rust.
// @ts-check
import { load } from './offline/models.js';

/** @typedef {import('./pkg/easel.js').Request} Request */
/** @typedef {import('./pkg/easel.js').Event} EngineEvent */

const scope = /** @type {DedicatedWorkerGlobalScope} */ (/** @type {unknown} */ (self));

/** The manifest, as the engine announces it. @type {import('./pkg/easel.js').ModelInfo[]} */
let models = [];

/** @param {EngineEvent} event @param {ImageBitmap} [bitmap] @param {Blob} [blob] */
function post(event, bitmap, blob) {
  if (event.type === 'loaded') models = event.models;
  scope.postMessage({ event, bitmap, blob }, bitmap ? [bitmap] : []);
}

/** @param {string} code @param {string} message @param {string} [subject] */
function fail(code, message, subject) {
  post({ type: 'failed', run: undefined, ticket: undefined, error: { code, message, subject } });
}

// cubecl-wgpu panics at start-up on an adapter without 'timestamp-query', although it needs it only
// for profiling. Claim the feature, but do not ask the device for it.
function tolerateMissingTimestamps() {
  const prototype = GPUAdapter.prototype;
  const features = Object.getOwnPropertyDescriptor(prototype, 'features')?.get;
  const requestDevice = prototype.requestDevice;
  if (!features) return;
  Object.defineProperty(prototype, 'features', {
    configurable: true,
    get() { return new Set([...features.call(this), 'timestamp-query']); },
  });
  prototype.requestDevice = function (descriptor = {}) {
    const real = features.call(this);
    const requiredFeatures = [...(descriptor.requiredFeatures ?? [])].filter((f) => real.has(f));
    return requestDevice.call(this, { ...descriptor, requiredFeatures });
  };
}

/** @param {number} ms */
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

/** What Rust's `AdapterInfo` is read from; nothing if it failed, and the page was told. */
async function probe() {
  if (!scope.isSecureContext) return fail('insecure-context', 'the page is not secure');
  if (!navigator.gpu) return fail('no-webgpu', 'this browser has no WebGPU');
  const missing = ['OffscreenCanvas', 'createImageBitmap'].find((name) => !(name in globalThis));
  if (missing) return fail('missing-feature', `this browser has no ${missing} in workers`, missing);
  /** @type {GPURequestAdapterOptions} */
  const options = { powerPreference: 'high-performance' };
  let adapter = await navigator.gpu.requestAdapter(options);
  if (!adapter) {
    // Right after start, or under load, the first answer can be null although there is an adapter.
    await sleep(1000);
    adapter = await navigator.gpu.requestAdapter(options);
  }
  if (!adapter) return fail('no-adapter', 'the browser gives no graphics adapter');
  const { vendor, architecture, description } = adapter.info;
  /** @type {Record<string, number>} */
  const limits = {};
  for (const name in adapter.limits) {
    const value = /** @type {any} */ (adapter.limits)[name];
    if (typeof value === 'number') limits[name] = value;
  }
  const features = [...adapter.features].sort();
  const fallback = Boolean(/** @type {any} */ (adapter.info).isFallbackAdapter ?? /** @type {any} */ (adapter).isFallbackAdapter)
    || architecture === 'swiftshader' || /llvmpipe|lavapipe/i.test(description);
  return { vendor, architecture, description, fallback, features, limits };
}

/**
 * A shipped file with its progress, from this device if it is there.
 * @param {number} run @param {string} model @param {string} file
 */
function fetchModel(run, model, file) {
  const entry = models.find(({ id }) => id === model);
  if (!entry) throw new Error(`${file} is not in the manifest`);
  return load(
    entry,
    (done, total, stored) => post({ type: 'loading', run, model, done, total, stored }),
    (damaged) => post({ type: 'mended', file: damaged }),
  );
}

// A promise alone would only reach the microtask queue, and no message would come in.
const channel = new MessageChannel();
/** @type {(() => void)[]} */
const waiting = [];
channel.port1.onmessage = () => waiting.shift()?.();
const breathe = () => new Promise((resolve) => {
  waiting.push(() => resolve(undefined));
  channel.port2.postMessage(null);
});

/** @type {{ request: Request, inputs?: object, checkpoint?: Blob }[]} */
const early = [];
scope.onmessage = ({ data }) => { early.push(data); };
// A panic ends in a rejection somewhere; it must reach the page's `onerror`.
scope.addEventListener('unhandledrejection', ({ reason }) => {
  setTimeout(() => { throw reason instanceof Error ? reason : new Error(String(reason)); });
});

async function main() {
  let module;
  try {
    module = await import('./pkg/easel.js');
    await module.default({ module_or_path: new URL('./pkg/easel_bg.wasm', import.meta.url) });
  } catch (error) {
    return fail('not-loaded', String(error));
  }
  const engine = new module.Engine(post, fetchModel, breathe);
  const handle = (/** @type {typeof early[number]} */ { request, inputs, checkpoint }) => {
    try {
      engine.handle(request, inputs, checkpoint);
    } catch (error) {
      // A trap ends the engine; a request that it cannot read does not.
      if (error instanceof WebAssembly.RuntimeError) throw error;
      const refusal = { code: 'bad-setting', message: String(error) };
      if (request.type === 'tune') return post({ type: 'refused', run: request.run, error: refusal });
      const run = 'run' in request ? request.run : undefined;
      const ticket = 'ticket' in request ? request.ticket : undefined;
      post({ type: 'failed', run, ticket, error: refusal });
    }
  };
  scope.onmessage = ({ data }) => handle(data);
  for (const data of early) handle(data);
  const info = await probe();
  if (!info) return;
  tolerateMissingTimestamps();
  await engine.start(info);
}

main();
