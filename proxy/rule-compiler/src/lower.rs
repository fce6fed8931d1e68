//! From the rule file to what is encoded: names become ids, conditions become sets of ids.
//!
//! A condition is answered with yes, no or unknown: where a value is generalized further than the
//! condition looks (`europe` for a rule about `FR`, or `any`), the answer is unknown, and so is
//! that of its `not`. A rule applies where the answer is yes. A split applies where the bucket is known.

use std::collections::BTreeSet;

use cloakroom_vocabulary::Signal;

use crate::RuleError;
use crate::axes::{self, Axis};
use crate::condition::Condition;
use crate::error::Errors;
use crate::file::{RuleFile, position};
use crate::keys::Span;
use crate::rule::Rule;
use crate::slots::{Shown, Slot};
use crate::values::{ANY, OTHER, Values};

const MAX_JOINT_VARIANTS: u64 = 1_000;
/// The hundredths that the bucket ranges add up to.
const WHOLE: u8 = 100;

/// The position of the bucket's range among what a test may look at: after the cell's five ids.
pub(crate) const BUCKET: usize = 5;

/// A plugin, ready to be encoded.
pub(crate) struct Program<'f> {
    pub(crate) file: &'f RuleFile,
    pub(crate) axes: Vec<Axis<'f>>,
    /// Widths of the ranges into which all splits together cut the traffic; none if there is no split.
    pub(crate) ranges: Vec<u8>,
    /// Per slot, in the file's order.
    pub(crate) slots: Vec<Decision<'f>>,
}

/// How a slot's variant is found: the first case that holds and has a pick that holds, else the default.
pub(crate) struct Decision<'f> {
    pub(crate) slot: &'f Slot,
    pub(crate) default: usize,
    pub(crate) cases: Vec<Case<'f>>,
}

/// What one rule means for one slot.
pub(crate) struct Case<'f> {
    /// None where a block is the default: then it is the last case, and always holds.
    pub(crate) rule: Option<&'f Rule>,
    /// Where the rule speaks of the slot.
    pub(crate) place: Span,
    pub(crate) when: Test,
    /// The first that holds is shown.
    pub(crate) picks: Vec<Pick>,
}

/// A variant, and to whom it is shown of those for whom the case holds.
pub(crate) struct Pick {
    pub(crate) when: Test,
    pub(crate) variant: usize,
}

/// A question about the ids of a cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Test {
    /// The id at position `axis` is one of `ids` (ascending): of a signal, or of the [`BUCKET`]'s range.
    In { axis: usize, ids: Vec<u8> },
    /// All hold; true if there are none.
    And(Vec<Test>),
    /// One holds; false if there are none.
    Or(Vec<Test>),
}

/// What a rule, or the default, shows in a slot: names looked up.
pub(crate) struct Resolved<'f> {
    pub(crate) rule: Option<&'f Rule>,
    /// Position of the slot.
    pub(crate) slot: usize,
    pub(crate) place: Span,
    /// The hundredths that see it, and what they see.
    pub(crate) shares: Vec<(Option<(u8, u8)>, Shown)>,
}

/// Puts the parts of a file together.
pub(crate) fn lower(file: &RuleFile) -> Result<Program<'_>, Vec<RuleError>> {
    let mut errors = Errors::default();
    let resolved = resolve(file, &mut errors);
    let cuts = cuts(&resolved);
    let ranges = widths(&cuts);
    let ways = u32::try_from(ranges.len()).unwrap_or(u32::MAX).saturating_add(1);
    let axes = axes::axes(file, &resolved, ways, &mut errors);
    let slots = decisions(file, &axes, &cuts, &resolved);
    joint_variants(file, &mut errors);
    errors.or(Some(Program { file, axes, ranges, slots }))
}

fn joint_variants(file: &RuleFile, errors: &mut Errors) {
    let joint = file.slots.iter().fold(1_u64, |product, slot| {
        product.saturating_mul(u64::try_from(slot.variants.len()).unwrap_or(u64::MAX))
    });
    if joint <= MAX_JOINT_VARIANTS {
        return;
    }
    let factors: Vec<_> =
        file.slots.iter().map(|slot| format!("{} {}", slot.name.value, slot.variants.len())).collect();
    let message =
        format!("{} = {joint} joint variants, at most {MAX_JOINT_VARIANTS} are allowed", factors.join(" × "));
    let blocks = file.slots.iter().any(|slot| !slot.blocks.is_empty());
    let help = blocks.then(|| "a block counts as one variant for each of its languages".to_owned());
    errors.add_help(&(0..0), message, help);
}

