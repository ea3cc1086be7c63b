// @ts-check
/** The view "GAN lab": two networks learn before your eyes. Loaded when it is first opened. */
import { download, icon, make } from "../dom.js";
import { add, bytes, say, setTitle, t } from "../i18n.js";
import { inspect } from "../keep/checkpoint.js";
import { across } from "../train/across.js";
import { Form, valueOf } from "../train/form.js";
import { Training, button } from "../train/training.js";
import { Chart } from "../views/chart.js";
import { alarm, tell } from "../views/notices.js";
import { Kept } from "./compare.js";
import { en } from "./en.js";
import { DATA, FIELDS, GROUPS, VARIANTS, points } from "./fields.js";
import * as files from "./files.js";
import { ko } from "./ko.js";
import { Numbers, percent } from "./numbers.js";
import { Plot } from "./plot.js";

/** @typedef {import("../easel.js").Easel} Easel */
/** @typedef {import("../i18n.js").Key} Key */
/** @typedef {import("./fields.js").Config} Config */

/** What a software adapter can show something of within a minute. @param {Config} config @returns {Partial<Config>} */
const modest = (config) => (points(config) ? {} : config.network === "mlp" ? { batch: 32, count: 500 } : config.start ? { batch: 16, count: 300 } : { width: 8, batch: 16, count: 300 });
/** Settings of the networks: a trained start has those of the defaults. */
const SHAPE = ["size", "latent", "width", "norm", "noiseLabel", "pictureLabel"];
const LEARNING = /** @type {const} */ (["both", "generator", "discriminator"]);
const LAYERS = /** @type {const} */ (["field", "grid", "push"]);

/** @param {string} key @returns {Key} */
const key = (key) => /** @type {Key} */ (key);

// Before anything is built: what is built says its text.
add({ en, ko });
add(files);

export class Lab {
  #easel;
  #page;
  /** The settings that the run began with. @type {Config | null} */
  #ran = null;
  /** @type {Config} Variant and data decide the rest, but for what the visitor changed. */
  #config;
  /** @type {Partial<Config>} */
  #changed = {};
  #asked = 0;
  /** @type {import("./plot.js").Stroke | null} The stroke under the pen. */
  #stroke = null;
  /** @type {import("../train/own/own.js").Own | null} */
  #own = null;
  /** @type {Promise<import("../train/own/own.js").Own> | null} */
  #owning = null;
  /** @type {{ file: File, config: Config } | null} Networks of the visitor's own to begin with, and their settings. */
  #network = null;

  #plotCanvas = make("canvas", { class: "lab-plot", role: "img" });
  #plot;
  #sheet = make("canvas", { class: "lab-sheet", role: "img", width: 1, height: 1 });
  #real = make("img", { class: "lab-sheet", alt: "" });
  #realFigure;
  #main;
  #caption = make("p", { class: "caption" });
  #ownPlace = make("section", { class: "own", label: "lab.own", hidden: true });
  #layers = make("div", { class: "lab-layers", role: "group", label: "lab.layers" });
  #pens = make("div", { class: "row" });
  #numbers = new Numbers();
  #about = make("p", { class: "hint" });
  #saveRun;
  #saveNetworks;
  #savePicture;
  #walk;
  #compare;
  #kept = new Kept(() => this.#compared());
  #view;
  #stage;
  #panel;
  /** @type {Chart[]} */
  #charts;
  #form = new Form("lab", () => this.#config, (name, value, live) => this.#set(/** @type {keyof Config} */ (name), value, live));
  #training;

