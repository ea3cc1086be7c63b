// @ts-check
/** The view "Stylize": reads the form, starts runs, shows what comes. */
import { chosen as appearanceChosen } from "../appearance.js";
import { button, byId, download, element, icon, input, make } from "../dom.js";
import { EaselError } from "../easel.js";
import { format, parse } from "../hash.js";
import { bytes, duration, known, number, say, t } from "../i18n.js";
import { inspect } from "../keep/checkpoint.js";
import * as portfolio from "../keep/portfolio.js";
import { Settings } from "../settings.js";
import { camera } from "./camera.js";
import { Chart } from "./chart.js";
import { Choice } from "./choice.js";
import { Compare } from "./compare.js";
import { Controls } from "./controls.js";
import { LIVE } from "./fields.js";
import { inputs } from "./inputs.js";
import { Keeping } from "./keeping.js";
import { alarm, clear, tell } from "./notices.js";
import { Picture } from "./pictures.js";
import { Portfolio } from "./portfolio.js";
import { Runner } from "./runner.js";
import { saving } from "./save.js";

/** @typedef {import("../easel.js").Easel} Easel */
/** @typedef {import("../easel.js").JobConfig} JobConfig */
/** @typedef {import("../easel.js").Estimate} Estimate */
/** @typedef {import("../hash.js").State} State */

/** On a software adapter a first picture should still come within a minute or so. */
const SOFTWARE = { size: 192, steps: 80 };

/** What the stage holds besides the content: the picture of the newest run. @typedef {{ content: Picture | null, stem: string }} Result */

