# /// script
# requires-python = ">=3.11"
# dependencies = ["torch==2.15.0", "safetensors==0.8.0", "numpy==2.4.6"]
# ///
"""Golden values of Progressive GAN: PyTorch's answers, which `tests/progan.rs` must reproduce.

Run on a CPU, from anywhere; it rewrites progressive.safetensors beside it, and takes seconds:

    pip install torch==2.15.0 safetensors==0.8.0 numpy==2.4.6
    python tests/goldens/generate_progressive.py

The networks are written from Karras et al. (2018) and the authors' `networks.py` and `loss.py`, with the names of
torch.hub's PGAN; see `src/models/progressive.rs`. They have three levels, 16 px, and are in the middle of a fade. All is
computed in float64 from inputs in float32. `wgan`, `flat` and `squares` are one step each of both networks: with the gradient penalty by
torch's own double backward, without it, and of least squares.
"""

import math
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch.nn import functional as F

LATENT, BASE, MOST, LEVEL, ALPHA, BATCH = 4, 16, 6, 2, 3 / 10, 8
RATE, BETAS, EPSILON, DRIFT = 1e-3, (0.0, 0.99), 1e-8, 1e-3


def drawn(*shape):
    """N(0, 1), rounded to float32, so that both sides compute from the same numbers."""
    return torch.randn(*shape).double()


