// @ts-check
/** The discriminator's opinions, laid over the picture that they are about. */
import { make } from "../dom.js";

/** Pixels of the canvas for each of the picture. */
const SCALE = 4;
/** How much of the picture is covered by an opinion that is sure. */
const STRONG = 0.55;

export class Opinions {
  #canvas;
  /** @type {number[]} */
  #map = [];
  /** @type {{ picture: HTMLCanvasElement, x: number, y: number, side: number } | null} */
  #under = null;
  figure;

  /** @param {import("../i18n.js").Key} text @param {import("../i18n.js").Key} label */
  constructor(text, label) {
    this.#canvas = make("canvas", { class: "translate-map", role: "img", width: 1, height: 1, label });
    this.figure = make("figure", { hidden: true }, this.#canvas, make("figcaption", { text }));
  }

  clear() {
    this.#map = [];
    this.#under = null;
    this.figure.hidden = true;
  }

  /** The picture, as a part of a sheet. @param {HTMLCanvasElement} picture @param {number} x @param {number} y @param {number} side */
  on(picture, x, y, side) {
    this.#under = { picture, x, y, side };
    this.#draw();
  }

  /** Opinions from 0, generated, to 1, real, in rows from above. @param {number[]} map */
  show(map) {
    this.#map = map;
    this.#draw();
  }

  #draw() {
    const under = this.#under;
    const count = Math.round(Math.sqrt(this.#map.length));
    if (!under || count === 0) return;
    const side = under.side * SCALE;
    this.#canvas.width = this.#canvas.height = side;
    const pen = this.#canvas.getContext("2d");
    if (!pen) return;
    pen.imageSmoothingEnabled = false;
    pen.drawImage(under.picture, under.x, under.y, under.side, under.side, 0, 0, side, side);
    const look = getComputedStyle(this.#canvas);
    const colours = { real: look.getPropertyValue("--real"), fake: look.getPropertyValue("--fake") };
    const cell = side / count;
    this.#map.forEach((opinion, i) => {
      pen.globalAlpha = STRONG * Math.abs(2 * opinion - 1);
      pen.fillStyle = opinion > 0.5 ? colours.real : colours.fake;
      const [x, y] = [(i % count) * cell, Math.floor(i / count) * cell];
      pen.fillRect(x, y, cell, cell);
    });
    this.figure.hidden = false;
  }
}
