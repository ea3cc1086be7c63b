//! `easel train`: the models of the page.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use burn::tensor::Device;
use clap::{Args, Subcommand};
use easel::protocol::{
    CycleganConfig, CycleganControl, GanConfig, GanControl, GanData, ModelInfo, Pairing,
    Pix2pixConfig, Pix2pixControl, ProganConfig, ProganControl, StackganConfig, StackganControl,
};
use easel::train::run::Output;
use easel::train::{attributes, classifier, cyclegan, features, gan, pix2pix, progan, stackgan};
use easel::weights::sha256;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::{Done, Failed};

#[derive(Subcommand)]
pub enum Model {
    /// The feature network, distilled from larger ones.
    Features(FeaturesArgs),
    /// A start of the GAN lab.
    Gan(GanArgs),
    /// What names the classes of the GAN lab's samples.
    Classifier(ClassifierArgs),
    /// A translation of pictures, learnt from pairs out of Easel's own scenes.
    Pix2pix(Pix2pixArgs),
    /// Two translations that undo each other, learnt from pictures without pairs.
    Cyclegan(CycleganArgs),
    /// Two networks that grow.
    Progan(ProganArgs),
    /// From a sentence to a picture in two stages.
    Stackgan(StackganArgs),
}

#[derive(Args)]
pub struct FeaturesArgs {
    /// A folder of training pictures; may be given more than once.
    #[arg(long, required = true)]
    pictures: Vec<PathBuf>,
    /// Darknet Reference's first five convolutions, safetensors.
    #[arg(long)]
    darknet: PathBuf,
    /// SqueezeNet 1.1, safetensors.
    #[arg(long)]
    squeezenet: PathBuf,
    #[arg(long, default_value_t = 1.0)]
    darknet_share: f32,
    #[arg(long, default_value_t = 0.0)]
    squeezenet_share: f32,
    /// Weights to go on from.
    #[arg(long)]
    from: Option<PathBuf>,
    #[arg(long, default_value_t = 6000)]
    steps: usize,
    /// How many of the steps, at the start, train each block alone.
    #[arg(long, default_value_t = 2000)]
    blockwise: usize,
    #[arg(long, default_value_t = 8)]
    batch: usize,
    /// Side of a crop in pixels.
    #[arg(long, default_value_t = 64)]
    crop: u32,
    #[arg(long, default_value_t = 2e-3)]
    rate: f64,
    #[arg(long, default_value_t = 1)]
    seed: u32,
    /// Where to write the weights.
    #[arg(long, default_value = "weights/features.safetensors")]
    out: PathBuf,
}

#[derive(Args)]
pub struct GanArgs {
    /// `gan`, `dcgan`, `lsgan` or `cgan`.
    #[arg(long, default_value = "dcgan")]
    variant: String,
    /// `ring`, `grid`, `moons`, `digits` or `scenes`; or the path of a folder of pictures, a zip, or an idx file with its
    /// labels beside it. The variant's own if nothing is said.
    #[arg(long)]
    data: Option<String>,
    /// What names the classes of the samples; of digits and scenes the page's own, where it is, if nothing is said.
    #[arg(long)]
    classifier: Option<PathBuf>,
    #[command(flatten)]
    run: RunArgs,
}

#[derive(Args)]
pub struct ClassifierArgs {
    /// `digits`, `scenes`, `captions` (every attribute, at 64 px), or what `train gan --data` takes, with labels, at 28
    /// px.
    #[arg(long)]
    data: String,
    /// How many digits or scenes are drawn to learn from.
    #[arg(long, default_value_t = 6000)]
    count: usize,
    #[arg(long, default_value_t = 3000)]
    steps: usize,
    #[arg(long, default_value_t = 64)]
    batch: usize,
    #[arg(long, default_value_t = 2e-3)]
    rate: f32,
    #[arg(long, default_value_t = 1)]
    seed: u32,
    /// Where to write the weights.
    #[arg(long)]
    out: PathBuf,
}

