// @ts-check
/** The visitor's own pictures to learn from: dropped, chosen or taken, made into a data set, and what became of them. */
import { icon, make, styled } from "../../dom.js";
import { add, known, say, t } from "../../i18n.js";
import { reason } from "../../views/camera.js";
import { alarm, announce } from "../../views/notices.js";
import { en } from "./en.js";
import { ko } from "./ko.js";

/** @typedef {import("../../i18n.js").Key} Key */
/** @typedef {import("../../easel.js").LeftOut} LeftOut */
/** @typedef {{ path: string, file: Blob }} Named */

/** Of so many pictures the engine makes a data set; kept in step with `MIN_PICTURES` in src/data/own.rs. */
const ENOUGH = 16;
/** The same of pairs: `MIN_PAIRS` in src/data/own/paired.rs. */
const ENOUGH_PAIRS = 2;
/** Files that are looked for in folders; the engine looks at fewer, and says how many it did not. */
const MAX_FOUND = 40_000;
/** Milliseconds between two pictures while the button is held, and the side of each in pixels. */
const SHOT = { pause: 250, side: 256 };

/** The engine makes one data set at a time, and stops one for another. @type {Promise<unknown>} */
let turn = Promise.resolve();

add({ en, ko });
await styled("train/own/own.css");

/** @param {FileSystemEntry} entry @param {Named[]} found */
async function walk(entry, found) {
  if (found.length >= MAX_FOUND) return;
  const path = entry.fullPath.replace(/^\//, "");
  if (entry.isFile) {
    const one = /** @type {FileSystemFileEntry} */ (entry);
    // One that cannot be read is empty, and left out as such.
    found.push({ path, file: await new Promise((done) => one.file(done, () => done(new Blob()))) });
    return;
  }
  const reader = /** @type {FileSystemDirectoryEntry} */ (entry).createReader();
  for (;;) {
    // Browsers give a folder in parts.
    /** @type {FileSystemEntry[]} */
    const part = await new Promise((done) => reader.readEntries(done, () => done([])));
    if (part.length === 0) return;
    for (const each of part) await walk(each, found);
  }
}

export class Own {
  /** What can be learnt from; null until it is made. @type {Blob | null} */
  blob = null;
  #easel;
  #size;
  #changed;
  #pairs;
  /** @type {Named[]} */
  #files = [];
  /** For which size the data set is, or is being made. */
  #made = 0;
  /** @type {AbortController | null} What stops it being made. */
  #making = null;
  /** @type {MediaStream | null} */
  #stream = null;
  /** Counts openings: a camera that answers too late is switched off again. */
  #opening = 0;
  #shots = 0;
  /** @type {ReturnType<typeof setInterval> | undefined} */
  #holding;

  #video = make("video", { playsinline: true, muted: true, label: "camera.preview" });
  #said = make("p", { class: "hint own-said" });
  #left = make("ul", { class: "own-left" });
  #pictures = make("img", { class: "own-pairs", label: "own.pairs.alt", hidden: true });
  #bar = make("progress", { max: 1, value: 0, label: "progress.label", hidden: true });
  #stop;
  #clear;
  #camera;
  #shooting;

  /**
   * @param {import("../../easel.js").Easel} easel
   * @param {{ place: HTMLElement, size: () => number, changed: () => void, hint?: Key, pairs?: () => import("../../easel.js").Pairing }} view
   *   `size`: that of a picture; `changed` is called whenever `blob` is another one; `pairs`: how pairs are made of pictures
   */
  constructor(easel, { place, size, changed, hint = "own.hint", pairs }) {
    this.#easel = easel;
    this.#pairs = pairs;
    this.#size = size;
    this.#changed = changed;
    const button = (/** @type {Key} */ text, /** @type {() => void} */ act) => make("button", { type: "button", class: "plain", text, onclick: act });
    const chooser = (/** @type {Key} */ text, /** @type {boolean} */ folder) => {
      const input = make("input", { class: "unseen", type: "file", multiple: true, webkitdirectory: folder });
      input.addEventListener("change", () => {
        this.add([...(input.files ?? [])].map((file) => ({ path: file.webkitRelativePath || file.name, file })));
        input.value = "";
      });
      return make("label", { class: "plain" }, input, icon("file"), make("span", { text }));
    };
    this.#camera = button("input.camera", () => (this.#stream ? this.#dark() : this.#light()));
    this.#stop = button("own.stop", () => this.#making?.abort());
    this.#clear = button("own.clear", () => this.#forget());
    this.#shooting = make("div", { class: "own-camera", hidden: true }, this.#video, this.#shutter());
    place.classList.add("own");
    place.append(
      make("p", { class: "hint", text: hint }),
      make("div", { class: "row" }, chooser("own.files", false), chooser("own.folder", true), this.#camera, this.#clear, this.#stop),
      this.#shooting, this.#bar, this.#said, this.#pictures, this.#left,
    );
    document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && this.#dark());
    this.#show();
  }

  /** It is in view, or not: the camera is on only where it is seen. @param {boolean} on */
  shown(on) {
    if (!on) this.#dark();
    else if (this.#files.length > 0 && this.#made !== this.#size()) this.#make();
  }

  /**
   * Files that are dropped on a place are pictures to learn from, while `on` says so; the page's own places to drop, those of
   * Stylize, stay out of sight then. A run is the page's to open.
   * @param {Element} place @param {() => boolean} on
   */
  receive(place, on) {
    for (const type of /** @type {const} */ (["dragenter", "dragover", "dragleave", "drop"])) {
      addEventListener(type, (event) => {
        const { dataTransfer, target } = event;
        if (!on() || !dataTransfer?.types.includes("Files")) return;
        const [first, ...others] = dataTransfer.files;
        if (type === "drop" && others.length === 0 && first?.name.endsWith(".easel")) return;
        event.preventDefault();
        event.stopPropagation();
        dataTransfer.dropEffect = "copy";
        if (type !== "drop" || !(target instanceof Node) || !place.contains(target)) return;
        this.dropped([...dataTransfer.items].map((item) => item.webkitGetAsEntry() ?? item.getAsFile()));
      }, true);
    }
  }

  /** Pairs are made in another way. */
  again() {
    if (this.#files.length > 0) this.#make();
  }

  /** What was dropped. @param {(FileSystemEntry | File | null)[]} items */
  async dropped(items) {
    /** @type {Named[]} */
    const found = [];
    for (const item of items) {
      if (item instanceof File) found.push({ path: item.name, file: item });
      else if (item) await walk(item, found);
    }
    this.add(found);
  }

  /** @param {Named[]} files */
  add(files) {
    if (files.length === 0) return;
    this.#files.push(...files);
    this.#make();
  }

  /** The data set of a run that was kept. @param {Blob} blob */
  keep(blob) {
    this.#forget();
    this.blob = blob;
    this.#say("own.kept");
    this.#show();
    this.#changed();
  }

  #forget() {
    this.#making?.abort();
    this.#making = null;
    this.#files = [];
    this.#made = this.#shots = 0;
    this.blob = null;
    this.#said.textContent = "";
    this.#said.removeAttribute("data-i18n");
    this.#told([]);
    this.#preview();
    this.#show();
    this.#changed();
  }

  async #make() {
    this.#making?.abort();
    const making = new AbortController();
    const size = this.#size();
    const before = this.blob;
    this.#making = making;
    this.#made = size;
    this.blob = null;
    this.#preview();
    this.#bar.value = 0;
    this.#show();
    if (before) this.#changed();
    const mine = () => this.#making === making;
    try {
      const dataset = turn.then(() => this.#easel.dataset(this.#files, {
        size,
        pairs: this.#pairs?.(),
        signal: making.signal,
        onProgress: ({ done, total, count, left }) => {
          if (!mine()) return;
          this.#bar.value = total > 0 ? done / total : 0;
          this.#say("own.at", { done, total, count }, true);
          this.#told(left);
        },
      }));
      turn = dataset.catch(() => {});
      const { blob, count, classes, left, sheet } = await dataset;
      if (!mine()) return;
      this.blob = blob;
      if (this.#pairs) this.#preview(sheet);
      const names = classes.join(", ");
      if (this.#pairs) this.#say("own.pairs", { count, size });
      else if (classes.length > 0) this.#say("own.classes", { count, size, classes: classes.length, names });
      else this.#say("own.is", { count, size });
      this.#told(left);
      this.#changed();
    } catch (error) {
      if (!mine()) return;
      const stopped = /** @type {any} */ (error)?.code === "stopped";
      this.#say(stopped ? "own.stopped" : "own.none");
      if (!stopped) alarm(error);
    } finally {
      if (mine()) this.#making = null;
      this.#show();
    }
  }

  /** @param {Key} text @param {import("../../i18n.js").Args} [args] @param {boolean} [progress] said, but not read out each time */
  #say(text, args, progress = false) {
    say(this.#said, text, args);
    announce(t(text, args), { progress });
  }

  /** The first pairs, if there are any. @param {Blob} [sheet] */
  #preview(sheet) {
    URL.revokeObjectURL(this.#pictures.src);
    this.#pictures.hidden = !sheet;
    if (sheet) this.#pictures.src = URL.createObjectURL(sheet);
    else this.#pictures.removeAttribute("src");
  }

  /** @param {LeftOut[]} left */
  #told(left) {
    this.#left.replaceChildren(...left.map(({ code, count, names }) => {
      const text = `left.${code}`;
      const more = names.length > 0 && names.length < count ? ", …" : "";
      return make("li", { text: known(text) ? text : "left.broken", args: { count, names: names.join(", ") + more } });
    }));
  }

  #show() {
    const busy = this.#making !== null;
    this.#bar.hidden = this.#stop.hidden = !busy;
    this.#clear.hidden = busy || (this.#files.length === 0 && !this.blob);
    this.#shooting.hidden = this.#stream === null;
    say(this.#camera, this.#stream ? "own.dark" : "input.camera");
  }

  async #light() {
    this.#opening += 1;
    const mine = this.#opening;
    this.#say("camera.waiting");
    try {
      if (!navigator.mediaDevices) throw new DOMException("", "NotFoundError");
      const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment", width: { ideal: 640 }, height: { ideal: 480 } } });
      if (mine !== this.#opening) {
        for (const track of stream.getTracks()) track.stop();
        return;
      }
      this.#stream = stream;
      this.#video.srcObject = stream;
      await this.#video.play();
      this.#say("camera.local");
    } catch (error) {
      if (mine !== this.#opening) return;
      this.#dark();
      this.#say(reason(error));
    }
    this.#show();
  }

  /** The camera is off. */
  #dark() {
    this.#opening += 1;
    this.#release();
    for (const track of this.#stream?.getTracks() ?? []) track.stop();
    this.#stream = null;
    this.#video.srcObject = null;
    this.#show();
  }

  /** Takes one at a press, and several while it is held. */
  #shutter() {
    const shutter = make("button", { type: "button", class: "strong", text: "own.snap" });
    shutter.addEventListener("pointerdown", (event) => {
      if (event.button !== 0 || this.#holding !== undefined) return;
      shutter.setPointerCapture(event.pointerId);
      this.#shoot();
      this.#holding = setInterval(() => this.#shoot(), SHOT.pause);
    });
    for (const end of ["pointerup", "pointercancel"]) shutter.addEventListener(end, () => this.#release());
    // A key, or a screen reader.
    shutter.addEventListener("click", async ({ detail }) => {
      if (detail !== 0) return;
      await this.#shoot();
      this.#developed();
    });
    return shutter;
  }

  #release() {
    if (this.#holding === undefined) return;
    clearInterval(this.#holding);
    this.#holding = undefined;
    this.#developed();
  }

  async #shoot() {
    const { videoWidth: w, videoHeight: h } = this.#video;
    if (!this.#stream || w === 0) return;
    const side = Math.min(w, h);
    const canvas = new OffscreenCanvas(SHOT.side, SHOT.side);
    canvas.getContext("2d")?.drawImage(this.#video, (w - side) / 2, (h - side) / 2, side, side, 0, 0, SHOT.side, SHOT.side);
    this.#shots += 1;
    const path = `${t("camera.file")} ${this.#shots}.png`;
    this.#say("own.taken", { count: this.#files.length + 1 });
    this.#files.push({ path, file: await canvas.convertToBlob({ type: "image/png" }) });
  }

  /** What was taken joins the data set, once there is enough for one. */
  #developed() {
    if (this.#files.length >= (this.#pairs ? ENOUGH_PAIRS : ENOUGH)) this.#make();
    else this.#show();
  }
}
