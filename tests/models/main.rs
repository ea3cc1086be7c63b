//! Networks: parameter counts, names, shapes, files; in `parity`, their numbers against PyTorch
//! (`tests/goldens/generate_models.py`).
#![allow(
    clippy::disallowed_methods,
    reason = "native only: reading waits for the GPU"
)]

#[path = "../common/mod.rs"]
mod common;
mod mlp_gan;
mod parity;

use std::collections::BTreeMap;

use burn::tensor::{Device, Tensor, TensorData};
use common::values;
use easel::data::seed::Seed;
use easel::error::Error;
use easel::models::{
    Architecture, DcganConfig, JohnsonConfig, PatchDiscriminatorConfig, ResnetGeneratorConfig,
    UnetConfig,
};
use easel::nn::NormKind;
use easel::weights::{Expected, Weights};
use safetensors::tensor::{Dtype, TensorView};

/// All numbers in the tensors whose name passes.
fn count(name: &str, passes: impl Fn(&str, bool) -> bool) -> usize {
    let net = Architecture::named(name).expect("known");
    let counted = net
        .expected()
        .into_iter()
        .filter(|e| passes(&e.name, e.used));
    counted.map(|e| e.shape.iter().product::<usize>()).sum()
}

#[test]
fn whole_networks_have_torchvisions_parameter_counts() {
    let all = |name| count(name, |_, _| true);
    assert_eq!(all("vgg16"), 138_357_544);
    assert_eq!(all("vgg19"), 143_667_240);
    assert_eq!(all("squeezenet1_1"), 1_235_496);
}

#[test]
fn only_the_part_up_to_the_deepest_layer_is_used() {
    let used = |name| count(name, |_, used| used);
    // Up to relu5_1 and without the classifier.
    assert_eq!(used("vgg19"), 12_944_960);
    assert_eq!(used("squeezenet1_1"), 722_496);
    assert_eq!(used("features"), 1_178_768);
}

#[test]
fn the_layers_of_content_and_style_can_be_tapped() {
    for name in ["features", "vgg16", "vgg19", "squeezenet1_1"] {
        let net = Architecture::named(name).expect("known");
        let layers = net.layers();
        assert!(layers.iter().any(|l| l == net.content_layer()), "{name}");
        for (layer, _) in net.style_layers() {
            assert!(layers.contains(&layer), "{name} has no {layer}");
        }
    }
}

#[test]
fn the_cost_of_vgg19_is_the_known_one() {
    let net = Architecture::named("vgg19").expect("known");
    let cost = net.cost(512, 512, &["relu5_1".into()]);
    // 189.35 GFLOP forward at 512 x 512.
    assert!(
        (cost.flops / 1e9 - 189.35).abs() < 0.01,
        "{}",
        cost.flops / 1e9
    );
    assert_eq!(cost.largest, 64 * 512 * 512);
}

/// What is used, except running statistics.
fn is_parameter(e: &Expected) -> bool {
    e.used && !e.name.contains(".running_")
}

fn parameters(expected: &[Expected]) -> usize {
    let counted = expected.iter().filter(|e| is_parameter(e));
    counted.map(|e| e.shape.iter().product::<usize>()).sum()
}

#[test]
fn generators_and_discriminators_have_the_references_parameter_counts() {
    let resnet = |blocks| ResnetGeneratorConfig {
        blocks,
        ..Default::default()
    };
    let unet = |levels| UnetConfig {
        levels,
        ..Default::default()
    };
    let (patch, dcgan) = (PatchDiscriminatorConfig::default(), DcganConfig::default());
    let conditional = PatchDiscriminatorConfig {
        input: 6,
        norm: Some(NormKind::Batch),
        ..patch
    };
    for (name, expected, count) in [
        ("resnet of 9", resnet(9).expected(), 11_378_179),
        ("resnet of 6", resnet(6).expected(), 7_837_699),
        ("johnson", JohnsonConfig::default().expected(), 1_679_235),
        ("unet of 8", unet(8).expected(), 54_413_955),
        ("unet of 7", unet(7).expected(), 41_828_995),
        ("unet of 6", unet(6).expected(), 29_244_035),
        ("patch", patch.expected(), 2_764_737),
        ("conditional patch", conditional.expected(), 2_768_705),
        ("dcgan generator", dcgan.expected_generator(), 3_576_704),
        (
            "dcgan discriminator",
            dcgan.expected_discriminator(),
            2_765_568,
        ),
    ] {
        assert_eq!(parameters(&expected), count, "{name}");
    }
}