  /** @param {Easel} easel @param {{ portfolio: () => void, open: (file: File) => void, walk: (file: File) => void }} page */
  constructor(easel, page) {
    this.#easel = easel;
    this.#page = page;
    this.#config = this.#defaults("gan", "ring");
    this.#plot = new Plot(this.#plotCanvas);
    this.#draws();
    this.#main = make("figure", {}, this.#plotCanvas, this.#sheet, make("figcaption", { text: "lab.fake.title" }));
    this.#realFigure = make("figure", {}, this.#real, make("figcaption", { text: "lab.real.title" }));
    for (const layer of LAYERS) {
      const box = make("input", { type: "checkbox", onchange: () => { this.#plot.layers[layer] = box.checked; this.#plot.draw(); } });
      box.checked = this.#plot.layers[layer];
      this.#layers.append(make("label", { class: "switch", "data-layer": layer, "data-i18n-title": `lab.layer.${layer}.hint`, title: t(key(`lab.layer.${layer}.hint`)) }, box, make("span", { text: key(`lab.layer.${layer}`) })));
    }
    this.#pens.append(
      make("button", { type: "button", class: "plain", text: "lab.undo", onclick: () => { this.#plot.strokes.pop(); this.#drawn(); } }),
      make("button", { type: "button", class: "plain", text: "lab.clear", onclick: () => { this.#plot.strokes = []; this.#drawn(); } }),
    );
    const game = make("details", { class: "curves", open: true, hidden: true }, make("summary", { text: "lab.curves.game" }));
    const quality = make("details", { class: "curves", hidden: true }, make("summary", { text: "lab.curves.quality" }));
    this.#charts = [
      new Chart({ details: game, names: ["d_loss", "g_loss", "d_real", "d_fake"], straight: true }),
      new Chart({ details: quality, names: ["gradient", "swd", "near", "diversity", "agreement"] }),
    ];
    this.#stage = make(
      "section", { class: "stage", label: "lab.stage" },
      make("div", { class: "train-top" }, this.#form.segments("data", DATA, (data) => this.#choose({ data }))),
      this.#ownPlace,
      make("div", { class: "mount lab-mount" }, this.#main, this.#kept.figure, this.#realFigure),
      make("div", { class: "under" }, this.#caption, this.#pens, this.#layers),
      this.#numbers.advice, this.#numbers.list, game, quality,
    );
    this.#training = new Training({
      begin: () => this.#begin(),
      facts: () => ({ title: `${t(key(`lab.variant.${this.#config.variant}`))} · ${t(key(`lab.data.${this.#config.data}`))}`, link: `#${this.link({})}` }),
      clear: () => {
        this.#ran = structuredClone(this.#config);
        this.#clear();
      },
      show: () => this.#show(),
      event: (event) => this.#event(event),
      canvas: () => (points(this.#config) ? this.#plotCanvas : this.#sheet),
      image: () => this.#image(),
      portfolio: page.portfolio,
      charts: this.#charts,
    });
    this.#compare = button("plain", "copy", "lab.compare", () => this.#keep());
    this.#saveRun = button("plain", "save", "checkpoint.save", () => this.#save("state"));
    this.#saveNetworks = button("plain", "save", "lab.networks", () => this.#save("networks"));
    this.#savePicture = button("plain", "save", "lab.save", () => this.#save("picture"));
    this.#walk = button("plain", "reuse", "lab.walk", () => this.#save("walk"));
    const chooser = make("input", { class: "unseen", type: "file", accept: ".easel,.safetensors,.pth,.pt", onchange: () => { if (chooser.files?.[0]) this.#page.open(chooser.files[0]); chooser.value = ""; } });
    const kinds = this.#form.segments("variant", VARIANTS, (variant) => this.#choose({ variant }));
    kinds.append(across("view=grow", "Progressive GAN"), across("view=paint", "StackGAN"));
    const reference = make("button", { type: "button", class: "plain", text: "lab.reference", onclick: () => this.#reset(), "data-i18n-title": "lab.reference.hint", title: t("lab.reference.hint") });
    this.#panel = make(
      "form", { class: "panel", tabindex: "-1", label: "panel.label", onsubmit: (/** @type {Event} */ event) => event.preventDefault() },
      make(
        "div", { class: "panel-scroll" },
        make("section", { class: "block" }, make("h2", { text: "lab.variant" }), kinds, this.#about, this.#trained()),
        make("section", { class: "block" }, make("h2", { text: "lab.learning" }), this.#form.segments("learning", LEARNING, (learning) => this.#set("learning", learning, true))),
        ...GROUPS.map(({ title, fields }, i) =>
          make("details", { class: "block", open: i === 0 }, make("summary", { text: title }), make("div", { class: "fields" }, ...fields.map((field) => this.#form.field(field))))),
        make("section", { class: "block" }, make("div", { class: "row" }, reference, this.#compare), make("p", { class: "hint", text: "lab.compare.hint" }), make("p", { class: "hint", text: "lab.next" })),
        make("details", { class: "block" }, make("summary", { text: "lab.run" }), make("p", { class: "hint", text: "lab.run.hint" }),
          make("div", { class: "row" }, this.#walk, this.#savePicture, this.#saveRun, this.#saveNetworks, make("label", { class: "plain" }, chooser, icon("file"), make("span", { text: "checkpoint.open" })))),
      ),
      this.#training.action,
    );
    this.#view = make("main", { class: "view train", id: "lab", tabindex: "-1", hidden: true }, make("h1", { class: "unseen", text: "lab.heading" }), this.#stage, this.#panel);
    document.getElementById("stylize")?.after(this.#view);
    for (const type of ["dragenter", "dragover", "dragleave", "drop"]) addEventListener(type, (event) => this.#drag(/** @type {DragEvent} */ (event)), true);
    document.addEventListener("languagechange", () => this.#show());
    new MutationObserver(() => this.#plot.draw()).observe(document.documentElement, { attributeFilter: ["data-theme"] });
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
    this.#own?.shown(on && this.#config.data === "pictures");
    if (on) setTitle("lab.title");
    if (on) this.#plot.draw();
  }

  /** Take the state of a link; what it does not know or what is out of range is left out. @param {URLSearchParams} params */
  restore(params) {
    const variant = VARIANTS.find((one) => one === params.get("variant")) ?? "gan";
    const data = DATA.find((one) => one === params.get("data"));
    /** @type {Record<string, unknown>} */
    const changed = {};
    for (const field of FIELDS) {
      const value = valueOf(field, params.get(field.key));
      if (value !== undefined) changed[field.key] = value;
    }
    this.#plot.strokes = (params.get("drawing") ?? "").split("_").filter(Boolean).slice(0, 200).map((stroke) => {
      const numbers = stroke.split("~").map((part) => Number(part) / 100);
      /** @type {import("./plot.js").Stroke} */
      const corners = [];
      for (let i = 0; i + 1 < numbers.length; i += 2) {
        const [x, y] = [numbers[i] ?? 0, numbers[i + 1] ?? 0];
        if (Math.abs(x) <= 2 && Math.abs(y) <= 2) corners.push([x, y]);
      }
      return corners;
    }).filter((stroke) => stroke.length > 0);
    if (params.get("start") === "scratch" || SHAPE.some((name) => name in changed)) changed.start = "";
    this.#changed = /** @type {Partial<Config>} */ (changed);
    this.#choose({ variant, data: data ?? this.#known(variant)[0] });
  }

  /** The address that rebuilds this view, without `#`. @param {{ lang?: string, theme?: string }} appearance */
  link({ lang, theme }) {
    const { variant, data } = this.#config;
    const params = new URLSearchParams({ view: "lab", variant, data });
    for (const [name, value] of Object.entries(this.#changed)) params.set(name, name === "start" ? "scratch" : String(value));
    if (data === "drawn") {
      const drawing = this.#plot.strokes.map((stroke) => stroke.flat().map((at) => Math.round(100 * at)).join("~"));
      if (drawing.length > 0) params.set("drawing", drawing.join("_"));
    }
    if (lang) params.set("lang", lang);
    if (theme) params.set("theme", theme);
    return params.toString();
  }

  /** Go on with a run that was kept or opened. @param {Blob} state @param {Config} config as its file says @param {string} [kept] the id under which it is kept already */
  resume(state, config, kept) {
    this.#network = null;
    // What it began with is no part of the file.
    this.#adopt(config.start === "custom" ? { ...config, start: "" } : config);
    if (config.data === "pictures") {
      this.#openOwn(async (own) => {
        const file = await inspect(state);
        if (file?.data) own.keep(file.data.blob);
      });
    }
    this.#training.follow(() => this.#easel.resume(state, { recover: true }), { kept });
  }

  /** Begin a run with networks out of a file. @param {File} file @param {Config | null} config as it says; null if it says none */
  begin(file, config) {
    // A generator alone is one to walk through.
    if (!config) {
      this.#page.walk(file);
      return;
    }
    const custom = { ...config, start: "custom" };
    this.#network = { file, config: custom };
    this.#adopt(custom);
    this.#training.start();
  }

  /** Take over the settings of a file. @param {Config} config */
  #adopt(config) {
    this.#config = { ...this.#defaults(config.variant, config.data), ...config };
    this.#changed = this.#differences();
    this.#plot.strokes = config.data === "drawn" ? /** @type {any} */ (config.drawing) : [];
    this.#show();
  }

  /** The GPU was lost; the run goes on by itself. */
  waiting() {
    this.#training.waiting();
  }

  /** @param {string} variant @returns {string[]} what it can learn from */
  #known(variant) {
    const all = this.#easel.defaults?.gan ?? [];
    return all.filter((one) => one.variant === variant).map(({ data }) => String(data));
  }

  /** @param {string} variant @param {string} data @returns {Config} */
  #defaults(variant, data) {
    const all = this.#easel.defaults?.gan ?? [];
    const found = all.find((one) => one.variant === variant && one.data === data) ?? all.find((one) => one.variant === variant) ?? all[0];
    const start = this.#easel.models.find(({ id, job }) => job === "gan" && id === `${variant}-${data}`)?.id ?? "";
    const config = { ...structuredClone(/** @type {Config} */ (found)), start };
    return this.#easel.adapter?.fallback ? { ...config, ...modest(config) } : config;
  }

  #differences() {
    const defaults = this.#defaults(this.#config.variant, this.#config.data);
    /** @type {(keyof Config)[]} */
    const keys = [...FIELDS.map(({ key }) => key), "start"];
    const known = keys.filter((key) => JSON.stringify(this.#config[key]) !== JSON.stringify(defaults[key]));
    return /** @type {Partial<Config>} */ (Object.fromEntries(known.map((key) => [key, this.#config[key]])));
  }

  /** Another variant or other data: what does not go with it is chosen anew. @param {{ variant?: string, data?: string }} wanted */
  #choose({ variant = this.#config.variant, data = this.#config.data }) {
    const all = this.#known(variant);
    if (!all.includes(data)) {
      // The last choice leads.
      const other = VARIANTS.find((one) => this.#known(one).includes(data));
      if (variant === this.#config.variant && other) variant = other;
      else data = all[0] ?? data;
    }
    this.#network = null;
    if (this.#changed.start === "custom") delete this.#changed.start;
    const objective = this.#defaults(variant, data).objective;
    const { learning } = this.#config;
    if (this.#changed.objective === objective) delete this.#changed.objective;
    this.#config = { ...this.#defaults(variant, data), ...this.#changed, learning };
    this.#changed = this.#differences();
    if (data === "pictures") this.#openOwn();
    if (!this.busy) this.#clear();
    this.#show();
    this.#ask();
    this.#linked();
  }

  /** @param {keyof Config} name @param {unknown} value @param {boolean} live */
  #set(name, value, live) {
    /** @type {any} */ (this.#config)[name] = value;
    if (SHAPE.includes(name)) this.#config.start = "";
    this.#changed = this.#differences();
    this.#show();
    this.#linked();
    if (name === "size") this.#ask();
    if (live) this.#training.tune(name, value);
  }

  #reset() {
    this.#changed = {};
    this.#config.learning = "both";
    this.#choose({});
    if (this.busy) this.#set("learning", "both", true);
  }

  /** What the visitor's own pictures need; loaded when it is first asked for. @param {(own: import("../train/own/own.js").Own) => unknown} [act] */
  async #openOwn(act) {
    this.#owning ??= import("../train/own/own.js").then(({ Own }) => {
      const changed = () => {
        this.#show();
        this.#ask();
      };
      return (this.#own = new Own(this.#easel, { place: this.#ownPlace, size: () => this.#config.size, changed }));
    });
    try {
      await act?.(await this.#owning);
    } catch (error) {
      this.#owning = null;
      alarm(error);
    }
  }

  /** Files that are dropped anywhere on the view are pictures to learn from, or a run or networks to go on with. @param {DragEvent} event */
  #drag(event) {
    const { dataTransfer } = event;
    if (this.#view.hidden || !dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    // The page's own places to drop are those of Stylize.
    event.stopPropagation();
    dataTransfer.dropEffect = "copy";
    this.#view.classList.toggle("dropping", event.type === "dragenter" || event.type === "dragover");
    if (event.type !== "drop") return;
    const [first, ...others] = dataTransfer.files;
    if (first && others.length === 0 && /\.(easel|safetensors|pth|pt)$/i.test(first.name)) {
      this.#page.open(first);
      return;
    }
    // They can be asked for only now.
    const items = [...dataTransfer.items].filter(({ kind }) => kind === "file").map((item) => item.webkitGetAsEntry() ?? item.getAsFile());
    // Networks to begin with stay, if they are of one's own pictures.
    if (this.#config.data !== "pictures") this.#choose({ data: "pictures" });
    this.#openOwn((own) => own.dropped(items));
  }

  /** What travels beside a request. */
  get #inputs() {
    const data = this.#config.data === "pictures" ? this.#own?.blob : null;
    const network = this.#config.start === "custom" ? this.#network?.file : null;
    return { ...(data ? { data } : {}), ...(network ? { network } : {}) };
  }

  #linked() {
    this.#view.dispatchEvent(new Event("linkchange"));
  }

  /** What the run would take, and what real pictures look like. */
  async #ask() {
    this.#asked += 1;
    const mine = this.#asked;
    const fresh = () => !this.busy && this.#training.step === 0;
    if (fresh()) this.#training.line.textContent = "";
    /** @type {import("../easel.js").JobConfig} */
    const job = { job: "gan", ...this.#config, drawing: this.#drawing, brush: this.#plot.brush };
    if (this.#config.data === "drawn" && this.#drawing.length === 0) return;
    try {
      const estimate = await this.#easel.estimate(job, { width: 1, height: 1 });
      if (mine !== this.#asked) return;
      if (fresh()) say(this.#training.line, "lab.idle", { steps: this.#config.steps, memory: bytes(estimate.bytes) });
      if (this.#config.data === "pictures" && !this.#own?.blob) {
        this.#real.removeAttribute("src");
        return;
      }
      const blob = await this.#easel.data(job, this.#inputs);
      if (mine !== this.#asked) return;
      if (points(this.#config)) {
        const real = JSON.parse(await blob.text());
        if (mine === this.#asked) this.#plot.show({ real });
        return;
      }
      URL.revokeObjectURL(this.#real.src);
      this.#real.src = URL.createObjectURL(blob);
    } catch (error) {
      if (mine === this.#asked) alarm(error);
    }
  }

  /** Whether to begin with what was learnt before, where there is something. */
  #trained() {
    const box = make("input", {
      type: "checkbox",
      onchange: () => {
        const { start, size, latent, width, norm, noiseLabel, pictureLabel } = this.#network?.config ?? this.#defaults(this.#config.variant, this.#config.data);
        // Its networks are those of the defaults, or of the file.
        Object.assign(this.#config, box.checked ? { start, size, latent, width, norm, noiseLabel, pictureLabel } : { start: "" });
        this.#changed = this.#differences();
        this.#show();
        this.#linked();
      },
    });
    const text = make("span", { text: "lab.trained" });
    const row = make("label", { class: "switch", "data-i18n-title": "lab.trained.hint", title: t("lab.trained.hint") }, box, text);
    this.#form.also(() => {
      const name = this.#network?.file.name;
      box.checked = this.#config.start !== "";
      row.hidden = !name && this.#defaults(this.#config.variant, this.#config.data).start === "";
      if (name) say(text, "lab.trained.file", { name });
      else say(text, "lab.trained");
    });
    return row;
  }

  /** The canvas is a pad while there is something to draw. */
  #draws() {
    const canvas = this.#plotCanvas;
    const may = () => this.#config.data === "drawn" && !this.busy;
    canvas.addEventListener("pointerdown", (event) => {
      if (!may() || !event.isPrimary) return;
      canvas.setPointerCapture(event.pointerId);
      if (this.#training.step > 0) this.#clear();
      this.#stroke = [this.#plot.at(event)];
      this.#plot.strokes.push(this.#stroke);
      this.#plot.draw();
    });
    canvas.addEventListener("pointermove", (event) => {
      if (!this.#stroke || !event.isPrimary) return;
      const [x, y] = this.#plot.at(event);
      const [a, b] = this.#stroke.at(-1) ?? [x, y];
      if (Math.hypot(x - a, y - b) < 0.04 || this.#stroke.length > 400) return;
      this.#stroke.push([x, y]);
      this.#plot.draw();
    });
    for (const end of ["pointerup", "pointercancel"]) {
      canvas.addEventListener(end, () => {
        if (!this.#stroke) return;
        this.#stroke = null;
        this.#drawn();
      });
    }
  }

  /** The strokes, if they are what is learnt. */
  get #drawing() {
    return this.#config.data === "drawn" ? this.#plot.strokes : [];
  }

  #drawn() {
    this.#plot.clear();
    this.#show();
    this.#ask();
    this.#linked();
  }

  #clear() {
    this.#training.clear();
    this.#numbers.clear();
    this.#plot.clear();
    this.#sheet.width = this.#sheet.height = 1;
  }

  /** What begins a run; null if something is missing, which is told. */
  #begin() {
    if (this.#config.data === "drawn" && this.#drawing.length === 0) {
      tell("lab.press.drawn");
      return null;
    }
    if (this.#config.data === "pictures" && !this.#own?.blob) {
      tell("lab.own.first");
      return null;
    }
    /** @type {import("../easel.js").JobConfig} */
    const job = { job: "gan", ...this.#config, drawing: this.#drawing, brush: this.#plot.brush };
    const inputs = this.#inputs;
    return () => this.#easel.run(job, inputs, { recover: true });
  }

  /** @param {import("../easel.js").RunEvent} event */
  #event(event) {
    if (event.type === "progress") this.#progress(event);
    if (event.type === "plot") this.#plot.show(event.arrays);
    if (event.type !== "frame") return;
    const { bitmap } = event;
    [this.#sheet.width, this.#sheet.height] = [bitmap.width, bitmap.height];
    this.#sheet.getContext("2d")?.drawImage(bitmap, 0, 0);
    bitmap.close();
  }

  /** @param {Extract<import("../easel.js").RunEvent, { type: "progress" }>} event */
  #progress({ step, metrics }) {
    Object.assign(this.#numbers.metrics, metrics);
    const { swd, swd_real: floor, diversity, diversity_real: real, ...others } = metrics;
    const shown = { ...others, ...(swd && floor ? { swd: swd / floor } : {}), ...(diversity && real ? { diversity: diversity / real } : {}) };
    for (const chart of this.#charts) chart.add(step, shown);
    this.#tellNumbers();
    this.#numbers.advise(step, metrics);
    this.#name();
  }

  /** The run as it stands is kept, to be compared with later ones. */
  #keep() {
    const { variant, data, objective } = this.#ran ?? this.#config;
    const title = [t(key(`lab.variant.${variant}`)), t(key(`lab.data.${data}`)), t(key(`lab.objective.${objective}`))].join(" · ");
    this.#kept.keep(points(this.#config) ? this.#plotCanvas : this.#sheet, { title, step: this.#training.step }, this.#numbers.told);
    this.#compared();
  }

  /** A run was kept, or let go of. */
  #compared() {
    for (const chart of this.#charts) chart.keep(this.#kept.on);
    this.#show();
  }

  #tellNumbers() {
    this.#numbers.show(points(this.#config), this.#kept.numbers);
  }

  /** What a screen reader says of the pictures. */
  #name() {
    const { covered, modes, near = 0 } = this.#numbers.metrics;
    const what = covered === undefined || modes === undefined ? t("lab.plot.before") : t("lab.plot.now", { step: this.#training.step, covered, modes, near: percent(near) });
    this.#plotCanvas.setAttribute("aria-label", t("lab.plot", { what }));
    this.#sheet.setAttribute("aria-label", this.#training.step ? t("lab.sheet", { step: this.#training.step }) : t("lab.sheet.before"));
  }

  #show() {
    const flat = points(this.#config);
    const drawing = this.#config.data === "drawn";
    this.#form.show();
    say(this.#about, key(`lab.about.${this.#config.variant}`));
    this.#plotCanvas.hidden = this.#layers.hidden = !flat;
    const own = this.#config.data === "pictures";
    this.#ownPlace.hidden = !own;
    this.#own?.shown(own && !this.#view.hidden);
    this.#sheet.hidden = flat;
    this.#realFigure.hidden = flat || (own && !this.#own?.blob);
    this.#real.alt = t("lab.real");
    /** @type {HTMLElement} */ (this.#main.lastElementChild).hidden = flat;
    this.#layers.querySelector("[data-layer=grid]")?.toggleAttribute("hidden", this.#config.latent !== 2);
    this.#pens.hidden = !drawing || this.busy;
    this.#plotCanvas.classList.toggle("pad", drawing && !this.busy);
    if (!drawing) this.#plot.strokes = [];
    this.#plot.draw();
    this.#stage.dataset.phase = this.#training.phase;
    this.#stage.classList.toggle("flat", flat);
    this.#stage.classList.toggle("compared", this.#kept.on);
    this.#compare.disabled = this.#training.step === 0;
    this.#training.show();
    this.#walk.disabled = this.#saveRun.disabled = this.#saveNetworks.disabled = this.#savePicture.disabled = this.#training.step === 0;
    if (this.#training.step === 0) say(this.#caption, drawing ? "lab.press.drawn" : own && !this.#own?.blob ? "lab.own.first" : flat ? "lab.press" : "lab.press.pictures");
    else if (flat) say(this.#caption, "lab.layer.field.hint");
    else this.#caption.textContent = "";
    this.#tellNumbers();
    this.#name();
  }

  /** What is seen, as PNG. @returns {Promise<Blob>} */
  async #image() {
    const run = this.#training.run;
    if (run && !points(this.#ran ?? this.#config)) return run.image({ type: "image/png" });
    return new Promise((done, failed) => this.#plotCanvas.toBlob((blob) => (blob ? done(blob) : failed(new Error("no picture"))), "image/png"));
  }

  /** @param {"picture" | "state" | "networks" | "walk"} what */
  async #save(what) {
    const stem = `gan-${this.#config.variant}-${this.#config.data}-${this.#training.step}`;
    try {
      const blob = await { picture: () => this.#image(), state: () => this.#training.run?.checkpoint(), networks: () => this.#training.run?.weights(), walk: () => this.#training.run?.weights() }[what]();
      if (!blob) return;
      if (what === "walk") {
        this.#page.walk(new File([blob], `${stem}.safetensors`));
        return;
      }
      const file = `${stem}.${{ picture: "png", state: "easel", networks: "safetensors" }[what]}`;
      download(blob, file);
      tell("save.done", { file, size: bytes(blob.size) });
    } catch (error) {
      alarm(error);
    }
  }
}
