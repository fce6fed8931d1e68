//! Blocks: what a client says that it has or wants is kept, shown, or compared more than once.

use cloakroom_boundary::{Asked, ByteRange, Representation, Wish};

fn keep(asked: &Asked) -> Asked {
    asked.clone()
}

fn print(asked: &Asked, range: ByteRange) -> String {
    format!("{asked:?} {range:?}")
}

fn probe(asked: Asked, one: &Representation, other: &Representation) -> [Wish; 2] {
    [asked.evaluate(one), asked.evaluate(other)]
}

fn main() {}
