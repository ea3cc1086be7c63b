// @ts-check
/**
 * What each setting of `gan` looks like on the page. Ranges are those of `check_gan` in `src/jobs/gan/config.rs`; defaults
 * come from `GanConfig::of` at run time. Names and reasons are `lab.<key>` and `lab.<key>.hint` in the catalogues, choices
 * `lab.<key>.<value>`.
 *
 * @typedef {Required<import("../easel.js").GanConfig>} Config
 *
 * @typedef {import("../train/form.js").Field & { key: keyof Config, used?: (config: Config) => boolean }} Field
 */

/** @param {Config} config */
export const points = ({ data }) => ["ring", "grid", "moons", "drawn"].includes(data);
/** @param {Config} config */
const labelled = ({ variant }) => variant === "cgan";
/** @param {Config} config */
const dense = ({ network }) => network === "mlp";

export const VARIANTS = /** @type {const} */ (["gan", "dcgan", "lsgan", "cgan"]);
export const DATA = /** @type {const} */ (["ring", "grid", "moons", "drawn", "digits", "scenes", "pictures"]);

/** @type {{ title: "lab.group.game" | "lab.group.pace" | "lab.group.networks", fields: Field[] }[]} */
export const GROUPS = [
  {
    title: "lab.group.game",
    fields: [
      { key: "objective", options: ["minimax", "non-saturating", "least-squares"] },
      { key: "discriminatorSteps", min: 1, max: 20, whole: true, live: true },
      { key: "labelSmoothing", min: 0, max: 0.5, live: true, used: ({ objective }) => objective !== "minimax" },
      { key: "instanceNoise", min: 0, max: 2, live: true },
      { key: "noiseLabel", options: ["concatenated", "multiplied"], used: labelled },
      { key: "pictureLabel", options: ["concatenated", "channel"], used: labelled },
    ],
  },
  {
    title: "lab.group.pace",
    fields: [
      { key: "seed", min: 0, max: 4294967295, whole: true },
      { key: "steps", min: 1, max: 1_000_000, whole: true },
      { key: "batch", min: 2, max: 512, whole: true },
      { key: "generatorRate", min: 1e-6, max: 1, live: true },
      { key: "discriminatorRate", min: 1e-6, max: 1, live: true },
      { key: "beta1", min: 0, max: 0.9999 },
      { key: "averaging", min: 0, max: 0.9999 },
    ],
  },
  {
    title: "lab.group.networks",
    fields: [
      { key: "size", options: ["28", "32", "64"], whole: true, used: (config) => !points(config) },
      { key: "latent", min: 1, max: 512, whole: true },
      { key: "width", min: 1, max: 256, whole: true, used: (config) => !dense(config) },
      { key: "dropout", min: 0, max: 0.9, used: dense },
      { key: "norm", onOff: true, used: dense },
      { key: "count", min: 2, max: 20000, whole: true, used: (config) => !points(config) && config.data !== "pictures" },
      { key: "mirror", onOff: true, used: (config) => !points(config) },
      { key: "shift", min: 0, max: 8, whole: true, used: (config) => !points(config) },
    ],
  },
];

export const FIELDS = GROUPS.flatMap(({ fields }) => fields);
