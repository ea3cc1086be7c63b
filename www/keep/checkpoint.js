// @ts-check
/**
 * What the page reads of an `.easel` file: that it is one, and the photo in it. The engine reads it again, and strictly
 * (`src/session/checkpoint.rs`).
 */

/** The longest header of a safetensors file that is read, in bytes. */
const MAX_HEADER = 1 << 20;

/**
 * Nothing if it is no run.
 * @param {Blob} file
 * @returns {Promise<{ content: { name: string, blob: Blob } | null, size: number, steps: number } | null>}
 */
export async function inspect(file) {
  try {
    const length = Number(new DataView(await file.slice(0, 8).arrayBuffer()).getBigUint64(0, true));
    if (length > MAX_HEADER || 8 + length > file.size) return null;
    const header = JSON.parse(await file.slice(8, 8 + length).text());
    const { config, names } = JSON.parse(header.__metadata__.easel);
    const ends = Object.entries(header).map(([name, tensor]) => (name === "__metadata__" ? 0 : Number(tensor.data_offsets[1])));
    if (8 + length + Math.max(...ends) !== file.size) return null;
    const [from, to] = header["input.content"].data_offsets;
    const blob = file.slice(8 + length + from, 8 + length + to);
    return { content: { name: String(names?.content ?? ""), blob }, size: Number(config.size), steps: Number(config.steps) };
  } catch {
    return null;
  }
}
