//! Grids of launches end where WebGPU's do.
#![allow(
    clippy::disallowed_methods,
    reason = "native only: reading waits for the GPU"
)]

mod common;

use burn::tensor::{Tensor, TensorData};
use common::{gpu, values};
use easel::ops::{Adapter, ConvOptions, conv2d, use_adapter};

/// 65,535 workgroups of 64 pixels are a line of WebGPU's grid, about four million.
#[test]
fn on_a_gpu_a_picture_may_have_more_pixels_than_a_line_of_the_grid() {
    let (device, dims) = (gpu(), [1, 1, 2400, 1800]);
    let pixels: Vec<f32> = (0..dims[2] * dims[3]).map(|i| (i % 251) as f32).collect();
    let x = Tensor::<4>::from_data(TensorData::new(pixels.clone(), dims), &device);
    let factors = [1.0_f32, 2.0, -3.0, 0.5, 4.0];
    let weight = TensorData::new(factors.to_vec(), [5, 1, 1, 1]);
    let weight = Tensor::<4>::from_data(weight, &device);
    let own = use_adapter(Adapter::Hardware);
    let y = conv2d(x, weight, None, ConvOptions::default());
    use_adapter(own);
    let y = values(y);
    for (factor, plane) in factors.iter().zip(y.chunks(pixels.len())) {
        let wrong = plane
            .iter()
            .zip(&pixels)
            .position(|(y, x)| *y != factor * x);
        assert_eq!(
            wrong, None,
            "the first wrong pixel of the plane of {factor}"
        );
    }
}
