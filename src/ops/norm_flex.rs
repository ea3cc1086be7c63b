//! Normalisation on the CPU backend.

use burn::backend::{Flex, tensor::FloatTensor};
use burn::tensor::Tensor;

use super::norm::{NormOps, NormOptions, Over, norm_reference};
use super::of_flex;

fn tensor<const D: usize>(x: FloatTensor<Flex>) -> Tensor<D> {
    Tensor::from_primitive::<Flex>(x)
}

impl NormOps for Flex {
    fn norm_act(
        x: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        residual: FloatTensor<Self>,
        (affine, added): (bool, bool),
        options: NormOptions,
    ) -> (FloatTensor<Self>, FloatTensor<Self>) {
        let affine = affine.then(|| (tensor(gamma), tensor(beta)));
        let residual = added.then(|| tensor(residual));
        let (y, statistics) = norm_reference(tensor(x), affine, residual, options);
        (of_flex(y), of_flex(statistics))
    }

    fn norm_act_backward(
        x: FloatTensor<Self>,
        statistics: FloatTensor<Self>,
        gamma: FloatTensor<Self>,
        beta: FloatTensor<Self>,
        affine: bool,
        grad: FloatTensor<Self>,
        options: NormOptions,
    ) -> (FloatTensor<Self>, FloatTensor<Self>) {
        let (x, statistics, grad): (Tensor<4>, Tensor<2>, Tensor<4>) =
            (tensor(x), tensor(statistics), tensor(grad));
        let [b, c, h, w] = x.dims();
        let (first, second) = match options.over {
            Over::Instance => (b, c),
            Over::Batch => (1, c),
        };
        let set = |row: usize| {
            let values = statistics.clone().narrow(0, row, 1);
            values.reshape([first, second, 1, 1])
        };
        let scale = (set(1) + options.epsilon).sqrt().recip();
        let n = (x - set(0)) * scale.clone();
        let side = |x: FloatTensor<Flex>| tensor::<1>(x).reshape([1, c, 1, 1]);
        let (value, gamma) = if affine {
            let gamma = side(gamma);
            (n.clone() * gamma.clone() + side(beta), Some(gamma))
        } else {
            (n.clone(), None)
        };
        let y = options.activation.reference(value);
        let g = options.activation.backward_reference(y, grad);
        let over_set = |x: Tensor<4>| {
            let planes = x.sum_dim(3).sum_dim(2);
            match options.over {
                Over::Instance => planes,
                Over::Batch => planes.sum_dim(0),
            }
        };
        let (sum, product) = (over_set(g.clone()), over_set(g.clone() * n.clone()));
        let count = (b * c * h * w / (first * second)) as f32;
        let mut out = (g - (sum.clone() + n * product.clone()) / count) * scale;
        if let Some(gamma) = gamma {
            out = out * gamma;
        }
        let sums = Tensor::cat(vec![sum, product], 0).reshape([2, first * second]);
        (of_flex(out), of_flex(sums))
    }
}
