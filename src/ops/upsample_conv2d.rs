//! Nearest up-sampling by 2 and a 3x3 convolution, as one: a transposed convolution of stride 2 whose 4x4 filters are
//! sums of the 3x3 ones, with 4/9 of the multiplications. Exact, borders included.

use burn::tensor::{Tensor, TensorData, ops::PadMode as BurnPad};

use super::{
    ConvOptions, ConvTransposeOptions, Packed, PadMode, conv_transpose2d_packed, conv2d_reference,
    matmul,
};

/// Nearest up-sampling by 2, one pixel of padding, and a 3x3 convolution of stride 1: `[B, I, H, W]` -> `[B, O, 2H, 2W]`,
/// weight `[O, I, 3, 3]`, bias `[O]`. Only mode and activation of the options count.
pub fn upsample_conv2d(
    x: Tensor<4>,
    weight: Tensor<4>,
    bias: Option<Tensor<1>>,
    options: ConvOptions,
) -> Tensor<4> {
    upsample_conv2d_packed(x, weight, bias, None, options)
}

/// The 4x4 filters `[I, O, 4, 4]` of the transposed convolution.
fn summed(weight: Tensor<4>) -> Tensor<4> {
    let [o, i, _, _] = weight.dims();
    let sums = Tensor::<2>::from_data(TensorData::new(sums(), [9, 16]), &weight.device());
    let weight = matmul(weight.reshape([o * i, 9]), sums);
    weight.reshape([o, i, 4, 4]).swap_dims(0, 1)
}

impl Packed {
    /// Of a weight `[O, I, 3, 3]` for [`upsample_conv2d_packed`]: its sums, 16/9 of its memory.
    pub fn upsampled(weight: &Tensor<4>) -> Self {
        Self::transposed(&summed(weight.clone().detach()))
    }
}

/// [`upsample_conv2d`] with filters that may be packed beforehand, of the very weight given here; that then gets no
/// gradient.
pub fn upsample_conv2d_packed(
    x: Tensor<4>,
    weight: Tensor<4>,
    bias: Option<Tensor<1>>,
    packed: Option<&Packed>,
    options: ConvOptions,
) -> Tensor<4> {
    let [o, i, _, _] = weight.dims();
    let weight = match packed {
        // Sixteen taps a channel are whole tiles.
        Some(packed) => packed.forward.clone().reshape([i, o, 4, 4]),
        None => summed(weight),
    };
    // Seen from the small picture, reflection and replication of the large one are both replication.
    let (x, padding) = match options.mode {
        PadMode::Zeros => (x, 1),
        PadMode::Reflect | PadMode::Replicate => (x.pad((1, 1, 1, 1), BurnPad::Edge), 3),
    };
    let options = ConvTransposeOptions {
        stride: 2,
        padding,
        output_padding: 0,
        activation: options.activation,
    };
    conv_transpose2d_packed(x, weight, bias, packed, options)
}

/// What each of the 3x3 taps adds to each of the 4x4, `[9, 16]`. Along one axis: an even output pixel sees its left
/// neighbour through the first tap and itself through the other two, an odd one itself and its right neighbour.
fn sums() -> Vec<f32> {
    const AXIS: [[f32; 4]; 3] = [
        [0.0, 0.0, 1.0, 1.0],
        [0.0, 1.0, 1.0, 0.0],
        [1.0, 1.0, 0.0, 0.0],
    ];
    let mut all = Vec::with_capacity(144);
    for (down, across) in (0..9).map(|n| (AXIS[n / 3], AXIS[n % 3])) {
        all.extend(down.iter().flat_map(|a| across.map(|b| a * b)));
    }
    all
}

/// [`upsample_conv2d`] in plain tensor operations.
pub fn upsample_conv2d_reference(
    x: Tensor<4>,
    weight: Tensor<4>,
    bias: Option<Tensor<1>>,
    options: ConvOptions,
) -> Tensor<4> {
    let [b, c, h, w] = x.dims();
    let twice = x
        .reshape([b, c, h, 1, w, 1])
        .expand([b, c, h, 2, w, 2])
        .reshape([b, c, 2 * h, 2 * w]);
    let options = ConvOptions {
        stride: 1,
        padding: 1,
        ..options
    };
    conv2d_reference(twice, weight, bias, options)
}
