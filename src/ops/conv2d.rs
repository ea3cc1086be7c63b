//! 2-D convolution with its padding, bias and activation: `y = act(w * pad(x) + b)`, cross-correlation as
//! everywhere in deep learning.
//!
//! On the GPU a convolution is a batched matrix product ([`super::gemm`]) between a pass that gathers the input and one
//! that writes the result with bias and activation: Winograd's transforms for 3x3 of stride 1, windows as columns
//! otherwise; one to few channels has a kernel of its own. Padding is index arithmetic of the gathering pass. A layer too
//! large for one piece is cut along its pixels, so that no launch takes long and no intermediate result is large.

use burn::backend::{
    Backend, Dispatch, DispatchTensor, TensorMetadata, backend_extension,
    ops::FloatTensorOps,
    tensor::FloatTensor,
    wgpu::{CubeBackend, CubeTensor, into_contiguous},
};
use burn::tensor::{
    FloatDType, Tensor, module,
    ops::{ConvOptions as BurnOptions, PadMode as BurnPad},
};

use super::Activation;
use super::conv_transpose2d::{ConvTransposeOptions, transposed};
use super::conv2d_launch::{dims4, filter_backward, filters, forward, pad_backward};
use super::entry::Reading;
use super::im2col::Windows;
use super::plain::{self, PLAIN};

/// What lies outside the picture.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum PadMode {
    /// Zeros.
    #[default]
    Zeros,
    /// The picture mirrored at its border pixels, which are not repeated. The padding must be smaller than the picture.
    Reflect,
    /// The nearest border pixel.
    Replicate,
}

impl PadMode {
    /// The kernels' number for it.
    pub(super) fn code(self) -> u32 {
        match self {
            Self::Zeros => 0,
            Self::Reflect => 1,
            Self::Replicate => 2,
        }
    }
}

/// The settings of [`conv2d`]; kernels and strides are square.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ConvOptions {
    /// Step between outputs, in pixels.
    pub stride: usize,
    /// Added on each side, in pixels.
    pub padding: usize,
    /// What the padding holds.
    pub mode: PadMode,
    /// Applied to the result.
    pub activation: Activation,
}

impl Default for ConvOptions {
    fn default() -> Self {
        Self {
            stride: 1,
            padding: 0,
            mode: PadMode::Zeros,
            activation: Activation::Linear,
        }
    }
}

impl ConvOptions {
    /// Height or width of the output.
    fn length(&self, input: usize, kernel: usize) -> usize {
        let padded = input + 2 * self.padding;
        assert!(padded >= kernel, "a kernel of {kernel} on {padded} pixels");
        (padded - kernel) / self.stride + 1
    }

    /// Panics if the shapes do not fit.
    pub(super) fn check(
        &self,
        [_, i, h, w]: [usize; 4],
        [o, wi, kh, kw]: [usize; 4],
        bias: Option<&Tensor<1>>,
    ) {
        assert_eq!((i, kh), (wi, kw), "the filters do not fit the picture");
        let fits = bias.is_none_or(|b| b.dims() == [o]);
        assert!(fits, "the bias does not fit the filters");
        let enough = self.mode != PadMode::Reflect || self.padding < h.min(w);
        assert!(enough, "a reflection of {} on {h}x{w}", self.padding);
    }

    /// The filters for the kernels, stored as the picture is.
    pub(super) fn filters(
        &self,
        weight: CubeTensor,
        packed: CubeTensor,
        has: Has,
        x: &CubeTensor,
    ) -> CubeTensor {
        match has.forward {
            true => packed,
            false => like(filters(&into_contiguous(weight), false, self.stride), x),
        }
    }

    pub(super) fn windows(&self, [h, w]: [usize; 2], kernel: usize) -> Windows {
        Windows {
            kernel,
            stride: self.stride,
            padding: self.padding,
            mode: self.mode,
            output: [self.length(h, kernel), self.length(w, kernel)],
        }
    }
}

/// `[B, I, H, W]`, weight `[O, I, k, k]`, bias `[O]` -> `[B, O, H', W']` with `H' = (H + 2 padding - k) / stride + 1`.
/// A picture stored as f16 gives one, without gradients; sums and bias are f32 then, too.
///
/// # Panics
/// If the shapes do not fit, the kernel is larger than the padded picture, or a reflection would need more than it has.
pub fn conv2d(
    x: Tensor<4>,
    weight: Tensor<4>,
    bias: Option<Tensor<1>>,
    options: ConvOptions,
) -> Tensor<4> {
    conv2d_packed(x, weight, bias, None, options)
}

/// Filters that do not change, laid out for the kernels once and not at every call.
#[derive(Clone, Debug)]
pub struct Packed {
    pub(super) forward: Tensor<3>,
    /// For the input gradient.
    pub(super) backward: Option<Tensor<3>>,
}

