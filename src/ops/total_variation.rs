//! Total variation, in its smooth (squared) form: the mean squared difference of horizontal
//! neighbours plus that of vertical neighbours. Differs from Mahendran and Vedaldi (2015) by being
//! a mean, so that its weight does not depend on the picture's size.

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

use super::kernel::{Wgsl, empty, grid, launch};

static TOTAL_VARIATION: Wgsl = Wgsl {
    name: "total_variation",
    source: include_str!("../../shaders/total_variation.wgsl"),
    dim: (64, 1, 1),
};
static TOTAL_VARIATION_BACKWARD: Wgsl = Wgsl {
    name: "total_variation_backward",
    source: include_str!("../../shaders/total_variation_backward.wgsl"),
    dim: (64, 1, 1),
};
pub(super) static KERNELS: [&Wgsl; 2] = [&TOTAL_VARIATION, &TOTAL_VARIATION_BACKWARD];

/// `[B, C, H, W]` -> `[1]`. A picture of one row or column has no pairs in that direction; that
/// term is then 0.
pub fn total_variation(image: Tensor<4>) -> Tensor<1> {
    if super::burns() {
        return total_variation_reference(image);
    }
    Tensor::from_dispatch(Dispatch::total_variation(image.into_dispatch()))
}

/// [`total_variation`] in plain tensor operations, with Burn's own gradient.
pub fn total_variation_reference(image: Tensor<4>) -> Tensor<1> {
    let [_, _, h, w] = image.dims();
    let along = |dim: usize, length: usize| {
        let ahead = image.clone().narrow(dim, 1, length - 1);
        let behind = image.clone().narrow(dim, 0, length - 1);
        (ahead - behind).square().mean()
    };
    match (w > 1, h > 1) {
        (true, true) => along(3, w) + along(2, h),
        (true, false) => along(3, w),
        (false, true) => along(2, h),
        (false, false) => image.sum() * 0.0,
    }
}

#[backend_extension(Cube, Flex: cfg(not(target_family = "wasm")), Autodiff)]
pub(crate) trait TotalVariationOps: Backend {
    fn total_variation(image: FloatTensor<Self>) -> FloatTensor<Self>;
    fn total_variation_backward(
        image: FloatTensor<Self>,
        grad: FloatTensor<Self>,
    ) -> FloatTensor<Self>;
}

#[repr(C)]
#[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
struct Params {
    width: u32,
    height: u32,
    values: u32,
    /// Forward: invocations. Backward: values per row of the grid.
    stride: u32,
    weight_x: f32,
    weight_y: f32,
}

/// Invocations of the forward kernel: enough to keep a GPU busy.
const COUNT: usize = 4096;

fn params(dims: &[usize], stride: u32) -> Params {
    let (planes, h, w) = (dims[0] * dims[1], dims[2], dims[3]);
    let weight = |pairs: usize| if pairs == 0 { 0.0 } else { 1.0 / pairs as f32 };
    Params {
        width: w as u32,
        height: h as u32,
        values: (planes * h * w) as u32,
        stride,
        weight_x: weight(planes * h * (w - 1)),
        weight_y: weight(planes * (h - 1) * w),
    }
}

impl TotalVariationOps for CubeBackend {
    fn total_variation(image: FloatTensor<Self>) -> FloatTensor<Self> {
        let image = into_contiguous(image);
        let dims = image.shape();
        let count = COUNT.min(dims.num_elements());
        let partial = empty(&image, [count], image.dtype);
        launch(
            &TOTAL_VARIATION,
            (count, 1, 1),
            &[&image],
            &[&partial],
            params(&dims, count as u32),
        );
        <Self as FloatTensorOps<Self>>::float_sum(partial)
    }

    fn total_variation_backward(
        image: FloatTensor<Self>,
        grad: FloatTensor<Self>,
    ) -> FloatTensor<Self> {
        let (image, grad) = (into_contiguous(image), into_contiguous(grad));
        let dims = image.shape();
        let out = empty(&image, dims.clone(), image.dtype);
        let (threads, row) = grid(dims.num_elements(), 64);
        launch(
            &TOTAL_VARIATION_BACKWARD,
            threads,
            &[&image, &grad],
            &[&out],
            params(&dims, row),
        );
        out
    }
}

#[cfg(not(target_family = "wasm"))]
mod flex {
    use super::*;
    use burn::backend::Flex;

    impl TotalVariationOps for Flex {
        fn total_variation(image: FloatTensor<Self>) -> FloatTensor<Self> {
            super::super::on_flex(image, total_variation_reference)
        }
        fn total_variation_backward(
            image: FloatTensor<Self>,
            grad: FloatTensor<Self>,
        ) -> FloatTensor<Self> {
            super::super::on_flex2(image, grad, backward_reference)
        }
    }

    /// The same stencil as the kernel: differences along each axis, scattered to both ends.
    fn backward_reference(image: Tensor<4>, grad: Tensor<1>) -> Tensor<4> {
        let dims = image.dims();
        let mut out = image.zeros_like();
        for dim in [2, 3] {
            let n = dims[dim];
            if n == 1 {
                continue;
            }
            let pairs = image.shape().num_elements() / n * (n - 1);
            let d = (image.clone().narrow(dim, 1, n - 1) - image.clone().narrow(dim, 0, n - 1))
                * (2.0 / pairs as f32);
            let mut edge = dims;
            edge[dim] = 1;
            let zero = Tensor::<4>::zeros(edge, &image.device());
            let ahead = Tensor::cat(vec![zero.clone(), d.clone()], dim);
            let behind = Tensor::cat(vec![d, zero], dim);
            out = out + ahead - behind;
        }
        out * grad.reshape([1, 1, 1, 1])
    }
}

impl<B: Backend + TotalVariationOps, C: CheckpointStrategy> TotalVariationOps for Autodiff<B, C> {
    fn total_variation(image: FloatTensor<Self>) -> FloatTensor<Self> {
        #[derive(Debug)]
        struct TotalVariation;
        impl<B: Backend + TotalVariationOps> Backward<B, 1> for TotalVariation {
            type State = NodeId;
            fn backward(
                self,
                ops: Ops<NodeId, 1>,
                grads: &mut Gradients,
                checkpointer: &mut Checkpointer,
            ) {
                let image = checkpointer.retrieve_node_output::<FloatTensor<B>>(ops.state);
                unary::<B, _>(ops.parents, ops.node, grads, |grad| {
                    B::total_variation_backward(image, grad)
                });
            }
        }
        match TotalVariation
            .prepare::<C>([image.node()])
            .compute_bound()
            .stateful()
        {
            OpsKind::Tracked(mut prep) => {
                let state = prep.checkpoint(&image);
                prep.finish(state, B::total_variation(image.into_primitive()))
            }
            OpsKind::UnTracked(prep) => prep.finish(B::total_variation(image.into_primitive())),
        }
    }
    fn total_variation_backward(_: FloatTensor<Self>, _: FloatTensor<Self>) -> FloatTensor<Self> {
        unimplemented!("first-order gradients only")
    }
}
