/**
 * Runs one case in one page. `run.mjs` calls `heats` and `race`, each in a browser of its own, and hears of the
 * progress by `tell`, a function that it puts into the page.
 *
 * A contender is `{ name, load(), run(), output(), free() }`. `run` resolves when the GPU has finished one unit of work
 * (a forward pass or a training step), and reads nothing back. `output` gives the result of the last forward pass, but
 * of the first training step.
 */
import { burn, easel } from "./easel.js";
import { ort } from "./ort.js";
import { tfjs } from "./tfjs.js";
import { CASES } from "./weights.js";

const PEERS = { easel, burn, ort, tfjs };
const WARM_UPS = 2;

/**
 * @typedef {{ name: string, load(): Promise<void>, run(): Promise<void>, output(): Promise<Float32Array>,
 *   free(): Promise<void> }} Contender
 */

/** Milliseconds that something takes. @param {() => unknown} work */
async function timed(work) {
  const begun = performance.now();
  await work();
  return performance.now() - begun;
}

/** Lets the page tidy up, so that one contender does not pay for another. */
const breathe = () => new Promise((done) => setTimeout(done, 50));

/** One run, with what went through WebGPU. @param {Contender} contender */
async function measured(contender) {
  await breathe();
  const before = { ...globalThis.gpuCounters };
  const ms = await timed(() => contender.run());
  const counts = Object.entries(globalThis.gpuCounters).map(([name, count]) => [name, count - before[name]]);
  return { ms, counts: Object.fromEntries(counts) };
}

/** The GPU and its process awake, so that the first contender does not pay for that. */
async function wake() {
  if (!navigator.gpu) throw new Error("this browser has no WebGPU");
  // Right after start the first answer can be null although there is an adapter.
  let adapter = await navigator.gpu.requestAdapter();
  for (let tries = 0; !adapter && tries < 5; tries += 1) {
    await new Promise((done) => setTimeout(done, 1000));
    adapter = await navigator.gpu.requestAdapter();
  }
  if (!adapter) throw new Error("the browser gives no graphics adapter");
  const device = await adapter.requestDevice();
  device.queue.submit([device.createCommandEncoder().finish()]);
  await device.queue.onSubmittedWorkDone();
  device.destroy();
  const { vendor, architecture, description } = adapter.info;
  return [vendor, architecture, description].filter(Boolean).join(" ");
}

/** @param {string} name @param {string} who @param {Float32Array} output */
function alive(name, who, output) {
  const mean = output.reduce((sum, value) => sum + value, 0) / output.length;
  const deviation = Math.sqrt(output.reduce((sum, value) => sum + (value - mean) ** 2, 0) / output.length);
  const dead = CASES[name].relative ? Math.abs(mean) < 0.01 : deviation < 0.01;
  if (!Number.isFinite(mean)) throw new Error(`${name}: the output of ${who} is not finite`);
  if (dead) throw new Error(`${name}: the output of ${who} is nearly constant (mean ${mean}, deviation ${deviation})`);
}

/**
 * How far two outputs lie apart; throws if they are not the same within the case's tolerance.
 * @param {string} name @param {[string, Float32Array]} one @param {[string, Float32Array]} other
 */
function compared(name, [one, a], [other, b]) {
  const { tolerance, relative = false, aside = 0 } = CASES[name];
  if (a.length !== b.length) throw new Error(`${name}: ${one} gives ${a.length} values, ${other} ${b.length}`);
  let [worst, apart] = [0, 0];
  for (let i = 0; i < a.length; i += 1) {
    const difference = Math.abs(a[i] - b[i]) / (relative ? Math.max(Math.abs(a[i]), Math.abs(b[i])) : 1);
    worst = Math.max(worst, difference);
    if (!(difference <= tolerance)) apart += 1;
  }
  if (apart > aside * a.length) {
    const kind = relative ? "relatively " : "";
    throw new Error(`${name}: ${one} and ${other} disagree: ${apart} of ${a.length} values by more than ${kind}`
      + `${tolerance}, the worst by ${worst.toPrecision(3)}`);
  }
  return { with: other, worst, apart };
}

