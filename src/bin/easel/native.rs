//! What the command knows.

mod bench;
mod gatys;
mod judge;
mod stylize;
mod train;

use burn::tensor::{Device, DeviceKind};
use clap::{Parser, Subcommand, ValueEnum};
use easel::ops::{Adapter, use_adapter};

use bench::{BenchArgs, bench};
use gatys::{GatysArgs, gatys};
use judge::{JudgeArgs, judge};
use stylize::{StylizeArgs, stylize};
use train::{Model, train};

type Failed = Box<dyn std::error::Error>;
type Done = Result<(), Failed>;

#[derive(Parser)]
#[command(about = "Trains the weights of Easel's page, and runs its jobs on files")]
struct Command {
    #[command(subcommand)]
    what: What,
    /// Where to compute: `bench` on the graphics card, all others on the processor if nothing is said.
    #[arg(long, global = true)]
    device: Option<Where>,
}

#[derive(Subcommand)]
enum What {
    /// Train a model of the page.
    #[command(subcommand)]
    Train(Model),
    /// Stylize one picture by optimisation.
    Gatys(GatysArgs),
    /// Turn pictures into others by a trained network.
    Stylize(StylizeArgs),
    /// Ask whether results look like paintings, and how much of their pictures they keep.
    Judge(JudgeArgs),
    /// Measure the kernels on the graphics card: layers, a whole network, and the same in PyTorch.
    Bench(BenchArgs),
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Where {
    /// Burn's Flex backend.
    Cpu,
    /// WebGPU on the graphics card, through Vulkan, Metal or DirectX.
    Gpu,
}

pub fn main() -> Done {
    let command = Command::parse();
    let device = || match command.device {
        None | Some(Where::Cpu) => Device::flex(),
        Some(Where::Gpu) => {
            use_adapter(default_adapter());
            Device::wgpu(DeviceKind::DefaultDevice)
        }
    };
    match command.what {
        What::Train(model) => train(model, &device()),
        What::Gatys(args) => gatys(args, &device()),
        What::Stylize(args) => stylize(&args, &device()),
        What::Judge(args) => judge(args, &device()),
        What::Bench(_) if command.device == Some(Where::Cpu) => {
            Err("bench measures the kernels of a graphics card; leave --device cpu out".into())
        }
        What::Bench(args) => bench(args),
    }
}

/// What the default device runs on.
fn default_adapter() -> Adapter {
    let options = wgpu::RequestAdapterOptions::default();
    let found = wgpu::Instance::default().request_adapter(&options);
    let software = pollster::block_on(found).map_or(true, |adapter| {
        adapter.get_info().device_type == wgpu::DeviceType::Cpu
    });
    Adapter::new(software)
}
