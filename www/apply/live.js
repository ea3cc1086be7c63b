// @ts-check
/** The camera's pictures one after the other, each as large as asked for. */
import { make } from "../dom.js";

/** @param {number} side the longest side of a picture in pixels */
export async function opened(side) {
  if (!navigator.mediaDevices) throw new DOMException("", "NotFoundError");
  const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment", width: { ideal: 1280 } } });
  const video = make("video", { playsinline: true, muted: true });
  video.muted = true;
  video.srcObject = stream;
  await video.play();
  const canvas = make("canvas");
  return {
    /** What it sees now. @param {string} name @param {string} type @returns {Promise<File>} */
    async picture(name, type) {
      const { videoWidth: w, videoHeight: h } = video;
      const scale = Math.min(1, side / Math.max(w, h));
      canvas.width = Math.max(1, Math.round(w * scale));
      canvas.height = Math.max(1, Math.round(h * scale));
      canvas.getContext("2d")?.drawImage(video, 0, 0, canvas.width, canvas.height);
      const blob = await new Promise((done) => canvas.toBlob(done, type, 0.95));
      return new File([/** @type {Blob} */ (blob)], name, { type });
    },
    close() {
      for (const track of stream.getTracks()) track.stop();
      video.srcObject = null;
    },
  };
}