#[derive(Args)]
pub struct Pix2pixArgs {
    /// From `edges`, `labels` or `grey` to the photo of a scene; from the photo to that by `night` or in `winter`; from an
    /// aerial photo to the `map`.
    #[arg(long, default_value = "edges")]
    task: String,
    /// Learn from your own pairs instead: a folder or a zip of pictures that have both sides, input on the left.
    #[arg(long, conflicts_with_all = ["task", "a", "from"])]
    pairs: Option<PathBuf>,
    /// Or a folder of inputs, with `--b`: files of the same name belong together.
    #[arg(long, requires = "b", conflicts_with_all = ["task", "from"])]
    a: Option<PathBuf>,
    #[arg(long, requires = "a")]
    b: Option<PathBuf>,
    /// Or a folder or a zip of any pictures, with `--make`.
    #[arg(long, requires = "make", conflicts_with = "task")]
    from: Option<PathBuf>,
    /// What is made of each of them, from which it is to be found: `edges`, `grey`, `blur` or `mosaic`.
    #[arg(long, requires = "from", value_parser = ["edges", "grey", "blur", "mosaic"])]
    make: Option<String>,
    /// Side of a picture in pixels: 32, 64, 128 or 256.
    #[arg(long)]
    size: Option<u32>,
    #[command(flatten)]
    run: RunArgs,
}

#[derive(Args)]
pub struct CycleganArgs {
    /// What is turned into what and back, of Easel's own scenes: `winter`, `night` or `stripes`.
    #[arg(long, default_value = "winter")]
    task: String,
    /// A folder of pictures, or a zip, in the place of the scenes that are turned into others.
    #[arg(long, requires = "b")]
    a: Option<PathBuf>,
    /// The same, in the place of the others.
    #[arg(long, requires = "a")]
    b: Option<PathBuf>,
    /// Side of a picture in pixels: 32, 64, 128 or 256.
    #[arg(long)]
    size: Option<u32>,
    /// Side in pixels, up to 286, that pictures of folders are reduced to before pieces are cut out at random; 286 / 256
    /// of the size if nothing is said. The larger, the smaller the part of a picture that is learnt from.
    #[arg(long, requires = "a")]
    load: Option<u32>,
    /// The same for the pictures of `--b` alone.
    #[arg(long, requires = "b")]
    load_b: Option<u32>,
    /// A file of this command's, with whose generators to begin; width, blocks and `upsample` are as there.
    #[arg(long)]
    from: Option<PathBuf>,
    #[command(flatten)]
    run: RunArgs,
}

/// What the training of a job of the page has in common.
#[derive(Args)]
pub struct RunArgs {
    /// Further settings as JSON, named as in the JavaScript API.
    #[arg(long, default_value = "{}")]
    settings: String,
    /// Steps in all.
    #[arg(long)]
    steps: Option<u32>,
    /// Steps from one checkpoint to the next.
    #[arg(long, default_value_t = 500)]
    every: u32,
    /// Go on with the checkpoint beside the output, with the live controls that are among the settings.
    #[arg(long)]
    resume: bool,
    /// Where to write the weights; a checkpoint and a picture of the run lie beside them.
    #[arg(long)]
    out: PathBuf,
}

impl RunArgs {
    fn output(&self) -> Output {
        Output {
            out: self.out.clone(),
            every: self.every.max(1),
            resume: self.resume,
        }
    }

    /// The settings, with those that have an argument of their own.
    fn config<T: DeserializeOwned>(&self, given: &[(&str, Option<Value>)]) -> Result<T, Failed> {
        let mut config: Value = serde_json::from_str(&self.settings)?;
        let steps = [("steps", self.steps.map(Value::from))];
        for (name, value) in given.iter().chain(&steps) {
            if let Some(value) = value {
                config[*name] = value.clone();
            }
        }
        Ok(serde_json::from_value(config)?)
    }

