//! What the public HTTP cache test suite tells its origin: in the build that runs the suite, and in no other.

use cloakroom_boundary::ScrubbedRequest;
use http::HeaderMap;

#[cfg(not(debug_assertions))]
compile_error!(
    "`cache-tests` hands fields of clients on to the origin: it is for the cache test suite alone"
);

/// Adds the suite's own fields to a request to its origin.
pub(crate) fn mark(headers: &mut HeaderMap, scrubbed: &ScrubbedRequest) {
    headers.extend(scrubbed.marks().fields());
}
