//! Layers of a convolution, the norm and the activation that follow it: what generators and discriminators are rows of.
//! A network is written down once, as a list of [`LayerPlan`]s; names, shapes, fresh and loaded weights follow from it.

use burn::module::{Module, Param};
use burn::tensor::{Device, FloatDType, Tensor};
use serde::{Deserialize, Serialize};

use super::{BatchNorm2d, Conv2d, ConvTranspose2d, Init, InstanceNorm2d, UpsampleConv2d};
use crate::data::seed::Seed;
use crate::error::Error;
use crate::ops::{Activation, ConvOptions, ConvTransposeOptions, Entry, Variant, use_winograd};
use crate::weights::{Expected, Weights};

/// Which convolution a layer has. The activation in the options is set by the plan.
#[derive(Clone, Copy, Debug)]
pub enum Form {
    /// [`Conv2d`]
    Direct(ConvOptions),
    /// [`ConvTranspose2d`]
    Transposed(ConvTransposeOptions),
    /// [`UpsampleConv2d`]
    Upsampled(ConvOptions),
}

/// Which norm follows a convolution.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum NormKind {
    /// [`InstanceNorm2d`] without affine map.
    Instance,
    /// [`InstanceNorm2d`] with affine map.
    AffineInstance,
    /// [`BatchNorm2d`]
    Batch,
}

/// A layer before it has weights.
#[derive(Clone, Debug)]
pub struct LayerPlan {
    /// The convolution's name in the reference's state dict.
    pub name: String,
    /// Which convolution.
    pub form: Form,
    /// `[in, out]`
    pub channels: [usize; 2],
    /// Side of the square kernel, in pixels.
    pub kernel: usize,
    /// Whether the convolution has a bias.
    pub bias: bool,
    /// The norm and its name.
    pub norm: Option<(NormKind, String)>,
    /// Applied at the end.
    pub activation: Activation,
}

impl LayerPlan {
    /// A convolution with bias and nothing after it.
    pub fn new(name: impl Into<String>, form: Form, channels: [usize; 2], kernel: usize) -> Self {
        Self {
            name: name.into(),
            form,
            channels,
            kernel,
            bias: true,
            norm: None,
            activation: Activation::Linear,
        }
    }

    /// With the norm that stands right after the convolution in an `nn.Sequential`: `model.4` after `model.3`.
    ///
    /// # Panics
    /// If the convolution's name does not end in an index.
    pub fn followed_by(self, norm: Option<NormKind>, activation: Activation) -> Self {
        let after = || {
            let (sequence, index) = self.name.rsplit_once('.')?;
            Some(format!("{sequence}.{}", index.parse::<usize>().ok()? + 1))
        };
        let norm = norm.map(|kind| {
            (
                kind,
                after().expect("a name in a sequence ends in its index"),
            )
        });
        Self {
            norm,
            activation,
            ..self
        }
    }

    /// PyTorch's shape of the convolution's weight.
    fn shape(&self) -> [usize; 4] {
        let ([input, output], k) = (self.channels, self.kernel);
        match self.form {
            Form::Transposed(_) => [input, output, k, k],
            Form::Direct(_) | Form::Upsampled(_) => [output, input, k, k],
        }
    }

    /// Its tensors in the reference's state dict: those used in the order of [`Layer::values`], then what such a file
    /// may hold besides. Instance norms of old PyTorch kept running statistics, though they are never used.
    fn expected(&self) -> Vec<Expected> {
        let c = vec![self.channels[1]];
        let mut all = Vec::new();
        let mut add = |name: &str, part: &str, shape: Vec<usize>, used| {
            let name = format!("{name}.{part}");
            all.push(Expected { name, shape, used });
        };
        add(&self.name, "weight", self.shape().to_vec(), true);
        if self.bias {
            add(&self.name, "bias", c.clone(), true);
        }
        if let Some((kind, name)) = &self.norm {
            if *kind != NormKind::Instance {
                add(name, "weight", c.clone(), true);
                add(name, "bias", c.clone(), true);
            }
            let used = *kind == NormKind::Batch;
            add(name, "running_mean", c.clone(), used);
            add(name, "running_var", c, used);
            add(name, "num_batches_tracked", vec![], false);
        }
        all
    }

