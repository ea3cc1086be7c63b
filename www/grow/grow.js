// @ts-check
/** The view "Progressive GAN": two networks learn small pictures first and grow. Loaded when it is first opened. */
import { download, icon, make } from "../dom.js";
import { add, bytes, number, say, setTitle, t } from "../i18n.js";
import { inspect } from "../keep/checkpoint.js";
import { across } from "../train/across.js";
import { Form, valueOf } from "../train/form.js";
import { Training, button } from "../train/training.js";
import { Chart } from "../views/chart.js";
import { alarm, tell } from "../views/notices.js";
import { en } from "./en.js";
import { DATA, FIELDS, GROUPS } from "./fields.js";
import { ko } from "./ko.js";
import { Tower, percent } from "./tower.js";

/** @typedef {import("../easel.js").Easel} Easel */
/** @typedef {import("../i18n.js").Key} Key */
/** @typedef {import("./fields.js").Config} Config */

const LEARNING = /** @type {const} */ (["both", "generator", "discriminator"]);
const LAB = /** @type {const} */ (["gan", "dcgan", "lsgan", "cgan"]);
/** What a software adapter can show something of within a minute. @type {Partial<Config>} */
const MODEST = { size: 16, count: 200, fade: 1000, stable: 1600, batches: [8], latent: 16, fmapBase: 64, fmapMax: 16, objective: "least-squares", generatorRate: 2e-2, discriminatorRate: 2e-2 };
/** The trained start of scenes, and the settings of its networks. */
const START = { start: "progan-scenes", size: 32, latent: 64, fmapBase: 256, fmapMax: 64 };
const SHAPE = /** @type {(keyof typeof START)[]} */ (Object.keys(START));
const STARTED = "scenes";
/** Real pictures are faded as the others are; they are asked for again when that has changed so much, or the level has. */
const APART = 0.1;

/** @param {string} key @returns {Key} */
const key = (key) => /** @type {Key} */ (key);

// Before anything is built: what is built says its text.
add({ en, ko });

export class Grow {
  #easel;
  #open;
  /** @type {Config} */
  #config;
  /** @type {Record<string, number | undefined>} */
  #metrics = {};
  #asked = 0;
  /** The level whose rows are drawn, and level and fade of the real pictures. */
  #drawn = -1;
  #real = -1;
  /** A hand is on the fade. */
  #held = false;
  /** @type {import("../train/own/own.js").Own | null} */
  #own = null;
  /** @type {Promise<import("../train/own/own.js").Own> | null} */
  #owning = null;

  #sheet = make("canvas", { class: "grow-sheet", role: "img", width: 1, height: 1 });
  #realSheet = make("canvas", { class: "grow-sheet", role: "img", label: "grow.real.label", width: 1, height: 1 });
  #figure = make("figure", { hidden: true }, this.#sheet, make("figcaption", { text: "grow.generated" }));
  #realFigure = make("figure", { hidden: true }, this.#realSheet, make("figcaption", { text: "grow.real" }));
  #empty = make("p", { class: "placeholder", text: "grow.press" });
  #tower = new Tower();
  #ownPlace = make("section", { class: "own", label: "grow.data.pictures", hidden: true });
  #fade = make("input", { type: "range", id: "grow-alpha", min: 0, max: 1, step: 0.01, "aria-describedby": "grow-alpha-hint", oninput: () => this.#scrub(), onchange: () => (this.#held = false) });
  #fadeOutput = make("output", { for: "grow-alpha" });
  #hold = make("input", { type: "checkbox", onchange: () => this.#set("hold", this.#hold.checked, true) });
  #numbers = make("dl", { class: "train-numbers", label: "grow.numbers" });
  /** @type {Chart[]} */
  #charts;
  #form = new Form("grow", () => ({ ...this.#config, batch: this.#config.batches[0] }), (name, value, live) => this.#set(name, value, live));
  #training;
  #saved;
  #stage;
  #panel;
  #view;

