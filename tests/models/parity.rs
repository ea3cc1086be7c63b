//! Outputs, gradients and running statistics against PyTorch.

use std::collections::{BTreeMap, HashMap};

use burn::module::{Module, ModuleVisitor, Param};
use burn::tensor::{Device, Gradients, Tensor, TensorData};
use easel::data::seed::Seed;
use easel::models::{
    DcganConfig, JohnsonConfig, PatchDiscriminatorConfig, ResnetGeneratorConfig, UnetConfig,
};
use easel::nn::{BatchNorm2d, Init, NormKind};
use easel::ops::{Activation, Adapter, launched, use_adapter};
use easel::weights::{Expected, Weights};
use safetensors::SafeTensors;

use crate::common::{Goldens, assert_close, gpu, values};
use crate::{file, is_parameter};

/// A case of a file of goldens: a network and what PyTorch makes of it.
pub struct Case {
    goldens: Goldens,
    name: &'static str,
}

impl Case {
    pub fn read(file: &str, name: &'static str) -> Self {
        let goldens = Goldens::read(&format!("{file}.safetensors"));
        Self { goldens, name }
    }

    /// What stands behind `prefix` in the names of this case.
    fn under(&self, prefix: &str) -> BTreeMap<String, TensorData> {
        let file = SafeTensors::deserialize(self.goldens.bytes()).expect("a safetensors file");
        let prefix = format!("{}.{prefix}.", self.name);
        let names = file
            .names()
            .into_iter()
            .filter_map(|n| n.strip_prefix(&prefix));
        names
            .map(|n| (n.to_owned(), self.goldens.data(&format!("{prefix}{n}"))))
            .collect()
    }

    pub fn tensor<const D: usize>(&self, name: &str, device: &Device) -> Tensor<D> {
        self.goldens
            .tensor(&format!("{}.{name}", self.name), device)
    }

    fn values(&self, name: &str) -> Vec<f32> {
        self.goldens.values(&format!("{}.{name}", self.name))
    }

    /// The state dict as a checked file of weights.
    pub fn weights(&self, expected: Vec<Expected>) -> Weights {
        let bytes = file(&self.under("state"));
        Weights::read(self.name, &bytes, |_| Ok(expected))
            .expect("the reference's names and shapes")
    }

    fn close(&self, what: &str, ours: &[f32], truth: &[f32]) {
        assert_close(&format!("{} {what}", self.name), ours, truth, PARITY);
    }

    /// Output and gradients of a pass, in training if there are batch norms. `expected` names the parameters.
    pub fn agrees<M: Module>(
        &self,
        net: &mut M,
        expected: &[Expected],
        forward: impl FnOnce(&mut M, Tensor<4>) -> Tensor<4>,
    ) {
        let device = gpu().autodiff();
        let input = self.tensor::<4>("input", &device).require_grad();
        let output = forward(net, input.clone());
        self.close("output", &values(output.clone()), &self.values("output"));
        let gradients = (output * self.tensor("upstream", &device)).sum().backward();
        let slope = input.grad(&gradients).expect("the input has a gradient");
        self.close(
            "gradient of input",
            &values(slope),
            &self.values("gradient.input"),
        );

        let mut slopes = Slopes {
            gradients: &gradients,
            found: Vec::new(),
        };
        net.visit(&mut slopes);
        let parameters = expected.iter().filter(|e| is_parameter(e));
        let found: HashMap<_, _> = parameters.map(|e| &e.name).zip(slopes.found).collect();
        let mut truths = self.under("gradient");
        truths.remove("input");
        assert!(truths.len() > 2, "{:?}", truths.keys());
        for (name, truth) in truths {
            let truth: Vec<f32> = truth.iter().collect();
            self.close(&format!("gradient of {name}"), &found[&name], &truth);
        }
    }

    /// The output without gradients.
    fn agrees_packed(&self, forward: impl FnOnce(Tensor<4>) -> Tensor<4>) {
        let output = forward(self.tensor("input", &gpu()));
        self.close("output, packed", &values(output), &self.values("output"));
    }

    /// The running statistics that the pass has left.
    pub fn has_run(&self, tensors: Vec<(String, Tensor<1>)>) {
        let mut tensors: HashMap<_, _> = tensors.into_iter().collect();
        let truths = self.under("after");
        assert!(!truths.is_empty());
        for (name, truth) in truths {
            let ours = values(tensors.remove(&name).expect("a running statistic"));
            self.close(
                &format!("{name} after"),
                &ours,
                &truth.iter().collect::<Vec<f32>>(),
            );
        }
    }

    /// Output and input gradient by the running statistics.
    pub fn agrees_in_inference(&self, forward: impl FnOnce(Tensor<4>) -> Tensor<4>) {
        let device = gpu().autodiff();
        let input = self.tensor::<4>("input", &device).require_grad();
        let output = forward(input.clone());
        self.close(
            "output in inference",
            &values(output.clone()),
            &self.values("eval.output"),
        );
        let gradients = (output * self.tensor("upstream", &device)).sum().backward();
        let slope = input.grad(&gradients).expect("the input has a gradient");
        self.close(
            "gradient in inference",
            &values(slope),
            &self.values("eval.gradient.input"),
        );
    }
}

