//! Blocks: the path of a visit is stored or logged outside the cache.

use cloakroom_boundary::ScrubbedRequest;

fn copy(request: &ScrubbedRequest) -> ScrubbedRequest {
    request.clone()
}

fn log(request: &ScrubbedRequest) -> String {
    format!("{request:?}")
}

fn main() {}
