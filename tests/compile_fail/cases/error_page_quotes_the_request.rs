//! Blocks: a refusal, which becomes a page and an event, that quotes what was asked.

use cloakroom_boundary::Refusal;

fn refuse(path: String) -> Refusal {
    Refusal::Malformed { path }
}

fn main() {}
