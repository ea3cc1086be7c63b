//! Whether results look like paintings, and how much of their pictures they keep. A classifier learns from patches of
//! photos and of paintings, none of which a generator made, and is asked of patches of results.
#![allow(
    clippy::disallowed_methods,
    reason = "native only: reading waits for the device"
)]

use std::path::{Path, PathBuf};

use burn::module::Module;
use burn::optim::GradientsParams;
use burn::tensor::{Device, Tensor, TensorData, activation::log_softmax};
use image::{RgbImage, imageops};

use super::lesson::falling;
use super::pictures::{Pictures, all_of, crops, upload};
use crate::data::seed::Seed;
use crate::error::Error;
use crate::models::{Classifier, ClassifierConfig, FeatureNetwork};
use crate::nn::Adam;
use crate::protocol::Pooling;

/// Side of a patch in pixels.
const SIDE: u32 = 64;
/// Side in pixels of what is compared with its original.
const SQUARE: u32 = 256;
/// Patches that are asked of each folder.
const ASKED: usize = 1000;
/// Steps from one progress line to the next.
const LINE: usize = 100;

/// What to learn from, and what to judge.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Folders of photos.
    pub photos: Vec<PathBuf>,
    /// Folders of paintings.
    pub paintings: Vec<PathBuf>,
    /// Folders of results.
    pub results: Vec<PathBuf>,
    /// What the results were made of: files of the same names but for their endings.
    pub originals: Option<PathBuf>,
    /// Weights of the network by whose features results and originals are compared.
    pub network: PathBuf,
    /// Training steps.
    pub steps: usize,
    /// Patches of each kind per step.
    pub batch: usize,
    /// The highest learning rate; it falls to a hundredth along a cosine.
    pub rate: f32,
    /// Seeds weights and patches.
    pub seed: u32,
}

/// What was found.
#[derive(Debug)]
pub struct Outcome {
    /// Share of patches of photos and of paintings that were held out and are named right, 0..1.
    pub right: [f32; 2],
    /// Of each folder of results.
    pub results: Vec<Found>,
}

/// What was found of a folder.
#[derive(Debug)]
pub struct Found {
    /// Share of its patches taken for paintings, 0..1.
    pub paintings: f32,
    /// See [`Settings::originals`].
    pub kept: Option<Kept>,
}

/// How near results are to their originals, on average.
#[derive(Clone, Copy, Debug)]
pub struct Kept {
    /// Distance of their features, in units of that between an original and the next one: 0 is the same, 1 another picture.
    pub features: f32,
    /// Correlation of the strength of edges, -1..1.
    pub edges: f32,
}

/// Learns, and asks. Tells a line now and then.
///
/// # Errors
/// Files that cannot be read; a folder of results without pictures; a result without its original, or fewer than two of these.
pub fn judge(
    settings: &Settings,
    device: &Device,
    mut told: impl FnMut(String),
) -> Result<Outcome, Error> {
    // What is in the way is to be told before the work.
    let read = |folder: &PathBuf| all_of(std::slice::from_ref(folder));
    let originals = settings.originals.as_ref().map(read).transpose()?;
    if originals.as_ref().is_some_and(|all| all.len() < 2) {
        return Err(Error::Unexpected(
            "originals are measured by another: two at least".into(),
        ));
    }
    let mut results = Vec::new();
    for folder in &settings.results {
        let pictures = read(folder)?;
        if pictures.is_empty() {
            return Err(Error::Unexpected(format!(
                "no pictures in {}",
                folder.display()
            )));
        }
        if let Some(originals) = &originals {
            for (path, _) in &pictures {
                place(originals, path)?;
            }
        }
        results.push(pictures);
    }
    let compared = match originals {
        Some(originals) => Some((originals, features(&settings.network, device)?)),
        None => None,
    };
    let [photos, paintings] =
        [&settings.photos, &settings.paintings].map(|folders| Pictures::read(folders));
    let kinds = [photos?, paintings?];
    let net = learn(settings, &kinds, device, &mut told);
    let right = [0, 1].map(|kind| {
        let share = share(&net, kinds[kind].test(ASKED, SIDE, device));
        if kind == 0 { 1.0 - share } else { share }
    });
    let of = |pictures: Vec<Named>| {
        let plain: Vec<_> = pictures.iter().map(|(_, picture)| picture).collect();
        let patches = crops(&plain, ASKED, SIDE, &mut Seed::new(0));
        let kept = compared
            .as_ref()
            .map(|(originals, net)| kept(&pictures, originals, net, device));
        Ok(Found {
            paintings: share(&net, upload(&patches, SIDE, device)),
            kept: kept.transpose()?,
        })
    };
    let results = results.into_iter().map(of).collect::<Result<_, Error>>()?;
    Ok(Outcome { right, results })
}

