//! Blocks: a copy of what the client sent outlives the request.

use cloakroom_boundary::RawRequest;

fn copy<'r>(raw: &RawRequest<'r>) -> RawRequest<'r> {
    raw.clone()
}

fn keep(raw: RawRequest<'_>) -> RawRequest<'static> {
    raw
}

fn main() {}
