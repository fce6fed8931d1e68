//! Blocks: a visitor's signals are stored beyond the request.

use cloakroom_boundary::Signals;

fn keep(signals: &Signals) -> Signals {
    signals.clone()
}

fn main() {}
