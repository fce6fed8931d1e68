//! What visitors are sent of an origin's answer where a route sends it as it is, besides what every page is made of.
//!
//! Such a page was fetched for nobody, is stored once and sent to everybody alike. What is left out all the same is
//! what reports to somebody, and what takes away what a visitor decided.

use std::sync::{Arc, LazyLock};

use http::header::SET_COOKIE;
use http::{HeaderMap, HeaderName, HeaderValue};

/// The shipped list: one name a line, and why it may pass.
const SENT: &str = include_str!("../../../policies/origin-response-fields.txt");

static NAMES: LazyLock<Vec<HeaderName>> = LazyLock::new(|| names(SENT).collect());

/// What `Clear-Site-Data` may not clear: a visitor's choice is kept in a cookie, or by the site's own scripts in
/// storage.
const KEPT: [&str; 3] = ["\"cookies\"", "\"storage\"", "\"*\""];

const CLEAR_SITE_DATA: HeaderName = HeaderName::from_static("clear-site-data");
const PUBLIC_KEY_PINS: HeaderName = HeaderName::from_static("public-key-pins");
/// Obsolete (RFC 6265 §9.4), but read by some programs.
const SET_COOKIE2: HeaderName = HeaderName::from_static("set-cookie2");

/// The names of a shipped list.
pub(crate) fn names(list: &'static str) -> impl Iterator<Item = HeaderName> {
    let lines = list.lines().filter(|line| !line.starts_with('#'));
    let names = lines.filter_map(|line| line.split_whitespace().next());
    names.filter_map(|name| HeaderName::from_bytes(name.as_bytes()).ok())
}

/// Cookies that pages set for everybody: pairs of name and value that the operator has written out, so that none can
/// tell one visitor from another.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Cookies(Arc<[Box<str>]>);

impl Cookies {
    /// Pairs of the form `name=value`.
    #[must_use]
    pub fn new(pairs: impl IntoIterator<Item = String>) -> Self {
        Self(pairs.into_iter().map(Into::into).collect())
    }

    fn allow(&self, line: &HeaderValue) -> bool {
        let pair = line.as_bytes().split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii();
        self.0.iter().any(|allowed| allowed.as_bytes() == pair)
    }

    /// Whether a field has a part in what is sent of an answer.
    pub(crate) fn uses(&self, name: &HeaderName) -> bool {
        NAMES.contains(name) || (!self.0.is_empty() && [SET_COOKIE, SET_COOKIE2].contains(name))
    }

    /// Adds to `sent` what is sent of the fields of an answer.
    pub(crate) fn add(&self, origin: &HeaderMap, sent: &mut HeaderMap) {
        add(origin, sent);
        for name in [SET_COOKIE, SET_COOKIE2] {
            for line in origin.get_all(&name).iter().filter(|line| self.allow(line)) {
                sent.append(name.clone(), line.clone());
            }
        }
    }
}

/// Adds to `sent` what is sent of the fields of the shipped list.
pub(crate) fn add(origin: &HeaderMap, sent: &mut HeaderMap) {
    for name in NAMES.iter() {
        for value in origin.get_all(name).iter().filter_map(|value| passing(name, value)) {
            sent.append(name.clone(), value);
        }
    }
}

/// What is sent of a field; `None` where nothing is left.
fn passing(name: &HeaderName, value: &HeaderValue) -> Option<HeaderValue> {
    let is_kept = |member: &str| KEPT.iter().any(|kept| kept.eq_ignore_ascii_case(member));
    if *name == CLEAR_SITE_DATA {
        return without(value, ',', is_kept);
    }
    if *name == PUBLIC_KEY_PINS {
        let names_reporting = |member: &str| {
            member.split('=').next().is_some_and(|name| name.trim().eq_ignore_ascii_case("report-uri"))
        };
        return without(value, ';', names_reporting);
    }
    Some(value.clone())
}

