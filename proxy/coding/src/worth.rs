//! Which bodies are worth compressing: by type and length.

use http::HeaderMap;
use http::header::{CONTENT_ENCODING, CONTENT_TYPE};

/// The shipped list: one type a line, and why it is worth it.
const LIST: &str = include_str!("../../../policies/compressible.txt");

/// Whether a stored answer is worth compressing. `headers` has its `Content-Type` and `Content-Encoding`; `bytes`
/// is the length of its body, and `least` where it begins to be worth it. Whether its origin allows it is for those
/// who read what origins say to caches.
#[must_use]
pub fn is_worth_it(headers: &HeaderMap, bytes: usize, least: usize) -> bool {
    bytes >= least
        && headers.get_all(CONTENT_ENCODING).iter().all(|value| value.as_bytes().trim_ascii().is_empty())
        && media_type(headers).is_some_and(|media_type| is_listed(&media_type))
}

/// Type and subtype, in lower case, without parameters (RFC 9110 §8.3.1). Where there are several fields,
/// nobody knows which one counts.
fn media_type(headers: &HeaderMap) -> Option<String> {
    let mut values = headers.get_all(CONTENT_TYPE).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return None };
    let essence = value.to_str().ok()?.split(';').next()?.trim();
    Some(essence.to_ascii_lowercase())
}

fn is_listed(media_type: &str) -> bool {
    listed().any(|pattern| match pattern.split_once('*') {
        None => media_type == pattern,
        Some((start, end)) => {
            let rest = media_type.strip_prefix(start).and_then(|rest| rest.strip_suffix(end));
            rest.is_some_and(|rest| !rest.is_empty())
        }
    })
}

fn listed() -> impl Iterator<Item = &'static str> {
    lines().filter_map(|line| line.split_whitespace().next())
}

fn lines() -> impl Iterator<Item = &'static str> {
    LIST.lines().filter(|line| !line.is_empty() && !line.starts_with('#'))
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::{HeaderName, HeaderValue};

    fn map(fields: &[(HeaderName, &'static str)]) -> HeaderMap {
        fields.iter().map(|(name, value)| (name.clone(), HeaderValue::from_static(value))).collect()
    }

    fn of_type(media_type: &'static str) -> bool {
        is_worth_it(&map(&[(CONTENT_TYPE, media_type)]), 1_000, 256)
    }

    #[test]
    fn the_shipped_list_is_sorted_and_each_type_has_its_reason() {
        let patterns: Vec<_> = listed().collect();
        assert!(patterns.len() >= 20);
        assert!(patterns.is_sorted(), "sorted, so that a type stands there once");
        for pattern in patterns {
            let (kind, subtype) = pattern.split_once('/').unwrap();
            let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "*+-.".contains(c);
            assert!(!kind.contains('*') && !subtype.is_empty(), "{pattern}");
            assert!(kind.chars().chain(subtype.chars()).all(fits), "{pattern}");
            let stars = subtype.matches('*').count();
            assert!(stars == 0 || stars == 1 && (subtype == "*" || subtype.starts_with("*+")), "{pattern}");
        }
        assert!(lines().all(|line| line.split_whitespace().count() > 1));
    }

    #[test]
    fn text_is_worth_it_and_what_is_compressed_already_is_not() {
        for worth in [
            "text/html; charset=utf-8",
            "Text/HTML ;charset=x",
            "text/css",
            "text/x-anything",
            "application/json",
            "application/ld+json",
            "application/xhtml+xml",
            "application/javascript",
            "application/wasm",
            "image/svg+xml",
            "font/ttf",
            "font/otf",
        ] {
            assert!(of_type(worth), "{worth}");
        }
        for not in [
            "",
            "text",
            "text/",
            "image/png",
            "image/jpeg",
            "image/avif",
            "font/woff2",
            "font/woff",
            "video/mp4",
            "application/zip",
            "application/octet-stream",
            "application/+json",
            "xtext/html",
        ] {
            assert!(!of_type(not), "{not}");
        }
        assert!(!is_worth_it(&HeaderMap::new(), 1_000, 256));
        let twice = map(&[(CONTENT_TYPE, "text/html"), (CONTENT_TYPE, "image/png")]);
        assert!(!is_worth_it(&twice, 1_000, 256));
    }

    #[test]
    fn short_bodies_and_encoded_ones_stay() {
        let html = map(&[(CONTENT_TYPE, "text/html")]);
        assert!(is_worth_it(&html, 256, 256));
        assert!(!is_worth_it(&html, 255, 256));
        for coding in ["gzip", "br", "identity", "anything"] {
            let encoded = map(&[(CONTENT_TYPE, "text/html"), (CONTENT_ENCODING, coding)]);
            assert!(!is_worth_it(&encoded, 1_000, 256), "{coding}");
        }
    }
}
