//! The `when` of a rule, as it is written: signals, and `all`, `any`, `not` over them.

use cloakroom_vocabulary::Signal;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::error::{Errors, did_you_mean_or_list};
use crate::keys::{Span, Text, kind, list, quoted, text};
use crate::values::Values;

/// How deep conditions may be nested.
const MAX_DEPTH: usize = 16;
/// The most values and nested conditions in one file.
const MAX_PARTS: usize = 20_000;

/// When a rule applies.
pub(crate) enum Condition {
    /// The signal has one of these values, or one below them.
    Is {
        signal: Signal,
        span: Span,
        names: Vec<String>,
    },
    All(Vec<Condition>),
    Any(Vec<Condition>),
    Not(Box<Condition>),
}

/// Reads the conditions of one file.
pub(crate) struct Reader<'e> {
    pub(crate) values: &'e Values,
    pub(crate) errors: &'e mut Errors,
    parts: usize,
}

impl<'e> Reader<'e> {
    pub(crate) fn new(values: &'e Values, errors: &'e mut Errors) -> Self {
        Self { values, errors, parts: 0 }
    }

    /// Reads a table of conditions that must all hold.
    pub(crate) fn table(&mut self, value: &Spanned<DeValue<'_>>, depth: usize) -> Option<Condition> {
        let Some(table) = value.get_ref().as_table() else {
            let message = format!("a condition must be a table, not {}", kind(value.get_ref()));
            self.errors.add_help(
                &value.span(),
                message,
                Some("for example `{ country = [\"FR\"] }`".to_owned()),
            );
            return None;
        };
        if depth > MAX_DEPTH {
            self.errors.add(&value.span(), format!("conditions are nested deeper than {MAX_DEPTH}"));
            return None;
        }
        if table.is_empty() {
            let help = "what is shown when no rule applies is the slot's `default`".to_owned();
            self.errors.add_help(&value.span(), "a condition is empty", Some(help));
            return None;
        }
        self.entries(table, depth)
    }

    fn entries(&mut self, table: &DeTable<'_>, depth: usize) -> Option<Condition> {
        let mut parts = Vec::with_capacity(table.len());
        for (key, value) in table {
            let part = match key.get_ref().as_ref() {
                "all" => self.nested(value, depth).map(Condition::All),
                "any" => self.nested(value, depth).map(Condition::Any),
                "not" => self.table(value, depth + 1).map(|inner| Condition::Not(Box::new(inner))),
                name => self.is(name, &key.span(), value),
            };
            parts.extend(part);
        }
        match (parts.len() == table.len(), parts.len()) {
            (true, 1) => parts.pop(),
            (true, _) => Some(Condition::All(parts)),
            (false, _) => None,
        }
    }

    fn nested(&mut self, value: &Spanned<DeValue<'_>>, depth: usize) -> Option<Vec<Condition>> {
        let elements: Vec<_> = list(value, "`all` and `any`", self.errors).collect();
        if elements.is_empty() && value.get_ref().is_array() {
            self.errors.add(&value.span(), "a list of conditions is empty");
        }
        if !self.afford(elements.len(), &value.span()) {
            return None;
        }
        let read: Vec<_> = elements.iter().filter_map(|element| self.table(element, depth + 1)).collect();
        (!read.is_empty() && read.len() == elements.len()).then_some(read)
    }

    fn is(&mut self, name: &str, span: &Span, value: &Spanned<DeValue<'_>>) -> Option<Condition> {
        let Some(signal) = Signal::from_name(name) else {
            if name == "bucket" {
                let help = "traffic is split with `split = { hero = { new = 10, old = 90 } }`".to_owned();
                self.errors.add_help(span, "`bucket` cannot be asked for in a condition", Some(help));
                return None;
            }
            let known = Signal::ALL.iter().map(|signal| signal.name()).chain(["all", "any", "not"]);
            let help = did_you_mean_or_list(name, known);
            self.errors.add_help(span, format!("`{}` is not a signal", quoted(name)), help);
            return None;
        };
        let words = match value.get_ref() {
            DeValue::String(_) | DeValue::Array(_) => self.words(value),
            other => {
                let message = format!("`{signal}` must be a value or a list of values, not {}", kind(other));
                self.errors.add(&value.span(), message);
                return None;
            }
        };
        if !self.afford(words.len(), &value.span()) {
            return None;
        }
        let mut names = Vec::with_capacity(words.len());
        for word in &words {
            match self.values.check(signal, &word.value) {
                Ok(()) => names.push(word.value.clone()),
                Err((message, help)) => self.errors.add_help(&word.span, message, help),
            }
        }
        (!names.is_empty()).then(|| Condition::Is { signal, span: span.clone(), names })
    }

    fn words(&mut self, value: &Spanned<DeValue<'_>>) -> Vec<Text> {
        match value.get_ref() {
            DeValue::Array(elements) => {
                if elements.is_empty() {
                    self.errors.add(&value.span(), "a list of values is empty");
                }
                elements.iter().filter_map(|element| text(element, "a value", self.errors)).collect()
            }
            _ => text(value, "a value", self.errors).into_iter().collect(),
        }
    }

    fn afford(&mut self, parts: usize, span: &Span) -> bool {
        let before = self.parts;
        self.parts = before.saturating_add(parts);
        if before <= MAX_PARTS && self.parts > MAX_PARTS {
            self.errors.add(span, format!("the rules name more than {MAX_PARTS} values and conditions"));
        }
        self.parts <= MAX_PARTS
    }
}
