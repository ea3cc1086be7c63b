// @ts-check
/** Before and after in one frame, as in Stylize: a range input over a clip path. */
import { icon, make } from "../dom.js";
import { t } from "../i18n.js";

const SPLITS = /** @type {const} */ ([["compare.before", 100], ["compare.half", 50], ["compare.after", 0]]);

export class Frame {
  #before = make("img", { class: "before", alt: "", hidden: true });
  #after = make("canvas", { class: "after", role: "img", hidden: true });
  #range = make("input", { type: "range", class: "compare", min: 0, max: 100, step: 1, value: 0, label: "compare.label", hidden: true });
  /** Before, half, after. */
  buttons = make("div", { class: "segmented", role: "group", label: "compare.label", hidden: true });
  element = make(
    "div", { class: "frame", "data-state": "empty" },
    this.#before, this.#after,
    make("span", { class: "divider", "aria-hidden": "true" }, make("span", { class: "knob" }, icon("swap"))),
    this.#range,
    make("span", { class: "tag tag-before", "aria-hidden": "true", text: "compare.before" }),
    make("span", { class: "tag tag-after", "aria-hidden": "true", text: "compare.after" }),
  );

  constructor() {
    this.#range.addEventListener("input", () => this.split(this.#range.valueAsNumber));
    for (const [text, percent] of SPLITS) this.buttons.append(make("button", { type: "button", text, "data-split": percent, onclick: () => this.split(percent) }));
    this.#before.addEventListener("load", () => {
      this.#ratio(this.#before.naturalWidth, this.#before.naturalHeight);
      this.#before.hidden = false;
      this.#show();
    });
    // What the browser cannot show, the engine may read all the same.
    this.#before.addEventListener("error", () => (this.#before.hidden = true));
    this.split(0);
  }

  /** The result as it is shown; null if there is none. */
  get canvas() {
    return this.#after.hidden ? null : this.#after;
  }

  /** @param {number} percent of the frame that shows the before */
  split(percent) {
    this.#range.value = String(percent);
    this.#range.setAttribute("aria-valuetext", t("compare.value", { n: percent }));
    this.element.style.setProperty("--split", `${percent}%`);
    this.element.dataset.split = percent <= 0 ? "after" : percent >= 100 ? "before" : "both";
    for (const button of this.buttons.children) button.setAttribute("aria-pressed", String(Number(button.getAttribute("data-split")) === percent));
  }

  /** @param {string} url @param {string} name what it shows */
  before(url, name) {
    if (this.#before.getAttribute("src") !== url) this.#before.src = url;
    this.#before.alt = name;
  }

  /** A result, which is closed; none takes it away. @param {ImageBitmap | null} bitmap @param {string} [name] what it shows */
  after(bitmap, name = "") {
    this.#after.hidden = bitmap === null;
    if (bitmap) {
      [this.#after.width, this.#after.height] = [bitmap.width, bitmap.height];
      this.#ratio(bitmap.width, bitmap.height);
      this.#after.getContext("2d")?.drawImage(bitmap, 0, 0);
      bitmap.close();
    }
    if (name) this.#after.setAttribute("aria-label", name);
    this.#show();
  }

  /** The camera's picture has no before. @param {boolean} on */
  live(on) {
    this.element.toggleAttribute("data-live", on);
    this.#show();
  }

  /** @param {number} width @param {number} height */
  #ratio(width, height) {
    this.element.style.setProperty("--ratio", String(width / height));
  }

  #show() {
    const live = this.element.hasAttribute("data-live");
    const [before, after] = [!this.#before.hidden && !live, !this.#after.hidden];
    const both = before && after;
    this.#range.hidden = this.buttons.hidden = !both;
    this.element.dataset.state = both ? "both" : before ? "before" : after ? "after" : "empty";
  }
}
