//! A second, naive implementation that the real one is tested against: sets of visitors, generalized
//! step by step. Only made-up visitors enter.

use std::collections::{BTreeMap, BTreeSet};

use cloakroom_vocabulary::{CellId, Domain, Grain, Signal, SiteValues, SiteVocabulary, ValueId};

use crate::plan::chain;
use crate::release::DrawnFor;
use crate::{JointTable, RouteCrowd};

/// A made-up visitor: permit class, a value for each signal of [`domain`], bucket, and the token's slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Visitor {
    pub class: u8,
    pub values: [ValueId; 3],
    pub bucket: Option<u8>,
    pub slot: u16,
}

impl Visitor {
    pub(crate) fn new(class: u8, names: [&str; 3], slot: u16) -> Self {
        let vocabulary = vocabulary();
        let mut names = names.into_iter();
        let values = SIGNALS.map(|signal| vocabulary.hierarchy(signal).find(names.next().unwrap()).unwrap());
        Self { class, values, bucket: None, slot }
    }

    pub(crate) fn value(&self, signal: Signal) -> ValueId {
        self.values[SIGNALS.iter().position(|known| *known == signal).unwrap()]
    }
}

pub(crate) const SIGNALS: [Signal; 3] = [Signal::Country, Signal::Referrer, Signal::Daypart];

pub(crate) fn vocabulary() -> SiteVocabulary {
    SiteVocabulary::new(&SiteValues {
        countries: ["FR", "DE", "US"].map(str::to_owned).to_vec(),
        ..SiteValues::default()
    })
    .unwrap()
}

pub(crate) fn domain() -> Domain {
    let vocabulary = vocabulary();
    Domain::of_site(SIGNALS.map(|signal| (signal, vocabulary.hierarchy(signal)))).unwrap()
}

/// A route on which everybody gets the default.
pub(crate) fn unsplit(domain: Domain, classes: Vec<Vec<Grain>>) -> RouteCrowd {
    let choices = classes.iter().map(|_| vec![0; domain.size() as usize].into()).collect();
    RouteCrowd {
        domain,
        classes,
        joints: JointTable::plain(choices),
        identity: Vec::new(),
        meaning: Vec::new(),
    }
}

/// The range of a bucket on a route that splits traffic 50, 30, 20; 3 without a bucket.
pub(crate) fn range(bucket: Option<u8>) -> u8 {
    match bucket {
        Some(0..50) => 0,
        Some(50..80) => 1,
        Some(_) => 2,
        None => 3,
    }
}

/// The joint variant there: some whole cells get one, others are split, a variant is met in several.
pub(crate) fn joint(class: u8, cell: CellId, range: u8) -> u16 {
    let told = (u16::from(range), u16::try_from(cell.0).unwrap());
    match (class, cell) {
        (0, _) => 0,
        (_, any) if any == domain().any() => {
            if range < 3 {
                u16::from(range)
            } else {
                0
            }
        }
        _ if told.1 % 3 == 0 => told.1 % 5,
        _ => 2 + (told.1 / 4 + told.0) % 9,
    }
}

/// A route that splits traffic so.
pub(crate) fn split(classes: Vec<Vec<Grain>>) -> RouteCrowd {
    let cells = |class: u8| domain().cells().flat_map(move |cell| (0..4).map(move |r| joint(class, cell, r)));
    let choices = (0_u8..).zip(&classes).map(|(class, _)| cells(class).collect()).collect();
    let buckets = std::array::from_fn(|bucket| range(u8::try_from(bucket).ok()));
    RouteCrowd { joints: JointTable::split(buckets, choices), ..unsplit(domain(), classes) }
}

/// The rule by which cells are released.
pub(crate) struct Rule<'a> {
    pub classes: &'a [Vec<Grain>],
    pub order: &'a [Signal],
    pub k: u32,
    /// What a noised count has to reach at first.
    pub at_once: i64,
    pub draw: &'a dyn Fn(DrawnFor) -> i64,
}

/// What is released to the next epoch, by class.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Outcome {
    pub released: BTreeSet<(u8, CellId)>,
    pub waiting: BTreeSet<(u8, CellId)>,
    pub shown: BTreeSet<u16>,
}

