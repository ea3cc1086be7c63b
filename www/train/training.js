// @ts-check
/** A run that trains, as its view leads it: play, pause, one step, slow, start over; its line, its curves, what is kept of it. */
import { icon, make } from "../dom.js";
import { add, number, say, t } from "../i18n.js";
import { Keeping } from "../views/keeping.js";
import { alarm, announce, clear, tell } from "../views/notices.js";
import { en } from "./en.js";
import { ko } from "./ko.js";

/** @typedef {import("../easel.js").Run} Run */
/** @typedef {import("../easel.js").RunEvent} RunEvent */
/** @typedef {import("../i18n.js").Key} Key */
/** @typedef {"idle" | "starting" | "running" | "paused" | "stopping"} Phase */

/** Slow means a step in so many ms. */
const SLOW = 700;
/** A control is told this long after it was moved last, in ms. */
const QUIET = 120;

add({ en, ko });

/**
 * @typedef {object} View What it needs of the view.
 * @property {() => (() => Run) | null} begin What begins a run with the present settings; null if something is missing, which
 *   the view has told.
 * @property {() => { title: string, link: string }} facts
 * @property {() => void} clear A new run comes.
 * @property {() => void} show
 * @property {(event: RunEvent) => void} event Frames are the view's to close.
 * @property {() => HTMLCanvasElement} canvas what is seen
 * @property {() => Promise<Blob>} image
 * @property {() => void} portfolio
 * @property {import("../views/chart.js").Chart[]} charts
 */

/** @param {string} look @param {string} symbol @param {Key} text @param {() => void} act */
export const button = (look, symbol, text, act) => make("button", { type: "button", class: look, onclick: act }, icon(symbol), make("span", { text }));

