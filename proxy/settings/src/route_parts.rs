//! The parts of a route that are small languages: paths with wildcards, and patterns for what
//! may stand in them and in query parameters.

use regex_lite::RegexBuilder;
use toml::Spanned;

use crate::bounds;
use crate::checker::Checker;
use crate::names::{Refused, refuse};
use crate::raw::{self, Query, QueryTable, Text};
use crate::settings::{QueryRule, QueryValues};
use crate::site_parts::parameter;

/// Checks the path of a route.
pub(crate) fn path(text: &str) -> Result<(), Refused> {
    path_of("a route", text, false)
}

/// Checks the path of `what`; where `partial`, a `*` may stand for the rest of a segment.
pub(crate) fn path_of(what: &str, text: &str, partial: bool) -> Result<(), Refused> {
    let not = |help: String| Err(refuse(format!("`{text}` is not the path of {what}"), help));
    if text.len() > bounds::MAX_PATH {
        let help = format!("at most {} bytes are allowed", bounds::MAX_PATH);
        return Err(refuse("the path is too long", help));
    }
    if text.contains("://") {
        return not("write the path alone, such as `/c/*`: `hosts` names the site".to_owned());
    }
    let Some(rest) = text.strip_prefix('/') else {
        return not(format!("write `/{text}`: a path begins with `/`"));
    };
    if let Some((bare, _)) = text.split_once(['?', '#', ';']) {
        return not(format!("write `{bare}`, and list query parameters in `query`"));
    }
    let mut wildcards = 0;
    let mut segments = rest.split('/').peekable();
    while let Some(segment) = segments.next() {
        let last = segments.peek().is_none();
        let start = segment.strip_suffix('*').filter(|start| partial && !start.is_empty());
        wildcards += usize::from(segment == "*" || start.is_some());
        let segment = start.unwrap_or(segment);
        if segment == "*" {
            continue;
        } else if segment.contains('*') {
            let help = if partial {
                "a `*` ends a segment and stands for the rest of it: `/p/tent-*`".to_owned()
            } else {
                format!("`{segment}`: a `*` stands for a whole segment; `segment` narrows it")
            };
            return not(help);
        } else if segment.is_empty() && !last {
            return not("it has an empty segment: write one `/` in place of two".to_owned());
        } else if matches!(segment, "." | "..") {
            return not(format!(
                "it has a segment `{segment}`, which is resolved before routes are looked at"
            ));
        } else if !segment.chars().all(stands_in_path) {
            return not(format!("write `{}`", encoded(text)));
        } else if !escapes_are_right(segment) {
            return not(
                "after `%` stand two digits of 0-9 and A-F, for what cannot stand as it is".to_owned()
            );
        }
    }
    if wildcards > bounds::MAX_WILDCARDS {
        return not(format!("it has {wildcards} wildcards; at most {} are allowed", bounds::MAX_WILDCARDS));
    }
    Ok(())
}

fn stands_in_path(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-._~!$&'()+,=:@%".contains(c)
}

