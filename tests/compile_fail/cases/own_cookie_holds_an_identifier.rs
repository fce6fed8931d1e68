//! Blocks: another room sets a cookie, which could number visitors.

use cloakroom_boundary::{OwnCookie, OwnCookies};
use http::HeaderValue;

fn set(line: HeaderValue) -> OwnCookies {
    vec![line].into()
}

fn name() -> OwnCookie {
    OwnCookie::Identifier
}

fn main() {}
