// @ts-check
/** A file of all four networks, taken apart: each as a file of its own, in the names of pytorch-CycleGAN-and-pix2pix. */

/** @typedef {"G_A" | "G_B" | "D_A" | "D_B"} Network */
/** @typedef {{ dtype: string, shape: number[], data_offsets: [number, number] }} Entry */

/** One network out of a file whose names begin with `<network>.`, as safetensors without that. @param {Blob} file @param {Network} network */
export async function alone(file, network) {
  const length = Number(new DataView(await file.slice(0, 8).arrayBuffer()).getBigUint64(0, true));
  /** @type {Record<string, Entry>} */
  const all = JSON.parse(await file.slice(8, 8 + length).text());
  /** @type {Record<string, unknown>} */
  const header = {};
  const parts = [];
  let end = 0;
  for (const [name, entry] of Object.entries(all)) {
    if (!name.startsWith(`${network}.`)) continue;
    const [from, to] = entry.data_offsets;
    parts.push(file.slice(8 + length + from, 8 + length + to));
    header[name.slice(network.length + 1)] = { ...entry, data_offsets: [end, end + to - from] };
    end += to - from;
  }
  const text = new TextEncoder().encode(JSON.stringify(header));
  // Data begin at a multiple of 8.
  const padded = new Uint8Array(Math.ceil(text.length / 8) * 8).fill(32);
  padded.set(text);
  const head = new DataView(new ArrayBuffer(8));
  head.setBigUint64(0, BigInt(padded.length), true);
  return new Blob([head, padded, ...parts], { type: "application/octet-stream" });
}
