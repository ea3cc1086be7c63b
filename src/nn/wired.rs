//! Layers that are not only a row: residual blocks, skipped pictures. And what running them on a picture takes, as a whole
//! or in bands ([`super::BandedRun`]).

use super::layers::Norm;
use super::{Form, LayerPlan, Layers};
use crate::ops::SCRATCH_BYTES;

/// A value that a layer is given. Value 0 is the picture, value `i + 1` is what layer `i` gives.
#[derive(Clone, Copy, Debug)]
pub struct Input {
    /// Which.
    pub value: usize,
    /// Whether its negative numbers become 0 first.
    pub relu: bool,
}

/// What a layer is given.
#[derive(Clone, Debug)]
pub struct Wire {
    /// Joined along their channels; all of one size.
    pub from: Vec<Input>,
    /// A value that is added to its result.
    pub residual: Option<usize>,
}

impl Wire {
    /// One value as it is.
    pub fn of(value: usize) -> Self {
        let relu = false;
        Self {
            from: vec![Input { value, relu }],
            residual: None,
        }
    }
}

/// Layers and what each is given, for inference.
#[derive(Debug)]
pub struct Wired {
    pub(super) layers: Layers,
    pub(super) wires: Vec<Wire>,
    /// The last layer that needs each value.
    pub(super) last_use: Vec<usize>,
}

/// What a run may take.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The most bytes of a band.
    pub band: u64,
    /// The most bytes of all.
    pub all: u64,
    /// The multiply-adds after which a band is long enough, if it has 16 rows.
    pub work: f64,
}

/// How a picture of one size is cut, and what that takes.
#[derive(Clone, Debug)]
pub struct Cut {
    /// Channels, height and width of each value.
    pub(super) shapes: Vec<[usize; 3]>,
    /// Rows of a band of each layer's result.
    pub(super) rows: Vec<usize>,
    /// Layers whose result is not kept but computed again whenever it is asked for: all but its statistics.
    pub(super) drawn: Vec<bool>,
    /// Floating-point operations of each layer, a multiply-add counted as two.
    pub flops: Vec<f64>,
    /// The most bytes alive at once, weights included.
    pub bytes: u64,
    /// Bytes of the largest buffer.
    pub largest: u64,
}

/// The fewest rows that work alone makes a band of: each is computed with the rows around it.
const ROWS: usize = 16;
/// Bytes of a number.
const FLOAT: u64 = 4;

impl Cut {
    /// Bands of a layer.
    pub fn bands(&self, layer: usize) -> usize {
        self.shapes[layer + 1][1].div_ceil(self.rows[layer])
    }

    /// Bands of all layers.
    pub fn steps(&self) -> usize {
        (0..self.rows.len()).map(|layer| self.bands(layer)).sum()
    }
}

impl Wired {
    /// Layers with a wire each.
    ///
    /// # Panics
    /// If a wire asks for a value that comes later, or there are not as many as layers.
    pub fn new(layers: Layers, wires: Vec<Wire>) -> Self {
        assert_eq!(layers.layers.len(), wires.len(), "a wire for each layer");
        let mut last_use = vec![0; wires.len() + 1];
        for (i, wire) in wires.iter().enumerate() {
            for value in wire.from.iter().map(|x| x.value).chain(wire.residual) {
                assert!(value <= i, "layer {i} is given value {value}");
                last_use[value] = i;
            }
        }
        Self {
            layers,
            wires,
            last_use,
        }
    }

    /// As [`Layers::forward_residual`].
    pub fn residual(layers: Layers, ends: usize) -> Self {
        let count = layers.layers.len();
        let wire = |i: usize| {
            let second = (ends..count - ends).contains(&i) && (i - ends) % 2 == 1;
            Wire {
                residual: second.then(|| i - 1),
                ..Wire::of(i)
            }
        };
        Self::new(layers, (0..count).map(wire).collect())
    }

    fn plan(&self) -> &[LayerPlan] {
        &self.layers.plan
    }

    /// Bytes of a number of a picture.
    fn each(&self) -> u64 {
        match self.layers.half {
            true => 2,
            false => FLOAT,
        }
    }

    /// Channels, height and width of each value for a picture of `size` (height, width).
    fn shapes(&self, size: [usize; 2]) -> Vec<[usize; 3]> {
        let mut shapes = vec![[self.plan()[0].channels[0], size[0], size[1]]];
        for (plan, wire) in self.plan().iter().zip(&self.wires) {
            let [_, h, w] = shapes[wire.from[0].value];
            let [h, w] = [h, w].map(|side| plan.length(side));
            shapes.push([plan.channels[1], h, w]);
        }
        shapes
    }

