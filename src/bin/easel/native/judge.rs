//! `easel judge`: whether results look like paintings.

use std::path::PathBuf;

use burn::tensor::Device;
use clap::Args;
use easel::train::paintings::{Settings, judge as judged};

#[derive(Args)]
pub struct JudgeArgs {
    /// A folder of photos; may be given more than once.
    #[arg(long, required = true)]
    photos: Vec<PathBuf>,
    /// A folder of paintings; may be given more than once.
    #[arg(long, required = true)]
    paintings: Vec<PathBuf>,
    /// What the results were made of: their features and edges are compared with those of the files of the same names.
    #[arg(long)]
    originals: Option<PathBuf>,
    /// Weights of the network by whose features they are compared.
    #[arg(long, default_value = "weights/features.safetensors")]
    network: PathBuf,
    #[arg(long, default_value_t = 600)]
    steps: usize,
    /// Patches of photos, and as many of paintings, per step.
    #[arg(long, default_value_t = 16)]
    batch: usize,
    #[arg(long, default_value_t = 2e-3)]
    rate: f32,
    #[arg(long, default_value_t = 1)]
    seed: u32,
    /// Folders of results.
    #[arg(required = true)]
    results: Vec<PathBuf>,
}

pub fn judge(args: JudgeArgs, device: &Device) -> Result<(), Box<dyn std::error::Error>> {
    let settings = Settings {
        photos: args.photos,
        paintings: args.paintings,
        results: args.results,
        originals: args.originals,
        network: args.network,
        steps: args.steps,
        batch: args.batch.max(1),
        rate: args.rate,
        seed: args.seed,
    };
    let outcome = judged(&settings, device, |line| eprintln!("{line}"))?;
    let [photos, paintings] = outcome.right;
    println!(
        "held out: {photos:.4} of the photos and {paintings:.4} of the paintings are named right"
    );
    for (folder, found) in settings.results.iter().zip(outcome.results) {
        let (name, share) = (folder.display(), found.paintings);
        print!("{name}: {share:.4} taken for paintings");
        match found.kept {
            Some(kept) => println!(
                ", feature distance {:.3} of another picture's, edges correlate {:.3}",
                kept.features, kept.edges
            ),
            None => println!(),
        }
    }
    Ok(())
}
