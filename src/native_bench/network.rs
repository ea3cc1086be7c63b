//! The whole generator in inference, as a page would run it.

use burn::module::Module;
use burn::tensor::{Device, Tensor};
use serde::Serialize;

use super::rounds::Case;
use super::{Settings, Times, gflop, noise};
use crate::data::seed::Seed;
use crate::models::ResnetGenerator;
use crate::ops::{Variant, Winograd, knows_half};

const HALF: Variant = Variant {
    half: true,
    winograd: Winograd::Two,
};

/// The network with packed filters, and its picture.
pub(super) struct Network {
    input: Tensor<4>,
    packed: ResnetGenerator,
    /// Stored as f16, where the adapter can.
    half: Option<ResnetGenerator>,
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
    /// As `queued`, with pictures and filters stored as f16 and Winograd's F(2x2), where the adapter can.
    pub half: Option<Times>,
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
            half: knows_half(device).then(|| network.clone().packed_as(HALF)),
            packed: network.packed(),
        }
    }

    /// Queued, single, as f16 if the adapter can, and with feature `bench` on Burn's operations.
    pub fn cases(&self) -> Vec<Case<'_>> {
        let frame = || self.packed.forward(self.input.clone()).flatten(0, 3);
        let mut all = vec![Case::queued(frame), Case::single(frame)];
        if let Some(half) = &self.half {
            let frame = || half.forward(self.input.clone()).flatten(0, 3);
            all.push(Case::queued(frame));
        }
        #[cfg(feature = "bench")]
        all.push(Case::queued(|| {
            crate::ops::use_burns(true);
            let y = self.plain.forward(self.input.clone()).flatten(0, 3);
            crate::ops::use_burns(false);
            y
        }));
        all
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
            half: self.half.as_ref().map(|_| times[2]),
            burn: times.get(2 + usize::from(self.half.is_some())).copied(),
        }
    }
}
