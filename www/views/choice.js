// @ts-check
/** Which content and which styles are chosen, and the two galleries that show it. */
import { element, input, make } from "../dom.js";
import { number, t } from "../i18n.js";
import { Gallery } from "./gallery.js";
import { alarm } from "./notices.js";
import { Picture } from "./pictures.js";

/** @typedef {import("../easel.js").Easel} Easel */

/** What is chosen when the page opens, so that one click gives a picture. */
const FIRST = { content: "lake", style: "brush" };

export class Choice {
  #changed;
  /** @type {Picture[]} */
  #contents = [];
  /** @type {Picture[]} */
  #styles = [];
  /** @type {Picture | null} */
  content = null;
  /** @type {Map<Picture, number>} Weight of each chosen style. */
  #chosen = new Map();
  /** @type {{ content?: string, styles?: Record<string, number> }} What a link asked for before the samples were known. */
  #wish = {};
  /** @type {Easel | null} */
  #easel = null;
  #mix = input("mix");
  #blend = element("blend");
  #contentGallery;
  #styleGallery;

  /** @param {{ changed: (what: "content" | "style") => void }} watcher */
  constructor({ changed }) {
    this.#changed = changed;
    this.#contentGallery = new Gallery(element("contents"), {
      name: "content",
      onPick: (picture) => this.#pickContent(picture),
      onRemove: (picture) => this.#remove(picture),
    });
    this.#styleGallery = new Gallery(element("styles"), {
      name: "style",
      onPick: (picture, on) => this.#pickStyle(picture, on),
      onRemove: (picture) => this.#remove(picture),
    });
    this.#mix.addEventListener("change", () => {
      const [first] = this.#chosen.keys();
      if (!this.#mix.checked && first) this.#chosen = new Map([[first, 1]]);
      this.#show();
      this.#changed("style");
    });
    document.addEventListener("languagechange", () => this.#show());
    this.#contentGallery.wait(6);
    this.#styleGallery.wait(6);
  }

  /** @returns {{ picture: Picture, weight: number }[]} those with a weight */
  get styles() {
    return [...this.#chosen].filter(([, weight]) => weight > 0).map(([picture, weight]) => ({ picture, weight }));
  }

  /** The chosen styles in words. */
  get styleTitles() {
    return this.styles.map(({ picture }) => picture.title).join(" + ");
  }

  /** What a link can say of it: samples by name. */
  get state() {
    // Until the samples are known, a link's wish stands: else it would be gone from the address.
    if (!this.#easel) return this.#wish;
    const content = this.content?.sample && this.content.name !== FIRST.content ? this.content.name : undefined;
    const styles = Object.fromEntries([...this.#chosen].filter(([picture]) => picture.sample).map(([picture, weight]) => [picture.name, weight]));
    const first = Object.keys(styles).join() === FIRST.style && this.#chosen.size === 1;
    return { content, styles: first ? undefined : styles };
  }

  /** @param {string | undefined} content @param {Record<string, number> | undefined} styles */
  restore(content, styles) {
    this.#wish = { content, styles };
    if (!this.#easel) return;
    this.#grant();
    this.#show();
    this.#changed("content");
  }

  /** @param {Easel} easel */
  setSamples(easel) {
    this.#easel = easel;
    this.#contents.push(...easel.samples.scene.map((name) => new Picture("scene", name, null)));
    this.#styles.push(...easel.samples.style.map((name) => new Picture("style", name, null)));
    this.#grant();
    // The chosen content is drawn first: it is the large picture.
    this.content?.url(easel).catch(() => {});
    for (const picture of [...this.#contents, ...this.#styles]) this.#thumb(picture);
    this.#show();
  }

  /** @param {File} file */
  addContent(file) {
    const picture = new Picture("scene", file.name, file);
    this.#contents.unshift(picture);
    this.#thumb(picture);
    this.#pickContent(picture);
  }

  /** @param {File[]} files Several are mixed. */
  addStyles(files) {
    const pictures = files.map((file) => new Picture("style", file.name, file));
    this.#styles.unshift(...pictures);
    for (const picture of pictures) this.#thumb(picture);
    if (pictures.length > 1) this.#mix.checked = true;
    if (!this.#mix.checked || pictures.length > 1) this.#chosen.clear();
    for (const picture of pictures) this.#chosen.set(picture, 1);
    this.#show();
    this.#changed("style");
  }

  /** Choose what was wished for, or else what is there. */
  #grant() {
    const { content = FIRST.content, styles = { [FIRST.style]: 1 } } = this.#wish;
    const own = this.content && !this.content.sample ? this.content : null;
    this.content = (this.#wish.content ? null : own) ?? this.#contents.find(({ sample, name }) => sample && name === content) ?? this.#contents[0] ?? null;
    const wished = this.#styles.filter(({ sample, name }) => sample && name in styles);
    const ownStyles = [...this.#chosen].filter(([picture]) => !picture.sample);
    if (ownStyles.length > 0 && !this.#wish.styles) return;
    const first = this.#styles[0];
    this.#chosen = new Map(wished.length > 0 ? wished.map((picture) => [picture, styles[picture.name] ?? 1]) : first ? [[first, 1]] : []);
    this.#mix.checked = this.#chosen.size > 1;
  }

  /** @param {Picture} picture */
  #pickContent(picture) {
    this.content = picture;
    this.#show();
    this.#changed("content");
  }

  /** @param {Picture} picture @param {boolean} on */
  #pickStyle(picture, on) {
    if (!this.#mix.checked) this.#chosen.clear();
    if (on) this.#chosen.set(picture, 1);
    else this.#chosen.delete(picture);
    this.#show();
    this.#changed("style");
  }

  /** @param {Picture} picture */
  #remove(picture) {
    picture.release();
    this.#contents = this.#contents.filter((other) => other !== picture);
    this.#styles = this.#styles.filter((other) => other !== picture);
    if (this.content === picture) this.content = this.#contents[0] ?? null;
    const first = this.#styles[0];
    if (this.#chosen.delete(picture) && this.#chosen.size === 0 && first) this.#chosen.set(first, 1);
    this.#show();
    element(picture.kind === "scene" ? "contents" : "styles").querySelector("input")?.focus();
    this.#changed(picture.kind === "scene" ? "content" : "style");
  }

  /** @param {Picture} picture */
  async #thumb(picture) {
    if (!this.#easel) return;
    try {
      await picture.loadThumb(this.#easel);
      this.#show();
    } catch (error) {
      // A picture of our own that cannot be drawn is a defect: it is told, and its tile stays empty.
      if (this.content === picture || this.#chosen.has(picture)) alarm(error);
    }
  }

  #show() {
    if (!this.#easel) return;
    // Drawn ahead, so that a start need not wait; a failure is told by the start.
    for (const { picture } of this.styles) picture.blob(this.#easel).catch(() => {});
    this.#contentGallery.render(this.#contents, (picture) => picture === this.content);
    this.#styleGallery.render(this.#styles, (picture) => this.#chosen.has(picture), { several: this.#mix.checked });
    this.#blend.hidden = this.#chosen.size < 2;
    /** @type {[Picture, HTMLOutputElement][]} */
    const outputs = [];
    this.#blend.replaceChildren(
      ...[...this.#chosen].map(([picture, weight]) => {
        const range = make("input", {
          type: "range", min: 0, max: 2, step: 0.05, value: weight,
          oninput: () => {
            this.#chosen.set(picture, range.valueAsNumber);
            // Shares sum to the whole, so one moves all.
            for (const [each, output] of outputs) output.textContent = this.#share(each);
            this.#changed("style");
          },
        });
        const output = make("output", {}, this.#share(picture));
        outputs.push([picture, output]);
        return make("label", { class: "slim" }, make("span", {}, picture.title), range, output);
      }),
    );
  }

  /** A style's part of the mix. @param {Picture} picture */
  #share(picture) {
    const sum = [...this.#chosen.values()].reduce((a, b) => a + b, 0);
    return t("percent", { n: number(sum > 0 ? Math.round(((this.#chosen.get(picture) ?? 0) / sum) * 100) : 0) });
  }
}
