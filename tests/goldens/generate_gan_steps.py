# /// script
# requires-python = ">=3.11"
# dependencies = ["torch==2.15.0", "safetensors==0.8.0", "numpy==2.4.6"]
# ///
"""Golden values of the GAN lab's training: PyTorch's answers, which `tests/gan_steps.rs` must reproduce.

Run on a CPU, from anywhere; it rewrites gan_steps.safetensors beside it, and takes seconds:

    pip install torch==2.15.0 safetensors==0.8.0 numpy==2.4.6
    python tests/goldens/generate_gan_steps.py

Ten steps of each variant with the reference's settings, but of a few channels, in batches of four. The fully connected
ones are in the order of PyTorch-GAN's gan.py and cgan.py, whose generator learns first; `points` has the lab's own
settings for points of the plane. DCGAN and its least squares are in the order of PyTorch's tutorial. Of the four that are
told labels, `concatenated` is cgan.py, with dropout; `multiplied` multiplies the noise by an embedding and gives the
discriminator one of as many numbers as there are pixels; `channel` and `constant` are the same two ways with the networks
of DCGAN, where the discriminator's embedding is one more channel, or constant channels.

    real.CxHxW                      samples, of which each step takes the next BATCH; after the last comes the first
    CASE.noise                      [STEPS, BATCH, LATENT]
    CASE.labels.real                of the samples; those of generated ones are CASE.labels.fake, [STEPS, BATCH]
    CASE.state.NETWORK.NAME         before the first step
    CASE.losses                     a row for each step: of the discriminator and of the generator, the mean opinions on
                                    real and generated samples, the length of the gradient that reaches the generator
    CASE.gradient.NETWORK.NAME      in the first step
    CASE.after.NETWORK.NAME         after the last; the discriminator's running statistics without those of the
                                    generator's steps, in which it does not learn

Weights, noise and samples are drawn in float32, steps computed in float64 from exactly those. A seed is taken only if
in none of the steps a value is nearer than MARGIN to a kink of ReLU: rounding decides no gradient. Nor may a unit of the
first layer be on one side of its kink for the whole first batch where a norm follows, which takes away all that its
bias then does: of rounding alone Adam makes steps as long as any. Masks of dropout are those of a run of Easel whose
random numbers stand at RANDOM.
"""

import torch
from generate_gan import discriminator, draw_linear, generator
from generate_models import Masked, dcgan_discriminator, dcgan_generator, draw, write
from generate_pix2pix import Seed
from torch import nn
from torch.nn import functional as F

STEPS, BATCH, POOL, LATENT, CLASSES = 10, 4, 5, 5, 3
MARGIN, SHARE, RANDOM = 1e-5, 0.4, 0x0123456789ABCDEF
POINT, ROW, GREY, TWO = (2, 1, 1), (1, 6, 7), (1, 28, 28), (2, 32, 32)

# Samples, how the noise and the picture are told a label, whether it is DCGAN, least squares, generator first; dropout.
CASES = {
    "points": (POINT, None, None, False, False, True, False),
    "gan": (ROW, None, None, False, False, True, False),
    "dcgan": (GREY, None, None, True, False, False, False),
    "lsgan": (TWO, None, None, True, True, False, False),
    "concatenated": (ROW, "concatenated", "concatenated", False, True, True, True),
    "multiplied": (ROW, "multiplied", "channel", False, True, True, False),
    "channel": (GREY, "multiplied", "channel", True, True, True, False),
    "constant": (GREY, "concatenated", "concatenated", True, True, True, False),
}


def networks(shape, of_noise, of_picture, convolutional, dropout):
    """Generator and discriminator, each with its embedding if there are labels."""
    c, h, w = shape
    more = CLASSES if of_noise == "concatenated" else 0
    told = {None: 0, "concatenated": CLASSES, "channel": h * w}[of_picture]
    if convolutional:
        channels, width = {None: 0, "concatenated": CLASSES, "channel": 1}[of_picture], 2 if shape == GREY else 1
        g = dcgan_generator(h, c, LATENT + more, width)
        d = dcgan_discriminator(h, c + channels, width)
        draw(g)
        draw(d)
    else:
        point = shape == POINT
        g = draw_linear(generator(LATENT + more, [6, 7, 9], shape, not point, not point))
        d = draw_linear(discriminator(c * h * w + told, [9, 8, 7], dropout))
    if of_noise:
        g.label_emb = nn.Embedding(CLASSES, more or LATENT)
        d.label_embedding = nn.Embedding(CLASSES, told)
    return {"generator": g, "discriminator": d}


def drawn(g, form, noise, labels):
    """The generator's samples."""
    if form == "multiplied":
        noise = noise * g.label_emb(labels)
    if form == "concatenated":
        noise = torch.cat((g.label_emb(labels), noise), 1)
    return g(noise[:, :, None, None])


def judged(d, form, convolutional, samples, labels):
    """The discriminator's opinions."""
    if form is None:
        return d(samples)
    told = d.label_embedding(labels)
    if not convolutional:
        return d(torch.cat((samples.flatten(1), told), 1))
    b, _, h, w = samples.shape
    more = told.reshape(b, 1, h, w) if form == "channel" else told[:, :, None, None].expand(-1, -1, h, w)
    return d(torch.cat((samples, more), 1))


