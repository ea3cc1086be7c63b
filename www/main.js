// @ts-check
/** Boot: language and theme, the views, the engine, and what to show when the engine cannot start. */
import { appear, appearance, chosen } from "./appearance.js";
import { element, styled } from "./dom.js";
import { Easel, EaselError } from "./easel.js";
import { parse } from "./hash.js";
import { setTitle } from "./i18n.js";
import { inspect } from "./keep/checkpoint.js";
import { NETWORK } from "./views/inputs.js";
import { alarm, tell } from "./views/notices.js";
import { Offline } from "./views/offline.js";
import { Stylize } from "./views/stylize.js";
import { hideTrouble, showTrouble } from "./views/trouble.js";

/** Views that are loaded when they are first opened. Each has a folder with a style sheet. */
const LATER = {
  lab: async () => (await import("./lab/lab.js")).Lab,
  walk: async () => (await import("./walk/walk.js")).Walk,
  apply: async () => (await import("./apply/apply.js")).Apply,
  translate: async () => (await import("./translate/translate.js")).Translate,
  cycle: async () => (await import("./cycle/cycle.js")).Cycle,
  grow: async () => (await import("./grow/grow.js")).Grow,
  paint: async () => (await import("./paint/paint.js")).Paint,
};
/** @typedef {keyof typeof LATER} Later */
/** @typedef {import("./views").Opened} Opened */

/** What Stylize has of the address: nothing if it is another view's. */
const own = () => parse(/[#&]view=/.test(location.hash) ? "" : location.hash);

appear(parse(location.hash));
/** @type {{ [name in Later]?: Promise<any> }} */
const opening = {};
/** @type {Partial<Opened>} */
const opened = {};
/** @type {"stylize" | Later} */
let shown = "stylize";
/** Which of them a run is of. @type {{ [job: string]: Later }} */
const OF = { gan: "lab", walk: "walk", pix2pix: "translate", cyclegan: "cycle", stylize: "apply", progan: "grow", stackgan: "paint" };
const busy = () => Object.values(opened).some((one) => one.busy);

const view = new Stylize(async (state, link, kept) => {
  const found = await inspect(state);
  const { job } = found?.config ?? {};
  // Other networks are Stylize's, except where another view asks; a .pth is none of a run.
  const file = state instanceof File && NETWORK.test(state.name) ? state : null;
  if (file ? shown === "stylize" && job !== "gan" && /\.safetensors$/i.test(file.name) : !OF[job]) return false;
  const networks = found?.networks && job === "gan";
  const name = file ? (shown !== "stylize" ? shown : networks ? "lab" : "walk") : /** @type {Later} */ (OF[job]);
  const config = /** @type {any} */ (found?.config);
  const there = await open(name);
  if (file) there.begin(file, networks ? config : null);
  else there.resume(state, config, kept);
  if (link) history.replaceState(null, "", link);
  return true;
});
view.restore(own());
element("app").hidden = false;
const offline = new Offline({ busy: () => view.busy || busy(), files: (files) => view.open(files) });

/** @type {Easel | null} Known as soon as its module is loaded, GPU or not. */
let loaded = null;

/** @param {unknown} error */
function trouble(error) {
  for (const one of Object.values(opened)) one.shown(false);
  showTrouble(error, async () => {
    if (!loaded) {
      location.reload();
      return;
    }
    try {
      await loaded.restart();
      works(loaded);
      hideTrouble();
      show(shown);
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
    easel.addEventListener("restarting", () => {
      view.waiting();
      for (const one of Object.values(opened)) one.waiting();
    });
    easel.addEventListener("restarted", (event) => {
      // A run of another view goes on by itself, or says why it does not.
      if (busy() || shown !== "stylize") view.ready();
      else view.back(/** @type {CustomEvent} */ (event).detail);
    });
    easel.addEventListener("gaveup", (event) => trouble(/** @type {CustomEvent} */ (event).detail));
  },
});
/** @type {any} */ (globalThis).easel = started;
started.then(works, trouble);

/** The view that is shown, if it is one of those. */
const other = () => (shown === "stylize" ? undefined : opened[shown]);
/** The address that rebuilds what is shown. */
const address = () => (other() ? `#${other()?.link(chosen)}` : view.link());

/** Those that translate share one, and those of the lab. @param {string} name */
const tab = (name) => element(`nav-${name === "cycle" ? "translate" : name === "grow" || name === "paint" ? "lab" : name}`);

/** @param {typeof shown} name */
function show(name) {
  shown = name;
  // Why there is no engine takes the place of every view.
  const broken = !element("trouble").hidden;
  element("stylize").hidden = broken || name !== "stylize";
  for (const [one, there] of Object.entries(opened)) there.shown(one === name && !broken);
  if (name === "stylize") setTitle("title");
  // What failed is told where the visitor looks.
  (other()?.stage ?? element("stage")).prepend(element("notices"));
  for (const one of ["stylize", ...Object.keys(LATER)]) tab(one).removeAttribute("aria-current");
  tab(name).setAttribute("aria-current", "page");
}

/** A view of those, shown. It needs the GPU. @template {Later} T @param {T} name @returns {Promise<Opened[T]>} */
async function open(name) {
  const nav = tab(name);
  nav.setAttribute("aria-busy", "true");
  try {
    opening[name] ??= (async () => {
      const easel = await started;
      await styled(`${name}/${name}.css`);
      const View = await LATER[name]();
      const there = new View(easel, { portfolio: () => view.showKept(), open: (file) => view.open([file]), go, busy: () => view.busy || busy(), walk: (file) => open("walk").then((walk) => walk.begin(file)) });
      there.element.addEventListener("linkchange", () => shown === name && history.replaceState(null, "", address()));
      return (opened[name] = /** @type {any} */ (there));
    })();
    opening[name]?.catch(() => delete opening[name]);
    const there = await opening[name];
    show(name);
    return there;
  } finally {
    nav.removeAttribute("aria-busy");
  }
}

/** Go where the address says. */
async function follow() {
  const params = new URLSearchParams(location.hash.slice(1));
  const name = /** @type {Later} */ (params.get("view"));
  if (!Object.hasOwn(LATER, name)) {
    show("stylize");
    view.restore(own());
    return;
  }
  try {
    (await open(name)).restore(params);
  } catch (error) {
    // An engine that cannot start has the whole page to say so.
    if (loaded) alarm(error);
  }
}

appearance(() => history.replaceState(null, "", address()));
addEventListener("hashchange", () => {
  appear(parse(location.hash));
  follow();
});
if (/[#&]view=/.test(location.hash)) follow();
element("skip").addEventListener("click", (event) => {
  // The fragment of the address holds the state, so the jump is made by hand.
  event.preventDefault();
  if (other()) other()?.focus();
  else element("controls").focus();
});
element("nav-stylize").addEventListener("click", (event) => {
  event.preventDefault();
  show("stylize");
  history.pushState(null, "", address());
  element("stylize").focus();
});
/** @param {Later} name */
async function go(name) {
  try {
    const there = await open(name);
    history.pushState(null, "", address());
    there.element.focus();
  } catch (error) {
    if (loaded) alarm(error);
  }
}
for (const name of /** @type {Later[]} */ (["lab", "walk", "apply", "translate"])) {
  tab(name).addEventListener("click", (event) => {
    event.preventDefault();
    go(name);
  });
}
element("share").addEventListener("click", async () => {
  history.replaceState(null, "", address());
  try {
    await navigator.clipboard.writeText(location.href);
    tell("share.done");
  } catch (error) {
    alarm(new EaselError({ code: "copy-denied", message: String(error) }));
  }
});
