//! The signals of one request: values of the closed vocabulary, nothing finer.

use cloakroom_vocabulary::{Signal, SiteVocabulary, ValueId};

/// One value for each signal, as fine as the site's vocabulary knows them.
///
/// Before policy and crowd have generalized them they are about one visitor: no `Debug`, no
/// `Clone`, no serialization.
pub struct Signals {
    values: [ValueId; Signal::COUNT],
    bucket: Option<u8>,
}

/// The signals that are read on a route: those that its plugins or its origin may be told.
#[derive(Clone, Copy)]
pub(crate) struct Wanted {
    signals: [bool; Signal::COUNT],
    bucket: bool,
}

impl Wanted {
    pub(crate) fn new(signals: &[Signal], bucket: bool) -> Self {
        Self { signals: Signal::ALL.map(|signal| signals.contains(&signal)), bucket }
    }

    pub(crate) fn has(self, signal: Signal) -> bool {
        self.signals.get(signal.index()).copied().unwrap_or(false)
    }

    pub(crate) fn bucket(self) -> bool {
        self.bucket
    }
}

impl Signals {
    pub(crate) fn new(values: [ValueId; Signal::COUNT], bucket: Option<u8>) -> Self {
        Self { values, bucket }
    }

    /// Nothing known: `any` for each signal.
    #[must_use]
    pub fn unknown(vocabulary: &SiteVocabulary) -> Self {
        Self::new(Signal::ALL.map(|signal| vocabulary.hierarchy(signal).any()), None)
    }

    /// The value of a signal.
    #[must_use]
    pub fn value(&self, signal: Signal) -> ValueId {
        // INVARIANT: `Signal::index` is below `Signal::COUNT`, the length of the array.
        #[expect(clippy::indexing_slicing, reason = "indexed by discriminant, see the invariant")]
        self.values[signal.index()]
    }

    /// The visitor's random bucket, 0 to 99; `None` where it is not asked for or not consented to. At the
    /// first request with consent it is drawn, and the same answer sets the cookie.
    #[must_use]
    pub fn bucket(&self) -> Option<u8> {
        self.bucket
    }
}
