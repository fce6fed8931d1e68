//! Blocks: a token is read back as the address that it was made of.

use std::net::IpAddr;

use cloakroom_boundary::Token;

fn back(token: Token) -> IpAddr {
    token.into()
}

fn main() {}
