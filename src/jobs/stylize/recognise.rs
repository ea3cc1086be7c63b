//! What generators of pictures a file holds, told by the names and shapes of its tensors alone: those of
//! pytorch-CycleGAN-and-pix2pix, `resnet_Nblocks` and `unet_N`, PyTorch's example `fast_neural_style`, and what Easel
//! exports.
//!
//! A file does not say everything. Batch norms take the statistics of the picture, as the reference's `test.py` has it, but
//! where Easel noted that it trained in batches the running ones. Of a U-Net dropout stays on, as there; differs from
//! there: of a residual generator it is off.

use serde_json::Value;

use crate::models::{JohnsonConfig, ResnetGeneratorConfig, UnetConfig};
use crate::nn::{Form, LayerPlan, NormKind};
use crate::ops::PadMode;
use crate::weights::{Header, NOTE};

/// A network that is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Network {
    /// See [`ResnetGeneratorConfig`].
    Resnet(ResnetGeneratorConfig),
    /// See [`UnetConfig`].
    Unet(UnetConfig),
    /// See [`JohnsonConfig`].
    Johnson(JohnsonConfig),
}

/// A generator in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Resnet,
    Unet,
    Johnson,
}

/// What each is known by: its first convolution, and the side of that one's kernel.
const FIRST: [(Kind, &str, usize); 3] = [
    (Kind::Resnet, "model.1.weight", 7),
    (Kind::Unet, "model.model.0.weight", 4),
    (Kind::Johnson, "conv1.conv2d.weight", 9),
];
/// What stands before names and says nothing.
const WRAPPED: [&str; 4] = ["module.", "_orig_mod.", "state_dict.", "model_state_dict."];
/// The reference's, of a U-Net whose dropout is on.
const DROPOUT: f32 = 0.5;
/// The most channels and blocks.
const MOST: usize = 1024;

/// What a file holds.
pub(super) struct Recognised {
    /// See [`super::PictureGenerator::name`].
    pub name: String,
    kind: Kind,
    before: String,
}

/// A generator's layers.
pub(super) struct Plan {
    pub name: String,
    pub network: Network,
    /// What stands before its names.
    pub before: String,
    pub layers: Vec<LayerPlan>,
    /// Whether batch norms take the statistics of the picture.
    pub by_picture: bool,
    /// Share of values that dropout sets to 0.
    pub dropout: f32,
}

/// The generators of a file, in the order of their names.
///
/// # Errors
/// If there is none that is known.
pub(super) fn recognise(header: &Header) -> Result<Vec<Recognised>, String> {
    let mut found = Vec::new();
    for (name, shape) in header.tensors() {
        for (kind, first, kernel) in FIRST {
            let Some(before) = name.strip_suffix(first) else {
                continue;
            };
            let fits = shape.len() == 4 && shape[2..] == [kernel, kernel];
            if fits && (before.is_empty() || before.ends_with('.')) {
                found.push(Recognised {
                    name: spoken(before),
                    kind,
                    before: before.into(),
                });
            }
        }
    }
    if found.is_empty() {
        return Err("there is no generator of pictures in it: neither resnet_6blocks, resnet_9blocks or unet of \
                    pytorch-CycleGAN-and-pix2pix nor fast_neural_style of PyTorch's examples"
            .into());
    }
    Ok(found)
}

/// `module.G_A.` -> `G_A`
fn spoken(before: &str) -> String {
    let mut rest = before.to_owned();
    for part in WRAPPED {
        rest = rest.replace(part, "");
    }
    rest.trim_end_matches('.').to_owned()
}

impl Recognised {
    /// Its layers.
    ///
    /// # Errors
    /// What is not known of it.
    pub fn plan(self, header: &Header) -> Result<Plan, String> {
        let names = Names {
            header,
            before: &self.before,
        };
        let (network, layers) = match self.kind {
            Kind::Resnet => names.resnet()?,
            Kind::Unet => names.unet()?,
            Kind::Johnson => names.johnson()?,
        };
        let note = header
            .note(NOTE)
            .and_then(|note| serde_json::from_str(note).ok());
        let noted = |name: &str| note.as_ref().and_then(|note: &Value| note[name].as_f64());
        Ok(Plan {
            name: self.name,
            network,
            layers,
            by_picture: noted("batch").is_none_or(|batch| batch <= 1.0),
            dropout: noted("dropout").map_or(DROPOUT, |share| share.clamp(0.0, 0.9) as f32),
            before: self.before,
        })
    }
}

/// The tensors of one generator.
struct Names<'a> {
    header: &'a Header,
    before: &'a str,
}

