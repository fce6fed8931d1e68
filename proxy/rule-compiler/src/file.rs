//! The rule file as it is written: TOML read strictly, every value with its place.

use cloakroom_vocabulary::Signal;
use toml::de::DeTable;

use crate::RuleError;
use crate::condition::Reader;
use crate::error::{Errors, did_you_mean_or_list};
use crate::keys::{Keys, Span, Text, list, quoted};
use crate::rule::{self, Rule};
use crate::slots::{self, Slot};
use crate::values::Values;

const MAX_SLOTS: usize = 8;
const MAX_RULES: usize = 1_000;
/// What all blocks of a file together may become, in bytes.
const MAX_FILLED_BYTES: usize = 8 * 1024 * 1024;

const FILE_KEYS: [&str; 5] = ["name", "version", "signals", "slot", "rule"];

/// A rule file that is well formed; that its parts fit together is for `lower` to see.
pub(crate) struct RuleFile {
    pub(crate) name: String,
    pub(crate) version: String,
    pub(crate) signals: Vec<Reason>,
    pub(crate) slots: Vec<Slot>,
    pub(crate) rules: Vec<Rule>,
    pub(crate) values: Values,
}

/// Why a signal is wanted.
pub(crate) struct Reason {
    pub(crate) signal: Signal,
    pub(crate) span: Span,
    pub(crate) reason: String,
}

/// Reads a rule file.
pub(crate) fn read(source: &str) -> Result<RuleFile, Vec<RuleError>> {
    let (root, broken) = DeTable::parse_recoverable(source);
    let mut errors = Errors::default();
    for error in &broken {
        errors.add(&error.span().unwrap_or(0..0), error.message());
    }
    // What is left of a broken document would only give errors that follow from the first ones.
    let file = if broken.is_empty() { root_table(root.get_ref(), &mut errors) } else { None };
    errors.or(file)
}

fn root_table(root: &DeTable<'_>, errors: &mut Errors) -> Option<RuleFile> {
    let values = Values::new().map_err(|message| errors.add(&(0..0), message)).ok()?;
    let keys = Keys::of(root, 0..0, "a rule file", &FILE_KEYS, errors);
    let name = keys.name("name", errors);
    let version = sized(keys.required("version", errors), 64, "`version`", "", errors);
    let signals = reasons(&keys, errors);
    let slots = read_slots(&keys, errors);
    let rules = read_rules(&keys, &values, errors);
    Some(RuleFile { name: name?.value, version: version?, signals, slots, rules, values })
}

/// A text of 1 to `most` bytes without control characters but those in `allowed`.
fn sized(text: Option<Text>, most: usize, what: &str, allowed: &str, errors: &mut Errors) -> Option<String> {
    let text = text?;
    if !(1..=most).contains(&text.value.len()) {
        errors.add(&text.span, format!("{what} must have 1 to {most} bytes"));
    } else if text.value.chars().any(|c| c.is_control() && !allowed.contains(c)) {
        errors.add(&text.span, format!("{what} may hold no control character"));
    }
    Some(text.value)
}

fn reasons(keys: &Keys<'_, '_>, errors: &mut Errors) -> Vec<Reason> {
    let Some(value) = keys.get("signals") else { return Vec::new() };
    let names = Signal::ALL.map(Signal::name);
    let Some(tables) = Keys::open(value, "`signals`", &names, errors) else { return Vec::new() };
    let mut reasons = Vec::new();
    for signal in Signal::ALL {
        let Some(value) = tables.get(signal.name()) else { continue };
        let span = tables.place(signal.name());
        let Some(signal_keys) = Keys::open(value, "a signal", &["reason"], errors) else { continue };
        let reason = sized(signal_keys.required("reason", errors), 400, "`reason`", "\n", errors);
        // An absent reason has been told; the signal itself is there.
        reasons.push(Reason { signal, span, reason: reason.unwrap_or_default() });
    }
    reasons
}

fn read_slots(keys: &Keys<'_, '_>, errors: &mut Errors) -> Vec<Slot> {
    let Some(value) = keys.get("slot") else {
        errors.add(&keys.span, "a rule file needs at least one `[[slot]]`");
        return Vec::new();
    };
    let mut read: Vec<Slot> = Vec::new();
    let mut room = MAX_FILLED_BYTES;
    for element in list(value, "`slot`", errors) {
        if read.len() == MAX_SLOTS {
            errors.add(&element.span(), format!("a plugin has at most {MAX_SLOTS} slots"));
            break;
        }
        let Some(slot) = slots::read(element, &mut room, errors) else { continue };
        if read.iter().any(|earlier| earlier.name.value == slot.name.value) {
            errors.add(&slot.name.span, format!("slot `{}` is there twice", slot.name.value));
        }
        read.push(slot);
    }
    read
}

fn read_rules(keys: &Keys<'_, '_>, values: &Values, errors: &mut Errors) -> Vec<Rule> {
    let Some(value) = keys.get("rule") else {
        errors.add(&keys.span, "a rule file needs at least one `[[rule]]`");
        return Vec::new();
    };
    let elements: Vec<_> = list(value, "`rule`", errors).collect();
    if let Some(surplus) = elements.get(MAX_RULES) {
        errors.add(&surplus.span(), format!("a rule file has at most {MAX_RULES} rules"));
        return Vec::new();
    }
    let mut reader = Reader::new(values, errors);
    elements.into_iter().filter_map(|element| rule::read(element, &mut reader)).collect()
}

/// Finds what a rule names among `known`, or notes an error.
pub(crate) fn position(wanted: &Text, known: &[&str], what: &str, errors: &mut Errors) -> Option<usize> {
    let found = known.iter().position(|name| *name == wanted.value);
    if found.is_none() {
        let help = did_you_mean_or_list(&wanted.value, known.iter().copied());
        errors.add_help(&wanted.span, format!("{what} `{}`", quoted(&wanted.value)), help);
    }
    found
}
