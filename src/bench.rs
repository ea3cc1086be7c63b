//! The cases of `cargo xtask bench` for its page (feature `bench`): the networks of this crate, with its own operations
//! or with Burn's.

use std::cell::RefCell;
use std::collections::BTreeMap;

use burn::module::Module;
use burn::optim::{AdamConfig, GradientsParams, ModuleOptimizer};
use burn::tensor::{Device, Tensor, TensorData, activation::log_sigmoid};
use safetensors::SafeTensors;
use wasm_bindgen::prelude::*;

use crate::error::Error;
use crate::gpu;
use crate::jobs::Targets;
use crate::models::{
    Architecture, DcganConfig, DcganDiscriminator, DcganGenerator, FEATURES, FeatureNetwork,
    ResnetGenerator, ResnetGeneratorConfig, Vgg,
};
use crate::nn::Adam;
use crate::ops::{
    Activation, AdamStep, Adapter, ConvOptions, NormOptions, Over, PadMode, adam, conv2d, gram,
    norm, use_adapter, use_burns,
};
use crate::protocol::{AdapterInfo, GatysConfig};
use crate::weights::{Expected, Weights};

thread_local! {
    static STARTED: RefCell<Option<Device>> = const { RefCell::new(None) };
}

/// Starts the GPU, once, on the adapter that the page has probed.
#[wasm_bindgen(js_name = benchDevice)]
pub async fn bench_device(info: JsValue) -> Result<(), JsError> {
    console_error_panic_hook::set_once();
    let info: AdapterInfo = serde_wasm_bindgen::from_value(info)?;
    use_adapter(Adapter::new(info.fallback));
    let started = gpu::start(info).await.map_err(message)?;
    STARTED.with(|cell| *cell.borrow_mut() = Some(started.device));
    Ok(())
}

fn message(error: Error) -> JsError {
    JsError::new(&error.to_string())
}

/// A case that can be run again and again.
#[wasm_bindgen]
pub struct Bench {
    work: Work,
    burns: bool,
    device: Device,
}

#[allow(clippy::large_enum_variant, reason = "there is one of it in a case")]
enum Work {
    Block {
        input: Tensor<4>,
        weight: Tensor<4>,
        bias: Tensor<1>,
        output: Option<Tensor<4>>,
    },
    Resnet {
        input: Tensor<4>,
        network: Box<ResnetGenerator>,
        output: Option<Tensor<4>>,
    },
    Gatys(Box<Gatys>),
    Dcgan(Box<Dcgan>),
}

#[wasm_bindgen]
impl Bench {
    /// `engine` is `easel` or `burn`; `weights` are the bytes of a safetensors file with the case's inputs.
    pub fn create(case: String, engine: String, weights: Vec<u8>) -> Result<Bench, JsError> {
        let device = STARTED.with(|cell| cell.borrow().clone());
        let device = device.ok_or_else(|| JsError::new("benchDevice comes first"))?;
        let burns = engine == "burn";
        use_burns(burns);
        let work = Work::new(&case, burns, &weights, &device).map_err(message)?;
        Ok(Self {
            work,
            burns,
            device,
        })
    }

    /// Hands one unit of work to the GPU, and returns before it is done.
    pub fn run(&mut self) -> Result<(), JsError> {
        use_burns(self.burns);
        self.work.run();
        let flushed = self.device.flush();
        flushed.map_err(|e| JsError::new(&e.to_string()))
    }

    /// See the cases in `benches/web/weights.js`.
    pub async fn output(&self) -> Result<Vec<f32>, JsError> {
        let output = match &self.work {
            Work::Block { output, .. } | Work::Resnet { output, .. } => {
                output.clone().map(|y| y.flatten::<1>(0, 3))
            }
            Work::Gatys(gatys) => gatys.first.clone().map(|y| y.flatten::<1>(0, 3)),
            Work::Dcgan(dcgan) => dcgan.first.clone(),
        };
        let output = output.ok_or_else(|| JsError::new("run comes first"))?;
        let data = output.into_data_async().await;
        let data = data.map_err(|e| JsError::new(&e.to_string()))?;
        Ok(data.iter::<f32>().collect())
    }
}

