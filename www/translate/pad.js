// @ts-check
/**
 * A pad to draw an input on, and beside it what becomes of it: labels, each in the colour of its kind, or lines on paper. By
 * pointer, by touch, and by keyboard with a cursor.
 */
import { make, styled } from "../dom.js";
import { number, say, t } from "../i18n.js";
import { announce } from "../views/notices.js";
import { INK, LABELS, PAPER, blank, disc, filled, line } from "./drawing.js";

await styled("translate/pad.css");

/** @typedef {import("../i18n.js").Key} Key */
/** @typedef {"labels" | "edges"} Kind */
/** @typedef {{ size: number, kind: Kind }} Form */

/** @param {string} key @returns {Key} */
const key = (key) => /** @type {Key} */ (key);

/** Steps that can be taken back. */
const UNDO = 40;
/** Radii of the brush, in parts of the side. */
const BRUSHES = /** @type {const} */ ({ fine: 1 / 128, small: 1 / 40, medium: 1 / 18, large: 1 / 9 });
/** Keys that move the cursor. @type {Record<string, [number, number]>} */
const MOVES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
/** Pixels that it moves with Shift. */
const LEAP = 8;

export class Pad {
  #render;
  #random;
  /** @type {Form | null} */
  #form = null;
  /** One number a pixel, the bytes of its colour. */
  #cells = new Uint32Array(0);
  /** @type {Uint32Array<ArrayBuffer>[]} */
  #undo = [];
  /** @type {Uint32Array<ArrayBuffer>[]} */
  #redo = [];
  /** @type {"brush" | "eraser" | "fill"} */
  #tool = "brush";
  /** @type {keyof typeof BRUSHES} */
  #brush = "medium";
  #colour = 0;
  /** Where the stroke is that is being drawn; null between strokes. @type {[number, number] | null} */
  #stroke = null;
  /** Of the keyboard. @type {[number, number]} */
  #cursor = [0, 0];
  #drawing = false;
  #again = false;

  #canvas = make("canvas", { class: "pad-canvas", role: "application", tabindex: 0, width: 1, height: 1, label: "pad.canvas", "aria-describedby": "pad-keys" });
  #mark = make("span", { class: "pad-cursor", "aria-hidden": "true", hidden: true });
  #result = make("canvas", { class: "pad-result", role: "img", width: 1, height: 1, label: "pad.result" });
  #said = make("p", { class: "hint pad-said" });
  #palette = make("div", { class: "pad-palette", role: "group", label: "pad.palette" });
  #tools = make("div", { class: "row pad-tools" });
  /** @type {(() => void)[]} */
  #rows = [];
  element;

