//! The first five convolutions of Darknet Reference (Redmon, public domain), a teacher: 3x3
//! convolutions with batch norm and leaky ReLU, a 2x2 max pooling after each. Input RGB in 0..1.

use burn::tensor::{
    Device, Tensor,
    activation::leaky_relu,
    module::{conv2d, max_pool2d},
    ops::{ConvOptions, MaxPoolOptions},
};

use crate::error::Error;
use crate::weights::{Expected, Weights};

const CHANNELS: [usize; 6] = [3, 16, 32, 64, 128, 256];
/// The reference code's epsilon in batch norm, and its slope.
const EPSILON: f32 = 1e-3;
const SLOPE: f64 = 0.1;

/// Convolutions with the batch norm folded in.
#[derive(Debug)]
pub struct Darknet {
    convs: Vec<(Tensor<4>, Tensor<1>)>,
}

impl Darknet {
    /// Reads the teacher's file.
    ///
    /// # Errors
    /// Those of [`Weights::read`].
    pub fn load(name: &str, bytes: &[u8], device: &Device) -> Result<Self, Error> {
        let weights = Weights::read(name, bytes, |_| {
            let tensor = |name: String, shape: Vec<usize>| Expected {
                name,
                shape,
                used: true,
            };
            let mut all = Vec::new();
            for (i, &c) in CHANNELS.iter().enumerate().skip(1) {
                all.push(tensor(
                    format!("conv{i}.weight"),
                    vec![c, CHANNELS[i - 1], 3, 3],
                ));
                for part in ["weight", "bias", "running_mean", "running_var"] {
                    all.push(tensor(format!("bn{i}.{part}"), vec![c]));
                }
            }
            Ok(all)
        })?;
        let mut convs = Vec::new();
        for (i, &c) in CHANNELS.iter().enumerate().skip(1) {
            let part = |part: &str| weights.tensor::<1>(&format!("bn{i}.{part}"), device);
            let scale = part("weight")? / (part("running_var")? + EPSILON).sqrt();
            let bias = part("bias")? - part("running_mean")? * scale.clone();
            let weight: Tensor<4> = weights.tensor(&format!("conv{i}.weight"), device)?;
            convs.push((weight * scale.reshape([c, 1, 1, 1]), bias));
        }
        Ok(Self { convs })
    }

    /// The five activations before each pooling, `[B, C, H / 2^i, W / 2^i]`.
    pub fn forward(&self, image: Tensor<4>) -> Vec<Tensor<4>> {
        let (mut x, mut taps) = (image, Vec::new());
        for (weight, bias) in &self.convs {
            if !taps.is_empty() {
                x = max_pool2d(x, MaxPoolOptions::new([2, 2]));
            }
            let options = ConvOptions::new([1; 2], [1; 2], [1; 2], 1);
            x = leaky_relu(
                conv2d(x, weight.clone(), Some(bias.clone()), options),
                SLOPE,
            );
            taps.push(x.clone());
        }
        taps
    }
}
