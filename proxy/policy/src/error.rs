//! What is wrong with a policy, and where. Only what the operator wrote ever enters a message.

use std::ops::Range;

use miette::Diagnostic;

/// A policy that cannot be used, or a set of policies that is too large to be evaluated ahead.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct PolicyError {
    file: Option<String>,
    span: Option<Range<usize>>,
    message: String,
    help: Option<String>,
}

impl PolicyError {
    pub(crate) fn new(message: impl Into<String>) -> Self {
        Self { file: None, span: None, message: message.into(), help: None }
    }

    /// Cedar's own finding about a file.
    pub(crate) fn of_cedar(file: &str, text: &str, finding: &dyn Diagnostic) -> Self {
        let span = finding
            .labels()
            .and_then(|mut labels| labels.next())
            .map(|label| label.offset()..label.offset().saturating_add(label.len()));
        Self {
            file: Some(file.to_owned()),
            span: span.map(|span| span.start.min(text.len())..span.end.min(text.len())),
            message: lower_first(&finding.to_string()),
            help: finding.help().map(|help| help.to_string()),
        }
    }

    pub(crate) fn in_file(mut self, file: &str) -> Self {
        self.file = Some(file.to_owned());
        self
    }

    pub(crate) fn at(mut self, span: Option<Range<usize>>) -> Self {
        self.span = span;
        self
    }

    pub(crate) fn with_help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The same with a message that says more to people.
    pub(crate) fn reworded(mut self, message: impl Into<String>) -> Self {
        self.message = message.into();
        self
    }

    /// The name of the file, where one is at fault.
    #[must_use]
    pub fn file(&self) -> Option<&str> {
        self.file.as_deref()
    }

    /// The bytes of the file that are at fault, where they can be told.
    #[must_use]
    pub fn span(&self) -> Option<Range<usize>> {
        self.span.clone()
    }

    /// What is wrong.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What to write instead, where that is known.
    #[must_use]
    pub fn help(&self) -> Option<&str> {
        self.help.as_deref()
    }
}

/// Cedar begins some of its messages with a capital; ours never do.
fn lower_first(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_lowercase().chain(letters).collect())
}
