//! Where a visitor's crowd puts them: what an epoch hands out, and nobody else can make.

use cloakroom_vocabulary::CellId;

/// A cell that enough people share.
///
/// Made by this room alone, for whoever shows visitors' cells to people.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ReleasedCell(CellId);

impl ReleasedCell {
    /// The cell of the route's domain; cell 0 on a route without a crowd, whose domain has no other.
    #[must_use]
    pub fn cell(self) -> CellId {
        self.0
    }
}

/// Where a visitor's crowd puts them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Placed {
    cell: ReleasedCell,
    joint: u16,
}

impl Placed {
    /// INVARIANT: the cell is one that the epoch releases, and the joint variant one that it shows.
    pub(crate) fn new(cell: CellId, joint: u16) -> Self {
        Self { cell: ReleasedCell(cell), joint }
    }

    /// The finest cell of theirs that the last epoch released.
    #[must_use]
    pub fn cell(self) -> ReleasedCell {
        self.cell
    }

    /// The joint variant of that cell and the visitor's bucket, if enough people get it; else 0.
    #[must_use]
    pub fn joint(self) -> u16 {
        self.joint
    }
}
