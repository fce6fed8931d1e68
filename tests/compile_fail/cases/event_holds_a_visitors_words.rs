//! Blocks: an event that carries something of the request into counters and logs.

use cloakroom_measure::{Outcome, Trouble};

fn outcome(path: String) -> Outcome {
    path.into()
}

fn trouble(cookie: String) -> Trouble {
    cookie.into()
}

fn main() {}
