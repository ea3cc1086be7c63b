//! Pictures whose classes come in turn, to teach and to judge: our own, or those of a file in MNIST's format.

use std::fs;
use std::path::Path;

use crate::data::dataset::Pictures;
use crate::data::scenes;
use crate::error::Error;
use crate::models::ClassifierConfig;

/// How many are kept from learning.
const HELD: usize = 1200;

/// What there is to learn. The class of a picture is its number modulo the number of classes.
pub struct Lesson {
    /// Of a classifier for it.
    pub config: ClassifierConfig,
    /// To learn from.
    pub learnt: Pictures,
    /// To judge by.
    pub held: Pictures,
}

impl Lesson {
    /// `digits`, `scenes`, or the path of an idx file of pictures (`...images-idx3-ubyte`), unpacked, whose labels lie
    /// beside it (`...labels-idx1-ubyte`). `count` to learn from are drawn of our own.
    ///
    /// # Errors
    /// `Unexpected` if a file cannot be read or is not what it should be.
    pub fn of(data: &str, count: usize) -> Result<Self, Error> {
        // Other numbers than those of a run of the lab and of what it is judged by.
        let both = |draw: &dyn Fn(usize, u32) -> Pictures| {
            [(count, 100_000), (HELD, 2_000_000)].map(|(count, first)| draw(count, first))
        };
        let (size, channels, classes, [learnt, held]) = match data {
            "digits" => (
                28,
                1,
                10,
                both(&|count, seed| Pictures::digits(count, 28, seed)),
            ),
            "scenes" => (
                32,
                3,
                scenes::NAMES.len(),
                both(&|count, first| Pictures::scenes(count, 32, first)),
            ),
            path => idx(Path::new(path))?,
        };
        let config = ClassifierConfig {
            size,
            channels,
            classes,
        };
        Ok(Self {
            config,
            learnt,
            held,
        })
    }
}

/// Side, channels, classes, pictures to learn from and to judge by; as many of each class as of the rarest.
fn idx(path: &Path) -> Result<(usize, usize, usize, [Pictures; 2]), Error> {
    const CLASSES: usize = 10;
    let bad = |what: &str| Error::Unexpected(format!("{}: {what}", path.display()));
    let name = path.to_string_lossy();
    let beside = name.replace("images-idx3", "labels-idx1");
    let read = |path: &str| fs::read(path).map_err(|e| Error::Unexpected(format!("{path}: {e}")));
    let (file, labels) = (read(&name)?, read(&beside)?);
    let word = |file: &[u8], i: usize| -> Option<usize> {
        let bytes = file.get(4 * i..4 * i + 4)?.first_chunk()?;
        usize::try_from(u32::from_be_bytes(*bytes)).ok()
    };
    let header = [0, 1, 2, 3].map(|i| word(&file, i));
    let [Some(0x803), Some(count), Some(size), Some(width)] = header else {
        return Err(bad("not an unpacked idx file of pictures"));
    };
    let area = size.saturating_mul(width);
    let whole = count
        .checked_mul(area)
        .is_some_and(|n| file.len() - 16 == n);
    if size != width || size < 8 || !whole {
        return Err(bad("its pictures are not square, or not all there"));
    }
    let labelled = word(&labels, 0) == Some(0x801) && labels.len() == 8 + count;
    if !labelled
        || labels[8..]
            .iter()
            .any(|label| usize::from(*label) >= CLASSES)
    {
        return Err(bad("the labels beside it are not of ten classes, one each"));
    }
    let mut of = vec![Vec::new(); CLASSES];
    for (i, label) in labels[8..].iter().enumerate() {
        of[usize::from(*label)].push(i);
    }
    let rounds = of.iter().map(Vec::len).min().unwrap_or(0);
    let part = |from: usize, to: usize| {
        let mut pictures = Pictures::new(1, size, CLASSES);
        for (label, i) in (from..to).flat_map(|round| (0..CLASSES).map(move |c| (c, round))) {
            let at = 16 + of[label][i] * area;
            pictures.push(&file[at..at + area], label as u8);
        }
        pictures
    };
    let held = HELD / CLASSES;
    let Some(learnt) = rounds.checked_sub(held).filter(|n| *n > 0) else {
        return Err(bad("too few pictures of a class"));
    };
    Ok((size, 1, CLASSES, [part(0, learnt), part(learnt, rounds)]))
}
