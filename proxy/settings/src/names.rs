//! Names that stand in a configuration: hosts, parameters, cookies, labels; and the nearest known
//! word for a misspelt one.

use std::net::{Ipv4Addr, Ipv6Addr};

/// Why a name is refused, and what to write instead.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Refused {
    pub message: String,
    pub help: String,
}

pub(crate) fn refuse(message: impl Into<String>, help: impl Into<String>) -> Refused {
    Refused { message: message.into(), help: help.into() }
}

/// The known word that the written one probably means: not further from it than a third of its letters.
#[must_use]
pub fn closest<'w>(written: &str, known: &[&'w str]) -> Option<&'w str> {
    let lower = written.to_lowercase();
    let distance = |word: &str| strsim::damerau_levenshtein(&lower, &word.to_lowercase());
    let best = known.iter().copied().min_by_key(|word| distance(word))?;
    (distance(best) <= (best.chars().count() / 3).max(1)).then_some(best)
}

/// Reads a host name or address without port, lower case.
pub(crate) fn host(text: &str) -> Result<String, Refused> {
    let lower = text.to_ascii_lowercase();
    if let Some(address) = lower.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
        let address: Result<Ipv6Addr, _> = address.parse();
        return address.map(|address| format!("[{address}]")).map_err(|_| {
            refuse(
                format!("`{text}` is not a host"),
                "between brackets stands an IPv6 address, such as `[::1]`",
            )
        });
    }
    if is_host_name(&lower) || lower.parse::<Ipv4Addr>().is_ok() {
        return Ok(lower);
    }
    let help = if lower.parse::<Ipv6Addr>().is_ok() {
        format!("write `[{lower}]`: an IPv6 address stands in brackets")
    } else if lower.contains('*') {
        "wildcards are not understood: list each host".to_owned()
    } else if !lower.is_ascii() {
        "write the ASCII form of the name, which begins with `xn--`".to_owned()
    } else {
        let bare = lower.split_once("://").map_or(lower.as_str(), |(_, rest)| rest);
        let bare = bare.split(['/', '?', '#']).next().unwrap_or_default();
        let bare = bare.rsplit_once(':').map_or(bare, |(name, _)| name).trim_matches('.').trim();
        if is_host_name(bare) {
            format!("write `{bare}`, without scheme, port or path")
        } else {
            "write a name such as `shop.example`".to_owned()
        }
    };
    Err(refuse(format!("`{text}` is not a host"), help))
}

fn is_host_name(text: &str) -> bool {
    let label = |label: &str| {
        (1..=63).contains(&label.len())
            && label.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            && !label.starts_with('-')
            && !label.ends_with('-')
    };
    let digits = |label: &str| label.bytes().all(|b| b.is_ascii_digit());
    // A name whose last label is a number would be read as an IPv4 address by others.
    text.len() <= 253 && text.split('.').all(label) && !text.rsplit('.').next().is_some_and(digits)
}

/// Whether the text is a name of 1 to 64 of a-z, 0-9 and `-`.
pub(crate) fn is_slug(text: &str) -> bool {
    (1..=64).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

/// A slug near the text, to suggest.
pub(crate) fn slug_near(text: &str) -> Option<String> {
    let near: String = text
        .trim()
        .chars()
        .map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' })
        .take(64)
        .collect();
    (near.bytes().any(|b| b != b'-')).then_some(near)
}

/// Whether the text is a name of a cookie or a query parameter that needs no escapes.
pub(crate) fn is_parameter(text: &str, also: &[u8]) -> bool {
    (1..=64).contains(&text.len())
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b) || also.contains(&b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_word_finds_the_known_one_and_a_strange_one_nothing() {
        let known = ["path", "query", "mode", "plugins", "k"];
        assert_eq!(closest("querry", &known), Some("query"));
        assert_eq!(closest("plugin", &known), Some("plugins"));
        assert_eq!(closest("Mode", &known), Some("mode"));
        assert_eq!(closest("temperature", &known), None);
        assert_eq!(closest("x", &[]), None);
    }

    #[test]
    fn hosts_are_names_or_addresses_without_port() {
        assert_eq!(host("Shop.Example").as_deref(), Ok("shop.example"));
        assert_eq!(host("127.0.0.1").as_deref(), Ok("127.0.0.1"));
        assert_eq!(host("[::1]").as_deref(), Ok("[::1]"));
        for wrong in ["", "a..b", "-a", "a b", "1.2.3", "999.1.1.1", "a_b", "[::", "shop.example."] {
            assert!(host(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_host_in_a_longer_form_is_suggested_without_the_rest() {
        let help = |text| host(text).unwrap_err().help;
        assert!(help("https://shop.example/").contains("`shop.example`"));
        assert!(help("shop.example:8080").contains("`shop.example`"));
        assert!(help("::1").contains("`[::1]`"));
        assert!(help("*.shop.example").contains("list each host"));
    }
}
