//! What `gatys` steers towards at one scale: the content's features and the style's Gram matrices.

use std::collections::BTreeMap;

use burn::tensor::{DType, Device, Int, Tensor, TensorData};
use image::RgbaImage;

use super::gatys_config::Scale;
use crate::data::color::match_color;
use crate::data::decode::{fit, resize};
use crate::losses::gatys as losses;
use crate::models::FeatureNetwork;
use crate::ops::{gram, rgba8_unpack, total_variation};
use crate::protocol::{GatysConfig, KeepColors};

/// The pictures of a run.
#[derive(Clone, Debug)]
pub struct GatysInputs {
    /// What to paint.
    pub content: RgbaImage,
    /// How to paint it; at least one.
    pub styles: Vec<RgbaImage>,
    /// What to start from, with `init: "picture"`.
    pub init: Option<RgbaImage>,
}

/// Fixed during one scale.
#[derive(Debug)]
pub struct Targets {
    /// Features of the content layer; none if the picture is too small for it.
    pub content: Option<Tensor<4>>,
    /// Gram matrix per style layer, of all styles blended.
    pub style: BTreeMap<String, Tensor<3>>,
}

/// Uploads a picture: one transfer of four bytes per pixel. `[H, W]`
pub(super) fn upload(picture: &RgbaImage, device: &Device) -> Tensor<2, Int> {
    let (w, h) = picture.dimensions();
    let packed: Vec<i32> = picture
        .as_raw()
        .as_chunks()
        .0
        .iter()
        .map(|p| i32::from_le_bytes(*p))
        .collect();
    let data = TensorData::new(packed, [h as usize, w as usize]);
    Tensor::from_data(data, (device, DType::I32))
}

/// Losses by name, each `[1]`.
pub type Losses = Vec<(String, Tensor<1>)>;

impl Targets {
    /// For a content `[1, 3, H, W]` and the styles of `inputs`.
    pub(super) fn new(
        config: &GatysConfig,
        inputs: &GatysInputs,
        net: &FeatureNetwork,
        (content_layer, style_layers): (&str, &[(String, f32)]),
        scale: &Scale,
        content: Tensor<4>,
    ) -> Self {
        let device = content.device();
        let wanted = [content_layer.to_owned()];
        let mut taps = net.forward(content, &wanted, config.pooling);
        Self {
            content: taps.remove(content_layer),
            style: style_target(config, inputs, net, style_layers, scale, &device),
        }
    }

    /// The losses of a picture `[1, 3, H, W]`, total first, and the gradient of the total.
    ///
    /// `loss = contentWeight content + styleWeight sum_l w_l E_l + tvWeight tv`; the parts are
    /// reported without their weights. A layer for which the picture is too small has no loss.
    pub fn measure(
        &self,
        image: Tensor<4>,
        net: &FeatureNetwork,
        (content_layer, style_layers): (&str, &[(String, f32)]),
        config: &GatysConfig,
    ) -> (Losses, Tensor<4>) {
        let image = Tensor::<4>::from_inner(image).require_grad();
        let layers = joined(content_layer, style_layers);
        let taps = net.forward(image.clone(), &layers, config.pooling);

        let tv = total_variation(image.clone());
        let mut total = tv.clone() * config.tv_weight;
        let mut named = vec![("tv".to_owned(), tv.inner())];
        if let (Some(f), Some(p)) = (taps.get(content_layer), &self.content) {
            let content = losses::content(f.clone(), p.clone(), config.scaling);
            total = total + content.clone() * config.content_weight;
            named.push(("content".into(), content.inner()));
        }
        let mut style: Option<Tensor<1>> = None;
        for (layer, weight) in style_layers {
            let (Some(f), Some(a)) = (taps.get(layer), self.style.get(layer)) else {
                continue;
            };
            let e = losses::style(gram(f.clone()), a.clone(), config.scaling);
            named.push((format!("style.{layer}"), e.clone().inner()));
            let e = e * *weight;
            style = Some(match style {
                Some(sum) => sum + e,
                None => e,
            });
        }
        if let Some(style) = style {
            named.push(("style".into(), style.clone().inner()));
            total = total + style * config.style_weight;
        }
        named.insert(0, ("loss".into(), total.clone().inner()));
        let grads = total.backward();
        let gradient = image.grad(&grads).expect("the picture is a parameter");
        (named, gradient)
    }
}

/// All layers of a run, each once.
pub(super) fn joined(content_layer: &str, style_layers: &[(String, f32)]) -> Vec<String> {
    let mut layers: Vec<String> = style_layers.iter().map(|(name, _)| name.clone()).collect();
    if !layers.iter().any(|layer| layer == content_layer) {
        layers.push(content_layer.to_owned());
    }
    layers
}

/// The blended Gram matrices. Their mean is the one target that has the same gradient as the
/// weighted sum of the losses against each style.
fn style_target(
    config: &GatysConfig,
    inputs: &GatysInputs,
    net: &FeatureNetwork,
    layers: &[(String, f32)],
    scale: &Scale,
    device: &Device,
) -> BTreeMap<String, Tensor<3>> {
    let weight = |i: usize| config.blend.get(i).copied().unwrap_or(1.0);
    let sum: f32 = (0..inputs.styles.len()).map(weight).sum();
    let names: Vec<String> = layers.iter().map(|(name, _)| name.clone()).collect();
    let long = ((scale.size as f32 * config.style_scale).round() as u32).max(1);
    let mut target: BTreeMap<String, Tensor<3>> = BTreeMap::new();
    for (i, style) in inputs.styles.iter().enumerate() {
        // All weights zero means all alike.
        let share = if sum > 0.0 {
            weight(i) / sum
        } else {
            1.0 / inputs.styles.len() as f32
        };
        if share == 0.0 {
            continue;
        }
        let (w, h) = fit(style.width(), style.height(), long);
        let mut picture = resize(style, w, h);
        if config.keep_colors == KeepColors::Histogram {
            picture = match_color(&picture, &inputs.content);
        }
        let image = rgba8_unpack(upload(&picture, device));
        for (name, features) in net.forward(image, &names, config.pooling) {
            let part = gram(features) * share;
            let whole = match target.remove(&name) {
                Some(before) => before + part,
                None => part,
            };
            target.insert(name, whole);
        }
    }
    target
}
