// @ts-check
/** The view of StackGAN: a sentence becomes a picture, in two stages. Loaded when it is first opened. */
import { make, styled } from "../dom.js";
import { add, current, number, say, t } from "../i18n.js";
import { across } from "../train/across.js";
import { button } from "../train/training.js";
import { TrainView, two } from "../train/view.js";
import { alarm, announce } from "../views/notices.js";
import { Composer } from "./composer.js";
import { en } from "./en.js";
import { GROUPS, SHAPE } from "./fields.js";
import { ko } from "./ko.js";

/** @typedef {import("../easel.js").Run} Run */

/** Pictures of one sentence, or steps of a walk: columns of the sheet. */
const COLUMNS = 8;
/** Rows of what training shows. */
const ROWS = /** @type {const} */ (["first", "second", "real"]);
/** The id of the trained networks, and settings of theirs that are not the engine's defaults. */
const START = "stackgan-scenes";
const LEARNT = { width: 24, discriminatorWidth: 24, batch: 24, count: 1200, matching: 0, instanceNoise: 0.03, generatorRate: 2e-4, discriminatorRate: 2e-4 };
/** Without steps sentences are only drawn. */
const STILL = { encoderSteps: 0, firstSteps: 0, secondSteps: 0 };
/** What a software adapter can show something of within a minute. */
const MODEST = { low: 16, size: 32, count: 200, encoderSteps: 60, firstSteps: 400, secondSteps: 200, batch: 16, width: 8, discriminatorWidth: 8, residuals: 1 };
/** The first sentence. */
const FIRST = { en: "a red house beside firs, on a snowy winter evening", ko: "눈 오는 겨울 저녁, 전나무 옆의 빨간 집" };
const LAB = /** @type {const} */ (["gan", "dcgan", "lsgan", "cgan"]);

// Before anything is built: what is built says its text.
add({ en, ko });
await styled("paint/paint.css");

export class Paint extends TrainView {
  #composer;
  #sheet = make("canvas", { class: "paint-sheet", role: "img", width: 1, height: 1 });
  #progress = make("details", { class: "curves", hidden: true }, make("summary", { text: "paint.learnt" }), make("p", { class: "hint", text: "paint.learnt.hint" }), this.#sheet);
  #empty = make("p", { class: "placeholder", text: "paint.press" });
  #large = /** @type {const} */ (["first", "second"]).map((stage) => make("canvas", { class: "paint-large", role: "img", width: 1, height: 1, label: `paint.${stage}` }));
  #figures = this.#large.map((canvas, i) => make("figure", { hidden: true }, canvas, make("figcaption", { text: i === 0 ? "paint.first" : "paint.second" })));
  /** @type {HTMLButtonElement[]} */
  #small;
  #strip = make("div", { class: "paint-strip", role: "group", label: "paint.strip", hidden: true });
  #to = make("input", { type: "text", id: "paint-to", class: "paint-text", autocomplete: "off", spellcheck: "false", maxlength: 200, "aria-describedby": "paint-to-said", onchange: () => this.#walk() });
  #toSaid = make("p", { class: "hint", id: "paint-to-said", role: "status", text: "paint.to.hint" });
  #along = make("input", { type: "range", id: "paint-along", min: 0, max: COLUMNS - 1, step: 1, value: 0, oninput: () => this.#choose(this.#along.valueAsNumber) });
  #slide = make("div", { class: "paint-slide", hidden: true }, make("label", { for: "paint-along", text: "paint.along" }), this.#along);
  #took = make("p", { class: "hint paint-took" });
  #noise = 1;
  #begun = false;
  /** The second sentence, if it can be said. */
  #until = "";
  #chosen = 0;
  /** @type {ImageBitmap | null} The newest sheet: Stage-I above, Stage-II below. */
  #drawn = null;
  /** @type {Run | null} Draws until something is trained. */
  #drawer = null;
  #drawing = false;
  #again = false;