impl Names<'_> {
    fn shape(&self, name: &str) -> Option<&[usize]> {
        self.header.shape(&format!("{}{name}", self.before))
    }

    fn has(&self, name: &str) -> bool {
        self.shape(name).is_some()
    }

    /// Outputs and inputs of a convolution.
    fn channels(&self, name: &str) -> Result<[usize; 2], String> {
        match self.shape(name) {
            Some([o, i, ..]) if (1..=MOST).contains(o) && (1..=MOST).contains(i) => Ok([*o, *i]),
            Some(shape) => Err(format!(
                "{name} of shape {shape:?} is no layer of a generator"
            )),
            None => Err(format!("the tensor {}{name} is missing", self.before)),
        }
    }

    /// The same of the last layer, whose weight is `[in, out]` if it is transposed, and of the first: RGB or grey.
    fn pictures(&self, first: &str, last: &str, transposed: bool) -> Result<[usize; 3], String> {
        let [width, input] = self.channels(first)?;
        let [a, b] = self.channels(last)?;
        let output = if transposed { b } else { a };
        if ![1, 3].contains(&input) || ![1, 3].contains(&output) {
            return Err(format!(
                "it turns {input} channels into {output}; pictures have 3, or 1 in grey"
            ));
        }
        Ok([width, input, output])
    }

    /// How often numbers follow each other in `model.N.rest`, to the largest that there is.
    fn counted(&self, start: &str, first: usize, rest: &str) -> usize {
        let all = self.header.tensors();
        let mine = all.keys().filter_map(|name| name.strip_prefix(self.before));
        let number = |name: &str| {
            let (number, after) = name.strip_prefix(start)?.split_once('.')?;
            let number: usize = number.parse().ok()?;
            (after.starts_with(rest) && (first..first + MOST).contains(&number)).then_some(number)
        };
        mine.filter_map(number)
            .max()
            .map_or(0, |last| last + 1 - first)
    }

    /// The same layers with the norms and biases that the file has.
    fn normed(&self, layers: &mut [LayerPlan], norm: &str, bias: &str) {
        let kind = match (
            self.has(&format!("{norm}.weight")),
            self.has(&format!("{norm}.running_mean")),
        ) {
            (false, _) => NormKind::Instance,
            (true, false) => NormKind::AffineInstance,
            (true, true) => NormKind::Batch,
        };
        let biased = self.has(bias);
        for layer in layers {
            if let Some((of, _)) = &mut layer.norm {
                *of = kind;
                layer.bias = biased;
            }
        }
    }

    fn resnet(&self) -> Result<(Network, Vec<LayerPlan>), String> {
        let blocks = self.counted("model.", 10, "conv_block");
        let last = format!("model.{}.weight", 17 + blocks);
        let [width, input, output] = self.pictures("model.1.weight", &last, false)?;
        // A convolution has its outputs first, a transposed one its inputs.
        let up = self.shape(&format!("model.{}.weight", 10 + blocks));
        let config = ResnetGeneratorConfig {
            input,
            output,
            width,
            blocks,
            upsample: up.is_some_and(|shape| shape.first() == Some(&(2 * width))),
        };
        // Mirroring and dropout are steps of their own in a block, so they move what follows.
        let conv = |index: usize| {
            let name = format!("model.10.conv_block.{index}.weight");
            self.shape(&name).is_some_and(|shape| shape.len() == 4)
        };
        let zeros = conv(0);
        let (first, second) = if zeros { (0, 3) } else { (1, 5) };
        let second = second + usize::from(conv(second + 1));
        let mut layers = config.plan();
        for layer in &mut layers {
            let Some((block, index)) = layer.name.split_once(".conv_block.") else {
                continue;
            };
            let index = if index == "1" { first } else { second };
            if zeros && let Form::Direct(options) = &mut layer.form {
                options.mode = PadMode::Zeros;
            }
            layer.name = format!("{block}.conv_block.{index}");
            let (norm, activation) = (layer.norm.as_ref().map(|(kind, _)| *kind), layer.activation);
            *layer = layer.clone().followed_by(norm, activation);
        }
        self.normed(&mut layers, "model.2", "model.1.bias");
        Ok((Network::Resnet(config), layers))
    }

    fn unet(&self) -> Result<(Network, Vec<LayerPlan>), String> {
        let [width, input, output] =
            self.pictures("model.model.0.weight", "model.model.3.weight", true)?;
        // Each level is nested in the one outside of it; the innermost has the last convolution down.
        let (mut levels, mut name) = (1, "model.model.1.model".to_owned());
        while self.has(&format!("{name}.1.weight")) && levels < 12 {
            levels += 1;
            name.push_str(".3.model");
        }
        if levels < 5 {
            return Err(format!("a U-Net of {levels} levels; there are at least 5"));
        }
        let config = UnetConfig {
            input,
            output,
            width,
            levels,
        };
        let mut layers = config.plan();
        self.normed(&mut layers, "model.model.1.model.2", "model.model.0.bias");
        let biased = self.has("model.model.0.bias");
        let last = layers.len() - 1;
        for layer in &mut layers[..last] {
            layer.bias = biased;
        }
        Ok((Network::Unet(config), layers))
    }

    fn johnson(&self) -> Result<(Network, Vec<LayerPlan>), String> {
        let [width, input, output] =
            self.pictures("conv1.conv2d.weight", "deconv3.conv2d.weight", false)?;
        if [input, output] != [3, 3] {
            return Err(format!(
                "it turns {input} channels into {output}; fast_neural_style has 3"
            ));
        }
        let blocks = self.counted("res", 1, "");
        let config = JohnsonConfig { width, blocks };
        Ok((Network::Johnson(config), config.plan()))
    }
}
