// @ts-check
/** One run on screen: its events, the progress bar, pause and stop. */
import { button, byId, element } from "../dom.js";
import { bytes, duration, number, say, t } from "../i18n.js";
import { alarm, announce, tell } from "./notices.js";

/** @typedef {import("../easel.js").Run} Run */
/** @typedef {import("../easel.js").RunEvent} RunEvent */
/** @typedef {Extract<RunEvent, { type: "started" }>} Started */
/** @typedef {Extract<RunEvent, { type: "progress" }>} Progress */
/** @typedef {import("../easel.js").Kept} Kept */
/** @typedef {import("../easel.js").Finished} Finished */
/** @typedef {"idle" | "starting" | "running" | "paused" | "stopping"} Phase */

/**
 * @typedef {object} Watcher
 * @property {(event: Started) => void} started
 * @property {(event: Progress) => void} progress
 * @property {(bitmap: ImageBitmap, step: number) => void} frame
 * @property {(step: number) => void} tuned
 * @property {(event: Kept) => void} kept
 * @property {(step: number) => void} recovered
 * @property {(event: Finished) => void} finished
 * @property {(error: unknown) => void} ended `error` is null after a good end
 * @property {() => void} phase the phase changed
 */

export class Runner {
  #watcher;
  /** @type {Run | null} The newest run; it stays after its end, for its picture. */
  run = null;
  /** @type {Phase} */
  phase = "idle";
  /** Stop was pressed before the run had begun. */
  #cancelled = false;
  /** @type {WakeLockSentinel | null} */
  #awake = null;
  #bar = byId("progress", HTMLProgressElement);
  #what = element("doing-what");
  #left = element("doing-left");