    /// The convolution takes the activation over if no norm stands between.
    fn conv(&self, weight: Tensor<4>, bias: Option<Tensor<1>>) -> Conv {
        let activation = match self.norm {
            Some(_) => Activation::Linear,
            None => self.activation,
        };
        match self.form {
            Form::Direct(o) => {
                Conv::Direct(Conv2d::new(weight, bias, ConvOptions { activation, ..o }))
            }
            Form::Transposed(o) => {
                let options = ConvTransposeOptions { activation, ..o };
                Conv::Transposed(ConvTranspose2d::new(weight, bias, options))
            }
            Form::Upsampled(o) => {
                let options = ConvOptions { activation, ..o };
                Conv::Upsampled(UpsampleConv2d::new(weight, bias, options))
            }
        }
    }

    fn layer(&self, weight: Tensor<4>, bias: Option<Tensor<1>>, norm: Option<Norm>) -> Layer {
        Layer {
            conv: self.conv(weight, bias),
            norm,
            activation: self.activation,
        }
    }

    fn init(&self, init: Init, seed: &mut Seed, device: &Device) -> Layer {
        let [input, output] = self.channels;
        let weight = init.draw(self.shape(), input, seed, device);
        let bias = self.bias.then(|| Tensor::zeros([output], device));
        let norm = self.norm.as_ref().map(|(kind, _)| match kind {
            NormKind::Instance => Norm::Instance(InstanceNorm2d::new(None)),
            NormKind::AffineInstance => {
                let affine = [
                    Tensor::ones([output], device),
                    Tensor::zeros([output], device),
                ];
                Norm::Instance(InstanceNorm2d::new(Some(affine)))
            }
            NormKind::Batch => Norm::Batch(BatchNorm2d::init(output, init, seed, device)),
        });
        self.layer(weight, bias, norm)
    }

    fn load(&self, weights: &Weights, device: &Device) -> Result<Layer, Error> {
        let weight = weights.tensor(&format!("{}.weight", self.name), device)?;
        let bias = match self.bias {
            true => Some(weights.tensor(&format!("{}.bias", self.name), device)?),
            false => None,
        };
        let Some((kind, name)) = &self.norm else {
            return Ok(self.layer(weight, bias, None));
        };
        let part = |part: &str| weights.tensor::<1>(&format!("{name}.{part}"), device);
        let norm = match kind {
            NormKind::Instance => Norm::Instance(InstanceNorm2d::new(None)),
            NormKind::AffineInstance => {
                Norm::Instance(InstanceNorm2d::new(Some([part("weight")?, part("bias")?])))
            }
            NormKind::Batch => {
                let values = [
                    part("weight")?,
                    part("bias")?,
                    part("running_mean")?,
                    part("running_var")?,
                ];
                Norm::Batch(BatchNorm2d::new(values))
            }
        };
        Ok(self.layer(weight, bias, Some(norm)))
    }
}

/// What a convolution is given in inference.
pub(super) enum Given {
    Picture(Tensor<4>),
    /// Not yet normalised.
    Entry(Entry),
}

#[derive(Module, Debug)]
pub(super) enum Conv {
    Direct(Conv2d),
    Transposed(ConvTranspose2d),
    Upsampled(UpsampleConv2d),
}

impl Conv {
    pub(super) fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        match self {
            Self::Direct(conv) => conv.forward(x),
            Self::Transposed(conv) => conv.forward(x),
            Self::Upsampled(conv) => conv.forward(x),
        }
    }

    /// In inference.
    pub(super) fn infer(&self, given: Given) -> Tensor<4> {
        match (self, given) {
            (_, Given::Picture(x)) => self.forward(x),
            (Self::Direct(conv), Given::Entry(entry)) => conv.forward_entered(entry),
            (Self::Transposed(conv), Given::Entry(entry)) => conv.forward_entered(entry),
            (Self::Upsampled(_), Given::Entry(_)) => unreachable!("it asks for a picture"),
        }
    }

    /// Whether it can normalise what it reads; one that doubles pixels pads them first.
    pub(super) fn can_enter(&self) -> bool {
        !matches!(self, Self::Upsampled(_))
    }

    /// Weight and bias.
    fn parts(&self) -> (Tensor<4>, Option<Tensor<1>>) {
        let (weight, bias) = match self {
            Self::Direct(conv) => (&conv.weight, &conv.bias),
            Self::Transposed(conv) => (&conv.weight, &conv.bias),
            Self::Upsampled(conv) => (&conv.weight, &conv.bias),
        };
        (weight.val(), bias.as_ref().map(Param::val))
    }
}

