//! The fully connected GAN and the forms of conditioning: counts, names, numbers against PyTorch
//! (`tests/goldens/generate_gan.py`).

use burn::tensor::{Device, Tensor, TensorData};
use easel::data::seed::Seed;
use easel::models::{LabelledNoise, LabelledPicture, MlpGanConfig, one_hot};
use easel::protocol::{NoiseLabel, PictureLabel};

use crate::common::{assert_close, gpu, values};
use crate::parameters;
use crate::parity::Case;

/// The reference's conditional networks, for 32 px and ten classes.
fn conditional() -> MlpGanConfig {
    MlpGanConfig {
        picture: [1, 32, 32],
        latent: LabelledNoise::latent(NoiseLabel::Concatenated, 10, 100),
        label: LabelledPicture::gained_by_row(PictureLabel::Concatenated, 10, [32, 32]),
        discriminator: vec![512; 3],
        dropout: true,
        ..MlpGanConfig::default()
    }
}

#[test]
fn fully_connected_networks_have_the_references_parameter_counts_and_names() {
    let (gan, cgan) = (MlpGanConfig::default(), conditional());
    let mut generator = cgan.expected_generator();
    generator.push(LabelledNoise::expected(NoiseLabel::Concatenated, 10, 100));
    let mut discriminator = cgan.expected_discriminator();
    let label = LabelledPicture::expected(PictureLabel::Concatenated, 10, [32, 32]);
    discriminator.push(label);
    for (expected, count, last) in [
        (gan.expected_generator(), 1_510_032, "model.11.bias"),
        (gan.expected_discriminator(), 533_505, "model.4.bias"),
        (generator, 1_757_412, "label_emb.weight"),
        (discriminator, 1_055_845, "label_embedding.weight"),
    ] {
        assert_eq!(parameters(&expected), count, "{last}");
        assert_eq!(expected.last().expect("tensors").name, last);
    }
    let names = cgan.expected_discriminator();
    assert_eq!(names[6].name, "model.8.weight");
}

#[test]
fn fully_connected_networks_agree_with_pytorch() {
    let device = gpu().autodiff();
    let pictures = MlpGanConfig {
        picture: [2, 3, 4],
        latent: 5,
        generator: vec![6, 7, 9],
        discriminator: vec![9, 7],
        ..MlpGanConfig::default()
    };
    let points = MlpGanConfig {
        picture: [2, 1, 1],
        latent: 2,
        generator: vec![8, 8],
        norm: false,
        bounded: false,
        ..MlpGanConfig::default()
    };
    for (name, config) in [("generator", &pictures), ("points", &points)] {
        let (case, expected) = (Case::read("mlp_gan", name), config.expected_generator());
        let weights = case.weights(expected.clone());
        let mut net = config.load_generator(&weights, &device).expect("checked");
        if config.norm {
            case.agrees_in_inference(|x| net.forward(x));
        }
        case.agrees(&mut net, &expected, |net, x| net.forward_train(x));
        if config.norm {
            case.has_run(net.tensors());
        }
    }
    let dropout = MlpGanConfig {
        discriminator: vec![9, 7, 6],
        dropout: true,
        ..pictures.clone()
    };
    for (name, config) in [("discriminator", &pictures), ("dropout", &dropout)] {
        let case = Case::read("mlp_gan", name);
        let expected = config.expected_discriminator();
        let weights = case.weights(expected.clone());
        let mut net = config
            .load_discriminator(&weights, &device)
            .expect("checked");
        // The goldens count masks from the last layer.
        let masks = match config.dropout {
            true => vec![
                case.tensor("mask.1", &device),
                case.tensor("mask.0", &device),
            ],
            false => vec![],
        };
        case.agrees(&mut net, &expected, |net, x| {
            net.forward_train(x.flatten(1, 3), &masks)
        });
    }
}

#[test]
fn dropout_keeps_the_mean_and_drops_its_share() {
    let config = conditional();
    let (device, mut seed) = (Device::flex(), Seed::new(3));
    let net = config.init_discriminator(&mut seed, &device);
    let masks = net.masks(0.4, 40, &mut seed, &device);
    let shapes: Vec<_> = masks.iter().map(Tensor::dims).collect();
    assert_eq!(shapes, [[40, 512]; 2]);
    let drawn: Vec<f32> = masks.into_iter().flat_map(values).collect();
    let dropped = drawn.iter().filter(|v| **v == 0.0).count() as f32 / drawn.len() as f32;
    let mean = drawn.iter().sum::<f32>() / drawn.len() as f32;
    // Four standard errors of 40960 draws: 0.0097 and 0.0162.
    assert!((dropped - 0.4).abs() < 0.0097, "{dropped} are dropped");
    assert!((mean - 1.0).abs() < 0.0162, "the mean is {mean}");
}

/// What stands in `[B, n, ...]` for one of the batch.
fn one<const D: usize>(x: Tensor<D>, at: usize) -> Vec<f32> {
    values(x.narrow(0, at, 1))
}

#[test]
fn a_label_multiplies_the_noise_or_stands_before_it() {
    let device = gpu();
    let noise = Tensor::<4>::from_data(
        TensorData::new(vec![2.0_f32, -3.0, 0.5, 4.0, 5.0, 6.0], [2, 3, 1, 1]),
        &device,
    );
    let labels = one_hot(&[1, 0], 2, &device);
    for (form, length) in [(NoiseLabel::Multiplied, 3), (NoiseLabel::Concatenated, 5)] {
        let label = LabelledNoise::init(form, 2, 3, &mut Seed::new(1), &device);
        let embedding = values(label.tensor().1);
        let row = &embedding[embedding.len() / 2..];
        let given = label.forward(noise.clone(), labels.clone());
        assert_eq!(given.dims(), [2, length, 1, 1]);
        assert_eq!(LabelledNoise::latent(form, 2, 3), length);
        let noise = [2.0, -3.0, 0.5];
        let truth: Vec<f32> = match form {
            NoiseLabel::Multiplied => row.iter().zip(noise).map(|(a, b)| a * b).collect(),
            NoiseLabel::Concatenated => row.iter().copied().chain(noise).collect(),
        };
        assert_close("the first", &one(given, 0), &truth, 1e-6);
    }
}

#[test]
fn a_label_is_a_channel_of_its_own_or_constant_channels_or_ends_a_row() {
    let (device, size) = (gpu(), [2, 2]);
    let picture = Tensor::<4>::ones([2, 1, 2, 2], &device);
    let labels = one_hot(&[2, 0], 3, &device);
    for (form, gained) in [(PictureLabel::Channel, 1), (PictureLabel::Concatenated, 3)] {
        let label = LabelledPicture::init(form, 3, size, &mut Seed::new(1), &device);
        let embedding = values(label.tensor().1);
        let row = &embedding[embedding.len() / 3 * 2..];
        let whole = label.channels(picture.clone(), labels.clone());
        assert_eq!(whole.dims(), [2, 1 + gained, 2, 2]);
        assert_eq!(LabelledPicture::gained(form, 3), gained);
        let channels: Vec<f32> = match form {
            PictureLabel::Channel => row.to_vec(),
            PictureLabel::Concatenated => row.iter().flat_map(|v| [*v; 4]).collect(),
        };
        let truth: Vec<f32> = [1.0; 4].into_iter().chain(channels).collect();
        assert_close("channels", &one(whole, 0), &truth, 1e-6);
        let truth: Vec<f32> = [1.0; 4].into_iter().chain(row.iter().copied()).collect();
        let given = label.row(picture.clone(), labels.clone());
        assert_close("row", &one(given, 0), &truth, 1e-6);
    }
}
