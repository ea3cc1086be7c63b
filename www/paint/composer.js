// @ts-check
/**
 * Where a sentence is made: typed, or built from chips. The words are the engine's (`data/captions`): every change is asked
 * of it, and what cannot be said is answered with what can.
 */
import { make } from "../dom.js";
import { current, say, t } from "../i18n.js";
import { alarm, announce } from "../views/notices.js";

/** @typedef {import("../easel.js").Easel} Easel */
/** @typedef {import("../i18n.js").Key} Key */
/** @typedef {Awaited<ReturnType<Easel["caption"]>>} Said */
/** @typedef {(number | null | undefined)[]} Values */

/** @param {string} key @returns {Key} */
const key = (key) => /** @type {Key} */ (key);

/** The attributes, in the order of `Caption::COUNTS`, and how many values each has. */
const ROWS = /** @type {const} */ ([["hour", 3], ["season", 3], ["building", 5], ["paint", 5], ["trees", 4], ["weather", 5]]);
const BUILDING = 2;
const PAINT = 3;
/** A typed sentence is asked about this long after the last key, in ms. */
const QUIET = 250;

/** As the engine takes them. @param {Values} values */
const given = (values) => values.map((one) => one ?? undefined);

export class Composer {
  #easel;
  #changed;
  /** @type {Values} */
  #values = ROWS.map(() => null);
  /** @type {boolean[][]} */
  #possible = [];
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  #asked = 0;
  /** The newest sentence that can be said. */
  text = "";
  field = make("input", {
    type: "text", id: "paint-text", class: "paint-text", autocomplete: "off", spellcheck: "false", enterkeyhint: "go", maxlength: 200, "aria-describedby": "paint-said",
    oninput: () => {
      clearTimeout(this.#timer);
      this.#timer = setTimeout(() => this.typed(), QUIET);
    },
    onkeydown: (/** @type {KeyboardEvent} */ event) => {
      // A syllable that is being composed takes Enter for itself.
      if (event.key !== "Enter" || event.isComposing) return;
      event.preventDefault();
      clearTimeout(this.#timer);
      this.typed();
    },
  });
  #problem = make("p", { class: "paint-problem", id: "paint-said", role: "status" });
  #nearest = make("div", { class: "row paint-nearest", role: "group", label: "paint.nearest", hidden: true });
  /** @type {HTMLButtonElement[][]} */
  #chips;
  element;

  /** @param {Easel} easel @param {() => void} changed the sentence is another one that can be said */
  constructor(easel, changed) {
    this.#easel = easel;
    this.#changed = changed;
    this.#chips = ROWS.map(([name, count], row) =>
      Array.from({ length: count }, (_, value) =>
        make("button", { type: "button", class: "paint-chip", "data-chip": `${name}.${value}`, "aria-pressed": "false", text: key(`paint.${name}.${value}`), onclick: () => this.#press(row, value) })));
    // A building without walls has no colour to choose.
    this.#chips[PAINT]?.[0]?.remove();
    const rows = ROWS.map(([name], row) =>
      make("div", { class: "paint-row", role: "group", "aria-labelledby": `paint-row-${name}` }, make("span", { id: `paint-row-${name}`, text: key(`paint.${name}`) }), make("div", {}, ...(this.#chips[row] ?? []).filter((chip) => row !== PAINT || chip.dataset.chip !== "paint.0"))));
    this.element = make(
      "section", { class: "paint-composer", label: "paint.sentence" },
      make("label", { for: "paint-text", text: "paint.sentence" }),
      this.field, this.#problem, this.#nearest,
      make("div", { class: "paint-chips" }, ...rows),
    );
    document.addEventListener("languagechange", () => this.#say());
  }

  /** Take a sentence as it is. @param {string} text */
  async set(text) {
    this.field.value = text;
    await this.typed();
  }

  /** A random place. @param {number} seed */
  async random(seed) {
    this.#take(await this.#ask({ seed, korean: current() === "ko" }), true);
  }

  /** What is in the field is read. */
  async typed() {
    this.#take(await this.#ask({ text: this.field.value }), false);
  }

  /** @param {number} row @param {number} value */
  async #press(row, value) {
    const values = [...this.#values];
    values[row] = values[row] === value ? null : value;
    if (row === BUILDING) {
      if (values[row] === 0) values[PAINT] = 0;
      else if (values[PAINT] === 0) values[PAINT] = null;
    }
    if (row === PAINT && values[BUILDING] === 0) values[BUILDING] = null;
    if (values[row] === null && (row === BUILDING || row === PAINT) && this.#values[BUILDING] === 0) values[BUILDING] = values[PAINT] = null;
    if (values.every((one) => one == null)) {
      this.field.value = "";
      this.#values = values;
      this.#possible = [];
      this.#show();
      return;
    }
    this.#take(await this.#ask({ values: given(values), korean: current() === "ko" }), true);
  }

  /** The same in the language that is now spoken. */
  async #say() {
    if (this.#values.every((one) => one == null)) return;
    this.#take(await this.#ask({ values: given(this.#values), korean: current() === "ko" }), true);
  }

  /** The answer, unless something newer was asked meanwhile. @param {Parameters<Easel["caption"]>[0]} asked */
  async #ask(asked) {
    this.#asked += 1;
    const mine = this.#asked;
    try {
      const said = await this.#easel.caption(asked);
      return mine === this.#asked ? said : null;
    } catch (error) {
      alarm(error);
      return null;
    }
  }

  /** @param {Said | null} said @param {boolean} written the sentence is the engine's */
  #take(said, written) {
    if (!said) return;
    this.#nearest.hidden = true;
    if (said.reason) {
      say(this.#problem, key(`paint.unsaid.${said.reason}`), { word: said.word });
      const offered = said.nearest ?? [];
      this.#nearest.replaceChildren(...offered.map((word) => make("button", { type: "button", class: "plain", onclick: () => this.#instead(said, word) }, word)));
      this.#nearest.hidden = offered.length === 0;
      announce(`${this.#problem.textContent} ${offered.join(", ")}`);
      return;
    }
    this.#problem.textContent = "";
    this.#problem.removeAttribute("data-i18n");
    this.#values = said.values;
    this.#possible = said.possible;
    if (written) this.field.value = said.text;
    this.#show();
    if (this.text === said.text) return;
    this.text = said.text;
    this.#changed();
  }

  /** A word that cannot be said is replaced by one that can. @param {Said} said @param {string} word */
  #instead({ word: wrong, reason }, word) {
    const { value } = this.field;
    const at = wrong ? value.toLowerCase().lastIndexOf(wrong) : -1;
    // Of two that contradict each other one is kept.
    const kept = reason === "contradiction" && at >= 0 ? value.slice(0, at).toLowerCase().includes(word) : false;
    const before = kept ? value.slice(0, at).trimEnd() : value.slice(0, Math.max(0, at));
    this.set(at < 0 ? `${value} ${word}`.trim() : before + (kept ? "" : word) + value.slice(at + wrong.length));
    this.field.focus();
  }

  #show() {
    this.#chips.forEach((chips, row) => chips.forEach((chip, value) => {
      const pressed = this.#values[row] === value;
      chip.setAttribute("aria-pressed", String(pressed));
      chip.disabled = !pressed && this.#possible[row]?.[value] === false;
      if (chip.disabled) chip.title = t("paint.chip.impossible");
      else chip.removeAttribute("title");
    }));
  }
}
