//! `easel stylize`: a trained network on pictures.

use std::path::{Path, PathBuf};
use std::rc::Rc;

use burn::tensor::Device;
use clap::Args;
use easel::data::decode::decode;
use easel::jobs::{
    Job, Memory, PictureGenerator, Status, Stylize, fastest_variant, read_picture_generator,
    variant_times,
};
use easel::ops::Variant;
use easel::protocol::{Kernels, StylizeConfig};

#[derive(Args)]
pub struct StylizeArgs {
    #[arg(required = true)]
    pictures: Vec<PathBuf>,
    /// A generator: a `.pth` or safetensors of pytorch-CycleGAN-and-pix2pix, of PyTorch's fast_neural_style, or what
    /// `easel train pix2pix` and `easel train cyclegan` write.
    #[arg(long)]
    network: PathBuf,
    /// Which of the file's generators, by its name there; the first if nothing is said.
    #[arg(long, default_value = "")]
    generator: String,
    /// Longest side of the result in pixels; as large as the picture if nothing is said.
    #[arg(long)]
    side: Option<u32>,
    /// How much of the result there is, 0 to 1.
    #[arg(long)]
    strength: Option<f32>,
    /// Take only the luminance of the result.
    #[arg(long)]
    keep_colors: bool,
    /// Further settings as JSON, named as in the JavaScript API.
    #[arg(long, default_value = "{}")]
    settings: String,
    /// The most memory to take, in megabytes.
    #[arg(long, default_value_t = 4096)]
    memory: u64,
    /// The result of one picture, or a folder for those of several, which are PNGs with the pictures' names.
    #[arg(long, short)]
    out: PathBuf,
}

/// What a graphics card is sure to give to one buffer, in bytes; also a bound for a processor.
const BUFFER: u64 = 128 << 20;

/// Says before the work that a picture cannot be written there.
pub fn writable(out: &Path) -> Result<(), String> {
    let known = image::ImageFormat::from_path(out);
    let name = out.display();
    known.map_err(|_| format!("{name}: the name of a picture ends in .png, .jpg or .webp"))?;
    Ok(())
}

pub fn stylize(args: &StylizeArgs, device: &Device) -> Result<(), Box<dyn std::error::Error>> {
    let mut config: StylizeConfig = serde_json::from_str(&args.settings)?;
    config.side = args.side.unwrap_or(config.side);
    config.strength = args.strength.unwrap_or(config.strength);
    config.keep_colors |= args.keep_colors;
    let file = std::fs::read(&args.network)?;
    let name = args.network.to_string_lossy();
    let variant = match config.kernels {
        Kernels::Measured => {
            let begun = std::time::Instant::now();
            let read =
                |variant| read_picture_generator(&name, &file, &args.generator, variant, device);
            let now = || begun.elapsed().as_secs_f64();
            let all = pollster::block_on(variant_times(&read, &now, device))?;
            for found in &all {
                let (kernels, ms) = (found.variant.kernels(), 1e3 * found.time);
                eprintln!("{kernels:?}: {ms:.1} ms for a picture of 128 px");
            }
            fastest_variant(&all)
        }
        kernels => Variant::asked(kernels, device).unwrap_or(Variant::DEFAULT),
    };
    let net = read_picture_generator(&name, &file, &args.generator, variant, device)?;
    if let [_, _, ..] = &net.names[..] {
        eprintln!("taking {} of {}", net.name, net.names.join(", "));
    }
    let net = Rc::new(net);
    let memory = Memory {
        binding: BUFFER,
        all: args.memory << 20,
    };
    let several = args.pictures.len() > 1 || args.out.is_dir();
    if several {
        std::fs::create_dir_all(&args.out)?;
    } else {
        writable(&args.out)?;
    }
    for picture in &args.pictures {
        let out = match (several, picture.file_stem()) {
            (true, Some(stem)) => args.out.join(stem).with_extension("png"),
            _ => args.out.clone(),
        };
        one(&config, picture, &net, memory, &out, device)?;
        println!("{}", out.display());
    }
    Ok(())
}

fn one(
    config: &StylizeConfig,
    path: &Path,
    net: &Rc<PictureGenerator>,
    memory: Memory,
    out: &Path,
    device: &Device,
) -> Result<(), Box<dyn std::error::Error>> {
    let picture = decode(&std::fs::read(path)?, &path.to_string_lossy())?.pixels;
    let mut job = Stylize::new(config.clone(), &picture, net.clone(), memory, device)?;
    let (begun, mut told) = (std::time::Instant::now(), 0.0);
    while job.step()? == Status::Running {
        let progress = job.progress();
        let seconds = begun.elapsed().as_secs_f64();
        if seconds > told + 5.0 {
            told = seconds;
            // Waits for the device, so that the clock is that of the work.
            for (_, mean) in job.metrics() {
                mean.into_data();
            }
            let left = seconds * (progress.total / progress.done - 1.0);
            let (step, of) = (progress.step, progress.of);
            eprintln!(
                "{}: {step} of {of}, about {left:.0} s to go",
                path.display()
            );
        }
    }
    let shown = job.preview();
    let [h, w] = shown.dims();
    let data = shown.into_data();
    let bytes = data.iter::<i32>().flat_map(i32::to_le_bytes).collect();
    let result = image::RgbaImage::from_raw(w as u32, h as u32, bytes);
    let result = result.ok_or("the picture has the wrong size")?;
    let opaque = result.pixels().all(|pixel| pixel[3] == u8::MAX);
    let result = image::DynamicImage::from(result);
    match opaque {
        // JPEG has no alpha.
        true => image::DynamicImage::from(result.into_rgb8()).save(out)?,
        false => result.save(out)?,
    }
    Ok(())
}
