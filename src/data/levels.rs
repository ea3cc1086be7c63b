//! Pictures at the sizes of a network that grows.

use super::dataset::Pictures;

impl Pictures {
    /// Each `factor` times as small: the mean of every square of as many pixels, rounded.
    ///
    /// # Panics
    /// If the factor does not divide the size.
    #[must_use]
    pub fn reduced(&self, factor: usize) -> Self {
        let [channels, size, _] = self.shape();
        assert!(size.is_multiple_of(factor), "{size} px by {factor}");
        let (side, area) = (size / factor, (factor * factor) as u32);
        let mut small = Self::new(channels, side, self.classes());
        let mut reduced = vec![0; channels * side * side];
        let pictures = self.values().chunks_exact(channels * size * size);
        for (picture, label) in pictures.zip(self.labels()) {
            for (i, value) in reduced.iter_mut().enumerate() {
                // Planes follow one another, so that their lines can be counted through.
                let (line, x) = (i / side, i % side);
                let of_row =
                    |y: usize| &picture[(line * factor + y) * size + x * factor..][..factor];
                let square = (0..factor).flat_map(of_row);
                let sum: u32 = square.map(|v| u32::from(*v)).sum();
                *value = ((sum + area / 2) / area) as u8;
            }
            small.push(&reduced, *label);
        }
        small
    }
}
