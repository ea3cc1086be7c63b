// @ts-check
/** What the view "Apply" is made of: its elements, the frame, the camera, the zip. */
import { icon, make } from "../dom.js";
import { say, t } from "../i18n.js";
import { Gallery } from "../views/gallery.js";
import { sort, pasteButton } from "../views/inputs.js";

/** @typedef {import("../i18n.js").Key} Key */
/** @typedef {import("../views/pictures.js").Picture} Picture */
/** @typedef {Required<import("../easel.js").StylizeConfig>} Config */
/** @typedef {"idle" | "one" | "all" | "live"} Phase What is going on: one picture, all of them, the camera. */

/**
 * @typedef {object} Acts
 * @property {Parameters<typeof sort>[2]} takers of files
 * @property {(change: Partial<Config>) => void} set
 * @property {(change: { strength?: number, keepColors?: boolean }) => void} live what acts at once
 * @property {(network: string) => void} choose
 * @property {(picture: Picture) => void} pick
 * @property {(picture: Picture) => void} remove
 * @property {() => void} go apply, or stop
 * @property {() => void} zip
 * @property {() => void} watch the camera, or stop it
 * @property {() => void} take the camera's picture
 * @property {() => void} save
 * @property {() => void} copy
 *
 * @typedef {object} State
 * @property {Config} config
 * @property {Picture[]} pictures
 * @property {Picture} chosen
 * @property {[id: string, name: string][]} networks
 * @property {[name: string, text: string][]} generators of the network, if there are several
 * @property {string} named what the network is called
 * @property {boolean} ready whether there is one
 * @property {Phase} phase
 * @property {boolean} result whether the chosen picture has one
 */

export const SIDES = [0, 256, 512, 1024, 2048];
const TYPES = /** @type {const} */ ([["png", "PNG"], ["jpeg", "JPEG"], ["webp", "WebP"]]);

/** @param {string} look @param {string} symbol @param {Key} text @param {() => void} act */
const button = (look, symbol, text, act) => make("button", { type: "button", class: look, onclick: act }, icon(symbol), make("span", { text }));

/** @param {HTMLElement} button @param {Key} text @param {import("../i18n.js").Args} [args] */
function name(button, text, args) {
  const span = button.querySelector("span");
  if (span) say(span, text, args);
}

const SPLITS = /** @type {const} */ ([["compare.before", 100], ["compare.half", 50], ["compare.after", 0]]);

/** Before and after in one frame, as in Stylize: a range input over a clip path. */
class Frame {
  #before = make("img", { class: "before", alt: "", hidden: true });
  #after = make("canvas", { class: "after", role: "img", hidden: true });
  #range = make("input", { type: "range", class: "compare", min: 0, max: 100, step: 1, value: 0, label: "compare.label", hidden: true });
  /** Before, half, after. */
  buttons = make("div", { class: "segmented", role: "group", label: "compare.label", hidden: true });
  element = make(
    "div", { class: "frame", "data-state": "empty" },
    this.#before, this.#after,
    make("span", { class: "divider", "aria-hidden": "true" }, make("span", { class: "knob" }, icon("swap"))),
    this.#range,
    make("span", { class: "tag tag-before", "aria-hidden": "true", text: "compare.before" }),
    make("span", { class: "tag tag-after", "aria-hidden": "true", text: "compare.after" }),
  );

  constructor() {
    this.#range.addEventListener("input", () => this.split(this.#range.valueAsNumber));
    for (const [text, percent] of SPLITS) this.buttons.append(make("button", { type: "button", text, "data-split": percent, onclick: () => this.split(percent) }));
    this.#before.addEventListener("load", () => {
      this.#ratio(this.#before.naturalWidth, this.#before.naturalHeight);
      this.#before.hidden = false;
      this.#show();
    });
    // What the browser cannot show, the engine may read all the same.
    this.#before.addEventListener("error", () => (this.#before.hidden = true));
    this.split(0);
  }

  /** The result as it is shown; null if there is none. */
  get canvas() {
    return this.#after.hidden ? null : this.#after;
  }

  /** @param {number} percent of the frame that shows the before */
  split(percent) {
    this.#range.value = String(percent);
    this.#range.setAttribute("aria-valuetext", t("compare.value", { n: percent }));
    this.element.style.setProperty("--split", `${percent}%`);
    this.element.dataset.split = percent <= 0 ? "after" : percent >= 100 ? "before" : "both";
    for (const button of this.buttons.children) button.setAttribute("aria-pressed", String(Number(button.getAttribute("data-split")) === percent));
  }

  /** @param {string} url @param {string} name what it shows */
  before(url, name) {
    if (this.#before.getAttribute("src") !== url) this.#before.src = url;
    this.#before.alt = name;
  }

  /** A result, which is closed; none takes it away. @param {ImageBitmap | null} bitmap @param {string} [name] what it shows */
  after(bitmap, name = "") {
    this.#after.hidden = bitmap === null;
    if (bitmap) {
      [this.#after.width, this.#after.height] = [bitmap.width, bitmap.height];
      this.#ratio(bitmap.width, bitmap.height);
      this.#after.getContext("2d")?.drawImage(bitmap, 0, 0);
      bitmap.close();
    }
    if (name) this.#after.setAttribute("aria-label", name);
    this.#show();
  }

  /** The camera's picture has no before. @param {boolean} on */
  live(on) {
    this.element.toggleAttribute("data-live", on);
    this.#show();
  }

  /** @param {number} width @param {number} height */
  #ratio(width, height) {
    this.element.style.setProperty("--ratio", String(width / height));
  }

  #show() {
    const live = this.element.hasAttribute("data-live");
    const [before, after] = [!this.#before.hidden && !live, !this.#after.hidden];
    const both = before && after;
    this.#range.hidden = this.buttons.hidden = !both;
    this.element.dataset.state = both ? "both" : before ? "before" : after ? "after" : "empty";
  }
}