/// The last layers of deep networks, whose names count all layers before.
#[test]
fn the_last_layers_have_the_references_names() {
    for (expected, name, shape) in [
        (
            ResnetGeneratorConfig::default().expected(),
            "model.26.weight",
            vec![3, 64, 7, 7],
        ),
        (
            UnetConfig::default().expected(),
            "model.model.1.model.3.model.3.model.3.model.3.model.3.model.3.model.4.running_var",
            vec![512],
        ),
        (
            PatchDiscriminatorConfig::default().expected(),
            "model.11.weight",
            vec![1, 512, 4, 4],
        ),
        (
            DcganConfig::default().expected_generator(),
            "main.12.weight",
            vec![64, 3, 4, 4],
        ),
        (
            DcganConfig::default().expected_discriminator(),
            "main.11.weight",
            vec![1, 512, 4, 4],
        ),
    ] {
        let found = expected
            .iter()
            .find(|e| e.used && e.name == name)
            .map(|e| &e.shape);
        assert_eq!(found, Some(&shape), "{name}");
    }
}

/// A safetensors file in f32.
fn file(tensors: &BTreeMap<String, TensorData>) -> Vec<u8> {
    let views = tensors.iter().map(|(name, data)| {
        let view = TensorView::new(Dtype::F32, data.shape().to_vec(), data.as_bytes());
        (name, view.expect("a tensor of f32"))
    });
    safetensors::serialize(views, None).expect("a few kilobytes")
}

/// Tensors as a network gives them, with the shapes of its plan.
fn state(tensors: Vec<(String, Tensor<1>)>, expected: &[Expected]) -> BTreeMap<String, TensorData> {
    let used: Vec<_> = expected.iter().filter(|e| e.used).collect();
    assert_eq!(tensors.len(), used.len());
    let pairs = tensors.into_iter().zip(used);
    pairs
        .map(|((name, tensor), e)| {
            assert_eq!(name, e.name);
            (name, TensorData::new(values(tensor), e.shape.clone()))
        })
        .collect()
}

#[test]
fn fresh_weights_come_back_from_a_file_bit_by_bit() {
    let (device, mut seed) = (Device::flex(), Seed::new(3));
    let read = |saved: &_, expected: &[Expected]| {
        Weights::read("saved", &file(saved), |_| Ok(expected.to_vec())).expect("our own names")
    };

    let config = UnetConfig {
        width: 2,
        levels: 5,
        ..Default::default()
    };
    let saved = state(
        config.init(&mut seed, &device).tensors(),
        &config.expected(),
    );
    let back = config
        .load(&read(&saved, &config.expected()), &device)
        .expect("our own");
    assert_eq!(state(back.tensors(), &config.expected()), saved);
    // N(1, 0.02^2) and N(0, 0.02^2), four standard errors of a deviation from many numbers.
    let gains: Vec<f32> = saved["model.model.1.model.3.model.2.weight"]
        .iter()
        .collect();
    assert!(
        gains.iter().all(|g| (g - 1.0).abs() < 0.1) && gains.iter().any(|g| *g != 1.0),
        "{gains:?}"
    );
    let weights: Vec<f32> = saved["model.model.1.model.3.model.3.model.1.weight"]
        .iter()
        .collect();
    let deviation = (weights.iter().map(|w| w * w).sum::<f32>() / weights.len() as f32).sqrt();
    assert!(
        (deviation - 0.02).abs() < 4.0 * 0.02 / (2.0 * weights.len() as f32).sqrt(),
        "{deviation}"
    );

    let config = JohnsonConfig {
        width: 2,
        blocks: 1,
    };
    let saved = state(
        config.init(&mut seed, &device).tensors(),
        &config.expected(),
    );
    let back = config
        .load(&read(&saved, &config.expected()), &device)
        .expect("our own");
    assert_eq!(state(back.tensors(), &config.expected()), saved);
    let again = config.init(&mut Seed::new(4), &device).tensors();
    let same = config.init(&mut Seed::new(4), &device).tensors();
    assert_eq!(
        state(again, &config.expected()),
        state(same, &config.expected())
    );
}

fn code(result: Result<Weights, Error>) -> &'static str {
    match result {
        Err(e) => e.code(),
        Ok(_) => "accepted",
    }
}

