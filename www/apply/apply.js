// @ts-check
/** The view "Apply": a trained network on any picture, on many, on the camera. Loaded when it is first opened. */
import { download, icon, make } from "../dom.js";
import { EaselError } from "../easel.js";
import { add, bytes, duration, known, number, say, setTitle, t } from "../i18n.js";
import * as files from "../lab/files.js";
import { reason } from "../views/camera.js";
import { Gallery } from "../views/gallery.js";
import { pasteButton, sort } from "../views/inputs.js";
import { alarm, announce, clear, particulars, tell, wording } from "../views/notices.js";
import { Picture } from "../views/pictures.js";
import { Frame } from "./compare.js";
import { en } from "./en.js";
import { ko } from "./ko.js";
import { opened } from "./live.js";
import { zip } from "./zip.js";

/** @typedef {import("../easel.js").Easel} Easel */
/** @typedef {import("../easel.js").Run} Run */
/** @typedef {import("../i18n.js").Key} Key */
/** @typedef {Required<import("../easel.js").StylizeConfig>} Config */

const SIDES = [0, 256, 512, 1024, 2048];
/** Of the camera where the size is left to the picture: what a phone turns round several times a second. */
const LIVE = 384;
const TYPES = /** @type {const} */ ([["png", "PNG"], ["jpeg", "JPEG"], ["webp", "WebP"]]);
/** What the manifest calls networks that turn pictures into pictures. */
const ARCHITECTURES = ["pix2pix", "cyclegan", "stylize"];
/** Errors that this view has words of its own for. */
const WORDED = ["weights-generator", "weights-names", "weights-shape"];

/** @param {string} key @returns {Key} */
const key = (key) => /** @type {Key} */ (key);

// Before anything is built: what is built says its text.
add({ en, ko });
add(files);

/** @param {unknown} error */
function told(error) {
  if (!(error instanceof EaselError) || !WORDED.includes(error.code)) return error;
  return new EaselError({ code: `${error.code}-apply`, message: error.message, subject: error.subject });
}

export class Apply {
  #easel;
  #page;
  /** @type {Config} */
  #config;
  /** @type {Picture[]} */
  #pictures;
  /** @type {Picture} */
  #chosen;
  /** @type {File | null} */
  #file = null;
  /** @type {string[]} The generators of the file, if there are several. */
  #generators = [];
  /** @type {"idle" | "one" | "all" | "live"} */
  #phase = "idle";
  /** @type {Run | null} The newest; it stays after its end, for its picture. */
  #run = null;
  /** Whether what is going on is to end. */
  #ending = false;
  /** @type {{ strength?: number, keepColors?: boolean } | null} Live controls that wait for the ones before. */
  #wanted = null;
  #tuning = false;
  /** What the result was made of. @type {{ picture: Picture | null, stem: string } | null} */
  #result = null;

  #frame = new Frame();
  #caption = make("p", { class: "caption" });
  #place = make("div", { class: "gallery small", label: "apply.picture" });
  #gallery = new Gallery(this.#place, { name: "apply-picture", onPick: (picture) => this.#pick(picture), onRemove: (picture) => this.#remove(picture) });
  #select = make("select", { label: "apply.network", onchange: () => this.#choose(this.#select.value) });
  #generator = make("select", { id: "apply-generator", onchange: () => this.#set({ generator: this.#generator.value }) });
  #strength = make("input", { type: "range", id: "apply-strength", min: 0, max: 1, step: 0.01, "aria-describedby": "apply-strength-hint", oninput: () => this.#live({ strength: this.#strength.valueAsNumber }) });
  #percent = make("output", { for: "apply-strength" });
  #colors = make("input", { type: "checkbox", onchange: () => this.#live({ keepColors: this.#colors.checked }) });
  #side = make("select", { id: "apply-side", "aria-describedby": "apply-side-hint", onchange: () => this.#set({ side: Number(this.#side.value) }) });
  #type = make("select", { label: "apply.type" }, ...TYPES.map(([value, name]) => make("option", { value }, name)));
  #line = make("p", { class: "estimate" });
  #bar = make("progress", { max: 1, value: 0, label: "progress.label", hidden: true });
  #go = make("button", { type: "button", class: "primary", onclick: () => (this.#phase === "idle" ? this.#one() : this.#end()) }, icon("play"), make("span", { text: "apply.go" }));
  #all = make("button", { type: "button", class: "plain", onclick: () => this.#zip() }, icon("save"), make("span"));
  #camera = make("button", { type: "button", class: "plain", onclick: () => (this.#phase === "live" ? this.#end() : this.#watch()) }, icon("camera"), make("span", { text: "apply.live" }));
  #keep = make("button", { type: "button", class: "plain", hidden: true, onclick: () => this.#take?.() }, icon("pictures"), make("span", { text: "apply.live.keep" }));
  /** @type {(() => void) | null} Takes what the camera sees as a picture. */
  #take = null;
  #how;
  #tools;
  #row;
  #view;
  #stage;
  #panel;

