//! A second, naive implementation that the real one is tested against: sets of visitors, generalized
//! step by step. Only made-up visitors enter.

use std::collections::{BTreeMap, BTreeSet};

use cloakroom_vocabulary::{CellId, Domain, Grain, Signal, SiteValues, SiteVocabulary, ValueId};

use crate::plan::chain;

/// A made-up visitor: permit class, a value for each signal of [`domain`], and the token's slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Visitor {
    pub class: u8,
    pub values: [ValueId; 3],
    pub slot: u16,
}

impl Visitor {
    pub(crate) fn new(class: u8, names: [&str; 3], slot: u16) -> Self {
        let vocabulary = vocabulary();
        let mut names = names.into_iter();
        let values = SIGNALS.map(|signal| vocabulary.hierarchy(signal).find(names.next().unwrap()).unwrap());
        Self { class, values, slot }
    }

    pub(crate) fn value(&self, signal: Signal) -> ValueId {
        self.values[SIGNALS.iter().position(|known| *known == signal).unwrap()]
    }
}

const SIGNALS: [Signal; 3] = [Signal::Country, Signal::Referrer, Signal::Daypart];

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

/// The cell of a visitor at each step of the chain, finest first.
pub(crate) fn path(classes: &[Vec<Grain>], visitor: &Visitor) -> Vec<CellId> {
    let (vocabulary, domain) = (vocabulary(), domain());
    let start = &classes[usize::from(visitor.class)];
    let cell = |step: &Vec<Grain>| {
        let mut grains = step.iter().zip(start);
        domain.cell(|signal| {
            let (step, start) = grains.next().unwrap();
            vocabulary.hierarchy(signal).generalize(visitor.value(signal), *step.max(start))
        })
    };
    chain(&vocabulary, &domain).iter().map(cell).collect()
}

/// What is released to the next epoch, by class.
pub(crate) fn released(classes: &[Vec<Grain>], traffic: &[Visitor], k: u32) -> BTreeSet<(u8, CellId)> {
    let mut left: Vec<_> = traffic
        .iter()
        .filter(|visitor| visitor.class != 0)
        .map(|visitor| (visitor, path(classes, visitor)))
        .collect();
    let steps = chain(&vocabulary(), &domain()).len();
    let mut released = BTreeSet::new();
    for step in 0..steps {
        let mut groups: BTreeMap<_, BTreeSet<u16>> = BTreeMap::new();
        for (visitor, path) in &left {
            groups.entry((visitor.class, path[step])).or_default().insert(visitor.slot);
        }
        groups.retain(|(_, cell), slots| slots.len() >= k as usize && *cell != domain().any());
        left.retain(|(visitor, path)| !groups.contains_key(&(visitor.class, path[step])));
        released.extend(groups.into_keys());
    }
    released
}

/// The cell that a visitor is given when that is released.
pub(crate) fn given(classes: &[Vec<Grain>], visitor: &Visitor, released: &BTreeSet<(u8, CellId)>) -> CellId {
    let path = if visitor.class == 0 { vec![] } else { path(classes, visitor) };
    let mut path = path.into_iter();
    path.find(|cell| released.contains(&(visitor.class, *cell))).unwrap_or_else(|| domain().any())
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
            slot: u16::try_from(self.below(slots)).unwrap(),
        }
    }
}
