// @ts-check
/** The view "Translate": pix2pix learns to turn one kind of picture into another. Loaded when it is first opened. */
import { make } from "../dom.js";
import { add, say, t } from "../i18n.js";
import { inspect } from "../keep/checkpoint.js";
import { kinds } from "../train/kinds.js";
import { Opinions } from "../train/opinions.js";
import { Own } from "../train/own/own.js";
import { TrainView, key, two } from "../train/view.js";
import { alarm, tell } from "../views/notices.js";
import { en } from "./en.js";
import { GROUPS, PAIRINGS, PATCHES, TASKS } from "./fields.js";
import { ko } from "./ko.js";

/** What can be drawn by hand. */
const DRAWABLE = ["labels", "edges"];
/** Columns of the sheet: input, drawn, truth. */
const COLUMNS = 3;
/** What a software adapter can show something of within a minute; with trained networks, which are larger, of fewer pairs. */
const MODEST = { size: 32, count: 150, width: 8, discriminatorWidth: 8 };
const FEW = 60;
/** The trained start of one task, and the settings with which its networks learnt. */
const START = {
  start: "pix2pix-labels", size: 64, width: 12, discriminatorWidth: 16, patch: 34, batch: 4, dropout: 0, averaging: 0.995,
  generatorRate: 5e-4, discriminatorRate: 2e-4,
};
const STARTED = "labels";
/** Settings that go with the start, and those of them without which its networks do not fit. */
const GIVEN = /** @type {(keyof typeof START)[]} */ (Object.keys(START));
const SHAPE = /** @type {const} */ (["size", "width", "discriminatorWidth", "patch"]);
/** Of one's own pairs there are few: pieces are cut out of them. @type {Record<string, { jitter: boolean }>} */
const CUT = { own: { jitter: true } };

// Before anything is built: what is built says its text.
add({ en, ko });

export class Translate extends TrainView {
  #sheet = make("canvas", { class: "translate-sheet", role: "img", width: 1, height: 1 });
  #empty = make("p", { class: "placeholder", text: "translate.press" });
  #drawn = new Opinions("translate.map.fake", "translate.map.fake");
  #true = new Opinions("translate.map.real", "translate.map.real");
  #draw = make("button", { type: "button", class: "plain translate-draw", text: "translate.draw", onclick: () => this.#toggle() });
  #pairs = make("div", { class: "translate-look" });
  #padPlace = make("div", { class: "translate-look", hidden: true });
  /** @type {import("./pad.js").Pad | null} Loaded when it is first opened. */
  #pad = null;
  /** What the newest run is of; settings can be others by now. @type {{ task: string, size: number } | null} */
  #of = null;
  /** How pairs are made of the visitor's own pictures. @type {typeof PAIRINGS[number]} */
  #pairing = PAIRINGS[0];
  #own;
  #ownPlace = make("div", { class: "translate-own", hidden: true });

