//! Blocks: signals that no crowd has generalized are told to the origin.

use cloakroom_boundary::Signals;
use cloakroom_origin::Told;

fn convert(signals: Signals) -> Told {
    signals.into()
}

fn main() {}
