"""CycleGAN's residual generator in PyTorch: inference, eager, one line of JSON. Run by `easel bench`, or by hand.

The layers are those of src/models/resnet_generator.rs. On CUDA, TF32 is off and then on, pictures lie in memory by
channels and then by pixels, and cuDNN chooses its kernels by trying them. Without CUDA the line says so.
"""

import argparse
import json
import statistics
import time


def generator(nn, width, blocks):
    def conv(inputs, outputs, kernel, **options):
        return nn.Conv2d(inputs, outputs, kernel, **options)

    def normed(layer, channels):
        return [layer, nn.InstanceNorm2d(channels), nn.ReLU(inplace=True)]

    class Block(nn.Module):
        def __init__(self, channels):
            super().__init__()
            self.conv_block = nn.Sequential(
                nn.ReflectionPad2d(1),
                *normed(conv(channels, channels, 3), channels),
                nn.ReflectionPad2d(1),
                conv(channels, channels, 3),
                nn.InstanceNorm2d(channels),
            )

        def forward(self, x):
            return x + self.conv_block(x)

    layers = [nn.ReflectionPad2d(3), *normed(conv(3, width, 7), width)]
    for channels in (width, 2 * width):
        layers += normed(conv(channels, 2 * channels, 3, stride=2, padding=1), 2 * channels)
    layers += [Block(4 * width) for _ in range(blocks)]
    for channels in (4 * width, 2 * width):
        up = nn.ConvTranspose2d(channels, channels // 2, 3, stride=2, padding=1, output_padding=1)
        layers += normed(up, channels // 2)
    layers += [nn.ReflectionPad2d(3), conv(width, 3, 7), nn.Tanh()]
    return nn.Sequential(*layers)


def timed(torch, device, frame, count):
    """Milliseconds of a frame when `count` of them are queued and then waited for."""
    if device == "cuda":
        begin, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))
        begin.record()
        for _ in range(count):
            frame()
        end.record()
        torch.cuda.synchronize()
        return begin.elapsed_time(end) / count
    begin = time.perf_counter()
    for _ in range(count):
        frame()
    return 1e3 * (time.perf_counter() - begin) / count


def waited(torch, device, frame):
    """Milliseconds of one frame until it is there."""
    begin = time.perf_counter()
    frame()
    if device == "cuda":
        torch.cuda.synchronize()
    return 1e3 * (time.perf_counter() - begin)


def figures(times):
    return {"median": statistics.median(times), "min": min(times)}


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    for name, default in {"size": 256, "width": 64, "blocks": 9, "batch": 1, "rounds": 5, "frames": 0}.items():
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--device", choices=("cuda", "cpu"), default="cuda")
    args = parser.parse_args()

    try:
        import torch
    except ImportError:
        print(json.dumps({"torch": None, "cuda": None}))
        return
    cuda = torch.version.cuda if torch.cuda.is_available() else None
    head = {"torch": torch.__version__, "cuda": cuda}
    if args.device == "cuda" and cuda is None:
        print(json.dumps(head))
        return

    torch.manual_seed(1)
    torch.backends.cudnn.benchmark = True
    network = generator(torch.nn, args.width, args.blocks).eval().to(args.device)
    picture = torch.randn(args.batch, 3, args.size, args.size, device=args.device)

    def variant(tf32, layout):
        """A function that runs a frame so."""
        memory = torch.channels_last if layout == "channels_last" else torch.contiguous_format

        def prepare():
            # Both switches: convolutions go by the first.
            torch.backends.cudnn.allow_tf32 = tf32
            torch.backends.cuda.matmul.allow_tf32 = tf32
            network.to(memory_format=memory)
            return picture.to(memory_format=memory)

        return prepare

    variants = [
        (tf32, layout, variant(tf32, layout))
        for tf32 in ((False, True) if args.device == "cuda" else (False,))
        for layout in ("nchw", "channels_last")
    ]
    rows = [{"tf32": tf32, "layout": layout, "queued": [], "single": []} for tf32, layout, _ in variants]
    frames = args.frames
    with torch.inference_mode():
        for turn in range(args.rounds + 2):
            for row, (_, _, prepare) in zip(rows, variants):
                x = prepare()
                frame = lambda: network(x)
                # After a change cuDNN may look for its kernels again.
                waited(torch, args.device, frame)
                single = waited(torch, args.device, frame)
                if frames == 0:
                    single = waited(torch, args.device, frame)
                    frames = max(1, min(100, round(40 / single)))
                queued = timed(torch, args.device, frame, frames)
                # Two rounds warm up.
                if turn >= 2:
                    row["queued"].append(queued)
                    row["single"].append(single)
    for row in rows:
        row["queued"], row["single"] = figures(row["queued"]), figures(row["single"])
    name = torch.cuda.get_device_name() if args.device == "cuda" else "CPU"
    parameters = sum(p.numel() for p in network.parameters())
    print(json.dumps({**head, "device": name, "parameters": parameters, "frames": frames, "rows": rows}))


if __name__ == "__main__":
    main()
