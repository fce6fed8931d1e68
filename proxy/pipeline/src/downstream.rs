//! What a visitor is sent on personalized and anonymous routes: fields rebuilt from an allow-list.
//!
//! An origin's cookies, validators, reporting directives, client hints and whatever comes next
//! stay behind because they are not on the list, not because somebody thought of them.

use std::time::Duration;

use cloakroom_boundary::Mode;
use http::header::{
    ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_ENCODING, CONTENT_LANGUAGE,
    CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION, REFERRER_POLICY, RETRY_AFTER, STRICT_TRANSPORT_SECURITY,
    X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use http::{HeaderMap, HeaderName, HeaderValue};

/// Fields of an origin's answer that reach visitors as they are.
const ALLOWED: [HeaderName; 15] = [
    CONTENT_TYPE,
    CONTENT_LANGUAGE,
    CONTENT_DISPOSITION,
    CONTENT_ENCODING,
    LOCATION,
    RETRY_AFTER,
    STRICT_TRANSPORT_SECURITY,
    X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
    ACCESS_CONTROL_ALLOW_ORIGIN,
    HeaderName::from_static("x-robots-tag"),
    HeaderName::from_static("permissions-policy"),
    HeaderName::from_static("cross-origin-opener-policy"),
    HeaderName::from_static("cross-origin-embedder-policy"),
    HeaderName::from_static("cross-origin-resource-policy"),
];

/// CSP directives that report to somebody.
const REPORTING: [&str; 2] = ["report-uri", "report-to"];

/// The fields of a page that are stored and sent.
pub(crate) fn allowed(origin: &HeaderMap) -> HeaderMap {
    let mut headers = HeaderMap::with_capacity(ALLOWED.len());
    for name in &ALLOWED {
        for value in origin.get_all(name) {
            headers.append(name.clone(), value.clone());
        }
    }
    for value in origin.get_all(CONTENT_SECURITY_POLICY) {
        if let Some(value) = without_reporting(value) {
            headers.append(CONTENT_SECURITY_POLICY, value);
        }
    }
    headers.insert(REFERRER_POLICY, referrer_policy(origin.get(REFERRER_POLICY)));
    headers
}

/// The fields of a variant: those of its page, and a `Cache-Control` under which no cache in front
/// of us gives one visitor's variant to another.
pub(crate) fn of_variant(page: &HeaderMap, mode: Mode, fresh_for: Duration) -> HeaderMap {
    let mut headers = page.clone();
    let cache_control = if mode == Mode::Anonymous && !fresh_for.is_zero() {
        HeaderValue::try_from(format!("public, max-age={}", fresh_for.as_secs())).ok()
    } else {
        None
    };
    headers.insert(CACHE_CONTROL, cache_control.unwrap_or(HeaderValue::from_static("private, no-cache")));
    headers
}

/// Whether a page is HTML in an encoding that the rewriter reads.
pub(crate) fn is_rewritable(headers: &HeaderMap) -> Rewritable {
    let Some(media) = headers.get(CONTENT_TYPE).and_then(|v| v.to_str().ok()) else {
        return Rewritable::NotHtml;
    };
    let media = media.to_ascii_lowercase();
    if !media.trim_start().starts_with("text/html") {
        return Rewritable::NotHtml;
    }
    let charset = media.split(';').find_map(|part| part.trim().strip_prefix("charset="));
    // In these, what is ASCII in UTF-8 is ASCII too, and the rewriter writes nothing else.
    let readable = charset.is_none_or(|name| {
        let name = name.trim_matches('"');
        matches!(name, "utf-8" | "utf8" | "us-ascii")
            || name.starts_with("iso-8859-")
            || name.starts_with("windows-125")
    });
    if readable && !headers.contains_key(CONTENT_ENCODING) { Rewritable::Yes } else { Rewritable::Unreadable }
}

/// Whether edits can be applied.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Rewritable {
    Yes,
    NotHtml,
    /// HTML, but compressed or in an encoding that the rewriter does not read.
    Unreadable,
}