/** @param {string} name @param {string[]} peers */
function contenders(name, peers) {
  const tensors = CASES[name].tensors();
  return peers.flatMap((peer) => PEERS[peer].contenders(name, tensors).map((contender) => ({ peer, contender })));
}

/** What loading a library took, by the function that does it: Easel and stock Burn have the same. */
const starts = new Map();

/** Library, load and first run. @param {string} peer @param {Contender} contender */
async function cold(peer, contender) {
  const library = PEERS[peer].start;
  if (!starts.has(library)) starts.set(library, await timed(library));
  const start = starts.get(library);
  const load = await timed(() => contender.load());
  const first = await timed(() => contender.run());
  await breathe();
  if (globalThis.gpuErrors.length > 0) throw new Error(`${contender.name}: ${globalThis.gpuErrors.splice(0)[0]}`);
  const [a, b, c] = [start, load, first].map((ms) => ms.toFixed(0));
  globalThis.tell(`${contender.name}: start ${a} ms, load ${b} ms, first run ${c} ms`);
  return { start, load, first };
}

/**
 * Tries all variants of the peers, one after the other: which of them is worth racing against? A variant that does not
 * work, or computes something else, is reported with its error.
 * @param {{ name: string, peers: string[] }} options
 */
export async function heats({ name, peers }) {
  await wake();
  /** @type {[string, Float32Array] | undefined} */
  let reference;
  const results = [];
  for (const { peer, contender } of contenders(name, peers)) {
    try {
      await cold(peer, contender);
      const output = await contender.output();
      alive(name, contender.name, output);
      if (reference) compared(name, [contender.name, output], reference);
      reference ??= [contender.name, output];
      // Two runs, and up to five of quick ones: a peer is to start with its best variant, not with its luckiest.
      const times = [];
      for (let spent = 0; times.length < 2 || (times.length < 5 && spent < 5000); spent += times.at(-1)) {
        times.push((await measured(contender)).ms);
      }
      const ms = Math.min(...times);
      globalThis.tell(`${contender.name}: ${times.map((time) => time.toFixed(1)).join(", ")} ms`);
      compared(name, [`${contender.name}, last run,`, await contender.output()], ["its first", output]);
      results.push({ peer, name: contender.name, ms });
      await contender.free();
    } catch (error) {
      globalThis.tell(`${contender.name} fails: ${error}`);
      results.push({ peer, name: contender.name, error: String(error) });
    }
  }
  return results;
}

/**
 * Interleaved rounds, A-B-C-A-B-C, of the named contenders; the outputs have to agree with the first one's.
 * @param {{ name: string, peers: string[], names: string[], rounds: number }} options
 */
export async function race({ name, peers, names, rounds }) {
  const adapter = await wake();
  const racing = contenders(name, peers).filter(({ contender }) => names.includes(contender.name));
  /** @type {[string, Float32Array] | undefined} */
  let reference;
  const results = [];
  for (const { peer, contender } of racing) {
    const result = { peer, title: PEERS[peer].title, name: contender.name, cold: await cold(peer, contender) };
    const output = await contender.output();
    alive(name, contender.name, output);
    const agreement = reference && compared(name, [contender.name, output], reference);
    if (agreement) {
      globalThis.tell(`${contender.name} agrees with ${agreement.with}: worst ${agreement.worst.toPrecision(2)}`);
    }
    reference ??= [contender.name, output];
    results.push({ ...result, agreement, warmUps: [], rounds: [], counts: {} });
  }
  for (let round = -WARM_UPS; round < rounds; round += 1) {
    const said = [];
    for (const [i, { contender }] of racing.entries()) {
      const { ms, counts } = await measured(contender);
      (round < 0 ? results[i].warmUps : results[i].rounds).push(ms);
      results[i].counts = counts;
      said.push(`${contender.name} ${ms.toFixed(1)} ms`);
    }
    globalThis.tell(`${round < 0 ? "warm-up" : `round ${round + 1}`}: ${said.join(", ")}`);
  }
  // A run that skips its work is quick: whoever agreed before has to agree still.
  for (const { contender } of racing) {
    compared(name, [`${contender.name}, last run,`, await contender.output()], reference);
    await contender.free();
  }
  return { adapter, contenders: results };
}

Object.assign(globalThis, { bench: { heats, race, cases: Object.keys(CASES) } });