/// The tensors of a file whose names begin with `prefix`, without it, as a file of its own.
fn part(bytes: &[u8], prefix: &str) -> Result<Vec<u8>, Error> {
    let unexpected = |e: safetensors::SafeTensorError| Error::Unexpected(e.to_string());
    let all = SafeTensors::deserialize(bytes).map_err(unexpected)?;
    let named = all.iter().filter_map(|(name, view)| {
        let name = name.strip_prefix(prefix)?;
        Some((name.to_owned(), view))
    });
    safetensors::serialize(named, None).map_err(unexpected)
}

fn tensor<const D: usize>(bytes: &[u8], name: &str, device: &Device) -> Result<Tensor<D>, Error> {
    let unexpected = |e: safetensors::SafeTensorError| Error::Unexpected(format!("{name}: {e}"));
    let all = SafeTensors::deserialize(bytes).map_err(unexpected)?;
    let view = all.tensor(name).map_err(unexpected)?;
    let values: Vec<f32> = view
        .data()
        .as_chunks()
        .0
        .iter()
        .map(|b| f32::from_le_bytes(*b))
        .collect();
    let data = TensorData::new(values, view.shape().to_vec());
    Ok(Tensor::from_data(data, device))
}

/// Weights of a file that holds inputs besides.
fn weights(bytes: &[u8], mut expected: Vec<Expected>, inputs: &[&str]) -> Result<Weights, Error> {
    Weights::read("bench", bytes, |header| {
        for name in inputs {
            let shape = header.shape(name).unwrap_or_default().to_vec();
            expected.push(Expected {
                name: String::from(*name),
                shape,
                used: false,
            });
        }
        Ok(expected)
    })
}

impl Work {
    fn new(case: &str, burns: bool, bytes: &[u8], device: &Device) -> Result<Self, Error> {
        match case {
            "block" => Ok(Self::Block {
                input: tensor(bytes, "input", device)?,
                weight: tensor(bytes, "conv.weight", device)?,
                bias: tensor(bytes, "conv.bias", device)?,
                output: None,
            }),
            "resnet6" => {
                let config = ResnetGeneratorConfig {
                    width: 32,
                    blocks: 6,
                    ..ResnetGeneratorConfig::default()
                };
                let weights = weights(bytes, config.expected(), &["input"])?;
                Ok(Self::Resnet {
                    input: tensor(bytes, "input", device)?,
                    network: Box::new(config.load(&weights, device)?.packed()),
                    output: None,
                })
            }
            "gatys" => Ok(Self::Gatys(Box::new(Gatys::new(bytes, device)?))),
            "dcgan" => Ok(Self::Dcgan(Box::new(Dcgan::new(bytes, burns, device)?))),
            _ => Err(Error::Unexpected(format!("there is no case {case}"))),
        }
    }

    fn run(&mut self) {
        match self {
            Self::Block {
                input,
                weight,
                bias,
                output,
            } => {
                let options = ConvOptions {
                    padding: 1,
                    mode: PadMode::Reflect,
                    ..ConvOptions::default()
                };
                let y = conv2d(input.clone(), weight.clone(), Some(bias.clone()), options);
                let options = NormOptions {
                    over: Over::Instance,
                    epsilon: 1e-5,
                    activation: Activation::Relu,
                };
                *output = Some(norm(y, None, None, options).0);
            }
            Self::Resnet {
                input,
                network,
                output,
            } => *output = Some(network.forward(input.clone())),
            Self::Gatys(gatys) => gatys.run(),
            Self::Dcgan(dcgan) => dcgan.run(),
        }
    }
}

/// One step of style transfer with the page's defaults, but without total variation, frame and average.
struct Gatys {
    network: FeatureNetwork,
    targets: Targets,
    layers: Vec<(String, f32)>,
    config: GatysConfig,
    image: Tensor<4>,
    state: Tensor<2>,
    time: u32,
    first: Option<Tensor<4>>,
}

