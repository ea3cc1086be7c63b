//! Every kernel against its reference, on whatever device the user has: value, gradient, and finite
//! differences, on odd sizes. Run by the native tests, by the browser tests, and by a user who wants
//! to know whether a GPU computes rightly.

use burn::tensor::{DType, Device, Int, Tensor, TensorData};

use super::{
    AdamStep, adam, adam_reference, check_conv, gram, gram_reference, rgba8_pack,
    rgba8_pack_reference, rgba8_unpack, rgba8_unpack_reference, running_statistics,
    running_statistics_reference, total_variation, total_variation_reference,
};
use crate::error::Error;
use crate::gpu::read_named;

/// How far one result is from the truth.
#[derive(Clone, Debug)]
pub struct Check {
    /// `gram gradient [2, 5, 7, 3]`
    pub name: String,
    /// The largest difference, relative to the largest true value.
    pub worst: f32,
    /// The largest that rounding explains.
    pub tolerance: f32,
}

impl Check {
    /// Whether the result is right; a NaN never is.
    pub fn passed(&self) -> bool {
        self.worst <= self.tolerance
    }
}

/// Sums of up to a thousand f32 products, in another order: measured below 1e-6 on three adapters.
pub(super) const VALUE: f32 = 1e-5;
/// Central differences of a quadratic in f32: the function's own rounding over the step.
const DIFFERENCE: f32 = 5e-3;
/// Step of the differences, for values around 1.
const STEP: f32 = 0.05;

/// Feature maps: odd sizes, one pixel, more channels than a tile, more pixels than a segment.
const SHAPES: [[usize; 4]; 7] = [
    [1, 3, 4, 4],
    [2, 5, 7, 3],
    [1, 17, 13, 11],
    [3, 1, 1, 5],
    [1, 4, 1, 1],
    [1, 6, 33, 31],
    [1, 33, 9, 2],
];

/// Runs all checks.
///
/// # Errors
/// `DeviceLost` if the GPU does not answer.
pub async fn check_kernels(device: &Device) -> Result<Vec<Check>, Error> {
    let mut checks = Vec::new();
    for (i, dims) in SHAPES.into_iter().enumerate() {
        let x = values(&dims, i as u32, device);
        let exact = (VALUE, true);
        let name = format!("gram {dims:?}");
        let f = |x: &[Tensor<4>]| gram(x[0].clone()).flatten(0, 2);
        let truth = |x: &[Tensor<4>]| gram_reference(x[0].clone()).flatten(0, 2);
        checks.extend(differentiable(&name, std::slice::from_ref(&x), &f, &truth, exact).await?);
        let name = format!("total_variation {dims:?}");
        let f = |x: &[Tensor<4>]| total_variation(x[0].clone());
        let truth = |x: &[Tensor<4>]| total_variation_reference(x[0].clone());
        checks.extend(differentiable(&name, &[x], &f, &truth, exact).await?);
    }
    checks.extend(check_conv::check(device).await?);
    for channels in [1, 70] {
        let batch = values(&[2, channels], 3, device);
        let running = values(&[2, channels], 4, device);
        let ours = running_statistics(running.clone(), batch.clone(), 0.1, 3);
        let theirs = running_statistics_reference(running, batch, 0.1, 3);
        checks.push(compare(format!("running_statistics {channels}"), ours, theirs).await?);
    }
    for (w, h) in [(1, 1), (7, 3), (65, 9), (300, 230)] {
        checks.extend(packing(w, h, device).await?);
        checks.push(stepping(w, h, device).await?);
    }
    Ok(checks)
}

/// A function of feature maps, flattened.
pub(super) type Function<'a> = &'a dyn Fn(&[Tensor<4>]) -> Tensor<1>;

/// Value and all gradients of `f` against `reference`; if it is smooth, the gradients along one direction each also
/// against a central difference.
pub(super) async fn differentiable(
    name: &str,
    inputs: &[Tensor<4>],
    f: Function<'_>,
    reference: Function<'_>,
    (tolerance, smooth): (f32, bool),
) -> Result<Vec<Check>, Error> {
    let truth = reference(inputs);
    let upstream = values(&truth.dims(), 77, &truth.device());
    let gradients = |f: Function<'_>| -> Vec<Tensor<4>> {
        let leaf = |x: &Tensor<4>| Tensor::<4>::from_inner(x.clone()).require_grad();
        let leaves: Vec<_> = inputs.iter().map(leaf).collect();
        let grads = (f(&leaves) * Tensor::from_inner(upstream.clone()))
            .sum()
            .backward();
        let grad = |x: &Tensor<4>| {
            let found = x.grad(&grads);
            found.unwrap_or_else(|| x.clone().inner().zeros_like())
        };
        leaves.iter().map(grad).collect()
    };
    // What takes long is to wait for the GPU, so all is asked for at once.
    let mut asked = vec![f(inputs), truth];
    for (n, (ours, theirs)) in gradients(f)
        .into_iter()
        .zip(gradients(reference))
        .enumerate()
    {
        asked.extend([ours.clone().flatten(0, 3), theirs.flatten(0, 3)]);
        if !smooth {
            continue;
        }
        let direction = values(&inputs[n].dims(), 99, &ours.device());
        let at = |step: f32| {
            let mut moved = inputs.to_vec();
            moved[n] = moved[n].clone() + direction.clone() * step;
            (f(&moved) * upstream.clone()).sum()
        };
        let along = ours * direction.clone();
        let slope = (at(STEP) - at(-STEP)) / (2.0 * STEP);
        asked.extend([slope, along.clone().sum(), along.abs().sum()]);
    }
    let mut read = read_all(asked).await?.into_iter();
    let mut next = || read.next().expect("as many as were asked for");
    let mut checks = vec![apart(format!("{name} value"), &next(), &next(), tolerance)];
    for dims in inputs.iter().map(|x| x.dims()) {
        let name = |of: &str| format!("{name} {of} {dims:?}");
        checks.push(apart(name("gradient"), &next(), &next(), tolerance));
        if smooth {
            let [slope, along, unit] = [next()[0], next()[0], next()[0]];
            checks.push(Check {
                name: name("finite difference"),
                // What the slope would be if nothing cancelled is the unit of its error.
                worst: (slope - along).abs() / unit.max(1e-6),
                tolerance: DIFFERENCE,
            });
        }
    }
    Ok(checks)
}

