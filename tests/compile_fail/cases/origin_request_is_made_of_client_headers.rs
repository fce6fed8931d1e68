//! Blocks: a client's header reaches the origin.

use cloakroom_origin::OriginRequest;
use http::HeaderMap;

fn from_headers(headers: HeaderMap) -> OriginRequest {
    headers.into()
}

fn add(request: &mut OriginRequest, headers: HeaderMap) {
    request.request.headers_mut().extend(headers);
}

fn main() {}
