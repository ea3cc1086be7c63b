//! A fully connected layer with bias and activation in one launch, its gradient in two, and nothing packed: a step of a
//! small network is then as long as its arithmetic and not as its launches.

use burn::backend::{
    Autodiff, Backend, Dispatch, TensorMetadata,
    autodiff::{
        checkpoint::{base::Checkpointer, strategy::CheckpointStrategy},
        grads::Gradients,
        ops::{Backward, Ops, OpsKind},
    },
    backend_extension,
    tensor::FloatTensor,
    wgpu::{CubeBackend, CubeTensor, into_contiguous},
};
use burn::tensor::Tensor;

use super::Activation;
use super::kernel::{Wgsl, empty, grid, launch};
use super::plain::{self, PLAIN};

static DENSE: Wgsl = Wgsl {
    name: "dense",
    source: include_str!("../../shaders/dense.wgsl"),
    dim: (64, 1, 1),
};
static INPUT: Wgsl = Wgsl {
    name: "dense_input",
    source: include_str!("../../shaders/dense_input.wgsl"),
    dim: (64, 1, 1),
};
static WEIGHT: Wgsl = Wgsl {
    name: "dense_weight",
    source: include_str!("../../shaders/dense_weight.wgsl"),
    dim: (64, 1, 1),
};
pub(super) static KERNELS: [&Wgsl; 3] = [&DENSE, &INPUT, &WEIGHT];

/// `act(x W^T + bias)`: x `[B, in]`, weight `[out, in]`, bias `[out]` -> `[B, out]`.
///
/// # Panics
/// If the shapes do not fit.
pub fn dense(
    x: Tensor<2>,
    weight: Tensor<2>,
    bias: Tensor<1>,
    activation: Activation,
) -> Tensor<2> {
    let ([_, i], [o, wi], [b]) = (x.dims(), weight.dims(), bias.dims());
    assert_eq!((i, o), (wi, b), "weight and bias do not fit the input");
    Tensor::from_dispatch(Dispatch::dense_act(
        x.into_dispatch(),
        weight.into_dispatch(),
        bias.into_dispatch(),
        activation,
    ))
}

/// The product of two matrices, `[m, k]` and `[k, n]` -> `[m, n]`, by [`dense`].
pub fn matmul(a: Tensor<2>, b: Tensor<2>) -> Tensor<2> {
    let ([_, n], device) = (b.dims(), b.device());
    let nothing = Tensor::zeros([n], &device);
    dense(a, b.transpose(), nothing, Activation::Linear)
}

/// [`dense`] in plain tensor operations, with Burn's own gradients.
pub fn dense_reference(
    x: Tensor<2>,
    weight: Tensor<2>,
    bias: Tensor<1>,
    activation: Activation,
) -> Tensor<2> {
    let product: Tensor<2> =
        product_reference(x.unsqueeze(), weight.transpose().unsqueeze()).squeeze_dim(0);
    activation.reference(product + bias.unsqueeze())
}

/// The product of a reference, `[b, m, k]` and `[b, k, n]` -> `[b, m, n]`.
pub(super) fn product_reference(a: Tensor<3>, b: Tensor<3>) -> Tensor<3> {
    if PLAIN {
        return plain::product(a, b);
    }
    a.matmul(b)
}

#[backend_extension(Cube, Flex: cfg(not(target_family = "wasm")), Autodiff)]
pub(crate) trait DenseOps: Backend {
    fn dense_act(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        activation: Activation,
    ) -> FloatTensor<Self>;
    /// The gradient of x from the result y and its gradient.
    fn dense_input_backward(
        grad: FloatTensor<Self>,
        y: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        activation: Activation,
    ) -> FloatTensor<Self>;
    /// The gradients of weight and bias.
    fn dense_weight_backward(
        x: FloatTensor<Self>,
        grad: FloatTensor<Self>,
        y: FloatTensor<Self>,
        activation: Activation,
    ) -> (FloatTensor<Self>, FloatTensor<Self>);
}

#[repr(C)]
#[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
struct Params {
    rows: u32,
    inputs: u32,
    outputs: u32,
    fold: u32,
    activation: u32,
    slope: f32,
}

/// Rows, inputs and outputs of a layer.
type Size = [usize; 3];

/// Launches for tiles of four by four of `down` and `across` values.
fn tiles(
    kernel: &'static Wgsl,
    [down, across]: [usize; 2],
    [rows, inputs, outputs]: Size,
    activation: Activation,
    bound: (&[&CubeTensor], &[&CubeTensor]),
) {
    let (threads, fold) = grid(down.div_ceil(4) * across.div_ceil(4), 64);
    let (code, slope) = activation.code();
    let params = Params {
        rows: rows as u32,
        inputs: inputs as u32,
        outputs: outputs as u32,
        fold,
        activation: code,
        slope,
    };
    launch(kernel, threads, bound.0, bound.1, params);
}

fn size(x: &CubeTensor, weight: &CubeTensor) -> Size {
    let (x, weight) = (x.shape(), weight.shape());
    [x[0], weight[1], weight[0]]
}

impl DenseOps for CubeBackend {
    fn dense_act(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        activation: Activation,
    ) -> FloatTensor<Self> {
        let [x, weight, bias] = [x, weight, bias].map(into_contiguous);
        let size @ [rows, _, outputs] = size(&x, &weight);
        let y = empty(&x, [rows, outputs], x.dtype);
        let bound: (&[_], &[_]) = (&[&x, &weight, &bias], &[&y]);
        tiles(&DENSE, [rows, outputs], size, activation, bound);
        y
    }

