// @ts-check
/**
 * One job as the page holds it, and the error that every call of Easel fails with. Part of `easel.js`,
 * from where both are exported.
 *
 * @typedef {import("./easel.js").Answer} Answer
 * @typedef {import("./easel.js").Encoding} Encoding
 * @typedef {import("./easel.js").Failure} Failure
 * @typedef {import("./easel.js").Finished} Finished
 * @typedef {import("./easel.js").Request} Request
 * @typedef {import("./easel.js").RunEvent} RunEvent
 * @typedef {import("./recovery.js").Recovery} Recovery
 *
 * @typedef {object} Link What a run may ask of its engine.
 * @property {(request: Request) => void} post
 * @property {(request: (ticket: number) => Request) => Promise<Answer>} ask
 * @property {(run: Run) => boolean} has Whether the present worker still holds the run.
 * @property {(run: Run) => void} forget
 * @property {() => void} abandon Give up on a worker that does not answer.
 */

/** How long a `stop` may stay unanswered before the worker is replaced, in ms: kernels are compiled in the first step. */
const STOP_PATIENCE = { first: 20_000, later: 5000 };

/** A failure with a stable `code` that a program can test and a page can translate. */
export class EaselError extends Error {
  /** @param {Failure} failure */
  constructor({ code, message, subject, largest }) {
    super(message);
    this.name = "EaselError";
    /** Stable: `no-webgpu`, `too-large`, `device-lost`, `image-truncated`, ... */
    this.code = code;
    /** The file or setting it is about, if any. */
    this.subject = subject;
    /** With `too-large`: the longest side that fits, in pixels. */
    this.largest = largest;
  }
}

/**
 * A promise with its handles outside. Nobody is obliged to wait for it, so its rejection is marked
 * as handled; whoever does wait still sees it.
 * @template T
 */
export function deferred() {
  /** @type {(value: T) => void} */
  let resolve = () => {};
  /** @type {(error: EaselError) => void} */
  let reject = () => {};
  const promise = /** @type {Promise<T>} */ (
    new Promise((yes, no) => {
      resolve = yes;
      reject = no;
    })
  );
  promise.catch(() => {});
  return { promise, resolve, reject };
}

/**
 * One job. Iterate over it for its events (one consumer; a frame that was not taken in time gives way
 * to a newer one), or just wait for `done`.
 */
export class Run {
  #link;
  /** @type {RunEvent[]} */
  #queue = [];
  #wake = () => {};
  /** @type {EaselError | null} */
  #error = null;
  #ended = false;
  #posted = false;
  #step = 0;
  #paused = false;
  /** What was asked before the worker knew of the run. @type {Request[]} */
  #early = [];
  /** @type {Recovery | null} */
  #recovery;
  /** What ended the worker that the run is to outlive. @type {EaselError | null} */
  #lost = null;
  /** @type {ReturnType<typeof deferred<Finished>>} */
  #done = deferred();
  /** @type {{ type: "paused" | "tuned", on?: boolean, promise: ReturnType<typeof deferred<void>> }[]} */
  #waiting = [];

  /** @param {number} id @param {Link} link @param {Recovery | null} recovery null: it ends with its worker */
  constructor(id, link, recovery) {
    /** The number that marks this run's messages. */
    this.id = id;
    this.#link = link;
    this.#recovery = recovery;
  }

  /** Resolves with the `finished` event; rejects with the {@link EaselError} that ended the run. */
  get done() {
    return this.#done.promise;
  }

  /** Whether the run finished, was stopped, or failed. */
  get ended() {
    return this.#ended;
  }

  /** Whether the worker was told of the run. */
  get posted() {
    return this.#posted;
  }

  /** Hold the run. Resolves when it stands still. */
  pause() {
    return this.#hold(true);
  }

