//! Gram matrix of a feature map, the style statistic of Gatys et al. (2015), eq. 3, per pixel:
//! `G = F Fᵀ / (H·W)`.

use burn::backend::{
    Autodiff, Backend, Dispatch, TensorMetadata,
    autodiff::{
        NodeId,
        checkpoint::{base::Checkpointer, strategy::CheckpointStrategy},
        grads::Gradients,
        ops::{Backward, Ops, OpsKind, unary},
    },
    backend_extension,
    ops::FloatTensorOps,
    tensor::FloatTensor,
    wgpu::{CubeBackend, into_contiguous},
};
use burn::tensor::Tensor;

use super::kernel::{Wgsl, empty, launch};

static GRAM: Wgsl = Wgsl {
    name: "gram",
    source: include_str!("../../shaders/gram.wgsl"),
    dim: (32, 1, 1),
};
static GRAM_BACKWARD: Wgsl = Wgsl {
    name: "gram_backward",
    source: include_str!("../../shaders/gram_backward.wgsl"),
    dim: (64, 1, 1),
};
pub(super) static KERNELS: [&Wgsl; 2] = [&GRAM, &GRAM_BACKWARD];

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
    f.clone().matmul(f.transpose()) / (h * w) as f32
}

#[backend_extension(Cube, Flex: cfg(not(target_family = "wasm")), Autodiff)]
pub(crate) trait GramOps: Backend {
    fn gram(features: FloatTensor<Self>) -> FloatTensor<Self>;
    fn gram_backward(features: FloatTensor<Self>, grad: FloatTensor<Self>) -> FloatTensor<Self>;
}

#[repr(C)]
#[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
struct Params {
    channels: u32,
    pixels: u32,
    segment: u32,
    batch: u32,
    scale: f32,
}

#[repr(C)]
#[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
struct BackwardParams {
    channels: u32,
    pixels: u32,
    scale: f32,
    pad: u32,
}

/// Invocations that keep a GPU busy; the pixels are split into segments until there are as many.
const BUSY: usize = 4096;
/// The fewest pixels worth a segment of their own.
const SEGMENT: usize = 256;

impl GramOps for CubeBackend {
    fn gram(features: FloatTensor<Self>) -> FloatTensor<Self> {
        let features = into_contiguous(features);
        let dims = features.shape();
        let (b, c, n) = (dims[0], dims[1], dims[2] * dims[3]);
        let tiles = c.div_ceil(4);
        let segments = BUSY
            .div_ceil(tiles * tiles * b)
            .min(n.div_ceil(SEGMENT))
            .max(1);
        let segment = n.div_ceil(segments);
        let segments = n.div_ceil(segment);
        let partial = empty(&features, [segments, b * c * c], features.dtype);
        let params = Params {
            channels: c as u32,
            pixels: n as u32,
            segment: segment as u32,
            batch: b as u32,
            scale: 1.0 / n as f32,
        };
        launch(
            &GRAM,
            (tiles * tiles, b, segments),
            &[&features],
            &[&partial],
            params,
        );
        let whole = if segments == 1 {
            partial
        } else {
            <Self as FloatTensorOps<Self>>::float_sum_dim(partial, 0)
        };
        <Self as FloatTensorOps<Self>>::float_reshape(whole, [b, c, c].into())
    }

    fn gram_backward(features: FloatTensor<Self>, grad: FloatTensor<Self>) -> FloatTensor<Self> {
        let (features, grad) = (into_contiguous(features), into_contiguous(grad));
        let dims = features.shape();
        let (b, c, n) = (dims[0], dims[1], dims[2] * dims[3]);
        let out = empty(&features, dims, features.dtype);
        let params = BackwardParams {
            channels: c as u32,
            pixels: n as u32,
            scale: 1.0 / n as f32,
            pad: 0,
        };
        launch(
            &GRAM_BACKWARD,
            (n, c.div_ceil(4), b),
            &[&features, &grad],
            &[&out],
            params,
        );
        out
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
