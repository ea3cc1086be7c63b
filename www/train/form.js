// @ts-check
/**
 * Settings of a job as rows of a form. Names are `<prefix>.<key>` in the catalogues, reasons `<prefix>.<key>.hint`, choices
 * `<prefix>.<key>.<value>`.
 *
 * @typedef {object} Field
 * @property {string} key
 * @property {number} [min] of a number
 * @property {number} [max]
 * @property {boolean} [whole]
 * @property {string[]} [options] of a choice; of numbers of pixels if `whole`
 * @property {boolean} [onOff]
 * @property {boolean} [live] A running job takes it at once.
 * @property {(config: any) => boolean} [used] Whether it means anything with these settings.
 */
import { make } from "../dom.js";

/** @typedef {import("../i18n.js").Key} Key */

/** @param {string} key @returns {Key} */
const key = (key) => /** @type {Key} */ (key);

/** What a field's text in a link means; nothing if it is out of range. @param {Field} field @param {string | null} text @returns {unknown} */
export function valueOf({ min = 0, max = 0, whole, options, onOff }, text) {
  if (text === null || text === "") return undefined;
  const value = Number(text);
  if (options) return options.includes(text) ? (whole ? value : text) : undefined;
  if (onOff) return text === "true";
  return value >= min && value <= max && (!whole || Number.isInteger(value)) ? value : undefined;
}

export class Form {
  #prefix;
  #config;
  #set;
  /** @type {(() => void)[]} Each shows the settings in one row. */
  #rows = [];

  /** @param {string} prefix @param {() => any} config the present settings @param {(name: string, value: any, live: boolean) => void} set */
  constructor(prefix, config, set) {
    this.#prefix = prefix;
    this.#config = config;
    this.#set = set;
  }

  /** Show the present settings. */
  show() {
    for (const row of this.#rows) row();
  }

  /** One more row to be shown with the others. @param {() => void} row */
  also(row) {
    this.#rows.push(row);
  }

  /** @template {string} T @param {string} name @param {readonly T[]} options @param {(one: T) => void} take */
  segments(name, options, take) {
    const group = make("div", { class: "segmented", role: "group", label: key(`${this.#prefix}.${name}`) });
    for (const option of options) {
      const one = make("button", { type: "button", text: key(`${this.#prefix}.${name}.${option}`), "data-choice": option, onclick: () => take(option) });
      group.append(one);
      this.also(() => one.setAttribute("aria-pressed", String(String(this.#config()[name]) === option)));
    }
    return group;
  }

  /** @param {Field} field */
  field({ key: name, min = 0, max = 1, whole, options, onOff, live = false, used }) {
    const id = `${this.#prefix}-${name}`;
    const described = { id, "aria-describedby": `${id}-hint` };
    const head = make("div", { class: "field-name" }, make("label", { for: id, text: key(`${this.#prefix}.${name}`) }));
    if (live) head.append(make("span", { class: "live-mark", text: "live" }));
    /** @type {HTMLInputElement | HTMLSelectElement} */
    let control;
    if (options) {
      const select = make("select", { ...described, onchange: () => this.#set(name, whole ? Number(select.value) : select.value, live) });
      for (const value of options) select.append(whole ? make("option", { value }, `${value} px`) : make("option", { value, text: key(`${this.#prefix}.${name}.${value}`) }));
      control = select;
      this.also(() => (select.value = String(this.#config()[name])));
    } else if (onOff) {
      const box = make("input", { type: "checkbox", ...described, onchange: () => this.#set(name, box.checked, live) });
      control = box;
      this.also(() => (box.checked = Boolean(this.#config()[name])));
    } else {
      const typed = make("input", {
        type: "number", min, max, step: whole ? 1 : "any", inputmode: "decimal", ...described,
        onchange: () => {
          const value = typed.valueAsNumber;
          if (Number.isFinite(value)) this.#set(name, Math.min(max, Math.max(min, whole ? Math.round(value) : value)), live);
          this.show();
        },
      });
      control = typed;
      this.also(() => {
        if (document.activeElement !== typed) typed.value = String(Number(Number(this.#config()[name]).toPrecision(6)));
      });
    }
    const row = make("div", { class: "field" }, head, control, make("p", { class: "hint", id: `${id}-hint`, text: key(`${this.#prefix}.${name}.hint`) }));
    this.also(() => (row.hidden = used?.(this.#config()) === false));
    return row;
  }
}
