// @ts-check
/** How files come in: dropped anywhere, chosen, pasted. Where they belong is said by whom they reach. */
import { element, input } from "../dom.js";
import { EaselError } from "../easel.js";
import { claimsTooMuch } from "./claims.js";
import { mayBePicture } from "./pictures.js";

/** @typedef {"content" | "style"} Zone */

/**
 * @typedef {object} Takers
 * @property {(files: File[], zone: Zone) => void} pictures
 * @property {(file: File) => void} network
 * @property {(file: File) => void} checkpoint
 * @property {(error: EaselError) => void} refused
 */

/** Files of networks, by name. */
export const NETWORK = /\.(safetensors|pth|pt)$/i;

/** @param {string} code @param {string} [subject] */
const refusal = (code, subject) => new EaselError({ code, message: "", subject });

/** Give each file to whom it belongs. @param {Iterable<File>} files @param {Zone} zone @param {Takers} takers */
export async function sort(files, zone, takers) {
  const pictures = [];
  for (const file of files) {
    if (NETWORK.test(file.name)) takers.network(file);
    else if (/\.easel$/i.test(file.name)) takers.checkpoint(file);
    // An SVG is a document that may hold anything: it is never shown.
    else if (file.type === "image/svg+xml") takers.refused(refusal("image-svg", file.name));
    else if (mayBePicture(file) && (await claimsTooMuch(file))) takers.refused(refusal("image-too-large", file.name));
    else if (mayBePicture(file)) pictures.push(file);
    else takers.refused(refusal("image-not-a-picture", file.name));
  }
  if (pictures.length > 0) takers.pictures(pictures, zone);
}

/** @param {Takers} takers @returns {(files: File[]) => void} for files that come in some other way */
export function inputs(takers) {
  for (const [id, zone] of /** @type {[string, Zone][]} */ ([["content-file", "content"], ["style-file", "style"]])) {
    const chooser = input(id);
    chooser.addEventListener("change", () => {
      sort([...(chooser.files ?? [])], zone, takers);
      // The same file may be chosen again.
      chooser.value = "";
    });
  }
  element("content-paste").addEventListener("click", () => pasteButton("content", takers));
  element("style-paste").addEventListener("click", () => pasteButton("style", takers));
  document.addEventListener("paste", (event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    if (files.length === 0) return;
    event.preventDefault();
    const inStyle = element("style-block").contains(document.activeElement);
    sort(files, inStyle ? "style" : "content", takers);
  });
  dropping(takers);
  return (files) => sort(files, "content", takers);
}

/** @param {Zone} zone @param {Takers} takers */
export async function pasteButton(zone, takers) {
  if (!navigator.clipboard?.read) {
    takers.refused(refusal("paste-unsupported"));
    return;
  }
  let items;
  try {
    items = await navigator.clipboard.read();
  } catch (error) {
    // Nothing readable on the clipboard is a DataError; everything else is a missing permission.
    const empty = error instanceof DOMException && error.name === "DataError";
    takers.refused(refusal(empty ? "paste-empty" : "paste-denied"));
    return;
  }
  for (const item of items) {
    const type = item.types.find((name) => name.startsWith("image/"));
    if (!type) continue;
    const blob = await item.getType(type);
    sort([new File([blob], `clipboard.${type.slice(6).replace("jpeg", "jpg")}`, { type })], zone, takers);
    return;
  }
  takers.refused(refusal("paste-empty"));
}

/** @param {Takers} takers */
function dropping(takers) {
  const overlay = element("drop");
  /** Enter and leave come in pairs for every element passed. */
  let depth = 0;
  /** @param {DragEvent} event */
  const hasFiles = (event) => event.dataTransfer?.types.includes("Files") ?? false;
  /** @param {EventTarget | null} target @returns {Zone} */
  const zoneOf = (target) =>
    target instanceof Element && target.closest("[data-zone='style'], #style-block") ? "style" : "content";
  const hide = () => {
    depth = 0;
    overlay.hidden = true;
  };

  document.addEventListener("dragenter", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    depth += 1;
    overlay.hidden = false;
  });
  document.addEventListener("dragover", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    if (event.dataTransfer) event.dataTransfer.dropEffect = "copy";
    const zone = zoneOf(event.target);
    for (const part of overlay.querySelectorAll("[data-zone]")) {
      part.classList.toggle("over", part.getAttribute("data-zone") === zone);
    }
  });
  document.addEventListener("dragleave", (event) => {
    if (!hasFiles(event)) return;
    depth -= 1;
    if (depth <= 0) hide();
  });
  document.addEventListener("drop", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    hide();
    sort([...(event.dataTransfer?.files ?? [])], zoneOf(event.target), takers);
  });
}
