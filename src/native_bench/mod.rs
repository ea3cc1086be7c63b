//! The bench of the native command: each layer of CycleGAN's generator against what the adapter can do at most, the whole
//! network as a page would run it, and the same network in PyTorch. Native only.

mod adapter;
mod layers;
mod network;
mod peak;
mod report;
mod rounds;
mod torch;

use burn::tensor::{Device, Tensor, TensorData};
use serde::Serialize;

pub use adapter::{AdapterFigures, LimitFigures, start};
pub use layers::LayerFigures;
pub use network::NetworkFigures;
pub use peak::PeakFigures;
pub use report::Report;
pub use rounds::Times;
pub use torch::{Torch, TorchDevice, TorchFigures, TorchRow, TorchTimes, torch};

use crate::data::seed::Seed;
use crate::error::Error;
use crate::models::ResnetGeneratorConfig;
use crate::ops::{Adapter, use_adapter};
use layers::Layer;
use network::Network;
use peak::Peak;

/// What is measured, and how often.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Settings {
    /// Side of the square picture in pixels, a multiple of 4 from 8 on.
    pub size: usize,
    /// Channels at full size.
    pub width: usize,
    /// Residual blocks.
    pub blocks: usize,
    /// Pictures at a time.
    pub batch: usize,
    /// Rounds in which the cases take turns.
    pub rounds: usize,
    /// Leave the whole network out.
    pub layers_only: bool,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            size: 256,
            width: 64,
            blocks: 9,
            batch: 1,
            rounds: 5,
            layers_only: false,
        }
    }
}

impl Settings {
    fn check(&self) -> Result<(), Error> {
        if self.size < 8 || !self.size.is_multiple_of(4) {
            return Err(Error::BadSetting {
                name: "size",
                detail: format!("{} is no multiple of 4 from 8 on", self.size),
            });
        }
        let counts = [
            ("width", self.width),
            ("batch", self.batch),
            ("rounds", self.rounds),
        ];
        match counts.into_iter().find(|(_, count)| *count == 0) {
            Some((name, _)) => Err(Error::BadSetting {
                name,
                detail: "0 is too few".into(),
            }),
            None => Ok(()),
        }
    }

    fn network(&self) -> ResnetGeneratorConfig {
        ResnetGeneratorConfig {
            width: self.width,
            blocks: self.blocks,
            ..ResnetGeneratorConfig::default()
        }
    }
}

/// What was measured on this device.
#[derive(Clone, Debug, Serialize)]
pub struct Figures {
    /// What the adapter can do at most.
    pub peak: PeakFigures,
    /// The network's layers, each once.
    pub layers: Vec<LayerFigures>,
    /// The network, unless only the layers were asked for.
    pub network: Option<NetworkFigures>,
}

/// Runs the bench on a device that is such an adapter.
///
/// # Errors
/// `BadSetting` for a setting out of its range, `DeviceLost` if the GPU does not answer, `Unexpected` if the peak's
/// kernel computes something else.
pub fn measure(settings: &Settings, adapter: Adapter, device: &Device) -> Result<Figures, Error> {
    settings.check()?;
    use_adapter(adapter);
    let peak = Peak::new(adapter, device)?;
    let layers = Layer::all(settings, device);
    let network = (!settings.layers_only).then(|| Network::new(settings, device));
    let mut cases = peak.cases();
    let mut add = |more: Vec<_>| {
        let first = cases.len();
        cases.extend(more);
        first..cases.len()
    };
    let of_layers = add(layers.iter().map(Layer::case).collect());
    let of_network = add(network.as_ref().map(Network::cases).unwrap_or_default());
    let times = rounds::run(&mut cases, settings.rounds)?;
    let peak = peak.figures(&times);
    Ok(Figures {
        peak,
        layers: layers
            .iter()
            .zip(&times[of_layers])
            .map(|(layer, times)| layer.figures(*times, peak.gflops))
            .collect(),
        network: network
            .as_ref()
            .map(|network| network.figures(&times[of_network], peak.gflops)),
    })
}

/// Thousand million operations of the network's convolutions by their definition: two for each multiplication, those of
/// the transposed ones counted on their inputs.
pub fn gflop(settings: &Settings) -> f64 {
    let plan = settings.network().plan();
    let layers = layers::with_sides(&plan, settings.size).into_iter();
    let each = layers.map(|(plan, side)| layers::flop(plan, settings.batch, side));
    each.sum::<f64>() / 1e9
}

/// Normal numbers drawn on the CPU, so that a seed gives the same on every device.
fn noise<const D: usize>(dims: [usize; D], seed: u32, device: &Device) -> Tensor<D> {
    let mut seed = Seed::new(seed);
    let values: Vec<f32> = (0..dims.iter().product()).map(|_| seed.normal()).collect();
    Tensor::from_data(TensorData::new(values, dims), device)
}
