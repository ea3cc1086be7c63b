/**
 * What runs in the page beside Easel: tests start jobs and look at pictures with it, as `lab`. The function travels as
 * text, so it uses nothing from outside itself.
 */
export function installLab() {
  /** Every run of this page by number, with what it told. @type {Record<number, any>} */
  const runs = {};
  /** What the page saved as files. @type {{ name: string, blob: Blob | undefined }[]} */
  const saved = [];

  const plain = (/** @type {any} */ error) => ({
    code: error.code ?? `not an EaselError: ${error}`,
    message: error.message,
    subject: error.subject,
  });

  /** A file that the test's server holds. @param {string} path @param {string} [name] @param {string} [type] */
  async function file(path, name = path.split("/").pop() ?? "", type = "") {
    const response = await fetch(path);
    if (!response.ok) throw new Error(`${path}: ${response.status}`);
    return new File([await response.arrayBuffer()], name, { type });
  }

  /** Follow a run; everything it tells is kept. @param {any} run */
  function follow(run) {
    const log = { run, events: /** @type {any[]} */ ([]), frames: 0, frame: /** @type {ImageBitmap | null} */ (null), error: /** @type {any} */ (null), ended: false };
    runs[run.id] = log;
    (async () => {
      try {
        for await (const event of run) {
          const { bitmap, ...rest } = event;
          if (bitmap) {
            log.frame?.close();
            log.frame = bitmap;
            log.frames += 1;
          }
          log.events.push(rest);
        }
      } catch (error) {
        log.error = plain(error);
      }
      log.ended = true;
    })();
    return log;
  }

  /** Start a job and follow it. @param {object} settings @param {object} inputs */
  async function begin(settings, inputs) {
    const easel = await /** @type {any} */ (globalThis).easel;
    return follow(easel.run({ job: "gatys", ...settings }, inputs));
  }

  /** Two small pictures of Easel's own. @param {number} [size] */
  async function samples(size = 64) {
    const easel = await /** @type {any} */ (globalThis).easel;
    return {
      content: await easel.sample("scene", "lake", { size }),
      styles: [await easel.sample("style", "waves", { size })],
    };
  }

  /** Wait until a condition holds. @template T @param {() => T} condition @param {string} what @param {number} [ms] @returns {Promise<NonNullable<T>>} */
  async function until(condition, what, ms = 60_000) {
    const end = performance.now() + ms;
    for (;;) {
      const value = condition();
      if (value) return /** @type {NonNullable<T>} */ (value);
      if (performance.now() > end) throw new Error(`waited ${ms} ms in vain for ${what}`);
      await new Promise((wake) => setTimeout(wake, 20));
    }
  }

  /** Wait for an event of a run. @param {any} log @param {(event: any) => boolean} wanted @param {string} what */
  function event(log, wanted, what) {
    return until(() => {
      const found = log.events.find(wanted);
      if (!found && log.ended) throw new Error(`the run ended without ${what}: ${JSON.stringify(log.error)}`);
      return found;
    }, what);
  }

  /** @param {any} log @param {string} type */
  const events = (log, type) => log.events.filter((/** @type {any} */ each) => each.type === type);

  /** @param {Blob} blob */
  async function base64(blob) {
    const bytes = new Uint8Array(await blob.arrayBuffer());
    let text = "";
    for (let at = 0; at < bytes.length; at += 0x8000) text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
    return btoa(text);
  }

  /** Bytes of the tensors on the GPU, in a page whose worker counts them (`memory.mjs`). @returns {Promise<number>} */
  function live() {
    const channel = new BroadcastChannel("ledger");
    return new Promise((told) => {
      channel.onmessage = ({ data }) => {
        if (typeof data !== "number") return;
        channel.close();
        told(data);
      };
      channel.postMessage("?");
    });
  }

  /** {@link live}, as soon as it is not above `most`, or after half a minute: the browser collects when it likes. @param {number} most */
  async function collected(most) {
    let least = await live();
    for (let i = 0; i < 60 && least > most; i += 1) {
      await new Promise((wake) => setTimeout(wake, 500));
      least = Math.min(least, await live());
    }
    return least;
  }

  /** The pixels of a bitmap, as a 2-D canvas sees them. @param {ImageBitmap} bitmap */
  function pixels(bitmap) {
    const { width, height } = bitmap;
    const canvas = new OffscreenCanvas(width, height);
    const context = /** @type {OffscreenCanvasRenderingContext2D} */ (canvas.getContext("2d"));
    context.drawImage(bitmap, 0, 0);
    return { width, height, data: context.getImageData(0, 0, width, height).data };
  }

  // A download would leave the browser: what it would hold is kept here instead.
  const blobs = new Map();
  const create = URL.createObjectURL;
  URL.createObjectURL = (blob) => {
    const url = create.call(URL, blob);
    blobs.set(url, blob);
    return url;
  };
  const click = HTMLAnchorElement.prototype.click;
  HTMLAnchorElement.prototype.click = function () {
    if (this.download) saved.push({ name: this.download, blob: blobs.get(this.href) });
    else click.call(this);
  };

  addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI, sourceFile }) => {
    console.error(`the policy ${violatedDirective} was violated: ${blockedURI} in ${sourceFile}`);
  });

  /** @type {any} */ (globalThis).lab = { runs, saved, plain, file, follow, begin, samples, until, event, events, base64, pixels, live, collected };
}
