// @ts-check
/** Boot: language and theme, the views, the engine, and what to show when the engine cannot start. */
import { appear, appearance, chosen } from "./appearance.js";
import { element, make } from "./dom.js";
import { Easel, EaselError } from "./easel.js";
import { parse } from "./hash.js";
import { setTitle } from "./i18n.js";
import { inspect } from "./keep/checkpoint.js";
import { NETWORK } from "./views/inputs.js";
import { alarm, tell } from "./views/notices.js";
import { Offline } from "./views/offline.js";
import { Stylize } from "./views/stylize.js";
import { hideTrouble, showTrouble } from "./views/trouble.js";

/** @typedef {import("./lab/lab.js").Lab} Lab */

const first = parse(location.hash);
appear(first);
/** Loaded when it is first opened. @type {Promise<Lab> | null} */
let opening = null;
/** @type {Lab | null} */
let lab = null;
/** Which view is shown. @type {"stylize" | "lab"} */
let shown = "stylize";

const view = new Stylize(async (state, link, kept) => {
  const found = await inspect(state);
  const gan = found?.config.job === "gan" ? /** @type {any} */ (found.config) : null;
  // Other networks are Stylize's, except where the lab is asked; a .pth is none of a run.
  const file = state instanceof File && NETWORK.test(state.name) ? state : null;
  const elsewhere = file !== null && (shown === "lab" || !/\.safetensors$/i.test(file.name));
  if (!gan && !elsewhere) return false;
  const opened = await openLab();
  if (file) opened.begin(file, found?.networks ? gan : null);
  else opened.resume(state, gan, kept);
  if (link) history.replaceState(null, "", link);
  return true;
});
view.restore(first);
element("app").hidden = false;
const offline = new Offline({ busy: () => view.busy || lab?.busy === true, files: (files) => view.open(files) });

/** @type {Easel | null} Known as soon as its module is loaded, GPU or not. */
let loaded = null;

/** @param {unknown} error */
function trouble(error) {
  lab?.shown(false);
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
      lab?.waiting();
    });
    easel.addEventListener("restarted", (event) => {
      // A run of the lab goes on by itself, or says why it does not.
      if (lab?.busy || shown === "lab") view.ready();
      else view.back(/** @type {CustomEvent} */ (event).detail);
    });
    easel.addEventListener("gaveup", (event) => trouble(/** @type {CustomEvent} */ (event).detail));
  },
});
/** @type {any} */ (globalThis).easel = started;
started.then(works, trouble);

/** The address that rebuilds what is shown. */
const address = () => (shown === "lab" && lab ? `#${lab.link(chosen)}` : view.link());

/** @param {"stylize" | "lab"} name */
function show(name) {
  shown = name;
  // Why there is no engine takes the place of every view.
  const broken = !element("trouble").hidden;
  element("stylize").hidden = broken || name !== "stylize";
  lab?.shown(name === "lab" && !broken);
  if (name === "stylize") setTitle("title");
  // What failed is told where the visitor looks.
  if (name === "stylize") element("stage").prepend(element("notices"));
  else lab?.stage.prepend(element("notices"));
  for (const one of ["stylize", "lab"]) {
    if (one === name) element(`nav-${one}`).setAttribute("aria-current", "page");
    else element(`nav-${one}`).removeAttribute("aria-current");
  }
}

/** The lab, shown. It needs the GPU. */
async function openLab() {
  element("nav-lab").setAttribute("aria-busy", "true");
  try {
    opening ??= (async () => {
      const easel = await started;
      const sheet = make("link", { rel: "stylesheet", href: "lab/lab.css" });
      await new Promise((done) => {
        sheet.onload = sheet.onerror = done;
        document.head.append(sheet);
      });
      const { Lab } = await import("./lab/lab.js");
      lab = new Lab(easel, { portfolio: () => view.showKept(), open: (file) => view.open([file]) });
      lab.element.addEventListener("linkchange", () => shown === "lab" && history.replaceState(null, "", address()));
      return lab;
    })();
    opening.catch(() => (opening = null));
    const opened = await opening;
    show("lab");
    return opened;
  } finally {
    element("nav-lab").removeAttribute("aria-busy");
  }
}

/** Go where the address says. */
async function follow() {
  const params = new URLSearchParams(location.hash.slice(1));
  if (params.get("view") !== "lab") {
    show("stylize");
    view.restore(parse(location.hash));
    return;
  }
  try {
    (await openLab()).restore(params);
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
if (/[#&]view=lab/.test(location.hash)) follow();
element("skip").addEventListener("click", (event) => {
  // The fragment of the address holds the state, so the jump is made by hand.
  event.preventDefault();
  if (shown === "lab") lab?.focus();
  else element("controls").focus();
});
element("nav-stylize").addEventListener("click", (event) => {
  event.preventDefault();
  show("stylize");
  history.pushState(null, "", address());
  element("stylize").focus();
});
element("nav-lab").addEventListener("click", async (event) => {
  event.preventDefault();
  try {
    const opened = await openLab();
    history.pushState(null, "", address());
    opened.element.focus();
  } catch (error) {
    if (loaded) alarm(error);
  }
});
element("share").addEventListener("click", async () => {
  history.replaceState(null, "", address());
  try {
    await navigator.clipboard.writeText(location.href);
    tell("share.done");
  } catch (error) {
    alarm(new EaselError({ code: "copy-denied", message: String(error) }));
  }
});
