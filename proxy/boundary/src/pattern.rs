//! Path patterns of routes: literal segments, and wildcards whose segments have a pattern too.
//!
//! A wildcard without a pattern would let an identifier in a path become a page of its own, so
//! there is always one, and a bound on how many segments wildcards may cover.

use std::cmp::Ordering;

use regex_lite::{Regex, RegexBuilder};

use crate::{canonical, escape};

/// The most segments that the wildcards of a pattern may cover.
const MAX_WILD_SEGMENTS: usize = 8;
/// The longest segment that the default pattern lets pass, in bytes.
const MAX_DEFAULT_BYTES: usize = 64;
/// The longest text that a declared pattern is tried on, in bytes.
pub(crate) const MAX_MATCHED_BYTES: usize = 256;
/// The largest compiled regular expression, in bytes.
const MAX_REGEX_BYTES: usize = 256 * 1_024;

/// A pattern for paths or parameters that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PatternError {
    /// Not written as a canonical path.
    #[error("`{path}` is not a canonical path{}", canonical.as_ref().map(|c| format!(", write `{c}`")).unwrap_or_default())]
    NotCanonical {
        /// The path as written.
        path: String,
        /// Its canonical form, if it has one.
        canonical: Option<String>,
    },
    /// A `*` beside other characters.
    #[error("`{path}` has a `*` inside a segment: a `*` stands for a whole segment")]
    Star {
        /// The path as written.
        path: String,
    },
    /// A `*` before other characters of a segment.
    #[error("`{path}` has a `*` before the end of a segment: there a `*` stands for the rest of it")]
    StarWithin {
        /// The path as written.
        path: String,
    },
    /// Too many wildcards.
    #[error("`{path}` has more than {MAX_WILD_SEGMENTS} wildcards")]
    Wildcards {
        /// The path as written.
        path: String,
    },
    /// A regular expression that is none or is too large.
    #[error("`{pattern}` is not a usable regular expression: {why}")]
    Regex {
        /// The expression as written.
        pattern: String,
        /// What is wrong with it.
        why: String,
    },
    /// A parameter name that cannot be allowed.
    #[error("`{name}` cannot be an allowed query parameter: {why}")]
    Parameter {
        /// The name as written.
        name: String,
        /// What stands against it.
        why: &'static str,
    },
    /// A parameter value that is too long to ever pass.
    #[error("`{value}` is longer than {MAX_MATCHED_BYTES} bytes")]
    Value {
        /// The value as written.
        value: String,
    },
}

/// What a wildcard segment or a parameter value must look like.
#[derive(Clone, Debug)]
pub(crate) enum Check {
    /// 1 to 64 bytes that the function accepts.
    Default(fn(u8) -> bool),
    /// At most [`MAX_MATCHED_BYTES`], matched as a whole.
    Regex(Regex),
    /// One of these.
    Values(Vec<String>),
    /// Anything.
    Open,
}

impl Check {
    pub(crate) fn regex(pattern: &str) -> Result<Self, PatternError> {
        let wrong = |error: regex_lite::Error| PatternError::Regex {
            pattern: pattern.to_owned(),
            why: error.to_string(),
        };
        // Alone first: an unbalanced group must not pair with the one that is put around it.
        let build = |text: &str| RegexBuilder::new(text).size_limit(MAX_REGEX_BYTES).build().map_err(wrong);
        build(pattern)?;
        Ok(Self::Regex(build(&format!(r"\A(?:{pattern})\z"))?))
    }

    pub(crate) fn accepts(&self, text: &str) -> bool {
        match self {
            Self::Default(fits) => (1..=MAX_DEFAULT_BYTES).contains(&text.len()) && text.bytes().all(fits),
            Self::Regex(regex) => text.len() <= MAX_MATCHED_BYTES && regex.is_match(text),
            Self::Values(values) => values.iter().any(|value| value == text),
            Self::Open => true,
        }
    }
}

