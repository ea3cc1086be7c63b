//! A network on a picture too large for one buffer: each layer in horizontal bands, each band with the rows around it that
//! its convolution reaches for. Statistics of norms are those of the whole picture, put together from the bands', so that
//! the result is that of the picture as a whole, up to rounding.

use std::collections::BTreeMap;
use std::rc::Rc;

use burn::tensor::{Tensor, activation::relu};

use super::layers::{Given, Norm};
use super::wired::{Cut, Wired};
use super::{Form, LayerPlan};
use crate::ops::{Entry, norm_combined, norm_statistics};

/// What a layer gave.
#[allow(
    clippy::large_enum_variant,
    reason = "a network has tens of them, of kilobytes at least"
)]
enum Value {
    /// Not yet there, or no longer needed.
    Nothing,
    /// Bands from above, `[1, C, rows, W]` each, the last one perhaps shorter.
    Kept(Vec<Tensor<4>>),
    /// The same before the norm, which the convolution that is given them applies: scales, and the slope of negative
    /// numbers.
    Raw(Vec<Tensor<4>>, Tensor<2>, f32),
    /// Computed whenever it is asked for, by the statistics `[2, C]`.
    Drawn(Tensor<2>),
}

/// A run of a [`Wired`] network on one picture, a band of a layer at a time.
pub struct BandedRun {
    net: Rc<Wired>,
    cut: Cut,
    /// Rows of the picture, from the first to before the second, `[1, C, rows, W]`.
    picture: Box<dyn Fn(usize, usize) -> Tensor<4>>,
    /// By layer, what its result is multiplied by, `[1, C, H, W]`.
    masks: BTreeMap<usize, Tensor<4>>,
    /// By layer.
    values: Vec<Value>,
    layer: usize,
    band: usize,
    /// Of the present layer: bands, and their statistics with their pixels.
    bands: Vec<Tensor<4>>,
    parts: Vec<(Tensor<2>, usize)>,
    newest: Option<Tensor<1>>,
}

impl LayerPlan {
    /// Height or width of the result.
    pub(super) fn length(&self, side: usize) -> usize {
        let k = self.kernel;
        match self.form {
            Form::Direct(o) => (side + 2 * o.padding - k) / o.stride + 1,
            Form::Transposed(o) => (side - 1) * o.stride + k + o.output_padding - 2 * o.padding,
            Form::Upsampled(_) => 2 * side,
        }
    }

    /// The rows of an input of `height` that the rows `[first, end)` of the result are made of, and which of what they give
    /// is the first: what padding does to rows inside the picture lies before or behind.
    fn reach(&self, height: usize, [first, end]: [usize; 2]) -> ([usize; 2], usize) {
        let k = self.kernel;
        match self.form {
            Form::Direct(o) => {
                let top = first.saturating_sub(o.padding.div_ceil(o.stride));
                let low = (end - 1) * o.stride + k - o.padding;
                ([top * o.stride, low.min(height)], first - top)
            }
            Form::Transposed(o) => {
                let top = (first + o.padding + 1).saturating_sub(k).div_ceil(o.stride);
                let low = (end - 1 + o.padding) / o.stride + 1;
                ([top, low.min(height)], first - top * o.stride)
            }
            Form::Upsampled(_) => {
                let top = first.saturating_sub(1) / 2;
                ([top, (end / 2 + 1).min(height)], first - 2 * top)
            }
        }
    }
}

impl BandedRun {
    /// From a picture's rows, see [`Wired::cut`]. `masks` are of results that are kept.
    ///
    /// # Panics
    /// If the last layer has a norm.
    pub fn new(
        net: Rc<Wired>,
        cut: Cut,
        picture: Box<dyn Fn(usize, usize) -> Tensor<4>>,
        masks: BTreeMap<usize, Tensor<4>>,
    ) -> Self {
        let last = net.layers.layers.last().expect("a network has a layer");
        assert!(last.norm.is_none(), "no norm ends a network");
        let values = net.wires.iter().map(|_| Value::Nothing).collect();
        Self {
            net,
            cut,
            picture,
            masks,
            values,
            layer: 0,
            band: 0,
            bands: Vec::new(),
            parts: Vec::new(),
            newest: None,
        }
    }

