// @ts-check
/** Curves in SVG, with the same numbers as a table. */
import { make, svg } from "../dom.js";
import { known, number, t } from "../i18n.js";

/** More points than this are thinned out, so that a long run costs no more than a short one. */
const POINTS = 360;
const HEIGHT = 170;
const LEFT = 46;
const BOTTOM = 20;
/** Drawn at most this often, in ms. */
const PACE = 250;
/**
 * @typedef {object} Kind
 * @property {HTMLDetailsElement} details It is drawn into.
 * @property {string[]} names The metrics that are shown from the start.
 * @property {boolean} [all] Others are listed, and shown when asked for.
 * @property {boolean} [straight] The axis is straight; else it is logarithmic.
 */

/** @typedef {{ values: number[], shown: boolean, button: HTMLButtonElement, last: HTMLElement }} Series */

/** A metric's name as the visitor reads it. @param {string} name */
function title(name) {
  const key = `metric.${name}`;
  return known(key) ? t(key) : name.replace(/^style\./, "");
}

export class Chart {
  /** @type {number[]} */
  #steps = [];
  /** @type {Map<string, Series>} */
  #series = new Map();
  /** @type {number[]} Steps at which a control was changed. */
  #marks = [];
  /** Curves of a run that later ones are compared with. @type {{ steps: number[], values: Map<string, number[]> } | null} */
  #kept = null;
  #stride = 1;
  #seen = 0;
  #drawn = 0;
  #plot = svg("svg", { role: "img", class: "plot" });
  #legend = make("div", { class: "legend", role: "group", label: "curves.legend" });
  #table = make("tbody");
  #kind;

