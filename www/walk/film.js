// @ts-check
/**
 * A film of a walk. The pictures are drawn first, however long that takes, and then played to the browser's recorder at
 * their pace, so that the film is as smooth on a slow device as on a quick one.
 */

/** Pictures per second. */
export const PACE = 30;
/** The shorter side of a film is at least so many pixels: players make small ones blurred. */
const SIDE = 480;
/** What plays nearly everywhere comes first. */
const TYPES = ["video/mp4;codecs=avc1.42E01E", "video/webm;codecs=vp9", "video/webm;codecs=vp8", "video/webm"];
const BITS_PER_SECOND = 6_000_000;

/** What this browser can record; none if it cannot. */
export const type = () => ("MediaRecorder" in globalThis ? TYPES.find((one) => MediaRecorder.isTypeSupported(one)) : undefined);

/** @param {string} type */
export const ending = (type) => (type.includes("mp4") ? "mp4" : "webm");

/**
 * @param {ImageBitmap[]} pictures all of one size
 * @param {{ type: string, smooth: boolean, told: (part: number) => void, signal: AbortSignal }} how
 * @returns {Promise<Blob>}
 */
export async function film(pictures, { type, smooth, told, signal }) {
  const { width, height } = /** @type {ImageBitmap} */ (pictures[0]);
  const scale = Math.ceil(SIDE / Math.min(width, height));
  const canvas = document.createElement("canvas");
  // H.264 takes even sides only.
  canvas.width = 2 * Math.ceil((width * scale) / 2);
  canvas.height = 2 * Math.ceil((height * scale) / 2);
  const context = canvas.getContext("2d", { alpha: false });
  if (!context) throw new Error("no canvas");
  context.imageSmoothingEnabled = smooth;
  context.imageSmoothingQuality = "high";
  const draw = (/** @type {ImageBitmap} */ picture) => context.drawImage(picture, 0, 0, canvas.width, canvas.height);
  draw(/** @type {ImageBitmap} */ (pictures[0]));
  const stream = canvas.captureStream(0);
  const track = /** @type {CanvasCaptureMediaStreamTrack} */ (stream.getVideoTracks()[0]);
  // Firefox has it at the stream.
  const shooter = "requestFrame" in track ? track : /** @type {CanvasCaptureMediaStreamTrack} */ (/** @type {unknown} */ (stream));
  const recorder = new MediaRecorder(stream, { mimeType: type, videoBitsPerSecond: BITS_PER_SECOND });
  /** @type {Blob[]} */
  const parts = [];
  recorder.ondataavailable = ({ data }) => parts.push(data);
  const ended = new Promise((done, failed) => {
    recorder.onstop = done;
    recorder.onerror = (event) => failed(/** @type {any} */ (event).error ?? new Error("the recorder failed"));
  });
  recorder.start(1000);
  try {
    const begun = performance.now();
    for (const [i, picture] of pictures.entries()) {
      signal.throwIfAborted();
      draw(picture);
      shooter.requestFrame();
      told((i + 1) / pictures.length);
      const due = begun + ((i + 1) * 1000) / PACE;
      await new Promise((wake) => setTimeout(wake, Math.max(0, due - performance.now())));
    }
  } finally {
    recorder.stop();
    track.stop();
  }
  await ended;
  return new Blob(parts, { type: type.split(";")[0] });
}
