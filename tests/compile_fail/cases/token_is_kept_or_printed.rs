//! Blocks: a token outlives its count, or ends up in a log line that could be joined by it.

use cloakroom_boundary::Token;

fn copy(token: &Token) -> Token {
    token.clone()
}

fn log(token: &Token) -> String {
    format!("{token:?}")
}

fn main() {}
