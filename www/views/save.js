// @ts-check
/** The picture as a file or on the clipboard. */
import { persist, state } from "../offline/shell.js";
import { byId, download, element, input } from "../dom.js";
import { bytes, say, t } from "../i18n.js";
import { EaselError } from "../easel.js";
import { alarm, tell } from "./notices.js";

/** @typedef {import("../i18n.js").Key} Key */

/** @type {Record<string, string>} */
const ENDINGS = { "image/png": "png", "image/jpeg": "jpg", "image/webp": "webp" };

/**
 * @typedef {object} Source
 * @property {(encoding: { type: string, quality: number }) => Promise<Blob>} image
 * @property {() => string} name without ending
 */

/** Characters that a file system refuses. @param {string} name */
const safe = (name) => name.replace(/[\\/:*?"<>|\u0000-\u001f]/g, "-").trim();

/** @param {Source} source */
export function saving(source) {
  const dialog = byId("save", HTMLDialogElement);
  const form = byId("save-form", HTMLFormElement);
  const name = input("save-name");
  const quality = input("save-quality");

  /** @returns {{ type: string, quality: number }} */
  const encoding = () => ({
    type: String(new FormData(form).get("save-type") ?? "image/png"),
    quality: quality.valueAsNumber / 100,
  });

  function show() {
    const { type } = encoding();
    element("save-quality-field").hidden = type === "image/png";
    element("save-quality-text").textContent = quality.value;
    say(element("save-hint"), /** @type {Key} */ (`save.${ENDINGS[type]}`));
  }

  form.addEventListener("input", show);
  element("save-close").addEventListener("click", () => dialog.close());
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const wanted = encoding();
    dialog.close();
    try {
      const blob = await source.image(wanted);
      // A browser that cannot write a format gives PNG: the ending tells the truth.
      const file = `${safe(name.value) || "easel"}.${ENDINGS[blob.type] ?? "png"}`;
      download(blob, file);
      tell("save.done", { file, size: bytes(blob.size) });
      // Now there is something here that the visitor would miss.
      if (state().offline === "ready") persist();
    } catch (error) {
      alarm(error);
    }
  });
  element("save-open").addEventListener("click", () => {
    name.value = safe(source.name());
    show();
    dialog.showModal();
    element("save-go").focus();
  });
  element("copy").addEventListener("click", async () => {
    try {
      if (!navigator.clipboard?.write) throw new DOMException("", "NotAllowedError");
      // The promise goes in as it is: some browsers want the write begun within the click.
      const png = source.image({ type: "image/png", quality: 1 });
      await navigator.clipboard.write([new ClipboardItem({ "image/png": png })]);
      tell("copy.done");
    } catch (error) {
      alarm(error instanceof EaselError ? error : new EaselError({ code: "copy-denied", message: error instanceof Error ? error.message : "" }));
    }
  });
  document.addEventListener("languagechange", () => dialog.open && show());
}
