/** GPU memory over a long training. */

/**
 * Counts, in the worker, the bytes of the buffers that hold tensors, and tells them when asked (`lab.live`). wgpu lets go
 * of a buffer instead of destroying it, so one is gone when it is collected.
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
export const SLACK = 1.05;
