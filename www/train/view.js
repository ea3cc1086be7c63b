// @ts-check
/**
 * A view whose job trains translations: its settings as a form, in its address and on a running job, the run, numbers and
 * curves, saving. What is seen of the job is the view's own.
 *
 * @typedef {import("../easel.js").Easel} Easel
 * @typedef {import("../easel.js").JobConfig} JobConfig
 * @typedef {import("../i18n.js").Key} Key
 * @typedef {import("./form.js").Field} Field
 *
 * @typedef {object} Kind What one of them is.
 * @property {"cycle" | "paint" | "translate"} name that its texts begin with, and its address has
 * @property {JobConfig["job"]} job
 * @property {string} stem what files are called
 * @property {readonly string[]} tasks
 * @property {Record<string, unknown>} modest settings with which a software adapter shows something within a minute
 * @property {{ title: Key, fields: Field[] }[]} groups of the form
 * @property {Field[]} others settings that the view has controls of its own for
 * @property {[string, string[], boolean?][]} charts the name of each, its curves, and whether its axis is straight
 * @property {string[]} numbers
 *
 * @typedef {object} Page
 * @property {() => void} portfolio
 * @property {(file: File) => void} open
 * @property {import("./kinds.js").Go} go
 */
import { download, icon, make } from "../dom.js";
import { bytes, number, say, setTitle, t } from "../i18n.js";
import { Chart } from "../views/chart.js";
import { alarm, tell } from "../views/notices.js";
import { Form, valueOf } from "./form.js";
import { Training, button } from "./training.js";

const LEARNING = /** @type {const} */ (["both", "generator", "discriminator"]);

/** @param {string} key @returns {Key} */
export const key = (key) => /** @type {Key} */ (key);

/** A number as it stands beside others; a dash if there is none. @param {number | undefined} value */
export const two = (value) => (value === undefined ? "–" : number(value, { maximumFractionDigits: 2, minimumFractionDigits: 2 }));

export class TrainView {
  #kind;
  #fields;
  #asked = 0;
  #charts;
  /** @type {HTMLDetailsElement[]} */
  #curves;
  #numbers;
  #about = make("p", { class: "hint" });
  #saved;
  /** @type {HTMLElement} */
  #stage;
  #panel;
  #view;
  /** @type {any} */
  config;
  /** @type {Record<string, number>} The newest of each. */
  metrics = {};

