//! Fields about what is wished of a stored answer, one `name:value` a line. Nothing panics; parts are within
//! the body and apart; and what says nothing of parts, or has no GET, gets none.
#![no_main]

#[allow(
    dead_code,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "shared with tests"
)]
#[path = "../../../proxy/boundary/tests/support/mod.rs"]
mod support;

use cloakroom_boundary::{Representation, Wish};
use http::{HeaderName, HeaderValue, Method};
use libfuzzer_sys::fuzz_target;
use support::stored::{check, read, stored};

fuzz_target!(|data: &[u8]| {
    let mut parts = support::request("GET", "/", &[]);
    for line in data.split(|byte| *byte == b'\n') {
        let Some(colon) = line.iter().position(|byte| *byte == b':') else { return };
        let Ok(name) = HeaderName::from_bytes(&line[..colon]) else { return };
        let Ok(value) = HeaderValue::from_bytes(&line[colon + 1..]) else { return };
        if name != "host" {
            parts.headers.append(name, value);
        }
    }
    for length in [None, Some(0), Some(1), Some(700), Some(usize::MAX)] {
        let of = Representation { length, ..stored() };
        let asked = read(&parts);
        let _ = asked.codings().best(2, |coding| Some(coding.name().len()));
        let wish = asked.evaluate(&of);
        check(&wish, &of);
        let partly = matches!(wish, Wish::Ranges(_) | Wish::Unsatisfiable);
        assert!(!partly || (parts.headers.contains_key("range") && length.is_some_and(|length| length > 0)));
    }
    parts.method = Method::HEAD;
    assert!(matches!(read(&parts).evaluate(&stored()), Wish::Whole | Wish::Unmodified));
});
