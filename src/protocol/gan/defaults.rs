//! Where the GAN lab's defaults come from.

use super::{
    GanConfig, GanData, GanNetwork, GanVariant, Learning, NoiseLabel, Objective, PictureLabel,
};

impl GanConfig {
    /// The reference's settings for pictures: PyTorch-GAN's for the fully connected ones, PyTorch's DCGAN for the others,
    /// narrower (`width` 32 instead of 64) so that a page can train them. Least squares differs from DCGAN in the
    /// objective alone.
    #[must_use]
    pub fn reference(variant: GanVariant) -> Self {
        let gan = Self {
            variant,
            data: GanData::Digits,
            size: 28,
            count: 1000,
            // Never by default: mirrored, a letter or a digit is another thing, and a data set may hold them.
            mirror: false,
            shift: 0,
            drawing: Vec::new(),
            brush: 0.04,
            learning: Learning::Both,
            start: String::new(),
            seed: 1,
            steps: 4000,
            batch: 64,
            latent: 100,
            network: GanNetwork::Mlp,
            generator_widths: vec![128, 256, 512, 1024],
            discriminator_widths: vec![512, 256],
            norm: true,
            dropout: 0.0,
            width: 32,
            objective: Objective::NonSaturating,
            noise_label: NoiseLabel::Concatenated,
            picture_label: PictureLabel::Concatenated,
            generator_first: true,
            discriminator_steps: 1,
            label_smoothing: 0.0,
            instance_noise: 0.0,
            averaging: 0.99,
            generator_rate: 2e-4,
            discriminator_rate: 2e-4,
            beta1: 0.5,
            beta2: 0.999,
        };
        match variant {
            GanVariant::Gan => gan,
            GanVariant::Dcgan => Self {
                data: GanData::Scenes,
                size: 32,
                network: GanNetwork::Dcgan,
                generator_first: false,
                ..gan
            },
            GanVariant::Lsgan => Self {
                data: GanData::Scenes,
                size: 32,
                network: GanNetwork::Dcgan,
                generator_first: false,
                objective: Objective::LeastSquares,
                ..gan
            },
            GanVariant::Cgan => Self {
                objective: Objective::LeastSquares,
                discriminator_widths: vec![512; 3],
                dropout: 0.4,
                ..gan
            },
        }
    }

    /// For points of the plane. Measured on the ring: three hidden layers had a tenth more points near a mode after 2000
    /// steps than two. Without momentum, and with a discriminator that learns faster (Heusel et al. 2017, arXiv
    /// 1706.08500), all seeds tried found the modes; with a first decay of 0.5 and one rate, one of three never did.
    #[must_use]
    pub fn points() -> Self {
        Self {
            data: GanData::Ring,
            steps: 4000,
            batch: 128,
            latent: 2,
            generator_widths: vec![64; 3],
            discriminator_widths: vec![64; 3],
            norm: false,
            generator_rate: 1e-3,
            discriminator_rate: 2e-3,
            beta1: 0.0,
            ..Self::reference(GanVariant::Gan)
        }
    }

    /// The defaults of a variant on its data. Without a word it is a GAN on points; a variant alone brings the data that
    /// it is known for.
    #[must_use]
    pub fn of(variant: Option<GanVariant>, data: Option<GanData>) -> Self {
        let variant = variant.unwrap_or(GanVariant::Gan);
        let known_for = match variant {
            GanVariant::Gan => GanData::Ring,
            GanVariant::Cgan => GanData::Digits,
            GanVariant::Dcgan | GanVariant::Lsgan => GanData::Scenes,
        };
        let data = data.unwrap_or(known_for);
        let objective = match variant {
            GanVariant::Lsgan => Objective::LeastSquares,
            _ => Objective::NonSaturating,
        };
        if data.points() {
            return Self {
                variant,
                data,
                objective,
                ..Self::points()
            };
        }
        let size = if data == GanData::Digits { 28 } else { 32 };
        // The fully connected ones, too, are made narrower for a page.
        let discriminator_widths = match variant {
            GanVariant::Cgan => vec![256; 3],
            _ => vec![256, 128],
        };
        let pictures = Self {
            data,
            size,
            generator_widths: vec![128, 256, 512],
            discriminator_widths,
            ..Self::reference(variant)
        };
        match variant {
            // With the reference's, scenes collapsed within 500 steps: samples differed a tenth as much as real ones. Noise at
            // first and no momentum let them spread again.
            GanVariant::Lsgan => Self {
                batch: 32,
                beta1: 0.0,
                instance_noise: 0.1,
                ..pictures
            },
            // With the reference's, digits of 28 px stayed grey: a narrow last layer without bias learns to be dark more slowly
            // than the discriminator learns to see that it is not.
            GanVariant::Dcgan if size == 28 => Self {
                generator_rate: 6e-4,
                discriminator_rate: 1.5e-4,
                instance_noise: 0.2,
                ..pictures
            },
            _ => pictures,
        }
    }

    /// The defaults of all that can be learnt: [`Self::of`] each variant and data that go together.
    #[must_use]
    pub fn all() -> Vec<Self> {
        use GanData::{Digits, Drawn, Grid, Moons, Pictures, Ring, Scenes};
        use GanVariant::{Cgan, Dcgan, Gan, Lsgan};
        let known: [(GanVariant, &[GanData]); 4] = [
            (Gan, &[Ring, Grid, Moons, Drawn, Digits, Scenes, Pictures]),
            (Dcgan, &[Scenes, Digits, Pictures]),
            (Lsgan, &[Scenes, Digits, Pictures, Ring, Grid, Moons, Drawn]),
            (Cgan, &[Digits, Scenes, Pictures]),
        ];
        let each = known.into_iter().flat_map(|(variant, data)| {
            data.iter()
                .map(move |data| Self::of(Some(variant), Some(*data)))
        });
        each.collect()
    }
}
