// @ts-check
/**
 * Places in a generator's noise, as the engine takes them and as a link says them: `3`, `3!0.5~-1` (moved along two
 * directions), `3!!7` (class 7), `1_2*-1_5` (noise 1 less noise 2 and noise 5).
 *
 * @typedef {{ terms: { seed: number, weight: number }[], moves: number[], label: number }} Place
 */

/** As in `src/protocol/walk.rs`. */
export const LIMITS = { places: 32, terms: 16, weight: 8, move: 8, moves: 8 };

/** @param {number} seed @returns {Place} */
export const noise = (seed) => ({ terms: [{ seed, weight: 1 }], moves: [], label: 0 });

const round = (/** @type {number} */ x) => Number(x.toFixed(2));

/** @param {Place[]} places */
export function write(places) {
  return places.map(({ terms, moves, label }) => {
    const sum = terms.map(({ seed, weight }) => (weight === 1 ? seed : `${seed}*${round(weight)}`)).join("_");
    const moved = moves.map(round).join("~").replace(/(^|~)0(~0)*$/, "");
    return [sum, moved || label ? moved : null, label || null].filter((part) => part !== null).join("!");
  }).join(",");
}

/** What it does not know is left out. @param {string} text @returns {Place[]} */
export function read(text) {
  /** @type {Place[]} */
  const places = [];
  for (const one of text.split(",").slice(0, LIMITS.places)) {
    const [sum = "", moved = "", label = "0"] = one.split("!");
    const terms = sum.split("_").slice(0, LIMITS.terms).map((term) => {
      const [seed = "", weight = "1"] = term.split("*");
      return { seed: Number(seed), weight: Number(weight) };
    });
    const moves = moved ? moved.split("~").slice(0, LIMITS.moves).map(Number) : [];
    const sound = terms.every(({ seed, weight }) => Number.isInteger(seed) && seed >= 0 && seed < 2 ** 32 && weight !== 0 && Math.abs(weight) <= LIMITS.weight);
    if (sum && sound && moves.every((x) => Math.abs(x) <= LIMITS.move) && /^\d{1,3}$/.test(label)) places.push({ terms, moves, label: Number(label) });
  }
  return places;
}

/** a - b + c; null if it is nowhere, or of too many noises. @param {Place} a @param {Place} b @param {Place} c @returns {Place | null} */
export function sum(a, b, c) {
  /** @type {Map<number, number>} */
  const weights = new Map();
  /** @type {number[]} */
  const moves = [];
  for (const [sign, { terms, moves: more }] of /** @type {[number, Place][]} */ ([[1, a], [-1, b], [1, c]])) {
    const length = Math.hypot(...terms.map(({ weight }) => weight));
    for (const { seed, weight } of terms) weights.set(seed, (weights.get(seed) ?? 0) + (sign * weight) / length);
    more.forEach((x, i) => (moves[i] = Math.max(-LIMITS.move, Math.min(LIMITS.move, (moves[i] ?? 0) + sign * x))));
  }
  const terms = [...weights].filter(([, weight]) => Math.abs(weight) > 0.005).map(([seed, weight]) => ({ seed, weight }));
  if (terms.length === 0 || terms.length > LIMITS.terms) return null;
  return { terms, moves: Array.from(moves, (x) => x ?? 0), label: a.label };
}
