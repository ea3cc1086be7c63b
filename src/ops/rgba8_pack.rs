//! Planes to packed RGBA8, the last step before a picture is shown or saved.

use burn::backend::{
    Backend, Dispatch, TensorMetadata, backend_extension,
    tensor::{FloatTensor, IntTensor},
    wgpu::{CubeBackend, into_contiguous},
};
use burn::tensor::{DType, Int, Tensor};

use super::kernel::{Wgsl, empty, grid, launch};

static RGBA8_PACK: Wgsl = Wgsl {
    name: "rgba8_pack",
    source: include_str!("../../shaders/rgba8_pack.wgsl"),
    dim: (64, 1, 1),
};
pub(super) static KERNELS: [&Wgsl; 1] = [&RGBA8_PACK];

/// `[1, 3, H, W]` -> `[H, W]` packed RGBA8 (the bits of a u32 in an i32): clamped to 0..1, rounded
/// to the nearest of 256 steps. Alpha comes from `alpha`, a packed picture of the same size.
///
/// # Panics
/// If the sizes differ. On a tensor that tracks gradients (call `inner()` first).
pub fn rgba8_pack(image: Tensor<4>, alpha: Tensor<2, Int>) -> Tensor<2, Int> {
    let [b, c, h, w] = image.dims();
    assert_eq!([b, c], [1, 3], "rgba8_pack takes one RGB picture");
    assert_eq!([h, w], alpha.dims(), "picture and alpha differ in size");
    Tensor::from_dispatch(Dispatch::rgba8_pack(
        image.into_dispatch(),
        alpha.into_dispatch(),
    ))
}

/// [`rgba8_pack`] in plain tensor operations.
pub fn rgba8_pack_reference(image: Tensor<4>, alpha: Tensor<2, Int>) -> Tensor<2, Int> {
    let [_, _, h, w] = image.dims();
    let steps = (image.clamp(0.0, 1.0) * 255.0 + 0.5).floor().int();
    let plane = |c: usize, shift: i32| {
        let plane = steps.clone().narrow(1, c, 1).reshape([h, w]);
        plane.cast(DType::I32).bitwise_left_shift_scalar(shift)
    };
    // -16777216 is the i32 with the bits 0xff000000.
    let alpha = alpha.cast(DType::I32).bitwise_and_scalar(-16_777_216);
    plane(0, 0)
        .bitwise_or(plane(1, 8))
        .bitwise_or(plane(2, 16))
        .bitwise_or(alpha)
}

#[backend_extension(Cube, Flex: cfg(not(target_family = "wasm")))]
pub(crate) trait Rgba8PackOps: Backend {
    fn rgba8_pack(image: FloatTensor<Self>, alpha: IntTensor<Self>) -> IntTensor<Self>;
}

impl Rgba8PackOps for CubeBackend {
    fn rgba8_pack(image: FloatTensor<Self>, alpha: IntTensor<Self>) -> IntTensor<Self> {
        let (image, alpha) = (into_contiguous(image), into_contiguous(alpha));
        let dims = alpha.shape();
        let (h, w) = (dims[0], dims[1]);
        let packed = empty(&image, [h, w], DType::I32);
        let (threads, row) = grid(h * w, 64);
        launch(
            &RGBA8_PACK,
            threads,
            &[&image, &alpha],
            &[&packed],
            [(h * w) as u32, row],
        );
        packed
    }
}

#[cfg(not(target_family = "wasm"))]
impl Rgba8PackOps for burn::backend::Flex {
    fn rgba8_pack(image: FloatTensor<Self>, alpha: IntTensor<Self>) -> IntTensor<Self> {
        rgba8_pack_reference(
            Tensor::from_primitive::<Self>(image),
            Tensor::from_primitive::<Self>(alpha),
        )
        .try_into_primitive::<Self>()
        .expect("a reference keeps its device")
    }
}
