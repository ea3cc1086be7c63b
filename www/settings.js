// @ts-check
/** The settings of the next run: the engine's defaults, and what the visitor changed. */

/** @typedef {import("./views/fields.js").Config} Config */

export class Settings extends EventTarget {
  /** @type {Config | null} The engine's defaults, once it is loaded. */
  #engine = null;
  /** @type {Partial<Config>} Gentler defaults for a slow adapter. */
  #device = {};
  /** @type {Partial<Config>} */
  #changed = {};

  /** What the visitor changed, for the address bar. */
  get changed() {
    return this.#changed;
  }

  /** The network that is used unless one is chosen. */
  get engineNetwork() {
    return this.#engine?.network ?? "";
  }

  /** Whether the defaults are known. */
  get known() {
    return this.#engine !== null;
  }

  /** @param {import("./easel.js").GatysConfig} defaults */
  setEngine(defaults) {
    this.#engine = /** @type {Config} */ (defaults);
    this.#prune();
  }

  /** @param {Partial<Config>} defaults */
  setDevice(defaults) {
    this.#device = defaults;
    this.#prune();
  }

  /** @template {keyof Config} K @param {K} key @returns {Config[K]} */
  get(key) {
    const value = this.#changed[key] ?? this.#device[key] ?? this.#engine?.[key];
    if (value === undefined) throw new Error(`${key} was read before the defaults were known`);
    return /** @type {Config[K]} */ (value);
  }

  /** @template {keyof Config} K @param {K} key @param {Config[K]} value */
  set(key, value) {
    this.#changed[key] = value;
    this.#prune();
    this.#tell(key);
  }

  /** Replace everything the visitor changed. @param {Partial<Config>} changed */
  replace(changed) {
    this.#changed = { ...changed };
    this.#prune();
    this.#tell(null);
  }

  /** All values, as a job takes them. @returns {Config} */
  config() {
    if (!this.#engine) throw new Error("the defaults are not known yet");
    return { ...this.#engine, ...this.#device, ...this.#changed };
  }

  /** What equals its default was not changed. */
  #prune() {
    if (!this.#engine) return;
    const defaults = { ...this.#engine, ...this.#device };
    for (const key of /** @type {(keyof Config)[]} */ (Object.keys(this.#changed))) {
      if (JSON.stringify(this.#changed[key]) === JSON.stringify(defaults[key])) delete this.#changed[key];
    }
  }

  /** @param {keyof Config | null} key null: everything */
  #tell(key) {
    this.dispatchEvent(new CustomEvent("change", { detail: key }));
  }
}
