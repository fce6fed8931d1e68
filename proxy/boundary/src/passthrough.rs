//! What is taken off the messages of passthrough routes, which are otherwise forwarded unchanged.
//!
//! Cloakroom's own cookies stay between it and the browser; the client's address goes upstream
//! only where the operator says so.

use http::header::{COOKIE, HeaderMap, HeaderName, HeaderValue, SET_COOKIE};

/// How the names of Cloakroom's own cookies start.
const OWN_PREFIX: &[u8] = b"cloakroom_";
/// What browsers let stand before a cookie's name, the longer ones first.
const NAME_PREFIXES: [&[u8]; 4] = [b"__Host-Http-", b"__Host-", b"__Secure-", b"__Http-"];

static ADDRESS_FIELDS: [HeaderName; 9] = [
    HeaderName::from_static("forwarded"),
    HeaderName::from_static("x-forwarded-for"),
    HeaderName::from_static("x-real-ip"),
    HeaderName::from_static("x-client-ip"),
    HeaderName::from_static("x-cluster-client-ip"),
    HeaderName::from_static("true-client-ip"),
    HeaderName::from_static("cf-connecting-ip"),
    HeaderName::from_static("cf-connecting-ipv6"),
    HeaderName::from_static("fastly-client-ip"),
];

/// Removes Cloakroom's own cookies from a request. Other cookies keep their bytes and order.
pub fn strip_own_cookies(headers: &mut HeaderMap) {
    replace(headers, &COOKIE, |line| {
        let mut kept: Vec<&[u8]> = line.split(|byte| *byte == b';').collect();
        let all = kept.len();
        kept.retain(|pair| !is_own(pair));
        match kept.as_slice() {
            _ if kept.len() == all => Kept::Unchanged,
            [] => Kept::Nothing,
            _ => Kept::Changed(kept.join(&b';').trim_ascii().to_vec()),
        }
    });
}

/// Removes `Set-Cookie` of Cloakroom's own names from a response.
pub fn strip_own_set_cookies(headers: &mut HeaderMap) {
    replace(headers, &SET_COOKIE, |line| if is_own(line) { Kept::Nothing } else { Kept::Unchanged });
}

/// Every field that tells the client's address.
pub fn client_address_fields() -> impl Iterator<Item = &'static HeaderName> {
    ADDRESS_FIELDS.iter()
}

/// What is left of a field line.
enum Kept {
    Unchanged,
    Changed(Vec<u8>),
    Nothing,
}

fn replace(headers: &mut HeaderMap, name: &HeaderName, keep: impl Fn(&[u8]) -> Kept) {
    let lines: Vec<_> =
        headers.get_all(name).iter().map(|line| (line.clone(), keep(line.as_bytes()))).collect();
    if lines.iter().all(|(_, kept)| matches!(kept, Kept::Unchanged)) {
        return;
    }
    headers.remove(name);
    for (line, kept) in lines {
        let line = match kept {
            Kept::Unchanged => Some(line),
            Kept::Changed(bytes) => HeaderValue::from_bytes(&bytes).ok(),
            Kept::Nothing => None,
        };
        if let Some(line) = line {
            headers.append(name.clone(), line);
        }
    }
}

