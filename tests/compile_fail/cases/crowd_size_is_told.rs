//! Blocks: how many there are in a cell is told past the ledger.

use cloakroom_crowd::Released;

fn size(cell: &Released) -> u32 {
    cell.size
}

fn main() {}
