// @ts-check
/** The page as an app: kept for offline use, updated when the visitor says so, installed, opened with files. */
import { SERVICE_WORKER, trusted } from "../trusted.js";

/**
 * @typedef {object} Watcher
 * @property {() => void} changed What {@link state} says has changed.
 * @property {(apply: () => void) => void} update A new version waits; `apply` changes to it and reloads the page.
 * @property {(others: number) => void} refused It cannot: so many other tabs are open.
 * @property {(path: string, mended: boolean) => void} damaged A stored file was damaged.
 * @property {(files: File[]) => void} files The system opened Easel with these files.
 */

/** What the browser's install prompt is asked by. @typedef {Event & { prompt(): Promise<unknown>, userChoice: Promise<{ outcome: string }> }} InstallEvent */

/** @type {InstallEvent | null} */
let installEvent = null;
/** @type {"preparing" | "ready" | "impossible"} */
let offline = "serviceWorker" in navigator ? "preparing" : "impossible";

const standalone = () => matchMedia("(display-mode: standalone)").matches || /** @type {any} */ (navigator).standalone === true;
/** Every browser on an iPhone or iPad installs from the share sheet, and none says so. */
const isApple = () => /iP(hone|ad|od)/.test(navigator.userAgent) || (navigator.platform === "MacIntel" && navigator.maxTouchPoints > 1);

/** Offline use: "preparing", "ready" or "impossible"; installed; whether {@link install} can ask; whether only the share sheet can. */
export const state = () => ({ offline, installed: standalone(), installable: installEvent !== null, byHand: isApple() && !standalone() });

/** Ask the visitor, by the browser's own prompt. */
export async function install() {
  const event = installEvent;
  if (!event) return;
  await event.prompt();
  const { outcome } = await event.userChoice;
  if (outcome === "accepted") installEvent = null;
}

/** Ask the browser not to clear what is stored. True if it will not. */
export async function persist() {
  try {
    return (await navigator.storage.persisted()) || (await navigator.storage.persist());
  } catch {
    return false;
  }
}

/** @param {Watcher} watcher */
export function start(watcher) {
  addEventListener("beforeinstallprompt", (event) => {
    event.preventDefault();
    installEvent = /** @type {InstallEvent} */ (event);
    watcher.changed();
  });
  addEventListener("appinstalled", () => {
    installEvent = null;
    persist();
    watcher.changed();
  });
  const queue = /** @type {any} */ (globalThis).launchQueue;
  queue?.setConsumer(async (/** @type {{ files?: FileSystemFileHandle[] }} */ { files = [] }) => {
    if (files.length > 0) watcher.files(await Promise.all(files.map((handle) => handle.getFile())));
  });
  const shared = async () => {
    if (location.hash !== "#shared") return;
    history.replaceState(null, "", location.pathname + location.search);
    const file = await takeShared();
    if (file) watcher.files([file]);
  };
  addEventListener("hashchange", shared);
  shared();
  if (offline === "preparing") keep(watcher);
}

/** The picture that the service worker put aside. */
async function takeShared() {
  const cache = await caches.open("easel-shared");
  const response = await cache.match("picture");
  if (!response) return null;
  const blob = await response.blob();
  await cache.delete("picture");
  return new File([blob], decodeURIComponent(response.headers.get("x-name") ?? "picture"), { type: blob.type });
}

/** @param {Watcher} watcher */
async function keep(watcher) {
  const { serviceWorker } = navigator;
  serviceWorker.addEventListener("message", ({ data }) => {
    if (data?.type === "others") watcher.refused(data.count);
    if (data?.type === "mended" || data?.type === "damaged") watcher.damaged(data.path, data.type === "mended");
  });
  serviceWorker.startMessages();
  let applying = false;
  serviceWorker.addEventListener("controllerchange", () => {
    if (applying) location.reload();
  });
  /** @param {ServiceWorker} worker */
  const offer = (worker) => {
    watcher.update(() => {
      applying = true;
      worker.postMessage("take over");
    });
  };
  try {
    const registration = await serviceWorker.register(trusted(SERVICE_WORKER), { updateViaCache: "none" });
    if (registration.waiting && serviceWorker.controller) offer(registration.waiting);
    registration.addEventListener("updatefound", () => {
      const worker = registration.installing;
      worker?.addEventListener("statechange", () => {
        if (worker.state === "installed" && serviceWorker.controller) offer(worker);
      });
    });
    // A tab may stay open for days.
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible") registration.update().catch(() => {});
    });
    await serviceWorker.ready;
    offline = "ready";
  } catch {
    // Private windows of some browsers, and a build for development.
    offline = "impossible";
  }
  watcher.changed();
}
