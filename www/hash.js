// @ts-check
/**
 * The state of the page in the address bar, so that a link rebuilds it:
 * `#content=lake&style=mosaic:1,waves:0.5&size=512&styleLayers=relu1_2:2&lang=ko&theme=dark`.
 * Only what differs from the defaults is written; the visitor's own files never are.
 */
import { MAIN, MORE } from "./views/fields.js";

/** @typedef {import("./views/fields.js").Config} Config */
/**
 * @typedef {object} State
 * @property {string} [content] Name of a scene.
 * @property {Record<string, number>} [styles] Weight by name of a style picture.
 * @property {Partial<Config>} settings
 * @property {string} [lang]
 * @property {string} [theme]
 */

const FIELDS = [...MAIN, ...MORE.flatMap(({ fields }) => fields)];

/** @param {string} text @returns {Record<string, number>} */
function weights(text) {
  /** @type {Record<string, number>} */
  const read = {};
  for (const part of text.split(",")) {
    const [name, weight = "1"] = part.split(":");
    if (name && /^[\w.-]+$/.test(name) && weight !== "" && Number(weight) >= 0) read[name] = Number(weight);
  }
  return read;
}

/** @param {Record<string, number>} map */
const written = (map) =>
  Object.entries(map)
    .map(([name, weight]) => (weight === 1 ? name : `${name}:${weight}`))
    .join(",");

/** What it does not know, or what is out of range, is left out: an old link still opens. @param {string} hash @returns {State} */
export function parse(hash) {
  const params = new URLSearchParams(hash.replace(/^#/, ""));
  /** @type {Record<string, unknown>} */
  const settings = {};
  for (const field of FIELDS) {
    const text = params.get(field.key);
    if (text === null) continue;
    if (field.kind === "choice") {
      if (field.options.includes(text)) settings[field.key] = text;
    } else if (text !== "" && Number(text) >= field.min && Number(text) <= field.max) {
      settings[field.key] = Number(text);
    }
  }
  for (const key of ["network", "contentLayer"]) {
    const text = params.get(key);
    if (text && /^[\w.-]{1,64}$/.test(text)) settings[key] = text;
  }
  const layers = params.get("styleLayers");
  if (layers) settings.styleLayers = weights(layers);
  const style = params.get("style");
  return {
    content: params.get("content") ?? undefined,
    styles: style ? weights(style) : undefined,
    settings: /** @type {Partial<Config>} */ (settings),
    lang: params.get("lang") ?? undefined,
    theme: params.get("theme") ?? undefined,
  };
}

/** @param {State} state @returns {string} without the `#` */
export function format({ content, styles, settings, lang, theme }) {
  const params = new URLSearchParams();
  if (content) params.set("content", content);
  if (styles && Object.keys(styles).length > 0) params.set("style", written(styles));
  for (const [key, value] of Object.entries(settings)) {
    params.set(key, typeof value === "object" ? written(/** @type {Record<string, number>} */ (value)) : String(value));
  }
  if (lang) params.set("lang", lang);
  if (theme) params.set("theme", theme);
  // Commas and colons may stand in a fragment as they are, and links stay readable.
  return params.toString().replaceAll("%2C", ",").replaceAll("%3A", ":");
}