impl Rule<'_> {
    /// The cell of a visitor at each step of the chain, finest first.
    pub(crate) fn path(&self, visitor: &Visitor) -> Vec<CellId> {
        let (vocabulary, domain) = (vocabulary(), domain());
        let start = &self.classes[usize::from(visitor.class)];
        let cell = |step: &Vec<Grain>| {
            let mut grains = step.iter().zip(start);
            domain.cell(|signal| {
                let (step, start) = grains.next().unwrap();
                vocabulary.hierarchy(signal).generalize(visitor.value(signal), *step.max(start))
            })
        };
        chain(&vocabulary, &domain, self.order).iter().map(cell).collect()
    }

    pub(crate) fn outcome(&self, traffic: &[Visitor], before: &Outcome) -> Outcome {
        let counted = traffic.iter().filter(|visitor| visitor.class != 0);
        let mut left: Vec<_> = counted.map(|visitor| (visitor, self.path(visitor))).collect();
        let mut outcome = Outcome::default();
        for step in 0..chain(&vocabulary(), &domain(), self.order).len() {
            let mut groups: BTreeMap<_, BTreeSet<u16>> = BTreeMap::new();
            for (visitor, path) in &left {
                groups.entry((visitor.class, path[step])).or_default().insert(visitor.slot);
            }
            groups.retain(|group, slots| {
                group.1 != domain().any() && self.releases(*group, slots, before, &mut outcome)
            });
            left.retain(|(visitor, path)| !groups.contains_key(&(visitor.class, path[step])));
            outcome.released.extend(groups.into_keys());
        }
        outcome.shown = self.shown(traffic, &outcome.released);
        outcome
    }

    fn releases(
        &self,
        group: (u8, CellId),
        slots: &BTreeSet<u16>,
        before: &Outcome,
        outcome: &mut Outcome,
    ) -> bool {
        let (class, cell) = group;
        if slots.len() < self.k as usize {
            return false;
        }
        let noised =
            slots.len() as i64 + (self.draw)(DrawnFor::Cell { class: usize::from(class) - 1, cell: cell.0 });
        if noised < i64::from(self.k) {
            return false;
        }
        let known = before.released.contains(&group) || before.waiting.contains(&group);
        if noised < self.at_once {
            // Whoever is large enough without the margin may be released in the epoch after.
            if !known {
                outcome.waiting.insert(group);
            }
            return known;
        }
        true
    }

    fn shown(&self, traffic: &[Visitor], released: &BTreeSet<(u8, CellId)>) -> BTreeSet<u16> {
        let mut crowds: BTreeMap<u16, BTreeSet<u16>> = BTreeMap::new();
        for visitor in traffic.iter().filter(|visitor| visitor.class != 0) {
            let joint = joint(visitor.class, self.given(visitor, released), range(visitor.bucket));
            crowds.entry(joint).or_default().insert(visitor.slot);
        }
        let whole = |wanted: u16| {
            released.iter().any(|(class, cell)| (0..4).all(|range| joint(*class, *cell, range) == wanted))
        };
        let enough = |(joint, slots): &(u16, BTreeSet<u16>)| {
            *joint != 0
                && slots.len() >= self.k as usize
                && (whole(*joint)
                    || slots.len() as i64 + (self.draw)(DrawnFor::Joint(*joint)) >= i64::from(self.k))
        };
        crowds.into_iter().filter(enough).map(|(joint, _)| joint).collect()
    }

    /// The cell that a visitor is given when that is released.
    pub(crate) fn given(&self, visitor: &Visitor, released: &BTreeSet<(u8, CellId)>) -> CellId {
        let path = if visitor.class == 0 { vec![] } else { self.path(visitor) };
        let mut path = path.into_iter();
        path.find(|cell| released.contains(&(visitor.class, *cell))).unwrap_or_else(|| domain().any())
    }
}

/// The cell of a visitor at each step of the usual chain, finest first.
pub(crate) fn path(classes: &[Vec<Grain>], visitor: &Visitor) -> Vec<CellId> {
    plain(classes, 2).path(visitor)
}

/// What is released of the first epoch by a rule without noise and delay.
pub(crate) fn released(classes: &[Vec<Grain>], traffic: &[Visitor], k: u32) -> BTreeSet<(u8, CellId)> {
    plain(classes, k).outcome(traffic, &Outcome::default()).released
}

/// The cell that a visitor is given when that is released.
pub(crate) fn given(classes: &[Vec<Grain>], visitor: &Visitor, released: &BTreeSet<(u8, CellId)>) -> CellId {
    plain(classes, 2).given(visitor, released)
}

fn plain(classes: &[Vec<Grain>], k: u32) -> Rule<'_> {
    Rule { classes, order: &[], k, at_once: i64::from(k), draw: &|_| 0 }
}

/// Numbers that look random and are the same in every run.
pub(crate) struct Dice(pub u64);

impl Dice {
    /// A number below `sides`; low ones come up more often, as popular values do.
    pub(crate) fn skewed(&mut self, sides: u32) -> u32 {
        self.below(sides).min(self.below(sides))
    }

    /// A number below `sides`.
    pub(crate) fn below(&mut self, sides: u32) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        u32::try_from(self.0 >> 33).unwrap() % sides
    }

    pub(crate) fn visitor(&mut self, classes: u8, slots: u32) -> Visitor {
        let vocabulary = vocabulary();
        Visitor {
            class: u8::try_from(self.below(u32::from(classes))).unwrap(),
            values: SIGNALS.map(|signal| {
                let leaves = vocabulary.hierarchy(signal).leaves().count();
                ValueId(u8::try_from(self.skewed(u32::try_from(leaves).unwrap())).unwrap())
            }),
            bucket: None,
            slot: u16::try_from(self.below(slots)).unwrap(),
        }
    }
}
