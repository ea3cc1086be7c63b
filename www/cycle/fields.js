// @ts-check
/**
 * What each setting of `cyclegan` looks like on the page. Ranges are those of `check_cyclegan` in
 * `src/jobs/cyclegan/config.rs`; defaults come from Rust at run time.
 *
 * @typedef {Required<import("../easel.js").CycleganConfig>} Config
 * @typedef {import("../train/form.js").Field & { key: keyof Config }} Field
 */

export const TASKS = /** @type {const} */ (["winter", "night", "stripes", "own"]);
/** Sides of the squares that a discriminator judges, in pixels, and the smallest picture that holds one. */
export const PATCHES = /** @type {const} */ ([[1, 1], [16, 6], [34, 12], [70, 24], [142, 48], [286, 96]]);

/** @type {{ title: "cycle.group.game" | "cycle.group.pace" | "cycle.group.networks", fields: Field[] }[]} */
export const GROUPS = [
  {
    title: "cycle.group.game",
    fields: [
      { key: "cycle", min: 0, max: 1000, live: true },
      { key: "objective", options: ["least-squares", "non-saturating"] },
      { key: "patch", options: PATCHES.map(([side]) => String(side)), whole: true },
    ],
  },
  {
    title: "cycle.group.pace",
    fields: [
      { key: "seed", min: 0, max: 4294967295, whole: true },
      { key: "steps", min: 1, max: 1_000_000, whole: true },
      { key: "batch", min: 1, max: 64, whole: true },
      { key: "generatorRate", min: 1e-6, max: 1, live: true },
      { key: "discriminatorRate", min: 1e-6, max: 1, live: true },
      { key: "decay", min: 0, max: 1 },
      { key: "averaging", min: 0, max: 0.9999 },
    ],
  },
  {
    title: "cycle.group.networks",
    fields: [
      { key: "size", options: ["32", "64", "128", "256"], whole: true },
      { key: "width", min: 1, max: 128, whole: true },
      { key: "discriminatorWidth", min: 1, max: 128, whole: true },
      { key: "blocks", min: 1, max: 12, whole: true },
      { key: "upsample", onOff: true },
      { key: "count", min: 2, max: 20000, whole: true, used: ({ task }) => task !== "own" },
      { key: "mirror", onOff: true },
    ],
  },
];

/** Those with a switch, off at 0; and what they are on. @type {Field[]} */
export const SWITCHES = [
  { key: "identity", min: 0, max: 100, live: true },
  { key: "pool", min: 0, max: 200, whole: true, live: true },
];
/** @type {Partial<Config>} */
export const ON = { identity: 0.5, pool: 50 };
