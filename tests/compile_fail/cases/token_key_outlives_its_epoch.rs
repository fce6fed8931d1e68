//! Blocks: a copy of an epoch's key, with which tokens could be tied to prefixes later.

use cloakroom_boundary::TokenKey;

fn copy(key: &TokenKey) -> TokenKey {
    key.clone()
}

fn log(key: &TokenKey) -> String {
    format!("{key:?}")
}

fn main() {}
