//! L-BFGS without line search that never reads a number back: dot products, alpha and rho stay on
//! the GPU. Nocedal and Wright, algorithm 7.4, with the first step and the guard of PyTorch's
//! `torch.optim.LBFGS`.

use std::collections::VecDeque;

use burn::tensor::Tensor;

/// One pair of the history: `s = x' - x`, `y = g' - g`, `rho = 1 / (y·s)`, all on the GPU.
#[derive(Clone, Debug)]
struct Pair {
    s: Tensor<1>,
    y: Tensor<1>,
    rho: Tensor<1>,
}

/// The state between two steps. PyTorch skips a pair with `y·s <= 1e-10`, which would need the
/// number on the host; here such a pair stays in the history with `rho = 0`, which gives it no
/// influence, and keeps the scale of the last good pair.
#[derive(Clone, Debug)]
pub struct Lbfgs {
    history: usize,
    pairs: VecDeque<Pair>,
    /// Gradient and step of the last call.
    last: Option<(Tensor<1>, Tensor<1>)>,
    /// `H_0 = gamma I`
    gamma: Option<Tensor<1>>,
}

impl Lbfgs {
    /// Remembers `history` pairs.
    pub fn new(history: usize) -> Self {
        Self {
            history,
            pairs: VecDeque::new(),
            last: None,
            gamma: None,
        }
    }

    /// The next point from `x` with gradient `g` there, both flat. `rate` scales the step; the first
    /// one is shortened to `min(1, 1 / |g|_1)` of it.
    pub fn step(&mut self, x: Tensor<1>, g: Tensor<1>, rate: f32) -> Tensor<1> {
        if let Some((last_g, s)) = self.last.take() {
            self.remember(g.clone() - last_g, s);
        }
        let first = self.gamma.is_none();
        let direction = self.direction(g.clone());
        let step = if first {
            let shorten = g.clone().abs().sum().clamp_min(1.0).recip();
            direction * shorten * rate
        } else {
            direction * rate
        };
        if first {
            self.gamma = Some(Tensor::ones([1], &g.device()));
        }
        self.last = Some((g, step.clone()));
        x + step
    }

    fn remember(&mut self, y: Tensor<1>, s: Tensor<1>) {
        let curvature = dot(&y, &s);
        let good = curvature.clone().greater_scalar(1e-10);
        // Where the guard fails, dividing by one instead of by nearly nothing keeps NaN out.
        let safe = curvature.mask_fill(good.clone().bool_not(), 1.0);
        let rho = safe.clone().recip() * good.clone().float();
        let fresh = safe / dot(&y, &y).clamp_min(1e-30);
        let gamma = match self.gamma.take() {
            Some(old) => old.mask_where(good, fresh),
            None => fresh,
        };
        self.gamma = Some(gamma);
        if self.pairs.len() == self.history {
            self.pairs.pop_front();
        }
        self.pairs.push_back(Pair { s, y, rho });
    }

    /// The two-loop recursion: `-H g`.
    fn direction(&self, g: Tensor<1>) -> Tensor<1> {
        let mut q = -g;
        let mut alphas = Vec::with_capacity(self.pairs.len());
        for pair in self.pairs.iter().rev() {
            let alpha = pair.rho.clone() * dot(&pair.s, &q);
            q = q - pair.y.clone() * alpha.clone();
            alphas.push(alpha);
        }
        if let Some(gamma) = &self.gamma {
            q = q * gamma.clone();
        }
        for (pair, alpha) in self.pairs.iter().zip(alphas.into_iter().rev()) {
            let beta = pair.rho.clone() * dot(&pair.y, &q);
            q = q + pair.s.clone() * (alpha - beta);
        }
        q
    }

    /// The tensors of the state, in an order that [`Self::restore`] understands.
    pub fn tensors(&self) -> Vec<(String, Tensor<1>)> {
        let mut all = Vec::new();
        for (i, pair) in self.pairs.iter().enumerate() {
            all.push((format!("s.{i}"), pair.s.clone()));
            all.push((format!("y.{i}"), pair.y.clone()));
            all.push((format!("rho.{i}"), pair.rho.clone()));
        }
        if let Some((g, s)) = &self.last {
            all.push(("last.g".into(), g.clone()));
            all.push(("last.s".into(), s.clone()));
        }
        if let Some(gamma) = &self.gamma {
            all.push(("gamma".into(), gamma.clone()));
        }
        all
    }

    /// The inverse of [`Self::tensors`]: `take` gives a tensor by name, or nothing.
    pub fn restore(history: usize, mut take: impl FnMut(&str) -> Option<Tensor<1>>) -> Self {
        let mut state = Self::new(history);
        for i in 0..history {
            let mut part = |name: &str| take(&format!("{name}.{i}"));
            let (Some(s), Some(y), Some(rho)) = (part("s"), part("y"), part("rho")) else {
                break;
            };
            state.pairs.push_back(Pair { s, y, rho });
        }
        state.last = take("last.g").zip(take("last.s"));
        state.gamma = take("gamma");
        state
    }
}

/// `[1]`
fn dot(a: &Tensor<1>, b: &Tensor<1>) -> Tensor<1> {
    (a.clone() * b.clone()).sum()
}