#[allow(
    clippy::large_enum_variant,
    reason = "a network has tens of them, of kilobytes at least"
)]
#[derive(Module, Debug)]
pub(super) enum Norm {
    Instance(InstanceNorm2d),
    Batch(BatchNorm2d),
}

/// `act(norm(conv(x))) + residual`.
#[derive(Module, Debug)]
pub struct Layer {
    pub(super) conv: Conv,
    pub(super) norm: Option<Norm>,
    #[module(skip)]
    activation: Activation,
}

impl Layer {
    /// `[B, in, H, W]` -> `[B, out, H', W']`; batch norms take their running statistics.
    pub fn forward(&self, x: Tensor<4>, residual: Option<Tensor<4>>) -> Tensor<4> {
        let x = self.conv.forward(x);
        match &self.norm {
            Some(Norm::Instance(norm)) => norm.forward(x, residual, self.activation),
            Some(Norm::Batch(norm)) => norm.forward(x, residual, self.activation),
            None => plus(x, residual),
        }
    }

    /// The same, but batch norms take the statistics of the batch and remember them.
    pub fn forward_train(&mut self, x: Tensor<4>, residual: Option<Tensor<4>>) -> Tensor<4> {
        let x = self.conv.forward(x);
        match &mut self.norm {
            Some(Norm::Instance(norm)) => norm.forward(x, residual, self.activation),
            Some(Norm::Batch(norm)) => norm.forward_train(x, residual, self.activation),
            None => plus(x, residual),
        }
    }

    /// In inference; `enters` if the one convolution that is given the result can normalise it.
    fn infer(&self, given: Given, residual: Option<Tensor<4>>, enters: bool) -> Given {
        let x = self.conv.infer(given);
        let picture = match (&self.norm, self.activation.slope()) {
            (Some(Norm::Instance(norm)), Some(slope)) if enters && residual.is_none() => {
                let scales = norm.scales(x.clone());
                return Given::Entry(Entry { x, scales, slope });
            }
            (Some(Norm::Instance(norm)), _) => norm.forward(x, residual, self.activation),
            (Some(Norm::Batch(norm)), _) => norm.forward(x, residual, self.activation),
            (None, _) => plus(x, residual),
        };
        Given::Picture(picture)
    }

    /// The norm before the next convolution, if that may apply it: the result by given statistics `[2, B C]`.
    pub(super) fn entry(&self, statistics: Tensor<2>) -> Option<(Tensor<2>, f32)> {
        match (&self.norm, self.activation.slope()) {
            (Some(Norm::Instance(norm)), Some(slope)) => Some((norm.scales_by(statistics), slope)),
            _ => None,
        }
    }

    /// What follows the convolution, an instance norm by given statistics `[2, B C]`.
    pub(super) fn finish(
        &self,
        x: Tensor<4>,
        statistics: Option<&Tensor<2>>,
        residual: Option<Tensor<4>>,
    ) -> Tensor<4> {
        match (&self.norm, statistics) {
            (Some(Norm::Instance(norm)), Some(statistics)) => {
                norm.forward_by(x, statistics.clone(), residual, self.activation)
            }
            (Some(Norm::Batch(norm)), None) => norm.forward(x, residual, self.activation),
            _ => plus(x, residual),
        }
    }

