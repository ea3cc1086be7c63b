// @ts-check
/** What a run says in numbers, beside those of a kept run, and the advice that follows from them. */
import { make } from "../dom.js";
import { number, say, t } from "../i18n.js";

/** @typedef {import("../i18n.js").Key} Key */

/** A change that advice speaks of must last so many readings. */
const PATIENCE = 12;

/** @param {string} key @returns {Key} */
const key = (key) => /** @type {Key} */ (key);

/** @param {number} part */
export const percent = (part) => t("percent", { n: Math.round(100 * part) });

export class Numbers {
  /** The newest of each. @type {Record<string, number>} */
  metrics = {};
  list = make("dl", { class: "train-numbers", label: "lab.numbers" });
  advice = make("p", { class: "lab-advice", role: "status", hidden: true });
  /** How long each warning's sign has lasted, in readings. */
  #signs = { strong: 0, weak: 0, collapse: 0 };
  #strongest = 0;
  /** Which numbers are in the list. */
  #names = "";

  /** A new run. */
  clear() {
    this.metrics = {};
    this.#signs = { strong: 0, weak: 0, collapse: 0 };
    this.#strongest = 0;
    this.advice.hidden = true;
  }

  /** As they are told, by name. */
  get told() {
    return new Map([...this.list.children].map((one) => [/** @type {HTMLElement} */ (one).dataset.number ?? "", one.querySelector("dd")?.textContent ?? ""]));
  }

  /** @param {boolean} points @param {Map<string, string>} kept */
  show(points, kept) {
    const { d_real, d_fake, gradient, covered, modes, near, swd, swd_real, diversity, diversity_real, agreement, classes_seen, classes } = this.metrics;
    const digits = { maximumFractionDigits: 2, minimumFractionDigits: 2 };
    /** @type {[string, string][]} */
    const told = [];
    const dash = "–";
    told.push(["d_real", d_real === undefined ? dash : number(d_real, digits)]);
    told.push(["d_fake", d_fake === undefined ? dash : number(d_fake, digits)]);
    told.push(["gradient", gradient === undefined ? dash : number(gradient, { maximumSignificantDigits: 2 })]);
    if (points) {
      told.push(["covered", covered === undefined || modes === undefined ? dash : t("lab.covered.value", { covered, modes })]);
      told.push(["near", near === undefined ? dash : percent(near)]);
    } else {
      told.push(["swd", !swd || !swd_real ? dash : t("lab.times", { n: number(swd / swd_real, { maximumSignificantDigits: 2 }) })]);
      told.push(["diversity", diversity === undefined || !diversity_real ? dash : percent(diversity / diversity_real)]);
      // Not where there is no classifier.
      if (agreement !== undefined) told.push(["agreement", percent(agreement)]);
      else if (classes_seen !== undefined && classes) told.push(["classes", t("lab.covered.value", { covered: classes_seen, modes: classes })]);
    }
    const names = [...told.map(([name]) => name), ...kept.entries()].join();
    if (this.#names !== names) {
      this.#names = names;
      this.list.replaceChildren(...told.map(([name]) =>
        make("div", { "data-number": name, "data-i18n-title": `lab.${name}.hint`, title: t(key(`lab.${name}.hint`)) }, make("dt", { text: key(`lab.${name}`) }), make("dd"), ...(kept.has(name) ? [make("dd", { class: "kept", text: "lab.compare.was", args: { value: kept.get(name) ?? "" } })] : []))));
    }
    told.forEach(([, value], i) => {
      const place = this.list.children[i]?.querySelector("dd");
      if (place && place.textContent !== value) place.textContent = value;
    });
  }

  /** Advice once a sign has lasted. @param {number} step @param {Record<string, number>} metrics */
  advise(step, { d_real = 0.5, d_fake = 0.5, gradient = 1, covered, modes = 1, near = 1, diversity, diversity_real = 1 }) {
    this.#strongest = Math.max(this.#strongest, gradient);
    const sign = (/** @type {"strong" | "weak" | "collapse"} */ name, /** @type {boolean} */ seen) => {
      this.#signs[name] = seen ? this.#signs[name] + 1 : 0;
      return this.#signs[name] >= PATIENCE;
    };
    const early = step < 150;
    const poor = covered !== undefined ? near > 0.4 && covered / modes < 0.35 : this.#signs.collapse > 0;
    const strong = sign("strong", !early && d_real > 0.97 && d_fake < 0.03 && gradient < this.#strongest / 20);
    const same = diversity === undefined ? poor : diversity / diversity_real < 0.35;
    const collapse = sign("collapse", !early && same);
    const weak = sign("weak", !early && Math.abs(d_real - d_fake) < 0.002 && near < 0.5 && covered !== undefined);
    const advice = strong ? "lab.advice.strong" : collapse ? "lab.advice.collapse" : weak ? "lab.advice.weak" : null;
    if (advice && this.advice.hidden) say(this.advice, key(advice));
    this.advice.hidden = !advice;
  }
}
