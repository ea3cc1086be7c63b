//! The whole state of a run: saved, read back as strictly as weights, continued; its networks, to be used elsewhere and to
//! begin with.

use std::collections::BTreeMap;

use burn::tensor::{Device, Tensor};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{StackganTrainer, encoder_of, networks_of};
use crate::error::Error;
use crate::jobs::state::{Tensors, bad, behind, hexadecimal, named, numbered, random, shaped};
use crate::protocol::StackganConfig;
use crate::weights::{Expected, Weights};

/// Prefixes of the networks' tensors: the encoder, the generators and the discriminators of both stages.
const NETWORKS: [&str; 5] = [
    "encoder.",
    "stage1.generator.",
    "stage2.generator.",
    "stage1.discriminator.",
    "stage2.discriminator.",
];
/// Prefixes of their optimisers' states.
const ADAMS: [&str; 5] = [
    "adam.encoder.",
    "adam.stage1.generator.",
    "adam.stage2.generator.",
    "adam.stage1.discriminator.",
    "adam.stage2.discriminator.",
];
/// How many of the networks draw; the discriminators follow.
const DRAWING: usize = 3;

/// Everything that is not a tensor.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct StackganState {
    /// The settings.
    #[serde(skip)]
    pub config: StackganConfig,
    /// Steps done or skipped.
    pub step: u32,
    /// Steps that each stage did.
    pub learnt: [u32; 3],
    /// Steps that each network has learnt from, in the order of the file.
    pub adams: [u32; 5],
    /// Where the random numbers stand; in hexadecimal, since numbers in JSON end at 2⁵³.
    pub random: String,
}

impl StackganState {
    /// The inverse of [`Self::meta`].
    ///
    /// # Errors
    /// `BadCheckpoint` says what is wrong with it.
    pub fn new(config: &StackganConfig, meta: Value) -> Result<Self, Error> {
        let state: Self = serde_json::from_value(meta).map_err(bad)?;
        Ok(Self {
            config: config.clone(),
            ..state
        })
    }

    /// All but the settings, for a checkpoint.
    ///
    /// # Panics
    /// Never: these are plain data.
    #[must_use]
    pub fn meta(&self) -> Value {
        serde_json::to_value(self).expect("plain data")
    }
}

/// What the networks' files hold, in the order of [`NETWORKS`].
fn expected(config: &StackganConfig) -> [Vec<Expected>; 5] {
    let networks = networks_of(config);
    [
        encoder_of(config).expected(),
        networks.first().expected(),
        networks.second().expected(),
        networks.discriminator(networks.low).expected(),
        networks.discriminator(networks.size).expected(),
    ]
}

impl StackganTrainer {
    /// The whole state; the tensors are still on the GPU.
    pub fn save(&self) -> (StackganState, Vec<(String, Tensor<1>)>) {
        let [first, second] = &self.generator_adams;
        let adams = [
            self.encoder_adam.save(&self.encoder),
            first.save(&self.first),
            second.save(&self.second),
            self.discriminator_adams[0].save(&self.discriminators[0]),
            self.discriminator_adams[1].save(&self.discriminators[1]),
        ];
        let state = StackganState {
            config: self.config.clone(),
            step: self.step,
            learnt: self.learnt,
            adams: [0, 1, 2, 3, 4].map(|i| adams[i].0),
            random: hexadecimal(&self.seed),
        };
        let nets = [
            self.encoder.tensors(),
            self.first.net.tensors(),
            self.second.net.tensors(),
            self.discriminators[0].net.tensors(),
            self.discriminators[1].net.tensors(),
        ];
        let adams = adams.into_iter().map(|(_, states)| numbered(states));
        let parts = NETWORKS.into_iter().zip(nets);
        let parts = parts.chain(ADAMS.into_iter().zip(adams));
        (state, named(parts.collect()).collect())
    }

    /// The networks with the shapes of their tensors, named as in [`Self::save`]; of the generators' weights the running
    /// averages, with running statistics of their own.
    pub fn trained(&self) -> Vec<(String, Tensor<1>, Vec<usize>)> {
        let (first, second) = self.finished();
        let nets = [
            self.encoder.tensors(),
            first.net.tensors(),
            second.net.tensors(),
            self.discriminators[0].net.tensors(),
            self.discriminators[1].net.tensors(),
        ];
        let parts = NETWORKS.iter().zip(nets).zip(expected(&self.config));
        let parts = parts.flat_map(|((prefix, net), shapes)| shaped(prefix, net, shapes));
        parts.collect()
    }

    fn take(
        &mut self,
        parts: &mut dyn FnMut(usize) -> Result<Weights, Error>,
    ) -> Result<(), Error> {
        let (networks, device) = (networks_of(&self.config), &self.device);
        self.encoder = encoder_of(&self.config).load(&parts(0)?, device)?;
        self.first.net = networks.first().load(&parts(1)?, device)?;
        self.second.net = networks.second().load(&parts(2)?, device)?;
        for (i, side) in [networks.low, networks.size].into_iter().enumerate() {
            let plan = networks.discriminator(side);
            self.discriminators[i].net = plan.load(&parts(DRAWING + i)?, device)?;
        }
        Ok(())
    }

    /// Takes the weights of [`Self::trained`] in the place of fresh ones.
    ///
    /// # Errors
    /// Those of [`Weights`] for a file that does not fit the settings.
    pub fn begin_with(&mut self, name: &str, file: &[u8]) -> Result<(), Error> {
        let all = expected(&self.config);
        let all = NETWORKS
            .iter()
            .zip(&all)
            .map(|(prefix, e)| behind(prefix, e));
        let all: Vec<_> = all.flatten().collect();
        let mut weights = Weights::read(name, file, |_| Ok(all))?;
        self.take(&mut |i| Ok(weights.part(NETWORKS[i])))
    }

    /// A run that goes on from a saved state.
    ///
    /// # Errors
    /// `BadSetting` for settings out of range, `BadCheckpoint` for tensors that do not fit them.
    pub fn load(
        state: &StackganState,
        tensors: BTreeMap<String, Vec<f32>>,
        device: &Device,
    ) -> Result<Self, Error> {
        let seed = random(&state.random)?;
        let mut run = Self::new(&state.config, device)?;
        if state.step > run.config.steps() {
            return Err(bad(format!("step {}", state.step)));
        }
        let mut tensors = Tensors::new(tensors, &run.device);
        let all = expected(&run.config);
        run.take(&mut |i| tensors.network(NETWORKS[i], &all[i]))?;
        let ([encoder, of_1, of_2, judge_1, judge_2], t) = (state.adams, &mut tensors);
        t.optimiser(ADAMS[0], &mut run.encoder_adam, &run.encoder, encoder)?;
        t.optimiser(ADAMS[1], &mut run.generator_adams[0], &run.first, of_1)?;
        t.optimiser(ADAMS[2], &mut run.generator_adams[1], &run.second, of_2)?;
        for (i, learnt) in [judge_1, judge_2].into_iter().enumerate() {
            let adam = &mut run.discriminator_adams[i];
            t.optimiser(ADAMS[DRAWING + i], adam, &run.discriminators[i], learnt)?;
        }
        tensors.end()?;
        (run.step, run.learnt, run.seed) = (state.step, state.learnt, seed);
        Ok(run)
    }
}
