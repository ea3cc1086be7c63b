// @ts-check
/** Boot: language and theme, the view, the engine, and what to show when the engine cannot start. */
import { appear, appearance } from "./appearance.js";
import { element } from "./dom.js";
import { Easel, EaselError } from "./easel.js";
import { parse } from "./hash.js";
import { alarm, tell } from "./views/notices.js";
import { Offline } from "./views/offline.js";
import { Stylize } from "./views/stylize.js";
import { hideTrouble, showTrouble } from "./views/trouble.js";

const first = parse(location.hash);
appear(first);
const view = new Stylize();
view.restore(first);
element("app").hidden = false;
const offline = new Offline({ busy: () => view.busy, files: (files) => view.open(files) });

/** @type {Easel | null} Known as soon as its module is loaded, GPU or not. */
let loaded = null;

/** @param {unknown} error */
function trouble(error) {
  showTrouble(error, async () => {
    if (!loaded) {
      location.reload();
      return;
    }
    try {
      await loaded.restart();
      works(loaded);
      hideTrouble();
    } catch (again) {
      trouble(again);
    }
  });
}

/** @param {Easel} easel */
function works(easel) {
  /** @type {any} */ (globalThis).easel = Promise.resolve(easel);
  view.ready();
}

const started = Easel.start({
  onLoaded(easel) {
    loaded = easel;
    view.loaded(easel);
    offline.setModels(easel.models, easel.defaults?.gatys.network);
    easel.addEventListener("mended", (event) => offline.damaged(/** @type {CustomEvent} */ (event).detail, true));
    easel.addEventListener("restarting", () => view.waiting());
    easel.addEventListener("restarted", (event) => view.back(/** @type {CustomEvent} */ (event).detail));
    easel.addEventListener("gaveup", (event) => trouble(/** @type {CustomEvent} */ (event).detail));
  },
});
/** @type {any} */ (globalThis).easel = started;
started.then(works, trouble);

appearance(() => history.replaceState(null, "", view.link()));
addEventListener("hashchange", () => {
  const state = parse(location.hash);
  appear(state);
  view.restore(state);
});
element("skip").addEventListener("click", (event) => {
  // The fragment of the address holds the state, so the jump is made by hand.
  event.preventDefault();
  element("controls").focus();
});
element("nav-stylize").addEventListener("click", (event) => {
  event.preventDefault();
  element("stylize").focus();
});
element("share").addEventListener("click", async () => {
  history.replaceState(null, "", view.link());
  try {
    await navigator.clipboard.writeText(location.href);
    tell("share.done");
  } catch (error) {
    alarm(new EaselError({ code: "copy-denied", message: String(error) }));
  }
});
