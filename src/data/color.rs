//! Giving one picture the colours of another.
#![allow(
    clippy::needless_range_loop,
    reason = "matrices are clearest by their indices"
)]

use image::RgbaImage;

type Vec3 = [f64; 3];
type Mat3 = [Vec3; 3];

/// Added to each variance so that a grey or flat picture still has a Cholesky factor. In units of
/// squared 8-bit steps.
const RIDGE: f64 = 1e-2;

/// `style` with the mean and covariance of `content`'s colours: `L_c L_s^-1 (x - m_s) + m_c`, where
/// `L` is the Cholesky factor of the covariance (Gatys et al. 2016, "Preserving color in neural
/// artistic style transfer", section 3). Fully transparent pixels do not count. Alpha is kept.
pub fn match_color(style: &RgbaImage, content: &RgbaImage) -> RgbaImage {
    let (m_s, l_s) = statistics(style);
    let (m_c, l_c) = statistics(content);
    let map = multiply(&l_c, &inverse(&l_s));
    let mut out = style.clone();
    for pixel in out.pixels_mut() {
        let x: Vec3 = std::array::from_fn(|i| f64::from(pixel.0[i]) - m_s[i]);
        for i in 0..3 {
            let y: f64 = (0..3).map(|j| map[i][j] * x[j]).sum::<f64>() + m_c[i];
            pixel.0[i] = y.round().clamp(0.0, 255.0) as u8;
        }
    }
    out
}

/// Mean and Cholesky factor of the covariance.
fn statistics(picture: &RgbaImage) -> (Vec3, Mat3) {
    let (mut n, mut sum, mut products) = (0.0, [0.0; 3], [[0.0; 3]; 3]);
    for pixel in picture.pixels().filter(|p| p.0[3] > 0) {
        n += 1.0;
        for i in 0..3 {
            sum[i] += f64::from(pixel.0[i]);
            for j in 0..=i {
                products[i][j] += f64::from(pixel.0[i]) * f64::from(pixel.0[j]);
            }
        }
    }
    let n: f64 = f64::max(n, 1.0);
    let mean = sum.map(|s| s / n);
    let mut l = [[0.0; 3]; 3];
    for i in 0..3 {
        for j in 0..=i {
            let ridge = if i == j { RIDGE } else { 0.0 };
            let mut rest = products[i][j] / n - mean[i] * mean[j] + ridge;
            for k in 0..j {
                rest -= l[i][k] * l[j][k];
            }
            l[i][j] = if i == j {
                rest.max(RIDGE).sqrt()
            } else {
                rest / l[j][j]
            };
        }
    }
    (mean, l)
}

/// Of a lower triangle.
fn inverse(l: &Mat3) -> Mat3 {
    let mut out = [[0.0; 3]; 3];
    for j in 0..3 {
        out[j][j] = 1.0 / l[j][j];
        for i in j + 1..3 {
            let sum: f64 = (j..i).map(|k| l[i][k] * out[k][j]).sum();
            out[i][j] = -sum / l[i][i];
        }
    }
    out
}

fn multiply(a: &Mat3, b: &Mat3) -> Mat3 {
    std::array::from_fn(|i| std::array::from_fn(|j| (0..3).map(|k| a[i][k] * b[k][j]).sum()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use image::Rgba;

    /// A picture whose channels are correlated, with a mean of its own.
    fn picture(seed: u32, mean: [f64; 3], spread: f64) -> RgbaImage {
        let mut state = seed;
        let mut noise = move || {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            f64::from(state >> 8) / f64::from(1 << 24) - 0.5
        };
        RgbaImage::from_fn(64, 48, |_, _| {
            let (a, b, c) = (noise(), noise(), noise());
            let x = [a, 0.6 * a + 0.4 * b, -0.3 * a + 0.5 * c];
            let channel = |i: usize| (mean[i] + spread * x[i]).round().clamp(0.0, 255.0) as u8;
            Rgba([channel(0), channel(1), channel(2), 255])
        })
    }

    #[test]
    fn matched_picture_has_the_contents_mean_and_covariance() {
        let style = picture(1, [90.0, 120.0, 150.0], 60.0);
        let content = picture(2, [140.0, 100.0, 110.0], 40.0);
        let (mean, l) = statistics(&match_color(&style, &content));
        let (wanted_mean, wanted_l) = statistics(&content);
        for i in 0..3 {
            // Rounding to 8 bits moves a mean by much less than one step.
            assert!(
                (mean[i] - wanted_mean[i]).abs() < 0.2,
                "{mean:?} {wanted_mean:?}"
            );
            for j in 0..=i {
                assert!((l[i][j] - wanted_l[i][j]).abs() < 0.3, "{l:?} {wanted_l:?}");
            }
        }
    }

    #[test]
    fn a_flat_content_makes_a_nearly_flat_picture_of_its_colour() {
        let style = picture(3, [90.0, 120.0, 150.0], 60.0);
        let content = RgbaImage::from_pixel(8, 8, Rgba([10, 200, 30, 255]));
        let out = match_color(&style, &content);
        let far = out.pixels().map(|p| p.0[1].abs_diff(200)).max();
        assert!(far <= Some(1), "{far:?}");
    }
}
