//! Blocks: an error of a fetch that tells a log which page was asked for.

use cloakroom_origin::FetchError;

fn fail(target: String) -> FetchError {
    FetchError::Unreachable { target }
}

fn main() {}
