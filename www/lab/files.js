// @ts-check
/** What is said of files of generators, which the GAN lab and the walk open. */
export const en = {
  "error.weights-pickle": "{subject} cannot be read as a PyTorch state dict.",
  "error.weights-pickle.next": "Save it again in PyTorch: torch.save(generator.state_dict(), \"generator.pth\").",
  "error.weights-generator": "{subject} holds no generator that is known or fits here.",
  "error.weights-generator.next": "Known are those of PyTorch's DCGAN example, of PyTorch-GAN and of the GAN lab. The details say what is in the way.",
};

export const ko = {
  "error.weights-pickle": "{subject}: PyTorch의 state dict로 읽을 수 없어요.",
  "error.weights-pickle.next": "PyTorch에서 다시 저장해 주세요: torch.save(generator.state_dict(), \"generator.pth\").",
  "error.weights-generator": "{subject}: 아는 생성자가 없거나 여기에 맞지 않아요.",
  "error.weights-generator.next": "PyTorch의 DCGAN 예제, PyTorch-GAN, GAN 실험실의 생성자를 알아요. 무엇이 걸리는지는 자세한 내용에 있어요.",
};
