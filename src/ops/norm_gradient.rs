//! Burn's automatic differentiation of normalisation.

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

use super::norm::{NormOps, NormOptions, Over};

impl<B: NormOps, C: CheckpointStrategy> NormOps for Autodiff<B, C> {
    fn norm_act(
        x: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        residual: FloatTensor<Self>,
        parts: (bool, bool),
        options: NormOptions,
    ) -> (FloatTensor<Self>, FloatTensor<Self>) {
        #[derive(Debug)]
        struct Norm;
        /// x, gamma, beta, statistics, which of the parts count.
        type State<B> = ([NodeId; 3], FloatTensor<B>, (bool, bool), NormOptions);
        impl<B: NormOps> Backward<B, 4> for Norm {
            type State = State<B>;
            fn backward(
                self,
                ops: Ops<Self::State, 4>,
                grads: &mut Gradients,
                checkpointer: &mut Checkpointer,
            ) {
                let [node_x, node_gamma, node_beta, node_residual] = ops.parents;
                let (nodes, statistics, (affine, added), options) = ops.state;
                let [x, gamma, beta] =
                    nodes.map(|n| checkpointer.retrieve_node_output::<FloatTensor<B>>(n));
                let grad = grads.consume::<B>(&ops.node);
                if let Some(node) = node_residual.filter(|_| added) {
                    grads.register::<B>(node.id, grad.clone());
                }
                let shape = x.shape();
                let (b, c) = (shape[0], shape[1]);
                let (out, sums) =
                    B::norm_act_backward(x, statistics, gamma, beta, affine, grad, options);
                if let Some(node) = node_x {
                    grads.register::<B>(node.id, out);
                }
                // Of each channel, from those of each set.
                let of_channels = |row: usize| {
                    let sums = <B as FloatTensorOps<B>>::float_slice(
                        sums.clone(),
                        &[(row..row + 1).into()],
                    );
                    let images = match options.over {
                        Over::Instance => b,
                        Over::Batch => 1,
                    };
                    let sums = <B as FloatTensorOps<B>>::float_reshape(sums, [images, c].into());
                    let sums = if images == 1 {
                        sums
                    } else {
                        <B as FloatTensorOps<B>>::float_sum_dim(sums, 0)
                    };
                    <B as FloatTensorOps<B>>::float_reshape(sums, [c].into())
                };
                if let Some(node) = node_beta.filter(|_| affine) {
                    grads.register::<B>(node.id, of_channels(0));
                }
                if let Some(node) = node_gamma.filter(|_| affine) {
                    grads.register::<B>(node.id, of_channels(1));
                }
            }
        }
        let prepared = Norm.prepare::<C>([x.node(), gamma.node(), beta.node(), residual.node()]);
        let (y, statistics) = match prepared.compute_bound().stateful() {
            OpsKind::Tracked(mut prep) => {
                let nodes = [&x, &gamma, &beta].map(|x| prep.checkpoint(x));
                let (y, statistics) = B::norm_act(
                    x.into_primitive(),
                    gamma.into_primitive(),
                    beta.into_primitive(),
                    residual.into_primitive(),
                    parts,
                    options,
                );
                let state = (nodes, statistics.clone(), parts, options);
                (prep.finish(state, y), statistics)
            }
            OpsKind::UnTracked(prep) => {
                let (y, statistics) = B::norm_act(
                    x.into_primitive(),
                    gamma.into_primitive(),
                    beta.into_primitive(),
                    residual.into_primitive(),
                    parts,
                    options,
                );
                (prep.finish(y), statistics)
            }
        };
        (y, FloatTensor::<Self>::new(statistics))
    }

    fn norm_act_backward(
        _: FloatTensor<Self>,
        _: FloatTensor<Self>,
        _: FloatTensor<Self>,
        _: FloatTensor<Self>,
        _: bool,
        _: FloatTensor<Self>,
        _: NormOptions,
    ) -> (FloatTensor<Self>, FloatTensor<Self>) {
        unimplemented!("first-order gradients only")
    }
}
