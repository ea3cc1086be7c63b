// @ts-check
/** The growing networks: a row for each level, with its channels, where its schedule is, and what the same noise gives there. */
import { make } from "../dom.js";
import { number, say, t } from "../i18n.js";

/** Side of the first level, in pixels, and noises that are followed through all levels. */
const FIRST = 4;
const COLUMNS = 8;

/**
 * @typedef {object} Row
 * @property {HTMLLIElement} item
 * @property {HTMLElement} state
 * @property {HTMLProgressElement | null} fade
 * @property {HTMLProgressElement} stable
 * @property {HTMLCanvasElement} strip
 */

export class Tower {
  element = make("ol", { class: "grow-tower", label: "grow.tower" });
  /** @type {Row[]} */
  #rows = [];
  /** What its rows were made for. */
  #shape = "";

  /** Rows for these settings. @param {import("./fields.js").Config} config */
  shape({ size, fmapBase, fmapMax }) {
    const shape = [size, fmapBase, fmapMax].join();
    if (shape === this.#shape) return;
    this.#shape = shape;
    const levels = Math.log2(size / FIRST) + 1;
    const width = (/** @type {number} */ level) => Math.max(1, Math.min(Math.floor(fmapBase / 2 ** (level + 1)), fmapMax));
    const widest = width(0);
    this.#rows = Array.from({ length: levels }, (_, level) => {
      const args = { side: FIRST << level };
      const state = make("span", { class: "grow-state" });
      const channels = make("span", { class: "grow-channels" }, make("span", { class: "grow-width" }), make("span", { text: "grow.channels", args: { n: width(level) } }));
      /** @type {HTMLElement} */ (channels.firstElementChild).style.inlineSize = `${(100 * width(level)) / widest}%`;
      const fade = level > 0 ? make("progress", { class: "grow-fade", max: 1, value: 0, label: "grow.bar.fade", args }) : null;
      const stable = make("progress", { class: "grow-stable", max: 1, value: 0, label: "grow.bar.stable", args });
      const strip = make("canvas", { class: "grow-strip", role: "img", label: "grow.strip", args, width: COLUMNS, height: 1, hidden: true });
      const item = make(
        "li", {},
        make("div", { class: "grow-head" }, make("b", {}, `${FIRST << level} px`), state), channels,
        make("div", { class: "grow-bars" }, ...(fade ? [fade] : []), stable), strip,
      );
      return { item, state, fade, stable, strip };
    });
    this.element.replaceChildren(...this.#rows.map(({ item }) => item));
  }

  /** Where a run stands; nothing before its first word. @param {import("./fields.js").Config} config @param {{ level?: number, alpha?: number, shown?: number }} at */
  show({ fade, stable, hold }, { level = -1, alpha = 1, shown = 0 }) {
    this.#rows.forEach((row, i) => {
      const over = i > 0 ? fade : 0;
      const now = i === level;
      const learnt = now ? Math.max(0, Math.min(1, (shown - over) / stable)) : Number(i < level);
      if (row.fade) row.fade.value = now ? alpha : Number(i < level);
      row.stable.value = learnt;
      row.item.dataset.state = now ? "now" : i < level ? "done" : "next";
      if (now) row.item.setAttribute("aria-current", "step");
      else row.item.removeAttribute("aria-current");
      if (!now) say(row.state, i < level ? "grow.state.done" : "grow.state.next");
      else if (hold) say(row.state, "grow.state.held");
      else if (alpha < 1) say(row.state, "grow.state.fading", { percent: percent(alpha) });
      else say(row.state, "grow.state.learning", { percent: percent(learnt) });
    });
  }

  /** What the noises give at a level, from a line of a sheet. @param {number} level @param {CanvasImageSource} sheet @param {number} line @param {number} tile side of a tile there */
  draw(level, sheet, line, tile) {
    const row = this.#rows[level];
    const side = FIRST << level;
    if (!row) return;
    const { strip } = row;
    [strip.width, strip.height, strip.hidden] = [COLUMNS * side, side, false];
    const context = strip.getContext("2d");
    if (!context) return;
    context.imageSmoothingEnabled = false;
    context.drawImage(sheet, 0, line * tile, COLUMNS * tile, tile, 0, 0, COLUMNS * side, side);
  }

  /** A run begins. */
  clear() {
    for (const { strip } of this.#rows) strip.hidden = true;
  }
}

/** @param {number} share */
export const percent = (share) => t("percent", { n: number(Math.floor(100 * share)) });
