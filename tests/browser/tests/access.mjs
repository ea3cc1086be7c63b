/** Accessibility, as far as a machine can judge it: axe-core's rules of WCAG 2.2 A and AA. */
import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";

const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];
const QUICK = "size=48&steps=3&coarsest=0";

/** @param {import("../context.mjs").Context} t @param {import("puppeteer-core").Page} page @param {string} where */
export async function clean(t, page, where) {
  const { passes, violations } = await page.evaluate(async (values) => {
    // What arrives has a contrast that nobody reads, either.
    const passing = document.getAnimations().filter((each) => Number.isFinite(each.effect?.getComputedTiming().endTime));
    await Promise.all(passing.map((each) => each.finished.catch(() => {})));
    const { passes, violations } = await globalThis.axe.run(document, { runOnly: { type: "tag", values }, resultTypes: ["violations"] });
    return { passes: passes.length, violations: violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target, failureSummary }) => `${target} (${failureSummary})`).join("; ")}`) };
  }, RULES);
  t.assert(passes > 10, `${where}: axe-core found only ${passes} rules to apply`);
  t.assert(violations.length === 0, `${where}: ${violations.join("\n")}`);
}

/** In both languages and both themes, by the address as a link would. @param {import("../context.mjs").Context} t @param {import("puppeteer-core").Page} page @param {string} state */
async function everywhere(t, page, state, pairs = [["en", "light"], ["en", "dark"], ["ko", "light"], ["ko", "dark"]]) {
  for (const [lang, theme] of pairs) {
    await page.evaluate((hash) => (location.hash = hash), `${QUICK}&lang=${lang}&theme=${theme}`);
    await page.waitForFunction((lang, theme) => document.documentElement.lang === lang && document.documentElement.dataset.theme === theme, {}, lang, theme);
    await clean(t, page, `${state}, ${lang}, ${theme}`);
  }
}

/** From here on colours change at once: one that is on its way from one state of a button to the next has a contrast that nobody reads. @param {import("puppeteer-core").Page} page */
export async function bringAxe(page) {
  await page.evaluate(await readFile(AXE, "utf8"));
  await page.evaluate(() => {
    const still = new CSSStyleSheet();
    still.replaceSync("*, *::before, *::after { transition: none !important; }");
    document.adoptedStyleSheets.push(still);
  });
}

export const tests = [
  {
    name: "axe-core finds nothing on the page, idle and finished, in two languages and two themes",
    patience: 240_000,
    async run(t) {
      const page = await t.open({ hash: `#${QUICK}` });
      await bringAxe(page);
      await t.until(page, () => !(/** @type {HTMLButtonElement} */ (document.querySelector("#start"))).disabled, "the start button");
      await page.$$eval("details", (all) => all.forEach((each) => (each.open = true)));
      await everywhere(t, page, "idle");
      await page.click("#start");
      await t.until(page, () => document.querySelector("#result-tools")?.checkVisibility() && document.querySelector("#stage")?.getAttribute("data-phase") === "idle", "the finished picture");
      await page.$$eval("details", (all) => all.forEach((each) => (each.open = true)));
      // Every colour was seen in both languages; from here on every colour in one, every text in one theme.
      const each = [["en", "light"], ["ko", "dark"]];
      await everywhere(t, page, "finished", each);
      await page.click("#save-open");
      await clean(t, page, "the save dialog");
      await page.click("#save-close");
      await page.click("#portfolio-open");
      await t.until(page, () => document.querySelector("#portfolio-list li")?.checkVisibility(), "the kept picture");
      await everywhere(t, page, "the kept pictures", each);
    },
  },
  {
    name: "the dialog of offline use and privacy opens and closes by keyboard, fits 320 px, and axe-core finds nothing in it",
    patience: 240_000,
    async run(t) {
      const page = await t.open({ hash: `#${QUICK}&lang=en` });
      await bringAxe(page);
      await page.setViewport({ width: 320, height: 640 });
      await page.focus("#offline-open");
      await page.keyboard.press("Enter");
      await t.until(page, () => document.querySelector("#offline-models li") !== null, "the list of networks");
      // All of them: in a closed one, Firefox never ends the change from one theme to the other.
      await page.$$eval("details", (all) => all.forEach((each) => (each.open = true)));
      // Every colour is seen in one language, every text in one theme.
      for (const [lang, theme] of [["en", "light"], ["ko", "dark"]]) {
        await everywhere(t, page, "offline dialog", [[lang, theme]]);
        const wide = await page.evaluate(() => [...document.querySelectorAll("#offline *, .bar *")].filter((each) => each.checkVisibility() && !each.closest("pre, .unseen") && (each.getBoundingClientRect().right > 321 || each.getBoundingClientRect().left < -1)).map((each) => `${each.id || each.className || each.tagName} ${Math.round(each.getBoundingClientRect().right)}`));
        t.equal(wide, [], `${lang}: what is wider than 320 px`);
      }
      await page.keyboard.press("Escape");
      const [open, focused] = await page.evaluate(() => [document.querySelector("dialog")?.open ?? false, document.activeElement?.id]);
      t.equal([open, focused], [false, "offline-open"], "whether it is open after Escape, and the focus");
    },
  },
  {
    name: "axe-core finds nothing on the page that says why there is no engine",
    async run(t) {
      const page = await t.open({ prepend: { "worker.js": "Object.defineProperty(navigator, 'gpu', { value: undefined });" }, started: false });
      await bringAxe(page);
      await t.until(page, () => document.querySelector("#trouble [data-code]")?.checkVisibility(), "the card");
      for (const hash of ["lang=ko&theme=dark", "lang=en&theme=light"]) {
        await page.evaluate((hash) => (location.hash = hash), hash);
        await page.waitForFunction((hash) => hash.startsWith(`lang=${document.documentElement.lang}`), {}, hash);
        await clean(t, page, hash);
      }
    },
  },
  {
    name: "at phone width nothing is wider than the screen",
    async run(t) {
      const page = await t.open({ hash: `#${QUICK}&lang=ko` });
      await page.setViewport({ width: 360, height: 740 });
      await page.$$eval("details", (all) => all.forEach((each) => (each.open = true)));
      const { width, wide } = await page.evaluate(() => ({
        width: document.documentElement.scrollWidth,
        wide: [...document.querySelectorAll("#app *")].filter((each) => each.checkVisibility() && each.getBoundingClientRect().right > 361 && !each.closest(".gallery")).map((each) => each.id || each.className || each.tagName),
      }));
      t.assert(width <= 360, `the page is ${width} px wide, for: ${wide.slice(0, 5).join(", ")}`);
    },
  },
];
