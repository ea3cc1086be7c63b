/** What the page keeps on the device: results, runs, and their way back after a tab has died. */

const QUICK = "#size=48&steps=4&coarsest=0&lang=en";
/** So many steps that a run is still going when its tab is closed. */
const LONG = "#size=48&steps=400&coarsest=0&content=coast&style=dots&lang=en";

/** Another tab of the same visitor. @param {import("puppeteer-core").Page} page @param {string} [url] */
async function tab(page, url = page.url()) {
  const other = await page.browserContext().newPage();
  await other.setViewport({ width: 1280, height: 900 });
  await other.goto(url);
  return other;
}

/** The address of a page of the same origin without an engine, beside which `keep/` lies. @param {import("../context.mjs").Context} t @param {import("puppeteer-core").Page} page */
function bare(t, page) {
  const folder = t.server.folder({ "index.html": () => Buffer.from("<!doctype html><title>bare</title>") });
  return new URL(folder, page.url()).href;
}

/** Press start and wait for the picture. @param {import("../context.mjs").Context} t @param {import("puppeteer-core").Page} page */
async function finish(t, page) {
  await begin(t, page);
  await t.until(page, () => document.querySelector("#result-tools")?.checkVisibility() && document.querySelector("#stage")?.getAttribute("data-phase") === "idle", "the finished picture");
}

/** @param {import("../context.mjs").Context} t @param {import("puppeteer-core").Page} page */
async function begin(t, page) {
  await t.until(page, () => !(/** @type {HTMLButtonElement} */ (document.querySelector("#start"))).disabled, "the start button");
  await page.click("#start");
}

/** What is kept, as the page's own code reads it. @param {import("puppeteer-core").Page} page */
const kept = (page) =>
  page.evaluate(async () => {
    const portfolio = await import(new URL("keep/portfolio.js", location.href).href);
    return (await portfolio.list()).map(({ id, title, step, of, going, picture, state }) => ({ id, title, step, of, going, picture: picture?.bytes ?? 0, state: state?.bytes ?? 0 }));
  });

/** Wait until so many entries are kept that hold what is wanted. @param {import("../context.mjs").Context} t @param {import("puppeteer-core").Page} page @param {"picture" | "state"} what */
async function untilKept(t, page, what) {
  const end = Date.now() + 60_000;
  for (;;) {
    const entry = (await kept(page)).find((each) => each[what] > 0);
    if (entry) return entry;
    if (Date.now() > end) throw new Error(`no ${what} was kept within a minute`);
    await new Promise((wake) => setTimeout(wake, 100));
  }
}

/** Press a button of the only entry shown. @param {import("puppeteer-core").Page} page @param {string} text */
async function press(page, text) {
  const found = await page.evaluateHandle((text) => [...document.querySelectorAll("#portfolio-list button")].find((each) => each.textContent?.trim().startsWith(text)), text);
  const button = /** @type {import("puppeteer-core").ElementHandle<HTMLButtonElement> | null} */ (found.asElement());
  if (!button) throw new Error(`there is no button ${text}`);
  await button.click();
}

/** @param {import("../context.mjs").Context} t @param {import("puppeteer-core").Page} page */
async function open(t, page) {
  await page.click("#portfolio-open");
  await t.until(page, () => document.querySelector("#portfolio-hint")?.textContent, "the list");
}

