//! Winograd's fast convolutions (Lavin and Gray 2016) for 3x3 and stride 1. `F(4x4, 3x3)` multiplies 36 times for each
//! 16 pixels and pair of channels instead of 144; its errors are about ten times those of a direct sum.
//! `F(2x2, 3x3)` multiplies 16 times for each 4 pixels instead of 36, and loses next to nothing: the one for numbers
//! stored as f16. `check_conv.rs` and the large layers of `tests/ops.rs` bound the errors.

use std::sync::atomic::{AtomicU8, Ordering};

use burn::backend::{DispatchDevice, TensorMetadata, wgpu::CubeTensor};
use burn::tensor::{Device, FloatDType};

use super::entry::Reading;
use super::gemm::{gemm, padded, tiles};
use super::im2col::Windows;
use super::kernel::{Wgsl, empty, grid, launch, or_nothing};
use super::{
    Activation,
    conv2d_launch::{dims4, pieces},
};

static WINOGRAD_WEIGHT: Wgsl = Wgsl {
    name: "winograd_weight",
    source: include_str!("../../shaders/winograd_weight.wgsl"),
    dim: (64, 1, 1),
};
static WINOGRAD_INPUT: Wgsl = Wgsl {
    name: "winograd_input",
    source: include_str!("../../shaders/winograd_input.wgsl"),
    dim: (64, 1, 1),
};
static WINOGRAD_OUTPUT: Wgsl = Wgsl {
    name: "winograd_output",
    source: include_str!("../../shaders/winograd_output.wgsl"),
    dim: (64, 1, 1),
};
static WINOGRAD_WEIGHT_2X2: Wgsl = Wgsl {
    name: "winograd_weight_2x2",
    source: include_str!("../../shaders/winograd_weight_2x2.wgsl"),
    dim: (64, 1, 1),
};
static WINOGRAD_INPUT_2X2: Wgsl = Wgsl {
    name: "winograd_input_2x2",
    source: include_str!("../../shaders/winograd_input_2x2.wgsl"),
    dim: (64, 1, 1),
};
static WINOGRAD_OUTPUT_2X2: Wgsl = Wgsl {
    name: "winograd_output_2x2",
    source: include_str!("../../shaders/winograd_output_2x2.wgsl"),
    dim: (64, 1, 1),
};
pub(super) static KERNELS: [&Wgsl; 6] = [
    &WINOGRAD_WEIGHT,
    &WINOGRAD_INPUT,
    &WINOGRAD_OUTPUT,
    &WINOGRAD_WEIGHT_2X2,
    &WINOGRAD_INPUT_2X2,
    &WINOGRAD_OUTPUT_2X2,
];

/// How 3x3 convolutions of stride 1 are computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Winograd {
    /// As all others.
    Never,
    /// By `F(2x2, 3x3)`.
    Two,
    /// By `F(4x4, 3x3)`.
    Four,
}

/// How a network is laid out for the kernels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Variant {
    /// Whether pictures and filters are stored as f16, for inference on devices that can; all sums are f32.
    pub half: bool,
    /// How 3x3 convolutions of stride 1 are computed.
    pub winograd: Winograd,
}

/// Whether the kernels can store pictures and filters as f16 on this device.
#[must_use]
pub fn knows_half(device: &Device) -> bool {
    let plain = device.clone().without_autodiff();
    let gpu = matches!(plain.as_dispatch(), DispatchDevice::Cube(_));
    gpu && device.supports_dtype(FloatDType::F16)
}

impl Variant {
    /// What is used without having measured anything.
    pub const DEFAULT: Self = Self {
        half: false,
        winograd: Winograd::Four,
    };
}

static CHOSEN: AtomicU8 = AtomicU8::new(4);

/// Chooses for all filters that are laid out from now on in this process; [`Winograd::Four`] until then. Filters that
/// were packed before are used as they are. Returns the choice so far.
pub fn use_winograd(winograd: Winograd) -> Winograd {
    Winograd::of(CHOSEN.swap(winograd.side() as u8, Ordering::Relaxed))
}

/// The present choice.
pub(super) fn chosen() -> Winograd {
    Winograd::of(CHOSEN.load(Ordering::Relaxed))
}

impl Winograd {
    const ALL: [Self; 3] = [Self::Never, Self::Two, Self::Four];

    fn of(side: u8) -> Self {
        let mut all = Self::ALL.into_iter();
        all.find(|w| w.side() == usize::from(side))
            .unwrap_or(Self::Four)
    }

    /// Pixels of a tile's side.
    fn side(self) -> usize {
        match self {
            Self::Never => 1,
            Self::Two => 2,
            Self::Four => 4,
        }
    }

