/**
 * TensorFlow.js on WebGPU: the generators, the Gatys step and the DCGAN training step, in NHWC. Variants differ in the
 * flags that choose its convolution.
 *
 * Nothing is read back in a run: losses stay tensors, and a run ends when the queue has worked off what it was given.
 */
import { FEATURES } from "./weights.js";

/** @typedef {import("./weights.js").Tensor} Tensor */
/** @typedef {Record<string, Tensor>} Tensors */

/** @type {any} */
let tf;
/** @type {Promise<void> | undefined} */
let library;

function start() {
  library ??= (async () => {
    for (const file of ["tf.min.js", "tf-backend-webgpu.min.js"]) {
      await new Promise((done, failed) => {
        const script = Object.assign(document.createElement("script"), { src: `/tfjs/${file}`, onload: done });
        script.onerror = () => failed(new Error(`${file} does not load`));
        document.head.append(script);
      });
    }
    tf = globalThis.tf;
    if (!(await tf.setBackend("webgpu"))) throw new Error("TensorFlow.js has no webgpu backend here");
    await tf.ready();
  })();
  return library;
}

/** The flags that choose a convolution, with their defaults. The naive one of 4.22 does not compile. */
const FLAGS = { WEBGPU_CONV_SEPARATE_IM2COL_SHADER: false, WEBGPU_USE_NAIVE_CONV2D_TRANSPOSE: true };
const VARIANTS = {
  "tfjs": {},
  "tfjs im2col": { WEBGPU_CONV_SEPARATE_IM2COL_SHADER: true },
  "tfjs matmul transposed": { WEBGPU_USE_NAIVE_CONV2D_TRANSPOSE: false },
};

/** PyTorch's layout into TensorFlow's: `[B, C, H, W]` -> `[B, H, W, C]`. @param {Tensor} tensor */
const picture = ({ shape, data }) => tf.tidy(() => tf.transpose(tf.tensor(data, shape), [0, 2, 3, 1]));

/** `[out, in, k, k]` -> `[k, k, in, out]`, and `[in, out, k, k]` -> `[k, k, out, in]`. @param {Tensor} tensor */
const kernel = ({ shape, data }) => tf.tidy(() => tf.transpose(tf.tensor(data, shape), [2, 3, 1, 0]));

/** Weights and biases by name, in TensorFlow's layouts. @param {Tensors} tensors */
function converted(tensors) {
  /** @type {Record<string, any>} */
  const all = {};
  for (const [name, tensor] of Object.entries(tensors)) {
    if (tensor.shape.length === 1) all[name] = tf.tensor(tensor.data, tensor.shape);
    else all[name] = /weight$/.test(name) ? kernel(tensor) : picture(tensor);
  }
  return all;
}

/** Reflection at the borders of a picture. */
const reflect = (x, by) => tf.mirrorPad(x, [[0, 0], [by, by], [by, by], [0, 0]], "reflect");

/** A convolution; `pad` in pixels on each side. */
function conv(w, name, x, { stride = 1, pad = 0, activation = "linear" } = {}) {
  return tf.fused.conv2d({ x, filter: w[`${name}.weight`], strides: stride, pad, bias: w[`${name}.bias`], activation });
}

/** Statistics over batch and pixels; of one picture, that is instance norm too. */
function norm(x, gamma, beta) {
  const { mean, variance } = tf.moments(x, [0, 1, 2]);
  return tf.batchNorm(x, mean, variance, beta, gamma, 1e-5);
}

const block = (w) => tf.relu(norm(conv(w, "conv", reflect(w.input, 1))));

function resnet6(w) {
  const up = (x, name, outputs) => {
    const [, height, width] = x.shape;
    const larger = tf.conv2dTranspose(x, w[`${name}.weight`], [1, 2 * height, 2 * width, outputs], 2, 1);
    return tf.relu(norm(tf.add(larger, w[`${name}.bias`])));
  };
  let x = tf.relu(norm(conv(w, "model.1", reflect(w.input, 3))));
  x = tf.relu(norm(conv(w, "model.4", x, { stride: 2, pad: 1 })));
  x = tf.relu(norm(conv(w, "model.7", x, { stride: 2, pad: 1 })));
  for (let block = 10; block < 16; block += 1) {
    const half = tf.relu(norm(conv(w, `model.${block}.conv_block.1`, reflect(x, 1))));
    x = tf.add(x, norm(conv(w, `model.${block}.conv_block.5`, reflect(half, 1))));
  }
  x = up(x, "model.16", 64);
  x = up(x, "model.19", 32);
  return tf.tanh(conv(w, "model.23", reflect(x, 3)));
}

