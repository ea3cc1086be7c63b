//! The convolutions of the generator, each shape once, without the norms that follow them.

use burn::tensor::{Device, Tensor};
use serde::Serialize;

use super::rounds::Case;
use super::{Settings, Times, noise};
use crate::nn::{Conv2d, ConvTranspose2d, Form, LayerPlan};
use crate::ops::{Activation, PadMode, Winograd, use_winograd};

enum Convolution {
    Direct(Conv2d),
    Transposed(ConvTranspose2d),
}

/// A convolution with packed filters and its input.
pub(super) struct Layer {
    name: String,
    input: Tensor<4>,
    convolution: Convolution,
    winograd: bool,
    count: usize,
    flop: f64,
}

/// What a layer took.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LayerFigures {
    /// Kernel, padding, stride and channels.
    pub name: String,
    /// Of the input, `[B, C, H, W]`.
    pub input: [usize; 4],
    /// How many of them the network has.
    pub count: usize,
    /// Whether Winograd's transforms were allowed.
    pub winograd: bool,
    /// Thousand million operations of the convolution by its definition: two for each multiplication, those of a
    /// transposed one counted on its input.
    pub gflop: f64,
    /// Milliseconds.
    pub times: Times,
    /// `gflop` in the median time, per second. Winograd's transforms multiply less often, so with them it can exceed the
    /// peak.
    pub gflops: f64,
    /// `gflops` of the adapter's peak, 0..1.
    pub share: f64,
}

/// Height and width of a layer's output.
pub(super) fn output(plan: &LayerPlan, side: usize) -> usize {
    match plan.form {
        Form::Direct(o) => (side + 2 * o.padding - plan.kernel) / o.stride + 1,
        Form::Transposed(o) => {
            (side - 1) * o.stride + plan.kernel + o.output_padding - 2 * o.padding
        }
        Form::Upsampled(_) => 2 * side,
    }
}

/// Operations of a layer on square pictures of this side, two for each multiplication.
pub(super) fn flop(plan: &LayerPlan, batch: usize, side: usize) -> f64 {
    let [input, out] = plan.channels;
    let places = match plan.form {
        Form::Direct(_) | Form::Upsampled(_) => output(plan, side),
        Form::Transposed(_) => side,
    };
    let each = (input * out * plan.kernel * plan.kernel) as f64;
    2.0 * each * (batch * places * places) as f64
}

/// Layers with the side of their input.
pub(super) fn with_sides(plan: &[LayerPlan], side: usize) -> Vec<(&LayerPlan, usize)> {
    let mut side = side;
    let step = |plan| {
        let input = side;
        side = output(plan, input);
        (plan, input)
    };
    plan.iter().map(step).collect()
}

/// What tells one shape from another.
fn shape(plan: &LayerPlan, side: usize) -> String {
    let ([input, out], k) = (plan.channels, plan.kernel);
    let form = match plan.form {
        Form::Direct(o) => {
            let mode = match o.mode {
                PadMode::Zeros => "",
                PadMode::Reflect => " reflect",
                PadMode::Replicate => " replicate",
            };
            format!("{k}x{k}{mode}, stride {}", o.stride)
        }
        Form::Transposed(o) => format!("{k}x{k} transposed, stride {}", o.stride),
        Form::Upsampled(_) => format!("{k}x{k} up-sampling"),
    };
    format!("{form}, {input} → {out}, {side} px")
}

impl Layer {
    /// Those of the network of these settings; what Winograd's transforms can serve also without them.
    pub fn all(settings: &Settings, device: &Device) -> Vec<Self> {
        let plan = settings.network().plan();
        let mut all: Vec<Self> = Vec::new();
        for (plan, side) in with_sides(&plan, settings.size) {
            let name = shape(plan, side);
            if let Some(same) = all.iter_mut().find(|layer| layer.name == name) {
                same.count += 1;
                continue;
            }
            all.push(Self::new(name, plan, side, settings.batch, true, device));
        }
        let block = plan.iter().position(is_winograds);
        if let Some((plan, side)) = block.map(|at| with_sides(&plan, settings.size)[at]) {
            let name = shape(plan, side);
            let at = all.iter().position(|layer| layer.name == name);
            let mut direct = Self::new(name, plan, side, settings.batch, false, device);
            let at = at.expect("it was added above");
            direct.count = all[at].count;
            all.insert(at + 1, direct);
        }
        all
    }

    fn new(
        name: String,
        plan: &LayerPlan,
        side: usize,
        batch: usize,
        winograd: bool,
        device: &Device,
    ) -> Self {
        let ([input, out], k) = (plan.channels, plan.kernel);
        let scale = 1.0 / ((input * k * k) as f32).sqrt();
        let weight = |dims| noise(dims, 2, device) * scale;
        let bias = Some(noise([out], 3, device));
        // Where a norm follows, it applies the activation.
        let activation = match plan.norm {
            Some(_) => Activation::Linear,
            None => plan.activation,
        };
        let own = use_winograd(match winograd {
            true => Winograd::Four,
            false => Winograd::Never,
        });
        let convolution = match plan.form {
            Form::Direct(mut o) => {
                o.activation = activation;
                let conv = Conv2d::new(weight([out, input, k, k]), bias, o);
                Convolution::Direct(conv.packed(false))
            }
            Form::Transposed(mut o) => {
                o.activation = activation;
                let conv = ConvTranspose2d::new(weight([input, out, k, k]), bias, o);
                Convolution::Transposed(conv.packed())
            }
            Form::Upsampled(_) => unreachable!("CycleGAN's generator has none"),
        };
        use_winograd(own);
        Self {
            name,
            input: noise([batch, input, side, side], 1, device),
            convolution,
            winograd,
            count: 1,
            flop: flop(plan, batch, side),
        }
    }

    pub fn case(&self) -> Case<'_> {
        Case::queued(|| {
            let x = self.input.clone();
            let y = match &self.convolution {
                Convolution::Direct(conv) => conv.forward(x),
                Convolution::Transposed(conv) => conv.forward(x),
            };
            y.flatten(0, 3)
        })
    }

    pub fn figures(&self, times: Times, peak: f64) -> LayerFigures {
        let gflops = self.flop / times.median / 1e6;
        LayerFigures {
            name: self.name.clone(),
            input: self.input.dims(),
            count: self.count,
            winograd: self.winograd,
            gflop: self.flop / 1e9,
            times,
            gflops,
            share: gflops / peak,
        }
    }
}

fn is_winograds(plan: &LayerPlan) -> bool {
    matches!(plan.form, Form::Direct(o) if o.stride == 1) && plan.kernel == 3
}
