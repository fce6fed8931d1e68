//! The visitor's word: a plain site cookie and Global Privacy Control.
//!
//! Cookies are read past; nothing of them is kept but two answers. Whatever is broken, doubled
//! with another value, or too long to read counts as a refusal.

use cloakroom_vocabulary::Consent;
use http::header::{COOKIE, HeaderName};

use crate::RawRequest;

static SEC_GPC: HeaderName = HeaderName::from_static("sec-gpc");

/// The most bytes of cookies that are read; more of them grant nothing.
const MAX_COOKIE_BYTES: usize = 16 * 1_024;
/// The longest consent value, in bytes.
const MAX_VALUE_BYTES: usize = 128;

/// Whether `Sec-GPC: 1` was sent, on any line.
pub(crate) fn gpc(raw: &RawRequest<'_>) -> bool {
    raw.fields(&SEC_GPC).any(|value| value.trim_ascii() == b"1")
}

/// What the consent cookie of that name grants.
pub(crate) fn consent(raw: &RawRequest<'_>, name: &[u8]) -> Consent {
    let mut read = 0;
    let mut word: Option<&[u8]> = None;
    for line in raw.fields(&COOKIE) {
        read += line.len();
        if read > MAX_COOKIE_BYTES {
            return Consent::default();
        }
        for value in values(line, name) {
            if word.is_some_and(|earlier| earlier != value) {
                return Consent::default();
            }
            word = Some(value);
        }
    }
    word.and_then(parse).unwrap_or_default()
}

/// The values of every cookie of that name in one field line.
fn values<'c>(line: &'c [u8], name: &[u8]) -> impl Iterator<Item = &'c [u8]> {
    Pairs { rest: Some(line) }.filter_map(move |pair| {
        let value = pair.trim_ascii_start().strip_prefix(name)?.trim_ascii_start().strip_prefix(b"=")?;
        Some(value.trim_ascii())
    })
}

/// The pairs of a cookie field.
struct Pairs<'c> {
    rest: Option<&'c [u8]>,
}

impl<'c> Iterator for Pairs<'c> {
    type Item = &'c [u8];

    fn next(&mut self) -> Option<&'c [u8]> {
        let line = self.rest.take()?;
        match memchr::memchr(b';', line) {
            Some(end) => {
                self.rest = line.get(end + 1..);
                line.get(..end)
            }
            None => Some(line),
        }
    }
}

/// Reads `all`, `none` or purposes separated by commas (`%2C`, as scripts write them, too).
fn parse(value: &[u8]) -> Option<Consent> {
    if value.len() > MAX_VALUE_BYTES {
        return None;
    }
    let text = std::str::from_utf8(value).ok()?;
    let text = text.strip_prefix('"').and_then(|inner| inner.strip_suffix('"')).unwrap_or(text);
    match text {
        "all" => return Some(Consent { personalization: true, measurement: true }),
        "none" => return Some(Consent::default()),
        _ => {}
    }
    let mut consent = Consent::default();
    for purpose in text.split(',').flat_map(|part| part.split("%2C")).flat_map(|part| part.split("%2c")) {
        match purpose.trim() {
            "personalization" => consent.personalization = true,
            "measurement" => consent.measurement = true,
            _ => return None,
        }
    }
    Some(consent)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(field: &str, lines: &[&[u8]]) -> (bool, bool, bool) {
        let mut request = http::Request::builder();
        for line in lines {
            request = request.header(field, *line);
        }
        let (parts, ()) = request.body(()).unwrap().into_parts();
        let raw = RawRequest::seal(&parts, std::net::Ipv4Addr::LOCALHOST.into());
        let consent = consent(&raw, b"cloakroom_consent");
        (consent.personalization, consent.measurement, gpc(&raw))
    }

    fn granted(lines: &[&str]) -> (bool, bool) {
        let lines: Vec<_> = lines.iter().map(|line| line.as_bytes()).collect();
        let (personalization, measurement, _) = read("cookie", &lines);
        (personalization, measurement)
    }

    #[test]
    fn the_word_is_read_from_among_other_cookies() {
        assert_eq!(granted(&["cloakroom_consent=all"]), (true, true));
        assert_eq!(granted(&["session=1; cloakroom_consent=personalization;x=y"]), (true, false));
        assert_eq!(granted(&["session=1", "cloakroom_consent=measurement"]), (false, true));
        assert_eq!(granted(&["cloakroom_consent=\"measurement, personalization\""]), (true, true));
        assert_eq!(granted(&["cloakroom_consent=personalization%2Cmeasurement"]), (true, true));
        assert_eq!(granted(&["cloakroom_consent=all; cloakroom_consent=all"]), (true, true));
    }

    #[test]
    fn everything_else_grants_nothing() {
        for lines in [
            &[][..],
            &["cloakroom_consent"],
            &["cloakroom_consent="],
            &["cloakroom_consent=none"],
            &["cloakroom_consent=ALL"],
            &["cloakroom_consent=all,all"],
            &["cloakroom_consent=personalization,tracking"],
            &["cloakroom_consent=personalization,"],
            &["xcloakroom_consent=all"],
            &["cloakroom_consentx=all"],
            &["cloakroom_consent=all; cloakroom_consent=none"],
            &["cloakroom_consent=all", "cloakroom_consent=personalization,measurement"],
        ] {
            assert_eq!(granted(lines), (false, false), "{lines:?}");
        }
        assert_eq!(granted(&["cloakroom_consent=all", &"x=y;".repeat(5_000)]), (false, false));
        assert_eq!(granted(&[&format!("cloakroom_consent={}", "measurement,".repeat(400))]), (false, false));
        assert_eq!(read("cookie", &[b"\xff\xfe=\x80; cloakroom_consent=\xff"]), (false, false, false));
    }

    #[test]
    fn only_the_digit_one_is_gpc() {
        assert!(read("sec-gpc", &[b"1"]).2);
        assert!(read("sec-gpc", &[b"0", b" 1 "]).2);
        for value in [&b"0"[..], b"true", b"11", b"", b"\xff"] {
            assert!(!read("sec-gpc", &[value]).2);
        }
    }
}
