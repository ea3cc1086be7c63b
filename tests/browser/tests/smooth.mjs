/** The page stays quick while the worker works. */

/** Long enough for tens of events and frames. */
const JOB = "size=96&steps=20&coarsest=0&lang=en";
/** What counts as a long task, in ms: the Long Tasks specification's own bound. */
const LONG = 50;

/**
 * The longest task of a page's main thread, in ms: on the clock, and of the thread's own time, which does not run while
 * something else has the core. A software adapter takes every core there is; a graphics card takes none.
 * @param {Uint8Array} recorded
 */
function longest(recorded) {
  /** @type {{ traceEvents: { name: string, cat: string, ph: string, pid: number, tid: number, dur?: number, tdur?: number, args: any }[] }} */
  const { traceEvents } = JSON.parse(new TextDecoder().decode(recorded));
  const mains = new Set(traceEvents.filter(({ name, args }) => name === "thread_name" && args.name === "CrRendererMain").map(({ pid, tid }) => `${pid} ${tid}`));
  const tasks = traceEvents.filter(({ ph, cat, pid, tid }) => ph === "X" && cat.includes("toplevel") && mains.has(`${pid} ${tid}`));
  const most = (/** @type {"dur" | "tdur"} */ what) => tasks.reduce((most, task) => Math.max(most, (task[what] ?? 0) / 1000), 0);
  return { tasks: tasks.length, clock: most("dur"), own: most("tdur") };
}

export const tests = [
  {
    name: "no task of the page takes over 50 ms while a job runs",
    // Firefox tells neither long tasks nor the time of threads.
    browsers: ["chromium"],
    alone: true,
    async run(t) {
      const page = await t.open({ hash: `#${JOB}` });
      await t.until(page, () => !(/** @type {HTMLButtonElement} */ (document.querySelector("#start"))).disabled, "the start button");
      await page.tracing.start({ categories: ["toplevel"] });
      await page.click("#start");
      const begun = Date.now();
      // Asked for without a long list of waits: each question is a task of the page too.
      await page.waitForFunction(() => document.querySelector("#result-tools")?.checkVisibility() && document.querySelector("#stage")?.getAttribute("data-phase") === "idle", { polling: 500, timeout: 100_000 });
      const seconds = (Date.now() - begun) / 1000;
      const { tasks, clock, own } = longest(/** @type {Uint8Array} */ (await page.tracing.stop()));
      t.assert(seconds > 2, `the job took ${seconds} s only`);
      t.assert(tasks > 100 && own > 0, `only ${tasks} tasks were recorded, the longest of ${own} ms`);
      t.said = `${tasks} tasks within ${seconds.toFixed(1)} s, the longest took ${own.toFixed(1)} ms of its own and ${clock.toFixed(1)} ms on the clock`;
      t.assert(own <= LONG, t.said);
    },
  },
];
