/** The page stays quick while the worker works. */

/** @typedef {{ name: string, hash: string, begin: string, done: () => unknown }} Job `done` is asked in the page. @type {Job[]} */
const JOBS = [
  {
    name: "a picture is stylized",
    hash: "size=96&steps=20&coarsest=0&lang=en",
    begin: "#start",
    done: () => document.querySelector("#result-tools")?.checkVisibility() && document.querySelector("#stage")?.getAttribute("data-phase") === "idle",
  },
  {
    name: "a GAN learns points",
    hash: "view=lab&variant=gan&data=ring&lang=en",
    begin: "#lab .primary",
    done: () => /Step (\d{2,}|[\d,]{5,}) /.test(document.querySelector("#lab .estimate")?.textContent ?? ""),
  },
  {
    name: "a GAN learns pictures",
    hash: "view=lab&variant=dcgan&data=digits&lang=en",
    begin: "#lab .primary",
    done: () => /Step ([4-9]|\d{2,}) /.test(document.querySelector("#lab .estimate")?.textContent ?? ""),
  },
  {
    name: "a walk plays",
    hash: "view=walk&lang=en",
    begin: "#walk .walk-place:nth-child(2)",
    done: () => /** @type {HTMLImageElement | null} */ (document.querySelector("#walk .walk-map"))?.naturalWidth === 224,
  },
];
/** Each is watched for at least so many ms. */
const LEAST = 4000;
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

export const tests = JOBS.map(({ name, hash, begin, done }) => ({
  name: `no task of the page takes over 50 ms while ${name}`,
  // Firefox tells neither long tasks nor the time of threads.
  browsers: ["chromium"],
  alone: true,
  /** @param {import("../context.mjs").Context} t */
  async run(t) {
    const page = await t.open({ hash: `#${hash}` });
    await page.waitForFunction((begin) => document.querySelector(begin)?.matches(":enabled"), { polling: 200, timeout: 60_000 }, begin);
    await page.tracing.start({ categories: ["toplevel"] });
    const begun = Date.now();
    await page.click(begin);
    if (name === "a walk plays") await page.click("#walk .primary");
    // Asked for without a long list of waits: each question is a task of the page too.
    await page.waitForFunction(done, { polling: 500, timeout: 100_000 });
    await new Promise((wake) => setTimeout(wake, Math.max(0, LEAST + begun - Date.now())));
    const seconds = (Date.now() - begun) / 1000;
    const { tasks, clock, own } = longest(/** @type {Uint8Array} */ (await page.tracing.stop()));
    t.assert(tasks > 100 && own > 0, `only ${tasks} tasks were recorded, the longest of ${own} ms`);
    t.said = `${tasks} tasks within ${seconds.toFixed(1)} s, the longest took ${own.toFixed(1)} ms of its own and ${clock.toFixed(1)} ms on the clock`;
    t.assert(own <= LONG, t.said);
  },
}));