export class Training {
  #view;
  /** @type {Phase} */
  phase = "idle";
  /** @type {Run | null} The newest; it stays after its end, for its picture and state. */
  run = null;
  step = 0;
  /** Steps in all of the newest run. */
  #of = 0;
  #slow = false;
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #timer;
  /** @type {Record<string, unknown>} Live controls moved since the last message. */
  #moved = {};
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #moveTimer;
  #keeping;
  line = make("p", { class: "estimate" });
  bar = make("progress", { max: 1, value: 0, label: "progress.label" });
  #play = button("primary", "play", "train.play", () => this.toggle());
  #one = button("plain", "step", "train.step", () => this.#single());
  #again = button("plain", "again", "train.again", () => this.restart());
  #slowly = make("input", { type: "checkbox", onchange: () => this.#setSlow(this.#slowly.checked) });
  /** The foot of the panel. */
  action = make("div", { class: "action" }, this.line, this.bar, make("div", { class: "buttons" }, this.#play), make("div", { class: "row train-tools" }, this.#one, this.#again, make("label", { class: "switch" }, this.#slowly, make("span", { text: "train.slow" }))));

  /** @param {View} view */
  constructor(view) {
    this.#view = view;
    this.#keeping = new Keeping({ canvas: view.canvas, image: view.image, open: view.portfolio });
    document.addEventListener("visibilitychange", () => document.visibilityState === "hidden" && this.run?.keep());
  }

  get busy() {
    return this.phase !== "idle";
  }

  toggle() {
    if (this.phase === "idle") this.start();
    else if (this.phase === "running" || (this.#slow && this.#timer !== undefined)) this.#hold();
    else if (this.phase === "paused") this.#go();
  }

  /** @param {boolean} [held] after its first step */
  start(held = false) {
    const begin = this.#view.begin();
    if (begin) this.follow(begin, { held });
  }

  async restart() {
    this.phase = "stopping";
    this.#view.show();
    await this.run?.stop().catch(() => {});
    const begin = this.#view.begin();
    if (begin) this.follow(begin);
    else this.#over();
  }

  /** A live control was moved. @param {string} name @param {unknown} value */
  tune(name, value) {
    if (!this.busy) return;
    this.#moved[name] = value;
    clearTimeout(this.#moveTimer);
    this.#moveTimer = setTimeout(() => {
      const control = this.#moved;
      this.#moved = {};
      const run = this.run;
      run?.tune(/** @type {any} */ (control)).catch((error) => run.ended || alarm(error));
    }, QUIET);
  }

  /** The GPU was lost; the run goes on by itself. */
  waiting() {
    if (this.busy) say(this.line, "doing.recovering");
  }

  /** Forget the numbers of the run before. */
  clear() {
    this.step = 0;
    this.bar.value = 0;
    for (const chart of this.#view.charts) chart.clear();
  }

  /** What the buttons and the line say. */
  show() {
    const going = (this.phase === "running" && !this.#slow) || this.#timer !== undefined;
    this.#play.querySelector("use")?.setAttribute("href", going ? "#i-pause" : "#i-play");
    const text = this.#play.querySelector("span");
    if (text) say(text, going ? "train.pause" : "train.play");
    this.#play.disabled = this.phase === "stopping";
    this.#one.disabled = this.phase === "starting" || this.phase === "stopping" || (this.phase === "running" && !this.#slow);
    this.#again.disabled = this.run === null || this.phase === "starting" || this.phase === "stopping";
    if (this.phase === "starting") say(this.line, "train.preparing");
    if (this.phase === "idle" && this.run?.ended && this.step > 0) say(this.line, this.step >= this.#of ? "train.finished" : "train.stopped", { step: this.step });
  }

  /** Stand still. */
  #hold() {
    this.#unslow();
    this.#held(this.run?.pause());
    this.#view.show();
  }

  /** Go on, at the pace that is chosen. */
  #go() {
    if (!this.#slow) {
      this.#held(this.run?.resume());
      return;
    }
    const run = this.run;
    const beat = async () => {
      await this.#held(run?.step());
      if (this.#timer !== undefined && run === this.run && this.busy) this.#timer = setTimeout(beat, SLOW);
    };
    this.#timer = setTimeout(beat, 0);
    this.#view.show();
  }

  #unslow() {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** @param {boolean} slow */
  #setSlow(slow) {
    const going = this.phase === "running" || this.#timer !== undefined;
    this.#slow = slow;
    this.#unslow();
    if (going) this.#go();
  }

  #single() {
    this.#unslow();
    if (this.phase === "idle") this.start(true);
    else this.#held(this.run?.step());
    this.#view.show();
  }

  /** @param {Promise<void> | undefined} asked */
  async #held(asked) {
    const run = this.run;
    try {
      await asked;
    } catch (error) {
      // A run that failed is told by `follow`.
      if (!run?.ended) alarm(error);
    }
  }

  /** @param {() => Run} begin @param {{ kept?: string, held?: boolean }} [how] kept: the id under which it is kept already */
  async follow(begin, { kept, held = false } = {}) {
    clear();
    const before = this.run;
    this.clear();
    this.#view.clear();
    this.phase = "starting";
    this.#keeping.begin(this.#view.facts(), kept);
    const run = begin();
    this.run = run;
    this.#view.show();
    if (held || this.#slow) run.pause().catch(() => {});
    if (this.#slow && !held) this.#go();
    try {
      for await (const event of run) {
        if (this.run !== run) {
          if (event.type === "frame") event.bitmap.close();
          continue;
        }
        this.#event(event);
        if (event.type === "started") before?.forget();
      }
    } catch (error) {
      if (this.run === run) alarm(error);
    }
    if (this.run !== run) return;
    this.#keeping.end();
    this.#over();
  }

  #over() {
    this.phase = "idle";
    this.#unslow();
    for (const chart of this.#view.charts) chart.end();
    this.#view.show();
  }

  /** @param {RunEvent} event */
  #event(event) {
    const { charts } = this.#view;
    if (event.type === "loading") this.bar.value = event.total > 0 ? event.done / event.total : 0;
    if (event.type === "tuned") for (const chart of charts) chart.mark(event.step);
    if (event.type === "kept") this.#keeping.kept(event);
    if (event.type === "progress") this.#progress(event);
    if (event.type === "recovered") {
      for (const chart of charts) chart.rewind(event.step);
      tell("said.recovered", { step: event.step });
    }
    if (event.type === "finished") {
      if (this.run) this.#keeping.finished(this.run, event);
      announce(t(event.stopped ? "train.stopped" : "train.finished", { step: event.step }));
    }
    if (event.type === "started") this.phase = "running";
    if (event.type === "paused") this.phase = event.on ? "paused" : "running";
    this.#view.event(event);
    if (event.type === "started" || event.type === "paused") this.#view.show();
  }

  /** @param {Extract<RunEvent, { type: "progress" }>} event */
  #progress(event) {
    const { step, of, secondsPerStep } = event;
    this.#keeping.progress(event);
    const first = this.step === 0;
    this.step = step;
    this.#of = of;
    if (first) this.#view.show();
    this.bar.value = of > 0 ? step / of : 0;
    const pace = secondsPerStep == null || secondsPerStep <= 0 ? "" : secondsPerStep < 1
      ? t("doing.perSecond", { n: number(1 / secondsPerStep, { maximumSignificantDigits: 2 }) })
      : t("doing.perStep", { n: number(secondsPerStep, { maximumSignificantDigits: 2 }) });
    say(this.line, pace ? "train.pace" : "train.at", { step, of, pace });
    announce(t("said.step", { step, of }), { progress: true });
  }
}
