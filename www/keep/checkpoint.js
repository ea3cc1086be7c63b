// @ts-check
/**
 * What the page reads of an `.easel` file: that it is one, and the photo or the data set in it; and of exported networks, the
 * settings. The engine reads it again, and strictly (`src/weights/checkpoint.rs`, `src/jobs/gan/state.rs`).
 */

/** The longest header of a safetensors file that is read, in bytes. */
const MAX_HEADER = 1 << 20;

/**
 * Nothing if it is neither a run nor networks that a run exported.
 * @param {Blob} file
 * @returns {Promise<{ content: { name: string, blob: Blob } | null, data: { name: string, blob: Blob } | null, a: { name: string, blob: Blob } | null, b: { name: string, blob: Blob } | null, config: Record<string, any>, steps: number, networks: boolean } | null>}
 */
export async function inspect(file) {
  try {
    const length = Number(new DataView(await file.slice(0, 8).arrayBuffer()).getBigUint64(0, true));
    if (length > MAX_HEADER || 8 + length > file.size) return null;
    const header = JSON.parse(await file.slice(8, 8 + length).text());
    const noted = JSON.parse(header.__metadata__.easel);
    // Networks note their settings alone.
    const networks = "variant" in noted;
    const { config, names } = networks ? { config: { job: "gan", ...noted }, names: {} } : noted;
    const ends = Object.entries(header).map(([name, tensor]) => (name === "__metadata__" ? 0 : Number(tensor.data_offsets[1])));
    if (8 + length + Math.max(...ends) !== file.size) return null;
    const input = (/** @type {string} */ role) => {
      const [from, to] = header[`input.${role}`]?.data_offsets ?? [];
      return from === undefined ? null : { name: String(names?.[role] ?? ""), blob: file.slice(8 + length + from, 8 + length + to) };
    };
    return { content: input("content"), data: input("data"), a: input("a"), b: input("b"), config, steps: Number(config.steps), networks };
  } catch {
    return null;
  }
}