    /// Those of the settings that are live controls.
    fn control<T: DeserializeOwned>(&self) -> Result<T, Failed> {
        let config: Value = serde_json::from_str(&self.settings)?;
        let live = |(name, value): (&String, &Value)| {
            serde_json::from_value::<T>(json!({ name: value })).ok()?;
            Some((name.clone(), value.clone()))
        };
        let given = config.as_object().into_iter().flatten();
        let control: serde_json::Map<_, _> = given.filter_map(live).collect();
        Ok(serde_json::from_value(control.into())?)
    }

    /// Writes the weights and tells the numbers.
    fn finish(&self, job: &str, file: &[u8], metrics: &BTreeMap<String, f32>) -> Done {
        std::fs::write(&self.out, file)?;
        record(&self.out, file, job, job)?;
        println!("{} bytes", file.len());
        println!("sha256 {}", sha256(file));
        for (name, value) in metrics {
            println!("{name} {value:.4}");
        }
        Ok(())
    }
}

#[derive(Args)]
pub struct ProganArgs {
    /// `digits`, `scenes`, or the path of a folder of pictures, a zip, or an idx file.
    #[arg(long, default_value = "scenes")]
    data: String,
    /// Side of the last level in pixels: 4, 8, ... 256.
    #[arg(long)]
    size: Option<u32>,
    /// Pictures over which a level fades in.
    #[arg(long)]
    fade: Option<u32>,
    /// Pictures from which a level is learnt after that.
    #[arg(long)]
    stable: Option<u32>,
    #[command(flatten)]
    run: RunArgs,
}

#[derive(Args)]
pub struct StackganArgs {
    /// Steps of the encoder of sentences.
    #[arg(long)]
    encoder: Option<u32>,
    /// Steps of Stage-I.
    #[arg(long)]
    first: Option<u32>,
    /// Steps of Stage-II.
    #[arg(long)]
    second: Option<u32>,
    /// Weights to begin with.
    #[arg(long)]
    from: Option<PathBuf>,
    /// What sees attributes in pictures, as `train classifier --data captions` writes it: in the end, of 500 captions.
    #[arg(long)]
    judge: Option<PathBuf>,
    #[command(flatten)]
    run: RunArgs,
}

pub fn train(model: Model, device: &Device) -> Done {
    match model {
        Model::Features(args) => train_features(args, device),
        Model::Gan(args) => train_gan(args, device),
        Model::Classifier(args) => train_classifier(args, device),
        Model::Pix2pix(args) => train_pix2pix(args, device),
        Model::Cyclegan(args) => train_cyclegan(args, device),
        Model::Progan(args) => train_progan(args, device),
        Model::Stackgan(args) => train_stackgan(args, device),
    }
}

fn train_features(args: FeaturesArgs, device: &Device) -> Done {
    let settings = features::Settings {
        pictures: args.pictures,
        darknet: args.darknet,
        squeezenet: args.squeezenet,
        darknet_share: args.darknet_share,
        squeezenet_share: args.squeezenet_share,
        from: args.from,
        steps: args.steps,
        blockwise: args.blockwise,
        batch: args.batch,
        crop: args.crop,
        rate: args.rate,
        seed: args.seed,
    };
    let outcome = features::train(&settings, device)?;
    std::fs::write(&args.out, &outcome.file)?;
    record(&args.out, &outcome.file, "gatys", "features")?;
    println!(
        "{} parameters, {} bytes",
        outcome.parameters,
        outcome.file.len()
    );
    println!("sha256 {}", sha256(&outcome.file));
    for (name, error) in outcome.errors {
        println!("held-out relative error of {name}: {error:.4}");
    }
    Ok(())
}

