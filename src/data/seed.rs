//! Random numbers and noise that are the same on every machine.
//!
//! The pictures of `scenes` and `styles` are drawn from these alone: one `u32` names a picture. The generator is
//! `SplitMix64` (Steele, Lea and Flood, "Fast splittable pseudorandom number generators", 2014); the noise is Perlin's
//! gradient noise over an integer hash, so that it needs no table.

/// A stream of random numbers.
#[derive(Clone, Debug)]
pub struct Seed {
    state: u64,
}

impl Seed {
    /// The stream that belongs to `seed`.
    #[must_use]
    pub fn new(seed: u32) -> Self {
        Self::stream(seed, 0)
    }

    /// One of many independent streams of the same `seed`, so that drawing more trees does not move the houses.
    #[must_use]
    pub fn stream(seed: u32, stream: u32) -> Self {
        Self {
            state: (u64::from(stream) << 32 | u64::from(seed)).wrapping_mul(0x2545_F491_4F6C_DD1D)
                ^ 0x6A09_E667_F3BC_C909,
        }
    }

    /// A stream of its own, for one thing among many: however much it draws, the next thing is not changed. That keeps
    /// scenes alike between machines whose `powf` or `sin` differ in the last bit.
    #[must_use]
    pub fn split(&mut self) -> Self {
        let (seed, stream) = (self.next_u32(), self.next_u32());
        Self::stream(seed, stream)
    }

    /// Where the stream stands: [`Self::at`] goes on from there.
    #[must_use]
    pub fn state(&self) -> u64 {
        self.state
    }

    /// The stream that stands at `state`.
    #[must_use]
    pub fn at(state: u64) -> Self {
        Self { state }
    }

    /// 32 uniform bits.
    pub fn next_u32(&mut self) -> u32 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        ((z ^ (z >> 31)) >> 32) as u32
    }

    /// Uniform in `[0, 1)`, exact multiples of 2⁻²⁴.
    pub fn uniform(&mut self) -> f32 {
        (self.next_u32() >> 8) as f32 / 16_777_216.0
    }

    /// Uniform in `[low, high)`.
    pub fn range(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * self.uniform()
    }

    /// Uniform among `0..count`; 0 when `count` is 0.
    pub fn below(&mut self, count: usize) -> usize {
        ((u64::from(self.next_u32()) * count as u64) >> 32) as usize
    }

    /// True with the given probability.
    pub fn chance(&mut self, probability: f32) -> bool {
        self.uniform() < probability
    }

    /// Standard normal (Box and Muller, 1958).
    pub fn normal(&mut self) -> f32 {
        let radius = (-2.0 * (1.0 - self.uniform()).ln()).sqrt();
        radius * (std::f32::consts::TAU * self.uniform()).cos()
    }
}

/// Hash of a lattice point; all 32 bits are usable.
#[must_use]
pub fn lattice(x: i32, y: i32, seed: u32) -> u32 {
    let mut h = (x as u32).wrapping_mul(0x85EB_CA6B)
        ^ (y as u32).wrapping_mul(0xC2B2_AE35)
        ^ seed.wrapping_mul(0x27D4_EB2F);
    h = (h ^ (h >> 15)).wrapping_mul(0x2C1B_3C6D);
    h = (h ^ (h >> 12)).wrapping_mul(0x297A_2D39);
    h ^ (h >> 15)
}

/// Uniform in `[0, 1)` for a lattice point.
#[must_use]
pub fn cell(x: i32, y: i32, seed: u32) -> f32 {
    (lattice(x, y, seed) >> 8) as f32 / 16_777_216.0
}

/// `f32::floor` is a library call on plain x86-64, and noise spends most of its time there.
fn floor(x: f32) -> i32 {
    let whole = x as i32;
    whole - i32::from(x < whole as f32)
}