    /// All numbers, flat, in the order of [`LayerPlan::expected`].
    fn values(&self) -> Vec<Tensor<1>> {
        let (weight, bias) = self.conv.parts();
        let mut all = vec![weight.flatten(0, 3)];
        all.extend(bias);
        match &self.norm {
            Some(Norm::Instance(norm)) => {
                all.extend(
                    [&norm.weight, &norm.bias]
                        .into_iter()
                        .flatten()
                        .map(Param::val),
                );
            }
            Some(Norm::Batch(norm)) => {
                all.extend([norm.weight.val(), norm.bias.val()]);
                all.extend([norm.running_mean(), norm.running_var()]);
            }
            None => {}
        }
        all
    }
}

fn plus(x: Tensor<4>, residual: Option<Tensor<4>>) -> Tensor<4> {
    match residual {
        Some(residual) => x + residual,
        None => x,
    }
}

/// A row of layers with its plan.
#[derive(Module, Debug)]
pub struct Layers {
    /// In the order of the plan.
    pub layers: Vec<Layer>,
    #[module(skip)]
    pub(super) plan: Vec<LayerPlan>,
    /// Whether pictures are stored as f16 between the layers.
    #[module(skip)]
    pub(super) half: bool,
    /// Whether it is for inference alone: see [`Self::packed`].
    #[module(skip)]
    packed: bool,
}

impl Layers {
    /// Fresh weights, drawn from the seed.
    pub fn init(plan: Vec<LayerPlan>, init: Init, seed: &mut Seed, device: &Device) -> Self {
        let layers = plan.iter().map(|layer| layer.init(init, seed, device));
        Self {
            layers: layers.collect(),
            plan,
            half: false,
            packed: false,
        }
    }

    /// Weights from a file checked by [`Self::expected`].
    ///
    /// # Errors
    /// Those of [`Weights::tensor`].
    pub fn load(plan: Vec<LayerPlan>, weights: &Weights, device: &Device) -> Result<Self, Error> {
        let layers = plan.iter().map(|layer| layer.load(weights, device));
        Ok(Self {
            layers: layers.collect::<Result<_, _>>()?,
            plan,
            half: false,
            packed: false,
        })
    }

    /// The tensors of the reference's state dict, in the order of the layers.
    pub fn expected(plan: &[LayerPlan]) -> Vec<Expected> {
        plan.iter().flat_map(LayerPlan::expected).collect()
    }

    /// All numbers by their names in the state dict, flat, in the order of [`Self::expected`]; shapes are there.
    pub fn tensors(&self) -> Vec<(String, Tensor<1>)> {
        let names = Self::expected(&self.plan).into_iter().filter(|e| e.used);
        let values = self.layers.iter().flat_map(Layer::values);
        names.map(|e| e.name).zip(values).collect()
    }

    /// Takes the running statistics of batch norms of another row of the same plan.
    pub fn take_running(&mut self, other: &Self) {
        for (own, other) in self.layers.iter_mut().zip(&other.layers) {
            if let (Some(Norm::Batch(own)), Some(Norm::Batch(other))) = (&mut own.norm, &other.norm)
            {
                own.take_running(other);
            }
        }
    }

    /// The same with the filters of its convolutions packed, see [`Conv2d::packed`]: for inference, without gradients.
    /// Where it can, a convolution applies the norm before it as it reads.
    pub fn packed(mut self) -> Self {
        for layer in &mut self.layers {
            layer.conv = match layer.conv.clone() {
                Conv::Direct(conv) => Conv::Direct(conv.packed(false)),
                Conv::Transposed(conv) => Conv::Transposed(conv.packed()),
                Conv::Upsampled(conv) => Conv::Upsampled(conv.packed()),
            };
        }
        self.packed = true;
        self
    }

    /// [`Self::packed`] in a variant of the kernels. With f16, pictures are given and drawn as such, see
    /// [`Self::as_given`].
    pub fn packed_as(self, variant: Variant) -> Self {
        let own = use_winograd(variant.winograd);
        let mut packed = self.packed();
        use_winograd(own);
        if variant.half {
            for layer in &mut packed.layers {
                layer.conv = match layer.conv.clone() {
                    Conv::Direct(conv) => Conv::Direct(conv.half()),
                    Conv::Transposed(conv) => Conv::Transposed(conv.half()),
                    Conv::Upsampled(conv) => Conv::Upsampled(conv.half()),
                };
            }
            packed.half = true;
        }
        packed
    }

