//! Rows of fully connected layers with PyTorch's names: a linear map, for some a batch norm, an activation.
//!
//! A linear map is one launch that ends in the bias and the activation ([`dense`]); a batch norm takes the values for
//! channels of pictures of one pixel.

use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor, TensorData};

use super::{BatchNorm2d, Init};
use crate::data::seed::Seed;
use crate::error::Error;
use crate::ops::{Activation, dense};
use crate::weights::{Expected, Weights};

/// A fully connected layer before it has weights.
#[derive(Clone, Debug)]
pub struct DensePlan {
    /// The linear map's name in the reference's state dict.
    pub name: String,
    /// `[in, out]`
    pub widths: [usize; 2],
    /// The batch norm's name, if there is one.
    pub norm: Option<String>,
    /// Applied at the end, after the mask of dropout.
    pub activation: Activation,
    /// Whether dropout stands between the linear map and the activation.
    pub dropout: bool,
}

impl DensePlan {
    fn expected(&self) -> Vec<Expected> {
        let ([input, output], mut all) = (self.widths, Vec::new());
        let mut add = |name: &str, part: &str, shape: Vec<usize>, used| {
            let name = format!("{name}.{part}");
            all.push(Expected { name, shape, used });
        };
        add(&self.name, "weight", vec![output, input], true);
        add(&self.name, "bias", vec![output], true);
        if let Some(name) = &self.norm {
            for part in ["weight", "bias", "running_mean", "running_var"] {
                add(name, part, vec![output], true);
            }
            add(name, "num_batches_tracked", vec![], false);
        }
        all
    }
}

/// `act(norm(W x + b))`.
#[derive(Module, Debug)]
struct Dense {
    /// `[out, in]`
    weight: Param<Tensor<2>>,
    /// `[out]`
    bias: Param<Tensor<1>>,
    norm: Option<BatchNorm2d>,
    #[module(skip)]
    activation: Activation,
    #[module(skip)]
    dropout: bool,
}

impl Dense {
    /// PyTorch's: weights and biases uniform in `±1 / sqrt(in)`, so that values keep their size through a leaky ReLU.
    fn init(plan: &DensePlan, seed: &mut Seed, device: &Device) -> Self {
        let [input, output] = plan.widths;
        let bound = (input as f32).sqrt().recip();
        let mut own = seed.split();
        let mut draw = |count| -> Vec<f32> {
            let values = (0..count).map(|_| own.range(-bound, bound));
            values.collect()
        };
        let weight = TensorData::new(draw(output * input), [output, input]);
        let bias = TensorData::new(draw(output), [output]);
        Self {
            weight: Param::from_tensor(Tensor::from_data(weight, device)),
            bias: Param::from_tensor(Tensor::from_data(bias, device)),
            norm: plan
                .norm
                .as_ref()
                .map(|_| BatchNorm2d::init(output, Init::He, seed, device)),
            activation: plan.activation,
            dropout: plan.dropout,
        }
    }

    fn load(plan: &DensePlan, weights: &Weights, device: &Device) -> Result<Self, Error> {
        let norm = match &plan.norm {
            None => None,
            Some(name) => {
                let part = |part: &str| weights.tensor::<1>(&format!("{name}.{part}"), device);
                Some(BatchNorm2d::new([
                    part("weight")?,
                    part("bias")?,
                    part("running_mean")?,
                    part("running_var")?,
                ]))
            }
        };
        let weight = weights.tensor(&format!("{}.weight", plan.name), device)?;
        let bias = weights.tensor(&format!("{}.bias", plan.name), device)?;
        Ok(Self {
            weight: Param::from_tensor(weight),
            bias: Param::from_tensor(bias),
            norm,
            activation: plan.activation,
            dropout: plan.dropout,
        })
    }

    /// `W x + b` of rows, with the activation if nothing stands between.
    fn linear(&self, x: Tensor<2>) -> Tensor<2> {
        let end = match self.norm.is_some() || self.dropout {
            true => Activation::Linear,
            false => self.activation,
        };
        dense(x, self.weight.val(), self.bias.val(), end)
    }

    fn values(&self) -> Vec<Tensor<1>> {
        let mut all = vec![self.weight.val().flatten(0, 1), self.bias.val()];
        if let Some(norm) = &self.norm {
            all.extend([norm.weight.val(), norm.bias.val()]);
            all.extend([norm.running_mean(), norm.running_var()]);
        }
        all
    }
}

