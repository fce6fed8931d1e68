//! Sets of ids in words: `device is phone or tablet`.

use std::fmt;

use cloakroom_vocabulary::Signal;

use crate::manifest::{Manifest, SignalUse};

/// That a signal or the bucket has one of some ids.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Condition {
    position: usize,
    signal: Option<Signal>,
    ids: Vec<u8>,
    words: String,
}

/// What the ids of a cell mean.
pub(crate) struct Axes<'a> {
    pub(crate) signals: &'a [SignalUse],
    /// The ranges of the bucket, the last id of a cell; none if there is no bucket in it.
    pub(crate) ranges: Vec<String>,
}

impl Condition {
    /// The signal; `None` for the bucket.
    #[must_use]
    pub fn signal(&self) -> Option<Signal> {
        self.signal
    }

    /// The ids that fit, ascending.
    #[must_use]
    pub fn ids(&self) -> &[u8] {
        &self.ids
    }

    /// Whether it holds in the cell with these ids.
    #[must_use]
    pub fn holds(&self, ids: &[u8]) -> bool {
        ids.get(self.position).is_some_and(|id| self.ids.contains(id))
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.words)
    }
}

impl<'a> Axes<'a> {
    pub(crate) fn of(manifest: &'a Manifest) -> Self {
        let ranges = (0..manifest.unknown_bucket()).map(|range| manifest.bucket_name(range));
        Self { signals: manifest.signals(), ranges: ranges.collect() }
    }

    /// The sets that say something: those that do not hold every id of their signal.
    pub(crate) fn conditions(&self, sets: Vec<Vec<u8>>) -> Vec<Condition> {
        let mut sets = sets.into_iter();
        let signals = self.signals.iter().zip(sets.by_ref()).enumerate();
        let mut conditions: Vec<_> = signals
            .filter(|(_, (signal, ids))| ids.len() <= usize::from(signal.any()))
            .map(|(position, (signal, ids))| Condition {
                position,
                signal: Some(signal.signal()),
                words: words(signal, &ids),
                ids,
            })
            .collect();
        let bucket = sets.next().filter(|ids| ids.len() <= self.ranges.len() && !self.ranges.is_empty());
        conditions.extend(bucket.map(|ids| Condition {
            position: self.signals.len(),
            signal: None,
            words: self.bucket_words(&ids),
            ids,
        }));
        conditions
    }

    fn bucket_words(&self, ids: &[u8]) -> String {
        if (0..self.ranges.len()).all(|range| ids.iter().any(|id| usize::from(*id) == range)) {
            return "bucket is known".to_owned();
        }
        let name = |id: &u8| self.ranges.get(usize::from(*id)).map_or("any", String::as_str);
        format!("bucket is {}", ids.iter().map(name).collect::<Vec<_>>().join(" or "))
    }
}

fn words(signal: &SignalUse, ids: &[u8]) -> String {
    let name = signal.signal();
    let names = |ids: &[u8]| ids.iter().map(|id| signal.id_name(*id)).collect::<Vec<_>>().join(" or ");
    let absent: Vec<u8> = (0..=signal.any()).filter(|id| !ids.contains(id)).collect();
    // Only a set that holds what nobody named is told by what it leaves out.
    let open = ids.contains(&signal.other()) && absent.len() < ids.len();
    match absent.split_last() {
        Some((last, [])) if open && *last == signal.any() => format!("{name} is known"),
        Some((last, named)) if open && *last == signal.any() => {
            format!("{name} is known but not {}", names(named))
        }
        Some(_) if open => format!("{name} is not {}", names(&absent)),
        _ => format!("{name} is {}", names(ids)),
    }
}
