//! Blocks: a cache key that tells visitors of one variant apart by their signals.

use cloakroom_boundary::Signals;
use cloakroom_variants::{JointVariant, OriginView, PageKey};

fn key(signals: Signals) -> PageKey {
    signals.into()
}

fn variant(signals: Signals) -> JointVariant {
    signals.into()
}

fn view(signals: Signals) -> OriginView {
    signals.into()
}

fn main() {}
