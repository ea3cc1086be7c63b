// @ts-check
/** The places of a walk: in a row below the picture, and the chosen one with its map, its sliders and its sums. */
import { icon, make } from "../dom.js";
import { number, say } from "../i18n.js";
import { tell } from "../views/notices.js";
import { LIMITS, noise, sum, write } from "./place.js";

/** @typedef {import("../i18n.js").Key} Key */
/** @typedef {import("./place.js").Place} Place */
/** @typedef {import("./walk.js").Generator} Generator */

/** Of map and sliders in deviations, to each side; as the engine draws the map. */
const REACH = 3;
/** Milliseconds that a place is left alone before it is drawn anew. */
const QUIET = 200;

/** @param {number} x */
const within = (x) => Math.max(-REACH, Math.min(REACH, x));
const dice = () => Math.floor(Math.random() * 100_000);

/**
 * @typedef {object} Walk What it needs of the view.
 * @property {(places: Place[], chosen: number) => void} change
 * @property {(chosen: number) => void} pick
 * @property {(sheet: "places" | { map: number }) => Promise<Blob | undefined>} sheet
 * @property {(error: unknown) => void} failed
 */

export class Places {
  #walk;
  /** @type {Place[]} */
  #places = [];
  #chosen = 0;
  /** @type {Generator | null} */
  #generator = null;
  /** What the row and the map show. */
  #rowOf = "";
  #mapOf = "";
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  /** @type {(() => void)[]} Each shows the chosen place in one control. */
  #controls = [];

  /** The places in a row. */
  row = make("div", { class: "walk-places", role: "group", label: "walk.places" });
  #map = make("img", { class: "walk-map", alt: "", draggable: "false" });
  #cross = make("span", { class: "walk-cross", "aria-hidden": "true" });
  #title = make("h2");
  #sliders = make("div", { class: "fields" });
  #more;
  #remove;
  /** @type {HTMLSelectElement[]} */
  #terms;
  #result;
  /** The chosen place. */
  editor;
  /** Sums of places. */
  arithmetic;

  /** @param {Walk} walk */
  constructor(walk) {
    this.#walk = walk;
    this.#more = this.#button("copy", "walk.add", () => this.#insert(noise(dice())));
    this.#remove = this.#button("close", "walk.remove", () => {
      const left = this.#places.filter((_, i) => i !== this.#chosen);
      walk.change(left, Math.max(0, this.#chosen - 1));
    });
    this.editor = make(
      "section", { class: "block" }, this.#title, make("div", { class: "walk-plane" }, this.#map, this.#cross), make("p", { class: "hint", text: "walk.map.hint" }), this.#sliders,
      make("div", { class: "row" }, this.#button("again", "walk.other", () => this.#change({ ...noise(dice()), label: this.#place.label })), this.#more, this.#remove),
    );
    this.#terms = [0, 1, 2].map((i) => make("select", { label: /** @type {Key} */ (`walk.sum.${i}`) }));
    this.#result = this.#button("copy", "walk.sum.add", () => {
      const [a, b, c] = this.#terms.map((select) => this.#places[Number(select.value)]);
      const found = a && b && c ? sum(a, b, c) : null;
      if (found) this.#insert(found);
      else tell("walk.sum.nowhere");
    });
    const signs = ["", "−", "+"];
    this.arithmetic = make("div", { class: "row walk-sum" }, ...this.#terms.flatMap((select, i) => [signs[i] ?? "", select]), this.#result);
    this.#onMap();
  }

  get #place() {
    return /** @type {Place} */ (this.#places[this.#chosen]);
  }

