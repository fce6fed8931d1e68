//! The cells over which two plugins can be compared: every combination of values that either of the two
//! tells apart, as a site would show them that lists every value that either names.

use cloakroom_vocabulary::{
    Continent, CountryCode, Hierarchy, Signal, SiteValues, SiteVocabulary, country_facts,
};

use super::{MAX_COMPARED_CELLS, MAX_COMPARED_VALUES, NotComparable};
use crate::manifest::{Manifest, SignalUse};
use crate::readable::Axes;

/// Values that one made-up site lists: no more than any site may list of any signal.
const LISTED_AT_ONCE: usize = 16;

/// What both plugins are given in a cell: the ids of the old one and of the new one.
type Pair = (u8, u8);

/// The axes of the cells.
pub(super) struct Common {
    axes: Vec<Axis>,
    /// By range and, last, for a bucket that is not known. Empty if neither splits traffic.
    buckets: Vec<Pair>,
    ranges: Vec<String>,
    /// The signals' values in common, to speak of.
    signals: Vec<SignalUse>,
    size: u32,
}

/// One signal.
struct Axis {
    /// Position in the old and the new manifest.
    old: Option<usize>,
    new: Option<usize>,
    /// By id in common; the last two are `other` and `any`.
    pairs: Vec<Pair>,
}

impl Common {
    pub(super) fn of(old: &Manifest, new: &Manifest) -> Result<Self, NotComparable> {
        let find = |manifest: &Manifest, signal: Signal| {
            manifest.signals().iter().position(|used| used.signal() == signal)
        };
        let (mut axes, mut signals) = (Vec::new(), Vec::new());
        for (at, used) in old.signals().iter().enumerate() {
            let position = find(new, used.signal());
            let (pairs, used) = match position.and_then(|position| new.signals().get(position)) {
                Some(other) => shared(used, other)?,
                None => ((0..=used.any()).map(|id| (id, 0)).collect(), used.clone()),
            };
            axes.push(Axis { old: Some(at), new: position, pairs });
            signals.push(used);
        }
        for (at, used) in new.signals().iter().enumerate() {
            if find(old, used.signal()).is_none() {
                axes.push(Axis {
                    old: None,
                    new: Some(at),
                    pairs: (0..=used.any()).map(|id| (0, id)).collect(),
                });
                signals.push(used.clone());
            }
        }
        let (buckets, ranges) = buckets(old, new);
        let mut factors: Vec<_> =
            signals.iter().zip(&axes).map(|(used, axis)| (used.signal().name(), axis.pairs.len())).collect();
        factors.extend((!buckets.is_empty()).then_some(("bucket", buckets.len())));
        let size = factors.iter().fold(1_u64, |size, (_, count)| size.saturating_mul(*count as u64));
        match u32::try_from(size) {
            Ok(size) if size <= MAX_COMPARED_CELLS => Ok(Self { axes, buckets, ranges, signals, size }),
            _ => {
                let factors: Vec<_> = factors.iter().map(|(name, count)| format!("{name} {count}")).collect();
                Err(NotComparable::Cells { arithmetic: factors.join(" × "), size })
            }
        }
    }

    pub(super) fn size(&self) -> u32 {
        self.size
    }

    /// How many ids each digit of a cell has, the bucket's last.
    pub(super) fn radices(&self) -> Vec<usize> {
        let bucket = (!self.buckets.is_empty()).then_some(self.buckets.len());
        self.axes.iter().map(|axis| axis.pairs.len()).chain(bucket).collect()
    }

