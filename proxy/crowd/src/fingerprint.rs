//! What tells one way of counting from another, as one number. Configuration alone enters.

use cloakroom_vocabulary::{Grain, SiteVocabulary};
use sha2::{Digest as _, Sha256};

use crate::{Config, RouteCrowd};

/// A SHA-256.
pub(crate) type Fingerprint = [u8; 32];

/// What tells one way of counting from another.
pub(crate) struct Fingerprints {
    /// Of all that decides who is counted in which class and cell.
    pub(crate) cells: Fingerprint,
    /// Of that, and of what the numbers of joint variants stand for.
    pub(crate) all: Fingerprint,
}

pub(crate) fn fingerprints(
    config: &Config,
    vocabulary: &SiteVocabulary,
    crowd: &RouteCrowd,
    chain: &[Vec<Grain>],
) -> Fingerprints {
    let mut hash = Fields(Sha256::new());
    hash.number(u64::from(config.k));
    hash.number(u64::try_from(config.epoch.as_millis()).unwrap_or(u64::MAX));
    hash.number(u64::from(config.noise_scale()));
    hash.field(&crowd.identity);
    for signal in crowd.domain.signals() {
        let hierarchy = vocabulary.hierarchy(signal);
        hash.field(signal.name().as_bytes());
        for value in hierarchy.values() {
            hash.field(hierarchy.name(value).as_bytes());
            hash.field(&[hierarchy.parent(value).0, hierarchy.grain(value).0]);
        }
    }
    for grains in crowd.classes.iter().chain(chain) {
        hash.field(&grains.iter().map(|grain| grain.0).collect::<Vec<_>>());
    }
    let cells = hash.0.clone().finalize().into();
    hash.field(&crowd.meaning);
    hash.field(&crowd.joints.bytes().collect::<Vec<_>>());
    Fingerprints { cells, all: hash.0.finalize().into() }
}

/// Hashes fields with their lengths, so that no two lists of fields look alike.
struct Fields(Sha256);

impl Fields {
    fn field(&mut self, bytes: &[u8]) {
        self.number(bytes.len() as u64);
        self.0.update(bytes);
    }

    fn number(&mut self, number: u64) {
        self.0.update(number.to_le_bytes());
    }
}
