# /// script
# requires-python = "==3.11.*"
# dependencies = ["torch==2.15.0", "safetensors==0.8.0", "numpy==2.4.6"]
# ///
"""Golden values of the generators and discriminators: PyTorch's answers, which `tests/models/` must reproduce.

Run on a CPU, from anywhere; it rewrites the .safetensors files of the networks beside it, and takes ten seconds:

    pip install torch==2.15.0 safetensors==0.8.0 numpy==2.4.6
    python tests/goldens/generate_models.py

The networks here are built of torch.nn's modules in the reference's order, so that the names in their state dicts are
the reference's: pytorch-CycleGAN-and-pix2pix for the residual generator, the U-Net and the PatchGAN; PyTorch's
examples for Johnson's network (fast_neural_style) and DCGAN. `counts` holds each at its reference width against the
published count.

A file holds one or more cases, each a network of a few channels, in training mode:

    CASE.state.NAME         the state dict before the pass
    CASE.input, CASE.output
    CASE.upstream           the gradient that comes from above: the loss is sum(output * upstream)
    CASE.gradient.input, CASE.gradient.NAME
    CASE.after.NAME         running statistics after the pass, where there are batch norms
    CASE.eval.output        in evaluation mode, from the state before the pass; likewise CASE.eval.gradient.input
    CASE.mask.I             U-Net: dropout masks of 0 and 2, innermost first, in place of dropout

Weights, inputs and upstream gradients are drawn in float32, results computed in float64 from exactly those and
rounded at the end. Weights are drawn so that activations are of order 1, and no norm is trivial. A seed is taken only
if no value is nearer than MARGIN to a kink of ReLU, in either mode: rounding decides no gradient.
"""

from pathlib import Path

import torch
from safetensors.torch import save
from torch import nn

HERE = Path(__file__).resolve().parent
MARGIN = 1e-4


def instance(channels):
    return nn.InstanceNorm2d(channels)


def sequence(*modules):
    return nn.Sequential(*[m for m in modules if m is not None])


