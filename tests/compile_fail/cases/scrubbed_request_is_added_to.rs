//! Blocks: something of the client is added to a canonical target on its way to the origin.

use cloakroom_boundary::ScrubbedRequest;

fn smuggle(request: &mut ScrubbedRequest, cookie: &str) {
    request.target.push_str(cookie);
}

fn main() {}
