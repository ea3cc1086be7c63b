# /// script
# requires-python = "==3.11.*"
# dependencies = ["torch==2.15.0", "safetensors==0.8.0", "numpy==2.4.6"]
# ///
"""Golden values of Gatys style transfer: PyTorch's answers, which the Rust tests must reproduce.

Run on a CPU, from anywhere; it rewrites the .safetensors files beside it, and takes half a minute:

    pip install torch==2.15.0 safetensors==0.8.0 numpy==2.4.6
    python tests/goldens/generate.py

All inputs (weights, pictures) are drawn in float32. All results are computed in float64 from exactly
those inputs and rounded to float32 at the end, so that they are the truth and not another rounding of
it. Every random number follows from SEED: two runs on one machine write the same bytes; a CPU with other
vector instructions draws normal numbers with other last bits, and moves the values by up to 2e-6.

Network: a miniature VGG with torchvision's numbering of nn.Sequential (`features.N.weight` [O, I, 3, 3],
`features.N.bias` [O]):

    0 conv 3->4, 1 relu1_1, 2 conv 4->4, 3 relu1_2, 4 pool,
    5 conv 4->6, 6 relu2_1, 7 conv 6->6, 8 relu2_2, 9 pool,
    10 conv 6->8, 11 relu3_1, 12 conv 8->8, 13 relu3_2

Convolutions are 3x3 with stride 1 and zero padding 1; pools are 2x2 with stride 2, an odd last row or
column is dropped. The network takes RGB 0..1 and itself normalises with mean .485 .456 .406 and
standard deviation .229 .224 .225 (the zero padding follows the normalisation). Each filter has mean 0
and the biases are about 0.2, so that no channel is dead.

Losses, with F, G the features and Gram matrices of the image, P those of the content, A of the style:

    gram      G = F F^T / (H W), [B, C, C]
    tv        mean over all horizontal neighbours of (x[.., i, j+1] - x[.., i, j])^2
              + mean over all vertical neighbours of (x[.., i+1, j] - x[.., i, j])^2
    relative  content = sum (F - P)^2 / sum P^2,   E_l = sum (G - A)^2 / sum A^2
    paper     content = 1/2 sum (F - P)^2,         E_l = sum (G - A)^2 / (4 N_l^2), N_l channels
    style     sum_l w_l E_l, the w_l normalised to sum 1
    total     alpha content + beta style + gamma tv

Content layer relu2_2, style layers relu1_2, relu2_2, relu3_2. alpha, beta, gamma are 1, 20, 1 for
`relative` and 1, 1000, 1 for `paper`. Weights w_l: `equal` is 1, 1, 1; `weighted` is 1, 2, 5.

Optimisers: torch.optim.Adam(lr=0.02, betas=(0.9, 0.99), eps=1e-8) with a clamp to 0..1 after each step;
torch.optim.LBFGS without line search (`lbfgs_twin` spells it out), with both tolerances at -1, which no
iteration can reach. Both start at the content, so the first content loss is 0.

Sensitivity (measured; `sensitivity` asserts about ten times these): a float32 run of the same steps
departs from the float64 run by at most 2e-6 in any pixel or coordinate and 1e-6 of the first loss, with
either pooling; a start moved by up to 1e-6 in every pixel by at most 2e-5; noise in every gradient of
1e-6 of its maximum moves L-BFGS by about 1e-6 (images) and 2e-5 (quadratic). SEED is chosen for this: no
unit of the image sits so near a kink of ReLU or max pooling that rounding decides its gradient. Other
seeds of the quadratic reach 6e-4 in float32, which is L-BFGS without a line search, not an error.
"""

from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import save

SEED = 42
HERE = Path(__file__).resolve().parent
WIDTHS = [[4, 4], [6, 6], [8, 8]]
CONTENT_LAYER = "relu2_2"
STYLE_LAYERS = ["relu1_2", "relu2_2", "relu3_2"]
STYLE_WEIGHTS = {"equal": [1.0, 1.0, 1.0], "weighted": [1.0, 2.0, 5.0]}
TOTAL_WEIGHTS = {"relative": (1.0, 20.0, 1.0), "paper": (1.0, 1000.0, 1.0)}
POOLINGS = ["max", "average"]
MEAN = [0.485, 0.456, 0.406]
STD = [0.229, 0.224, 0.225]


def draw_network():
    """He's initialisation with zero-mean filters, in float32."""
    weights, index, inputs = {}, 0, 3
    for stage in WIDTHS:
        for outputs in stage:
            weight = torch.randn(outputs, inputs, 3, 3) * (2 / (inputs * 9)) ** 0.5
            weights[f"features.{index}.weight"] = weight
            weights[f"features.{index}.bias"] = 0.2 + 0.1 * torch.randn(outputs)
            weight -= weight.mean((1, 2, 3), keepdim=True)
            index, inputs = index + 2, outputs
        index += 1
    return weights


