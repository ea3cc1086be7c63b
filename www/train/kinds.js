// @ts-check
/** The two ways to learn a translation, of which one is shown. */
import { make } from "../dom.js";

/** @typedef {"translate" | "cycle"} Kind */
/** @typedef {(kind: Kind) => void} Go */

/** @param {Kind} shown @param {Go} go */
export const kinds = (shown, go) =>
  make(
    "div", { class: "segmented train-kinds", role: "group", label: "train.kinds" },
    ...(/** @type {const} */ (["translate", "cycle"])).map((kind) =>
      make("button", { type: "button", text: `train.kinds.${kind}`, "data-kind": kind, "aria-pressed": String(kind === shown), onclick: () => kind !== shown && go(kind) })),
  );
