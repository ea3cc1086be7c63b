// @ts-check
/** What went wrong or was done, in words, with what to do next; stays until dismissed. */
import { element, icon, make } from "../dom.js";
import { known, t } from "../i18n.js";
import { EaselError } from "../easel.js";

/** @typedef {import("../i18n.js").Key} Key */
/** @typedef {{ text: Key, args?: import("../i18n.js").Args, act: () => void }} Action */

const place = element("notices");
const toasts = element("toasts");
/** When the live region last spoke, in ms. */
let spoken = 0;

/**
 * Say something to screen readers. Progress may only speak every five seconds.
 * @param {string} text @param {{ progress?: boolean }} [options]
 */
export function announce(text, { progress = false } = {}) {
  const now = performance.now();
  if (progress && now - spoken < 5000) return;
  spoken = now;
  element("live").textContent = text;
}

/** @param {HTMLElement} notice @param {HTMLElement} where */
function add(notice, where) {
  notice.append(
    make("button", { type: "button", class: "tool close", label: "dismiss", onclick: () => notice.remove() }, icon("close")),
  );
  where.append(notice);
  while (where.children.length > 3) where.firstElementChild?.remove();
  return notice;
}

/** Something was done, or is good to know. @param {Key} text @param {import("../i18n.js").Args} [args] */
export function tell(text, args) {
  announce(t(text, args));
  const notice = make("div", { class: "notice info" }, icon("info"), make("p", { text, args }));
  toasts.replaceChildren();
  add(notice, toasts);
  // Nothing is lost with it: what it says is to be seen on the page, and was announced.
  setTimeout(() => notice.remove(), 8000);
}

/** @param {string} code @returns {{ what: Key, next: Key }} */
export function wording(code) {
  const what = `error.${code}`;
  const next = `${what}.next`;
  return known(what) && known(next)
    ? { what, next }
    : { what: "error.unexpected", next: "error.unexpected.next" };
}

/** The particulars of an error, for its sentence. @param {unknown} error */
export function particulars(error) {
  if (error instanceof EaselError) {
    return { code: error.code, subject: error.subject ?? "", largest: String(error.largest ?? ""), message: error.message };
  }
  const message = error instanceof Error ? error.message : String(error);
  return { code: "unexpected", subject: "", largest: "", message };
}

/** Something failed. @param {unknown} error @param {Action[]} [actions] */
export function alarm(error, actions = []) {
  const { code, ...args } = particulars(error);
  const { what, next } = wording(code);
  const notice = make("div", { class: "notice error", role: "alert", "data-code": code }, icon("alert"));
  const body = make("div", { class: "notice-body" }, make("p", { class: "what", text: what, args }), make("p", { text: next, args }));
  if (args.message) {
    body.append(make("details", {}, make("summary", { class: "fine", text: "trouble.details" }), make("p", { class: "fine", lang: "en" }, `${code}: ${args.message}`)));
  }
  if (actions.length > 0) {
    const row = make("div", { class: "row" });
    for (const { text, args: values, act } of actions) {
      row.append(
        make("button", { type: "button", class: "plain", text, args: values, onclick: () => { notice.remove(); act(); } }),
      );
    }
    body.append(row);
  }
  notice.append(body);
  return add(notice, place);
}

/** Something the visitor may do, whenever it suits. It stays. @param {Key} text @param {Key} button @param {() => void} act */
export function offer(text, button, act) {
  announce(t(text));
  for (const old of place.querySelectorAll(".offer")) old.remove();
  const row = make("div", { class: "row" }, make("button", { type: "button", class: "plain", text: button, onclick: act }));
  const body = make("div", { class: "notice-body" }, make("p", { text }), row);
  return add(make("div", { class: "notice info offer" }, icon("info"), body), place);
}

/** The run begins anew: old failures are answered. */
export function clear() {
  for (const notice of [...place.children]) if (!notice.classList.contains("offer")) notice.remove();
}
