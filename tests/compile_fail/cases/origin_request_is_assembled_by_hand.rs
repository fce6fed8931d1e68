//! Blocks: an upstream request that was not built from the allow-list.

#![allow(unreachable_code)]

use cloakroom_origin::OriginRequest;

fn assemble() -> OriginRequest {
    OriginRequest { request: unreachable!() }
}

fn main() {}
