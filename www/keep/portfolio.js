// @ts-check
/**
 * The visitor's finished pictures and unfinished runs, on this device. Each entry of the index names its files; of a
 * run's state the one before is kept too, for when the newest is damaged.
 *
 * Several tabs may share it: writers hold a lock in common, the sweep holds it alone, and a run that is going on in a
 * tab holds one of its own, which the browser lets go of when the tab dies.
 *
 * @typedef {import("./files.js").Stored} Stored
 *
 * @typedef {object} Facts
 * @property {string} title
 * @property {number} step
 * @property {number} of
 * @property {number} width
 * @property {number} height
 * @property {string} link The settings, as the address has them.
 * @property {boolean} going Whether the run has neither finished nor been stopped.
 * @property {ArrayBuffer} [thumb] A small WebP.
 *
 * @typedef {Facts & { id: string, changed: number, picture?: Stored, state?: Stored, before?: Stored }} Entry
 */
import { EaselError } from "../run.js";
import * as files from "./files.js";
import * as index from "./index.js";

/** At most so many bytes, and at most this share of what the browser gives the page. */
const BUDGET = 512 * 2 ** 20;
const SHARE = 0.4;
const WRITING = "easel.portfolio";
const RUN = "easel.run.";

/** Tells this and other tabs that something changed. */
const changes = new BroadcastChannel(WRITING);
/** @type {Set<() => void>} */
const watchers = new Set();
changes.onmessage = () => watchers.forEach((each) => each());

/** @param {() => void} watcher called after each change, in whichever tab */
export function watch(watcher) {
  watchers.add(watcher);
}

function changed() {
  changes.postMessage(null);
  watchers.forEach((each) => each());
}

/** Whether this browser can keep anything here. */
export const possible = () => "locks" in navigator && "createWritable" in (globalThis.FileSystemFileHandle?.prototype ?? {});

/** @param {Entry} entry @returns {Stored[]} */
const filesOf = ({ picture, state, before }) => [picture, state, before].flatMap((stored) => stored ?? []);

/** @param {Entry} entry */
export const size = (entry) => filesOf(entry).reduce((sum, { bytes }) => sum + bytes, 0);

/** The newest first. */
export async function list() {
  return (await index.all()).sort((a, b) => b.changed - a.changed);
}

/** The ids of the runs that are going on, in whichever tab. */
export async function held() {
  const { held: locks = [] } = await navigator.locks.query();
  return new Set(locks.flatMap(({ name }) => (name?.startsWith(RUN) ? [name.slice(RUN.length)] : [])));
}

/** Mark a run as going on in this tab. Gives what ends that, or null if another has it. @param {string} id @returns {Promise<(() => void) | null>} */
export function hold(id) {
  return new Promise((resolve, reject) => {
    navigator.locks
      .request(RUN + id, { ifAvailable: true }, (lock) => {
        if (!lock) return resolve(null);
        return new Promise((release) => resolve(() => release(undefined)));
      })
      .catch(reject);
  });
}

/**
 * Write files, then switch the entry over to them.
 * @param {string} id @param {Partial<Record<"picture" | "state", Blob>>} blobs
 * @param {(old: Entry | undefined, stored: Partial<Record<"picture" | "state", Stored>>) => Omit<Entry, "id" | "changed">} edit
 */
async function put(id, blobs, edit) {
  await navigator.locks.request(WRITING, { mode: "shared" }, async () => {
    /** @type {Partial<Record<"picture" | "state", Stored>>} */
    const stored = {};
    try {
      for (const [role, blob] of /** @type {["picture" | "state", Blob][]} */ (Object.entries(blobs))) stored[role] = await files.write(blob);
      /** @type {string[]} */
      let used = [];
      const old = await index.change(id, (entry) => {
        const next = { ...edit(entry, stored), id, changed: Date.now() };
        used = filesOf(next).map(({ name }) => name);
        return next;
      });
      await Promise.all((old ? filesOf(old) : []).filter(({ name }) => !used.includes(name)).map(({ name }) => files.remove(name)));
    } catch (error) {
      await Promise.all(Object.values(stored).map(({ name }) => files.remove(name)));
      throw full(error);
    }
    await trim(id);
  });
  changed();
}

/** The error as a visitor understands it. @param {unknown} error */
function full(error) {
  if (!(error instanceof Error)) return error;
  // In IndexedDB the transaction says so, in files the stream.
  const quota = error.name === "QuotaExceededError" || /quota/i.test(error.message);
  return new EaselError({ code: quota ? "kept-full" : "kept-failed", message: `${error.name}: ${error.message}` });
}

/** Keep the state of a run that is going on. @param {string} id @param {Facts} facts @param {Blob} checkpoint */
export const keepState = (id, facts, checkpoint) =>
  put(id, { state: checkpoint }, (old, { state }) => ({ ...old, ...facts, title: old?.title ?? facts.title, thumb: facts.thumb ?? old?.thumb, state, before: old?.state }));

/** Keep what a run has come to, and its state if it can go on from there. @param {string} id @param {Facts} facts @param {Blob} picture @param {Blob | null} checkpoint */
export const keepPicture = (id, facts, picture, checkpoint) =>
  put(id, { picture, ...(checkpoint ? { state: checkpoint } : {}) }, (old, { picture, state }) => ({ ...facts, title: old?.title ?? facts.title, thumb: facts.thumb ?? old?.thumb, picture, state }));

/** The oldest go first, when all together are too large; never one that is going on, nor `current`. @param {string} current */
async function trim(current) {
  let room = await budget();
  const busy = await held();
  for (const entry of await list()) {
    room -= size(entry);
    if (room < 0 && entry.id !== current && !busy.has(entry.id)) await drop(entry.id);
  }
}

/** How much may be kept, in bytes. */
export async function budget() {
  const { quota = Infinity } = await navigator.storage.estimate();
  return Math.min(BUDGET, quota * SHARE);
}

/** @param {string} id */
async function drop(id) {
  const old = await index.change(id, () => null);
  if (old) await Promise.all(filesOf(old).map(({ name }) => files.remove(name)));
}

/** @param {string} id */
export async function remove(id) {
  await drop(id);
  changed();
}

/** Everything but what is going on. */
export async function clear() {
  const busy = await held();
  for (const { id } of await list()) if (!busy.has(id)) await drop(id);
  changed();
}

/** @param {string} id @param {Partial<Pick<Entry, "title" | "going">>} facts */
export async function update(id, facts) {
  // One that was removed meanwhile stays so.
  await index.change(id, (old) => (old ? { ...old, ...facts } : null));
  changed();
}

/** The newest sound state of a run. @param {string} id @returns {Promise<Blob>} */
export async function state(id) {
  const entry = await index.get(id);
  for (const stored of [entry?.state, entry?.before]) {
    const blob = stored && (await files.read(stored));
    if (blob) return blob;
  }
  throw damaged(entry);
}

/** @param {string} id @returns {Promise<Blob>} */
export async function picture(id) {
  const entry = await index.get(id);
  const blob = entry?.picture && (await files.read(entry.picture));
  if (!blob) throw damaged(entry);
  return blob.slice(0, blob.size, "image/png");
}

/** @param {Entry | undefined} entry */
const damaged = (entry) => new EaselError({ code: "kept-damaged", message: "missing, or not as it was written", subject: entry?.title ?? "" });

/** Remove files that no entry names: what was being written when a tab died. */
export async function sweep() {
  await navigator.locks.request(WRITING, { ifAvailable: true }, async (lock) => {
    if (!lock) return;
    const entries = await index.all();
    await files.sweep(new Set(entries.flatMap(filesOf).map(({ name }) => name)));
  });
}
