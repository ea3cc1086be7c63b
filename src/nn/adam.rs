//! Adam (Kingma and Ba 2015) on the parameters of a module: one launch per parameter, and no read-back.

use std::collections::HashMap;

use burn::module::{Module, ModuleMapper, ModuleVisitor, Param, ParamId};
use burn::optim::GradientsParams;
use burn::tensor::{Device, Tensor};

use crate::ops::{AdamStep, adam_at};

/// The settings and the moments.
#[derive(Clone, Debug)]
pub struct Adam {
    step: AdamStep,
    /// By parameter: first moment, second moment, average of the iterates, `[3, values]`.
    states: HashMap<ParamId, Tensor<2>>,
    /// Whether averages stand for themselves, since [`Self::renew`]; before, they are divided by `1 - decay^steps`.
    settled: bool,
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
            settled: false,
        }
    }

    /// With a running average of the iterates, see [`Self::averaged`]; `decay` is in 0..1, 0 copies the iterate.
    pub fn averaging(mut self, decay: f32) -> Self {
        self.step.decay = decay;
        self
    }

    /// The learning rate from the next step on.
    pub fn set_rate(&mut self, rate: f32) {
        self.step.rate = rate;
    }

    /// The module with the running averages of its parameters, each divided by `1 - decay^steps`.
    pub fn averaged<M: Module>(&self, module: M) -> M {
        module.map(&mut Average(self))
    }

    /// The state of each parameter that has one, in the module's order, `[3 values]`, and the steps done.
    pub fn save<M: Module>(&self, module: &M) -> (u32, Vec<Tensor<1>>) {
        let mut ids = Ids(Vec::new());
        module.visit(&mut ids);
        let states = ids.0.iter().filter_map(|(id, _)| self.states.get(id));
        let flat = states.map(|state| state.clone().flatten(0, 1));
        (self.step.time, flat.collect())
    }

    /// Takes up what [`Self::save`] gave, for the same module. False, and nothing is changed, if the states are not as
    /// many and as long as its parameters.
    pub fn restore<M: Module>(&mut self, module: &M, time: u32, states: Vec<Tensor<1>>) -> bool {
        let mut ids = Ids(Vec::new());
        module.visit(&mut ids);
        let long = |((_, n), state): (&(ParamId, usize), &Tensor<1>)| state.dims() == [3 * n];
        if ids.0.len() != states.len() || !ids.0.iter().zip(&states).all(long) {
            return false;
        }
        self.step.time = time;
        let states = ids.0.into_iter().zip(states);
        self.states = states
            .map(|((id, n), state)| (id, state.reshape([3, n])))
            .collect();
        true
    }

    /// Both moments begin anew, while running averages go on; what has none yet begins it as it is. For networks that grow.
    pub fn renew<M: Module>(&mut self, module: &M) {
        module.visit(&mut Renewal(self));
        self.step.time = 0;
        self.settled = true;
    }

    /// As after [`Self::renew`], for states of such a time.
    pub fn renewed(mut self) -> Self {
        self.settled = true;
        self
    }

    /// What averages are divided by.
    fn whole(&self) -> f64 {
        match self.settled {
            true => 1.0,
            false => 1.0 - f64::from(self.step.decay).powi(self.step.time as i32),
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

/// Every parameter with its number of values.
struct Ids(Vec<(ParamId, usize)>);

impl ModuleVisitor for Ids {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        self.0.push((param.id, param.shape().num_elements()));
    }
}

struct Renewal<'a>(&'a mut Adam);

impl ModuleVisitor for Renewal<'_> {
    fn visit_float<const D: usize>(&mut self, param: &Param<Tensor<D>>) {
        let value = param.val().inner();
        let n = value.shape().num_elements();
        let average = match self.0.states.remove(&param.id) {
            Some(state) => state.narrow(0, 2, 1) / self.0.whole(),
            None => value.reshape([1, n]),
        };
        let moments = Tensor::zeros([2, n], &average.device());
        let state = Tensor::cat(vec![moments, average], 0);
        self.0.states.insert(param.id, state);
    }
}

struct Average<'a>(&'a Adam);

impl ModuleMapper for Average<'_> {
    fn map_float<const D: usize>(&mut self, param: Param<Tensor<D>>) -> Param<Tensor<D>> {
        let (id, tensor, mapper) = param.consume();
        let Some(state) = self.0.states.get(&id) else {
            return Param::from_mapped_value(id, tensor, mapper);
        };
        let average = state.clone().narrow(0, 2, 1).reshape(tensor.dims()) / self.0.whole();
        Param::from_mapped_value(id, average, mapper)
    }
}