/// The classifier: class 0 are photos, 1 are paintings.
fn learn(
    settings: &Settings,
    kinds: &[Pictures; 2],
    device: &Device,
    told: &mut impl FnMut(String),
) -> Classifier {
    let config = ClassifierConfig {
        size: SIDE as usize,
        channels: 3,
        classes: 2,
    };
    let learning = device.clone().autodiff();
    let mut seed = Seed::new(settings.seed);
    let mut net = config.init(&mut seed, &learning);
    let mut adam = Adam::new(settings.rate, 0.9, 0.999).averaging(0.99);
    let batch = settings.batch;
    let mut targets = vec![0.0_f32; 4 * batch];
    for (i, target) in targets.chunks_exact_mut(2).enumerate() {
        target[i / batch] = 1.0;
    }
    let targets = Tensor::<2>::from_data(TensorData::new(targets, [2 * batch, 2]), &learning);
    for step in 0..settings.steps {
        adam.set_rate(falling(settings.rate, step, settings.steps));
        let mut patches = |kind: usize| kinds[kind].batch(batch, SIDE, &mut seed, &learning);
        let pictures = Tensor::cat(vec![patches(0), patches(1)], 0);
        let logits = net.forward(pictures * 2.0 - 1.0);
        let loss = -(log_softmax(logits, 1) * targets.clone()).sum() / (2 * batch) as f32;
        let grads = GradientsParams::from_grads(loss.backward(), &net);
        net = adam.step(net, grads);
        if (step + 1) % LINE == 0 {
            let loss = loss.into_data().iter::<f32>().next().unwrap_or(f32::NAN);
            told(format!(
                "{} of {}: loss {loss:.4}",
                step + 1,
                settings.steps
            ));
        }
    }
    adam.averaged(net.valid())
}

/// Share of patches `[B, 3, S, S]` in 0..1 that are taken for paintings.
fn share(net: &Classifier, patches: Tensor<4>) -> f32 {
    let count = patches.dims()[0];
    let mut paintings = 0;
    for part in patches.split(128, 0) {
        let logits: Vec<f32> = net.forward(part * 2.0 - 1.0).into_data().iter().collect();
        paintings += logits.chunks_exact(2).filter(|of| of[1] > of[0]).count();
    }
    paintings as f32 / count as f32
}

fn features(path: &Path, device: &Device) -> Result<(FeatureNetwork, Vec<String>), Error> {
    let name = path.to_string_lossy();
    let bytes = std::fs::read(path).map_err(|e| Error::Unexpected(format!("{name}: {e}")))?;
    let (architecture, net) = FeatureNetwork::read(&name, &bytes, device)?;
    Ok((net, vec![architecture.content_layer().to_owned()]))
}

type Named = (PathBuf, RgbImage);

/// Which of the originals a result was made of.
fn place(originals: &[Named], result: &Path) -> Result<usize, Error> {
    let same = |of: &Named| of.0.file_stem() == result.file_stem();
    let missing = || Error::Unexpected(format!("{}: no original", result.display()));
    originals.iter().position(same).ok_or_else(missing)
}

/// How near the middle squares are, reduced to [`SQUARE`] pixels.
fn kept(
    results: &[Named],
    originals: &[Named],
    (net, layers): &(FeatureNetwork, Vec<String>),
    device: &Device,
) -> Result<Kept, Error> {
    let seen = |picture: &RgbImage| -> Vec<f32> {
        let picture = upload(std::slice::from_ref(picture), SQUARE, device);
        let taps = net.forward(picture, layers, Pooling::Max);
        taps[&layers[0]].clone().into_data().iter().collect()
    };
    let (mut near, mut far, mut edges) = (0.0, 0.0, 0.0);
    let squares: Vec<_> = originals.iter().map(|(_, of)| square(of)).collect();
    for (path, result) in results {
        let place = place(originals, path)?;
        let result = square(result);
        let [of_original, of_result, of_next] = [
            &squares[place],
            &result,
            &squares[(place + 1) % squares.len()],
        ]
        .map(seen);
        near += distance(&of_original, &of_result);
        far += distance(&of_original, &of_next);
        edges += correlation(&strengths(&squares[place]), &strengths(&result));
    }
    Ok(Kept {
        features: near / far,
        edges: edges / results.len() as f32,
    })
}

fn square(picture: &RgbImage) -> RgbImage {
    let (w, h) = picture.dimensions();
    let side = w.min(h);
    let middle = imageops::crop_imm(picture, (w - side) / 2, (h - side) / 2, side, side);
    imageops::resize(
        &middle.to_image(),
        SQUARE,
        SQUARE,
        imageops::FilterType::Triangle,
    )
}

fn distance(a: &[f32], b: &[f32]) -> f32 {
    let squares = a.iter().zip(b).map(|(a, b)| (a - b).powi(2));
    squares.sum::<f32>().sqrt()
}

/// The length of the gradient of the sum of channels, at every pixel but the last of each line and column.
fn strengths(picture: &RgbImage) -> Vec<f32> {
    let at = |x: u32, y: u32| picture.get_pixel(x, y).0.map(f32::from).iter().sum::<f32>();
    let (w, h) = picture.dimensions();
    let length = |x, y| (at(x + 1, y) - at(x, y)).hypot(at(x, y + 1) - at(x, y));
    (0..h - 1)
        .flat_map(|y| (0..w - 1).map(move |x| (x, y)))
        .map(|(x, y)| length(x, y))
        .collect()
}

/// Pearson's.
fn correlation(a: &[f32], b: &[f32]) -> f32 {
    let mean = |x: &[f32]| x.iter().sum::<f32>() / x.len() as f32;
    let (ma, mb) = (mean(a), mean(b));
    let (mut ab, mut aa, mut bb) = (0.0, 0.0, 0.0);
    for (a, b) in a.iter().zip(b) {
        ab += (a - ma) * (b - mb);
        aa += (a - ma).powi(2);
        bb += (b - mb).powi(2);
    }
    ab / (aa * bb).sqrt()
}
