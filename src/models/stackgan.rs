//! StackGAN (Zhang et al. 2017, arXiv 1612.03242): from the embedding of a sentence to a small picture, and from both to a
//! larger one. The layers are those of the authors' code (hanzhanggit/StackGAN) at 64 and 256 px; at other sizes pictures
//! are halved and doubled as much less often.

mod networks;
mod plan;

use crate::nn::{DensePlan, Form, NormKind};
use crate::ops::{Activation, ConvOptions};

pub use networks::{FirstGenerator, MatchingDiscriminator, SecondGenerator, drawn_around};
use plan::Rows;
pub use plan::{StageNetwork, StagePlan};

/// Side of the innermost pictures in pixels.
const INNER: usize = 4;
/// Of all leaky ReLUs.
const LEAKY: Activation = Activation::LeakyRelu(0.2);

/// The settings of both stages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StackConfig {
    /// Side of Stage-I's pictures in pixels: 16, 32, ...; the reference's is 64.
    pub low: usize,
    /// Side of Stage-II's: 2 or 4 times as many; the reference's is 256.
    pub size: usize,
    /// Numbers of an embedding; the reference's are 1024.
    pub embedding: usize,
    /// Numbers of the condition that is drawn around an embedding, and of what a discriminator makes of it; the
    /// reference's are 128.
    pub condition: usize,
    /// Numbers of noise; the reference's are 100.
    pub noise: usize,
    /// Channels of Stage-I's last layer but one; the reference's are 128.
    pub width: usize,
    /// Channels after a discriminator's first convolution; the reference's are 64.
    pub discriminator_width: usize,
    /// Residual blocks of Stage-II; the reference's are 4.
    pub residuals: usize,
}

fn direct(stride: usize, padding: usize) -> Form {
    Form::Direct(ConvOptions {
        stride,
        padding,
        ..ConvOptions::default()
    })
}

/// 1x1, 3x3, and 4x4 that halves.
const POINT: (usize, usize, usize) = (1, 1, 0);
const SAME: (usize, usize, usize) = (3, 1, 1);
const HALF: (usize, usize, usize) = (4, 2, 1);

/// The residual block of three convolutions, narrower inside: `act(x + block(x))`.
fn bottleneck(rows: &mut Rows, channels: usize, activation: Activation) {
    let inner = (channels / 4).max(1);
    rows.conv(POINT, [channels, inner], true, activation);
    rows.conv(SAME, [inner; 2], true, activation);
    rows.conv(SAME, [inner, channels], true, Activation::Linear);
    rows.sum(3, activation);
}

impl StackConfig {
    /// Augmentation: means and logarithms of deviations of the condition.
    fn augmentation(&self) -> Vec<DensePlan> {
        vec![DensePlan {
            name: "condition".into(),
            widths: [self.embedding, 2 * self.condition],
            norm: None,
            activation: LEAKY,
            dropout: false,
        }]
    }

    /// Stage-I's generator.
    #[must_use]
    pub fn first(&self) -> StagePlan {
        let doublings = (self.low / INNER).ilog2() as usize;
        let top = self.width << (doublings - 1);
        let begin = DensePlan {
            name: "begin.0".into(),
            widths: [self.condition + self.noise, top * INNER * INNER],
            norm: Some("begin.1".into()),
            activation: Activation::Linear,
            dropout: false,
        };
        let (mut rows, relu) = (Rows::new("main"), Activation::Relu);
        bottleneck(&mut rows, top, relu);
        for doubling in 1..doublings {
            let channels = [top >> (doubling - 1), top >> doubling];
            if doubling == 1 {
                rows.doubling(channels, true, Activation::Linear);
                bottleneck(&mut rows, channels[1], relu);
            } else {
                rows.doubling(channels, true, relu);
            }
        }
        rows.doubling([self.width, 3], false, Activation::Tanh);
        StagePlan::new(vec![self.augmentation(), vec![begin]], vec![rows])
    }

    /// Stage-II's generator.
    #[must_use]
    pub fn second(&self) -> StagePlan {
        let (w, relu) = (self.width, Activation::Relu);
        let mut encode = Rows::new("encode");
        encode.conv(SAME, [3, w], false, relu);
        encode.conv(HALF, [w, 2 * w], true, relu);
        encode.conv(HALF, [2 * w, 4 * w], true, relu);
        let mut rows = Rows::new("main");
        rows.conv(SAME, [4 * w + self.condition, 4 * w], true, relu);
        for _ in 0..self.residuals {
            rows.conv(SAME, [4 * w; 2], true, relu);
            rows.conv(SAME, [4 * w; 2], true, Activation::Linear);
            rows.sum(2, relu);
        }
        let narrowed = |doubling: usize| ((4 * w) >> doubling).max(1);
        let doublings = 2 + (self.size / self.low).ilog2() as usize;
        for doubling in 1..=doublings {
            let channels = [narrowed(doubling - 1), narrowed(doubling)];
            rows.doubling(channels, true, relu);
        }
        rows.conv(SAME, [narrowed(doublings), 3], false, Activation::Tanh);
        StagePlan::new(vec![self.augmentation()], vec![encode, rows])
    }

    /// The discriminator of pictures of a side; above 64 px it widens up to there as below, and narrows again.
    #[must_use]
    pub fn discriminator(&self, side: usize) -> StagePlan {
        let (w, halvings) = (self.discriminator_width, (side / INNER).ilog2() as usize);
        let mut rows = Rows::new("encode");
        rows.conv(HALF, [3, w], false, LEAKY);
        let widest = w << (halvings - 1);
        let code = widest.min(8 * w);
        for halving in 1..halvings {
            // Where nothing narrows, no activation is between the last two and after them, as in Stage-I's.
            let bare = code == widest && halving + 2 >= halvings;
            let activation = if bare { Activation::Linear } else { LEAKY };
            rows.conv(HALF, [w << (halving - 1), w << halving], true, activation);
        }
        let mut channels = widest;
        while channels > code {
            let next = channels / 2;
            let activation = if next == code {
                Activation::Linear
            } else {
                LEAKY
            };
            rows.conv(POINT, [channels, next], true, activation);
            channels = next;
        }
        bottleneck(&mut rows, code, LEAKY);
        let mut head = Rows::new("head");
        head.conv(POINT, [code + self.condition, code], true, LEAKY);
        head.conv((INNER, INNER, 0), [code, 1], false, Activation::Linear);
        let text = DensePlan {
            name: "text".into(),
            widths: [self.embedding, self.condition],
            norm: None,
            activation: LEAKY,
            dropout: false,
        };
        StagePlan::new(vec![vec![text]], vec![rows, head])
    }
}
