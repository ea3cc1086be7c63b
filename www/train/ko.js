// @ts-check
/** Korean texts of what trains. */
export const ko = {
  "train.play": "재생",
  "train.pause": "멈춤",
  "train.step": "한 단계",
  "train.slow": "천천히",
  "train.again": "처음부터",
  "train.at": "{of}단계 중 {step}단계",
  "train.pace": "{of}단계 중 {step}단계 · {pace}",
  "train.finished": "{step}단계를 마쳤어요.",
  "train.stopped": "{step}단계에서 멈췄어요.",
  "train.preparing": "배울 것을 그리고 있어요…",
  "metric.d_loss": "D의 손실",
  "metric.g_loss": "G의 손실",
  "metric.d_real": "진짜에 대한 D",
  "metric.d_fake": "만든 것에 대한 D",
};
