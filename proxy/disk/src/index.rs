//! Which records there are, and which goes when there is no more room: in memory, made anew at each start.
//!
//! What goes is found by a clock (second chance): records stand in a ring in the order in which they came,
//! and the first goes that was not read since it was last passed. So what is read stays, and what is written
//! and never read again goes, however much of it comes.

use std::collections::{HashMap, VecDeque};

use crate::Name;

/// What a disk takes for a file, at least in steps: most file systems have blocks of 4 KiB.
const BLOCK: u64 = 4 << 10;
/// The most records that are passed over for one that goes. After so many it is the next, read or not.
const MOST_CHANCES: usize = 4_096;

/// A record in the index.
struct Entry {
    /// Tells a record from later ones of the same name.
    id: u64,
    bytes: u64,
    /// It was read since the clock passed it.
    used: bool,
}

/// A record that was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Found {
    pub(crate) id: u64,
    /// It is the first time since the clock passed it.
    pub(crate) first: bool,
}

/// All records, bounded by bytes and by number.
pub(crate) struct Index {
    entries: HashMap<Name, Entry>,
    /// Names and ids; those whose record is gone are passed.
    ring: VecDeque<(Name, u64)>,
    bytes: u64,
    next_id: u64,
    max_bytes: u64,
    max_files: usize,
}

impl Index {
    pub(crate) fn new(max_bytes: u64, max_files: usize) -> Self {
        let (entries, ring) = (HashMap::new(), VecDeque::new());
        Self { entries, ring, bytes: 0, next_id: 0, max_bytes, max_files }
    }

    /// What a file of so many bytes takes.
    pub(crate) fn taken(file_bytes: u64) -> u64 {
        file_bytes.div_ceil(BLOCK).saturating_mul(BLOCK)
    }

    /// Takes a record in, in place of an earlier one; returns those that have to go for it, which may be
    /// itself.
    pub(crate) fn insert(&mut self, name: Name, file_bytes: u64) -> Vec<Name> {
        let used = self.remove(name).is_some_and(|earlier| earlier.used);
        let (id, bytes) = (self.next_id, Self::taken(file_bytes));
        self.next_id += 1;
        self.bytes += bytes;
        self.entries.insert(name, Entry { id, bytes, used });
        self.ring.push_back((name, id));
        let mut gone = Vec::new();
        while self.bytes > self.max_bytes || self.entries.len() > self.max_files {
            let Some(name) = self.least_used() else { break };
            self.remove(name);
            gone.push(name);
        }
        gone
    }

    /// The record of this name, which counts as read now.
    pub(crate) fn find(&mut self, name: Name) -> Option<Found> {
        let entry = self.entries.get_mut(&name)?;
        let first = !std::mem::replace(&mut entry.used, true);
        Some(Found { id: entry.id, first })
    }

    /// Whether this very record is still there.
    pub(crate) fn has(&self, name: Name, id: u64) -> bool {
        self.entries.get(&name).is_some_and(|entry| entry.id == id)
    }

    /// Whether a record of this name is there.
    pub(crate) fn contains(&self, name: Name) -> bool {
        self.entries.contains_key(&name)
    }

    /// Forgets a record; true if it was there.
    pub(crate) fn forget(&mut self, name: Name) -> bool {
        self.remove(name).is_some()
    }

    pub(crate) fn names(&self) -> Vec<Name> {
        self.entries.keys().copied().collect()
    }

    pub(crate) fn files(&self) -> usize {
        self.entries.len()
    }

    /// What all files take.
    pub(crate) fn bytes(&self) -> u64 {
        self.bytes
    }

    fn remove(&mut self, name: Name) -> Option<Entry> {
        let entry = self.entries.remove(&name)?;
        self.bytes -= entry.bytes;
        // Places of what is gone never outnumber those of what is there.
        if self.ring.len() > 2 * self.entries.len() + 64 {
            let entries = &self.entries;
            self.ring.retain(|(name, id)| entries.get(name).is_some_and(|entry| entry.id == *id));
        }
        Some(entry)
    }

