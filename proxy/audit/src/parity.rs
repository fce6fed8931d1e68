//! Whether groups are shown the same: parity figures of one slot along one signal. Shares enter.

use cloakroom_plugin_host::SignalUse;
use cloakroom_vocabulary::Signal;

/// One slot along one signal.
///
/// The groups are the signal's values, `other` included. `any` is no group: it says that nothing is known.
/// The outcome that groups are compared by is that the slot shows something else than its default.
#[derive(Clone, Debug, PartialEq)]
pub struct Parity {
    /// Which signal.
    pub signal: Signal,
    /// The groups, in the order of the plugin's values.
    pub groups: Vec<Group>,
    /// Demographic parity: how the share of those who see something else than the default differs between
    /// groups. None if fewer than two groups have anybody in them.
    pub demographic: Option<Spread>,
    /// Exposure parity: how the share of each variant differs between groups, by the slot's variants; as
    /// `demographic`, None for all if there is nobody to compare.
    pub exposure: Vec<Option<Spread>>,
}

/// Those with one value of a signal.
#[derive(Clone, Debug, PartialEq)]
pub struct Group {
    /// The value: a declared one or `other`.
    pub value: String,
    /// The share of all that the group has, 0 to 1.
    pub weight: f64,
    /// The share of the group that sees each variant of the slot; empty if nobody is in it.
    pub shares: Vec<f64>,
    /// The share of the group that sees something else than the default, which is also the total
    /// variation distance between what the group sees and the default; 0 if nobody is in it.
    pub changed: f64,
}

/// How far the shares of groups are apart.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    /// The largest share less the smallest: 0 where all groups are treated alike, 1 at most.
    pub difference: f64,
    /// The smallest share over the largest: 1 where all groups are treated alike, 0 at worst. 1 if the
    /// largest is 0.
    pub ratio: f64,
    /// Position of the group with the smallest share, the first of several.
    pub lowest: usize,
    /// Position of the group with the largest share, the first of several.
    pub highest: usize,
}

impl Parity {
    /// `masses` has, by id of the signal and by variant, the weight of those who see it.
    pub(crate) fn new(used: &SignalUse, masses: &[Vec<f64>], default: usize) -> Self {
        let named = (0..used.any()).zip(masses);
        let groups: Vec<Group> =
            named.map(|(id, masses)| Group::new(used.id_name(id), masses, default)).collect();
        let variants = masses.first().map_or(0, Vec::len);
        let share = |variant: usize| move |group: &Group| group.shares.get(variant).copied();
        Self {
            signal: used.signal(),
            demographic: spread(&groups, |group| (!group.shares.is_empty()).then_some(group.changed)),
            exposure: (0..variants).map(|variant| spread(&groups, share(variant))).collect(),
            groups,
        }
    }
}

impl Group {
    fn new(value: &str, masses: &[f64], default: usize) -> Self {
        let weight: f64 = masses.iter().sum();
        let is_empty = weight <= 0.0;
        let shares: Vec<f64> =
            if is_empty { Vec::new() } else { masses.iter().map(|mass| mass / weight).collect() };
        let others = shares.iter().enumerate().filter(|(variant, _)| *variant != default);
        // The sum of nothing is minus zero.
        let changed = others.map(|(_, share)| share).sum::<f64>() + 0.0;
        Self { value: value.to_owned(), weight, shares, changed }
    }
}

/// Sums of shares are exact to this: groups that are nearer are treated alike.
const ROUNDING: f64 = 1e-12;

fn spread(groups: &[Group], share: impl Fn(&Group) -> Option<f64>) -> Option<Spread> {
    let shares = groups.iter().enumerate().filter_map(|(at, group)| Some((at, share(group)?)));
    let mut found: Option<((usize, f64), (usize, f64))> = None;
    let mut compared = 0;
    for (at, share) in shares {
        compared += 1;
        let (lowest, highest) = found.get_or_insert(((at, share), (at, share)));
        if share < lowest.1 {
            *lowest = (at, share);
        }
        if share > highest.1 {
            *highest = (at, share);
        }
    }
    let (lowest, highest) = found.filter(|_| compared > 1)?;
    let is_same = highest.1 - lowest.1 < ROUNDING;
    Some(Spread {
        difference: if is_same { 0.0 } else { highest.1 - lowest.1 },
        ratio: if is_same { 1.0 } else { lowest.1 / highest.1 },
        lowest: lowest.0,
        highest: highest.0,
    })
}