    /// How it is cut.
    pub fn cut(&self) -> &Cut {
        &self.cut
    }

    /// Whether nothing is left to do.
    pub fn done(&self) -> bool {
        self.layer == self.net.wires.len()
    }

    /// The mean of the newest band, `[1]`: not finite if one of its numbers is not.
    pub fn newest(&self) -> Option<&Tensor<1>> {
        self.newest.as_ref()
    }

    /// Bands done, and the floating-point operations that they took.
    pub fn progress(&self) -> (usize, f64) {
        let earlier: usize = (0..self.layer).map(|i| self.cut.bands(i)).sum();
        let flops: f64 = self.cut.flops[..self.layer].iter().sum();
        let present = match self.done() {
            true => 0.0,
            false => {
                self.cut.flops[self.layer] * self.band as f64 / self.cut.bands(self.layer) as f64
            }
        };
        (earlier + self.band, flops + present)
    }

    /// Queues one band of one layer; of the last layer it is the result, from above.
    ///
    /// # Panics
    /// If it is done.
    pub fn step(&mut self) -> Option<Tensor<4>> {
        let (layer, rows) = (self.layer, self.cut.rows[self.layer]);
        let [_, height, width] = self.cut.shapes[layer + 1];
        let first = self.band * rows;
        let end = (first + rows).min(height);
        let normed = self.instance(layer);
        let mut y = self.convolved(layer, [first, end]);
        if normed {
            let pixels = (end - first) * width;
            let statistics = norm_statistics(y.clone());
            self.newest = Some(statistics.clone().narrow(0, 0, 1).mean());
            self.parts.push((statistics, pixels));
        } else {
            y = self.finished(layer, y, None, first);
            let numbers = self.net.layers.as_drawn(y.clone());
            self.newest = Some(numbers.mean());
        }
        let last = layer + 1 == self.net.wires.len();
        let result = match last {
            true => Some(self.net.layers.as_drawn(y)),
            false => {
                if !self.cut.drawn[layer] {
                    self.bands.push(y);
                }
                None
            }
        };
        self.band += 1;
        if end == height {
            self.close();
        }
        result
    }

    fn instance(&self, layer: usize) -> bool {
        matches!(self.net.layers.layers[layer].norm, Some(Norm::Instance(_)))
    }

    /// Whether nothing follows a layer's norm, and all that are given its result are convolutions that can normalise it.
    fn enters(&self, layer: usize) -> bool {
        let value = layer + 1;
        let can = self.net.wires.iter().enumerate().all(|(i, wire)| {
            let joined = wire.from.len() > 1 || wire.from[0].relu;
            let given = wire.from.iter().any(|x| x.value == value);
            let plain = !joined && self.net.layers.layers[i].conv.can_enter();
            wire.residual != Some(value) && (!given || plain)
        });
        let added = self.net.wires[layer].residual.is_some();
        can && !added && !self.masks.contains_key(&layer)
    }

    /// The present layer is through: its bands take the statistics of all, and what nobody needs any more is let go of.
    fn close(&mut self) {
        let layer = self.layer;
        let mut bands = std::mem::take(&mut self.bands);
        let parts = std::mem::take(&mut self.parts);
        let value = if parts.is_empty() {
            Value::Kept(bands)
        } else {
            let statistics = match &parts[..] {
                [(whole, _)] => whole.clone(),
                several => norm_combined(several),
            };
            let entered = self.enters(layer);
            let entry = entered.then(|| self.net.layers.layers[layer].entry(statistics.clone()));
            if self.cut.drawn[layer] {
                Value::Drawn(statistics)
            } else if let Some((scales, slope)) = entry.flatten() {
                Value::Raw(bands, scales, slope)
            } else {
                let rows = self.cut.rows[layer];
                for (i, band) in bands.iter_mut().enumerate() {
                    *band = self.finished(layer, band.clone(), Some(&statistics), i * rows);
                }
                Value::Kept(bands)
            }
        };
        self.values[layer] = value;
        (self.layer, self.band) = (layer + 1, 0);
        let needed = |value: usize| self.net.last_use[value + 1] > layer;
        let drawn = (0..=layer).filter(|i| self.cut.drawn[*i] && needed(*i));
        let of_drawn = drawn.flat_map(|i| self.net.wires[i].from.iter().map(|x| x.value));
        let of_drawn: Vec<_> = of_drawn.collect();
        for value in 0..=layer {
            if !needed(value) && !of_drawn.contains(&(value + 1)) {
                self.values[value] = Value::Nothing;
            }
        }
    }