/// One segment of a pattern. The order is that of specificity.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Segment {
    Literal(Box<str>),
    One,
}

/// How a path and a pattern go together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fit {
    /// Another path.
    No,
    /// The path, but a wildcard segment does not match its pattern.
    Unlike,
    /// The path.
    Yes,
}

/// The paths that a route answers.
///
/// `*` stands for one segment; `/*` at the end for any number, and for none (`/account/*` is
/// `/account` too). Wildcard segments are compared in their canonical, escaped spelling.
#[derive(Clone, Debug)]
pub struct PathPattern {
    text: String,
    segments: Vec<Segment>,
    tail: bool,
    check: Check,
    declared: bool,
}

impl PathPattern {
    /// Reads a pattern; `segment` is a regular expression for each wildcard segment, by default
    /// `[A-Za-z0-9._~-]{1,64}`.
    ///
    /// # Errors
    /// [`PatternError`] for a path that is not canonical, a `*` inside a segment, more than
    /// eight wildcards, or a regular expression that cannot be used.
    pub fn parse(text: &str, segment: Option<&str>) -> Result<Self, PatternError> {
        let mut canonical = String::new();
        let readable = canonical::push_path(text, &mut canonical).is_ok();
        if !readable || canonical != text {
            let canonical = readable.then_some(canonical);
            return Err(PatternError::NotCanonical { path: text.to_owned(), canonical });
        }
        let mut segments = Vec::new();
        for part in text.split('/').skip(1) {
            segments.push(match part {
                "*" => Segment::One,
                part if part.contains('*') => return Err(PatternError::Star { path: text.to_owned() }),
                part => Segment::Literal(part.into()),
            });
        }
        if segments.iter().filter(|segment| **segment == Segment::One).count() > MAX_WILD_SEGMENTS {
            return Err(PatternError::Wildcards { path: text.to_owned() });
        }
        let tail = segments.pop_if(|last| *last == Segment::One).is_some();
        let check = segment.map_or(Ok(Check::Default(escape::is_unreserved)), Check::regex)?;
        Ok(Self { text: text.to_owned(), segments, tail, check, declared: segment.is_some() })
    }

    /// The pattern as written.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether the pattern is a single path.
    #[must_use]
    pub fn is_exact(&self) -> bool {
        !self.tail && !self.segments.contains(&Segment::One)
    }

    /// Lets any wildcard segment pass, unless a pattern for them was declared. For routes whose
    /// paths never become a cache key.
    pub(crate) fn lenient(mut self) -> Self {
        if !self.declared {
            self.check = Check::Open;
        }
        self
    }

    /// Compares with a canonical path.
    pub(crate) fn fit(&self, path: &str) -> Fit {
        let mut parts = path.strip_prefix('/').unwrap_or(path).split('/');
        let (mut covered, mut alike) = (0, true);
        let mut cover = |part: &str| {
            covered += 1;
            alike &= covered <= MAX_WILD_SEGMENTS && self.check.accepts(part);
        };
        for segment in &self.segments {
            match (segment, parts.next()) {
                (Segment::Literal(literal), Some(part)) if **literal == *part => {}
                (Segment::One, Some(part)) if !part.is_empty() => cover(part),
                _ => return Fit::No,
            }
        }
        for part in parts {
            if !self.tail {
                return Fit::No;
            }
            // In a canonical path only the last segment can be empty.
            if !part.is_empty() {
                cover(part);
            }
        }
        if alike || matches!(self.check, Check::Open) { Fit::Yes } else { Fit::Unlike }
    }

