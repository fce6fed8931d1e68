//! What the checks of all sections share: reporting at a place, quantities with bounds, lists
//! with a length and without repetition.

use std::path::{Path, PathBuf};
use std::time::Duration;

use toml::Spanned;

use crate::bounds::Bounded;
use crate::names::Refused;
use crate::problem::{Problems, Source, Span};
use crate::quantity::{DURATION, Notation, SIZE};
use crate::raw::{Text, Texts};

/// Checks the values of one file.
pub(crate) struct Checker<'a> {
    pub source: &'a Source,
    pub problems: Problems,
}

impl<'a> Checker<'a> {
    pub fn new(source: &'a Source) -> Self {
        Self { source, problems: Problems::default() }
    }

    /// Reports a problem at a place.
    pub fn report(&mut self, span: Span, label: &str, message: impl Into<String>, help: impl Into<String>) {
        self.problems.add(self.source.problem(span, label, message).help(help));
    }

    /// Reports a refused value at its place.
    pub fn refused(&mut self, span: Span, refused: Refused) {
        self.report(span, "here", refused.message, refused.help);
    }

    /// The value, or a report of why there is none.
    pub fn accept<T>(&mut self, span: Span, read: Result<T, Refused>) -> Option<T> {
        read.map_err(|refused| self.refused(span, refused)).ok()
    }

    /// A folder for files of ours. It need not be there yet, but nothing else may be.
    pub fn own_folder(&mut self, beside: &Path, written: &Text, example: &str) -> PathBuf {
        let path = beside.join(written.get_ref());
        if written.get_ref().is_empty() || std::fs::metadata(&path).is_ok_and(|facts| !facts.is_dir()) {
            let message = format!("`{}` is not a folder", written.get_ref());
            let help = format!("name a folder of its own, such as `\"{example}\"`");
            self.report(written.span(), "here", message, help);
        }
        path
    }

    /// A duration with its default.
    pub fn duration(&mut self, key: &str, bounded: &Bounded, written: Option<&Text>) -> Option<Duration> {
        self.quantity(&DURATION, key, bounded, written).map(Duration::from_millis)
    }

    /// A size in bytes with its default.
    pub fn size(&mut self, key: &str, bounded: &Bounded, written: Option<&Text>) -> Option<u64> {
        self.quantity(&SIZE, key, bounded, written)
    }

    /// A count with its default.
    pub fn number(&mut self, key: &str, bounded: &Bounded, written: Option<&Spanned<u64>>) -> Option<u32> {
        let number = match written {
            None => bounded.default?,
            Some(written) => {
                self.within(key, bounded, *written.get_ref(), written.span(), |number| number.to_string())?
            }
        };
        u32::try_from(number).ok()
    }

    /// A number without a default.
    pub fn optional(&mut self, key: &str, bounded: &Bounded, written: Option<&Spanned<u64>>) -> Option<u32> {
        written.and_then(|written| self.number(key, bounded, Some(written)))
    }

    fn quantity(
        &mut self,
        notation: &Notation,
        key: &str,
        bounded: &Bounded,
        written: Option<&Text>,
    ) -> Option<u64> {
        let Some(written) = written else { return bounded.default };
        let text = written.get_ref();
        let Some(quantity) = notation.parse(text) else {
            let help = match notation.suggest(text) {
                Some(suggestion) => format!("write `\"{suggestion}\"`"),
                None => notation.example.to_owned(),
            };
            self.report(written.span(), "here", format!("`{text}` is not a {}", notation.name), help);
            return None;
        };
        self.within(key, bounded, quantity, written.span(), |quantity| notation.show(quantity))
    }

    fn within(
        &mut self,
        key: &str,
        bounded: &Bounded,
        quantity: u64,
        span: Span,
        show: impl Fn(u64) -> String,
    ) -> Option<u64> {
        let (side, least, most) = if quantity < bounded.least {
            ("small", show(bounded.least), show(bounded.most))
        } else if quantity > bounded.most {
            ("large", show(bounded.least), show(bounded.most))
        } else {
            return Some(quantity);
        };
        let written = self.source.text().get(span.clone()).unwrap_or_default().trim_matches(['"', '\'']);
        let message = format!("`{written}` is too {side} for `{key}`");
        self.report(span, &format!("too {side}"), message, format!("write a value from {least} to {most}"));
        None
    }

    /// The entries of a list that is neither too long nor, if `needed`, empty; at most `most` of them.
    pub fn list<'t>(
        &mut self,
        key: &str,
        most: usize,
        needed: bool,
        written: Option<&'t Texts>,
    ) -> &'t [Text] {
        let Some(written) = written else { return &[] };
        let entries = written.get_ref();
        if entries.is_empty() && needed {
            self.report(
                written.span(),
                "empty",
                format!("`{key}` lists nothing"),
                "write at least one entry",
            );
        }
        let Some(over) = entries.get(most) else { return entries };
        let message = format!("`{key}` lists {} entries", entries.len());
        self.report(over.span(), "one too many", message, format!("at most {} are allowed", most));
        entries.get(..most).unwrap_or_default()
    }

    /// Reads each entry of a list, refusing repetitions.
    pub fn each<T: PartialEq>(
        &mut self,
        entries: &[Text],
        mut read: impl FnMut(&str) -> Result<T, Refused>,
    ) -> Vec<T> {
        let mut values = Vec::with_capacity(entries.len());
        for entry in entries {
            let Some(value) = self.accept(entry.span(), read(entry.get_ref())) else { continue };
            if values.contains(&value) {
                let message = format!("`{}` is listed twice", entry.get_ref());
                self.report(entry.span(), "again here", message, "remove one of the two");
            } else {
                values.push(value);
            }
        }
        values
    }
}