  /** @param {Easel} easel @param {{ portfolio: () => void, open: (file: File) => void }} page */
  constructor(easel, page) {
    this.#easel = easel;
    this.#open = page.open;
    this.#config = this.#defaults();
    const losses = make("details", { class: "curves", open: true, hidden: true }, make("summary", { text: "grow.curves.losses" }));
    const quality = make("details", { class: "curves", hidden: true }, make("summary", { text: "grow.curves.quality" }));
    this.#charts = [
      new Chart({ details: losses, names: ["d_loss", "g_loss", "d_real", "d_fake", "penalty"], straight: true }),
      new Chart({ details: quality, names: ["swd", "diversity"] }),
    ];
    this.#training = new Training({
      begin: () => this.#begin(),
      facts: () => ({ title: `Progressive GAN · ${t(key(`grow.data.${this.#config.data}`))}`, link: `#${this.link({})}` }),
      clear: () => this.#clear(),
      show: () => this.#show(),
      event: (event) => this.#event(event),
      canvas: () => this.#sheet,
      image: async () => (await this.#training.run?.image({ type: "image/png" })) ?? Promise.reject(new Error("no picture")),
      portfolio: page.portfolio,
      charts: this.#charts,
    });
    this.#stage = make(
      "section", { class: "stage", label: "grow.stage" },
      make("div", { class: "train-top" }, this.#form.segments("data", DATA, (data) => this.#choose(data))),
      this.#ownPlace,
      make("div", { class: "mount grow-mount" }, this.#empty, this.#figure, this.#realFigure),
      make(
        "div", { class: "under grow-under" },
        make("div", { class: "grow-slider" }, make("label", { for: "grow-alpha", text: "grow.alpha" }), this.#fade, this.#fadeOutput),
        make("label", { class: "switch" }, this.#hold, make("span", { text: "grow.hold" })),
        make("p", { class: "hint", id: "grow-alpha-hint", text: "grow.alpha.hint" }),
      ),
      this.#tower.element, make("p", { class: "hint", text: "grow.tower.hint" }),
      this.#numbers, losses, quality,
    );
    this.#saved = [
      button("plain", "save", "grow.save", () => this.#save("picture")),
      button("plain", "save", "grow.save.levels", () => this.#save("levels")),
      button("plain", "save", "checkpoint.save", () => this.#save("state")),
      button("plain", "save", "grow.networks", () => this.#save("networks")),
    ];
    const chooser = make("input", { class: "unseen", type: "file", accept: ".easel", onchange: () => { if (chooser.files?.[0]) this.#open(chooser.files[0]); chooser.value = ""; } });
    const kinds = make(
      "nav", { class: "segmented grow-kinds", label: "grow.kinds" },
      ...LAB.map((kind) => across(`view=lab&variant=${kind}`, kind.toUpperCase())),
      make("span", { "aria-current": "page" }, "Progressive GAN"),
    );
    this.#panel = make(
      "form", { class: "panel", tabindex: "-1", label: "panel.label", onsubmit: (/** @type {Event} */ event) => event.preventDefault() },
      make(
        "div", { class: "panel-scroll" },
        make("section", { class: "block" }, make("h2", { text: "grow.kinds" }), kinds, make("p", { class: "hint", text: "grow.about" }), this.#starts()),
        make("section", { class: "block" }, make("h2", { text: "grow.learning" }), this.#form.segments("learning", LEARNING, (learning) => this.#set("learning", learning, true))),
        ...GROUPS.map(({ title, fields }, i) =>
          make("details", { class: "block", open: i === 0 }, make("summary", { text: title }), make("div", { class: "fields" }, ...fields.map((field) => this.#form.field(field))))),
        make("section", { class: "block" }, make("div", { class: "row" }, make("button", { type: "button", class: "plain", text: "grow.reference", onclick: () => this.#reset() })), make("p", { class: "hint", text: "grow.next" })),
        make("details", { class: "block" }, make("summary", { text: "grow.run" }), make("p", { class: "hint", text: "grow.run.hint" }), make("div", { class: "row" }, ...this.#saved, make("label", { class: "plain" }, chooser, icon("file"), make("span", { text: "checkpoint.open" })))),
      ),
      this.#training.action,
    );
    this.#view = make("main", { class: "view train", id: "grow", tabindex: "-1", hidden: true }, make("h1", { class: "unseen", text: "grow.heading" }), this.#stage, this.#panel);
    document.getElementById("stylize")?.after(this.#view);
    document.addEventListener("languagechange", () => this.#show());
    for (const type of ["dragenter", "dragover", "drop"]) addEventListener(type, (event) => this.#drag(/** @type {DragEvent} */ (event)), true);
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
    if (on) setTitle("grow.title");
  }

  /** Take the state of a link; what it does not know or what is out of range is left out. @param {URLSearchParams} params */
  restore(params) {
    const data = DATA.find((one) => one === params.get("data"));
    const config = params.get("start") === "scratch" ? this.#scratch(data) : this.#defaults(data);
    for (const field of FIELDS) {
      const value = valueOf(field, params.get(field.key));
      if (value === undefined) continue;
      if (field.key === "batch") config.batches = [Number(value)];
      else /** @type {any} */ (config)[field.key] = value;
    }
    fit(config);
    // A run that goes on keeps what it is shown by.
    if (this.busy) return;
    this.#config = config;
    this.#clear();
    this.#show();
    this.#ask();
  }

  /** The address that rebuilds this view, without `#`. @param {{ lang?: string, theme?: string }} appearance */
  link({ lang, theme }) {
    const params = new URLSearchParams({ view: "grow" });
    const { data, start } = this.#config;
    const whole = this.#defaults(data);
    const usual = start ? whole : this.#scratch(data);
    if (data !== this.#defaults().data) params.set("data", data);
    if (start !== whole.start) params.set("start", "scratch");
    for (const { key } of FIELDS) {
      const of = (/** @type {Config} */ config) => String(key === "batch" ? config.batches[0] : config[key]);
      if (of(this.#config) !== of(usual)) params.set(key, of(this.#config));
    }
    if (lang) params.set("lang", lang);
    if (theme) params.set("theme", theme);
    return params.toString();
  }

  /** Go on with a run that was kept or opened. @param {Blob} state @param {Config} config as its file says @param {string} [kept] the id under which it is kept already */
  resume(state, config, kept) {
    this.#config = { ...this.#defaults(), ...config };
    if (config.data === "pictures") {
      this.#openOwn(async (own) => {
        const file = await inspect(state);
        if (file?.data) own.keep(file.data.blob);
      });
    }
    this.#training.follow(() => this.#easel.resume(state, { recover: true }), { kept });
    // A run that begins is not held.
    this.#config.hold = Boolean(config.hold);
    this.#showFade();
  }

  /** Networks alone begin no run here. @param {File} file */
  begin(file) {
    tell("grow.networks.alone", { name: file.name });
  }

  /** The GPU was lost; the run goes on by itself. */
  waiting() {
    this.#training.waiting();
  }

  /** With trained networks, if there are some. @param {Config["data"]} [data] @returns {Config} */
  #defaults(data = STARTED) {
    const config = this.#scratch(data);
    return data === STARTED && this.#easel.models.some(({ id }) => id === START.start) ? { ...config, ...START } : config;
  }

  /** @param {Config["data"]} [data] @returns {Config} */
  #scratch(data = STARTED) {
    const config = /** @type {Config} */ (structuredClone(this.#easel.defaults?.progan));
    return { ...config, ...(this.#easel.adapter?.fallback ? structuredClone(MODEST) : {}), data };
  }

  /** Settings of the networks that were left as they are follow the data. @param {Config["data"]} data */
  #choose(data) {
    const [before, after] = [this.#defaults(this.#config.data), this.#defaults(data)];
    const left = SHAPE.filter((name) => this.#config[name] === before[name]);
    Object.assign(this.#config, Object.fromEntries(left.map((name) => [name, after[name]])));
    this.#set("data", data, false);
  }

  /** With trained networks or from scratch. */
  #starts() {
    const box = make("input", { type: "checkbox", "aria-describedby": "grow-start-hint", onchange: () => {
      const from = box.checked ? this.#defaults(this.#config.data) : this.#scratch(this.#config.data);
      Object.assign(this.#config, Object.fromEntries(SHAPE.map((name) => [name, from[name]])));
      this.#set("start", from.start, false);
    } });
    const row = make("div", {}, make("label", { class: "switch" }, box, make("span", { text: "grow.start" })), make("p", { class: "hint", id: "grow-start-hint", text: "grow.start.hint" }));
    this.#form.also(() => {
      box.checked = this.#config.start !== "";
      row.hidden = this.#defaults(this.#config.data).start === "";
    });
    return row;
  }

  /** @param {string} name @param {any} value @param {boolean} live */
  #set(name, value, live) {
    if (name === "batch") this.#config.batches = [value];
    else /** @type {any} */ (this.#config)[name] = value;
    fit(this.#config);
    if (!live && !this.busy) this.#clear();
    this.#show();
    this.#ask();
    this.#view.dispatchEvent(new Event("linkchange"));
    if (live) this.#training.tune(name, value);
  }

  /** What begins a run; null if there are no pictures, which is told. */
  #begin() {
    const data = this.#config.data === "pictures" ? this.#own?.blob : undefined;
    if (this.#config.data === "pictures" && !data) {
      tell("grow.own.first");
      return null;
    }
    return () => this.#easel.run({ job: "progan", ...this.#config }, data ? { data } : {}, { recover: true });
  }

  /** @param {(own: import("../train/own/own.js").Own) => unknown} [act] */
  async #openOwn(act) {
    this.#owning ??= import("../train/own/own.js").then(({ Own }) => new Own(this.#easel, { place: this.#ownPlace, size: () => this.#config.size, changed: () => this.#show() }));
    try {
      this.#own = await this.#owning;
      await act?.(this.#own);
      this.#show();
    } catch (error) {
      this.#owning = null;
      alarm(error);
    }
  }

  /** Files that are dropped on the view are pictures to learn from, or a run to go on with. @param {DragEvent} event */
  #drag(event) {
    const { dataTransfer } = event;
    if (this.#view.hidden || !dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    // The page's own places to drop are those of Stylize.
    event.stopPropagation();
    dataTransfer.dropEffect = "copy";
    if (event.type !== "drop") return;
    const [first, ...others] = dataTransfer.files;
    if (first && others.length === 0 && first.name.endsWith(".easel")) {
      this.#open(first);
      return;
    }
    // They can be asked for only now.
    const items = [...dataTransfer.items].filter(({ kind }) => kind === "file").map((item) => item.webkitGetAsEntry() ?? item.getAsFile());
    this.#choose("pictures");
    this.#openOwn((own) => own.dropped(items));
  }

  #reset() {
    this.#config = this.#defaults(this.#config.data);
    if (!this.busy) this.#clear();
    this.#show();
    this.#ask();
    this.#view.dispatchEvent(new Event("linkchange"));
  }

  /** The fade is moved by hand, and held there. */
  #scrub() {
    this.#held = true;
    const alpha = this.#fade.valueAsNumber;
    this.#training.tune("alpha", alpha);
    this.#training.tune("hold", true);
    this.#config.hold = true;
    const { level } = this.#metrics;
    if (level) Object.assign(this.#metrics, { alpha, shown: alpha * this.#config.fade });
    this.#show();
  }

  /** What the run would take. */
  async #ask() {
    this.#asked += 1;
    const mine = this.#asked;
    const fresh = () => !this.busy && this.#training.step === 0 && mine === this.#asked;
    try {
      const estimate = await this.#easel.estimate({ job: "progan", ...this.#config }, { width: 1, height: 1 });
      const levels = Math.log2(this.#config.size) - 1;
      if (fresh()) say(this.#training.line, "grow.idle", { levels, memory: bytes(estimate.bytes) });
    } catch (error) {
      if (mine === this.#asked) alarm(error);
    }
  }

  #clear() {
    this.#training.clear();
    this.#metrics = {};
    this.#drawn = this.#real = -1;
    this.#config.hold = false;
    this.#sheet.width = this.#sheet.height = 1;
    this.#realFigure.hidden = true;
    this.#tower.clear();
  }

  /** @param {import("../easel.js").RunEvent} event */
  #event(event) {
    if (event.type === "frame") {
      this.#draw(event.bitmap);
      event.bitmap.close();
    }
    // A held run shows nothing by itself.
    if (event.type === "tuned" && this.#training.phase === "paused") this.#picture("now", (bitmap) => this.#draw(bitmap));
    if (event.type !== "progress") return;
    const { swd, swd_real: floor, diversity, diversity_real: real, ...others } = event.metrics;
    Object.assign(this.#metrics, event.metrics);
    if (this.#held) Object.assign(this.#metrics, { alpha: this.#fade.valueAsNumber });
    const shown = { ...others, ...(swd && floor ? { swd: swd / floor } : {}), ...(diversity && real ? { diversity: diversity / real } : {}) };
    for (const chart of this.#charts) chart.add(event.step, shown);
    this.#follow();
    this.#tellNumbers();
    this.#showFade();
  }

  /** Sheets that change with the level and the fade. */
  #follow() {
    const { level, alpha = 1 } = this.#metrics;
    if (level === undefined) return;
    if (level !== this.#drawn) {
      this.#drawn = level;
      if (level > 0) {
        this.#picture("levels", (bitmap) => {
          for (let line = 0; line <= level; line += 1) this.#tower.draw(line, bitmap, line, this.#config.size);
        });
      }
    }
    const at = level + alpha;
    if (Math.abs(at - this.#real) > APART || (alpha === 1 && at !== this.#real)) {
      this.#real = at;
      this.#picture("real", (bitmap) => {
        this.#realFigure.hidden = false;
        paint(this.#realSheet, bitmap);
      });
    }
  }

  /** A sheet of the run, if it is still the same when it comes. @param {"now" | "levels" | "real"} sheet @param {(bitmap: ImageBitmap) => void} use */
  async #picture(sheet, use) {
    const { run } = this.#training;
    try {
      const blob = await run?.image({ type: "image/png", sheet });
      if (!blob || run !== this.#training.run) return;
      const bitmap = await createImageBitmap(blob);
      if (run === this.#training.run) use(bitmap);
      bitmap.close();
    } catch (error) {
      // A run that is over or failed is told of elsewhere.
      if (run === this.#training.run && !run?.ended) alarm(error);
    }
  }

  /** @param {ImageBitmap} bitmap */
  #draw(bitmap) {
    paint(this.#sheet, bitmap);
    this.#empty.hidden = true;
    this.#figure.hidden = false;
    this.#sheet.setAttribute("aria-label", t("grow.sheet", { step: this.#training.step }));
    const { level = 0 } = this.#metrics;
    this.#tower.draw(level, this.#sheet, 0, this.#config.size);
  }

  #tellNumbers() {
    const { swd, swd_real, diversity, diversity_real, d_real, d_fake, penalty } = this.#metrics;
    const two = (/** @type {number | undefined} */ value) => (value === undefined ? "–" : number(value, { maximumFractionDigits: 2, minimumFractionDigits: 2 }));
    const told = [
      ["swd", swd === undefined ? "–" : number(swd, { maximumSignificantDigits: 2 }), swd_real === undefined ? "" : t("grow.now.swd.beside", { real: number(swd_real, { maximumSignificantDigits: 2 }) })],
      ["diversity", diversity && diversity_real ? t("percent", { n: Math.round((100 * diversity) / diversity_real) }) : "–", ""],
      ["d_real", two(d_real), ""], ["d_fake", two(d_fake), ""],
      ["penalty", this.#config.objective === "wgan-gp" ? two(penalty) : "–", ""],
    ];
    if (this.#numbers.childElementCount === 0) {
      this.#numbers.append(...told.map(([name = ""]) => make("div", { "data-number": name, "data-i18n-title": `grow.now.${name}.hint`, title: t(key(`grow.now.${name}.hint`)) }, make("dt", { text: key(`grow.now.${name}`) }), make("dd"), make("dd", { class: "kept" }))));
    }
    told.forEach(([, value = "", beside = ""], i) => {
      const [shown, small] = this.#numbers.children[i]?.querySelectorAll("dd") ?? [];
      if (shown) shown.textContent = value;
      if (small) small.textContent = beside;
    });
  }

  #showFade() {
    const { level = 0, alpha = 1 } = this.#metrics;
    this.#fade.disabled = !this.busy || level === 0;
    if (!this.#held) this.#fade.value = String(alpha);
    this.#fadeOutput.textContent = percent(alpha);
    this.#hold.disabled = !this.busy;
    this.#hold.checked = Boolean(this.#config.hold);
    this.#tower.show(this.#config, this.#metrics);
  }

  #show() {
    this.#form.show();
    this.#training.show();
    this.#tower.shape(this.#config);
    const pictures = this.#config.data === "pictures";
    if (pictures && !this.#owning) this.#openOwn();
    this.#ownPlace.hidden = !pictures;
    this.#own?.shown(pictures && !this.#view.hidden);
    this.#showFade();
    this.#stage.dataset.phase = this.#training.phase;
    this.#empty.hidden = this.#sheet.width > 1;
    this.#figure.hidden = this.#sheet.width <= 1;
    for (const one of this.#saved) one.disabled = this.#training.step === 0;
    this.#tellNumbers();
  }

  /** @param {"picture" | "levels" | "state" | "networks"} what */
  async #save(what) {
    const { run, step } = this.#training;
    const stem = `progan-${this.#config.data}-${what === "levels" ? "levels-" : ""}${step}`;
    try {
      const blob = await { picture: () => run?.image(), levels: () => run?.image({ sheet: "levels" }), state: () => run?.checkpoint(), networks: () => run?.weights() }[what]();
      if (!blob) return;
      const file = `${stem}.${{ picture: "png", levels: "png", state: "easel", networks: "safetensors" }[what]}`;
      download(blob, file);
      tell("save.done", { file, size: bytes(blob.size) });
    } catch (error) {
      alarm(error);
    }
  }
}

/** Trained networks fit no other settings than theirs. @param {Config} config */
function fit(config) {
  if (config.data !== STARTED || SHAPE.some((name) => config[name] !== START[name])) config.start = "";
}

/** @param {HTMLCanvasElement} canvas @param {ImageBitmap} bitmap */
function paint(canvas, bitmap) {
  [canvas.width, canvas.height] = [bitmap.width, bitmap.height];
  canvas.getContext("2d")?.drawImage(bitmap, 0, 0);
}
