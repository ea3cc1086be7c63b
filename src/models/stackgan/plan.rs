//! Networks of fully connected layers and of rows of convolutions with residual blocks: written down once, and names,
//! shapes, fresh and loaded weights follow.

use burn::module::Module;
use burn::tensor::{Device, Tensor};

use super::{Activation, ConvOptions, Form, NormKind, direct};
use crate::data::seed::Seed;
use crate::error::Error;
use crate::nn::{DenseLayers, DensePlan, Init, LayerPlan, Layers};
use crate::weights::{Expected, Weights};

/// So many layers, and what is applied to the sum if their input is added to what they give.
#[derive(Clone, Copy, Debug)]
struct Group {
    layers: usize,
    sum: Option<Activation>,
}

/// A row of convolutions without biases, each with a batch norm or none.
#[derive(Clone, Debug)]
pub(super) struct Rows {
    name: &'static str,
    layers: Vec<LayerPlan>,
    groups: Vec<Group>,
}

impl Rows {
    pub fn new(name: &'static str) -> Self {
        let (layers, groups) = (Vec::new(), Vec::new());
        Self {
            name,
            layers,
            groups,
        }
    }

    fn push(
        &mut self,
        form: Form,
        kernel: usize,
        channels: [usize; 2],
        normed: bool,
        activation: Activation,
    ) {
        let name = format!("{}.{}", self.name, 3 * self.layers.len());
        let plan = LayerPlan {
            bias: false,
            ..LayerPlan::new(name, form, channels, kernel)
        };
        let norm = normed.then_some(NormKind::Batch);
        self.layers.push(plan.followed_by(norm, activation));
        self.groups.push(Group {
            layers: 1,
            sum: None,
        });
    }

    /// A convolution of kernel, stride and padding.
    pub fn conv(
        &mut self,
        (kernel, stride, padding): (usize, usize, usize),
        channels: [usize; 2],
        normed: bool,
        activation: Activation,
    ) {
        self.push(
            direct(stride, padding),
            kernel,
            channels,
            normed,
            activation,
        );
    }

    /// Twice as large by nearest neighbours, and a 3x3 convolution.
    pub fn doubling(&mut self, channels: [usize; 2], normed: bool, activation: Activation) {
        let form = Form::Upsampled(ConvOptions::default());
        self.push(form, 3, channels, normed, activation);
    }

    /// Makes a residual block of the last layers.
    pub fn sum(&mut self, layers: usize, activation: Activation) {
        self.groups.truncate(self.groups.len() - layers);
        self.groups.push(Group {
            layers,
            sum: Some(activation),
        });
    }
}

/// A network before it has weights.
#[derive(Clone, Debug)]
pub struct StagePlan {
    dense: Vec<Vec<DensePlan>>,
    rows: Vec<Rows>,
}

impl StagePlan {
    pub(super) fn new(dense: Vec<Vec<DensePlan>>, rows: Vec<Rows>) -> Self {
        Self { dense, rows }
    }

    /// The tensors of its file.
    #[must_use]
    pub fn expected(&self) -> Vec<Expected> {
        let dense = self.dense.iter().map(|plan| DenseLayers::expected(plan));
        let rows = self.rows.iter().map(|rows| Layers::expected(&rows.layers));
        dense.chain(rows).flatten().collect()
    }

    fn network(self, dense: Vec<DenseLayers>, rows: Vec<Layers>) -> StageNetwork {
        StageNetwork {
            dense,
            rows,
            groups: self.rows.into_iter().map(|rows| rows.groups).collect(),
        }
    }

    /// Fresh weights: convolutions `N(0, 0.02²)`, norms `N(1, 0.02²)`, as the authors' code; fully connected ones as
    /// PyTorch's.
    #[must_use]
    pub fn init(self, seed: &mut Seed, device: &Device) -> StageNetwork {
        let dense = self.dense.iter();
        let dense = dense.map(|plan| DenseLayers::init(plan.clone(), seed, device));
        let dense = dense.collect();
        let rows = self.rows.iter();
        let rows =
            rows.map(|rows| Layers::init(rows.layers.clone(), Init::Normal(0.02), seed, device));
        let rows = rows.collect();
        self.network(dense, rows)
    }

    /// Weights from a file checked by [`Self::expected`].
    ///
    /// # Errors
    /// Those of [`Weights::tensor`].
    pub fn load(self, weights: &Weights, device: &Device) -> Result<StageNetwork, Error> {
        let dense = self.dense.iter();
        let dense = dense.map(|plan| DenseLayers::load(plan.clone(), weights, device));
        let dense = dense.collect::<Result<_, _>>()?;
        let rows = self.rows.iter();
        let rows = rows.map(|rows| Layers::load(rows.layers.clone(), weights, device));
        let rows = rows.collect::<Result<_, _>>()?;
        Ok(self.network(dense, rows))
    }
}

/// The weights of one network.
#[derive(Module, Debug)]
pub struct StageNetwork {
    dense: Vec<DenseLayers>,
    rows: Vec<Layers>,
    #[module(skip)]
    groups: Vec<Vec<Group>>,
}

impl StageNetwork {
    /// All numbers by name, flat, still on the GPU.
    pub fn tensors(&self) -> Vec<(String, Tensor<1>)> {
        let dense = self.dense.iter().map(DenseLayers::tensors);
        let rows = self.rows.iter().map(Layers::tensors);
        dense.chain(rows).flatten().collect()
    }

    /// Takes the running statistics of batch norms of another network of the same plan.
    pub fn take_running(&mut self, other: &Self) {
        for (own, other) in self.dense.iter_mut().zip(&other.dense) {
            own.take_running(other);
        }
        for (own, other) in self.rows.iter_mut().zip(&other.rows) {
            own.take_running(other);
        }
    }

    /// The fully connected layers of a number; in training, batch norms take the statistics of the batch and remember
    /// them, otherwise the remembered ones.
    pub(super) fn dense(&mut self, which: usize, x: Tensor<2>, training: bool) -> Tensor<2> {
        let layers = &mut self.dense[which];
        match training {
            true => layers.forward_train(x, &[]),
            false => layers.forward(x),
        }
    }

    /// The row of a number, likewise.
    pub(super) fn row(&mut self, which: usize, mut x: Tensor<4>, training: bool) -> Tensor<4> {
        let mut layers = self.rows[which].layers.iter_mut();
        for group in &self.groups[which] {
            let whole = group.sum.map(|_| x.clone());
            for (i, layer) in layers.by_ref().take(group.layers).enumerate() {
                let added = whole.clone().filter(|_| i + 1 == group.layers);
                x = match training {
                    true => layer.forward_train(x, added),
                    false => layer.forward(x, added),
                };
            }
            if let Some(activation) = group.sum {
                x = activation.reference(x);
            }
        }
        x
    }
}
