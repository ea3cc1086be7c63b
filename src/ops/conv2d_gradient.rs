//! Burn's automatic differentiation of the convolutions.

use burn::backend::{
    Autodiff, TensorMetadata,
    autodiff::{
        NodeId,
        checkpoint::{base::Checkpointer, strategy::CheckpointStrategy},
        grads::Gradients,
        ops::{Backward, Ops, OpsKind},
    },
    ops::FloatTensorOps,
    tensor::FloatTensor,
};

use super::Activation;
use super::conv_transpose2d::ConvTransposeOptions;
use super::conv2d::{ConvOps, ConvOptions};

/// What a backward pass needs. The result is kept only where the activation's gradient is made of it.
type State<B, O> = (NodeId, NodeId, Option<FloatTensor<B>>, bool, O);

/// The gradient of a bias: `[B, O, H, W]` -> `[O]`.
fn bias_backward<B: ConvOps>(grad: FloatTensor<B>) -> FloatTensor<B> {
    let shape = grad.shape();
    let [b, c, n] = [shape[0], shape[1], shape[2] * shape[3]];
    let flat = <B as FloatTensorOps<B>>::float_reshape(grad, [b, c, n].into());
    let sums = <B as FloatTensorOps<B>>::float_sum_dim(flat, 2);
    let sum = <B as FloatTensorOps<B>>::float_sum_dim(sums, 0);
    <B as FloatTensorOps<B>>::float_reshape(sum, [c].into())
}

impl<B: ConvOps, C: CheckpointStrategy> ConvOps for Autodiff<B, C> {
    fn conv2d_act(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        biased: bool,
        options: ConvOptions,
    ) -> FloatTensor<Self> {
        #[derive(Debug)]
        struct Conv2d;
        impl<B: ConvOps> Backward<B, 3> for Conv2d {
            type State = State<B, ConvOptions>;
            fn backward(
                self,
                ops: Ops<Self::State, 3>,
                grads: &mut Gradients,
                checkpointer: &mut Checkpointer,
            ) {
                let [node_x, node_weight, node_bias] = ops.parents;
                let (x, weight, y, biased, options) = ops.state;
                let x = checkpointer.retrieve_node_output::<FloatTensor<B>>(x);
                let weight = checkpointer.retrieve_node_output::<FloatTensor<B>>(weight);
                let mut grad = grads.consume::<B>(&ops.node);
                if let Some(y) = y {
                    grad = B::activation_backward(y, grad, options.activation);
                }
                let (size, kernel) = (x.shape(), weight.shape()[2]);
                if let Some(node) = node_x {
                    let size = [size[2], size[3]];
                    let grad = B::conv2d_input_backward(grad.clone(), weight, size, options);
                    grads.register::<B>(node.id, grad);
                }
                if let Some(node) = node_bias.filter(|_| biased) {
                    grads.register::<B>(node.id, bias_backward::<B>(grad.clone()));
                }
                if let Some(node) = node_weight {
                    let grad = B::conv2d_filter_backward(x, grad, kernel, options);
                    grads.register::<B>(node.id, grad);
                }
            }
        }
        match Conv2d
            .prepare::<C>([x.node(), weight.node(), bias.node()])
            .compute_bound()
            .stateful()
        {
            OpsKind::Tracked(mut prep) => {
                let saved = (prep.checkpoint(&x), prep.checkpoint(&weight));
                let y = B::conv2d_act(
                    x.into_primitive(),
                    weight.into_primitive(),
                    bias.into_primitive(),
                    biased,
                    options,
                );
                let kept = (options.activation != Activation::Linear).then(|| y.clone());
                prep.finish((saved.0, saved.1, kept, biased, options), y)
            }
            OpsKind::UnTracked(prep) => prep.finish(B::conv2d_act(
                x.into_primitive(),
                weight.into_primitive(),
                bias.into_primitive(),
                biased,
                options,
            )),
        }
    }

    fn conv_transpose2d_act(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        biased: bool,
        options: ConvTransposeOptions,
    ) -> FloatTensor<Self> {
        #[derive(Debug)]
        struct ConvTranspose2d;
        impl<B: ConvOps> Backward<B, 3> for ConvTranspose2d {
            type State = State<B, ConvTransposeOptions>;
            fn backward(
                self,
                ops: Ops<Self::State, 3>,
                grads: &mut Gradients,
                checkpointer: &mut Checkpointer,
            ) {
                let [node_x, node_weight, node_bias] = ops.parents;
                let (x, weight, y, biased, options) = ops.state;
                let x = checkpointer.retrieve_node_output::<FloatTensor<B>>(x);
                let weight = checkpointer.retrieve_node_output::<FloatTensor<B>>(weight);
                let mut grad = grads.consume::<B>(&ops.node);
                if let Some(y) = y {
                    grad = B::activation_backward(y, grad, options.activation);
                }
                let kernel = weight.shape()[2];
                if let Some(node) = node_bias.filter(|_| biased) {
                    grads.register::<B>(node.id, bias_backward::<B>(grad.clone()));
                }
                // Forwards it is a convolution's input gradient, so its own are a convolution and a weight gradient
                // whose pictures have changed places.
                let plain = ConvOptions {
                    stride: options.stride,
                    padding: options.padding,
                    ..ConvOptions::default()
                };
                if let Some(node) = node_x {
                    let grad = B::conv2d_act(grad.clone(), weight.clone(), weight, false, plain);
                    grads.register::<B>(node.id, grad);
                }
                if let Some(node) = node_weight {
                    let grad = B::conv2d_filter_backward(grad, x, kernel, plain);
                    grads.register::<B>(node.id, grad);
                }
            }
        }
        match ConvTranspose2d
            .prepare::<C>([x.node(), weight.node(), bias.node()])
            .compute_bound()
            .stateful()
        {
            OpsKind::Tracked(mut prep) => {
                let saved = (prep.checkpoint(&x), prep.checkpoint(&weight));
                let y = B::conv_transpose2d_act(
                    x.into_primitive(),
                    weight.into_primitive(),
                    bias.into_primitive(),
                    biased,
                    options,
                );
                let kept = (options.activation != Activation::Linear).then(|| y.clone());
                prep.finish((saved.0, saved.1, kept, biased, options), y)
            }
            OpsKind::UnTracked(prep) => prep.finish(B::conv_transpose2d_act(
                x.into_primitive(),
                weight.into_primitive(),
                bias.into_primitive(),
                biased,
                options,
            )),
        }
    }

    fn conv2d_input_backward(
        _: FloatTensor<Self>,
        _: FloatTensor<Self>,
        _: [usize; 2],
        _: ConvOptions,
    ) -> FloatTensor<Self> {
        unimplemented!("first-order gradients only")
    }
    fn conv2d_filter_backward(
        _: FloatTensor<Self>,
        _: FloatTensor<Self>,
        _: usize,
        _: ConvOptions,
    ) -> FloatTensor<Self> {
        unimplemented!("first-order gradients only")
    }
    fn activation_backward(
        _: FloatTensor<Self>,
        _: FloatTensor<Self>,
        _: Activation,
    ) -> FloatTensor<Self> {
        unimplemented!("first-order gradients only")
    }
}