async fn packing(w: usize, h: usize, device: &Device) -> Result<Vec<Check>, Error> {
    let mut noise = Noise(5);
    let bits: Vec<i32> = (0..w * h).map(|_| noise.bits() as i32).collect();
    let data = TensorData::new(bits.clone(), [h, w]);
    let packed = Tensor::<2, Int>::from_data(data, (device, DType::I32));
    let image = rgba8_unpack(packed.clone());
    let truth = rgba8_unpack_reference(packed.clone());
    let mut checks = vec![compare(format!("rgba8_unpack {w}x{h}"), image.clone(), truth).await?];
    let back = integers(rgba8_pack(image, packed.clone())).await?;
    checks.push(exact(
        format!("rgba8_pack undoes rgba8_unpack {w}x{h}"),
        &back,
        &bits,
    ));
    // Beyond the gamut, and between two steps.
    let wild = values(&[1, 3, h, w], 6, device) * 0.8 + 0.5;
    let ours = integers(rgba8_pack(wild.clone(), packed.clone())).await?;
    let theirs = integers(rgba8_pack_reference(wild, packed)).await?;
    checks.push(exact(format!("rgba8_pack {w}x{h}"), &ours, &theirs));
    Ok(checks)
}

/// Three steps of the fused update against three of the reference.
async fn stepping(w: usize, h: usize, device: &Device) -> Result<Check, Error> {
    let image = values(&[1, 3, h, w], 7, device).abs();
    let state = Tensor::<2>::zeros([3, 3 * w * h], device);
    let (mut ours, mut theirs) = ((image.clone(), state.clone()), (image, state));
    for time in 1..=3 {
        let grad = values(&[1, 3, h, w], 10 + time, device);
        let step = AdamStep::new(time, 0.02, 0.9);
        ours = adam(ours.0, grad.clone(), ours.1, step);
        theirs = adam_reference(theirs.0, grad, theirs.1, step);
    }
    let image = compare(format!("adam {w}x{h}"), ours.0, theirs.0).await?;
    let state = compare(String::new(), ours.1, theirs.1).await?;
    Ok(Check {
        worst: image.worst.max(state.worst),
        ..image
    })
}

pub(super) async fn compare<const D: usize>(
    name: String,
    a: Tensor<D>,
    b: Tensor<D>,
) -> Result<Check, Error> {
    let flat = |x: Tensor<D>| {
        let values = x.shape().num_elements();
        x.reshape([values])
    };
    let read = read_all(vec![flat(a), flat(b)]).await?;
    Ok(apart(name, &read[0], &read[1], VALUE))
}

/// The largest difference of `a` from `b`, relative to the largest of `b`.
fn apart(name: String, a: &[f32], b: &[f32], tolerance: f32) -> Check {
    let unit = b.iter().fold(1e-6_f32, |m, v| m.max(v.abs()));
    let mut worst = if a.len() == b.len() { 0.0 } else { f32::NAN };
    for (a, b) in a.iter().zip(b) {
        let miss = (a - b).abs() / unit;
        // `f32::max` would drop a NaN, and a NaN is the worst there is.
        worst = if worst.is_nan() || miss.is_nan() {
            f32::NAN
        } else {
            worst.max(miss)
        };
    }
    Check {
        name,
        worst,
        tolerance,
    }
}

/// The share of pixels that are not equal to the bit.
fn exact(name: String, a: &[i32], b: &[i32]) -> Check {
    let wrong = a.iter().zip(b).filter(|(a, b)| a != b).count() + a.len().abs_diff(b.len());
    Check {
        name,
        worst: wrong as f32 / b.len() as f32,
        tolerance: 0.0,
    }
}

async fn read_all(all: Vec<Tensor<1>>) -> Result<Vec<Vec<f32>>, Error> {
    let named = all.into_iter().map(|x| (String::new(), x)).collect();
    let read = read_named(named).await?.into_iter();
    Ok(read.map(|(_, data)| data.iter::<f32>().collect()).collect())
}

async fn integers(x: Tensor<2, Int>) -> Result<Vec<i32>, Error> {
    let data = x
        .into_data_async()
        .await
        .map_err(|e| Error::DeviceLost(e.to_string()))?;
    Ok(data.iter::<i32>().collect())
}

/// A generator of Numerical Recipes: the checks need variety, not quality.
struct Noise(u32);

impl Noise {
    fn bits(&mut self) -> u32 {
        self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        // The low bits of such a generator repeat early.
        self.0 ^ (self.0 >> 15)
    }
}

/// Uniform in -1..1; the same on every device, which its own random numbers are not.
pub(super) fn values<const D: usize>(dims: &[usize; D], seed: u32, device: &Device) -> Tensor<D> {
    let mut noise = Noise(seed.wrapping_mul(7919) + 1);
    let n = dims.iter().product();
    let values: Vec<f32> = (0..n)
        .map(|_| (noise.bits() >> 8) as f32 / 8_388_608.0 - 1.0)
        .collect();
    Tensor::from_data(TensorData::new(values, *dims), device)
}