#[test]
fn files_of_other_networks_are_refused_and_forgotten_statistics_are_not() {
    let expected = JohnsonConfig {
        width: 4,
        blocks: 2,
    }
    .expected();
    let read = |state: &_, expected: &[Expected]| {
        Weights::read("dropped", &file(state), |_| Ok(expected.to_vec()))
    };
    let net = JohnsonConfig {
        width: 4,
        blocks: 2,
    }
    .init(&mut Seed::new(1), &Device::flex());
    let mut state = state(net.tensors(), &expected);
    let wider = JohnsonConfig {
        width: 8,
        blocks: 2,
    }
    .expected();
    assert_eq!(code(read(&state, &wider)), "weights-shape");
    let deeper = JohnsonConfig {
        width: 4,
        blocks: 3,
    }
    .expected();
    assert_eq!(code(read(&state, &deeper)), "weights-names");
    let shallower = JohnsonConfig {
        width: 4,
        blocks: 1,
    }
    .expected();
    assert_eq!(code(read(&state, &shallower)), "weights-names");
    // Files from before PyTorch 0.4 hold what instance norms never used.
    state.insert(
        "in1.running_mean".into(),
        TensorData::new(vec![0.0f32; 4], [4]),
    );
    state.insert(
        "in1.num_batches_tracked".into(),
        TensorData::new(vec![7.0f32], Vec::<usize>::new()),
    );
    assert_eq!(code(read(&state, &expected)), "accepted");
    state.insert(
        "in1.running_var".into(),
        TensorData::new(vec![1.0f32; 5], [5]),
    );
    assert_eq!(code(read(&state, &expected)), "weights-shape");
}

#[test]
fn the_map_of_opinions_has_the_size_of_the_table() {
    let (device, mut seed) = (Device::flex(), Seed::new(1));
    let image = Tensor::<4>::zeros([1, 1, 128, 96], &device);
    for (halvings, map) in [[128, 96], [62, 46], [30, 22], [14, 10], [6, 4], [2, 1]]
        .into_iter()
        .enumerate()
    {
        let config = PatchDiscriminatorConfig {
            input: 1,
            width: 1,
            halvings,
            norm: None,
        };
        assert_eq!(config.map([128, 96]), Some(map), "{halvings} halvings");
        let opinions = config.init(&mut seed, &device).forward(image.clone());
        assert_eq!(
            opinions.dims(),
            [1, 1, map[0], map[1]],
            "{halvings} halvings"
        );
    }
    let deepest = PatchDiscriminatorConfig {
        halvings: 5,
        ..Default::default()
    };
    assert_eq!(deepest.map([95, 300]), None);
}

#[test]
#[should_panic(expected = "multiples of 4 px and at least 8 px: 12 x 10 are not")]
fn the_residual_generator_refuses_sides_it_would_not_give_back() {
    let config = ResnetGeneratorConfig {
        width: 1,
        blocks: 1,
        ..Default::default()
    };
    let net = config.init(&mut Seed::new(1), &Device::flex());
    net.forward(Tensor::zeros([1, 3, 10, 12], &Device::flex()));
}

#[test]
#[should_panic(expected = "multiples of 64 px")]
fn the_unet_refuses_sides_it_cannot_halve() {
    let config = UnetConfig {
        width: 1,
        levels: 6,
        ..Default::default()
    };
    let net = config.init(&mut Seed::new(1), &Device::flex());
    net.forward(Tensor::zeros([1, 3, 96, 64], &Device::flex()), &[]);
}

#[test]
#[should_panic(expected = "40 x 23 px are too few for a PatchGAN that halves 3 times")]
fn the_patch_discriminator_refuses_pictures_without_one_opinion() {
    let config = PatchDiscriminatorConfig {
        width: 1,
        ..Default::default()
    };
    let net = config.init(&mut Seed::new(1), &Device::flex());
    net.forward(Tensor::zeros([1, 3, 23, 40], &Device::flex()));
}

#[test]
#[should_panic(expected = "pictures are [B, 3, 32, 32], not [2, 3, 64, 64]")]
fn the_dcgan_discriminator_refuses_pictures_of_another_size() {
    let config = DcganConfig {
        size: 32,
        width: 1,
        ..Default::default()
    };
    let net = config.init_discriminator(&mut Seed::new(1), &Device::flex());
    net.forward(Tensor::zeros([2, 3, 64, 64], &Device::flex()));
}

/// Masks come one per level with dropout, of 0 and 2, about as many of each.
#[test]
fn dropout_of_the_unet_drops_about_one_half() {
    let (config, device) = (
        UnetConfig {
            width: 2,
            ..Default::default()
        },
        Device::flex(),
    );
    let masks = config.masks(0.5, 3, [256, 512], &mut Seed::new(1), &device);
    let dims: Vec<_> = masks.iter().map(Tensor::dims).collect();
    assert_eq!(dims, [[3, 16, 4, 8], [3, 16, 8, 16], [3, 16, 16, 32]]);
    for mask in masks {
        let values = values(mask);
        assert!(values.iter().all(|v| *v == 0.0 || *v == 2.0));
        let (mean, n) = (
            values.iter().sum::<f32>() / values.len() as f32,
            values.len() as f32,
        );
        // Four standard errors of a mean of 0 and 2.
        assert!((mean - 1.0).abs() < 4.0 / n.sqrt(), "{mean} over {n}");
    }
}
