//! Blocks: a cache key with anything in it but the canonical request and the variant, and one in a
//! log line.

use cloakroom_variants::{PageKey, VariantKey};

fn forge(mut key: PageKey, cookie: &str) -> PageKey {
    key.target = cookie.into();
    key
}

fn log(key: &VariantKey) -> String {
    format!("{key:?}")
}

fn main() {}
