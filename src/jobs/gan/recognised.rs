//! Which classifier names the classes of a run's samples, and what follows from its logits.

use std::collections::BTreeMap;

use crate::data::dataset::Dataset;
use crate::models::ClassifierConfig;
use crate::protocol::{GanConfig, GanData};
use crate::quality::recognition;

/// The classifier of the manifest that was trained on a run's data in its size, by id and settings; none of other data.
#[must_use]
pub fn classifier_of(config: &GanConfig) -> Option<(&'static str, ClassifierConfig)> {
    let id = match (config.data, config.size) {
        (GanData::Digits, 28) => "classifier-digits",
        (GanData::Scenes, 32) => "classifier-scenes",
        _ => return None,
    };
    let ([channels, size, _], classes) = Dataset::kind(config);
    let config = ClassifierConfig {
        size,
        channels,
        classes,
    };
    Some((id, config))
}

/// Metrics from the logits `named` of generated and `named_real` of real pictures. The classes of both come in turn, as
/// [`GanTrainer::fixed`](super::GanTrainer::fixed) asks for them and [`Drawer`](crate::data::dataset::Drawer) draws them;
/// without labels nothing was asked for, and there is no agreement.
pub(super) fn recognised(
    seen: &BTreeMap<String, Vec<f32>>,
    classes: usize,
    labelled: bool,
) -> BTreeMap<String, f32> {
    let found = |name| {
        let logits: &Vec<f32> = seen.get(name)?;
        let labels = (0..logits.len() / classes).map(|i| (i % classes) as u8);
        Some(recognition(logits, &labels.collect::<Vec<_>>()))
    };
    let mut told = BTreeMap::new();
    let mut tell = |name: &str, value| told.insert(name.to_owned(), value);
    if let Some(fake) = found("named") {
        if labelled {
            tell("agreement", fake.agreement);
        }
        tell("confident", fake.confident);
        tell("classes_seen", fake.classes_seen as f32);
        tell("classes", classes as f32);
    }
    if let Some(real) = found("named_real") {
        tell("agreement_real", real.agreement);
    }
    told
}
