// @ts-check
/** A picture from the camera. The camera is on only while the dialog is open. */
import { button, byId, element } from "../dom.js";
import { say, t } from "../i18n.js";

/** Why there is no camera. @param {unknown} error @returns {import("../i18n.js").Key} */
export function reason(error) {
  switch (error instanceof DOMException ? error.name : "") {
    case "NotAllowedError":
    case "SecurityError":
      return "camera.denied";
    case "NotFoundError":
    case "OverconstrainedError":
      return "camera.none";
    default:
      return "camera.busy";
  }
}

/** @param {(file: File) => void} onSnap */
export function camera(onSnap) {
  const dialog = byId("camera", HTMLDialogElement);
  const video = byId("camera-video", HTMLVideoElement);
  const text = element("camera-text");
  const snap = button("camera-snap");
  const flip = button("camera-flip");
  /** @type {MediaStream | null} */
  let stream = null;
  /** Counts openings: a camera that answers after the dialog was closed is switched off again. */
  let opening = 0;
  let facing = "environment";

  function off() {
    opening += 1;
    for (const track of stream?.getTracks() ?? []) track.stop();
    stream = null;
    video.srcObject = null;
    snap.disabled = true;
  }

  async function on() {
    off();
    const mine = opening;
    video.hidden = false;
    say(text, "camera.waiting");
    try {
      if (!navigator.mediaDevices) throw new DOMException("", "NotFoundError");
      const found = await navigator.mediaDevices.getUserMedia({
        video: { facingMode: facing, width: { ideal: 1920 }, height: { ideal: 1440 } },
      });
      if (mine !== opening) {
        for (const track of found.getTracks()) track.stop();
        return;
      }
      stream = found;
      video.srcObject = found;
      await video.play();
      say(text, "camera.local");
      snap.disabled = false;
      const devices = await navigator.mediaDevices.enumerateDevices();
      flip.hidden = devices.filter(({ kind }) => kind === "videoinput").length < 2;
    } catch (error) {
      if (mine !== opening) return;
      off();
      video.hidden = true;
      say(text, reason(error));
    }
  }

  flip.addEventListener("click", () => {
    facing = facing === "user" ? "environment" : "user";
    on();
  });
  element("camera-close").addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", off);
  snap.addEventListener("click", () => {
    const canvas = document.createElement("canvas");
    canvas.width = video.videoWidth;
    canvas.height = video.videoHeight;
    canvas.getContext("2d")?.drawImage(video, 0, 0);
    canvas.toBlob((blob) => {
      dialog.close();
      if (blob) onSnap(new File([blob], `${t("camera.file")}.png`, { type: "image/png" }));
    }, "image/png");
  });
  return {
    open() {
      dialog.showModal();
      on();
    },
  };
}
