//! `easel gatys`: one picture, by optimisation.

use std::path::PathBuf;
use std::rc::Rc;

use burn::tensor::Device;
use clap::Args;
use easel::data::decode::decode;
use easel::jobs::{Gatys, GatysInputs, Job, Status};
use easel::models::FeatureNetwork;
use easel::protocol::GatysConfig;

use super::stylize::writable;
use super::{Done, Failed};

#[derive(Args)]
pub struct GatysArgs {
    content: PathBuf,
    #[arg(required = true)]
    styles: Vec<PathBuf>,
    /// Settings as JSON, named as in the JavaScript API.
    #[arg(long, default_value = "{}")]
    settings: String,
    /// A file of weights: the page's own, or torchvision's vgg16, vgg19 or squeezenet1_1.
    #[arg(long, default_value = "weights/features.safetensors")]
    network: PathBuf,
    #[arg(long, short, default_value = "stylized.png")]
    out: PathBuf,
}

pub fn gatys(args: GatysArgs, device: &Device) -> Done {
    writable(&args.out)?;
    let config: GatysConfig = serde_json::from_str(&args.settings)?;
    let picture = |path: &PathBuf| -> Result<_, Failed> {
        Ok(decode(&std::fs::read(path)?, &path.to_string_lossy())?.pixels)
    };
    let inputs = GatysInputs {
        content: picture(&args.content)?,
        styles: args.styles.iter().map(picture).collect::<Result<_, _>>()?,
        init: None,
    };
    let bytes = std::fs::read(&args.network)?;
    let name = args.network.to_string_lossy();
    let (architecture, net) = FeatureNetwork::read(&name, &bytes, device)?;
    let net = Rc::new(net);
    let mut job = Gatys::new(config, inputs, architecture, net, device)?;
    loop {
        let status = job.step()?;
        let progress = job.progress();
        if progress.step % 20 == 0 || status == Status::Done {
            let read = |(name, value): (String, burn::tensor::Tensor<1>)| {
                let value = value.into_data().iter::<f32>().next().unwrap_or(f32::NAN);
                format!("{name} {value:.4}")
            };
            let metrics: Vec<_> = job.metrics().into_iter().map(read).collect();
            eprintln!(
                "{} of {}: {}",
                progress.step,
                progress.of,
                metrics.join(", ")
            );
        }
        if status == Status::Done {
            break;
        }
    }
    let preview = job.preview();
    let [h, w] = preview.dims();
    let data = preview.into_data();
    let bytes = data.iter::<i32>().flat_map(i32::to_le_bytes).collect();
    let picture = image::RgbaImage::from_raw(w as u32, h as u32, bytes);
    picture
        .ok_or("the picture has the wrong size")?
        .save(&args.out)?;
    println!("{}", args.out.display());
    Ok(())
}
