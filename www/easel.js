// @ts-check
/**
 * Easel's JavaScript API: the only file that knows the worker.
 *
 * ```js
 * const easel = await Easel.start();
 * const run = easel.run({ job: "gatys", size: 256 }, { content: file, styles: [file] });
 * for await (const event of run) if (event.type === "progress") console.log(event.step);
 * const png = await run.image({ type: "image/png" });
 * ```
 *
 * The worker may die at any time (lost device, out of memory, a panic in wasm rejects nothing); then
 * everything pending fails with a code, and a new worker is started; a run with `recover` goes on in it. Types are generated from
 * `src/protocol.rs`.
 *
 * @typedef {import("./pkg/easel.d.ts").Event} WorkerEvent
 * @typedef {import("./pkg/easel.d.ts").Request} Request
 * @typedef {import("./pkg/easel.d.ts").JobConfig} JobConfig
 * @typedef {import("./pkg/easel.d.ts").GatysConfig} GatysConfig
 * @typedef {import("./pkg/easel.d.ts").GatysControl} GatysControl
 * @typedef {import("./pkg/easel.d.ts").GanConfig} GanConfig
 * @typedef {import("./pkg/easel.d.ts").GanControl} GanControl
 * @typedef {import("./pkg/easel.d.ts").Pix2pixConfig} Pix2pixConfig
 * @typedef {import("./pkg/easel.d.ts").Pix2pixControl} Pix2pixControl
 * @typedef {import("./pkg/easel.d.ts").CycleganConfig} CycleganConfig
 * @typedef {import("./pkg/easel.d.ts").CycleganControl} CycleganControl
 * @typedef {import("./pkg/easel.d.ts").WalkConfig} WalkConfig
 * @typedef {import("./pkg/easel.d.ts").WalkControl} WalkControl
 * @typedef {import("./pkg/easel.d.ts").StylizeConfig} StylizeConfig
 * @typedef {import("./pkg/easel.d.ts").StylizeControl} StylizeControl
 * @typedef {import("./pkg/easel.d.ts").ProganConfig} ProganConfig
 * @typedef {import("./pkg/easel.d.ts").ProganControl} ProganControl
 * @typedef {import("./pkg/easel.d.ts").StackganConfig} StackganConfig
 * @typedef {import("./pkg/easel.d.ts").StackganControl} StackganControl
 * @typedef {Partial<GatysControl> | Partial<GanControl> | Partial<WalkControl> | Partial<Pix2pixControl> | Partial<CycleganControl> | Partial<StylizeControl> | Partial<ProganControl> | Partial<StackganControl>} Control Live controls of the job that runs.
 * @typedef {import("./pkg/easel.d.ts").AdapterInfo} AdapterInfo
 * @typedef {import("./pkg/easel.d.ts").ModelInfo} ModelInfo
 * @typedef {import("./pkg/easel.d.ts").Defaults} Defaults
 * @typedef {import("./pkg/easel.d.ts").Samples} Samples
 * @typedef {import("./pkg/easel.d.ts").SampleKind} SampleKind
 * @typedef {import("./pkg/easel.d.ts").Estimate} Estimate
 * @typedef {import("./pkg/easel.d.ts").Encoding} Encoding
 * @typedef {import("./pkg/easel.d.ts").Failure} Failure
 * @typedef {import("./pkg/easel.d.ts").Note} Note
 * @typedef {import("./pkg/easel.d.ts").KernelCheck} KernelCheck
 *
 * @typedef {Extract<WorkerEvent, { type: "finished" }>} Finished
 * @typedef {Extract<WorkerEvent, { type: "frame" }> & { bitmap: ImageBitmap }} Frame
 * @typedef {Extract<WorkerEvent, { type: "started" | "loading" | "progress" | "plot" | "paused" | "tuned" | "refused" }> | Finished | Frame | Kept | Recovered} RunEvent
 *   What iterating over a run yields.
 * @typedef {{ type: "kept", run: number, step: number, checkpoint: Blob }} Kept With `recover`: the state was kept.
 * @typedef {{ type: "recovered", run: number, step: number, error: EaselError }} Recovered The run goes on from the
 *   state of that step, after `error` ended its worker.
 *
 * @typedef {object} Inputs
 * @property {Blob} [content] `gatys`, `stylize`: the picture to stylize.
 * @property {Blob[]} [styles] `gatys`: the pictures to take the style from.
 * @property {Blob} [init] The picture to start from, with `init: "picture"`.
 * @property {Blob} [network] `gatys`: a `.safetensors` file, with `network: "custom"`. `gan`: what {@link Run.weights} gave,
 *   or a generator alone, also as `.pth`, with `start: "custom"`. `walk`: either of these, with `network: "custom"`.
 * @property {Blob} [data] `gan`: what {@link Easel.dataset} made, with `data: "pictures"`.
 * @property {Blob} [a] `cyclegan`: the same of either kind, with `task: "own"`.
 * @property {Blob} [b]
 *
 * @typedef {import("./pkg/easel.d.ts").LeftOut} LeftOut
 * @typedef {import("./pkg/easel.d.ts").Pairing} Pairing
 * @typedef {{ done: number, total: number, count: number, left: LeftOut[] }} Preparing Files looked at and known of, pictures
 *   kept, and what was left out so far.
 * @typedef {{ blob: Blob, count: number, classes: string[], left: LeftOut[], sheet: Blob }} Dataset `blob` is for
 *   `inputs.data`; `sheet` is a PNG of the first 64, eight in a row, or of pairs of the first 8, four in a row.
 *
 * @typedef {object} Options
 * @property {boolean} [recover] Keep the state every few seconds, and go on from it if the worker dies.
 *
 * @typedef {object} Answer What the worker posts: an event, and big things beside it.
 * @property {WorkerEvent} event
 * @property {ImageBitmap} [bitmap]
 * @property {Blob} [blob]
 */
