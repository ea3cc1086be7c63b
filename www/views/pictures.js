// @ts-check
/** Pictures to choose from: Easel's own samples by name, and the visitor's files. */
import { known, t } from "../i18n.js";

/** The long side of a sample in the gallery and as an input, in pixels. */
const THUMB = 192;
const INPUT = 640;

export class Picture {
  /** @type {Promise<Blob> | null} */
  #blob;
  /** @type {string | null} */
  #url = null;
  /** @type {string | null} */
  thumb = null;

  /**
   * @param {"scene" | "style"} kind @param {string} name of the sample or the file
   * @param {Blob | null} file null for a sample
   */
  constructor(kind, name, file) {
    this.kind = kind;
    this.name = name;
    this.sample = file === null;
    this.#blob = file && Promise.resolve(file);
  }

  /** The name as the visitor reads it. */
  get title() {
    const key = `sample.${this.name}`;
    return this.sample && known(key) ? t(key) : this.name;
  }

  /** The name without its ending, for files made from it. */
  get stem() {
    return this.name.replace(/\.[^.]{1,5}$/, "") || this.name;
  }

  /** The bytes that go to the engine. @param {import("../easel.js").Easel} easel */
  blob(easel) {
    this.#blob ??= easel.sample(this.kind, this.name, { size: INPUT });
    // A sample that could not be drawn may be asked for again.
    this.#blob.catch(() => (this.#blob = null));
    return this.#blob;
  }

  /** An address to show it. @param {import("../easel.js").Easel} easel */
  async url(easel) {
    this.#url ??= URL.createObjectURL(await this.blob(easel));
    return this.#url;
  }

  /** A small address for the gallery. @param {import("../easel.js").Easel} easel */
  async loadThumb(easel) {
    this.thumb ??= this.sample
      ? URL.createObjectURL(await easel.sample(this.kind, this.name, { size: THUMB }))
      : await this.url(easel);
    return this.thumb;
  }

  /** The picture left the page. */
  release() {
    if (this.#url) URL.revokeObjectURL(this.#url);
    this.#url = null;
  }
}

/** Whether a dropped file may be a picture. Files without a type are left to the engine. @param {File} file */
export function mayBePicture(file) {
  return file.type.startsWith("image/") || (file.type === "" && !/\.(safetensors|easel)$/i.test(file.name));
}
