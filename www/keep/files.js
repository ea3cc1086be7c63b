// @ts-check
/**
 * Files of the page's own in the origin private file system. A file is written under a new name and closed before
 * anybody is told of it, so a reader never sees half of one; its length and hash tell a damaged one.
 *
 * @typedef {{ name: string, bytes: number, sha256: string }} Stored
 */

const FOLDER = "portfolio";

async function folder() {
  const root = await navigator.storage.getDirectory();
  return root.getDirectoryHandle(FOLDER, { create: true });
}

/** @param {Blob} blob */
async function sha256(blob) {
  const digest = await crypto.subtle.digest("SHA-256", await blob.arrayBuffer());
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Fails with the browser's `QuotaExceededError` if it is full; nothing is left then. @param {Blob} blob @returns {Promise<Stored>} */
export async function write(blob) {
  const place = await folder();
  const name = crypto.randomUUID();
  const handle = await place.getFileHandle(name, { create: true });
  try {
    const stream = await handle.createWritable();
    try {
      await stream.write(blob);
      await stream.close();
    } catch (error) {
      // A stream that failed may be closed already.
      await stream.abort().catch(() => {});
      throw error;
    }
  } catch (error) {
    await remove(name);
    throw error;
  }
  return { name, bytes: blob.size, sha256: await sha256(blob) };
}

/** The file, or null if it is missing, torn or changed. @param {Stored} stored @returns {Promise<Blob | null>} */
export async function read({ name, bytes, sha256: wanted }) {
  try {
    const handle = await (await folder()).getFileHandle(name);
    const file = await handle.getFile();
    return file.size === bytes && (await sha256(file)) === wanted ? file : null;
  } catch (error) {
    if (error instanceof DOMException && ["NotFoundError", "NotReadableError"].includes(error.name)) return null;
    throw error;
  }
}

/** @param {string} name */
export async function remove(name) {
  // What is gone already, or still held by a tab that dies, goes with the next sweep.
  await (await folder()).removeEntry(name).catch(() => {});
}

/** Remove all files but these. @param {Set<string>} known */
export async function sweep(known) {
  const place = await folder();
  const names = [];
  for await (const name of place.keys()) if (!known.has(name)) names.push(name);
  await Promise.all(names.map(remove));
  return names.length;
}