/// Looks names up, in the order in which rules are tried.
fn resolve<'f>(file: &'f RuleFile, errors: &mut Errors) -> Vec<Resolved<'f>> {
    let names: Vec<&str> = file.slots.iter().map(|slot| slot.name.value.as_str()).collect();
    let mut rules: Vec<&Rule> = file.rules.iter().collect();
    // Stable: rules of one priority stay in the order of the file.
    rules.sort_by_key(|rule| std::cmp::Reverse(rule.priority));
    let mut resolved = Vec::new();
    for rule in rules {
        for show in &rule.shows {
            let Some(at) = position(&show.slot, &names, "there is no slot", errors) else { continue };
            let Some(slot) = file.slots.get(at) else { continue };
            let mut shares = Vec::with_capacity(show.shares.len());
            for share in &show.shares {
                shares.extend(slot.shown(&share.name, errors).map(|shown| (share.of, shown)));
            }
            let place = show.shares.first().map_or(&show.slot, |share| &share.name);
            let place = if show.shares.len() > 1 { &show.slot } else { place };
            resolved.push(Resolved { rule: Some(rule), slot: at, place: place.span.clone(), shares });
        }
    }
    for (at, slot) in file.slots.iter().enumerate() {
        // That it is there has been seen when the slot was read.
        if let Some(shown @ Shown::Block(_)) = slot.shown(&slot.default, &mut Errors::default()) {
            let place = slot.default.span.clone();
            resolved.push(Resolved { rule: None, slot: at, place, shares: vec![(None, shown)] });
        }
    }
    resolved
}

