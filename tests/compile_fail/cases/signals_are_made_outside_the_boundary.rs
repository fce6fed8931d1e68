//! Blocks: another room makes up signals, or makes them finer than the boundary lets them be.

use cloakroom_boundary::Signals;
use cloakroom_vocabulary::{Signal, ValueId};

fn tuple(values: [ValueId; Signal::COUNT]) -> Signals {
    Signals(values)
}

fn constructor(values: [ValueId; Signal::COUNT]) -> Signals {
    Signals::new(values)
}

fn refine(signals: &mut Signals, value: ValueId) {
    signals.0[0] = value;
}

fn main() {}