/// A field without some of its members, as it is if it has none of these.
fn without(value: &HeaderValue, separator: char, goes: impl Fn(&str) -> bool) -> Option<HeaderValue> {
    let text = value.to_str().ok()?;
    let members: Vec<_> = text.split(separator).map(str::trim).collect();
    let left: Vec<_> = members.iter().copied().filter(|member| !goes(member)).collect();
    if left.len() == members.len() {
        return Some(value.clone());
    }
    let joined = left.join(&format!("{separator} "));
    HeaderValue::try_from(joined).ok().filter(|joined| !joined.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sent(cookies: &[&str], fields: &[(&'static str, &'static str)]) -> Vec<(String, String)> {
        let mut origin = HeaderMap::new();
        for (name, value) in fields {
            origin.append(*name, HeaderValue::from_static(value));
        }
        let mut sent = HeaderMap::new();
        Cookies::new(cookies.iter().map(|&pair| pair.to_owned())).add(&origin, &mut sent);
        let text = |(name, value): (&HeaderName, &HeaderValue)| {
            (name.to_string(), value.to_str().unwrap().to_owned())
        };
        sent.iter().map(text).collect()
    }

    #[test]
    fn the_shipped_list_is_read_whole() {
        let lines: Vec<_> = SENT.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
        assert_eq!(NAMES.len(), lines.len());
        assert!(lines.is_sorted(), "sorted, so that a name stands there once");
        assert!(lines.iter().all(|line| line.split_whitespace().count() > 2), "each has its reason");
    }

    #[test]
    fn fields_pass_as_they_are_and_others_do_not() {
        let fields = [
            ("cdn-cache-control", "max-age=9"),
            ("content-location", "/en/coats"),
            ("link", "</app.css>; rel=preload; as=style"),
            ("link", "</coats>; rel=canonical"),
        ];
        let owned = fields.map(|(name, value)| (name.to_owned(), value.to_owned()));
        let more = [("etag", "\"v1\""), ("nel", "{}"), ("x-made-up-tomorrow", "1"), ("set-cookie", "sid=1")];
        assert_eq!(sent(&[], &[&fields[..], &more].concat()), owned);
    }

    #[test]
    fn a_visitors_choice_is_not_cleared_and_nobody_is_reported_to() {
        let one = |name, value| sent(&[], &[(name, value)]).pop().map(|(_, value)| value);
        let some = |text: &str| Some(text.to_owned());
        let clear = |value| one("clear-site-data", value);
        assert_eq!(clear("\"cache\""), some("\"cache\""));
        assert_eq!(
            clear("\"cache\", \"Cookies\",\"storage\", \"clientHints\""),
            some("\"cache\", \"clientHints\"")
        );
        assert_eq!(clear("\"*\""), None);
        // Without quotation marks it is no type, and clears nothing.
        assert_eq!(clear("cookies"), some("cookies"));
        let pins = "pin-sha256=\"a=\"; Report-URI=\"https://r.example/\"; max-age=9";
        assert_eq!(one("public-key-pins", pins), some("pin-sha256=\"a=\"; max-age=9"));
    }

    #[test]
    fn cookies_pass_in_names_and_values_that_are_listed() {
        let lines = [
            ("set-cookie", "lang=fr; Path=/; Secure"),
            ("set-cookie", "lang=fr2"),
            ("set-cookie", "Lang=fr"),
            ("set-cookie", "sid=lang=fr"),
            ("set-cookie", "theme=dark"),
            ("set-cookie2", " lang=fr ;Version=1"),
        ];
        let passed = sent(&["lang=fr", "theme=dark"], &lines);
        let expected =
            [lines[0], lines[4], lines[5]].map(|(name, value)| (name.to_owned(), value.trim().to_owned()));
        assert_eq!(passed.len(), 3);
        assert_eq!(passed[..2], expected[..2]);
        assert_eq!(passed[2].0, "set-cookie2");
    }
}
