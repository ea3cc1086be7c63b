// @ts-check
/**
 * How large a file says its picture is, before the browser is asked to show it: a preview of a picture of gigapixels
 * would hold the page for minutes. The engine checks every file again, and fully (`src/data/decode.rs`).
 */

/** Kept in step with `src/data/decode.rs`. */
const MAX_PIXELS = 100_000_000;
const MAX_SIDE = 32_768;
/** Headers of cameras hold a preview of their own, before the size. */
const HEAD = 1 << 20;

/** The size in a JPEG's frame header. @param {DataView} view @returns {[number, number] | null} */
function jpeg(view) {
  for (let at = 2; at + 9 < view.byteLength; ) {
    const marker = view.getUint16(at);
    if (marker < 0xff00) return null;
    // Frame headers are C0 to CF but for the tables among them.
    if (marker >= 0xffc0 && marker <= 0xffcf && ![0xffc4, 0xffc8, 0xffcc].includes(marker)) {
      return [view.getUint16(at + 7), view.getUint16(at + 5)];
    }
    at += marker === 0xffff ? 1 : 2 + view.getUint16(at + 2);
  }
  return null;
}

/** @param {DataView} view @returns {[number, number] | null} */
function webp(view) {
  const kind = view.getUint32(12);
  if (kind === 0x56503858) {
    return [(view.getUint32(24, true) & 0xffffff) + 1, ((view.getUint32(26, true) >>> 8) & 0xffffff) + 1];
  }
  // The others hold 14 bits a side: within the limit of a side, and hardly above that of pixels.
  return null;
}

/** @param {DataView} view @returns {[number, number] | null} nothing for other formats and broken headers */
function size(view) {
  if (view.byteLength < 30) return null;
  const magic = view.getUint32(0);
  if (magic === 0x89504e47) return [view.getUint32(16), view.getUint32(20)];
  if (magic === 0x47494638) return [view.getUint16(6, true), view.getUint16(8, true)];
  if (magic >>> 8 === 0xffd8ff) return jpeg(view);
  if (magic === 0x52494646) return webp(view);
  if (magic >>> 16 === 0x424d) return [Math.abs(view.getInt32(18, true)), Math.abs(view.getInt32(22, true))];
  return null;
}

/** Whether a file says that its picture is larger than Easel reads. @param {Blob} file */
export async function claimsTooMuch(file) {
  // A file that cannot be read is told by the engine.
  const head = await file.slice(0, HEAD).arrayBuffer().catch(() => new ArrayBuffer(0));
  const found = size(new DataView(head));
  return found !== null && (found[0] * found[1] > MAX_PIXELS || Math.max(...found) > MAX_SIDE);
}