    fn dense_input_backward(
        grad: FloatTensor<Self>,
        y: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        activation: Activation,
    ) -> FloatTensor<Self> {
        let [grad, y, weight] = [grad, y, weight].map(into_contiguous);
        let size @ [rows, inputs, _] = size(&grad, &weight);
        let dx = empty(&grad, [rows, inputs], grad.dtype);
        let bound: (&[_], &[_]) = (&[&grad, &y, &weight], &[&dx]);
        tiles(&INPUT, [rows, inputs], size, activation, bound);
        dx
    }

    fn dense_weight_backward(
        x: FloatTensor<Self>,
        grad: FloatTensor<Self>,
        y: FloatTensor<Self>,
        activation: Activation,
    ) -> (FloatTensor<Self>, FloatTensor<Self>) {
        let [x, grad, y] = [x, grad, y].map(into_contiguous);
        let (shape, outputs) = (x.shape(), grad.shape()[1]);
        let size @ [_, inputs, _] = [shape[0], shape[1], outputs];
        let dw = empty(&x, [outputs, inputs], x.dtype);
        let db = empty(&x, [outputs], x.dtype);
        let bound: (&[_], &[_]) = (&[&x, &grad, &y], &[&dw, &db]);
        tiles(&WEIGHT, [outputs, inputs], size, activation, bound);
        (dw, db)
    }
}

#[cfg(not(target_family = "wasm"))]
mod flex {
    use burn::backend::{Flex, tensor::FloatTensor};
    use burn::tensor::Tensor;

    use super::super::{Activation, of_flex};
    use super::{DenseOps, dense_reference};

    fn tensor<const D: usize>(x: FloatTensor<Flex>) -> Tensor<D> {
        Tensor::from_primitive::<Flex>(x)
    }

    /// The gradient before the activation.
    fn before(grad: FloatTensor<Flex>, y: FloatTensor<Flex>, activation: Activation) -> Tensor<2> {
        let [y, grad] = [y, grad].map(|x| tensor::<2>(x).unsqueeze::<4>());
        let grad = activation.backward_reference(y, grad);
        let [_, _, rows, outputs] = grad.dims();
        grad.reshape([rows, outputs])
    }

    impl DenseOps for Flex {
        fn dense_act(
            x: FloatTensor<Self>,
            weight: FloatTensor<Self>,
            bias: FloatTensor<Self>,
            activation: Activation,
        ) -> FloatTensor<Self> {
            let (x, weight, bias) = (tensor(x), tensor(weight), tensor(bias));
            of_flex::<2>(dense_reference(x, weight, bias, activation))
        }

        fn dense_input_backward(
            grad: FloatTensor<Self>,
            y: FloatTensor<Self>,
            weight: FloatTensor<Self>,
            activation: Activation,
        ) -> FloatTensor<Self> {
            of_flex::<2>(before(grad, y, activation).matmul(tensor(weight)))
        }

        fn dense_weight_backward(
            x: FloatTensor<Self>,
            grad: FloatTensor<Self>,
            y: FloatTensor<Self>,
            activation: Activation,
        ) -> (FloatTensor<Self>, FloatTensor<Self>) {
            let grad = before(grad, y, activation);
            let dw = grad.clone().transpose().matmul(tensor::<2>(x));
            let [_, outputs] = grad.dims();
            let db = grad.sum_dim(0).reshape([outputs]);
            (of_flex::<2>(dw), of_flex::<1>(db))
        }
    }
}

impl<B: DenseOps, C: CheckpointStrategy> DenseOps for Autodiff<B, C> {
    fn dense_act(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        activation: Activation,
    ) -> FloatTensor<Self> {
        #[derive(Debug)]
        struct Dense;
        impl<B: DenseOps> Backward<B, 3> for Dense {
            /// x, weight, y.
            type State = ([FloatTensor<B>; 3], Activation);
            fn backward(
                self,
                ops: Ops<Self::State, 3>,
                grads: &mut Gradients,
                _: &mut Checkpointer,
            ) {
                let [node_x, node_weight, node_bias] = ops.parents;
                let ([x, weight, y], activation) = ops.state;
                let grad = grads.consume::<B>(&ops.node);
                if let Some(node) = node_x {
                    let (grad, y) = (grad.clone(), y.clone());
                    let dx = B::dense_input_backward(grad, y, weight, activation);
                    grads.register::<B>(node.id, dx);
                }
                if node_weight.is_none() && node_bias.is_none() {
                    return;
                }
                let (dw, db) = B::dense_weight_backward(x, grad, y, activation);
                if let Some(node) = node_weight {
                    grads.register::<B>(node.id, dw);
                }
                if let Some(node) = node_bias {
                    grads.register::<B>(node.id, db);
                }
            }
        }
        let prepared = Dense.prepare::<C>([x.node(), weight.node(), bias.node()]);
        let tracked = prepared.compute_bound().stateful();
        let [x, weight, bias] = [x, weight, bias].map(FloatTensor::<Self>::into_primitive);
        let y = B::dense_act(x.clone(), weight.clone(), bias, activation);
        match tracked {
            OpsKind::Tracked(prep) => prep.finish(([x, weight, y.clone()], activation), y),
            OpsKind::UnTracked(prep) => prep.finish(y),
        }
    }

    fn dense_input_backward(
        _: FloatTensor<Self>,
        _: FloatTensor<Self>,
        _: FloatTensor<Self>,
        _: Activation,
    ) -> FloatTensor<Self> {
        unimplemented!("first-order gradients only")
    }

    fn dense_weight_backward(
        _: FloatTensor<Self>,
        _: FloatTensor<Self>,
        _: FloatTensor<Self>,
        _: Activation,
    ) -> (FloatTensor<Self>, FloatTensor<Self>) {
        unimplemented!("first-order gradients only")
    }
}