fn train_gan(args: GanArgs, device: &Device) -> Done {
    let name = args.data.clone().map(Value::from);
    let named = name.is_none_or(|name| serde_json::from_value::<GanData>(name).is_ok());
    let path = args.data.clone().filter(|_| !named).map(PathBuf::from);
    if let Some(path) = path.as_ref().filter(|path| !path.exists()) {
        return Err(format!("{} is neither data of Easel nor a file", path.display()).into());
    }
    let data = path.as_ref().map(|_| "pictures".to_owned()).or(args.data);
    let given = [
        ("variant", Some(args.variant.into())),
        ("data", data.map(Value::from)),
    ];
    let settings = gan::Settings {
        classifier: args.classifier,
        config: args.run.config::<GanConfig>(&given)?,
        data: path,
        output: args.run.output(),
        control: args.run.control::<GanControl>()?,
    };
    let outcome = gan::train(&settings, device, |line| eprintln!("{line}"))?;
    args.run.finish("gan", &outcome.file, &outcome.metrics)?;
    if let Some(seen) = outcome.recognised {
        println!(
            "of {} samples: agreement {:.4}, confident {:.4}, classes seen {}",
            gan::JUDGED,
            seen.agreement,
            seen.confident,
            seen.classes_seen
        );
    }
    Ok(())
}

fn train_classifier(args: ClassifierArgs, device: &Device) -> Done {
    let settings = classifier::Settings {
        data: args.data,
        count: args.count,
        steps: args.steps,
        batch: args.batch.max(1),
        rate: args.rate,
        seed: args.seed,
    };
    if settings.data == "captions" {
        return train_attributes(&args.out, &settings, device);
    }
    let outcome = classifier::train(&settings, device, |line| eprintln!("{line}"))?;
    std::fs::write(&args.out, &outcome.file)?;
    record(&args.out, &outcome.file, "gan", "classifier")?;
    println!(
        "{} parameters, {} bytes",
        outcome.parameters,
        outcome.file.len()
    );
    println!("sha256 {}", sha256(&outcome.file));
    for (what, seen) in [("as they are", outcome.plain), ("changed", outcome.changed)] {
        println!(
            "{} held out, {what}: {:.4} right, {:.4} confident",
            outcome.held, seen.agreement, seen.confident
        );
    }
    println!("no class: {:.4} confident", outcome.nonsense.confident);
    Ok(())
}

fn train_attributes(out: &Path, settings: &classifier::Settings, device: &Device) -> Done {
    let outcome = attributes::train(settings, device, |line| eprintln!("{line}"))?;
    std::fs::write(out, &outcome.file)?;
    println!(
        "{} bytes, sha256 {}",
        outcome.file.len(),
        sha256(&outcome.file)
    );
    for (what, right) in [("as they are", outcome.plain), ("changed", outcome.changed)] {
        let mean = right.iter().sum::<f32>() / right.len() as f32;
        println!("{} held out, {what}: {mean:.4} right", outcome.held);
        for (name, right) in attributes::NAMES.iter().zip(right) {
            println!("  {name} {right:.4}");
        }
    }
    Ok(())
}

fn train_pix2pix(args: Pix2pixArgs, device: &Device) -> Done {
    let own = match (args.pairs, args.a.zip(args.b), args.from.zip(args.make)) {
        (Some(pairs), ..) => Some((vec![pairs], Pairing::Sides)),
        (_, Some((a, b)), _) => Some((vec![a, b], Pairing::Folders)),
        (.., Some((from, make))) => Some((vec![from], serde_json::from_value(make.into())?)),
        _ => None,
    };
    let task = if own.is_some() {
        "own".to_owned()
    } else {
        args.task
    };
    let said = serde_json::from_str::<Value>(&args.run.settings)?
        .get("jitter")
        .is_some();
    let given = [
        ("task", Some(task.into())),
        ("size", args.size.map(Value::from)),
        ("jitter", (own.is_some() && !said).then(|| true.into())),
    ];
    let settings = pix2pix::Settings {
        config: args.run.config::<Pix2pixConfig>(&given)?,
        own,
        output: args.run.output(),
        control: args.run.control::<Pix2pixControl>()?,
    };
    let outcome = pix2pix::train(&settings, device, |line| eprintln!("{line}"))?;
    args.run.finish("pix2pix", &outcome.file, &outcome.metrics)
}

