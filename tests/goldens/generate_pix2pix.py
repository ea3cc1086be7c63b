# /// script
# requires-python = "==3.11.*"
# dependencies = ["torch==2.15.0", "safetensors==0.8.0", "numpy==2.4.6"]
# ///
"""Golden values of pix2pix's training: PyTorch's answers, which `tests/pix2pix.rs` must reproduce.

Run on a CPU, from anywhere; it rewrites pix2pix.safetensors beside it, and takes seconds:

    pip install torch==2.15.0 safetensors==0.8.0 numpy==2.4.6
    python tests/goldens/generate_pix2pix.py

Two steps in the order of pix2pix_model.py of pytorch-CycleGAN-and-pix2pix, with its defaults (Adam at 2e-4 with betas
of 0.5 and 0.999, an L1 weight of 100), of networks of a few channels on 64 px, the least with dropout, in batches of
two. The random numbers are those of a run of Easel: which pairs are taken, then the dropout's masks.

    state.NETWORK.NAME              the state dicts before the first step, both of the cases below
    CASE.losses                     a row for each step: of the discriminator; of the generator, adversarial and L1;
                                    the mean opinions on true and generated pictures
    CASE.gradient.NETWORK.NAME      in the first step
    CASE.after.NETWORK.NAME         the state dicts after both; the discriminator's running statistics without those of
                                    the generator's steps, in which it does not learn
"""

import torch
from generate_models import Masked, Patch, Unet, draw, write
from torch import nn

PAIRS, BATCH, SIDE = 3, 2, 64
FULL = (1 << 64) - 1


class Seed:
    """SplitMix64 as in src/data/seed.rs."""

    def __init__(self, state):
        self.state = state

    @classmethod
    def stream(cls, seed, stream=0):
        return cls(((stream << 32 | seed) * 0x2545F4914F6CDD1D & FULL) ^ 0x6A09E667F3BCC909)

    def split(self):
        seed, stream = self.next(), self.next()
        return Seed.stream(seed, stream)

    def next(self):
        self.state = (self.state + 0x9E3779B97F4A7C15) & FULL
        z = self.state
        z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9 & FULL
        z = (z ^ z >> 27) * 0x94D049BB133111EB & FULL
        return (z ^ z >> 31) >> 32

    def below(self, count):
        return self.next() * count >> 32

    def chance(self, probability):
        return (self.next() >> 8) / 2 ** 24 < probability


def pictures(seed):
    """[PAIRS, 2, 3, SIDE, SIDE] in -1..1: input and target of each."""
    values = [seed.below(256) for _ in range(PAIRS * 2 * 3 * SIDE * SIDE)]
    return (torch.tensor(values, dtype=torch.float64) / 127.5 - 1).reshape(PAIRS, 2, 3, SIDE, SIDE)


def case(out, name, criterion, opinion):
    nets = {"generator": Unet(3, 3, 1, 6).double(), "discriminator": Patch(6, 1, 3, "batch").double()}
    for key, net in nets.items():
        state = {n: out[f"state.{key}.{n}"].double() for n in net.state_dict() if f"state.{key}.{n}" in out}
        assert len(net.load_state_dict(state, strict=False).unexpected_keys) == 0
    g, d = nets["generator"], nets["discriminator"]
    adams = {key: torch.optim.Adam(net.parameters(), lr=2e-4, betas=(0.5, 0.999)) for key, net in nets.items()}
    gan = lambda logits, real: criterion(logits, torch.full_like(logits, float(real)))
    data, random, rows = pictures(Seed.stream(7)), Seed(0x0123456789ABCDEF), []
    remembered = {}

    def learn(key, loss, first):
        adams[key].zero_grad()
        loss.backward(retain_graph=True)
        if first:
            out.update({f"{name}.gradient.{key}.{n}": p.grad.clone() for n, p in nets[key].named_parameters()})
        adams[key].step()

    for step in range(2):
        picked = torch.stack([data[random.below(PAIRS)] for _ in range(BATCH)])
        a, b = picked[:, 0], picked[:, 1]
        own = random.split()
        mask = [0.0 if own.chance(0.5) else 2.0 for _ in range(BATCH * 8 * 4 * 4)]
        for place in (m for m in g.modules() if isinstance(m, Masked)):
            place.mask = torch.tensor(mask, dtype=torch.float64).reshape(BATCH, 8, 4, 4)
        fake = g(a)
        of_fake = d(torch.cat((a, fake.detach()), 1))
        of_real = d(torch.cat((a, b), 1))
        d_loss = (gan(of_fake, False) + gan(of_real, True)) * 0.5
        learn("discriminator", d_loss, step == 0)
        remembered = {n: v.clone() for n, v in d.state_dict().items() if "running" in n}
        for parameter in d.parameters():
            parameter.requires_grad_(False)
        g_loss, l1 = gan(d(torch.cat((a, fake), 1)), True), nn.L1Loss()(fake, b)
        learn("generator", g_loss + l1 * 100, step == 0)
        for parameter in d.parameters():
            parameter.requires_grad_(True)
        d.load_state_dict(remembered, strict=False)
        rows.append(torch.stack([d_loss, g_loss, l1, opinion(of_real).mean(), opinion(of_fake).mean()]).detach())
    out[f"{name}.losses"] = torch.stack(rows)
    for key, net in nets.items():
        after = {n: v for n, v in net.state_dict().items() if not n.endswith("num_batches_tracked")}
        out.update({f"{name}.after.{key}.{n}": v for n, v in after.items()})
    print(name, rows)


def main():
    assert torch.__version__.split("+")[0] == "2.15.0", f"pinned to torch 2.15.0, found {torch.__version__}"
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    torch.manual_seed(0)
    out = {}
    for key, net in (("generator", Unet(3, 3, 1, 6)), ("discriminator", Patch(6, 1, 3, "batch"))):
        draw(net)
        out.update({f"state.{key}.{n}": v.clone() for n, v in net.state_dict().items()
                    if not n.endswith("num_batches_tracked")})
    case(out, "non-saturating", nn.BCEWithLogitsLoss(), torch.sigmoid)
    case(out, "least-squares", nn.MSELoss(), lambda logits: logits)
    write("pix2pix.safetensors", out)


if __name__ == "__main__":
    main()
