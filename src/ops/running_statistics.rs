//! What a batch norm remembers of its batches, in one launch and without an upload.

use burn::backend::{
    Backend, Dispatch, TensorMetadata, backend_extension,
    tensor::FloatTensor,
    wgpu::{CubeBackend, into_contiguous},
};
use burn::tensor::Tensor;

use super::kernel::{Wgsl, empty, launch};

static RUNNING_STATISTICS: Wgsl = Wgsl {
    name: "running_statistics",
    source: include_str!("../../shaders/running_statistics.wgsl"),
    dim: (64, 1, 1),
};
pub(super) static KERNELS: [&Wgsl; 1] = [&RUNNING_STATISTICS];

/// The running statistics after a batch: `r + momentum (s - r)`. `running` is `[2, C]`, mean and unbiased variance;
/// `statistics` are those of [`super::norm`] over the batch, `[2, C]`, mean and biased variance of `count` values each.
/// Neither may carry gradients.
///
/// # Panics
/// If the shapes differ, or there is only one value per channel: it has no variance.
pub fn running_statistics(
    running: Tensor<2>,
    statistics: Tensor<2>,
    momentum: f32,
    count: usize,
) -> Tensor<2> {
    assert!(count > 1, "one value per channel has no variance");
    assert_eq!(
        running.dims(),
        statistics.dims(),
        "the statistics do not fit"
    );
    if super::burns() {
        return running_statistics_reference(running, statistics, momentum, count);
    }
    Tensor::from_dispatch(Dispatch::running_statistics(
        running.into_dispatch(),
        statistics.into_dispatch(),
        momentum,
        count,
    ))
}

/// [`running_statistics`] in plain tensor operations.
pub fn running_statistics_reference(
    running: Tensor<2>,
    statistics: Tensor<2>,
    momentum: f32,
    count: usize,
) -> Tensor<2> {
    let unbiased = momentum * count as f32 / (count - 1) as f32;
    let share = Tensor::<2>::from_floats([[momentum], [unbiased]], &statistics.device());
    running * (1.0 - momentum) + statistics * share
}

#[backend_extension(Cube, Flex: cfg(not(target_family = "wasm")))]
pub(crate) trait RunningStatisticsOps: Backend {
    fn running_statistics(
        running: FloatTensor<Self>,
        statistics: FloatTensor<Self>,
        momentum: f32,
        count: usize,
    ) -> FloatTensor<Self>;
}

#[repr(C)]
#[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
struct Params {
    channels: u32,
    momentum: f32,
    unbiased: f32,
}

impl RunningStatisticsOps for CubeBackend {
    fn running_statistics(
        running: FloatTensor<Self>,
        statistics: FloatTensor<Self>,
        momentum: f32,
        count: usize,
    ) -> FloatTensor<Self> {
        let (running, statistics) = (into_contiguous(running), into_contiguous(statistics));
        let channels = running.shape()[1];
        let next = empty(&running, [2, channels], running.dtype);
        let params = Params {
            channels: channels as u32,
            momentum,
            unbiased: count as f32 / (count - 1) as f32,
        };
        let inputs = [&running, &statistics];
        launch(
            &RUNNING_STATISTICS,
            (channels, 1, 1),
            &inputs,
            &[&next],
            params,
        );
        next
    }
}

#[cfg(not(target_family = "wasm"))]
impl RunningStatisticsOps for burn::backend::Flex {
    fn running_statistics(
        running: FloatTensor<Self>,
        statistics: FloatTensor<Self>,
        momentum: f32,
        count: usize,
    ) -> FloatTensor<Self> {
        running_statistics_reference(
            Tensor::from_primitive::<Self>(running),
            Tensor::from_primitive::<Self>(statistics),
            momentum,
            count,
        )
        .try_into_primitive::<Self>()
        .expect("a reference keeps its device")
    }
}
