// @ts-check
/** English texts of what trains. */
export const en = {
  "train.play": "Play",
  "train.pause": "Pause",
  "train.step": "One step",
  "train.slow": "Slow",
  "train.again": "Start over",
  "train.at": "Step {step} of {of}",
  "train.pace": "Step {step} of {of} · {pace}",
  "train.finished": "Done after {step} steps.",
  "train.stopped": "Stopped at step {step}.",
  "train.preparing": "Drawing what is to be learnt…",
  "metric.d_loss": "Loss of D",
  "metric.g_loss": "Loss of G",
  "metric.d_real": "D on real",
  "metric.d_fake": "D on generated",
};
