//! Stylize one picture by optimisation (Gatys, Ecker and Bethge 2015): the pixels are the parameters,
//! `L = alpha L_content + beta sum_l w_l E_l + gamma TV`.
//!
//! Differs from the paper: the picture has a frame of a few pixels around it that is never shown
//! (`gatys_image.rs`).
//!
//! Coarse to fine in steps of sqrt 2. Between scales the picture is the running average of the
//! iterates, resized; Adam's moments are resized with it. L-BFGS starts its history anew at each
//! scale: resized pairs would no longer obey the secant equation.

use std::rc::Rc;

use burn::tensor::{Device, Int, Tensor, TensorData, ops::InterpolateMode};
use image::RgbaImage;
use serde_json::{Value, json};

use super::gatys_config::{
    Scale, check, check_control, cost_of, network_layers, scales, step_flops,
};
use super::gatys_image::{Mover, enlarge, flat, framed, framed_dims, unframed};
use super::gatys_targets::{GatysInputs, Targets, joined, upload};
use super::{Job, Progress, Snapshot, Status, controls};
use crate::data::decode::resize;
use crate::data::seed::Seed;
use crate::error::Error;
use crate::models::{Architecture, FeatureNetwork};
use crate::ops::{rgba8_pack, rgba8_unpack};
use crate::protocol::{GatysConfig, GatysControl, Init, JobConfig, KeepColors, Scaling};

/// Deviation of the noise of `init: "noise"` around middle grey.
const NOISE: f32 = 0.15;

/// A running `gatys`.
pub struct Gatys {
    config: GatysConfig,
    inputs: GatysInputs,
    net: Rc<FeatureNetwork>,
    content_layer: String,
    style_layers: Vec<(String, f32)>,
    device: Device,
    scales: Vec<Scale>,
    /// Work of one step at each scale.
    flops: Vec<f64>,
    scale: usize,
    /// Steps done at this scale, which are also the steps in the running average.
    at: u32,
    /// The content at this scale, `[H, W]` packed: its alpha is the result's.
    packed: Tensor<2, Int>,
    targets: Targets,
    /// `[1, 3, H, W]` and the frame.
    image: Tensor<4>,
    mover: Mover,
    metrics: Vec<(String, Tensor<1>)>,
    /// The picture that the metrics were measured on.
    before: Tensor<4>,
    good: Option<Tensor<4>>,
}

impl Gatys {
    /// Prepares the coarsest scale.
    ///
    /// # Errors
    /// `BadSetting` for a setting out of range.
    ///
    /// # Panics
    /// Without any style: the session refuses that before.
    pub fn new(
        config: GatysConfig,
        inputs: GatysInputs,
        architecture: Architecture,
        net: Rc<FeatureNetwork>,
        device: &Device,
    ) -> Result<Self, Error> {
        assert!(!inputs.styles.is_empty(), "gatys needs a style");
        check(&config)?;
        if config.init == Init::Picture && inputs.init.is_none() {
            return Err(Error::BadSetting {
                name: "init",
                detail: "`picture` needs a picture to start from".into(),
            });
        }
        let (content_layer, style_layers) = network_layers(&config, &architecture)?;
        let (w, h) = inputs.content.dimensions();
        let scales = scales(&config, w, h);
        let layers = joined(&content_layer, &style_layers);
        let flops = scales
            .iter()
            .map(|s| step_flops(&cost_of(s, &architecture, &layers)));
        let flops = flops.collect();
        let layers = (content_layer.as_str(), style_layers.as_slice());
        let packed = content_at(&inputs, &scales[0], device);
        let content = framed(rgba8_unpack(packed.clone()));
        let image = start(&config, &inputs, content.clone(), &scales[0], device);
        let targets = Targets::new(&config, &inputs, &net, layers, &scales[0], content);
        let mover = Mover::new(config.optimizer, &image);
        Ok(Self {
            net,
            content_layer,
            style_layers,
            device: device.clone(),
            flops,
            scale: 0,
            at: 0,
            packed,
            targets,
            before: image.clone(),
            image,
            mover,
            metrics: Vec::new(),
            good: None,
            scales,
            config,
            inputs,
        })
    }

