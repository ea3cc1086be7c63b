// @ts-check
/** A zip whose files are stored as they are: pictures are compressed already. */

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  return crc;
});

/** CRC-32 as zip has it. @param {Uint8Array} bytes */
function crc32(bytes) {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (crc >>> 8) ^ (TABLE[(crc ^ byte) & 255] ?? 0);
  return (crc ^ 0xffffffff) >>> 0;
}

/** A record: numbers of 2 or 4 bytes, the lowest first. @param {...[bytes: 2 | 4, value: number]} fields */
function record(...fields) {
  const view = new DataView(new ArrayBuffer(fields.reduce((sum, [bytes]) => sum + bytes, 0)));
  let at = 0;
  for (const [bytes, value] of fields) {
    if (bytes === 2) view.setUint16(at, value, true);
    else view.setUint32(at, value, true);
    at += bytes;
  }
  return view.buffer;
}

/** A name of a PNG that none of them has. @param {string} stem @param {{ name: string }[]} taken */
export function free(stem, taken) {
  const has = (/** @type {string} */ name) => taken.some((one) => one.name === name);
  let name = `${stem}.png`;
  for (let n = 2; has(name); n += 1) name = `${stem}-${n}.png`;
  return name;
}

/** UTF-8 names. */
const FLAGS = 0x0800;
/** 1980-01-01, the first day that a zip knows: it says nothing of when. */
const DAY = 0x21;

/** Less than 4 GB and 65,535 files, which this form of zip can hold. @param {{ name: string, blob: Blob }[]} files @returns {Promise<Blob>} */
export async function zip(files) {
  /** @type {BlobPart[]} */
  const parts = [];
  /** @type {BlobPart[]} */
  const directory = [];
  let [at, length] = [0, 0];
  for (const { name, blob } of files) {
    const bytes = new Uint8Array(await blob.arrayBuffer());
    const text = new TextEncoder().encode(name);
    /** @type {[2 | 4, number][]} */
    const common = [[2, 20], [2, FLAGS], [2, 0], [2, 0], [2, DAY], [4, crc32(bytes)], [4, bytes.length], [4, bytes.length], [2, text.length], [2, 0]];
    parts.push(record([4, 0x04034b50], ...common), text, blob);
    directory.push(record([4, 0x02014b50], [2, 20], ...common, [2, 0], [2, 0], [2, 0], [4, 0], [4, at]), text);
    at += 30 + text.length + bytes.length;
    length += 46 + text.length;
  }
  const count = files.length;
  const end = record([4, 0x06054b50], [2, 0], [2, 0], [2, count], [2, count], [4, length], [4, at], [2, 0]);
  return new Blob([...parts, ...directory, end], { type: "application/zip" });
}
