# /// script
# requires-python = ">=3.11"
# dependencies = ["torch==2.15.0", "safetensors==0.8.0", "numpy==2.4.6"]
# ///
"""Golden values of CycleGAN: PyTorch's answers, which `tests/cyclegan.rs` must reproduce.

Run on a CPU, from anywhere; it rewrites cyclegan.safetensors beside it, and takes seconds:

    pip install torch==2.15.0 safetensors==0.8.0 numpy==2.4.6
    python tests/goldens/generate_cyclegan.py

One step of `cycle_gan_model.py` of pytorch-CycleGAN-and-pix2pix, whose order, losses, `ImagePool` and `lambda_rule` these
are, on networks of a few channels that have its names; in float64 from weights and pictures in float32.

    NET.state.NAME          of G_A, G_B, D_A and D_B before the step
    A, B                    the pictures, whole numbers 0..255, [3, H, W]
    OBJECTIVE.LOSS          D_A, D_B, and without their weights G_A, G_B, cycle_A, cycle_B, idt_A, idt_B
    NET.gradient.NAME       with least squares; of all but the biases that a norm makes idle, whose gradient is 0
    pool.shown              for pictures 0, 1, 2, ... in batches of 3 and a pool of 4: which are shown instead
    schedule.N.D            the factors of the rates, for N constant epochs and D that fall
"""

import torch
from generate_models import Patch, ResnetGenerator, write
from torch import nn
from torch.nn import functional as F

LAMBDA, LAMBDA_IDT = 10.0, 0.5


def draw(net):
    for module in net.modules():
        if isinstance(module, (nn.Conv2d, nn.ConvTranspose2d)):
            fan = module.weight[0].numel()
            module.weight.data = torch.randn_like(module.weight) * (1.5 / fan) ** 0.5
            module.bias.data = 0.1 * torch.randn_like(module.bias)
    return net


def step(objective, nets, a, b):
    """The losses by name, after each network has its gradients: `backward_G`, then `backward_D_A` and `backward_D_B`."""
    target = F.mse_loss if objective == "least-squares" else F.binary_cross_entropy_with_logits
    gan = lambda logits, real: target(logits, torch.full_like(logits, float(real)))
    for net in nets.values():
        net.zero_grad()
    fake_b = nets["G_A"](a)
    back_a = nets["G_B"](fake_b)
    fake_a = nets["G_B"](b)
    back_b = nets["G_A"](fake_a)
    for name in ("D_A", "D_B"):
        nets[name].requires_grad_(False)
    losses = {
        "idt_A": F.l1_loss(nets["G_A"](b), b), "idt_B": F.l1_loss(nets["G_B"](a), a),
        "G_A": gan(nets["D_A"](fake_b), True), "G_B": gan(nets["D_B"](fake_a), True),
        "cycle_A": F.l1_loss(back_a, a), "cycle_B": F.l1_loss(back_b, b),
    }
    weight = {"G": 1.0, "cycle": LAMBDA, "idt": LAMBDA * LAMBDA_IDT}
    sum(weight[name[:-2]] * loss for name, loss in losses.items()).backward()
    for name, real, fake in (("D_A", b, fake_b), ("D_B", a, fake_a)):
        nets[name].requires_grad_(True)
        # The pool gives back what it is given until it is full.
        losses[name] = 0.5 * (gan(nets[name](real), True) + gan(nets[name](fake.detach()), False))
        losses[name].backward()
    return losses


def idle(net, name):
    """Whether a parameter is a bias that an instance norm follows."""
    layers = list(net.named_modules())
    names = [n for n, _ in layers]
    at = names.index(name.rsplit(".", 1)[0])
    return name.endswith("bias") and at + 1 < len(layers) and isinstance(layers[at + 1][1], nn.InstanceNorm2d)


class Seed:
    """`data::seed::Seed`, in the place of Python's random numbers."""

    def __init__(self, state):
        self.state = state

    def next(self):
        mask = (1 << 64) - 1
        self.state = (self.state + 0x9E3779B97F4A7C15) & mask
        z = self.state
        z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9 & mask
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB & mask
        return (z ^ (z >> 31)) >> 32

    def uniform(self, low, high):
        return low + (high - low) * (self.next() >> 8) / 16777216

    def randint(self, low, high):
        return low + (self.next() * (high - low + 1) >> 32)


class ImagePool:
    """The reference's `util/image_pool.py`."""

    def __init__(self, pool_size, random):
        self.pool_size, self.random = pool_size, random
        self.num_imgs, self.images = 0, []

    def query(self, images):
        if self.pool_size == 0:
            return images
        return_images = []
        for image in images:
            image = torch.unsqueeze(image.data, 0)
            if self.num_imgs < self.pool_size:
                self.num_imgs = self.num_imgs + 1
                self.images.append(image)
                return_images.append(image)
            else:
                p = self.random.uniform(0, 1)
                if p > 0.5:
                    random_id = self.random.randint(0, self.pool_size - 1)
                    tmp = self.images[random_id].clone()
                    self.images[random_id] = image
                    return_images.append(tmp)
                else:
                    return_images.append(image)
        return torch.cat(return_images, 0)


def schedule(constant, decay):
    """The factor in each epoch, by torch's own scheduler with the reference's rule."""
    net = nn.Linear(1, 1)
    optimizer = torch.optim.Adam(net.parameters(), lr=1.0)
    rule = lambda epoch: 1.0 - max(0, epoch + 1 - constant) / float(decay + 1)
    scheduler = torch.optim.lr_scheduler.LambdaLR(optimizer, lr_lambda=rule)
    factors = []
    for _ in range(constant + decay):
        factors.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        scheduler.step()
    return torch.tensor(factors)


def main():
    torch.manual_seed(5)
    out = {}
    nets = {name: draw(ResnetGenerator(3, 3, 2, 2)) for name in ("G_A", "G_B")}
    nets |= {name: draw(Patch(3, 2, 2, "instance")) for name in ("D_A", "D_B")}
    smooth = lambda: F.interpolate(torch.rand(1, 3, 8, 8), size=(32, 32), mode="bilinear")[0]
    a, b = [(255 * smooth()).round() for _ in range(2)]
    out["A"], out["B"] = a, b
    for name, net in nets.items():
        for key, value in net.state_dict().items():
            out[f"{name}.state.{key}"] = value.clone()
        net.double()
    a, b = [(x.double() / 127.5 - 1)[None] for x in (a, b)]
    for objective in ("non-saturating", "least-squares"):
        for key, loss in step(objective, nets, a, b).items():
            out[f"{objective}.{key}"] = loss.reshape(1)
    for name, net in nets.items():
        for key, value in net.named_parameters():
            if not idle(net, key):
                out[f"{name}.gradient.{key}"] = value.grad
    pool = ImagePool(4, Seed(12345))
    batches = torch.arange(60.0).reshape(20, 3, 1, 1, 1)
    out["pool.shown"] = torch.cat([pool.query(batch) for batch in batches]).flatten()
    for constant, decay in ((3, 4), (4, 4), (0, 5), (6, 0)):
        out[f"schedule.{constant}.{decay}"] = schedule(constant, decay)
    write("cyclegan.safetensors", out)


if __name__ == "__main__":
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    main()
