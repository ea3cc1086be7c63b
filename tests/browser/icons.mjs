/**
 * Draws the icons of the installed app from `www/favicon.svg`: `node tests/browser/icons.mjs`. They lie in `www/icons/`
 * and change only when the mark does.
 */
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { BROWSERS, end, launch } from "./browsers.mjs";

const www = resolve(import.meta.dirname, "../../www");
const svg = await readFile(join(www, "favicon.svg"), "utf8");
const mark = svg.replace(/<rect[^>]*rx="8"[^>]*>/, "").replace(/<\/?svg[^>]*>/g, "");
const blue = "#3846b8";
/** The mark on a full square; within the circle that every mask leaves. @param {number} scale */
const square = (scale) => `<rect width="32" height="32" fill="${blue}"/><g transform="translate(16 16) scale(${scale}) translate(-16 -16)">${mark}</g>`;
// Only what is opaque counts: the hills and the sun are cut out of the canvas.
const flat = `<mask id="m"><g>${mark.replaceAll("#fff", "white").replaceAll(blue, "black").replaceAll("#e8743b", "black")}</g></mask><rect width="32" height="32" fill="#fff" mask="url(#m)"/>`;

const icons = {
  "any-192": [192, svg.replace(/<\/?svg[^>]*>/g, "")],
  "any-512": [512, svg.replace(/<\/?svg[^>]*>/g, "")],
  "maskable-512": [512, square(0.8)],
  "monochrome-512": [512, flat],
  "apple-180": [180, square(0.9)],
};

const browser = await launch(BROWSERS[0]);
try {
  const page = await browser.newPage();
  await mkdir(join(www, "icons"), { recursive: true });
  for (const [name, [side, body]] of Object.entries(icons)) {
    const text = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32" width="${side}" height="${side}">${body}</svg>`;
    const url = await page.evaluate(
      async (text, side) => {
        const image = new Image();
        image.src = `data:image/svg+xml,${encodeURIComponent(text)}`;
        await image.decode();
        const canvas = Object.assign(document.createElement("canvas"), { width: side, height: side });
        canvas.getContext("2d")?.drawImage(image, 0, 0, side, side);
        return canvas.toDataURL("image/png");
      },
      text,
      side,
    );
    await writeFile(join(www, "icons", `${name}.png`), Buffer.from(url.split(",")[1] ?? "", "base64"));
    console.log(`${name}.png`);
  }
} finally {
  await end(browser);
}
