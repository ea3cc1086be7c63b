// @ts-check
/** The view "Walk": through the noise of a trained generator, from place to place. Loaded when it is first opened. */
import { download, icon, make } from "../dom.js";
import { add, bytes, known, number, say, setTitle, t } from "../i18n.js";
import { alarm, announce, clear, tell } from "../views/notices.js";
import * as files from "../lab/files.js";
import { en } from "./en.js";
import { PACE, ending, film, type } from "./film.js";
import { ko } from "./ko.js";
import { read, write } from "./place.js";
import { Places } from "./places.js";

/** @typedef {import("../easel.js").Easel} Easel */
/** @typedef {import("../easel.js").Run} Run */
/** @typedef {import("../i18n.js").Key} Key */
/** @typedef {import("./place.js").Place} Place */
/** @typedef {Omit<Required<import("../easel.js").WalkConfig>, "places"> & { places: Place[] }} Config */
/** @typedef {NonNullable<Extract<import("../easel.js").RunEvent, { type: "started" }>["generator"]>} Generator */

/** A picture that takes longer does not make the walk jump further, in seconds. */
const LONGEST = 0.25;
/** Seconds from a place to the next. */
const SECONDS = { min: 0.5, max: 20, usual: 2 };
const BETWEEN = /** @type {const} */ (["sphere", "line"]);
/** The walk's settings as a link has them, and how long it takes. @typedef {{ seconds: number, smooth: boolean }} Look */

/** @param {string} key @returns {Key} */
const key = (key) => /** @type {Key} */ (key);

// Before anything is built: what is built says its text.
add({ en, ko });
add(files);

