//! A rule as it is written: when it holds, and what it shows in which slots.

use cloakroom_vocabulary::{Signal, is_value};
use toml::Spanned;
use toml::de::DeValue;

use crate::condition::{Condition, Reader};
use crate::error::Errors;
use crate::keys::{Keys, Span, Text, integer, kind, quoted, text};

const MAX_PRIORITY: i64 = 1_000;
/// What the weights of a split add up to.
const WHOLE: u8 = 100;

const RULE_KEYS: [&str; 5] = ["when", "schedule", "show", "split", "priority"];
const SCHEDULE_SIGNALS: [Signal; 2] = [Signal::Daypart, Signal::Weekpart];

/// Shows variants when a condition holds.
pub(crate) struct Rule {
    pub(crate) span: Span,
    pub(crate) when: Condition,
    pub(crate) shows: Vec<Show>,
    pub(crate) priority: i64,
}

/// What a rule shows in a slot.
pub(crate) struct Show {
    pub(crate) slot: Text,
    pub(crate) shares: Vec<Share>,
}

/// A variant or block, and who sees it.
pub(crate) struct Share {
    pub(crate) name: Text,
    /// The hundredths of the traffic that see it: the first, and how many. `None` is everybody.
    pub(crate) of: Option<(u8, u8)>,
}

/// Reads a `[[rule]]`.
pub(crate) fn read(value: &Spanned<DeValue<'_>>, reader: &mut Reader<'_>) -> Option<Rule> {
    let keys = Keys::open(value, "a rule", &RULE_KEYS, reader.errors)?;
    let when = condition(&keys, reader);
    let show = shows(&keys, reader.errors);
    let priority = priority(&keys, reader.errors);
    Some(Rule { span: keys.span.clone(), when: when?, shows: show?, priority })
}

fn condition(keys: &Keys<'_, '_>, reader: &mut Reader<'_>) -> Option<Condition> {
    let when = keys.get("when").map(|when| reader.table(when, 1));
    let schedule = keys.get("schedule").map(|schedule| self::schedule(schedule, reader));
    match (when, schedule) {
        (Some(when), None) => when,
        (None, Some(schedule)) => schedule,
        (Some(when), Some(schedule)) => Some(Condition::All(vec![when?, schedule?])),
        (None, None) if keys.get("split").is_some() => Some(Condition::All(Vec::new())),
        (None, None) => {
            let help = "what is shown to everybody else is the slot's `default`".to_owned();
            reader.errors.add_help(&keys.span, "a rule needs the key `when`", Some(help));
            None
        }
    }
}

/// Reads a `schedule`: the same signals as in `when`, and nothing else.
fn schedule(value: &Spanned<DeValue<'_>>, reader: &mut Reader<'_>) -> Option<Condition> {
    let Some(table) = value.get_ref().as_table().filter(|table| !table.is_empty()) else {
        let help = "for example `schedule = { daypart = \"evening\", weekpart = \"weekend\" }`".to_owned();
        let message = "`schedule` must be a table with `daypart`, `weekpart` or both";
        reader.errors.add_help(&value.span(), message, Some(help));
        return None;
    };
    let mut good = true;
    for (key, value) in table {
        let name = key.get_ref().as_ref();
        let Some(signal) = SCHEDULE_SIGNALS.into_iter().find(|signal| signal.name() == name) else {
            let help = "a plugin sees the part of the day (`daypart`) and of the week (`weekpart`), \
                        never the date or the hour";
            let message = format!("a schedule has no key `{}`", quoted(name));
            reader.errors.add_help(&key.span(), message, Some(help.to_owned()));
            good = false;
            continue;
        };
        let words = value.get_ref().as_array().map_or_else(|| vec![value], |words| words.iter().collect());
        for word in words {
            // What is no string, or no value at all, is told by the reader of conditions.
            if let Some(reserved @ ("other" | "any")) = word.get_ref().as_str()
                && !is_value(signal, reserved)
            {
                let message = format!("`{reserved}` is no {signal} to put on a schedule");
                reader.errors.add_help(&word.span(), message, Some(values_of(signal)));
                good = false;
            }
        }
    }
    if good { reader.table(value, 1) } else { None }
}

fn values_of(signal: Signal) -> String {
    let values: &[&str] = match signal {
        Signal::Daypart => &["night", "morning", "afternoon", "evening"],
        _ => &["workday", "weekend"],
    };
    let listed: Vec<_> = values.iter().map(|value| format!("`{value}`")).collect();
    format!("there is {}", listed.join(", "))
}