    pub(super) fn words(&self) -> Axes<'_> {
        Axes { signals: &self.signals, ranges: self.ranges.clone() }
    }

    /// Calls `visit` for each cell in order with the ids that the old and the new plugin are given.
    pub(super) fn each(&self, mut visit: impl FnMut(&[u8], &[u8])) {
        let radices = self.radices();
        let count = |of: fn(&Axis) -> Option<usize>| self.axes.iter().filter_map(of).count();
        // Behind the signals' ids stands the bucket's; a plugin that does not split traffic ignores it.
        let mut old = vec![0; count(|axis| axis.old) + 1];
        let mut new = vec![0; count(|axis| axis.new) + 1];
        for cell in 0..self.size {
            let mut rest = usize::try_from(cell).unwrap_or(0);
            let set = |place: Option<usize>, ids: &mut Vec<u8>, id: u8| {
                let last = ids.len().saturating_sub(1);
                if let Some(slot) = ids.get_mut(place.unwrap_or(last)) {
                    *slot = id;
                }
            };
            let mut digits = radices.iter().rev().map(|radix| {
                let digit = rest % radix;
                rest /= radix;
                digit
            });
            if !self.buckets.is_empty() {
                let (before, after) =
                    digits.next().and_then(|at| self.buckets.get(at)).copied().unwrap_or((0, 0));
                set(None, &mut old, before);
                set(None, &mut new, after);
            }
            for (axis, digit) in self.axes.iter().rev().zip(digits) {
                let (before, after) = axis.pairs.get(digit).copied().unwrap_or((0, 0));
                if axis.old.is_some() {
                    set(axis.old, &mut old, before);
                }
                if axis.new.is_some() {
                    set(axis.new, &mut new, after);
                }
            }
            visit(&old, &new);
        }
    }

    /// As [`super::Difference::cell`].
    pub(super) fn cell(&self, old: &[u8], new: &[u8]) -> Option<Vec<u8>> {
        let given = |place: Option<usize>, ids: &[u8]| place.map_or(Some(0), |at| ids.get(at).copied());
        let id = |pairs: &[Pair], pair: Pair| {
            pairs.iter().position(|known| *known == pair).and_then(|at| u8::try_from(at).ok())
        };
        let mut ids = Vec::with_capacity(self.axes.len() + 1);
        for axis in &self.axes {
            ids.push(id(&axis.pairs, (given(axis.old, old)?, given(axis.new, new)?))?);
        }
        if !self.buckets.is_empty() {
            let bucket = |ids: &[u8], signals: fn(&Axis) -> Option<usize>| {
                ids.get(self.axes.iter().filter_map(signals).count()).copied().unwrap_or(0)
            };
            ids.push(id(&self.buckets, (bucket(old, |axis| axis.old), bucket(new, |axis| axis.new)))?);
        }
        Some(ids)
    }
}

/// The ids of a signal that both plugins ask for, and their names.
fn shared(old: &SignalUse, new: &SignalUse) -> Result<(Vec<Pair>, SignalUse), NotComparable> {
    let signal = old.signal();
    let mut named: Vec<String> = old.values().to_vec();
    named.extend(new.values().iter().filter(|value| !old.values().contains(value)).cloned());
    let (other, any) = ((old.other(), new.other()), (old.any(), new.any()));
    // By pair: the place among the named values, or behind them, and the names.
    let mut atoms: Vec<(Pair, usize, Vec<String>)> = Vec::new();
    for site in sites(signal, &named) {
        let hierarchy = site.hierarchy(signal);
        let pairs = old.ids(hierarchy).into_iter().zip(new.ids(hierarchy));
        for (value, pair) in hierarchy.values().zip(pairs) {
            if pair == other || pair == any {
                continue;
            }
            let name = hierarchy.name(value);
            let place = named.iter().position(|named| named == name);
            let name = if place.is_some() { name.to_owned() } else { unnamed(signal, hierarchy, name) };
            let place = place.unwrap_or(named.len());
            match atoms.iter_mut().find(|(known, ..)| *known == pair) {
                None => atoms.push((pair, place, vec![name])),
                // A value that one of the two names stands for all that is seen like it.
                Some(atom) if place < atom.1 => *atom = (pair, place, vec![name]),
                Some(atom) if place == atom.1 && !atom.2.contains(&name) => atom.2.push(name),
                Some(_) => {}
            }
        }
    }
    if atoms.len() > MAX_COMPARED_VALUES {
        return Err(NotComparable::Values { signal, count: atoms.len() });
    }
    atoms.sort_by_key(|(_, place, _)| *place);
    let values = atoms.iter().map(|(.., names)| names.join("/")).collect();
    let pairs = atoms.iter().map(|(pair, ..)| *pair).chain([other, any]).collect();
    Ok((pairs, SignalUse { signal, reason: String::new(), values }))
}

