/** What www/worker.js uses of its scope: TypeScript's own types of workers and of pages exclude each other. */
interface DedicatedWorkerGlobalScope extends EventTarget, WindowOrWorkerGlobalScope {
  onmessage: ((event: MessageEvent) => void) | null;
  postMessage(message: unknown, transfer: Transferable[]): void;
  addEventListener(type: "unhandledrejection", listener: (event: PromiseRejectionEvent) => void): void;
}
