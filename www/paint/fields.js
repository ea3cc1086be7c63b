// @ts-check
/**
 * What each setting of `stackgan` looks like on the page. Ranges are those of `check_stackgan` in
 * `src/jobs/stackgan/config.rs`; defaults come from Rust at run time.
 *
 * @typedef {Required<import("../easel.js").StackganConfig>} Config
 * @typedef {import("../train/form.js").Field & { key: keyof Config }} Field
 */

/** @type {{ title: "paint.group.stages" | "paint.group.game" | "paint.group.pace" | "paint.group.networks", fields: Field[] }[]} */
export const GROUPS = [
  {
    title: "paint.group.stages",
    fields: [
      { key: "encoderSteps", min: 0, max: 1_000_000, whole: true },
      { key: "firstSteps", min: 0, max: 1_000_000, whole: true },
      { key: "secondSteps", min: 0, max: 1_000_000, whole: true },
      { key: "batch", min: 2, max: 128, whole: true },
    ],
  },
  {
    title: "paint.group.game",
    fields: [
      { key: "divergence", min: 0, max: 100, live: true },
      { key: "matching", min: 0, max: 100, live: true },
      { key: "instanceNoise", min: 0, max: 2, live: true },
    ],
  },
  {
    title: "paint.group.pace",
    fields: [
      { key: "seed", min: 0, max: 4294967295, whole: true },
      { key: "encoderRate", min: 1e-6, max: 1, live: true },
      { key: "generatorRate", min: 1e-6, max: 1, live: true },
      { key: "discriminatorRate", min: 1e-6, max: 1, live: true },
      { key: "averaging", min: 0, max: 0.9999 },
    ],
  },
  {
    title: "paint.group.networks",
    fields: [
      { key: "low", options: ["16", "32", "64"], whole: true },
      { key: "size", options: ["32", "64", "128", "256"], whole: true },
      { key: "width", min: 1, max: 128, whole: true },
      { key: "discriminatorWidth", min: 1, max: 128, whole: true },
      { key: "residuals", min: 0, max: 8, whole: true },
      { key: "embedding", min: 1, max: 1024, whole: true },
      { key: "condition", min: 1, max: 256, whole: true },
      { key: "noise", min: 1, max: 256, whole: true },
      { key: "count", min: 4, max: 20000, whole: true },
    ],
  },
];

/** Settings on which the trained start depends. */
export const SHAPE = /** @type {const} */ (["low", "size", "width", "discriminatorWidth", "residuals", "embedding", "condition", "noise"]);
