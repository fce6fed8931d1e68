//! What a visitor is sent on personalized and anonymous routes: fields rebuilt from an allow-list.
//!
//! An origin's cookies, validators, reporting directives, client hints and whatever comes next
//! stay behind because they are not on the list, not because somebody thought of them.

use std::time::SystemTime;

use cloakroom_boundary::Mode;
use cloakroom_rewrite::is_read_encoding;
use cloakroom_variants::{Freshness, OwnTag};
use http::header::{
    CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, DATE, LOCATION, REFERRER_POLICY,
    VARY,
};
use http::{HeaderMap, HeaderName, HeaderValue};

use crate::as_sent::{self, Cookies};

/// The shipped list: one name a line, and why it may pass.
const ALLOWED: &str = include_str!("../../../policies/response-fields.txt");

/// Fields that isolate a page, and may name where to report what happens.
const ISOLATING: [&str; 2] = ["cross-origin-opener-policy", "cross-origin-embedder-policy"];

/// CSP directives that report to somebody.
const REPORTING: [&str; 2] = ["report-uri", "report-to"];

/// The fields of an origin's answers that reach the visitors of a site, and what is added to them.
pub(crate) struct FieldList {
    names: Vec<HeaderName>,
    /// The policy of the site's pages, where it asks for one.
    policy: Option<HeaderValue>,
}

impl FieldList {
    /// The shipped list and what the site adds to it, and a policy for its pages.
    pub(crate) fn new(added: &[HeaderName], policy: Option<HeaderValue>) -> Self {
        let mut fields: Vec<_> = as_sent::names(ALLOWED).collect();
        fields.extend(added.iter().filter(|name| !fields.contains(name)).cloned().collect::<Vec<_>>());
        Self { names: fields, policy }
    }

    /// Whether a field of the origin's has a part in what visitors are sent.
    pub(crate) fn uses(&self, name: &HeaderName) -> bool {
        self.names.contains(name)
    }

    /// The fields of what an origin says before its answer that are passed on.
    pub(crate) fn of_interim(&self, origin: &HeaderMap, downstream: &Downstream) -> HeaderMap {
        let mut headers = self.listed(origin, |_| None);
        if matches!(downstream, Downstream::Origin(_)) {
            as_sent::add(origin, &mut headers);
        }
        headers
    }

    /// The fields that are listed.
    fn listed(
        &self,
        origin: &HeaderMap,
        redirect: impl Fn(&HeaderValue) -> Option<HeaderValue>,
    ) -> HeaderMap {
        let mut headers = HeaderMap::with_capacity(self.names.len());
        for name in &self.names {
            for value in origin.get_all(name) {
                let value = match name {
                    &CONTENT_SECURITY_POLICY => without_reporting(value),
                    &LOCATION => redirect(value),
                    &REFERRER_POLICY => None,
                    name if ISOLATING.contains(&name.as_str()) => without_parameters(value),
                    _ => Some(value.clone()),
                };
                if let Some(value) = value {
                    headers.append(name.clone(), value);
                }
            }
        }
        headers
    }

    /// The fields of a page that are stored and sent, in the order of the list. `redirect` says what
    /// visitors are sent for a `Location`.
    pub(crate) fn of(
        &self,
        origin: &HeaderMap,
        redirect: impl Fn(&HeaderValue) -> Option<HeaderValue>,
    ) -> HeaderMap {
        let mut headers = self.listed(origin, redirect);
        headers.insert(REFERRER_POLICY, referrer_policy(origin.get(REFERRER_POLICY)));
        if let Some(policy) = self.policy.as_ref().filter(|_| is_rewritable(&headers) != Rewritable::NotHtml)
        {
            // A line of its own: browsers enforce each, so the origin's is never loosened.
            headers.append(CONTENT_SECURITY_POLICY, policy.clone());
        }
        headers
    }
}

/// What caches in front and browsers are told of a route's pages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Downstream {
    /// Words of our own under which no cache gives one visitor's variant to another: a personalized page is asked
    /// for again each time, an anonymous one may be shared for as long as it is fresh. The entity tag is ours.
    #[default]
    Safe,
    /// The origin's own words, entity tag and dates, and cookies that are the same for everyone: anonymous routes
    /// alone.
    Origin(Cookies),
}

impl Downstream {
    /// Whether a field of an origin's has a part in what visitors are told.
    pub(crate) fn uses(&self, name: &HeaderName) -> bool {
        matches!(self, Self::Origin(cookies) if cookies.uses(name))
    }
}

/// How the pages of a route are sent.
pub(crate) struct Sending<'r> {
    pub(crate) mode: Mode,
    pub(crate) downstream: &'r Downstream,
    /// The page has more than one form.
    pub(crate) compressed: bool,
}

