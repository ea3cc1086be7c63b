// @ts-check
/** Language and theme: from the link, else as remembered, else as the system says. */
import { button, make } from "./dom.js";
import { current, preferred, setLanguage, t } from "./i18n.js";

/** @typedef {"auto" | "light" | "dark"} Theme */
/** @type {Theme[]} */
const THEMES = ["auto", "light", "dark"];
const dark = matchMedia("(prefers-color-scheme: dark)");
/** What the visitor chose; the link carries no more than that. @type {{ lang?: string, theme?: string }} */
export const chosen = {};

/** Storage can be forbidden; then nothing is remembered. @param {string} key */
export function recall(key) {
  try {
    return localStorage.getItem(`easel.${key}`) ?? undefined;
  } catch {
    return undefined;
  }
}

/** @param {string} key @param {string} value */
export function remember(key, value) {
  try {
    localStorage.setItem(`easel.${key}`, value);
  } catch {
    // Not remembered, and the page works all the same.
  }
}

/** @param {string | undefined} value @returns {Theme} */
const themeOf = (value) => THEMES.find((theme) => theme === value) ?? "auto";

function paint() {
  const theme = themeOf(chosen.theme);
  document.documentElement.dataset.theme = theme === "auto" ? (dark.matches ? "dark" : "light") : theme;
  const toggle = button("theme");
  toggle.querySelector("use")?.setAttribute("href", `#i-${theme}`);
  const name = t("theme", { theme: t(`theme.${theme}`) });
  toggle.setAttribute("aria-label", name);
  toggle.title = name;
  const language = button("language");
  const other = current() === "ko" ? "en" : "ko";
  // In its own language, for those who look for it.
  language.replaceChildren(make("span", { lang: other }, other === "ko" ? "한국어" : "English"));
}

/** Take what a link says. @param {{ lang?: string, theme?: string }} state */
export function appear(state) {
  chosen.lang = state.lang ?? recall("lang");
  chosen.theme = state.theme ?? recall("theme");
  setLanguage(chosen.lang === "ko" || chosen.lang === "en" ? chosen.lang : preferred());
  paint();
}

/** @param {() => void} onChange */
export function appearance(onChange) {
  button("language").addEventListener("click", () => {
    const language = current() === "ko" ? "en" : "ko";
    chosen.lang = language;
    remember("lang", language);
    setLanguage(language);
    paint();
    onChange();
  });
  button("theme").addEventListener("click", () => {
    chosen.theme = THEMES[(THEMES.indexOf(themeOf(chosen.theme)) + 1) % THEMES.length];
    remember("theme", chosen.theme ?? "auto");
    paint();
    onChange();
  });
  dark.addEventListener("change", paint);
}
