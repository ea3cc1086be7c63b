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

/// Metrics from the logits `named` of generated and `named_real` of real pictures. The classes of generated ones come in
/// turn, as [`GanTrainer::fixed`](super::GanTrainer::fixed) asks for them; without labels (`labelled`) nothing was asked
/// for, and there is no agreement. `real` are the labels of the real ones.
pub(super) fn recognised(
    seen: &BTreeMap<String, Vec<f32>>,
    classes: usize,
    labelled: bool,
    real: &[u8],
) -> BTreeMap<String, f32> {
    let mut told = BTreeMap::new();
    let mut tell = |name: &str, value| told.insert(name.to_owned(), value);
    if let Some(logits) = seen.get("named") {
        let asked = (0..logits.len() / classes).map(|i| (i % classes) as u8);
        let fake = recognition(logits, &asked.collect::<Vec<_>>());
        if labelled {
            tell("agreement", fake.agreement);
        }
        tell("confident", fake.confident);
        tell("classes_seen", fake.classes_seen as f32);
        tell("classes", classes as f32);
    }
    if let Some(logits) = seen.get("named_real") {
        tell("agreement_real", recognition(logits, real).agreement);
    }
    told
}
