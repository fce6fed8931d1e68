//! What no visitor will ever see: rules that never hold, rules behind others, variants that nothing shows.
//!
//! Nothing is guessed from how the rules are written. All cells are gone through, as sets.

use crate::RuleError;
use crate::cells::{Cells, Space};
use crate::error::Errors;
use crate::keys::Span;
use crate::lower::{Case, Decision, Program};

/// The most lines that one warning names.
const MAX_LINES: usize = 5;

/// Finds what is never reached. A rule that can never hold is an error: it says something that cannot be
/// meant. What only stands behind other rules is a warning: somebody may have put an offer before it for
/// a week.
pub(crate) fn look(program: &Program<'_>, source: &str) -> Result<Vec<RuleError>, Vec<RuleError>> {
    let space = Space::of(program);
    let asked = space.asked();
    let (mut errors, mut warnings) = (Errors::default(), Errors::default());
    let mut impossible: Vec<Span> = Vec::new();
    for decision in &program.slots {
        let seen = Seen::of(decision, &space, &asked);
        for case in &seen.impossible {
            let Some(rule) = case.rule.filter(|rule| !impossible.contains(&rule.span)) else { continue };
            let help = "its conditions exclude each other; mind that a value which no rule names is `other`, \
                        and that where nothing at all is known the default is shown";
            errors.add_help(&rule.span, "this rule can never hold", Some(help.to_owned()));
            impossible.push(rule.span.clone());
        }
        for (case, by) in &seen.hidden {
            warnings.add_help(&case.place, hidden(decision, by, source), Some(advice(by)));
        }
        for variant in seen.dead {
            let Some(variant) = decision.slot.variants.get(variant) else { continue };
            let message = format!("no rule ever shows variant `{}`", variant.name.value);
            let help = "remove it, or write a rule that shows it".to_owned();
            warnings.add_help(&variant.name.span, message, Some(help));
        }
    }
    errors.or(Some(()))?;
    Ok(warnings.all())
}

fn hidden(decision: &Decision<'_>, by: &[&Case<'_>], source: &str) -> String {
    let slot = &decision.slot.name.value;
    let mut lines: Vec<usize> =
        by.iter().filter_map(|case| case.rule).map(|rule| line(source, rule.span.start)).collect();
    lines.sort_unstable();
    let named: Vec<_> = lines.iter().take(MAX_LINES).map(usize::to_string).collect();
    let more = match lines.len().saturating_sub(MAX_LINES) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    match named.as_slice() {
        [one] => {
            format!("this rule never decides on `{slot}`: the rule in line {one} always comes before it")
        }
        several => {
            let lines = several.join(", ");
            format!(
                "this rule never decides on `{slot}`: the rules in lines {lines}{more} always come before it"
            )
        }
    }
}

fn advice(by: &[&Case<'_>]) -> String {
    let what = if by.len() == 1 { "that rule" } else { "those rules" };
    format!("move it before {what}, give it a higher `priority`, or remove it")
}

fn line(source: &str, at: usize) -> usize {
    source.as_bytes().iter().take(at).filter(|byte| **byte == b'\n').count() + 1
}

/// What becomes of a slot's cases and variants over all cells.
struct Seen<'p, 'f> {
    impossible: Vec<&'p Case<'f>>,
    /// Cases that never decide, with those that do in their stead.
    hidden: Vec<(&'p Case<'f>, Vec<&'p Case<'f>>)>,
    /// Variants that no cell gets, other than those that a hidden case names.
    dead: Vec<usize>,
}

impl<'p, 'f> Seen<'p, 'f> {
    fn of(decision: &'p Decision<'f>, space: &Space, asked: &Cells) -> Self {
        let mut seen = Self { impossible: Vec::new(), hidden: Vec::new(), dead: Vec::new() };
        let mut alive = vec![false; decision.slot.variants.len()];
        let revive = |alive: &mut Vec<bool>, variant: usize| {
            if let Some(alive) = alive.get_mut(variant) {
                *alive = true;
            }
        };
        revive(&mut alive, decision.default);
        let mut free = asked.clone();
        let mut before: Vec<(&'p Case<'f>, Cells)> = Vec::new();
        for case in &decision.cases {
            let mut holds = space.cells(&case.when);
            holds.keep(&shown_to(case, space));
            holds.keep(asked);
            if holds.is_empty() || !holds.meets(&free) {
                // That they show nothing is told; what they would show is not told again.
                case.picks.iter().for_each(|pick| revive(&mut alive, pick.variant));
                if holds.is_empty() && case.rule.is_some() {
                    seen.impossible.push(case);
                } else if case.rule.is_some() && seen.hidden.len() < crate::error::MAX_ERRORS {
                    seen.hidden.push((case, hiding(&holds, &before)));
                }
                continue;
            }
            let mut left = holds.clone();
            left.keep(&free);
            for pick in &case.picks {
                let known = alive.get(pick.variant).is_some_and(|alive| *alive);
                if known && case.picks.len() == 1 {
                    break;
                }
                let cells = space.cells(&pick.when);
                if left.meets(&cells) {
                    revive(&mut alive, pick.variant);
                }
                left.take(&cells);
            }
            free.take(&holds);
            before.push((case, holds));
        }
        seen.dead = alive.iter().enumerate().filter(|(_, alive)| !**alive).map(|(at, _)| at).collect();
        seen
    }
}

/// The cells in which a case has a pick that holds.
fn shown_to(case: &Case<'_>, space: &Space) -> Cells {
    let mut some = space.none();
    match case.picks.iter().find(|pick| pick.when == crate::lower::Test::And(Vec::new())) {
        Some(always) => some.add(&space.cells(&always.when)),
        None => case.picks.iter().for_each(|pick| some.add(&space.cells(&pick.when))),
    }
    some
}

/// The earlier cases that take all cells of `holds`: one that does it alone, or those that share them.
fn hiding<'p, 'f>(holds: &Cells, before: &[(&'p Case<'f>, Cells)]) -> Vec<&'p Case<'f>> {
    if let Some((case, _)) = before.iter().find(|(_, earlier)| holds.is_within(earlier)) {
        return vec![*case];
    }
    let mut left = holds.clone();
    let mut by = Vec::new();
    for (case, earlier) in before {
        if left.meets(earlier) {
            by.push(*case);
            left.take(earlier);
        }
    }
    by
}