  /** @param {import("../easel.js").Easel} easel @param {import("../train/view.js").Page} page */
  constructor(easel, page) {
    super(easel, page, {
      name: "translate", job: "pix2pix", stem: "pix2pix", tasks: TASKS, modest: MODEST, groups: GROUPS, others: [{ key: "patch", options: PATCHES.map(([side]) => side), whole: true }],
      charts: [["curves.losses", ["d_loss", "g_loss", "d_real", "d_fake"], true], ["curves.quality", ["l1", "l1_held", "sharp_held"]]],
      numbers: ["l1_held", "sharp_held", "l1", "d_real", "d_fake"],
    });
    const patch = this.form.segments("patch", PATCHES.map(([side]) => side), (side) => this.set("patch", Number(side), false));
    this.form.also(() => [...patch.children].forEach((one, i) => one.toggleAttribute("hidden", this.config.size < (PATCHES[i]?.[1] ?? 0))));
    const place = make("section", { label: "translate.own" });
    this.#ownPlace.append(this.#pairings(), place);
    const changed = () => {
      this.show();
      this.ask();
    };
    this.#own = new Own(easel, { place, size: () => this.config.size, changed, hint: "translate.own.hint", pairs: () => this.#pairing });
    this.#own.receive(document.documentElement, () => this.config.task === "own" && !this.element.hidden);
    this.scroll.children[0]?.append(this.#starts());
    this.scroll.children[0]?.after(make("section", { class: "block" }, make("h2", { text: "translate.patch" }), patch, make("p", { class: "hint", text: "translate.patch.hint" })));
    const heads = make("div", { class: "translate-heads", "aria-hidden": "true" }, ...["input", "drawn", "truth"].map((name) => make("span", { text: this.text(name) })));
    this.#pairs.append(
      make("div", { class: "mount translate-mount" }, make("div", { class: "translate-pairs" }, heads, this.#sheet, this.#empty), this.#drawn.figure, this.#true.figure),
      make("div", { class: "under" }, make("p", { class: "caption", text: "translate.map.hint" })),
    );
    this.build(
      kinds("translate", page.go),
      make("div", { class: "train-top" }, this.form.segments("task", TASKS, (task) => this.#choose(task))),
      this.#ownPlace, make("div", { class: "row" }, this.#draw), this.#pairs, this.#padPlace,
    );
  }

  /** @override @returns {ReturnType<TrainView["beginning"]>} */
  beginning() {
    const { blob } = this.#own;
    if (this.config.task === "own" && !blob) {
      tell("translate.own.first");
      return null;
    }
    return () => {
      const run = this.easel.run({ job: "pix2pix", ...this.config }, this.config.task === "own" && blob ? { data: blob } : {}, { recover: true });
      this.#of = this.#now();
      return run;
    };
  }

  /** @override @param {Blob} state @param {any} config @param {string} [kept] */
  resume(state, config, kept) {
    super.resume(state, config, kept);
    this.#of = this.#now();
    this.#arrange();
    if (config.task === "own") inspect(state).then((file) => file?.data && this.#own.keep(file.data.blob));
  }

  /** @override */
  canvas() {
    return this.#sheet;
  }

  /** @override @param {ImageBitmap} bitmap */
  frame(bitmap) {
    [this.#sheet.width, this.#sheet.height] = [bitmap.width, bitmap.height];
    this.#sheet.getContext("2d")?.drawImage(bitmap, 0, 0);
    const side = bitmap.width / COLUMNS;
    this.#drawn.on(this.#sheet, side, 0, side);
    this.#true.on(this.#sheet, 2 * side, 0, side);
    this.#sheet.setAttribute("aria-label", t("translate.sheet", { step: this.training.step }));
    this.#arrange();
    this.#pad?.refresh();
  }

  /** @override @param {Record<string, number[]>} arrays */
  plot({ map_fake: fake, map_real: real }) {
    if (fake) this.#drawn.show(fake);
    if (real) this.#true.show(real);
  }

  /** @override @param {string} name */
  beside(name) {
    const { l1_copied: copied, l1_mean: mean } = this.metrics;
    return name === "l1_held" && copied !== undefined ? t("translate.l1_held.beside", { copied: two(copied), mean: two(mean) }) : "";
  }

  /** @override @param {string} name @param {number | undefined} value */
  written(name, value) {
    return name === "sharp_held" && value !== undefined ? t("percent", { n: Math.round(100 * value) }) : super.written(name, value);
  }

  /** @override @param {any} config */
  fit(config) {
    const fits = PATCHES.filter(([, least]) => config.size >= least).map(([side]) => Number(side));
    if (!fits.includes(config.patch)) config.patch = fits.at(-1);
    if (config.task !== STARTED || SHAPE.some((name) => config[name] !== START[name])) config.start = "";
  }

  /** @override @param {string} [task] */
  defaults(task = STARTED) {
    // The view that is built on asks before there is anything private.
    const config = super.defaults(task);
    const trained = task === STARTED && this.easel.models.some(({ id }) => id === START.start);
    return trained ? { ...config, ...START, ...(this.easel.adapter?.fallback ? { count: FEW } : {}) } : { ...config, ...CUT[task] };
  }

  /** @param {string} task */
  #scratch(task) {
    return { ...super.defaults(task), ...CUT[task] };
  }

  /** @override @param {URLSearchParams} params */
  restore(params) {
    this.#pair(params.get("pairing"));
    super.restore(params);
  }

  /** @override @param {boolean} on */
  shown(on) {
    super.shown(on);
    this.#showOwn();
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
    const pairing = this.config.task === "own" && this.#pairing !== PAIRINGS[0];
    return super.link(appearance) + (scratch ? "&start=scratch" : "") + (pairing ? `&pairing=${this.#pairing}` : "");
  }

  /** Networks alone begin no run here. @param {File} file */
  begin(file) {
    tell("translate.networks.alone", { name: file.name });
  }

  /** @override */
  clear() {
    super.clear();
    this.#of = null;
    this.#pad?.refresh(true);
    this.#sheet.width = this.#sheet.height = 1;
    this.#drawn.clear();
    this.#true.clear();
  }

  /** @override */
  show() {
    super.show();
    this.#showOwn();
    const { phase, step, line, bar } = this.training;
    if (phase === "paused" && step === 0) {
      say(line, "train.at", { step, of: this.config.steps });
      bar.value = 0;
    }
    this.#arrange();
  }

  #arrange() {
    const empty = this.#sheet.width <= 1;
    this.#empty.hidden = !empty;
    say(this.#empty, this.config.task === "own" && !this.#own.blob ? "translate.own.first" : "translate.press");
    this.#sheet.hidden = empty;
    const { task, size } = this.#of ?? this.#now();
    const drawable = DRAWABLE.includes(task);
    const drawing = this.#pad !== null && !this.#padPlace.hidden && drawable;
    this.#draw.hidden = !drawable;
    say(this.#draw, drawing ? "translate.pairs" : "translate.draw");
    this.#pairs.hidden = drawing;
    if (this.#pad && !drawing) this.#padPlace.hidden = true;
    this.#pad?.set(drawing ? { size, kind: /** @type {"labels" | "edges"} */ (task) } : null);
  }

  /** To the pad or back to the pairs; there is somebody who draws what becomes of it, even if nothing has been learnt. */
  async #toggle() {
    if (this.#pad && !this.#padPlace.hidden) {
      this.#padPlace.hidden = true;
      this.#arrange();
      return;
    }
    try {
      if (!this.#pad) {
        const { Pad } = await import("./pad.js");
        this.#pad = new Pad({ render: (picture) => this.#render(picture), random: (form) => this.#random(form) });
        this.#padPlace.append(this.#pad.element);
      }
      this.#padPlace.hidden = false;
      if (!this.#of) this.training.start(true);
      this.#arrange();
    } catch (error) {
      alarm(error);
    }
  }

  /** An input of some scene. @param {import("./pad.js").Form} form */
  #random({ kind, size }) {
    const any = (/** @type {number} */ below) => Math.floor(Math.random() * below);
    const { scene } = this.easel.samples;
    return this.easel.sample(kind, scene[any(scene.length)] ?? "", { seed: any(2 ** 31), size });
  }

  /** What becomes of a picture; nothing while there is no run. @param {number[]} picture */
  async #render(picture) {
    const { run, phase } = this.training;
    if (!run || !this.#of || phase === "starting" || phase === "stopping" || picture.length !== 3 * this.#of.size ** 2) return null;
    try {
      return await createImageBitmap(await run.image({ type: "image/png", sheet: { of: picture } }));
    } catch (error) {
      // A run that failed is told by itself.
      if (run === this.training.run && !run.ended) alarm(error);
      return null;
    }
  }

  /** Settings that were left as they are follow the task. @param {string} task */
  #choose(task) {
    const [before, after] = [this.usual(), this.defaults(task)];
    for (const name of [...GIVEN, "count", "jitter"]) if (this.config[name] === before[name]) this.config[name] = after[name];
    this.set("task", task, false);
  }

  /** With trained networks or from scratch. @param {boolean} trained */
  #begin(trained) {
    const { task } = this.config;
    const from = trained ? this.defaults(task) : this.#scratch(task);
    this.change({ ...this.config, ...Object.fromEntries([...GIVEN, "count"].map((name) => [name, from[name]])) });
    this.element.dispatchEvent(new Event("linkchange"));
  }

  /** What a run with these settings is of: edges of one's own pictures can be drawn as well. */
  #now() {
    const { task, size } = this.config;
    return { task: task === "own" && this.#pairing === "edges" ? "edges" : task, size };
  }

  /** @param {string | null} pairing */
  #pair(pairing) {
    this.#pairing = PAIRINGS.find((one) => one === pairing) ?? PAIRINGS[0];
  }

  #pairings() {
    const choice = make("select", { id: "translate-pairing", "aria-describedby": "translate-pairing-hint", onchange: () => {
      this.#pair(choice.value);
      this.#own.again();
      this.show();
      this.element.dispatchEvent(new Event("linkchange"));
    } });
    for (const value of PAIRINGS) choice.append(make("option", { value, text: key(`translate.pairing.${value}`) }));
    const hint = make("p", { class: "hint", id: "translate-pairing-hint" });
    this.form.also(() => {
      choice.value = this.#pairing;
      say(hint, key(`translate.pairing.${this.#pairing}.hint`));
    });
    return make("div", { class: "field" }, make("div", { class: "field-name" }, make("label", { for: "translate-pairing", text: "translate.pairing" })), choice, hint);
  }

  /** Pairs are made anew for another size, and a camera is on only where it is seen. */
  #showOwn() {
    const own = this.config.task === "own";
    this.#ownPlace.hidden = !own;
    this.#own.shown(own && !this.element.hidden);
  }

  #starts() {
    const box = make("input", { type: "checkbox", "aria-describedby": "translate-start-hint", onchange: () => this.#begin(box.checked) });
    const row = make("div", {}, make("label", { class: "switch" }, box, make("span", { text: "translate.start" })), make("p", { class: "hint", id: "translate-start-hint", text: "translate.start.hint" }));
    this.form.also(() => {
      box.checked = this.config.start !== "";
      row.hidden = this.defaults(this.config.task).start === "";
    });
    return row;
  }
}
