//! The kind of place that a visitor came from, told from the host in `Referer` and `utm_medium`.
//!
//! Neither the address nor the host of the page before leaves this file, only its kind.

use http::header::{HeaderName, REFERER};

use crate::host::{self, MAX_HOST_BYTES};
use crate::{RawRequest, query};

/// The most bytes of a referrer that are read; its host must end within them.
const MAX_BYTES: usize = 512;

static SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// A kind of place; the discriminants index [`Referrer::NAMES`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Referrer {
    Direct,
    Search,
    Social,
    Email,
    Internal,
    Other,
}

impl Referrer {
    /// Names in the vocabulary.
    pub(crate) const NAMES: [&str; 6] = ["direct", "search", "social", "email", "internal", "other"];
}

use Referrer::{Email, Search, Social};

/// Known hosts with everything below them; a longer name beats a shorter. Sorted.
const KNOWN: [(&str, Referrer); 48] = [
    ("ask.com", Search),
    ("baidu.com", Search),
    ("bing.com", Search),
    ("bsky.app", Social),
    ("com.google.android.gm", Email),
    ("com.google.android.googlequicksearchbox", Search),
    ("duckduckgo.com", Search),
    ("ecosia.org", Search),
    ("facebook.com", Social),
    ("fb.com", Social),
    ("fb.me", Social),
    ("instagram.com", Social),
    ("kagi.com", Search),
    ("l.instagram.com", Social),
    ("linkedin.com", Social),
    ("lnkd.in", Social),
    ("mail.aol.com", Email),
    ("mail.com", Email),
    ("mail.proton.me", Email),
    ("mail.ru", Email),
    ("mail.yandex.com", Email),
    ("mail.yandex.ru", Email),
    ("mail.zoho.com", Email),
    ("mastodon.social", Social),
    ("messenger.com", Social),
    ("mojeek.com", Search),
    ("naver.com", Search),
    ("news.ycombinator.com", Social),
    ("out.reddit.com", Social),
    ("outlook.live.com", Email),
    ("outlook.office.com", Email),
    ("outlook.office365.com", Email),
    ("pinterest.com", Social),
    ("qwant.com", Search),
    ("reddit.com", Social),
    ("search.brave.com", Search),
    ("seznam.cz", Search),
    ("sogou.com", Search),
    ("startpage.com", Search),
    ("t.co", Social),
    ("t.me", Social),
    ("threads.net", Social),
    ("tiktok.com", Social),
    ("twitter.com", Social),
    ("vk.com", Social),
    ("web.de", Email),
    ("x.com", Social),
    ("youtube.com", Social),
];

/// Search engines with a domain in many countries; their `mail.` hosts are mailboxes.
const WORLDWIDE: [&str; 3] = ["google", "yahoo", "yandex"];

/// Where the visitor came from; `is_own` says which hosts are the site's.
pub(crate) fn referrer(raw: &RawRequest<'_>, is_own: impl Fn(&str) -> bool) -> Referrer {
    let query = raw.query();
    if !query.is_empty() {
        let mut buffer = [0; 8];
        let medium = query::first_value(query, "utm_medium");
        let medium = medium.and_then(|value| crate::escape::decode_form(value, &mut buffer));
        if medium.is_some_and(|medium| medium.eq_ignore_ascii_case("email")) {
            return Email;
        }
    }
    match raw.field(&REFERER) {
        None | Some([]) => Referrer::Direct,
        Some(value) => classify(value, is_own),
    }
}

/// Whether the request was caused by a page of the site itself: the browser says so (Fetch Metadata, W3C),
/// or the page before was the site's.
pub(crate) fn is_within(raw: &RawRequest<'_>, is_own: impl Fn(&str) -> bool) -> bool {
    if raw.field(&SEC_FETCH_SITE).is_some_and(|value| value.trim_ascii() == b"same-origin") {
        return true;
    }
    let mut buffer = [0; MAX_HOST_BYTES];
    let host = raw.field(&REFERER).and_then(host_of).and_then(|text| host::normalize(text, &mut buffer));
    host.is_some_and(is_own)
}

fn classify(value: &[u8], is_own: impl Fn(&str) -> bool) -> Referrer {
    let mut buffer = [0; MAX_HOST_BYTES];
    let Some(host) = host_of(value).and_then(|text| host::normalize(text, &mut buffer)) else {
        return Referrer::Other;
    };
    if is_own(host) {
        return Referrer::Internal;
    }
    let mut suffix = host;
    loop {
        if let Ok(at) = KNOWN.binary_search_by(|(name, _)| (*name).cmp(suffix)) {
            return KNOWN.get(at).map_or(Referrer::Other, |(_, kind)| *kind);
        }
        match suffix.split_once('.') {
            Some((_, parent)) => suffix = parent,
            None => return worldwide(host),
        }
    }
}

