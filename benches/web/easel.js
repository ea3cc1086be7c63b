/** Easel, and the same models on stock Burn: two engines of one wasm module, built with the feature `bench`. */
import { safetensors } from "./weights.js";

/** @typedef {import("./weights.js").Tensor} Tensor */

/** @type {Promise<any> | undefined} */
let library;
/** The queue of the engine's device. @type {GPUQueue} */
let queue;

/** What Rust's `AdapterInfo` is read from. */
async function probe() {
  const adapter = await navigator.gpu.requestAdapter();
  if (!adapter) throw new Error("the browser gives no graphics adapter");
  const { vendor, architecture, description } = adapter.info;
  /** @type {Record<string, number>} */
  const limits = {};
  for (const name in adapter.limits) {
    const value = /** @type {any} */ (adapter.limits)[name];
    if (typeof value === "number") limits[name] = value;
  }
  const fallback = architecture === "swiftshader";
  return { vendor, architecture, description, fallback, features: [...adapter.features].sort(), limits };
}

function start() {
  library ??= (async () => {
    const module = await import("/site/easel.js");
    await module.default({ module_or_path: new URL("/site/easel_bg.wasm", location.href) });
    const info = await probe();
    const requestDevice = GPUAdapter.prototype.requestDevice;
    GPUAdapter.prototype.requestDevice = async function (descriptor) {
      const device = await requestDevice.call(this, descriptor);
      queue = device.queue;
      return device;
    };
    await module.benchDevice(info);
    GPUAdapter.prototype.requestDevice = requestDevice;
    return module;
  })();
  return library;
}

class Contender {
  /** @param {string} engine @param {string} work @param {Uint8Array} weights */
  constructor(engine, work, weights) {
    this.name = engine;
    this.work = work;
    this.weights = weights;
  }

  async load() {
    const { Bench } = await start();
    this.bench = Bench.create(this.work, this.name, this.weights);
  }

  async run() {
    this.bench.run();
    await queue.onSubmittedWorkDone();
  }

  output() {
    return this.bench.output();
  }

  async free() {
    this.bench.free();
  }
}

/** @param {"easel" | "burn"} engine @param {string} title */
const peer = (engine, title) => ({
  name: engine,
  title,
  start,
  /** @param {string} name @param {Record<string, Tensor>} tensors */
  contenders: (name, tensors) => [new Contender(engine, name, safetensors(tensors))],
});

export const easel = peer("easel", "Easel");
export const burn = peer("burn", "stock Burn");
