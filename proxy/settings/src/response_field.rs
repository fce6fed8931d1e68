//! Which fields of an origin's answers a site may let through to its visitors.

use crate::names::{Refused, refuse};

/// The shipped list of those that it may not, each with its reason.
const REFUSED: &str = include_str!("../../../policies/refused-response-fields.txt");

/// Reads the name of a field, in lower case.
pub(crate) fn response_field(text: &str) -> Result<String, Refused> {
    let is_token = |byte: u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte);
    if !(1..=64).contains(&text.len()) || !text.bytes().all(is_token) {
        let help = "write the name alone, such as `x-shop-version`: 1 to 64 letters, digits and `-`";
        return Err(refuse(format!("`{text}` is not the name of a field"), help));
    }
    let name = text.to_ascii_lowercase();
    match refused().find(|(pattern, _)| is_like(&name, pattern)) {
        None => Ok(name),
        Some((_, why)) => {
            let message = format!("`{text}` cannot be passed on to visitors: {why}");
            Err(refuse(message, "remove it; where a page needs it, declare its route `passthrough`"))
        }
    }
}

/// Patterns and reasons.
fn refused() -> impl Iterator<Item = (&'static str, &'static str)> {
    REFUSED
        .lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| line.split_once(' '))
        .map(|(pattern, why)| (pattern, why.trim()))
}

fn is_like(name: &str, pattern: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(start) => name.starts_with(start),
        None => name == pattern,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_of_the_sites_own_are_read() {
        assert_eq!(response_field("X-Shop-Version").as_deref(), Ok("x-shop-version"));
        assert_eq!(response_field("content-language").as_deref(), Ok("content-language"));
        for wrong in ["", "a b", "a:", "é", &"a".repeat(65)] {
            assert!(response_field(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_tells_or_marks_visitors_is_refused_with_the_reason() {
        for (name, word) in [
            ("Set-Cookie", "cookie"),
            ("ETag", "comes back"),
            ("accept-ch", "tell more"),
            ("critical-ch", "tell more"),
            ("nel", "report"),
            ("report-to", "report"),
            ("reporting-endpoints", "report"),
            ("clear-site-data", "decided"),
            ("alt-svc", "another server"),
            ("refresh", "redirects"),
            ("service-worker-allowed", "script"),
            ("use-as-dictionary", "comes back"),
            ("speculation-rules", "nobody asked"),
            ("last-modified", "comes back"),
            ("content-security-policy-report-only", "report"),
            ("attribution-reporting-register-source", "report"),
            ("Cloakroom-Variant", "proxy writes"),
            ("transfer-encoding", "connection"),
            ("sec-websocket-accept", "requests"),
            ("link", "load"),
        ] {
            let refused = response_field(name).unwrap_err();
            assert!(refused.message.contains(word), "{name}: {}", refused.message);
        }
    }

    #[test]
    fn each_refused_field_has_a_reason_and_stands_there_once() {
        assert!(refused().count() >= 50);
        assert!(refused().is_sorted_by_key(|(pattern, _)| pattern));
        assert!(refused().all(|(pattern, why)| pattern == pattern.to_ascii_lowercase() && why.contains(' ')));
    }
}