/// Gradient noise, about `[-1, 1]`, smooth, zero at integer points, one feature per unit.
#[must_use]
pub fn noise(x: f32, y: f32, seed: u32) -> f32 {
    let (ix, iy) = (floor(x), floor(y));
    let (x, y) = (x - ix as f32, y - iy as f32);
    let corner = |hash: u32, dx: f32, dy: f32| {
        let h = hash ^ (hash >> 15);
        let h = h.wrapping_mul(0x2C1B_3C6D);
        let h = (h ^ (h >> 12)).wrapping_mul(0x297A_2D39);
        let gx = (h & 0xFFFF) as i32 - 32768;
        let gy = (h >> 16) as i32 - 32768;
        gx as f32 * dx + gy as f32 * dy
    };
    let left = (ix as u32).wrapping_mul(0x85EB_CA6B) ^ seed.wrapping_mul(0x27D4_EB2F);
    let right =
        (ix as u32).wrapping_add(1).wrapping_mul(0x85EB_CA6B) ^ seed.wrapping_mul(0x27D4_EB2F);
    let high = (iy as u32).wrapping_mul(0xC2B2_AE35);
    let low = high.wrapping_add(0xC2B2_AE35);
    let u = x * x * x * (x * (x * 6.0 - 15.0) + 10.0);
    let v = y * y * y * (y * (y * 6.0 - 15.0) + 10.0);
    let (a, b) = (corner(left ^ high, x, y), corner(right ^ high, x - 1.0, y));
    let (c, d) = (
        corner(left ^ low, x, y - 1.0),
        corner(right ^ low, x - 1.0, y - 1.0),
    );
    let top = a + (b - a) * u;
    let bottom = c + (d - c) * u;
    (top + (bottom - top) * v) * (1.7 / 32768.0)
}

/// A sum of `octaves` noises, each twice as fine and half as strong, turned a little so that no grid shows.
#[must_use]
pub fn fbm(x: f32, y: f32, octaves: u32, seed: u32) -> f32 {
    let (mut x, mut y, mut gain, mut sum) = (x, y, 0.5, 0.0);
    for octave in 0..octaves {
        sum += gain * noise(x, y, seed.wrapping_add(octave * 101));
        (x, y) = (1.6 * x + 1.2 * y + 7.3, 1.6 * y - 1.2 * x + 3.1);
        gain *= 0.5;
    }
    sum
}

/// Like [`fbm`], but with sharp crests, in about `[0, 1]`: mountains. Valleys stay smooth because each octave is
/// weighted by the height of the one before (Musgrave's ridged multifractal).
#[must_use]
pub fn ridged(x: f32, y: f32, octaves: u32, seed: u32) -> f32 {
    let (mut x, mut y, mut gain, mut weight, mut sum) = (x, y, 0.55, 1.0, 0.0);
    for octave in 0..octaves {
        let crest = 1.0 - noise(x, y, seed.wrapping_add(octave * 131)).abs();
        let crest = crest * crest;
        sum += gain * crest * weight;
        weight = crest.clamp(0.0, 1.0);
        (x, y) = (1.6 * x + 1.2 * y + 5.7, 1.6 * y - 1.2 * x + 1.9);
        gain *= 0.44;
    }
    sum
}

/// Cubic step from 0 at `low` to 1 at `high`; works downwards too.
#[must_use]
pub fn step(low: f32, high: f32, x: f32) -> f32 {
    let t = ((x - low) / (high - low)).clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stream_of_seed_seven_never_changes() {
        let mut seed = Seed::new(7);
        let numbers: Vec<u32> = (0..4).map(|_| seed.next_u32()).collect();
        assert_eq!(numbers, GOLDEN);
    }

    /// Written down from this generator: a change would silently change every picture and every data set.
    const GOLDEN: [u32; 4] = [1_768_929_702, 735_412_372, 3_619_134_039, 1_445_112_487];

    #[test]
    fn normal_numbers_have_mean_zero_and_variance_one() {
        let mut seed = Seed::new(1);
        let numbers: Vec<f32> = (0..20_000).map(|_| seed.normal()).collect();
        let mean = numbers.iter().sum::<f32>() / 20_000.0;
        let variance = numbers.iter().map(|x| (x - mean).powi(2)).sum::<f32>() / 20_000.0;
        // Four standard errors: 4 / sqrt(20000) and 4 * sqrt(2 / 20000).
        assert!(mean.abs() < 0.0283, "mean {mean}");
        assert!((variance - 1.0).abs() < 0.04, "variance {variance}");
    }

    #[test]
    fn uniform_numbers_fill_their_range() {
        let mut seed = Seed::stream(3, 9);
        let (mut low, mut high) = (1.0_f32, 0.0_f32);
        for _ in 0..10_000 {
            let x = seed.uniform();
            low = low.min(x);
            high = high.max(x);
        }
        assert!(
            (0.0..0.001).contains(&low) && (0.999..1.0).contains(&high),
            "{low} {high}"
        );
    }

    #[test]
    fn noise_is_continuous_across_cells() {
        for i in 0..200 {
            let x = i as f32 * 0.37 - 20.0;
            let edge = x.floor();
            let gap = (noise(edge - 1e-3, x, 5) - noise(edge + 1e-3, x, 5)).abs();
            assert!(gap < 0.02, "gap {gap} at {edge}");
        }
    }
}
