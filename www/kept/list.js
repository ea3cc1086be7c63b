// @ts-check
/** "Your pictures": what is kept on this device, and what can be done with it. Loaded when it is first opened. */
import { button, byId, download, element, icon, input, make } from "../dom.js";
import { EaselError } from "../easel.js";
import { bytes, current, say, t } from "../i18n.js";
import { inspect } from "../keep/checkpoint.js";
import * as portfolio from "../keep/portfolio.js";
import { keeps, setKeeps, small } from "../views/keeping.js";
import { particulars, wording } from "../views/notices.js";
import { thumbOf } from "../views/portfolio.js";

/** @typedef {import("../i18n.js").Key} Key */
/** @typedef {import("../keep/portfolio.js").Entry} Entry */
/** @typedef {{ stamp: string, item: HTMLLIElement, url: string | null }} Row */

/** Characters that a file system refuses. @param {string} name */
const safe = (name) => name.replace(/[\\/:*?"<>|\u0000-\u001f]/g, "-").trim() || "easel";

export class List {
  #dialog = byId("portfolio", HTMLDialogElement);
  #list = element("portfolio-list");
  #resume;
  /** @type {Map<string, Row>} */
  #rows = new Map();
  /** The newest look; what an older one finds is not shown. */
  #looks = 0;

  /** @param {(entry: Entry, lost: boolean) => void} resume goes on with a kept run */
  constructor(resume) {
    this.#resume = resume;
    button("portfolio-close").addEventListener("click", () => this.#dialog.close());
    const keep = input("portfolio-keep");
    keep.checked = keeps();
    keep.addEventListener("change", () => setKeeps(keep.checked));
    input("portfolio-file").addEventListener("change", ({ target }) => {
      const chooser = /** @type {HTMLInputElement} */ (target);
      if (chooser.files?.[0]) this.#try(this.#import(chooser.files[0]));
      chooser.value = "";
    });
    const clear = button("portfolio-clear");
    clear.addEventListener("click", () => this.#ask(clear, "kept.clear.sure", portfolio.clear));
    portfolio.watch(() => this.#show());
    document.addEventListener("languagechange", () => this.#show());
  }

  open() {
    say(element("portfolio-said"), "kept.none");
    element("portfolio-said").hidden = true;
    this.#dialog.showModal();
    this.#show();
  }

  /** What failed is said in the dialog, which covers the notices. @param {Promise<unknown>} act */
  async #try(act) {
    const said = element("portfolio-said");
    try {
      await act;
    } catch (error) {
      const { code, ...args } = particulars(error);
      const { what, next } = wording(code);
      said.textContent = `${t(what, args)} ${t(next, args)}`;
      said.hidden = false;
    }
  }

  async #show() {
    if (!this.#dialog.open) return;
    this.#looks += 1;
    const mine = this.#looks;
    await this.#try((async () => {
      const [entries, held, room] = await Promise.all([portfolio.list(), portfolio.held(), portfolio.budget()]);
      if (mine !== this.#looks) return;
      this.#render(entries, held);
      const used = entries.reduce((sum, entry) => sum + portfolio.size(entry), 0);
      say(element("portfolio-hint"), "kept.hint", { used: bytes(used), room: bytes(room) });
      element("portfolio-none").hidden = entries.length > 0;
      button("portfolio-clear").hidden = entries.length === 0;
    })());
  }

  /** @param {Entry[]} entries @param {Set<string>} held */
  #render(entries, held) {
    const active = document.activeElement;
    const key = active instanceof HTMLElement && this.#list.contains(active) ? active.dataset.key : undefined;
    const typed = active instanceof HTMLInputElement ? active.value : null;
    /** @type {Map<string, Row>} */
    const rows = new Map();
    for (const entry of entries) {
      const going = held.has(entry.id);
      const stamp = [entry.changed, entry.title, going, current()].join();
      const old = this.#rows.get(entry.id);
      rows.set(entry.id, old?.stamp === stamp ? old : { stamp, ...this.#row(entry, going) });
    }
    for (const [id, row] of this.#rows) if (row.url && rows.get(id) !== row) URL.revokeObjectURL(row.url);
    this.#rows = rows;
    this.#list.replaceChildren(...[...rows.values()].map(({ item }) => item));
    if (!key) return;
    const again = this.#list.querySelector(`[data-key="${key}"]`);
    if (again instanceof HTMLInputElement && typed !== null) again.value = typed;
    if (again instanceof HTMLElement) again.focus();
    else button("portfolio-close").focus();
  }

  /** @param {Entry} entry @param {boolean} going in a tab @returns {{ item: HTMLLIElement, url: string | null }} */
  #row(entry, going) {
    const { id, title, step, of, width, height, changed } = entry;
    const name = make("input", { type: "text", autocomplete: "off", maxlength: 120, value: title, label: "kept.name", args: { title }, "data-key": `${id} name` });
    name.addEventListener("change", () => {
      const wanted = name.value.trim();
      if (wanted) this.#try(portfolio.update(id, { title: wanted }));
      else name.value = title;
    });
    const url = thumbOf(entry);
    const when = new Date(changed).toLocaleString(current(), { dateStyle: "medium", timeStyle: "short" });
    const dimensions = width > 0 ? `${width} × ${height} · ` : "";
    const tools = make("div", { class: "row" });
    /** @param {Key} text @param {string} symbol @param {() => void} act */
    const tool = (text, symbol, act) => tools.append(make("button", { type: "button", class: "tool", "data-key": `${id} ${text}`, onclick: act }, icon(symbol), make("span", { text }), make("span", { class: "unseen" }, ` ${title}`)));
    if (entry.state && !going) {
      tool("kept.resume", "play", () => {
        this.#dialog.close();
        this.#resume(entry, false);
      });
    }
    if (entry.picture) tool("save", "save", () => this.#try(this.#export(id, name.value, "picture")));
    if (entry.state) tool("kept.export", "file", () => this.#try(this.#export(id, name.value, "state")));
    if (!going) tool("kept.remove", "close", () => this.#ask(tools, "kept.remove.sure", () => portfolio.remove(id)));
    const item = make(
      "li", { "data-kept": id },
      ...(url ? [make("img", { src: url, alt: t("kept.thumb", { title }) })] : [make("span", { class: "no-thumb" }, icon("mark"))]),
      make(
        "div", { class: "kept-body" },
        name,
        make("p", { class: "hint", text: going ? "kept.going" : !entry.state ? "kept.finished" : step > 0 ? "kept.stopped" : "kept.imported", args: { step, of } }),
        make("p", { class: "fine" }, `${dimensions}${bytes(portfolio.size(entry))} · ${when}`),
        tools,
      ),
    );
    return { item, url };
  }

  /** A question in the place of what was pressed. @param {HTMLElement} place @param {Key} question @param {() => Promise<void>} act */
  #ask(place, question, act) {
    const back = () => {
      asking.replaceWith(place);
      (place instanceof HTMLButtonElement ? place : /** @type {HTMLElement | null} */ (place.querySelector("button:last-child")))?.focus();
    };
    const no = make("button", { type: "button", class: "plain", text: "kept.no", onclick: back });
    const asking = make(
      "div", { class: "row asking" },
      make("p", { text: question }),
      make("button", { type: "button", class: "plain grave", text: "kept.yes", onclick: () => { back(); this.#try(act()); } }),
      no,
    );
    place.replaceWith(asking);
    no.focus();
  }

  /** @param {string} id @param {string} title as it stands in its field @param {"picture" | "state"} what */
  async #export(id, title, what) {
    if (what === "picture") download(await portfolio.picture(id), `${safe(title)}.png`);
    else download(await portfolio.state(id), `${safe(title)}.easel`);
  }

  /** @param {File} file */
  async #import(file) {
    const found = await inspect(file);
    if (!found) throw new EaselError({ code: "bad-checkpoint", message: "not an .easel file, or a damaged one", subject: file.name });
    /** @type {ArrayBuffer | undefined} */
    let thumb;
    try {
      const bitmap = found.content ? await createImageBitmap(found.content.blob) : null;
      thumb = await small(bitmap);
      bitmap?.close();
    } catch {
      // A photo that the browser cannot show still goes with its run.
    }
    const title = file.name.replace(/\.easel$/i, "");
    await portfolio.keepState(crypto.randomUUID(), { title, step: 0, of: found.steps, width: 0, height: 0, link: "", going: false, thumb }, file);
  }
}
