// @ts-check
/**
 * The networks' weights on this device, stored by their SHA-256 in a cache that outlives builds. For the worker, which
 * runs them, and the page, which lists them. What comes out of the cache is checked like what comes from the server.
 *
 * @typedef {{ file: string, sha256: string, bytes: number }} Model An entry of the manifest.
 * @typedef {(done: number, total: number, stored: boolean) => void} Progress In bytes; stored: it was on this device.
 */

const CACHE = "easel-weights";
const folder = new URL("../weights/", import.meta.url);

/** Nothing where the browser keeps nothing: an insecure context, some private windows. */
async function open() {
  try {
    return (await globalThis.caches?.open(CACHE)) ?? null;
  } catch {
    return null;
  }
}

/** @param {Uint8Array<ArrayBuffer>} bytes */
async function sha256(bytes) {
  const digest = await crypto.subtle.digest("SHA-256", bytes);
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Where it is kept. @param {Model} model */
const address = (model) => new URL(model.sha256, folder).href;

/** @param {Response} response @param {number} expected @param {(done: number, total: number) => void} progress */
async function receive(response, expected, progress) {
  const parts = [];
  let done = 0;
  const reader = /** @type {ReadableStream<Uint8Array>} */ (response.body).getReader();
  for (;;) {
    const { value, done: end } = await reader.read();
    if (end) break;
    parts.push(value);
    done += value.length;
    progress(done, Math.max(expected, done));
  }
  const bytes = new Uint8Array(done);
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/**
 * A model's bytes: from this device, or from the server and then kept. `damaged` is called before a damaged stored copy
 * is replaced. Rejects if the server does not have what the manifest says.
 * @param {Model} model @param {Progress} progress @param {(file: string) => void} damaged
 */
export async function load(model, progress, damaged) {
  const cache = await open();
  const kept = await cache?.match(address(model)).catch(() => undefined);
  if (kept) {
    // What is damaged on the disk may not even be readable.
    const bytes = new Uint8Array(await kept.arrayBuffer().catch(() => new ArrayBuffer(0)));
    if ((await sha256(bytes)) === model.sha256) {
      progress(bytes.length, bytes.length, true);
      return bytes;
    }
    damaged(model.file);
    await cache?.delete(address(model));
  }
  const response = await fetch(new URL(model.file, folder), { cache: kept ? "reload" : "no-cache" });
  if (!response.ok || !response.body) throw new Error(`${model.file}: HTTP ${response.status}`);
  const bytes = await receive(response, model.bytes, (done, total) => progress(done, total, false));
  // Outside secure contexts there is neither a cache nor a hash; the engine checks by itself.
  if (cache && (await sha256(bytes)) === model.sha256) {
    const type = { "content-type": "application/octet-stream" };
    // A full disk must not cost the run.
    await cache.put(address(model), new Response(bytes, { headers: type })).catch(() => {});
  }
  return bytes;
}

/** Which of the models are on this device. @template {Model} T @param {T[]} models @returns {Promise<Set<T>>} */
export async function stored(models) {
  const cache = await open();
  const found = new Set();
  for (const model of models) if (await cache?.match(address(model))) found.add(model);
  return found;
}

/** @param {Model} model */
export async function remove(model) {
  await (await open())?.delete(address(model));
}
