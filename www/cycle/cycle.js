// @ts-check
/** The view of CycleGAN: two networks learn to turn pictures of one kind into another and back. Loaded when it is first opened. */
import { make } from "../dom.js";
import { add, say, t } from "../i18n.js";
import { inspect } from "../keep/checkpoint.js";
import { kinds } from "../train/kinds.js";
import { Opinions } from "../train/opinions.js";
import { Own } from "../train/own/own.js";
import { TrainView, key, two } from "../train/view.js";
import { button } from "../train/training.js";
import { alarm, tell } from "../views/notices.js";
import { en } from "./en.js";
import { GROUPS, ON, PATCHES, SWITCHES, TASKS } from "./fields.js";
import { ko } from "./ko.js";
import { alone } from "./networks.js";

/** Columns of the sheet, and its two halves: from A to B and back, from B to A and back. */
const COLUMNS = 3;
const WAYS = /** @type {const} */ (["a", "b"]);
/** What a software adapter can show something of within a minute. */
const MODEST = { size: 32, count: 60, width: 8, discriminatorWidth: 8, blocks: 3 };
/** The trained start of one task, and the settings of its networks. */
const START = { start: "cyclegan-winter", size: 64, width: 16, discriminatorWidth: 16, blocks: 6, patch: 70, upsample: true };
const STARTED = "winter";
const SHAPE = /** @type {(keyof typeof START)[]} */ (Object.keys(START));
/** Milliseconds between two looks into the replay buffers, while they are seen and learnt from. */
const LOOK = 2000;
/** The side from which pieces are cut, for pictures of one side; the reference has 286 for 256 */
const LOADED = 286 / 256;

// Before anything is built: what is built says its text.
add({ en, ko });