class ResnetBlock(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.conv_block = sequence(
            nn.ReflectionPad2d(1), nn.Conv2d(c, c, 3), instance(c), nn.ReLU(),
            nn.ReflectionPad2d(1), nn.Conv2d(c, c, 3), instance(c))

    def forward(self, x):
        return x + self.conv_block(x)


class ResnetGenerator(nn.Module):
    def __init__(self, inputs, outputs, w, blocks):
        super().__init__()
        layers = [nn.ReflectionPad2d(3), nn.Conv2d(inputs, w, 7), instance(w), nn.ReLU()]
        for c in (w, 2 * w):
            layers += [nn.Conv2d(c, 2 * c, 3, stride=2, padding=1), instance(2 * c), nn.ReLU()]
        layers += [ResnetBlock(4 * w) for _ in range(blocks)]
        for c in (4 * w, 2 * w):
            up = nn.ConvTranspose2d(c, c // 2, 3, stride=2, padding=1, output_padding=1)
            layers += [up, instance(c // 2), nn.ReLU()]
        layers += [nn.ReflectionPad2d(3), nn.Conv2d(w, outputs, 7), nn.Tanh()]
        self.model = sequence(*layers)

    def forward(self, x):
        return self.model(x)


class Padded(nn.Module):
    """Johnson's convolution: up-sampled before if asked for, padded by reflection."""

    def __init__(self, inputs, outputs, kernel, stride=1, upsample=1):
        super().__init__()
        self.upsample = nn.Upsample(scale_factor=upsample, mode="nearest") if upsample > 1 else nn.Identity()
        self.pad = nn.ReflectionPad2d(kernel // 2)
        self.conv2d = nn.Conv2d(inputs, outputs, kernel, stride)

    def forward(self, x):
        return self.conv2d(self.pad(self.upsample(x)))


class JohnsonBlock(nn.Module):
    def __init__(self, c):
        super().__init__()
        self.conv1, self.in1 = Padded(c, c, 3), nn.InstanceNorm2d(c, affine=True)
        self.conv2, self.in2 = Padded(c, c, 3), nn.InstanceNorm2d(c, affine=True)
        self.relu = nn.ReLU()

    def forward(self, x):
        return x + self.in2(self.conv2(self.relu(self.in1(self.conv1(x)))))


class Johnson(nn.Module):
    def __init__(self, w, blocks):
        super().__init__()
        self.blocks, self.relu = blocks, nn.ReLU()
        self.conv1, self.in1 = Padded(3, w, 9), nn.InstanceNorm2d(w, affine=True)
        self.conv2, self.in2 = Padded(w, 2 * w, 3, 2), nn.InstanceNorm2d(2 * w, affine=True)
        self.conv3, self.in3 = Padded(2 * w, 4 * w, 3, 2), nn.InstanceNorm2d(4 * w, affine=True)
        for i in range(1, blocks + 1):
            setattr(self, f"res{i}", JohnsonBlock(4 * w))
        self.deconv1, self.in4 = Padded(4 * w, 2 * w, 3, upsample=2), nn.InstanceNorm2d(2 * w, affine=True)
        self.deconv2, self.in5 = Padded(2 * w, w, 3, upsample=2), nn.InstanceNorm2d(w, affine=True)
        self.deconv3 = Padded(w, 3, 9)

    def forward(self, x):
        for conv, norm in ((self.conv1, self.in1), (self.conv2, self.in2), (self.conv3, self.in3)):
            x = self.relu(norm(conv(x)))
        for i in range(1, self.blocks + 1):
            x = getattr(self, f"res{i}")(x)
        for conv, norm in ((self.deconv1, self.in4), (self.deconv2, self.in5)):
            x = self.relu(norm(conv(x)))
        return self.deconv3(x)


class Masked(nn.Module):
    """In the place of dropout: multiplies by a mask that is given."""

    def __init__(self):
        super().__init__()
        self.mask = None

    def forward(self, x):
        return x if self.mask is None else x * self.mask


class UnetBlock(nn.Module):
    """A level: down, what is inside, up; what came in is joined to what goes out. ReLUs work in place, as in the
    reference, so that what is joined has been through the leaky one."""

    def __init__(self, outside, width, inside, dropout=False, inputs=None):
        super().__init__()
        self.outermost = inputs is not None
        down = nn.Conv2d(inputs or outside, width, 4, 2, 1, bias=False)
        both = width if inside is None else 2 * width
        up = nn.ConvTranspose2d(both, outside, 4, 2, 1, bias=self.outermost)
        if self.outermost:
            layers = [down, inside, nn.ReLU(True), up, nn.Tanh()]
        else:
            norm = nn.BatchNorm2d(width) if inside is not None else None
            layers = [nn.LeakyReLU(0.2, True), down, norm, inside, nn.ReLU(True), up, nn.BatchNorm2d(outside)]
            layers += [Masked()] if dropout else []
        self.model = sequence(*layers)

    def forward(self, x):
        return self.model(x) if self.outermost else torch.cat([x, self.model(x)], 1)


class Unet(nn.Module):
    def __init__(self, inputs, outputs, w, levels):
        super().__init__()
        block = UnetBlock(8 * w, 8 * w, None)
        for _ in range(levels - 5):
            block = UnetBlock(8 * w, 8 * w, block, dropout=True)
        for factor in (4, 2, 1):
            block = UnetBlock(factor * w, 2 * factor * w, block)
        self.model = UnetBlock(outputs, w, block, inputs=inputs)

    def forward(self, x):
        return self.model(x)


class Patch(nn.Module):
    def __init__(self, inputs, w, halvings, norm):
        super().__init__()
        bias, make = norm == "instance", {"instance": instance, "batch": nn.BatchNorm2d, None: nn.Identity}[norm]
        leaky = lambda: nn.LeakyReLU(0.2)
        if halvings == 0:
            self.net = sequence(nn.Conv2d(inputs, w, 1), leaky(), nn.Conv2d(w, 2 * w, 1, bias=bias), make(2 * w),
                                leaky(), nn.Conv2d(2 * w, 1, 1, bias=bias))
            return
        layers, before = [nn.Conv2d(inputs, w, 4, 2, 1), leaky()], w
        for n in range(1, halvings + 1):
            now = w * min(2 ** n, 8)
            stride = 2 if n < halvings else 1
            layers += [nn.Conv2d(before, now, 4, stride, 1, bias=bias), make(now), leaky()]
            before = now
        self.model = sequence(*layers, nn.Conv2d(before, 1, 4, 1, 1))

    def forward(self, x):
        return (self.net if hasattr(self, "net") else self.model)(x)


class Main(nn.Module):
    def __init__(self, layers):
        super().__init__()
        self.main = sequence(*layers)

    def forward(self, x):
        return self.main(x)


def dcgan(size):
    """The smallest side and the doublings from there."""
    side, doublings = size, 0
    while side % 2 == 0 and side > 4:
        side, doublings = side // 2, doublings + 1
    return side, doublings


def dcgan_generator(size, channels, latent, w):
    side, doublings = dcgan(size)
    widths = [w * 2 ** i for i in reversed(range(doublings))]
    layers = [nn.ConvTranspose2d(latent, widths[0], side, 1, 0, bias=False), nn.BatchNorm2d(widths[0]), nn.ReLU()]
    for a, b in zip(widths, widths[1:]):
        layers += [nn.ConvTranspose2d(a, b, 4, 2, 1, bias=False), nn.BatchNorm2d(b), nn.ReLU()]
    return Main(layers + [nn.ConvTranspose2d(w, channels, 4, 2, 1, bias=False), nn.Tanh()])


def dcgan_discriminator(size, channels, w):
    """Without the sigmoid."""
    side, halvings = dcgan(size)
    layers = [nn.Conv2d(channels, w, 4, 2, 1, bias=False), nn.LeakyReLU(0.2)]
    for _ in range(halvings - 1):
        layers += [nn.Conv2d(w, 2 * w, 4, 2, 1, bias=False), nn.BatchNorm2d(2 * w), nn.LeakyReLU(0.2)]
        w *= 2
    return Main(layers + [nn.Conv2d(w, 1, side, 1, 0, bias=False)])


def draw(net):
    """Random float32 values for everything in the state dict."""
    for module in net.modules():
        if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d)):
            transposed = isinstance(module, nn.ConvTranspose2d)
            fan = module.weight[0].numel() if not transposed else module.weight[:, 0].numel() / module.stride[0] ** 2
            module.weight.data = torch.randn_like(module.weight) * (1.5 / fan) ** 0.5
            if module.bias is not None:
                module.bias.data = 0.1 * torch.randn_like(module.bias)
        if isinstance(module, (nn.BatchNorm2d, nn.InstanceNorm2d)) and module.affine:
            module.weight.data = 1 + 0.3 * torch.randn_like(module.weight)
            module.bias.data = 0.3 * torch.randn_like(module.bias)
        if isinstance(module, nn.BatchNorm2d):
            module.running_mean = 0.3 * torch.randn_like(module.running_mean)
            module.running_var = 0.5 + torch.rand_like(module.running_var)


def margin(net, x):
    """The pass, and how near a value comes to a kink. Zeros are those of a mask, whose gradient is 0 either way."""
    near = []

    def watch(module, inputs):
        far = inputs[0].detach().abs()
        near.append(far[far > 0].min().item())

    hooks = [m.register_forward_pre_hook(watch) for m in net.modules() if isinstance(m, (nn.ReLU, nn.LeakyReLU))]
    y = net(x)
    for hook in hooks:
        hook.remove()
    return y, min(near)


def attempt(make, shape, low, high, named, mask_shapes):
    """One case, and its distance to a kink."""
    net = make()
    draw(net)
    x = low + (high - low) * torch.rand(*shape)
    out = {f"state.{name}": value.clone() for name, value in net.state_dict().items()
           if not name.endswith("num_batches_tracked")}
    masks = [2.0 * torch.randint(0, 2, s).float() for s in mask_shapes]
    places = [m for m in net.modules() if isinstance(m, Masked)]
    for place, mask in zip(places, reversed(masks), strict=True):
        place.mask = mask.double()
    out.update({f"mask.{i}": mask for i, mask in enumerate(masks)})
    net, out["input"] = net.double(), x
    x = x.double().requires_grad_()
    batch = any(isinstance(m, (nn.BatchNorm1d, nn.BatchNorm2d)) for m in net.modules())
    distance = float("inf")
    if batch:
        net.eval()
        y, distance = margin(net, x)
        upstream = torch.randn_like(y, dtype=torch.float32)
        (slope,) = torch.autograd.grad((y * upstream.double()).sum(), x)
        out["eval.output"], out["eval.gradient.input"] = y, slope
        net.train()
    y, now = margin(net, x)
    if not batch:
        upstream = torch.randn_like(y, dtype=torch.float32)
    parameters = dict(net.named_parameters())
    wanted = [x] + [parameters[name] for name in named]
    slopes = torch.autograd.grad((y * upstream.double()).sum(), wanted)
    out["output"], out["upstream"] = y, upstream
    for name, slope in zip(["input", *named], slopes):
        assert slope.abs().max() > 1e-6, f"the gradient of {name} is 0: a norm after it takes it away"
        out[f"gradient.{name}"] = slope
    if batch:
        running = [n for n in net.state_dict() if "running" in n]
        out.update({f"after.{name}": net.state_dict()[name] for name in running})
    return out, min(distance, now)


def case(out, name, make, shape, low, high, named, mask_shapes=()):
    """Adds a case of the first seed that stays clear of kinks."""
    for seed in range(1000):
        torch.manual_seed(seed)
        tensors, distance = attempt(make, shape, low, high, named, mask_shapes)
        if distance > MARGIN:
            break
    else:
        raise AssertionError(f"{name}: no seed stays {MARGIN} away from the kinks")
    scale = tensors["output"].abs().max().item()
    assert 0.1 < scale < 10, f"{name}: the output reaches {scale}"
    print(f"{name}: seed {seed}, {distance:.1e} from the nearest kink, output up to {scale:.2f}")
    out.update({f"{name}.{key}": value for key, value in tensors.items()})


def write(name, tensors):
    tensors = {key: value.detach().float().contiguous().clone() for key, value in tensors.items()}
    for key, value in tensors.items():
        assert value.isfinite().all(), f"{key} in {name} is not finite"
    size = (HERE / name).write_bytes(save(tensors))
    print(f"{name}: {size} bytes, {len(tensors)} tensors")
    assert size < 300_000, f"{name} takes {size} bytes"


def counts():
    """The published numbers of parameters."""
    with torch.device("meta"):
        for make, count in [
            (lambda: ResnetGenerator(3, 3, 64, 9), 11_378_179),
            (lambda: ResnetGenerator(3, 3, 64, 6), 7_837_699),
            (lambda: Johnson(32, 5), 1_679_235),
            (lambda: Unet(3, 3, 64, 8), 54_413_955),
            (lambda: Unet(3, 3, 64, 7), 41_828_995),
            (lambda: Unet(3, 3, 64, 6), 29_244_035),
            (lambda: Patch(3, 64, 3, "instance"), 2_764_737),
            (lambda: Patch(6, 64, 3, "batch"), 2_768_705),
            (lambda: dcgan_generator(64, 3, 100, 64), 3_576_704),
            (lambda: dcgan_discriminator(64, 3, 64), 2_765_568),
        ]:
            found = sum(p.numel() for p in make().parameters())
            assert found == count, f"{found} parameters instead of {count}"


def main():
    assert torch.__version__.split("+")[0] == "2.15.0", f"pinned to torch 2.15.0, found {torch.__version__}"
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    counts()

    out = {}
    case(out, "net", lambda: ResnetGenerator(3, 2, 4, 2), (3, 3, 12, 16), -1, 1, [
        "model.1.weight", "model.4.weight", "model.10.conv_block.1.weight", "model.11.conv_block.5.weight",
        "model.12.weight", "model.19.weight", "model.19.bias"])
    write("resnet_generator.safetensors", out)

    out = {}
    case(out, "net", lambda: Johnson(4, 2), (3, 3, 12, 16), 0, 255, [
        "conv1.conv2d.weight", "in1.weight", "in1.bias", "conv3.conv2d.weight", "res1.conv1.conv2d.weight",
        "res2.in2.weight", "deconv1.conv2d.weight", "in5.bias", "deconv3.conv2d.weight", "deconv3.conv2d.bias"])
    write("johnson.safetensors", out)

    # One picture of one channel: 64 px are the least with dropout, and a file has to stay small.
    out, deep = {}, "model.model.1.model.3.model.3.model.3.model"
    case(out, "net", lambda: Unet(1, 1, 2, 6), (1, 1, 64, 64), -1, 1, [
        "model.model.0.weight", "model.model.1.model.2.weight", f"{deep}.1.weight", f"{deep}.3.model.1.weight",
        f"{deep}.3.model.4.bias", f"{deep}.6.weight", "model.model.3.weight", "model.model.3.bias"],
        [(1, 16, 4, 4)])
    write("unet.safetensors", out)

    out = {}
    for name, args, shape, named in [
        ("n3", (3, 3, 3, "instance"), (3, 3, 24, 32), ["model.0.weight", "model.5.weight", "model.11.weight"]),
        ("n2", (6, 3, 2, "batch"), (3, 6, 20, 17), [
            "model.0.weight", "model.0.bias", "model.2.weight", "model.3.weight", "model.3.bias", "model.8.weight"]),
        ("n1", (2, 4, 1, None), (3, 2, 9, 14), ["model.0.weight", "model.2.weight", "model.5.weight"]),
        ("n0", (3, 4, 0, "instance"), (3, 3, 7, 9), ["net.0.weight", "net.2.weight", "net.5.weight", "net.5.bias"]),
    ]:
        case(out, name, lambda: Patch(*args), shape, -1, 1, named)
    write("patch_discriminator.safetensors", out)

    out = {}
    for size, channels, w in [(28, 1, 3), (32, 2, 2)]:
        last = 3 * dcgan(size)[1]
        case(out, f"g{size}", lambda: dcgan_generator(size, channels, 5, w), (3, 5, 1, 1), -2, 2, [
            "main.0.weight", "main.1.weight", "main.1.bias", "main.3.weight", f"main.{last}.weight"])
        case(out, f"d{size}", lambda: dcgan_discriminator(size, channels, w), (3, channels, size, size), -1, 1, [
            "main.0.weight", "main.2.weight", "main.3.weight", "main.3.bias", f"main.{last - 1}.weight"])
    write("dcgan.safetensors", out)


if __name__ == "__main__":
    main()
