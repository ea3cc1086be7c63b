/** Chromium with SwiftShader and Firefox with Mesa's lavapipe: two engines, two implementations of WebGPU. */
import { access } from "node:fs/promises";
import puppeteer from "puppeteer-core";

/** A name that leads to this machine but is no secure context, unlike its address. */
export const INSECURE_HOST = "easel.test";

const CHROMIUM_FLAGS = [
  "--enable-unsafe-webgpu",
  // SwiftShader, the same on every machine. Without the two flags about surfaces its GPU process dies on canvases.
  "--enable-features=Vulkan",
  "--use-vulkan=swiftshader",
  "--use-webgpu-adapter=swiftshader",
  "--use-angle=vulkan",
  "--disable-vulkan-surface",
  "--hide-scrollbars",
  `--host-resolver-rules=MAP ${INSECURE_HOST} 127.0.0.1`,
  // The sandbox refuses to start as root, which is what a container usually is.
  ...(process.getuid?.() === 0 ? ["--no-sandbox"] : []),
];

const FIREFOX_PREFERENCES = {
  "dom.webgpu.enabled": true,
  "dom.webgpu.workers.enabled": true,
  // Software adapters are on the list of those that are not offered.
  "gfx.webgpu.ignore-blocklist": true,
  "network.dns.localDomains": INSECURE_HOST,
};

/** In the order in which they are tested. */
export const BROWSERS = [
  {
    name: "chromium",
    variable: "EASEL_CHROMIUM",
    paths: ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"],
    launch: (/** @type {string} */ executablePath) =>
      puppeteer.launch({ browser: "chrome", executablePath, headless: true, args: CHROMIUM_FLAGS, protocolTimeout: 300_000 }),
  },
  {
    name: "firefox",
    variable: "EASEL_FIREFOX",
    paths: ["/usr/bin/firefox-esr", "/usr/bin/firefox"],
    launch: (/** @type {string} */ executablePath) =>
      puppeteer.launch({ browser: "firefox", executablePath, headless: true, extraPrefsFirefox: FIREFOX_PREFERENCES, protocolTimeout: 300_000 }),
  },
];

/** Start one of them. @param {typeof BROWSERS[number]} kind @returns {Promise<import("puppeteer-core").Browser>} */
export async function launch({ name, variable, paths, launch }) {
  const wanted = process.env[variable];
  for (const path of wanted ? [wanted] : paths) {
    const found = await access(path).then(() => true, () => false);
    if (found) return launch(path);
  }
  const looked = (wanted ? [wanted] : paths).join(", ");
  throw new Error(`there is no ${name} (looked for ${looked}); install the package ${name === "firefox" ? "firefox-esr" : name}, or set ${variable} to its path`);
}

/** Ends it, if need be by force: only the process that was started here. @param {import("puppeteer-core").Browser} browser */
export async function end(browser) {
  const patience = new Promise((_, late) => setTimeout(() => late(new Error("late")), 10_000).unref());
  await Promise.race([browser.close(), patience]).catch(() => browser.process()?.kill("SIGKILL"));
}
