# /// script
# requires-python = "==3.11.*"
# dependencies = ["torch==2.15.0", "safetensors==0.8.0", "numpy==2.4.6"]
# ///
"""Golden values of StackGAN's training: PyTorch's answers, which `tests/stackgan.rs` must reproduce.

Run on a CPU, from anywhere; it rewrites stackgan.safetensors beside it, and takes seconds:

    pip install torch==2.15.0 safetensors==0.8.0 numpy==2.4.6
    python tests/goldens/generate_stackgan.py

One step of each stage in the order of trainer.py of hanzhanggit/StackGAN with its rates (Adam at 2e-4 with a first beta of
0.5, a weight of 2 for the divergence), of networks of a few channels on 16 and 64 px. Wrong captions are judged with what
the discriminator saw in the real pictures. `counts` adds the layers of its model.py at full width.

    state.NETWORK.NAME              the state dicts before the steps
    batch.NAME, STAGE.real          what both learn from
    STAGE.losses                    of the discriminator; of the generator, adversarial; the divergence; mean opinions on
                                    real pictures, on wrong captions, on generated ones
    STAGE.condition                 means and logarithms of deviations
    STAGE.gradient.NETWORK.NAME
    STAGE.after.NETWORK.NAME        running statistics after the step
    matching.NAME                   the encoder's loss on rows of length 1, and its gradients
"""

import torch
from generate_models import draw, write
from torch import nn
from torch.nn import functional as F

LOW, SIZE, WIDTH, JUDGE = 16, 64, 3, 2
EMBEDDING, CONDITION, NOISE, BATCH = 5, 3, 3, 3


