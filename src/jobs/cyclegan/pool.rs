//! The replay buffer (Shrivastava et al. 2017, arXiv 1612.07828, 2.3), as the reference's `ImagePool` has it.

use burn::tensor::{Device, Tensor, TensorData};

use crate::data::seed::Seed;

/// Pictures that a generator drew in earlier steps, each `[1, 3, H, W]`, not tracked.
#[derive(Clone, Debug, Default)]
pub struct ReplayBuffer(Vec<Tensor<4>>);

impl ReplayBuffer {
    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// What the discriminator is shown in the place of new pictures `[B, 3, H, W]`. Until there are `size`, each is kept,
    /// and shown; then half of them are shown, and each of the others takes the place of a random one, which is shown.
    /// With a size of 0 all are shown; of more than `size`, the last are forgotten.
    pub fn query(&mut self, pictures: Tensor<4>, size: usize, seed: &mut Seed) -> Tensor<4> {
        self.0.truncate(size);
        if size == 0 {
            return pictures;
        }
        let mut shown = Vec::new();
        for picture in pictures.split(1, 0) {
            if self.0.len() < size {
                self.0.push(picture.clone());
                shown.push(picture);
            } else if seed.uniform() > 0.5 {
                let at = seed.below(size);
                shown.push(std::mem::replace(&mut self.0[at], picture));
            } else {
                shown.push(picture);
            }
        }
        Tensor::cat(shown, 0)
    }

    /// All of them, `[N, 3, H, W]`; none if there are none.
    #[must_use]
    pub fn pictures(&self) -> Option<Tensor<4>> {
        (!self.is_empty()).then(|| Tensor::cat(self.0.clone(), 0))
    }

    /// The inverse of [`Self::pictures`], from flat values of squares of `side` px; none if they do not fit.
    #[must_use]
    pub fn read(values: &[f32], side: usize, device: &Device) -> Option<Self> {
        let one = 3 * side * side;
        let picture = |values: &[f32]| {
            let data = TensorData::new(values.to_vec(), [1, 3, side, side]);
            Tensor::from_data(data, device)
        };
        let fits = values.len().is_multiple_of(one);
        fits.then(|| Self(values.chunks_exact(one).map(picture).collect()))
    }
}