fn without_reporting(policy: &HeaderValue) -> Option<HeaderValue> {
    let text = policy.to_str().ok()?;
    let kept: Vec<_> = text
        .split(';')
        .map(str::trim)
        .filter(|directive| {
            let name = directive.split_ascii_whitespace().next().unwrap_or_default();
            !name.is_empty() && !REPORTING.iter().any(|r| r.eq_ignore_ascii_case(name))
        })
        .collect();
    (!kept.is_empty()).then(|| HeaderValue::try_from(kept.join("; ")).ok()).flatten()
}

/// The site's policy where it is at least as strict as ours, else ours.
fn referrer_policy(site: Option<&HeaderValue>) -> HeaderValue {
    match site.and_then(|v| v.to_str().ok()) {
        Some("no-referrer") => HeaderValue::from_static("no-referrer"),
        Some("same-origin") => HeaderValue::from_static("same-origin"),
        _ => HeaderValue::from_static("strict-origin"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn map(fields: &[(&'static str, &'static str)]) -> HeaderMap {
        fields.iter().map(|(n, v)| (HeaderName::from_static(n), HeaderValue::from_static(v))).collect()
    }

    #[test]
    fn only_listed_fields_pass() {
        let origin = map(&[
            ("content-type", "text/html"),
            ("set-cookie", "sid=1"),
            ("etag", "\"visitor-1\""),
            ("last-modified", "Mon, 01 Jan 2024 00:00:00 GMT"),
            ("accept-ch", "Sec-CH-UA-Model"),
            ("report-to", "{}"),
            ("nel", "{}"),
            ("clear-site-data", "\"cookies\""),
            ("refresh", "1"),
            ("content-security-policy", "default-src 'self'; Report-URI /r; report-to g"),
            ("x-made-up-tomorrow", "1"),
        ]);
        let sent = allowed(&origin);
        let mut names: Vec<_> = sent.keys().map(HeaderName::as_str).collect();
        names.sort_unstable();
        assert_eq!(names, ["content-security-policy", "content-type", "referrer-policy"]);
        assert_eq!(sent["content-security-policy"], "default-src 'self'");
        assert_eq!(sent["referrer-policy"], "strict-origin");
    }

    #[test]
    fn a_stricter_referrer_policy_stays() {
        assert_eq!(allowed(&map(&[("referrer-policy", "no-referrer")]))["referrer-policy"], "no-referrer");
        assert_eq!(allowed(&map(&[("referrer-policy", "unsafe-url")]))["referrer-policy"], "strict-origin");
    }

    #[test]
    fn no_cache_in_front_keeps_a_variant() {
        let page = map(&[("content-type", "text/html")]);
        let of =
            |mode, seconds| of_variant(&page, mode, Duration::from_secs(seconds))["cache-control"].clone();
        assert_eq!(of(Mode::Personalize, 60), "private, no-cache");
        assert_eq!(of(Mode::Anonymous, 60), "public, max-age=60");
        assert_eq!(of(Mode::Anonymous, 0), "private, no-cache");
    }

    #[test]
    fn only_readable_html_is_rewritten() {
        let of = |fields: &[_]| is_rewritable(&map(fields));
        assert_eq!(of(&[("content-type", "text/html; charset=UTF-8")]), Rewritable::Yes);
        assert_eq!(of(&[("content-type", "text/html; charset=iso-8859-1")]), Rewritable::Yes);
        assert_eq!(of(&[("content-type", "text/html; charset=shift_jis")]), Rewritable::Unreadable);
        assert_eq!(
            of(&[("content-type", "text/html"), ("content-encoding", "gzip")]),
            Rewritable::Unreadable
        );
        assert_eq!(of(&[("content-type", "image/svg+xml")]), Rewritable::NotHtml);
        assert_eq!(of(&[]), Rewritable::NotHtml);
    }
}
