// @ts-check
/** A run that is kept to be compared with: its picture beside the present one, its numbers below theirs. */
import { icon, make } from "../dom.js";
import { say } from "../i18n.js";

export class Kept {
  /** What the numbers said, by name. @type {Map<string, string>} */
  numbers = new Map();
  #canvas = make("canvas", { role: "img", width: 1, height: 1 });
  #caption = make("span");
  /** Beside the present picture. */
  figure;

  /** @param {() => void} dropped */
  constructor(dropped) {
    const close = make("button", { type: "button", class: "tool", label: "lab.compare.drop", onclick: () => { this.drop(); dropped(); } }, icon("close"));
    this.figure = make("figure", { class: "lab-kept", hidden: true }, this.#canvas, make("figcaption", {}, this.#caption, close));
  }

  /** Whether there is one. */
  get on() {
    return !this.figure.hidden;
  }

  /**
   * @param {HTMLCanvasElement} canvas what is seen @param {{ title: string, step: number }} run
   * @param {Map<string, string>} numbers
   */
  keep(canvas, run, numbers) {
    this.#canvas.className = canvas.className;
    [this.#canvas.width, this.#canvas.height] = [canvas.width, canvas.height];
    this.#canvas.getContext("2d")?.drawImage(canvas, 0, 0);
    this.#canvas.setAttribute("aria-label", `${run.title}, ${run.step}`);
    say(this.#caption, "lab.compare.of", run);
    this.numbers = numbers;
    this.figure.hidden = false;
  }

  drop() {
    this.numbers = new Map();
    this.figure.hidden = true;
  }
}
