/**
 * The weights and inputs of every case, from one seed: all contenders get the same bytes.
 *
 * Tensors have PyTorch's names and layouts: convolutions `[out, in, k, k]`, transposed ones `[in, out, k, k]`,
 * pictures `[1, 3, H, W]`. Weights are scaled so that activations stay of order 1 through the whole network: with the
 * N(0, 0.02) of the GAN papers an output without a norm would be so close to zero that any two agree.
 */

/** @typedef {{ shape: number[], data: Float32Array }} Tensor */

const size = (/** @type {number[]} */ shape) => shape.reduce((a, b) => a * b, 1);

/** Small fast counter, 32 bits (Doty-Humphrey's sfc32): a seed names one stream of numbers. */
class Seed {
  #state = [0, 0, 0, 1];

  /** @param {number} seed */
  constructor(seed) {
    this.#state[0] = seed;
    for (let i = 0; i < 16; i += 1) this.bits();
  }

  /** 32 uniform bits. */
  bits() {
    let [a, b, c, count] = this.#state;
    const out = (a + b + count) | 0;
    count = (count + 1) | 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) | 0;
    c = (((c << 21) | (c >>> 11)) + out) | 0;
    this.#state = [a, b, c, count];
    return out >>> 0;
  }

  /** Uniform in [0, 1). */
  uniform() {
    return (this.bits() >>> 8) / 16_777_216;
  }

  /** Normal with mean 0. @param {number[]} shape @param {number} deviation @param {number} [mean] @returns {Tensor} */
  normal(shape, deviation, mean = 0) {
    const data = new Float32Array(size(shape));
    for (let i = 0; i < data.length; i += 1) {
      // Box and Muller 1958.
      const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
      data[i] = mean + deviation * radius * Math.cos(2 * Math.PI * this.uniform());
    }
    return { shape, data };
  }

  /** Smooth waves in each colour with a little noise, in 0..1. @param {number} side @returns {Tensor} */
  picture(side) {
    const data = new Float32Array(3 * side * side);
    for (let channel = 0; channel < 3; channel += 1) {
      const waves = Array.from({ length: 4 }, () => {
        const turn = 2 * Math.PI * this.uniform();
        const rate = (2 + 10 * this.uniform()) / side;
        return [rate * Math.cos(turn), rate * Math.sin(turn), 2 * Math.PI * this.uniform()];
      });
      for (let y = 0; y < side; y += 1) {
        for (let x = 0; x < side; x += 1) {
          const sum = waves.reduce((sum, [u, v, phase]) => sum + Math.sin(2 * Math.PI * (u * x + v * y) + phase), 0);
          const value = 0.5 + 0.12 * sum + 0.1 * (this.uniform() - 0.5);
          data[(channel * side + y) * side + x] = Math.min(1, Math.max(0, value));
        }
      }
    }
    return { shape: [1, 3, side, side], data };
  }
}

/** A file in the making. */
class Tensors {
  /** @type {Record<string, Tensor>} */
  all = {};

  /** @param {number} seed */
  constructor(seed) {
    this.seed = new Seed(seed);
  }

  /** @param {string} name @param {Tensor} tensor */
  add(name, tensor) {
    this.all[name] = tensor;
  }

  /**
   * A convolution whose outputs have a variance of `gain` times the mean square of its inputs (2 before a ReLU).
   * @param {string} name @param {number[]} shape
   * @param {{ gain?: number, bias?: number, inputs?: number }} [options] `bias`: channels; `inputs`: how many values
   *   meet in one output, if not all but the first dimension of `shape`
   */
  conv(name, shape, { gain = 2, bias = 0, inputs = size(shape.slice(1)) } = {}) {
    this.add(`${name}.weight`, this.seed.normal(shape, Math.sqrt(gain / inputs)));
    if (bias > 0) this.add(`${name}.bias`, this.seed.normal([bias], 0.1));
  }

  /** @param {string} name @param {number} channels */
  norm(name, channels) {
    this.add(`${name}.weight`, this.seed.normal([channels], 0.1, 1));
    this.add(`${name}.bias`, this.seed.normal([channels], 0.1));
    // Unused in training, but a part of such a file.
    this.add(`${name}.running_mean`, { shape: [channels], data: new Float32Array(channels) });
    this.add(`${name}.running_var`, { shape: [channels], data: new Float32Array(channels).fill(1) });
  }
}

/** Reflect padding, a 3x3 convolution, instance norm and ReLU on 128 channels. */
function block() {
  const file = new Tensors(1);
  file.conv("conv", [128, 128, 3, 3], { bias: 128 });
  file.add("input", file.seed.normal([1, 128, 32, 32], 1));
  return file.all;
}

