//! The section `[consent]` of a site's file: the sources in their order, and what each needs to be told.

use toml::Spanned;

use crate::bounds;
use crate::checker::Checker;
use crate::keys::CONSENT_SOURCES;
use crate::names::{self, Refused, refuse};
use crate::problem::Span;
use crate::raw::{self, Text};
use crate::settings::{ConsentSource, TcfTerms};

/// The consent cookie where the file names none.
pub(crate) const CONSENT_COOKIE: &str = "cloakroom_consent";
/// The cookie of the GPP string where the file names none.
const GPP_COOKIE: &str = "OTGPPConsent";

/// Reads the sources of consent, and that no key is there for one that is not listed.
pub(crate) fn sources(checker: &mut Checker<'_>, raw: &raw::Consent) -> Vec<ConsentSource> {
    let entries = checker.list("sources", CONSENT_SOURCES.len(), true, raw.sources.as_ref());
    let words = match &raw.sources {
        None => vec!["cookie".to_owned()],
        Some(_) => checker.each(entries, |word| Ok(word.to_owned())),
    };
    for (key, sources, span) in places(raw) {
        if !sources.iter().any(|source| words.iter().any(|word| word == source)) {
            unlisted(checker, key, sources, span);
        }
    }
    let cookie = cookie(checker, raw.cookie.as_ref(), CONSENT_COOKIE);
    let gpp_cookie = self::cookie(checker, raw.gpp_cookie.as_ref(), GPP_COOKIE);
    let terms = TcfTerms {
        vendor: vendor(checker, "vendor", raw.vendor.as_ref()),
        canadian_vendor: vendor(checker, "canadian_vendor", raw.canadian_vendor.as_ref()),
        unprofiled: raw.unprofiled.as_ref().is_some_and(|written| *written.get_ref()),
    };
    let mut purposes = |key: &str, written| {
        let entries = checker.list(key, bounds::MAX_PURPOSES, true, written);
        checker.each(entries, purpose)
    };
    let personalization = purposes("personalization", raw.didomi.personalization.as_ref());
    let measurement = purposes("measurement", raw.didomi.measurement.as_ref());
    if let Some(word) = entries.iter().find(|word| word.get_ref() == "didomi")
        && raw.didomi.personalization.is_none()
        && raw.didomi.measurement.is_none()
    {
        let help = "add a section `[consent.didomi]` with `personalization = [\"…\"]`, `measurement = [\"…\"]` or \
                    both, by the ids of purposes in Didomi's console";
        checker.report(word.span(), "here", "nothing says what the purposes of `didomi` mean", help);
    }
    // The words were checked with the shape of the file.
    let source = |word: &String| match word.as_str() {
        "tcf" => ConsentSource::Tcf(terms.clone()),
        "gpp" => ConsentSource::Gpp(gpp_cookie.clone(), terms.clone()),
        "onetrust" => ConsentSource::OneTrust,
        "cookiebot" => ConsentSource::Cookiebot,
        "didomi" => ConsentSource::Didomi {
            personalization: personalization.clone(),
            measurement: measurement.clone(),
        },
        "usprivacy" => ConsentSource::UsPrivacy,
        _ => ConsentSource::Cookie(cookie.clone()),
    };
    words.iter().map(source).collect()
}

/// The keys that are written, the sources of which each needs one, and where it stands.
fn places(raw: &raw::Consent) -> impl Iterator<Item = (&'static str, &'static [&'static str], Span)> {
    let number = |written: &Option<Spanned<u64>>| written.as_ref().map(Spanned::span);
    let text = |written: &Option<Text>| written.as_ref().map(Text::span);
    let didomi = raw.didomi.personalization.as_ref().or(raw.didomi.measurement.as_ref());
    let keys: [(_, &[_], _); 6] = [
        ("vendor", &["tcf", "gpp"], number(&raw.vendor)),
        ("canadian_vendor", &["gpp"], number(&raw.canadian_vendor)),
        ("unprofiled", &["tcf", "gpp"], raw.unprofiled.as_ref().map(Spanned::span)),
        ("gpp_cookie", &["gpp"], text(&raw.gpp_cookie)),
        ("cookie", &["cookie"], text(&raw.cookie)),
        ("didomi", &["didomi"], didomi.map(Spanned::span)),
    ];
    keys.into_iter().filter_map(|(key, sources, span)| Some((key, sources, span?)))
}

fn unlisted(checker: &mut Checker<'_>, key: &str, sources: &[&str], span: Span) {
    let either = sources.iter().map(|source| format!("`{source}`")).collect::<Vec<_>>().join(" or ");
    let message = format!("`{key}` means nothing without the source {either}");
    checker.report(span, "here", message, format!("add {either} to `sources`, or remove the key"));
}

/// The name of a cookie.
fn cookie(checker: &mut Checker<'_>, written: Option<&Text>, default: &str) -> String {
    let Some(written) = written else { return default.to_owned() };
    let name = written.get_ref();
    if !names::is_parameter(name, &[]) {
        let help = "a name is 1 to 64 of letters, digits, `-`, `_` and `.`";
        checker.report(written.span(), "here", format!("`{name}` is not the name of a cookie"), help);
    }
    name.clone()
}

fn vendor(checker: &mut Checker<'_>, key: &str, written: Option<&Spanned<u64>>) -> Option<u16> {
    u16::try_from(checker.number(key, &bounds::VENDOR, written)?).ok()
}

/// The id of one of Didomi's purposes.
fn purpose(id: &str) -> Result<String, Refused> {
    if names::is_parameter(id, b":") {
        return Ok(id.to_owned());
    }
    let help = "write its id in Didomi's console: 1 to 64 of letters, digits, `-`, `_`, `.` and `:`";
    Err(refuse(format!("`{id}` is not the id of a purpose"), help))
}
