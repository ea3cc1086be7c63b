// @ts-check
/** Keeps the run on the page: its state while it goes, its picture at the end. */
import { EaselError } from "../easel.js";
import * as portfolio from "../keep/portfolio.js";
import { alarm } from "./notices.js";

/** @typedef {import("../easel.js").Finished} Finished */
/** @typedef {import("../easel.js").Kept} Kept */
/** @typedef {import("../easel.js").Run} Run */

/** Seconds between two states on the disk, and how much longer that is for each megabyte. */
const PACE = { least: 10, perMegabyte: 2, most: 60 };
const SETTING = "easel.keep";
const THUMB = 320;

/** Whether pictures and runs are kept by themselves; the visitor can switch it off. */
export function keeps() {
  try {
    return portfolio.possible() && localStorage.getItem(SETTING) !== "no";
  } catch {
    return false;
  }
}

/** @param {boolean} on */
export function setKeeps(on) {
  try {
    localStorage.setItem(SETTING, on ? "yes" : "no");
  } catch {
    // Where nothing is remembered, nothing is kept either.
  }
}

/** A picture as a thumbnail. @param {HTMLCanvasElement | ImageBitmap | null} picture */
export async function small(picture) {
  if (!picture) return undefined;
  const scale = Math.min(1, THUMB / Math.max(picture.width, picture.height));
  const canvas = new OffscreenCanvas(Math.max(1, Math.round(picture.width * scale)), Math.max(1, Math.round(picture.height * scale)));
  canvas.getContext("2d")?.drawImage(picture, 0, 0, canvas.width, canvas.height);
  return (await canvas.convertToBlob({ type: "image/webp", quality: 0.8 })).arrayBuffer();
}

/**
 * @typedef {object} Screen What it needs of the view.
 * @property {() => HTMLCanvasElement | null} canvas
 * @property {() => Promise<Blob>} image the picture as PNG
 * @property {() => void} open shows what is kept
 */

export class Keeping {
  #screen;
  #id = "";
  /** @type {Promise<(() => void) | null>} What lets go of the run. */
  #held = Promise.resolve(null);
  #facts = { title: "", step: 0, of: 0, width: 0, height: 0, link: "", going: true };
  /** When the next state may go to the disk. */
  #due = 0;
  /** A failure is told once a run. */
  #told = false;
  /** Writes come one after the other. */
  #last = Promise.resolve();
  #writing = false;

  /** @param {Screen} screen */
  constructor(screen) {
    this.#screen = screen;
  }

  /** A run begins. @param {{ title: string, link: string }} facts @param {string} [id] of the kept run that it continues */
  begin({ title, link }, id = crypto.randomUUID()) {
    this.end();
    this.#id = id;
    this.#facts = { title, step: 0, of: 0, width: 0, height: 0, link, going: true };
    this.#due = 0;
    this.#told = false;
    // After what is still being written of the run before, which may be the same one.
    this.#held = keeps() ? this.#last.then(() => portfolio.hold(id)).catch(() => null) : Promise.resolve(null);
  }

  /** @param {{ step: number, of: number, width: number, height: number }} event */
  progress({ step, of, width, height }) {
    Object.assign(this.#facts, { step, of, width, height });
  }

  /** A state came: it goes to the disk if that is due, or if the page is about to vanish. @param {Kept} event */
  kept({ step, checkpoint }) {
    const now = performance.now() / 1000;
    if (!keeps() || this.#writing || (now < this.#due && document.visibilityState === "visible")) return;
    this.#due = now + Math.min(PACE.most, PACE.least + (PACE.perMegabyte * checkpoint.size) / 1e6);
    this.#write(async (id, facts) => portfolio.keepState(id, { ...facts, step, thumb: await small(this.#screen.canvas()) }, checkpoint));
  }

  /** The run is over: its picture is kept; with its state if it was stopped and can go on. @param {Run} run @param {Finished} event */
  finished(run, { step, stopped }) {
    const { of } = this.#facts;
    if (!keeps() || of === 0) return;
    const files = Promise.all([this.#screen.image(), stopped && step < of ? run.checkpoint().catch(() => null) : null]);
    files.catch(() => {});
    this.#write(async (id, facts) => {
      const [picture, state] = await files;
      await portfolio.keepPicture(id, { ...facts, step, going: false, thumb: await small(this.#screen.canvas()) }, picture, state);
    });
    this.end();
  }

  /** The run is no longer going on. */
  end() {
    const held = this.#held;
    const id = this.#id;
    this.#held = Promise.resolve(null);
    // What it failed of would fail it again: it is kept, but not offered by itself.
    this.#last = this.#last.then(async () => {
      const release = await held;
      if (release) await portfolio.update(id, { going: false }).catch(() => {});
      release?.();
    });
  }

  /** @param {(id: string, facts: import("../keep/portfolio.js").Facts) => Promise<void>} put */
  #write(put) {
    const [id, facts] = [this.#id, { ...this.#facts }];
    this.#writing = true;
    this.#last = this.#last.then(async () => {
      try {
        await put(id, facts);
      } catch (error) {
        // The run goes on; what cannot be kept can still be saved as a file.
        if (!this.#told) alarm(error instanceof EaselError ? error : new EaselError({ code: "kept-failed", message: String(error) }), [{ text: "kept.show", act: this.#screen.open }]);
        this.#told = true;
      } finally {
        this.#writing = false;
      }
    });
  }
}
