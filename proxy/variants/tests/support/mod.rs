//! Pages and keys of a made-up shop, as many as a test wants.

#![allow(dead_code, reason = "each test file uses a part")]

use bytes::Bytes;
use cloakroom_boundary::{Boundary, ScrubbedRequest, SiteId};
use cloakroom_variants::{
    Answered, Choice, Edition, Freshness, JointVariant, OriginView, OwnTag, Page, Validators, VariantCache,
    VariantKey, VariantLookup,
};
use http::header::{
    CACHE_CONTROL, CONTENT_LOCATION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, DATE, ETAG, LAST_MODIFIED,
    REFERRER_POLICY, VARY,
};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use std::time::{Duration, Instant};

#[path = "../../../boundary/tests/support/mod.rs"]
mod shop;

/// Makes keys, as many as wanted.
pub struct Keys {
    boundary: Boundary,
    site: SiteId,
}

impl Keys {
    pub fn new() -> Self {
        let boundary = shop::boundary();
        let site = boundary.sites().next().unwrap();
        Self { boundary, site }
    }

    /// The request for the page with this number. Its target is 40 bytes long.
    pub fn request(&self, page: usize) -> ScrubbedRequest {
        let target = format!("/fragments/a-category-of-coats-{page:09}");
        self.boundary.fragment(self.site, &target, false).unwrap()
    }

    /// The key of one variant of the page with this number.
    pub fn key(&self, page: usize, variant: u16) -> VariantKey {
        lookup(&self.request(page), variant).to_key()
    }
}

/// One variant of what is asked for.
pub fn lookup(request: &ScrubbedRequest, variant: u16) -> VariantLookup<'_> {
    let (joint, view) = (JointVariant(variant), OriginView::default());
    VariantLookup::new(request, Choice { edition: Edition(1), joint, view })
}

/// Waits until the cache has taken everything into account, and answers what it weighs then. It works when it is asked
/// for something, or put something.
pub fn settle(cache: &VariantCache, any: &VariantKey) -> u64 {
    let (mut last, mut since) = (cache.weight(), Instant::now());
    while since.elapsed() < Duration::from_millis(700) {
        let _ = cache.get(any.page());
        std::thread::sleep(Duration::from_millis(20));
        let now = cache.weight();
        if now != last {
            (last, since) = (now, Instant::now());
        }
    }
    last
}

/// What a connection is read into.
const READ: usize = 8 * 1024;

/// Values of fields as they come from a connection: slices of what that was read into.
struct Read {
    bytes: Vec<u8>,
    ends: Vec<usize>,
}

impl Read {
    fn of(values: &[&str]) -> Vec<HeaderValue> {
        let mut read = Self { bytes: Vec::with_capacity(READ), ends: vec![0] };
        for value in values {
            read.bytes.extend_from_slice(value.as_bytes());
            read.ends.push(read.bytes.len());
        }
        let bytes = Bytes::from(read.bytes);
        let slices = read.ends.windows(2).map(|ends| bytes.slice(ends[0]..ends[1]));
        slices.map(|slice| HeaderValue::from_maybe_shared(slice).unwrap()).collect()
    }
}

/// A page as an origin may send it, with fields as most have them.
pub fn page(body: Bytes, compresses: bool) -> Page {
    let etag = format!("\"{:x}-{}\"", body.len(), body.first().copied().unwrap_or_default());
    let values = Read::of(&[
        "text/html; charset=utf-8",
        "default-src 'self'; img-src 'self' https://img.shop.example",
        "public, max-age=600, stale-while-revalidate=60",
        &etag,
        "Mon, 30 Nov 2026 12:00:00 GMT",
        "/fragments/a-category-of-coats",
    ]);
    let [html, policy, caching, etag, date, location] = &values[..] else { panic!("as many as were given") };
    let map = |fields: &[(HeaderName, &HeaderValue)]| {
        let fields = fields.iter().map(|(name, value)| (name.clone(), (*value).clone()));
        fields.collect::<HeaderMap>()
    };
    let (private, coding) =
        (HeaderValue::from_static("private, no-cache"), HeaderValue::from_static("Accept-Encoding"));
    let referrer = HeaderValue::from_static("strict-origin");
    let answered = Answered {
        status: StatusCode::OK,
        headers: map(&[
            (CONTENT_TYPE, html),
            (CONTENT_LOCATION, location),
            (CONTENT_SECURITY_POLICY, policy),
            (REFERRER_POLICY, &referrer),
        ]),
        sent: map(&[(CACHE_CONTROL, &private), (VARY, &coding), (DATE, date)]),
        own_tag: OwnTag::Ours,
        dated: false,
        compresses,
        validators: Validators { etag: Some(etag.clone()), last_modified: Some(date.clone()) },
        origin: map(&[
            (CONTENT_TYPE, html),
            (CONTENT_LOCATION, location),
            (CONTENT_SECURITY_POLICY, policy),
            (CACHE_CONTROL, caching),
            (ETAG, etag),
            (LAST_MODIFIED, date),
            (DATE, date),
        ]),
        body,
    };
    Page::new(answered, Freshness::of(Duration::from_secs(600)))
}
