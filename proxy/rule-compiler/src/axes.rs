//! The signals that a file's rules look at, and the values that they tell apart.

use std::collections::BTreeSet;

use cloakroom_vocabulary::{Domain, DomainError, MAX_CELLS, Signal};

use crate::condition::Condition;
use crate::error::Errors;
use crate::file::RuleFile;
use crate::keys::Span;
use crate::lower::Resolved;
use crate::slots::Shown;
use crate::values::{ANY, OTHER};

const MAX_SIGNALS: usize = 4;
const MAX_VALUES: usize = 250;

/// A signal with the values that the rules tell apart.
pub(crate) struct Axis<'f> {
    pub(crate) signal: Signal,
    pub(crate) reason: &'f str,
    pub(crate) values: Vec<&'f str>,
}

impl Axis<'_> {
    /// How many ids the signal has: its values, `other` and `any`.
    pub(crate) fn ids(&self) -> u32 {
        u32::try_from(self.values.len()).unwrap_or(u32::MAX).saturating_add(2)
    }
}

/// The axes of a file, in the vocabulary's order. `ways` is how many ids the bucket has, 1 if no rule
/// splits traffic.
pub(crate) fn axes<'f>(
    file: &'f RuleFile,
    resolved: &[Resolved<'f>],
    ways: u32,
    errors: &mut Errors,
) -> Vec<Axis<'f>> {
    let mut uses: [Use<'f>; Signal::COUNT] = std::array::from_fn(|_| Use::default());
    for rule in &file.rules {
        collect(&rule.when, &mut uses);
    }
    for shown in resolved {
        languages(file, shown, &mut uses);
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
            (None, Some(span)) => {
                let add = format!("add `[signals.{signal}]` with `reason = \"…\"`");
                let help = match used.block {
                    Some(block) => format!("block `{block}` is shown in the visitor's language: {add}"),
                    None => add,
                };
                errors.add_help(span, format!("nothing says why `{signal}` is wanted"), Some(help));
            }
            (None, None) => {}
        }
    }
    let place = file.signals.first().map_or(0..0, |reason| reason.span.clone());
    if axes.len() > MAX_SIGNALS {
        errors.add(&place, format!("{} signals are used, at most {MAX_SIGNALS} may be", axes.len()));
    } else if let Err(error) = bounded(&axes, ways) {
        errors.add(&place, error.to_string());
    }
    axes
}

fn bounded(axes: &[Axis<'_>], ways: u32) -> Result<(), DomainError> {
    let sizes: Vec<_> = axes.iter().map(|axis| (axis.signal, axis.ids())).collect();
    let cells = u64::from(Domain::new(sizes.clone())?.size()).saturating_mul(u64::from(ways));
    if cells <= u64::from(MAX_CELLS) {
        return Ok(());
    }
    let factors = sizes.iter().map(|(signal, ids)| format!("{signal} {ids}"));
    let factors: Vec<_> = factors.chain([format!("bucket {ways}")]).collect();
    Err(DomainError::Cells { arithmetic: factors.join(" × "), size: cells })
}

/// Notes the languages that a block tells apart. The fallback is for all others, and so none of them.
fn languages<'f>(file: &'f RuleFile, shown: &Resolved<'f>, uses: &mut [Use<'f>; Signal::COUNT]) {
    let Some(slot) = file.slots.get(shown.slot) else { return };
    let Some(used) = uses.get_mut(Signal::Language.index()) else { return };
    for (_, share) in &shown.shares {
        let Shown::Block(block) = share else { continue };
        let Some(block) = slot.blocks.get(*block) else { continue };
        if used.first.is_none() {
            used.first = Some(shown.place.clone());
            used.block = Some(&block.name.value);
        }
        let told_apart = block.languages.iter().enumerate().filter(|(at, _)| *at != block.fallback);
        used.values.extend(told_apart.map(|(_, language)| language.as_str()));
    }
}

#[derive(Default)]
struct Use<'f> {
    first: Option<Span>,
    /// The block that looked first, if no condition did.
    block: Option<&'f str>,
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
