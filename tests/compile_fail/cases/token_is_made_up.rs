//! Blocks: a token that is not a keyed hash, so that it could carry something else of the visitor.

use cloakroom_boundary::{Token, TokenKey};

fn tuple(slot: u16) -> Token {
    Token(slot)
}

fn hash(key: &TokenKey, address: std::net::IpAddr) -> Token {
    key.token(Some(address))
}

fn main() {}