  /**
   * @param {{ render: (picture: number[]) => Promise<ImageBitmap | null>, random: (form: Form) => Promise<Blob> }} of `render`: what
   *   becomes of a picture, red, green and blue of each pixel; null if there is nobody to ask yet
   */
  constructor({ render, random }) {
    this.#render = render;
    this.#random = random;
    /** @param {string} name @param {() => void} act @param {() => boolean} off */
    const action = (name, act, off = () => false) => {
      const one = make("button", { type: "button", class: "plain", "data-pad": name, text: key(`pad.${name}`), onclick: act });
      this.#rows.push(() => (one.disabled = off()));
      return one;
    };
    this.#tools.append(
      this.#choice("tool", ["brush", "eraser", "fill"], () => this.#tool, (tool) => (this.#tool = tool)),
      this.#choice("size", /** @type {(keyof typeof BRUSHES)[]} */ (Object.keys(BRUSHES)), () => this.#brush, (brush) => (this.#brush = brush)),
      action("undo", () => this.undo(), () => this.#undo.length === 0),
      action("redo", () => this.redo(), () => this.#redo.length === 0),
      action("clear", () => this.#clear()),
      action("random", () => this.random()),
    );
    const sheet = make("div", { class: "pad-sheet" }, this.#canvas, this.#mark);
    this.element = make(
      "section", { class: "pad", label: "pad.title", hidden: true },
      make("div", { class: "pad-pictures" }, make("figure", {}, sheet, make("figcaption", { text: "pad.canvas" })), make("figure", {}, this.#result, make("figcaption", { text: "pad.result" }))),
      make("div", { class: "pad-controls" }, this.#palette, this.#tools, this.#said, make("p", { class: "hint", id: "pad-keys", text: "pad.keys" })),
    );
    this.#listen();
  }

  /** What is drawn on it now; null hides it. @param {Form | null} form */
  set(form) {
    this.element.hidden = form === null;
    const before = this.#form;
    this.#form = form;
    if (!form || (before?.size === form.size && before.kind === form.kind)) return;
    const { size, kind } = form;
    this.#canvas.width = this.#canvas.height = size;
    this.#cells = blank(kind, size);
    this.#undo = [];
    this.#redo = [];
    this.#cursor = [size >> 1, size >> 1];
    const colours = kind === "labels" ? Object.entries(LABELS) : [];
    this.#colour = kind === "labels" ? (LABELS.tree ?? 0) : INK;
    this.#palette.replaceChildren(...colours.map(([name, colour]) => {
      const [r, g, b] = new Uint8Array(new Uint32Array([colour]).buffer);
      const swatch = make("span", { class: "pad-swatch", "aria-hidden": "true" });
      swatch.style.background = `rgb(${r} ${g} ${b})`;
      return make("button", { type: "button", "data-label": name, onclick: () => this.#pick(colour) }, swatch, make("span", { text: key(`pad.label.${name}`) }));
    }));
    this.#palette.hidden = colours.length === 0;
    this.#forget();
    this.#show();
  }

  /** The picture beside it is no longer of the networks there are. */
  #forget() {
    this.#result.width = this.#result.height = 1;
    this.#result.hidden = true;
    say(this.#said, "pad.wait");
  }

  /** Draw anew what becomes of it: now there is somebody to ask, or he has learnt. @param {boolean} [other] the networks are others */
  refresh(other = false) {
    if (other) this.#forget();
    if (this.#form) this.#ask();
  }

  undo() {
    this.#swap(this.#undo, this.#redo);
  }

  redo() {
    this.#swap(this.#redo, this.#undo);
  }

  /** An input of a scene. */
  async random() {
    const form = this.#form;
    if (!form) return;
    const bitmap = await createImageBitmap(await this.#random(form));
    const pen = new OffscreenCanvas(form.size, form.size).getContext("2d");
    if (!pen || form !== this.#form) return;
    pen.drawImage(bitmap, 0, 0);
    bitmap.close();
    this.#keep();
    this.#cells = new Uint32Array(pen.getImageData(0, 0, form.size, form.size).data.buffer);
    this.#changed();
  }

  /** @template {string} T @param {string} name @param {T[]} options @param {() => T} now @param {(one: T) => void} take */
  #choice(name, options, now, take) {
    const group = make("div", { class: "segmented", role: "group", label: key(`pad.${name}`) });
    for (const option of options) {
      const one = make("button", { type: "button", "data-pad": option, text: key(`pad.${name}.${option}`), onclick: () => (take(option), this.#show()) });
      this.#rows.push(() => one.setAttribute("aria-pressed", String(now() === option)));
      group.append(one);
    }
    return group;
  }

  /** @param {number} colour */
  #pick(colour) {
    this.#colour = colour;
    if (this.#tool === "eraser") this.#tool = "brush";
    this.#show();
  }

  #show() {
    for (const row of this.#rows) row();
    const [entries, buttons] = [Object.values(LABELS), [...this.#palette.children]];
    buttons.forEach((one, i) => one.setAttribute("aria-pressed", String(entries[i] === this.#colour && this.#tool !== "eraser")));
    const size = this.#form?.size ?? 1;
    const pen = this.#canvas.getContext("2d");
    const picture = new ImageData(new Uint8ClampedArray(this.#cells.slice().buffer), size, size);
    pen?.putImageData(picture, 0, 0);
    const [x, y] = this.#cursor;
    this.#mark.style.left = `${(100 * (x + 0.5)) / size}%`;
    this.#mark.style.top = `${(100 * (y + 0.5)) / size}%`;
  }

  #listen() {
    const canvas = this.#canvas;
    /** @param {PointerEvent} event @returns {[number, number]} */
    const place = (event) => {
      const { left, top, width, height } = canvas.getBoundingClientRect();
      const size = this.#form?.size ?? 1;
      return [((event.clientX - left) / width) * size, ((event.clientY - top) / height) * size];
    };
    canvas.addEventListener("pointerdown", (event) => {
      if (event.button !== 0 || this.#stroke) return;
      canvas.setPointerCapture(event.pointerId);
      this.#mark.hidden = true;
      this.#begin(place(event));
    });
    canvas.addEventListener("pointermove", (event) => this.#stroke && canvas.hasPointerCapture(event.pointerId) && this.#to(place(event)));
    for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, () => (this.#stroke = null));
    canvas.addEventListener("keydown", (event) => this.#key(event));
    canvas.addEventListener("keyup", ({ key }) => key === " " && (this.#stroke = null));
    canvas.addEventListener("blur", () => {
      this.#stroke = null;
      this.#mark.hidden = true;
    });
    canvas.addEventListener("focus", () => (this.#mark.hidden = !canvas.matches(":focus-visible")));
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const { key: pressed, shiftKey, ctrlKey, metaKey, repeat } = event;
    const command = ctrlKey || metaKey;
    const move = MOVES[pressed];
    const size = this.#form?.size ?? 1;
    this.#mark.hidden = false;
    if (command && pressed.toLowerCase() === "z") shiftKey ? this.redo() : this.undo();
    else if (command && pressed.toLowerCase() === "y") this.redo();
    else if (command) return;
    else if (move) {
      const by = shiftKey ? LEAP : 1;
      const within = (/** @type {number} */ at) => Math.min(size - 1, Math.max(0, at));
      this.#cursor = [within(this.#cursor[0] + by * move[0]), within(this.#cursor[1] + by * move[1])];
      if (this.#stroke) this.#to(this.#middle());
      this.#show();
      announce(this.#where());
    } else if (pressed === " ") {
      if (!repeat) this.#begin(this.#middle());
      announce(`${t("pad.drawn")} ${this.#where()}`);
    } else return;
    event.preventDefault();
  }

  /** @returns {[number, number]} */
  #middle() {
    return [this.#cursor[0] + 0.5, this.#cursor[1] + 0.5];
  }

  /** Where the cursor is, and what lies there. */
  #where() {
    const [x, y] = this.#cursor;
    const here = this.#cells[y * (this.#form?.size ?? 1) + x];
    const found = Object.entries(LABELS).find(([, colour]) => colour === here);
    const what = this.#form?.kind === "labels" && found ? t(key(`pad.label.${found[0]}`)) : t(here === PAPER ? "pad.paper" : "pad.line");
    return t("pad.at", { x: x + 1, y: y + 1, what });
  }

  /** @param {[number, number]} at */
  #begin(at) {
    if (!this.#form) return;
    const { size } = this.#form;
    this.#keep();
    if (this.#tool === "fill") {
      filled(this.#cells, size, [Math.floor(at[0]), Math.floor(at[1])], this.#colour);
      this.#changed();
      return;
    }
    this.#stroke = at;
    this.#to(at);
  }

  /** @param {[number, number]} at */
  #to(at) {
    if (!this.#form || !this.#stroke) return;
    const { kind, size } = this.#form;
    const under = this.#tool === "eraser" ? blank(kind, size) : null;
    // Lines are as thin as those that were learnt from.
    const thin = kind === "edges" && !under ? 0.35 : 1;
    const radius = Math.max(0.5, BRUSHES[this.#brush] * size * thin);
    line(this.#stroke, at, (x, y) => disc(this.#cells, size, [x, y], radius, (i) => under?.[i] ?? this.#colour));
    this.#stroke = at;
    this.#changed();
  }

  /** What there is can be come back to. */
  #keep() {
    this.#undo.push(this.#cells.slice());
    if (this.#undo.length > UNDO) this.#undo.shift();
    this.#redo = [];
  }

  /** @param {Uint32Array<ArrayBuffer>[]} from @param {Uint32Array<ArrayBuffer>[]} to */
  #swap(from, to) {
    const cells = from.pop();
    if (!cells) return;
    to.push(this.#cells);
    this.#cells = cells;
    this.#changed();
  }

  #clear() {
    if (!this.#form) return;
    this.#keep();
    this.#cells = blank(this.#form.kind, this.#form.size);
    this.#changed();
  }

  #changed() {
    this.#show();
    this.#ask();
  }

  /** One picture at a time; what came meanwhile is drawn together after it. */
  async #ask() {
    this.#again = true;
    if (this.#drawing) return;
    this.#drawing = true;
    try {
      while (this.#again) {
        this.#again = false;
        const begun = performance.now();
        const bytes = new Uint8Array(this.#cells.buffer);
        const bitmap = await this.#render(Array.from({ length: 3 * this.#cells.length }, (_, i) => bytes[4 * Math.floor(i / 3) + (i % 3)] ?? 0));
        if (!bitmap) continue;
        this.#result.hidden = false;
        [this.#result.width, this.#result.height] = [bitmap.width, bitmap.height];
        this.#result.getContext("2d")?.drawImage(bitmap, 0, 0);
        bitmap.close();
        const took = performance.now() - begun;
        this.#result.dataset.took = String(Math.round(took));
        say(this.#said, "pad.took", { ms: number(Math.round(took)) });
      }
    } finally {
      this.#drawing = false;
    }
  }
}
