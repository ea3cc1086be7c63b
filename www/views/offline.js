// @ts-check
/** The dialog "Offline and privacy": what is on this device, what the page may do; and what the app's shell has to say. */
import { button, byId, element, icon, make } from "../dom.js";
import { bytes, current, number, say } from "../i18n.js";
import { load, remove, stored } from "../offline/models.js";
import { install, persist, start, state } from "../offline/shell.js";
import { alarm, offer, tell } from "./notices.js";
import { EaselError } from "../easel.js";

/** @typedef {import("../easel.js").ModelInfo} Model */

/**
 * @typedef {object} Page
 * @property {() => boolean} busy Whether a run is going on.
 * @property {(files: File[]) => void} files Takes files that the system opened.
 */

const MEGABYTES = { style: "unit", unit: "megabyte", maximumFractionDigits: 0 };

export class Offline {
  #page;
  /** @type {Model[]} */
  #models = [];
  /** Models on their way, with the share that is there. @type {Map<string, number>} */
  #loading = new Map();
  /** What is still to be fetched in advance. @type {Model | null} */
  #first = null;
  #dialog = byId("offline", HTMLDialogElement);

  /** @param {Page} page */
  constructor(page) {
    this.#page = page;
    button("offline-open").addEventListener("click", () => this.#open());
    const asked = () => {
      if (location.hash !== "#offline") return;
      history.replaceState(null, "", location.pathname + location.search);
      this.#open();
    };
    addEventListener("hashchange", asked);
    asked();
    button("offline-close").addEventListener("click", () => this.#dialog.close());
    button("install").addEventListener("click", async () => {
      await install();
      this.#show();
    });
    button("offline-all").addEventListener("click", async () => {
      persist();
      const here = await stored(this.#models);
      await Promise.all(this.#models.filter((model) => !here.has(model)).map((model) => this.#fetch(model)));
    });
    document.addEventListener("languagechange", () => this.#changed());
    start({
      changed: () => this.#changed(),
      update: (apply) => {
        const act = () => {
          // The notice stays while it cannot be done.
          if (page.busy()) return tell("update.busy");
          apply();
        };
        offer("update.ready", "update.apply", act);
      },
      refused: (n) => tell("update.others", { n }),
      damaged: (path, mended) => this.damaged(path, mended),
      files: (files) => page.files(files),
    });
    this.#changed();
  }

  /** The manifest is known, and which network a first picture takes. @param {Model[]} models @param {string | undefined} first */
  setModels(models, first) {
    this.#models = models;
    this.#first = models.find(({ id }) => id === first) ?? null;
    this.#changed();
  }

  /** One visit is enough to stylize without a network, so the network of a first picture is fetched as well. */
  async #prepare() {
    const model = this.#first;
    const saving = /** @type {any} */ (navigator).connection?.saveData === true;
    // A run fetches what it takes by itself, and says so.
    if (!model || state().offline !== "ready" || saving || this.#page.busy()) return;
    this.#first = null;
    if ((await stored([model])).has(model)) return;
    // If it does not come now, the first run asks again and tells.
    await load(model, () => {}, () => {}).catch(() => {});
    if (this.#dialog.open) this.#show();
  }

  /** A stored file was found damaged. @param {string} subject @param {boolean} mended */
  damaged(subject, mended) {
    if (mended) tell("offline.mended", { name: subject });
    else alarm(new EaselError({ code: "file-damaged", message: "", subject }));
  }

  #open() {
    this.#show();
    if (!this.#dialog.open) this.#dialog.showModal();
  }

  #changed() {
    const manifest = /** @type {HTMLLinkElement} */ (document.querySelector("link[rel=manifest]"));
    manifest.href = current() === "ko" ? "manifest.ko.webmanifest" : "manifest.webmanifest";
    element("offline-open").dataset.state = state().offline;
    this.#prepare();
    if (this.#dialog.open) this.#show();
  }

  async #show() {
    const { offline, installed, installable, byHand } = state();
    say(element("offline-state"), installed && offline === "ready" ? "offline.installed" : /** @type {const} */ (`offline.${offline}`));
    button("install").hidden = !installable;
    element("install-by-hand").hidden = !byHand;
    this.#privacy();
    const here = await stored(this.#models);
    element("offline-models").replaceChildren(...this.#models.map((model) => this.#row(model, here.has(model))));
    const missing = this.#models.filter((model) => !here.has(model) && !this.#loading.has(model.id));
    button("offline-all").hidden = missing.length === 0;
    say(element("offline-all-text"), "offline.all", { size: bytes(missing.reduce((sum, model) => sum + model.bytes, 0)) });
    await this.#space();
  }

  /** @param {Model} model @param {boolean} here */
  #row(model, here) {
    const share = this.#loading.get(model.id);
    const args = { name: model.id, size: bytes(model.bytes), percent: Math.round(100 * (share ?? 0)) };
    const text = share !== undefined ? "offline.model.loading" : here ? "offline.model.here" : "offline.model.absent";
    const row = make("li", {}, make("span", { text, args }));
    if (share !== undefined) return row;
    row.append(
      here
        ? make("button", { type: "button", class: "tool", label: "remove", args, onclick: () => this.#remove(model) }, icon("close"))
        : make("button", { type: "button", class: "tool", label: "offline.fetch", args, onclick: () => this.#fetch(model) }, icon("save")),
    );
    return row;
  }

  /** @param {Model} model */
  async #remove(model) {
    await remove(model);
    tell("offline.removed", { name: model.id });
    await this.#show();
    button("offline-close").focus();
  }

  /** @param {Model} model */
  async #fetch(model) {
    if (this.#loading.has(model.id)) return;
    this.#loading.set(model.id, 0);
    let shown = 0;
    try {
      await load(
        model,
        (done, total) => {
          this.#loading.set(model.id, done / total);
          if (performance.now() - shown < 200) return;
          shown = performance.now();
          this.#show();
        },
        (file) => this.damaged(file, true),
      );
    } catch (error) {
      alarm(new EaselError({ code: "weights-fetch", message: String(error), subject: model.file }));
    } finally {
      this.#loading.delete(model.id);
      await this.#show();
    }
  }

  async #space() {
    const line = element("offline-space");
    const estimate = await navigator.storage?.estimate?.().catch(() => null);
    line.hidden = !estimate;
    if (!estimate) return;
    const kept = await navigator.storage.persisted().catch(() => false);
    const free = Math.max(0, (estimate.quota ?? 0) - (estimate.usage ?? 0)) / 1e6;
    const size = (/** @type {number} */ mb) => number(mb, /** @type {Intl.NumberFormatOptions} */ (MEGABYTES));
    say(line, kept ? "offline.space.kept" : "offline.space", { used: size((estimate.usage ?? 0) / 1e6), free: size(free) });
  }

  /** What the page has loaded, as the browser recorded it, and what it may do. */
  #privacy() {
    const entries = performance.getEntriesByType("resource");
    const own = entries.filter(({ name }) => name.startsWith(location.origin + "/") || name.startsWith("blob:") || name.startsWith("data:"));
    say(element("offline-requests"), "privacy.requests", { n: entries.length, others: entries.length - own.length, origin: location.origin });
    const policy = document.querySelector("meta[http-equiv='Content-Security-Policy']")?.getAttribute("content") ?? "";
    element("offline-policy").textContent = policy.split("; ").join(";\n");
  }
}
