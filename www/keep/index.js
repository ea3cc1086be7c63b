// @ts-check
/** The list of what is kept, in IndexedDB. A change is one transaction, so it happens wholly or not at all. */

/** @typedef {import("./portfolio.js").Entry} Entry */

const STORE = "entries";
/** @type {Promise<IDBDatabase> | null} */
let opened = null;

/** @returns {Promise<IDBDatabase>} */
function open() {
  opened ??= new Promise((resolve, reject) => {
    const request = indexedDB.open("easel", 1);
    request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: "id" });
    request.onerror = () => reject(request.error);
    request.onsuccess = () => {
      const database = request.result;
      // The browser closes it when the visitor clears the site's data; a newer Easel in another tab asks for it.
      database.onclose = () => (opened = null);
      database.onversionchange = () => {
        database.close();
        opened = null;
      };
      resolve(database);
    };
  });
  opened.catch(() => (opened = null));
  return opened;
}

/**
 * @template T
 * @param {IDBTransactionMode} mode @param {(store: IDBObjectStore) => IDBRequest<T>} act @returns {Promise<T>}
 */
async function transact(mode, act) {
  const database = await open();
  return new Promise((resolve, reject) => {
    // Strict: what it says is on the disk before it is said to be done.
    const transaction = database.transaction(STORE, mode, { durability: "strict" });
    const request = act(transaction.objectStore(STORE));
    transaction.oncomplete = () => resolve(request.result);
    transaction.onabort = () => reject(transaction.error ?? request.error);
  });
}

/** @returns {Promise<Entry[]>} */
export const all = () => transact("readonly", (store) => store.getAll());

/** @param {string} id @returns {Promise<Entry | undefined>} */
export const get = (id) => transact("readonly", (store) => store.get(id));

/**
 * Change an entry, or make it, in one go. Gives the entry as it was.
 * @param {string} id @param {(old: Entry | undefined) => Entry | null} edit null removes it
 * @returns {Promise<Entry | undefined>}
 */
export const change = (id, edit) =>
  transact("readwrite", (store) => {
    /** @type {IDBRequest<Entry | undefined>} */
    const request = store.get(id);
    request.onsuccess = () => {
      const entry = edit(request.result);
      if (entry) store.put(entry);
      else store.delete(id);
    };
    return request;
  });
