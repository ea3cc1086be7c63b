/** Small files of weights, sound and damaged. */

/** @typedef {{ dtype: "F32" | "F16", shape: number[], data: Buffer }} Tensor */

/** The bytes of a safetensors file. @param {Record<string, Tensor>} tensors */
export function safetensors(tensors) {
  /** @type {Record<string, unknown>} */
  const header = {};
  const parts = [];
  let at = 0;
  for (const [name, { dtype, shape, data }] of Object.entries(tensors)) {
    header[name] = { dtype, shape, data_offsets: [at, at + data.length] };
    at += data.length;
    parts.push(data);
  }
  return withHeader(JSON.stringify(header), Buffer.concat(parts));
}

/** @param {string} text @param {Buffer} data */
export function withHeader(text, data) {
  const header = Buffer.from(text.padEnd(Math.ceil(text.length / 8) * 8));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  return Buffer.concat([length, header, data]);
}

/** A half float's bits; no value here is subnormal or too large for it. @param {number} value */
function half(value) {
  if (value === 0) return 0;
  const exponent = Math.floor(Math.log2(Math.abs(value)));
  const fraction = Math.round((Math.abs(value) / 2 ** exponent - 1) * 1024);
  return (value < 0 ? 0x8000 : 0) + ((exponent + 15) << 10) + fraction;
}

/**
 * Numbers around zero with a deviation, always the same ones.
 * @param {"F32" | "F16"} dtype @param {number[]} shape @param {number} deviation @returns {Tensor}
 */
function noise(dtype, shape, deviation) {
  const count = shape.reduce((a, b) => a * b, 1);
  // Enough different values, evenly spread; sqrt 3 makes their deviation the wanted one.
  const values = Array.from({ length: 256 }, (_, at) => ((at + 0.5) / 128 - 1) * Math.sqrt(3) * deviation);
  const bits = values.map(half);
  let state = 12345;
  const data = Buffer.alloc(count * (dtype === "F32" ? 4 : 2));
  for (let at = 0; at < count; at += 1) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const pick = state >>> 24;
    if (dtype === "F32") data.writeFloatLE(values[pick] ?? 0, at * 4);
    else data.writeUInt16LE(bits[pick] ?? 0, at * 2);
  }
  return { dtype, shape, data };
}

/**
 * Convolutions by name, as torchvision names them: a deviation of sqrt(2 / inputs) keeps activations in range (He et
 * al. 2015).
 * @param {"F32" | "F16"} dtype @param {[string, number[]][]} shapes @returns {Record<string, Tensor>}
 */
function convolutions(dtype, shapes) {
  /** @type {Record<string, Tensor>} */
  const tensors = {};
  for (const [name, shape] of shapes) {
    const inputs = shape.slice(1).reduce((a, b) => a * b, 1);
    tensors[`${name}.weight`] = noise(dtype, shape, Math.sqrt(2 / inputs));
    tensors[`${name}.bias`] = { dtype, shape: shape.slice(0, 1), data: Buffer.alloc((shape[0] ?? 0) * (dtype === "F32" ? 4 : 2)) };
  }
  return tensors;
}

/** @param {[number, number][]} blocks convolutions and channels, a pooling after each block */
function vgg(blocks) {
  /** @type {[string, number[]][]} */
  const shapes = [];
  let [index, input] = [0, 3];
  for (const [count, output] of blocks) {
    for (let conv = 0; conv < count; conv += 1) {
      shapes.push([`features.${index}`, [output, input, 3, 3]]);
      input = output;
      index += 2;
    }
    index += 1;
  }
  return shapes;
}

/** Shaped like Easel's own network. */
export const features = () => convolutions("F32", vgg([[2, 16], [2, 32], [2, 64], [2, 128], [2, 256]]));

/** Shaped like torchvision's vgg19 as far as its layers are used: up to `features.28`. */
export const vgg19 = () => convolutions("F16", vgg([[2, 64], [2, 128], [4, 256], [4, 512], [1, 512]]));

/** Shaped like the convolutions of torchvision's squeezenet1_1. */
export function squeezenet() {
  /** @type {[string, number[]][]} */
  const shapes = [["features.0", [64, 3, 3, 3]]];
  let input = 64;
  for (const [index, squeeze, expand] of [[3, 16, 64], [4, 16, 64], [6, 32, 128], [7, 32, 128], [9, 48, 192], [10, 48, 192], [11, 64, 256], [12, 64, 256]]) {
    shapes.push([`features.${index}.squeeze`, [squeeze, input, 1, 1]]);
    shapes.push([`features.${index}.expand1x1`, [expand, squeeze, 1, 1]]);
    shapes.push([`features.${index}.expand3x3`, [expand, squeeze, 3, 3]]);
    input = 2 * expand;
  }
  return convolutions("F32", shapes);
}
