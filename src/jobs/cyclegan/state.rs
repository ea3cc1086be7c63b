//! The whole state of a run: saved, read back as strictly as weights, continued; its networks, to be used elsewhere and to
//! begin with.

use std::collections::BTreeMap;

use burn::tensor::{Device, Tensor};

use super::{CycleganTrainer, ReplayBuffer, discriminator_of, generator_of};
use crate::error::Error;
use crate::jobs::state::{
    RunState, Tensors, bad, behind, hexadecimal, named, numbered, random, shaped,
};
use crate::protocol::CycleganConfig;
use crate::weights::{Expected, Weights};

/// Prefixes of the networks' tensors, named as the reference names its files.
const GENERATORS: [&str; 2] = ["G_A.", "G_B."];
const DISCRIMINATORS: [&str; 2] = ["D_A.", "D_B."];
/// Prefixes of the optimisers' states, and names of the replay buffers.
const GENERATOR_ADAM: &str = "adam.G.";
const DISCRIMINATOR_ADAM: &str = "adam.D.";
const POOLS: [&str; 2] = ["pool.B", "pool.A"];

/// Everything that is not a tensor.
pub type CycleganState = RunState<CycleganConfig>;

/// The tensors of a file of all four networks.
fn expected(config: &CycleganConfig) -> Vec<Expected> {
    let of_g = GENERATORS.map(|prefix| behind(prefix, &generator_of(config).expected()));
    let of_d = DISCRIMINATORS.map(|prefix| behind(prefix, &discriminator_of(config).expected()));
    [of_g.concat(), of_d.concat()].concat()
}

impl CycleganTrainer {
    /// The whole state; the tensors are still on the GPU.
    pub fn save(&self) -> (CycleganState, Vec<(String, Tensor<1>)>) {
        let (g_learnt, of_g) = self.generator_adam.save(&self.generators);
        let (d_learnt, of_d) = self.discriminator_adam.save(&self.discriminators);
        let state = CycleganState {
            config: self.config.clone(),
            step: self.step,
            learnt: [g_learnt, d_learnt],
            random: hexadecimal(&self.seed),
        };
        let mut parts = vec![
            (GENERATOR_ADAM, numbered(of_g)),
            (DISCRIMINATOR_ADAM, numbered(of_d)),
        ];
        for i in 0..2 {
            parts.push((GENERATORS[i], self.generators[i].tensors()));
            parts.push((DISCRIMINATORS[i], self.discriminators[i].tensors()));
            if let Some(pictures) = self.pools[i].pictures() {
                parts.push((POOLS[i], vec![(String::new(), pictures.flatten(0, 3))]));
            }
        }
        (state, named(parts).collect())
    }

    /// All four networks with the shapes of their tensors, named as in [`Self::save`]; of the generators' weights the
    /// running average.
    pub fn trained(&self) -> Vec<(String, Tensor<1>, Vec<usize>)> {
        let generators = self.averaged();
        let mut all = Vec::new();
        for (prefix, net) in GENERATORS.iter().zip(&generators) {
            let expected = generator_of(&self.config).expected();
            all.extend(shaped(prefix, net.tensors(), expected));
        }
        for (prefix, net) in DISCRIMINATORS.iter().zip(&self.discriminators) {
            let expected = discriminator_of(&self.config).expected();
            all.extend(shaped(prefix, net.tensors(), expected));
        }
        all
    }

    /// Takes the weights of [`Self::trained`] in the place of fresh ones.
    ///
    /// # Errors
    /// Those of [`Weights`] for a file that does not fit the settings.
    pub fn begin_with(&mut self, name: &str, file: &[u8]) -> Result<(), Error> {
        let mut weights = Weights::read(name, file, |_| Ok(expected(&self.config)))?;
        self.take_generators(&mut weights)?;
        for i in 0..2 {
            let part = weights.part(DISCRIMINATORS[i]);
            self.discriminators[i] = discriminator_of(&self.config).load(&part, &self.device)?;
        }
        Ok(())
    }

    /// The same with the generators alone: the discriminators are fresh, and those of the file may be others.
    ///
    /// # Errors
    /// As [`Self::begin_with`].
    pub fn begin_with_generators(&mut self, name: &str, file: &[u8]) -> Result<(), Error> {
        let mut weights = Weights::read(name, file, |header| {
            let of_g = generator_of(&self.config).expected();
            let mut all = GENERATORS.map(|prefix| behind(prefix, &of_g)).concat();
            let others = header.tensors().into_iter();
            let others = others.filter(|(name, _)| name.starts_with("D_"));
            all.extend(others.map(|(name, shape)| Expected {
                name,
                shape,
                used: false,
            }));
            Ok(all)
        })?;
        self.take_generators(&mut weights)
    }

    fn take_generators(&mut self, weights: &mut Weights) -> Result<(), Error> {
        for i in 0..2 {
            let part = weights.part(GENERATORS[i]);
            self.generators[i] = generator_of(&self.config).load(&part, &self.device)?;
        }
        Ok(())
    }

    /// A run that goes on from a saved state.
    ///
    /// # Errors
    /// `BadSetting` for settings out of range, `BadCheckpoint` for tensors that do not fit them.
    pub fn load(
        state: &CycleganState,
        tensors: BTreeMap<String, Vec<f32>>,
        device: &Device,
    ) -> Result<Self, Error> {
        let seed = random(&state.random)?;
        let mut run = Self::new(&state.config, device)?;
        let mut tensors = Tensors::new(tensors, &run.device);
        let (of_g, of_d) = (generator_of(&run.config), discriminator_of(&run.config));
        let side = run.config.size as usize;
        let inner = run.device.clone().inner();
        for i in 0..2 {
            let weights = tensors.network(GENERATORS[i], &of_g.expected())?;
            run.generators[i] = of_g.load(&weights, &run.device)?;
            let weights = tensors.network(DISCRIMINATORS[i], &of_d.expected())?;
            run.discriminators[i] = of_d.load(&weights, &run.device)?;
            let values = tensors.take(POOLS[i]).unwrap_or_default();
            let pool = ReplayBuffer::read(&values, side, &inner);
            run.pools[i] = pool.ok_or_else(|| bad("the replay buffers do not fit"))?;
        }
        let [of_g, of_d] = state.learnt;
        let (g, d) = (&mut run.generator_adam, &mut run.discriminator_adam);
        tensors.optimiser(GENERATOR_ADAM, g, &run.generators, of_g)?;
        tensors.optimiser(DISCRIMINATOR_ADAM, d, &run.discriminators, of_d)?;
        tensors.end()?;
        (run.step, run.seed) = (state.step, seed);
        Ok(run)
    }
}
