/**
 * Makes the pictures of README and of the app's install dialog: `node tests/browser/pictures.mjs [--site target/site] [--browser firefox] [--only stylize|lab|walk|translate|cycle|grow|draw|apply|paint]`.
 *
 * Two pictures stylized by the page itself from samples that it draws, and each view in both languages and on a phone.
 */
import { writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import { BROWSERS, end, launch } from "./browsers.mjs";
import { SiteServer } from "./server.mjs";

const { values } = parseArgs({
  options: { site: { type: "string", default: "target/site" }, browser: { type: "string", default: "firefox" }, only: { type: "string" } },
});
const folder = resolve(import.meta.dirname, "../pictures");
const kind = BROWSERS.find(({ name }) => name === values.browser);
if (!kind) throw new Error(`there is no browser ${values.browser}`);

const server = new SiteServer(resolve(values.site));
await server.start();
const address = `http://127.0.0.1:${server.port}${server.folder({})}`;
const browser = await launch(kind);
try {
  const page = await browser.newPage();
  await page.setViewport({ width: 1440, height: 900 });
  /** @param {string} hash */
  const open = async (hash) => {
    await page.goto("about:blank");
    await page.goto(`${address}#${hash}`);
    await page.waitForFunction(() => /** @type {any} */ (globalThis).easel.then(() => true), { timeout: 120_000 });
  };
  const finished = () =>
    page.waitForFunction(
      () => document.querySelector("#result-tools")?.checkVisibility() && !document.querySelector("#pause")?.checkVisibility(),
      { timeout: 900_000 },
    );
  /** Of a view that has settled. @param {string} file */
  const screenshot = async (file) => {
    // What is only told for a moment is not part of the view.
    await page.waitForFunction(() => document.querySelector("#toasts")?.childElementCount === 0, { timeout: 20_000 });
    const path = resolve(import.meta.dirname, "../..", file);
    await page.screenshot(file.endsWith(".jpg") ? { path, type: "jpeg", quality: 82 } : { path });
    console.log(file);
  };
  const stylize = !values.only || values.only === "stylize";
  const settings = "size=224&steps=60";
  for (const [content, style, file] of [["village", "brush", "village-brush"], ["coast", "waves", "coast-waves"]].filter(() => stylize)) {
    await open(`${settings}&content=${content}&style=${style}&lang=en`);
    const jpeg = await page.evaluate(async (content, style) => {
      const easel = await /** @type {any} */ (globalThis).easel;
      const inputs = {
        content: await easel.sample("scene", content),
        styles: [await easel.sample("style", style)],
      };
      const run = easel.run({ job: "gatys", size: 224, steps: 60 }, inputs);
      await run.done;
      const blob = await run.image({ type: "image/jpeg", quality: 0.9 });
      const bytes = new Uint8Array(await blob.arrayBuffer());
      return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
    }, content, style);
    await writeFile(join(folder, `${file}.jpg`), Buffer.from(jpeg, "base64"));
    console.log(`${file}.jpg`);
  }
  for (const [lang, theme, width, height, scale, file] of /** @type {const} */ ([
    ["en", "light", 1440, 900, 1, "tests/pictures/view-en.png"],
    ["ko", "dark", 1440, 900, 1, "tests/pictures/view-ko.png"],
    ["ko", "light", 390, 844, 1, "tests/pictures/view-phone.png"],
    ["en", "light", 1280, 800, 1, "www/screenshots/wide-en.jpg"],
    ["ko", "light", 1280, 800, 1, "www/screenshots/wide-ko.jpg"],
    ["en", "light", 390, 844, 2, "www/screenshots/narrow-en.jpg"],
    ["ko", "light", 390, 844, 2, "www/screenshots/narrow-ko.jpg"],
  ]).filter(() => stylize)) {
    await page.setViewport({ width, height, deviceScaleFactor: scale });
    await open(`content=village&size=192&steps=40&lang=${lang}&theme=${theme}`);
    await page.click("#start");
    await finished();
    await screenshot(file);
  }
  for (const [lang, theme, width, height, link, steps, file] of /** @type {const} */ ([
    ["en", "light", 1440, 900, "variant=gan&data=ring", 600, "lab-ring-en.jpg"],
    ["ko", "dark", 1440, 900, "variant=cgan&data=digits", 3, "lab-digits-ko.jpg"],
    ["en", "dark", 390, 844, "variant=dcgan&data=scenes", 2, "lab-phone-en.jpg"],
    ["ko", "light", 390, 844, "variant=gan&data=moons", 250, "lab-phone-ko.jpg"],
  ]).filter(() => !values.only || values.only === "lab")) {
    await page.setViewport({ width, height });
    await open(`view=lab&${link}&lang=${lang}&theme=${theme}`);
    const play = await page.waitForSelector("#lab .primary");
    await play?.click();
    await page.waitForFunction((steps) => Number(/(?:Step |중 )([\d,]+)/.exec(document.querySelector("#lab .estimate")?.textContent ?? "")?.[1]?.replace(",", "") ?? 0) >= steps, { timeout: 1_200_000, polling: 500 }, steps);
    await play?.click();
    await page.waitForFunction(() => document.querySelector("#lab .stage")?.getAttribute("data-phase") === "paused", { timeout: 60_000 });
    await page.evaluate(() => scrollTo(0, 0));
    await screenshot(`tests/pictures/${file}`);
  }
  for (const [lang, theme, width, height, link, steps, file] of /** @type {const} */ ([
    ["en", "light", 1440, 900, "task=labels", 3, "translate-en.jpg"],
    ["ko", "dark", 390, 844, "task=grey", 100, "translate-phone.jpg"],
  ]).filter(() => !values.only || values.only === "translate")) {
    await page.setViewport({ width, height });
    await open(`view=translate&${link}&lang=${lang}&theme=${theme}`);
    const play = await page.waitForSelector("#translate .primary");
    await play?.click();
    await page.waitForFunction((steps) => Number(/(?:Step |중 )([\d,]+)/.exec(document.querySelector("#translate .estimate")?.textContent ?? "")?.[1]?.replace(",", "") ?? 0) >= steps, { timeout: 1_200_000, polling: 500 }, steps);
    await play?.click();
    await page.waitForFunction(() => document.querySelector("#translate .stage")?.getAttribute("data-phase") === "paused", { timeout: 60_000 });
    await page.evaluate(() => scrollTo(0, 0));
    await screenshot(`tests/pictures/${file}`);
  }
  for (const [lang, theme, width, height, view, link, steps, file] of /** @type {const} */ ([
    ["en", "light", 1440, 900, "cycle", "count=40", 3, "cycle-en.jpg"],
    ["ko", "dark", 390, 844, "cycle", "count=40", 2, "cycle-phone.jpg"],
    ["en", "light", 1440, 900, "grow", "size=16&count=200&fade=1000&stable=1000", 250, "grow-en.jpg"],
    ["ko", "light", 390, 844, "grow", "size=16&count=200&fade=1000&stable=1000", 250, "grow-phone.jpg"],
  ]).filter(([, , , , view]) => !values.only || values.only === view)) {
    await page.setViewport({ width, height });
    await open(`view=${view}&${link}&lang=${lang}&theme=${theme}`);
    const play = await page.waitForSelector(`#${view} .primary`);
    await play?.click();
    await page.waitForFunction((view, steps) => Number(/(?:Step |중 )([\d,]+)/.exec(document.querySelector(`#${view} .estimate`)?.textContent ?? "")?.[1]?.replace(",", "") ?? 0) >= steps, { timeout: 1_200_000, polling: 500 }, view, steps);
    await play?.click();
    await page.waitForFunction((view) => document.querySelector(`#${view} .stage`)?.getAttribute("data-phase") === "paused", { timeout: 60_000 }, view);
    await page.evaluate(() => scrollTo(0, 0));
    await screenshot(`tests/pictures/${file}`);
  }
  for (const [lang, theme, width, height, file] of /** @type {const} */ ([
    ["en", "light", 1440, 900, "paint-en.jpg"],
    ["ko", "dark", 1440, 900, "paint-ko.jpg"],
    ["en", "light", 390, 844, "paint-phone-en.jpg"],
    ["ko", "light", 390, 844, "paint-phone-ko.jpg"],
  ]).filter(() => !values.only || values.only === "paint")) {
    await page.setViewport({ width, height });
    await open(`view=paint&lang=${lang}&theme=${theme}`);
    await page.waitForFunction(() => (/** @type {HTMLCanvasElement | null} */ (document.querySelector("#paint .paint-large"))?.width ?? 0) > 1, { timeout: 300_000 });
    await page.evaluate(() => scrollTo(0, 0));
    await screenshot(`tests/pictures/${file}`);
  }
  for (const [lang, theme, width, height, file] of /** @type {const} */ ([
    ["en", "light", 1440, 900, "draw-en.jpg"],
    ["ko", "dark", 1440, 900, "draw-ko.jpg"],
  ]).filter(() => !values.only || values.only === "draw")) {
    await page.setViewport({ width, height });
    await open(`view=translate&lang=${lang}&theme=${theme}`);
    await (await page.waitForSelector("#translate .translate-draw"))?.click();
    await page.waitForFunction(() => (/** @type {HTMLCanvasElement | null} */ (document.querySelector("#translate .pad-result"))?.width ?? 0) > 1, { timeout: 300_000 });
    await page.click("#translate [data-pad=random]");
    await new Promise((wake) => setTimeout(wake, 5000));
    await page.evaluate(() => scrollTo(0, 0));
    await screenshot(`tests/pictures/${file}`);
  }
  for (const [lang, theme, width, height, content, file] of /** @type {const} */ ([
    ["en", "light", 1440, 900, "lake", "apply-en.jpg"],
    ["ko", "dark", 1440, 900, "forest", "apply-ko.jpg"],
    ["ko", "light", 390, 844, "lake", "apply-phone.jpg"],
  ]).filter(() => !values.only || values.only === "apply")) {
    await page.setViewport({ width, height });
    await open(`view=apply&content=${content}&side=512&lang=${lang}&theme=${theme}`);
    await (await page.waitForSelector("#apply .primary:enabled", { timeout: 60_000 }))?.click();
    await page.waitForFunction(() => document.querySelector("#apply .stage")?.getAttribute("data-phase") === "idle" && document.querySelector("#apply .after")?.checkVisibility(), { timeout: 300_000 });
    await page.evaluate(() => scrollTo(0, 0));
    await screenshot(`tests/pictures/${file}`);
  }
  for (const [lang, theme, width, height, link, file] of /** @type {const} */ ([
    ["en", "light", 1440, 900, "network=dcgan-scenes", "walk-en.jpg"],
    ["ko", "dark", 1440, 900, "network=cgan-digits&classes=true&places=1!!3,2!!8,3!!5", "walk-ko.jpg"],
    ["en", "light", 390, 844, "network=dcgan-scenes", "walk-phone-en.jpg"],
    ["ko", "light", 390, 844, "network=dcgan-scenes", "walk-phone.jpg"],
  ]).filter(() => !values.only || values.only === "walk")) {
    await page.setViewport({ width, height });
    await open(`view=walk&${link}&lang=${lang}&theme=${theme}`);
    await page.waitForFunction(() => (/** @type {HTMLImageElement | null} */ (document.querySelector("#walk .walk-map"))?.naturalWidth ?? 0) > 0, { timeout: 120_000 });
    const play = await page.$("#walk .primary");
    if ((await page.$eval("#walk .stage", (stage) => stage.getAttribute("data-playing"))) === "true") await play?.click();
    await page.click("#walk .walk-place:nth-child(2)");
    await new Promise((wake) => setTimeout(wake, 3000));
    await page.evaluate(() => scrollTo(0, 0));
    await screenshot(`tests/pictures/${file}`);
  }
} finally {
  await end(browser);
  server.close();
}