  /** Another generator, or none yet. @param {Generator | null} generator */
  of(generator) {
    this.#generator = generator;
    this.#rowOf = this.#mapOf = "";
    this.#controls = [];
    this.#sliders.replaceChildren();
    for (let i = 0; i < (generator?.directions ?? 0); i += 1) this.#slider(i);
    const classes = generator?.classes ?? 1;
    if (classes < 2) return;
    const select = make("select", { id: "walk-label", onchange: () => this.#change({ ...this.#place, label: Number(select.value) }) });
    for (let i = 0; i < classes; i += 1) select.append(make("option", { value: i }, String(i)));
    this.#sliders.append(make("div", { class: "walk-slider" }, make("label", { for: select.id, text: "walk.label" }), select));
    this.#controls.push(() => (select.value = String(this.#place.label)));
  }

  /** @param {Place[]} places @param {number} chosen */
  show(places, chosen) {
    if (places.length !== this.#places.length) this.#count(places.length);
    this.#places = places;
    this.#chosen = chosen;
    [...this.row.children].forEach((one, i) => one.setAttribute("aria-pressed", String(i === chosen)));
    say(this.#title, "walk.place", { n: chosen + 1, count: places.length });
    for (const control of this.#controls) control();
    const spot = (/** @type {number} */ move) => `${50 + (50 * within(move) * 6) / (REACH * 7)}%`;
    const [x = 0, y = 0] = this.#place.moves;
    this.#cross.style.left = spot(x);
    this.#cross.style.top = spot(-y);
    this.#cross.hidden = !this.#generator;
    this.#remove.disabled = places.length < 2;
    this.#more.disabled = this.#result.disabled = places.length >= LIMITS.places;
    this.#drawLater();
  }

  /** @param {number} count */
  #count(count) {
    this.row.replaceChildren(...Array.from({ length: count }, (_, i) =>
      make("button", { type: "button", class: "walk-place", label: "walk.place", args: { n: i + 1, count }, onclick: () => this.#walk.pick(i) }, make("canvas", { width: 1, height: 1 }), make("span", { "aria-hidden": "true" }, String(i + 1)))));
    this.#rowOf = "";
    this.#terms.forEach((select, i) => {
      const value = Math.min(Number(select.value || i), count - 1);
      select.replaceChildren(...Array.from({ length: count }, (_, k) => make("option", { value: k }, String(k + 1))));
      select.value = String(value);
    });
  }

  /** @param {Place} place */
  #change(place) {
    this.#walk.change(this.#places.map((one, i) => (i === this.#chosen ? place : one)), this.#chosen);
  }

  /** A place behind the chosen one. @param {Place} place */
  #insert(place) {
    const places = [...this.#places];
    places.splice(this.#chosen + 1, 0, place);
    this.#walk.change(places, this.#chosen + 1);
  }

  /** The place goes along some directions. @param {Record<number, number>} to by direction */
  #move(to) {
    const count = Math.max(this.#place.moves.length, ...Object.keys(to).map((i) => Number(i) + 1));
    const moves = Array.from({ length: count }, (_, i) => Number((to[i] ?? this.#place.moves[i] ?? 0).toFixed(2)));
    this.#change({ ...this.#place, moves });
  }

  /** @param {number} i */
  #slider(i) {
    const id = `walk-move-${i}`;
    const range = make("input", { type: "range", id, min: -REACH, max: REACH, step: 0.05, oninput: () => this.#move({ [i]: range.valueAsNumber }) });
    const told = make("output", { for: id });
    this.#sliders.append(make("div", { class: "walk-slider" }, make("label", { for: id, text: "walk.move", args: { n: i + 1 } }), told, range));
    this.#controls.push(() => {
      const value = this.#place.moves[i] ?? 0;
      range.value = String(value);
      told.textContent = number(value, { maximumFractionDigits: 2, signDisplay: "exceptZero" });
    });
  }

  #onMap() {
    const map = this.#map;
    const to = (/** @type {PointerEvent} */ event) => {
      const { left, top, width, height } = map.getBoundingClientRect();
      // Pictures lie at the middles of their squares, the outermost ones at the reach.
      const along = (/** @type {number} */ part) => within(((2 * part - 1) * REACH * 7) / 6);
      this.#move({ 0: along((event.clientX - left) / width), 1: -along((event.clientY - top) / height) });
    };
    map.addEventListener("pointerdown", (event) => {
      if (!event.isPrimary || !this.#generator) return;
      map.setPointerCapture(event.pointerId);
      to(event);
    });
    map.addEventListener("pointermove", (event) => map.hasPointerCapture(event.pointerId) && to(event));
  }

  /** @param {string} symbol @param {Key} text @param {() => void} act */
  #button(symbol, text, act) {
    return make("button", { type: "button", class: "plain", onclick: act }, icon(symbol), make("span", { text }));
  }

  /** The row, and the map of the chosen place, once nothing has changed for a while. */
  #drawLater() {
    clearTimeout(this.#timer);
    const generator = this.#generator;
    if (!generator) return;
    const row = write(this.#places);
    // Where on the map the place is does not change the map.
    const map = write([{ ...this.#place, moves: [0, 0, ...this.#place.moves.slice(2)] }]);
    if (row === this.#rowOf && map === this.#mapOf) return;
    this.#timer = setTimeout(async () => {
      try {
        if (row !== this.#rowOf) {
          const strip = await this.#walk.sheet("places");
          if (!strip || generator !== this.#generator) return;
          this.#rowOf = row;
          await this.#cut(strip);
        }
        if (map !== this.#mapOf) {
          const sheet = await this.#walk.sheet({ map: this.#chosen });
          if (!sheet || generator !== this.#generator) return;
          this.#mapOf = map;
          URL.revokeObjectURL(this.#map.src);
          this.#map.src = URL.createObjectURL(sheet);
        }
      } catch (error) {
        if (generator === this.#generator) this.#walk.failed(error);
      }
    }, QUIET);
  }

  /** @param {Blob} strip */
  async #cut(strip) {
    const bitmap = await createImageBitmap(strip);
    const side = bitmap.height;
    [...this.row.querySelectorAll("canvas")].forEach((canvas, i) => {
      canvas.width = canvas.height = side;
      canvas.getContext("2d")?.drawImage(bitmap, -i * side, 0);
    });
    bitmap.close();
  }
}
