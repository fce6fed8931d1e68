//! Canonical targets of what is stored, found without a visitor: of an address that an operator names, and of what
//! an unsafe request makes invalid (RFC 9111 §4.4).

use http::Method;
use url::Url;

use crate::config::Mode;
use crate::host::{self, MAX_HOST_BYTES};
use crate::site::Site;
use crate::{Boundary, RawRequest, SiteId, canonical, query};

/// Stands for the site while a relative address is resolved.
const BASE: &str = "https://site.invalid";

/// What of a site may be stored. No `Debug`: it holds a path.
///
/// INVARIANT: `target` is as in a [`ScrubbedRequest`](crate::ScrubbedRequest) that reads the same address.
pub struct ScrubbedTarget {
    site: SiteId,
    target: String,
    path_len: usize,
    /// The port in the address that was asked for, if one was named.
    port: Option<u16>,
}

impl ScrubbedTarget {
    /// The site.
    #[must_use]
    pub fn site(&self) -> SiteId {
        self.site
    }

    /// Canonical path and canonical query.
    #[must_use]
    pub fn target(&self) -> &str {
        &self.target
    }

    fn path(&self) -> &str {
        self.target.get(..self.path_len).unwrap_or(&self.target)
    }
}

/// Why an address names nothing that could be stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TargetError {
    /// It is no address of a page.
    #[error("that is not the address of a page, such as `https://shop.example/coats?page=2`")]
    Malformed,
    /// It is no site's.
    #[error("no site has that host")]
    UnknownHost,
    /// Its route is `passthrough`.
    #[error("its route is `passthrough`, of which nothing is ever stored")]
    Passthrough,
    /// No route answers it, since a part of it is unlike the pattern of its route.
    #[error("no route answers that address")]
    NoRoute,
}

impl Boundary {
    /// The site with that host, which may be written in any way.
    #[must_use]
    pub fn site_of(&self, host: &str) -> Option<SiteId> {
        let mut buffer = [0; MAX_HOST_BYTES];
        self.hosts.get(host::normalize(host, &mut buffer)?).copied()
    }

    /// What the page at an address is stored under. The address is a whole one, with or without `https://` before it;
    /// of its query, what the route lists counts.
    ///
    /// # Errors
    /// [`TargetError`].
    pub fn target(&self, address: &str) -> Result<ScrubbedTarget, TargetError> {
        let (site, path_and_query) = self.split(address)?;
        let known = self.known(site).ok_or(TargetError::UnknownHost)?;
        let (path, query) = path_and_query.split_once('?').unwrap_or((path_and_query, ""));
        known.target(site, path, query)
    }

    /// How the targets begin of all pages whose addresses begin like this one. A query stays as it is written.
    ///
    /// # Errors
    /// [`TargetError`].
    pub fn prefix(&self, address: &str) -> Result<(SiteId, String), TargetError> {
        let (site, path_and_query) = self.split(address)?;
        let path = path_and_query.find('?').map_or(path_and_query, |at| path_and_query.get(..at).unwrap_or("/"));
        let mut prefix = String::new();
        canonical::push_path(path, &mut prefix).map_err(|_| TargetError::Malformed)?;
        prefix.push_str(path_and_query.get(path.len()..).unwrap_or_default());
        Ok((site, prefix))
    }

    /// What a successful answer to the unsafe request makes invalid besides its own target: what `Location` or
    /// `Content-Location` names, if that is of the same origin. That is any host of the site, at the port that was asked.
    #[must_use]
    pub fn named(&self, by: &ScrubbedTarget, location: &[u8]) -> Option<ScrubbedTarget> {
        let known = self.known(by.site)?;
        let text = std::str::from_utf8(location).ok().filter(|text| text.len() <= canonical::MAX_TARGET_BYTES)?;
        let base = Url::parse(BASE).ok()?.join(by.path()).ok()?;
        let url = base.join(text).ok()?;
        let is_relative = url.scheme() == base.scheme() && url.host_str() == base.host_str();
        if !is_relative && !is_of(known, &url, by.port) {
            return None;
        }
        let named = known.target(by.site, url.path(), url.query().unwrap_or_default()).ok()?;
        Some(ScrubbedTarget { port: by.port, ..named })
    }