  /** @param {Kind} kind */
  constructor(kind) {
    this.#kind = kind;
    const head = make("tr", {}, ...["curves.name", "curves.first", "curves.now", "curves.lowest"].map((key) => make("th", { scope: "col", text: /** @type {any} */ (key) })));
    this.#plot.setAttribute("aria-label", t("curves.title"));
    kind.details.append(make(
      "div", { class: "curves-body" }, this.#plot,
      this.#legend,
      make("details", { class: "numbers" }, make("summary", { text: "curves.table" }), make("div", { class: "scroll", tabindex: "0", role: "group", label: "curves.table" }, make("table", {}, make("thead", {}, head), this.#table))),
    ));
    kind.details.addEventListener("toggle", () => this.#draw());
    document.addEventListener("languagechange", () => {
      for (const [name, { button }] of this.#series) button.replaceChildren(...this.#face(name));
      this.#draw();
    });
  }

  /** A new run. */
  clear() {
    this.#steps = [];
    this.#series.clear();
    this.#marks = [];
    this.#stride = 1;
    this.#seen = 0;
    this.#legend.replaceChildren();
    this.#table.replaceChildren();
    this.#plot.replaceChildren();
  }

  /** @param {number} step @param {Record<string, number>} metrics */
  add(step, metrics) {
    const { details, names, all = false } = this.#kind;
    details.hidden = false;
    this.#seen += 1;
    for (const [name, value] of Object.entries(metrics)) {
      if (!all && !names.includes(name)) continue;
      const series = this.#series.get(name) ?? this.#begin(name);
      series.last.textContent = number(value, { maximumSignificantDigits: 3 });
    }
    if (this.#seen % this.#stride === 0) {
      this.#steps.push(step);
      for (const [name, { values }] of this.#series) values.push(metrics[name] ?? NaN);
    }
    if (this.#steps.length > POINTS) {
      this.#stride *= 2;
      const keep = (/** @type {unknown} */ _, /** @type {number} */ i) => i % 2 === 0;
      this.#steps = this.#steps.filter(keep);
      for (const series of this.#series.values()) series.values = series.values.filter(keep);
    }
    const now = performance.now();
    if (now - this.#drawn > PACE) {
      this.#drawn = now;
      this.#draw();
    }
  }

  /** The run goes on from an earlier step: what came after it is made anew. @param {number} step */
  rewind(step) {
    this.#steps = this.#steps.filter((each) => each <= step);
    for (const series of this.#series.values()) series.values.length = this.#steps.length;
  }

  /** A control was changed at this step. @param {number} step */
  mark(step) {
    if (this.#marks.at(-1) !== step) this.#marks.push(step);
  }

  /** Keep the present curves, to be seen behind those of later runs; or let go of them. @param {boolean} on */
  keep(on) {
    this.#kept = on ? { steps: [...this.#steps], values: new Map([...this.#series].map(([name, { values }]) => [name, [...values]])) } : null;
    this.#draw();
  }

  /** The run is over: show the last numbers too. */
  end() {
    this.#draw();
  }

  /** @param {string} name @returns {Series} */
  #begin(name) {
    const order = this.#kind.names.indexOf(name);
    const shown = order >= 0;
    const index = order >= 0 ? order : 4 + (this.#series.size % 6);
    const button = make("button", {
      type: "button", class: "series", "data-series": index, "aria-pressed": String(shown),
      onclick: () => {
        series.shown = !series.shown;
        button.setAttribute("aria-pressed", String(series.shown));
        this.#draw();
      },
    });
    const series = { values: this.#steps.map(() => NaN), shown, button, last: make("span", { class: "value" }) };
    this.#series.set(name, series);
    button.append(...this.#face(name));
    this.#legend.append(button);
    return series;
  }

  /** @param {string} name */
  #face(name) {
    return [make("span", { class: "swatch" }), title(name), this.#series.get(name)?.last ?? ""];
  }

  #draw() {
    const { details, straight = false } = this.#kind;
    if (!details.open || this.#steps.length < 2) return;
    const lines = [...this.#series].filter(([, { shown }]) => shown);
    // A loss of nought has no place on a logarithmic axis.
    const drawn = (/** @type {number} */ value) => (straight ? Number.isFinite(value) : value > 0);
    const scaled = straight ? (/** @type {number} */ value) => value : Math.log10;
    const kept = this.#kept;
    const values = lines.flatMap(([name, series]) => [...series.values, ...(kept?.values.get(name) ?? [])].filter(drawn));
    if (values.length === 0) {
      this.#plot.replaceChildren();
      return;
    }
    // One unit is one pixel, so that the text keeps its size.
    const width = this.#plot.clientWidth;
    this.#plot.setAttribute("viewBox", `0 0 ${width} ${HEIGHT}`);
    let low = Math.floor(scaled(Math.min(...values)) * 2) / 2;
    let high = Math.ceil(scaled(Math.max(...values)) * 2) / 2;
    if (high - low < 0.5) [low, high] = [low - 0.25, high + 0.25];
    const first = this.#steps[0] ?? 0;
    const last = Math.max(this.#steps.at(-1) ?? 0, first + 1, kept?.steps.at(-1) ?? 0);
    const x = (/** @type {number} */ step) => LEFT + ((step - first) / (last - first)) * (width - LEFT - 8);
    const y = (/** @type {number} */ value) => 8 + ((high - scaled(value)) / (high - low)) * (HEIGHT - BOTTOM - 8);
    /** @type {SVGElement[]} */
    const parts = [];
    const gap = straight ? 2 ** Math.ceil(Math.log2((high - low) / 5)) : high - low > 4 ? 2 : 1;
    for (let power = Math.ceil(low / gap) * gap; power <= high; power += gap) {
      const value = straight ? power : 10 ** power;
      const at = y(value);
      parts.push(svg("line", { class: "grid", x1: LEFT, x2: width - 8, y1: at, y2: at }));
      parts.push(svg("text", { class: "tick", x: LEFT - 6, y: at + 4, "text-anchor": "end" }, new Text(number(value, straight ? { maximumSignificantDigits: 3 } : power > 4 || power < -4 ? { notation: "scientific" } : { maximumSignificantDigits: 3 }))));
    }
    for (const step of this.#marks.filter((mark) => mark >= first && mark <= last)) {
      parts.push(svg("line", { class: "mark", x1: x(step), x2: x(step), y1: 8, y2: HEIGHT - BOTTOM }));
    }
    parts.push(svg("text", { class: "tick", x: LEFT, y: HEIGHT - 4 }, new Text(number(first))));
    parts.push(svg("text", { class: "tick", x: width - 8, y: HEIGHT - 4, "text-anchor": "end" }, new Text(t("curves.step", { n: last }))));
    const line = (/** @type {string} */ look, /** @type {Series} */ { button }, /** @type {number[]} */ steps, /** @type {number[]} */ values) => {
      let path = "";
      let pen = "M";
      values.forEach((value, i) => {
        if (drawn(value)) {
          path += `${pen}${x(steps[i] ?? 0).toFixed(1)} ${y(value).toFixed(1)}`;
          pen = "L";
        } else pen = "M";
      });
      parts.push(svg("path", { class: look, "data-series": button.dataset.series ?? "", d: path }));
    };
    if (kept) for (const [name, series] of lines) line("line kept", series, kept.steps, kept.values.get(name) ?? []);
    for (const [, series] of lines) line("line", series, this.#steps, series.values);
    this.#plot.replaceChildren(...parts);
    const told = lines.map(([name, { last: value }]) => `${title(name)} ${value.textContent}`).join(", ");
    this.#plot.setAttribute("aria-label", t("curves.summary", { step: last, values: told }));
    this.#table.replaceChildren(
      ...[...this.#series].map(([name, series]) => {
        const seen = series.values.filter((value) => !Number.isNaN(value));
        const cells = [seen[0] ?? NaN, seen.at(-1) ?? NaN, Math.min(...seen)];
        return make("tr", {}, make("th", { scope: "row" }, title(name)), ...cells.map((value) => make("td", {}, number(value, { maximumSignificantDigits: 4 }))));
      }),
    );
  }
}
