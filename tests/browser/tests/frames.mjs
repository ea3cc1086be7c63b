/** What is shown against what is saved: two ways from the same numbers on the GPU. */
import { difference, png, spread } from "../images.mjs";

/** Pause a run in its midst and take its last frame and its picture. @param {import("puppeteer-core").Page} page @param {string | null} content address of another content */
function midst(page, content) {
  return page.evaluate(async (content) => {
    const { lab } = globalThis;
    const inputs = await lab.samples();
    if (content) inputs.content = await lab.file(content);
    const log = await lab.begin({ size: 64, steps: 10000, coarsest: 0 }, inputs);
    await lab.event(log, (event) => event.type === "frame" && event.step >= 2, "a frame of step 2");
    await log.run.pause();
    await lab.event(log, (event) => event.type === "paused", "the word of the pause");
    const [frame, step] = [lab.events(log, "frame").at(-1), lab.events(log, "progress").at(-1).step];
    const shown = lab.pixels(log.frame);
    const image = await lab.base64(await log.run.image());
    await log.run.stop();
    const notes = lab.events(log, "started")[0].notes;
    const pixels = await lab.base64(new Blob([shown.data]));
    return { step, frame, width: shown.width, height: shown.height, pixels, image, notes };
  }, content);
}

export const tests = [
  {
    name: "the frame on the screen is the picture that is saved",
    async run(t) {
      const { step, frame, width, height, pixels, image } = await midst(await t.page(), null);
      t.equal(frame.step, step, "the step of the last frame");
      const saved = png(image);
      const shown = { width, height, data: Buffer.from(pixels, "base64") };
      t.assert(spread(shown) > 10, `the colours on the screen deviate by ${spread(shown)}: the frame is blank`);
      const off = difference(shown, saved);
      t.assert(off < 1, `they differ by ${off} of 255`);
      t.said = `${off.toPrecision(2)} of 255 off`;
    },
  },
  {
    name: "see-through parts stay see-through on the screen and in the file",
    async run(t) {
      const { width, height, pixels, image, notes } = await midst(await t.page(), t.fixture("alpha.png"));
      t.equal(notes.map(({ code }) => code), ["alpha-kept"], "the notes");
      const saved = png(image);
      const shown = { width, height, data: Buffer.from(pixels, "base64") };
      t.equal([saved.width, saved.height], [64, 43], "the size of the picture");
      const alpha = (x, y) => saved.data[(y * 64 + x) * 4 + 3];
      // alpha.png is a disc with an edge that fades out.
      t.equal([alpha(0, 0), alpha(63, 42), alpha(31, 21)], [0, 0, 255], "the alpha of two corners and the middle");
      const edge = saved.data.filter((value, at) => at % 4 === 3 && value > 0 && value < 255).length;
      t.assert(edge > 50, `${edge} pixels are half see-through`);
      const off = difference(shown, saved, [3]);
      t.assert(off < 1, `the alpha on the screen differs by ${off} of 255`);
    },
  },
  {
    name: "pictures are saved as PNG, JPEG and WebP where the browser can write them",
    async run(t) {
      const page = await t.page();
      const files = await page.evaluate(async () => {
        const { lab } = globalThis;
        const log = await lab.begin({ size: 64, steps: 2, coarsest: 0 }, await lab.samples());
        await log.run.done;
        const canvas = new OffscreenCanvas(1, 1);
        canvas.getContext("2d");
        const files = [];
        for (const type of ["image/png", "image/jpeg", "image/webp"]) {
          const can = (await canvas.convertToBlob({ type })).type === type;
          const blob = await log.run.image({ type, quality: 0.9 });
          const bitmap = await createImageBitmap(blob);
          files.push({ type, can, got: blob.type, base64: await lab.base64(blob), size: [bitmap.width, bitmap.height] });
        }
        return files;
      });
      const magic = { "image/png": /^\x89PNG/, "image/jpeg": /^\xff\xd8\xff/, "image/webp": /^RIFF....WEBP/s };
      for (const { type, can, got, base64, size } of files) {
        const wanted = can ? type : "image/png";
        t.equal(got, wanted, `the type of what was asked for as ${type}`);
        const start = Buffer.from(base64, "base64").toString("latin1", 0, 12);
        t.assert(magic[wanted].test(start), `${type} begins with ${JSON.stringify(start)}`);
        t.equal(size, [64, 48], `the size of the ${type}`);
      }
      t.said = files.filter(({ can }) => can).map(({ type }) => type).join(", ");
    },
  },
];
