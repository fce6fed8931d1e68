//! Blocks: an event that carries something of the request into counters and logs.

use cloakroom_measure::{Outcome, Trouble};

fn outcome(path: String) -> Outcome {
    Outcome::Refused { path }
}

fn trouble(cookie: String) -> Trouble {
    Trouble::UnknownHost { cookie }
}

fn main() {}
