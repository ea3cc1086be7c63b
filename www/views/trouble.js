// @ts-check
/** The whole page when the engine cannot start: what is wrong, and what to do, step by step. */
import { element, icon, make } from "../dom.js";
import { known } from "../i18n.js";
import { particulars, wording } from "./notices.js";

/** @typedef {import("../i18n.js").Key} Key */

/** @param {unknown} error @param {() => void} again */
export function showTrouble(error, again) {
  const { code, ...args } = particulars(error);
  const { what, next } = wording(code);
  const page = element("trouble");
  const steps = make("ul", { class: "steps" });
  for (let n = 1; ; n += 1) {
    const step = `trouble.${code}.${n}`;
    if (!known(step)) break;
    steps.append(make("li", { text: step }));
  }
  const card = make(
    "div", { class: "card", "data-code": code },
    icon("alert"),
    make("h1", { text: what, args }),
    make("p", { class: "lead", text: next, args }),
  );
  if (steps.children.length > 0) card.append(steps);
  card.append(make("div", { class: "row" }, make("button", { type: "button", class: "strong", text: "trouble.again", onclick: again })));
  if (args.message) {
    card.append(
      make("details", {}, make("summary", { text: "trouble.details" }), make("p", { class: "fine", lang: "en" }, `${code}: ${args.message}`)),
    );
  }
  page.replaceChildren(card);
  element("stylize").hidden = true;
  for (const id of ["gpu-state", "share"]) element(id).hidden = true;
  page.hidden = false;
  page.focus();
}

/** The engine is back. */
export function hideTrouble() {
  element("trouble").hidden = true;
  element("stylize").hidden = false;
  for (const id of ["gpu-state", "share"]) element(id).hidden = false;
}
