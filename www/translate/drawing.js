// @ts-check
/** Drawing on a square of pixels, each one number: the bytes of its colour, red first, opaque. */

/** @param {number} r @param {number} g @param {number} b */
const packed = (r, g, b) => new Uint32Array(new Uint8Array([r, g, b, 255]).buffer)[0] ?? 0;

/** The kinds of things in a label map with their colours; those of `Class` in src/data/scenes/class.rs. @type {Record<string, number>} */
export const LABELS = {
  sky: packed(110, 180, 240), cloud: packed(190, 220, 245), rock: packed(130, 120, 120), snow: packed(250, 250, 255),
  ground: packed(140, 190, 80), sand: packed(235, 205, 130), path: packed(170, 120, 50), water: packed(30, 90, 170),
  tree: packed(20, 90, 50), shrub: packed(60, 150, 40), wall: packed(220, 120, 110), roof: packed(160, 40, 40),
  window: packed(250, 230, 30), figure: packed(150, 50, 180),
};
export const PAPER = packed(255, 255, 255);
export const INK = packed(0, 0, 0);
/** Where the sky ends on a sheet of labels, in parts of its height. */
const HORIZON = 0.45;

/** An empty sheet: paper, or sky over ground. @param {"labels" | "edges"} kind @param {number} size */
export function blank(kind, size) {
  const cells = new Uint32Array(size * size).fill(kind === "edges" ? PAPER : (LABELS.ground ?? 0));
  if (kind === "labels") cells.fill(LABELS.sky ?? 0, 0, Math.round(HORIZON * size) * size);
  return cells;
}

/** A disc, at least the pixel that its middle is in. @param {Uint32Array} cells @param {number} size @param {[number, number]} middle @param {number} radius @param {(i: number) => number} colour of a pixel by its number */
export function disc(cells, size, [cx, cy], radius, colour) {
  const from = (/** @type {number} */ at) => Math.max(0, Math.floor(at - radius));
  const to = (/** @type {number} */ at) => Math.min(size - 1, Math.floor(at + radius));
  for (let y = from(cy); y <= to(cy); y += 1) {
    for (let x = from(cx); x <= to(cx); x += 1) {
      const own = x === Math.floor(cx) && y === Math.floor(cy);
      if (own || Math.hypot(x + 0.5 - cx, y + 0.5 - cy) <= radius) cells[y * size + x] = colour(y * size + x);
    }
  }
}

/** Every half pixel of a line. @param {[number, number]} from @param {[number, number]} to @param {(x: number, y: number) => void} stamp */
export function line([x0, y0], [x1, y1], stamp) {
  const steps = Math.max(1, Math.ceil(2 * Math.hypot(x1 - x0, y1 - y0)));
  for (let i = 0; i <= steps; i += 1) stamp(x0 + ((x1 - x0) * i) / steps, y0 + ((y1 - y0) * i) / steps);
}

/** All of one colour around a pixel, up to other colours. @param {Uint32Array} cells @param {number} size @param {[number, number]} from @param {number} colour */
export function filled(cells, size, [x, y], colour) {
  const old = cells[y * size + x];
  if (x < 0 || y < 0 || x >= size || y >= size || old === colour) return;
  const todo = [y * size + x];
  for (let at = todo.pop(); at !== undefined; at = todo.pop()) {
    if (cells[at] !== old) continue;
    cells[at] = colour;
    const column = at % size;
    if (column > 0) todo.push(at - 1);
    if (column < size - 1) todo.push(at + 1);
    if (at >= size) todo.push(at - size);
    if (at < size * (size - 1)) todo.push(at + size);
  }
}
