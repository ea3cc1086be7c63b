/** The page as a visitor uses it, by mouse and by keyboard. */

const QUICK = "size=48&steps=4&coarsest=0";

/** Press start and wait for the picture. @param {import("../context.mjs").Context} t @param {import("puppeteer-core").Page} page */
async function finish(t, page) {
  await t.until(page, () => !(/** @type {HTMLButtonElement} */ (document.querySelector("#start"))).disabled, "the start button");
  await page.click("#start");
  await t.until(page, () => document.querySelector("#result-tools")?.checkVisibility() && document.querySelector("#stage")?.getAttribute("data-phase") === "idle", "the finished picture");
}

/** @param {import("puppeteer-core").Page} page */
const compare = (page) =>
  page.$eval("#compare", (range) => ({
    value: Number(/** @type {HTMLInputElement} */ (range).value),
    says: range.getAttribute("aria-valuetext"),
    shows: document.querySelector("#frame")?.getAttribute("data-split"),
  }));

export const tests = [
  {
    name: "one click after opening gives a picture",
    async run(t) {
      const page = await t.open({ hash: `#${QUICK}&lang=en` });
      await finish(t, page);
      const seen = await page.evaluate(() => {
        const canvas = /** @type {HTMLCanvasElement} */ (document.querySelector("#after"));
        const copy = new OffscreenCanvas(canvas.width, canvas.height);
        const context = /** @type {OffscreenCanvasRenderingContext2D} */ (copy.getContext("2d"));
        context.drawImage(canvas, 0, 0);
        const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
        return {
          size: [canvas.width, canvas.height],
          colours: new Set(new Uint32Array(data.buffer)).size,
          name: canvas.getAttribute("aria-label"),
          visible: canvas.checkVisibility(),
          start: document.querySelector("#start-text")?.textContent,
          notices: document.querySelectorAll("#notices .notice").length,
          curves: document.querySelector("#curves")?.checkVisibility(),
          notes: document.querySelector("#notes")?.checkVisibility(),
        };
      });
      t.equal([seen.size, seen.visible, seen.notices], [[48, 36], true, 0], "the picture's size, whether it is seen, and the notices");
      t.assert(seen.colours > 100, `the picture has ${seen.colours} colours`);
      t.equal(seen.name, "After: Lake in the style of Brush", "the picture's name");
      t.equal(seen.start, "Stylize again", "the button");
      t.equal(seen.curves, true, "whether the loss curves are seen");
      t.equal(seen.notes, false, "whether there are notes about a sample, which was made smaller");
    },
  },
  {
    name: "the slider between before and after goes by keyboard",
    async run(t) {
      const page = await t.open({ hash: `#${QUICK}&lang=en` });
      await finish(t, page);
      t.equal(await compare(page), { value: 0, says: "0% of the picture shows the original", shows: "after" }, "at first");
      await page.focus("#compare");
      for (let press = 0; press < 3; press += 1) await page.keyboard.press("ArrowRight");
      t.equal(await compare(page), { value: 3, says: "3% of the picture shows the original", shows: "both" }, "after three presses to the right");
      const clip = await page.$eval("#before", (before) => getComputedStyle(before).clipPath);
      t.equal(clip.replaceAll(" ", ""), "inset(0px97%0px0px)", "what is cut off the original");
      await page.keyboard.press("End");
      t.equal((await compare(page)).shows, "before", "after End");
      await page.keyboard.press("2");
      t.equal((await compare(page)).value, 50, "after 2");
      await page.keyboard.press("3");
      t.equal((await compare(page)).shows, "after", "after 3");
    },
  },
  {
    name: "the whole way to a picture goes by keyboard",
    async run(t) {
      const page = await t.open({ hash: `#${QUICK}&lang=en` });
      await t.until(page, () => !(/** @type {HTMLButtonElement} */ (document.querySelector("#start"))).disabled, "the start button");
      await page.keyboard.press("Tab");
      t.equal(await page.evaluate(() => document.activeElement?.id), "skip", "what the first Tab reaches");
      await page.keyboard.press("Enter");
      t.equal(await page.evaluate(() => document.activeElement?.id), "controls", "where the link leads");
      for (let press = 0; press < 100; press += 1) {
        await page.keyboard.press("Tab");
        if ((await page.evaluate(() => document.activeElement?.id)) === "start") break;
      }
      t.equal(await page.evaluate(() => document.activeElement?.id), "start", "what a hundred Tabs reach");
      await page.keyboard.press("Enter");
      await t.until(page, () => document.querySelector("#result-tools")?.checkVisibility() && document.querySelector("#stage")?.getAttribute("data-phase") === "idle", "the finished picture");
      t.equal(await page.evaluate(() => document.activeElement?.id), "start", "where the focus is at the end");
    },
  },
  {
    name: "the language switches between Korean and English and is remembered",
    async run(t) {
      const page = await t.open({ hash: "#lang=en" });
      const words = () => page.evaluate(() => ({
        lang: document.documentElement.lang,
        start: document.querySelector("#start-text")?.textContent,
        title: document.title,
        untranslated: [...document.querySelectorAll("[data-i18n]")].filter((each) => each.textContent === "").map((each) => each.getAttribute("data-i18n")),
        hash: location.hash,
      }));
      const english = await words();
      t.equal([english.lang, english.start], ["en", "Stylize"], "the language, and the button");
      await page.click("#language");
      const korean = await words();
      t.equal([korean.lang, korean.untranslated], ["ko", []], "the language, and what has no words");
      t.assert(/[가-힣]/.test(korean.start ?? "") && /[가-힣]/.test(korean.title), `the button says ${korean.start}, the title ${korean.title}`);
      t.assert(korean.hash.includes("lang=ko"), `the address ends with ${korean.hash}`);
      await page.goto(page.url().replace(/#.*/, ""));
      await page.reload();
      await t.until(page, () => document.documentElement.lang === "ko", "Korean, of a link that names no language");
    },
  },
  {
    name: "the settings stand in the address and come back from it",
    async run(t) {
      const page = await t.open({ hash: "#lang=en" });
      const state = () => page.evaluate(() => ({
        size: /** @type {HTMLInputElement} */ (document.querySelector("#f-size")).value,
        colors: /** @type {HTMLSelectElement} */ (document.querySelector("#f-keepColors")).value,
        content: document.querySelector("#contents input:checked")?.closest("label")?.title,
        styles: [...document.querySelectorAll("#styles input:checked")].map((each) => each.closest("label")?.title),
      }));
      await t.until(page, () => document.querySelectorAll("#styles input").length === 6, "the styles");
      await page.evaluate(() => {
        const size = /** @type {HTMLInputElement} */ (document.querySelector("#f-size"));
        size.value = "80";
        size.dispatchEvent(new Event("change"));
        const [, , coast] = document.querySelectorAll("#contents input");
        /** @type {HTMLElement} */ (coast).click();
        const dots = document.querySelectorAll("#styles input")[5];
        /** @type {HTMLElement} */ (dots).click();
      });
      await page.select("#f-keepColors", "luminance");
      await t.until(page, () => /size=80/.test(location.hash) && /luminance/.test(location.hash), "the settings in the address");
      const before = await state();
      t.equal(before, { size: "80", colors: "luminance", content: "Coast", styles: ["Dots"] }, "the form");
      const hash = await page.evaluate(() => location.hash);
      for (const part of ["size=80", "keepColors=luminance", "content=coast", "style=dots"]) t.assert(hash.includes(part), `the address ends with ${hash}`);
      await page.reload();
      await t.until(page, () => document.querySelectorAll("#styles input").length === 6 && (/** @type {HTMLInputElement} */ (document.querySelector("#f-size"))).value !== "", "the form");
      t.equal(await state(), before, "the form after a reload");
      // Longer than the page waits before it writes the address.
      await new Promise((wake) => setTimeout(wake, 500));
      t.equal(await page.evaluate(() => location.hash), hash, "the address after a reload");
    },
  },
  {
    name: "what a link says out of range is left out",
    async run(t) {
      const page = await t.open({ hash: "#size=99999&steps=-1&optimizer=sgd&content=../../x&style=nothing&network=%3Cb%3E&lang=xx&theme=pink&foo=1" });
      const seen = await page.evaluate(() => ({
        size: Number(/** @type {HTMLInputElement} */ (document.querySelector("#f-size")).value),
        optimizer: /** @type {HTMLSelectElement} */ (document.querySelector("#f-optimizer")).value,
        content: document.querySelectorAll("#contents input:checked").length,
        notices: document.querySelectorAll("#notices .notice").length,
      }));
      t.assert(seen.size >= 16 && seen.size <= 4096, `the size is ${seen.size}`);
      t.equal([seen.optimizer, seen.content, seen.notices], ["adam", 1, 0], "the optimizer, the chosen photos and the notices");
    },
  },
  {
    name: "the save dialog gives files of the chosen type",
    async run(t) {
      const page = await t.open({ hash: `#${QUICK}&lang=en` });
      await finish(t, page);
      for (const [type, ending] of [["image/png", "png"], ["image/jpeg", "jpg"], ["image/webp", "webp"]]) {
        await page.click("#save-open");
        await page.$eval(`input[name=save-type][value="${type}"]`, (radio) => /** @type {HTMLElement} */ (radio).click());
        const quality = await page.$eval("#save-quality-field", (field) => field.checkVisibility());
        t.equal(quality, type !== "image/png", `whether ${type} asks for its quality`);
        await page.click("#save-go");
        await t.until(page, () => globalThis.lab.saved.length > 0, `the ${type}`);
        const { name, got, size } = await page.evaluate(async () => {
          const { name, blob } = globalThis.lab.saved.pop();
          const bitmap = await createImageBitmap(blob);
          return { name, got: blob.type, size: [bitmap.width, bitmap.height] };
        });
        // A browser that cannot write WebP gives PNG, and the name says so.
        const [wanted, file] = got === "image/png" ? ["image/png", "lake-brush.png"] : [type, `lake-brush.${ending}`];
        t.equal([got, name, size], [wanted, file, [48, 36]], `what is saved as ${type}`);
      }
    },
  },
  {
    name: "a run is paused, goes on and is stopped by its buttons",
    async run(t) {
      const page = await t.open({ hash: "#size=48&steps=10000&coarsest=0&lang=en" });
      await t.until(page, () => !(/** @type {HTMLButtonElement} */ (document.querySelector("#start"))).disabled, "the start button");
      await page.click("#start");
      const phase = () => document.querySelector("#stage")?.getAttribute("data-phase");
      await t.until(page, () => /Step/.test(document.querySelector("#doing-what")?.textContent ?? ""), "the first step");
      await page.click("#pause");
      await t.until(page, () => document.querySelector("#pause-text")?.textContent === "Resume", "the pause");
      t.equal(await page.evaluate(phase), "paused", "the phase");
      await page.click("#pause");
      await t.until(page, () => document.querySelector("#pause-text")?.textContent === "Pause", "the end of the pause");
      await page.click("#stop");
      await t.until(page, () => document.querySelector("#stage")?.getAttribute("data-phase") === "idle", "the end");
      const seen = await page.evaluate(() => ({
        tools: document.querySelector("#result-tools")?.checkVisibility(),
        said: document.querySelector("#toasts .notice p")?.textContent,
        notices: document.querySelectorAll("#notices .notice").length,
      }));
      t.assert(/^Stopped at step \d+\./.test(seen.said ?? ""), `the page says: ${seen.said}`);
      t.equal([seen.tools, seen.notices], [true, 0], "whether the picture can be saved, and the notices");
    },
  },
];
