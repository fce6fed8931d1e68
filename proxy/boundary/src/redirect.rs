//! Where an origin's redirect may lead, and with which parameters.
//!
//! An origin that answers an anonymous request does not know who is asking, so it cannot write that
//! into a redirect. But it can number its answers: a number in the address comes back with the next
//! request, and if that one carries identity the two are joined. So a redirect within the site brings
//! along what the route that it leads to lists in `query`, in its one spelling, and nothing else. A
//! passthrough route lists nothing, so a redirect into it has no query, as links of edits into it
//! have none; a page that sends people to a login and back has to be passthrough itself. A redirect
//! to another site is another site's matter: it loses known click identifiers and nothing else. A
//! path is not touched; it is what the redirect is about.

use http::Method;
use url::{Position, Url};

use crate::config::Mode;
use crate::host::{self, MAX_HOST_BYTES};
use crate::site::Site;
use crate::{Boundary, SiteId, canonical, escape, query};

/// The longest redirect that is read, in bytes.
const MAX_BYTES: usize = canonical::MAX_TARGET_BYTES;
/// Stands for the site while a relative address is resolved; never appears in an answer.
const BASE: &str = "https://site.invalid";

impl Boundary {
    /// The `Location` that visitors are sent for what an origin wrote in answer to the canonical
    /// `path`; `None` for one that cannot be read, which is not relayed.
    #[must_use]
    pub fn redirect(&self, site: SiteId, path: &str, location: &[u8]) -> Option<String> {
        let known = self.sites.get(site.index())?;
        let text = std::str::from_utf8(location).ok().filter(|text| text.len() <= MAX_BYTES)?;
        let base = Url::parse(BASE).ok()?.join(path).ok()?;
        let mut url = base.join(text).ok()?;
        let Some(query) = url.query() else { return Some(text.to_owned()) };
        let is_web = matches!(url.scheme(), "http" | "https");
        let relative = is_web && url.host_str() == base.host_str();
        let kept = if relative || (is_web && is_own(known, &url)) {
            listed(known, url.path(), query)
        } else {
            without_click_identifiers(query)
        };
        if kept == query {
            return Some(text.to_owned());
        }
        url.set_query((!kept.is_empty()).then_some(&kept));
        Some(written(&url, relative, text))
    }
}

/// An address in the form in which the origin wrote it: with a scheme, with a host, or neither.
fn written(url: &Url, relative: bool, text: &str) -> String {
    match &url[Position::BeforePath..] {
        // Two slashes at the front would be read as a host.
        path if relative && path.starts_with("//") => format!("/.{path}"),
        path if relative => path.to_owned(),
        _ if Url::parse(text).is_err() => format!("//{}", &url[Position::BeforeUsername..]),
        _ => url.as_str().to_owned(),
    }
}

/// Whether an address is the site's, whatever port it names.
fn is_own(site: &Site, url: &Url) -> bool {
    let mut buffer = [0; MAX_HOST_BYTES];
    let host = url.host_str().and_then(|host| host::normalize(host, &mut buffer));
    host.is_some_and(|host| site.hosts().any(|own| own == host))
}

/// What of a query the route of a path lists. What no route answers lists nothing.
fn listed(site: &Site, path: &str, query: &str) -> String {
    let mut canonical = String::new();
    let mut kept = String::new();
    if canonical::push_path(path, &mut canonical).is_ok()
        && let Ok(Some((_, route))) = site.routes.find(&Method::GET, &canonical)
        && route.mode != Mode::Passthrough
    {
        query::push_query(query, &route.query, &mut kept);
    }
    kept.trim_start_matches('?').to_owned()
}

