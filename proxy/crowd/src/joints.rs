//! Which joint variant each class, cell and range of buckets leads to: plain numbers, made when the
//! route is built. No visitor enters here.

use cloakroom_vocabulary::CellId;

/// How many buckets there are.
pub const BUCKETS: usize = 100;

/// The joint variants of a route, as numbers. 0 is the one in which everything is the default.
///
/// A range is a set of buckets that no plugin of the route tells apart.
///
/// INVARIANT: every entry of `buckets` is below `ranges`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JointTable {
    buckets: [u8; BUCKETS],
    ranges: u8,
    /// By class, then cell, then range, the last of which is “nothing known”.
    choices: Vec<Box<[u16]>>,
}

impl JointTable {
    /// Joint variants of a route that does not split traffic: by class, then by cell.
    #[must_use]
    pub fn plain(choices: Vec<Box<[u16]>>) -> Self {
        Self { buckets: [0; BUCKETS], ranges: 0, choices }
    }

    /// Joint variants of a route that splits traffic. `buckets` numbers the range of each bucket, from
    /// 0 and without gaps; `choices` is by class, then cell, then range, and has for each cell one entry
    /// more than there are ranges: that of visitors whose bucket is not known.
    #[must_use]
    pub fn split(buckets: [u8; BUCKETS], choices: Vec<Box<[u16]>>) -> Self {
        let ranges = buckets.iter().max().map_or(0, |last| last.saturating_add(1));
        Self { buckets, ranges, choices }
    }

    /// How many ways to be counted a cell has: the ranges, and “nothing known”.
    pub(crate) fn ways(&self) -> usize {
        usize::from(self.ranges) + 1
    }

    /// Whether any plugin of the route splits traffic.
    pub(crate) fn splits(&self) -> bool {
        self.ranges > 0
    }

    /// Whether another table puts the same buckets into the same ranges.
    pub(crate) fn splits_like(&self, other: &Self) -> bool {
        self.ranges == other.ranges && self.buckets == other.buckets
    }

    /// The range of a visitor's bucket; the last one without a bucket.
    #[inline]
    pub(crate) fn range(&self, bucket: Option<u8>) -> usize {
        if self.ranges == 0 {
            return 0;
        }
        let range = bucket.and_then(|bucket| self.buckets.get(usize::from(bucket)));
        usize::from(range.copied().unwrap_or(self.ranges))
    }

    /// The joint variant of a class, counted from 0 with the one that is never counted.
    #[inline]
    pub(crate) fn joint(&self, class: usize, cell: u32, range: usize) -> u16 {
        let cells = self.choices.get(class);
        let at = (cell as usize).saturating_mul(self.ways()).saturating_add(range);
        cells.and_then(|cells| cells.get(at)).copied().unwrap_or(0)
    }

    /// One more than the largest joint variant.
    pub(crate) fn count(&self) -> usize {
        let largest = self.choices.iter().flat_map(|cells| cells.iter()).max();
        largest.map_or(1, |largest| usize::from(*largest) + 1)
    }

    /// The joint variant of a class, a cell and a bucket, as the route declares it; what of it is shown
    /// is for the [epoch](crate::Epoch) to say.
    #[must_use]
    pub fn look_up(&self, class: usize, cell: CellId, bucket: Option<u8>) -> u16 {
        self.joint(class, cell.0, self.range(bucket))
    }

    /// Whether there is one entry for each class, cell and range.
    pub(crate) fn fits(&self, classes: usize, cells: usize) -> bool {
        let entries = cells.saturating_mul(self.ways());
        self.choices.len() == classes && self.choices.iter().all(|class| class.len() == entries)
    }

    /// All of it as bytes, to tell one table from another.
    pub(crate) fn bytes(&self) -> impl Iterator<Item = u8> + '_ {
        let choices =
            self.choices.iter().flat_map(|class| class.iter()).flat_map(|joint| joint.to_le_bytes());
        self.buckets.iter().copied().chain([self.ranges]).chain(choices)
    }
}