import { Recovery } from "./recovery.js";
import { EaselError, Run, deferred } from "./run.js";
import { WORKER, trusted } from "./trusted.js";

export { EaselError, Run };

/** At most this many restarts within the window, so that a broken driver is not hammered. */
const MAX_RESTARTS = 3;
const RESTART_WINDOW = 120_000;

/**
 * The engine in its worker.
 *
 * Events: `restarting` (CustomEvent, `detail` is the {@link EaselError}), `restarted` when it is ready
 * again, `gaveup` (same `detail`) after too many restarts; {@link restart} then tries once more.
 */
export class Easel extends EventTarget {
  /** @type {AdapterInfo | null} The GPU in use; null until it is up. */
  adapter = null;
  /** @type {ModelInfo[]} The manifest of the weights. */
  models = [];
  /** @type {Defaults | null} The defaults of every job; null until the module is loaded. */
  defaults = null;
  /** @type {Samples} The names that {@link sample} knows. */
  samples = { scene: [], style: [] };

  /** @type {Worker | null} */
  #worker = null;
  #onLoaded;
  /** @type {ReturnType<typeof deferred<void>>} */
  #loaded = deferred();
  /** @type {ReturnType<typeof deferred<void>>} */
  #ready = deferred();
  #up = false;
  #everUp = false;
  /** @type {number[]} When the worker was restarted. */
  #restarts = [];
  #ticket = 0;
  /** @type {Map<number, { resolve: (answer: Answer) => void, reject: (error: EaselError) => void }>} */
  #tickets = new Map();
  /** @type {Map<number, (at: Preparing) => void>} Who is told how far a data set is, by ticket. */
  #preparing = new Map();
  #number = 0;
  /** @type {Map<number, Run>} */
  #runs = new Map();
  /** @type {Run | null} */
  #active = null;

  /** Use {@link Easel.start}. @param {((easel: Easel) => void) | undefined} onLoaded */
  constructor(onLoaded) {
    super();
    this.#onLoaded = onLoaded;
  }

  /**
   * Start the engine. Resolves when the GPU is up; rejects with an {@link EaselError}: `no-webgpu`,
   * `insecure-context`, `missing-feature`, `no-adapter`, `limits`, `not-loaded`, ...
   * @param {{ onLoaded?: (easel: Easel) => void }} [options] `onLoaded` is called as soon as samples,
   *   models and defaults are known, before the GPU is up and even if it never comes.
   */
  static async start({ onLoaded } = {}) {
    const missing = ["Worker", "WebAssembly", "OffscreenCanvas", "createImageBitmap"].find(
      (name) => !(name in globalThis),
    );
    if (missing) {
      throw new EaselError({ code: "missing-feature", message: `the browser has no ${missing}`, subject: missing });
    }
    const easel = new Easel(onLoaded);
    easel.#spawn();
    await easel.#ready.promise;
    return easel;
  }