export class Cycle extends TrainView {
  #sheets = WAYS.map(() => make("canvas", { class: "cycle-sheet", role: "img", width: 1, height: 1 }));
  #heads = WAYS.map(() => make("div", { class: "cycle-heads", "aria-hidden": "true" }, make("span"), make("span"), make("span")));
  #empty = make("p", { class: "placeholder", text: "cycle.press" });
  /** On what is made of A, on pictures of B; on what is made of B, on pictures of A. @type {Record<string, Opinions>} */
  #maps = Object.fromEntries(WAYS.flatMap((way) => ["fake", "real"].map((of) => {
    const text = key(`cycle.map.${way}.${of}`);
    return [`map_${way}_${of}`, new Opinions(text, text)];
  })));
  #buffer = make("canvas", { class: "cycle-buffer", role: "img", width: 1, height: 1, label: "cycle.buffer" });
  #strip = make("details", { class: "curves", hidden: true, ontoggle: () => this.#lookAtBuffer() }, make("summary", { text: "cycle.buffer" }), make("p", { class: "hint", text: "cycle.buffer.hint" }), this.#buffer);
  #looking = false;
  #looked = 0;
  /** The visitor's own, A and B. @type {Own[]} */
  #own;
  #ownPlace = make("div", { class: "cycle-own", hidden: true });

  /** @param {import("../easel.js").Easel} easel @param {import("../train/view.js").Page} page */
  constructor(easel, page) {
    super(easel, page, {
      name: "cycle", job: "cyclegan", stem: "cyclegan", tasks: TASKS, modest: MODEST, groups: GROUPS, others: SWITCHES,
      charts: [["curves.game", ["d_a", "d_b", "g_a", "g_b"]], ["curves.ways", ["cycle_a", "cycle_b", "identity_a", "identity_b", "cycle_held", "l1_held"]]],
      numbers: ["l1_held", "cycle_held", "d_a", "d_b", "g_a", "g_b", "cycle_a", "cycle_b", "identity_a", "identity_b"],
    });
    this.#own = WAYS.map((way) => {
      const place = make("section", { label: key(`cycle.own.${way}`) }, make("h2", { text: key(`cycle.own.${way}`) }));
      this.#ownPlace.append(place);
      const changed = () => {
        this.show();
        this.ask();
      };
      const own = new Own(easel, { place, size: () => Math.round(this.config.size * LOADED), changed, hint: "cycle.own.hint" });
      own.receive(place, () => this.config.task === "own" && !this.element.hidden);
      return own;
    });
    this.scroll.children[0]?.append(this.#starts());
    this.scroll.children[1]?.after(make("section", { class: "block" }, make("h2", { text: "cycle.aids" }), ...SWITCHES.map(({ key }) => this.#switch(key))));
    const row = this.scroll.lastElementChild?.querySelector(".row");
    for (const network of /** @type {const} */ (["G_A", "G_B"])) {
      const save = button("plain", "save", key(`cycle.save.${network}`), () => this.give(`-${network}.safetensors`, async () => alone(/** @type {Blob} */ (await this.training.run?.weights()), network)));
      this.form.also(() => (save.disabled = this.training.step === 0));
      row?.append(save);
    }
    const ways = WAYS.map((_, i) => make("div", { class: "cycle-way" }, /** @type {HTMLElement} */ (this.#heads[i]), /** @type {HTMLElement} */ (this.#sheets[i])));
    this.build(
      kinds("cycle", page.go),
      make("div", { class: "train-top" }, this.form.segments("task", TASKS, (task) => this.#choose(task))),
      this.#ownPlace,
      make("div", { class: "mount cycle-mount" }, this.#empty, ...ways),
      make("div", { class: "cycle-maps" }, ...Object.values(this.#maps).map((map) => map.figure)),
      make("div", { class: "under" }, make("p", { class: "caption", text: "cycle.map.hint" })),
      this.#strip,
    );
  }

  /** @override @returns {ReturnType<TrainView["beginning"]>} */
  beginning() {
    if (this.config.task !== "own") return super.beginning();
    const [a, b] = this.#own.map((own) => own.blob);
    if (!a || !b) {
      tell("cycle.own.first");
      return null;
    }
    return () => this.easel.run({ job: "cyclegan", ...this.config }, { a, b }, { recover: true });
  }

  /** @override */
  canvas() {
    return /** @type {HTMLCanvasElement} */ (this.#sheets[0]);
  }

  /** @override @param {ImageBitmap} bitmap */
  frame(bitmap) {
    const { width, height } = bitmap;
    const side = width / COLUMNS;
    this.#sheets.forEach((sheet, i) => {
      [sheet.width, sheet.height] = [width, height / 2];
      sheet.getContext("2d")?.drawImage(bitmap, 0, (i * height) / 2, width, height / 2, 0, 0, width, height / 2);
      sheet.setAttribute("aria-label", t(this.text(`sheet.${WAYS[i]}`), { step: this.training.step }));
      // What is made of the first picture, and beside it the first of the other kind.
      this.#maps[`map_${WAYS[i]}_fake`]?.on(sheet, side, 0, side);
      this.#maps[`map_${WAYS[1 - i]}_real`]?.on(sheet, 0, 0, side);
    });
    this.#arrange();
    if (performance.now() - this.#looked > LOOK) this.#lookAtBuffer();
  }

  /** @override @param {Record<string, number[]>} arrays */
  plot(arrays) {
    for (const [name, map] of Object.entries(this.#maps)) if (arrays[name]) map.show(arrays[name]);
  }

  /** @override @param {string} name */
  beside(name) {
    const untouched = this.metrics.l1_untouched;
    return name === "l1_held" && untouched !== undefined ? t("cycle.l1_held.beside", { untouched: two(untouched) }) : "";
  }

  /** @override @param {any} config */
  fit(config) {
    const fits = PATCHES.filter(([, least]) => config.size >= least).map(([side]) => side);
    if (!fits.includes(config.patch)) config.patch = fits.at(-1);
    if (SHAPE.some((name) => config[name] !== START[name])) config.start = "";
  }

  /** @override @param {string} [task] */
  defaults(task) {
    const config = super.defaults(task);
    const trained = config.task === STARTED && this.easel.models.some(({ id }) => id === START.start);
    return trained ? { ...config, ...START } : config;
  }

  /** @param {string} task */
  #scratch(task) {
    return super.defaults(task);
  }

  /** @override @param {URLSearchParams} params */
  basis(params) {
    const config = super.basis(params);
    return params.get("start") === "scratch" ? this.#scratch(config.task) : config;
  }

  /** @override */
  usual() {
    return this.config.start ? super.usual() : this.#scratch(this.config.task);
  }

  /** @override @param {{ lang?: string, theme?: string }} appearance */
  link(appearance) {
    const scratch = this.config.start !== super.usual().start;
    return super.link(appearance) + (scratch ? "&start=scratch" : "");
  }

  /** @override @param {boolean} on */
  shown(on) {
    super.shown(on);
    this.#showOwn();
  }

  /** @override @param {Blob} state @param {any} config @param {string} [kept] */
  resume(state, config, kept) {
    super.resume(state, config, kept);
    if (config.task !== "own") return;
    inspect(state).then((file) => WAYS.forEach((way, i) => {
      const pictures = file?.[way];
      if (pictures) this.#own[i]?.keep(pictures.blob);
    }));
  }

  /** Networks alone begin no run here. @param {File} file */
  begin(file) {
    tell("cycle.networks.alone", { name: file.name });
  }

  /** @override */
  clear() {
    super.clear();
    for (const sheet of this.#sheets) sheet.width = sheet.height = 1;
    for (const map of Object.values(this.#maps)) map.clear();
    this.#buffer.width = this.#buffer.height = 1;
  }

  /** @override */
  show() {
    super.show();
    this.#heads.forEach((heads, i) => {
      const [from, to] = i === 0 ? WAYS : [WAYS[1], WAYS[0]];
      const words = [`${this.config.task}.${from}`, `${this.config.task}.${to}`, "back"];
      [...heads.children].forEach((head, j) => say(head, this.text(`kind.${words[j]}`)));
    });
    this.#showOwn();
    this.#arrange();
  }

  /** Data sets are made anew for another size, and a camera is on only where it is seen. */
  #showOwn() {
    const own = this.config.task === "own";
    this.#ownPlace.hidden = !own;
    for (const one of this.#own) one.shown(own && !this.element.hidden);
  }

  #arrange() {
    const empty = this.canvas().width <= 1;
    this.#empty.hidden = !empty;
    for (const sheet of this.#sheets) sheet.parentElement?.toggleAttribute("hidden", empty);
    this.#strip.hidden = empty || this.config.pool === 0;
  }

  /** Settings of the networks that were left as they are follow the task. @param {string} task */
  #choose(task) {
    const [before, after] = [this.defaults(this.config.task), this.defaults(task)];
    for (const name of SHAPE) if (this.config[name] === before[name]) this.config[name] = after[name];
    this.set("task", task, false);
  }

  /** With trained networks or from scratch. @param {boolean} trained */
  #begin(trained) {
    const from = trained ? START : this.#scratch(this.config.task);
    this.change({ ...this.config, ...Object.fromEntries(SHAPE.map((name) => [name, from[name]])) });
    this.element.dispatchEvent(new Event("linkchange"));
  }

  #starts() {
    const box = make("input", { type: "checkbox", "aria-describedby": "cycle-start-hint", onchange: () => this.#begin(box.checked) });
    const row = make("div", {}, make("label", { class: "switch" }, box, make("span", { text: "cycle.start" })), make("p", { class: "hint", id: "cycle-start-hint", text: "cycle.start.hint" }));
    this.form.also(() => {
      box.checked = this.config.start !== "";
      row.hidden = this.defaults(this.config.task).start === "";
    });
    return row;
  }

  /** An aid to learning that can be left out, to see what it is for. @param {keyof import("./fields.js").Config} name */
  #switch(name) {
    const box = make("input", { type: "checkbox", "aria-describedby": `cycle-${name}-hint`, onchange: () => this.set(name, box.checked ? ON[name] : 0, true) });
    this.form.also(() => (box.checked = this.config[name] > 0));
    return make("div", {}, make("label", { class: "switch" }, box, make("span", { text: this.text(name) })), make("p", { class: "hint", id: `cycle-${name}-hint`, text: this.text(`${name}.hint`) }));
  }

  /** Draws the buffers as they are, if they are seen and nothing else is asked of the run. */
  async #lookAtBuffer() {
    const { run } = this.training;
    if (this.#looking || !run || !this.#strip.open || !this.#strip.checkVisibility() || document.hidden || this.training.step === 0) return;
    this.#looking = true;
    this.#looked = performance.now();
    try {
      const bitmap = await createImageBitmap(await run.image({ type: "image/png", sheet: "buffer" }));
      [this.#buffer.width, this.#buffer.height] = [bitmap.width, bitmap.height];
      this.#buffer.getContext("2d")?.drawImage(bitmap, 0, 0);
      bitmap.close();
    } catch (error) {
      if (!run.ended) alarm(error);
    } finally {
      this.#looking = false;
    }
  }
}