/// Whether a pair `name=value` has one of Cloakroom's own names, or could come back as one: servers
/// may compare names without case or read quoted ones, and a browser that is told `=name=value` has a
/// cookie without a name, which it sends as `name=value` (RFC 6265bis §5.7).
fn is_own(pair: &[u8]) -> bool {
    let begins_name = |byte: &u8| !matches!(byte, b'=' | b'"') && !byte.is_ascii_whitespace();
    let start = pair.iter().position(begins_name).unwrap_or(pair.len());
    let pair = pair.get(start..).unwrap_or_default();
    let without = |prefix: &&[u8]| {
        let begins = pair.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix));
        if begins { pair.get(prefix.len()..) } else { None }
    };
    let bare = NAME_PREFIXES.iter().find_map(without).unwrap_or(pair);
    bare.get(..OWN_PREFIX.len()).is_some_and(|start| start.eq_ignore_ascii_case(OWN_PREFIX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(lines: &[(&'static str, &'static str)]) -> HeaderMap {
        lines
            .iter()
            .map(|(name, line)| (HeaderName::from_static(name), HeaderValue::from_static(line)))
            .collect()
    }

    fn left(headers: &HeaderMap, name: &str) -> Vec<String> {
        headers.get_all(name).iter().map(|line| line.to_str().unwrap().to_owned()).collect()
    }

    #[test]
    fn own_cookies_go_and_others_keep_their_bytes() {
        let mut map = headers(&[
            ("cookie", "a=1;  b=\"2\"; c"),
            ("cookie", "cloakroom_consent=all"),
            ("cookie", "x=1; cloakroom_bucket=7; __Host-cloakroom_v=1;y=2"),
            ("cookie", "cloakroom_v=1; z=3"),
            ("accept", "*/*"),
        ]);
        strip_own_cookies(&mut map);
        assert_eq!(left(&map, "cookie"), ["a=1;  b=\"2\"; c", "x=1;y=2", "z=3"]);
        assert_eq!(left(&map, "accept"), ["*/*"]);
    }

    #[test]
    fn no_spelling_of_our_names_passes() {
        for pair in [
            "cloakroom_visit=1",
            "Cloakroom_Visit=1",
            "__Host-cloakroom_interest=5f.1.3.0005",
            "__host-CLOAKROOM_bucket=7",
            "__Secure-cloakroom_consent=all",
            "=cloakroom_consent=all",
            " = =__Host-cloakroom_visit=1",
            "cloakroom_",
        ] {
            assert!(is_own(pair.as_bytes()), "{pair}");
        }
        for pair in ["cloakroom=1", "x=cloakroom_visit", "xcloakroom_visit=1", "__Host-", "", "="] {
            assert!(!is_own(pair.as_bytes()), "{pair}");
        }
    }

    #[test]
    fn own_set_cookies_go() {
        let mut map = headers(&[
            ("set-cookie", "session=1; Path=/"),
            ("set-cookie", "cloakroom_consent=all; Path=/"),
            ("set-cookie", "cart=cloakroom_x"),
        ]);
        strip_own_set_cookies(&mut map);
        assert_eq!(left(&map, "set-cookie"), ["session=1; Path=/", "cart=cloakroom_x"]);
    }

    #[test]
    fn odd_spellings_of_own_names_are_own_names() {
        let own = [
            "cloakroom_visit",
            "  cloakroom_visit=1",
            "\tcloakroom_visit=1",
            "Cloakroom_Visit=1",
            "=cloakroom_visit=1",
            " = cloakroom_visit=1",
            "\"cloakroom_visit\"=1",
            "__Host-cloakroom_visit=1",
            "__host-Cloakroom_visit=1",
            "__Secure-cloakroom_visit=1",
            "__Http-cloakroom_visit=1",
            "__Host-Http-cloakroom_visit=1",
            "=__Host-cloakroom_visit=1",
        ];
        for pair in own {
            assert!(is_own(pair.as_bytes()), "{pair}");
        }
        for pair in ["", "=", "cloakroom=1", "a=cloakroom_visit=1", "xcloakroom_visit=1", "cloakroom-visit=1"]
        {
            assert!(!is_own(pair.as_bytes()), "{pair}");
        }
    }

    #[test]
    fn fields_with_the_address_go() {
        let mut map = headers(&[
            ("x-forwarded-for", "198.18.0.1"),
            ("x-forwarded-for", "198.18.0.2"),
            ("forwarded", "for=198.18.0.1"),
            ("true-client-ip", "198.18.0.1"),
            ("x-forwarded-proto", "https"),
        ]);
        client_address_fields().for_each(|name| drop(map.remove(name)));
        assert_eq!(map.len(), 1);
        assert!(map.contains_key("x-forwarded-proto"));
    }
}
