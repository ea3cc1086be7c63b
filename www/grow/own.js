// @ts-check
/** The visitor's own pictures: what the lab has for them, loaded when it is first asked for. */
import { styled } from "../dom.js";
import { add } from "../i18n.js";

/**
 * @param {import("../easel.js").Easel} easel @param {{ place: HTMLElement, size: () => number, changed: () => void }} view
 */
export async function own(easel, view) {
  const [{ Own }, { en }, { ko }] = await Promise.all([import("../lab/own.js"), import("../lab/en.js"), import("../lab/ko.js"), styled("lab/lab.css")]);
  add({ en, ko });
  return new Own(easel, view);
}