export class Stylize {
  #elsewhere;
  /** @type {Easel | null} */
  #easel = null;
  #ready = false;
  #settings = new Settings();
  #choice = new Choice({ changed: (what) => this.#chosen(what) });
  /** The content's size in pixels, once the browser has shown it. @type {{ width: number, height: number } | null} */
  #size = null;
  #compare = new Compare((width, height) => {
    this.#size = { width, height };
    this.#ask();
  });
  #chart = new Chart({ details: byId("curves", HTMLDetailsElement), names: ["loss", "content", "style", "tv"], all: true });
  #controls = new Controls(this.#settings, {
    onStartPicture: ([file]) => file && this.#useStart(file),
    onNetwork: (file) => this.#useNetwork(file),
  });
  #runner = new Runner({
    started: (event) => this.#started(event),
    progress: (event) => {
      this.#keeping.progress(event);
      this.#chart.add(event.step, event.metrics);
      const layers = Object.keys(event.metrics).filter((name) => name.startsWith("style.")).map((name) => name.slice(6));
      if (layers.length > 0) this.#controls.setLayers(layers);
    },
    frame: (bitmap) => {
      this.#compare.setAfter(bitmap);
      this.#stage();
    },
    tuned: (step) => this.#chart.mark(step),
    kept: (event) => this.#keeping.kept(event),
    recovered: (step) => this.#chart.rewind(step),
    finished: (event) => this.#runner.run && this.#keeping.finished(this.#runner.run, event),
    ended: (error) => this.#ended(error),
    phase: () => this.#stage(),
  });
  #portfolio = new Portfolio((entry, lost) => this.#continue(entry, lost));
  #keeping = new Keeping({
    canvas: () => this.#compare.canvas,
    image: () => this.#image({ type: "image/png", quality: 1 }),
    open: () => this.#portfolio.open(),
  });
  /** Whether a run that a tab died with was looked for. */
  #looked = false;
  /** @type {Result | null} */
  #result = null;
  /** Whether the stage shows the result or the chosen content. */
  #onStage = "content";
  /** The newest question to the engine; older answers are dropped. */
  #asked = 0;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #askTimer;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #linkTimer;
  /** @type {Record<string, number>} Live controls moved since the last message. */
  #moved = {};
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #moveTimer;

  /** @param {(state: Blob, link: string, kept?: string) => Promise<boolean>} elsewhere Takes a run or networks of another view; false if they are of this one. */
  constructor(elsewhere) {
    this.#elsewhere = elsewhere;
    this.open = inputs({
      pictures: (files, zone) => this.#pictures(files, zone),
      network: (file) => this.#useNetwork(file),
      checkpoint: (file) => this.#open(file),
      refused: alarm,
    });
    const shot = camera((file) => this.#pictures([file], "content"));
    element("content-camera").addEventListener("click", () => shot.open());
    saving({ image: (encoding) => this.#image(encoding), name: () => this.#result?.stem ?? "easel" });
    byId("controls", HTMLFormElement).addEventListener("submit", (event) => {
      event.preventDefault();
      if (!this.#runner.active) this.#start();
    });
    element("reuse").addEventListener("click", () => this.#reuse());
    element("checkpoint-save").addEventListener("click", () => this.#saveState());
    input("checkpoint-file").addEventListener("change", ({ target }) => {
      const chooser = /** @type {HTMLInputElement} */ (target);
      if (chooser.files?.[0]) this.#open(chooser.files[0]);
      chooser.value = "";
    });
    this.#settings.addEventListener("change", (event) => this.#changed(/** @type {CustomEvent} */ (event).detail));
    document.addEventListener("languagechange", () => {
      if (this.#easel?.adapter) this.#tellAdapter(this.#easel.adapter);
      this.#stage();
      this.#ask();
    });
    this.#stage();
  }

  /** Whether a run is going on. */
  get busy() {
    return this.#runner.active;
  }

  /** Take the state of a link. @param {State} state */
  restore({ content, styles, settings }) {
    this.#settings.replace(settings);
    this.#choice.restore(content, styles);
  }

  /** The module is loaded: samples and defaults are known. @param {Easel} easel */
  loaded(easel) {
    this.#easel = easel;
    if (easel.defaults) this.#settings.setEngine(easel.defaults.gatys);
    this.#choice.setSamples(easel);
    this.#controls.setModels(easel.models);
    this.#showContent();
  }

  /** The GPU is up. */
  ready() {
    const adapter = this.#easel?.adapter;
    if (!adapter) return;
    this.#ready = true;
    if (!this.#looked) this.#portfolio.offer();
    this.#looked = true;
    this.#settings.setDevice(adapter.fallback ? SOFTWARE : {});
    this.#controls.show();
    this.#tellAdapter(adapter);
    this.#stage();
    this.#ask();
  }

  /** @param {import("../easel.js").AdapterInfo} adapter */
  #tellAdapter(adapter) {
    element("gpu").hidden = false;
    element("gpu-note").hidden = !adapter.fallback;
    const facts = Object.entries({ vendor: adapter.vendor, architecture: adapter.architecture, description: adapter.description, ...adapter.limits });
    element("gpu-facts").replaceChildren(
      ...facts.filter(([, value]) => value !== "").flatMap(([name, value]) => [
        make("dt", {}, known(`gpu.${name}`) ? t(/** @type {any} */ (`gpu.${name}`)) : name),
        make("dd", {}, typeof value === "number" ? number(value, {}) : value),
      ]),
    );
  }

  /** The GPU was lost; a new worker is being started. */
  waiting() {
    this.#ready = false;
    this.#runner.interrupted();
    this.#stage();
  }

  /** It is back. A run that was going on goes on by itself; one that was lost too often waits. @param {unknown} error what ended it */
  back(error) {
    this.ready();
    if (this.#runner.active) return;
    const n = Math.max(64, Math.round(this.#settings.get("size") / 32) * 16);
    alarm(error, [
      { text: "start.again", act: () => this.#start() },
      {
        text: "start.smaller", args: { n: String(n) },
        act: () => {
          this.#settings.set("size", n);
          this.#start();
        },
      },
    ]);
  }

  /** Another state of the stage: which picture, which buttons. */
  #stage() {
    const { content } = this.#choice;
    const { run } = this.#runner;
    const result = this.#result;
    const showing = result !== null && this.#onStage === "result";
    const before = showing ? result.content : content;
    const frame = this.#compare.canvas !== null;
    this.#compare.show({ before: before !== null, after: showing });
    this.#compare.nameAfter(t("stage.after", { content: before?.title ?? t("checkpoint.title"), styles: this.#choice.styleTitles }));
    element("result-tools").hidden = !(showing && frame);
    button("checkpoint-save").disabled = !run || !frame;
    const start = button("start");
    start.disabled = !this.#ready || !content || this.#choice.styles.length === 0;
    say(element("start-text"), !this.#ready ? "start.waiting" : showing && frame ? "start.again" : "start");
    const chip = element("gpu-state");
    chip.dataset.state = !this.#ready ? "starting" : this.#easel?.adapter?.fallback ? "software" : "ready";
    say(element("gpu-state-text"), /** @type {any} */ (`gpu.state.${chip.dataset.state}`));
    if (content) {
      const pair = { content: (before ?? content).title, styles: this.#choice.styleTitles };
      say(element("caption"), this.#choice.styles.length > 0 ? "stage.caption" : "stage.noStyle", pair);
    }
    element("stage").dataset.phase = this.#runner.phase;
  }

  /** Put the chosen content on the stage; a result of it stands over it, and a run in progress keeps the stage. */
  async #showContent() {
    const { content } = this.#choice;
    if (!this.#runner.active) this.#onStage = content && content === this.#result?.content ? "result" : "content";
    this.#stage();
    if (!content || !this.#easel || this.#runner.active) return;
    try {
      const url = await content.url(this.#easel);
      if (content !== this.#choice.content || this.#runner.active) return;
      this.#compare.setBefore(url, t("stage.before", { name: content.title }));
    } catch (error) {
      alarm(error);
    }
  }

  /** @param {"content" | "style"} what */
  #chosen(what) {
    if (what === "content") this.#showContent();
    this.#stage();
    this.#ask();
    this.#link();
  }

  /** @param {string | null} key */
  #changed(key) {
    this.#ask();
    this.#link();
    if (!this.#runner.active || !key || !(/** @type {readonly string[]} */ (LIVE).includes(key))) return;
    this.#moved[key] = /** @type {number} */ (this.#settings.get(/** @type {any} */ (key)));
    clearTimeout(this.#moveTimer);
    this.#moveTimer = setTimeout(() => {
      const control = this.#moved;
      this.#moved = {};
      const { run } = this.#runner;
      run?.tune(control).catch((error) => run.ended || alarm(error));
    }, 120);
  }

  /** @param {File[]} files @param {"content" | "style"} zone */
  #pictures(files, zone) {
    const contents = zone === "content" ? files.slice(0, 1) : [];
    const styles = zone === "content" ? files.slice(1) : files;
    if (contents[0]) this.#choice.addContent(contents[0]);
    if (styles.length > 0) this.#choice.addStyles(styles);
    if (styles.length === 0) tell("added.content", { name: contents[0]?.name ?? "" });
    else if (contents.length === 0) tell("added.styles", { n: styles.length });
    else tell("added.both", { name: contents[0]?.name ?? "", n: styles.length });
  }

  /** @param {File} file */
  #useStart(file) {
    this.#controls.start = new Picture("scene", file.name, file);
    this.#controls.show();
  }

  /** @param {File} file */
  async #useNetwork(file) {
    if (await this.#elsewhere(file, "")) return;
    this.#controls.network = file;
    this.#settings.set("network", "custom");
    tell("added.network", { name: file.name });
  }

  /** The settings as a job. @returns {Extract<JobConfig, { job: "gatys" }>} */
  #config() {
    const blend = this.#choice.styles.map(({ weight }) => weight);
    return { job: "gatys", ...this.#settings.config(), blend: blend.length > 1 ? blend : [] };
  }

  /** Ask what the run would take, once the hand rests. */
  #ask() {
    clearTimeout(this.#askTimer);
    this.#askTimer = setTimeout(async () => {
      if (!this.#ready || !this.#easel || !this.#size || this.#choice.styles.length === 0) return;
      this.#asked += 1;
      const mine = this.#asked;
      try {
        const estimate = await this.#easel.estimate(this.#config(), this.#size);
        if (mine === this.#asked) this.#tellEstimate(estimate);
      } catch (error) {
        // A setting out of range is told here already; a lost device is told by `back`.
        if (mine === this.#asked && error instanceof EaselError && error.code === "bad-setting") alarm(error);
      }
    }, 150);
  }

  /** @param {Estimate} estimate */
  #tellEstimate({ width, height, bytes: memory, seconds, fits, largest }) {
    const line = element("estimate");
    line.classList.toggle("warning", !fits);
    const args = { width, height, memory: bytes(memory), time: seconds == null ? "" : duration(seconds), largest };
    say(line, !fits ? "estimate.tooLarge" : seconds == null ? "estimate" : "estimate.time", args);
    if (fits || largest < 16) return;
    line.append(" ", make("button", { type: "button", class: "linkish", text: "use.size", args: { n: String(largest) }, onclick: () => this.#settings.set("size", largest) }));
    // A change of language asks again, so the button is not lost with the text.
    line.removeAttribute("data-i18n");
  }

  #start() {
    const easel = this.#easel;
    const { content, styles } = this.#choice;
    if (!easel || !content || styles.length === 0) return;
    clear();
    const config = this.#config();
    const { start, network } = this.#controls;
    const stem = `${content.stem}-${styles.map(({ picture }) => picture.stem).join("-")}`.slice(0, 80);
    this.#begin({ content, stem }, async () => {
      if (config.init === "picture" && !start) throw new EaselError({ code: "init-missing", message: "" });
      if (config.network === "custom" && !network) throw new EaselError({ code: "network-missing", message: "" });
      return easel.run(config, {
        content: await content.blob(easel),
        styles: await Promise.all(styles.map(({ picture }) => picture.blob(easel))),
        ...(config.init === "picture" && start ? { init: await start.blob(easel) } : {}),
        ...(config.network === "custom" && network ? { network } : {}),
      }, { recover: true });
    });
  }

  /** @param {Result} result @param {() => Promise<import("../easel.js").Run>} begin @param {string} [kept] the id under which the run is kept already */
  #begin(result, begin, kept) {
    this.#result = result;
    this.#keeping.begin({ title: result.stem, link: this.link() }, kept);
    this.#onStage = "result";
    this.#compare.forget();
    this.#compare.split(0);
    this.#chart.clear();
    element("notes").hidden = true;
    // On a phone the picture may have been scrolled away.
    const stage = element("stage");
    if (stage.getBoundingClientRect().top < -40) stage.scrollIntoView();
    this.#runner.follow(begin);
  }

  /** @param {import("./runner.js").Started} event */
  #started({ width, height, notes, estimate }) {
    this.#compare.ratio(width, height);
    this.#tellEstimate(estimate);
    const list = element("notes");
    // A sample is drawn larger than needed, which is no news. It has no file name, so the engine calls it by its role
    // (`Inputs::take` in src/session/inputs.rs), also when it comes out of a checkpoint.
    list.replaceChildren(
      ...notes
        .filter(({ code, subject }) => known(`note.${code}`) && !(code === "shrunk" && subject === "content"))
        .map(({ code, subject }) => make("li", {}, icon("info"), make("span", { text: /** @type {any} */ (`note.${code}`), args: { name: subject } }))),
    );
    list.hidden = list.children.length === 0;
  }

  /** @param {unknown} error */
  #ended(error) {
    this.#keeping.end();
    this.#chart.end();
    this.#stage();
    this.#ask();
    if (error === null) return;
    const { code, largest } = error instanceof EaselError ? error : { code: "", largest: undefined };
    // A lost GPU is told once it is back, with what can be done then.
    if (code === "device-lost" || code === "no-answer") return;
    const smaller = code === "too-large" && largest ? [{ text: /** @type {const} */ ("use.size"), args: { n: String(largest) }, act: () => this.#settings.set("size", largest) }] : [];
    alarm(error, smaller);
  }

  /** The result as a file; from the screen if the engine no longer has it. @param {{ type: string, quality: number }} encoding */
  async #image(encoding) {
    const { run } = this.#runner;
    const { canvas } = this.#compare;
    try {
      if (!run) throw new EaselError({ code: "no-run", message: "" });
      return await run.image(encoding);
    } catch (error) {
      if (!canvas) throw error;
      const blob = await new Promise((/** @type {(blob: Blob | null) => void} */ done) => canvas.toBlob(done, encoding.type, encoding.quality));
      if (!blob) throw error;
      return blob;
    }
  }

  async #reuse() {
    try {
      const blob = await this.#image({ type: "image/png", quality: 1 });
      this.#choice.addContent(new File([blob], `${this.#result?.stem ?? "easel"}.png`, { type: "image/png" }));
      tell("reuse.done");
    } catch (error) {
      alarm(error);
    }
  }

  async #saveState() {
    try {
      const blob = await this.#runner.run?.checkpoint();
      if (!blob) return;
      const file = `${this.#result?.stem ?? "easel"}.easel`;
      download(blob, file);
      tell("save.done", { file, size: bytes(blob.size) });
    } catch (error) {
      alarm(error);
    }
  }

  /** "Your pictures". */
  showKept() {
    this.#portfolio.open();
  }

  /** @param {File} file a checkpoint */
  async #open(file) {
    const easel = this.#easel;
    if (!easel || !this.#ready) {
      alarm(new EaselError({ code: "not-ready", message: "" }));
      return;
    }
    if (await this.#elsewhere(file, "")) return;
    clear();
    this.#begin({ content: null, stem: file.name.replace(/\.easel$/i, "") }, async () => easel.resume(file, { recover: true }));
  }

  /** Go on with a run that was kept. @param {import("../keep/portfolio.js").Entry} entry @param {boolean} lost its tab died: its photo is chosen again */
  async #continue({ id, title, link, step }, lost) {
    const easel = this.#easel;
    if (!easel) return;
    try {
      const state = await portfolio.state(id);
      if (await this.#elsewhere(state, link, id)) return;
      const photo = (await inspect(state))?.content;
      // The sliders stand as they did. An imported run has no link.
      if (link) this.restore(parse(link.replace(/^[^#]*/, "")));
      // A photo without a name of its own is a sample (`Inputs::take` in src/session/inputs.rs), and in the link.
      const file = photo && photo.name !== "content" ? new File([photo.blob], photo.name) : null;
      if (lost && file) this.#choice.addContent(file);
      clear();
      const content = photo ? new Picture("scene", file ? file.name : title, photo.blob) : null;
      if (content) this.#compare.setBefore(await content.url(easel), t("stage.before", { name: content.title }));
      this.#begin({ content, stem: title }, async () => easel.resume(state, { recover: true }), id);
      tell("kept.restored", { step });
    } catch (error) {
      alarm(error);
    }
  }

  /** Write the state to the address bar, once the hand rests. */
  #link() {
    clearTimeout(this.#linkTimer);
    this.#linkTimer = setTimeout(() => history.replaceState(null, "", this.link()), 200);
  }

  /** The address that rebuilds this page. */
  link() {
    const { network, init, ...settings } = this.#settings.changed;
    // What needs a file of the visitor's cannot travel in a link.
    const state = format({
      ...this.#choice.state,
      settings: { ...settings, ...(network && network !== "custom" ? { network } : {}), ...(init && init !== "picture" ? { init } : {}) },
      ...appearanceChosen,
    });
    return state ? `#${state}` : location.pathname + location.search;
  }
}
