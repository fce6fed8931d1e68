//! Blocks: what a client says that it has is kept, shown, or tried with a tag of somebody's choosing.

use cloakroom_boundary::{ClientTags, EntityTag};

fn keep(tags: &ClientTags) -> ClientTags {
    tags.clone()
}

fn print(tags: &ClientTags) -> String {
    format!("{tags:?}")
}

fn probe(tags: &ClientTags, visitor: u128) -> bool {
    tags.matches(EntityTag(visitor))
}

fn main() {}