def width(level):
    return min(BASE // 2 ** (level + 1), MOST)


def fresh(shapes):
    weights = {}
    for name, shape in shapes:
        weights[f"{name}.weight"] = drawn(*shape)
        weights[f"{name}.bias"] = (0.1 * torch.randn(shape[0])).double()
    return weights


def networks():
    g = [("formatLayer", (16 * width(0), LATENT)), ("groupScale0.0", (width(0), width(0), 3, 3))]
    d = [("groupScaleZero.0", (width(0), width(0) + 1, 3, 3)), ("groupScaleZero.1", (width(0), 16 * width(0))),
         ("decisionLayer", (1, width(0)))]
    for level in range(LEVEL + 1):
        g.append((f"toRGBLayers.{level}", (3, width(level), 1, 1)))
        d.append((f"fromRGBLayers.{level}", (width(level), 3, 1, 1)))
        if level:
            a, b = width(level - 1), width(level)
            g += [(f"scaleLayers.{level - 1}.0", (b, a, 3, 3)), (f"scaleLayers.{level - 1}.1", (b, b, 3, 3))]
            d += [(f"scaleLayers.{level - 1}.0", (b, b, 3, 3)), (f"scaleLayers.{level - 1}.1", (a, b, 3, 3))]
    return fresh(g), fresh(d)


def layer(weights, name, x, gain=math.sqrt(2)):
    w, b = weights[f"{name}.weight"], weights[f"{name}.bias"]
    w = w * (gain / math.sqrt(w[0].numel()))
    return F.linear(x, w, b) if w.dim() == 2 else F.conv2d(x, w, b, padding=w.shape[-1] // 2)


def leaky(x):
    return F.leaky_relu(x, 0.2)


def pixel_norm(x):
    return x * torch.rsqrt(x.square().mean(1, keepdim=True) + 1e-8)


def doubled(x):
    return F.interpolate(x, scale_factor=2, mode="nearest")


def deviation(x):
    y = x.reshape(4, -1, *x.shape[1:])
    y = y - y.mean(0, keepdim=True)
    y = torch.sqrt(y.square().mean(0) + 1e-8).mean([1, 2, 3], keepdim=True)
    return y.repeat(4, 1, *x.shape[2:])


def generate(w, noise):
    x = leaky(layer(w, "formatLayer", pixel_norm(noise), math.sqrt(2) / 4))
    x = pixel_norm(x.reshape(len(x), -1, 4, 4))
    x = pixel_norm(leaky(layer(w, "groupScale0.0", x)))
    for level in range(LEVEL):
        before, x = x, doubled(x)
        for part in range(2):
            x = pixel_norm(leaky(layer(w, f"scaleLayers.{level}.{part}", x)))
    new = layer(w, f"toRGBLayers.{LEVEL}", x, 1.0)
    old = doubled(layer(w, f"toRGBLayers.{LEVEL - 1}", before, 1.0))
    return old + (new - old) * ALPHA


def judge(w, image):
    x = leaky(layer(w, f"fromRGBLayers.{LEVEL}", image))
    old = leaky(layer(w, f"fromRGBLayers.{LEVEL - 1}", F.avg_pool2d(image, 2)))
    for level in reversed(range(LEVEL)):
        for part in range(2):
            x = leaky(layer(w, f"scaleLayers.{level}.{part}", x))
        x = F.avg_pool2d(x, 2)
        if level == LEVEL - 1:
            x = old + (x - old) * ALPHA
    x = leaky(layer(w, "groupScaleZero.0", torch.cat([x, deviation(x)], 1)))
    x = leaky(layer(w, "groupScaleZero.1", x.flatten(1)))
    return layer(w, "decisionLayer", x, 1.0)


def step(out, key, g, d, real, noise, mix, squares, weight):
    g = {name: x.clone().requires_grad_() for name, x in g.items()}
    d = {name: x.clone().requires_grad_() for name, x in d.items()}
    adam = lambda w: torch.optim.Adam(w.values(), RATE, BETAS, EPSILON)
    of_g, of_d = adam(g), adam(d)
    real = real + (doubled(F.avg_pool2d(real, 2)) - real) * (1 - ALPHA)
    fake = generate(g, noise)
    of_real, of_fake = judge(d, real), judge(d, fake.detach())
    penalty = torch.zeros((), dtype=torch.float64)
    if squares:
        d_loss = 0.5 * ((of_real - 1).square().mean() + of_fake.square().mean())
    else:
        mixed = (real + (fake.detach() - real) * mix).requires_grad_()
        (slope,) = torch.autograd.grad(judge(d, mixed).sum(), mixed, create_graph=True)
        penalty = weight * (slope.square().sum([1, 2, 3]).sqrt() - 1).square().mean()
        d_loss = of_fake.mean() - of_real.mean() + DRIFT * of_real.square().mean() + penalty
    d_loss.backward()
    of_d.step()
    scores = judge({name: x.detach() for name, x in d.items()}, fake)
    g_loss = (scores - 1).square().mean() if squares else -scores.mean()
    g_loss.backward()
    of_g.step()
    numbers = [d_loss, g_loss, of_real.mean(), of_fake.mean(), penalty]
    out[f"{key}.metrics"] = torch.stack([x.detach() for x in numbers])
    for prefix, weights in (("generator", g), ("discriminator", d)):
        for name, x in weights.items():
            if x.grad is not None:
                out[f"{key}.gradient.{prefix}.{name}"] = x.grad
            if key != "flat":
                out[f"{key}.{prefix}.{name}"] = x.detach()


def main():
    torch.manual_seed(5)
    out = {}
    x = drawn(8, 3, 4, 4).requires_grad_()
    scale = drawn(8, 3, 4, 4)
    out["x"], out["scale"] = x, scale
    for name, y in (("pixel_norm", pixel_norm(x)), ("deviation", deviation(x))):
        out[name] = y
        (out[f"{name}.gradient"],) = torch.autograd.grad((y * scale).sum(), x)
    g, d = networks()
    for prefix, weights in (("generator", g), ("discriminator", d)):
        out.update({f"{prefix}.{name}": w for name, w in weights.items()})
    out["noise"] = noise = drawn(BATCH, LATENT)
    real = F.interpolate(torch.randn(BATCH, 3, 4, 4), size=16, mode="bilinear") + 0.1 * torch.randn(BATCH, 3, 16, 16)
    out["real"] = real = real.clamp(-1, 1).double()
    out["mix"] = mix = torch.rand(BATCH, 1, 1, 1).double()
    out["picture"], out["score"] = generate(g, noise), judge(d, real)
    step(out, "wgan", g, d, real, noise, mix, False, 10.0)
    step(out, "flat", g, d, real, noise, mix, False, 0.0)
    step(out, "squares", g, d, real, noise, mix, True, 0.0)
    out = {name: x.detach().float().contiguous() for name, x in out.items()}
    save_file(out, Path(__file__).with_name("progressive.safetensors"))


main()
