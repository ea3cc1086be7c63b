// @ts-check
/**
 * The service worker: the page opens without a network, and every file of it comes from one and the same build.
 *
 * A build's files lie in a cache of its own, named after the build, each with the SHA-256 that `cargo xtask build` wrote
 * into this script. All of them are fetched and checked before the build counts as installed; those that an older build
 * has already are copied. A new build waits until no page of the old one is open, or the visitor asks for it. Files are
 * checked again at every use: a damaged one is fetched once more, and refused by its name if that does not help.
 *
 * The networks' weights are not here: `offline/models.js` keeps them by their hashes, across builds.
 */

/** @type {{ id: string, files: Record<string, string> }} The first half of the files' SHA-256 by path; filled in by `cargo xtask build`. */
const BUILD = { id: "", files: {} };

/** Where a picture that was shared to the app waits for the page. */
const SHARED = "easel-shared";
/** The headers of a file that count without its server. */
const HEADERS = [
  "content-type",
  "content-security-policy",
  "cross-origin-embedder-policy",
  "cross-origin-opener-policy",
  "cross-origin-resource-policy",
  "permissions-policy",
  "referrer-policy",
  "x-content-type-options",
];

const worker = /** @type {any} */ (self);
const scope = new URL("./", location.href);
/** Caches belong to the origin, on which another copy of Easel may live in another folder. */
const PREFIX = `easel-core ${scope.pathname} `;
const CORE = PREFIX + BUILD.id;

/** @param {ArrayBuffer} bytes */
async function sha256(bytes) {
  const digest = await crypto.subtle.digest("SHA-256", bytes);
  return [...new Uint8Array(digest)].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** A response's body, if it is the file that this build has at the path. @param {string} path @param {Response | undefined} response */
async function checked(path, response) {
  if (!response?.ok) return null;
  // What is damaged on the disk may not even be readable.
  const bytes = await response.arrayBuffer().catch(() => null);
  if (!bytes || !(await sha256(bytes)).startsWith(BUILD.files[path] ?? "-")) return null;
  const headers = new Headers();
  for (const name of HEADERS) {
    const value = response.headers.get(name);
    if (value !== null) headers.set(name, value);
  }
  return () => new Response(bytes, { headers });
}

/** From the server, past the browser's own cache unless that asks the server. @param {string} path @param {RequestCache} cache */
async function download(path, cache) {
  try {
    return await fetch(new URL(path, scope), { cache });
  } catch {
    return undefined;
  }
}

/** Brings one file of this build into its cache. @param {Cache} core @param {Cache[]} older @param {string} path */
async function bring(core, older, path) {
  for (const cache of [core, ...older]) {
    const found = await checked(path, await cache.match(path).catch(() => undefined));
    if (found) return cache === core ? undefined : core.put(path, found());
  }
  const fresh = await checked(path, await download(path, "no-cache"));
  if (!fresh) throw new Error(`${path} could not be loaded as this build has it`);
  await core.put(path, fresh());
}

async function install() {
  const names = (await caches.keys()).filter((name) => name.startsWith(PREFIX) && name !== CORE);
  const older = await Promise.all(names.map((name) => caches.open(name)));
  // Going back to the build in use, while a newer one waits, must not cost its files.
  const isNew = !(await caches.has(CORE));
  const core = await caches.open(CORE);
  try {
    await Promise.all(Object.keys(BUILD.files).map((path) => bring(core, older, path)));
  } catch (error) {
    if (isNew) await caches.delete(CORE);
    throw error;
  }
}

async function activate() {
  for (const name of await caches.keys()) {
    if (name.startsWith(PREFIX) && name !== CORE) await caches.delete(name);
  }
}

/** @param {object} message */
async function tell(message) {
  for (const client of await worker.clients.matchAll({ includeUncontrolled: true })) client.postMessage(message);
}

/** Says which file it is, to whom it can still be said. @param {string} path @param {any} event */
async function refuse(path, event) {
  const text = `Easel: the stored file ${path} is damaged, and it could not be loaded again. Connect to the network, close all tabs of Easel, and open it again.\n\n` +
    `Easel: 이 기기에 있는 ${path} 파일이 손상되었고, 다시 내려받지 못했어요. 네트워크에 연결하고, Easel 탭을 모두 닫은 뒤 다시 열어 주세요.\n`;
  // A page without one of its own scripts is blank and cannot say it itself. A worker's client is no window.
  const client = event.request.destination === "script" ? await worker.clients.get(event.clientId) : undefined;
  if (client?.type === "window") {
    const told = new URL(`?damaged=${encodeURIComponent(path)}`, scope).href;
    event.waitUntil(client.navigate(told).catch(() => null));
  }
  return new Response(text, { status: 503, headers: { "content-type": "text/plain; charset=utf-8" } });
}

/** @param {string} path @param {any} event */
async function serve(path, event) {
  const core = await caches.open(CORE);
  const kept = await checked(path, await core.match(path).catch(() => undefined));
  if (kept) return kept();
  const again = await checked(path, await download(path, "reload"));
  await tell({ type: again ? "mended" : "damaged", path });
  if (!again) return refuse(path, event);
  // A full disk must not cost the answer.
  await core.put(path, again()).catch(() => {});
  return again();
}

/** A picture from another app's share sheet: kept for the page, which the browser is then sent to. @param {Request} request */
async function share(request) {
  const form = await request.formData();
  const file = form.get("picture");
  if (file instanceof File) {
    const cache = await caches.open(SHARED);
    await cache.put("picture", new Response(file, { headers: { "content-type": file.type, "x-name": encodeURIComponent(file.name) } }));
  }
  return Response.redirect(new URL("#shared", scope).href, 303);
}

worker.addEventListener("install", (/** @type {any} */ event) => event.waitUntil(install()));
worker.addEventListener("activate", (/** @type {any} */ event) => event.waitUntil(activate()));

worker.addEventListener("fetch", (/** @type {any} */ event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (url.origin !== scope.origin || !url.pathname.startsWith(scope.pathname)) return;
  const path = url.pathname.slice(scope.pathname.length) || "index.html";
  if (request.method === "POST" && path === "share") return event.respondWith(share(request));
  if (request.method !== "GET" || !Object.hasOwn(BUILD.files, path)) return;
  const damaged = request.mode === "navigate" ? url.searchParams.get("damaged") : null;
  if (damaged === null || !Object.hasOwn(BUILD.files, damaged)) event.respondWith(serve(path, event));
  // Reloading what `refuse` showed opens the page, once the file can be had.
  else event.respondWith(serve(damaged, event).then((answer) => (answer.ok ? Response.redirect(scope.href, 303) : answer)));
});

worker.addEventListener("message", (/** @type {any} */ event) => {
  if (event.data !== "take over") return;
  const take = async () => {
    // Another tab would go on with files of this build instead of its own.
    const tabs = await worker.clients.matchAll({ type: "window", includeUncontrolled: true });
    const others = tabs.filter((/** @type {any} */ { url }) => url.startsWith(scope.href)).length - 1;
    if (others > 0) event.source?.postMessage({ type: "others", count: others });
    else await worker.skipWaiting();
  };
  event.waitUntil(take());
});
