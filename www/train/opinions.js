// @ts-check
/** The discriminator's opinions, laid over the picture that they are about. */
import { make } from "../dom.js";

/** Pixels of the canvas for each of the picture. */
const SCALE = 4;
/** How much of the picture is covered by an opinion that is sure. */
const STRONG = 0.55;

/**
 * Where the opinions in a row of a PatchGAN's map begin and end, in pixels: each covers what is nearest to the middle of the
 * square that it is on. Halving n times, those middles are 2ⁿ px apart, and the map has two fewer than fit side by side.
 * @param {number} count opinions in a row @param {number} side of the picture in pixels
 */
export function places(count, side) {
  const halved = count < side;
  const stride = halved ? side / (count + 2) : 1;
  const inner = Array.from({ length: count - 1 }, (_, i) => (halved ? i + 2 : i + 1) * stride);
  return [0, ...inner, side];
}

export class Opinions {
  #canvas;
  /** @type {number[]} */
  #map = [];
  /** @type {{ picture: HTMLCanvasElement, x: number, y: number, side: number } | null} */
  #under = null;
  figure;

  /** @param {import("../i18n.js").Key} text @param {import("../i18n.js").Key} label */
  constructor(text, label) {
    this.#canvas = make("canvas", { class: "train-map", role: "img", width: 1, height: 1, label });
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
    const edges = places(count, under.side).map((at) => at * SCALE);
    this.#map.forEach((opinion, i) => {
      pen.globalAlpha = STRONG * Math.abs(2 * opinion - 1);
      pen.fillStyle = opinion > 0.5 ? colours.real : colours.fake;
      const [column, row] = [i % count, Math.floor(i / count)];
      const [left = 0, right = 0] = edges.slice(column), [top = 0, bottom = 0] = edges.slice(row);
      pen.fillRect(left, top, right - left, bottom - top);
    });
    this.figure.hidden = false;
  }
}
