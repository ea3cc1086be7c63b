/**
 * Counts what goes through WebGPU, whoever calls it: `gpuCounters` grows for as long as the page lives. `gpuErrors`
 * gets the errors nobody catches: a shader that does not compile would only be very fast otherwise.
 * A classic script, so that it runs before any library can keep an unwrapped function.
 */
"use strict";
{
  const counters = { submits: 0, dispatches: 0, readBytes: 0, bufferBytes: 0 };
  /** @type {string[]} */
  const errors = [];
  Object.assign(globalThis, { gpuCounters: counters, gpuErrors: errors });

  /** Calls `count` with the arguments, then the real method. */
  const wrap = (type, name, count) => {
    const real = type.prototype[name];
    type.prototype[name] = function (...parameters) {
      count.apply(this, parameters);
      return real.apply(this, parameters);
    };
  };

  if (globalThis.GPUQueue) {
    const requestDevice = GPUAdapter.prototype.requestDevice;
    GPUAdapter.prototype.requestDevice = async function (...parameters) {
      const device = await requestDevice.apply(this, parameters);
      device.addEventListener("uncapturederror", ({ error }) => errors.push(error.message));
      return device;
    };
    wrap(GPUQueue, "submit", () => (counters.submits += 1));
    for (const name of ["dispatchWorkgroups", "dispatchWorkgroupsIndirect"]) {
      wrap(GPUComputePassEncoder, name, () => (counters.dispatches += 1));
    }
    wrap(GPUDevice, "createBuffer", ({ size }) => (counters.bufferBytes += Number(size)));
    wrap(GPUBuffer, "mapAsync", function (mode, offset = 0, size = this.size - offset) {
      if (mode & GPUMapMode.READ) counters.readBytes += Number(size);
    });
  }
}
