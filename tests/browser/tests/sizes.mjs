/** What visitors on slow lines are asked to load. */
import { readFile } from "node:fs/promises";
import { join } from "node:path";

/** @param {import("../context.mjs").Context} t */
const report = async (t) => JSON.parse(await readFile(join(t.site, "build.json"), "utf8"));

export const tests = [
  {
    name: "the compressed site is within its budgets",
    browsers: [],
    async run(t) {
      const { budgets, wasm, page, views } = await report(t);
      for (const [name, { brotli }] of Object.entries({ wasm, page })) {
        t.assert(brotli > 1000, `${name} has ${brotli} bytes after brotli: that is no finished build`);
        t.assert(brotli <= budgets[name], `${name} has ${brotli} bytes after brotli, of ${budgets[name]}`);
      }
      for (const [name, { brotli }] of Object.entries(views)) {
        t.assert(brotli > 0 && brotli <= budgets.view, `the view ${name} has ${brotli} bytes after brotli, of ${budgets.view}`);
      }
      t.said = `wasm ${wasm.brotli} of ${budgets.wasm}, page ${page.brotli} of ${budgets.page}, lab ${views.lab.brotli} of ${budgets.view}`;
    },
  },
  {
    name: "every file lies in the site with the size that the report says",
    browsers: [],
    async run(t) {
      const { files } = await report(t);
      t.assert(Object.keys(files).length > 20, `the report lists ${Object.keys(files).length} files`);
      for (const [path, { bytes, brotli }] of Object.entries(files)) {
        t.equal((await readFile(join(t.site, path))).length, bytes, path);
        if (brotli !== null) t.equal((await readFile(join(t.site, `${path}.br`))).length, brotli, `${path}.br`);
      }
    },
  },
];