  /** @param {import("../easel.js").Easel} easel @param {import("../train/view.js").Page} page */
  constructor(easel, page) {
    super(easel, page, {
      name: "paint", job: "stackgan", stem: "stackgan", tasks: [], modest: MODEST, groups: GROUPS, others: [],
      charts: [["curves.losses", ["encoder_loss", "d_loss", "g_loss", "divergence", "matching"], true], ["curves.opinions", ["d_real", "d_wrong", "d_fake"], true], ["curves.quality", ["swd_1", "swd_2", "sharp_1", "sharp_2", "matched"]]],
      numbers: ["stage", "matched", "d_real", "d_wrong", "d_fake", "swd_2", "sharp_2"],
    });
    this.#composer = new Composer(easel, () => this.#changed());
    // What drew is gone with its worker. The next one draws on, unless another view is shown, whose run it would end.
    easel.addEventListener("restarting", () => (this.#drawer = null));
    easel.addEventListener("restarted", () => (this.element.checkVisibility() ? this.#draws() : null));
    this.#small = Array.from({ length: COLUMNS }, (_, i) => make("button", { type: "button", label: "paint.choose", args: { n: i + 1 }, "aria-pressed": "false", onclick: () => this.#choose(i) }, make("canvas", { width: 1, height: 1, "aria-hidden": "true" })));
    this.#strip.append(...this.#small);
    const kinds = make("nav", { class: "segmented paint-kinds", label: "paint.kinds" }, ...LAB.map((kind) => across(`view=lab&variant=${kind}`, kind.toUpperCase())), make("span", { "aria-current": "page" }, "StackGAN"));
    this.scroll.children[0]?.prepend(kinds);
    this.scroll.children[0]?.append(this.#starts());
    const skip = make("button", { type: "button", class: "plain", text: "paint.skip", onclick: () => this.training.tune("skip", true) });
    this.form.also(() => (skip.disabled = !this.busy || this.metrics.stage === 2));
    this.scroll.children[1]?.append(make("div", { class: "row" }, skip), make("p", { class: "hint", text: "paint.skip.hint" }));
    const walk = make(
      "details", { class: "curves paint-walk" }, make("summary", { text: "paint.walk" }),
      make("label", { for: "paint-to", text: "paint.to" }), this.#to, this.#toSaid,
      make("div", { class: "row" }, make("button", { type: "button", class: "plain", text: "paint.to.random", onclick: () => this.#anywhere() }), make("button", { type: "button", class: "plain", text: "paint.to.none", onclick: () => this.#nowhere() })),
    );
    this.build(
      this.#composer.element,
      make("div", { class: "row paint-acts" }, button("plain", "again", "paint.noise.new", () => this.#roll()), button("plain", "reuse", "paint.random", () => this.#composer.random(dice()).catch(alarm)), button("plain", "save", "paint.save", () => this.#save())),
      make("div", { class: "mount paint-mount" }, this.#empty, ...this.#figures),
      this.#slide, this.#strip, this.#took, walk, this.#progress,
    );
  }

  /** @override */
  get steps() {
    const { encoderSteps, firstSteps, secondSteps } = this.config;
    return encoderSteps + firstSteps + secondSteps;
  }

  /** @override */
  canvas() {
    return this.#sheet;
  }

  /** @override @param {ImageBitmap} bitmap */
  frame(bitmap) {
    [this.#sheet.width, this.#sheet.height] = [bitmap.width, bitmap.height];
    this.#sheet.getContext("2d")?.drawImage(bitmap, 0, 0);
    this.#sheet.setAttribute("aria-label", t("paint.sheet", { step: this.training.step }));
    this.#progress.hidden = false;
    this.#ask();
  }

  /** @override @param {string} name @param {number | undefined} value */
  written(name, value) {
    if (name === "stage") return value === undefined ? "–" : t(this.text(`stage.${value}`));
    if ((name === "matched" || name === "sharp_2") && value !== undefined) return t("percent", { n: Math.round(100 * value) });
    if (name === "swd_2" && value !== undefined) return number(value, { maximumSignificantDigits: 2 });
    return two(value);
  }

  /** @override @param {string} name */
  beside(name) {
    const { swd_1: first, swd_real: real, sharp_1: sharp } = this.metrics;
    const short = (/** @type {number} */ value) => number(value, { maximumSignificantDigits: 2 });
    if (name === "swd_2" && first !== undefined && real !== undefined) return t("paint.swd_2.beside", { first: short(first), real: short(real) });
    if (name === "sharp_2" && sharp !== undefined) return t("paint.sharp_2.beside", { n: Math.round(100 * sharp) });
    return "";
  }

  /** @override @param {any} config */
  fit(config) {
    if (![2, 4].includes(config.size / config.low)) config.size = 2 * config.low;
    if (config.start && SHAPE.some((name) => config[name] !== trained(this.easel)[name])) config.start = "";
  }

  /** @override */
  defaults() {
    return this.easel.models.some(({ id }) => id === START) ? trained(this.easel) : super.defaults();
  }

  /** @override @param {URLSearchParams} params */
  basis(params) {
    return params.get("start") === "scratch" ? super.defaults() : this.defaults();
  }

  /** @override */
  usual() {
    return this.config.start ? this.defaults() : super.defaults();
  }

  /** @override @param {URLSearchParams} params */
  restore(params) {
    super.restore(params);
    const noise = Number(params.get("noise-of"));
    if (Number.isInteger(noise) && noise > 0) this.#noise = noise;
    const [said, to] = [params.get("said"), params.get("to")];
    this.#to.value = to ?? "";
    this.#begin(said).then(() => (to ? this.#walk() : null)).catch(alarm);
  }

  /** @override @param {{ lang?: string, theme?: string }} appearance */
  link(appearance) {
    const params = new URLSearchParams(super.link(appearance));
    if (!this.config.start && this.defaults().start) params.set("start", "scratch");
    const { text } = this.#composer;
    if (text && !Object.values(FIRST).includes(text)) params.set("said", text);
    if (this.#until) params.set("to", this.#until);
    if (this.#noise !== 1) params.set("noise-of", String(this.#noise));
    return params.toString();
  }

  /** Networks alone begin no run here. */
  begin() {
    announce(t("paint.networks.alone"));
  }

  /** @override @param {boolean} on */
  shown(on) {
    super.shown(on);
    if (on && !this.#begun) this.#begin(null).catch(alarm);
    if (on && !this.training.run) this.#draws();
  }

  /** @override */
  clear() {
    super.clear();
    this.#sheet.width = this.#sheet.height = 1;
    this.#progress.hidden = true;
  }

  /** @override */
  show() {
    super.show();
    this.#arrange();
  }

  /** The first sentence, or that of a link. @param {string | null} said */
  async #begin(said) {
    this.#begun = true;
    await this.#composer.set(said ?? FIRST[current() === "ko" ? "ko" : "en"]);
  }

  /** The trained networks draw, until something is trained. */
  async #draws() {
    if (this.#drawer || this.training.run || !this.defaults().start) return;
    const run = this.easel.run({ job: "stackgan", ...trained(this.easel), ...STILL }, {});
    this.#drawer = run;
    this.#ask();
    try {
      for await (const event of run) if (event.type === "frame") event.bitmap.close();
    } catch (error) {
      if (this.#drawer === run) alarm(error);
      this.#drawer = null;
    }
  }

  #changed() {
    this.element.dispatchEvent(new Event("linkchange"));
    this.#ask();
  }

  #roll() {
    this.#noise = dice();
    this.#changed();
  }

  /** A second sentence to walk to. */
  async #walk() {
    const text = this.#to.value.trim();
    try {
      const said = text ? await this.easel.caption({ text }) : null;
      if (said?.reason) {
        say(this.#toSaid, /** @type {import("../i18n.js").Key} */ (`paint.unsaid.${said.reason}`), { word: said.word });
        this.#toSaid.append(` ${(said.nearest ?? []).join(", ")}`);
        return;
      }
      say(this.#toSaid, "paint.to.hint");
      this.#until = text;
      this.#chosen = 0;
      this.#changed();
    } catch (error) {
      alarm(error);
    }
  }

  async #anywhere() {
    try {
      const { text } = await this.easel.caption({ seed: dice(), korean: current() === "ko" });
      this.#to.value = text;
      await this.#walk();
    } catch (error) {
      alarm(error);
    }
  }

  #nowhere() {
    this.#to.value = "";
    this.#walk();
  }

  /** One of the eight is shown large. @param {number} column */
  #choose(column) {
    this.#chosen = column;
    this.#display();
  }

  /** One sheet at a time; what came meanwhile is drawn together after it. */
  async #ask() {
    this.#again = true;
    if (this.#drawing) return;
    this.#drawing = true;
    try {
      while (this.#again) {
        this.#again = false;
        const run = this.training.run ?? this.#drawer;
        const { text } = this.#composer;
        if (!run || !text) continue;
        const begun = performance.now();
        const said = { text, to: this.#until, seed: this.#noise };
        const blob = await run.image({ type: "image/png", sheet: { said } });
        const bitmap = await createImageBitmap(blob);
        this.#drawn?.close();
        this.#drawn = bitmap;
        const took = Math.round(performance.now() - begun);
        this.#took.dataset.took = String(took);
        say(this.#took, "paint.took", { ms: took });
        this.#display();
        announce(t(this.#until ? "paint.said.walk" : "paint.said", { text }));
      }
    } catch (error) {
      // A run that is over or failed is told of elsewhere, and the next one draws again.
      if (!this.training.run && this.#drawer) alarm(error);
    } finally {
      this.#drawing = false;
    }
  }

  #display() {
    const sheet = this.#drawn;
    if (!sheet) return;
    const side = sheet.width / COLUMNS;
    const part = (/** @type {HTMLCanvasElement | null | undefined} */ canvas, /** @type {number} */ column, /** @type {number} */ row) => {
      if (!canvas) return;
      canvas.width = canvas.height = side;
      canvas.getContext("2d")?.drawImage(sheet, column * side, row * side, side, side, 0, 0, side, side);
    };
    this.#large.forEach((canvas, row) => part(canvas, this.#chosen, row));
    this.#small.forEach((one, column) => {
      part(one.querySelector("canvas"), column, 1);
      one.setAttribute("aria-pressed", String(column === this.#chosen));
    });
    this.#along.value = String(this.#chosen);
    this.#arrange();
  }

  #arrange() {
    const none = this.#drawn === null;
    this.#empty.hidden = !none;
    for (const figure of this.#figures) figure.hidden = none;
    this.#strip.hidden = none;
    this.#slide.hidden = none || !this.#until;
  }

  /** Both pictures that are shown, side by side. */
  async #save() {
    await this.give("-said.png", async () => {
      const [first, second] = this.#large;
      const both = make("canvas", { width: 2 * (first?.width ?? 0), height: first?.height ?? 0 });
      const pen = both.getContext("2d");
      if (first) pen?.drawImage(first, 0, 0);
      if (second) pen?.drawImage(second, second.width, 0);
      return /** @type {Promise<Blob>} */ (new Promise((done, fail) => both.toBlob((blob) => (blob ? done(blob) : fail(new Error("no picture"))))));
    });
  }

  /** With trained networks or from scratch. */
  #starts() {
    const box = make("input", {
      type: "checkbox", "aria-describedby": "paint-start-hint",
      onchange: () => {
        this.change(box.checked ? trained(this.easel) : super.defaults());
        this.element.dispatchEvent(new Event("linkchange"));
      },
    });
    const row = make("div", {}, make("label", { class: "switch" }, box, make("span", { text: "paint.start" })), make("p", { class: "hint", id: "paint-start-hint", text: "paint.start.hint" }));
    this.form.also(() => {
      box.checked = this.config.start !== "";
      row.hidden = this.defaults().start === "";
    });
    return row;
  }
}

/** The settings of the trained networks. @param {import("../easel.js").Easel} easel */
const trained = ({ defaults }) => ({ ...structuredClone(/** @type {any} */ (defaults).stackgan), ...LEARNT, start: START });

/** A seed that nobody chose. */
const dice = () => 1 + Math.floor(Math.random() * 999_999);
