// @ts-check
/** Before and after in one frame: a range input over a clip path. */
import { byId, element, input } from "../dom.js";
import { say, t } from "../i18n.js";

/** Keys that show all of the before, half, or all of the after. */
const KEYS = new Map([["1", 100], ["2", 50], ["3", 0]]);

/** @param {EventTarget | null} target */
function takesText(target) {
  if (!(target instanceof HTMLElement)) return false;
  if (target instanceof HTMLInputElement) return !["range", "radio", "checkbox", "button", "file"].includes(target.type);
  return target.isContentEditable || target.matches("textarea, select");
}

export class Compare {
  #frame = element("frame");
  #range = input("compare");
  #buttons = element("compare-buttons");
  #before = byId("before", HTMLImageElement);
  #after = byId("after", HTMLCanvasElement);
  #context = this.#after.getContext("bitmaprenderer");
  #hasFrame = false;
  /** Whether the browser can show the before at all; until it has loaded, the frame waits. */
  #hasBefore = false;
  #shown = { before: false, after: false };

  /** @param {(width: number, height: number) => void} onBefore its size, once it is known */
  constructor(onBefore) {
    this.#before.addEventListener("load", () => {
      const { naturalWidth, naturalHeight } = this.#before;
      this.#hasBefore = true;
      this.ratio(naturalWidth, naturalHeight);
      this.show(this.#shown);
      onBefore(naturalWidth, naturalHeight);
    });
    this.#before.addEventListener("error", () => {
      this.#hasBefore = false;
      say(element("placeholder"), "stage.noPreview");
      this.show(this.#shown);
    });
    this.#range.addEventListener("input", () => this.split(Number(this.#range.value)));
    this.#buttons.addEventListener("click", ({ target }) => {
      const split = target instanceof HTMLElement && target.dataset.split;
      if (split) this.split(Number(split));
    });
    document.addEventListener("keydown", (event) => {
      const split = KEYS.get(event.key);
      if (split === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
      if (this.#range.hidden || takesText(event.target) || document.querySelector("dialog[open]")) return;
      this.split(split);
    });
    this.split(0);
  }

  /** The picture as last shown, for when the engine can no longer give it. */
  get canvas() {
    return this.#hasFrame ? this.#after : null;
  }

  /** @param {number} percent of the frame that shows the before */
  split(percent) {
    this.#range.value = String(percent);
    this.#range.setAttribute("aria-valuetext", t("compare.value", { n: percent }));
    this.#frame.style.setProperty("--split", `${percent}%`);
    this.#frame.dataset.split = percent <= 0 ? "after" : percent >= 100 ? "before" : "both";
    for (const button of this.#buttons.querySelectorAll("button")) {
      button.setAttribute("aria-pressed", String(Number(button.dataset.split) === percent));
    }
  }

  /** @param {number} width @param {number} height */
  ratio(width, height) {
    this.#frame.style.setProperty("--ratio", String(width / height));
  }

  /** @param {string | null} url @param {string} name */
  setBefore(url, name) {
    if (url) this.#before.src = url;
    else this.#before.removeAttribute("src");
    this.#before.alt = name;
  }

  /** @param {ImageBitmap} bitmap */
  setAfter(bitmap) {
    const { width, height } = bitmap;
    if (this.#after.width !== width) this.#after.width = width;
    if (this.#after.height !== height) this.#after.height = height;
    this.#context?.transferFromImageBitmap(bitmap);
    this.#hasFrame = true;
  }

  /** @param {string} name What the picture shows, for those who do not see it. */
  nameAfter(name) {
    this.#after.setAttribute("aria-label", name);
  }

  /** A new run begins: what was shown is not its picture. */
  forget() {
    this.#hasFrame = false;
  }

  /** @param {{ before: boolean, after: boolean }} shown */
  show(shown) {
    this.#shown = shown;
    const before = shown.before && this.#hasBefore;
    const after = shown.after && this.#hasFrame;
    const both = before && after;
    this.#before.hidden = !before;
    this.#after.hidden = !after;
    this.#range.hidden = !both;
    this.#buttons.hidden = !both;
    this.#frame.dataset.state = both ? "both" : before ? "before" : after ? "after" : "empty";
    element("placeholder").hidden = this.#frame.dataset.state !== "empty";
  }
}
