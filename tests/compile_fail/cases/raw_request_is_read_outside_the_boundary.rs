//! Blocks: another room reads what the client sent.

use cloakroom_boundary::RawRequest;

fn path<'r>(raw: &RawRequest<'r>) -> &'r str {
    raw.path().unwrap_or_default()
}

fn headers<'r>(raw: &RawRequest<'r>) -> &'r http::HeaderMap {
    &raw.parts.headers
}

fn main() {}