impl Gatys {
    fn new(bytes: &[u8], device: &Device) -> Result<Self, Error> {
        let expected = Architecture::Vgg(&FEATURES).expected();
        let weights = weights(bytes, expected, &["content", "style", "image"])?;
        let network = FeatureNetwork::Vgg(Vgg::load(&FEATURES, &weights, device)?.packed());
        let config = GatysConfig {
            tv_weight: 0.0,
            ..GatysConfig::default()
        };
        let names: Vec<String> = FEATURES
            .style_layers
            .iter()
            .map(|n| String::from(*n))
            .collect();
        let taps = |name: &str| -> Result<_, Error> {
            let picture = tensor(bytes, name, device)?;
            Ok(network.forward(picture, &names, config.pooling))
        };
        let content = taps("content")?.remove(FEATURES.content_layer);
        let style: BTreeMap<_, _> = taps("style")?
            .into_iter()
            .map(|(name, f)| (name, gram(f)))
            .collect();
        let share = 1.0 / names.len() as f32;
        let image: Tensor<4> = tensor(bytes, "image", device)?;
        let values = image.shape().num_elements();
        Ok(Self {
            network,
            targets: Targets { content, style },
            layers: names.into_iter().map(|name| (name, share)).collect(),
            config,
            image,
            state: Tensor::zeros([3, values], device),
            time: 0,
            first: None,
        })
    }

    fn run(&mut self) {
        self.time += 1;
        let layers = (FEATURES.content_layer, self.layers.as_slice());
        let (_, gradient) =
            self.targets
                .measure(self.image.clone(), &self.network, layers, &self.config);
        let step = AdamStep::new(self.time, self.config.learning_rate, 0.0);
        let (image, state) = adam(self.image.clone(), gradient, self.state.clone(), step);
        self.first.get_or_insert_with(|| image.clone());
        (self.image, self.state) = (image, state);
    }
}

/// One training step of DCGAN at 32 px.
struct Dcgan {
    generator: Option<DcganGenerator>,
    discriminator: Option<DcganDiscriminator>,
    optimizers: [Optimizer; 2],
    noise: Tensor<4>,
    real: Tensor<4>,
    first: Option<Tensor<1>>,
}

/// Adam with 2e-4, 0.5 and 0.999.
enum Optimizer {
    Easel(Adam),
    Burn(ModuleOptimizer),
}

impl Optimizer {
    fn new(burns: bool) -> Self {
        if burns {
            let config = AdamConfig::new().with_beta_1(0.5).with_beta_2(0.999);
            Self::Burn(config.with_epsilon(1e-8).init())
        } else {
            Self::Easel(Adam::new(2e-4, 0.5, 0.999))
        }
    }

    fn step<M: Module>(&mut self, module: M, loss: &Tensor<1>) -> M {
        let grads = GradientsParams::from_grads(loss.backward(), &module);
        match self {
            Self::Easel(adam) => adam.step(module, grads),
            Self::Burn(adam) => adam.step(2e-4, module, grads),
        }
    }
}

impl Dcgan {
    fn new(bytes: &[u8], burns: bool, device: &Device) -> Result<Self, Error> {
        let config = DcganConfig {
            size: 32,
            latent: 64,
            width: 32,
            ..DcganConfig::default()
        };
        let device = device.clone().autodiff();
        let (g, d) = (part(bytes, "g.")?, part(bytes, "d.")?);
        let (g, d) = (
            weights(&g, config.expected_generator(), &[])?,
            weights(&d, config.expected_discriminator(), &[])?,
        );
        Ok(Self {
            generator: Some(config.load_generator(&g, &device)?),
            discriminator: Some(config.load_discriminator(&d, &device)?),
            optimizers: [Optimizer::new(burns), Optimizer::new(burns)],
            noise: tensor(bytes, "noise", &device)?,
            real: tensor(bytes, "real", &device)?,
            first: None,
        })
    }

    fn run(&mut self) {
        let (Some(mut g), Some(mut d)) = (self.generator.take(), self.discriminator.take()) else {
            return;
        };
        // Cross-entropy of logits: of the real ones with 1, of the fakes with 0.
        let fake = g.forward_train(self.noise.clone());
        let real = log_sigmoid(d.forward_train(self.real.clone())).mean().neg();
        let detached = Tensor::from_inner(fake.clone().inner());
        let faked = log_sigmoid(d.forward_train(detached).neg()).mean().neg();
        let d_loss = real + faked;
        d = self.optimizers[0].step(d, &d_loss);
        // The discriminator only judges now: its parameters need no gradients.
        let mut judge = d.clone().no_grad();
        let g_loss = log_sigmoid(judge.forward_train(fake)).mean().neg();
        g = self.optimizers[1].step(g, &g_loss);
        self.first
            .get_or_insert_with(|| Tensor::cat(vec![d_loss.inner(), g_loss.inner()], 0));
        (self.generator, self.discriminator) = (Some(g), Some(d));
    }
}
