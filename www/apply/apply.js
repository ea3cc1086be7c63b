// @ts-check
/** The view "Apply": a trained network on any picture, on many, on the camera. Loaded when it is first opened. */
import { recall, remember } from "../appearance.js";
import { download } from "../dom.js";
import { EaselError } from "../easel.js";
import { add, bytes, duration, known, number, say, setTitle, t } from "../i18n.js";
import * as files from "../lab/files.js";
import { inspect } from "../keep/checkpoint.js";
import { reason } from "../views/camera.js";
import { alarm, announce, clear, particulars, tell, wording } from "../views/notices.js";
import { Picture } from "../views/pictures.js";
import { Controls, SIDES, camera, free, zip } from "./parts.js";
import { en, ko } from "./texts.js";

/** @typedef {import("../easel.js").Easel} Easel */
/** @typedef {import("../easel.js").Run} Run */
/** @typedef {import("../i18n.js").Key} Key */
/** @typedef {import("./parts.js").Config} Config */

/** Of the camera where the size is left to the picture: what a phone turns round several times a second. */
const LIVE = 384;
/** What the manifest calls networks that turn pictures into pictures, those for photos first. */
const ARCHITECTURES = ["stylize", "cyclegan", "pix2pix"];
/** The generators of CycleGAN, there and back. */
const PAIR = ["G_A", "G_B"];
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
  /** @type {import("./parts.js").Phase} */
  #phase = "idle";
  /** @type {Run | null} The newest; it stays after its end, for its picture. */
  #run = null;
  /** Whether what is going on is to end. */
  #ending = false;
  /** @type {{ strength?: number, keepColors?: boolean } | null} Live controls that wait for the ones before. */
  #wanted = null;
  #tuning = false;
  /** What the result was made of. @type {Picture | null} */
  #result = null;

  /** @type {(() => void) | null} Takes what the camera sees as a picture. */
  #take = null;
  #controls;

  /** @param {Easel} easel @param {{ open: (file: File) => void }} page */
  constructor(easel, page) {
    this.#easel = easel;
    this.#config = this.#defaults();
    this.#pictures = easel.samples.scene.map((name) => new Picture("scene", name, null));
    this.#chosen = /** @type {Picture} */ (this.#pictures[0]);
    this.#controls = new Controls({
      takers: { pictures: (files) => this.#add(files), network: (file) => this.begin(file), checkpoint: page.open, refused: alarm },
      set: (change) => this.#set(change),
      live: (change) => this.#live(change),
      choose: (network) => this.#choose(network),
      pick: (picture) => this.#pick(picture),
      remove: (picture) => this.#remove(picture),
      go: () => (this.busy ? this.#end() : this.#one()),
      zip: () => this.#zip(),
      watch: () => (this.busy ? this.#end() : this.#watch()),
      take: () => this.#take?.(),
      save: () => this.#save(),
      copy: () => this.#copy(),
    });
    document.getElementById("stylize")?.after(this.element);
    document.addEventListener("languagechange", () => this.#show());
    for (const picture of this.#pictures) this.#thumb(picture);
    this.#show();
  }

  /** The whole view. */
  get element() {
    return this.#controls.view;
  }

  /** Where notices go while it is shown. */
  get stage() {
    return this.#controls.stage;
  }

  /** Whether something would be lost. */
  get busy() {
    return this.#phase !== "idle";
  }

  focus() {
    this.#controls.panel.focus();
  }

  /** It is shown, or not. @param {boolean} on */
  shown(on) {
    this.element.hidden = !on;
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
  async resume(state, config) {
    const content = (await inspect(state))?.content;
    if (content) this.#add([new File([content.blob], content.name)]);
    this.#config = { ...this.#defaults(), ...config };
    this.#one(() => this.#easel.resume(state));
  }

  /** The GPU was lost, and with it what was going on. */
  waiting() {
    if (this.busy) say(this.#controls.line, "doing.recovering");
  }

  get #models() {
    return ARCHITECTURES.flatMap((one) => this.#easel.models.filter(({ architecture }) => architecture === one));
  }

  /** @returns {Config} */
  #defaults() {
    const config = /** @type {Config} */ (structuredClone(this.#easel.defaults?.stylize));
    // Those of pix2pix are for drawings, mostly: they are there to be chosen.
    return { ...config, network: this.#models.find(({ architecture }) => architecture !== "pix2pix")?.id ?? "custom" };
  }

  /** Whether there is a network to apply. */
  get #ready() {
    return this.#config.network !== "custom" || this.#file !== null;
  }

  /** What the network is called. */
  get #named() {
    const { network, generator } = this.#config;
    const name = network === "custom" ? (this.#file?.name ?? "") : this.#called(network);
    return generator ? `${name} · ${this.#direction(generator)}` : name;
  }

  /** The generators to choose from; of what is shipped they are known before it is fetched. */
  get #choices() {
    const { network } = this.#config;
    const pair = this.#models.some(({ id, architecture }) => id === network && architecture === "cyclegan");
    return pair ? PAIR : this.#generators;
  }

  /** What a generator does, or its name. @param {string} generator */
  #direction(generator) {
    const name = key(`apply.direction.${this.#config.network}.${generator}`);
    return known(name) ? t(name) : generator;
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
    this.element.dispatchEvent(new Event("linkchange"));
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
        if (run.ended && this.#result) for await (const event of run) if (event.type === "frame") this.#controls.frame.after(event.bitmap);
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
    this.element.dispatchEvent(new Event("linkchange"));
  }

  /** @param {Picture} picture */
  #remove(picture) {
    picture.release();
    this.#pictures = this.#pictures.filter((other) => other !== picture);
    this.#pick(this.#chosen === picture ? /** @type {Picture} */ (this.#pictures[0]) : this.#chosen);
    this.#controls.place.querySelector("input")?.focus();
  }

  /** @param {Picture} picture */
  async #thumb(picture) {
    try {
      await picture.loadThumb(this.#easel);
      this.#show();
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
      this.#controls.frame.before(url, t("stage.before", { name: picture.title }));
      if (this.#result !== picture) {
        this.#clear();
      }
      this.#show();
    } catch (error) {
      alarm(error);
    }
  }

  /** @param {Blob} content */
  #begin(content) {
    const network = this.#config.network === "custom" && this.#file ? { network: this.#file } : {};
    const kernels = /** @type {Config["kernels"]} */ (recall(this.#measured) ?? "auto");
    return this.#easel.run({ job: "stylize", ...this.#config, kernels }, { content, ...network });
  }

  /** What the fastest kernels of the network on this GPU are remembered by. */
  get #measured() {
    const { vendor, architecture } = this.#easel.adapter ?? {};
    const { network, generator } = this.#config;
    return ["kernels", vendor, architecture, network, network === "custom" && this.#file?.size, generator].join(" ");
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
    if (loud) say(this.#controls.line, "apply.reading");
    for await (const event of run) {
      if (event.type === "started") {
        before?.forget();
        if (event.generators?.length) this.#generators = event.generators;
        if (event.kernels && !this.#easel.adapter?.fallback) remember(this.#measured, event.kernels);
      }
      if (event.type === "frame") {
        newest?.close();
        newest = event.bitmap;
      }
      if (event.type === "loading" && loud) this.#controls.bar.value = event.total > 0 ? event.done / event.total : 0;
      if (event.type === "progress" && loud) this.#progress(event);
      if (event.type === "finished" && !event.stopped) return newest;
    }
    newest?.close();
    return null;
  }

  /** @param {Extract<import("../easel.js").RunEvent, { type: "progress" }>} event */
  #progress({ step, of, eta, width, height }) {
    this.#controls.bar.value = step / of;
    const args = { percent: Math.round((100 * step) / of), width, height, time: eta == null ? "" : duration(eta) };
    say(this.#controls.line, eta == null ? "apply.doing" : "apply.doing.left", args);
    announce(t("apply.doing", args), { progress: true });
  }

  /** @param {"one" | "all" | "live"} phase @param {() => Promise<void>} work */
  async #while(phase, work) {
    if (this.busy || !this.#ready) return;
    clear();
    this.#phase = phase;
    this.#ending = false;
    // The run before lets go of its picture.
    this.#result = null;
    this.#controls.frame.after(null);
    this.#controls.bar.value = 0;
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

  #clear() {
    this.#result = null;
    this.#controls.frame.after(null);
    this.#controls.line.removeAttribute("data-i18n");
    this.#controls.line.textContent = "";
  }

  /** @param {unknown} error */
  #failed(error) {
    this.#clear();
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
      const picture = this.#chosen;
      const content = await picture.blob(this.#easel);
      const begun = performance.now();
      const bitmap = await this.#follow(begin ?? (() => this.#begin(content)));
      if (!bitmap) {
        say(this.#controls.line, "apply.stopped");
        return;
      }
      const { width, height } = bitmap;
      this.#result = picture;
      this.#controls.frame.after(bitmap, t("apply.after", { content: picture.title, network: this.#named }));
      const args = { width, height, time: duration((performance.now() - begun) / 1000) };
      say(this.#controls.line, "apply.done", args);
      announce(t("apply.done", args));
    });
  }

  get #own() {
    return this.#pictures.filter(({ sample }) => !sample);
  }

  /** All of the visitor's pictures, one after the other, as a zip. */
  #zip() {
    return this.#while("all", async () => {
      const pictures = this.#own;
      /** @type {{ name: string, blob: Blob }[]} */
      const done = [];
      for (const [i, picture] of pictures.entries()) {
        if (this.#ending) break;
        const args = { at: i + 1, n: pictures.length, name: picture.name };
        say(this.#controls.caption, "apply.all.doing", args);
        announce(t("apply.all.doing", args), { progress: true });
        try {
          const content = await picture.blob(this.#easel);
          const bitmap = await this.#follow(() => this.#begin(content));
          const blob = bitmap && (await this.#run?.image({ type: "image/png" }));
          bitmap?.close();
          if (blob) done.push({ name: free(picture.stem, done), blob });
        } catch (error) {
          // Of one picture alone; what is wrong with the network or the GPU is wrong for all.
          if (!(error instanceof EaselError) || !/^(image|too-large)/.test(error.code)) throw error;
          const { code, ...rest } = particulars(error);
          tell("apply.all.left", { name: picture.name, why: t(wording(code).what, rest) });
        }
      }
      if (done.length === 0) return;
      const file = await zip(done);
      download(file, "easel.zip");
      tell("save.done", { file: "easel.zip", size: bytes(file.size) });
    });
  }

  /** The camera's pictures, as quickly as the device turns them round. */
  #watch() {
    return this.#while("live", async () => {
      const side = this.#config.side || LIVE;
      /** @type {Awaited<ReturnType<typeof camera>>} */
      let eye;
      try {
        eye = await camera(side);
      } catch (error) {
        tell(reason(error));
        return;
      }
      this.#take = () => eye.picture(`${t("camera.file")}.png`, "image/png").then((file) => {
        this.#end();
        this.#add([file]);
      }, alarm);
      this.#controls.frame.live(true);
      try {
        let last = performance.now();
        let rate = 0;
        for (;;) {
          const content = await eye.picture("camera.jpg", "image/jpeg");
          if (this.#ending) break;
          const bitmap = await this.#follow(() => this.#begin(content), rate === 0);
          if (!bitmap) break;
          const { width, height } = bitmap;
          this.#controls.frame.after(bitmap, t("apply.live.label", { network: this.#named }));
          const now = performance.now();
          rate = rate === 0 ? 1000 / (now - last) : 0.8 * rate + 200 / (now - last);
          last = now;
          say(this.#controls.line, "apply.live.rate", { n: number(rate, { maximumSignificantDigits: 2 }), width, height });
        }
      } finally {
        eye.close();
        this.#take = null;
        this.#controls.frame.live(false);
        this.#controls.frame.after(null);
      }
    });
  }

  async #save() {
    try {
      const blob = await this.#run?.image({ type: `image/${this.#controls.type.value}`, quality: 0.92 });
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

  #show() {
    const { network } = this.#config;
    /** @type {[string, string][]} */
    const own = this.#file || network === "custom" ? [["custom", this.#file?.name ?? t("apply.network.none")]] : [];
    const shipped = this.#models.map(({ id }) => /** @type {[string, string]} */ ([id, this.#called(id)]));
    this.#controls.show({
      config: this.#config, pictures: this.#pictures, chosen: this.#chosen, networks: [...own, ...shipped],
      generators: this.#choices.map((name) => /** @type {[string, string]} */ ([name, this.#direction(name)])), named: this.#named, ready: this.#ready, phase: this.#phase, result: this.#result !== null,
    });
  }
}
