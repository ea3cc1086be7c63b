//! Values with their derivative in one direction, computed forwards along with them (dual numbers).
//!
//! The derivative is itself a function of the weights with a gradient of first order: that is how a loss on a gradient,
//! as the penalty of Gulrajani et al. (2017), is learnt from without gradients of gradients. With
//! `s = d/dt f(x + t v)` at 0, the gradient of `s` by the weights is exactly that of `v . grad f(x)`.

use burn::tensor::Tensor;

use super::{deviation_map, halved};

/// `value` and, if it is asked for, `slope = d/dt value(x + t v)` at 0: `[B, C, H, W]` both.
#[derive(Clone, Debug)]
pub struct Dual {
    /// The value.
    pub value: Tensor<4>,
    /// The derivative.
    pub slope: Option<Tensor<4>>,
}

impl Dual {
    /// Values alone.
    pub fn plain(value: Tensor<4>) -> Self {
        Self { value, slope: None }
    }

    /// Values that change in this direction.
    pub fn along(value: Tensor<4>, direction: Tensor<4>) -> Self {
        Self {
            value,
            slope: Some(direction),
        }
    }

    /// A linear map without a constant, of both.
    fn linear(self, f: impl Fn(Tensor<4>) -> Tensor<4>) -> Self {
        Self {
            slope: self.slope.map(&f),
            value: f(self.value),
        }
    }

    /// See [`halved`].
    pub fn halved(self) -> Self {
        self.linear(halved)
    }

    /// `share self + (1 - share) other`.
    ///
    /// # Panics
    /// If one has a derivative and the other does not.
    pub fn faded(self, other: Self, share: f32) -> Self {
        let mix = |a: Tensor<4>, b: Tensor<4>| a * share + b * (1.0 - share);
        let slope = match (self.slope, other.slope) {
            (None, None) => None,
            (Some(a), Some(b)) => Some(mix(a, b)),
            _ => panic!("one of two derivatives is missing"),
        };
        Self {
            value: mix(self.value, other.value),
            slope,
        }
    }

    /// With the map of [`deviation_map`] as one more channel.
    pub fn with_deviation(self, parts: usize) -> Self {
        let (map, change) = deviation_map(&self.value, self.slope.as_ref(), parts);
        let behind = |x: Tensor<4>, map: Tensor<4>| Tensor::cat(vec![x, map], 1);
        Self {
            value: behind(self.value, map),
            slope: self
                .slope
                .zip(change)
                .map(|(slope, map)| behind(slope, map)),
        }
    }
}
