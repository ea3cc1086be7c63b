// @ts-check
/** Pictures as tiles that are real radio buttons or checkboxes. */
import { icon, make } from "../dom.js";

/** @typedef {import("./pictures.js").Picture} Picture */

export class Gallery {
  #place;
  #name;
  #onPick;
  #onRemove;

  /**
   * @param {HTMLElement} place
   * @param {{ name: string, onPick: (picture: Picture, on: boolean) => void, onRemove: (picture: Picture) => void }} options
   */
  constructor(place, { name, onPick, onRemove }) {
    this.#place = place;
    this.#name = name;
    this.#onPick = onPick;
    this.#onRemove = onRemove;
  }

  /** Empty tiles until the engine has told its samples. @param {number} count */
  wait(count) {
    this.#place.replaceChildren(...Array.from({ length: count }, () => make("span", { class: "tile waiting" })));
  }

  /**
   * @param {Picture[]} pictures @param {(picture: Picture) => boolean} chosen
   * @param {{ several?: boolean }} [options]
   */
  render(pictures, chosen, { several = false } = {}) {
    const focused = document.activeElement instanceof HTMLInputElement ? document.activeElement.value : null;
    this.#place.setAttribute("role", several ? "group" : "radiogroup");
    this.#place.replaceChildren(
      ...pictures.map((picture, index) => {
        const choose = make("input", {
          class: "unseen",
          type: several ? "checkbox" : "radio",
          name: this.#name,
          value: `${this.#name}-${index}`,
          // A click also when it is chosen already: it brings the picture back to the stage.
          onclick: () => this.#onPick(picture, choose.checked),
        });
        choose.checked = chosen(picture);
        const image = make("img", { alt: "", draggable: "false", decoding: "async" });
        if (picture.thumb) image.src = picture.thumb;
        image.addEventListener("error", () => image.classList.add("unreadable"));
        const tile = make(
          "div",
          { class: picture.thumb ? "tile" : "tile waiting" },
          make("label", { title: picture.title }, choose, image, make("span", { class: "tile-name" }, picture.title)),
        );
        if (!picture.sample) {
          tile.append(
            make("button", { type: "button", class: "remove", label: "remove", args: { name: picture.title }, onclick: () => this.#onRemove(picture) }, icon("close")),
          );
        }
        if (focused === choose.value) queueMicrotask(() => choose.focus());
        return tile;
      }),
    );
  }
}
