//! Blocks: a cell that no crowd has released is looked up in a plugin's table.

use cloakroom_crowd::ReleasedCell;
use cloakroom_vocabulary::CellId;

fn forge(cell: CellId) -> ReleasedCell {
    ReleasedCell(cell)
}

fn convert(cell: CellId) -> ReleasedCell {
    cell.into()
}

fn main() {}
