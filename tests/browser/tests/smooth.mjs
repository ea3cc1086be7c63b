/** The page stays quick while the worker works. */

/** Long enough for tens of events and frames. */
const JOB = "size=96&steps=20&coarsest=0&lang=en";
/** What counts as a long task, in ms: the Long Tasks specification's own bound. */
const LONG = 50;

export const tests = [
  {
    name: "no task of the page takes over 50 ms while a job runs",
    // Firefox does not report long tasks.
    browsers: ["chromium"],
    alone: true,
    async run(t) {
      const page = await t.open({ hash: `#${JOB}` });
      await t.until(page, () => !(/** @type {HTMLButtonElement} */ (document.querySelector("#start"))).disabled, "the start button");
      await page.evaluate(() => {
        /** @type {number[]} */
        const tasks = (globalThis.tasks = []);
        new PerformanceObserver((list) => tasks.push(...list.getEntries().map(({ duration }) => duration))).observe({ type: "longtask" });
      });
      await page.click("#start");
      const begun = Date.now();
      // Asked for without a long list of waits: each question is a task of the page too.
      await page.waitForFunction(() => document.querySelector("#result-tools")?.checkVisibility() && document.querySelector("#stage")?.getAttribute("data-phase") === "idle", { polling: 500, timeout: 100_000 });
      const seconds = (Date.now() - begun) / 1000;
      const tasks = await page.evaluate(() => globalThis.tasks);
      t.assert(seconds > 2, `the job took ${seconds} s only`);
      const longest = Math.max(0, ...tasks);
      t.assert(longest < LONG, `${tasks.length} tasks were long within ${seconds} s, the longest ${longest} ms`);
      t.said = `${tasks.length} long tasks within ${seconds.toFixed(1)} s`;
    },
  },
];