  /** @param {Easel} easel @param {Page} page @param {Kind} kind */
  constructor(easel, page, kind) {
    this.easel = easel;
    this.#kind = kind;
    this.#fields = [...kind.others, ...kind.groups.flatMap(({ fields }) => fields)];
    this.config = this.defaults();
    this.#stage = make("section", { class: "stage", label: this.text("stage") });
    this.#numbers = make("dl", { class: "train-numbers", label: this.text("numbers") });
    this.form = new Form(kind.name, () => this.config, (name, value, live) => this.set(name, value, live));
    this.#curves = kind.charts.map(([name]) => make("details", { class: "curves", hidden: true }, make("summary", { text: this.text(name) })));
    this.#charts = kind.charts.map(([, names, straight], i) => new Chart({ details: /** @type {HTMLDetailsElement} */ (this.#curves[i]), names, straight }));
    this.training = new Training({
      begin: () => this.beginning(),
      facts: () => ({ title: [this.text("title.short"), ...(this.config.task ? [this.text(`task.${this.config.task}`)] : [])].map((one) => t(one)).join(" · "), link: `#${this.link({})}` }),
      clear: () => this.clear(),
      show: () => this.show(),
      event: (event) => this.#event(event),
      canvas: () => this.canvas(),
      image: async () => (await this.training.run?.image({ type: "image/png" })) ?? Promise.reject(new Error("no picture")),
      portfolio: page.portfolio,
      charts: this.#charts,
    });
    this.#saved = [
      button("plain", "save", "train.save", () => this.save("picture")),
      button("plain", "save", "checkpoint.save", () => this.save("state")),
      button("plain", "save", "train.networks", () => this.save("networks")),
    ];
    const chooser = make("input", { class: "unseen", type: "file", accept: ".easel", onchange: () => { if (chooser.files?.[0]) page.open(chooser.files[0]); chooser.value = ""; } });
    const opener = make("label", { class: "plain" }, chooser, icon("file"), make("span", { text: "checkpoint.open" }));
    this.scroll = make(
      "div", { class: "panel-scroll" },
      make("section", { class: "block" }, make("h2", { text: this.text("title.short") }), this.#about),
      make("section", { class: "block" }, make("h2", { text: this.text("learning") }), this.form.segments("learning", LEARNING, (learning) => this.set("learning", learning, true))),
      ...kind.groups.map(({ title, fields }, i) =>
        make("details", { class: "block", open: i === 0 }, make("summary", { text: title }), make("div", { class: "fields" }, ...fields.map((field) => this.form.field(field))))),
      make("section", { class: "block" }, make("div", { class: "row" }, make("button", { type: "button", class: "plain", text: "train.reference", onclick: () => this.#reset() })), make("p", { class: "hint", text: "train.next" })),
      make("details", { class: "block" }, make("summary", { text: "train.run" }), make("p", { class: "hint", text: this.text("run.hint") }), make("div", { class: "row" }, ...this.#saved, opener)),
    );
    this.#panel = make("form", { class: "panel", tabindex: "-1", label: "panel.label", onsubmit: (/** @type {Event} */ event) => event.preventDefault() }, this.scroll, this.training.action);
    this.#view = make("main", { class: "view train", id: kind.name, tabindex: "-1", hidden: true }, make("h1", { class: "unseen", text: this.text("heading") }), this.#stage, this.#panel);
    document.getElementById("stylize")?.after(this.#view);
    document.addEventListener("languagechange", () => this.show());
  }

  /** Build what is seen of the job; last in the view's own constructor. @param {...Node} parts */
  build(...parts) {
    this.#numbers.append(...this.#kind.numbers.map((name) =>
      make("div", { "data-number": name, "data-i18n-title": this.text(`${name}.hint`), title: t(this.text(`${name}.hint`)) }, make("dt", { text: this.text(name) }), make("dd"), make("dd", { class: "kept" }))));
    this.#stage.append(...parts, this.#numbers, ...this.#curves);
    this.show();
    this.ask();
  }

  // What a view says of itself.

  /** See `View.begin` of training.js. @returns {(() => import("../easel.js").Run) | null} */
  beginning() {
    return () => this.easel.run({ job: this.#kind.job, ...this.config }, {}, { recover: true });
  }

  /** @returns {HTMLCanvasElement} what is seen */
  canvas() {
    throw new Error("a view has a canvas");
  }

  /** @param {ImageBitmap} _bitmap closed afterwards */
  frame(_bitmap) {}

  /** @param {Record<string, number[]>} _arrays */
  plot(_arrays) {}

  /** A number as it is written. @param {string} _name @param {number | undefined} value @returns {string} */
  written(_name, value) {
    return two(value);
  }

  /** What stands below a number. @param {string} _name @returns {string} */
  beside(_name) {
    return "";
  }

  /** Settings that belong together are made to fit. @param {any} _config */
  fit(_config) {}

  /** The settings that a link changes. @param {URLSearchParams} params @returns {any} */
  basis(params) {
    return this.defaults(this.#kind.tasks.find((one) => one === params.get("task")));
  }

  /** Steps of a run with the present settings. @returns {number} */
  get steps() {
    return this.config.steps;
  }

  /** The settings that the present ones are told from in the address. @returns {any} */
  usual() {
    return this.defaults(this.config.task);
  }

  // What the page asks.

  get element() {
    return this.#view;
  }

  /** Where notices go while it is shown. */
  get stage() {
    return this.#stage;
  }

  get busy() {
    return this.training.busy;
  }

  focus() {
    this.#panel.focus();
  }

  /** It is shown, or not. @param {boolean} on */
  shown(on) {
    this.#view.hidden = !on;
    if (on) setTitle(this.text("title"));
  }

  /** Take the state of a link; what it does not know or what is out of range is left out. @param {URLSearchParams} params */
  restore(params) {
    const config = this.basis(params);
    for (const field of this.#fields) {
      const value = valueOf(field, params.get(field.key));
      if (value !== undefined) config[field.key] = value;
    }
    this.fit(config);
    this.change(config);
  }

  /** The address that rebuilds this view, without `#`. @param {{ lang?: string, theme?: string }} appearance */
  link({ lang, theme }) {
    const params = new URLSearchParams({ view: this.#kind.name });
    const { task } = this.config;
    const usual = this.usual();
    if (task !== this.defaults().task) params.set("task", task);
    for (const { key } of this.#fields) {
      if (this.config[key] !== usual[key]) params.set(key, String(this.config[key]));
    }
    if (lang) params.set("lang", lang);
    if (theme) params.set("theme", theme);
    return params.toString();
  }

  /** Go on with a run that was kept or opened. @param {Blob} state @param {any} config as its file says @param {string} [kept] the id under which it is kept already */
  resume(state, config, kept) {
    this.config = { ...this.defaults(config.task), ...config };
    this.training.follow(() => this.easel.resume(state, { recover: true }), { kept });
  }

  /** The GPU was lost; the run goes on by itself. */
  waiting() {
    this.training.waiting();
  }

  // What a view uses.

  /** @param {string} name @returns {Key} */
  text(name) {
    return key(`${this.#kind.name}.${name}`);
  }

  /** @param {string} [task] the usual one if nothing is said @returns {any} */
  defaults(task) {
    const { job, modest } = this.#kind;
    const config = /** @type {any} */ (structuredClone(/** @type {any} */ (this.easel.defaults)?.[job]));
    return { ...config, ...(this.easel.adapter?.fallback ? modest : {}), ...(task ? { task } : {}) };
  }

  /** Other settings; a run that goes on keeps its own. @param {any} config */
  change(config) {
    this.config = config;
    if (!this.busy) this.clear();
    this.show();
    this.ask();
  }

  /** @param {string} name @param {any} value @param {boolean} live */
  set(name, value, live) {
    this.config[name] = value;
    this.fit(this.config);
    if (!live && !this.busy) this.clear();
    this.show();
    this.ask();
    this.#view.dispatchEvent(new Event("linkchange"));
    if (live) this.training.tune(name, value);
  }

  #reset() {
    this.change(this.defaults(this.config.task));
    this.#view.dispatchEvent(new Event("linkchange"));
  }

  /** What the run would take. */
  async ask() {
    this.#asked += 1;
    const mine = this.#asked;
    const fresh = () => !this.busy && this.training.step === 0 && mine === this.#asked;
    try {
      const estimate = await this.easel.estimate({ job: this.#kind.job, ...this.config }, { width: 1, height: 1 });
      if (fresh()) say(this.training.line, "train.idle", { steps: this.steps, memory: bytes(estimate.bytes) });
    } catch (error) {
      if (mine === this.#asked) alarm(error);
    }
  }

  /** A new run comes. */
  clear() {
    this.training.clear();
    this.metrics = {};
  }

  show() {
    this.form.show();
    this.training.show();
    say(this.#about, this.text(this.config.task ? `about.${this.config.task}` : "about"));
    this.#stage.dataset.phase = this.training.phase;
    for (const one of this.#saved) one.disabled = this.training.step === 0;
    this.#tellNumbers();
  }

  /** @param {import("../easel.js").RunEvent} event */
  #event(event) {
    if (event.type === "frame") {
      this.frame(event.bitmap);
      event.bitmap.close();
    }
    if (event.type === "plot") this.plot(event.arrays);
    if (event.type !== "progress") return;
    Object.assign(this.metrics, event.metrics);
    for (const chart of this.#charts) chart.add(event.step, event.metrics);
    this.#tellNumbers();
  }

  #tellNumbers() {
    this.#kind.numbers.forEach((name, i) => {
      const [shown, small] = this.#numbers.children[i]?.querySelectorAll("dd") ?? [];
      if (shown) shown.textContent = this.written(name, this.metrics[name]);
      if (small) small.textContent = this.beside(name);
    });
  }

  /** A file for the visitor, by what it holds; nothing if the run gives none. @param {string} ending of its name @param {() => Promise<Blob> | undefined} make */
  async give(ending, make) {
    try {
      const blob = await make();
      if (!blob) return;
      const file = `${[this.#kind.stem, this.config.task, this.training.step].filter((part) => part !== undefined).join("-")}${ending}`;
      download(blob, file);
      tell("save.done", { file, size: bytes(blob.size) });
    } catch (error) {
      alarm(error);
    }
  }

  /** @param {"picture" | "state" | "networks"} what */
  async save(what) {
    const { run } = this.training;
    if (what === "picture") await this.give(".png", () => run?.image({ type: "image/png" }));
    if (what === "state") await this.give(".easel", () => run?.checkpoint());
    if (what === "networks") await this.give(".safetensors", () => run?.weights());
  }
}