def draw_pictures():
    sizes = {"content": (17, 23), "style": (19, 14), "image": (17, 23)}
    return {name: torch.rand(1, 3, *size) for name, size in sizes.items()}


def features(weights, x, pooling):
    """All ReLU outputs by name, and the distance of the nearest unit to a kink."""
    mean = torch.tensor(MEAN, dtype=x.dtype).view(1, 3, 1, 1)
    std = torch.tensor(STD, dtype=x.dtype).view(1, 3, 1, 1)
    x = (x - mean) / std
    layers, margin, index = {}, float("inf"), 0
    for stage in range(1, len(WIDTHS) + 1):
        if stage > 1:
            if pooling == "max":
                windows = F.unfold(x.detach(), 2, stride=2).view(1, x.shape[1], 4, -1)
                largest = windows.sort(2, descending=True).values
                gap = (largest[:, :, 0] - largest[:, :, 1])[largest[:, :, 0] > 0]
                margin = min(margin, gap.min().item())
                x = F.max_pool2d(x, 2)
            else:
                x = F.avg_pool2d(x, 2)
            index += 1
        for layer in (1, 2):
            x = F.conv2d(x, weights[f"features.{index}.weight"], weights[f"features.{index}.bias"], padding=1)
            margin = min(margin, x.detach().abs().min().item())
            x = F.relu(x)
            layers[f"relu{stage}_{layer}"] = x
            index += 2
    return layers, margin


def gram(f):
    b, c, h, w = f.shape
    rows = f.reshape(b, c, h * w)
    return rows @ rows.transpose(1, 2) / (h * w)


def tv(x):
    across = (x[..., :, 1:] - x[..., :, :-1]).square().mean()
    down = (x[..., 1:, :] - x[..., :-1, :]).square().mean()
    return across + down


class Objective:
    """The loss of one configuration, with the targets computed once."""

    def __init__(self, weights, pictures, scaling, pooling, style_weights):
        self.weights, self.scaling, self.pooling = weights, scaling, pooling
        self.target = features(weights, pictures["content"], pooling)[0][CONTENT_LAYER]
        style = features(weights, pictures["style"], pooling)[0]
        self.grams = {name: gram(style[name]) for name in STYLE_LAYERS}
        parts = STYLE_WEIGHTS[style_weights]
        self.style_weights = [part / sum(parts) for part in parts]

    def __call__(self, x):
        layers, _ = features(self.weights, x, self.pooling)
        content = (layers[CONTENT_LAYER] - self.target).square().sum()
        content = content / (self.target.square().sum() if self.scaling == "relative" else 2)
        parts, style = {}, 0.0
        for name, weight in zip(STYLE_LAYERS, self.style_weights):
            target = self.grams[name]
            error = (gram(layers[name]) - target).square().sum()
            norm = target.square().sum() if self.scaling == "relative" else 4 * target.shape[1] ** 2
            parts[name] = error / norm
            style = style + weight * parts[name]
        alpha, beta, gamma = TOTAL_WEIGHTS[self.scaling]
        variation = tv(x)
        total = alpha * content + beta * style + gamma * variation
        return {"total": total, "content": content, "style": style, "tv": variation, "layers": parts}

    def total(self, x):
        return self(x)["total"]


def gradient(f, x):
    """The scalar f(x) and its derivative, checked against central differences in every coordinate."""
    x = x.clone().requires_grad_()
    value = f(x)
    (slope,) = torch.autograd.grad(value, x)
    flat, step = x.detach().clone().reshape(-1), 1e-6
    numeric = torch.empty_like(flat)
    with torch.no_grad():
        for i in range(flat.numel()):
            middle = flat[i].item()
            flat[i] = middle + step
            above = f(flat.view_as(x))
            flat[i] = middle - step
            numeric[i] = (above - f(flat.view_as(x))) / (2 * step)
            flat[i] = middle
    error = ((numeric.view_as(x) - slope).abs().max() / slope.abs().max()).item()
    assert error < 1e-6, f"the gradient departs from finite differences by {error:.1e} of its maximum"
    return value.detach(), slope


def adam(objective, start, steps):
    """Images after each step, and the losses before each."""
    x = start.clone().requires_grad_()
    optimizer = torch.optim.Adam([x], lr=0.02, betas=(0.9, 0.99), eps=1e-8)
    images, losses = [], {"total": [], "content": [], "style": [], "tv": []}
    for _ in range(steps):
        optimizer.zero_grad()
        now = objective(x)
        now["total"].backward()
        optimizer.step()
        with torch.no_grad():
            x.clamp_(0, 1)
        images.append(x.detach().clone())
        for name, values in losses.items():
            values.append(now[name].item())
    return images, losses