/// The path with everything strange in percent-encoding.
fn encoded(path: &str) -> String {
    let mut encoded = String::with_capacity(path.len());
    for byte in path.bytes() {
        match char::from(byte) {
            c if c == '/' || c == '*' || stands_in_path(c) => encoded.push(c),
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

/// Whether escapes are in the one spelling that paths are compared in: upper case, and never for
/// what stands for itself.
fn escapes_are_right(segment: &str) -> bool {
    segment.split('%').skip(1).all(|after| {
        let digits = after.get(..2).filter(|digits| !digits.bytes().any(|b| b.is_ascii_lowercase()));
        let byte = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        byte.is_some_and(|b| !b.is_ascii_control() && !b.is_ascii_alphanumeric() && !b"-._~".contains(&b))
    })
}

/// Reads the pattern for the segments under wildcards.
pub(crate) fn segment(checker: &mut Checker<'_>, raw: &raw::Route) -> Option<String> {
    let written = raw.segment.as_ref()?;
    if !raw.path.get_ref().split('/').any(|segment| segment == "*") {
        let help = "remove the key, or put a `*` into `path`";
        checker.report(written.span(), "here", "`segment` means nothing on a path without `*`", help);
    }
    pattern(checker, written)
}

/// Reads a regular expression.
pub(crate) fn pattern(checker: &mut Checker<'_>, written: &Text) -> Option<String> {
    let text = written.get_ref();
    if text.len() > bounds::MAX_PATTERN {
        let help = format!("at most {} bytes are allowed", bounds::MAX_PATTERN);
        checker.report(written.span(), "here", "the pattern is too long", help);
        return None;
    }
    // Compiled alone first, so that `)(` does not become right between the brackets.
    let compile = |text: &str| RegexBuilder::new(text).size_limit(bounds::MAX_COMPILED_PATTERN).build();
    let compiled = compile(text).and_then(|_| compile(&format!(r"\A(?:{text})\z")));
    if let Err(error) = compiled {
        let message = format!("`{text}` is not a regular expression: {error}");
        let help = "write one such as `[a-z0-9-]{1,40}`; a text in single quotes keeps its backslashes";
        checker.report(written.span(), "here", message, help);
        return None;
    }
    Some(text.clone())
}

/// Reads the query parameters that are kept.
pub(crate) fn queries(
    checker: &mut Checker<'_>,
    written: Option<&Spanned<Vec<Spanned<Query>>>>,
) -> Vec<QueryRule> {
    let entries = written.map(|written| written.get_ref().as_slice()).unwrap_or_default();
    if let Some(over) = entries.get(bounds::MAX_QUERY) {
        let help = format!("at most {} are allowed", bounds::MAX_QUERY);
        checker.report(over.span(), "one too many", format!("`query` lists {} entries", entries.len()), help);
    }
    let mut rules: Vec<QueryRule> = Vec::new();
    for entry in entries.iter().take(bounds::MAX_QUERY) {
        let (name, span, values) = match entry.get_ref() {
            Query::Name(name) => (name.clone(), entry.span(), Some(QueryValues::Plain)),
            Query::Table(table) => {
                (table.name.get_ref().clone(), table.name.span(), query_values(checker, table))
            }
        };
        let name = Spanned::new(span.clone(), name);
        let (Some(name), Some(values)) = (parameter(checker, &name, b"[]"), values) else { continue };
        if rules.iter().any(|rule| rule.name == name) {
            checker.report(span, "again here", format!("`{name}` is listed twice"), "remove one of the two");
            continue;
        }
        rules.push(QueryRule { name, values });
    }
    rules
}

fn query_values(checker: &mut Checker<'_>, table: &QueryTable) -> Option<QueryValues> {
    match (&table.pattern, &table.values) {
        (None, None) => Some(QueryValues::Plain),
        (Some(written), None) => pattern(checker, written).map(QueryValues::Pattern),
        (Some(_), Some(values)) => {
            let help = "values that are listed need no pattern: remove one of the two";
            checker.report(values.span(), "here", "`values` and `pattern` are both given", help);
            None
        }
        (None, Some(values)) => {
            let entries = checker.list("values", bounds::MAX_QUERY_VALUES, true, Some(values));
            let listed = checker.each(entries, |value| {
                if (1..=bounds::MAX_QUERY_VALUE).contains(&value.len()) {
                    return Ok(value.to_owned());
                }
                let help = format!("a value has 1 to {} bytes", bounds::MAX_QUERY_VALUE);
                Err(refuse("the value is empty or too long", help))
            });
            Some(QueryValues::Listed(listed))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_segments_and_whole_wildcards() {
        for right in ["/", "/c/*", "/*", "/a/*/b", "/style.css", "/caf%C3%A9", "/a/"] {
            assert_eq!(path(right), Ok(()), "{right}");
        }
        let many = "/*".repeat(9);
        for wrong in [
            "", "c", "/c*", "/a//b", "/../a", "/a?b", "/café", "/%zz", "/%e9", "/%41", "/%0A", "/%+1", "/%",
            "/a;b", "/a b", &many,
        ] {
            assert!(path(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn wrong_paths_suggest_right_ones() {
        let help = |text| path(text).unwrap_err().help;
        assert!(help("/café/*").contains("`/caf%C3%A9/*`"));
        assert!(help("c/*").contains("`/c/*`"));
        assert!(help("/search?q=*").contains("`/search`"));
        assert!(help("https://shop.example/").contains("the path alone"));
    }
}
