//! Blocks: a target that the boundary has not made canonical reaches cache or origin.

use cloakroom_boundary::{ScrubbedRequest, SiteId};

fn forge(site: SiteId, raw_target: String) -> ScrubbedRequest {
    ScrubbedRequest { site, route: None, path_len: raw_target.len(), target: raw_target, head: false, gpc: false }
}

fn main() {}
