//! Blocks: what a client says that it has or wants is kept, shown, or tried with a tag of somebody's choosing
//! or more than once.

use cloakroom_boundary::{Asked, ByteRange, EntityTag, Representation, Wish};

fn keep(asked: &Asked) -> Asked {
    asked.clone()
}

fn print(asked: &Asked, range: ByteRange) -> String {
    format!("{asked:?} {range:?}")
}

fn choose(visitor: u128) -> EntityTag {
    EntityTag { number: visitor, weak: false }
}

fn probe(asked: Asked, one: &Representation, other: &Representation) -> [Wish; 2] {
    [asked.evaluate(one), asked.evaluate(other)]
}

fn main() {}