fn shows(keys: &Keys<'_, '_>, errors: &mut Errors) -> Option<Vec<Show>> {
    let mut shown = Vec::new();
    if keys.get("show").is_none() && keys.get("split").is_none() {
        let help = "for example `show = { hero = \"spring\" }`".to_owned();
        errors.add_help(&keys.span, "a rule needs the key `show` or `split`", Some(help));
        return None;
    }
    if let Some(value) = keys.get("show") {
        let Some(table) = value.get_ref().as_table().filter(|table| !table.is_empty()) else {
            let help = "for example `show = { hero = \"spring\" }`".to_owned();
            errors.add_help(&value.span(), "`show` must name a variant for at least one slot", Some(help));
            return None;
        };
        for (slot, variant) in table {
            let name = text(variant, "a variant", errors)?;
            let slot = Text { value: slot.get_ref().to_string(), span: slot.span() };
            shown.push(Show { slot, shares: vec![Share { name, of: None }] });
        }
    }
    if let Some(value) = keys.get("split") {
        let example = "for example `split = { hero = { new = 10, old = 90 } }`";
        let Some(table) = value.get_ref().as_table().filter(|table| !table.is_empty()) else {
            let message = "`split` must name weighted variants for at least one slot";
            errors.add_help(&value.span(), message, Some(example.to_owned()));
            return None;
        };
        for (slot, weights) in table {
            let slot = Text { value: slot.get_ref().to_string(), span: slot.span() };
            if shown.iter().any(|show| show.slot.value == slot.value) {
                let message = format!("slot `{}` is both in `show` and in `split`", quoted(&slot.value));
                errors.add(&slot.span, message);
            }
            shown.push(Show { shares: shares(&slot, weights, example, errors)?, slot });
        }
    }
    Some(shown)
}

/// The shares of a split, laid side by side in the order in which they are written.
fn shares(
    slot: &Text,
    value: &Spanned<DeValue<'_>>,
    example: &str,
    errors: &mut Errors,
) -> Option<Vec<Share>> {
    let Some(table) = value.get_ref().as_table() else {
        let message = format!("a split must be a table of weights, not {}", kind(value.get_ref()));
        errors.add_help(&value.span(), message, Some(example.to_owned()));
        return None;
    };
    let mut weights = Vec::with_capacity(table.len());
    for (name, weight) in table {
        let found = integer(weight).and_then(|weight| u8::try_from(weight).ok());
        let Some(found) = found.filter(|found| (1..WHOLE).contains(found)) else {
            let help = "they say how many of 100 visitors; leave out a variant that nobody is to see";
            let message = "a weight must be an integer from 1 to 99";
            errors.add_help(&weight.span(), message, Some(help.to_owned()));
            return None;
        };
        weights.push((Text { value: name.get_ref().to_string(), span: name.span() }, found));
    }
    if weights.len() < 2 {
        let help = "to show one to everybody, use `show`".to_owned();
        errors.add_help(&value.span(), "a split has at least two variants", Some(help));
        return None;
    }
    weights.sort_by_key(|(name, _)| name.span.start);
    let sum: u64 = weights.iter().map(|(_, weight)| u64::from(*weight)).sum();
    if sum != u64::from(WHOLE) {
        let terms: Vec<_> =
            weights.iter().map(|(name, weight)| format!("{} {weight}", quoted(&name.value))).collect();
        let message = format!(
            "the weights in `{}` must add up to 100: {} = {sum}",
            quoted(&slot.value),
            terms.join(" + ")
        );
        errors.add(&value.span(), message);
        return None;
    }
    let mut first = 0;
    let laid = weights.into_iter().map(|(name, width)| {
        let share = Share { name, of: Some((first, width)) };
        first += width;
        share
    });
    Some(laid.collect())
}

fn priority(keys: &Keys<'_, '_>, errors: &mut Errors) -> i64 {
    let Some(value) = keys.get("priority") else { return 0 };
    match integer(value) {
        Some(number) if number.abs() <= MAX_PRIORITY => number,
        _ => {
            let message = format!("`priority` must be an integer from -{MAX_PRIORITY} to {MAX_PRIORITY}");
            errors.add(&value.span(), message);
            0
        }
    }
}
