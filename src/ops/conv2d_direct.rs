//! A convolution straight from the picture, for software adapters: where columns of windows ([`super::im2col`]) take longer
//! to write than to multiply. The shader is written out for a kernel, a stride and what an invocation makes.

use std::collections::BTreeMap;
use std::fmt::Write;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use burn::backend::wgpu::CubeTensor;

use super::Activation;
use super::conv2d_launch::{dims4, work_limit};
use super::entry::Reading;
use super::gemm::{TILE, is_hardware, tiles};
use super::im2col::Windows;
use super::kernel::{Wgsl, empty, launch, or_nothing};

const TEXT: &str = include_str!("../../shaders/conv2d_direct.wgsl");
const DIM: (u32, u32, u32) = (4, 1, 1);

/// Output pixels of a row that an invocation makes.
const STRIP: usize = 8;
/// The largest kernel and stride; above, the text would be long, and so would its compilation.
const LARGEST: (usize, usize) = (9, 2);
/// Multiply-adds from which on the compilation of a kernel of its own is soon made up for: it takes a second or two, and saves
/// about a nanosecond of each.
static WORTH: AtomicUsize = AtomicUsize::new(250_000_000);

/// Lets it serve from so many multiply-adds on, for checks of small pictures. Returns what was so far.
pub(super) fn use_direct(from: usize) -> usize {
    WORTH.swap(from, Ordering::Relaxed)
}

/// What a text is written out for: kernel, stride, four output channels each of an invocation, and whether it ends in tanh.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Form {
    kernel: usize,
    stride: usize,
    quads: usize,
    bounded: bool,
}

impl Form {
    fn text(self) -> String {
        let Self {
            kernel,
            stride,
            quads,
            bounded,
        } = self;
        let mut lines: [String; 6] = Default::default();
        let [places, sums, pixels, taps, results, end] = &mut lines;
        let put = |lines: &mut String, line: String| {
            writeln!(lines, "    {line}").expect("memory");
        };
        for i in 0..(STRIP - 1) * stride + kernel {
            put(places, format!("let q{i} = place(q + {i}, width, mode);"));
            put(
                pixels,
                format!("let x{i} = pixel(start, q{i}, line.inside, by);"),
            );
        }
        for (p, o) in (0..STRIP).flat_map(|p| (0..quads).map(move |o| (p, o))) {
            put(sums, format!("var s{p}_{o} = vec4(0.0);"));
            let at = format!("first + {p}u, (o4 + {o}u) * 4u");
            put(results, format!("put(base, step, {at}, s{p}_{o});"));
        }
        for j in 0..kernel {
            for o in 0..quads {
                let at = format!("tap + {j}u * columns + {o}u");
                put(taps, format!("let u{j}_{o} = vec4<f32>(u[{at}]);"));
            }
            for (p, o) in (0..STRIP).flat_map(|p| (0..quads).map(move |o| (p, o))) {
                let x = p * stride + j;
                put(taps, format!("s{p}_{o} += x{x} * u{j}_{o};"));
            }
        }
        if bounded {
            // tanh overflows on some adapters far from zero.
            put(end, "s = tanh(clamp(s, vec4(-15.0), vec4(15.0)));".into());
        }
        let names = ["places", "sums", "pixels", "taps", "results", "end"];
        let places = names.iter().zip(&lines);
        places.fold(TEXT.to_owned(), |text, (name, lines)| {
            text.replace(&format!("// each: {name}"), lines.trim())
        })
    }

    /// The kernel, which stays.
    fn kernel(self) -> &'static Wgsl {
        static KNOWN: Mutex<BTreeMap<Form, &'static Wgsl>> = Mutex::new(BTreeMap::new());
        let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
        known.entry(self).or_insert_with(|| {
            let (k, s, quads) = (self.kernel, self.stride, self.quads);
            let end = if self.bounded { "_tanh" } else { "" };
            Box::leak(Box::new(Wgsl {
                name: format!("conv2d_direct_{k}x{k}_{s}_{quads}{end}").leak(),
                source: self.text().leak(),
                dim: DIM,
            }))
        })
    }
}

/// Some of the kernels.
pub(super) fn kernels() -> Vec<&'static Wgsl> {
    let form = |kernel, stride, quads, bounded| Form {
        kernel,
        stride,
        quads,
        bounded,
    };
    let all = [
        form(3, 2, 4, false),
        form(4, 1, 1, false),
        form(9, 1, 1, true),
    ];
    all.map(Form::kernel).to_vec()
}

#[repr(C)]
#[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
struct Params {
    inputs: u32,
    height: u32,
    width: u32,
    outputs: u32,
    down: u32,
    across: u32,
    kernel: u32,
    stride: u32,
    strip: u32,
    quads: u32,
    padding: u32,
    mode: u32,
    columns: u32,
    biased: u32,
    slope: f32,
    first: u32,
    end: u32,
    entered: u32,
    entry_slope: f32,
}

/// The convolution with filters `[I k k, O]` of `conv2d_launch::pack`, where this kernel serves.
pub(super) fn direct(
    reading: Reading,
    u: &CubeTensor,
    outputs: usize,
    bias: Option<&CubeTensor>,
    windows: &Windows,
    activation: Activation,
) -> Option<CubeTensor> {
    let x = reading.x;
    let [b, inputs, h, w] = dims4(x);
    let ([down, across], k) = (windows.output, windows.kernel);
    let (quads, bounded) = (
        if outputs <= 4 { 1 } else { TILE / 4 },
        activation == Activation::Tanh,
    );
    // Of each line, an invocation makes whole strips of whole tiles.
    let made = across.next_multiple_of(STRIP) * outputs.next_multiple_of(4 * quads);
    let work = (b * down * inputs * k * k).saturating_mul(made);
    let small = k <= LARGEST.0 && windows.stride <= LARGEST.1;
    let full = 2 * across * outputs >= made || outputs <= 4 && 2 * across >= STRIP;
    let bounded_many = bounded && quads > 1;
    if is_hardware() || !small || !full || bounded_many || work < WORTH.load(Ordering::Relaxed) {
        return None;
    }
    let slope = if bounded { 1.0 } else { activation.slope()? };
    let form = Form {
        kernel: k,
        stride: windows.stride,
        quads,
        bounded,
    };
    let add = or_nothing(bias, x);
    let y = empty(x, [b, outputs, down, across], x.dtype);
    let (scales, (entered, entry_slope)) = (reading.bound(), reading.code());
    let strips = across.div_ceil(STRIP);
    let most = (work_limit() * down / work).clamp(1, 65_535 * DIM.0 as usize / strips);
    for first in (0..down).step_by(most) {
        let end = (first + most).min(down);
        let params = Params {
            inputs: inputs as u32,
            height: h as u32,
            width: w as u32,
            outputs: outputs as u32,
            down: down as u32,
            across: across as u32,
            kernel: k as u32,
            stride: windows.stride as u32,
            strip: STRIP as u32,
            quads: quads as u32,
            padding: windows.padding as u32,
            mode: windows.mode.code(),
            columns: (tiles(outputs) / 4) as u32,
            biased: u32::from(bias.is_some()),
            slope,
            first: first as u32,
            end: end as u32,
            entered,
            entry_slope,
        };
        let threads = ((end - first) * strips, outputs.div_ceil(4 * quads), b);
        launch(
            form.kernel(),
            threads,
            &[x, u, &add, &scales],
            &[&y],
            params,
        );
    }
    Some(y)
}