/// Recognizes `google.fr`, `www.google.co.uk`, `mail.yahoo.com` and their like.
fn worldwide(host: &str) -> Referrer {
    let mut labels = host.rsplit('.');
    let (last, second) = (labels.next().unwrap_or_default(), labels.next().unwrap_or_default());
    let (name, below) = match second {
        "co" | "com" if last.len() == 2 => (labels.next().unwrap_or_default(), labels.next()),
        _ => (second, labels.next()),
    };
    if !WORLDWIDE.contains(&name) || !(last == "com" || last.len() == 2) {
        return Referrer::Other;
    }
    if below == Some("mail") { Email } else { Search }
}

/// The authority of an address, with port but without user information.
fn host_of(value: &[u8]) -> Option<&str> {
    let read = value.get(..MAX_BYTES).unwrap_or(value);
    let scheme_end = memchr::memchr(b':', read)?;
    let scheme = read.get(..scheme_end)?;
    let known = ["http", "https", "android-app"];
    if !known.iter().any(|name| scheme.eq_ignore_ascii_case(name.as_bytes())) {
        return None;
    }
    let rest = read.get(scheme_end..)?.strip_prefix(b"://")?;
    let end = rest.iter().position(|byte| matches!(byte, b'/' | b'?' | b'#'));
    // A host that is cut off by the bound is not known.
    let authority = match end {
        Some(end) => rest.get(..end)?,
        None if value.len() > read.len() => return None,
        None => rest,
    };
    let host = authority.rsplit(|byte| *byte == b'@').next()?;
    std::str::from_utf8(host).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(referer: &[u8]) -> Referrer {
        classify(referer, |host| host == "shop.example")
    }

    #[test]
    fn the_known_hosts_are_sorted() {
        assert!(KNOWN.is_sorted_by(|one, two| one.0 < two.0));
    }

    #[test]
    fn places_are_told_by_their_host() {
        for (referer, expected) in [
            ("https://shop.example/cart?x=1", Referrer::Internal),
            ("http://SHOP.example:8080", Referrer::Internal),
            ("https://evil.example/https://shop.example/", Referrer::Other),
            ("https://shop.example.evil.example/", Referrer::Other),
            ("https://shop.example@evil.example/", Referrer::Other),
            ("https://www.google.com/", Search),
            ("https://google.fr", Search),
            ("https://www.google.co.uk/search?q=x", Search),
            ("https://news.google.com.br/", Search),
            ("https://google.evil.example/", Referrer::Other),
            ("https://notgoogle.com/", Referrer::Other),
            ("https://duckduckgo.com/", Search),
            ("https://m.facebook.com/x", Social),
            ("https://t.co/x", Social),
            ("https://microsoft.co/x", Referrer::Other),
            ("https://mail.google.com/mail", Email),
            ("https://fr.mail.yahoo.com/", Email),
            ("https://search.yahoo.com/", Search),
            ("https://outlook.live.com/", Email),
            ("android-app://com.google.android.gm/", Email),
            ("https://blog.example/", Referrer::Other),
            ("about:blank", Referrer::Other),
            ("nothing", Referrer::Other),
            ("https://", Referrer::Other),
        ] {
            assert_eq!(kind(referer.as_bytes()), expected, "{referer}");
        }
        assert_eq!(kind(b"https://\xff\xfe/"), Referrer::Other);
        assert_eq!(
            kind(format!("https://shop.example/{}", "x".repeat(9_000)).as_bytes()),
            Referrer::Internal
        );
        assert_eq!(kind(format!("https://{}.com/", "x".repeat(9_000)).as_bytes()), Referrer::Other);
    }

    #[test]
    fn a_missing_referrer_is_direct_and_a_mailing_says_so() {
        let of = |uri: &str, referer: Option<&str>| {
            let mut request = http::Request::builder().uri(uri);
            if let Some(referer) = referer {
                request = request.header("referer", referer);
            }
            let (parts, ()) = request.body(()).unwrap().into_parts();
            let raw = RawRequest::seal(&parts, std::net::Ipv4Addr::LOCALHOST.into());
            referrer(&raw, |host| host == "shop.example")
        };
        assert_eq!(of("/", None), Referrer::Direct);
        assert_eq!(of("/", Some("")), Referrer::Direct);
        assert_eq!(of("/?utm_medium=email", None), Email);
        assert_eq!(of("/?utm_medium=Email", Some("https://t.co/")), Email);
        assert_eq!(of("/?utm_medium=cpc", Some("https://t.co/")), Social);
        assert_eq!(of("/?utm_medium=emailnewsletter", None), Referrer::Direct);
    }
}
