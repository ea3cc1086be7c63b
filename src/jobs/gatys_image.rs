//! The image that `gatys` optimises: the frame around it, and who moves its pixels.
//!
//! The frame is a few pixels that are never shown. The networks pad with zeros, and what the
//! optimiser does about those would end up on the border.

use burn::tensor::{
    Tensor,
    module::interpolate,
    ops::{InterpolateMode, InterpolateOptions},
};

use super::gatys_config::Scale;
use crate::nn::Lbfgs;
use crate::ops::{AdamStep, adam};
use crate::protocol::Optimizer;

/// Width of the frame in pixels.
const FRAME: usize = 4;
/// Pairs that L-BFGS remembers: as style-transfer-pytorch.
const HISTORY: usize = 10;

/// The size of a scale's picture with the frame.
pub(super) fn framed_dims(scale: &Scale) -> [usize; 4] {
    let (w, h) = (scale.width as usize, scale.height as usize);
    [1, 3, h + 2 * FRAME, w + 2 * FRAME]
}

/// Puts the frame around: the border's pixels, repeated.
pub(super) fn framed(mut x: Tensor<4>) -> Tensor<4> {
    for dim in [2, 3] {
        let last = x.dims()[dim] - 1;
        let before = x.clone().narrow(dim, 0, 1).repeat_dim(dim, FRAME);
        let after = x.clone().narrow(dim, last, 1).repeat_dim(dim, FRAME);
        x = Tensor::cat(vec![before, x, after], dim);
    }
    x
}

/// Takes the frame away.
pub(super) fn unframed(x: Tensor<4>) -> Tensor<4> {
    let [_, _, h, w] = x.dims();
    let rows = x.narrow(2, FRAME, h - 2 * FRAME);
    rows.narrow(3, FRAME, w - 2 * FRAME)
}

/// Resizes `[1, 3, H, W]`, without a frame, to a scale's size, pixel centres aligned.
pub fn enlarge(x: Tensor<4>, scale: &Scale, mode: InterpolateMode) -> Tensor<4> {
    let size = [scale.height as usize, scale.width as usize];
    let options = InterpolateOptions::new(mode).with_align_corners(false);
    interpolate(x, options.with_output_size(size))
}

/// Who moves the pixels, with its state.
#[allow(clippy::large_enum_variant, reason = "there is one of it in a run")]
pub(super) enum Mover {
    /// `[3, 3·H·W]`: moments and the running average; steps since the start.
    Adam { state: Tensor<2>, time: u32 },
    /// The running average is `[1, 3, H, W]`.
    Lbfgs { state: Lbfgs, average: Tensor<4> },
}

impl Mover {
    /// For an image of this size, frame and all, that has not moved yet.
    pub(super) fn new(optimizer: Optimizer, image: &Tensor<4>) -> Self {
        let values = image.shape().num_elements();
        match optimizer {
            Optimizer::Adam => Self::Adam {
                state: Tensor::zeros([3, values], &image.device()),
                time: 0,
            },
            Optimizer::Lbfgs => Self::Lbfgs {
                state: Lbfgs::new(HISTORY),
                average: image.zeros_like(),
            },
        }
    }

    /// The next image, from the gradient at this one. `rate` as in the settings, `decay` that of the
    /// running average.
    pub(super) fn step(
        &mut self,
        image: Tensor<4>,
        grad: Tensor<4>,
        rate: f32,
        decay: f32,
    ) -> Tensor<4> {
        match self {
            Self::Adam { state, time } => {
                *time += 1;
                let step = AdamStep::new(*time, rate, decay);
                let (image, next) = adam(image, grad, state.clone(), step);
                *state = next;
                image
            }
            Self::Lbfgs { state, average } => {
                let dims = image.dims();
                let values = image.shape().num_elements();
                let next = state.step(image.reshape([values]), grad.reshape([values]), rate);
                let image: Tensor<4> = next.reshape(dims);
                *average = average.clone() * decay + image.clone() * (1.0 - decay);
                image
            }
        }
    }

