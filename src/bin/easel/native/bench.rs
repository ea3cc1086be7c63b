//! `easel bench`: the kernels on the graphics card.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use easel::native_bench::{self, Report, Torch, TorchDevice};

use super::Done;

#[derive(Args)]
pub struct BenchArgs {
    /// Side of the picture in pixels, a multiple of 4.
    #[arg(long, default_value_t = 256)]
    size: usize,
    /// Channels at full size.
    #[arg(long, default_value_t = 64)]
    width: usize,
    /// Residual blocks.
    #[arg(long, default_value_t = 9)]
    blocks: usize,
    /// Pictures at a time.
    #[arg(long, default_value_t = 1)]
    batch: usize,
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Leave out the whole network, and PyTorch.
    #[arg(long)]
    layers_only: bool,
    /// Whether to run the network in PyTorch, too; `auto` does if it is there.
    #[arg(long, default_value = "auto")]
    torch: WhetherTorch,
    /// Where PyTorch computes.
    #[arg(long, default_value = "cuda")]
    torch_device: WhereTorch,
    /// The interpreter that has PyTorch.
    #[arg(long, default_value = "python3")]
    python: String,
    /// A file for the figures as JSON.
    #[arg(long)]
    out: Option<PathBuf>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum WhetherTorch {
    Auto,
    On,
    Off,
}

#[derive(Clone, Copy, ValueEnum)]
pub enum WhereTorch {
    Cuda,
    Cpu,
}

pub fn bench(args: BenchArgs) -> Done {
    let settings = native_bench::Settings {
        size: args.size,
        width: args.width,
        blocks: args.blocks,
        batch: args.batch,
        rounds: args.rounds,
        layers_only: args.layers_only,
    };
    let (device, kind, adapter) = native_bench::start()?;
    eprintln!("measuring on {}", adapter.name);
    let figures = native_bench::measure(&settings, kind, &device)?;
    let torch = if args.torch == WhetherTorch::Off || args.layers_only {
        None
    } else {
        let device = match args.torch_device {
            WhereTorch::Cuda => TorchDevice::Cuda,
            WhereTorch::Cpu => TorchDevice::Cpu,
        };
        Some(native_bench::torch(&settings, &args.python, device)?)
    };
    let report = Report {
        adapter,
        settings,
        figures,
        torch,
    };
    println!("{report}");
    if let Some(path) = args.out {
        std::fs::write(path, serde_json::to_string_pretty(&report)? + "\n")?;
    }
    match report.torch {
        Some(Torch::Absent(why)) if args.torch == WhetherTorch::On => Err(why.into()),
        _ => Ok(()),
    }
}
