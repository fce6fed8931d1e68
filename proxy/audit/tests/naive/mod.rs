//! The figures as the definitions say them, cell by cell and pair by pair, with no thought of time.

use cloakroom_plugin_host::{Plugin, SignalUse};
use cloakroom_vocabulary::{Shares, Stated};

/// The cells of a table with what each weighs.
pub struct Naive {
    cells: Vec<(Vec<u8>, f64)>,
}

impl Naive {
    pub fn uniform(plugin: &Plugin) -> Self {
        Self::weighed(plugin, |_, _| None)
    }

    /// Shares signal by signal; values that a plugin does not declare are worked out by hand here.
    pub fn stated(plugin: &Plugin, shares: &Shares) -> Self {
        let Stated::Signals(signals) = shares.stated() else { panic!("rows are not for here") };
        Self::weighed(plugin, |used, id| {
            let (_, values) = signals.iter().find(|(signal, _)| *signal == used.signal())?;
            let named = values.iter().filter(|(value, _)| seen_as(used, value) == used.id_name(id));
            Some(named.map(|(_, share)| share).sum())
        })
    }

    fn weighed(plugin: &Plugin, share: impl Fn(&SignalUse, u8) -> Option<f64>) -> Self {
        let manifest = plugin.manifest();
        let cells = (0..plugin.table().size()).map(|index| {
            let ids = plugin.table().ids(index);
            let signals = manifest.signals().iter().zip(&ids);
            let signals = signals.map(|(used, id)| share(used, *id).unwrap_or_else(|| even(used, *id)));
            let bucket = ids.get(manifest.signals().len()).map_or(1.0, |range| {
                manifest
                    .bucket_ranges()
                    .get(usize::from(*range))
                    .map_or(0.0, |width| f64::from(*width) / 100.0)
            });
            let weight = signals.product::<f64>() * bucket;
            (ids, weight)
        });
        Self { cells: cells.collect() }
    }

    fn variant(plugin: &Plugin, slot: usize, ids: &[u8]) -> u8 {
        let table = plugin.table();
        plugin.manifest().variants_of(table.lookup(table.index(ids)))[slot]
    }

    /// The ids of a signal that are groups.
    pub fn groups(&self, plugin: &Plugin, signal: usize) -> Vec<u8> {
        (0..plugin.manifest().signals()[signal].any()).collect()
    }

    /// The share of some cells that does not show the default; None if nobody is there.
    pub fn changed(&self, plugin: &Plugin, slot: usize, is_in: &dyn Fn(&[u8]) -> bool) -> Option<f64> {
        let default = plugin.manifest().slots()[slot].default();
        let group = || self.cells.iter().filter(|(ids, _)| is_in(ids));
        let all: f64 = group().map(|(_, weight)| weight).sum();
        let changed: f64 = group()
            .filter(|(ids, _)| Self::variant(plugin, slot, ids) != default)
            .map(|(_, weight)| weight)
            .sum();
        (all > 0.0).then(|| changed / all)
    }

    /// Entropy of the joint variant, its part that is drawn, and the surprise of the rarest.
    pub fn bits(&self, plugin: &Plugin) -> (f64, f64, f64) {
        let entropy = |masses: &std::collections::BTreeMap<u16, f64>, all: f64| -> f64 {
            masses.values().filter(|mass| **mass > 0.0).map(|mass| -mass / all * (mass / all).log2()).sum()
        };
        let mut shares = std::collections::BTreeMap::new();
        let mut by_signals =
            std::collections::BTreeMap::<Vec<u8>, std::collections::BTreeMap<u16, f64>>::new();
        let count = plugin.manifest().signals().len();
        for (ids, weight) in &self.cells {
            let choice = plugin.table().lookup(plugin.table().index(ids));
            *shares.entry(choice).or_insert(0.0) += weight;
            *by_signals.entry(ids[..count].to_vec()).or_default().entry(choice).or_insert(0.0) += weight;
        }
        let drawn = by_signals.values().map(|masses| {
            let all: f64 = masses.values().sum();
            if all > 0.0 { all * entropy(masses, all) } else { 0.0 }
        });
        let surest = by_signals.values().flat_map(|masses| {
            let all: f64 = masses.values().sum();
            let shares = &shares;
            masses
                .iter()
                .filter(|(_, mass)| **mass > 0.0)
                .map(move |(choice, mass)| (mass / all / shares[choice]).log2())
        });
        (entropy(&shares, 1.0), drawn.sum(), surest.fold(0.0, f64::max))
    }

    /// Counterfactual flips along a signal: weighed by one over the distance, and plain.
    pub fn flips(&self, plugin: &Plugin, slot: usize, signal: usize) -> (f64, f64) {
        let used = &plugin.manifest().signals()[signal];
        let (mut weighted, mut plain, mut all) = (0.0, 0.0, 0.0);
        for (ids, weight) in self.cells.iter().filter(|(ids, _)| ids[signal] < used.any()) {
            let (mut flips, mut could, mut count, mut total) = (0.0, 0.0, 0.0, 0.0);
            for other in (0..used.any()).filter(|other| *other != ids[signal] && can_be(used, *other)) {
                let mut there = ids.clone();
                there[signal] = other;
                let near = 1.0 / distance(used.id_name(ids[signal]), used.id_name(other));
                let flipped = f64::from(u8::from(
                    Self::variant(plugin, slot, ids) != Self::variant(plugin, slot, &there),
                ));
                flips += near * flipped;
                could += near;
                count += flipped;
                total += 1.0;
            }
            if total > 0.0 {
                weighted += weight * flips / could;
                plain += weight * count / total;
            }
            all += weight;
        }
        if all > 0.0 { (weighted / all, plain / all) } else { (0.0, 0.0) }
    }
}

/// What stands above the values that these tests use.
fn above(value: &str) -> &str {
    match value {
        "FR" | "DE" => "europe",
        "US" => "north-america",
        "phone" | "tablet" => "handheld",
        "desktop" | "tv" => "stationary",
        _ => "any",
    }
}

fn distance(one: &str, other: &str) -> f64 {
    let path = |value: &str| {
        let mut path = vec![value.to_owned()];
        while path.last().is_some_and(|last| last != "any") {
            let next = above(path.last().unwrap()).to_owned();
            path.push(next);
        }
        path
    };
    let (one, other) = (path(one), path(other));
    let steps =
        one.iter().enumerate().filter_map(|(up, name)| Some(up + other.iter().position(|of| of == name)?));
    f64::from(u32::try_from(steps.min().unwrap()).unwrap())
}

/// The name under which a plugin sees a value.
fn seen_as<'a>(used: &'a SignalUse, value: &'a str) -> &'a str {
    let declared = |name: &str| used.values().iter().any(|of| of == name);
    match value {
        "any" => "any",
        value if declared(value) => value,
        value if declared(above(value)) => above(value),
        _ => "other",
    }
}

/// Whether a visitor can have an id: all values of `visit` may be declared, and then nobody is another.
fn can_be(used: &SignalUse, id: u8) -> bool {
    let all = used.signal().name() == "visit" && used.values().len() == 2;
    id != used.other() || !all
}

fn even(used: &SignalUse, id: u8) -> f64 {
    let count = (0..=used.any()).filter(|id| can_be(used, *id)).count();
    if can_be(used, id) { 1.0 / f64::from(u32::try_from(count).unwrap()) } else { 0.0 }
}
