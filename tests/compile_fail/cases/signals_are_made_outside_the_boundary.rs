//! Blocks: another room makes up signals, or makes them finer than the boundary lets them be.

use cloakroom_boundary::Signals;
use cloakroom_vocabulary::{Signal, ValueId};

fn constructor(values: [ValueId; Signal::COUNT]) -> Signals {
    Signals::new(values, None)
}

fn refine(signals: &mut Signals, value: ValueId) {
    signals.values[0] = value;
}

fn main() {}
