//! What progressive growing does to pictures between its convolutions (Karras et al. 2018).

use burn::tensor::Tensor;

/// Samples in a group of [`deviation_map`], as in the reference.
const GROUP: usize = 4;
/// Keeps roots away from 0, as in the reference.
const TINY: f32 = 1e-8;

/// Pixel norm (4.2): every pixel's vector of channels is brought to unit mean square, `x / sqrt(mean_c x² + 1e-8)`.
/// `[B, C, H, W]` there and back.
pub fn pixel_norm(x: Tensor<4>) -> Tensor<4> {
    let length = (x.clone().square().mean_dim(1) + TINY).sqrt();
    x / length
}

/// Nearest neighbours twice as large: `[B, C, H, W]` -> `[B, C, 2 H, 2 W]`.
pub fn doubled(x: Tensor<4>) -> Tensor<4> {
    let [b, c, h, w] = x.dims();
    x.reshape([b, c, h, 1, w, 1])
        .expand([b, c, h, 2, w, 2])
        .reshape([b, c, 2 * h, 2 * w])
}

/// The mean of each 2x2 pixels: `[B, C, H, W]` -> `[B, C, H / 2, W / 2]`.
///
/// # Panics
/// If a side is odd.
pub fn halved(x: Tensor<4>) -> Tensor<4> {
    let [b, c, h, w] = x.dims();
    assert!(h % 2 == 0 && w % 2 == 0, "{w} x {h} cannot be halved");
    let lines: Tensor<4> = x.reshape([b * c, h / 2, 2, w]).mean_dim(2);
    let pairs: Tensor<4> = lines.reshape([b * c, h / 2, w / 2, 2]).mean_dim(3);
    pairs.reshape([b, c, h / 2, w / 2])
}

/// Minibatch standard deviation (Karras et al. 2018, 3): the deviation of each value over a group of samples, averaged over
/// all values, as a constant map `[B, 1, H, W]`. Groups are of 4 samples, a quarter of the batch apart, as in the reference;
/// of all samples if 4 do not divide the batch. The batch may consist of several `parts` of the same size that do not see
/// each other. With the change of `x` in some direction also the change of the map: of
/// `m = mean_j sqrt(mean_i (x_ij - mean_i x_ij)² + 1e-8)` that is `mean_j mean_i (x_ij - mean_i x_ij) x'_ij / deviation_j`.
///
/// # Panics
/// If the batch does not consist of as many parts.
pub fn deviation_map(
    x: &Tensor<4>,
    change: Option<&Tensor<4>>,
    parts: usize,
) -> (Tensor<4>, Option<Tensor<4>>) {
    let [b, c, h, w] = x.dims();
    assert!(b % parts == 0, "{b} samples in {parts} parts");
    let one = b / parts;
    let group = if one.is_multiple_of(GROUP) {
        GROUP
    } else {
        one
    };
    let grouped =
        |x: &Tensor<4>| -> Tensor<4> { x.clone().reshape([parts, group, one / group, c * h * w]) };
    let map = |x: Tensor<4>| {
        let all = x.mean_dim(3).expand([parts, group, one / group, h * w]);
        all.reshape([b, 1, h, w])
    };
    let x = grouped(x);
    let x = x.clone() - x.mean_dim(1);
    let deviation = (x.clone().square().mean_dim(1) + TINY).sqrt();
    let change = change.map(|change| map((x * grouped(change)).mean_dim(1) / deviation.clone()));
    (map(deviation), change)
}
