//! The visitor's word: consent strings and cookies of the sources that a site lists, Global Privacy
//! Control, and Do Not Track.
//!
//! Cookies are read past; nothing of them is kept but two answers, and no identifier inside one
//! leaves its parser. Every source that is there has to agree. Whatever is broken, doubled with
//! another value, or too long to read counts as a refusal, and looks like one.

mod bits;
mod cookiebot;
mod cookies;
mod didomi;
mod encoded;
mod gpp;
mod json;
mod onetrust;
mod site_cookie;
mod tcf;
mod tcf_canada;
mod tcf_parts;
mod us_sections;
mod usprivacy;

use cloakroom_vocabulary::Consent;
use http::header::{DNT, HeaderName};

use crate::RawRequest;
use cookies::Found;

static SEC_GPC: HeaderName = HeaderName::from_static("sec-gpc");

/// Where a visitor's consent is told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ConsentSource {
    /// A plain cookie of that name: `all`, `none`, or of `personalization` and `measurement`.
    Cookie {
        /// A token of at most 64 bytes.
        name: String,
    },
    /// The TC string of IAB Europe's framework, version 2, in the cookie `euconsent-v2`.
    Tcf(TcfTerms),
    /// The GPP string of the IAB's Global Privacy Platform. Its sections of the United States object,
    /// and never grant.
    Gpp {
        /// The cookie that holds it, which each consent manager calls by another name: a token of at
        /// most 64 bytes.
        cookie: String,
        /// For its sections that are TC strings.
        terms: TcfTerms,
    },
    /// The IAB's US Privacy string, in the cookie `usprivacy`. It objects, and never grants.
    UsPrivacy,
    /// OneTrust's cookie `OptanonConsent`.
    OneTrust,
    /// Cookiebot's cookie `CookieConsent`.
    Cookiebot,
    /// Didomi's cookie `didomi_token`.
    Didomi {
        /// The purposes, at most [`ConsentSource::MAX_PURPOSES`], that all have to be enabled for
        /// personalization; without any there is none.
        personalization: Vec<String>,
        /// Likewise for measurement.
        measurement: Vec<String>,
    },
}

/// What of a TC string a site relies on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TcfTerms {
    /// The vendor of the Global Vendor List on whose consent the site relies; `None` for the
    /// publisher's own, in the segment of that name.
    pub vendor: Option<u16>,
    /// The same for IAB Canada's framework, whose vendors have numbers of their own.
    pub canadian_vendor: Option<u16>,
    /// Content is chosen without a profile of the visitor, so that purpose 11 does in the place of 5
    /// and 6. No route of the site may be told of `visit` or `interest`.
    pub unprofiled: bool,
}

/// What a source that is there says. One that refuses or is broken says nothing that this could hold.
enum Word {
    Grants(Consent),
    /// It can only object, and does not.
    NoObjection,
}

impl Word {
    /// What two sources say together.
    fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Grants(one), Self::Grants(other)) => Self::Grants(Consent {
                personalization: one.personalization && other.personalization,
                measurement: one.measurement && other.measurement,
            }),
            (Self::NoObjection, word) | (word, Self::NoObjection) => word,
        }
    }
}

impl ConsentSource {
    /// The most purposes in each list of [`ConsentSource::Didomi`].
    pub const MAX_PURPOSES: usize = 8;

    fn cookie(&self) -> &[u8] {
        match self {
            Self::Cookie { name } => name.as_bytes(),
            Self::Tcf(_) => b"euconsent-v2",
            Self::Gpp { cookie, .. } => cookie.as_bytes(),
            Self::UsPrivacy => b"usprivacy",
            Self::OneTrust => b"OptanonConsent",
            Self::Cookiebot => b"CookieConsent",
            Self::Didomi { .. } => b"didomi_token",
        }
    }

