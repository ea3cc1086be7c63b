// @ts-check
/**
 * Two catalogues, one page. An element says its key in `data-i18n` (text), `data-i18n-label` (accessible
 * name) or `data-i18n-title` (tooltip), with `data-i18n-args` for what varies, so that a change of language is one pass.
 */
import { en } from "./text/en.js";
import { ko } from "./text/ko.js";

/** @typedef {import("./views").Key} Key */
/** @typedef {"en" | "ko"} Language */
/** @typedef {Record<string, string | number>} Args */

/** @type {Record<Language, Record<string, string>>} */
const catalogues = { en, ko };
/** @type {Key} */
let title = "title";
/** @type {Language} */
let language = "en";

/** The language the browser asks for. @returns {Language} */
export function preferred() {
  for (const wish of navigator.languages) {
    if (wish.startsWith("ko")) return "ko";
    if (wish.startsWith("en")) return "en";
  }
  return "en";
}

/** The language in use. */
export function current() {
  return language;
}

/** Switch the whole page. @param {Language} to */
export function setLanguage(to) {
  language = to;
  document.documentElement.lang = to;
  document.title = t(title);
  translate(document);
  document.dispatchEvent(new Event("languagechange"));
}

/** The texts of a view that is loaded later. @param {Record<Language, Record<string, string>>} more */
export function add(more) {
  Object.assign(catalogues.en, more.en);
  Object.assign(catalogues.ko, more.ko);
}

/** The window's title. @param {Key} key */
export function setTitle(key) {
  title = key;
  document.title = t(key);
}

/** @param {string} key @returns {key is Key} */
export function known(key) {
  return key in catalogues.en;
}

/** The text for a key; numbers are written the language's way. @param {Key} key @param {Args} [args] */
export function t(key, args = {}) {
  const text = catalogues[language][key] ?? key;
  return text.replace(/\{(\w+)\}/g, (whole, name) => {
    const value = args[name];
    if (value === undefined) return whole;
    return typeof value === "number" ? number(value) : value;
  });
}

/** @param {number} value @param {Intl.NumberFormatOptions} [options] */
export function number(value, options = { maximumSignificantDigits: Math.abs(value) < 1000 ? 3 : 20 }) {
  return new Intl.NumberFormat(language, options).format(value);
}

/** @param {number} value in bytes */
export function bytes(value) {
  const [unit, size] = value >= 1e9 ? ["GB", 1e9] : value >= 1e6 ? ["MB", 1e6] : ["KB", 1e3];
  return `${number(value / Number(size), { maximumSignificantDigits: 2 })} ${unit}`;
}

/** @param {number} seconds */
export function duration(seconds) {
  if (seconds < 90) return t("time.seconds", { n: Math.max(1, Math.round(seconds)) });
  if (seconds < 5400) return t("time.minutes", { n: Math.round(seconds / 60) });
  return t("time.hours", { n: Number((seconds / 3600).toFixed(1)) });
}

/** Give an element a text that follows the language. @param {Element} element @param {Key} key @param {Args} [args] */
export function say(element, key, args) {
  element.setAttribute("data-i18n", key);
  if (args) element.setAttribute("data-i18n-args", JSON.stringify(args));
  else element.removeAttribute("data-i18n-args");
  element.textContent = t(key, args);
}

/** Fill every marked element below `root`. @param {ParentNode} root */
export function translate(root) {
  for (const element of root.querySelectorAll("[data-i18n]")) {
    element.textContent = t(keyOf(element, "data-i18n"), argsOf(element));
  }
  for (const element of root.querySelectorAll("[data-i18n-label]")) {
    element.setAttribute("aria-label", t(keyOf(element, "data-i18n-label"), argsOf(element)));
  }
  for (const element of root.querySelectorAll("[data-i18n-title]")) {
    element.setAttribute("title", t(keyOf(element, "data-i18n-title"), argsOf(element)));
  }
}

/** @param {Element} element @param {string} attribute @returns {Key} */
function keyOf(element, attribute) {
  const key = element.getAttribute(attribute) ?? "";
  if (!known(key)) throw new Error(`no text for ${key}`);
  return key;
}

/** @param {Element} element @returns {Args} */
function argsOf(element) {
  return JSON.parse(element.getAttribute("data-i18n-args") ?? "{}");
}
