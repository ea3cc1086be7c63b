// @ts-check
/**
 * What each setting of `progan` looks like on the page. Ranges are those of `check_progan` in
 * `src/jobs/progan/config.rs`; defaults come from Rust at run time.
 *
 * @typedef {Required<import("../easel.js").ProganConfig>} Config
 * @typedef {import("../train/form.js").Field & { key: keyof Config | "batch" }} Field `batch` is the first of the batches.
 */

export const DATA = /** @type {const} */ (["scenes", "digits", "pictures"]);

/** @param {Config} config */
const punished = ({ objective }) => objective === "wgan-gp";

/** @type {{ title: "grow.group.schedule" | "grow.group.game" | "grow.group.pace" | "grow.group.networks", fields: Field[] }[]} */
export const GROUPS = [
  {
    title: "grow.group.schedule",
    fields: [
      { key: "size", options: ["8", "16", "32", "64"], whole: true },
      { key: "fade", min: 1, max: 10_000_000, whole: true },
      { key: "stable", min: 1, max: 10_000_000, whole: true },
      { key: "batch", min: 1, max: 256, whole: true },
    ],
  },
  {
    title: "grow.group.game",
    fields: [
      { key: "objective", options: ["wgan-gp", "least-squares"] },
      { key: "penalty", min: 0, max: 1000, live: true, used: punished },
      { key: "drift", min: 0, max: 1, used: punished },
    ],
  },
  {
    title: "grow.group.pace",
    fields: [
      { key: "seed", min: 0, max: 4294967295, whole: true },
      { key: "generatorRate", min: 1e-6, max: 1, live: true },
      { key: "discriminatorRate", min: 1e-6, max: 1, live: true },
      { key: "settle", min: 0, max: 1 },
      { key: "averaging", min: 0, max: 0.9999 },
    ],
  },
  {
    title: "grow.group.networks",
    fields: [
      { key: "fmapBase", min: 2, max: 8192, whole: true },
      { key: "fmapMax", min: 1, max: 512, whole: true },
      { key: "latent", min: 1, max: 512, whole: true },
      { key: "count", min: 4, max: 20000, whole: true },
      { key: "mirror", onOff: true },
    ],
  },
];

export const FIELDS = GROUPS.flatMap(({ fields }) => fields);
