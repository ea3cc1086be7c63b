// @ts-check
/**
 * What each setting of `pix2pix` looks like on the page. Ranges are those of `check_pix2pix` in
 * `src/jobs/pix2pix/config.rs`; defaults come from Rust at run time.
 *
 * @typedef {Required<import("../easel.js").Pix2pixConfig>} Config
 * @typedef {import("../train/form.js").Field & { key: keyof Config }} Field
 */

export const TASKS = /** @type {const} */ (["labels", "edges", "map", "grey", "night", "winter", "own"]);
/** How pairs are made of one's own pictures. */
export const PAIRINGS = /** @type {const} */ (["edges", "grey", "mosaic", "blur", "sides", "folders"]);
/** Sides of the squares that the discriminator judges, in pixels, and the smallest picture that holds one; 0: the largest. */
export const PATCHES = /** @type {const} */ ([["1", 1], ["16", 6], ["34", 12], ["70", 24], ["142", 48], ["286", 96]]);

/** @type {{ title: "translate.group.game" | "translate.group.pace" | "translate.group.networks", fields: Field[] }[]} */
export const GROUPS = [
  {
    title: "translate.group.game",
    fields: [
      { key: "lambda", min: 0, max: 10000, live: true },
      { key: "adversarial", min: 0, max: 100, live: true },
      { key: "objective", options: ["non-saturating", "least-squares"] },
      { key: "dropout", min: 0, max: 0.9 },
    ],
  },
  {
    title: "translate.group.pace",
    fields: [
      { key: "seed", min: 0, max: 4294967295, whole: true },
      { key: "steps", min: 1, max: 1_000_000, whole: true },
      { key: "batch", min: 1, max: 64, whole: true },
      { key: "generatorRate", min: 1e-6, max: 1, live: true },
      { key: "discriminatorRate", min: 1e-6, max: 1, live: true },
      { key: "averaging", min: 0, max: 0.9999 },
    ],
  },
  {
    title: "translate.group.networks",
    fields: [
      { key: "size", options: ["32", "64", "128", "256"], whole: true },
      { key: "width", min: 1, max: 128, whole: true },
      { key: "discriminatorWidth", min: 1, max: 128, whole: true },
      { key: "count", min: 2, max: 20000, whole: true },
      { key: "mirror", onOff: true },
    ],
  },
];

export const FIELDS = GROUPS.flatMap(({ fields }) => fields);
