// @ts-check
/**
 * What lets a run outlive its worker: its newest state, kept beside it, and what was asked of it since.
 * Part of `easel.js`.
 *
 * @typedef {import("./easel.js").Inputs} Inputs
 * @typedef {import("./easel.js").Request} Request
 * @typedef {{ request: Request, inputs?: Inputs, checkpoint?: Blob }} Begin What begins a run in a worker.
 */

/** The state is kept at most this often, in ms, and rarer where that would take more than a share of the time. */
const PACE = 5000;
const SHARE = 0.05;
/** A run that loses its worker so often within the window is given up: it may be what the GPU cannot bear. */
const MAX_LOSSES = 3;
const WINDOW = 120_000;

export class Recovery {
  #begin;
  /** @type {{ checkpoint: Blob, step: number, at: number } | null} */
  #kept = null;
  /** When the newest state was asked for, and how long the answer took, in ms. */
  #asked = performance.now();
  #cost = 0;
  #busy = false;
  /** @type {number[]} When a worker was lost. */
  #losses = [];
  /** @type {import("./easel.js").Control} Live controls moved since the newest state. */
  #control = {};

  /** @param {Begin} begin */
  constructor(begin) {
    this.#begin = begin;
  }

  /** The step of the newest state; 0 if there is none. */
  get step() {
    return this.#kept?.step ?? 0;
  }

  /** The live controls that the newest state does not hold. */
  get control() {
    return this.#control;
  }

  /** @param {import("./easel.js").Control} control */
  tuned(control) {
    Object.assign(this.#control, control);
  }

  /** Whether it is time to keep the state. */
  get due() {
    return !this.#busy && performance.now() - this.#asked > Math.max(PACE, this.#cost / SHARE);
  }

  /**
   * Keep a state. It is null if the worker was lost meanwhile.
   * @param {number} step @param {() => Promise<Blob>} ask @returns {Promise<Blob | null>}
   */
  async keep(step, ask) {
    this.#busy = true;
    this.#asked = performance.now();
    const before = this.#control;
    // What is moved from here on may not be in it.
    this.#control = {};
    try {
      const checkpoint = await ask();
      const at = performance.now();
      this.#cost = at - this.#asked;
      this.#kept = { checkpoint, step, at };
      return checkpoint;
    } catch {
      // Whoever ended the run or the worker tells it.
      this.#control = { ...before, ...this.#control };
      return null;
    } finally {
      this.#busy = false;
    }
  }

  /** A worker is lost. Whether the run should go on in another. */
  lost() {
    const now = performance.now();
    const since = Math.min(now - WINDOW, this.#kept?.at ?? 0);
    // Losses without a newer state between them count however long they take.
    this.#losses = [...this.#losses.filter((time) => time > since), now];
    return this.#losses.length < MAX_LOSSES;
  }

  /** What begins the run in another worker. @param {number} run @returns {Begin} */
  again(run) {
    return this.#kept ? { request: { type: "resume", run }, checkpoint: this.#kept.checkpoint } : this.#begin;
  }
}
