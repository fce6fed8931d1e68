//! Reading TOML tables strictly: every key is known or an error with its place.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

use crate::error::{Errors, did_you_mean_or_list};

pub(crate) type Span = Range<usize>;

/// A string with its place in the source.
#[derive(Clone)]
pub(crate) struct Text {
    pub(crate) value: String,
    pub(crate) span: Span,
}

/// A table with its place, all of whose keys are known.
pub(crate) struct Keys<'t, 'i> {
    table: &'t DeTable<'i>,
    pub(crate) span: Span,
    what: &'static str,
}

impl<'t, 'i> Keys<'t, 'i> {
    /// Opens `value` as a table called `what` that may have the keys `known`.
    pub(crate) fn open(
        value: &'t Spanned<DeValue<'i>>,
        what: &'static str,
        known: &[&str],
        errors: &mut Errors,
    ) -> Option<Self> {
        let Some(table) = value.get_ref().as_table() else {
            errors.add(&value.span(), format!("{what} must be a table, not {}", kind(value.get_ref())));
            return None;
        };
        Some(Self::of(table, value.span(), what, known, errors))
    }

    /// As [`Keys::open`], of something that is known to be a table.
    pub(crate) fn of(
        table: &'t DeTable<'i>,
        span: Span,
        what: &'static str,
        known: &[&str],
        errors: &mut Errors,
    ) -> Self {
        for key in table.keys() {
            let name = key.get_ref().as_ref();
            if !known.contains(&name) {
                let help = did_you_mean_or_list(name, known.iter().copied());
                errors.add_help(&key.span(), format!("{what} has no key `{}`", quoted(name)), help);
            }
        }
        Self { table, span, what }
    }

    /// The value of a key.
    pub(crate) fn get(&self, key: &str) -> Option<&'t Spanned<DeValue<'i>>> {
        self.table.get(key)
    }

    /// The place of a key, or of the table where it is absent.
    pub(crate) fn place(&self, key: &str) -> Span {
        self.table.get_key_value(key).map_or_else(|| self.span.clone(), |(key, _)| key.span())
    }

    /// The string of a key that may be absent.
    pub(crate) fn text(&self, key: &str, errors: &mut Errors) -> Option<Text> {
        self.get(key).and_then(|value| text(value, &format!("`{key}`"), errors))
    }

    /// Whether a key that may be absent says `true`.
    pub(crate) fn switch(&self, key: &str, errors: &mut Errors) -> bool {
        let Some(value) = self.get(key) else { return false };
        let found = value.get_ref().as_bool();
        if found.is_none() {
            let message = format!("`{key}` must be `true` or `false`, not {}", kind(value.get_ref()));
            errors.add(&value.span(), message);
        }
        found.unwrap_or_default()
    }

    /// The string of a key that must be there.
    pub(crate) fn required(&self, key: &str, errors: &mut Errors) -> Option<Text> {
        if self.get(key).is_none() {
            errors.add(&self.span, format!("{} needs the key `{key}`", self.what));
        }
        self.text(key, errors)
    }

    /// The name (1 to 64 of a-z, 0-9 and `-`) of a key that must be there.
    pub(crate) fn name(&self, key: &str, errors: &mut Errors) -> Option<Text> {
        let name = self.required(key, errors)?;
        let fits = (1..=64).contains(&name.value.len())
            && name.value.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
        if !fits {
            let message = format!("`{}` is not a name: 1 to 64 of a-z, 0-9 and `-`", quoted(&name.value));
            errors.add(&name.span, message);
        }
        fits.then_some(name)
    }
}

/// The elements of a list called `what`.
pub(crate) fn list<'t, 'i>(
    value: &'t Spanned<DeValue<'i>>,
    what: &str,
    errors: &mut Errors,
) -> impl Iterator<Item = &'t Spanned<DeValue<'i>>> + use<'t, 'i> {
    let elements = value.get_ref().as_array();
    if elements.is_none() {
        errors.add(&value.span(), format!("{what} must be a list, not {}", kind(value.get_ref())));
    }
    elements.into_iter().flat_map(|array| array.iter())
}

/// The string called `what`.
pub(crate) fn text(value: &Spanned<DeValue<'_>>, what: &str, errors: &mut Errors) -> Option<Text> {
    let found = value.get_ref().as_str();
    if found.is_none() {
        errors.add(&value.span(), format!("{what} must be a string, not {}", kind(value.get_ref())));
    }
    found.map(|found| Text { value: found.to_owned(), span: value.span() })
}

/// The integer that a value is, whatever the base it is written in.
pub(crate) fn integer(value: &Spanned<DeValue<'_>>) -> Option<i64> {
    let integer = value.get_ref().as_integer()?;
    i64::from_str_radix(integer.as_str(), integer.radix()).ok().filter(|number| *number != i64::MIN)
}

/// What a value is, for people.
pub(crate) fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "an integer",
        DeValue::Float(_) => "a number with a fraction",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

/// A piece of the source, short and printable.
pub(crate) fn quoted(text: &str) -> String {
    text.chars().take(64).flat_map(char::escape_debug).collect()
}