  /** Do so many steps and hold. Resolves when it stands still again. @param {number} [count] */
  async step(count = 1) {
    if (!this.#paused) await this.pause();
    await this.#confirm("paused", { type: "step", run: this.id, count }, true);
  }

  /** Go on after {@link pause}. */
  resume() {
    return this.#hold(false);
  }

  /**
   * Change a live control. Resolves when it is in effect; rejects with `bad-setting` if it is out of
   * its range, and the run goes on as it was.
   * @param {import("./easel.js").Control} control
   */
  tune(control) {
    this.#recovery?.tuned(control);
    return this.#confirm("tuned", { type: "tune", run: this.id, control });
  }

  /**
   * Stop; the best picture so far is kept. A worker that does not answer is replaced: the run then
   * counts as stopped, but its picture is only what the last frame showed.
   * @returns {Promise<Finished>}
   */
  async stop() {
    if (this.#ended) return this.done;
    const stopped = /** @type {const} */ ({ type: "finished", run: this.id, stopped: true });
    if (!this.#posted) {
      this.receive({ ...stopped, step: 0 });
      return this.done;
    }
    this.#link.post({ type: "stop", run: this.id });
    const timer = setTimeout(() => {
      this.receive({ ...stopped, step: this.#step });
      this.#link.abandon();
    }, this.#step === 0 ? STOP_PATIENCE.first : STOP_PATIENCE.later);
    try {
      return await this.done;
    } finally {
      clearTimeout(timer);
    }
  }

  /**
   * The present picture as a file, at any time, also after the end; of a `walk` and `cyclegan` also other sheets.
   * @param {Partial<Encoding>} [encoding] PNG if nothing else is said.
   * @returns {Promise<Blob>}
   */
  async image(encoding = {}) {
    const full = { type: "image/png", quality: 0.92, ...encoding };
    return this.#file((ticket) => ({ type: "image", run: this.id, ticket, encoding: full }));
  }

  /**
   * The whole state as a file: {@link Easel.resume} continues exactly where it stood.
   * @returns {Promise<Blob>}
   */
  checkpoint() {
    return this.#file((ticket) => ({ type: "checkpoint", run: this.id, ticket }));
  }

  /**
   * The networks of a `gan` as safetensors, with its settings: `inputs.network` of another run, with `start: "custom"`.
   * @returns {Promise<Blob>}
   */
  weights() {
    return this.#file((ticket) => ({ type: "weights", run: this.id, ticket }));
  }

  /**
   * With `recover`: keep the state now, instead of when it is next due. It comes as a `kept` event.
   * @returns {Promise<void>}
   */
  async keep() {
    const recovery = this.#recovery;
    if (!recovery || this.#ended || !this.#posted) return;
    const step = this.#step;
    const checkpoint = await recovery.keep(step, () => this.checkpoint());
    if (checkpoint) this.receive({ type: "kept", run: this.id, step, checkpoint });
  }

  /** Free the memory of a finished run. */
  forget() {
    this.#link.forget(this);
    for (const event of this.#queue) if (event.type === "frame") event.bitmap.close();
    this.#queue = [];
  }

  /** @returns {AsyncGenerator<RunEvent, void>} */
  async *[Symbol.asyncIterator]() {
    for (;;) {
      const event = this.#queue.shift();
      if (event) yield event;
      else if (this.#error) throw this.#error;
      else if (this.#ended) return;
      else await new Promise((wake) => (this.#wake = () => wake(undefined)));
    }
  }

  /** For {@link Easel}: the start message is on its way. */
  markPosted() {
    this.#posted = true;
    for (const request of this.#early.splice(0)) this.#link.post(request);
  }

  /**
   * For {@link Easel}: the worker is gone. What begins the run in the next one, or nothing if it ends here.
   * @param {EaselError} error
   */
  outlives(error) {
    if (this.#ended || !this.#recovery?.lost()) return null;
    this.#posted = false;
    this.#lost = error;
    return this.#recovery.again(this.id);
  }

  /** The next worker has begun the run. @param {EaselError} error @param {Recovery} recovery */
  #recovered(error, { step, control }) {
    this.#lost = null;
    this.#step = step;
    if (Object.keys(control).length > 0) this.#link.post({ type: "tune", run: this.id, control });
    // The new worker got one tune for all of them.
    for (const call of this.#waiting.splice(0)) call.promise.resolve();
    if (this.#paused) this.#link.post({ type: "pause", run: this.id, on: true });
    this.receive({ type: "recovered", run: this.id, step, error });
  }

  /** For {@link Easel}: an event of this run came. @param {RunEvent} event */
  receive(event) {
    if (event.type === "started" && this.#lost && this.#recovery) {
      this.#recovered(this.#lost, this.#recovery);
      return;
    }
    // A stop, and controls that last, bring a picture after the end.
    if (this.#ended && !["frame", "tuned", "refused"].includes(event.type)) return;
    if (event.type === "frame") {
      const stale = this.#queue.findIndex((queued) => queued.type === "frame");
      if (stale >= 0) {
        const [old] = this.#queue.splice(stale, 1);
        if (old?.type === "frame") old.bitmap.close();
      }
    }
    if ("step" in event) this.#step = event.step;
    this.#queue.push(event);
    // Tunes are answered one by one, in order; a pause answers every call that asked for it.
    if (event.type === "tuned") this.#answered((call) => call.type === "tuned", 1);
    if (event.type === "refused") this.#answered((call) => call.type === "tuned", 1, new EaselError(event.error));
    if (event.type === "progress" && this.#recovery?.due) this.keep();
    if (event.type === "paused") this.#answered((call) => call.type === "paused" && call.on === event.on);
    if (event.type === "finished") {
      this.#ended = true;
      for (const { promise } of this.#waiting.splice(0)) promise.resolve();
      this.#done.resolve(event);
    }
    this.#wake();
  }

  /** For {@link Easel}: the run failed. @param {EaselError} error */
  fail(error) {
    for (const { promise } of this.#waiting.splice(0)) promise.reject(error);
    if (this.#ended) return;
    this.#ended = true;
    this.#error = error;
    this.#done.reject(error);
    this.#wake();
  }

  /**
   * Settle the calls that waited for an event.
   * @param {(call: { type: "paused" | "tuned", on?: boolean }) => boolean} matches
   * @param {number} [most] @param {EaselError} [refusal]
   */
  #answered(matches, most = Infinity, refusal) {
    for (const call of this.#waiting.filter(matches).slice(0, most)) {
      if (refusal) call.promise.reject(refusal);
      else call.promise.resolve();
      this.#waiting.splice(this.#waiting.indexOf(call), 1);
    }
  }

  /** @param {boolean} on */
  #hold(on) {
    return this.#confirm("paused", { type: "pause", run: this.id, on }, on);
  }

  /**
   * @param {"paused" | "tuned"} type @param {Request} request @param {boolean} [on]
   * @returns {Promise<void>}
   */
  async #confirm(type, request, on) {
    if (request.type === "pause") this.#paused = request.on;
    if (this.#lost || (this.#ended && (type !== "tuned" || !this.#link.has(this)))) return;
    /** @type {ReturnType<typeof deferred<void>>} */
    const promise = deferred();
    this.#waiting.push({ type, on, promise });
    if (this.#posted) this.#link.post(request);
    else this.#early.push(request);
    return promise.promise;
  }

  /** @param {(ticket: number) => Request} request @returns {Promise<Blob>} */
  async #file(request) {
    if (this.#lost) throw this.#lost;
    if (!this.#link.has(this)) {
      throw new EaselError({ code: "no-run", message: "there is no such run" });
    }
    const { blob } = await this.#link.ask(request);
    if (!blob) throw new EaselError({ code: "unexpected", message: "the worker sent no file" });
    return blob;
  }
}
