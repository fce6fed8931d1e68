//! Blocks: what the client sent ends up in a log line.

use cloakroom_boundary::RawRequest;

fn log(raw: &RawRequest<'_>) -> String {
    format!("{raw:?}")
}

fn main() {}