class Row(nn.ModuleList):
    """Convolutions without bias, each with a batch norm or none; `groups` of them with what follows the sum."""

    def __init__(self):
        super().__init__()
        self.groups = []

    def conv(self, i, o, kernel, normed=True, activation=None, up=False):
        conv = nn.Conv2d(i, o, kernel, 2 if kernel == 4 and o > 1 else 1, {1: 0, 3: 1, 4: int(o > 1)}[kernel], bias=False)
        self.extend([conv, nn.BatchNorm2d(o) if normed else nn.Identity(), activation or nn.Identity()])
        conv.up = up
        self.groups.append((1, None))
        return self

    def sum(self, layers, activation):
        self.groups = self.groups[:-layers] + [(layers, activation)]
        return self

    def bottleneck(self, c, activation):
        inner = max(c // 4, 1)
        self.conv(c, inner, 1, activation=activation).conv(inner, inner, 3, activation=activation)
        return self.conv(inner, c, 3).sum(3, activation)

    def forward(self, x):
        at = 0
        for layers, activation in self.groups:
            whole = x
            for _ in range(layers):
                conv, norm, act = self[at], self[at + 1], self[at + 2]
                x = F.interpolate(x, scale_factor=2, mode="nearest") if conv.up else x
                x, at = act(norm(conv(x))), at + 3
            x = activation(whole + x) if activation else x
        return x


def relu():
    return nn.ReLU()


def leaky():
    return nn.LeakyReLU(0.2)


def beside(x, c):
    return torch.cat((x, c[:, :, None, None].expand(-1, -1, *x.shape[2:])), 1)


class Generator(nn.Module):
    def condition_of(self, embedding, noise):
        both = F.leaky_relu(self.condition(embedding), 0.2)
        self.mean, self.deviation = both[:, :CONDITION], both[:, CONDITION:]
        return self.mean + self.deviation.exp() * noise

    def divergence(self):
        return (-self.deviation + 0.5 * (-1 + (2 * self.deviation).exp() + self.mean ** 2)).mean()


class First(Generator):
    def __init__(self):
        super().__init__()
        self.condition = nn.Linear(EMBEDDING, 2 * CONDITION)
        top = 2 * WIDTH
        self.begin = nn.ModuleList([nn.Linear(CONDITION + NOISE, 16 * top), nn.BatchNorm2d(16 * top)])
        self.main = Row().bottleneck(top, relu()).conv(top, top // 2, 3, up=True).bottleneck(top // 2, relu())
        self.main.conv(WIDTH, 3, 3, normed=False, activation=nn.Tanh(), up=True)

    def forward(self, c, z):
        x = self.begin[0](torch.cat((c, z), 1))
        return self.main(self.begin[1](x[:, :, None, None]).reshape(len(c), -1, 4, 4))


class Second(Generator):
    def __init__(self):
        super().__init__()
        w = WIDTH
        self.condition = nn.Linear(EMBEDDING, 2 * CONDITION)
        self.encode = Row().conv(3, w, 3, normed=False, activation=relu())
        self.encode.conv(w, 2 * w, 4, activation=relu()).conv(2 * w, 4 * w, 4, activation=relu())
        self.main = Row().conv(4 * w + CONDITION, 4 * w, 3, activation=relu())
        self.main.conv(4 * w, 4 * w, 3, activation=relu()).conv(4 * w, 4 * w, 3).sum(2, relu())
        for i in range(4):
            self.main.conv(max(4 * w >> i, 1), max(4 * w >> i + 1, 1), 3, activation=relu(), up=True)
        self.main.conv(max(4 * w >> 4, 1), 3, 3, normed=False, activation=nn.Tanh())

    def forward(self, low, c):
        return self.main(beside(self.encode(low), c))


class Discriminator(nn.Module):
    def __init__(self, side):
        super().__init__()
        w, halvings = JUDGE, (side // 4).bit_length() - 1
        self.text = nn.Linear(EMBEDDING, CONDITION)
        self.encode = Row().conv(3, w, 4, normed=False, activation=leaky())
        for i in range(1, halvings):
            bare = i + 2 >= halvings
            self.encode.conv(w << i - 1, w << i, 4, activation=None if bare else leaky())
        c = w << halvings - 1
        self.encode.bottleneck(c, leaky())
        self.head = Row().conv(c + CONDITION, c, 1, activation=leaky()).conv(c, 1, 4, normed=False)

    def score(self, code, embedding):
        return self.head(beside(code, F.leaky_relu(self.text(embedding), 0.2)))


def counts():
    """Parameters of the authors' networks."""
    fc = lambda i, o: i * o + o
    conv = lambda i, o, k: i * o * k * k
    normed = lambda i, o, k: conv(i, o, k) + 2 * o
    block = lambda c: normed(c, c // 4, 1) + normed(c // 4, c // 4, 3) + normed(c // 4, c, 3)
    head = fc(1024, 128) + normed(640, 512, 1) + conv(512, 1, 4)
    first = (fc(1024, 256) + fc(228, 16384) + 2 * 16384 + block(1024) + normed(1024, 512, 3) + block(512)
             + normed(512, 256, 3) + normed(256, 128, 3) + conv(128, 3, 3))
    second = (fc(1024, 256) + conv(3, 128, 3) + normed(128, 256, 4) + normed(256, 512, 4) + normed(640, 512, 3)
              + 8 * normed(512, 512, 3) + normed(512, 256, 3) + normed(256, 128, 3) + normed(128, 64, 3)
              + normed(64, 32, 3) + conv(32, 3, 3))
    halve = lambda n: conv(3, 64, 4) + sum(normed(64 << i, 128 << i, 4) for i in range(n))
    judges = [halve(3) + block(512) + head, halve(5) + normed(2048, 1024, 1) + normed(1024, 512, 1) + block(512) + head]
    return first, second, *judges


def stage(out, name, nets, batch, real, low):
    g, d = nets[f"{name}.generator"], nets[f"{name}.discriminator"]
    embedding, wrong = batch["embedding"], batch["wrong"]
    c = g.condition_of(embedding, batch["augmentation"])
    fake = g(c, batch["noise"]) if low is None else g(low, c)
    bce = lambda logits, to: F.binary_cross_entropy_with_logits(logits, torch.full_like(logits, to))
    code = d.encode(real)
    of_real, of_wrong = d.score(code, embedding), d.score(code, wrong)
    of_fake = d.score(d.encode(fake.detach()), embedding)
    d_loss = bce(of_real, 1.0) + (bce(of_wrong, 0.0) + bce(of_fake, 0.0)) / 2
    adam = torch.optim.Adam(d.parameters(), lr=2e-4, betas=(0.5, 0.999))
    d_loss.backward()
    grads = {f"{name}.discriminator.{n}": p.grad.clone() for n, p in d.named_parameters()}
    adam.step()
    after = {f"{name}.discriminator.{n}": v.clone() for n, v in d.state_dict().items() if "running" in n}
    g_loss, divergence = bce(d.score(d.encode(fake), embedding), 1.0), g.divergence()
    (g_loss + 2 * divergence).backward()
    grads |= {f"{name}.generator.{n}": p.grad.clone() for n, p in g.named_parameters()}
    after |= {f"{name}.generator.{n}": v.clone() for n, v in g.state_dict().items() if "running" in n}
    out |= {f"{name}.gradient.{n}": v for n, v in grads.items()} | {f"{name}.after.{n}": v for n, v in after.items()}
    opinions = [torch.sigmoid(x).mean() for x in (of_real, of_wrong, of_fake)]
    out[f"{name}.losses"] = torch.stack([d_loss, g_loss, divergence, *opinions])
    out[f"{name}.condition"] = torch.cat((g.mean, g.deviation), 1)
    out[f"{name}.real"] = real
    print(name, out[f"{name}.losses"])


def main():
    assert torch.__version__.split("+")[0] == "2.15.0", f"pinned to torch 2.15.0, found {torch.__version__}"
    torch.set_num_threads(1)
    torch.manual_seed(1)
    nets = {"stage1.generator": First(), "stage2.generator": Second(),
            "stage1.discriminator": Discriminator(LOW), "stage2.discriminator": Discriminator(SIZE)}
    out = {}
    for key, net in nets.items():
        draw(net)
        out |= {f"state.{key}.{n}": v.clone() for n, v in net.state_dict().items()
                if not n.endswith("num_batches_tracked")}
        net.double()
    shapes = {"embedding": EMBEDDING, "wrong": EMBEDDING, "augmentation": CONDITION, "noise": NOISE, "before": CONDITION}
    batch = {n: torch.randn(BATCH, width).double() for n, width in shapes.items()}
    out |= {f"batch.{n}": v for n, v in batch.items()}
    real = {side: (torch.rand(BATCH, 3, side, side) * 2 - 1).double() for side in (LOW, SIZE)}
    with torch.no_grad():
        first = nets["stage1.generator"].eval()
        low = first(first.condition_of(batch["embedding"], batch["before"]), batch["noise"])
        first.train()
    stage(out, "stage1", nets, batch, real[LOW], None)
    stage(out, "stage2", nets, batch, real[SIZE], low)
    rows = [F.normalize(torch.randn(4, 5).double(), dim=1).requires_grad_() for _ in range(2)]
    logits, own = rows[0] @ rows[1].T / 0.07, torch.arange(4)
    loss = (F.cross_entropy(logits, own) + F.cross_entropy(logits.T, own)) / 2
    loss.backward()
    out |= {"matching.sentences": rows[0], "matching.pictures": rows[1], "matching.loss": loss[None],
            "matching.gradient.sentences": rows[0].grad, "matching.gradient.pictures": rows[1].grad}
    print("parameters", counts())
    write("stackgan.safetensors", out)


if __name__ == "__main__":
    main()
