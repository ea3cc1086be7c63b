// @ts-check
/** The view "Translate": pix2pix learns to turn one kind of picture into another. Loaded when it is first opened. */
import { download, icon, make } from "../dom.js";
import { add, bytes, number, say, setTitle, t } from "../i18n.js";
import { Form, valueOf } from "../train/form.js";
import { kinds } from "../train/kinds.js";
import { Opinions } from "../train/opinions.js";
import { Training, button } from "../train/training.js";
import { Chart } from "../views/chart.js";
import { alarm, tell } from "../views/notices.js";
import { en } from "./en.js";
import { FIELDS, GROUPS, PATCHES, TASKS } from "./fields.js";
import { ko } from "./ko.js";

/** @typedef {import("../easel.js").Easel} Easel */
/** @typedef {import("../i18n.js").Key} Key */
/** @typedef {import("./fields.js").Config} Config */

const LEARNING = /** @type {const} */ (["both", "generator", "discriminator"]);
/** Columns of the sheet: input, drawn, truth. */
const COLUMNS = 3;
/** What a software adapter can show something of within a minute. */
const MODEST = { size: 32, count: 150, width: 8, discriminatorWidth: 8 };

/** @param {string} key @returns {Key} */
const key = (key) => /** @type {Key} */ (key);

// Before anything is built: what is built says its text.
add({ en, ko });

export class Translate {
  #easel;
  /** @type {Config} */
  #config;
  /** @type {Record<string, number>} */
  #metrics = {};
  #asked = 0;

  #sheet = make("canvas", { class: "translate-sheet", role: "img", width: 1, height: 1 });
  #empty = make("p", { class: "placeholder", text: "translate.press" });
  #drawn = new Opinions("translate.map.fake", "translate.map.fake");
  #true = new Opinions("translate.map.real", "translate.map.real");
  #numbers = make("dl", { class: "train-numbers", label: "translate.numbers" });
  #about = make("p", { class: "hint" });
  /** @type {Chart[]} */
  #charts;
  #form = new Form("translate", () => this.#config, (name, value, live) => this.#set(name, value, live));
  #training;
  #saved;
  #stage;
  #panel;
  #view;