export const tests = [
  {
    name: "a finished picture is kept, and after a reload it can be renamed, saved and deleted by keyboard",
    async run(t) {
      const page = await t.open({ hash: QUICK });
      await finish(t, page);
      await untilKept(t, page, "picture");
      await page.reload();
      await open(t, page);
      await t.until(page, () => document.querySelectorAll("#portfolio-list li").length === 1, "one entry");
      t.equal(await page.$eval("#portfolio-list li .hint", (line) => line.textContent), "Finished after 4 steps", "what the entry says");
      t.assert(await page.$eval("#portfolio-list img", (image) => image.complete && image.naturalWidth === 48), "the thumbnail is not 48 px wide");
      await page.focus("#portfolio-list input");
      await page.keyboard.down("Control");
      await page.keyboard.press("a");
      await page.keyboard.up("Control");
      await page.keyboard.type("My picture");
      await page.keyboard.press("Tab");
      await t.until(page, () => document.activeElement?.textContent?.startsWith("Save"), "the focus on Save");
      await page.keyboard.press("Enter");
      await page.waitForFunction(() => globalThis.lab.saved.length === 1);
      const saved = await page.evaluate(async () => {
        const [{ name, blob }] = globalThis.lab.saved;
        const bitmap = await createImageBitmap(blob);
        return { name, type: blob.type, width: bitmap.width, height: bitmap.height };
      });
      t.equal(saved, { name: "My picture.png", type: "image/png", width: 48, height: 36 }, "what was saved");
      t.equal((await kept(page)).map(({ title }) => title), ["My picture"], "the titles");
      await page.keyboard.press("Tab");
      await page.keyboard.press("Enter");
      t.equal(await page.evaluate(() => document.activeElement?.textContent), "Keep", "what has the focus when asked");
      await page.keyboard.press("Enter");
      t.assert(await page.evaluate(() => document.activeElement?.textContent?.startsWith("Delete") ?? false), "the focus did not come back");
      await page.keyboard.press("Enter");
      await page.keyboard.down("Shift");
      await page.keyboard.press("Tab");
      await page.keyboard.up("Shift");
      await page.keyboard.press("Enter");
      await t.until(page, () => document.querySelector("#portfolio-none")?.checkVisibility(), "the empty list");
      const files = await page.evaluate(async () => {
        const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle("portfolio");
        const names = [];
        for await (const name of folder.keys()) names.push(name);
        return names.length;
      });
      t.equal([files, await page.evaluate(() => document.activeElement?.id)], [0, "portfolio-close"], "files left, and what has the focus");
    },
  },
  {
    name: "a run whose tab is closed is offered in the next one, and goes on",
    async run(t) {
      const page = await t.open({ hash: LONG });
      await begin(t, page);
      const { id } = await untilKept(t, page, "state");
      const second = await tab(page);
      await second.evaluate(async () => (await globalThis.easel).adapter);
      await new Promise((wake) => setTimeout(wake, 500));
      t.equal(await second.$$eval(".notice.lost", (all) => all.length), 0, "offers while the run goes on in another tab");
      await page.close();
      await second.reload();
      await t.until(second, () => document.querySelector(".notice.lost img")?.checkVisibility(), "the offer");
      t.assert(await second.$eval(".notice.lost", (notice) => /coast-dots was interrupted at step \d+ of 400\./.test(notice.textContent ?? "")), "the offer does not say where it was");
      const [{ step }] = await kept(second);
      await second.click(".notice.lost .strong");
      await t.until(second, () => /Step \d+ of 400/.test(document.querySelector("#doing-what")?.textContent ?? ""), "the run");
      const on = Number(/Step (\d+)/.exec(await second.$eval("#doing-what", (line) => line.textContent ?? ""))?.[1]);
      t.assert(on >= step, `it goes on at step ${on} although step ${step} was kept`);
      t.equal(await second.$$eval("#contents input:checked, #styles input:checked", (all) => all.map((each) => each.closest("label")?.title)), ["Coast", "Dots"], "the pictures chosen again");
      await second.click("#stop");
      await t.until(second, () => document.querySelector("#stage")?.getAttribute("data-phase") === "idle", "the end");
      await untilKept(t, second, "picture");
      const [entry, ...more] = await kept(second);
      t.equal([entry.id === id, entry.going, entry.state > 0, more.length], [true, false, true, 0], "the same entry, whether it is going, whether it can be continued, and others");
      t.said = `kept at step ${step}, went on at ${on}`;
    },
  },
  {
    name: "a run is exported from the kept ones, and comes back as a file",
    async run(t) {
      const page = await t.open({ hash: LONG });
      await begin(t, page);
      await untilKept(t, page, "state");
      await page.click("#stop");
      await untilKept(t, page, "picture");
      await open(t, page);
      await t.until(page, () => document.querySelectorAll("#portfolio-list li button").length === 4, "the entry's four buttons");
      await press(page, "Save run");
      await page.waitForFunction(() => globalThis.lab.saved.length === 1);
      const [entry] = await kept(page);
      await page.evaluate(() => {
        const [{ name, blob }] = globalThis.lab.saved;
        const files = new DataTransfer();
        files.items.add(new File([blob], name));
        files.items.add(new File([blob.slice(0, blob.size - 1)], "torn.easel"));
        globalThis.files = files.files;
        globalThis.give = (file) => {
          const one = new DataTransfer();
          one.items.add(file);
          const chooser = document.querySelector("#portfolio-file");
          chooser.files = one.files;
          chooser.dispatchEvent(new Event("change"));
        };
        globalThis.give(globalThis.files[1]);
      });
      await t.until(page, () => /cannot be continued/.test(document.querySelector("#portfolio-said")?.textContent ?? ""), "the refusal of a torn file");
      await page.evaluate(() => globalThis.give(globalThis.files[0]));
      await t.until(page, () => document.querySelectorAll("#portfolio-list li").length === 2, "the second entry");
      const [added] = await kept(page);
      t.equal([added.title, added.of, added.state], [entry.title, 400, entry.state], "title, steps and bytes of what came back");
      await press(page, "Continue");
      await t.until(page, () => document.querySelector("#stage")?.getAttribute("data-phase") === "running" && /Step \d+ of 400/.test(document.querySelector("#doing-what")?.textContent ?? ""), "the run");
      await page.click("#stop");
    },
  },
  {
    name: "at 320 px nothing of the kept pictures or of an offered run is cut off, in two languages",
    async run(t) {
      const page = await t.open({ hash: QUICK });
      await page.setViewport({ width: 320, height: 640 });
      await page.evaluate(async () => {
        const portfolio = await import(new URL("keep/portfolio.js", location.href).href);
        const facts = { title: "a-photo-with-a-long-name-of-its-own-and-a-style", step: 120, of: 10000, width: 4096, height: 3072, link: "", going: false };
        await portfolio.keepPicture("stopped", facts, new Blob(["picture"]), new Blob(["state"]));
        await portfolio.keepState("lost", { ...facts, going: true }, new Blob(["state"]));
      });
      await page.reload();
      await t.until(page, () => document.querySelector(".notice.lost")?.checkVisibility(), "the offer");
      /** @param {string} selector */
      const cut = (selector) =>
        page.$$eval(`${selector} *`, (all) => all.filter((each) => each.checkVisibility() && !each.closest(".unseen, input, svg") && (each.getBoundingClientRect().right > 320 || (each.clientWidth > 0 && each.scrollWidth > each.clientWidth + 1))).map((each) => `${each.tagName} ${each.textContent}`), selector);
      for (const lang of ["en", "ko"]) {
        await page.evaluate((lang) => (location.hash = `lang=${lang}`), lang);
        await page.waitForFunction((lang) => document.documentElement.lang === lang, {}, lang);
        t.equal(await cut("#app > header"), [], `cut off in the header in ${lang}`);
        t.equal(await cut(".notice.lost"), [], `cut off in the offer in ${lang}`);
        await open(t, page);
        await t.until(page, () => document.querySelectorAll("#portfolio-list li").length === 2, "the entries");
        t.equal(await cut("#portfolio"), [], `cut off in the list in ${lang}`);
        await press(page, lang === "en" ? "Delete" : "지우기");
        t.equal(await cut("#portfolio"), [], `cut off in the question in ${lang}`);
        await page.click("#portfolio-close");
        t.assert((await page.evaluate(() => document.documentElement.scrollWidth)) <= 320, `the page is wider than 320 px in ${lang}`);
      }
    },
  },
  {
    name: "a run whose tab is hidden or frozen keeps its state, and goes on with the screen lit when it is seen again",
    async run(t) {
      const page = await t.open({
        hash: LONG,
        early: () => {
          // The page's clock stands still: no state is due by itself, however slow the machine is.
          const now = performance.now();
          performance.now = () => now;
          globalThis.asked = 0;
          const request = navigator.wakeLock?.request;
          if (request) navigator.wakeLock.request = (/** @type {any} */ ...all) => ((globalThis.asked += 1), request.apply(navigator.wakeLock, all));
        },
      });
      const see = (/** @type {string} */ state) =>
        page.evaluate((state) => {
          Object.defineProperty(document, "visibilityState", { configurable: true, value: state });
          document.dispatchEvent(new Event("visibilitychange"));
        }, state);
      const step = () => page.evaluate(() => Number(/Step (\d+)/.exec(document.querySelector("#doing-what")?.textContent ?? "")?.[1] ?? 0));
      await begin(t, page);
      await t.until(page, () => /Step [2-9]/.test(document.querySelector("#doing-what")?.textContent ?? ""), "the second step");
      const before = (await kept(page)).length;
      await see("hidden");
      const { state, going } = await untilKept(t, page, "state");
      t.assert(before === 0 && state > 0 && going, `${before} entries before, ${state} bytes after`);
      if (t.kind === "chromium") {
        const session = await page.createCDPSession();
        await session.send("Page.setWebLifecycleState", { state: "frozen" });
        await session.send("Page.setWebLifecycleState", { state: "active" });
      }
      await see("visible");
      const seen = await step();
      while ((await step()) <= seen) await new Promise((wake) => setTimeout(wake, 50));
      const { asked, offered } = await page.evaluate(() => ({ asked: globalThis.asked, offered: Boolean(navigator.wakeLock) }));
      t.equal(asked, offered ? 2 : 0, "how often the screen was asked to stay lit");
      // Chromium draws a page no more that was frozen this way, so a mouse would wait for ever.
      await page.$eval("#stop", (button) => /** @type {HTMLButtonElement} */ (button).click());
    },
  },
  {
    name: "when what is kept grows too large the oldest goes first, but no run that is going on",
    async run(t) {
      const page = await t.open({ hash: QUICK, started: false });
      const seen = await page.evaluate(async () => {
        const portfolio = await import(new URL("keep/portfolio.js", location.href).href);
        // Four tenths of it are kept at most: 4000 bytes.
        navigator.storage.estimate = async () => ({ quota: 10_000, usage: 0 });
        const facts = { step: 1, of: 2, width: 4, height: 3, link: "", going: false };
        const add = (/** @type {string} */ id) => portfolio.keepPicture(id, { ...facts, title: id }, new Blob([new Uint8Array(1500)]), null);
        await navigator.locks.request("easel.run.first", async () => {
          for (const id of ["first", "second", "third", "fourth"]) {
            await add(id);
            await new Promise((wake) => setTimeout(wake, 5));
          }
        });
        return (await portfolio.list()).map((/** @type {any} */ { id }) => id);
      });
      t.equal(seen, ["fourth", "third", "first"], "what is left, the newest first");
    },
  },
  {
    name: "nothing is kept when the visitor switched it off",
    async run(t) {
      const page = await t.open({ hash: QUICK });
      await open(t, page);
      await page.click("#portfolio-keep");
      await page.click("#portfolio-close");
      await finish(t, page);
      await page.reload();
      await open(t, page);
      t.equal([await page.$eval("#portfolio-keep", (box) => box.checked), (await kept(page)).length], [false, 0], "the switch after a reload, and what is kept");
    },
  },
  {
    name: "a tab killed at random moments of writing leaves a sound state each time",
    patience: 300_000,
    async run(t) {
      const page = await t.open({ hash: "#lang=en" });
      // The file of a true run of 64 px.
      const bytes = await page.evaluate(async () => {
        const log = await globalThis.lab.begin({ size: 64, steps: 40, coarsest: 0 }, await globalThis.lab.samples());
        await globalThis.lab.event(log, (event) => event.type === "progress" && event.step >= 3, "the third step");
        const checkpoint = await log.run.checkpoint();
        await log.run.stop();
        const portfolio = await import(new URL("keep/portfolio.js", location.href).href);
        globalThis.portfolio = portfolio;
        const facts = { title: "killed", step: 0, of: 40, width: 64, height: 48, link: "", going: true };
        await portfolio.keepState("killed", facts, checkpoint);
        return checkpoint.size;
      });
      const empty = bare(t, page);
      let resumed = 0;
      let last = 0;
      const delays = [];
      const rounds = t.thorough ? 50 : 10;
      for (let round = 1; round <= rounds; round += 1) {
        const victim = await tab(page, empty);
        await victim.evaluate(async () => {
          const portfolio = await import(new URL("keep/portfolio.js", location.href).href);
          const checkpoint = await portfolio.state("killed");
          const [{ step: before }] = await portfolio.list();
          let step = before;
          globalThis.writing = (async () => {
            for (;;) {
              step += 1;
              const facts = { title: "killed", step, of: 40, width: 64, height: 48, link: "", going: true };
              await portfolio.keepState("killed", facts, checkpoint);
            }
          })();
        });
        // Long enough for one or two writings in either browser.
        const delay = Math.random() * (t.kind === "chromium" ? 150 : 300);
        delays.push(delay);
        await new Promise((wake) => setTimeout(wake, delay));
        if (t.kind === "chromium") {
          const session = await victim.createCDPSession();
          // It never answers: there is nobody left.
          session.send("Page.crash").catch(() => {});
          await new Promise((wake) => victim.once("error", wake));
        }
        await victim.close();
        const seen = await page.evaluate(async (resume) => {
          const { portfolio } = globalThis;
          const state = await portfolio.state("killed");
          const [{ step }] = await portfolio.list();
          if (!resume) return { step, size: state.size, end: 0 };
          const log = globalThis.lab.follow((await globalThis.easel).resume(state));
          const { step: on } = await globalThis.lab.event(log, (event) => event.type === "progress" && event.step > 3, "a step after the third");
          await log.run.stop();
          return { step, size: state.size, end: on };
        }, round % (rounds / 5) === 0);
        t.assert(seen.size === bytes, `round ${round}: ${seen.size} bytes instead of ${bytes}`);
        t.assert(seen.step >= last, `round ${round}: step ${seen.step} after ${last}`);
        last = seen.step;
        if (seen.end > 3) resumed += 1;
      }
      // 63 and 26 were seen in fifty rounds on a busy machine, with 150 ms in both; without any, the kills would hit nothing.
      t.assert(last >= rounds / 5, `only ${last} states were written in ${rounds} rounds`);
      const left = await page.evaluate(async () => {
        const { portfolio } = globalThis;
        await portfolio.sweep();
        const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle("portfolio");
        const names = [];
        for await (const name of folder.keys()) names.push(name);
        return names.length;
      });
      t.equal([resumed, left], [5, 2], "states that went on, and files left after the sweep");
      t.said = `${last} states of ${bytes} bytes written, killed after ${Math.round(Math.min(...delays))} to ${Math.round(Math.max(...delays))} ms`;
    },
  },
  {
    name: "a damaged state gives way to the one before, and two damaged ones are told",
    async run(t) {
      const shared = await t.page();
      const page = await tab(shared, bare(t, shared));
      const seen = await page.evaluate(async () => {
        const portfolio = await import(new URL("keep/portfolio.js", location.href).href);
        const facts = { title: "Torn", step: 1, of: 9, width: 8, height: 8, link: "", going: false };
        await portfolio.keepState("torn", facts, new Blob(["the first state"]));
        await portfolio.keepState("torn", { ...facts, step: 2 }, new Blob(["the second state"]));
        const folder = await (await navigator.storage.getDirectory()).getDirectoryHandle("portfolio");
        const damage = async (name, text) => {
          const stream = await (await folder.getFileHandle(name)).createWritable();
          await stream.write(text);
          await stream.close();
        };
        const read = async () => {
          try {
            return await (await portfolio.state("torn")).text();
          } catch (error) {
            return error.code;
          }
        };
        const entry = (await portfolio.list()).find(({ id }) => id === "torn");
        const texts = [await read()];
        await damage(entry.state.name, "the second stat");
        texts.push(await read());
        await damage(entry.state.name, "the sec0nd state");
        texts.push(await read());
        await damage(entry.before.name, "");
        texts.push(await read());
        await portfolio.remove("torn");
        return texts;
      });
      await page.close();
      t.equal(seen, ["the second state", "the first state", "the first state", "kept-damaged"], "what is read");
    },
  },
  {
    name: "a full disk is told once with what to do, and the run goes on",
    // Firefox has no way to set the quota of a page.
    browsers: ["chromium"],
    async run(t) {
      const page = await t.open({ hash: LONG });
      const session = await page.createCDPSession();
      const { origin } = new URL(page.url());
      await session.send("Storage.overrideQuotaForOrigin", { origin, quotaSize: 1000 });
      await begin(t, page);
      await t.until(page, () => document.querySelector("#notices [data-code='kept-full']")?.checkVisibility(), "the notice");
      const step = () => page.$eval("#doing-what", (line) => Number(/Step (\d+)/.exec(line.textContent ?? "")?.[1]));
      const told = await step();
      await page.waitForFunction((told) => Number(/Step (\d+)/.exec(document.querySelector("#doing-what")?.textContent ?? "")?.[1]) > told + 2, {}, told);
      await page.click("#stop");
      await t.until(page, () => document.querySelector("#result-tools")?.checkVisibility() && document.querySelector("#stage")?.getAttribute("data-phase") === "idle", "the picture");
      // The picture of the end could not be kept either, which is not told again.
      await new Promise((wake) => setTimeout(wake, 1000));
      const seen = await page.evaluate(() => ({ notices: document.querySelectorAll("#notices .notice").length, toast: document.querySelector("#toasts")?.textContent }));
      t.equal([seen.notices, /Stopped at step/.test(seen.toast ?? "")], [1, true], "notices, and whether it was stopped");
      t.equal(await kept(page), [], "what is kept");
      await session.send("Storage.overrideQuotaForOrigin", { origin });
      await page.click("#notices [data-code='kept-full'] .row button");
      t.assert(await page.$eval("#portfolio", (dialog) => dialog.open), "the notice does not lead to the kept pictures");
    },
  },
];
