//! Blocks: what a visitor has said, and his topics, in a log line.

use cloakroom_boundary::Said;

fn log(said: &Said) -> String {
    format!("{said:?}")
}

fn main() {}
