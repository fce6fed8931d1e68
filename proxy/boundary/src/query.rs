//! Allow-listed query parameters: what of a query belongs to the page.
//!
//! Everything that is not declared is dropped, and so is a declared parameter whose value is not
//! like its pattern. What passes is sorted and written in one spelling.

use cloakroom_vocabulary::is_click_identifier;

use crate::PatternError;
use crate::config::MAX_QUERY_RULES;
use crate::escape::{decode_form, form_equals, push_form};
use crate::pattern::{Check, MAX_MATCHED_BYTES};

/// The most parameters of a request that are looked at.
const MAX_PAIRS: usize = 64;
/// The longest parameter name, in bytes.
const MAX_NAME_BYTES: usize = 64;

/// The values that a query parameter may have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum QueryPattern {
    /// One of these.
    Values(Vec<String>),
    /// What this regular expression matches as a whole.
    Pattern(String),
}

/// One query parameter that belongs to the page.
#[derive(Clone, Debug)]
pub struct QueryRule {
    name: String,
    check: Check,
}

impl QueryRule {
    /// A parameter with its pattern, by default `[A-Za-z0-9._-]{1,64}`.
    ///
    /// # Errors
    /// [`PatternError`] for an empty or overlong name, a known click identifier, an overlong
    /// value, or a regular expression that cannot be used.
    pub fn new(name: &str, pattern: Option<QueryPattern>) -> Result<Self, PatternError> {
        let wrong = |why| PatternError::Parameter { name: name.to_owned(), why };
        if !(1..=MAX_NAME_BYTES).contains(&name.len()) || name.chars().any(char::is_control) {
            return Err(wrong("a name has 1 to 64 bytes and no control characters"));
        }
        if is_click_identifier(name) {
            return Err(wrong("it tells one click or reader from another"));
        }
        let check = match pattern {
            None => Check::Default(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-')),
            Some(QueryPattern::Pattern(pattern)) => Check::regex(&pattern)?,
            Some(QueryPattern::Values(values)) => {
                if let Some(value) = values.iter().find(|value| value.len() > MAX_MATCHED_BYTES) {
                    return Err(PatternError::Value { value: value.clone() });
                }
                Check::Values(values)
            }
        };
        Ok(Self { name: name.to_owned(), check })
    }

    /// The parameter's name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}

/// The raw pairs of a query, bounded.
pub(crate) fn pairs(raw: &str) -> impl Iterator<Item = (&str, &str)> {
    raw.split('&').take(MAX_PAIRS).map(|pair| pair.split_once('=').unwrap_or((pair, "")))
}

/// The first raw value of a parameter.
pub(crate) fn first_value<'q>(raw: &'q str, name: &str) -> Option<&'q str> {
    pairs(raw).find(|(raw_name, _)| form_equals(raw_name, name)).map(|(_, value)| value)
}

/// Appends `?` and the canonical query to `out`, if any parameter passes. `rules` are sorted.
pub(crate) fn push_query(raw: &str, rules: &[QueryRule], out: &mut String) {
    if raw.is_empty() || rules.is_empty() {
        return;
    }
    let mut firsts: [Option<&str>; MAX_QUERY_RULES] = [None; MAX_QUERY_RULES];
    for (name, value) in pairs(raw) {
        for (rule, first) in rules.iter().zip(&mut firsts) {
            if first.is_none() && form_equals(name, &rule.name) {
                *first = Some(value);
            }
        }
    }
    let mut separator = '?';
    for (rule, first) in rules.iter().zip(firsts) {
        let mut buffer = [0; MAX_MATCHED_BYTES];
        let Some(value) = first.and_then(|value| decode_form(value, &mut buffer)) else { continue };
        if value.chars().any(char::is_control) || !rule.check.accepts(value) {
            continue;
        }
        out.push(separator);
        push_form(&rule.name, out);
        out.push('=');
        push_form(value, out);
        separator = '&';
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn canonical(raw: &str) -> String {
        let mut rules = vec![
            QueryRule::new("page", Some(QueryPattern::Pattern("[0-9]{1,3}".into()))).unwrap(),
            QueryRule::new("q", Some(QueryPattern::Pattern(".*".into()))).unwrap(),
            QueryRule::new("sort", Some(QueryPattern::Values(vec!["price".into(), "new in".into()])))
                .unwrap(),
            QueryRule::new("a b", None).unwrap(),
        ];
        rules.sort_by(|one, two| one.name.cmp(&two.name));
        let mut out = String::new();
        push_query(raw, &rules, &mut out);
        out
    }

    #[test]
    fn declared_parameters_pass_sorted_in_one_spelling() {
        assert_eq!(canonical("sort=price&page=2"), "?page=2&sort=price");
        assert_eq!(canonical("p%61ge=%32"), "?page=2");
        assert_eq!(canonical("sort=new+in"), canonical("sort=new%20in"));
        assert_eq!(canonical("a+b=x"), "?a%20b=x");
        assert_eq!(canonical("q=caf%c3%a9/"), "?q=caf%C3%A9%2F");
    }

    #[test]
    fn everything_else_is_dropped() {
        assert_eq!(canonical(""), "");
        assert_eq!(canonical("utm_source=x&session=1&&=&=x"), "");
        assert_eq!(canonical("page=abc&sort=name&page=2"), "");
        assert_eq!(canonical(&format!("q={}", "x".repeat(257))), "");
        assert_eq!(canonical(&format!("q={}", "x".repeat(256))).len(), 259);
        assert_eq!(canonical("q=%00&page=%zz"), "");
        assert_eq!(canonical("q=%C3"), "");
        assert_eq!(canonical(&format!("{}page=1", "x&".repeat(MAX_PAIRS))), "");
    }

    #[test]
    fn the_first_of_a_repeated_name_counts() {
        assert_eq!(canonical("page=1&page=2"), "?page=1");
        assert_eq!(first_value("a=1&a=2", "a"), Some("1"));
        assert_eq!(first_value("a", "a"), Some(""));
        assert_eq!(first_value("b=1", "a"), None);
    }

    #[test]
    fn click_identifiers_cannot_be_declared() {
        let error = QueryRule::new("GCLID", None).unwrap_err().to_string();
        assert!(error.contains("one click or reader"), "{error}");
        assert!(QueryRule::new("", None).is_err());
        assert!(QueryRule::new("p", Some(QueryPattern::Pattern("(".into()))).is_err());
        assert!(QueryRule::new("p", Some(QueryPattern::Values(vec!["x".repeat(257)]))).is_err());
    }
}