def lbfgs(f, start, iterations, history):
    """The point after `iterations` iterations in one call, and the loss at each closure call."""
    x = start.clone().requires_grad_()
    optimizer = torch.optim.LBFGS([x], lr=1, max_iter=iterations, max_eval=10 * iterations,
                                  history_size=history, tolerance_grad=-1, tolerance_change=-1)
    losses = []

    def closure():
        optimizer.zero_grad()
        loss = f(x)
        loss.backward()
        losses.append(loss.item())
        return loss

    optimizer.step(closure)
    assert len(losses) == iterations, f"L-BFGS stopped after {len(losses)} of {iterations}"
    return x.detach(), losses


def lbfgs_twin(f, start, iterations, history):
    """The same iterations written out: what torch does, and the Rust optimiser has to do.

    The first step is min(1, 1 / |g|_1) along -g. Later ones have length 1 along -H g, H from the last
    `history` pairs (s, y), scaled by s.y / y.y of the newest pair. A pair with s.y <= 1e-10 is left out
    (none is here), and the scale then stays.
    """
    x, pairs, scale, curvature = start.clone(), [], 1.0, float("inf")
    before, step = None, None
    for _ in range(iterations):
        x.requires_grad_()
        (g,) = torch.autograd.grad(f(x), x)
        x = x.detach()
        if before is not None:
            y = g - before
            sy = (step * y).sum()
            curvature = min(curvature, sy.item())
            if sy > 1e-10:
                pairs = (pairs + [(step, y)])[-history:]
                scale = sy / y.square().sum()
        direction, coefficients = -g, []
        for s, y in reversed(pairs):
            a = (s * direction).sum() / (s * y).sum()
            coefficients.append(a)
            direction = direction - a * y
        direction = direction * scale
        for (s, y), a in zip(pairs, reversed(coefficients)):
            direction = direction + s * (a - (y * direction).sum() / (s * y).sum())
        length = min(1.0, 1.0 / g.abs().sum().item()) if before is None else 1.0
        step, before = direction * length, g
        x = x + step
    return x, curvature


def departure(ours, theirs):
    """Largest difference of images, and of losses in units of the first loss, of two runs."""
    images = max((a - b).abs().max().item() for a, b in zip(ours[0], theirs[0]))
    return images, max(abs(a - b) for a, b in zip(ours[1], theirs[1])) / abs(ours[1][0])


def sensitivity(name, run, doubles, singles, start):
    """Asserts that a run in float32, and one from a disturbed start, follow the float64 run."""
    truth = run(doubles, start.double())
    images, losses = departure(truth, run(singles, start.float()))
    noise = [start.double() + 2e-6 * (torch.rand_like(start.double()) - 0.5) for _ in range(4)]
    moved = [departure(truth, run(doubles, x)) for x in noise]
    print(f"{name}: float32 departs by {images:.1e}, losses {losses:.1e}; "
          f"start moved by 1e-6: {max(m[0] for m in moved):.1e}, losses {max(m[1] for m in moved):.1e}")
    assert images < 1e-5 and losses < 2e-5, f"{name} is too sensitive to rounding for a golden value"
    assert max(max(m) for m in moved) < 3e-4, f"{name} is too sensitive to its start for a golden value"


def scalar(value):
    return torch.as_tensor(value, dtype=torch.float64).detach().reshape(1)


def write(name, tensors):
    tensors = {key: value.detach().float().contiguous().clone() for key, value in tensors.items()}
    for key, value in tensors.items():
        assert value.isfinite().all(), f"{key} in {name} is not finite"
    size = (HERE / name).write_bytes(save(tensors))
    print(f"{name}: {size} bytes, {len(tensors)} tensors")


def write_gram():
    f, upstream = torch.rand(2, 5, 7, 3).double(), torch.randn(2, 5, 5).double()
    _, slope = gradient(lambda x: (gram(x) * upstream).sum(), f)
    picture = torch.rand(2, 3, 5, 9).double()
    value, tv_slope = gradient(tv, picture)
    write("gram.safetensors", {
        "gram.features": f, "gram.value": gram(f), "gram.upstream": upstream, "gram.gradient": slope,
        "tv.picture": picture, "tv.value": scalar(value), "tv.gradient": tv_slope,
    })