  /** @param {Easel} easel @param {{ portfolio: () => void, open: (file: File) => void, go: import("../train/kinds.js").Go }} page */
  constructor(easel, page) {
    this.#easel = easel;
    this.#config = this.#defaults();
    const losses = make("details", { class: "curves", open: true, hidden: true }, make("summary", { text: "translate.curves.losses" }));
    const quality = make("details", { class: "curves", hidden: true }, make("summary", { text: "translate.curves.quality" }));
    this.#charts = [
      new Chart({ details: losses, names: ["d_loss", "g_loss", "d_real", "d_fake"], straight: true }),
      new Chart({ details: quality, names: ["l1", "l1_held", "sharp_held"] }),
    ];
    this.#training = new Training({
      begin: () => () => this.#easel.run({ job: "pix2pix", ...this.#config }, {}, { recover: true }),
      facts: () => ({ title: `pix2pix · ${t(key(`translate.task.${this.#config.task}`))}`, link: `#${this.link({})}` }),
      clear: () => this.#clear(),
      show: () => this.#show(),
      event: (event) => this.#event(event),
      canvas: () => this.#sheet,
      image: async () => (await this.#training.run?.image({ type: "image/png" })) ?? Promise.reject(new Error("no picture")),
      portfolio: page.portfolio,
      charts: this.#charts,
    });
    const heads = make("div", { class: "translate-heads", "aria-hidden": "true" }, ...["input", "drawn", "truth"].map((name) => make("span", { text: key(`translate.${name}`) })));
    this.#stage = make(
      "section", { class: "stage", label: "translate.stage" },
      kinds("translate", page.go),
      make("div", { class: "train-top" }, this.#form.segments("task", TASKS, (task) => this.#set("task", task, false))),
      make("div", { class: "mount translate-mount" }, make("div", { class: "translate-pairs" }, heads, this.#sheet, this.#empty), this.#drawn.figure, this.#true.figure),
      make("div", { class: "under" }, make("p", { class: "caption", text: "translate.map.hint" })),
      this.#numbers, losses, quality,
    );
    this.#saved = [
      button("plain", "save", "translate.save", () => this.#save("picture")),
      button("plain", "save", "checkpoint.save", () => this.#save("state")),
      button("plain", "save", "translate.networks", () => this.#save("networks")),
    ];
    const chooser = make("input", { class: "unseen", type: "file", accept: ".easel", onchange: () => { if (chooser.files?.[0]) page.open(chooser.files[0]); chooser.value = ""; } });
    const patches = PATCHES.map(([side]) => side);
    const patch = this.#form.segments("patch", patches, (side) => this.#set("patch", Number(side), false));
    this.#form.also(() => [...patch.children].forEach((one, i) => one.toggleAttribute("hidden", this.#config.size < (PATCHES[i]?.[1] ?? 0))));
    this.#panel = make(
      "form", { class: "panel", tabindex: "-1", label: "panel.label", onsubmit: (/** @type {Event} */ event) => event.preventDefault() },
      make(
        "div", { class: "panel-scroll" },
        make("section", { class: "block" }, make("h2", { text: "translate.title.short" }), this.#about),
        make("section", { class: "block" }, make("h2", { text: "translate.patch" }), patch, make("p", { class: "hint", text: "translate.patch.hint" })),
        make("section", { class: "block" }, make("h2", { text: "translate.learning" }), this.#form.segments("learning", LEARNING, (learning) => this.#set("learning", learning, true))),
        ...GROUPS.map(({ title, fields }, i) =>
          make("details", { class: "block", open: i === 0 }, make("summary", { text: title }), make("div", { class: "fields" }, ...fields.map((field) => this.#form.field(field))))),
        make("section", { class: "block" }, make("div", { class: "row" }, make("button", { type: "button", class: "plain", text: "translate.reference", onclick: () => this.#reset() })), make("p", { class: "hint", text: "translate.next" })),
        make("details", { class: "block" }, make("summary", { text: "translate.run" }), make("p", { class: "hint", text: "translate.run.hint" }), make("div", { class: "row" }, ...this.#saved, make("label", { class: "plain" }, chooser, icon("file"), make("span", { text: "checkpoint.open" })))),
      ),
      this.#training.action,
    );
    this.#view = make("main", { class: "view train", id: "translate", tabindex: "-1", hidden: true }, make("h1", { class: "unseen", text: "translate.heading" }), this.#stage, this.#panel);
    document.getElementById("stylize")?.after(this.#view);
    document.addEventListener("languagechange", () => this.#show());
    this.#show();
    this.#ask();
  }

  /** The whole view. */
  get element() {
    return this.#view;
  }

  /** Where notices go while it is shown. */
  get stage() {
    return this.#stage;
  }

  get busy() {
    return this.#training.busy;
  }

  focus() {
    this.#panel.focus();
  }

  /** It is shown, or not. @param {boolean} on */
  shown(on) {
    this.#view.hidden = !on;
    if (on) setTitle("translate.title");
  }

  /** Take the state of a link; what it does not know or what is out of range is left out. @param {URLSearchParams} params */
  restore(params) {
    const config = this.#defaults();
    for (const field of FIELDS) {
      const value = valueOf(field, params.get(field.key));
      if (value !== undefined) /** @type {any} */ (config)[field.key] = value;
    }
    config.task = TASKS.find((one) => one === params.get("task")) ?? config.task;
    config.patch = Number(PATCHES.find(([side, least]) => side === params.get("patch") && config.size >= least)?.[0] ?? config.patch);
    this.#config = config;
    if (!this.busy) this.#clear();
    this.#show();
    this.#ask();
  }

  /** The address that rebuilds this view, without `#`. @param {{ lang?: string, theme?: string }} appearance */
  link({ lang, theme }) {
    const params = new URLSearchParams({ view: "translate" });
    const usual = this.#defaults();
    for (const name of /** @type {(keyof Config)[]} */ (["task", "patch", ...FIELDS.map((field) => field.key)])) {
      if (this.#config[name] !== usual[name]) params.set(name, String(this.#config[name]));
    }
    if (lang) params.set("lang", lang);
    if (theme) params.set("theme", theme);
    return params.toString();
  }

  /** Go on with a run that was kept or opened. @param {Blob} state @param {Config} config as its file says @param {string} [kept] the id under which it is kept already */
  resume(state, config, kept) {
    this.#config = { ...this.#defaults(), ...config };
    this.#training.follow(() => this.#easel.resume(state, { recover: true }), { kept });
  }

  /** Networks alone begin no run here. @param {File} file */
  begin(file) {
    tell("translate.networks.alone", { name: file.name });
  }

  /** The GPU was lost; the run goes on by itself. */
  waiting() {
    this.#training.waiting();
  }

  /** @returns {Config} */
  #defaults() {
    const config = /** @type {Config} */ (structuredClone(this.#easel.defaults?.pix2pix));
    return this.#easel.adapter?.fallback ? { ...config, ...MODEST } : config;
  }

  /** @param {string} name @param {any} value @param {boolean} live */
  #set(name, value, live) {
    /** @type {any} */ (this.#config)[name] = value;
    const { size, patch } = this.#config;
    const fits = PATCHES.filter(([, least]) => size >= least).map(([side]) => Number(side));
    if (!fits.includes(patch)) this.#config.patch = fits.at(-1) ?? 1;
    if (!live && !this.busy) this.#clear();
    this.#show();
    this.#ask();
    this.#view.dispatchEvent(new Event("linkchange"));
    if (live) this.#training.tune(name, value);
  }

  #reset() {
    const { task } = this.#config;
    this.#config = { ...this.#defaults(), task };
    if (!this.busy) this.#clear();
    this.#show();
    this.#ask();
    this.#view.dispatchEvent(new Event("linkchange"));
  }

  /** What the run would take. */
  async #ask() {
    this.#asked += 1;
    const mine = this.#asked;
    const fresh = () => !this.busy && this.#training.step === 0 && mine === this.#asked;
    try {
      const estimate = await this.#easel.estimate({ job: "pix2pix", ...this.#config }, { width: 1, height: 1 });
      if (fresh()) say(this.#training.line, "translate.idle", { steps: this.#config.steps, memory: bytes(estimate.bytes) });
    } catch (error) {
      if (mine === this.#asked) alarm(error);
    }
  }

  #clear() {
    this.#training.clear();
    this.#metrics = {};
    this.#sheet.width = this.#sheet.height = 1;
    this.#drawn.clear();
    this.#true.clear();
  }

  /** @param {import("../easel.js").RunEvent} event */
  #event(event) {
    if (event.type === "frame") {
      const { bitmap } = event;
      [this.#sheet.width, this.#sheet.height] = [bitmap.width, bitmap.height];
      this.#sheet.getContext("2d")?.drawImage(bitmap, 0, 0);
      bitmap.close();
      const side = this.#sheet.width / COLUMNS;
      this.#drawn.on(this.#sheet, side, 0, side);
      this.#true.on(this.#sheet, 2 * side, 0, side);
      this.#empty.hidden = true;
      this.#sheet.setAttribute("aria-label", t("translate.sheet", { step: this.#training.step }));
    }
    if (event.type === "plot") {
      const { map_fake: fake, map_real: real } = event.arrays;
      if (fake) this.#drawn.show(fake);
      if (real) this.#true.show(real);
    }
    if (event.type !== "progress") return;
    Object.assign(this.#metrics, event.metrics);
    for (const chart of this.#charts) chart.add(event.step, event.metrics);
    this.#tellNumbers();
  }

  #tellNumbers() {
    const { d_real, d_fake, l1, l1_held, l1_copied, l1_mean, sharp_held } = this.#metrics;
    const two = (/** @type {number | undefined} */ value) => (value === undefined ? "–" : number(value, { maximumFractionDigits: 2, minimumFractionDigits: 2 }));
    const told = [
      ["l1_held", two(l1_held), l1_copied === undefined ? "" : t("translate.l1_held.beside", { copied: two(l1_copied), mean: two(l1_mean) })],
      ["sharp_held", sharp_held === undefined ? "–" : t("percent", { n: Math.round(100 * sharp_held) }), ""],
      ["l1", two(l1), ""], ["d_real", two(d_real), ""], ["d_fake", two(d_fake), ""],
    ];
    if (this.#numbers.childElementCount === 0) {
      this.#numbers.append(...told.map(([name = ""]) => make("div", { "data-number": name, "data-i18n-title": `translate.${name}.hint`, title: t(key(`translate.${name}.hint`)) }, make("dt", { text: key(`translate.${name}`) }), make("dd"), make("dd", { class: "kept" }))));
    }
    told.forEach(([, value = "", beside = ""], i) => {
      const [shown, small] = this.#numbers.children[i]?.querySelectorAll("dd") ?? [];
      if (shown) shown.textContent = value;
      if (small) small.textContent = beside;
    });
  }

  #show() {
    this.#form.show();
    this.#training.show();
    say(this.#about, key(`translate.about.${this.#config.task}`));
    this.#stage.dataset.phase = this.#training.phase;
    this.#empty.hidden = this.#sheet.width > 1;
    this.#sheet.hidden = this.#sheet.width <= 1;
    for (const one of this.#saved) one.disabled = this.#training.step === 0;
    this.#tellNumbers();
  }

  /** @param {"picture" | "state" | "networks"} what */
  async #save(what) {
    const { run, step } = this.#training;
    const stem = `pix2pix-${this.#config.task}-${step}`;
    try {
      const blob = await { picture: () => run?.image({ type: "image/png" }), state: () => run?.checkpoint(), networks: () => run?.weights() }[what]();
      if (!blob) return;
      const file = `${stem}.${{ picture: "png", state: "easel", networks: "safetensors" }[what]}`;
      download(blob, file);
      tell("save.done", { file, size: bytes(blob.size) });
    } catch (error) {
      alarm(error);
    }
  }
}
