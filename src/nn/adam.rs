//! Adam (Kingma and Ba 2015) on the parameters of a module: one launch per parameter, and no read-back.

use std::collections::HashMap;

use burn::module::{Module, ModuleMapper, Param, ParamId};
use burn::optim::GradientsParams;
use burn::tensor::{Device, Tensor};

use crate::ops::{AdamStep, adam_at};

/// The settings and the moments.
#[derive(Debug)]
pub struct Adam {
    step: AdamStep,
    /// By parameter: first moment, second moment, average of the iterates, `[3, values]`.
    states: HashMap<ParamId, Tensor<2>>,
}

impl Adam {
    /// Learning rate and decays of the two moments; the GAN papers take 2e-4, 0.5 and 0.999. Epsilon is PyTorch's 1e-8.
    pub fn new(rate: f32, beta1: f32, beta2: f32) -> Self {
        Self {
            step: AdamStep {
                beta1,
                beta2,
                range: (f32::MIN, f32::MAX),
                ..AdamStep::new(0, rate, 0.0)
            },
            states: HashMap::new(),
        }
    }

    /// One step of the parameters that have a gradient.
    pub fn step<M: Module>(&mut self, module: M, grads: GradientsParams) -> M {
        self.step.time += 1;
        module.map(&mut Update {
            adam: self,
            grads,
            rates: None,
        })
    }
}

struct Update<'a> {
    adam: &'a mut Adam,
    grads: GradientsParams,
    /// Those of this step, on the device of the first parameter that has a gradient.
    rates: Option<Tensor<1>>,
}

impl Update<'_> {
    fn rates(&mut self, device: &Device) -> Tensor<1> {
        let step = self.adam.step;
        self.rates.get_or_insert_with(|| step.rates(device)).clone()
    }
}

impl ModuleMapper for Update<'_> {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let (id, tensor, mapper) = param.consume();
        let Some(grad) = self.grads.remove::<D>(id) else {
            return Param::from_mapped_value(id, tensor, mapper);
        };
        let tracked = tensor.is_require_grad();
        let (dims, n) = (tensor.dims(), tensor.shape().num_elements());
        let rates = self.rates(&grad.device());
        let states = &mut self.adam.states;
        let state = states
            .remove(&id)
            .unwrap_or_else(|| Tensor::zeros([3, n], &grad.device()));
        let flat = |x: Tensor<D>| x.reshape([1, 1, 1, n]);
        let (next, state) = adam_at(
            flat(tensor.inner()),
            flat(grad),
            state,
            rates,
            self.adam.step,
        );
        states.insert(id, state);
        let next = Tensor::from_inner(next.reshape(dims));
        let next = if tracked { next.require_grad() } else { next };
        Param::from_mapped_value(id, next, mapper)
    }
}
