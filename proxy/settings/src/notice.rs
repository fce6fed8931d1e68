//! A site's `[notice]`: Cloakroom's own banner and preference page, and the statement on Global
//! Privacy Control.

use cloakroom_notice::Language;
use toml::Spanned;

use crate::bounds;
use crate::checker::Checker;
use crate::consent::CONSENT_COOKIE;
use crate::keys::NOTICE_LANGUAGES;
use crate::names::{Refused, refuse};
use crate::problem::Span;
use crate::raw::{self, Text};
use crate::settings::{ConsentSource, Notice};

/// What the section says.
pub(crate) struct Read {
    pub shown: Option<Notice>,
    pub gpc_since: Option<String>,
}

/// Reads the section. `consent` holds the site's sources.
pub(crate) fn read(checker: &mut Checker<'_>, site: &raw::SiteFile, consent: &[ConsentSource]) -> Read {
    let raw = &site.notice;
    let languages = languages(checker, site);
    let privacy_policy = raw
        .privacy_policy
        .as_ref()
        .and_then(|written| checker.accept(written.span(), address(written.get_ref())));
    let lifetime = checker.duration("lifetime", &bounds::NOTICE_LIFETIME, raw.lifetime.as_ref());
    let gpc_since =
        raw.gpc.as_ref().and_then(|written| checker.accept(written.span(), date(written.get_ref())));
    reserved(checker, site, gpc_since.is_some());
    let Some(banner) = raw.banner.as_ref().filter(|banner| *banner.get_ref()) else {
        let keys = [
            ("languages", raw.languages.as_ref().map(Spanned::span)),
            ("privacy_policy", raw.privacy_policy.as_ref().map(Text::span)),
            ("lifetime", raw.lifetime.as_ref().map(Text::span)),
        ];
        for (key, span) in keys {
            if let Some(span) = span {
                unused(checker, key, span);
            }
        }
        return Read { shown: None, gpc_since };
    };
    let own =
        |source: &ConsentSource| matches!(source, ConsentSource::Cookie(name) if name == CONSENT_COOKIE);
    if !consent.iter().any(own) {
        let message =
            format!("the banner keeps its answer in `{CONSENT_COOKIE}`, which is no source of consent here");
        let help = "list `cookie` among `[consent] sources`, and leave `[consent] cookie` out";
        checker.report(banner.span(), "here", message, help);
    }
    let shown = lifetime.map(|lifetime| Notice { languages, privacy_policy, lifetime });
    Read { shown, gpc_since }
}

fn unused(checker: &mut Checker<'_>, key: &str, span: Span) {
    let help = "write `banner = true`, or remove the key";
    checker.report(span, "here", format!("`{key}` means nothing without a banner"), help);
}

/// Those listed; else those of the site's signal that there are texts in; else English.
fn languages(checker: &mut Checker<'_>, site: &raw::SiteFile) -> Vec<Language> {
    let written = site.notice.languages.as_ref();
    let entries = checker.list("languages", NOTICE_LANGUAGES.len(), true, written);
    // The words were checked with the shape of the file.
    let listed = checker.each(entries, |tag| Ok(tag.to_owned()));
    let of = |tags: &[String]| tags.iter().filter_map(|tag| Language::of_tag(tag)).collect::<Vec<_>>();
    let listed = of(&listed);
    if !listed.is_empty() {
        return listed;
    }
    let signal = site.signals.language.as_ref().map(Spanned::get_ref);
    let tags: Vec<_> = signal.into_iter().flatten().map(|text| text.get_ref().clone()).collect();
    let mut found = Vec::new();
    for language in of(&tags).into_iter().filter(|language| Language::TAGS.contains(&language.tag())) {
        if !found.contains(&language) {
            found.push(language);
        }
    }
    if found.is_empty() { vec![Language::ENGLISH] } else { found }
}

/// A path of the site or an address that browsers reach safely.
fn address(text: &str) -> Result<String, Refused> {
    let plain = text.len() <= bounds::MAX_ADDRESS
        && text.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&byte));
    let path = text.starts_with('/') && !text.starts_with("//");
    let https = text.strip_prefix("https://").is_some_and(|rest| !rest.is_empty() && !rest.starts_with('/'));
    if plain && (path || https) {
        return Ok(text.to_owned());
    }
    Err(refuse(
        format!("`{text}` is not where a privacy policy can be"),
        "write a path such as `/privacy` or an address such as `https://shop.example/privacy`",
    ))
}

/// A day of the calendar, as `YYYY-MM-DD`.
fn date(text: &str) -> Result<String, Refused> {
    if is_date(text) {
        return Ok(text.to_owned());
    }
    let help = "write the day since which the statement holds, such as `2026-01-01`";
    Err(refuse(format!("`{text}` is not a date"), help))
}

fn is_date(text: &str) -> bool {
    let parts: Vec<_> = text.split('-').collect();
    let [year, month, day] = parts.as_slice() else { return false };
    let number = |part: &str, digits: usize| {
        let fits = part.len() == digits && part.bytes().all(|byte| byte.is_ascii_digit());
        fits.then(|| part.parse::<u32>().ok()).flatten()
    };
    let (Some(year), Some(month), Some(day)) = (number(year, 4), number(month, 2), number(day, 2)) else {
        return false;
    };
    let leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days = match month {
        2 if leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    };
    (1..=days).contains(&day) && year >= 2_000
}

/// A route where Cloakroom itself answers would never be asked.
fn reserved(checker: &mut Checker<'_>, site: &raw::SiteFile, statement: bool) {
    let banner = site.notice.banner.as_ref().is_some_and(|banner| *banner.get_ref());
    for route in &site.route {
        let path = route.path.get_ref();
        let taken =
            banner && path.starts_with("/_cloakroom/") || statement && path == "/.well-known/gpc.json";
        if taken {
            let help = "remove the route, or the key of `[notice]`";
            checker.report(route.path.span(), "here", format!("Cloakroom itself answers for `{path}`"), help);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_days_of_the_calendar_are_dates() {
        for right in ["2026-01-01", "2024-02-29", "2000-02-29", "2026-12-31"] {
            assert!(is_date(right), "{right}");
        }
        for wrong in [
            "",
            "2026-1-1",
            "2026-02-29",
            "2100-02-29",
            "2026-13-01",
            "2026-04-31",
            "2026-01-00",
            "1999-01-01",
            "2026-01-01T00:00",
            "٢٠٢٦-01-01",
        ] {
            assert!(!is_date(wrong), "{wrong}");
        }
    }

    #[test]
    fn a_policy_is_on_the_site_or_behind_https() {
        for right in ["/privacy", "/a?b=c#d", "https://shop.example/privacy"] {
            assert!(address(right).is_ok(), "{right}");
        }
        for wrong in [
            "",
            "privacy",
            "//evil.example",
            "http://shop.example",
            "https://",
            "https:///a",
            "/a b",
            "javascript:x",
            "/\\a",
        ] {
            assert!(address(wrong).is_err(), "{wrong}");
        }
    }
}
