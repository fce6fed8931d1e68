//! Blocks: what the client sent goes upstream around the scrubbing.

use cloakroom_boundary::{RawRequest, ScrubbedRequest};
use cloakroom_origin::OriginRequest;

fn upstream(raw: RawRequest<'_>) -> OriginRequest {
    raw.into()
}

fn scrub(raw: RawRequest<'_>) -> ScrubbedRequest {
    raw.into()
}

fn main() {}
