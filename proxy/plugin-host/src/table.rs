//! A plugin's decisions for all cells, as plain numbers. Looking one up touches nothing else.

use cloakroom_vocabulary::{CellId, Domain, MAX_ROUTE_SIGNALS, ValueId};

use crate::manifest::Manifest;

/// The decisions of a plugin.
///
/// INVARIANT: one choice per cell of the shape, each below the number of choices; the last cell, in
/// which every id is `any` and the bucket not known, has the default choice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    shape: Shape,
    choices: Box<[u16]>,
    default_choice: u16,
}

/// How cells are numbered: the combinations of the signals' ids and, if the plugin splits traffic, the
/// bucket's id as the last and least significant digit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Shape {
    domain: Domain,
    /// The id of a bucket that is not known; 0 if the plugin does not split traffic.
    unknown_bucket: u8,
}

impl Shape {
    pub(crate) fn of(manifest: &Manifest) -> Self {
        Self { domain: manifest.domain().clone(), unknown_bucket: manifest.unknown_bucket() }
    }

    fn ways(&self) -> u32 {
        u32::from(self.unknown_bucket) + 1
    }

    // INVARIANT: the product is within the vocabulary's limit, as the manifest was checked.
    pub(crate) fn size(&self) -> u32 {
        self.domain.size().saturating_mul(self.ways())
    }

    fn index(&self, ids: &[u8]) -> u32 {
        let mut next = ids.iter();
        let cell = self.domain.cell(|_| ValueId(next.next().copied().unwrap_or(u8::MAX))).0;
        let bucket = next.next().copied().unwrap_or(u8::MAX).min(self.unknown_bucket);
        cell.saturating_mul(self.ways()).saturating_add(u32::from(bucket))
    }

    /// The signals' ids, padded with 0, and the bucket's.
    pub(crate) fn digits(&self, index: u32) -> ([u8; MAX_ROUTE_SIGNALS], u8) {
        let digits = self.domain.values(CellId(index / self.ways())).map(|value| value.0);
        (digits, u8::try_from(index % self.ways()).unwrap_or(self.unknown_bucket))
    }

    pub(crate) fn ids(&self, index: u32) -> Vec<u8> {
        let (digits, bucket) = self.digits(index);
        let signals = digits.into_iter().take(self.domain.axes().len());
        signals.chain((self.unknown_bucket > 0).then_some(bucket)).collect()
    }
}

impl Table {
    /// `choices` in the order of the cells, without the last one.
    pub(crate) fn new(manifest: &Manifest, mut choices: Vec<u16>) -> Self {
        let default_choice = manifest.default_choice();
        let shape = Shape::of(manifest);
        let size = usize::try_from(shape.size()).unwrap_or(usize::MAX);
        choices.truncate(size.saturating_sub(1));
        choices.resize(size, default_choice);
        Self { shape, choices: choices.into(), default_choice }
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

    /// The index of a cell, from the plugin's ids in the order of its signals and, after them, the id
    /// of the bucket's range. Ids that are missing or beyond their signal count as `any`.
    #[must_use]
    pub fn index(&self, ids: &[u8]) -> u32 {
        self.shape.index(ids)
    }

    /// The ids of the cell at `index`, in the order of the plugin's signals; the bucket's last, if the
    /// plugin splits traffic.
    #[must_use]
    pub fn ids(&self, index: u32) -> Vec<u8> {
        self.shape.ids(index)
    }

    pub(crate) fn digits(&self, index: u32) -> ([u8; MAX_ROUTE_SIGNALS], u8) {
        self.shape.digits(index)
    }

    /// The choice in which every slot shows its default.
    #[must_use]
    pub fn default_choice(&self) -> u16 {
        self.default_choice
    }

    /// Number of cells, those with and without a bucket counted apart.
    #[must_use]
    pub fn size(&self) -> u32 {
        self.shape.size()
    }

    /// How many ids each digit of a cell has, in the order of [`Table::ids`].
    pub(crate) fn radices(&self) -> Vec<u32> {
        let signals = self.shape.domain.axes().iter().map(|(_, size)| *size);
        signals.chain((self.shape.unknown_bucket > 0).then(|| self.shape.ways())).collect()
    }

    /// The choices of all cells in order.
    #[must_use]
    pub fn choices(&self) -> &[u16] {
        &self.choices
    }
}
