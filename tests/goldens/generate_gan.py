# /// script
# requires-python = ">=3.11"
# dependencies = ["torch==2.15.0", "safetensors==0.8.0", "numpy==2.4.6"]
# ///
"""Golden values of the GAN lab: PyTorch's answers, which `tests/adversarial.rs` and `tests/models/` must reproduce.

Run on a CPU, from anywhere; it rewrites adversarial.safetensors and mlp_gan.safetensors beside it, and takes seconds:

    pip install torch==2.15.0 safetensors==0.8.0 numpy==2.4.6
    python tests/goldens/generate_gan.py

`adversarial`: losses by torch's own binary cross entropy and mean squared error, on logits of which some are so large
that a sigmoid in float32 is 0 or 1; with their gradients. `mlp_gan`: the networks of PyTorch-GAN's gan.py and cgan.py
with its names, except that batch norms have PyTorch's epsilon and not 0.8; cases as in generate_models.py.
"""

import torch
from generate_models import Masked, case, write
from torch import nn
from torch.nn import functional as F


def adversarial():
    torch.manual_seed(3)
    out = {}
    real = torch.cat([4 * torch.randn(12), torch.tensor([-60.0, -20.0, 20.0, 60.0])]).reshape(16, 1, 1, 1)
    fake = torch.cat([4 * torch.randn(12), torch.tensor([60.0, 20.0, -20.0, -60.0])]).reshape(16, 1, 1, 1)
    out["real"], out["fake"] = real, fake
    real, fake = real.double().requires_grad_(), fake.double().requires_grad_()
    bce, mse = F.binary_cross_entropy_with_logits, F.mse_loss
    to = lambda x, value: torch.full_like(x, value)
    for smoothing in (0.0, 0.1):
        target = 1 - smoothing
        cross = bce(real, to(real, target)) + bce(fake, to(fake, 0))
        squares = 0.5 * (mse(real, to(real, target)) + mse(fake, to(fake, 0)))
        for name, loss in (("non-saturating", cross), ("least-squares", squares)):
            key = f"{name}.{smoothing:.1f}.discriminator"
            out[key] = loss.reshape(1)
            out[f"{key}.gradient.real"], out[f"{key}.gradient.fake"] = torch.autograd.grad(loss, (real, fake),
                                                                                          retain_graph=True)
    for name, loss in (("minimax", -bce(fake, to(fake, 0))), ("non-saturating", bce(fake, to(fake, 1))),
                       ("least-squares", mse(fake, to(fake, 1)))):
        out[f"{name}.generator"] = loss.reshape(1)
        (out[f"{name}.generator.gradient"],) = torch.autograd.grad(loss, fake, retain_graph=True)
    write("adversarial.safetensors", out)


class Row(nn.Module):
    """Fully connected layers on [B, C, H, W], flattened, to [B, *shape]."""

    def __init__(self, layers, shape):
        super().__init__()
        self.model, self.shape = nn.Sequential(*layers), shape

    def forward(self, x):
        return self.model(x.flatten(1)).reshape(-1, *self.shape)


def generator(latent, widths, shape, norm=True, bounded=True):
    layers, before = [], latent
    for i, width in enumerate(widths):
        layers.append(nn.Linear(before, width))
        if norm and i:
            layers.append(nn.BatchNorm1d(width))
        layers.append(nn.LeakyReLU(0.2))
        before = width
    n = torch.Size(shape).numel()
    return Row(layers + [nn.Linear(before, n)] + ([nn.Tanh()] if bounded else []), shape)


def discriminator(inputs, widths, dropout=False):
    layers, before = [], inputs
    for i, width in enumerate(widths):
        layers.append(nn.Linear(before, width))
        if dropout and i:
            layers.append(Masked())
        layers.append(nn.LeakyReLU(0.2))
        before = width
    return Row(layers + [nn.Linear(before, 1)], (1, 1, 1))


def draw_linear(net):
    for module in net.modules():
        if isinstance(module, nn.Linear):
            module.weight.data = torch.randn_like(module.weight) * (1.5 / module.in_features) ** 0.5
            module.bias.data = 0.1 * torch.randn_like(module.bias)
        if isinstance(module, nn.BatchNorm1d):
            module.weight.data = 1 + 0.3 * torch.randn_like(module.weight)
            module.bias.data = 0.3 * torch.randn_like(module.bias)
            module.running_mean = 0.3 * torch.randn_like(module.running_mean)
            module.running_var = 0.5 + torch.rand_like(module.running_var)
    return net


def networks():
    with torch.device("meta"):
        count = lambda net: sum(p.numel() for p in net.parameters())
        embedding = nn.Embedding(10, 10)
        assert count(generator(100, [128, 256, 512, 1024], (1, 28, 28))) == 1_510_032
        assert count(discriminator(784, [512, 256])) == 533_505
        assert count(generator(110, [128, 256, 512, 1024], (1, 32, 32))) + count(embedding) == 1_757_412
        assert count(discriminator(1034, [512, 512, 512], True)) + count(embedding) == 1_055_845
    out = {}
    case(out, "generator", lambda: draw_linear(generator(5, [6, 7, 9], (2, 3, 4))), (5, 5, 1, 1), -2, 2, [
        "model.0.weight", "model.0.bias", "model.2.weight", "model.3.weight", "model.3.bias", "model.8.weight",
        "model.8.bias"])
    case(out, "points", lambda: draw_linear(generator(2, [8, 8], (2, 1, 1), False, False)), (5, 2, 1, 1), -2, 2, [
        "model.0.weight", "model.2.bias", "model.4.weight"])
    case(out, "discriminator", lambda: draw_linear(discriminator(24, [9, 7])), (5, 2, 3, 4), -1, 1, [
        "model.0.weight", "model.0.bias", "model.2.weight", "model.4.weight", "model.4.bias"])
    case(out, "dropout", lambda: draw_linear(discriminator(24, [9, 7, 6], True)), (5, 2, 3, 4), -1, 1, [
        "model.0.weight", "model.2.weight", "model.5.weight", "model.8.weight"], [(5, 6), (5, 7)])
    write("mlp_gan.safetensors", out)


if __name__ == "__main__":
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    adversarial()
    networks()
