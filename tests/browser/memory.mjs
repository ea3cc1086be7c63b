/** GPU memory over a long training. */

/**
 * Counts, in the worker, the bytes of the buffers that hold tensors, and tells them when asked. wgpu lets go of a buffer
 * instead of destroying it, so one is gone when it is collected.
 */
export const LEDGER = `{
  let bytes = 0;
  const collected = new FinalizationRegistry((size) => (bytes -= size));
  const createBuffer = GPUDevice.prototype.createBuffer;
  GPUDevice.prototype.createBuffer = function (descriptor) {
    const buffer = createBuffer.call(this, descriptor);
    if (descriptor.usage & GPUBufferUsage.STORAGE) {
      bytes += descriptor.size;
      collected.register(buffer, descriptor.size);
    }
    return buffer;
  };
  const channel = new BroadcastChannel("ledger");
  channel.onmessage = ({ data }) => data === "?" && channel.postMessage(bytes);
}`;
/** A page of a pool more or less, which is returned and taken anew from time to time. */
const SLACK = 1.05;

export const tests = [
  {
    name: "three hundred further steps of a DCGAN take no further GPU memory",
    async run(t) {
      const page = await t.open({ prepend: { "worker.js": LEDGER } });
      const seen = await page.evaluate(async () => {
        const { lab } = globalThis;
        const channel = new BroadcastChannel("ledger");
        const live = () => new Promise((told) => {
          channel.onmessage = ({ data }) => typeof data === "number" && told(data);
          channel.postMessage("?");
        });
        const log = await lab.begin({ job: "gan", variant: "dcgan", data: "digits", count: 32, batch: 4, width: 2, steps: 500 }, {});
        await lab.event(log, (event) => event.type === "progress" && event.step >= 200, "two hundred steps, in which the pools settle");
        const early = await live();
        const { step } = await log.run.done;
        const late = [await live()];
        // The browser collects when it likes.
        for (let i = 0; i < 60 && late.at(-1) > early; i += 1) {
          await new Promise((wake) => setTimeout(wake, 500));
          late.push(await live());
        }
        return { early, late: Math.min(...late), step };
      });
      t.equal(seen.step, 500, "the last step");
      t.assert(seen.early > 100_000, `only ${seen.early} bytes were counted`);
      t.assert(seen.late <= seen.early * SLACK, `${seen.late} bytes after 500 steps, ${seen.early} after 200`);
      t.said = `${(seen.early / 1e6).toFixed(1)} and ${(seen.late / 1e6).toFixed(1)} MB`;
    },
  },
];