/** A forward pass; its output is kept until the next one. */
class Forward {
  /** @param {Tensors} tensors @param {(w: Record<string, any>) => any} network */
  constructor(tensors, network) {
    this.w = converted(tensors);
    this.network = network;
  }

  step() {
    this.result?.dispose();
    this.result = tf.tidy(() => this.network(this.w));
  }

  /** NCHW. */
  async output() {
    const planes = tf.transpose(this.result, [0, 3, 1, 2]);
    const values = await planes.data();
    planes.dispose();
    return values;
  }

  free() {
    tf.dispose([this.w, this.result]);
  }
}

/** Blocks of Easel's `features`: a pooling comes before each but the first. */
const POOLED = new Set([5, 10, 15, 20]);
/** The second convolution of each block is a style layer; that of the fourth is the content layer, too. */
const STYLE = new Set([2, 7, 12, 17, 22]);
const CONTENT = 17;

/**
 * One step of `jobs/gatys.rs` with its defaults, but without total variation, frame and running average: relative
 * losses of content (weight 1) and style (weight 20, a fifth for each of five layers), average pooling, Adam with rate
 * 0.02 and decays 0.9 and 0.99, the picture clamped to 0..1.
 */
class Gatys {
  /** @param {Tensors} tensors */
  constructor(tensors) {
    this.w = converted(tensors);
    this.mean = tf.tensor([0.485, 0.456, 0.406]);
    this.deviation = tf.tensor([0.229, 0.224, 0.225]);
    this.image = tf.variable(this.w.image);
    this.adam = tf.train.adam(0.02, 0.9, 0.99, 1e-8);
    // The losses are relative to the size of their targets, which does not change.
    [this.content, this.contentScale] = tf.tidy(() => {
      const target = this.taps(this.w.content)[CONTENT];
      return [target, tf.div(1, tf.add(tf.sum(tf.square(target)), 1e-12))];
    });
    this.style = tf.tidy(() => Object.entries(this.taps(this.w.style)).map(([index, features]) => {
      const target = this.gram(features);
      return { index, target, scale: tf.div(20 / 5, tf.add(tf.sum(tf.square(target)), 1e-12)) };
    }));
  }

  /** Activations of the layers that count, by torchvision's index. */
  taps(image) {
    /** @type {Record<string, any>} */
    const taps = {};
    let x = tf.div(tf.sub(image, this.mean), this.deviation);
    for (const [index] of FEATURES) {
      if (POOLED.has(index)) x = tf.avgPool(x, 2, 2, "valid");
      x = conv(this.w, `features.${index}`, x, { pad: 1, activation: "relu" });
      if (STYLE.has(index)) taps[index] = x;
    }
    return taps;
  }

  /** Per pixel: `[1, H, W, C]` -> `[C, C]`. */
  gram(features) {
    const [, height, width, channels] = features.shape;
    const flat = tf.reshape(features, [height * width, channels]);
    return tf.div(tf.matMul(flat, flat, true, false), height * width);
  }

  loss(image) {
    const taps = this.taps(image);
    const content = tf.mul(tf.sum(tf.squaredDifference(taps[CONTENT], this.content)), this.contentScale);
    const style = this.style.map(({ index, target, scale }) =>
      tf.mul(tf.sum(tf.squaredDifference(this.gram(taps[index]), target)), scale));
    return tf.addN([content, ...style]);
  }

  step() {
    tf.tidy(() => {
      const { grads } = tf.variableGrads(() => this.loss(this.image), [this.image]);
      this.adam.applyGradients(grads);
      this.image.assign(tf.clipByValue(this.image, 0, 1));
    });
    this.first ??= this.image.clone();
  }

  async output() {
    const planes = tf.transpose(this.first, [0, 3, 1, 2]);
    const values = await planes.data();
    planes.dispose();
    return values;
  }

  free() {
    this.adam.dispose();
    const style = this.style.map(({ target, scale }) => [target, scale]);
    tf.dispose([this.w, this.mean, this.deviation, this.image, this.content, this.contentScale, style, this.first]);
  }
}

/**
 * One training step of DCGAN (Radford et al. 2016) in the order of PyTorch's example: the discriminator on real and on
 * fake pictures, one batch each, then the generator against the discriminator as it has become.
 */