    /// Site, path and query of a whole address.
    fn split<'a>(&self, address: &'a str) -> Result<(SiteId, &'a str), TargetError> {
        let address = address.trim();
        let bare = match address.split_once("://") {
            Some((scheme, rest)) if ["http", "https"].iter().any(|web| scheme.eq_ignore_ascii_case(web)) => rest,
            // A later `://` is a part of the path or the query.
            Some((before, _)) if !before.contains(['/', '?']) => return Err(TargetError::Malformed),
            _ => address,
        };
        let bare = bare.split('#').next().unwrap_or(bare);
        if bare.len() > canonical::MAX_TARGET_BYTES + MAX_HOST_BYTES {
            return Err(TargetError::Malformed);
        }
        let end = bare.find(['/', '?']).unwrap_or(bare.len());
        let (host, rest) = bare.split_at(end);
        let mut buffer = [0; MAX_HOST_BYTES];
        let host = host::normalize(host, &mut buffer).ok_or(TargetError::Malformed)?;
        let site = self.hosts.get(host).copied().ok_or(TargetError::UnknownHost)?;
        match rest {
            "" => Ok((site, "/")),
            _ if rest.starts_with('?') => Err(TargetError::Malformed),
            _ => Ok((site, rest)),
        }
    }
}

impl Site {
    /// What an unsafe request on a passthrough route makes invalid if it succeeds: what reading its target would find.
    /// `None` where nothing can be stored of it.
    pub(crate) fn made_invalid(&self, site: SiteId, path: &str, raw: &RawRequest<'_>) -> Option<ScrubbedTarget> {
        if raw.method().is_safe() {
            return None;
        }
        let target = self.target(site, path, raw.query()).ok()?;
        Some(ScrubbedTarget { port: raw.port(), ..target })
    }

    /// What reading an address finds; its path need not be canonical.
    fn target(&self, site: SiteId, path: &str, query: &str) -> Result<ScrubbedTarget, TargetError> {
        let mut target = String::with_capacity(path.len() + query.len() + 1);
        canonical::push_path(path, &mut target).map_err(|_| TargetError::Malformed)?;
        let path_len = target.len();
        match self.routes.find(&Method::GET, &target) {
            Err(_) => return Err(TargetError::NoRoute),
            Ok(Some((_, route))) if route.mode == Mode::Passthrough => return Err(TargetError::Passthrough),
            Ok(Some((_, route))) => query::push_query(query, &route.query, &mut target),
            Ok(None) => {}
        }
        Ok(ScrubbedTarget { site, target, path_len, port: None })
    }
}

