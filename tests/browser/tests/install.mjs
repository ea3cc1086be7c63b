/** The page as an app of the system: manifest, shared and opened files; and what its policy refuses. */

/** Waits for the page's own service worker. @param {import("../context.mjs").Context} t @param {import("puppeteer-core").Page} page */
async function controlled(t, page) {
  await t.until(page, () => navigator.serviceWorker.getRegistration().then((found) => found?.active?.state === "activated"), "the service worker");
  await page.reload();
  await t.until(page, () => navigator.serviceWorker.controller !== null && document.querySelector("#contents input") !== null, "the page under its service worker");
}

/** The name of the chosen photo. */
const photo = () => document.querySelector("#contents input:checked")?.closest("label")?.title ?? "";

export const tests = [
  {
    name: "the browser finds nothing that speaks against installing, in both languages",
    browsers: ["chromium"],
    async run(t) {
      for (const lang of ["en", "ko"]) {
        const page = await t.open({ hash: `#lang=${lang}`, started: false, app: true });
        await t.until(page, () => document.querySelector("link[rel=manifest]") !== null, "the manifest's link");
        const client = await page.createCDPSession();
        const { installabilityErrors } = await client.send("Page.getInstallabilityErrors");
        // A private window can never install; it is what the test has.
        const errors = installabilityErrors.filter(({ errorId }) => errorId !== "in-incognito");
        t.equal(errors, [], `${lang}: what speaks against installing`);
        const { errors: faults, data, url } = await client.send("Page.getAppManifest");
        t.equal(faults, [], `${lang}: faults of the manifest`);
        t.assert(url.endsWith(lang === "ko" ? "/manifest.ko.webmanifest" : "/manifest.webmanifest"), `${lang}: the manifest is ${url}`);
        const manifest = JSON.parse(data ?? "");
        t.equal(manifest.lang, lang, "the manifest's language");
        for (const { src, sizes, type } of [...manifest.icons, ...manifest.screenshots]) {
          const found = await page.evaluate(async (src) => {
            const response = await fetch(new URL(src, document.baseURI));
            const blob = await response.blob();
            if (blob.type.startsWith("image/svg")) return ["any", blob.type.split(";")[0]];
            const { width, height } = await createImageBitmap(blob);
            return [`${width}x${height}`, blob.type];
          }, src);
          t.equal(found, [sizes, type], src);
        }
      }
    },
  },
  {
    name: "a picture shared to the app becomes the photo",
    // Firefox has no share target.
    browsers: ["chromium"],
    async run(t) {
      const page = await t.open({ hash: "#lang=en", app: true });
      await controlled(t, page);
      const fixture = t.fixture("plain.png");
      const answer = await page.evaluate(async (path) => {
        const form = new FormData();
        form.set("picture", await globalThis.lab.file(path, "from-my-phone.png", "image/png"));
        const response = await fetch(new URL("share", document.baseURI), { method: "POST", body: form });
        // The fragment, by which the page knows of it, is not part of a response's address.
        return [response.redirected, response.url === new URL("./", document.baseURI).href];
      }, fixture);
      t.equal(answer, [true, true], "whether the share was answered by a redirect, to the page's address");
      // The system opens that address.
      await page.evaluate(() => (location.hash = "#shared"));
      await t.until(page, () => document.querySelector("#contents input:checked")?.closest("label")?.title === "from-my-phone.png", "the shared picture as the photo");
      const left = await page.evaluate(async () => [location.hash, (await (await caches.open("easel-shared")).keys()).length]);
      t.equal(left[1], 0, "pictures left behind");
    },
  },
  {
    name: "files that the system opens come in like dropped ones",
    async run(t) {
      const page = await t.open({
        hash: "#lang=en",
        // No browser without a window hands files over by itself: the queue is the browser's interface, the files are real.
        early: () => {
          const launch = /** @type {any} */ ({});
          Object.defineProperty(globalThis, "launchQueue", { value: { setConsumer: (/** @type {unknown} */ take) => (launch.take = take) } });
          /** @type {any} */ (globalThis).launch = launch;
        },
      });
      const path = t.fixture("plain.jpg");
      await page.evaluate(async (path) => {
        const bytes = await (await fetch(path)).arrayBuffer();
        const root = await navigator.storage.getDirectory();
        const handle = await root.getFileHandle("opened.jpg", { create: true });
        const stream = await handle.createWritable();
        await stream.write(bytes);
        await stream.close();
        await /** @type {any} */ (globalThis).launch.take({ files: [handle] });
      }, path);
      await t.until(page, () => document.querySelector("#contents input:checked")?.closest("label")?.title === "opened.jpg", "the opened picture as the photo");
      t.said = await page.evaluate(photo);
    },
  },
  {
    name: "an inline script, a foreign picture, a foreign request and a foreign frame are refused, also by the stored page",
    async run(t) {
      // A browser also lists what its policy then stops; the server's record below tells what went out.
      t.expect(/Content[- ]Security[- ]Policy|violate|refused|blocked|Trusted|left the origin: \S+foreign\.png/i);
      const page = await t.open({ hash: "#lang=en", started: false, app: true });
      await controlled(t, page);
      // Another origin, at which the same server would note every request.
      const foreign = new URL("foreign.png", page.url().replace("127.0.0.1", "localhost")).href;
      const found = await page.evaluate(async (foreign) => {
        /** @type {string[]} */
        const refused = [];
        document.addEventListener("securitypolicyviolation", ({ effectiveDirective }) => refused.push(effectiveDirective));
        const script = document.createElement("script");
        let text = "no";
        try {
          script.textContent = "globalThis.injected = true";
          document.head.append(script);
        } catch {
          text = "trusted-types";
        }
        const image = new Image();
        const shown = new Promise((done) => {
          image.onload = () => done("shown");
          image.onerror = () => done("refused");
        });
        image.src = foreign;
        const fetched = await fetch(foreign).then(() => "fetched", () => "refused");
        const sent = navigator.sendBeacon?.(foreign, "x");
        const frame = document.createElement("iframe");
        frame.src = foreign;
        document.body.append(frame);
        // Code that a test hands in may evaluate text; a callback of the page may not.
        const evaluated = new Promise((done) => setTimeout(() => {
          try {
            done(String(new Function("return 1")()));
          } catch {
            done("refused");
          }
        }));
        const result = [await shown, fetched, await evaluated, /** @type {any} */ (globalThis).injected ?? "refused"];
        await new Promise((done) => setTimeout(done, 200));
        frame.remove();
        return { result, text, sent, refused: [...new Set(refused)].sort() };
      }, foreign);
      t.equal(found.result, ["refused", "refused", "refused", "refused"], "picture, request, code from text, inline script");
      for (const directive of ["connect-src", "img-src"]) t.assert(found.refused.includes(directive), `the policy refused only ${found.refused}`);
      const asked = t.server.requests.filter((path) => path.includes("foreign"));
      t.equal(asked, [], "foreign requests that arrived");
      t.said = found.refused.join(", ");
    },
  },
];
