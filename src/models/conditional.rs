//! How networks are told a label (Mirza and Osindero 2014, arXiv 1411.1784): by an embedding, a learnt row of numbers for
//! each class, with PyTorch-GAN's names `label_emb` in the generator and `label_embedding` in the discriminator.

use burn::module::{Module, Param};
use burn::tensor::{Device, Tensor, TensorData};

use crate::data::seed::Seed;
use crate::error::Error;
use crate::ops::matmul;
use crate::protocol::{NoiseLabel, PictureLabel};
use crate::weights::{Expected, Weights};

/// Labels below `classes` -> `[B, classes]`, 1 at the label and 0 elsewhere.
///
/// # Panics
/// If a label is not below `classes`.
pub fn one_hot(labels: &[u8], classes: usize, device: &Device) -> Tensor<2> {
    let mut values = vec![0.0_f32; labels.len() * classes];
    for (row, label) in labels.iter().enumerate() {
        let label = usize::from(*label);
        assert!(label < classes, "label {label} of {classes} classes");
        values[row * classes + label] = 1.0;
    }
    Tensor::from_data(TensorData::new(values, [labels.len(), classes]), device)
}

/// The embeddings are drawn from `N(0, 1)`, as PyTorch draws them.
fn draw(dims: [usize; 2], seed: &mut Seed, device: &Device) -> Param<Tensor<2>> {
    let mut own = seed.split();
    let values: Vec<f32> = (0..dims[0] * dims[1]).map(|_| own.normal()).collect();
    Param::from_tensor(Tensor::from_data(TensorData::new(values, dims), device))
}

fn expected(name: &str, dims: [usize; 2]) -> Expected {
    Expected {
        name: name.into(),
        shape: dims.to_vec(),
        used: true,
    }
}

/// Noise and label become what the generator is given.
#[derive(Module, Debug)]
pub struct LabelledNoise {
    /// `[classes, numbers]`
    embedding: Param<Tensor<2>>,
    #[module(skip)]
    form: NoiseLabel,
}

impl LabelledNoise {
    const NAME: &str = "label_emb.weight";

    /// Length of an embedding.
    fn numbers(form: NoiseLabel, classes: usize, latent: usize) -> usize {
        match form {
            NoiseLabel::Multiplied => latent,
            NoiseLabel::Concatenated => classes,
        }
    }

    /// How many numbers the generator is then given.
    pub fn latent(form: NoiseLabel, classes: usize, latent: usize) -> usize {
        match form {
            NoiseLabel::Multiplied => latent,
            NoiseLabel::Concatenated => latent + classes,
        }
    }

    /// The tensor of the generator's file.
    pub fn expected(form: NoiseLabel, classes: usize, latent: usize) -> Expected {
        expected(Self::NAME, [classes, Self::numbers(form, classes, latent)])
    }

    /// Fresh embeddings.
    pub fn init(
        form: NoiseLabel,
        classes: usize,
        latent: usize,
        seed: &mut Seed,
        device: &Device,
    ) -> Self {
        let dims = [classes, Self::numbers(form, classes, latent)];
        Self {
            embedding: draw(dims, seed, device),
            form,
        }
    }

    /// From a file checked by [`Self::expected`].
    ///
    /// # Errors
    /// Those of [`Weights::tensor`].
    pub fn load(form: NoiseLabel, weights: &Weights, device: &Device) -> Result<Self, Error> {
        Ok(Self {
            embedding: Param::from_tensor(weights.tensor(Self::NAME, device)?),
            form,
        })
    }

    /// Noise `[B, latent, 1, 1]`, labels of [`one_hot`] -> `[B, numbers, 1, 1]`.
    pub fn forward(&self, noise: Tensor<4>, labels: Tensor<2>) -> Tensor<4> {
        let embedded: Tensor<4> = matmul(labels, self.embedding.val()).unsqueeze_dims(&[2, 3]);
        match self.form {
            NoiseLabel::Multiplied => noise * embedded,
            NoiseLabel::Concatenated => Tensor::cat(vec![embedded, noise], 1),
        }
    }

    /// The embedding by name, flat.
    pub fn tensor(&self) -> (String, Tensor<1>) {
        (Self::NAME.into(), self.embedding.val().flatten(0, 1))
    }
}

/// A picture and a label become what the discriminator is given.
#[derive(Module, Debug)]
pub struct LabelledPicture {
    /// `[classes, numbers]`
    embedding: Param<Tensor<2>>,
    #[module(skip)]
    form: PictureLabel,
}

impl LabelledPicture {
    const NAME: &str = "label_embedding.weight";

    /// Length of an embedding.
    fn numbers(form: PictureLabel, classes: usize, [h, w]: [usize; 2]) -> usize {
        match form {
            PictureLabel::Channel => h * w,
            PictureLabel::Concatenated => classes,
        }
    }

    /// Channels that a picture gains by [`Self::channels`].
    pub fn gained(form: PictureLabel, classes: usize) -> usize {
        match form {
            PictureLabel::Channel => 1,
            PictureLabel::Concatenated => classes,
        }
    }

    /// Numbers that a row gains by [`Self::row`].
    pub fn gained_by_row(form: PictureLabel, classes: usize, size: [usize; 2]) -> usize {
        Self::numbers(form, classes, size)
    }

    /// The tensor of the discriminator's file.
    pub fn expected(form: PictureLabel, classes: usize, size: [usize; 2]) -> Expected {
        expected(Self::NAME, [classes, Self::numbers(form, classes, size)])
    }

    /// Fresh embeddings for pictures of `[H, W]`.
    pub fn init(
        form: PictureLabel,
        classes: usize,
        size: [usize; 2],
        seed: &mut Seed,
        device: &Device,
    ) -> Self {
        let dims = [classes, Self::numbers(form, classes, size)];
        Self {
            embedding: draw(dims, seed, device),
            form,
        }
    }

    /// From a file checked by [`Self::expected`].
    ///
    /// # Errors
    /// Those of [`Weights::tensor`].
    pub fn load(form: PictureLabel, weights: &Weights, device: &Device) -> Result<Self, Error> {
        Ok(Self {
            embedding: Param::from_tensor(weights.tensor(Self::NAME, device)?),
            form,
        })
    }

    /// For convolutions: `[B, C, H, W]`, labels of [`one_hot`] -> `[B, C + gained, H, W]`.
    pub fn channels(&self, picture: Tensor<4>, labels: Tensor<2>) -> Tensor<4> {
        let [b, _, h, w] = picture.dims();
        let embedded = matmul(labels, self.embedding.val());
        let embedded = match self.form {
            PictureLabel::Channel => embedded.reshape([b, 1, h, w]),
            PictureLabel::Concatenated => {
                let [_, n] = embedded.dims();
                embedded.reshape([b, n, 1, 1]).expand([b, n, h, w])
            }
        };
        Tensor::cat(vec![picture, embedded], 1)
    }

    /// For fully connected layers: `[B, C, H, W]`, labels of [`one_hot`] -> `[B, C H W + numbers]`.
    pub fn row(&self, picture: Tensor<4>, labels: Tensor<2>) -> Tensor<2> {
        let embedded = matmul(labels, self.embedding.val());
        Tensor::cat(vec![picture.flatten(1, 3), embedded], 1)
    }

    /// The embedding by name, flat.
    pub fn tensor(&self) -> (String, Tensor<1>) {
        (Self::NAME.into(), self.embedding.val().flatten(0, 1))
    }
}