    /// What is shown and kept, without the frame: the running average, corrected for its start at
    /// zero.
    fn shown(&self) -> Tensor<4> {
        let decay = f64::from(self.config.averaging);
        if decay == 0.0 || self.at == 0 {
            return unframed(self.image.clone());
        }
        let average = unframed(self.mover.average(self.image.dims()));
        average / (1.0 - decay.powi(self.at as i32)) as f32
    }

    /// Content and targets of a scale.
    fn prepare(&mut self, scale: &Scale) {
        self.packed = content_at(&self.inputs, scale, &self.device);
        let content = framed(rgba8_unpack(self.packed.clone()));
        let layers = (self.content_layer.as_str(), self.style_layers.as_slice());
        self.targets = Targets::new(
            &self.config,
            &self.inputs,
            &self.net,
            layers,
            scale,
            content,
        );
    }

    fn next_scale(&mut self) {
        let shown = self.shown();
        let old = self.scales[self.scale];
        self.scale += 1;
        let scale = self.scales[self.scale];
        self.prepare(&scale);
        let larger = enlarge(shown, &scale, InterpolateMode::Bicubic).clamp(0.0, 1.0);
        self.image = framed(larger);
        let area = |s: &Scale| f64::from(s.width) * f64::from(s.height);
        let growth = match self.config.scaling {
            // A loss that is a mean over pixels has a gradient per pixel that falls with their
            // number. Differs from style-transfer-pytorch, which leaves the moments as they are.
            Scaling::Relative => (area(&scale) / area(&old)) as f32,
            Scaling::Paper => 1.0,
        };
        self.mover = self.mover.carried(&old, &scale, growth, &self.image);
        self.at = 0;
        self.before = self.image.clone();
        self.good = None;
    }
}

/// `[H, W]`, packed.
fn content_at(inputs: &GatysInputs, scale: &Scale, device: &Device) -> Tensor<2, Int> {
    upload(&resize(&inputs.content, scale.width, scale.height), device)
}

/// The first picture.
fn start(
    config: &GatysConfig,
    inputs: &GatysInputs,
    content: Tensor<4>,
    scale: &Scale,
    device: &Device,
) -> Tensor<4> {
    let picture = |p: &RgbaImage| {
        let picture = upload(&resize(p, scale.width, scale.height), device);
        framed(rgba8_unpack(picture))
    };
    match (config.init, &inputs.init) {
        (Init::Noise, _) => {
            let mut seed = Seed::new(config.seed);
            let dims = content.dims();
            let values = (0..content.shape().num_elements())
                .map(|_| (0.5 + NOISE * seed.normal()).clamp(0.0, 1.0))
                .collect();
            let data = TensorData::new::<f32, _>(values, dims);
            Tensor::from_data(data, device)
        }
        (Init::Picture, Some(init)) => picture(init),
        (Init::Picture, None) | (Init::Content, _) => content,
    }
}

impl Job for Gatys {
    fn step(&mut self) -> Result<Status, Error> {
        if self.at == self.scales[self.scale].steps {
            if self.scale + 1 == self.scales.len() {
                return Ok(Status::Done);
            }
            self.next_scale();
        }
        let layers = (self.content_layer.as_str(), self.style_layers.as_slice());
        let image = self.image.clone();
        let (metrics, grad) = self.targets.measure(image, &self.net, layers, &self.config);
        self.metrics = metrics;
        self.before = self.image.clone();
        let image = self.image.clone();
        let (rate, decay) = (self.config.learning_rate, self.config.averaging);
        self.image = self.mover.step(image, grad, rate, decay);
        self.at += 1;
        let last = self.scale + 1 == self.scales.len();
        Ok(if last && self.at == self.scales[self.scale].steps {
            Status::Done
        } else {
            Status::Running
        })
    }

