// @ts-check
import { make } from "../dom.js";

/** A link to another view that keeps what the present address says of language and theme. @param {string} to without `#` @param {string} text */
export const across = (to, text) =>
  make("a", {
    href: `#${to}`,
    onclick: (/** @type {Event} */ event) => {
      event.preventDefault();
      const [here, there] = [location.hash.slice(1), to].map((address) => new URLSearchParams(address));
      for (const name of ["lang", "theme"]) {
        const said = here?.get(name);
        if (said) there?.set(name, said);
      }
      location.hash = String(there);
    },
  }, text);
