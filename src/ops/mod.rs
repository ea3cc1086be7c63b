//! Our WGSL operations, one file each; the public face is a plain function over `Tensor`.
//!
//! Each file runs in the same order: public function, `<op>_reference` in plain Burn operations
//! (the truth in tests, on any device), the extension trait, the launch, the gradient.

mod activation;
mod adam;
mod check;
mod check_conv;
mod conv2d;
mod conv2d_direct;
#[cfg(not(target_family = "wasm"))]
mod conv2d_flex;
mod conv2d_gradient;
mod conv2d_launch;
mod conv_transpose2d;
mod dense;
mod entry;
mod gemm;
mod gram;
mod im2col;
mod kernel;
mod norm;
#[cfg(not(target_family = "wasm"))]
mod norm_flex;
mod norm_gradient;
mod norm_parts;
mod peak;
mod plain;
mod rgba8_pack;
mod rgba8_unpack;
mod running_statistics;
mod total_variation;
mod upsample_conv2d;
mod winograd;

pub use activation::Activation;
pub use adam::{AdamStep, adam, adam_at, adam_reference};
pub use check::{Check, check_kernels};
pub use conv_transpose2d::{
    ConvTransposeOptions, conv_transpose2d, conv_transpose2d_packed, conv_transpose2d_reference,
};
pub use conv2d::{ConvOptions, Packed, PadMode, conv2d, conv2d_packed, conv2d_reference};
pub use conv2d_launch::{SCRATCH_BYTES, work_limit};
pub use dense::{dense, dense_reference, matmul};
pub use entry::{
    Entry, conv_transpose2d_entered, conv2d_entered, norm_scales, norm_scales_of,
    norm_scales_of_reference,
};
pub use gemm::{Adapter, use_adapter};
pub use gram::{gram, gram_reference};
pub use kernel::{Wgsl, launched};
pub use norm::{NormOptions, Over, norm, norm_reference};
pub use norm_parts::{
    norm_by, norm_by_reference, norm_combined, norm_statistics, norm_statistics_reference,
};
pub use peak::{FmaSteps, peak_copy, peak_fma, peak_fma_reference};
pub use rgba8_pack::{rgba8_pack, rgba8_pack_reference};
pub use rgba8_unpack::{rgba8_unpack, rgba8_unpack_reference};
pub use running_statistics::{running_statistics, running_statistics_reference};
pub use total_variation::{total_variation, total_variation_reference};
pub use upsample_conv2d::{upsample_conv2d, upsample_conv2d_packed, upsample_conv2d_reference};
pub use winograd::{Variant, Winograd, knows_half, use_winograd};

/// Every kernel of the crate, for the test that holds WGSL and Rust together.
pub fn kernels() -> Vec<&'static Wgsl> {
    [
        &activation::KERNELS[..],
        &adam::KERNELS[..],
        &conv2d_launch::KERNELS[..],
        &conv_transpose2d::KERNELS[..],
        &dense::KERNELS[..],
        &gemm::KERNELS[..],
        &gram::KERNELS[..],
        &im2col::KERNELS[..],
        &norm::KERNELS[..],
        &peak::KERNELS[..],
        &rgba8_pack::KERNELS[..],
        &rgba8_unpack::KERNELS[..],
        &running_statistics::KERNELS[..],
        &total_variation::KERNELS[..],
        &winograd::KERNELS[..],
        &conv2d_direct::kernels(),
    ]
    .concat()
}

#[cfg(not(target_family = "wasm"))]
mod flex {
    use burn::backend::{Flex, tensor::FloatTensor};
    use burn::tensor::Tensor;

    /// Run a reference on a primitive of the Flex backend.
    pub(super) fn on_flex<const D: usize, const E: usize>(
        x: FloatTensor<Flex>,
        f: impl FnOnce(Tensor<D>) -> Tensor<E>,
    ) -> FloatTensor<Flex> {
        of_flex(f(Tensor::from_primitive::<Flex>(x)))
    }

    /// The same with two inputs.
    pub(super) fn on_flex2<const D: usize, const E: usize, const F: usize>(
        x: FloatTensor<Flex>,
        y: FloatTensor<Flex>,
        f: impl FnOnce(Tensor<D>, Tensor<E>) -> Tensor<F>,
    ) -> FloatTensor<Flex> {
        of_flex(f(
            Tensor::from_primitive::<Flex>(x),
            Tensor::from_primitive::<Flex>(y),
        ))
    }

    /// Take the primitive out of a tensor that came from this backend a moment ago.
    pub(super) fn of_flex<const D: usize>(x: Tensor<D>) -> FloatTensor<Flex> {
        x.try_into_primitive::<Flex>()
            .expect("a reference keeps its device")
    }
}
#[cfg(not(target_family = "wasm"))]
use flex::{of_flex, on_flex, on_flex2};

/// Whether the operations run their references instead, to be compared with and measured against: natively, and with the
/// feature `bench`.
#[cfg(any(feature = "bench", not(target_family = "wasm")))]
mod burns {
    use std::sync::atomic::{AtomicBool, Ordering};

    static BURNS: AtomicBool = AtomicBool::new(false);

    /// From now on, run on Burn's operations, or on ours.
    pub fn use_burns(burns: bool) {
        BURNS.store(burns, Ordering::Relaxed);
    }

    pub(super) fn burns() -> bool {
        BURNS.load(Ordering::Relaxed)
    }
}
#[cfg(any(feature = "bench", not(target_family = "wasm")))]
use burns::burns;
#[cfg(any(feature = "bench", not(target_family = "wasm")))]
pub use burns::use_burns;

#[cfg(all(not(feature = "bench"), target_family = "wasm"))]
const fn burns() -> bool {
    false
}
