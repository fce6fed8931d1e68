//! What is wrong with a configuration, and where: a message, a place in a file, a way out.
//!
//! Only text of configuration files stands here, never anything of a request.

use std::ops::Range;
use std::sync::Arc;

use miette::{Diagnostic, LabeledSpan, NamedSource, Severity, SourceCode};

/// A range of bytes in the text of a file.
pub type Span = Range<usize>;

/// The most problems that one report shows.
const MAX_PROBLEMS: usize = 50;

/// A text file as it was read, to point into.
#[derive(Clone, Debug)]
pub struct Source {
    name: Arc<str>,
    text: Arc<str>,
}

impl Source {
    /// A file by the name that people know it by, and its text.
    #[must_use]
    pub fn new(name: &str, text: &str) -> Self {
        Self { name: name.into(), text: text.into() }
    }

    /// The file's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The file's text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Line and column of a byte, both from 1; columns count characters.
    #[must_use]
    pub fn line_and_column(&self, at: usize) -> (usize, usize) {
        let before = self.text.get(..at).unwrap_or(&self.text);
        let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
        let column = before.get(line_start..).map_or(0, |line| line.chars().count());
        (before.matches('\n').count() + 1, column + 1)
    }

    /// A problem at a place in this file. `label` stands beside the caret.
    #[must_use]
    pub fn problem(&self, span: Span, label: &str, message: impl Into<String>) -> Problem {
        let place = Place { source: self.clone(), span, label: label.to_owned() };
        let shown = NamedSource::new(self.name(), Arc::clone(&self.text));
        let place = Some(Box::new((place, shown)));
        Problem { message: message.into(), help: None, place, warning: false }
    }
}

#[derive(Clone, Debug)]
struct Place {
    source: Source,
    span: Span,
    label: String,
}

/// One thing that is wrong with a configuration.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{message}")]
pub struct Problem {
    message: String,
    help: Option<String>,
    place: Option<Box<(Place, NamedSource<Arc<str>>)>>,
    warning: bool,
}

impl Problem {
    /// A problem that is nowhere in a file, such as a file that does not exist.
    #[must_use]
    pub fn nowhere(message: impl Into<String>) -> Self {
        Self { message: message.into(), help: None, place: None, warning: false }
    }

    /// Adds what to do about it.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// The same as something that may have been meant: it is told, and nothing fails for it.
    #[must_use]
    pub fn warning(mut self) -> Self {
        self.warning = true;
        self
    }

    /// Whether it may have been meant.
    #[must_use]
    pub fn is_warning(&self) -> bool {
        self.warning
    }

    /// What is wrong.
    #[must_use]
    pub fn message(&self) -> &str {
        &self.message
    }

    /// What to do about it.
    #[must_use]
    pub fn suggestion(&self) -> Option<&str> {
        self.help.as_deref()
    }

    /// The file that it stands in.
    #[must_use]
    pub fn file(&self) -> Option<&str> {
        self.place().map(|place| place.source.name())
    }

    /// Line and column, both from 1.
    #[must_use]
    pub fn line_and_column(&self) -> Option<(usize, usize)> {
        self.place().map(|place| place.source.line_and_column(place.span.start))
    }

    fn place(&self) -> Option<&Place> {
        self.place.as_ref().map(|place| &place.0)
    }

    fn start(&self) -> usize {
        self.place().map_or(0, |place| place.span.start)
    }
}

impl Diagnostic for Problem {
    fn severity(&self) -> Option<Severity> {
        Some(if self.warning { Severity::Warning } else { Severity::Error })
    }

    fn help<'a>(&'a self) -> Option<Box<dyn std::fmt::Display + 'a>> {
        self.help.as_ref().map(|help| Box::new(help) as Box<dyn std::fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.place.as_ref().map(|place| &place.1 as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        self.place().map(|place| {
            let label = LabeledSpan::new_with_span(Some(place.label.clone()), place.span.clone());
            Box::new(std::iter::once(label)) as Box<dyn Iterator<Item = LabeledSpan>>
        })
    }
}

/// Everything that was found wrong with a configuration. Nothing starts with it.
///
/// INVARIANT: there is at least one problem.
#[derive(Clone, Debug)]
pub struct LoadError {
    first: Problem,
    others: Vec<Problem>,
    unshown: usize,
}

impl LoadError {
    /// The problems, file by file, in the order of the text.
    pub fn problems(&self) -> impl Iterator<Item = &Problem> {
        std::iter::once(&self.first).chain(&self.others)
    }
}

impl std::fmt::Display for LoadError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.others.is_empty() {
            return self.first.fmt(f);
        }
        write!(f, "{} problems in the configuration", 1 + self.others.len() + self.unshown)?;
        if self.unshown > 0 { write!(f, ", {} of them not shown", self.unshown) } else { Ok(()) }
    }
}

impl std::error::Error for LoadError {}

impl Diagnostic for LoadError {
    fn help<'a>(&'a self) -> Option<Box<dyn std::fmt::Display + 'a>> {
        if self.others.is_empty() { Diagnostic::help(&self.first) } else { None }
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        if self.others.is_empty() { self.first.source_code() } else { None }
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        if self.others.is_empty() { self.first.labels() } else { None }
    }

    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn Diagnostic> + 'a>> {
        (!self.others.is_empty()).then(|| {
            Box::new(self.problems().map(|problem| problem as &dyn Diagnostic))
                as Box<dyn Iterator<Item = &dyn Diagnostic>>
        })
    }
}

/// The problems of one file while it is read.
#[derive(Debug, Default)]
pub(crate) struct Problems(Vec<Problem>);

impl Problems {
    pub fn add(&mut self, problem: Problem) {
        self.0.push(problem);
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Takes in the problems of another file, in the order of its text.
    pub fn take_in(&mut self, mut other: Self) {
        other.0.sort_by_key(Problem::start);
        self.0.append(&mut other.0);
    }

    /// Takes in problems that stand in order already.
    pub fn append(&mut self, mut other: Self) {
        self.0.append(&mut other.0);
    }

    /// The value if there is no problem.
    pub fn or<T>(self, value: Option<T>) -> Result<T, LoadError> {
        let mut problems = self.0.into_iter();
        match (problems.next(), value) {
            (None, Some(value)) => Ok(value),
            (first, _) => {
                let first = first.unwrap_or_else(|| Problem::nowhere("the configuration cannot be used"));
                let mut others: Vec<_> = problems.collect();
                let unshown = (others.len() + 1).saturating_sub(MAX_PROBLEMS);
                others.truncate(MAX_PROBLEMS - 1);
                Err(LoadError { first, others, unshown })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_not_bytes() {
        let source = Source::new("site.toml", "k = 1\ncafé = 2\n");
        assert_eq!(source.line_and_column(0), (1, 1));
        assert_eq!(source.line_and_column("k = 1\ncafé".len()), (2, 5));
    }

    #[test]
    fn a_report_is_bounded_and_says_what_it_leaves_out() {
        let mut problems = Problems::default();
        for _ in 0..60 {
            problems.add(Problem::nowhere("wrong"));
        }
        let error = problems.or(Some(())).unwrap_err();
        assert_eq!(error.problems().count(), MAX_PROBLEMS);
        assert_eq!(error.to_string(), "60 problems in the configuration, 10 of them not shown");
    }
}