fn without_click_identifiers(query: &str) -> String {
    let is_kept = |pair: &&str| {
        let name = pair.split_once('=').map_or(*pair, |(name, _)| name);
        let mut buffer = [0; 64];
        // A longer name is none of those that are known.
        escape::decode_form(name, &mut buffer)
            .is_none_or(|name| !cloakroom_vocabulary::is_click_identifier(name))
    };
    query.split('&').filter(is_kept).collect::<Vec<_>>().join("&")
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use cloakroom_vocabulary::{SiteValues, SiteVocabulary};

    use super::*;
    use crate::{Config, PathPattern, QueryRule, RouteConfig, SiteConfig};

    fn boundary() -> Boundary {
        let route = |path: &str, mode, query: &[&str]| RouteConfig {
            pattern: PathPattern::parse(path, None).unwrap(),
            methods: None,
            mode,
            query: query.iter().map(|name| QueryRule::new(name, None).unwrap()).collect(),
            fragment: false,
            bucket: false,
            signals: Vec::new(),
        };
        let site = SiteConfig {
            hosts: vec!["shop.test".into(), "www.shop.test".into()],
            vocabulary: Arc::new(SiteVocabulary::new(&SiteValues::default()).unwrap()),
            consent: Vec::new(),
            campaign_parameter: None,
            topics: Vec::new(),
            routes: vec![
                route("/", Mode::Personalize, &["page"]),
                route("/c/*", Mode::Anonymous, &["page", "sort"]),
                route("/login", Mode::Passthrough, &[]),
            ],
        };
        Boundary::new(Config { sites: vec![site], ..Config::default() }, None).unwrap()
    }

    fn sent(location: &str) -> Option<String> {
        let boundary = boundary();
        let site = boundary.sites().next().unwrap();
        boundary.redirect(site, "/c/coats", location.as_bytes())
    }

    #[test]
    fn a_redirect_within_the_site_keeps_what_the_next_route_lists() {
        for (location, expected) in [
            ("/", "/"),
            ("/c/hats", "/c/hats"),
            ("hats#top", "hats#top"),
            ("/?page=2", "/?page=2"),
            ("/?page=2&visit=77", "/?page=2"),
            ("/?visit=77#a", "/#a"),
            ("/c/hats?sort=new&page=2", "/c/hats?page=2&sort=new"),
            ("hats?sort=new&x=1", "/c/hats?sort=new"),
            ("?sort=new&x=1", "/c/coats?sort=new"),
            ("?page=%00", "/c/coats"),
            ("/undeclared?x=1", "/undeclared"),
            ("https://shop.test/?x=1&page=2", "https://shop.test/?page=2"),
            ("//WWW.shop.test:8443/c/a?x=1", "//www.shop.test:8443/c/a"),
            ("http://shop.test./?x=1", "http://shop.test./"),
            ("/\\shop.test/?x=1", "//shop.test/"),
            ("ht\ttps://shop.test/?x=1", "https://shop.test/"),
            ("/a/..//hats?x=1", "/.//hats"),
        ] {
            assert_eq!(sent(location).as_deref(), Some(expected), "{location}");
        }
    }

    #[test]
    fn a_redirect_into_passthrough_has_no_query() {
        for location in
            ["/login?next=/account", "https://shop.test/%6cogin?n=1", "./../login?n=1", "/a/..//login?n=1"]
        {
            let sent = sent(location).unwrap();
            assert!(!sent.contains('?'), "{location}: {sent}");
        }
    }

    #[test]
    fn a_redirect_to_another_site_loses_click_identifiers_alone() {
        for (location, expected) in [
            ("https://other.test/a?b=1&c", "https://other.test/a?b=1&c"),
            ("https://other.test/?gclid=x&b=1", "https://other.test/?b=1"),
            ("https://other.test/?FBCLID=x", "https://other.test/"),
            ("https://other.test/?%67clid=x&b=%20", "https://other.test/?b=%20"),
            ("//other.test?b=1&msclkid=1", "//other.test/?b=1"),
            ("app:open?gclid=1&a=2", "app:open?a=2"),
        ] {
            assert_eq!(sent(location).as_deref(), Some(expected), "{location}");
        }
    }

    #[test]
    fn what_cannot_be_read_is_not_relayed() {
        assert_eq!(sent("https://"), None);
        assert_eq!(sent("https://a b/"), None);
        assert_eq!(sent(&format!("/{}", "a".repeat(MAX_BYTES))), None);
        let boundary = boundary();
        let site = boundary.sites().next().unwrap();
        assert_eq!(boundary.redirect(site, "/", b"/\xff"), None);
    }
}
