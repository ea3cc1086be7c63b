//! What an adapter can do at most: multiply-adds in registers, and copying. The native bench holds layers against it.

use burn::backend::{
    Backend, Dispatch, TensorMetadata, backend_extension,
    tensor::FloatTensor,
    wgpu::{CubeBackend, into_contiguous},
};
use burn::tensor::Tensor;

use super::kernel::{Wgsl, empty, grid, launch};

static FMA: Wgsl = Wgsl {
    name: "peak_fma",
    source: include_str!("../../shaders/peak_fma.wgsl"),
    dim: (64, 1, 1),
};
static COPY: Wgsl = Wgsl {
    name: "peak_copy",
    source: include_str!("../../shaders/peak_copy.wgsl"),
    dim: (64, 1, 1),
};
pub(super) static KERNELS: [&Wgsl; 2] = [&FMA, &COPY];

/// Chains of multiply-adds that belong to one number.
const CHAINS: usize = 12;
/// Multiply-adds of a chain in one step.
const UNROLLED: usize = 16;

/// The work of [`peak_fma`].
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct FmaSteps {
    /// How often 16 multiply-adds of each chain are done.
    pub steps: u32,
    /// `a` in `x <- a x + b`.
    pub factor: f32,
    /// `b` in `x <- a x + b`.
    pub addend: f32,
}

impl FmaSteps {
    /// Multiply-adds that this takes for so many numbers.
    pub fn multiply_adds(&self, numbers: usize) -> f64 {
        (CHAINS * UNROLLED) as f64 * f64::from(self.steps) * numbers as f64
    }
}

/// `[N]` -> `[N]`: for each `s` the sum of 12 chains that begin at `s, s + 1, ..., s + 11` and take `x <- a x + b`, 16 times
/// a step.
pub fn peak_fma(start: Tensor<1>, work: FmaSteps) -> Tensor<1> {
    Tensor::from_dispatch(Dispatch::peak_fma(start.into_dispatch(), work))
}

/// [`peak_fma`] in plain tensor operations.
pub fn peak_fma_reference(start: Tensor<1>, work: FmaSteps) -> Tensor<1> {
    let mut sum = start.zeros_like();
    for chain in 0..CHAINS {
        let mut x = start.clone() + chain as f32;
        for _ in 0..UNROLLED * work.steps as usize {
            x = x * work.factor + work.addend;
        }
        sum = sum + x;
    }
    sum
}

/// A copy of `[N]` numbers, 16 bytes per invocation.
///
/// # Panics
/// If their count is not a multiple of 4.
pub fn peak_copy(x: Tensor<1>) -> Tensor<1> {
    let count = x.dims()[0];
    assert!(
        count.is_multiple_of(4),
        "{count} numbers are no whole vectors"
    );
    Tensor::from_dispatch(Dispatch::peak_copy(x.into_dispatch()))
}

#[backend_extension(Cube, Flex: cfg(not(target_family = "wasm")))]
pub(crate) trait PeakOps: Backend {
    fn peak_fma(start: FloatTensor<Self>, work: FmaSteps) -> FloatTensor<Self>;
    fn peak_copy(x: FloatTensor<Self>) -> FloatTensor<Self>;
}

#[repr(C)]
#[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
struct FmaParams {
    count: u32,
    steps: u32,
    factor: f32,
    addend: f32,
    fold: u32,
}

#[repr(C)]
#[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
struct CopyParams {
    count: u32,
    fold: u32,
}

impl PeakOps for CubeBackend {
    fn peak_fma(start: FloatTensor<Self>, work: FmaSteps) -> FloatTensor<Self> {
        let start = into_contiguous(start);
        let shape = start.shape();
        let count = shape.num_elements();
        let sums = empty(&start, shape, start.dtype);
        let (threads, fold) = grid(count, FMA.dim.0);
        let params = FmaParams {
            count: count as u32,
            steps: work.steps,
            factor: work.factor,
            addend: work.addend,
            fold,
        };
        launch(&FMA, threads, &[&start], &[&sums], params);
        sums
    }

    fn peak_copy(x: FloatTensor<Self>) -> FloatTensor<Self> {
        let x = into_contiguous(x);
        let shape = x.shape();
        let count = shape.num_elements() / 4;
        let y = empty(&x, shape, x.dtype);
        let (threads, fold) = grid(count, COPY.dim.0);
        let params = CopyParams {
            count: count as u32,
            fold,
        };
        launch(&COPY, threads, &[&x], &[&y], params);
        y
    }
}

#[cfg(not(target_family = "wasm"))]
impl PeakOps for burn::backend::Flex {
    fn peak_fma(start: FloatTensor<Self>, work: FmaSteps) -> FloatTensor<Self> {
        super::on_flex::<1, 1>(start, |start| peak_fma_reference(start, work))
    }

    fn peak_copy(x: FloatTensor<Self>) -> FloatTensor<Self> {
        super::on_flex::<1, 1>(x, |x| x.clone())
    }
}