def write_gatys(weights, pictures, doubles):
    out = {**weights, **pictures}
    for pooling in POOLINGS:
        layers, margin = features(doubles[0], doubles[1]["image"], pooling)
        assert margin > 1e-4, f"a unit is {margin:.1e} from a kink: choose another seed"
        for name, layer in layers.items():
            live = (layer > 0).double().mean((0, 2, 3)).min().item()
            assert live > 0.1, f"a channel of {name} is live in {live:.0%} of the image: choose another seed"
            out[f"layers.{pooling}.{name}"] = layer
        for scaling in TOTAL_WEIGHTS:
            for style_weights in STYLE_WEIGHTS:
                objective = Objective(*doubles, scaling, pooling, style_weights)
                _, slope = gradient(objective.total, doubles[1]["image"])
                now = objective(doubles[1]["image"])
                prefix = f"{scaling}.{pooling}.{style_weights}"
                for name in ("total", "content", "style", "tv"):
                    out[f"{prefix}.{name}"] = scalar(now[name])
                for name, value in now["layers"].items():
                    out[f"{prefix}.layers.{name}"] = scalar(value)
                out[f"{prefix}.gradient"] = slope
        # The targets are the same for both scalings and all weights.
        for name, target in objective.grams.items():
            out[f"grams.{pooling}.{name}"] = target
    write("gatys.safetensors", out)


def write_adam(doubles, singles):
    start = doubles[1]["content"]
    images, losses = adam(Objective(*doubles, "relative", "max", "equal"), start, 10)

    def run(inputs, x):
        images, losses = adam(Objective(*inputs, "relative", "max", "equal"), x, 10)
        return images, losses["total"]

    sensitivity("adam, max", run, doubles, singles, start)
    out = {f"image.{i}": image for i, image in enumerate(images, 1)}
    out.update({name: torch.tensor(values, dtype=torch.float64) for name, values in losses.items()})
    write("adam.safetensors", out)


def write_lbfgs(doubles, singles):
    out, counts, start = {}, [1, 2, 5, 10], doubles[1]["content"]
    for pooling in POOLINGS:
        def run(inputs, x):
            f = Objective(*inputs, "relative", pooling, "equal").total
            runs = [lbfgs(f, x, count, 10) for count in counts]
            return [image for image, _ in runs], runs[-1][1]

        sensitivity(f"lbfgs, {pooling}", run, doubles, singles, start)
        images, losses = run(doubles, start)
        twin, curvature = lbfgs_twin(Objective(*doubles, "relative", pooling, "equal").total, start, 10, 10)
        assert (twin - images[-1]).abs().max() < 1e-9 and curvature > 1e-8, curvature
        for count, image in zip(counts, images):
            out[f"{pooling}.image.{count}"] = image
        out[f"{pooling}.total"] = torch.tensor(losses, dtype=torch.float64)
    write("lbfgs.safetensors", out)


def write_quadratic():
    """f(x) = x.A x / 2 - b.x in 12 dimensions, condition 300, 25 iterations with a history of 5."""
    basis = torch.linalg.qr(torch.randn(12, 12).double()).Q
    a = (basis * torch.logspace(0, 2.4771212547, 12, dtype=torch.float64)) @ basis.T
    a = ((a + a.T) / 2).float()
    inputs = a, torch.randn(12), torch.randn(12)
    doubles = [tensor.double() for tensor in inputs]

    def run(inputs, x):
        a, b, _ = inputs
        runs = [lbfgs(lambda x: x @ (a @ x) / 2 - b @ x, x, count, 5) for count in range(1, 26)]
        return [point for point, _ in runs], runs[-1][1]

    sensitivity("lbfgs, quadratic", run, doubles, inputs, doubles[2])
    points, losses = run(doubles, doubles[2])
    a, b, start = doubles
    twin, curvature = lbfgs_twin(lambda x: x @ (a @ x) / 2 - b @ x, start, 25, 5)
    assert (twin - points[-1]).abs().max() < 1e-9 and curvature > 1e-8, curvature
    write("lbfgs_quadratic.safetensors", {
        "a": a, "b": b, "start": start, "solution": torch.linalg.solve(a, b),
        "points": torch.stack(points), "losses": torch.tensor(losses, dtype=torch.float64),
    })


def write_resize():
    picture = torch.rand(1, 3, 7, 9).double()
    resized = F.interpolate(picture, size=(10, 13), mode="bilinear", align_corners=False)
    write("resize.safetensors", {"input": picture, "output": resized})


def main():
    assert torch.__version__.split("+")[0] == "2.15.0", f"pinned to torch 2.15.0, found {torch.__version__}"
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    torch.manual_seed(SEED)
    weights, pictures = draw_network(), draw_pictures()
    singles = weights, pictures
    doubles = tuple({name: t.double() for name, t in group.items()} for group in singles)
    write_gatys(weights, pictures, doubles)
    write_adam(doubles, singles)
    write_lbfgs(doubles, singles)
    torch.manual_seed(SEED + 1)
    write_gram()
    write_resize()
    write_quadratic()
    size = sum(path.stat().st_size for path in HERE.glob("*.safetensors"))
    assert size < 1_500_000, f"the goldens take {size} bytes"


if __name__ == "__main__":
    main()
