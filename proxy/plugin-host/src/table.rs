//! A plugin's decisions for all cells, as plain numbers. Looking one up touches nothing else.

use cloakroom_vocabulary::{CellId, Domain, MAX_ROUTE_SIGNALS, ValueId};

use crate::manifest::Manifest;

/// The decisions of a plugin.
///
/// INVARIANT: one choice per cell of the domain, each below the number of choices; the last cell,
/// in which every id is `any`, has the default choice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    domain: Domain,
    choices: Box<[u16]>,
    default_choice: u16,
}

impl Table {
    /// `choices` in the order of the domain's cells, without the last one.
    pub(crate) fn new(manifest: &Manifest, mut choices: Vec<u16>) -> Self {
        let default_choice = manifest.default_choice();
        let size = usize::try_from(manifest.domain().size()).unwrap_or(usize::MAX);
        choices.truncate(size.saturating_sub(1));
        choices.resize(size, default_choice);
        Self { domain: manifest.domain().clone(), choices: choices.into(), default_choice }
    }

    /// The choice for the cell at `index`; the default one beyond the table.
    #[must_use]
    #[inline]
    pub fn lookup(&self, index: u32) -> u16 {
        match self.choices.get(index as usize) {
            Some(choice) => *choice,
            None => self.default_choice,
        }
    }

    /// The index of a cell, from the plugin's ids in the order of its signals. Ids that are
    /// missing or beyond their signal count as `any`.
    #[must_use]
    pub fn index(&self, ids: &[u8]) -> u32 {
        let mut next = ids.iter();
        self.domain.cell(|_| ValueId(next.next().copied().unwrap_or(u8::MAX))).0
    }

    /// The ids of the cell at `index`, in the order of the plugin's signals.
    #[must_use]
    pub fn ids(&self, index: u32) -> Vec<u8> {
        let digits = self.digits(index);
        digits.into_iter().take(self.domain.axes().len()).collect()
    }

    /// As [`Table::ids`], padded with 0.
    pub(crate) fn digits(&self, index: u32) -> [u8; MAX_ROUTE_SIGNALS] {
        self.domain.values(CellId(index)).map(|value| value.0)
    }

    /// The choice in which every slot shows its default.
    #[must_use]
    pub fn default_choice(&self) -> u16 {
        self.default_choice
    }

    /// Number of cells.
    #[must_use]
    pub fn size(&self) -> u32 {
        self.domain.size()
    }

    /// The cells: the plugin's signals, with as many values each as the plugin has ids.
    #[must_use]
    pub fn domain(&self) -> &Domain {
        &self.domain
    }

    /// The choices of all cells in order.
    #[must_use]
    pub fn choices(&self) -> &[u16] {
        &self.choices
    }
}
