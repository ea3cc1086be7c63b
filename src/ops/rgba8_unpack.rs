//! Packed RGBA8 to planes. With [`rgba8_pack`](super::rgba8_pack()) the only place that knows about
//! bytes and the order of channels.

use burn::backend::{
    Backend, Dispatch, TensorMetadata, backend_extension,
    tensor::{FloatTensor, IntTensor},
    wgpu::{CubeBackend, into_contiguous},
};
use burn::tensor::{DType, Int, Tensor};

use super::kernel::{Wgsl, empty, grid, launch};

static RGBA8_UNPACK: Wgsl = Wgsl {
    name: "rgba8_unpack",
    source: include_str!("../../shaders/rgba8_unpack.wgsl"),
    dim: (64, 1, 1),
};
pub(super) static KERNELS: [&Wgsl; 1] = [&RGBA8_UNPACK];

/// `[H, W]` packed RGBA8 (the bits of a u32 in an i32) -> `[1, 3, H, W]` in 0..1. No gradient.
pub fn rgba8_unpack(packed: Tensor<2, Int>) -> Tensor<4> {
    Tensor::from_dispatch(Dispatch::rgba8_unpack(packed.into_dispatch()))
}

/// [`rgba8_unpack`] in plain tensor operations.
pub fn rgba8_unpack_reference(packed: Tensor<2, Int>) -> Tensor<4> {
    let [h, w] = packed.dims();
    let planes = [0, 8, 16].map(|shift| {
        let byte = packed
            .clone()
            .bitwise_right_shift_scalar(shift)
            .bitwise_and_scalar(255);
        byte.float().reshape([1, 1, h, w]) / 255.0
    });
    Tensor::cat(planes.to_vec(), 1)
}

#[backend_extension(Cube, Flex: cfg(not(target_family = "wasm")))]
pub(crate) trait Rgba8UnpackOps: Backend {
    fn rgba8_unpack(packed: IntTensor<Self>) -> FloatTensor<Self>;
}

impl Rgba8UnpackOps for CubeBackend {
    fn rgba8_unpack(packed: IntTensor<Self>) -> FloatTensor<Self> {
        let packed = into_contiguous(packed);
        let dims = packed.shape();
        let (h, w) = (dims[0], dims[1]);
        let image = empty(&packed, [1, 3, h, w], DType::F32);
        let (threads, row) = grid(h * w, 64);
        launch(
            &RGBA8_UNPACK,
            threads,
            &[&packed],
            &[&image],
            [(h * w) as u32, row],
        );
        image
    }
}

#[cfg(not(target_family = "wasm"))]
impl Rgba8UnpackOps for burn::backend::Flex {
    fn rgba8_unpack(packed: IntTensor<Self>) -> FloatTensor<Self> {
        rgba8_unpack_reference(Tensor::from_primitive::<Self>(packed))
            .try_into_primitive::<Self>()
            .expect("a reference keeps its device")
    }
}
