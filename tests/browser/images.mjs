/** Pictures that came out of a page, decoded without any browser. */
import { PNG } from "pngjs";

/** @typedef {{ width: number, height: number, data: Uint8Array }} Pixels RGBA */

/** @param {string} base64 @returns {Pixels} */
export function png(base64) {
  return PNG.sync.read(Buffer.from(base64, "base64"));
}

/** Mean absolute difference of two pictures, in 1/255, over the channels. @param {Pixels} a @param {Pixels} b @param {number[]} [channels] */
export function difference(a, b, channels = [0, 1, 2, 3]) {
  if (a.width !== b.width || a.height !== b.height) {
    throw new Error(`${a.width} x ${a.height} and ${b.width} x ${b.height} are not one size`);
  }
  let sum = 0;
  for (let at = 0; at < a.data.length; at += 4) {
    for (const channel of channels) sum += Math.abs((a.data[at + channel] ?? 0) - (b.data[at + channel] ?? 0));
  }
  return sum / ((a.data.length / 4) * channels.length);
}

/** Standard deviation of the colours: a blank picture has none. @param {Pixels} picture */
export function spread({ data }) {
  const values = data.filter((_, at) => at % 4 !== 3);
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  let sum = 0;
  for (const value of values) sum += (value - mean) ** 2;
  return Math.sqrt(sum / values.length);
}
