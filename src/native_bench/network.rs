//! The whole generator in inference, as a page would run it.

use burn::module::Module;
use burn::tensor::{Device, Tensor};
use serde::Serialize;

use super::rounds::Case;
use super::{Settings, Times, gflop, noise};
use crate::data::seed::Seed;
use crate::models::ResnetGenerator;

/// The network with packed filters, and its picture.
pub(super) struct Network {
    input: Tensor<4>,
    packed: ResnetGenerator,
    gflop: f64,
    parameters: usize,
    #[cfg(feature = "bench")]
    plain: ResnetGenerator,
}

/// What the network took.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct NetworkFigures {
    /// Weights and biases.
    pub parameters: usize,
    /// Thousand million operations of its convolutions by their definition.
    pub gflop: f64,
    /// Milliseconds of a frame when several are queued and then waited for.
    pub queued: Times,
    /// Milliseconds of one frame that is waited for.
    pub single: Times,
    /// `gflop` in the median time of a queued frame, per second.
    pub gflops: f64,
    /// `gflops` of the adapter's peak.
    pub share: f64,
    /// As `queued`, on Burn's own operations (feature `bench`).
    pub burn: Option<Times>,
}

impl Network {
    pub fn new(settings: &Settings, device: &Device) -> Self {
        let config = settings.network();
        let network = config.init(&mut Seed::new(1), device);
        Self {
            input: noise(
                [settings.batch, config.input, settings.size, settings.size],
                4,
                device,
            ),
            gflop: gflop(settings),
            parameters: network.num_params(),
            #[cfg(feature = "bench")]
            plain: network.clone(),
            packed: network.packed(),
        }
    }

    /// Queued, single, and with feature `bench` on Burn's operations.
    pub fn cases(&self) -> Vec<Case<'_>> {
        let frame = || self.packed.forward(self.input.clone()).flatten(0, 3);
        vec![
            Case::queued(frame),
            Case::single(frame),
            #[cfg(feature = "bench")]
            Case::queued(|| {
                crate::ops::use_burns(true);
                let y = self.plain.forward(self.input.clone()).flatten(0, 3);
                crate::ops::use_burns(false);
                y
            }),
        ]
    }

    pub fn figures(&self, times: &[Times], peak: f64) -> NetworkFigures {
        let gflops = self.gflop / times[0].median * 1e3;
        NetworkFigures {
            parameters: self.parameters,
            gflop: self.gflop,
            queued: times[0],
            single: times[1],
            gflops,
            share: gflops / peak,
            burn: times.get(2).copied(),
        }
    }
}