    /// Values of a tile in Winograd's domain; where there is none, the taps.
    fn domain(self) -> usize {
        (self.side() + 2).pow(2)
    }

    /// What filters `[.., inputs, outputs rounded up]` of a 3x3 convolution of stride 1 were laid out for.
    pub(super) fn of_filters(u: &CubeTensor, inputs: usize, outputs: usize) -> Self {
        let each = u.shape().num_elements() / (inputs * tiles(outputs));
        let mut all = Self::ALL.into_iter();
        all.find(|w| w.domain() == each).unwrap_or(Self::Never)
    }
}

#[repr(C)]
#[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
struct WeightParams {
    inputs: u32,
    outputs: u32,
    row: u32,
    flip: u32,
}

#[repr(C)]
#[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
struct InputParams {
    channels: u32,
    height: u32,
    width: u32,
    across: u32,
    down: u32,
    first: u32,
    count: u32,
    row: u32,
    padding: u32,
    mode: u32,
    fold: u32,
    entered: u32,
    slope: f32,
}

#[repr(C)]
#[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
struct OutputParams {
    channels: u32,
    height: u32,
    width: u32,
    across: u32,
    down: u32,
    first: u32,
    count: u32,
    row: u32,
    rows: u32,
    biased: u32,
    activation: u32,
    slope: f32,
    fold: u32,
}

/// Filters in Winograd's domain, `[16 or 36, I, rows]`; with `flip` those of the input gradient, where inputs and outputs
/// change places.
pub(super) fn pack(
    weight: &CubeTensor,
    [inputs, outputs]: [usize; 2],
    flip: bool,
    how: Winograd,
) -> CubeTensor {
    let row = tiles(outputs);
    let u = empty(weight, [how.domain(), inputs, row], weight.dtype);
    let params = WeightParams {
        inputs: inputs as u32,
        outputs: outputs as u32,
        row: row as u32,
        flip: u32::from(flip),
    };
    let kernel = match how {
        Winograd::Two => &WINOGRAD_WEIGHT_2X2,
        Winograd::Four | Winograd::Never => &WINOGRAD_WEIGHT,
    };
    launch(kernel, (outputs, inputs, 1), &[weight], &[&u], params);
    u
}

/// `[B, I, H, W]` and filters from [`pack`] -> `[B, O, H', W']`.
pub(super) fn winograd(
    reading: Reading,
    u: &CubeTensor,
    outputs: usize,
    bias: Option<&CubeTensor>,
    windows: &Windows,
    activation: Activation,
    how: Winograd,
) -> CubeTensor {
    let x = reading.x;
    let [b, inputs, h, w] = dims4(x);
    let [down, across] = windows.output.map(|n| n.div_ceil(how.side()));
    let domain = how.domain();
    let (scales, (entered, entry_slope)) = (reading.bound(), reading.code());
    let (before, after) = match how {
        Winograd::Two => (&WINOGRAD_INPUT_2X2, &WINOGRAD_OUTPUT_2X2),
        Winograd::Four | Winograd::Never => (&WINOGRAD_INPUT, &WINOGRAD_OUTPUT),
    };
    let rows = tiles(outputs);
    let y = empty(
        x,
        [b, outputs, windows.output[0], windows.output[1]],
        x.dtype,
    );
    let (code, slope) = activation.code();
    let add = or_nothing(bias, x);
    let bytes = 4 * domain * (inputs + rows);
    for (first, count) in pieces(b * down * across, bytes, domain * inputs * rows) {
        let row = padded(count);
        let (threads, fold) = grid(count * inputs, 64);
        let v = empty(x, [domain, inputs, row], x.dtype);
        let params = InputParams {
            channels: inputs as u32,
            height: h as u32,
            width: w as u32,
            across: across as u32,
            down: down as u32,
            first: first as u32,
            count: count as u32,
            row: row as u32,
            padding: windows.padding as u32,
            mode: windows.mode.code(),
            fold,
            entered,
            slope: entry_slope,
        };
        launch(before, threads, &[x, &scales], &[&v], params);
        let m = gemm(u, &v, [domain, inputs, row], rows, (0, rows));
        let (threads, fold) = grid(count * outputs, 64);
        let params = OutputParams {
            channels: outputs as u32,
            height: windows.output[0] as u32,
            width: windows.output[1] as u32,
            across: across as u32,
            down: down as u32,
            first: first as u32,
            count: count as u32,
            row: row as u32,
            rows: rows as u32,
            biased: u32::from(bias.is_some()),
            activation: code,
            slope,
            fold,
        };
        launch(after, threads, &[&m, &add], &[&y], params);
    }
    y
}