    /// The running average, frame and all, not yet divided by `1 - decay^steps`. `dims` are the
    /// image's.
    pub(super) fn average(&self, dims: [usize; 4]) -> Tensor<4> {
        match self {
            Self::Adam { state, .. } => state.clone().narrow(0, 2, 1).reshape(dims),
            Self::Lbfgs { average, .. } => average.clone(),
        }
    }

    /// The state for the next scale. Pixels grow in number by `growth`.
    pub(super) fn carried(
        &self,
        old: &Scale,
        scale: &Scale,
        growth: f32,
        image: &Tensor<4>,
    ) -> Self {
        let Self::Adam { state, time } = self else {
            return Self::new(Optimizer::Lbfgs, image);
        };
        let values = image.shape().num_elements();
        let moment = |row: usize, factor: f32| {
            let moment = state.clone().narrow(0, row, 1).reshape(framed_dims(old));
            let larger = enlarge(unframed(moment), scale, InterpolateMode::Bilinear);
            framed(larger).reshape([1, values]) * factor
        };
        let average = Tensor::zeros([1, values], &image.device());
        let rows = vec![
            moment(0, growth.recip()),
            moment(1, growth.powi(-2)),
            average,
        ];
        Self::Adam {
            state: Tensor::cat(rows, 0),
            time: *time,
        }
    }

    /// The loss has changed: gradients of another loss do not belong into one history. Adam's
    /// moments fade by themselves.
    pub(super) fn forget(&mut self) {
        if let Self::Lbfgs { state, .. } = self {
            *state = Lbfgs::new(HISTORY);
        }
    }

    /// Steps since the start, as far as they count: L-BFGS asks for none.
    pub(super) fn time(&self) -> u32 {
        match self {
            Self::Adam { time, .. } => *time,
            Self::Lbfgs { .. } => 0,
        }
    }

    /// The tensors of the state by name, flat, for a checkpoint.
    pub(super) fn tensors(&self) -> Vec<(String, Tensor<1>)> {
        match self {
            Self::Adam { state, .. } => vec![("state".into(), flat(state))],
            Self::Lbfgs { state, average } => {
                let mut tensors = vec![("average".into(), flat(average))];
                tensors.extend(state.tensors());
                tensors
            }
        }
    }

    /// The inverse of [`Self::tensors`] for an image of size `dims`. `take` gives a tensor by name,
    /// or nothing.
    ///
    /// # Errors
    /// What is missing or does not fit.
    pub(super) fn restore(
        optimizer: Optimizer,
        dims: [usize; 4],
        time: u32,
        mut take: impl FnMut(&str) -> Option<Tensor<1>>,
    ) -> Result<Self, &'static str> {
        let n: usize = dims.iter().product();
        let mut sized = |name: &'static str, length: usize| {
            take(name).filter(|t| t.dims() == [length]).ok_or(name)
        };
        match optimizer {
            Optimizer::Adam => Ok(Self::Adam {
                state: sized("state", 3 * n)?.reshape([3, n]),
                time,
            }),
            Optimizer::Lbfgs => {
                let average = sized("average", n)?.reshape(dims);
                let mut fits = true;
                let state = Lbfgs::restore(HISTORY, |name| {
                    let tensor = take(name)?;
                    let length = if name.starts_with("rho") || name == "gamma" {
                        1
                    } else {
                        n
                    };
                    fits &= tensor.dims() == [length];
                    Some(tensor)
                });
                if !fits {
                    return Err("history");
                }
                Ok(Self::Lbfgs { state, average })
            }
        }
    }
}

/// All numbers in one row.
pub(super) fn flat<const D: usize>(x: &Tensor<D>) -> Tensor<1> {
    let n = x.shape().num_elements();
    x.clone().reshape([n])
}
