// @ts-check
/** Under Trusted Types a script's address must come from a named policy; ours knows the page's workers and nothing else. */

export const WORKER = new URL("./worker.js", import.meta.url).href;
export const SERVICE_WORKER = new URL("./sw.js", import.meta.url).href;

const policy = /** @type {any} */ (globalThis).trustedTypes?.createPolicy("easel", {
  createScriptURL(/** @type {string} */ url) {
    if (url !== WORKER && url !== SERVICE_WORKER) throw new TypeError(`not a script of Easel: ${url}`);
    return url;
  },
});

/** @param {string} url @returns {string} One that a script may be started from. */
export const trusted = (url) => policy?.createScriptURL(url) ?? url;
