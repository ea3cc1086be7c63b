/**
 * Writes ONNX models: as much of its protobuf schema (onnx.proto3, IR version 8, opset 17) as chains of layers need.
 */

const text = new TextEncoder();
const [FLOAT, INT64] = [1, 7];

/** @param {number | bigint} value */
function varint(value) {
  const bytes = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  for (; rest > 127n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
  bytes.push(Number(rest));
  return Uint8Array.from(bytes);
}

/** @param {Uint8Array[]} parts */
function joined(parts) {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** A field that holds a number. @param {number} field @param {number} value */
const number = (field, value) => joined([varint(field << 3), varint(value)]);

/** A field that holds bytes, a text or a message. @param {number} field @param {Uint8Array | string} value */
function bytes(field, value) {
  const content = typeof value === "string" ? text.encode(value) : value;
  return joined([varint((field << 3) | 2), varint(content.length), content]);
}

/** A field that holds a float. @param {number} field @param {number} value */
const float = (field, value) => joined([varint((field << 3) | 5), new Uint8Array(Float32Array.of(value).buffer)]);

/** AttributeProto. @param {string} name @param {number | number[] | string | { float: number }} value */
function attribute(name, value) {
  const parts = [bytes(1, name)];
  if (typeof value === "number") parts.push(number(3, value), number(20, 2));
  else if (typeof value === "string") parts.push(bytes(4, value), number(20, 3));
  else if (Array.isArray(value)) parts.push(...value.map((each) => number(8, each)), number(20, 7));
  else parts.push(float(2, value.float), number(20, 1));
  return joined(parts);
}

/** TensorProto. @param {string} name @param {number[]} dims @param {Float32Array | BigInt64Array} data */
function tensor(name, dims, data) {
  const type = data instanceof Float32Array ? FLOAT : INT64;
  const raw = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return joined([...dims.map((dim) => number(1, dim)), number(2, type), bytes(8, name), bytes(9, raw)]);
}

/** ValueInfoProto. @param {string} name @param {number[]} dims */
function value(name, dims) {
  const shape = joined(dims.map((dim) => bytes(1, number(1, dim))));
  return joined([bytes(1, name), bytes(2, bytes(1, joined([number(1, FLOAT), bytes(2, shape)])))]);
}

/** A graph in the making, from `input` to `output`; `node` and `constant` give the name of their result. */
export class Graph {
  #nodes = [];
  #initializers = [];

  /**
   * @param {string} op @param {string[]} inputs
   * @param {Record<string, number | number[] | string | { float: number }>} [attributes]
   * @param {string} [name] of the result; the last one's is `output`
   */
  node(op, inputs, attributes = {}, name = `${op}_${this.#nodes.length}`) {
    this.#nodes.push(joined([
      ...inputs.map((input) => bytes(1, input)),
      bytes(2, name),
      bytes(3, name),
      bytes(4, op),
      ...Object.entries(attributes).map(([key, value]) => bytes(5, attribute(key, value))),
    ]));
    return name;
  }

  /** @param {string} name @param {number[]} dims @param {Float32Array | BigInt64Array} data */
  constant(name, dims, data) {
    this.#initializers.push(tensor(name, dims, data));
    return name;
  }

  /** The model's bytes. @param {number[]} inputDims @param {number[]} outputDims */
  model(inputDims, outputDims) {
    const graph = joined([
      ...this.#nodes.map((node) => bytes(1, node)),
      bytes(2, "graph"),
      ...this.#initializers.map((each) => bytes(5, each)),
      bytes(11, value("input", inputDims)),
      bytes(12, value("output", outputDims)),
    ]);
    const opset = joined([bytes(1, ""), number(2, 17)]);
    return joined([number(1, 8), bytes(2, "easel-bench"), bytes(7, graph), bytes(8, opset)]);
  }
}