/// A value that neither plugin names, but that the two see differently.
fn unnamed(signal: Signal, hierarchy: &Hierarchy, name: &str) -> String {
    let above = hierarchy.find(name).map(|value| hierarchy.name(hierarchy.parent(value)));
    match above {
        // One country stands for all that are not named.
        Some(continent) if signal == Signal::Country && continent != "any" => {
            format!("elsewhere in {continent}")
        }
        _ => name.to_owned(),
    }
}

/// Sites that together list all of these values, and a country that is not among them on each continent.
fn sites(signal: Signal, named: &[String]) -> Vec<SiteVocabulary> {
    let listed: Vec<SiteValues> = match signal {
        Signal::Country => Continent::ALL.into_iter().map(|continent| countries(continent, named)).collect(),
        Signal::Language | Signal::Campaign | Signal::Interest => {
            let free: Vec<String> = named.iter().filter(|name| *name != "none").cloned().collect();
            let some = free.chunks(LISTED_AT_ONCE).map(|some| listing(signal, some.to_vec()));
            some.chain([SiteValues::default()]).collect()
        }
        _ => vec![SiteValues::default()],
    };
    // Each value was a value of its signal when its manifest was checked.
    listed.iter().filter_map(|listed| SiteVocabulary::new(listed).ok()).collect()
}

fn listing(signal: Signal, values: Vec<String>) -> SiteValues {
    let mut site = SiteValues::default();
    match signal {
        Signal::Language => site.languages = values,
        Signal::Campaign => site.campaigns = values,
        _ => site.topics = values,
    }
    site
}

/// The named countries of a continent, and the first that is not named.
fn countries(continent: Continent, named: &[String]) -> SiteValues {
    let letters = || (b'A'..=b'Z').map(char::from);
    let codes = letters().flat_map(|first| letters().map(move |second| format!("{first}{second}")));
    let here = |code: &String| {
        CountryCode::parse(code).and_then(country_facts).is_some_and(|facts| facts.continent == continent)
    };
    let (mut countries, others): (Vec<_>, Vec<_>) = codes.filter(here).partition(|code| named.contains(code));
    countries.extend(others.into_iter().next());
    SiteValues { countries, ..SiteValues::default() }
}

/// The pairs of bucket ranges that some bucket falls into, laid along the same order of buckets, and
/// their names. A plugin that does not split traffic has one range, of id 0.
fn buckets(old: &Manifest, new: &Manifest) -> (Vec<Pair>, Vec<String>) {
    if !old.splits() && !new.splits() {
        return (Vec::new(), Vec::new());
    }
    let along = |manifest: &Manifest| -> Vec<u8> {
        let widths = (0_u8..).zip(manifest.bucket_ranges());
        widths.flat_map(|(range, width)| std::iter::repeat_n(range, usize::from(*width))).collect()
    };
    let (before, after) = (along(old), along(new));
    let at = |ranges: &[u8], bucket: usize| ranges.get(bucket).copied().unwrap_or(0);
    let mut pairs: Vec<(Pair, u8)> = Vec::new();
    for bucket in 0..crate::BUCKETS {
        let pair = (at(&before, bucket), at(&after, bucket));
        match pairs.last_mut().filter(|(last, _)| *last == pair) {
            Some((_, width)) => *width += 1,
            None => pairs.push((pair, 1)),
        }
    }
    let name = |((old_range, new_range), width): &(Pair, u8)| {
        let (from, to) = (u16::from(*old_range) + 1, u16::from(*new_range) + 1);
        match (old.splits(), new.splits()) {
            _ if old.bucket_ranges() == new.bucket_ranges() => format!("range {from} ({width} %)"),
            (true, true) => format!("range {from}, now {to} ({width} %)"),
            (true, false) => format!("old range {from} ({width} %)"),
            _ => format!("new range {to} ({width} %)"),
        }
    };
    let names = pairs.iter().map(name).collect();
    let unknown = (old.unknown_bucket(), new.unknown_bucket());
    (pairs.into_iter().map(|(pair, _)| pair).chain([unknown]).collect(), names)
}
