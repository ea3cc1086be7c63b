// @ts-check
/** Opens "Your pictures", and offers the run that a tab died with. */
import { button, element, make } from "../dom.js";
import * as portfolio from "../keep/portfolio.js";
import { alarm } from "./notices.js";

/** @typedef {import("../keep/portfolio.js").Entry} Entry */

/** An address of the entry's thumbnail, to be revoked. @param {Entry} entry */
export const thumbOf = ({ thumb }) => (thumb ? URL.createObjectURL(new Blob([thumb])) : null);

export class Portfolio {
  #resume;
  /** Loaded when it is first opened. @type {Promise<import("../kept/list.js").List> | null} */
  #list = null;

  /** @param {(entry: Entry, lost: boolean) => void} resume goes on with a kept run; `lost`: its tab died */
  constructor(resume) {
    this.#resume = resume;
    const open = button("portfolio-open");
    open.hidden = !portfolio.possible();
    open.addEventListener("click", () => this.open());
  }

  async open() {
    try {
      this.#list ??= import("../kept/list.js").then(({ List }) => new List(this.#resume));
      (await this.#list).open();
    } catch (error) {
      this.#list = null;
      alarm(error);
    }
  }

  /** The newest run whose tab died, shown with a button to go on. */
  async offer() {
    if (!portfolio.possible()) return;
    /** @type {Entry | undefined} */
    let lost;
    try {
      await portfolio.sweep();
      const [entries, held] = await Promise.all([portfolio.list(), portfolio.held()]);
      lost = entries.find(({ id, going, state }) => going && state && !held.has(id));
    } catch {
      // Storage is forbidden here, so nothing is kept; a run that cannot be kept says so itself.
    }
    if (!lost) return;
    const entry = lost;
    const url = thumbOf(entry);
    const { title, step, of } = entry;
    const close = () => {
      notice.remove();
      if (url) URL.revokeObjectURL(url);
    };
    const notice = make(
      "section", { class: "notice lost", "data-kept": entry.id, label: "kept.lost.label" },
      ...(url ? [make("img", { src: url, alt: "" })] : []),
      make(
        "div", { class: "notice-body" },
        make("p", { class: "what", text: "kept.lost" }),
        make("p", { text: "kept.lost.what", args: { title, step, of } }),
        make(
          "div", { class: "row" },
          make("button", { type: "button", class: "strong", text: "kept.resume", onclick: () => { close(); this.#resume(entry, true); } }),
          make("button", { type: "button", class: "plain", text: "kept.later", onclick: () => { close(); portfolio.update(entry.id, { going: false }).catch(() => {}); } }),
        ),
      ),
    );
    element("notices").append(notice);
  }
}
