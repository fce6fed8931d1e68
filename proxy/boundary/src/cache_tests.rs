//! The three fields by which the public HTTP cache test suite marks its requests, let through to the origin.
//!
//! The suite's origin answers by the number of the request that a client counts, which no cache test can do
//! without. A build that hands on anything that a client wrote breaks what Cloakroom promises, so this is in no
//! build but the one that runs the suite: the feature is off, and with it on nothing compiles without debug
//! assertions.

use http::{HeaderName, HeaderValue};

use crate::RawRequest;

#[cfg(not(debug_assertions))]
compile_error!(
    "`cache-tests` hands fields of clients on to the origin: it is for the cache test suite alone"
);

/// How many fields there are.
const COUNT: usize = 3;
/// Their names.
const NAMES: [HeaderName; COUNT] = [
    HeaderName::from_static("test-id"),
    HeaderName::from_static("test-name"),
    HeaderName::from_static("req-num"),
];

/// The fields of one request, as the suite's client sent them. They are no part of any key.
#[derive(Default)]
pub struct Marks([Option<HeaderValue>; COUNT]);

impl Marks {
    /// The fields of a request.
    pub(crate) fn of(raw: &RawRequest<'_>) -> Self {
        Self(NAMES.map(|name| raw.field(&name).and_then(|value| HeaderValue::from_bytes(value).ok())))
    }

    /// Those that are there.
    pub fn fields(&self) -> impl Iterator<Item = (HeaderName, HeaderValue)> {
        NAMES.into_iter().zip(&self.0).filter_map(|(name, value)| Some((name, value.clone()?)))
    }
}