export class Walk {
  #easel;
  #page;
  /** @type {Config} */
  #config;
  /** @type {Look} */
  #look = { seconds: SECONDS.usual, smooth: true };
  /** @type {File | null} A generator of the visitor's own. */
  #file = null;
  /** @type {Run | null} */
  #run = null;
  /** @type {Generator | null} Known once the run has begun. */
  #generator = null;
  #playing = false;
  /** @type {AbortController | null} What calls the recording off. */
  #recording = null;
  /** @type {Record<string, unknown> | null} What the next picture is drawn with. */
  #wanted = null;
  /** @type {Promise<void> | null} */
  #drawing = null;
  /** @type {(bitmap: ImageBitmap) => void} Takes the pictures of a recording. */
  #take = () => {};
  #chosen = 0;
  /** When the last pictures came. @type {number[]} */
  #times = [];
  /** @type {(() => void)[]} Each shows the settings in one row. */
  #rows = [];
  #places = new Places({
    change: (places, chosen) => {
      this.#hold();
      this.#chosen = chosen;
      this.#config.at = chosen;
      this.#set({ places });
    },
    pick: (i) => this.#pick(i),
    sheet: async (sheet) => {
      await this.#drawing;
      return this.#run?.image({ sheet });
    },
    failed: (error) => this.#going && alarm(error),
  });

  #canvas = make("canvas", { class: "walk-picture", role: "img", width: 1, height: 1 });
  #slider = make("input", { type: "range", class: "walk-at", min: 0, step: 0.01, label: "walk.at" });
  #about = make("p", { class: "hint" });
  #line = make("p", { class: "estimate" });
  #bar = make("progress", { max: 1, value: 0, label: "progress.label", hidden: true });
  #select = make("select", { label: "walk.network", onchange: () => this.#choose(this.#select.value) });
  #play;
  #record;
  #view;
  #stage;
  #panel;

  /** @param {Easel} easel @param {{ open: (file: File) => void, busy: () => boolean }} page */
  constructor(easel, page) {
    this.#easel = easel;
    this.#page = page;
    this.#config = this.#defaults();
    this.#slider.addEventListener("input", () => {
      this.#hold();
      this.#go(this.#slider.valueAsNumber);
    });
    const smooth = make("input", { type: "checkbox", onchange: () => { this.#look.smooth = smooth.checked; this.#show(); this.#linked(); } });
    this.#rows.push(() => {
      smooth.checked = this.#look.smooth;
      this.#canvas.classList.toggle("smooth", this.#look.smooth);
    });
    this.#stage = make(
      "section", { class: "stage", label: "walk.stage" },
      make("div", { class: "mount walk-mount" }, this.#canvas),
      make("div", { class: "walk-way" }, this.#places.row, this.#slider),
      make("div", { class: "under" }, make("p", { class: "caption", text: "walk.hint" }), make("label", { class: "switch" }, smooth, make("span", { text: "walk.smooth" }))),
    );
    this.#play = this.#button("primary", "play", "walk.play", () => this.#toggle());
    this.#record = this.#button("plain", "camera", "walk.record", () => (this.#recording ? this.#recording.abort() : this.#film()));
    const chooser = make("input", { class: "unseen", type: "file", accept: ".safetensors,.pth,.pt,.easel", onchange: () => { if (chooser.files?.[0]) this.#page.open(chooser.files[0]); chooser.value = ""; } });
    this.#panel = make(
      "form", { class: "panel", tabindex: "-1", label: "panel.label", onsubmit: (/** @type {Event} */ event) => event.preventDefault() },
      make(
        "div", { class: "panel-scroll" },
        make("section", { class: "block" }, make("h2", { text: "walk.network" }), make("div", { class: "walk-network" }, this.#select, make("label", { class: "plain" }, chooser, icon("file"), make("span", { text: "walk.file" }))), this.#about),
        this.#places.editor,
        make("details", { class: "block" }, make("summary", { text: "walk.arithmetic" }), make("p", { class: "hint", text: "walk.arithmetic.hint" }), this.#places.arithmetic),
        make("details", { class: "block", open: true }, make("summary", { text: "walk.way" }), make("div", { class: "fields" }, this.#segments(), this.#pace(), this.#switch("closed"), this.#switch("classes"))),
        make("details", { class: "block" }, make("summary", { text: "walk.save" }), make("p", { class: "hint", text: type() ? "walk.record.hint" : "walk.record.none" }), make("div", { class: "row" }, this.#button("plain", "save", "walk.picture", () => this.#save()))),
      ),
      make("div", { class: "action" }, this.#line, this.#bar, make("div", { class: "buttons" }, this.#play), make("div", { class: "row walk-tools" }, this.#record)),
    );
    this.#view = make("main", { class: "view", id: "walk", tabindex: "-1", hidden: true }, make("h1", { class: "unseen", text: "walk.heading" }), this.#stage, this.#panel);
    document.getElementById("stylize")?.after(this.#view);
    for (const type of ["dragenter", "dragover", "drop"]) addEventListener(type, (event) => this.#drag(/** @type {DragEvent} */ (event)), true);
    document.addEventListener("languagechange", () => this.#show());
    this.#show();
  }

  /** The whole view. */
  get element() {
    return this.#view;
  }

  /** Where notices go while it is shown. */
  get stage() {
    return this.#stage;
  }

  /** Whether something would be lost. */
  get busy() {
    return this.#recording !== null;
  }

  focus() {
    this.#panel.focus();
  }

  /** It is shown, or not. @param {boolean} on */
  shown(on) {
    if (!on) this.#hold();
    const came = on && this.#view.hidden;
    this.#view.hidden = !on;
    if (!on) return;
    setTitle("walk.title");
    // A run elsewhere is not ended before the visitor says so.
    if (came && !this.#going && !this.#page.busy()) this.#begin(!matchMedia("(prefers-reduced-motion: reduce)").matches);
  }

  /** Take the state of a link; what it does not know is left out. @param {URLSearchParams} params */
  restore(params) {
    const config = this.#defaults();
    const network = this.#models.find(({ id }) => id === params.get("network"))?.id;
    const places = read(params.get("places") ?? "");
    const seconds = Number(params.get("seconds") ?? SECONDS.usual);
    this.#config = {
      ...config,
      network: network ?? config.network,
      places: places.length > 0 ? places : config.places,
      between: BETWEEN.find((one) => one === params.get("between")) ?? config.between,
      closed: params.get("closed") !== "false",
      classes: params.get("classes") === "true",
    };
    this.#look = { seconds: seconds >= SECONDS.min && seconds <= SECONDS.max ? seconds : SECONDS.usual, smooth: params.get("smooth") !== "false" };
    this.#file = null;
    this.#chosen = 0;
    if (this.#going) this.#begin(this.#playing);
    this.#show();
  }

  /** The address that rebuilds this view, without `#`. @param {{ lang?: string, theme?: string }} appearance */
  link({ lang, theme }) {
    const params = new URLSearchParams({ view: "walk" });
    const { network, places, between, closed, classes } = this.#config;
    const usual = this.#defaults();
    const { seconds, smooth } = this.#look;
    if (network !== usual.network && network !== "custom") params.set("network", network);
    if (write(places) !== write(usual.places)) params.set("places", write(places));
    if (between !== usual.between) params.set("between", between);
    if (!closed) params.set("closed", "false");
    if (classes) params.set("classes", "true");
    if (seconds !== SECONDS.usual) params.set("seconds", String(seconds));
    if (!smooth) params.set("smooth", "false");
    if (lang) params.set("lang", lang);
    if (theme) params.set("theme", theme);
    return params.toString().replaceAll("%21", "!").replaceAll("%7E", "~").replaceAll("%2C", ",");
  }

  /** Walk through the generator in a file. @param {File} file */
  begin(file) {
    this.#file = file;
    // Places are of one generator.
    this.#config = { ...this.#config, network: "custom", places: this.#config.places.map((place) => ({ ...place, label: 0 })), at: 0 };
    this.#chosen = 0;
    this.#begin(true);
  }

  /** Go on with a walk that was saved. @param {Blob} state @param {Config} config as its file says */
  resume(state, config) {
    this.#config = { ...this.#defaults(), ...config };
    this.#follow(() => this.#easel.resume(state), false);
  }

  /** The GPU was lost; the walk goes on by itself. */
  waiting() {
    if (this.#going) say(this.#line, "doing.recovering");
  }

  get #models() {
    return this.#easel.models.filter(({ architecture }) => architecture === "gan");
  }

  /** @returns {Config} */
  #defaults() {
    return /** @type {Config} */ (structuredClone(this.#easel.defaults?.walk));
  }

  get #going() {
    return this.#run !== null && !this.#run.ended;
  }

  /** How far it is, in places, until the walk repeats. */
  get #round() {
    const count = this.#config.places.length;
    return count < 2 ? 1 : this.#config.closed ? count : 2 * (count - 1);
  }

  #linked() {
    this.#view.dispatchEvent(new Event("linkchange"));
  }

  /** @param {string} network */
  #choose(network) {
    if (network === "custom") return;
    this.#file = null;
    this.#config = { ...this.#config, network, places: this.#config.places.map((place) => ({ ...place, label: 0 })) };
    this.#begin(this.#playing);
    this.#linked();
  }

  /** @param {boolean} play */
  #begin(play) {
    const inputs = this.#config.network === "custom" && this.#file ? { network: this.#file } : {};
    if (this.#config.network === "custom" && !this.#file) this.#config.network = this.#defaults().network;
    this.#follow(() => this.#easel.run({ job: "walk", ...this.#config }, inputs, { recover: true }), play);
  }

  /** @param {() => Run} begin @param {boolean} play */
  async #follow(begin, play) {
    clear();
    const before = this.#run;
    this.#recording?.abort();
    this.#generator = null;
    this.#wanted = null;
    this.#drawing = null;
    this.#places.of(null);
    this.#playing = false;
    const run = begin();
    this.#run = run;
    // It draws what it is asked for, one by one.
    run.pause().catch(() => {});
    this.#show();
    try {
      for await (const event of run) {
        if (this.#run !== run) {
          if (event.type === "frame") event.bitmap.close();
          continue;
        }
        if (event.type === "loading") {
          this.#bar.hidden = false;
          this.#bar.value = event.total > 0 ? event.done / event.total : 0;
        } else if (event.type === "started") {
          before?.forget();
          this.#begun(event.generator ?? null, play);
        } else if (event.type === "frame") this.#frame(event.bitmap);
        else if (event.type === "recovered") this.#go(this.#config.at);
      }
    } catch (error) {
      if (this.#run === run) alarm(error);
    }
    if (this.#run !== run) return;
    this.#playing = false;
    this.#show();
  }

  /** @param {Generator | null} generator @param {boolean} play */
  #begun(generator, play) {
    this.#bar.hidden = true;
    this.#generator = generator;
    this.#places.of(generator);
    this.#show();
    if (play) this.#toggle();
    else this.#go(this.#config.at);
  }

  /** @param {ImageBitmap} bitmap */
  #frame(bitmap) {
    const now = performance.now();
    this.#times = [...this.#times.filter((time) => now - time < 2000), now];
    if (this.#canvas.width !== bitmap.width || this.#canvas.height !== bitmap.height) [this.#canvas.width, this.#canvas.height] = [bitmap.width, bitmap.height];
    this.#canvas.classList.toggle("wide", bitmap.width > 2 * bitmap.height);
    this.#canvas.getContext("2d")?.drawImage(bitmap, 0, 0);
    this.#take(bitmap);
    bitmap.close();
    this.#tellPace();
  }

  #tellPace() {
    const [first = 0] = this.#times;
    const spent = (this.#times.at(-1) ?? 0) - first;
    if (this.#recording) return;
    if (this.#playing && spent > 300) say(this.#line, "walk.pace", { n: number(((this.#times.length - 1) * 1000) / spent, { maximumSignificantDigits: 2 }) });
    else if (!this.#playing) this.#tellPlace();
  }

  #tellPlace() {
    const { at, places } = this.#config;
    if (!this.#going) say(this.#line, "walk.idle");
    else if (!this.#generator) say(this.#line, "walk.loading");
    else say(this.#line, "walk.where", { at: number(1 + (at % this.#round), { maximumFractionDigits: 2 }), count: places.length });
  }

  /** Draw what there is at `at`. @param {number} at @param {Record<string, unknown>} [control] */
  #go(at, control = {}) {
    this.#config.at = at;
    if (this.#slider.valueAsNumber !== at) this.#slider.value = String(at);
    this.#canvas.setAttribute("aria-label", t("walk.picture.label", { at: number(1 + at, { maximumFractionDigits: 1 }) }));
    this.#wanted = { ...this.#wanted, ...control, at };
    return (this.#drawing ??= this.#draw());
  }

  /** Pictures as they are wanted, one after the other; what was wanted meanwhile is drawn together. */
  async #draw() {
    const run = this.#run;
    try {
      while (this.#wanted && run && this.#run === run && !run.ended) {
        const control = this.#wanted;
        this.#wanted = null;
        await Promise.all([run.tune(control), run.step()]);
      }
    } catch (error) {
      // A run that failed is told by `follow`.
      if (this.#run === run && run && !run.ended) alarm(error);
    } finally {
      if (this.#run === run) this.#drawing = null;
    }
  }

  #toggle() {
    if (this.#playing) {
      this.#hold();
      return;
    }
    if (!this.#going) {
      this.#begin(true);
      return;
    }
    if (this.#generator && !this.#recording) this.#walk();
  }

  #hold() {
    if (!this.#playing) return;
    this.#playing = false;
    this.#show();
  }

  async #walk() {
    const run = this.#run;
    this.#playing = true;
    this.#times = [];
    this.#show();
    let last = performance.now();
    while (this.#playing && this.#run === run && this.#going) {
      await new Promise(requestAnimationFrame);
      const now = performance.now();
      const spent = Math.min(LONGEST, (now - last) / 1000);
      last = now;
      if (this.#playing) await this.#go((this.#config.at + spent / this.#look.seconds) % this.#round);
    }
  }

  /** Settings change; what is drawn follows. @param {Partial<Config>} change */
  #set(change) {
    Object.assign(this.#config, change);
    this.#chosen = Math.min(this.#chosen, this.#config.places.length - 1);
    if (this.#generator) this.#go(this.#config.at % this.#round, change);
    this.#show();
    this.#linked();
  }

  /** Files dropped anywhere on the view. @param {DragEvent} event */
  #drag(event) {
    const { dataTransfer } = event;
    if (this.#view.hidden || !dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    // The page's own places to drop are those of Stylize.
    event.stopPropagation();
    dataTransfer.dropEffect = "copy";
    if (event.type === "drop" && dataTransfer.files[0]) this.#page.open(dataTransfer.files[0]);
  }

  /** @param {string} look @param {string} symbol @param {Key} text @param {() => void} act */
  #button(look, symbol, text, act) {
    return make("button", { type: "button", class: look, onclick: act }, icon(symbol), make("span", { text }));
  }

  #segments() {
    const group = make("div", { class: "segmented", role: "group", label: "walk.between" });
    for (const one of BETWEEN) {
      const button = make("button", { type: "button", text: key(`walk.between.${one}`), "data-choice": one, onclick: () => this.#set({ between: one }) });
      group.append(button);
      this.#rows.push(() => button.setAttribute("aria-pressed", String(this.#config.between === one)));
    }
    return make("div", { class: "field" }, group, make("p", { class: "hint", text: "walk.between.hint" }));
  }

  #pace() {
    const range = make("input", {
      type: "range", id: "walk-seconds", min: SECONDS.min, max: SECONDS.max, step: 0.5,
      oninput: () => { this.#look.seconds = range.valueAsNumber; this.#show(); this.#linked(); },
    });
    const told = make("output", { for: "walk-seconds" });
    this.#rows.push(() => {
      range.value = String(this.#look.seconds);
      told.textContent = t("walk.seconds.value", { n: this.#look.seconds });
      range.setAttribute("aria-valuetext", told.textContent);
    });
    return make("div", { class: "walk-slider" }, make("label", { for: "walk-seconds", text: "walk.seconds" }), told, range);
  }

  /** @param {"closed" | "classes"} name */
  #switch(name) {
    const box = make("input", { type: "checkbox", onchange: () => this.#set({ [name]: box.checked }) });
    const row = make("label", { class: "switch" }, box, make("span", { text: key(`walk.${name}`) }));
    this.#rows.push(() => {
      box.checked = this.#config[name];
      row.hidden = name === "classes" && (this.#generator?.classes ?? 1) < 2;
    });
    return row;
  }

  #show() {
    const { places, at } = this.#config;
    for (const row of this.#rows) row();
    this.#places.show(places, this.#chosen);
    this.#slider.max = String(this.#config.closed || places.length < 2 ? places.length : places.length - 1);
    this.#slider.value = String(at);
    this.#slider.disabled = places.length < 2 || !this.#generator;
    const named = this.#models.map(({ id }) => id);
    const options = this.#config.network === "custom" && this.#file ? ["custom", ...named] : named;
    const names = options.map((id) => this.#called(id));
    if (this.#select.textContent !== names.join("")) this.#select.replaceChildren(...options.map((id, i) => make("option", { value: id }, names[i] ?? id)));
    this.#select.value = this.#config.network;
    const generator = this.#generator;
    if (generator) say(this.#about, generator.size > 1 ? "walk.about" : "walk.about.points", { latent: generator.latent, size: generator.size });
    else this.#about.textContent = "";
    this.#play.querySelector("use")?.setAttribute("href", this.#playing ? "#i-pause" : "#i-play");
    const text = this.#play.querySelector("span");
    if (text) say(text, this.#playing ? "walk.pause" : "walk.play");
    const recording = this.#recording !== null;
    this.#play.disabled = recording || (this.#going && !generator);
    this.#record.hidden = !type();
    this.#record.disabled = !generator;
    const label = this.#record.querySelector("span");
    if (label) say(label, recording ? "walk.stop" : "walk.record");
    this.#stage.dataset.playing = String(this.#playing);
    if (!recording) this.#tellPace();
  }

  /** What a generator is called. @param {string} id */
  #called(id) {
    if (id === "custom") return this.#file?.name ?? id;
    const [variant = "", data = ""] = id.split("-");
    const name = key(`walk.data.${data}`);
    return `${variant.toUpperCase()} · ${known(name) ? t(name) : data}`;
  }

  /** @param {number} i */
  #pick(i) {
    this.#hold();
    this.#chosen = i;
    if (this.#generator) this.#go(i);
    this.#show();
  }

  /** One whole round as a film. */
  async #film() {
    const kind = type();
    if (!kind || !this.#generator) return;
    this.#hold();
    await this.#drawing;
    const stop = new AbortController();
    this.#recording = stop;
    this.#bar.hidden = false;
    this.#show();
    /** @type {ImageBitmap[]} */
    const pictures = [];
    const count = Math.max(2, Math.round(this.#round * this.#look.seconds * PACE));
    const { at } = this.#config;
    try {
      /** @type {Promise<void>[]} */
      const copies = [];
      this.#take = () => copies.push(createImageBitmap(this.#canvas).then((bitmap) => void pictures.push(bitmap)));
      const begun = performance.now();
      for (let i = 0; i < count; i += 1) {
        stop.signal.throwIfAborted();
        await this.#go((i * this.#round) / count);
        await Promise.all(copies.splice(0));
        this.#tellFilm(i + 1, count, begun);
      }
      if (pictures.length < count) throw new DOMException("", "AbortError");
      const file = await film(pictures, { type: kind, smooth: this.#look.smooth, signal: stop.signal, told: (part) => (this.#bar.value = 0.5 + part / 2) });
      const name = `walk-${this.#file?.name.replace(/\.\w+$/, "") ?? this.#config.network}.${ending(kind)}`;
      download(file, name);
      tell("save.done", { file: name, size: bytes(file.size) });
    } catch (error) {
      if (error instanceof DOMException && error.name === "AbortError") announce(t("walk.stopped"));
      else alarm(error);
    } finally {
      this.#take = () => {};
      for (const picture of pictures) picture.close();
      this.#recording = null;
      this.#bar.hidden = true;
      if (this.#generator) this.#go(at);
      this.#show();
    }
  }

  /** @param {number} done @param {number} count @param {number} begun */
  #tellFilm(done, count, begun) {
    const left = ((performance.now() - begun) / done) * (count - done) / 1000 + count / PACE;
    this.#bar.value = done / count / 2;
    say(this.#line, "walk.filming", { done, count, left: number(Math.ceil(left)) });
    if (done % 30 === 0) announce(t("walk.filming", { done, count, left: number(Math.ceil(left)) }), { progress: true });
  }

  async #save() {
    try {
      const blob = await this.#run?.image({ type: "image/png" });
      if (!blob) return;
      const file = `walk-${this.#config.network}.png`;
      download(blob, file);
      tell("save.done", { file, size: bytes(blob.size) });
    } catch (error) {
      alarm(error);
    }
  }
}
