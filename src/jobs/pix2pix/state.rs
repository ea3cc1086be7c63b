//! The whole state of a run: saved, read back as strictly as weights, continued.

use std::collections::BTreeMap;

use burn::module::Module;
use burn::tensor::{Device, Tensor};

use super::{Pix2pixTrainer, discriminator_of, generator_of};
use crate::error::Error;
use crate::jobs::state::{RunState, Tensors, behind, hexadecimal, named, numbered, random, shaped};
use crate::protocol::Pix2pixConfig;
use crate::weights::Weights;

/// Prefixes of the tensors.
const GENERATOR: &str = "generator.";
const DISCRIMINATOR: &str = "discriminator.";
const GENERATOR_ADAM: &str = "adam.generator.";
const DISCRIMINATOR_ADAM: &str = "adam.discriminator.";

/// Everything that is not a tensor.
pub type Pix2pixState = RunState<Pix2pixConfig>;

impl Pix2pixTrainer {
    /// The whole state; the tensors are still on the GPU.
    pub fn save(&self) -> (Pix2pixState, Vec<(String, Tensor<1>)>) {
        let (g_learnt, of_g) = self.generator_adam.save(&self.generator);
        let (d_learnt, of_d) = self.discriminator_adam.save(&self.discriminator);
        let state = Pix2pixState {
            config: self.config.clone(),
            step: self.step,
            learnt: [g_learnt, d_learnt],
            random: hexadecimal(&self.seed),
        };
        let tensors = named(vec![
            (GENERATOR, self.generator.tensors()),
            (DISCRIMINATOR, self.discriminator.tensors()),
            (GENERATOR_ADAM, numbered(of_g)),
            (DISCRIMINATOR_ADAM, numbered(of_d)),
        ]);
        (state, tensors.collect())
    }

    /// Both networks with the shapes of their tensors, named as in [`Self::save`]; of the generator's weights the running
    /// average.
    pub fn trained(&self) -> Vec<(String, Tensor<1>, Vec<usize>)> {
        let generator = self.generator_adam.averaged(self.generator.valid());
        let of_g = generator_of(&self.config).expected();
        let of_d = discriminator_of(&self.config).expected();
        shaped(GENERATOR, generator.tensors(), of_g)
            .chain(shaped(DISCRIMINATOR, self.discriminator.tensors(), of_d))
            .collect()
    }

    /// Takes the weights of [`Self::trained`] in the place of fresh ones.
    ///
    /// # Errors
    /// Those of [`Weights`] for a file that does not fit the settings.
    pub fn begin_with(&mut self, name: &str, file: &[u8]) -> Result<(), Error> {
        let (of_g, of_d) = (generator_of(&self.config), discriminator_of(&self.config));
        let expected = [
            behind(GENERATOR, &of_g.expected()),
            behind(DISCRIMINATOR, &of_d.expected()),
        ];
        let mut weights = Weights::read(name, file, |_| Ok(expected.concat()))?;
        self.generator = of_g.load(&weights.part(GENERATOR), &self.device)?;
        self.discriminator = of_d.load(&weights.part(DISCRIMINATOR), &self.device)?;
        Ok(())
    }

    /// A run that goes on from a saved state.
    ///
    /// # Errors
    /// `BadSetting` for settings out of range, `BadCheckpoint` for tensors that do not fit them.
    pub fn load(
        state: &Pix2pixState,
        tensors: BTreeMap<String, Vec<f32>>,
        device: &Device,
    ) -> Result<Self, Error> {
        let seed = random(&state.random)?;
        let mut run = Self::new(&state.config, device)?;
        let mut tensors = Tensors::new(tensors, &run.device);
        let (of_g, of_d) = (generator_of(&run.config), discriminator_of(&run.config));
        let weights = tensors.network(GENERATOR, &of_g.expected())?;
        run.generator = of_g.load(&weights, &run.device)?;
        let weights = tensors.network(DISCRIMINATOR, &of_d.expected())?;
        run.discriminator = of_d.load(&weights, &run.device)?;
        let [of_g, of_d] = state.learnt;
        let (g, d) = (&mut run.generator_adam, &mut run.discriminator_adam);
        tensors.optimiser(GENERATOR_ADAM, g, &run.generator, of_g)?;
        tensors.optimiser(DISCRIMINATOR_ADAM, d, &run.discriminator, of_d)?;
        tensors.end()?;
        (run.step, run.seed) = (state.step, seed);
        Ok(run)
    }
}
