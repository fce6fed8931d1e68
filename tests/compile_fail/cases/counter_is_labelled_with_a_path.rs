//! Blocks: a counter for a path, which may hold an identifier, and not for the route's pattern.

use cloakroom_measure::{Measure, Outcome};

fn count(measure: &Measure, path: &str) {
    measure.answered(path, Outcome::Hit, 200, 0);
}

fn main() {}