impl Sending<'_> {
    /// The fields that are sent besides those that describe a page; `origin` are the origin's.
    pub(crate) fn fields(&self, origin: &HeaderMap, freshness: &Freshness) -> HeaderMap {
        let mut sent = HeaderMap::new();
        match self.downstream {
            Downstream::Origin(cookies) => cookies.add(origin, &mut sent),
            Downstream::Safe => self.safe(&mut sent, freshness),
        }
        if let Some(vary) = self.vary(&sent) {
            sent.append(VARY, HeaderValue::from_static(vary));
        }
        // When the page was made, not when it is sent (RFC 9110 §6.6.1): `Age` counts from there.
        let date = origin.get(DATE).filter(|date| is_date(date)).cloned();
        let now = || HeaderValue::try_from(httpdate::fmt_http_date(SystemTime::now())).ok();
        if let Some(date) = date.or_else(now) {
            sent.insert(DATE, date);
        }
        sent
    }

    fn safe(&self, sent: &mut HeaderMap, freshness: &Freshness) {
        // Caches in front are told the age too, and count from when the origin made it.
        let Freshness { lifetime, age, .. } = freshness;
        let shared = self.mode == Mode::Anonymous && age < lifetime;
        let public = || HeaderValue::try_from(format!("public, max-age={}", lifetime.as_secs())).ok();
        let cache_control = shared.then(public).flatten();
        sent.insert(CACHE_CONTROL, cache_control.unwrap_or(HeaderValue::from_static("private, no-cache")));
    }

    /// What an answer depends on that a cache in front could keep. The origin is told of the signal, so that such
    /// a cache must not mix what it answers.
    fn vary(&self, sent: &HeaderMap) -> Option<&'static str> {
        let private = HeaderValue::from_static("private, no-cache");
        let signal = *self.downstream == Downstream::Safe && sent.get(CACHE_CONTROL) != Some(&private);
        match (signal, self.compressed) {
            (true, true) => Some("Sec-GPC, Accept-Encoding"),
            (true, false) => Some("Sec-GPC"),
            (false, true) => Some("Accept-Encoding"),
            (false, false) => None,
        }
    }

    /// Whose entity tag is sent.
    pub(crate) fn own_tag(&self) -> OwnTag {
        match self.downstream {
            Downstream::Origin(_) => OwnTag::Origins,
            Downstream::Safe => OwnTag::Ours,
        }
    }
}

fn is_date(value: &HeaderValue) -> bool {
    value.to_str().is_ok_and(|text| httpdate::parse_http_date(text).is_ok())
}

/// Whether a page is HTML in an encoding that the rewriter reads.
pub(crate) fn is_rewritable(headers: &HeaderMap) -> Rewritable {
    let Some(media) = media_type(headers) else {
        return Rewritable::NotHtml;
    };
    if !media.trim_start().starts_with("text/html") {
        return Rewritable::NotHtml;
    }
    let readable = charset(&media).is_none_or(is_read_encoding);
    if readable && !headers.contains_key(CONTENT_ENCODING) { Rewritable::Yes } else { Rewritable::Unreadable }
}

/// Whether a page's head says that it is UTF-8.
pub(crate) fn is_utf8(headers: &HeaderMap) -> bool {
    let media = media_type(headers).unwrap_or_default();
    charset(&media).is_some_and(|name| matches!(name.trim_matches(['"', ' ']), "utf-8" | "utf8"))
}

/// The value of `Content-Type`, lower case.
fn media_type(headers: &HeaderMap) -> Option<String> {
    headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).map(str::to_ascii_lowercase)
}

