//! The fused Adam update of a picture: moments, step, clamp and the running average of the iterates
//! in one pass over memory, where separate operations take about fifteen.

use burn::backend::{
    Backend, Dispatch, TensorMetadata, backend_extension,
    tensor::FloatTensor,
    wgpu::{CubeBackend, into_contiguous},
};
use burn::tensor::{Device, Tensor};

use super::kernel::{Wgsl, empty, grid, launch};

static ADAM: Wgsl = Wgsl {
    name: "adam",
    source: include_str!("../../shaders/adam.wgsl"),
    dim: (64, 1, 1),
};
pub(super) static KERNELS: [&Wgsl; 1] = [&ADAM];

/// The settings of one [`adam`] step.
#[derive(Clone, Copy, Debug)]
pub struct AdamStep {
    /// Which step this is, from 1: it sets the bias corrections.
    pub time: u32,
    /// Learning rate, in units of the picture.
    pub rate: f32,
    /// Decay of the first moment.
    pub beta1: f32,
    /// Decay of the second moment.
    pub beta2: f32,
    /// Added to the root of the second moment, as PyTorch does.
    pub epsilon: f32,
    /// Decay of the running average of the iterates; 0 copies the iterate.
    pub decay: f32,
    /// The picture is clamped to this range after the step.
    pub range: (f32, f32),
}

impl AdamStep {
    /// Step `time`, from 1, of a picture in 0..1, with `rate` in units of the picture; `decay` is that
    /// of the running average, 0..1.
    ///
    /// The betas 0.9 and 0.99 are those of style-transfer-pytorch, epsilon 1e-8 is PyTorch's own. The
    /// goldens of Adam (`tests/goldens/generate.py`) are computed with the same.
    pub fn new(time: u32, rate: f32, decay: f32) -> Self {
        Self {
            time,
            rate,
            beta1: 0.9,
            beta2: 0.99,
            epsilon: 1e-8,
            decay,
            range: (0.0, 1.0),
        }
    }

    /// The rate and the factor of `sqrt(v)` with the bias corrections in them.
    fn corrected(&self) -> (f32, f32) {
        let correction = |beta: f32| 1.0 - f64::from(beta).powi(self.time as i32);
        (
            (f64::from(self.rate) / correction(self.beta1)) as f32,
            correction(self.beta2).sqrt().recip() as f32,
        )
    }

    /// `[2]`: what changes at every step, for [`adam_at`]. Every upload makes Burn submit what it has recorded, so all
    /// parameters of a module share this one.
    pub fn rates(&self, device: &Device) -> Tensor<1> {
        let (rate, scale) = self.corrected();
        Tensor::from_floats([rate, scale], device)
    }
}

/// One step: `(image [1,3,H,W], gradient, state [3, 3·H·W])` -> the next image and state. The rows
/// of the state are the first moment, the second moment and the running average (not yet divided by
/// `1 - decay^time`); it starts as zeros.
pub fn adam(
    image: Tensor<4>,
    grad: Tensor<4>,
    state: Tensor<2>,
    step: AdamStep,
) -> (Tensor<4>, Tensor<2>) {
    let rates = step.rates(&image.device());
    adam_at(image, grad, state, rates, step)
}

/// [`adam`] with the [`AdamStep::rates`] of this very step, uploaded once for several tensors.
pub fn adam_at(
    image: Tensor<4>,
    grad: Tensor<4>,
    state: Tensor<2>,
    rates: Tensor<1>,
    step: AdamStep,
) -> (Tensor<4>, Tensor<2>) {
    if super::burns() {
        return adam_reference(image, grad, state, step);
    }
    let values = image.shape().num_elements();
    assert_eq!(
        state.dims(),
        [3, values],
        "the state does not fit the image"
    );
    assert_eq!(
        image.dims(),
        grad.dims(),
        "the gradient does not fit the image"
    );
    let (image, state) = Dispatch::adam(
        image.into_dispatch(),
        grad.into_dispatch(),
        state.into_dispatch(),
        rates.into_dispatch(),
        step,
    );
    (Tensor::from_dispatch(image), Tensor::from_dispatch(state))
}

/// [`adam`] in plain tensor operations.
pub fn adam_reference(
    image: Tensor<4>,
    grad: Tensor<4>,
    state: Tensor<2>,
    step: AdamStep,
) -> (Tensor<4>, Tensor<2>) {
    let dims = image.dims();
    let values = image.shape().num_elements();
    let (rate, scale) = step.corrected();
    let row = |i: usize| state.clone().narrow(0, i, 1);
    let grad = grad.reshape([1, values]);
    let m = row(0) * step.beta1 + grad.clone() * (1.0 - step.beta1);
    let v = row(1) * step.beta2 + grad.square() * (1.0 - step.beta2);
    let move_by = m.clone() * rate / (v.clone().sqrt() * scale + step.epsilon);
    let (low, high) = step.range;
    let x = (image.reshape([1, values]) - move_by).clamp(low, high);
    let average = row(2) * step.decay + x.clone() * (1.0 - step.decay);
    (x.reshape(dims), Tensor::cat(vec![m, v, average], 0))
}

#[backend_extension(Cube, Flex: cfg(not(target_family = "wasm")))]
pub(crate) trait AdamOps: Backend {
    fn adam(
        image: FloatTensor<Self>,
        grad: FloatTensor<Self>,
        state: FloatTensor<Self>,
        rates: FloatTensor<Self>,
        step: AdamStep,
    ) -> (FloatTensor<Self>, FloatTensor<Self>);
}

#[repr(C)]
#[derive(Clone, Copy, bytemuck::Pod, bytemuck::Zeroable)]
struct Params {
    values: u32,
    row: u32,
    beta1: f32,
    beta2: f32,
    epsilon: f32,
    decay: f32,
    low: f32,
    high: f32,
}

impl AdamOps for CubeBackend {
    fn adam(
        image: FloatTensor<Self>,
        grad: FloatTensor<Self>,
        state: FloatTensor<Self>,
        rates: FloatTensor<Self>,
        step: AdamStep,
    ) -> (FloatTensor<Self>, FloatTensor<Self>) {
        let (image, grad) = (into_contiguous(image), into_contiguous(grad));
        let state = into_contiguous(state);
        let dims = image.shape();
        let values = dims.num_elements();
        let next_image = empty(&image, dims, image.dtype);
        let next_state = empty(&image, [3, values], image.dtype);
        let (threads, row) = grid(values, 64);
        let params = Params {
            values: values as u32,
            row,
            beta1: step.beta1,
            beta2: step.beta2,
            epsilon: step.epsilon,
            decay: step.decay,
            low: step.range.0,
            high: step.range.1,
        };
        launch(
            &ADAM,
            threads,
            &[&image, &grad, &state, &into_contiguous(rates)],
            &[&next_image, &next_state],
            params,
        );
        (next_image, next_state)
    }
}

#[cfg(not(target_family = "wasm"))]
impl AdamOps for burn::backend::Flex {
    fn adam(
        image: FloatTensor<Self>,
        grad: FloatTensor<Self>,
        state: FloatTensor<Self>,
        _: FloatTensor<Self>,
        step: AdamStep,
    ) -> (FloatTensor<Self>, FloatTensor<Self>) {
        let (image, state) = adam_reference(
            Tensor::from_primitive::<Self>(image),
            Tensor::from_primitive::<Self>(grad),
            Tensor::from_primitive::<Self>(state),
            step,
        );
        let keeps = "a reference keeps its device";
        (
            image.try_into_primitive::<Self>().expect(keeps),
            state.try_into_primitive::<Self>().expect(keeps),
        )
    }
}
