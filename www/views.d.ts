/** The views that are loaded when they are first opened, and the texts that they bring: types alone, which no page loads. */

export interface Opened {
  lab: import("./lab/lab.js").Lab;
  walk: import("./walk/walk.js").Walk;
  apply: import("./apply/apply.js").Apply;
  translate: import("./translate/translate.js").Translate;
  cycle: import("./cycle/cycle.js").Cycle;
  grow: import("./grow/grow.js").Grow;
  paint: import("./paint/paint.js").Paint;
}

/** Of the page's catalogue and those of the views. */
export type Key =
  | keyof typeof import("./text/en.js").en
  | keyof typeof import("./lab/en.js").en
  | keyof typeof import("./walk/en.js").en
  | keyof typeof import("./train/en.js").en
  | keyof typeof import("./train/own/en.js").en
  | keyof typeof import("./translate/en.js").en
  | keyof typeof import("./apply/texts.js").en
  | keyof typeof import("./cycle/en.js").en
  | keyof typeof import("./grow/en.js").en
  | keyof typeof import("./paint/en.js").en;
