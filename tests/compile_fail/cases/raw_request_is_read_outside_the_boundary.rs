//! Blocks: another room reads what the client sent.

use cloakroom_boundary::RawRequest;

fn path<'r>(raw: &RawRequest<'r>) -> &'r str {
    raw.path().unwrap_or_default()
}

fn cookie<'r>(raw: &RawRequest<'r>) -> Option<&'r [u8]> {
    raw.field(&http::header::COOKIE)
}

fn main() {}
