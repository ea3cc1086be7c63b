//! What `gatys` steers towards at one scale: the content's features and the style's Gram matrices.

use std::collections::BTreeMap;

use burn::tensor::{DType, Device, Int, Tensor, TensorData};
use image::RgbaImage;

use super::gatys_config::Scale;
use crate::data::color::match_color;
use crate::data::decode::{fit, resize};
use crate::models::FeatureNetwork;
use crate::ops::{gram, rgba8_unpack};
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
pub(super) struct Targets {
    /// `[H, W]`, packed: its alpha is the result's.
    pub packed: Tensor<2, Int>,
    /// `[1, 3, H, W]`
    pub content_image: Tensor<4>,
    /// Features of the content layer; none if the picture is too small for it.
    pub content: Option<Tensor<4>>,
    /// Gram matrix per style layer, of all styles blended.
    pub style: BTreeMap<String, Tensor<3>>,
}

/// Uploads a picture: one transfer of four bytes per pixel. `[H, W]`
pub(super) fn upload(picture: &RgbaImage, device: &Device) -> Tensor<2, Int> {
    let (w, h) = picture.dimensions();
    let packed: Vec<i32> = picture.as_raw().as_chunks().0.iter().map(|p| i32::from_le_bytes(*p)).collect();
    let data = TensorData::new(packed, [h as usize, w as usize]);
    Tensor::from_data(data, (device, DType::I32))
}

impl Targets {
    pub fn new(
        config: &GatysConfig,
        inputs: &GatysInputs,
        net: &FeatureNetwork,
        (content_layer, style_layers): (&str, &[(String, f32)]),
        scale: &Scale,
        device: &Device,
    ) -> Self {
        let packed = upload(&resize(&inputs.content, scale.width, scale.height), device);
        let content_image = rgba8_unpack(packed.clone());
        let wanted = [content_layer.to_owned()];
        let mut taps = net.forward(content_image.clone(), &wanted, config.pooling);
        Self {
            content: taps.remove(content_layer),
            style: style_target(config, inputs, net, style_layers, scale, device),
            packed,
            content_image,
        }
    }
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
        let share = if sum > 0.0 { weight(i) / sum } else { 1.0 / inputs.styles.len() as f32 };
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
