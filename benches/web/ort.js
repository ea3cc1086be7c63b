/**
 * ONNX Runtime Web on WebGPU: the two generators, in both layouts, with and without graph capture. It does not train.
 */
import { Graph } from "./onnx.js";

/** @typedef {import("./weights.js").Tensor} Tensor */
/** @typedef {Record<string, Tensor>} Tensors */

/** Layers in PyTorch's sense. */
class Layers extends Graph {
  /** @param {Tensors} tensors */
  constructor(tensors) {
    super();
    this.tensors = tensors;
  }

  /** @param {string} name */
  #weights(name) {
    const parts = [`${name}.weight`, `${name}.bias`];
    return parts.map((part) => this.constant(part, this.tensors[part].shape, this.tensors[part].data));
  }

  /** @param {string} x @param {number} by */
  reflect(x, by) {
    const pads = BigInt64Array.from([0, 0, by, by, 0, 0, by, by], BigInt);
    return this.node("Pad", [x, this.constant(`pads of ${x}`, [8], pads)], { mode: "reflect" });
  }

  /** @param {string} x @param {string} name @param {{ stride?: number, padding?: number }} [options] */
  conv(x, name, { stride = 1, padding = 0 } = {}) {
    return this.node("Conv", [x, ...this.#weights(name)], { strides: [stride, stride], pads: Array(4).fill(padding) });
  }

  /** 3x3 with stride 2, twice as large. @param {string} x @param {string} name */
  up(x, name) {
    const attributes = { strides: [2, 2], pads: [1, 1, 1, 1], output_padding: [1, 1] };
    return this.node("ConvTranspose", [x, ...this.#weights(name)], attributes);
  }

  /** Instance norm without affine parameters. @param {string} x @param {number} channels */
  norm(x, channels) {
    const ones = this.constant(`ones of ${x}`, [channels], new Float32Array(channels).fill(1));
    const zeros = this.constant(`zeros of ${x}`, [channels], new Float32Array(channels));
    return this.node("InstanceNormalization", [x, ones, zeros], { epsilon: { float: 1e-5 } });
  }

  /** @param {string} x @param {string} [name] */
  relu(x, name) {
    return this.node("Relu", [x], {}, name);
  }
}

/** @type {Record<string, (tensors: Tensors) => Uint8Array>} */
const MODELS = {
  block(tensors) {
    const net = new Layers(tensors);
    net.relu(net.norm(net.conv(net.reflect("input", 1), "conv"), 128), "output");
    return net.model([1, 128, 32, 32], [1, 128, 32, 32]);
  },

  resnet6(tensors) {
    const net = new Layers(tensors);
    let x = net.relu(net.norm(net.conv(net.reflect("input", 3), "model.1"), 32));
    x = net.relu(net.norm(net.conv(x, "model.4", { stride: 2, padding: 1 }), 64));
    x = net.relu(net.norm(net.conv(x, "model.7", { stride: 2, padding: 1 }), 128));
    for (let block = 10; block < 16; block += 1) {
      const half = net.relu(net.norm(net.conv(net.reflect(x, 1), `model.${block}.conv_block.1`), 128));
      x = net.node("Add", [x, net.norm(net.conv(net.reflect(half, 1), `model.${block}.conv_block.5`), 128)]);
    }
    x = net.relu(net.norm(net.up(x, "model.16"), 64));
    x = net.relu(net.norm(net.up(x, "model.19"), 32));
    net.node("Tanh", [net.conv(net.reflect(x, 3), "model.23")], {}, "output");
    return net.model([1, 3, 128, 128], [1, 3, 128, 128]);
  },
};

/** The library, loaded once. @type {Promise<any> | undefined} */
let library;

function start() {
  library ??= (async () => {
    const ort = await import("/ort/ort.webgpu.min.mjs");
    ort.env.wasm.wasmPaths = "/ort/";
    ort.env.wasm.numThreads = 1;
    return ort;
  })();
  return library;
}

/** Input and output stay in GPU buffers, as in an application that shows what it computes. */
class Contender {
  /**
   * @param {Tensors} tensors @param {(tensors: Tensors) => Uint8Array} model
   * @param {string} layout @param {boolean} capture
   */
  constructor(tensors, model, layout, capture) {
    this.name = `ort ${layout}${capture ? " captured" : ""}`;
    this.tensors = tensors;
    this.model = model;
    this.options = {
      executionProviders: [{ name: "webgpu", preferredLayout: layout }],
      graphOptimizationLevel: "all",
      enableGraphCapture: capture,
      preferredOutputLocation: "gpu-buffer",
    };
  }

  async load() {
    const ort = await start();
    this.session = await ort.InferenceSession.create(this.model(this.tensors), this.options);
    this.device = await ort.env.webgpu.device;
    const { shape, data } = this.tensors.input;
    const usage = GPUBufferUsage.STORAGE | GPUBufferUsage.COPY_SRC | GPUBufferUsage.COPY_DST;
    this.buffer = this.device.createBuffer({ size: data.byteLength, usage });
    this.device.queue.writeBuffer(this.buffer, 0, data);
    this.input = ort.Tensor.fromGpuBuffer(this.buffer, { dataType: "float32", dims: shape });
  }

  // The output's buffer is the session's: with one of ours, 1.30 fails in the third run of a captured graph.
  async run() {
    const { output } = await this.session.run({ input: this.input });
    await this.device.queue.onSubmittedWorkDone();
    this.result?.dispose();
    this.result = output;
  }

  output() {
    return this.result.getData();
  }

  async free() {
    this.result.dispose();
    await this.session.release();
    this.buffer.destroy();
  }
}

export const ort = {
  name: "ort",
  title: "ONNX Runtime Web",
  start,
  /** @param {string} name @param {Tensors} tensors */
  contenders(name, tensors) {
    const model = MODELS[name];
    if (!model) return [];
    return ["NHWC", "NCHW"].flatMap((layout) =>
      [false, true].map((capture) => new Contender(tensors, model, layout, capture)));
  },
};