/// A row of fully connected layers with its plan.
#[derive(Module, Debug)]
pub struct DenseLayers {
    layers: Vec<Dense>,
    #[module(skip)]
    plan: Vec<DensePlan>,
}

impl DenseLayers {
    /// Fresh weights, drawn from the seed as PyTorch draws them: uniform in `±1 / sqrt(in)`.
    pub fn init(plan: Vec<DensePlan>, seed: &mut Seed, device: &Device) -> Self {
        let layers = plan.iter().map(|plan| Dense::init(plan, seed, device));
        Self {
            layers: layers.collect(),
            plan,
        }
    }

    /// Weights from a file checked by [`Self::expected`].
    ///
    /// # Errors
    /// Those of [`Weights::tensor`].
    pub fn load(plan: Vec<DensePlan>, weights: &Weights, device: &Device) -> Result<Self, Error> {
        let layers = plan.iter().map(|plan| Dense::load(plan, weights, device));
        Ok(Self {
            layers: layers.collect::<Result<_, _>>()?,
            plan,
        })
    }

    /// The tensors of the reference's state dict, in the order of the layers.
    pub fn expected(plan: &[DensePlan]) -> Vec<Expected> {
        plan.iter().flat_map(DensePlan::expected).collect()
    }

    /// All numbers by their names in the state dict, flat, in the order of [`Self::expected`]; shapes are there.
    pub fn tensors(&self) -> Vec<(String, Tensor<1>)> {
        let names = Self::expected(&self.plan).into_iter().filter(|e| e.used);
        let values = self.layers.iter().flat_map(Dense::values);
        names.map(|e| e.name).zip(values).collect()
    }

    /// Takes the running statistics of batch norms of other layers of the same plan.
    pub fn take_running(&mut self, other: &Self) {
        for (own, other) in self.layers.iter_mut().zip(&other.layers) {
            if let (Some(own), Some(other)) = (&mut own.norm, &other.norm) {
                own.take_running(other);
            }
        }
    }

    /// In inference: `[B, in]` -> `[B, out]`; batch norms take their running statistics, nothing is dropped.
    pub fn forward(&self, x: Tensor<2>) -> Tensor<2> {
        let step = |x, layer: &Dense| {
            let x = layer.linear(x);
            match &layer.norm {
                Some(norm) => rows(norm.forward(pixels(x), None, layer.activation)),
                None if layer.dropout => layer.activation.reference(x),
                None => x,
            }
        };
        self.layers.iter().fold(x, step)
    }

    /// In training: batch norms take the statistics of the batch and remember them. `masks`, each `[B, width]`, multiply
    /// the values of the layers with dropout, in their order; see [`Self::masks`].
    ///
    /// # Panics
    /// If there are fewer masks than layers with dropout.
    pub fn forward_train(&mut self, x: Tensor<2>, masks: &[Tensor<2>]) -> Tensor<2> {
        let mut masks = masks.iter();
        let step = |x, layer: &mut Dense| {
            let mut x = layer.linear(x);
            if layer.dropout {
                let mask = masks.next().expect("a mask for each layer with dropout");
                x = x * mask.clone();
            }
            match &mut layer.norm {
                Some(norm) => rows(norm.forward_train(pixels(x), None, layer.activation)),
                None if layer.dropout => layer.activation.reference(x),
                None => x,
            }
        };
        self.layers.iter_mut().fold(x, step)
    }

    /// Masks for a batch: 0 with probability `share`, otherwise `1 / (1 - share)`.
    pub fn masks(
        &self,
        share: f32,
        batch: usize,
        seed: &mut Seed,
        device: &Device,
    ) -> Vec<Tensor<2>> {
        let dropped = self.plan.iter().filter(|plan| plan.dropout);
        let mut draw = |width: usize| {
            let keep = (1.0 - share).recip();
            let value = |_| if seed.chance(share) { 0.0 } else { keep };
            let values: Vec<f32> = (0..batch * width).map(value).collect();
            Tensor::from_data(TensorData::new(values, [batch, width]), device)
        };
        dropped.map(|plan| draw(plan.widths[1])).collect()
    }
}

/// `[B, n]` -> `[B, n, 1, 1]`: values are the channels of one pixel.
fn pixels(x: Tensor<2>) -> Tensor<4> {
    let [b, n] = x.dims();
    x.reshape([b, n, 1, 1])
}

/// `[B, n, 1, 1]` -> `[B, n]`.
fn rows(x: Tensor<4>) -> Tensor<2> {
    let [b, n, ..] = x.dims();
    x.reshape([b, n])
}