  /** @param {Easel} easel @param {{ open: (file: File) => void, busy: () => boolean }} page */
  constructor(easel, page) {
    this.#easel = easel;
    this.#page = page;
    this.#config = this.#defaults();
    this.#pictures = easel.samples.scene.map((name) => new Picture("scene", name, null));
    this.#chosen = /** @type {Picture} */ (this.#pictures[0]);
    const tool = (/** @type {string} */ symbol, /** @type {Key} */ text) => [icon(symbol), make("span", { text })];
    const takers = {
      pictures: (/** @type {File[]} */ files) => this.#add(files),
      network: (/** @type {File} */ file) => this.begin(file),
      checkpoint: page.open,
      refused: alarm,
    };
    const chooser = make("input", { class: "unseen", type: "file", accept: "image/*", multiple: true, label: "apply.picture.file", onchange: () => { sort([...(chooser.files ?? [])], "content", takers); chooser.value = ""; } });
    const network = make("input", { class: "unseen", type: "file", accept: ".safetensors,.pth,.pt", onchange: () => { if (network.files?.[0]) this.begin(network.files[0]); network.value = ""; } });
    this.#tools = make("div", { class: "result-tools", hidden: true },
      make("div", { class: "apply-save" }, this.#type, make("button", { type: "button", class: "strong", onclick: () => this.#save() }, ...tool("save", "save"))),
      make("button", { type: "button", class: "plain", onclick: () => this.#copy() }, ...tool("copy", "copy")));
    this.#stage = make("section", { class: "stage", label: "apply.stage" },
      make("div", { class: "mount" }, this.#frame.element),
      make("div", { class: "under" }, this.#caption, this.#frame.buttons, this.#tools));
    this.#how = make("div", { class: "apply-how" }, make("p", { class: "hint", text: "apply.network.how" }),
      make("ul", { class: "hint" }, make("li", { text: "apply.network.how.1" }), make("li", { text: "apply.network.how.2" })),
      make("div", { class: "row" }, make("a", { class: "plain", href: "#view=translate", text: "apply.translate" })));
    this.#row = make("div", { class: "field" }, make("label", { for: "apply-generator", text: "apply.generator" }), this.#generator, make("p", { class: "hint", text: "apply.generator.hint" }));
    this.#panel = make("form", { class: "panel", tabindex: "-1", label: "panel.label", onsubmit: (/** @type {Event} */ event) => event.preventDefault() },
      make("div", { class: "panel-scroll" },
        make("section", { class: "block" },
          make("div", { class: "block-head" }, make("h2", { text: "apply.picture" }), make("div", { class: "tools" },
            make("label", { class: "tool" }, chooser, ...tool("file", "input.file")),
            make("button", { type: "button", class: "tool", label: "apply.picture.paste", onclick: () => pasteButton("content", takers) }, ...tool("paste", "input.paste")))),
          this.#place, make("p", { class: "promise" }, ...tool("lock", "promise")), make("p", { class: "hint", text: "apply.many" })),
        make("section", { class: "block" }, make("h2", { text: "apply.network" }),
          make("div", { class: "apply-network" }, this.#select, make("label", { class: "plain" }, network, ...tool("file", "apply.network.file"))), this.#row, this.#how),
        make("section", { class: "block" }, make("h2", { text: "apply.result" }),
          make("div", { class: "field" }, make("label", { for: "apply-strength", text: "apply.strength" }), this.#percent, this.#strength, make("p", { class: "hint", id: "apply-strength-hint", text: "apply.strength.hint" })),
          make("label", { class: "switch" }, this.#colors, make("span", { text: "apply.colors" })),
          make("div", { class: "field" }, make("label", { for: "apply-side", text: "apply.side" }), this.#side, make("p", { class: "hint", id: "apply-side-hint", text: "apply.side.hint" })))),
      make("div", { class: "action" }, this.#line, this.#bar, make("div", { class: "buttons" }, this.#go), make("div", { class: "row apply-tools" }, this.#all, this.#camera, this.#keep)));
    this.#view = make("main", { class: "view", id: "apply", tabindex: "-1", hidden: true }, make("h1", { class: "unseen", text: "apply.heading" }), this.#stage, this.#panel);
    document.getElementById("stylize")?.after(this.#view);
    for (const type of ["dragenter", "dragover", "drop"]) addEventListener(type, (event) => this.#drag(/** @type {DragEvent} */ (event), takers), true);
    addEventListener("paste", (event) => {
      const pasted = [...(event.clipboardData?.files ?? [])];
      if (this.#view.hidden || pasted.length === 0) return;
      event.preventDefault();
      event.stopPropagation();
      sort(pasted, "content", takers);
    }, true);
    document.addEventListener("languagechange", () => this.#show());
    for (const picture of this.#pictures) this.#thumb(picture);
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
    return this.#phase !== "idle";
  }

  focus() {
    this.#panel.focus();
  }

  /** It is shown, or not. @param {boolean} on */
  shown(on) {
    this.#view.hidden = !on;
    if (on) setTitle("apply.title");
    else if (this.#phase === "live") this.#end();
  }

  /** Take the state of a link; what it does not know or what is out of range is left out. @param {URLSearchParams} params */
  restore(params) {
    const config = this.#defaults();
    const strength = Number(params.get("strength") ?? 1);
    this.#config = {
      ...config,
      network: this.#models.find(({ id }) => id === params.get("network"))?.id ?? (this.#file ? "custom" : config.network),
      generator: params.get("generator") ?? "",
      side: SIDES.find((side) => String(side) === params.get("side")) ?? 0,
      strength: strength >= 0 && strength <= 1 ? strength : 1,
      keepColors: params.get("keepColors") === "true",
    };
    const content = this.#pictures.find(({ sample, name }) => sample && name === params.get("content"));
    if (content) this.#pick(content);
    this.#show();
  }

  /** The address that rebuilds this view, without `#`. @param {{ lang?: string, theme?: string }} appearance */
  link({ lang, theme }) {
    const params = new URLSearchParams({ view: "apply" });
    const { network, generator, side, strength, keepColors } = this.#config;
    if (this.#chosen.sample && this.#chosen.name !== this.#easel.samples.scene[0]) params.set("content", this.#chosen.name);
    if (network !== "custom" && network !== this.#defaults().network) params.set("network", network);
    if (generator) params.set("generator", generator);
    if (side) params.set("side", String(side));
    if (strength !== 1) params.set("strength", String(strength));
    if (keepColors) params.set("keepColors", "true");
    if (lang) params.set("lang", lang);
    if (theme) params.set("theme", theme);
    return params.toString();
  }

  /** Use the network in a file. @param {File} file */
  begin(file) {
    this.#file = file;
    this.#generators = [];
    this.#set({ network: "custom", generator: "" });
    tell("added.network", { name: file.name });
  }

  /** A run holds nothing but its picture and settings: it begins anew. @param {Blob} state @param {Config} config as its file says */
  resume(state, config) {
    this.#config = { ...this.#defaults(), ...config };
    this.#one(() => this.#easel.resume(state));
  }

  /** The GPU was lost, and with it what was going on. */
  waiting() {
    if (this.busy) say(this.#line, "doing.recovering");
  }

  get #models() {
    return this.#easel.models.filter(({ architecture }) => ARCHITECTURES.includes(architecture));
  }

  /** @returns {Config} */
  #defaults() {
    const config = /** @type {Config} */ (structuredClone(this.#easel.defaults?.stylize));
    return { ...config, network: this.#models[0]?.id ?? "custom" };
  }

  /** Whether there is a network to apply. */
  get #ready() {
    return this.#config.network !== "custom" || this.#file !== null;
  }

  /** What the network is called. */
  get #named() {
    const { network, generator } = this.#config;
    const name = network === "custom" ? (this.#file?.name ?? "") : this.#called(network);
    return generator ? `${name} · ${generator}` : name;
  }

  /** @param {string} id of the manifest */
  #called(id) {
    const name = key(`apply.model.${id}`);
    return known(name) ? t(name) : id;
  }

  /** @param {Partial<Config>} change */
  #set(change) {
    Object.assign(this.#config, change);
    this.#show();
    this.#view.dispatchEvent(new Event("linkchange"));
  }

  /** @param {string} network */
  #choose(network) {
    this.#generators = [];
    this.#set({ network, generator: "" });
  }

  /** What acts at once. @param {{ strength?: number, keepColors?: boolean }} change */
  #live(change) {
    this.#set(change);
    this.#wanted = { ...this.#wanted, ...change };
    this.#tune();
  }

  /** Live controls, those that came meanwhile together. */
  async #tune() {
    const run = this.#run;
    if (this.#tuning || !run || this.#phase === "live") return;
    this.#tuning = true;
    try {
      while (this.#wanted && this.#run === run) {
        const control = this.#wanted;
        this.#wanted = null;
        await run.tune(control);
        // A run that goes on has a reader of its own.
        if (run.ended && this.#result) for await (const event of run) if (event.type === "frame") this.#frame.after(event.bitmap);
      }
    } catch (error) {
      if (this.#run === run && this.#phase === "idle") alarm(told(error));
    } finally {
      this.#tuning = false;
    }
  }

  /** @param {File[]} files */
  #add(files) {
    const added = files.map((file) => new Picture("scene", file.name, file));
    this.#pictures.unshift(...added);
    for (const picture of added) this.#thumb(picture);
    if (added[0]) this.#pick(added[0]);
  }

  /** @param {Picture} picture */
  #pick(picture) {
    this.#chosen = picture;
    this.#show();
    this.#bring();
    this.#view.dispatchEvent(new Event("linkchange"));
  }

  /** @param {Picture} picture */
  #remove(picture) {
    picture.release();
    this.#pictures = this.#pictures.filter((other) => other !== picture);
    this.#pick(this.#chosen === picture ? /** @type {Picture} */ (this.#pictures[0]) : this.#chosen);
    this.#place.querySelector("input")?.focus();
  }

  /** @param {Picture} picture */
  async #thumb(picture) {
    try {
      await picture.loadThumb(this.#easel);
      this.#gallery.render(this.#pictures, (one) => one === this.#chosen);
      if (picture === this.#chosen) this.#bring();
    } catch (error) {
      if (picture === this.#chosen) alarm(error);
    }
  }

  /** Put the chosen picture on the stage, with its result if that is there. */
  async #bring() {
    if (this.busy) return;
    const picture = this.#chosen;
    try {
      const url = await picture.url(this.#easel);
      if (picture !== this.#chosen || this.busy) return;
      this.#frame.before(url, t("stage.before", { name: picture.title }));
      if (this.#result?.picture !== picture) {
        this.#result = null;
        this.#frame.after(null);
        this.#line.removeAttribute("data-i18n");
        this.#line.textContent = "";
      }
      this.#show();
    } catch (error) {
      alarm(error);
    }
  }

  /** @param {DragEvent} event @param {Parameters<typeof sort>[2]} takers */
  #drag(event, takers) {
    const { dataTransfer } = event;
    if (this.#view.hidden || !dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    // The page's own places to drop are those of Stylize.
    event.stopPropagation();
    dataTransfer.dropEffect = "copy";
    if (event.type === "drop") sort([...dataTransfer.files], "content", takers);
  }

  /** @param {Blob} content */
  #begin(content) {
    const network = this.#config.network === "custom" && this.#file ? { network: this.#file } : {};
    return this.#easel.run({ job: "stylize", ...this.#config }, { content, ...network });
  }

  /**
   * One picture, to its end. Gives how it became, which is to be closed; nothing if it was stopped.
   * @param {() => Run} begin @param {boolean} [loud] whether its progress is told
   */
  async #follow(begin, loud = true) {
    const before = this.#run;
    const run = begin();
    this.#run = run;
    this.#wanted = null;
    /** @type {ImageBitmap | null} */
    let newest = null;
    if (loud) say(this.#line, "apply.reading");
    for await (const event of run) {
      if (event.type === "started") {
        before?.forget();
        if (event.generators?.length) this.#generators = event.generators;
      }
      if (event.type === "frame") {
        newest?.close();
        newest = event.bitmap;
      }
      if (event.type === "loading" && loud) this.#bar.value = event.total > 0 ? event.done / event.total : 0;
      if (event.type === "progress" && loud) this.#progress(event);
      if (event.type === "finished" && !event.stopped) return newest;
    }
    newest?.close();
    return null;
  }

  /** @param {Extract<import("../easel.js").RunEvent, { type: "progress" }>} event */
  #progress({ step, of, eta, width, height }) {
    this.#bar.value = step / of;
    const args = { percent: Math.round((100 * step) / of), width, height, time: eta == null ? "" : duration(eta) };
    say(this.#line, eta == null ? "apply.doing" : "apply.doing.left", args);
    announce(t("apply.doing", args), { progress: true });
  }

  /** @param {"one" | "all" | "live"} phase @param {() => Promise<void>} work */
  async #while(phase, work) {
    if (this.busy || !this.#ready) return;
    clear();
    this.#phase = phase;
    this.#ending = false;
    this.#bar.value = 0;
    this.#show();
    try {
      await work();
    } catch (error) {
      this.#failed(error);
    }
    this.#phase = "idle";
    this.#show();
    this.#bring();
    this.#tune();
  }

  /** @param {unknown} error */
  #failed(error) {
    this.#line.removeAttribute("data-i18n");
    this.#line.textContent = "";
    const largest = error instanceof EaselError && error.code === "too-large" && error.largest;
    const side = largest && SIDES.findLast((side) => side > 0 && side <= largest);
    alarm(told(error), side ? [{ text: "use.size", args: { n: String(side) }, act: () => { this.#set({ side }); this.#one(); } }] : []);
  }

  #end() {
    this.#ending = true;
    this.#run?.stop().catch(() => {});
  }

  /** The chosen picture. @param {() => Run} [begin] */
  #one(begin) {
    return this.#while("one", async () => {
      const picture = begin ? null : this.#chosen;
      const content = await this.#chosen.blob(this.#easel);
      const begun = performance.now();
      const bitmap = await this.#follow(begin ?? (() => this.#begin(content)));
      if (!bitmap) {
        say(this.#line, "apply.stopped");
        return;
      }
      const { width, height } = bitmap;
      this.#result = { picture: picture ?? this.#chosen, stem: (picture ?? this.#chosen).stem };
      this.#frame.after(bitmap, t("apply.after", { content: this.#chosen.title, network: this.#named }));
      const args = { width, height, time: duration((performance.now() - begun) / 1000) };
      say(this.#line, "apply.done", args);
      announce(t("apply.done", args));
    });
  }

  get #own() {
    return this.#pictures.filter(({ sample }) => !sample);
  }

  /** All of the visitor's pictures, one after the other, as a zip. */
  #zip() {
    return this.#while("all", async () => {
      const pictures = [...this.#own].reverse();
      /** @type {{ name: string, blob: Blob }[]} */
      const done = [];
      for (const [i, picture] of pictures.entries()) {
        if (this.#ending) break;
        const args = { at: i + 1, n: pictures.length, name: picture.name };
        say(this.#caption, "apply.all.doing", args);
        announce(t("apply.all.doing", args), { progress: true });
        try {
          const content = await picture.blob(this.#easel);
          const bitmap = await this.#follow(() => this.#begin(content));
          const blob = bitmap && (await this.#run?.image({ type: "image/png" }));
          bitmap?.close();
          if (blob) done.push({ name: `${this.#free(picture.stem, done)}.png`, blob });
        } catch (error) {
          // Of one picture alone; what is wrong with the network or the GPU is wrong for all.
          if (!(error instanceof EaselError) || !/^(image|too-large)/.test(error.code)) throw error;
          const { code, ...rest } = particulars(error);
          tell("apply.all.left", { name: picture.name, why: t(wording(code).what, rest) });
        }
      }
      this.#result = null;
      this.#frame.after(null);
      if (done.length === 0) return;
      const file = await zip(done);
      download(file, "easel.zip");
      tell("save.done", { file: "easel.zip", size: bytes(file.size) });
    });
  }

  /** A name that none of them has. @param {string} stem @param {{ name: string }[]} taken */
  #free(stem, taken) {
    const has = (/** @type {string} */ name) => taken.some((one) => one.name === `${name}.png`);
    let name = stem;
    for (let n = 2; has(name); n += 1) name = `${stem}-${n}`;
    return name;
  }

  /** The camera's pictures, as quickly as the device turns them round. */
  #watch() {
    return this.#while("live", async () => {
      const side = this.#config.side || LIVE;
      /** @type {Awaited<ReturnType<typeof opened>>} */
      let camera;
      try {
        camera = await opened(side);
      } catch (error) {
        tell(reason(error));
        return;
      }
      this.#take = () => camera.picture(`${t("camera.file")}.png`, "image/png").then((file) => {
        this.#end();
        this.#add([file]);
      }, alarm);
      this.#frame.live(true);
      try {
        let last = performance.now();
        let rate = 0;
        for (;;) {
          const content = await camera.picture("camera.jpg", "image/jpeg");
          if (this.#ending) break;
          const bitmap = await this.#follow(() => this.#begin(content), rate === 0);
          if (!bitmap) break;
          const { width, height } = bitmap;
          this.#frame.after(bitmap, t("apply.live.label", { network: this.#named }));
          const now = performance.now();
          rate = rate === 0 ? 1000 / (now - last) : 0.8 * rate + 200 / (now - last);
          last = now;
          say(this.#line, "apply.live.rate", { n: number(rate, { maximumSignificantDigits: 2 }), width, height });
        }
      } finally {
        camera.close();
        this.#take = null;
        this.#result = null;
        this.#frame.live(false);
        this.#frame.after(null);
      }
    });
  }

  async #save() {
    try {
      const blob = await this.#run?.image({ type: `image/${this.#type.value}`, quality: 0.92 });
      if (!blob || !this.#result) return;
      const file = `${this.#result.stem}-${this.#named.replace(/\.\w+$/, "")}.${{ "image/jpeg": "jpg", "image/webp": "webp" }[blob.type] ?? "png"}`.replace(/[\\/:*?"<>|·\s]+/g, "-");
      download(blob, file);
      tell("save.done", { file, size: bytes(blob.size) });
    } catch (error) {
      alarm(error);
    }
  }

  async #copy() {
    try {
      const png = this.#run?.image({ type: "image/png" });
      if (!png) return;
      if (!navigator.clipboard?.write) throw new DOMException("", "NotAllowedError");
      await navigator.clipboard.write([new ClipboardItem({ "image/png": png })]);
      tell("copy.done");
    } catch (error) {
      alarm(error instanceof EaselError ? error : new EaselError({ code: "copy-denied", message: error instanceof Error ? error.message : "" }));
    }
  }

  /** @param {HTMLSelectElement} select @param {[value: string, text: string][]} options @param {string} value */
  #options(select, options, value) {
    const texts = options.map(([, text]) => text).join("\n");
    if (select.dataset.texts !== texts) select.replaceChildren(...options.map(([value, text]) => make("option", { value }, text)));
    select.dataset.texts = texts;
    select.value = value;
  }

  #show() {
    const { network, generator, side, strength, keepColors } = this.#config;
    /** @type {[string, string][]} */
    const own = this.#file ? [["custom", t("apply.network.own", { name: this.#file.name })]] : [];
    const shipped = this.#models.map(({ id }) => /** @type {[string, string]} */ ([id, this.#called(id)]));
    const networks = [...own, ...shipped];
    this.#options(this.#select, networks.length > 0 ? networks : [["custom", t("apply.network.none")]], network);
    this.#select.disabled = networks.length === 0;
    this.#how.hidden = this.#ready;
    this.#row.hidden = this.#generators.length === 0;
    this.#options(this.#generator, this.#generators.map((name) => [name, name]), generator || (this.#generators[0] ?? ""));
    this.#options(this.#side, SIDES.map((side) => [String(side), side ? t("apply.side.px", { n: String(side) }) : t("apply.side.0")]), String(side));
    this.#strength.value = String(strength);
    this.#percent.textContent = t("percent", { n: Math.round(100 * strength) });
    this.#strength.setAttribute("aria-valuetext", this.#percent.textContent);
    this.#colors.checked = keepColors;
    this.#gallery.render(this.#pictures, (picture) => picture === this.#chosen);
    const { busy } = this;
    if (this.#phase !== "all") say(this.#caption, this.#ready ? "apply.caption" : "apply.caption.none", { content: this.#chosen.title, network: this.#named });
    this.#tools.hidden = busy || this.#result === null;
    this.#bar.hidden = !busy || this.#phase === "live";
    this.#go.disabled = !busy && !this.#ready;
    this.#go.classList.toggle("soft", busy);
    this.#go.querySelector("use")?.setAttribute("href", busy ? "#i-stop" : "#i-play");
    say(/** @type {Element} */ (this.#go.querySelector("span")), busy ? "apply.stop" : this.#result ? "apply.again" : "apply.go");
    const count = this.#own.length;
    this.#all.hidden = count < 2 || busy;
    say(/** @type {Element} */ (this.#all.querySelector("span")), "apply.all", { n: count });
    this.#camera.hidden = busy && this.#phase !== "live";
    this.#camera.disabled = !busy && !this.#ready;
    say(/** @type {Element} */ (this.#camera.querySelector("span")), this.#phase === "live" ? "apply.live.stop" : "apply.live");
    this.#keep.hidden = this.#phase !== "live";
    this.#stage.dataset.phase = busy ? "running" : "idle";
  }
}
