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
use super::conv2d::{ConvOps, ConvOptions, Has};

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
        forward: FloatTensor<Self>,
        backward: FloatTensor<Self>,
        has: Has,
        options: ConvOptions,
    ) -> FloatTensor<Self> {
        #[derive(Debug)]
        struct Conv2d;
        impl<B: ConvOps> Backward<B, 3> for Conv2d {
            type State = (State<B, ConvOptions>, FloatTensor<B>, bool);
            fn backward(
                self,
                ops: Ops<Self::State, 3>,
                grads: &mut Gradients,
                checkpointer: &mut Checkpointer,
            ) {
                let [node_x, node_weight, node_bias] = ops.parents;
                let ((x, weight, y, biased, options), packed, is_packed) = ops.state;
                let x = checkpointer.retrieve_node_output::<FloatTensor<B>>(x);
                let weight = checkpointer.retrieve_node_output::<FloatTensor<B>>(weight);
                let mut grad = grads.consume::<B>(&ops.node);
                if let Some(y) = y {
                    grad = B::activation_backward(y, grad, options.activation);
                }
                let (size, kernel) = (x.shape(), weight.shape()[2]);
                if let Some(node) = node_x {
                    let (grad, size) = (grad.clone(), [size[2], size[3]]);
                    let grad =
                        B::conv2d_input_backward(grad, weight, packed, is_packed, size, options);
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
        let prepared = Conv2d.prepare::<C>([x.node(), weight.node(), bias.node()]);
        let (forward, backward) = (forward.into_primitive(), backward.into_primitive());
        let run = |x, weight, bias, backward| {
            B::conv2d_act(x, weight, bias, forward, backward, has, options)
        };
        match prepared.compute_bound().stateful() {
            OpsKind::Tracked(mut prep) => {
                let (node_x, node_weight) = (prep.checkpoint(&x), prep.checkpoint(&weight));
                let (x, weight) = (x.into_primitive(), weight.into_primitive());
                let y = run(x, weight, bias.into_primitive(), backward.clone());
                let kept = (options.activation != Activation::Linear).then(|| y.clone());
                let state = (node_x, node_weight, kept, has.bias, options);
                prep.finish((state, backward, has.backward), y)
            }
            OpsKind::UnTracked(prep) => {
                let (x, weight) = (x.into_primitive(), weight.into_primitive());
                prep.finish(run(x, weight, bias.into_primitive(), backward))
            }
        }
    }

    fn conv2d_pack(weight: FloatTensor<Self>, flip: bool, stride: usize) -> FloatTensor<Self> {
        FloatTensor::<Self>::new(B::conv2d_pack(weight.into_primitive(), flip, stride))
    }

    fn conv_transpose2d_act(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        packed: FloatTensor<Self>,
        has: Has,
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
                    let has = Has {
                        bias: false,
                        forward: false,
                        backward: false,
                    };
                    let [a, b, c] = [weight.clone(), weight.clone(), weight.clone()];
                    let grad = B::conv2d_act(grad.clone(), weight, a, b, c, has, plain);
                    grads.register::<B>(node.id, grad);
                }
                if let Some(node) = node_weight {
                    let grad = B::conv2d_filter_backward(grad, x, kernel, plain);
                    grads.register::<B>(node.id, grad);
                }
            }
        }
        let packed = packed.into_primitive();
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
                    packed,
                    has,
                    options,
                );
                let kept = (options.activation != Activation::Linear).then(|| y.clone());
                prep.finish((saved.0, saved.1, kept, has.bias, options), y)
            }
            OpsKind::UnTracked(prep) => prep.finish(B::conv_transpose2d_act(
                x.into_primitive(),
                weight.into_primitive(),
                bias.into_primitive(),
                packed,
                has,
                options,
            )),
        }
    }

    fn conv2d_input_backward(
        _: FloatTensor<Self>,
        _: FloatTensor<Self>,
        _: FloatTensor<Self>,
        _: bool,
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
