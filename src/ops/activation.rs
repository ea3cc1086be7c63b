//! What is applied to each value at the end of an operation, and its gradient from the result.

use burn::tensor::{
    Tensor,
    activation::{leaky_relu, relu},
};

use burn::backend::{
    TensorMetadata,
    wgpu::{CubeTensor, into_contiguous},
};

use super::kernel::{Wgsl, empty, grid, launch};

static ACTIVATION_BACKWARD: Wgsl = Wgsl {
    name: "activation_backward",
    source: include_str!("../../shaders/activation_backward.wgsl"),
    dim: (64, 1, 1),
};
pub(super) static KERNELS: [&Wgsl; 1] = [&ACTIVATION_BACKWARD];

/// Applied to each value at the end of an operation.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Activation {
    /// None.
    #[default]
    Linear,
    /// `max(x, 0)`.
    Relu,
    /// `x` above 0, `slope * x` below; the slope is positive.
    LeakyRelu(f32),
    /// `tanh(x)`.
    Tanh,
}

impl Activation {
    /// In plain tensor operations.
    pub fn reference<const D: usize>(self, x: Tensor<D>) -> Tensor<D> {
        match self {
            Self::Linear => x,
            Self::Relu => relu(x),
            Self::LeakyRelu(slope) => leaky_relu(x, f64::from(slope)),
            Self::Tanh => x.tanh(),
        }
    }

    /// The gradient of the argument from the result `y` and its gradient, in plain tensor operations.
    #[cfg(not(target_family = "wasm"))]
    pub(super) fn backward_reference(self, y: Tensor<4>, grad: Tensor<4>) -> Tensor<4> {
        match self {
            Self::Linear => grad,
            Self::Relu => grad.mask_fill(y.lower_equal_elem(0.0), 0.0),
            Self::LeakyRelu(slope) => grad
                .clone()
                .mask_where(y.lower_equal_elem(0.0), grad * slope),
            Self::Tanh => grad * (y.square().neg() + 1.0),
        }
    }

    /// The kernels' number for it, and the slope.
    pub(super) fn code(self) -> (u32, f32) {
        match self {
            Self::Linear => (0, 0.0),
            Self::Relu => (1, 0.0),
            Self::LeakyRelu(slope) => (2, slope),
            Self::Tanh => (3, 0.0),
        }
    }

    /// The same on the GPU.
    pub(super) fn backward(self, y: CubeTensor, grad: CubeTensor) -> CubeTensor {
        if self == Self::Linear {
            return grad;
        }
        let (y, grad) = (into_contiguous(y), into_contiguous(grad));
        let dims = y.shape();
        let out = empty(&y, dims.clone(), y.dtype);
        let (activation, slope) = self.code();
        let count = dims.num_elements();
        let apart = count.div_ceil(4);
        let (threads, row) = grid(apart, 64);
        let params = Params {
            count: count as u32,
            apart: apart as u32,
            row,
            activation,
            slope,
        };
        launch(&ACTIVATION_BACKWARD, threads, &[&y, &grad], &[&out], params);
        out
    }
}

#[repr(C)]
#[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
struct Params {
    count: u32,
    apart: u32,
    row: u32,
    activation: u32,
    slope: f32,
}