    /// A result of these layers in f32.
    pub fn as_drawn(&self, y: Tensor<4>) -> Tensor<4> {
        match self.half {
            true => y.cast(FloatDType::F32),
            false => y,
        }
    }

    /// A picture stored as these layers take it.
    pub fn as_given(&self, x: Tensor<4>) -> Tensor<4> {
        match self.half {
            true => x.cast(FloatDType::F16),
            false => x,
        }
    }

    /// The same function in inference, with every batch norm folded into its convolution.
    pub fn folded(&self) -> Self {
        let mut plan = self.plan.clone();
        let mut layers = self.layers.clone();
        for (layer, plan) in layers.iter_mut().zip(&mut plan) {
            let Some(Norm::Batch(norm)) = &layer.norm else {
                continue;
            };
            let axis = usize::from(matches!(plan.form, Form::Transposed(_)));
            let (weight, bias) = layer.conv.parts();
            let (weight, bias) = norm.folded(weight, bias, axis);
            (plan.norm, plan.bias) = (None, true);
            let bias = Some(bias.without_autodiff());
            *layer = plan.layer(weight.without_autodiff(), bias, None);
        }
        Self {
            layers,
            plan,
            half: false,
            packed: false,
        }
    }

    /// The same, but each picture is normalised by its own statistics where batch norms would take the running ones.
    pub fn by_picture(mut self) -> Self {
        for (layer, plan) in self.layers.iter_mut().zip(&mut self.plan) {
            if let (Some(Norm::Batch(norm)), Some((kind, _))) = (&layer.norm, &mut plan.norm) {
                let norm = InstanceNorm2d::new(Some([norm.weight.val(), norm.bias.val()]));
                (layer.norm, *kind) = (Some(Norm::Instance(norm)), NormKind::AffineInstance);
            }
        }
        self
    }

    /// One layer after the other.
    pub fn forward(&self, x: Tensor<4>) -> Tensor<4> {
        self.layers
            .iter()
            .fold(x, |x, layer| layer.forward(x, None))
    }

    /// The first `ends` layers, residual blocks (He et al., 2015) of two layers each, and the last `ends` layers. A
    /// block is `x + second(first(x))`, without an activation after the sum.
    pub fn forward_residual(&self, ends: usize, x: Tensor<4>) -> Tensor<4> {
        if self.packed {
            return self.infer_residual(ends, x);
        }
        let (first, rest) = self.layers.split_at(ends);
        let (blocks, last) = rest.split_at(rest.len() - ends);
        let x = first.iter().fold(x, |x, layer| layer.forward(x, None));
        let x = blocks.chunks_exact(2).fold(x, |x, block| {
            let inner = block[0].forward(x.clone(), None);
            block[1].forward(inner, Some(x))
        });
        last.iter().fold(x, |x, layer| layer.forward(x, None))
    }

    fn infer_residual(&self, ends: usize, x: Tensor<4>) -> Tensor<4> {
        let count = self.layers.len();
        let blocks = ends..count - ends;
        let mut given = Given::Picture(x);
        let mut whole = None;
        for (i, layer) in self.layers.iter().enumerate() {
            let first = blocks.contains(&i) && (i - ends) % 2 == 0;
            if first && let Given::Picture(x) = &given {
                whole = Some(x.clone());
            }
            let residual = whole.take_if(|_| blocks.contains(&i) && !first);
            // What a block begins with is also added at its end.
            let begins = blocks.contains(&(i + 1)) && (i + 1 - ends) % 2 == 0;
            let next = self.layers.get(i + 1).filter(|_| !begins);
            let enters = next.is_some_and(|next| next.conv.can_enter());
            given = layer.infer(given, residual, enters);
        }
        match given {
            Given::Picture(x) => x,
            Given::Entry(_) => unreachable!("nothing reads the last"),
        }
    }

    /// One after the other in training: see [`Layer::forward_train`].
    pub fn forward_train(&mut self, x: Tensor<4>) -> Tensor<4> {
        self.layers
            .iter_mut()
            .fold(x, |x, layer| layer.forward_train(x, None))
    }
}