    fn preview(&self) -> Tensor<2, Int> {
        let mut shown = self.shown();
        if self.config.keep_colors == KeepColors::Luminance {
            // In YIQ, adding to Y adds the same to R, G and B.
            let content = rgba8_unpack(self.packed.clone());
            shown = content.clone() + luminance(shown) - luminance(content);
        }
        rgba8_pack(shown, self.packed.clone())
    }

    fn metrics(&self) -> Vec<(String, Tensor<1>)> {
        self.metrics.clone()
    }

    fn progress(&self) -> Progress {
        let done: u32 = self.scales[..self.scale].iter().map(|s| s.steps).sum();
        let work = |steps: u32, i: usize| f64::from(steps) * self.flops[i];
        let earlier: f64 = (0..self.scale).map(|i| work(self.scales[i].steps, i)).sum();
        let scale = self.scales[self.scale];
        Progress {
            step: done + self.at,
            of: self.config.steps,
            done: earlier + work(self.at, self.scale),
            total: (0..self.scales.len())
                .map(|i| work(self.scales[i].steps, i))
                .sum(),
            width: scale.width,
            height: scale.height,
        }
    }

    fn tune(&mut self, control: &Value) -> Result<(), Error> {
        let control: GatysControl = controls(control)?;
        check_control(&control)?;
        let c = &mut self.config;
        let before = (c.content_weight, c.style_weight, c.tv_weight);
        c.apply(&control);
        if before != (c.content_weight, c.style_weight, c.tv_weight) {
            self.mover.forget();
        }
        Ok(())
    }

    fn keep(&mut self) {
        self.good = Some(self.before.clone());
    }

    fn restore(&mut self) {
        if let Some(good) = &self.good {
            self.image = good.clone();
            self.at = 0;
        }
    }

    fn save(&self) -> Snapshot {
        let mut tensors = vec![("image".to_owned(), flat(&self.image))];
        tensors.extend(self.mover.tensors());
        Snapshot {
            config: JobConfig::Gatys(self.config.clone()),
            meta: json!({ "scale": self.scale, "at": self.at, "time": self.mover.time() }),
            tensors,
        }
    }
}

impl Gatys {
    /// Puts a fresh job, made from the same settings and pictures, where [`Job::save`] stood.
    /// `take` gives a tensor by name.
    ///
    /// # Errors
    /// `BadCheckpoint` if something is missing or has the wrong size.
    pub fn load(
        &mut self,
        meta: &Value,
        mut take: impl FnMut(&str) -> Option<Tensor<1>>,
    ) -> Result<(), Error> {
        let bad = |what: &str| Error::BadCheckpoint(format!("{what} is missing or does not fit"));
        let number = |key: &str| meta[key].as_u64().and_then(|n| u32::try_from(n).ok());
        let scale = number("scale").ok_or_else(|| bad("scale"))? as usize;
        let at = number("at").ok_or_else(|| bad("at"))?;
        let time = number("time").ok_or_else(|| bad("time"))?;
        let place = *self.scales.get(scale).ok_or_else(|| bad("scale"))?;
        if at > place.steps {
            return Err(bad("at"));
        }
        let dims = framed_dims(&place);
        let n: usize = dims.iter().product();
        let image = take("image").filter(|t| t.dims() == [n]);
        let image = image.ok_or_else(|| bad("image"))?.reshape(dims);
        let mover = Mover::restore(self.config.optimizer, dims, time, take).map_err(bad)?;
        if scale != self.scale {
            self.prepare(&place);
        }
        (self.scale, self.at, self.mover) = (scale, at, mover);
        self.before = image.clone();
        self.image = image;
        Ok(())
    }
}

/// `Y = 0.299 R + 0.587 G + 0.114 B` of `[1, 3, H, W]`, as `[1, 1, H, W]`.
pub(super) fn luminance(x: Tensor<4>) -> Tensor<4> {
    let weights = Tensor::<1>::from_floats([0.299, 0.587, 0.114], &x.device());
    (x * weights.reshape([1, 3, 1, 1])).sum_dim(1)
}