    /// Most specific first: more literal segments, then exact length before any length, then
    /// literals further to the left.
    pub(crate) fn by_specificity(&self, other: &Self) -> Ordering {
        let literals = |pattern: &Self| pattern.segments.iter().filter(|s| **s != Segment::One).count();
        literals(other)
            .cmp(&literals(self))
            .then(self.tail.cmp(&other.tail))
            .then_with(|| self.segments.cmp(&other.segments))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fit(pattern: &str, path: &str) -> Fit {
        PathPattern::parse(pattern, None).unwrap().fit(path)
    }

    #[test]
    fn wildcards_cover_segments_not_characters() {
        assert_eq!(fit("/", "/"), Fit::Yes);
        assert_eq!(fit("/", "/a"), Fit::No);
        assert_eq!(fit("/p/*/edit", "/p/x/edit"), Fit::Yes);
        assert_eq!(fit("/p/*/edit", "/p//edit"), Fit::No);
        assert_eq!(fit("/p/*/edit", "/p/x/y/edit"), Fit::No);
        assert_eq!(fit("/account/*", "/account"), Fit::Yes);
        assert_eq!(fit("/account/*", "/account/"), Fit::Yes);
        assert_eq!(fit("/account/*", "/account/a/b/c"), Fit::Yes);
        assert_eq!(fit("/account/*", "/accounts"), Fit::No);
        assert_eq!(fit("/*", "/"), Fit::Yes);
        assert_eq!(fit("/*", "/a/b"), Fit::Yes);
        assert_eq!(fit("/a/*/", "/a/x/"), Fit::Yes);
        assert_eq!(fit("/a/*/", "/a/x"), Fit::No);
    }

    #[test]
    fn wildcard_segments_have_a_pattern_and_a_bound() {
        assert_eq!(fit("/p/*", "/p/caf%C3%A9"), Fit::Unlike);
        assert_eq!(fit("/p/*", &format!("/p/{}", "a".repeat(65))), Fit::Unlike);
        assert_eq!(fit("/p/*", "/p/1/2/3/4/5/6/7/8"), Fit::Yes);
        assert_eq!(fit("/p/*", "/p/1/2/3/4/5/6/7/8/9"), Fit::Unlike);
        let digits = PathPattern::parse("/p/*", Some("[0-9]+|new")).unwrap();
        assert_eq!(digits.fit("/p/12"), Fit::Yes);
        assert_eq!(digits.fit("/p/new"), Fit::Yes);
        assert_eq!(digits.fit("/p/newer"), Fit::Unlike);
        assert_eq!(digits.fit("/p/x12"), Fit::Unlike);
    }

    #[test]
    fn lenient_patterns_let_undeclared_segments_pass() {
        let open = PathPattern::parse("/p/*", None).unwrap().lenient();
        assert_eq!(open.fit("/p/caf%C3%A9"), Fit::Yes);
        assert_eq!(open.fit(&format!("/p/{}", "a/".repeat(40))), Fit::Yes);
        let declared = PathPattern::parse("/p/*", Some("a")).unwrap().lenient();
        assert_eq!(declared.fit("/p/b"), Fit::Unlike);
    }

    #[test]
    fn wrong_patterns_are_named() {
        let error = |text: &str, segment| PathPattern::parse(text, segment).unwrap_err().to_string();
        assert_eq!(error("/a/../b", None), "`/a/../b` is not a canonical path, write `/b`");
        assert_eq!(error("a", None), "`a` is not a canonical path");
        assert!(error("/a*", None).contains("inside a segment"));
        assert!(error("/*/*/*/*/*/*/*/*/*", None).contains("more than 8"));
        assert!(error("/*", Some("a)(b")).contains("not a usable regular expression"));
        assert!(error("/*", Some("(")).contains("not a usable regular expression"));
    }

    #[test]
    fn more_literal_segments_come_first_then_exact_lengths() {
        let mut order: Vec<_> = ["/*", "/a/*", "/*/b", "/a/b/*", "/a/*/c", "/*/b/c"]
            .map(|text| PathPattern::parse(text, None).unwrap())
            .into();
        order.sort_by(PathPattern::by_specificity);
        let texts: Vec<_> = order.iter().map(PathPattern::text).collect();
        assert_eq!(texts, ["/a/*/c", "/*/b/c", "/a/b/*", "/*/b", "/a/*", "/*"]);
    }
}