    /// What the convolution of a layer gives in the rows `[first, end)`.
    fn convolved(&self, layer: usize, rows @ [first, end]: [usize; 2]) -> Tensor<4> {
        let wire = &self.net.wires[layer];
        let height = self.cut.shapes[wire.from[0].value][1];
        let (seen, skipped) = self.net.layers.plan[layer].reach(height, rows);
        let conv = &self.net.layers.layers[layer].conv;
        let value = wire.from[0].value;
        let raw = value.checked_sub(1).map(|of| (of, &self.values[of]));
        let given = if let Some((of, Value::Raw(bands, scales, slope))) = raw {
            let x = cut_out(bands, self.cut.rows[of], seen);
            let (scales, slope) = (scales.clone(), *slope);
            Given::Entry(Entry { x, scales, slope })
        } else {
            let given = wire.from.iter().map(|input| {
                let x = self.rows(input.value, seen);
                if input.relu { relu(x) } else { x }
            });
            Given::Picture(joined(given.collect(), 1))
        };
        let y = conv.infer(given);
        narrowed(y, skipped, end - first)
    }

    /// What is left to do to the rows of a convolution from `first` on.
    fn finished(
        &self,
        layer: usize,
        y: Tensor<4>,
        statistics: Option<&Tensor<2>>,
        first: usize,
    ) -> Tensor<4> {
        let count = y.dims()[2];
        let residual = self.net.wires[layer].residual;
        let residual = residual.map(|value| self.rows(value, [first, first + count]));
        let y = self.net.layers.layers[layer].finish(y, statistics, residual);
        match self.masks.get(&layer) {
            Some(mask) => {
                y * self
                    .net
                    .layers
                    .as_given(narrowed(mask.clone(), first, count))
            }
            None => y,
        }
    }

    /// Rows `[first, end)` of a value.
    fn rows(&self, value: usize, seen @ [first, end]: [usize; 2]) -> Tensor<4> {
        let Some(layer) = value.checked_sub(1) else {
            return self.net.layers.as_given((self.picture)(first, end));
        };
        match &self.values[layer] {
            Value::Nothing => unreachable!("layer {layer} is needed and not there"),
            Value::Drawn(statistics) => {
                let y = self.convolved(layer, [first, end]);
                self.finished(layer, y, Some(statistics), first)
            }
            Value::Raw(..) => unreachable!("only convolutions are given layer {layer}"),
            Value::Kept(bands) => cut_out(bands, self.cut.rows[layer], seen),
        }
    }
}

/// Rows `[first, end)` out of bands of `rows` each.
fn cut_out(bands: &[Tensor<4>], rows: usize, [first, end]: [usize; 2]) -> Tensor<4> {
    let parts = (first / rows..=(end - 1) / rows).map(|i| {
        let band = &bands[i];
        let top = first.max(i * rows);
        let low = end.min(i * rows + band.dims()[2]);
        narrowed(band.clone(), top - i * rows, low - top)
    });
    joined(parts.collect(), 2)
}

/// Rows of a band.
fn narrowed(x: Tensor<4>, first: usize, count: usize) -> Tensor<4> {
    if count == x.dims()[2] {
        return x;
    }
    x.narrow(2, first, count)
}

fn joined(mut parts: Vec<Tensor<4>>, dim: usize) -> Tensor<4> {
    match parts.len() {
        1 => parts.remove(0),
        _ => Tensor::cat(parts, dim),
    }
}