fn charset(media: &str) -> Option<&str> {
    media.split(';').find_map(|part| part.trim().strip_prefix("charset="))
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

/// What stands before the first `;` (RFC 8941 §3.1.2).
fn without_parameters(value: &HeaderValue) -> Option<HeaderValue> {
    let item = value.as_bytes().split(|byte| *byte == b';').next()?;
    HeaderValue::from_bytes(item.trim_ascii()).ok()
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

    fn allowed(origin: &HeaderMap) -> HeaderMap {
        FieldList::new(&[], None).of(origin, |value| Some(value.clone()))
    }

    #[test]
    fn the_shipped_list_is_read_whole() {
        let lines: Vec<_> =
            ALLOWED.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).collect();
        assert_eq!(FieldList::new(&[], None).names.len(), lines.len());
        assert!(lines.is_sorted(), "sorted, so that a name stands there once");
        assert!(lines.iter().all(|line| line.split_whitespace().count() > 2), "each has its reason");
    }

    #[test]
    fn a_site_adds_to_the_list() {
        let origin = map(&[("x-shop-version", "7"), ("content-type", "text/html"), ("x-other", "1")]);
        let list = FieldList::new(&[HeaderName::from_static("x-shop-version"), CONTENT_TYPE], None);
        let sent = list.of(&origin, |_| None);
        assert_eq!(sent["x-shop-version"], "7");
        assert_eq!(sent.get_all(CONTENT_TYPE).iter().count(), 1);
        assert!(!sent.contains_key("x-other"));
    }

    #[test]
    fn redirects_are_judged_and_isolation_reports_to_nobody() {
        let origin = map(&[
            ("location", "/a?b"),
            ("cross-origin-opener-policy", "same-origin; report-to=\"g\""),
            ("cross-origin-resource-policy", "same-site"),
        ]);
        let sent = FieldList::new(&[], None).of(&origin, |_| Some(HeaderValue::from_static("/a")));
        assert_eq!(sent["location"], "/a");
        assert_eq!(sent["cross-origin-opener-policy"], "same-origin");
        assert_eq!(sent["cross-origin-resource-policy"], "same-site");
        assert!(!FieldList::new(&[], None).of(&origin, |_| None).contains_key("location"));
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
    fn the_sites_policy_stands_beside_the_origins_and_on_pages_alone() {
        let list = FieldList::new(&[], Some(HeaderValue::from_static("object-src 'none'")));
        let policies = |fields: &[_]| {
            let sent = list.of(&map(fields), |_| None);
            sent.get_all(CONTENT_SECURITY_POLICY).iter().cloned().collect::<Vec<_>>()
        };
        let html = ("content-type", "text/html; charset=utf-8");
        assert_eq!(policies(&[html]), ["object-src 'none'"]);
        let origins = ("content-security-policy", "default-src 'self'; report-uri /r");
        assert_eq!(policies(&[html, origins]), ["default-src 'self'", "object-src 'none'"]);
        assert_eq!(policies(&[("content-type", "text/css"), origins]), ["default-src 'self'"]);
        // Whether its edits can be applied does not matter.
        assert_eq!(policies(&[html, ("content-encoding", "gzip")]), ["object-src 'none'"]);
    }

    #[test]
    fn a_stricter_referrer_policy_stays() {
        assert_eq!(allowed(&map(&[("referrer-policy", "no-referrer")]))["referrer-policy"], "no-referrer");
        assert_eq!(allowed(&map(&[("referrer-policy", "unsafe-url")]))["referrer-policy"], "strict-origin");
    }

    fn sent(downstream: Downstream, mode: Mode, seconds: u64, origin: &HeaderMap) -> HeaderMap {
        let lifetime = std::time::Duration::from_secs(seconds);
        let freshness = Freshness::of(lifetime);
        Sending { mode, downstream: &downstream, compressed: true }.fields(origin, &freshness)
    }

    #[test]
    fn no_cache_in_front_keeps_a_variant() {
        let origin =
            map(&[("cache-control", "public, max-age=9"), ("date", "Mon, 01 Jan 2024 00:00:00 GMT")]);
        let of = |mode, seconds| sent(Downstream::Safe, mode, seconds, &origin);
        assert_eq!(of(Mode::Personalize, 60)["cache-control"], "private, no-cache");
        assert_eq!(of(Mode::Anonymous, 60)["cache-control"], "public, max-age=60");
        assert_eq!(of(Mode::Anonymous, 0)["cache-control"], "private, no-cache");
        let vary = |mode| of(mode, 60).get_all("vary").iter().cloned().collect::<Vec<_>>();
        assert_eq!(vary(Mode::Anonymous), ["Sec-GPC, Accept-Encoding"]);
        assert_eq!(vary(Mode::Personalize), ["Accept-Encoding"]);
        assert_eq!(of(Mode::Personalize, 60)["date"], "Mon, 01 Jan 2024 00:00:00 GMT");
    }

    #[test]
    fn a_route_may_send_what_the_origin_says() {
        let fields = [
            ("cache-control", "public, max-age=9, immutable"),
            ("expires", "Mon, 01 Jan 2024 00:00:09 GMT"),
            ("last-modified", "Mon, 01 Jan 2023 00:00:00 GMT"),
            ("date", "Mon, 01 Jan 2024 00:00:00 GMT"),
        ];
        let sent = sent(Downstream::Origin(Cookies::default()), Mode::Anonymous, 9, &map(&fields));
        for (name, value) in fields {
            assert_eq!(sent[name], value);
        }
        assert_eq!(sent["vary"], "Accept-Encoding");
    }

    #[test]
    fn a_date_that_is_none_is_replaced() {
        let sent = sent(Downstream::Safe, Mode::Anonymous, 9, &map(&[("date", "yesterday")]));
        assert!(is_date(&sent["date"]));
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
        for (media, expected) in [
            ("text/html; Charset=\"UTF-8\"", true),
            ("text/html;charset=latin1", false),
            ("text/html", false),
        ] {
            assert_eq!(is_utf8(&map(&[("content-type", media)])), expected, "{media}");
        }
    }
}