fn train_cyclegan(args: CycleganArgs, device: &Device) -> Done {
    let folders = args.a.zip(args.b).map(|(a, b)| [a, b]);
    let task = match folders {
        Some(_) => "own".to_owned(),
        None => args.task,
    };
    let given = [
        ("task", Some(task.into())),
        ("size", args.size.map(Value::from)),
    ];
    let settings = cyclegan::Settings {
        config: args.run.config::<CycleganConfig>(&given)?,
        folders,
        load: [args.load, args.load_b.or(args.load)],
        from: args.from,
        output: args.run.output(),
        control: args.run.control::<CycleganControl>()?,
    };
    let outcome = cyclegan::train(&settings, device, |line| eprintln!("{line}"))?;
    args.run.finish("cyclegan", &outcome.file, &outcome.metrics)
}

fn train_progan(args: ProganArgs, device: &Device) -> Done {
    let named = serde_json::from_value::<GanData>(args.data.clone().into()).is_ok();
    let path = (!named).then(|| PathBuf::from(&args.data));
    if let Some(path) = path.as_ref().filter(|path| !path.exists()) {
        return Err(format!("{} is neither data of Easel nor a file", path.display()).into());
    }
    let data = if named { args.data } else { "pictures".into() };
    let given = [
        ("data", Some(data.into())),
        ("size", args.size.map(Into::into)),
        ("fade", args.fade.map(Into::into)),
        ("stable", args.stable.map(Into::into)),
    ];
    let settings = progan::Settings {
        config: args.run.config::<ProganConfig>(&given)?,
        data: path,
        output: args.run.output(),
        control: args.run.control::<ProganControl>()?,
        phases: [args.fade, args.stable],
    };
    let outcome = progan::train(&settings, device, |line| eprintln!("{line}"))?;
    args.run.finish("progan", &outcome.file, &outcome.metrics)
}

fn train_stackgan(args: StackganArgs, device: &Device) -> Done {
    let steps = [args.encoder, args.first, args.second];
    let names = ["encoderSteps", "firstSteps", "secondSteps"];
    let given: Vec<_> = names
        .into_iter()
        .zip(steps.map(|steps| steps.map(Value::from)))
        .collect();
    let settings = stackgan::Settings {
        config: args.run.config::<StackganConfig>(&given)?,
        from: args.from,
        judge: args.judge,
        output: args.run.output(),
        control: args.run.control::<StackganControl>()?,
        steps,
    };
    let outcome = stackgan::train(&settings, device, |line| eprintln!("{line}"))?;
    args.run.finish("stackgan", &outcome.file, &outcome.metrics)
}

/// Enters the file into the manifest beside it, if there is one. The file's stem is its id.
fn record(path: &Path, file: &[u8], job: &str, architecture: &str) -> Done {
    let manifest = path.with_file_name("manifest.json");
    let Ok(text) = std::fs::read_to_string(&manifest) else {
        return Ok(());
    };
    let mut models: Vec<ModelInfo> = serde_json::from_str(&text)?;
    let stem = path.file_stem().ok_or("a file has a name")?;
    let id = stem.to_string_lossy().into_owned();
    models.retain(|model| model.id != id);
    models.push(ModelInfo {
        file: path
            .file_name()
            .ok_or("a file has a name")?
            .to_string_lossy()
            .into(),
        bytes: file.len() as u64,
        sha256: sha256(file),
        job: job.into(),
        architecture: architecture.into(),
        card: format!("{id}.md"),
        id,
    });
    std::fs::write(manifest, serde_json::to_string_pretty(&models)? + "\n")?;
    Ok(())
}
