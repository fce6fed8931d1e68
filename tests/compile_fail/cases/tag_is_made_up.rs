//! Blocks: what a client has is compared with a number of somebody's choosing.

use cloakroom_boundary::EntityTag;

fn choose(visitor: u128) -> EntityTag {
    EntityTag { number: visitor, weak: false }
}

fn main() {}