impl Packed {
    /// Of the weight of a convolution with these options; also for its input gradient if that will be asked for. Either
    /// takes up to four times the weight's own memory.
    pub fn new(weight: &Tensor<4>, options: ConvOptions, backward: bool) -> Self {
        let packed = |flip| {
            let weight = weight.clone().into_dispatch();
            Tensor::from_dispatch(Dispatch::conv2d_pack(weight, flip, options.stride))
        };
        Self {
            forward: packed(false),
            backward: backward.then(|| packed(true)),
        }
    }

    /// The same stored as f16, for pictures that are; without the input gradient, which is f32 alone.
    #[must_use]
    pub fn half(self) -> Self {
        Self {
            forward: self.forward.cast(FloatDType::F16),
            backward: None,
        }
    }
}

/// [`conv2d`] with filters that may be packed beforehand, of the very weight and options given here.
///
/// # Panics
/// As [`conv2d`].
pub fn conv2d_packed(
    x: Tensor<4>,
    weight: Tensor<4>,
    bias: Option<Tensor<1>>,
    packed: Option<&Packed>,
    options: ConvOptions,
) -> Tensor<4> {
    if super::burns() {
        return conv2d_reference(x, weight, bias, options);
    }
    options.check(x.dims(), weight.dims(), bias.as_ref());
    let ([weight, bias, forward], has) = parts(weight, bias, packed);
    let backward = packed.and_then(|packed| packed.backward.clone());
    let has = Has {
        backward: backward.is_some(),
        ..has
    };
    let backward = backward.map_or_else(|| weight.clone(), Tensor::into_dispatch);
    Tensor::from_dispatch(Dispatch::conv2d_act(
        x.into_dispatch(),
        weight,
        bias,
        forward,
        backward,
        has,
        options,
    ))
}

/// Which tensors count; an extension takes no optional ones, so that any stands for one that does not.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Has {
    pub bias: bool,
    pub forward: bool,
    pub backward: bool,
}

/// Weight, bias and packed filters, the weight in place of what is missing, and which of them count; none of the input
/// gradient's.
pub(super) fn parts(
    weight: Tensor<4>,
    bias: Option<Tensor<1>>,
    packed: Option<&Packed>,
) -> ([DispatchTensor; 3], Has) {
    let weight = weight.into_dispatch();
    let has = Has {
        bias: bias.is_some(),
        forward: packed.is_some(),
        backward: false,
    };
    let bias = bias.map_or_else(|| weight.clone(), Tensor::into_dispatch);
    let forward = packed.map_or_else(|| weight.clone(), |p| p.forward.clone().into_dispatch());
    ([weight, bias, forward], has)
}

/// The picture with its padding, for modes that Burn's convolution does not know, and the padding that is left.
pub(super) fn around(x: Tensor<4>, options: ConvOptions) -> (Tensor<4>, usize) {
    let p = options.padding;
    match options.mode {
        PadMode::Reflect if p > 0 => (x.pad((p, p, p, p), BurnPad::Reflect), 0),
        PadMode::Replicate if p > 0 => (x.pad((p, p, p, p), BurnPad::Edge), 0),
        _ => (x, p),
    }
}

/// [`conv2d`] in plain tensor operations, with Burn's own gradients.
pub fn conv2d_reference(
    x: Tensor<4>,
    weight: Tensor<4>,
    bias: Option<Tensor<1>>,
    options: ConvOptions,
) -> Tensor<4> {
    let (x, left) = around(x, options);
    let y = if PLAIN {
        plain::conv2d(x, weight, bias, options.stride, left)
    } else {
        let options = BurnOptions::new([options.stride; 2], [left; 2], [1; 2], 1);
        module::conv2d(x, weight, bias, options)
    };
    options.activation.reference(y)
}

#[backend_extension(Cube, Flex: cfg(not(target_family = "wasm")), Autodiff)]
pub(crate) trait ConvOps: Backend {
    fn conv2d_act(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        forward: FloatTensor<Self>,
        backward: FloatTensor<Self>,
        has: Has,
        options: ConvOptions,
    ) -> FloatTensor<Self>;
    /// Filters for the kernels, of a convolution with this stride or of its input gradient.
    fn conv2d_pack(weight: FloatTensor<Self>, flip: bool, stride: usize) -> FloatTensor<Self>;
    /// The gradient of an input of `size` (height, width), from that of the sum before the activation.
    fn conv2d_input_backward(
        grad: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        packed: FloatTensor<Self>,
        is_packed: bool,
        size: [usize; 2],
        options: ConvOptions,
    ) -> FloatTensor<Self>;
    /// The gradient of the weight, from that of the sum before the activation.
    fn conv2d_filter_backward(
        x: FloatTensor<Self>,
        grad: FloatTensor<Self>,
        kernel: usize,
        options: ConvOptions,
    ) -> FloatTensor<Self>;
    fn conv_transpose2d_act(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        packed: FloatTensor<Self>,
        has: Has,
        options: ConvTransposeOptions,
    ) -> FloatTensor<Self>;
    /// The gradient of an activation's argument, from its result and the gradient of that.
    fn activation_backward(
        y: FloatTensor<Self>,
        grad: FloatTensor<Self>,
        activation: Activation,
    ) -> FloatTensor<Self>;
}

