//! Networks, one file per paper.

mod classifier;
mod conditional;
mod dcgan;
mod feature_network;
mod johnson;
mod mlp_gan;
mod patch_discriminator;
mod progressive;
mod resnet_generator;
mod squeezenet;
mod stackgan;
mod text_encoder;
mod unet;
mod upsampling_generator;
mod vgg;

use burn::tensor::Tensor;

pub use classifier::{Classifier, ClassifierConfig};
pub use conditional::{LabelledNoise, LabelledPicture, one_hot};
pub use dcgan::{DcganConfig, DcganDiscriminator, DcganGenerator};
pub use feature_network::{Architecture, Cost, FeatureNetwork, Taps};
pub use johnson::{Johnson, JohnsonConfig};
pub use mlp_gan::{MlpDiscriminator, MlpGanConfig, MlpGenerator};
pub use patch_discriminator::{PatchDiscriminator, PatchDiscriminatorConfig};
pub use progressive::{FIRST, ProgressiveConfig, ProgressiveDiscriminator, ProgressiveGenerator};
pub use resnet_generator::{ResnetGenerator, ResnetGeneratorConfig};
pub use squeezenet::SqueezeNet;
pub use stackgan::{
    FirstGenerator, MatchingDiscriminator, SecondGenerator, StackConfig, StageNetwork, StagePlan,
    drawn_around,
};
pub use text_encoder::{TextEncoder, TextEncoderConfig};
pub use unet::{Unet, UnetConfig};
pub use upsampling_generator::{UpsamplingConfig, UpsamplingGenerator};
pub use vgg::{FEATURES, VGG16, VGG19, Vgg, VggPlan};

/// Networks that halve and double give back another size than they were given unless it divides.
fn assert_sides(image: &Tensor<4>, unit: usize, least: usize) {
    let [_, _, h, w] = image.dims();
    let fits = |side: usize| side.is_multiple_of(unit) && side >= least;
    assert!(
        fits(h) && fits(w),
        "the sides must be multiples of {unit} px and at least {least} px: {w} x {h} are not"
    );
}