    /// Turns the clock to the next that was not used.
    fn least_used(&mut self) -> Option<Name> {
        let mut chances = MOST_CHANCES;
        loop {
            let (name, id) = self.ring.pop_front()?;
            let Some(entry) = self.entries.get_mut(&name).filter(|entry| entry.id == id) else { continue };
            if !entry.used || chances == 0 {
                return Some(name);
            }
            chances -= 1;
            entry.used = false;
            self.ring.push_back((name, id));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn name(number: u64) -> Name {
        Name::of(&u128::from(number).to_be_bytes())
    }

    #[test]
    fn what_is_read_stays_while_others_come_and_go() {
        let mut index = Index::new(100 * BLOCK, 1_000);
        for number in 0..50 {
            assert!(index.insert(name(number), 10).is_empty());
        }
        for scanned in 1_000..2_000 {
            index.insert(name(scanned), BLOCK);
            (0..50).for_each(|number| assert!(index.find(name(number)).is_some(), "{number} at {scanned}"));
        }
        assert_eq!((index.files(), index.bytes()), (100, 100 * BLOCK));
    }

    #[test]
    fn a_record_that_is_replaced_counts_once_and_has_another_id() {
        let mut index = Index::new(100 * BLOCK, 1_000);
        index.insert(name(1), 10 * BLOCK);
        let first = index.find(name(1)).unwrap();
        assert!(first.first && !index.find(name(1)).unwrap().first);
        index.insert(name(1), BLOCK + 1);
        assert_eq!(index.bytes(), 2 * BLOCK);
        assert!(!index.has(name(1), first.id) && index.contains(name(1)));
        assert!(index.forget(name(1)) && !index.forget(name(1)));
        assert_eq!((index.bytes(), index.files(), index.find(name(1))), (0, 0, None));
        assert_eq!(index.insert(name(2), 101 * BLOCK), [name(2)], "it can never fit");
    }

    #[test]
    fn one_that_comes_is_not_paid_for_by_a_walk_over_all() {
        let most = MOST_CHANCES * 4;
        let mut index = Index::new(u64::MAX, most);
        (0..most as u64).for_each(|number| assert!(index.insert(name(number), 1).is_empty()));
        (0..most as u64).for_each(|number| assert!(index.find(name(number)).is_some()));
        let gone = index.insert(name(most as u64), 1);
        assert_eq!(gone, [name(MOST_CHANCES as u64)], "the first after those that had another chance");
    }

    proptest! {
        #[test]
        fn bounds_hold_and_sums_are_right(steps in proptest::collection::vec((0_u8..4, 0_u64..20, 0_u64..9_000), 0..300)) {
            let (max_bytes, max_files) = (12 * BLOCK, 7);
            let mut index = Index::new(max_bytes, max_files);
            let mut known: HashMap<Name, u64> = HashMap::new();
            for (step, number, bytes) in steps {
                let name = name(number);
                match step {
                    0 => prop_assert_eq!(index.find(name).is_some(), known.contains_key(&name)),
                    1 => prop_assert_eq!(index.forget(name), known.remove(&name).is_some()),
                    _ => {
                        known.insert(name, Index::taken(bytes));
                        for gone in index.insert(name, bytes) {
                            prop_assert!(known.remove(&gone).is_some());
                        }
                    }
                }
                prop_assert!(index.bytes() <= max_bytes && index.files() <= max_files);
                prop_assert_eq!(index.bytes(), known.values().sum::<u64>());
                prop_assert!(index.ring.len() <= 2 * index.files() + 65);
                let mut names = index.names();
                names.sort_unstable();
                let mut expected: Vec<_> = known.keys().copied().collect();
                expected.sort_unstable();
                prop_assert_eq!(names, expected);
            }
        }
    }
}