/// Float32 against float64 through up to twelve convolutions: 3.4e-6 was seen with plain tensor operations, and there
/// is room for kernels that sum in another order.
const PARITY: f32 = 3e-5;

/// The gradients of a network's parameters, in the order of its layers.
struct Slopes<'a> {
    gradients: &'a Gradients,
    found: Vec<Vec<f32>>,
}

impl ModuleVisitor for Slopes<'_> {
    fn visit_float<const D: usize>(&mut self, parameter: &Param<Tensor<D>>) {
        let slope = parameter.val().grad(self.gradients);
        self.found
            .push(values(slope.expect("every parameter has a gradient")));
    }
}

#[test]
fn the_residual_generator_agrees_with_pytorch_also_packed() {
    let case = Case::read("resnet_generator", "net");
    let config = ResnetGeneratorConfig {
        input: 3,
        output: 2,
        width: 4,
        blocks: 2,
        ..ResnetGeneratorConfig::default()
    };
    let weights = case.weights(config.expected());
    let mut net = config.load(&weights, &gpu().autodiff()).expect("checked");
    case.agrees(&mut net, &config.expected(), |net, x| net.forward(x));
    let packed = config.load(&weights, &gpu()).expect("checked").packed();
    case.agrees_packed(|x| packed.forward(x));
}

/// As large as the reference's but for the picture, by the kernels for GPUs, which cut no layer into pieces at 256 px either:
/// 121 launches there, too.
#[test]
fn a_frame_of_the_residual_generator_of_nine_blocks_takes_few_launches() {
    let device = gpu();
    let config = ResnetGeneratorConfig::default();
    let net = config.init(&mut Seed::new(1), &device).packed();
    let picture = Tensor::<4>::zeros([1, 3, 16, 16], &device);
    let own = use_adapter(Adapter::Hardware);
    let before = launched();
    let frame = net.forward(picture);
    let taken = launched() - before;
    use_adapter(own);
    println!("{taken} launches");
    assert!(taken <= 140, "{taken} launches");
    assert_eq!(frame.dims(), [1, 3, 16, 16]);
}

#[test]
fn johnsons_network_agrees_with_pytorch_also_packed() {
    let case = Case::read("johnson", "net");
    let config = JohnsonConfig {
        width: 4,
        blocks: 2,
    };
    let weights = case.weights(config.expected());
    let mut net = config.load(&weights, &gpu().autodiff()).expect("checked");
    case.agrees(&mut net, &config.expected(), |net, x| net.forward(x));
    let packed = config.load(&weights, &gpu()).expect("checked").packed();
    case.agrees_packed(|x| packed.forward(x));
}

#[test]
fn the_unet_agrees_with_pytorch_in_both_modes_and_folded() {
    let case = Case::read("unet", "net");
    let config = UnetConfig {
        input: 1,
        output: 1,
        width: 2,
        levels: 6,
    };
    let weights = case.weights(config.expected());
    let device = gpu().autodiff();
    let masks = [case.tensor("mask.0", &device)];
    let mut net = config.load(&weights, &device).expect("checked");
    case.agrees_in_inference(|x| net.forward(x, &masks));
    let folded = net.folded();
    case.agrees_in_inference(|x| folded.forward(x, &masks));
    case.agrees(&mut net, &config.expected(), |net, x| {
        net.forward_train(x, &masks)
    });
    case.has_run(net.tensors());
}

#[test]
fn the_patch_discriminator_agrees_with_pytorch_with_every_norm() {
    let device = gpu().autodiff();
    let (instance, batch) = (Some(NormKind::Instance), Some(NormKind::Batch));
    for (name, input, width, halvings, norm) in [
        ("n3", 3, 3, 3, instance),
        ("n2", 6, 3, 2, batch),
        ("n1", 2, 4, 1, None),
        ("n0", 3, 4, 0, instance),
    ] {
        let case = Case::read("patch_discriminator", name);
        let config = PatchDiscriminatorConfig {
            input,
            width,
            halvings,
            norm,
        };
        let weights = case.weights(config.expected());
        let mut net = config.load(&weights, &device).expect("checked");
        if norm == batch {
            case.agrees_in_inference(|x| net.forward(x));
        }
        case.agrees(&mut net, &config.expected(), |net, x| net.forward_train(x));
        if norm == batch {
            case.has_run(net.tensors());
        }
    }
}

