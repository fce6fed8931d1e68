//! `Vary`, judged against the canonical request (RFC 9111 §4.1).
//!
//! Whatever a page varies by, the origin is asked with the fields that Cloakroom writes alone. Those that can
//! differ are in the key; all others are absent from every request, and so always the same.

use http::HeaderMap;
use http::header::VARY;

/// Whether an answer says that it depends on who asks: on a cookie, on credentials, or on anything at all.
pub(super) fn varies_by_visitor(headers: &HeaderMap) -> bool {
    let lines = headers.get_all(VARY).iter();
    lines.flat_map(|line| line.as_bytes().split(|byte| *byte == b',')).any(|name| {
        let name = name.trim_ascii();
        ["*", "cookie", "authorization"].iter().any(|told| name.eq_ignore_ascii_case(told.as_bytes()))
    })
}
