// @ts-check
/**
 * What each setting of `gatys` looks like on the page. Ranges lie within those of `GatysConfig` in
 * `src/protocol.rs`; defaults come from there at run time. Names and hints are `field.<key>` and
 * `field.<key>.hint` in the catalogues, choices `option.<key>.<value>`.
 *
 * @typedef {Required<import("../easel.js").GatysConfig>} Config
 * @typedef {{ [K in keyof Config]: Config[K] extends number ? K : never }[keyof Config]} NumberKey
 * @typedef {"optimizer" | "init" | "keepColors" | "scaling" | "pooling"} ChoiceKey
 *
 * @typedef {object} NumberField
 * @property {NumberKey} key
 * @property {"number"} kind
 * @property {number} min
 * @property {number} max
 * @property {number} step For the typed number; the slider rounds to it too.
 * @property {number} [log] The slider is logarithmic from here; below lies only `min`.
 * @property {boolean} [slider]
 * @property {number[]} [presets]
 *
 * @typedef {object} ChoiceField
 * @property {ChoiceKey} key
 * @property {"choice"} kind
 * @property {string[]} options
 *
 * @typedef {NumberField | ChoiceField} Field
 */

/** The usual learning rate of each optimiser. @type {Record<string, number>} */
export const RATES = { adam: 0.02, lbfgs: 1 };

/** The settings that a running job takes at once. */
export const LIVE = /** @type {const} */ (["contentWeight", "styleWeight", "tvWeight", "learningRate"]);

/** @type {Field[]} */
export const MAIN = [
  { key: "size", kind: "number", min: 16, max: 4096, step: 1, presets: [192, 256, 384, 512, 768, 1024] },
  { key: "steps", kind: "number", min: 1, max: 10000, step: 1, presets: [80, 200, 500, 1000] },
  { key: "styleWeight", kind: "number", min: 0, max: 1000, step: 0.001, log: 0.01, slider: true },
  { key: "keepColors", kind: "choice", options: ["no", "luminance", "histogram"] },
];

/** @type {{ title: "group.balance" | "group.path" | "group.features", fields: Field[] }[]} */
export const MORE = [
  {
    title: "group.balance",
    fields: [
      { key: "contentWeight", kind: "number", min: 0, max: 1000, step: 0.001, log: 0.01, slider: true },
      { key: "tvWeight", kind: "number", min: 0, max: 1000, step: 0.001, log: 0.01, slider: true },
      { key: "styleScale", kind: "number", min: 0.1, max: 4, step: 0.01, log: 0.1, slider: true },
    ],
  },
  {
    title: "group.path",
    fields: [
      { key: "init", kind: "choice", options: ["content", "noise", "picture"] },
      { key: "seed", kind: "number", min: 0, max: 4294967295, step: 1 },
      { key: "optimizer", kind: "choice", options: ["adam", "lbfgs"] },
      { key: "learningRate", kind: "number", min: 0.0001, max: 10, step: 0.0001, log: 0.0001, slider: true },
      { key: "coarsest", kind: "number", min: 0, max: 4096, step: 1, presets: [0, 64, 128, 256] },
      { key: "averaging", kind: "number", min: 0, max: 0.9999, step: 0.0001, slider: true },
    ],
  },
  {
    title: "group.features",
    fields: [
      { key: "pooling", kind: "choice", options: ["max", "average"] },
      { key: "scaling", kind: "choice", options: ["relative", "paper"] },
    ],
  },
];

/** The style layers of every network in the manifest, until a run has told its own. */
export const LAYERS = ["relu1_2", "relu2_2", "relu3_2", "relu4_2", "relu5_2"];

/** Positions of a slider, enough for one per pixel. */
export const SLIDER = 1000;

/** @param {NumberField} field @param {number} value @returns {number} */
export function toSlider({ min, max, log }, value) {
  if (log === undefined) return Math.round(((value - min) / (max - min)) * SLIDER);
  if (value <= min) return 0;
  const place = Math.log(Math.max(value, log) / log) / Math.log(max / log);
  return Math.max(1, Math.round(place * SLIDER));
}

/** @param {NumberField} field @param {number} place @returns {number} */
export function fromSlider({ min, max, step, log }, place) {
  if (place <= 0) return min;
  const part = place / SLIDER;
  const value = log === undefined ? min + (max - min) * part : log * (max / log) ** part;
  // Two digits are as fine as a hand can place it.
  const rounded = log === undefined ? value : Number(value.toPrecision(2));
  return Number(Math.min(max, Math.max(min, Math.round(rounded / step) * step)).toFixed(4));
}