  /**
   * Draw one of Easel's own pictures, as a PNG.
   * @param {SampleKind} kind @param {string} name
   * @param {{ seed?: number, size?: number }} [options] `size` is the long side in pixels.
   * @returns {Promise<Blob>}
   */
  async sample(kind, name, { seed = 1, size = 640 } = {}) {
    await this.#loaded.promise;
    const { blob } = await this.#ask((ticket) => ({ type: "sample", ticket, kind, name, seed, size }));
    if (!blob) throw new EaselError({ code: "unexpected", message: "the worker sent no picture" });
    return blob;
  }

  /**
   * The first samples that a `gan` would learn from: pictures as a PNG, eight in a row; points as JSON, x and y of each.
   * @param {JobConfig} job @param {Inputs} [inputs] with `data: "pictures"` @returns {Promise<Blob>}
   */
  async data(job, inputs) {
    await this.#loaded.promise;
    const { blob } = await this.#ask((ticket) => ({ type: "data", ticket, job }), { inputs });
    if (!blob) throw new EaselError({ code: "unexpected", message: "the worker sent no picture" });
    return blob;
  }

  /**
   * What a sentence about a scene says, or a sentence that says it.
   * @param {import("./pkg/easel.d.ts").CaptionAsked} asked @returns {Promise<import("./pkg/easel.d.ts").CaptionSaid>}
   */
  async caption(asked) {
    for (;;) {
      const worker = this.#worker;
      try {
        await this.#loaded.promise;
        const { event } = await this.#ask((ticket) => ({ type: "caption", ticket, asked }));
        if (event.type !== "caption") throw new EaselError({ code: "unexpected", message: `got ${event.type}` });
        return event.said;
      } catch (error) {
        // It depends on nothing that a lost worker held: the next one is asked.
        if (!this.#worker || this.#worker === worker) throw error;
      }
    }
  }

  /**
   * Make a data set of files: pictures, zips of them, idx files; one at a time. The last folder of a `path` is a class. What
   * cannot be used is left out and told.
   * @param {Iterable<Blob | { path: string, file: Blob }>} files
   * @param {{ size?: number, pairs?: Pairing, onProgress?: (at: Preparing) => void, signal?: AbortSignal }} [options] `size` is
   *   the side of a picture in pixels, 8 to 286. With `pairs`, pairs for `pix2pix` are made of them. With
   *   `signal` it can be called off, and rejects with `stopped`.
   * @returns {Promise<Dataset>}
   */
  async dataset(files, { size = 32, pairs, onProgress, signal } = {}) {
    await this.#loaded.promise;
    if (signal?.aborted) throw new EaselError({ code: "stopped", message: "it was stopped" });
    const all = [...files].map((one) => {
      if (!(one instanceof Blob)) return one;
      return { path: one instanceof File ? one.webkitRelativePath || one.name : "", file: one };
    });
    const names = all.map(({ path }) => path);
    const inputs = { files: all.map(({ file }) => file) };
    /** @type {Request | null} */
    let abandon = null;
    const stop = () => abandon && this.#worker?.postMessage({ request: abandon });
    signal?.addEventListener("abort", stop);
    try {
      const { event, blob } = await this.#ask((ticket) => {
        abandon = { type: "abandon", ticket };
        if (onProgress) this.#preparing.set(ticket, onProgress);
        return { type: "prepare", ticket, size, names, pairs };
      }, { inputs });
      if (event.type !== "prepared" || !blob) throw new EaselError({ code: "unexpected", message: `got ${event.type}` });
      const sheet = await this.data(pairs ? { job: "pix2pix", task: "own", size } : { job: "gan", variant: "gan", data: "pictures", size }, { data: blob });
      const { count, classes, left } = event;
      return { blob, count, classes, left, sheet };
    } finally {
      signal?.removeEventListener("abort", stop);
    }
  }

  /**
   * What would this job take for a content picture of that size?
   * @param {JobConfig} job @param {{ width: number, height: number }} content
   * @returns {Promise<Estimate>}
   */
  async estimate(job, { width, height }) {
    await this.#ready.promise;
    const { event } = await this.#ask((ticket) => ({ type: "estimate", ticket, job, width, height }));
    if (event.type !== "estimate") throw new EaselError({ code: "unexpected", message: `got ${event.type}` });
    return event.estimate;
  }

  /**
   * Hold every kernel against its reference on this GPU: values, gradients, finite differences.
   * @returns {Promise<KernelCheck[]>}
   */
  async selfTest() {
    await this.#ready.promise;
    const { event } = await this.#ask((ticket) => ({ type: "self-test", ticket }));
    if (event.type !== "self-test") throw new EaselError({ code: "unexpected", message: `got ${event.type}` });
    return event.checks;
  }

  /**
   * Start a job; a job that is still going is stopped first.
   * @param {JobConfig} job @param {Inputs} inputs
   * @param {Options} [options] @returns {Run}
   */
  run(job, inputs, options) {
    return this.#begin((run) => ({ request: { type: "start", run, job }, inputs }), options);
  }

  /** Continue a checkpoint exactly where it stood. @param {Blob} checkpoint @param {Options} [options] @returns {Run} */
  resume(checkpoint, options) {
    return this.#begin((run) => ({ request: { type: "resume", run }, checkpoint }), options);
  }

  /** Try again after `gaveup`, or at the user's wish. Resolves when the GPU is up. */
  async restart() {
    this.#restarts = [];
    this.#crash(new EaselError({ code: "device-lost", message: "restarted on request" }));
    await this.#ready.promise;
  }

  /** Stop everything and free the GPU. */
  async close() {
    const closed = new EaselError({ code: "no-run", message: "Easel was closed" });
    this.#drop(closed);
    for (const waiting of [this.#loaded, this.#ready]) waiting.reject(closed);
    // What is asked of a closed Easel fails at once; it would wait for ever.
    this.#loaded = deferred();
    this.#ready = deferred();
    for (const waiting of [this.#loaded, this.#ready]) waiting.reject(closed);
  }

  #spawn() {
    this.#loaded = deferred();
    this.#ready = deferred();
    this.#up = false;
    const worker = new Worker(trusted(WORKER), { type: "module", name: "easel" });
    worker.onmessage = ({ data }) => this.#receive(data);
    worker.onmessageerror = () => this.#crash(new EaselError({ code: "unexpected", message: "unreadable message" }));
    worker.onerror = (event) => {
      event.preventDefault();
      const message = event.message || "the engine's files could not be loaded";
      this.#crash(new EaselError({ code: this.#up ? "device-lost" : "not-loaded", message }));
    };
    this.#worker = worker;
  }

  /** The worker is gone with all it held. @param {EaselError} error */
  #drop(error) {
    this.#worker?.terminate();
    this.#worker = null;
    this.#up = false;
    for (const { reject } of this.#tickets.values()) reject(error);
    this.#tickets.clear();
    this.#preparing.clear();
    for (const run of [...this.#runs.values()]) {
      // A run that waits for its turn goes to the next worker.
      if (!run.posted) continue;
      const begin = error.code === "no-run" ? null : run.outlives(error);
      if (begin) {
        this.#inTurn(run, null, begin).catch((lost) => run.fail(lost));
        continue;
      }
      run.fail(error);
      this.#runs.delete(run.id);
    }
  }

  /** @param {EaselError} error */
  #crash(error) {
    this.#drop(error);
    this.#loaded.reject(error);
    this.#ready.reject(error);
    if (!this.#everUp && error.code !== "device-lost") return;
    const now = Date.now();
    this.#restarts = this.#restarts.filter((time) => now - time < RESTART_WINDOW);
    if (this.#restarts.length >= MAX_RESTARTS) {
      this.dispatchEvent(new CustomEvent("gaveup", { detail: error }));
      return;
    }
    this.#restarts.push(now);
    this.#spawn();
    this.dispatchEvent(new CustomEvent("restarting", { detail: error }));
    this.#ready.promise.then(
      () => this.dispatchEvent(new CustomEvent("restarted", { detail: error })),
      () => {},
    );
  }

  /** @param {Answer} answer */
  #receive(answer) {
    const { event, bitmap } = answer;
    switch (event.type) {
      case "loaded":
        this.models = event.models;
        this.defaults = event.defaults;
        this.samples = event.samples;
        this.#loaded.resolve();
        // A restarted worker has nothing new to tell.
        this.#onLoaded?.(this);
        this.#onLoaded = undefined;
        return;
      case "ready":
        this.adapter = event.adapter;
        this.#up = this.#everUp = true;
        this.#ready.resolve();
        return;
      case "failed":
        this.#failed(event);
        return;
      case "mended":
        this.dispatchEvent(new CustomEvent("mended", { detail: event.file }));
        return;
      case "preparing":
        this.#preparing.get(event.ticket)?.(event);
        return;
      case "image":
      case "checkpoint":
      case "weights":
      case "sample":
      case "prepared":
      case "estimate":
      case "self-test":
      case "caption":
        this.#answered(event.ticket)?.resolve(answer);
        return;
      default: {
        const run = this.#runs.get(event.run);
        if (event.type !== "frame") run?.receive(event);
        else if (run && bitmap) run.receive({ ...event, bitmap });
        else bitmap?.close();
      }
    }
  }

  /** @param {Extract<WorkerEvent, { type: "failed" }>} event */
  #failed({ run, ticket, error: failure }) {
    const error = new EaselError(failure);
    if (error.code === "no-webgpu" && !globalThis.isSecureContext) error.code = "insecure-context";
    if (ticket != null) {
      this.#answered(ticket)?.reject(error);
    } else if (run != null) {
      // A lost device ends the worker, below, and what becomes of its runs is said there.
      if (error.code !== "device-lost") this.#runs.get(run)?.fail(error);
    } else if (this.#up) {
      this.#crash(error);
      return;
    } else if (this.#everUp) {
      // The GPU does not come back at once after a loss: ask again a little later.
      setTimeout(() => this.#crash(error), 1000 * 4 ** this.#restarts.length);
      return;
    } else {
      // The worker stays: it can still draw samples.
      this.#ready.reject(error);
      return;
    }
    if (error.code === "device-lost") this.#crash(error);
  }

  /** Who waits for an answer, and no longer. @param {number} ticket */
  #answered(ticket) {
    const waiting = this.#tickets.get(ticket);
    this.#tickets.delete(ticket);
    this.#preparing.delete(ticket);
    return waiting;
  }

  /** @param {(ticket: number) => Request} request @param {{ inputs?: object }} [beside] @returns {Promise<Answer>} */
  #ask(request, beside) {
    const ticket = ++this.#ticket;
    const { promise, resolve, reject } = /** @type {ReturnType<typeof deferred<Answer>>} */ (deferred());
    this.#tickets.set(ticket, { resolve, reject });
    this.#worker?.postMessage({ request: request(ticket), ...beside });
    return promise;
  }

  /**
   * @param {(run: number) => import("./recovery.js").Begin} message @param {Options} [options]
   * @returns {Run}
   */
  #begin(message, { recover = false } = {}) {
    const begin = message(++this.#number);
    const link = {
      post: (/** @type {Request} */ request) => this.#worker?.postMessage({ request }),
      ask: (/** @type {(ticket: number) => Request} */ request) => this.#ask(request),
      has: (/** @type {Run} */ { id }) => this.#runs.has(id),
      forget: (/** @type {Run} */ { id }) => {
        if (this.#runs.delete(id)) this.#worker?.postMessage({ request: { type: "forget", run: id } });
      },
      abandon: () => this.#crash(new EaselError({ code: "no-answer", message: "the engine did not answer" })),
    };
    const run = new Run(this.#number, link, recover ? new Recovery(begin) : null);
    const before = this.#active;
    this.#active = run;
    this.#runs.set(run.id, run);
    this.#inTurn(run, before, begin).catch((error) => run.fail(error));
    return run;
  }

  /** @param {Run} run @param {Run | null} before @param {object} message */
  async #inTurn(run, before, message) {
    // How the one before ended is told to whoever holds it.
    await before?.stop().catch(() => {});
    await this.#standing();
    if (run.ended) return;
    this.#worker?.postMessage(message);
    run.markPosted();
  }

  /** Until the GPU is up, in whichever worker it comes up. */
  async #standing() {
    for (;;) {
      const ready = this.#ready;
      try {
        return await ready.promise;
      } catch (error) {
        if (ready === this.#ready) throw error;
      }
    }
  }
}
