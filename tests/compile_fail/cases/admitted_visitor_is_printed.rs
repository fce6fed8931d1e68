//! Blocks: a visitor's signals, before the crowd has generalized them, end up in a log line.

use cloakroom_boundary::Admitted;

fn log(admitted: &Admitted) -> String {
    format!("{admitted:?} {:?}", admitted.signals)
}

fn main() {}