class Dcgan {
  /** @param {Tensors} tensors */
  constructor(tensors) {
    this.w = converted(tensors);
    const { noise, real, ...weights } = this.w;
    this.inputs = { noise, real };
    /** @type {Record<string, any>} */
    this.v = {};
    for (const [name, value] of Object.entries(weights)) this.v[name] = tf.variable(value);
    const of = (network) => Object.keys(this.v).filter((name) => name.startsWith(network)).map((name) => this.v[name]);
    this.generator = of("g.");
    this.discriminator = of("d.");
    this.adams = [0, 1].map(() => tf.train.adam(2e-4, 0.5, 0.999, 1e-8));
  }

  fake() {
    const up = (x, name, side, outputs, pad) =>
      tf.conv2dTranspose(x, this.v[`g.main.${name}.weight`], [8, side, side, outputs], side === 4 ? 1 : 2, pad);
    const rest = (x, name) => tf.relu(norm(x, this.v[`g.main.${name}.weight`], this.v[`g.main.${name}.bias`]));
    let x = rest(up(this.inputs.noise, 0, 4, 128, 0), 1);
    x = rest(up(x, 3, 8, 64, 1), 4);
    x = rest(up(x, 6, 16, 32, 1), 7);
    return tf.tanh(up(x, 9, 32, 3, 1));
  }

  /** Logits. */
  judge(pictures) {
    const down = (x, name, stride, pad) => tf.conv2d(x, this.v[`d.main.${name}.weight`], stride, pad);
    const rest = (x, name) =>
      tf.leakyRelu(norm(x, this.v[`d.main.${name}.weight`], this.v[`d.main.${name}.bias`]), 0.2);
    let x = tf.leakyRelu(down(pictures, 0, 2, 1), 0.2);
    x = rest(down(x, 2, 2, 1), 3);
    x = rest(down(x, 5, 2, 1), 6);
    return down(x, 8, 1, 0);
  }

  step() {
    const losses = tf.tidy(() => {
      let dLoss;
      // The discriminator learns inside the generator's tape: so the fakes are computed once, as in PyTorch.
      const { value, grads } = tf.variableGrads(() => {
        const fake = this.fake();
        const d = tf.variableGrads(() => {
          // Binary cross-entropy with logits: -log sigmoid(x) = softplus(-x), -log(1 - sigmoid(x)) = softplus(x).
          const real = tf.mean(tf.softplus(tf.neg(this.judge(this.inputs.real))));
          return tf.add(real, tf.mean(tf.softplus(this.judge(fake))));
        }, this.discriminator);
        this.adams[0].applyGradients(d.grads);
        dLoss = tf.keep(d.value);
        return tf.mean(tf.softplus(tf.neg(this.judge(fake))));
      }, this.generator);
      this.adams[1].applyGradients(grads);
      return [dLoss, value];
    });
    if (this.first) tf.dispose(losses);
    else this.first = losses;
  }

  async output() {
    const values = await Promise.all(this.first.map((loss) => loss.data()));
    return Float32Array.from(values, ([value]) => value);
  }

  free() {
    for (const adam of this.adams) adam.dispose();
    tf.dispose([this.w, this.v, this.first]);
  }
}

/** @type {Record<string, (tensors: Tensors) => Forward | Gatys | Dcgan>} */
const CASES = {
  block: (tensors) => new Forward(tensors, block),
  resnet6: (tensors) => new Forward(tensors, resnet6),
  gatys: (tensors) => new Gatys(tensors),
  dcgan: (tensors) => new Dcgan(tensors),
};

/** Hands over what is still waiting to be submitted, and waits for the GPU. */
async function finished() {
  const backend = tf.backend();
  if (backend.commandEncoder) {
    backend.endComputePassEncoder();
    backend.submitQueue();
  }
  await backend.queue.onSubmittedWorkDone();
}

class Contender {
  /** @param {string} name @param {Record<string, boolean>} flags @param {() => Forward | Gatys | Dcgan} make */
  constructor(name, flags, make) {
    this.name = name;
    this.flags = { ...FLAGS, ...flags };
    this.make = make;
  }

  async load() {
    await start();
    this.#choose();
    this.work = this.make();
    await finished();
  }

  async run() {
    this.#choose();
    this.work.step();
    await finished();
  }

  /** Kernels are chosen by flags, which all variants in a page share. */
  #choose() {
    for (const [flag, value] of Object.entries(this.flags)) tf.env().set(flag, value);
  }

  async output() {
    return this.work.output();
  }

  async free() {
    this.work.free();
    await finished();
  }
}

export const tfjs = {
  name: "tfjs",
  title: "TensorFlow.js",
  start,
  /** @param {string} name @param {Tensors} tensors */
  contenders(name, tensors) {
    const make = CASES[name];
    return Object.entries(VARIANTS).map(([variant, flags]) => new Contender(variant, flags, () => make(tensors)));
  },
};