    fn read(&self, value: &[u8]) -> Option<Word> {
        match self {
            Self::Cookie { .. } => site_cookie::parse(value).map(Word::Grants),
            Self::Tcf(terms) => tcf::read(value, terms).map(Word::Grants),
            Self::Gpp { terms, .. } => gpp::read(value, terms),
            Self::UsPrivacy => usprivacy::is_silent(value).then_some(Word::NoObjection),
            Self::OneTrust => onetrust::read(value).map(Word::Grants),
            Self::Cookiebot => cookiebot::read(value).map(Word::Grants),
            Self::Didomi { personalization, measurement } => {
                didomi::read(value, personalization, measurement).map(Word::Grants)
            }
        }
    }
}

/// Whether `Sec-GPC: 1` was sent, on any line.
pub(crate) fn gpc(raw: &RawRequest<'_>) -> bool {
    raw.fields(&SEC_GPC).any(|value| value.trim_ascii() == b"1")
}

/// Whether `DNT: 1` was sent, on any line.
pub(crate) fn objects(raw: &RawRequest<'_>) -> bool {
    raw.fields(&DNT).any(|value| value.trim_ascii() == b"1")
}

/// What a visitor has said to us, in the cookie of our own banner and preference page.
pub(crate) enum OwnWord {
    /// Nothing yet.
    Absent,
    /// This.
    Said(Consent),
    /// Nothing that can be read; it counts as a refusal.
    Broken,
}

/// Reads [`OwnCookie::Consent`](crate::OwnCookie::Consent).
pub(crate) fn own_word(raw: &RawRequest<'_>) -> OwnWord {
    match cookies::find(raw, crate::OwnCookie::Consent.name().as_bytes()) {
        Found::Absent => OwnWord::Absent,
        Found::Value(value) => site_cookie::parse(value).map_or(OwnWord::Broken, OwnWord::Said),
        Found::Broken => OwnWord::Broken,
    }
}

/// What a visitor has said, all sources together.
#[derive(Clone, Copy, Default)]
pub(crate) struct Heard {
    /// What all sources that are there grant.
    pub(crate) consent: Consent,
    /// No source is there but such as can only object, and do not: neither yes, no, nor anything broken.
    pub(crate) silent: bool,
}

/// Reads each source once. `DNT: 1` refuses everything, whatever they say.
pub(crate) fn hear(raw: &RawRequest<'_>, sources: &[ConsentSource]) -> Heard {
    if objects(raw) {
        return Heard::default();
    }
    let mut said = Word::NoObjection;
    for source in sources {
        let value = match cookies::find(raw, source.cookie()) {
            Found::Absent => continue,
            Found::Value(value) => value,
            Found::Broken => return Heard::default(),
        };
        match source.read(value) {
            Some(word) => said = said.and(word),
            None => return Heard::default(),
        }
    }
    match said {
        Word::Grants(consent) => Heard { consent, silent: false },
        Word::NoObjection => Heard { consent: Consent::default(), silent: true },
    }
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
        let sources = [ConsentSource::Cookie { name: "cloakroom_consent".to_owned() }];
        let Heard { consent, .. } = hear(&raw, &sources);
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

    fn silent(fields: &[(&str, &str)]) -> bool {
        let mut request = http::Request::builder();
        for (name, value) in fields {
            request = request.header(*name, *value);
        }
        let (parts, ()) = request.body(()).unwrap().into_parts();
        let raw = RawRequest::seal(&parts, std::net::Ipv4Addr::LOCALHOST.into());
        let cookie = ConsentSource::Cookie { name: "cloakroom_consent".to_owned() };
        hear(&raw, &[ConsentSource::UsPrivacy, cookie]).silent
    }

    #[test]
    fn only_absence_and_no_objection_are_silence() {
        assert!(silent(&[]));
        assert!(silent(&[("cookie", "session=1")]));
        assert!(silent(&[("cookie", "usprivacy=1YNN")]));
        for said in [
            "cloakroom_consent=none",
            "cloakroom_consent=all",
            "cloakroom_consent=yes please",
            "cloakroom_consent=all; cloakroom_consent=none",
            "usprivacy=1YYN",
            "usprivacy=nonsense",
            "usprivacy=1YNN; cloakroom_consent=none",
        ] {
            assert!(!silent(&[("cookie", said)]), "{said}");
        }
        assert!(!silent(&[("dnt", "1")]));
        assert!(silent(&[("dnt", "0")]));
    }
}
