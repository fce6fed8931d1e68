//! Blocks: edits are declared safe outside the door.

#![allow(unreachable_code)]

use cloakroom_rewrite::SafeEdits;

fn declare() -> SafeEdits {
    SafeEdits { edits: unreachable!() }
}

fn main() {}