/// Where some split cuts the hundredths: at most 99 places, so at most 100 ranges.
fn cuts(resolved: &[Resolved<'_>]) -> BTreeSet<u8> {
    let shares = resolved.iter().flat_map(|shown| &shown.shares);
    shares.filter_map(|(of, _)| *of).map(|(first, _)| first).filter(|first| *first > 0).collect()
}

fn widths(cuts: &BTreeSet<u8>) -> Vec<u8> {
    if cuts.is_empty() {
        return Vec::new();
    }
    let starts = [0].into_iter().chain(cuts.iter().copied());
    let ends = cuts.iter().copied().chain([WHOLE]);
    starts.zip(ends).map(|(start, end)| end.saturating_sub(start)).collect()
}

fn decisions<'f>(
    file: &'f RuleFile,
    axes: &[Axis<'_>],
    cuts: &BTreeSet<u8>,
    resolved: &[Resolved<'f>],
) -> Vec<Decision<'f>> {
    let starts: Vec<u8> = [0].into_iter().chain(cuts.iter().copied()).collect();
    let mut decisions: Vec<Decision<'f>> =
        file.slots.iter().map(|slot| Decision { slot, default: default(slot), cases: Vec::new() }).collect();
    for shown in resolved {
        let Some(decision) = decisions.get_mut(shown.slot) else { continue };
        let when =
            shown.rule.map_or(Test::And(Vec::new()), |rule| known(&rule.when, axes, &file.values, true));
        let mut picks = Vec::new();
        for (of, target) in &shown.shares {
            let buckets = of.map(|(first, width)| {
                let within = |start: u8| start >= first && start < first.saturating_add(width);
                let ids = (0_u8..).zip(&starts).filter(|(_, start)| within(**start)).map(|(id, _)| id);
                Test::In { axis: BUCKET, ids: ids.collect() }
            });
            pick(*target, decision.slot, axes, buckets.as_ref(), &mut picks);
        }
        decision.cases.push(Case { rule: shown.rule, place: shown.place.clone(), when, picks });
    }
    decisions
}

fn default(slot: &Slot) -> usize {
    match slot.shown(&slot.default, &mut Errors::default()) {
        Some(Shown::Variant(variant)) => variant,
        Some(Shown::Block(block)) => {
            slot.blocks.get(block).map_or(0, |block| block.first_variant + block.fallback)
        }
        None => 0,
    }
}

/// Shows a variant, or a block in the visitor's language, to `buckets`.
fn pick(target: Shown, slot: &Slot, axes: &[Axis<'_>], buckets: Option<&Test>, picks: &mut Vec<Pick>) {
    let mut push = |language: Option<Test>, variant: usize| {
        let mut tests: Vec<Test> = buckets.cloned().into_iter().chain(language).collect();
        let when = if tests.len() == 1 { tests.pop() } else { None };
        picks.push(Pick { when: when.unwrap_or(Test::And(tests)), variant });
    };
    let block = match target {
        Shown::Variant(variant) => return push(None, variant),
        Shown::Block(block) => slot.blocks.get(block),
    };
    let Some(block) = block else { return };
    let axis = axes.iter().position(|axis| axis.signal == Signal::Language);
    let values = axis.and_then(|axis| axes.get(axis)).map_or(&[][..], |axis| axis.values.as_slice());
    for (at, language) in block.languages.iter().enumerate().filter(|(at, _)| *at != block.fallback) {
        let id = values.iter().position(|value| value == language).and_then(|id| u8::try_from(id).ok());
        if let (Some(axis), Some(id)) = (axis, id) {
            push(Some(Test::In { axis, ids: vec![id] }), block.first_variant + at);
        }
    }
    push(None, block.first_variant + block.fallback);
}

impl Program<'_> {
    /// How many ids there are at a position that a test looks at.
    pub(crate) fn ids(&self, axis: usize) -> u32 {
        match self.axes.get(axis) {
            Some(axis) => axis.ids(),
            None => self.ways(),
        }
    }

    /// How many ids the bucket has: its ranges, and one that says nothing.
    pub(crate) fn ways(&self) -> u32 {
        u32::try_from(self.ranges.len()).unwrap_or(u32::MAX).saturating_add(1)
    }
}

/// The test that is true where `condition` is known to be `wanted`.
fn known(condition: &Condition, axes: &[Axis<'_>], values: &Values, wanted: bool) -> Test {
    let each = |parts: &[Condition]| parts.iter().map(|part| known(part, axes, values, wanted)).collect();
    match condition {
        Condition::Is { signal, names, .. } => {
            let Some(axis) = axes.iter().position(|axis| axis.signal == *signal) else {
                return Test::Or(Vec::new());
            };
            let ids = axes
                .get(axis)
                .into_iter()
                .flat_map(|found| (0..found.ids()).map(move |id| (found, id)))
                .filter(|(found, id)| answer(found, *id, names, values) == Some(wanted))
                .filter_map(|(_, id)| u8::try_from(id).ok())
                .collect();
            Test::In { axis, ids }
        }
        Condition::Not(inner) => known(inner, axes, values, !wanted),
        Condition::All(parts) if wanted => Test::And(each(parts)),
        Condition::All(parts) => Test::Or(each(parts)),
        Condition::Any(parts) if wanted => Test::Or(each(parts)),
        Condition::Any(parts) => Test::And(each(parts)),
    }
}

/// Whether an id means one of `names` or a value below one of them; `None` if it cannot be told.
fn answer(axis: &Axis<'_>, id: u32, names: &[String], values: &Values) -> Option<bool> {
    let named = |word: &str| names.iter().any(|name| name == word);
    let position = usize::try_from(id).unwrap_or(usize::MAX);
    let Some(value) = axis.values.get(position).copied() else {
        let is_other = position == axis.values.len();
        return match (is_other, named(OTHER), named(ANY)) {
            (true, other, _) => Some(other),
            (false, _, true) => Some(true),
            (false, _, false) => None,
        };
    };
    if named(value) || values.parent(axis.signal, value).is_some_and(named) {
        return Some(true);
    }
    let below = names.iter().any(|name| values.parent(axis.signal, name) == Some(value));
    let all_below =
        values.all_below(axis.signal, value).is_some_and(|all| !all.is_empty() && all.into_iter().all(named));
    match (all_below, below) {
        (true, _) => Some(true),
        (false, true) => None,
        (false, false) => Some(false),
    }
}