/// Whether an absolute address is one of the site's, at that port.
fn is_of(site: &Site, url: &Url, port: Option<u16>) -> bool {
    let mut buffer = [0; MAX_HOST_BYTES];
    let host = url.host_str().and_then(|host| host::normalize(host, &mut buffer));
    matches!(url.scheme(), "http" | "https") && url.port() == port && host.is_some_and(|host| site.is_own(host))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use cloakroom_vocabulary::{SiteValues, SiteVocabulary};
    use http::request::Parts;
    use http::{HeaderValue, Request};

    use super::*;
    use crate::{Admission, Config, PathPattern, QueryRule, RouteConfig, SiteConfig, TokenKey};

    fn boundary() -> Boundary {
        let route = |path: &str, methods: Option<&[Method]>, mode, query: &[&str]| RouteConfig {
            pattern: PathPattern::parse(path, None).unwrap(),
            methods: methods.map(<[Method]>::to_vec),
            mode,
            query: query.iter().map(|name| QueryRule::new(name, None).unwrap()).collect(),
            fragment: false,
            bucket: false,
            signals: Vec::new(),
        };
        let site = |hosts: &[&str]| SiteConfig {
            hosts: hosts.iter().map(ToString::to_string).collect(),
            vocabulary: Arc::new(SiteVocabulary::new(&SiteValues::default()).unwrap()),
            consent: Vec::new(),
            campaign_parameter: None,
            topics: Vec::new(),
            routes: vec![
                route("/c/*", None, Mode::Anonymous, &["page", "sort"]),
                route("/c/*", Some(&[Method::POST]), Mode::Passthrough, &[]),
                route("/free", Some(&[Method::DELETE]), Mode::Passthrough, &[]),
                route("/account", None, Mode::Passthrough, &[]),
            ],
        };
        let sites = vec![site(&["shop.test", "www.shop.test"]), site(&["other.test"])];
        Boundary::new(Config { sites, ..Config::default() }, None).unwrap()
    }

    fn request(method: Method, target: &str, host: &str) -> Parts {
        let (mut parts, ()) = Request::new(()).into_parts();
        (parts.method, parts.uri) = (method, target.parse().unwrap());
        parts.headers.insert(http::header::HOST, HeaderValue::from_str(host).unwrap());
        parts
    }

    fn made_invalid(boundary: &Boundary, parts: &Parts) -> Option<ScrubbedTarget> {
        let raw = RawRequest::seal(parts, "192.0.2.1".parse().unwrap());
        let site = boundary.site(&raw).unwrap();
        match boundary.admit(site, raw, &TokenKey::random()) {
            Ok(Admission::Passthrough(found)) => found.made_invalid,
            _ => panic!("the request is not passed through"),
        }
    }

    #[test]
    fn an_unsafe_request_makes_invalid_what_reading_its_target_would_find() {
        let boundary = boundary();
        let found = |method: Method, target: &str| {
            made_invalid(&boundary, &request(method, target, "shop.test:8080"))
                .map(|found| (found.site().index(), found.target().to_owned()))
        };
        assert_eq!(found(Method::POST, "/c/a/..%2fx?b=1&page=2&session=7"), None, "the route is for one segment");
        let own = |target: &str| Some((0, target.to_owned()));
        assert_eq!(found(Method::POST, "/c/%63oats;id=7?x=1&page=2"), own("/c/coats?page=2"));
        assert_eq!(found(Method::DELETE, "/free?x=1"), own("/free"));
        assert_eq!(found(Method::POST, "/account"), None, "nothing of it is stored");
        assert_eq!(found(Method::OPTIONS, "/account"), None);
        assert_eq!(found(Method::GET, "/account"), None);
    }

    #[test]
    fn what_the_answer_names_counts_if_it_is_of_the_same_origin() {
        let boundary = boundary();
        let plain = made_invalid(&boundary, &request(Method::POST, "/c/coats", "shop.test")).unwrap();
        let ported = made_invalid(&boundary, &request(Method::POST, "/c/coats", "shop.test:8080")).unwrap();
        let named = |by, location: &str| {
            boundary.named(by, location.as_bytes()).map(|found| found.target().to_owned())
        };
        for (location, plain_finds, ported_finds) in [
            ("/c/hats?sort=new&x=1", Some("/c/hats?sort=new"), Some("/c/hats?sort=new")),
            ("hats#top", Some("/c/hats"), Some("/c/hats")),
            ("?page=2", Some("/c/coats?page=2"), Some("/c/coats?page=2")),
            ("http://shop.test/c/hats", Some("/c/hats"), None),
            ("https://WWW.shop.test/c/hats", Some("/c/hats"), None),
            ("http://shop.test:8080/c/hats", None, Some("/c/hats")),
            ("//shop.test/c/hats", Some("/c/hats"), None),
            ("http://other.test/c/hats", None, None),
            ("//evil.test/c/hats", None, None),
            ("ftp://shop.test/c/hats", None, None),
            ("/account", None, None),
            ("http://[", None, None),
        ] {
            assert_eq!(named(&plain, location).as_deref(), plain_finds, "{location}");
            assert_eq!(named(&ported, location).as_deref(), ported_finds, "{location} at a port");
        }
        assert_eq!(boundary.named(&plain, b"/\xff").map(|_| ()), None);
    }

    #[test]
    fn operators_name_pages_as_browsers_do() {
        let boundary = boundary();
        let named = |address: &str| {
            boundary.target(address).map(|found| (found.site().index(), found.target().to_owned()))
        };
        for (address, site, target) in [
            ("https://shop.test/c/coats?x=1&page=2#top", 0, "/c/coats?page=2"),
            ("HTTP://WWW.shop.test:8080/c/%63oats", 0, "/c/coats"),
            ("shop.test", 0, "/"),
            ("other.test/c/a?sort=https://x", 1, "/c/a"),
            (" other.test/undeclared/a/../b?page=1 ", 1, "/undeclared/b"),
        ] {
            assert_eq!(named(address), Ok((site, target.to_owned())), "{address}");
        }
        for (address, error) in [
            ("https://nowhere.test/", TargetError::UnknownHost),
            ("/c/coats", TargetError::Malformed),
            ("", TargetError::Malformed),
            ("ftp://shop.test/", TargetError::Malformed),
            ("shop.test?page=1", TargetError::Malformed),
            ("user@shop.test/", TargetError::Malformed),
            ("shop.test/a//b", TargetError::Malformed),
            ("shop.test/account", TargetError::Passthrough),
            ("shop.test/c/%20", TargetError::NoRoute),
        ] {
            assert_eq!(named(address), Err(error), "{address}");
        }
    }

    #[test]
    fn a_prefix_is_canonical_as_far_as_its_path_goes() {
        let boundary = boundary();
        let prefix = |address: &str| boundary.prefix(address).map(|(site, prefix)| (site.index(), prefix));
        assert_eq!(prefix("https://shop.test/%63/co"), Ok((0, "/c/co".to_owned())));
        assert_eq!(prefix("shop.test"), Ok((0, "/".to_owned())));
        assert_eq!(prefix("shop.test/c/coats?pa"), Ok((0, "/c/coats?pa".to_owned())));
        assert_eq!(prefix("shop.test/a/../account"), Ok((0, "/account".to_owned())));
        assert_eq!(prefix("shop.test/%4"), Err(TargetError::Malformed));
        assert_eq!(prefix("nowhere.test/"), Err(TargetError::UnknownHost));
    }
}
