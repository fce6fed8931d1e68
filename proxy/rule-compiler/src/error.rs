//! What is wrong with a rule file, and where. Messages quote the rule file, never a visitor.

use std::ops::Range;

/// The most errors that one file is told about.
pub(crate) const MAX_ERRORS: usize = 50;

/// One thing that is wrong with a rule file, or that looks as if it were not meant.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct RuleError {
    /// What is wrong.
    pub message: String,
    /// Bytes of the source that it is about; empty at 0 where it is about the whole file.
    pub span: Range<usize>,
    /// What to do about it.
    pub help: Option<String>,
}

/// The errors found so far.
#[derive(Default)]
pub(crate) struct Errors(Vec<RuleError>);

impl Errors {
    /// Notes an error.
    pub(crate) fn add(&mut self, span: &Range<usize>, message: impl Into<String>) {
        self.push(span, message.into(), None);
    }

    /// Notes an error with advice.
    pub(crate) fn add_help(
        &mut self,
        span: &Range<usize>,
        message: impl Into<String>,
        help: impl Into<Option<String>>,
    ) {
        self.push(span, message.into(), help.into());
    }

    fn push(&mut self, span: &Range<usize>, message: String, help: Option<String>) {
        if self.0.len() < MAX_ERRORS {
            self.0.push(RuleError { message, span: span.clone(), help });
        }
    }

    /// All of them, in the order of their places.
    pub(crate) fn all(mut self) -> Vec<RuleError> {
        self.0.sort_by_key(|error| (error.span.start, error.span.end));
        self.0
    }

    /// `value` if nothing was wrong, else the errors in the order of their places.
    pub(crate) fn or<T>(self, value: Option<T>) -> Result<T, Vec<RuleError>> {
        match value {
            Some(value) if self.0.is_empty() => Ok(value),
            _ => Err(self.all()),
        }
    }
}

/// `did you mean …?` with the likeliest of `known`, if one is near enough to `word`.
pub(crate) fn did_you_mean<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<String> {
    nearest(word, known).map(|name| format!("did you mean `{name}`?"))
}

/// As [`did_you_mean`]; where nothing is near, the list of what there is.
pub(crate) fn did_you_mean_or_list<'a>(
    word: &str,
    known: impl IntoIterator<Item = &'a str> + Clone,
) -> Option<String> {
    did_you_mean(word, known.clone()).or_else(|| {
        let listed: Vec<_> = known.into_iter().take(20).map(|name| format!("`{name}`")).collect();
        (!listed.is_empty()).then(|| format!("there is {}", listed.join(", ")))
    })
}

fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let short: String = word.chars().take(64).collect::<String>().to_lowercase();
    known
        .into_iter()
        .map(|name| (strsim::damerau_levenshtein(&short, &name.to_lowercase()), name))
        .filter(|(distance, name)| *distance <= (name.len().max(short.len()) / 3).max(1))
        .min()
        .map(|(_, name)| name)
}
