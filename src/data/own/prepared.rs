//! A data set in one small file: safetensors with the pictures, their labels, and as metadata the names of the classes and
//! what was left out. It travels in checkpoints, so it is read as strictly as weights.

use std::collections::HashMap;

use safetensors::tensor::{Dtype, SafeTensors, TensorView};
use serde::{Deserialize, Serialize};

use super::path::NAME;
use super::{MAX_CLASSES, MAX_PICTURES, MAX_SIDE, MAX_VALUES, MIN_PICTURES, MIN_SIDE};
use crate::data::dataset::Pictures;
use crate::error::Error;
use crate::protocol::{GanConfig, GanVariant, LeftOut};

/// The metadata key under which everything but the tensors lies.
const KEY: &str = "easel-pictures";
const VERSION: u32 = 1;
/// The longest file that is read, in bytes: the pictures and their names.
pub const MAX_PREPARED: usize = MAX_VALUES + (1 << 20);
/// The most pictures that a run is judged by and does not learn from.
const HELD: usize = 128;
/// From so many pictures on, as many as [`HELD`]; of fewer, a tenth.
const ENOUGH: usize = 640;

/// Pictures that are ready to learn from.
#[derive(Clone, Debug, PartialEq)]
pub struct Prepared {
    /// In random order.
    pub pictures: Pictures,
    /// The names of their classes; none without labels.
    pub classes: Vec<String>,
    /// What was left out when they were gathered; not read back.
    pub left: Vec<LeftOut>,
}

#[derive(Serialize, Deserialize)]
struct Meta {
    version: u32,
    classes: Vec<String>,
    #[serde(default, skip_deserializing)]
    left: Vec<LeftOut>,
}

/// What a data set was made without, as the end of a line on it.
pub(super) fn left_out(all: &[LeftOut]) -> String {
    let one = |left: &LeftOut| {
        let names = left.names.join(", ");
        format!("; {} {}: {names}", left.count, left.code)
    };
    all.iter().map(one).collect()
}

fn broken(detail: impl ToString) -> Error {
    Error::BadData {
        code: "data-broken",
        detail: detail.to_string(),
    }
}

impl Prepared {
    /// A line on it.
    #[must_use]
    pub fn summary(&self) -> String {
        let mut line = format!("{} pictures", self.pictures.len());
        if !self.classes.is_empty() {
            let names = self.classes.join(", ");
            line += &format!(" in {} classes: {names}", self.classes.len());
        }
        line + &left_out(&self.left)
    }

    /// As a file: `pictures` `[N, C, S, S]` and `labels` `[N]`, both `U8`.
    ///
    /// # Errors
    /// `Unexpected` only.
    pub fn write(&self) -> Result<Vec<u8>, Error> {
        let unexpected = |e: safetensors::SafeTensorError| Error::Unexpected(e.to_string());
        let [c, h, w] = self.pictures.shape();
        let count = self.pictures.len();
        let values = TensorView::new(Dtype::U8, vec![count, c, h, w], self.pictures.values());
        let labels = TensorView::new(Dtype::U8, vec![count], self.pictures.labels());
        let views = [
            ("pictures", values.map_err(unexpected)?),
            ("labels", labels.map_err(unexpected)?),
        ];
        let meta = Meta {
            version: VERSION,
            classes: self.classes.clone(),
            left: self.left.clone(),
        };
        let text = serde_json::to_string(&meta).map_err(|e| Error::Unexpected(e.to_string()))?;
        let metadata = HashMap::from([(KEY.to_owned(), text)]);
        safetensors::serialize(views, Some(metadata)).map_err(unexpected)
    }

    /// Reads what [`Self::write`] wrote.
    ///
    /// # Errors
    /// `data-broken` for anything else.
    pub fn read(bytes: &[u8]) -> Result<Self, Error> {
        if bytes.len() > MAX_PREPARED {
            let detail = format!("{} bytes; at most {MAX_PREPARED} are read", bytes.len());
            return Err(broken(detail));
        }
        let (_, metadata) = SafeTensors::read_metadata(bytes).map_err(broken)?;
        let text = metadata.metadata().as_ref().and_then(|m| m.get(KEY));
        let text = text.ok_or_else(|| broken("it is not a data set of Easel"))?;
        let meta: Meta = serde_json::from_str(text).map_err(broken)?;
        if meta.version != VERSION {
            return Err(broken(format!("version {} is not {VERSION}", meta.version)));
        }
        let classes = meta.classes;
        let sound = classes.is_empty() || (2..=MAX_CLASSES).contains(&classes.len());
        if !sound || classes.iter().any(|name| name.chars().count() > NAME) {
            return Err(broken(format!("{} classes", classes.len())));
        }
        let file = SafeTensors::deserialize(bytes).map_err(broken)?;
        let (values, labels) = (
            file.tensor("pictures").map_err(broken)?,
            file.tensor("labels").map_err(broken)?,
        );
        if file.len() != 2 || values.dtype() != Dtype::U8 || labels.dtype() != Dtype::U8 {
            return Err(broken("it holds something other than pictures and labels"));
        }
        let &[count, channels, h, w] = values.shape() else {
            return Err(broken(format!("pictures of shape {:?}", values.shape())));
        };
        let sides = h == w
            && (MIN_SIDE as usize..=MAX_SIDE as usize).contains(&h)
            && matches!(channels, 1 | 3);
        if !sides
            || !(MIN_PICTURES..=MAX_PICTURES).contains(&count)
            || values.data().len() > MAX_VALUES
            || labels.shape() != [count]
        {
            let detail = format!(
                "pictures of {:?}, labels of {:?}",
                values.shape(),
                labels.shape()
            );
            return Err(broken(detail));
        }
        let named = classes.len().max(1);
        if let Some(label) = labels.data().iter().find(|l| usize::from(**l) >= named) {
            return Err(broken(format!("label {label} of {named} classes")));
        }
        let mut pictures = Pictures::new(channels, h, named);
        let each = values.data().chunks_exact(channels * h * w);
        for (picture, label) in each.zip(labels.data()) {
            pictures.push(picture, *label);
        }
        Ok(Self {
            pictures,
            classes,
            left: Vec::new(),
        })
    }

    /// What a run of these settings learns from, and what it is judged by and never learns from.
    ///
    /// # Errors
    /// `data-size` if they are of another size, `data-labels` if the run needs labels and there are none.
    pub fn for_run(self, config: &GanConfig) -> Result<(Pictures, Pictures), Error> {
        let [_, size, _] = self.pictures.shape();
        if size != config.size as usize {
            let detail = format!(
                "the pictures have {size} px, the settings say {}",
                config.size
            );
            let code = "data-size";
            return Err(Error::BadData { code, detail });
        }
        if config.variant == GanVariant::Cgan && self.classes.is_empty() {
            return Err(Error::BadData {
                code: "data-labels",
                detail: "cgan is told the class of each picture, and these have none".into(),
            });
        }
        let count = self.pictures.len();
        let held = if count < ENOUGH { count / 10 } else { HELD };
        Ok(self.pictures.split(count - held))
    }
}