  /** @param {Watcher} watcher */
  constructor(watcher) {
    this.#watcher = watcher;
    button("pause").addEventListener("click", () => this.#togglePause());
    button("stop").addEventListener("click", () => this.stop());
    document.addEventListener("languagechange", () => this.#show());
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "hidden") {
        this.run?.keep();
        return;
      }
      // The browser let the screen go when the page was hidden.
      this.#awake = null;
      this.#stayAwake(this.phase === "running");
    });
  }

  /** Whether a run is going on. */
  get active() {
    return this.phase !== "idle";
  }

  /** Begin a run and follow it to its end. @param {() => Promise<Run>} begin draws the inputs and starts it */
  async follow(begin) {
    const before = this.run;
    this.#cancelled = false;
    this.#phase("starting");
    this.#bar.removeAttribute("value");
    say(this.#what, "doing.starting");
    this.#left.textContent = "";
    let failure = null;
    /** @type {Run | null} */
    let run = null;
    try {
      run = await begin();
      this.run = run;
      if (this.#cancelled) run.stop().catch(() => {});
      for await (const event of run) {
        // A newer run has taken the page; the old one is being stopped.
        if (this.run !== run) {
          if (event.type === "frame") event.bitmap.close();
          continue;
        }
        this.#event(event);
        if (event.type === "started") before?.forget();
      }
    } catch (error) {
      failure = error;
    }
    if (run && this.run !== run) return;
    this.#phase("idle");
    this.#watcher.ended(failure);
  }

  /** Stop and keep the best so far. */
  async stop() {
    if (!this.active || this.phase === "stopping") return;
    const preparing = this.run === null || this.run.ended;
    this.#cancelled = true;
    this.#phase("stopping");
    // What ended the run is told by `follow`.
    if (!preparing) await this.run?.stop().catch(() => {});
  }

  /** The worker was lost, and the run waits for the next one. */
  interrupted() {
    if (!this.active) return;
    this.#bar.removeAttribute("value");
    say(this.#what, "doing.recovering");
    this.#left.textContent = "";
  }

  /** @param {RunEvent} event */
  #event(event) {
    switch (event.type) {
      case "loading":
        if (event.total > 0) this.#bar.value = event.done / event.total;
        say(this.#what, "doing.loading", { model: event.model, done: bytes(event.done), total: bytes(event.total) });
        return;
      case "started":
        if (this.phase === "starting") this.#phase("running");
        this.#bar.removeAttribute("value");
        this.#watcher.started(event);
        return;
      case "progress":
        this.#progress(event);
        this.#watcher.progress(event);
        return;
      case "frame":
        this.#watcher.frame(event.bitmap, event.step);
        return;
      case "tuned":
        this.#watcher.tuned(event.step);
        return;
      case "paused":
        if (this.phase !== "stopping") this.#phase(event.on ? "paused" : "running");
        announce(t(event.on ? "said.paused" : "said.resumed"));
        return;
      case "kept":
        this.#watcher.kept(event);
        return;
      case "recovered":
        this.#watcher.recovered(event.step);
        tell("said.recovered", { step: event.step });
        return;
      case "finished":
        this.#watcher.finished(event);
        tell(event.stopped ? "said.stopped" : "said.finished", { step: event.step });
    }
  }

  /** @param {Progress} event */
  #progress({ step, of, secondsPerStep, eta, width, height }) {
    this.#bar.max = 1;
    this.#bar.value = of > 0 ? step / of : 0;
    const known = secondsPerStep != null && secondsPerStep > 0;
    const pace = !known ? "" : secondsPerStep < 1
      ? t("doing.perSecond", { n: number(1 / secondsPerStep, { maximumSignificantDigits: 2 }) })
      : t("doing.perStep", { n: number(secondsPerStep, { maximumSignificantDigits: 2 }) });
    say(this.#what, known ? "doing.step.pace" : "doing.step", { step, of, width, height, pace });
    const left = eta == null ? "" : t("doing.left", { time: duration(eta) });
    if (this.phase !== "paused") this.#left.textContent = left;
    announce(`${t("said.step", { step, of })} ${left}`, { progress: true });
  }

  async #togglePause() {
    const run = this.run;
    if (!run) return;
    try {
      await (this.phase === "paused" ? run.resume() : run.pause());
    } catch (error) {
      // A run that failed meanwhile is told by `follow`; another refusal is told here.
      if (!run.ended) alarm(error);
    }
  }

  /** @param {Phase} phase */
  #phase(phase) {
    this.phase = phase;
    this.#show();
    this.#stayAwake(phase === "running");
    this.#watcher.phase();
  }

  /** A phone that sleeps would stop the run. @param {boolean} on */
  async #stayAwake(on) {
    if (!on) {
      this.#awake?.release().catch(() => {});
      this.#awake = null;
      return;
    }
    try {
      this.#awake ??= (await navigator.wakeLock?.request("screen")) ?? null;
      if (this.phase !== "running") this.#stayAwake(false);
    } catch {
      // Refused, on low battery for one; the run goes on while the screen is lit.
    }
  }

  #show() {
    const { phase } = this;
    element("doing").hidden = phase === "idle";
    element("doing").dataset.phase = phase;
    const pause = button("pause");
    const stop = button("stop");
    const focused = [button("start"), pause, stop].find((one) => one === document.activeElement);
    button("start").hidden = phase !== "idle";
    pause.hidden = stop.hidden = phase === "idle";
    pause.disabled = phase === "starting" || phase === "stopping";
    // Not disabled, so that it keeps the focus; `stop` ignores a second press.
    stop.setAttribute("aria-disabled", String(phase === "stopping"));
    pause.querySelector("use")?.setAttribute("href", phase === "paused" ? "#i-play" : "#i-pause");
    say(element("pause-text"), phase === "paused" ? "resume" : "pause");
    if (phase === "stopping") say(this.#what, "doing.stopping");
    if (phase === "paused") this.#left.textContent = t("said.paused");
    // The button that was pressed gives way to another: focus must not fall back to the top.
    if (focused?.hidden || focused?.disabled) (phase === "idle" ? button("start") : stop).focus();
  }
}