#[test]
fn dcgan_agrees_with_pytorch_in_both_modes_and_folded() {
    let device = gpu().autodiff();
    for (size, generator, discriminator, channels, width) in
        [(28, "g28", "d28", 1, 3), (32, "g32", "d32", 2, 2)]
    {
        let config = DcganConfig {
            size,
            channels,
            latent: 5,
            width,
        };
        let case = Case::read("dcgan", generator);
        let weights = case.weights(config.expected_generator());
        let mut net = config.load_generator(&weights, &device).expect("checked");
        case.agrees_in_inference(|x| net.forward(x));
        let folded = net.folded();
        case.agrees_in_inference(|x| folded.forward(x));
        case.agrees(&mut net, &config.expected_generator(), |net, x| {
            net.forward_train(x)
        });
        case.has_run(net.tensors());

        let case = Case::read("dcgan", discriminator);
        let weights = case.weights(config.expected_discriminator());
        let mut net = config
            .load_discriminator(&weights, &device)
            .expect("checked");
        case.agrees_in_inference(|x| net.forward(x));
        case.agrees(&mut net, &config.expected_discriminator(), |net, x| {
            net.forward_train(x)
        });
        case.has_run(net.tensors());
    }
}

#[test]
fn a_batch_goes_through_the_unet_as_its_pictures_do_alone() {
    let (config, device) = (
        UnetConfig {
            width: 1,
            levels: 6,
            ..Default::default()
        },
        gpu(),
    );
    let mut seed = Seed::new(5);
    let net = config.init(&mut seed, &device);
    let numbers: Vec<f32> = (0..3 * 3 * 64 * 64)
        .map(|_| seed.range(-1.0, 1.0))
        .collect();
    let images = Tensor::<4>::from_data(TensorData::new(numbers, [3, 3, 64, 64]), &device);
    let masks = config.masks(0.5, 3, [64, 64], &mut seed, &device);
    let whole = values(net.forward(images.clone(), &masks));
    for i in 0..3 {
        let masks: Vec<_> = masks.iter().map(|m| m.clone().narrow(0, i, 1)).collect();
        let alone = values(net.forward(images.clone().narrow(0, i, 1), &masks));
        let part = &whole[i * alone.len()..(i + 1) * alone.len()];
        // The same sums in float32, perhaps in another order.
        assert_close(&format!("picture {i}"), part, &alone, 1e-5);
    }
}

#[test]
fn training_twice_moves_the_running_statistics_as_the_formula_says() {
    let (device, mut seed) = (gpu().autodiff(), Seed::new(9));
    let mut norm = BatchNorm2d::init(2, Init::He, &mut seed, &device);
    let (mut mean, mut variance) = ([0.0f64; 2], [1.0f64; 2]);
    for batch in [3, 2] {
        let numbers: Vec<f32> = (0..batch * 2 * 5).map(|_| seed.range(-1.0, 3.0)).collect();
        for c in 0..2 {
            let channel: Vec<f64> = (0..batch)
                .flat_map(|b| {
                    numbers[(2 * b + c) * 5..(2 * b + c + 1) * 5]
                        .iter()
                        .map(|v| f64::from(*v))
                })
                .collect();
            let n = channel.len() as f64;
            let m = channel.iter().sum::<f64>() / n;
            let v = channel.iter().map(|x| (x - m).powi(2)).sum::<f64>() / (n - 1.0);
            mean[c] = 0.9 * mean[c] + 0.1 * m;
            variance[c] = 0.9 * variance[c] + 0.1 * v;
        }
        let x = Tensor::from_data(TensorData::new(numbers, [batch, 2, 5, 1]), &device);
        norm.forward_train(x, None, Activation::Linear);
    }
    // A few roundings of float32.
    assert_close(
        "mean",
        &values(norm.running_mean()),
        &mean.map(|v| v as f32),
        1e-6,
    );
    assert_close(
        "variance",
        &values(norm.running_var()),
        &variance.map(|v| v as f32),
        1e-6,
    );
}

#[test]
fn a_batch_norm_adds_the_residual_after_the_activation() {
    let device = gpu();
    let channels = |values: [f32; 2]| Tensor::from_floats(values, &device);
    let parts = [[2.0, 0.5], [-0.5, 0.25], [1.0, -1.0], [4.0, 0.25]].map(channels);
    let mut norm = BatchNorm2d::new(parts);
    let x = Tensor::from_floats([[[[3.0, -5.0]], [[0.0, -3.0]]]], &device);
    let residual = Tensor::from_floats([[[[10.0, 20.0]], [[30.0, 40.0]]]], &device);
    let y = norm.forward(x.clone(), Some(residual.clone()), Activation::Relu);
    // relu((3 - 1) / 2 * 2 - 0.5) = 1.5, relu((-5 - 1) / 2 * 2 - 0.5) = 0, relu(1 / 0.5 * 0.5 + 0.25) = 1.25, ...
    assert_close("running", &values(y), &[11.5, 20.0, 31.25, 40.0], 1e-5);
    let y = norm.forward_train(x, Some(residual), Activation::Relu);
    // Two values are their mean plus and minus their deviation.
    assert_close("of the batch", &values(y), &[11.5, 20.0, 30.75, 40.0], 1e-5);
}