/// Filters stored as a picture is.
pub(super) fn like(u: CubeTensor, x: &CubeTensor) -> CubeTensor {
    if u.dtype == x.dtype {
        return u;
    }
    let dtype = x.dtype.into();
    into_contiguous(<CubeBackend as FloatTensorOps<CubeBackend>>::float_cast(
        u, dtype,
    ))
}

impl ConvOps for CubeBackend {
    fn conv2d_act(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        packed: FloatTensor<Self>,
        _: FloatTensor<Self>,
        has: Has,
        options: ConvOptions,
    ) -> FloatTensor<Self> {
        let x = into_contiguous(x);
        let bias = has.bias.then(|| into_contiguous(bias));
        let filter_dims = dims4(&weight);
        let u = options.filters(weight, packed, has, &x);
        let [_, _, h, w] = dims4(&x);
        let windows = options.windows([h, w], filter_dims[2]);
        let bias = bias.as_ref();
        forward(
            Reading::plain(&x),
            &u,
            filter_dims,
            bias,
            &windows,
            false,
            options.activation,
        )
    }

    fn conv2d_pack(weight: FloatTensor<Self>, flip: bool, stride: usize) -> FloatTensor<Self> {
        let u = filters(&into_contiguous(weight), flip, stride);
        let shape = u.shape();
        let columns = shape[shape.num_dims() - 1];
        let rows = shape.num_elements() / columns;
        <Self as FloatTensorOps<Self>>::float_reshape(u, [1, rows, columns].into())
    }

    fn conv2d_input_backward(
        grad: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        packed: FloatTensor<Self>,
        is_packed: bool,
        size @ [h, w]: [usize; 2],
        options: ConvOptions,
    ) -> FloatTensor<Self> {
        let (grad, weight) = (into_contiguous(grad), into_contiguous(weight));
        let filter_dims @ [_, _, k, _] = dims4(&weight);
        // Other modes than zeros: first the gradient of the padded picture.
        let around = match options.mode {
            PadMode::Zeros => 0,
            PadMode::Reflect | PadMode::Replicate => options.padding,
        };
        let padding = options.padding - around;
        let [h, w] = [h + 2 * around, w + 2 * around];
        let whole = if options.stride == 1 && padding < k {
            let windows = Windows {
                kernel: k,
                stride: 1,
                padding: k - 1 - padding,
                mode: PadMode::Zeros,
                output: [h, w],
            };
            let u = if is_packed {
                packed
            } else {
                filters(&weight, true, 1)
            };
            let linear = Activation::Linear;
            forward(
                Reading::plain(&grad),
                &u,
                filter_dims,
                None,
                &windows,
                true,
                linear,
            )
        } else {
            let place = (options.stride, padding);
            transposed(
                Reading::plain(&grad),
                &weight,
                None,
                None,
                [h, w],
                place,
                Activation::Linear,
            )
        };
        if around == 0 {
            whole
        } else {
            pad_backward(&whole, size, around, options.mode)
        }
    }

    fn conv2d_filter_backward(
        x: FloatTensor<Self>,
        grad: FloatTensor<Self>,
        kernel: usize,
        options: ConvOptions,
    ) -> FloatTensor<Self> {
        let (x, grad) = (into_contiguous(x), into_contiguous(grad));
        let [_, _, down, across] = dims4(&grad);
        let windows = Windows {
            kernel,
            stride: options.stride,
            padding: options.padding,
            mode: options.mode,
            output: [down, across],
        };
        filter_backward(&x, &grad, &windows, 1.0)
    }

    fn conv_transpose2d_act(
        x: FloatTensor<Self>,
        weight: FloatTensor<Self>,
        bias: FloatTensor<Self>,
        packed: FloatTensor<Self>,
        has: Has,
        options: ConvTransposeOptions,
    ) -> FloatTensor<Self> {
        let (x, weight) = (into_contiguous(x), into_contiguous(weight));
        let bias = has.bias.then(|| into_contiguous(bias));
        let packed = has.forward.then(|| into_contiguous(packed));
        let ([_, _, h, w], k) = (dims4(&x), dims4(&weight)[2]);
        let size = [options.length(h, k), options.length(w, k)];
        let place = (options.stride, options.padding);
        let (bias, packed) = (bias.as_ref(), packed.as_ref());
        transposed(
            Reading::plain(&x),
            &weight,
            packed,
            bias,
            size,
            place,
            options.activation,
        )
    }

    fn activation_backward(
        y: FloatTensor<Self>,
        grad: FloatTensor<Self>,
        activation: Activation,
    ) -> FloatTensor<Self> {
        activation.backward(y, grad)
    }
}