def watch(net, near):
    """Notes how near values come to a kink. Zeros are those of a mask, whose gradient is 0 either way."""
    def look(_, inputs):
        far = inputs[0].detach().abs()
        near.append(far[far > 0].min().item())

    for module in net.modules():
        if isinstance(module, (nn.ReLU, nn.LeakyReLU)):
            module.register_forward_pre_hook(look)


def attempt(name, seed, real):
    """One case, and its distance to a kink."""
    shape, of_noise, of_picture, convolutional, squares, first, dropout = CASES[name]
    torch.manual_seed(seed)
    nets = networks(shape, of_noise, of_picture, convolutional, dropout)
    out, near = {}, []
    for key, net in nets.items():
        out.update({f"state.{key}.{n}": v.clone() for n, v in net.state_dict().items()
                    if not n.endswith("num_batches_tracked")})
        watch(net.double(), near)
    g, d = nets["generator"], nets["discriminator"]
    noise = torch.randn(STEPS, BATCH, LATENT)
    of_real, of_fake = torch.randint(CLASSES, (POOL,)), torch.randint(CLASSES, (STEPS, BATCH))
    out["noise"] = noise
    if of_noise:
        out["labels.real"], out["labels.fake"] = of_real, of_fake
    (of_g, of_d), beta = ((1e-3, 2e-3), 0.0) if name == "points" else ((2e-4, 2e-4), 0.5)
    adams = {"generator": torch.optim.Adam(g.parameters(), lr=of_g, betas=(beta, 0.999)),
             "discriminator": torch.optim.Adam(d.parameters(), lr=of_d, betas=(beta, 0.999))}
    criterion = F.mse_loss if squares else F.binary_cross_entropy_with_logits
    against = lambda logits, target: criterion(logits, torch.full_like(logits, target))
    opinion = (lambda logits: logits.mean()) if squares else (lambda logits: torch.sigmoid(logits).mean())
    random, rows = Seed(RANDOM), []

    def judge(samples, labels):
        layers = list(d.model) if dropout else []
        for linear, place in zip(layers, layers[1:]):
            if isinstance(place, Masked):
                shape = (BATCH, linear.out_features)
                values = [0.0 if random.chance(SHARE) else 1 / (1 - SHARE) for _ in range(shape[0] * shape[1])]
                place.mask = torch.tensor(values, dtype=torch.float64).reshape(shape)
        return judged(d, of_picture, convolutional, samples, labels)

    def learn(key):
        if not rows:
            out.update({f"gradient.{key}.{n}": p.grad.clone() for n, p in nets[key].named_parameters()})
        adams[key].step()

    for step in range(STEPS):
        numbers = [(BATCH * step + i) % POOL for i in range(BATCH)]
        samples, labels = real[numbers].double(), of_real[numbers]
        fake = drawn(g, of_noise, noise[step].double(), of_fake[step])

        def learn_generator():
            remembered = {n: v.clone() for n, v in d.state_dict().items() if "running" in n}
            fake.retain_grad()
            adams["generator"].zero_grad()
            loss = against(judge(fake, of_fake[step]), 1.0)
            loss.backward()
            learn("generator")
            d.load_state_dict(remembered, strict=False)
            return loss, fake.grad.norm()

        def learn_discriminator():
            adams["discriminator"].zero_grad()
            logits = judge(samples, labels), judge(fake.detach(), of_fake[step])
            loss = (against(logits[0], 1.0) + against(logits[1], 0.0)) * (0.5 if squares else 1.0)
            loss.backward()
            learn("discriminator")
            return loss, *map(opinion, logits)

        if first:
            g_loss, reached = learn_generator()
        d_loss, d_real, d_fake = learn_discriminator()
        if not first:
            g_loss, reached = learn_generator()
        rows.append(torch.stack([d_loss, g_loss, d_real, d_fake, reached]).detach())
    out["losses"] = torch.stack(rows)
    for key, net in nets.items():
        out.update({f"after.{key}.{n}": v for n, v in net.state_dict().items()
                    if not n.endswith("num_batches_tracked")})
    return out, min(near)


def main():
    assert torch.__version__.split("+")[0] == "2.15.0", f"pinned to torch 2.15.0, found {torch.__version__}"
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    torch.manual_seed(0)
    pools = {shape: torch.randn(POOL, *shape) if shape == POINT else torch.rand(POOL, *shape) * 2 - 1
             for shape in (POINT, ROW, GREY, TWO)}
    out = {f"real.{'x'.join(map(str, shape))}": pool for shape, pool in pools.items()}
    for name, (shape, *_) in CASES.items():
        for seed in range(1000):
            tensors, distance = attempt(name, seed, pools[shape])
            of_bias = tensors.get("gradient.generator.model.0.bias", torch.ones(1))
            if distance > MARGIN and of_bias.abs().min() > 1e-9:
                break
        else:
            raise AssertionError(f"{name}: no seed stays {MARGIN} away from the kinks")
        begun, ended = tensors["losses"][0, :2].tolist(), tensors["losses"][-1, :2].tolist()
        print(f"{name}: seed {seed}, {distance:.1e} from the nearest kink, losses {begun} to {ended}")
        out.update({f"{name}.{key}": value for key, value in tensors.items()})
    write("gan_steps.safetensors", out)


if __name__ == "__main__":
    main()
