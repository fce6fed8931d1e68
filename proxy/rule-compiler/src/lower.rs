//! From the rule file to what is encoded: names become ids, conditions become sets of ids.
//!
//! A condition is answered with yes, no or unknown: where a value is generalized further than the
//! condition looks (`europe` for a rule about `FR`, or `any`), the answer is unknown, and so is
//! that of its `not`. A rule applies where the answer is yes.

use std::collections::BTreeSet;

use cloakroom_vocabulary::{Domain, Signal};

use crate::RuleError;
use crate::condition::Condition;
use crate::error::Errors;
use crate::file::{Rule, RuleFile, position};
use crate::keys::Span;
use crate::slots::Slot;
use crate::values::{ANY, OTHER, Values};

const MAX_SIGNALS: usize = 4;
const MAX_VALUES: usize = 250;
const MAX_JOINT_VARIANTS: u64 = 1_000;

/// A plugin, ready to be encoded.
pub(crate) struct Program<'f> {
    pub(crate) file: &'f RuleFile,
    pub(crate) axes: Vec<Axis<'f>>,
    /// Per slot, in the file's order.
    pub(crate) slots: Vec<Decision<'f>>,
}

/// A signal with the values that the rules tell apart.
pub(crate) struct Axis<'f> {
    pub(crate) signal: Signal,
    pub(crate) reason: &'f str,
    pub(crate) values: Vec<&'f str>,
}

/// How a slot's variant is found: the first case that holds, else the default.
pub(crate) struct Decision<'f> {
    pub(crate) slot: &'f Slot,
    pub(crate) default: usize,
    pub(crate) cases: Vec<(Test, usize)>,
}

/// A question about the ids of a cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Test {
    /// The id of the signal at position `axis` is one of `ids` (ascending).
    In { axis: usize, ids: Vec<u8> },
    /// All hold; true if there are none.
    And(Vec<Test>),
    /// One holds; false if there are none.
    Or(Vec<Test>),
}

/// Puts the parts of a file together.
pub(crate) fn lower(file: &RuleFile) -> Result<Program<'_>, Vec<RuleError>> {
    let mut errors = Errors::default();
    let axes = axes(file, &mut errors);
    let slots = decisions(file, &axes, &mut errors);
    let joint = slots.iter().fold(1_u64, |product, slot| {
        product.saturating_mul(u64::try_from(slot.slot.variants.len()).unwrap_or(u64::MAX))
    });
    if joint > MAX_JOINT_VARIANTS {
        let factors: Vec<_> = slots
            .iter()
            .map(|slot| format!("{} {}", slot.slot.name.value, slot.slot.variants.len()))
            .collect();
        let message = format!(
            "{} = {joint} joint variants, at most {MAX_JOINT_VARIANTS} are allowed",
            factors.join(" × ")
        );
        errors.add(&(0..0), message);
    }
    errors.or(Some(Program { file, axes, slots }))
}

fn axes<'f>(file: &'f RuleFile, errors: &mut Errors) -> Vec<Axis<'f>> {
    let mut uses: [Use<'f>; Signal::COUNT] = std::array::from_fn(|_| Use::default());
    for rule in &file.rules {
        collect(&rule.when, &mut uses);
    }
    let mut axes = Vec::new();
    for (signal, used) in Signal::ALL.into_iter().zip(uses) {
        let declared = file.signals.iter().find(|reason| reason.signal == signal);
        match (declared, &used.first) {
            (Some(reason), Some(span)) => {
                check_values(signal, span, &used.values, errors);
                let values = used.values.into_iter().collect();
                axes.push(Axis { signal, reason: &reason.reason, values });
            }
            (Some(reason), None) => errors.add_help(
                &reason.span,
                format!("no rule looks at `{signal}`"),
                Some("a plugin asks for no more than it uses: remove it".to_owned()),
            ),
            (None, Some(span)) => errors.add_help(
                span,
                format!("nothing says why `{signal}` is wanted"),
                Some(format!("add `[signals.{signal}]` with `reason = \"…\"`")),
            ),
            (None, None) => {}
        }
    }
    let place = file.signals.first().map_or(0..0, |reason| reason.span.clone());
    if axes.len() > MAX_SIGNALS {
        errors.add(&place, format!("{} signals are used, at most {MAX_SIGNALS} may be", axes.len()));
    } else if let Err(error) = Domain::new(axes.iter().map(|axis| (axis.signal, axis.ids())).collect()) {
        errors.add(&place, error.to_string());
    }
    axes
}

#[derive(Default)]
struct Use<'f> {
    first: Option<Span>,
    values: BTreeSet<&'f str>,
}

fn collect<'f>(condition: &'f Condition, uses: &mut [Use<'f>; Signal::COUNT]) {
    match condition {
        Condition::Is { signal, span, names } => {
            if let Some(used) = uses.get_mut(signal.index()) {
                used.first.get_or_insert_with(|| span.clone());
                let named = names.iter().map(String::as_str);
                used.values.extend(named.filter(|name| !matches!(*name, OTHER | ANY)));
            }
        }
        Condition::All(parts) | Condition::Any(parts) => {
            parts.iter().for_each(|part| collect(part, uses));
        }
        Condition::Not(inner) => collect(inner, uses),
    }
}

fn check_values(signal: Signal, span: &Span, values: &BTreeSet<&str>, errors: &mut Errors) {
    if values.is_empty() {
        let help = "`other` and `any` mean something only beside values that are named".to_owned();
        errors.add_help(span, format!("the rules name no value of `{signal}`"), Some(help));
    }
    if values.len() > MAX_VALUES {
        let message = format!("the rules name {} values of `{signal}`, at most {MAX_VALUES}", values.len());
        errors.add(span, message);
    }
}

fn decisions<'f>(file: &'f RuleFile, axes: &[Axis<'_>], errors: &mut Errors) -> Vec<Decision<'f>> {
    let mut decisions: Vec<Decision<'f>> = file
        .slots
        .iter()
        .map(|slot| {
            let default = slot.variants.iter().position(|variant| variant.name.value == slot.default.value);
            Decision { slot, default: default.unwrap_or(0), cases: Vec::new() }
        })
        .collect();
    let names: Vec<&str> = file.slots.iter().map(|slot| slot.name.value.as_str()).collect();
    let mut rules: Vec<&Rule> = file.rules.iter().collect();
    // Stable: rules of one priority stay in the order of the file.
    rules.sort_by_key(|rule| std::cmp::Reverse(rule.priority));
    for rule in rules {
        let test = known(&rule.when, axes, &file.values, true);
        for (slot, variant) in &rule.show {
            let decision =
                position(slot, &names, "there is no slot", errors).and_then(|slot| decisions.get_mut(slot));
            let Some(decision) = decision else { continue };
            let variants: Vec<&str> =
                decision.slot.variants.iter().map(|variant| variant.name.value.as_str()).collect();
            let what = format!("slot `{}` has no variant", slot.value);
            if let Some(shown) = position(variant, &variants, &what, errors) {
                decision.cases.push((test.clone(), shown));
            }
        }
    }
    decisions
}

impl Axis<'_> {
    /// How many ids the signal has: its values, `other` and `any`.
    pub(crate) fn ids(&self) -> u32 {
        u32::try_from(self.values.len()).unwrap_or(u32::MAX).saturating_add(2)
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
