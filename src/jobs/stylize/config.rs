//! Ranges of the settings, how a picture is cut, and what a run takes.

use super::PictureGenerator;
use crate::data::decode::fit;
use crate::error::Error;
use crate::jobs::Memory;
use crate::nn::{Cut, Limits};
use crate::ops::work_limit;
use crate::protocol::{Estimate, StylizeConfig};

/// The most bytes of a band, unless the adapter sees less: half of the smallest limit that there is.
const BAND: u64 = 64 << 20;
/// Launches of a convolution after which a step is long enough.
const LAUNCHES: f64 = 16.0;
/// Sides that can be asked for, in pixels.
const SIDES: (u32, u32) = (8, 16_384);

/// Holds settings against their ranges.
///
/// # Errors
/// `BadSetting` names the first that is out of its range.
pub fn check_stylize(config: &StylizeConfig) -> Result<(), Error> {
    let bad = |name: &'static str, detail: String| Err(Error::BadSetting { name, detail });
    let (least, most) = SIDES;
    if config.side != 0 && !(least..=most).contains(&config.side) {
        let detail = format!("{} is not 0 or within {least} and {most}", config.side);
        return bad("side", detail);
    }
    if !(0.0..=1.0).contains(&config.strength) {
        return bad(
            "strength",
            format!("{} is not within 0 and 1", config.strength),
        );
    }
    Ok(())
}

/// Width and height of the result.
pub(super) fn size_of(config: &StylizeConfig, (w, h): (u32, u32)) -> (u32, u32) {
    match config.side {
        0 => (w, h),
        side => fit(w, h, side),
    }
}

/// How a picture of `size` (height, width, with its borders) is cut: what is cheap is computed twice where not all fits.
pub(super) fn cut(net: &PictureGenerator, size: [usize; 2], memory: Memory) -> Cut {
    let limits = Limits {
        band: (memory.binding / 2).min(BAND),
        all: memory.all,
        work: LAUNCHES * work_limit() as f64,
    };
    let wired = net.wired();
    let once = wired.cut(size, limits, false);
    match once.bytes + pictures(size) <= limits.all {
        true => once,
        false => wired.cut(size, limits, true),
    }
}

/// Bytes of what there is of a picture, packed: as it is, with borders, the result in bands and as a whole, what is shown;
/// and of the rows that are mixed.
fn pictures([h, w]: [usize; 2]) -> u64 {
    6 * 4 * (h * w) as u64 + 4 * super::MIXED as u64
}

/// What a run on a picture of width and height takes, and whether it fits. `rate` is this device's measured speed in
/// floating-point operations per second, if it is known.
///
/// # Errors
/// Those of [`check_stylize`].
pub fn estimate_stylize(
    config: &StylizeConfig,
    net: &PictureGenerator,
    picture: (u32, u32),
    memory: Memory,
    rate: Option<f64>,
) -> Result<Estimate, Error> {
    check_stylize(config)?;
    let takes = |(w, h): (u32, u32)| {
        let size @ [rows, columns] = net.framed([h as usize, w as usize]);
        let cut = cut(net, size, memory);
        let largest = cut.largest.max(4 * (rows * columns) as u64);
        let bytes = cut.bytes + pictures(size);
        let fits = bytes <= memory.all && largest <= memory.binding;
        (bytes, largest, cut.flops.iter().sum::<f64>(), fits)
    };
    let (width, height) = size_of(config, picture);
    let (bytes, largest_buffer, flops, fits) = takes((width, height));
    let whole = width.max(height);
    let smaller = (SIDES.0..=whole.min(SIDES.1)).rev().step_by(8);
    let largest = match fits {
        true => whole,
        false => { smaller.into_iter() }
            .find(|side| takes(fit(picture.0, picture.1, *side)).3)
            .unwrap_or(0),
    };
    Ok(Estimate {
        width,
        height,
        bytes,
        largest_buffer,
        flops,
        seconds: rate.map(|rate| flops / rate),
        fits,
        largest,
    })
}