/** CycleGAN's generator with 6 blocks, 32 wide; the names are its reference implementation's. */
function resnet6() {
  const file = new Tensors(2);
  file.conv("model.1", [32, 3, 7, 7], { bias: 32 });
  file.conv("model.4", [64, 32, 3, 3], { bias: 64 });
  file.conv("model.7", [128, 64, 3, 3], { bias: 128 });
  for (let block = 10; block < 16; block += 1) {
    for (const at of [1, 5]) file.conv(`model.${block}.conv_block.${at}`, [128, 128, 3, 3], { bias: 128 });
  }
  // Of the nine weights a quarter meets in one output, as the stride is 2.
  file.conv("model.16", [128, 64, 3, 3], { bias: 64, inputs: (128 * 9) / 4 });
  file.conv("model.19", [64, 32, 3, 3], { bias: 32, inputs: (64 * 9) / 4 });
  file.conv("model.23", [3, 32, 7, 7], { bias: 3, gain: 1 });
  const { shape, data } = file.seed.picture(128);
  file.add("input", { shape, data: data.map((value) => 2 * value - 1) });
  return file.all;
}

/** Torchvision's indices of the ten convolutions of Easel's `features`, with their channels. */
export const FEATURES = [
  [0, 3, 16], [2, 16, 16], [5, 16, 32], [7, 32, 32], [10, 32, 64], [12, 64, 64], [15, 64, 128], [17, 128, 128],
  [20, 128, 256], [22, 256, 256],
];

/** A feature network, what to steer towards and where the picture stands, all pictures in 0..1. */
function gatys() {
  const file = new Tensors(3);
  for (const [index, input, output] of FEATURES) {
    file.conv(`features.${index}`, [output, input, 3, 3], { bias: output });
  }
  const content = file.seed.picture(96);
  // Not the content itself: its loss would be zero, and its gradient would go unchecked.
  const noise = file.seed.normal(content.shape, 0.1).data;
  const image = content.data.map((value, i) => Math.min(1, Math.max(0, value + noise[i])));
  file.add("content", content);
  file.add("style", file.seed.picture(96));
  file.add("image", { shape: content.shape, data: image });
  return file.all;
}

/** DCGAN for 32 px: the names are those of PyTorch's example, with one stage less. */
function dcgan() {
  const file = new Tensors(4);
  file.conv("g.main.0", [64, 128, 4, 4], { gain: 1, inputs: 64 });
  file.norm("g.main.1", 128);
  file.conv("g.main.3", [128, 64, 4, 4], { inputs: 128 * 4 });
  file.norm("g.main.4", 64);
  file.conv("g.main.6", [64, 32, 4, 4], { inputs: 64 * 4 });
  file.norm("g.main.7", 32);
  file.conv("g.main.9", [32, 3, 4, 4], { gain: 1, inputs: 32 * 4 });
  file.conv("d.main.0", [32, 3, 4, 4]);
  file.conv("d.main.2", [64, 32, 4, 4]);
  file.norm("d.main.3", 64);
  file.conv("d.main.5", [128, 64, 4, 4]);
  file.norm("d.main.6", 128);
  file.conv("d.main.8", [1, 128, 4, 4], { gain: 1 });
  file.add("noise", file.seed.normal([8, 64, 1, 1], 1));
  const pictures = Array.from({ length: 8 }, () => file.seed.picture(32).data);
  const real = new Float32Array(8 * 3 * 32 * 32);
  pictures.forEach((data, i) => real.set(data.map((value) => 2 * value - 1), i * data.length));
  file.add("real", { shape: [8, 3, 32, 32], data: real });
  return file.all;
}

/**
 * `tolerance`: how far outputs may lie apart, absolutely or relative to the larger one. `aside`: the share of values
 * that may lie further apart. Adam's first step is the rate times the gradient's sign, so where a gradient vanishes
 * next to its rounding error the sign is anyone's: a handful of the 27,648 values of `gatys`.
 * @typedef {{ tensors: () => Record<string, Tensor>, tolerance: number, relative?: boolean, aside?: number }} Case
 * @type {Record<string, Case>}
 */
export const CASES = {
  block: { tensors: block, tolerance: 1e-3 },
  resnet6: { tensors: resnet6, tolerance: 1e-3 },
  gatys: { tensors: gatys, tolerance: 1e-3, aside: 1e-3 },
  dcgan: { tensors: dcgan, tolerance: 1e-3, relative: true },
};

/** The bytes of a safetensors file. @param {Record<string, Tensor>} tensors */
export function safetensors(tensors) {
  /** @type {Record<string, unknown>} */
  const header = {};
  let at = 0;
  for (const [name, { shape, data }] of Object.entries(tensors)) {
    header[name] = { dtype: "F32", shape, data_offsets: [at, at + data.byteLength] };
    at += data.byteLength;
  }
  const text = JSON.stringify(header);
  const padded = new TextEncoder().encode(text.padEnd(Math.ceil(text.length / 8) * 8));
  const bytes = new Uint8Array(8 + padded.length + at);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(padded.length), true);
  bytes.set(padded, 8);
  at = 8 + padded.length;
  for (const { data } of Object.values(tensors)) {
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), at);
    at += data.byteLength;
  }
  return bytes;
}