    /// How a picture of `size` (height, width) is cut. With `again`, results at full size whose convolution is cheap are
    /// computed twice instead of being kept.
    pub fn cut(&self, size: [usize; 2], limits: Limits, again: bool) -> Cut {
        let shapes = self.shapes(size);
        let count = self.wires.len();
        let mut cut = Cut {
            rows: Vec::new(),
            drawn: vec![false; count],
            flops: Vec::new(),
            bytes: 0,
            largest: 0,
            shapes,
        };
        for layer in 0..count {
            let (rows, flops, widest) = self.bands_of(layer, &cut.shapes, limits);
            cut.rows.push(rows);
            cut.flops.push(flops);
            cut.largest = cut.largest.max(widest);
            cut.drawn[layer] = again && self.is_cheap(layer, &cut);
        }
        // Whoever asks for a result that is computed again pays for it.
        for layer in 0..count {
            let from = self.wires[layer].from.iter();
            let again = from.filter(|x| x.value > 0 && cut.drawn[x.value - 1]);
            let again: f64 = again.map(|x| cut.flops[x.value - 1]).sum();
            cut.flops[layer] += again;
        }
        cut.bytes = self.weights() + (0..count).map(|i| self.alive(i, &cut)).max().unwrap_or(0);
        cut
    }

    /// Rows of a band, operations of the layer, bytes of its largest buffer.
    fn bands_of(&self, layer: usize, shapes: &[[usize; 3]], limits: Limits) -> (usize, f64, u64) {
        let plan = &self.plan()[layer];
        let [c, h, w] = shapes[layer + 1];
        let [_, down, across] = shapes[self.wires[layer].from[0].value];
        let inputs = plan.channels[0];
        let taps = match plan.form {
            Form::Upsampled(_) => 16,
            Form::Direct(_) | Form::Transposed(_) => plan.kernel * plan.kernel,
        };
        let pixels = match plan.form {
            Form::Direct(_) => h * w,
            Form::Transposed(_) | Form::Upsampled(_) => down * across,
        };
        let work = (taps * inputs * c) as f64 * pixels as f64;
        let row = self.each() * (c * w).max(inputs * across * down.div_ceil(h)) as u64;
        let most = (limits.band / row) as usize;
        let rows = if h <= most && work <= limits.work {
            h
        } else {
            let enough = (limits.work / (work / h as f64)) as usize;
            let most = most.saturating_sub(plan.kernel).max(1);
            most.min(enough.max(ROWS)).min(h)
        };
        // As many, but of about one size.
        let rows = h.div_ceil(h.div_ceil(rows));
        let widest = row * (rows + plan.kernel).min(h) as u64;
        (rows, 2.0 * work, widest)
    }

    /// Whether a layer's result is large and soon computed again: at full size, with a norm, from what is kept.
    fn is_cheap(&self, layer: usize, cut: &Cut) -> bool {
        let (wire, full) = (&self.wires[layer], cut.shapes[0]);
        let [_, h, w] = cut.shapes[layer + 1];
        let kept = |x: &Input| x.value == 0 || !cut.drawn[x.value - 1];
        let next = |other: &Wire| other.residual != Some(layer + 1);
        matches!(self.layers.layers[layer].norm, Some(Norm::Instance(_)))
            && [h, w] == full[1..]
            && wire.residual.is_none()
            && wire.from.iter().all(kept)
            && self.wires.iter().all(next)
    }

    /// Bytes while a layer runs, without weights. The picture counts elsewhere, and the result of the last layer.
    fn alive(&self, layer: usize, cut: &Cut) -> u64 {
        let size = |value: usize| self.each() * cut.shapes[value].iter().product::<usize>() as u64;
        let used = |value: &usize| self.last_use[*value] >= layer;
        // What is computed again needs what it comes from.
        let (drawn, kept): (Vec<_>, Vec<_>) = (1..=layer).partition(|value| cut.drawn[value - 1]);
        let drawn = drawn.into_iter().filter(used);
        let from = drawn.flat_map(|value| self.wires[value - 1].from.iter().map(|x| x.value));
        let from: Vec<_> = from.collect();
        let kept = { kept.into_iter() }.filter(|value| used(value) || from.contains(value));
        let kept: u64 = kept.map(size).sum();
        let last = layer + 1 == self.wires.len();
        let own = if cut.drawn[layer] || last {
            0
        } else {
            size(layer + 1)
        };
        let plan = &self.plan()[layer];
        let [c, _, w] = cut.shapes[layer + 1];
        let line = (plan.channels[0] * plan.kernel * plan.kernel + c) * w;
        let scratch = (self.each() * (line * cut.rows[layer]) as u64).min(SCRATCH_BYTES as u64);
        // The band that is read, what is cut out of or joined to it, and the two that come of it.
        kept + own + scratch + 4 * cut.largest
    }

    /// Bytes of the filters and of their packed copies: Winograd's have 36 numbers for 9.
    fn weights(&self) -> u64 {
        let of = |plan: &LayerPlan| {
            let [i, o] = plan.channels;
            let winograd =
                matches!(plan.form, Form::Direct(o) if o.stride == 1) && plan.kernel == 3;
            let copies = if winograd { 5 } else { 3 };
            FLOAT * (copies * i * o * plan.kernel * plan.kernel) as u64
        };
        self.plan().iter().map(of).sum()
    }
}