export class Controls {
  frame = new Frame();
  caption = make("p", { class: "caption" });
  line = make("p", { class: "estimate" });
  bar = make("progress", { max: 1, value: 0, label: "progress.label", hidden: true });
  type = make("select", { label: "apply.type" }, ...TYPES.map(([value, name]) => make("option", { value }, name)));
  place = make("div", { class: "gallery small", label: "apply.picture" });
  #gallery;
  /** The tiles as they were rendered last. */
  #tiles = "";
  #network;
  #generator;
  #strength;
  #percent = make("output", { for: "apply-strength" });
  #colors;
  #side;
  #go;
  #all;
  #camera;
  #keep;
  #how;
  /** @type {boolean | null} Whether there was a network when it was shown last. */
  #ready = null;
  #tools;
  #several;
  stage;
  panel;
  view;

  /** @param {Acts} acts */
  constructor(acts) {
    const { takers } = acts;
    this.#gallery = new Gallery(this.place, { name: "apply-picture", onPick: acts.pick, onRemove: acts.remove });
    this.#network = make("select", { label: "apply.network", onchange: () => acts.choose(this.#network.value) });
    this.#generator = make("select", { id: "apply-generator", onchange: () => acts.set({ generator: this.#generator.value }) });
    this.#strength = make("input", { type: "range", id: "apply-strength", min: 0, max: 1, step: 0.01, "aria-describedby": "apply-strength-hint", oninput: () => acts.live({ strength: this.#strength.valueAsNumber }) });
    this.#colors = make("input", { type: "checkbox", onchange: () => acts.live({ keepColors: this.#colors.checked }) });
    this.#side = make("select", { id: "apply-side", "aria-describedby": "apply-side-hint", onchange: () => acts.set({ side: Number(this.#side.value) }) });
    this.#go = button("primary", "play", "apply.go", acts.go);
    this.#all = button("plain", "save", "apply.go", acts.zip);
    this.#camera = button("plain", "camera", "apply.live", acts.watch);
    this.#keep = button("plain", "pictures", "apply.live.keep", acts.take);
    this.#tools = make("div", { class: "result-tools", hidden: true }, make("div", { class: "apply-save" }, this.type, button("strong", "save", "save", acts.save)), button("plain", "copy", "copy", acts.copy));
    this.stage = make("section", { class: "stage", label: "apply.stage" }, make("div", { class: "mount" }, this.frame.element), make("div", { class: "under" }, this.caption, this.frame.buttons, this.#tools));
    this.#how = make("details", { class: "apply-how" }, make("summary", { class: "hint", text: "apply.network.how" }),
      make("ul", { class: "hint" }, make("li", { text: "apply.network.how.1" }), make("li", { text: "apply.network.how.2" })),
      make("div", { class: "row" }, make("a", { class: "plain", href: "#view=translate", text: "apply.translate" })));
    this.#several = make("div", { class: "field" }, make("label", { for: "apply-generator", text: "apply.generator" }), this.#generator, make("p", { class: "hint", text: "apply.generator.hint" }));
    this.panel = make("form", { class: "panel", tabindex: "-1", label: "panel.label", onsubmit: (/** @type {Event} */ event) => event.preventDefault() },
      make("div", { class: "panel-scroll" }, this.#pictures(takers), this.#networks(takers),
        make("section", { class: "block" }, make("h2", { text: "apply.result" }),
          make("div", { class: "field" }, make("label", { for: "apply-strength", text: "apply.strength" }), this.#percent, this.#strength, make("p", { class: "hint", id: "apply-strength-hint", text: "apply.strength.hint" })),
          make("label", { class: "switch" }, this.#colors, make("span", { text: "apply.colors" })),
          make("div", { class: "field" }, make("label", { for: "apply-side", text: "apply.side" }), this.#side, make("p", { class: "hint", id: "apply-side-hint", text: "apply.side.hint" })))),
      make("div", { class: "action" }, this.line, this.bar, make("div", { class: "buttons" }, this.#go), make("div", { class: "row apply-tools" }, this.#all, this.#camera, this.#keep)));
    this.view = make("main", { class: "view", id: "apply", tabindex: "-1", hidden: true }, make("h1", { class: "unseen", text: "apply.heading" }), this.stage, this.panel);
    for (const type of ["dragenter", "dragover", "drop"]) addEventListener(type, (event) => this.#drag(/** @type {DragEvent} */ (event), takers), true);
    addEventListener("paste", (event) => {
      const pasted = [...(event.clipboardData?.files ?? [])];
      if (this.view.hidden || pasted.length === 0) return;
      event.preventDefault();
      event.stopPropagation();
      sort(pasted, "content", takers);
    }, true);
  }

  /** @param {Acts["takers"]} takers */
  #pictures(takers) {
    const chooser = make("input", { class: "unseen", type: "file", accept: "image/*", multiple: true, label: "apply.picture.file", onchange: () => { sort([...(chooser.files ?? [])], "content", takers); chooser.value = ""; } });
    const paste = button("tool", "paste", "input.paste", () => pasteButton("content", takers));
    paste.setAttribute("data-i18n-label", "apply.picture.paste");
    paste.setAttribute("aria-label", t("apply.picture.paste"));
    const tools = make("div", { class: "tools" }, make("label", { class: "tool" }, chooser, icon("file"), make("span", { text: "input.file" })), paste);
    return make("section", { class: "block" },
      make("div", { class: "block-head" }, make("h2", { text: "apply.picture" }), tools),
      this.place, make("p", { class: "promise" }, icon("lock"), make("span", { text: "promise" })), make("p", { class: "hint", text: "apply.many" }));
  }

  /** @param {Acts["takers"]} takers */
  #networks(takers) {
    const chooser = make("input", { class: "unseen", type: "file", accept: ".safetensors,.pth,.pt", onchange: () => { if (chooser.files?.[0]) takers.network(chooser.files[0]); chooser.value = ""; } });
    const open = make("label", { class: "plain" }, chooser, icon("file"), make("span", { text: "apply.network.file" }));
    return make("section", { class: "block" }, make("h2", { text: "apply.network" }), make("div", { class: "apply-network" }, this.#network, open), this.#several, this.#how);
  }

  /** Files dropped anywhere on the view. @param {DragEvent} event @param {Acts["takers"]} takers */
  #drag(event, takers) {
    const { dataTransfer } = event;
    if (this.view.hidden || !dataTransfer?.types.includes("Files")) return;
    event.preventDefault();
    // The page's own places to drop are those of Stylize.
    event.stopPropagation();
    dataTransfer.dropEffect = "copy";
    if (event.type === "drop") sort([...dataTransfer.files], "content", takers);
  }

  /** @param {HTMLSelectElement} select @param {[value: string, text: string][]} options @param {string} value */
  #options(select, options, value) {
    const texts = options.flat().join("\n");
    if (select.dataset.texts !== texts) select.replaceChildren(...options.map(([value, text]) => make("option", { value }, text)));
    select.dataset.texts = texts;
    select.value = value;
  }

  /** @param {State} state */
  show({ config, pictures, chosen, networks, generators, named, ready, phase, result }) {
    const { network, generator, side, strength, keepColors } = config;
    const [busy, live] = [phase !== "idle", phase === "live"];
    this.#options(this.#network, networks, network);
    this.#network.disabled = networks.length < 2 && !ready;
    // Open for who needs it, until a network is there.
    if (ready !== this.#ready) this.#how.open = !ready;
    this.#ready = ready;
    this.#several.hidden = generators.length === 0;
    this.#options(this.#generator, generators, generator || (generators[0]?.[0] ?? ""));
    this.#options(this.#side, SIDES.map((side) => [String(side), side ? t("apply.side.px", { n: String(side) }) : t("apply.side.0")]), String(side));
    this.#strength.value = String(strength);
    this.#percent.textContent = t("percent", { n: Math.round(100 * strength) });
    this.#strength.setAttribute("aria-valuetext", this.#percent.textContent);
    this.#colors.checked = keepColors;
    const tiles = [...pictures.map(({ title, thumb }) => `${title} ${thumb}`), pictures.indexOf(chosen)].join("\n");
    if (tiles !== this.#tiles) this.#gallery.render(pictures, (picture) => picture === chosen);
    this.#tiles = tiles;
    if (phase !== "all") say(this.caption, ready ? "apply.caption" : "apply.caption.none", { content: chosen.title, network: named });
    this.#tools.hidden = busy || !result;
    this.bar.hidden = !busy || live;
    this.#go.disabled = !busy && !ready;
    this.#go.classList.toggle("soft", busy);
    this.#go.querySelector("use")?.setAttribute("href", busy ? "#i-stop" : "#i-play");
    name(this.#go, busy ? "apply.stop" : result ? "apply.again" : "apply.go");
    const own = pictures.filter(({ sample }) => !sample).length;
    this.#all.hidden = busy || !ready || own < 2;
    name(this.#all, "apply.all", { n: own });
    this.#camera.hidden = busy && !live;
    this.#camera.disabled = !busy && !ready;
    name(this.#camera, live ? "apply.live.stop" : "apply.live");
    this.#keep.hidden = !live;
    this.stage.dataset.phase = busy ? "running" : "idle";
  }
}

/** The camera's pictures one after the other. @param {number} side the longest side of one in pixels */
export async function camera(side) {
  if (!navigator.mediaDevices) throw new DOMException("", "NotFoundError");
  const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment", width: { ideal: 1280 } } });
  const video = make("video", { playsinline: true, muted: true });
  video.muted = true;
  video.srcObject = stream;
  await video.play();
  const canvas = make("canvas");
  return {
    /** What it sees now. @param {string} name @param {string} type @returns {Promise<File>} */
    async picture(name, type) {
      const { videoWidth: w, videoHeight: h } = video;
      const scale = Math.min(1, side / Math.max(w, h));
      canvas.width = Math.max(1, Math.round(w * scale));
      canvas.height = Math.max(1, Math.round(h * scale));
      canvas.getContext("2d")?.drawImage(video, 0, 0, canvas.width, canvas.height);
      const blob = await new Promise((done) => canvas.toBlob(done, type, 0.95));
      return new File([/** @type {Blob} */ (blob)], name, { type });
    },
    close() {
      for (const track of stream.getTracks()) track.stop();
      video.srcObject = null;
    },
  };
}

const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ 0xedb88320 : crc >>> 1;
  return crc;
});

/** CRC-32 as zip has it. @param {Uint8Array} bytes */
function crc32(bytes) {
  let crc = 0xffffffff;
  for (const byte of bytes) crc = (crc >>> 8) ^ (TABLE[(crc ^ byte) & 255] ?? 0);
  return (crc ^ 0xffffffff) >>> 0;
}

/** A record: numbers of 2 or 4 bytes, the lowest first. @param {...[bytes: 2 | 4, value: number]} fields */
function record(...fields) {
  const view = new DataView(new ArrayBuffer(fields.reduce((sum, [bytes]) => sum + bytes, 0)));
  let at = 0;
  for (const [bytes, value] of fields) {
    if (bytes === 2) view.setUint16(at, value, true);
    else view.setUint32(at, value, true);
    at += bytes;
  }
  return view.buffer;
}

/** A name of a PNG that none of them has. @param {string} stem @param {{ name: string }[]} taken */
export function free(stem, taken) {
  const has = (/** @type {string} */ name) => taken.some((one) => one.name === name);
  let name = `${stem}.png`;
  for (let n = 2; has(name); n += 1) name = `${stem}-${n}.png`;
  return name;
}

/** UTF-8 names. */
const FLAGS = 0x0800;
/** 1980-01-01, the first day that a zip knows: it says nothing of when. */
const DAY = 0x21;

/** A zip whose files are stored as they are: pictures are compressed already. Less than 4 GB and 65,535 files. @param {{ name: string, blob: Blob }[]} files @returns {Promise<Blob>} */
export async function zip(files) {
  /** @type {BlobPart[]} */
  const parts = [];
  /** @type {BlobPart[]} */
  const directory = [];
  let [at, length] = [0, 0];
  for (const { name, blob } of files) {
    const bytes = new Uint8Array(await blob.arrayBuffer());
    const text = new TextEncoder().encode(name);
    /** @type {[2 | 4, number][]} */
    const common = [[2, 20], [2, FLAGS], [2, 0], [2, 0], [2, DAY], [4, crc32(bytes)], [4, bytes.length], [4, bytes.length], [2, text.length], [2, 0]];
    parts.push(record([4, 0x04034b50], ...common), text, blob);
    directory.push(record([4, 0x02014b50], [2, 20], ...common, [2, 0], [2, 0], [2, 0], [4, 0], [4, at]), text);
    at += 30 + text.length + bytes.length;
    length += 46 + text.length;
  }
  const count = files.length;
  const end = record([4, 0x06054b50], [2, 0], [2, 0], [2, count], [2, count], [4, length], [4, at], [2, 0]);
  return new Blob([...parts, ...directory, end], { type: "application/zip" });
}
