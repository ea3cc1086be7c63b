//! Gram matrix of a feature map, the style statistic of Gatys et al. (2015), eq. 3, per pixel:
//! `G = F Fᵀ / (H·W)`. On the GPU the matrix and its gradient are the products of 1x1 convolutions.

use burn::backend::{
    Autodiff, Backend, Dispatch,
    autodiff::{
        NodeId,
        checkpoint::{base::Checkpointer, strategy::CheckpointStrategy},
        grads::Gradients,
        ops::{Backward, Ops, OpsKind, unary},
    },
    backend_extension,
    ops::FloatTensorOps,
    tensor::FloatTensor,
    wgpu::{CubeBackend, CubeTensor, into_contiguous},
};
use burn::tensor::Tensor;

use super::Activation;
use super::conv2d_launch::{dims4, filter_backward, forward};
use super::dense::product_reference;
use super::entry::Reading;
use super::gemm::tiles;
use super::im2col::Windows;
use super::kernel::{Wgsl, empty, launch};

static GRAM_BACKWARD: Wgsl = Wgsl {
    name: "gram_backward",
    source: include_str!("../../shaders/gram_backward.wgsl"),
    dim: (16, 16, 1),
};
pub(super) static KERNELS: [&Wgsl; 1] = [&GRAM_BACKWARD];

/// Gram matrix per image: `[B, C, H, W]` -> `[B, C, C]`.
pub fn gram(features: Tensor<4>) -> Tensor<3> {
    if super::burns() {
        return gram_reference(features);
    }
    Tensor::from_dispatch(Dispatch::gram(features.into_dispatch()))
}

/// [`gram`] in plain tensor operations, with Burn's own gradient.
pub fn gram_reference(features: Tensor<4>) -> Tensor<3> {
    let [b, c, h, w] = features.dims();
    let f = features.reshape([b, c, h * w]);
    product_reference(f.clone(), f.transpose()) / (h * w) as f32
}

#[backend_extension(Cube, Flex: cfg(not(target_family = "wasm")), Autodiff)]
pub(crate) trait GramOps: Backend {
    fn gram(features: FloatTensor<Self>) -> FloatTensor<Self>;
    fn gram_backward(features: FloatTensor<Self>, grad: FloatTensor<Self>) -> FloatTensor<Self>;
}

#[repr(C)]
#[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
struct BackwardParams {
    channels: u32,
    columns: u32,
    scale: f32,
}

/// Each image of a batch alone, joined again.
fn each(batch: usize, f: impl Fn(usize) -> CubeTensor) -> CubeTensor {
    if batch == 1 {
        return f(0);
    }
    <CubeBackend as FloatTensorOps<CubeBackend>>::float_cat((0..batch).map(f).collect(), 0)
}

/// One image of a batch.
fn image(x: &CubeTensor, batch: usize, n: usize) -> CubeTensor {
    if batch == 1 {
        return x.clone();
    }
    let slice = [(n..n + 1).into()];
    into_contiguous(<CubeBackend as FloatTensorOps<CubeBackend>>::float_slice(
        x.clone(),
        &slice,
    ))
}

impl GramOps for CubeBackend {
    /// The weight gradient of a 1x1 convolution whose picture is its output's gradient.
    fn gram(features: FloatTensor<Self>) -> FloatTensor<Self> {
        let features = into_contiguous(features);
        let [b, c, h, w] = dims4(&features);
        let windows = Windows::pixels(h, w);
        each(b, |n| {
            let f = image(&features, b, n);
            let g = filter_backward(&f, &f, &windows, 1.0 / (h * w) as f32);
            <Self as FloatTensorOps<Self>>::float_reshape(g, [1, c, c].into())
        })
    }

    /// A 1x1 convolution.
    fn gram_backward(features: FloatTensor<Self>, grad: FloatTensor<Self>) -> FloatTensor<Self> {
        let (features, grad) = (into_contiguous(features), into_contiguous(grad));
        let [b, c, h, w] = dims4(&features);
        let windows = Windows::pixels(h, w);
        let columns = tiles(c);
        let params = BackwardParams {
            channels: c as u32,
            columns: columns as u32,
            scale: 1.0 / (h * w) as f32,
        };
        each(b, |n| {
            let (f, grad) = (image(&features, b, n), image(&grad, b, n));
            let u = empty(&grad, [c, columns], grad.dtype);
            launch(&GRAM_BACKWARD, (columns, c, 1), &[&grad], &[&u], params);
            forward(
                Reading::plain(&f),
                &u,
                [c, c, 1, 1],
                None,
                &windows,
                false,
                Activation::Linear,
            )
        })
    }
}

#[cfg(not(target_family = "wasm"))]
mod flex {
    use super::*;
    use burn::backend::Flex;

    impl GramOps for Flex {
        fn gram(features: FloatTensor<Self>) -> FloatTensor<Self> {
            super::super::on_flex(features, gram_reference)
        }
        fn gram_backward(
            features: FloatTensor<Self>,
            grad: FloatTensor<Self>,
        ) -> FloatTensor<Self> {
            super::super::on_flex2(features, grad, |features: Tensor<4>, grad: Tensor<3>| {
                let dims @ [b, c, h, w] = features.dims();
                let both = grad.clone() + grad.transpose();
                (both.matmul(features.reshape([b, c, h * w])) / (h * w) as f32).reshape(dims)
            })
        }
    }
}

impl<B: Backend + GramOps, C: CheckpointStrategy> GramOps for Autodiff<B, C> {
    fn gram(features: FloatTensor<Self>) -> FloatTensor<Self> {
        #[derive(Debug)]
        struct Gram;
        impl<B: Backend + GramOps> Backward<B, 1> for Gram {
            type State = NodeId;
            fn backward(
                self,
                ops: Ops<NodeId, 1>,
                grads: &mut Gradients,
                checkpointer: &mut Checkpointer,
            ) {
                let features = checkpointer.retrieve_node_output::<FloatTensor<B>>(ops.state);
                unary::<B, _>(ops.parents, ops.node, grads, |grad| {
                    B::gram_backward(features, grad)
                });
            }
        }
        match Gram
            .prepare::<C>([features.node()])
            .compute_bound()
            .stateful()
        {
            OpsKind::Tracked(mut prep) => {
                let state = prep.checkpoint(&features);
                prep.finish(state, B::gram(features.into_primitive()))
            }
            OpsKind::UnTracked(prep) => prep.finish(B::gram(features.into_primitive())),
        }
    }
    fn gram_backward(_: FloatTensor<Self>, _: FloatTensor<Self>) -> FloatTensor<Self> {
        unimplemented!("first-order gradients only")
    }
}
